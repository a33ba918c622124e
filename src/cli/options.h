/* cli/options.h - taking a command line apart, options at any position */
#pragma once

#include "base/text.h"
#include "cli/cli.h"

/* Fills `ret` from what was typed: the command is the first word that is no option and no option's
 * value. `ret->command` is NULL if there is no word. An error is in `ret_error`, in the arena, and
 * false returned. */
bool options_parse(struct arena *a, const struct cli_command *commands, size_t n, int argc,
                   char **argv, struct cli_call *ret, const char **ret_error);

/* The command of that name or NULL. */
const struct cli_command *command_find(const struct cli_command *commands, size_t n,
                                       const char *name);

/* The option with dashes for the underscores in its name: "--no-headers" of "--no_headers". In the
 * arena. */
char *option_normal(struct arena *a, char *word);

/* By its name or another one, without the dashes in front; underscores are as good as dashes. */
bool option_find(const char *name, enum option *ret);
const char *option_name(enum option o);
bool option_takes_value(enum option o);

/* "  --format FORMAT   how the table is drawn" for each that the command takes. */
void options_print(struct text *t, uint64_t options);

/* Those that every command takes, and those that it takes unless it takes its options apart itself.
 */
#define OPTIONS_EVERYWHERE (OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION))
#define OPTIONS_COMMON                                                                             \
        (OPTIONS_EVERYWHERE | OPTION_BIT(OPTION_SOCKET_PATH) | OPTION_BIT(OPTION_CONFIG_PATH))

/* Splits at commas and blanks, leaving out empty items; NULL-terminated, in the arena. */
const char *const *list_split(struct arena *a, const char *list, uint32_t *ret_n);
