/* engine/foreign.c - who uses a disk, that zmirror does not look after: pools that are not
 * configured, or imported under another name, file systems, swap, other mappings
 *
 * A disk is safe when nothing on it is in use, whoever uses it. What stands on its devices is found
 * by their numbers, from the disk upwards, so that it costs what is on that disk. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/foreign.h"
#include "engine/picture.h"

#define STACK_MAX 16u /* devices on devices */

#define ASK_PAUSE     USEC_PER_SEC
#define ASK_PAUSE_MAX USEC_PER_MIN

/* --- pools
 * ------------------------------------------------------------------------------------------ */

static struct pool_found *pool_found_find(const struct engine *e, const char *name) {
        for (size_t i = 0; i < e->imported.count; i++)
                if (text_equal(e->imported.items[i].name.s, name))
                        return &e->imported.items[i];
        return NULL;
}

/* Any disk may have a leg of a pool that came or went. */
static void touch_all_disks(struct engine *e) {
        for (entity_id i = 0; i < e->config->n_entities; i++)
                if (engine_entity(e, i)->type == ENTITY_DISK ||
                    (engine_entity(e, i)->type == ENTITY_PART &&
                     engine_entity(e, i)->parent == ENTITY_NONE))
                        engine_touch(e, i);
}

static struct pool_found *pool_found_add(struct engine *e, const char *name) {
        struct pool_found *p = array_add(&e->imported);

        text_add(&p->name, name);
        return p;
}

void foreign_set_pools(struct engine *e, const struct pool_seen *pools, uint32_t n) {
        bool changed = false;

        for (size_t i = 0; i < e->imported.count; i++)
                e->imported.items[i].there = false;
        for (uint32_t i = 0; i < n; i++) {
                struct pool_found *p = pool_found_find(e, pools[i].name);

                changed |= !p;
                if (!p)
                        p = pool_found_add(e, pools[i].name);
                p->there = true;
                if (pools[i].guid)
                        p->guid = pools[i].guid;
        }
        for (size_t i = e->imported.count; i-- > 0;)
                if (!e->imported.items[i].there) {
                        text_done(&e->imported.items[i].name);
                        array_remove(&e->imported, i);
                        changed = true;
                }
        if (changed)
                touch_all_disks(e);
}

static void pool_found_ask_later(struct engine *e, struct pool_found *p) {
        usec_t pause = ASK_PAUSE << (p->n_asked < 6 ? p->n_asked : 6);

        p->n_asked++;
        p->ask_at = e->now.mono + (pause < ASK_PAUSE_MAX ? pause : ASK_PAUSE_MAX);
        deadline_add(&e->deadlines, p->ask_at, ENTITY_NONE);
}

void foreign_note_pool(struct engine *e, const char *name, const struct pool_status *status) {
        struct pool_found *p = pool_found_find(e, name);

        if (!p || !status || !status->guid || p->guid == status->guid)
                return;
        p->guid = status->guid;
        touch_all_disks(e);
}

/* ZFS before 2.2 tells no GUID but to those who ask the pool. One that is configured is asked
 * anyway. */
void foreign_ask(struct engine *e) {
        for (size_t i = 0; i < e->imported.count; i++) {
                struct pool_found *p = &e->imported.items[i];

                if (p->guid || e->now.mono < p->ask_at ||
                    config_find_pool(e->config, p->name.s) != ENTITY_NONE)
                        continue;
                (void) engine_look(e, FACT_POOL, p->name.s);
                pool_found_ask_later(e, p);
        }
}

/* The vdev of an imported pool that the device is. */
static const struct vdev *device_vdev(const struct device *d, const struct pool_status *s) {
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (s->vdevs[i].type == VDEV_TYPE_DISK &&
                    ((d->vdev_guid && s->vdevs[i].guid == d->vdev_guid) ||
                     text_equal(s->vdevs[i].path, d->devnode)))
                        return &s->vdevs[i];
        return NULL;
}

/* The leg that is that vdev is the one on that device: the picture knows. */
static bool vdev_is_ours(const struct engine *e, entity_id pool, uint32_t vdev, uint32_t slot) {
        entity_id leg = pool_find_leg(e, pool, vdev);

        return leg != ENTITY_NONE && engine_node(e, engine_entity(e, leg)->parent)->device == slot;
}

static const char *pool_use(const struct engine *e, const struct pool_found *p, uint32_t slot,
                            struct arena *a) {
        const struct device *d = e->slots.items[slot].device;
        entity_id pool = config_find_pool(e->config, p->name.s);
        const struct pool_status *s = pool == ENTITY_NONE ? NULL : pool_status(e, pool);
        const struct vdev *v = s ? device_vdev(d, s) : NULL;

        if (pool == ENTITY_NONE)
                return arena_printf(a,
                                    "pool %s, which is not configured, is imported, and %s "
                                    "belongs to it",
                                    p->name.s, d->devnode);
        if (!s || !v || !vdev_state_is_online(v->state) ||
            vdev_is_ours(e, pool, (uint32_t) (v - s->vdevs), slot))
                return NULL;
        return arena_printf(a, "%s is online in pool %s, and not configured", d->devnode,
                            p->name.s);
}

/* A leg of a pool that is imported under whatever name. */
static const char *device_use_by_pool(const struct engine *e, uint32_t slot, struct arena *a) {
        const struct device *d = e->slots.items[slot].device;
        const char *nameless = NULL, *use;

        if (!text_equal(d->fs_type, "zfs_member"))
                return NULL;
        for (size_t i = 0; i < e->imported.count; i++) {
                const struct pool_found *p = &e->imported.items[i];
                entity_id pool = config_find_pool(e->config, p->name.s);
                const struct pool_status *s = pool == ENTITY_NONE ? NULL : pool_status(e, pool);
                uint64_t guid = s && s->guid ? s->guid : p->guid;

                if (guid && guid == d->pool_guid)
                        return pool_use(e, p, slot, a);
                if (s && device_vdev(d, s) && (use = pool_use(e, p, slot, a)))
                        return use;
                if (!guid && pool == ENTITY_NONE)
                        nameless = p->name.s;
        }
        return nameless ? arena_printf(a,
                                       "pool %s is imported, and has not told yet whether %s "
                                       "belongs to it",
                                       nameless, d->devnode)
                        : NULL;
}

/* --- mounts
 * ----------------------------------------------------------------------------------------- */

void foreign_touch_below(struct engine *e, const struct device *d) {
        uint64_t slot;

        for (uint32_t depth = 0; depth < STACK_MAX; depth++) {
                uint64_t below = d->kind == DEVICE_PARTITION ? d->disk
                                 : d->n_below                ? d->below[0]
                                                             : 0;

                if (!below || !map_get_number(&e->slot_by_devnum, below, &slot))
                        return;
                d = e->slots.items[slot].device;
                if (e->slots.items[slot].owner != ENTITY_NONE)
                        engine_touch(e, e->slots.items[slot].owner);
        }
}

static void touch_mounted(struct engine *e, uint64_t devnum) {
        uint64_t slot;

        if (!map_get_number(&e->slot_by_devnum, devnum, &slot))
                return;
        if (e->slots.items[slot].owner != ENTITY_NONE)
                engine_touch(e, e->slots.items[slot].owner);
        foreign_touch_below(e, e->slots.items[slot].device);
}

static void mounts_release(struct engine *e) {
        for (size_t i = 0; i < e->used.count; i++)
                text_done(&e->used.items[i].how);
        array_clear(&e->used);
        map_clear(&e->use_by_devnum);
}

/* The first one counts: what is mounted twice is mounted. */
static void mounts_add(struct engine *e, const struct mount *m) {
        bool swap = text_equal(m->fs_type, "swap");
        struct device_use *use;

        if (!m->devnum || map_get_number(&e->use_by_devnum, m->devnum, NULL))
                return;
        map_put_number(&e->use_by_devnum, m->devnum, e->used.count);
        use = array_add(&e->used);
        use->devnum = m->devnum;
        text_addf(&use->how, swap ? "used as swap" : "mounted at %s", m->target);
}

void foreign_set_mounts(struct engine *e, const struct mount *mounts, uint32_t n) {
        ARRAY(uint64_t) before = {};

        for (size_t i = 0; i < e->used.count; i++)
                array_append(&before, e->used.items[i].devnum);
        mounts_release(e);
        for (uint32_t i = 0; i < n; i++)
                mounts_add(e, &mounts[i]);
        for (size_t i = 0; i < before.count; i++)
                if (!map_get_number(&e->use_by_devnum, before.items[i], NULL))
                        touch_mounted(e, before.items[i]);
        for (size_t i = 0; i < e->used.count; i++)
                touch_mounted(e, e->used.items[i].devnum);
        array_done(&before);
}

/* --- devices
 * ----------------------------------------------------------------------------------------- */

/* The mapping of a container that is configured for the device below: the picture knows of it. */
static bool mapping_is_ours(const struct engine *e, uint32_t slot, uint32_t below) {
        entity_id owner = e->slots.items[below].owner, c;

        if (owner == ENTITY_NONE)
                return false;
        for (c = engine_entity(e, owner)->first_child; c != ENTITY_NONE;
             c = engine_entity(e, c)->next_sibling)
                if (engine_entity(e, c)->type == ENTITY_CRYPT && engine_node(e, c)->device == slot)
                        return true;
        return false;
}

static const char *device_use(const struct engine *e, uint32_t slot, struct arena *a,
                              uint32_t depth);

/* What stands on it: a partition is no use of a disk, anything else that is not ours is. */
static const char *device_use_above(const struct engine *e, uint32_t slot, struct arena *a,
                                    uint32_t depth) {
        const struct device *d = e->slots.items[slot].device, *above;
        const char *use = NULL;
        uint64_t link;

        if (depth >= STACK_MAX || !map_get_number(&e->above, d->devnum, &link))
                return NULL;
        for (; link != LINK_NONE && !use; link = e->links.items[link].next) {
                uint32_t upper = e->links.items[link].slot;

                above = e->slots.items[upper].device;
                use = device_use(e, upper, a, depth + 1);
                if (use || above->kind == DEVICE_PARTITION || mapping_is_ours(e, upper, slot))
                        continue;
                use = above->kind == DEVICE_MAPPING
                              ? arena_printf(a, "%s is open as %s", d->devnode, above->dm_name)
                              : arena_printf(a, "%s is part of %s", d->devnode, above->devnode);
        }
        return use;
}

static const char *device_use(const struct engine *e, uint32_t slot, struct arena *a,
                              uint32_t depth) {
        const struct device *d = e->slots.items[slot].device;
        const char *use;
        uint64_t i;

        if (map_get_number(&e->use_by_devnum, d->devnum, &i))
                return arena_printf(a, "%s is %s", d->devnode, e->used.items[i].how.s);
        use = device_use_by_pool(e, slot, a);
        return use ? use : device_use_above(e, slot, a, depth);
}

const char *foreign_find(const struct engine *e, entity_id id, struct arena *a) {
        uint32_t slot = engine_node(e, id)->device;

        return slot == SLOT_NONE ? NULL : device_use(e, slot, a, 0);
}

void foreign_release(struct engine *e) {
        mounts_release(e);
        for (size_t i = 0; i < e->imported.count; i++)
                text_done(&e->imported.items[i].name);
        array_done(&e->imported);
        array_done(&e->used);
        array_done(&e->links);
        map_done(&e->use_by_devnum);
        map_done(&e->above);
}
