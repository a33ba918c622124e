/* config/diagnose.h - gathering everything that is wrong with a configuration, with its place */
#pragma once

#include <stdbool.h>

#include "base/array.h"
#include "config/config_load.h"
#include "config/tree.h"

#define DIAGNOSE_FILE UINT32_MAX /* not a place, but the file as a whole */

/* A diagnosis before its line is known. */
struct finding {
        bool is_error;
        uint32_t start, end; /* bytes in the file */
        const char *text;
};

struct diagnoser {
        struct arena *arena; /* of the diagnoses */
        const char *text;    /* the whole file */
        size_t length;
        ARRAY(struct finding) findings;
        size_t n_errors, n_warnings; /* also those that are too many to be kept */
};

void diagnose_error(struct diagnoser *d, const struct tree *where, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void diagnose_warning(struct diagnoser *d, const struct tree *where, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* An error at the bytes from `start` to `end`, or at DIAGNOSE_FILE. */
void diagnose_error_at(struct diagnoser *d, uint32_t start, uint32_t end, const char *text);
/* "unknown key 'uid', did you mean 'uuid'?"; without a near miss, the candidates are listed if they
 * are few. Returns what was meant, or NULL. */
const char *diagnose_unknown(struct diagnoser *d, const struct tree *where, const char *what,
                             const char *word, const char *const *candidates, size_t n);
/* The bytes of the character that begins here, 0 if it is not well-formed UTF-8. */
size_t character_length(const unsigned char *p, size_t left);
/* Neither a blank nor the end of a line, and nothing to be seen. */
bool character_is_control(const unsigned char *p, size_t left);
/* Sorted by place, each with its line of source; in the arena. */
struct diagnoses diagnose_finish(struct diagnoser *d);
