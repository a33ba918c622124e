/* engine/verify.h - does the label of a leg keep up with those of the others? */
#pragma once

#include <stdbool.h>

#include "engine/core.h"

/* So often it is asked at most, until a watch has failed. */
#define VERIFY_TRIES 5u

/* Asks for a zpool sync, which does for all legs of the pool, and then for a look at it. */
void verify_start(struct engine *e, entity_id leg, const struct pool_status *s);
/* The zpool sync for the legs of this pool has ended. */
void verify_synced(struct engine *e, entity_id pool, bool good);
/* True when the look at the pool after the sync has been answered, with a status. */
bool verify_has_looked(struct engine *e, entity_id leg);
/* Asks for the labels: that of an online sibling comes first. */
void verify_labels(struct engine *e, entity_id leg);
/* What it asked for: that of a sibling, then its own, after which the watch ends, or is to verify
 * again later. NULL: not readable. */
void verify_sibling_label(struct engine *e, entity_id leg, const struct label *label);
void verify_leg_label(struct engine *e, entity_id leg, const char *path, const struct label *label);
