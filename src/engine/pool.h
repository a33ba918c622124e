/* engine/pool.h - which devices a pool needs, and what it can do without */
#pragma once

#include <stdbool.h>

#include "engine/core.h"
#include "model/reason.h"

/* What lacks for an import: a required leg that is not there, or one of a top-level vdev that has
 * too few; ENTITY_NONE if enough are there. A name in backed_by that no leg is configured for
 * counts as there: zmirror cannot know. */
entity_id pool_find_lacking(const struct engine *e, entity_id pool);
/* True if the configuration says so: required. */
bool pool_leg_is_required(const struct engine *e, entity_id leg);
/* The names of the devices that are not there, separated by commas; in the arena. */
const char *pool_print_missing(const struct engine *e, entity_id pool, struct arena *a);

/* True if its vdev would have too few complete legs online without this one (mirror 1, raidz n -
 * parity). */
bool pool_needs_leg(const struct engine *e, entity_id leg);
/* The other configured legs of its top-level vdev, separated by commas; in the arena. */
const char *pool_print_siblings(const struct engine *e, entity_id leg, struct arena *a);
/* Another leaf of the leg's top-level vdev that is online; VDEV_NONE if there is none. */
uint32_t leg_find_sibling(const struct engine *e, entity_id leg);
/* Where the device of a vdev of an imported pool is. */
const char *pool_vdev_path(const struct engine *e, entity_id pool, uint32_t vdev);
/* The suspended pool because of which a command for this one would never end: itself, or one that
 * holds a volume that is an online leg of it, however deep; ENTITY_NONE: none. */
entity_id pool_find_suspended(const struct engine *e, entity_id pool);
/* A suspended pool with a leg in `top`; ENTITY_NONE: there is none. */
entity_id tree_find_suspended(const struct engine *e, entity_id top);
/* True if ZFS calls a leg ONLINE whose device is gone, without which the pool cannot go on, and
 * another device is in its place. */
bool pool_has_returned(const struct engine *e, entity_id pool);
/* What a person can do about a suspended pool; in the arena. */
const char *pool_print_rescue(const struct engine *e, entity_id pool, struct arena *a);
/* The name of a pool with an online leg on a volume of this one, or NULL: when this one is
 * suspended, that one hangs. */
const char *pool_find_upper(const struct engine *e, entity_id pool);

/* True if all legs of the pool lie in that entity: then the pool goes with it, not one leg after
 * the other. */
bool pool_lies_in(const struct engine *e, entity_id pool, entity_id scope);
