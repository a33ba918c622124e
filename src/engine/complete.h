/* engine/complete.h - when a leg that came online is up to date: the rule of SPEC 6 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/core.h"
#include "model/command.h"

/* Before `zpool online` is run: the leg does not count as complete any more, and the scan record is
 * kept. */
void complete_before_online(struct engine *e, entity_id leg);
/* Before an import: the same for every leg that was not complete and current when the pool was last
 * seen here. */
void complete_before_import(struct engine *e, entity_id pool);

/* The picture of the leg has changed, or its pool said something: starts watching what somebody
 * else brought online, follows what is being watched, and says whether it is up to date or will not
 * be. */
void complete_follow(struct engine *e, entity_id leg);
/* The zpool sync for the legs of this pool has ended. */
void complete_synced(struct engine *e, entity_id pool, bool good);
/* The label of a device that some leg asked for (verification, or its end of use). `label` NULL:
 * not readable. */
void complete_label(struct engine *e, const char *path, const struct label *label);

/* The leg has gone out of use: its end is written down, and its label is read. */
void complete_close(struct engine *e, entity_id leg);
/* True while that label is being read: its container must not be closed before. */
bool complete_is_closing(const struct engine *e, entity_id leg);

/* A guard was overridden for the leg, or nobody whole was there to catch up from: it is suspect
 * until a scrub with every leg online has repaired nothing on it. */
void complete_suspect(struct engine *e, entity_id leg, const char *why);
/* That scrub has ended. */
void complete_clear(struct engine *e, entity_id leg, usec_t scrub_end);

/* So many resilvers without an end are told. */
#define MANY_RESILVERS 5u

/* ONLINE, and known to be up to date. */
bool leg_is_complete(const struct engine *e, entity_id leg);
/* ONLINE, and nothing is to be caught up with, as far as ZFS knows: complete or suspect. */
bool leg_is_settled(const struct engine *e, entity_id leg);
/* True while the operation runs on this leg, as far as is to be seen. An update runs while the leg
 * is watched. */
bool leg_operation_runs(const struct engine *e, entity_id leg, enum operation op);
