/* engine/picture.h - from facts to states. Nobody assigns a state because an event came */
#pragma once

#include <stdbool.h>

#include "engine/core.h"

/* Facts come in piece by piece; what they touch is marked for picture_settle. */
void picture_add_device(struct engine *e, const struct device *d, uint64_t seq);
void picture_remove_device(struct engine *e, const char *syspath);
void picture_set_devices(struct engine *e, const struct device *devices, uint32_t n, uint64_t seq);
void picture_set_pools(struct engine *e, const struct pool_seen *pools, uint32_t n);
void picture_set_mounts(struct engine *e, const struct mount *mounts, uint32_t n);
/* What a pool said when look `seq` had been asked for; takes over `*status` if the pool is
 * configured. NULL in it: not imported. */
void picture_set_pool(struct engine *e, const char *name, uint64_t seq,
                      struct pool_status **status);

/* A new configuration: every device finds its owner again. */
void picture_relist(struct engine *e);
void picture_release(struct engine *e);

/* Computes the states of all that is dirty and of what depends on them, until nothing changes any
 * more, and puts everything it visited into engine.changed. */
void picture_settle(struct engine *e);

/* --- questions that plans ask --------------------------------------------------------------------
 */

static inline bool entity_is_online(const struct engine *e, entity_id id) {
        return state_is_online(engine_node(e, id)->state);
}

/* What it is now would have to be told by a pool that does not answer. */
static inline bool entity_is_unknown(const struct engine *e, entity_id id) {
        return id != ENTITY_NONE && engine_node(e, id)->unknown;
}

static inline bool entity_is_present(const struct engine *e, entity_id id) {
        return state_is_present(engine_node(e, id)->state);
}

/* The UUID of the LUKS container in its place, open or not; "": there is none, or it is not known.
 */
const char *crypt_luks_uuid(const struct engine *e, entity_id crypt);
/* The vdev that the leg is in its imported pool, or NULL. */
const struct vdev *leg_vdev(const struct engine *e, entity_id leg);
/* True if its vdev is ONLINE or DEGRADED, its device there or not. */
bool leg_is_online(const struct engine *e, entity_id leg);
/* What names the leg to zpool: its path, or its GUID where the name is not unambiguous. In the
 * arena. */
const char *leg_argument(const struct engine *e, entity_id leg, struct arena *a);
/* A stable path of its device for `zpool import -d`; NULL if it is not there. In the arena. */
const char *entity_device_path(const struct engine *e, entity_id id, struct arena *a);
/* The pool of a leg, volume or dataset; NULL if it is not configured. */
struct node *entity_pool(const struct engine *e, entity_id id);
entity_id entity_pool_id(const struct engine *e, entity_id id);
/* What the pool said last, if it is imported and answers; else NULL. */
const struct pool_status *pool_status(const struct engine *e, entity_id pool);
/* The leg that is that vdev, or ENTITY_NONE. */
entity_id pool_find_leg(const struct engine *e, entity_id pool, uint32_t vdev);

/* The slot of the device that bears the label of that vdev, whatever it is called, or SLOT_NONE. */
uint32_t picture_find_vdev(const struct engine *e, uint64_t vdev_guid);
/* Another partition carries the name of that one: which of them a path leads to is not known. */
bool picture_has_namesake(const struct engine *e, uint32_t slot);
/* True if it was here, and is not any more. */
bool picture_lacks_vdev(const struct engine *e, uint64_t vdev_guid);

/* The next entity inside `top` after `id` in the order of the file, `id` == `top` for the first;
 * ENTITY_NONE at the end: for (entity_id i = top; (i = tree_next(e, top, i)) != ENTITY_NONE;) */
entity_id tree_next(const struct engine *e, entity_id top, entity_id id);
