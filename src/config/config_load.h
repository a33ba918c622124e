/* config/config_load.h - from a YAML file to the entity graph, with every diagnosis at once */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/config.h"

struct diagnosis {
        bool is_error;         /* else a warning */
        uint32_t line, column; /* from 1; 0: the file as a whole */
        const char *text;      /* "unknown key 'uid', did you mean 'uuid'?" */
        const char *source;    /* the text of that line, or NULL */
        uint32_t length;       /* how many columns the offending text has, at least 1 */
};

struct diagnoses {
        struct diagnosis *items; /* in order of position */
        size_t count, n_errors;
};

/* Reads the file (for messages only, `path` is not opened) and builds the graph. NULL if there is
 * an error; warnings do not matter. Diagnoses are in the arena. `check_files`: look whether key
 * files exist and who may read them. */
struct config *config_parse(struct arena *a, const char *path, const char *text, size_t length,
                            bool check_files, struct diagnoses *ret);
/* The same from a file. A file that cannot be read is a diagnosis, too. */
struct config *config_load(struct arena *a, const char *path, bool check_files,
                           struct diagnoses *ret);

/* "zmirror.yml:12:9: error: unknown key 'uid', did you mean 'uuid'?", the line and a caret below
 * it. In the arena. */
const char *diagnosis_print(struct arena *a, const char *path, const struct diagnosis *d);

/* A line of what was understood. */
struct summary_line {
        uint32_t depth;
        const char *left, *right; /* a setting or an id, and what is said of it, "" for nothing */
        const struct schedule *schedule; /* of which that is, or NULL */
};

/* What was understood: the settings, and the tree with ids, one line for each entity, its handlers,
 * and the pools' backing. In the arena; the number of lines. */
uint32_t config_summarize(struct arena *a, const struct config *c, struct summary_line **ret);
