/* daemon/effects.h - carrying out what a step of the engine asks for */
#pragma once

#include "engine/engine.h"

struct daemon;

/* In the order that engine.h tells. If the state file cannot be written, nothing else is done and
 * the daemon stops: what it may do depends on what it has written down. */
void effects_carry_out(struct daemon *d, const struct effects *effects);

/* A command of the world's has ended: logs it and tells the engine. */
void effects_command_ended(struct daemon *d, uint64_t tag, const struct command_end *end);
/* A command asks a person for a passphrase. */
void effects_command_prompts(struct daemon *d, uint64_t tag, bool waiting);
void effects_done(struct daemon *d);
