/* engine/transit.h - what is just coming into use, or going out of it: a command of ours is on its
 * way, or what it did was not seen yet */
#pragma once

#include <stdbool.h>

#include "engine/job.h"
#include "model/reason.h"

/* How long after its device is there ZED may put a leg online that was not taken offline: a raw
 * partition, or one on a volume (seen on 2.1.11 and 2.3.2: at once). */
#define ZED_USEC (10 * USEC_PER_SEC)

/* True if something in `top` is coming into use, so that it will have to be taken out of use yet;
 * `ret` says what is waited for. */
bool transit_find_coming(const struct engine *e, entity_id top, struct reason *ret);
/* The same for one thing alone, but for what commands do of which nobody is waiting for the end. */
bool transit_is_coming(const struct engine *e, entity_id id, struct reason *ret);
/* True if a command of ours takes it, or what it is in, out of use just now. */
bool transit_is_going(const struct engine *e, entity_id id, struct reason *ret);
/* A command has ended; `look`: the first of those that show what it did. */
void transit_ended(struct engine *e, const struct job *j, const struct command_end *end,
                   uint64_t look);
