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
/* Before an import: the same for every leg that is there, but for those that were complete and
 * current when the pool was last seen here, and are behind nobody by their labels. */
void complete_before_import(struct engine *e, entity_id pool);

/* The picture of the leg has changed, or its pool said something: starts watching what somebody
 * else brought online, follows what is being watched, and says whether it is up to date or will not
 * be. */
void complete_follow(struct engine *e, entity_id leg);

/* So many resilvers without an end are told. */
#define MANY_RESILVERS 5u

/* True while the operation runs on this leg, as far as is to be seen. An update runs while the leg
 * is watched. */
bool leg_operation_runs(const struct engine *e, entity_id leg, enum operation op);
