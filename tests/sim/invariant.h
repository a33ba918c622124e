/* tests/sim/invariant.h - what no history may break, whatever faults occur */
#pragma once

#include "base/text.h"
#include "sim/rehearsal.h"
#include "sim/scenario.h"

struct invariant;

struct invariant *invariant_new(void);
struct invariant *invariant_free(struct invariant *v);
DEFINE_CLEANUP(struct invariant *, invariant_free);

/* To be given to the stage. */
const struct rehearsal_watcher *invariant_watcher(struct invariant *v);
/* As soon as there is a world, which is that of the configuration that it has now, whatever
 * configuration comes later. */
void invariant_follow(struct invariant *v, struct rehearsal *r);
/* Somebody does something (NULL: nobody knows what): what happens now is not the daemon repeating
 * itself. */
void invariant_on_line(struct invariant *v, const struct scenario_line *line);
/* At the end of a history: the world becomes kind, everything has to come to rest, all requests
 * have to end, and a restart of the daemon must change nothing. What is so in the end, and what the
 * history says, is added to the text, one line each. */
void invariant_check_end(struct invariant *v, struct text *ret_picture);

/* The first one that was broken, as a sentence; NULL: none. */
const char *invariant_broken(const struct invariant *v);
/* A word for its kind, by which a shorter history is known to break the same one. */
const char *invariant_kind(const struct invariant *v);
