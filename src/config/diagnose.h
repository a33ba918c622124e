/* config/diagnose.h - gathering everything that is wrong with a configuration, with its place */
#pragma once

#include <stdbool.h>

#include "base/array.h"
#include "config/config_load.h"
#include "config/tree.h"

struct diagnoser {
        struct arena *arena; /* of the diagnoses */
        const char *text;    /* the whole file */
        size_t length;
        ARRAY(struct diagnosis) items;
        size_t n_errors;
};

void diagnose_error(struct diagnoser *d, const struct tree *where, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void diagnose_warning(struct diagnoser *d, const struct tree *where, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* At a line and column from 1, or 0 for the file as a whole. */
void diagnose_at(struct diagnoser *d, bool is_error, uint32_t line, uint32_t column,
                 uint32_t length, const char *text);
/* "unknown key 'uid', did you mean 'uuid'?"; without a near miss, the candidates are listed if they
 * are few. */
void diagnose_unknown(struct diagnoser *d, const struct tree *where, const char *what,
                      const char *word, const char *const *candidates, size_t n);
/* Sorted by place, each with its line of source; in the arena. */
struct diagnoses diagnose_finish(struct diagnoser *d);
