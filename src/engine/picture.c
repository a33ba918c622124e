/* engine/picture.c - from facts to states. Nobody assigns a state because an event came */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/eject.h"
#include "engine/foreign.h"
#include "engine/holder.h"
#include "engine/job.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/silence.h"
#include "engine/transit.h"
#include "model/path.h"

#define KEY_MAX 640

/* --- walking -------------------------------------------------------------------------------------
 */

entity_id tree_next(const struct engine *e, entity_id top, entity_id id) {
        const struct entity *it = engine_entity(e, id);

        if (it->first_child != ENTITY_NONE)
                return it->first_child;
        for (; it->self != top; it = engine_entity(e, it->parent))
                if (it->next_sibling != ENTITY_NONE)
                        return it->next_sibling;
        return ENTITY_NONE;
}

entity_id entity_pool_id(const struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);

        switch (it->type) {
        case ENTITY_ZPOOL:
                return id;
        case ENTITY_ZVOL:
        case ENTITY_DATASET:
                return it->parent;
        case ENTITY_ZDEV:
                return it->zdev.zpool;
        case ENTITY_DISK:
        case ENTITY_PART:
        case ENTITY_CRYPT:
        case _ENTITY_TYPE_MAX:
                break;
        }
        return ENTITY_NONE;
}

struct node *entity_pool(const struct engine *e, entity_id id) {
        entity_id pool = entity_pool_id(e, id);

        return pool == ENTITY_NONE ? NULL : engine_node(e, pool);
}

const struct pool_status *pool_status(const struct engine *e, entity_id pool) {
        const struct node *n = pool == ENTITY_NONE ? NULL : engine_node(e, pool);

        return n && n->seen ? n->status : NULL;
}

const struct vdev *leg_vdev(const struct engine *e, entity_id leg) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        uint32_t vdev = engine_node(e, leg)->vdev;

        return s && vdev != VDEV_NONE ? &s->vdevs[vdev] : NULL;
}

bool leg_is_online(const struct engine *e, entity_id leg) {
        const struct vdev *v = leg_vdev(e, leg);

        return v && vdev_state_is_online(v->state);
}

entity_id pool_find_leg(const struct engine *e, entity_id pool, uint32_t vdev) {
        const struct entity *p = engine_entity(e, pool);

        for (uint32_t i = 0; i < p->zpool.n_legs; i++)
                if (engine_node(e, p->zpool.legs[i])->vdev == vdev)
                        return p->zpool.legs[i];
        return ENTITY_NONE;
}

const char *leg_argument(const struct engine *e, entity_id leg, struct arena *a) {
        const struct vdev *v = leg_vdev(e, leg);
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        uint32_t same = 0;

        if (!v)
                return NULL;
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                same += text_equal(s->vdevs[i].path, v->path);
        if (v->guid && (v->not_present || v->path[0] != '/' || same > 1))
                return arena_printf(a, "%" PRIu64, v->guid);
        return arena_strdup(a, v->path[0] ? v->path : v->name);
}

const char *entity_device_path(const struct engine *e, entity_id id, struct arena *a) {
        const struct entity *it = engine_entity(e, id);
        const struct device *d = node_device(e, engine_node(e, id));

        if (!d)
                return NULL;
        switch (it->type) {
        case ENTITY_PART:
                return path_of_part(a, it->name);
        case ENTITY_CRYPT:
                return path_of_mapping(a, d->dm_name);
        case ENTITY_ZVOL:
                return path_of_volume(a, d->zvol_name);
        case ENTITY_ZDEV:
                return entity_device_path(e, it->parent, a);
        case ENTITY_DISK:
        case ENTITY_ZPOOL:
        case ENTITY_DATASET:
        case _ENTITY_TYPE_MAX:
                break;
        }
        return arena_strdup(a, d->devnode);
}

/* --- devices
 * -------------------------------------------------------------------------------------- */

/* The entity that is configured under the name that the device carries. */
static entity_id device_entity(const struct engine *e, const struct device *d) {
        char key[KEY_MAX];

        key[0] = 0;
        if (d->kind == DEVICE_PARTITION && d->part_name[0])
                (void) snprintf(key, sizeof(key), "part|name:%s", d->part_name);
        else if (d->kind == DEVICE_MAPPING && d->dm_name[0])
                (void) snprintf(key, sizeof(key), "crypt|name:%s", d->dm_name);
        else if (d->kind == DEVICE_ZVOL && strchr(d->zvol_name, '/')) {
                int n = (int) (strchr(d->zvol_name, '/') - d->zvol_name);

                (void) snprintf(key, sizeof(key), "zvol|pool:%.*s|name:%s", n, d->zvol_name,
                                d->zvol_name + n + 1);
        } else if (d->table_uuid[0] && d->kind != DEVICE_PARTITION)
                (void) snprintf(key, sizeof(key), "disk|uuid:%s", d->table_uuid);
        return key[0] ? config_find_id(e->config, key) : ENTITY_NONE;
}

/* A container may be open under another name than ours (udisks: luks-<uuid>): whoever stands on the
 * backing device has to look again when a mapping comes or goes. */
static void picture_touch_above(struct engine *e, const struct device *d) {
        uint64_t slot;
        entity_id owner;

        if (d->kind != DEVICE_MAPPING || !map_get_number(&e->slot_by_devnum, d->backing, &slot))
                return;
        owner = e->slots.items[slot].owner;
        if (owner == ENTITY_NONE)
                return;
        for (entity_id c = engine_entity(e, owner)->first_child; c != ENTITY_NONE;
             c = engine_entity(e, c)->next_sibling)
                engine_touch(e, c);
}

/* --- what stands on what */

static void link_add(struct engine *e, uint64_t below, uint32_t slot) {
        uint32_t i = e->free_link;
        uint64_t first;

        if (i == LINK_NONE) {
                i = (uint32_t) e->links.count;
                (void) array_add(&e->links);
        } else
                e->free_link = e->links.items[i].next;
        e->links.items[i].slot = slot;
        e->links.items[i].next = map_get_number(&e->above, below, &first) ? (uint32_t) first
                                                                          : LINK_NONE;
        map_put_number(&e->above, below, i);
}

static void link_remove(struct engine *e, uint64_t below, uint32_t slot) {
        uint32_t previous = LINK_NONE, i;
        uint64_t first;

        if (!map_get_number(&e->above, below, &first))
                return;
        for (i = (uint32_t) first; i != LINK_NONE && e->links.items[i].slot != slot;
             i = e->links.items[i].next)
                previous = i;
        if (i == LINK_NONE)
                return;
        if (previous != LINK_NONE)
                e->links.items[previous].next = e->links.items[i].next;
        else if (e->links.items[i].next != LINK_NONE)
                map_put_number(&e->above, below, e->links.items[i].next);
        else
                map_remove_number(&e->above, below);
        e->links.items[i].next = e->free_link;
        e->free_link = i;
}

static void slot_link(struct engine *e, uint32_t slot,
                      void (*change)(struct engine *e, uint64_t below, uint32_t slot)) {
        const struct device *d = e->slots.items[slot].device;

        if (d->kind == DEVICE_PARTITION)
                change(e, d->disk, slot);
        for (uint32_t i = 0; d->kind != DEVICE_PARTITION && i < d->n_below; i++)
                change(e, d->below[i], slot);
        foreign_touch_below(e, d);
}

static void slot_enlist(struct engine *e, uint32_t slot) {
        struct device_slot *s = &e->slots.items[slot];

        s->owner = device_entity(e, s->device);
        if (s->owner != ENTITY_NONE) {
                array_append(&engine_node(e, s->owner)->candidates, slot);
                engine_touch(e, s->owner);
        }
        map_put_number(&e->slot_by_devnum, s->device->devnum, slot);
        if (s->device->kind == DEVICE_MAPPING && s->device->backing)
                map_put_number(&e->mapping_by_backing, s->device->backing, slot);
        if (s->device->vdev_guid)
                map_put_number(&e->slot_by_vdev, s->device->vdev_guid, slot);
        slot_link(e, slot, link_add);
        picture_touch_above(e, s->device);
}

static void slot_delist(struct engine *e, uint32_t slot) {
        struct device_slot *s = &e->slots.items[slot];
        uint64_t found;

        picture_touch_above(e, s->device);
        slot_link(e, slot, link_remove);
        if (map_get_number(&e->slot_by_devnum, s->device->devnum, &found) && found == slot)
                map_remove_number(&e->slot_by_devnum, s->device->devnum);
        if (map_get_number(&e->mapping_by_backing, s->device->backing, &found) && found == slot)
                map_remove_number(&e->mapping_by_backing, s->device->backing);
        if (map_get_number(&e->slot_by_vdev, s->device->vdev_guid, &found) && found == slot)
                map_put_number(&e->slot_by_vdev, s->device->vdev_guid, SLOT_NONE);
        if (s->owner == ENTITY_NONE)
                return;
        struct node *n = engine_node(e, s->owner);

        for (size_t i = 0; i < n->candidates.count; i++)
                if (n->candidates.items[i] == slot) {
                        array_remove(&n->candidates, i);
                        break;
                }
        if (n->device == slot)
                n->device = SLOT_NONE;
        engine_touch(e, s->owner);
        s->owner = ENTITY_NONE;
}

/* A mapping stays when its disk is gone. */
static bool device_is_dead(const struct engine *e, const struct device *d) {
        return d->kind == DEVICE_MAPPING && d->backing &&
               (!d->backing_exists || !map_get_number(&e->slot_by_devnum, d->backing, NULL));
}

uint32_t picture_find_vdev(const struct engine *e, uint64_t vdev_guid) {
        uint64_t slot;

        if (!vdev_guid || !map_get_number(&e->slot_by_vdev, vdev_guid, &slot) ||
            slot == SLOT_NONE || device_is_dead(e, e->slots.items[slot].device))
                return SLOT_NONE;
        return (uint32_t) slot;
}

bool picture_has_namesake(const struct engine *e, uint32_t slot) {
        const struct device *d = e->slots.items[slot].device;

        for (size_t i = 0; d->kind == DEVICE_PARTITION && *d->part_name && i < e->slots.count; i++)
                if (i != slot && e->slots.items[i].device &&
                    e->slots.items[i].device->kind == DEVICE_PARTITION &&
                    text_equal(e->slots.items[i].device->part_name, d->part_name))
                        return true;
        return false;
}

bool picture_lacks_vdev(const struct engine *e, uint64_t vdev_guid) {
        return vdev_guid && map_get_number(&e->slot_by_vdev, vdev_guid, NULL) &&
               picture_find_vdev(e, vdev_guid) == SLOT_NONE;
}

void picture_add_device(struct engine *e, const struct device *d, uint64_t seq) {
        struct device_slot *s;
        uint64_t slot;

        if (map_get(&e->slot_by_syspath, d->syspath, &slot)) {
                s = &e->slots.items[slot];
                s->seq = seq;
                if (device_equal(s->device, d))
                        return;
                slot_delist(e, (uint32_t) slot);
                map_remove(&e->slot_by_syspath, d->syspath);
                arena_clear(s->arena);
        } else if (e->free_slots.count) {
                slot = e->free_slots.items[--e->free_slots.count];
                s = &e->slots.items[slot];
        } else {
                slot = e->slots.count;
                s = array_add(&e->slots);
                s->arena = arena_new();
        }
        s->device = device_copy(s->arena, d);
        s->seq = seq;
        s->passport = (struct passport){ .wanted = s->passport.wanted };
        map_put(&e->slot_by_syspath, s->device->syspath, slot);
        slot_enlist(e, (uint32_t) slot);
}

void picture_remove_device(struct engine *e, const char *syspath) {
        struct device_slot *s;
        uint64_t slot;

        if (!map_get(&e->slot_by_syspath, syspath, &slot))
                return;
        s = &e->slots.items[slot];
        slot_delist(e, (uint32_t) slot);
        map_remove(&e->slot_by_syspath, syspath);
        s->device = NULL;
        arena_clear(s->arena);
        array_append(&e->free_slots, (uint32_t) slot);
}

void picture_set_devices(struct engine *e, const struct device *devices, uint32_t n, uint64_t seq) {
        _cleanup_(map_done) struct map there = {};

        for (uint32_t i = 0; i < n; i++) {
                map_put(&there, devices[i].syspath, 1);
                picture_add_device(e, &devices[i], seq);
        }
        for (size_t i = 0; i < e->slots.count; i++) {
                const struct device *d = e->slots.items[i].device;

                if (d && !map_get(&there, d->syspath, NULL))
                        picture_remove_device(e, d->syspath);
        }
        e->devices_seq = seq;
}

void picture_relist(struct engine *e) {
        map_clear(&e->slot_by_devnum);
        map_clear(&e->mapping_by_backing);
        map_clear(&e->above);
        array_clear(&e->links);
        e->free_link = LINK_NONE;
        for (size_t i = 0; i < e->slots.count; i++)
                if (e->slots.items[i].device)
                        slot_enlist(e, (uint32_t) i);
}

void picture_release(struct engine *e) {
        for (size_t i = 0; i < e->slots.count; i++)
                e->slots.items[i].arena = arena_free(e->slots.items[i].arena);
        array_done(&e->slots);
        array_done(&e->free_slots);
        array_done(&e->holders);
        array_done(&e->seen_pools);
        array_done(&e->mounted);
        foreign_release(e);
        map_done(&e->slot_by_syspath);
        map_done(&e->slot_by_devnum);
        map_done(&e->mapping_by_backing);
        map_done(&e->slot_by_vdev);
}

/* A partition's disk is the configured one; a disk or anything else has no such wish. */
static bool device_suits(const struct engine *e, const struct entity *it, const struct device *d) {
        const struct device *disk;

        if (it->type != ENTITY_PART || it->parent == ENTITY_NONE)
                return true;
        disk = node_device(e, engine_node(e, it->parent));
        return disk && d->disk == disk->devnum;
}

/* Of two devices that carry one name it is the one that it was before, else the one that was there
 * first; so that a clone that is plugged in changes nothing, nor does a restart. */
static bool device_is_better(const struct engine *e, const struct node *n, uint32_t slot,
                             uint32_t than) {
        const struct device *a = e->slots.items[slot].device, *b;

        if (than == SLOT_NONE)
                return true;
        b = e->slots.items[than].device;
        if ((a->diskseq == n->row->m.device_seq) != (b->diskseq == n->row->m.device_seq))
                return a->diskseq == n->row->m.device_seq;
        return a->diskseq < b->diskseq;
}

static uint32_t picture_find_device(struct engine *e, const struct entity *it, struct node *n) {
        uint32_t suiting = SLOT_NONE, any = SLOT_NONE;

        for (size_t i = 0; i < n->candidates.count; i++) {
                uint32_t slot = n->candidates.items[i];

                if (device_is_better(e, n, slot, any))
                        any = slot;
                if (device_suits(e, it, e->slots.items[slot].device) &&
                    device_is_better(e, n, slot, suiting))
                        suiting = slot;
        }
        n->ambiguous = n->candidates.count > 1;
        return suiting != SLOT_NONE ? suiting : any;
}

/* The mapping of a container: by its name, or whatever LUKS mapping stands on its parent's device.
 */
static uint32_t picture_find_mapping(struct engine *e, const struct entity *it, struct node *n) {
        const struct device *below = it->parent == ENTITY_NONE
                                             ? NULL
                                             : node_device(e, engine_node(e, it->parent));
        uint64_t slot;

        if (n->candidates.count)
                return n->candidates.items[0];
        if (below && map_get_number(&e->mapping_by_backing, below->devnum, &slot) &&
            text_starts(e->slots.items[slot].device->dm_uuid, "CRYPT-"))
                return (uint32_t) slot;
        return SLOT_NONE;
}

/* "CRYPT-LUKS2-<uuid without dashes>-<name>" against "<uuid>"; true where one of them says nothing.
 */
static bool mapping_is_of(const char *dm_uuid, const char *luks_uuid) {
        const char *p = text_starts(dm_uuid, "CRYPT-LUKS") ? strchr(dm_uuid + 6, '-') : NULL;

        if (!p || !luks_uuid[0])
                return true;
        for (p++; *luks_uuid; luks_uuid++) {
                if (*luks_uuid == '-')
                        continue;
                if (*p++ != *luks_uuid)
                        return false;
        }
        return *p == '-' || !*p;
}

/* A mapping is dead when the device in its table is gone or has become another one since it was
 * opened. */
static bool mapping_is_dead(const struct engine *e, const struct entity *it, struct node *n,
                            const struct device *mapping) {
        const struct device *below = it->parent == ENTITY_NONE
                                             ? NULL
                                             : node_device(e, engine_node(e, it->parent));

        if (!mapping->backing)
                return false;
        if (!mapping->backing_exists)
                return true;
        if (!n->opened_on)
                n->opened_on = mapping->backing_diskseq;
        if (mapping->backing_diskseq != n->opened_on)
                return true;
        if (it->parent == ENTITY_NONE)
                return false;
        return !below || below->devnum != mapping->backing ||
               !mapping_is_of(mapping->dm_uuid, below->fs_uuid);
}

const char *crypt_luks_uuid(const struct engine *e, entity_id crypt) {
        entity_id parent = engine_entity(e, crypt)->parent;
        const struct device *below = parent == ENTITY_NONE ? NULL
                                                           : node_device(e, engine_node(e, parent));

        return below && text_equal(below->fs_type, "crypto_LUKS") && below->fs_uuid ? below->fs_uuid
                                                                                    : "";
}

/* --- pools
 * ---------------------------------------------------------------------------------------- */

/* By GUID, else by the block device, else by name. */
static uint32_t leg_match(const struct engine *e, entity_id leg, const struct pool_status *s) {
        const struct entity *it = engine_entity(e, leg);
        const struct device *d = node_device(e, engine_node(e, leg));
        uint64_t remembered = engine_node(e, leg)->row->m.vdev_guid;
        uint64_t guid = d && d->vdev_guid ? d->vdev_guid : remembered;
        uint32_t by_name = VDEV_NONE;

        for (uint32_t i = 0; i < s->n_vdevs; i++) {
                const struct vdev *v = &s->vdevs[i];

                if (v->type != VDEV_TYPE_DISK)
                        continue;
                if (guid && v->guid == guid)
                        return i;
                if ((d && text_equal(v->path, d->devnode)) || path_is_of(v->path, it->name) ||
                    path_is_of(v->was, it->name))
                        by_name = i;
        }
        /* Another disk under the same name is not this leg; but what udev says of a device that ZFS
         * has open may be older than what ZFS wrote there. */
        if (by_name != VDEV_NONE && d && d->vdev_guid && s->vdevs[by_name].guid &&
            !vdev_state_is_online(s->vdevs[by_name].state))
                return VDEV_NONE;
        return by_name;
}

static void pool_touch_legs(struct engine *e, const struct entity *pool) {
        for (uint32_t i = 0; i < pool->zpool.n_legs; i++)
                engine_touch(e, pool->zpool.legs[i]);
}

void picture_set_pools(struct engine *e, const struct pool_seen *pools, uint32_t n) {
        _cleanup_(map_done) struct map there = {};

        foreign_set_pools(e, pools, n);
        for (uint32_t i = 0; i < n; i++) {
                entity_id id = config_find_pool(e->config, pools[i].name);
                struct node *node;

                map_put(&there, pools[i].name, 1);
                if (id == ENTITY_NONE)
                        continue;
                node = engine_node(e, id);
                if (!node->seen) {
                        node->seen = true;
                        array_append(&e->seen_pools, id);
                        engine_touch(e, id);
                        (void) engine_look(e, FACT_POOL, pools[i].name);
                } else if (node->suspended != pools[i].suspended)
                        (void) engine_look(e, FACT_POOL, pools[i].name);
                node->suspended = pools[i].suspended;
        }
        for (size_t i = 0; i < e->seen_pools.count;) {
                entity_id id = e->seen_pools.items[i];
                struct node *node = engine_node(e, id);

                if (map_get(&there, engine_entity(e, id)->name, NULL)) {
                        i++;
                        continue;
                }
                node->seen = node->suspended = node->arrived = false;
                node->status = pool_status_free(node->status);
                silence_broken(e, id);
                array_remove(&e->seen_pools, i);
                engine_touch(e, id);
                pool_touch_legs(e, engine_entity(e, id));
        }
}

/* The clear with which a suspended pool goes on opens its devices anew, and lets go of those that
 * are still gone. */
static void pool_forget_devices(struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id leg = it->zpool.legs[i], parent = engine_entity(e, leg)->parent;

                engine_node(e, leg)->online_on = 0;
                engine_node(e, leg)->n_self = 0;
                if (parent == ENTITY_NONE)
                        continue;
                engine_node(e, parent)->n_self = 0;
                engine_touch(e, parent);
        }
}

/* The kernel's statistics and the pool disagree: somebody is importing or exporting it. */
static void pool_disagrees(struct engine *e, entity_id pool) {
        (void) engine_look(e, FACT_POOLS, NULL);
        if (engine_node(e, pool)->seen)
                silence_doubt(e, pool);
}

void picture_set_pool(struct engine *e, const char *name, uint64_t seq,
                      struct pool_status **status) {
        entity_id id = config_find_pool(e->config, name);
        struct node *n = id == ENTITY_NONE ? NULL : engine_node(e, id);

        if (!n) {
                foreign_note_pool(e, name, *status);
                return;
        }
        n->status_seq = seq;
        if (*status)
                n->told_seq = seq;
        engine_touch_around(e, id); /* whoever waited for this look goes on */
        if (n->frozen)
                return;
        if (!*status || !n->seen) {
                if (n->seen || *status)
                        pool_disagrees(e, id);
                return;
        }
        silence_broken(e, id);
        if (n->suspended && !(*status)->suspended)
                pool_forget_devices(e, id);
        /* A suspended pool is not asked; what it said before is all that is known of its legs. */
        if ((*status)->suspended && n->status && !(*status)->n_vdevs) {
                n->status->suspended = true;
                n->status->state = (*status)->state;
                n->status->txg = (*status)->txg;
        } else {
                n->arrived = !n->status;
                n->status = pool_status_free(n->status);
                n->status = TAKE_PTR(*status);
        }
        n->suspended = n->status->suspended;
}

void picture_set_mounts(struct engine *e, const struct mount *mounts, uint32_t n) {
        _cleanup_(map_done) struct map there = {};
        char key[KEY_MAX];

        foreign_set_mounts(e, mounts, n);
        for (uint32_t i = 0; i < n; i++) {
                const char *slash = strchr(mounts[i].source, '/');
                entity_id id;

                if (!text_equal(mounts[i].fs_type, "zfs") || !slash)
                        continue;
                (void) snprintf(key, sizeof(key), "dataset|pool:%.*s|name:%s",
                                (int) (slash - mounts[i].source), mounts[i].source, slash + 1);
                id = config_find_id(e->config, key);
                if (id == ENTITY_NONE)
                        continue;
                map_put_number(&there, id, 1);
                if (engine_node(e, id)->mounted)
                        continue;
                engine_node(e, id)->mounted = true;
                array_append(&e->mounted, id);
                engine_touch(e, id);
        }
        for (size_t i = 0; i < e->mounted.count;) {
                entity_id id = e->mounted.items[i];

                if (map_get_number(&there, id, NULL)) {
                        i++;
                        continue;
                }
                engine_node(e, id)->mounted = false;
                array_remove(&e->mounted, i);
                engine_touch(e, id);
        }
}

/* --- states
 * --------------------------------------------------------------------------------------- */

struct derived {
        uint32_t device, vdev;
        enum state state;
        bool in_use, errors, dead, unknown;
};

static struct derived disk_state(struct engine *e, const struct entity *it, struct node *n) {
        struct derived d = { .vdev = VDEV_NONE, .in_use = n->children_in_use > 0 };

        d.device = picture_find_device(e, it, n);
        if (d.device == SLOT_NONE)
                d.state = STATE_DISCONNECTED;
        else
                d.state = d.in_use ? STATE_ACTIVE : STATE_CONNECTED;
        return d;
}

static struct derived crypt_state(struct engine *e, const struct entity *it, struct node *n) {
        struct derived d = { .vdev = VDEV_NONE };
        bool usable = it->parent == ENTITY_NONE || entity_is_online(e, it->parent);
        const struct device *mapping;

        d.device = picture_find_mapping(e, it, n);
        mapping = d.device == SLOT_NONE ? NULL : e->slots.items[d.device].device;
        if (!mapping)
                n->opened_on = 0;
        else
                d.dead = mapping_is_dead(e, it, n, mapping);
        d.in_use = mapping;
        d.errors = d.dead;
        d.unknown = entity_is_unknown(e, it->parent);
        if (d.unknown)
                d.state = STATE_UNKNOWN;
        else if (!usable)
                d.state = STATE_DISCONNECTED;
        else if (!mapping || d.dead)
                d.state = it->parent == ENTITY_NONE ? STATE_DISCONNECTED : STATE_INACTIVE;
        else
                d.state = n->children_in_use ? STATE_ACTIVE : STATE_CONNECTED;
        return d;
}

/* Degraded for another reason than legs away as planned. */
static bool pool_has_errors(const struct engine *e, const struct entity *it, const struct node *n) {
        const struct pool_status *s = n->status;

        if (n->suspended || pool_is_silent(e, it->self) || ledger_went_on(e, it->name))
                return true;
        if (!s || s->error_count)
                return s;
        for (uint32_t i = 0; i < s->n_vdevs; i++) {
                const struct vdev *v = &s->vdevs[i];
                entity_id leg;

                if (v->type != VDEV_TYPE_DISK || v->class == VDEV_CLASS_SPARE ||
                    v->state == VDEV_STATE_ONLINE || v->state == VDEV_STATE_OFFLINE)
                        continue;
                leg = pool_find_leg(e, it->self, i);
                if (leg == ENTITY_NONE || !engine_entity(e, leg)->unpluggable ||
                    entity_is_present(e, leg))
                        return true;
        }
        return false;
}

static struct derived pool_state(struct engine *e, const struct entity *it, struct node *n) {
        struct derived d = { .device = SLOT_NONE, .vdev = VDEV_NONE };

        if (n->frozen)
                d.state = n->state;
        else if (!n->seen)
                d.state = STATE_DISCONNECTED;
        else if (n->status)
                d.state = STATE_CONNECTED;
        else /* we have imported it just now: it is about to answer; or somebody else has */
                d.state = pool_is_unsettled(e, it->self) && !n->ask_at ? n->state : STATE_UNKNOWN;
        d.unknown = d.state == STATE_UNKNOWN;
        d.in_use = d.unknown || state_is_online(d.state);
        d.errors = d.in_use && pool_has_errors(e, it, n);
        return d;
}

static struct derived volume_state(struct engine *e, const struct entity *it, struct node *n) {
        struct derived d = { .vdev = VDEV_NONE, .in_use = n->children_in_use > 0 };

        d.device = picture_find_device(e, it, n);
        d.unknown = entity_is_unknown(e, it->parent);
        if (d.unknown)
                d.state = STATE_UNKNOWN;
        else if (!entity_is_online(e, it->parent))
                d.state = STATE_DISCONNECTED;
        else if (d.device == SLOT_NONE)
                d.state = STATE_INACTIVE;
        else
                d.state = d.in_use ? STATE_ACTIVE : STATE_READY;
        return d;
}

static struct derived dataset_state(struct engine *e, const struct entity *it, struct node *n) {
        struct derived d = { .device = SLOT_NONE, .vdev = VDEV_NONE, .in_use = n->mounted };

        d.unknown = entity_is_unknown(e, it->parent);
        if (d.unknown)
                d.state = STATE_UNKNOWN;
        else if (n->mounted)
                d.state = STATE_CONNECTED;
        else
                d.state = entity_is_online(e, it->parent) ? STATE_INACTIVE : STATE_DISCONNECTED;
        return d;
}

static bool leg_has_errors(const struct engine *e, const struct entity *it, bool there,
                           const struct vdev *v) {
        if (!there && !it->unpluggable && !entity_is_ejected(e, it->self))
                return true;
        if (!v)
                return false;
        if (v->read_errors || v->write_errors || v->checksum_errors)
                return true;
        return there && v->state != VDEV_STATE_ONLINE && v->state != VDEV_STATE_OFFLINE &&
               v->state != VDEV_STATE_REMOVED && v->state != VDEV_STATE_UNAVAIL;
}

/* ZFS holds on to a device that was pulled until it next writes to it. What has come back meanwhile
 * is another one; be it while the command runs that brought the leg online. */
static bool leg_device_is_another(const struct engine *e, entity_id pool, struct node *n,
                                  const struct device *d, bool vdev_online) {
        if (!vdev_online) {
                n->online_on = 0;
                if (n->coming_on && !pool_is_unsettled(e, pool))
                        n->coming_on = 0;
        } else if (!n->online_on && (n->coming_on || d)) {
                n->online_on = n->coming_on ? n->coming_on : d->diskseq;
                n->coming_on = 0;
        }
        return vdev_online && d && d->diskseq && n->online_on != d->diskseq;
}

/* Its pool, or the pool of the volume that it is on, has not answered: what is remembered stands.
 */
static struct derived leg_state_unknown(struct engine *e, const struct entity *it, struct node *n) {
        const struct pool_status *s = pool_status(e, it->zdev.zpool);
        struct derived d = { .device = SLOT_NONE, .vdev = VDEV_NONE };

        if (entity_is_online(e, it->parent) || entity_is_unknown(e, it->parent))
                d.device = engine_node(e, it->parent)->device;
        n->device = d.device;
        if (s)
                d.vdev = leg_match(e, it->self, s);
        d.in_use = s ? d.vdev != VDEV_NONE && vdev_state_is_online(s->vdevs[d.vdev].state)
                     : n->row->m.in_use;
        d.unknown = d.in_use || d.device != SLOT_NONE;
        d.state = d.unknown ? STATE_UNKNOWN : STATE_DISCONNECTED;
        return d;
}

static struct derived leg_state(struct engine *e, const struct entity *it, struct node *n) {
        struct derived d = { .device = engine_node(e, it->parent)->device, .vdev = VDEV_NONE };
        const struct pool_status *s = pool_status(e, it->zdev.zpool);
        bool there = d.device != SLOT_NONE && entity_is_online(e, it->parent), another;

        if (entity_is_unknown(e, it->zdev.zpool) || entity_is_unknown(e, it->parent))
                return leg_state_unknown(e, it, n);
        n->device = there ? d.device : SLOT_NONE;
        if (s)
                d.vdev = leg_match(e, it->self, s);
        d.in_use = d.vdev != VDEV_NONE && vdev_state_is_online(s->vdevs[d.vdev].state);
        if (s && s->suspended &&
            !s->n_vdevs) /* after a restart: what it was is all that is known */
                d.in_use = n->row->m.in_use;
        another = leg_device_is_another(e, it->zdev.zpool, n, node_device(e, n), d.in_use);
        if (another && !(s && s->suspended)) /* a suspended pool can be told to take it */
                there = false;
        if (!there) {
                d.device = SLOT_NONE;
                d.state = STATE_DISCONNECTED;
        } else
                d.state = d.in_use && !another ? STATE_ACTIVE : STATE_INACTIVE;
        n->device = d.device;
        d.errors = leg_has_errors(e, it, there, d.vdev == VDEV_NONE ? NULL : &s->vdevs[d.vdev]);
        return d;
}

static struct derived entity_state(struct engine *e, const struct entity *it, struct node *n) {
        switch (it->type) {
        case ENTITY_DISK:
        case ENTITY_PART:
                return disk_state(e, it, n);
        case ENTITY_CRYPT:
                return crypt_state(e, it, n);
        case ENTITY_ZPOOL:
                return pool_state(e, it, n);
        case ENTITY_ZVOL:
                return volume_state(e, it, n);
        case ENTITY_DATASET:
                return dataset_state(e, it, n);
        case ENTITY_ZDEV:
                return leg_state(e, it, n);
        case _ENTITY_TYPE_MAX:
                break;
        }
        __builtin_unreachable();
}

/* Everything that looks at this entity to compute its own state. */
static void picture_touch_neighbours(struct engine *e, const struct entity *it) {
        if (it->parent != ENTITY_NONE)
                engine_touch(e, it->parent);
        for (entity_id c = it->first_child; c != ENTITY_NONE; c = engine_entity(e, c)->next_sibling)
                engine_touch(e, c);
        if (it->type == ENTITY_ZDEV && it->zdev.zpool != ENTITY_NONE)
                engine_touch(e, it->zdev.zpool);
        if (it->type == ENTITY_ZPOOL)
                pool_touch_legs(e, it);
}

/* It is there. A leg may be put online by ZED for a while after that: transit.c. */
static void note_device(struct engine *e, const struct entity *it, struct node *n) {
        n->coming_until = 0;
        if (it->type != ENTITY_ZDEV)
                return;
        n->device_at = e->now.mono;
        deadline_add(&e->deadlines, n->device_at + ZED_USEC, it->self);
}

static void picture_update(struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);
        struct node *n = engine_node(e, id);
        struct derived old = { .device = n->device,
                               .vdev = n->vdev,
                               .state = n->state,
                               .in_use = n->in_use,
                               .errors = n->errors,
                               .dead = n->dead,
                               .unknown = n->unknown };
        struct derived new = entity_state(e, it, n);

        if (!new.in_use && n->in_use) /* while its device is still known */
                holder_forget(e, id);
        if (new.device == old.device &&new.vdev == old.vdev &&new.state == old.state &&new.in_use ==
            old.in_use &&new.errors == old.errors &&new.dead == old.dead &&new.unknown ==
            old.unknown)
                return;
        if (new.device != SLOT_NONE && old.device == SLOT_NONE)
                note_device(e, it, n);
        n->device = new.device;
        n->vdev = new.vdev;
        n->state = new.state;
        n->in_use = new.in_use;
        n->errors = new.errors;
        n->dead = new.dead;
        n->unknown = new.unknown;
        n->n_self = 0;
        if (new.in_use != old.in_use && it->parent != ENTITY_NONE) {
                engine_node(e, it->parent)->children_in_use += new.in_use ? 1u : -1u;
                engine_node(e, it->parent)->n_self = 0;
        }
        picture_touch_neighbours(e, it);
}

void picture_settle(struct engine *e) {
        for (size_t i = 0; i < e->dirty.count; i++) { /* grows while it is worked off */
                entity_id id = e->dirty.items[i];
                struct node *n = engine_node(e, id);

                n->dirty = false;
                picture_update(e, id);
                if (!n->changed) {
                        n->changed = true;
                        array_append(&e->changed, id);
                }
        }
        array_clear(&e->dirty);
}
