/* cli/words.h - what is meant by "all", "group usb", "zdev tank tank-a" or an id */
#pragma once

#include "api/message.h"
#include "cli/cli.h"

/* Takes all words of the call from `first` on. False: complained, EXIT_USAGE. */
bool words_to_target(const struct cli_call *call, uint32_t first, struct target *ret);

/* A type by its name or an older one, and what to say if it is none: in the arena. */
bool words_to_type(struct arena *a, const char *word, enum entity_type *ret,
                   const char **ret_error);

#define WORDS_ALL_TYPES ((UINT32_C(1) << _ENTITY_TYPE_MAX) - 1)

/* The same for commands that only ask: a type alone stands for all entities of it. `ret_types`: bit
 * per type that is wanted; the target may be more than that. */
bool words_to_target_or_type(const struct cli_call *call, uint32_t first, struct target *ret,
                             uint32_t *ret_types);
/* True if that is the id of an entity of one of these types. */
bool words_types_have_id(uint32_t types, const char *id);
/* Nothing was left of it: complained, EXIT_FAILED. */
int words_none_of_type(const struct cli_call *call);
