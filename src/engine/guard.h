/* engine/guard.h - what zmirror refuses to do, because it would lose data */
#pragma once

#include <stdbool.h>

#include "engine/request.h"

/* Each returns true to refuse, and then says in `ret` what is going on and which ways out there
 * are. */

/* Another disk under the name of this one, or two devices that carry it. */
bool guard_wrong_disk(struct engine *e, entity_id id, struct reason *ret);
/* A leg that was written elsewhere since its end was observed here: a resilver would destroy that.
 * Its passport has been read. */
bool guard_diverged(struct engine *e, const struct request *r, entity_id leg, struct reason *ret);
/* A leg of a suspended pool that is back, but was written elsewhere meanwhile: ZFS would go on as
 * if nothing had happened. Its passport has been read, and so has the pool's newest txg. */
bool guard_returned(struct engine *e, entity_id leg, struct reason *ret);
/* Somebody else has put the leg online. True if a guard would have refused that, as far as its
 * label was read before. */
bool guard_was_overrun(struct engine *e, entity_id leg, struct reason *ret);
/* A suspended pool whose newest copy is not back, while there is another one from which ZFS would
 * go on as soon as it is told to. The passports of all its legs that are here have been read. */
bool guard_resume(struct engine *e, entity_id pool, struct reason *ret);
/* The devices of its legs, their labels (which have been read), and a pool whose newest or whole
 * copy is not here: importing the older one and catching up from it destroys the newer. */
bool guard_import(struct engine *e, const struct request *r, struct reason *ret);
/* Before the command of that request is run: legs about which a guard would have refused it, but
 * for
 * --overwrite-leg or --accept-data-loss, become suspect. What was overwritten is to be scrubbed: an
 * incremental resilver leaves stale blocks. */
void guard_overridden(struct engine *e, const struct request *r);
