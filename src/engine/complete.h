/* engine/complete.h - when a leg that came online is up to date, as ZFS does not say it */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/core.h"
#include "model/command.h"

/* Before `zpool online` is run: the leg does not count as complete any more, and the scan record is
 * kept. */
void complete_before_online(struct engine *e, entity_id leg);
/* Before a suspended pool is told to go on: the same for every leg that is here, but for those that
 * it waits for. */
void complete_before_clear(struct engine *e, entity_id pool);
/* Before an import: the same for every leg that was not complete and current when the pool was last
 * seen here. */
void complete_before_import(struct engine *e, entity_id pool);

/* The picture of the leg has changed, or its pool said something: starts watching what somebody
 * else brought online, follows what is being watched, and says whether it is up to date or will not
 * be. */
void complete_follow(struct engine *e, entity_id leg);
/* The zpool sync for the legs of this pool has ended. */
void complete_synced(struct engine *e, entity_id pool, bool good);
/* Labels that the verification asked for: that of a sibling, then its own. NULL: not readable. */
void complete_sibling_label(struct engine *e, entity_id leg, const struct label *label);
void complete_leg_label(struct engine *e, entity_id leg, const char *path,
                        const struct label *label);

/* A guard was overridden for the leg, or nobody whole was there to catch up from: it is suspect
 * until a scrub with every leg online has repaired nothing on it. */
void complete_suspect(struct engine *e, entity_id leg, const char *why);
/* That scrub has ended. */
void complete_clear(struct engine *e, entity_id leg, usec_t scrub_end);

/* So many resilvers without an end are told. */
#define MANY_RESILVERS 5u

/* ONLINE, and known to be up to date. */
bool leg_is_complete(const struct engine *e, entity_id leg);
/* A copy that counts: complete, and what it carries was read on its label when it went, if it is
 * not in use. */
bool leg_is_proven(const struct engine *e, entity_id leg);
/* ONLINE, and nothing is to be caught up with, as far as ZFS knows: complete or suspect. */
bool leg_is_settled(const struct engine *e, entity_id leg);
/* True while the operation runs on this leg, as far as is to be seen. An update runs while the leg
 * is watched. */
bool leg_operation_runs(const struct engine *e, entity_id leg, enum operation op);
