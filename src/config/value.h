/* config/value.h - what a scalar or list in the configuration can mean: booleans, spans, names,
 * schedules */
#pragma once

#include <stdbool.h>

#include "config/diagnose.h"
#include "config/tree.h"
#include "model/config.h"

/* Each diagnoses what does not fit and then leaves `ret` alone, returning false. Text in the arena.
 */
bool value_bool(struct diagnoser *d, const struct tree *t, bool *ret);
bool value_number(struct diagnoser *d, const struct tree *t, uint32_t min, uint32_t max,
                  uint32_t *ret);
bool value_span(struct diagnoser *d, const struct tree *t, struct span *ret);
bool value_text(struct arena *a, struct diagnoser *d, const struct tree *t, const char **ret);
/* Names go into paths, arguments of commands and ids: none has control characters or a bar, or is
 * "." or "..". */
enum name_kind {
        NAME_PART,    /* of a partition: anything */
        NAME_CRYPT,   /* of a container: no slash, no leading dash */
        NAME_POOL,    /* what ZFS allows */
        NAME_DATASET, /* the same, with slashes */
        NAME_LEG,     /* that of a partition or container, or zvol/<pool>/<volume> */
};
bool value_name(struct arena *a, struct diagnoser *d, const struct tree *t, enum name_kind kind,
                const char **ret);
bool value_uuid(struct arena *a, struct diagnoser *d, const struct tree *t, const char **ret);
/* A list of words, or a single one; NULL-terminated. */
bool value_words(struct arena *a, struct diagnoser *d, const struct tree *t,
                 const char *const **ret);
bool value_log_level(struct diagnoser *d, const struct tree *t, enum log_level *ret);
bool value_schedule(struct arena *a, struct diagnoser *d, const struct tree *t,
                    struct schedule *ret);
/* Nothing in it, itself included, may have a tag. */
void value_refuse_tags(struct diagnoser *d, const struct tree *t);
/* Words split at blanks; NULL-terminated. NULL for NULL or nothing. */
const char *const *words_split(struct arena *a, const char *s);
