/* cli/words.h - what is meant by "all", "group usb", "zdev tank tank-a" or an id */
#pragma once

#include "api/message.h"
#include "cli/cli.h"

/* Takes all words of the call from `first` on. False: complained, EXIT_USAGE. */
bool words_to_target(const struct cli_call *call, uint32_t first, struct target *ret);

/* A type by its name or an older one, and what to say if it is none: in the arena. */
bool words_to_type(struct arena *a, const char *word, enum entity_type *ret,
                   const char **ret_error);

/* A disk by its name alone; with a type in front, whatever that is, and an id as it is. */
bool words_to_disk(const struct cli_call *call, struct target *ret);

/* The same as words_to_target for commands that only ask: a type alone stands for all of it. */
bool words_to_target_or_type(const struct cli_call *call, uint32_t first, struct target *ret);
