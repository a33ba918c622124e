/* world/linux/prompt.h - commands that need a passphrase */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct command;
struct linux_world;

/* Asks for the passphrase and runs the command with it on its standard input, up to three times.
 * Takes the arena, which holds the command. `withdrawn`: nobody is asked, it ends as cancelled. */
void prompt_begin(struct linux_world *w, uint64_t tag, struct arena *a,
                  const struct command *command, bool withdrawn);

/* Takes the question back, if it is still open; it ends as if nobody had answered. */
void prompt_withdraw(struct linux_world *w, uint64_t tag);
