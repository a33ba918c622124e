/* engine/copy.h - what a leg counts as: a copy, half of one, or one that may have stale blocks */
#pragma once

#include <stdbool.h>

#include "engine/core.h"

/* ONLINE, and known to be up to date. */
bool leg_is_complete(const struct engine *e, entity_id leg);
/* ONLINE, and nothing is to be caught up with, as far as ZFS knows: complete or suspect. */
bool leg_is_settled(const struct engine *e, entity_id leg);
/* One leaf alone in its top-level vdev has nobody to catch up from. */
bool leg_is_alone(const struct engine *e, entity_id leg);
/* Nobody that is whole is left to catch up from. */
bool leg_has_no_source(const struct engine *e, entity_id leg);
/* It was in use when its pool went down, and ZFS may be about to resilver it: it is not to go yet.
 */
bool leg_is_uncertain(const struct engine *e, entity_id leg);
/* Another record than the one from before. */
bool scan_is_other(const struct scan *now, const struct scan *before);

/* --- how a watch (complete.h) ends */

/* Without saying anything. */
void watch_stop(struct engine *e, entity_id leg, struct leg_row *l);
/* ZFS has nothing more to write to it: the leg is up to date, if it was not suspect. */
void watch_end(struct engine *e, entity_id leg, struct leg_row *l, const struct pool_status *s);
/* It is not up to date, and why; the clause is copied. */
void leg_failed(struct engine *e, entity_id leg, struct leg_row *l, const char *why);
/* The pool is gone, and with it the record of how the resilver ended. */
void leg_disappeared(struct engine *e, entity_id leg, struct leg_row *l);

/* A guard was overridden for the leg; or its data had gone another way, and somebody else put it
 * online, or imported its pool; or nobody whole was there to catch up from. It is suspect until a
 * scrub with every leg online has repaired nothing on it; `why` is a clause, and copied. */
void copy_suspect(struct engine *e, entity_id leg, const char *why);
/* That scrub has ended. */
void copy_clear(struct engine *e, entity_id leg, usec_t scrub_end);

/* --- what spoils a copy; each looks at one way, and says so if it is so */

/* Another device than the one that it came online with, or none. */
void leg_doubt(struct engine *e, entity_id leg, struct leg_row *l, const struct vdev *v);
/* What could not be written to it. */
void leg_notice_errors(struct engine *e, entity_id leg, struct leg_row *l, const struct vdev *v);
/* ZFS has given it up, though its device is there. */
void leg_notice_fault(struct engine *e, entity_id leg, struct leg_row *l, const struct vdev *v);
