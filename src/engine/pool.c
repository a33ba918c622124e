/* engine/pool.c - which devices a pool needs, and what it can do without */
#include "engine/pool.h"
#include "base/text.h"
#include "engine/ledger.h"
#include "engine/picture.h"

static bool device_is_there(const struct engine *e, const struct backing_device *d) {
        return d->leg == ENTITY_NONE || entity_is_present(e, d->leg);
}

/* How many members a top-level vdev needs to work. */
static uint32_t backing_needs(const struct backing *b) {
        switch (b->kind) {
        case VDEV_KIND_SINGLE:
                return b->n_devices;
        case VDEV_KIND_MIRROR:
                return 1;
        case VDEV_KIND_RAIDZ:
                return b->n_devices > b->parity ? b->n_devices - b->parity : 1;
        }
        __builtin_unreachable();
}

bool pool_leg_is_required(const struct engine *e, entity_id leg) {
        const struct backing_device *d = engine_entity(e, leg)->zdev.backing_device;

        return d && d->required;
}

static entity_id backing_find_lacking(const struct engine *e, const struct backing *b) {
        entity_id missing = ENTITY_NONE;
        uint32_t there = 0;

        for (uint32_t i = 0; i < b->n_devices; i++) {
                if (device_is_there(e, &b->devices[i])) {
                        there++;
                        continue;
                }
                if (b->devices[i].required)
                        return b->devices[i].leg;
                if (missing == ENTITY_NONE)
                        missing = b->devices[i].leg;
        }
        return there < backing_needs(b) ? missing : ENTITY_NONE;
}

entity_id pool_find_lacking(const struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_backing; i++) {
                entity_id missing = backing_find_lacking(e, &it->zpool.backing[i]);

                if (missing != ENTITY_NONE)
                        return missing;
        }
        if (it->zpool.n_backing)
                return ENTITY_NONE;
        for (uint32_t i = 0; i < it->zpool.n_legs;
             i++) /* how the pool is made up is not configured */
                if (entity_is_present(e, it->zpool.legs[i]))
                        return ENTITY_NONE;
        return it->zpool.n_legs ? it->zpool.legs[0] : ENTITY_NONE;
}

const char *pool_print_missing(const struct engine *e, entity_id pool, struct arena *a) {
        const struct entity *it = engine_entity(e, pool);
        const char *list = "";

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id leg = it->zpool.legs[i];

                if (!entity_is_present(e, leg))
                        list = arena_printf(a, "%s%s%s", list, *list ? ", " : "",
                                            engine_entity(e, leg)->name);
        }
        return list;
}

/* A vdev that is online, complete as far as is known, and whose device is there. */
static bool vdev_is_whole(const struct engine *e, entity_id pool, const struct pool_status *s,
                          uint32_t i) {
        const struct leg_row *l = ledger_find_leg(e, s->vdevs[i].guid);
        entity_id leg = pool_find_leg(e, pool, i);

        if (!vdev_state_is_online(s->vdevs[i].state))
                return false;
        if (leg == ENTITY_NONE) /* not ours to judge: ZFS says that it is good */
                return !s->vdevs[i].resilvering && !s->vdevs[i].resilver_deferred &&
                       !picture_lacks_vdev(e, s->vdevs[i].guid) && !ledger_went_on(e, s->name);
        return engine_node(e, leg)->device != SLOT_NONE && l && l->m.copy == COPY_COMPLETE &&
               !l->m.watching;
}

/* A log is written for a moment, caches and spares hold nothing: the pool can do without. */
static bool vdev_is_needed(const struct vdev *top) {
        return top->class == VDEV_CLASS_NORMAL || top->class == VDEV_CLASS_SPECIAL;
}

bool pool_needs_leg(const struct engine *e, entity_id leg) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        const struct pool_status *s = pool_status(e, pool);
        uint32_t self = engine_node(e, leg)->vdev, whole = 0;
        struct vdev_shape shape;

        if (!s || self == VDEV_NONE || !vdev_is_needed(&s->vdevs[s->vdevs[self].top]))
                return false;
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                whole += i != self && s->vdevs[i].type == VDEV_TYPE_DISK &&
                         s->vdevs[i].top == s->vdevs[self].top && vdev_is_whole(e, pool, s, i);
        shape = vdev_shape(s, s->vdevs[self].top);
        return whole < vdev_shape_needs(&shape);
}

const char *pool_print_siblings(const struct engine *e, entity_id leg, struct arena *a) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        const struct pool_status *s = pool_status(e, pool);
        uint32_t self = engine_node(e, leg)->vdev;
        const char *list = "";

        for (uint32_t i = 0; s && self != VDEV_NONE && i < s->n_vdevs; i++) {
                entity_id other = pool_find_leg(e, pool, i);

                if (i != self && other != ENTITY_NONE && s->vdevs[i].top == s->vdevs[self].top)
                        list = arena_printf(a, "%s%s%s", list, *list ? ", " : "",
                                            engine_entity(e, other)->name);
        }
        return list;
}

uint32_t leg_find_sibling(const struct engine *e, entity_id leg) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        const struct pool_status *s = pool_status(e, pool);
        uint32_t self = engine_node(e, leg)->vdev;

        for (uint32_t i = 0; s && self != VDEV_NONE && i < s->n_vdevs; i++) {
                entity_id other;

                if (i == self || s->vdevs[i].type != VDEV_TYPE_DISK ||
                    s->vdevs[i].top != s->vdevs[self].top ||
                    !vdev_state_is_online(s->vdevs[i].state))
                        continue;
                other = pool_find_leg(e, pool, i);
                if (other == ENTITY_NONE || node_device(e, engine_node(e, other)))
                        return i;
        }
        return VDEV_NONE;
}

const char *pool_vdev_path(const struct engine *e, entity_id pool, uint32_t vdev) {
        entity_id leg = pool_find_leg(e, pool, vdev);
        const struct device *d = leg == ENTITY_NONE ? NULL : node_device(e, engine_node(e, leg));

        return d ? d->devnode : pool_status(e, pool)->vdevs[vdev].path;
}

entity_id pool_find_suspended(const struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);

        if (engine_node(e, pool)->suspended)
                return pool;
        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id below = it->zpool.legs[i], found;

                if (!engine_node(e, below)->in_use)
                        continue;
                while (below != ENTITY_NONE && engine_entity(e, below)->type != ENTITY_ZPOOL)
                        below = engine_entity(e, below)->parent;
                found = below == ENTITY_NONE ? ENTITY_NONE : pool_find_suspended(e, below);
                if (found != ENTITY_NONE)
                        return found;
        }
        return ENTITY_NONE;
}

entity_id tree_find_suspended(const struct engine *e, entity_id top) {
        for (entity_id i = top; (i = tree_next(e, top, i)) != ENTITY_NONE;) {
                const struct entity *it = engine_entity(e, i);

                if (it->type == ENTITY_ZDEV && it->zdev.zpool != ENTITY_NONE &&
                    engine_node(e, it->zdev.zpool)->suspended)
                        return it->zdev.zpool;
        }
        return ENTITY_NONE;
}

bool pool_has_returned(const struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                const struct node *n = engine_node(e, it->zpool.legs[i]);
                entity_id parent = engine_entity(e, it->zpool.legs[i])->parent;

                if (n->in_use && n->state == STATE_DISCONNECTED && entity_is_online(e, parent) &&
                    pool_needs_leg(e, it->zpool.legs[i]))
                        return true;
        }
        return false;
}

/* A device that only backed_by names is somewhere else. */
static bool pool_has_other_legs(const struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_backing; i++)
                for (uint32_t k = 0; k < it->zpool.backing[i].n_devices; k++)
                        if (it->zpool.backing[i].devices[k].leg == ENTITY_NONE)
                                return true;
        return false;
}

bool pool_lies_in(const struct engine *e, entity_id pool, entity_id scope) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (!config_is_inside(e->config, it->zpool.legs[i], scope))
                        return false;
        return it->zpool.n_legs > 0 && !pool_has_other_legs(e, pool);
}

const char *pool_find_upper(const struct engine *e, entity_id pool) {
        for (entity_id i = pool; (i = tree_next(e, pool, i)) != ENTITY_NONE;)
                if (engine_entity(e, i)->type == ENTITY_ZDEV && engine_node(e, i)->in_use)
                        return engine_entity(e, i)->zdev.pool;
        return NULL;
}

/* With a pool on a volume of it nothing helped but a restart; the data of both was all there. */
const char *pool_print_rescue(const struct engine *e, entity_id pool, struct arena *a) {
        const char *name = engine_entity(e, pool)->name, *upper = pool_find_upper(e, pool);

        if (upper)
                return arena_printf(a,
                                    "ZFS waits for a device that is gone, and pool %s hangs with "
                                    "it. Connect it again and restart the machine",
                                    upper);
        return arena_printf(
                a,
                "ZFS waits for a device that is gone. Connect it again, and it goes on; "
                "if it does not: zmirror online zpool %s",
                name);
}
