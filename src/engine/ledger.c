/* engine/ledger.c - the books: per vdev GUID and per pool GUID, what is known of each copy
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/picture.h"

struct leg_row *ledger_find_leg(const struct engine *e, uint64_t vdev_guid) {
        uint64_t i;

        return vdev_guid && map_get_number(&e->leg_by_guid, vdev_guid, &i) ? e->legs.items[i]
                                                                           : NULL;
}

struct leg_row *ledger_leg(struct engine *e, uint64_t vdev_guid) {
        struct leg_row *l = ledger_find_leg(e, vdev_guid);

        if (l)
                return l;
        l = arena_new_one(e->arena, struct leg_row);
        l->m.vdev_guid = vdev_guid;
        l->m.entity = l->entity;
        l->m.suspicion = l->suspicion;
        map_put_number(&e->leg_by_guid, vdev_guid, e->legs.count);
        array_append(&e->legs, l);
        return l;
}

struct leg_row *ledger_of(const struct engine *e, entity_id leg) {
        return ledger_find_leg(e, engine_node(e, leg)->row->m.vdev_guid);
}

struct pool_row *ledger_find_pool(const struct engine *e, const char *name) {
        for (size_t i = 0; i < e->pools.count; i++)
                if (text_equal(e->pools.items[i]->name, name))
                        return e->pools.items[i];
        return NULL;
}

struct pool_row *ledger_pool(struct engine *e, uint64_t pool_guid) {
        struct pool_row *p;
        uint64_t i;

        if (map_get_number(&e->pool_by_guid, pool_guid, &i))
                return e->pools.items[i];
        p = arena_new_one(e->arena, struct pool_row);
        p->m.pool_guid = pool_guid;
        p->m.name = p->name;
        map_put_number(&e->pool_by_guid, pool_guid, e->pools.count);
        array_append(&e->pools, p);
        return p;
}

void ledger_save_leg(struct engine *e, struct leg_row *l) {
        if (!l->dirty)
                array_append(&e->legs_dirty, l);
        l->dirty = true;
}

void ledger_save_pool(struct engine *e, struct pool_row *p) {
        p->m.current = p->current.items;
        p->m.n_current = (uint32_t) p->current.count;
        p->m.tops = p->tops.items;
        p->m.n_tops = (uint32_t) p->tops.count;
        if (!p->dirty)
                array_append(&e->pools_dirty, p);
        p->dirty = true;
}

bool ledger_is_current(const struct pool_row *p, uint64_t vdev_guid) {
        for (size_t i = 0; p && i < p->current.count; i++)
                if (p->current.items[i].vdev_guid == vdev_guid)
                        return true;
        return false;
}

const struct vdev_shape *ledger_top(const struct pool_row *p, uint64_t top_guid) {
        for (size_t i = 0; i < p->tops.count; i++)
                if (p->tops.items[i].guid == top_guid)
                        return &p->tops.items[i].shape;
        return NULL;
}

bool ledger_went_on(const struct engine *e, const char *pool) {
        const struct pool_row *p = ledger_find_pool(e, pool);

        return p && p->m.went_on;
}

uint64_t ledger_instance(const struct engine *e, const struct pool_status *s) {
        return s->instance ? (name_hash(e->boot_id) ^ s->instance * 0x9e3779b97f4a7c15u) | 1 : 0;
}

/* --- which pool it is
 * ------------------------------------------------------------------------------------------------
 */

static bool pool_has_vdev(const struct pool_status *s, uint64_t guid) {
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (s->vdevs[i].guid == guid)
                        return true;
        return false;
}

/* The same vdevs under another GUID: somebody gave it a new one (zpool reguid). */
static bool pool_is_renamed(const struct pool_row *old, const struct pool_status *s) {
        for (size_t i = 0; i < old->current.count; i++)
                if (pool_has_vdev(s, old->current.items[i].vdev_guid))
                        return true;
        return false;
}

/* What is known under the old GUID is true of the new one. */
static void pool_take_over(struct engine *e, entity_id pool, struct pool_row *p,
                           struct pool_row *old) {
        uint64_t guid = p->m.pool_guid;

        array_clear(&p->current);
        array_clear(&p->tops);
        for (size_t i = 0; i < old->current.count; i++)
                array_append(&p->current, old->current.items[i]);
        for (size_t i = 0; i < old->tops.count; i++)
                array_append(&p->tops, old->tops.items[i]);
        p->m = old->m;
        p->m.pool_guid = guid;
        p->m.name = p->name;
        array_clear(&old->current);
        history_add(e, HISTORY_ADOPTED, pool,
                    arena_printf(e->effects.arena, "adopted|pool|%" PRIu64, guid), NULL,
                    "pool %s has another GUID: %" PRIu64 " (zpool reguid), which was %" PRIu64,
                    engine_entity(e, pool)->name, guid, old->m.pool_guid);
}

struct pool_row *ledger_meet_pool(struct engine *e, entity_id pool, const struct pool_status *s) {
        struct pool_row *p = ledger_pool(e, s->guid), *old = ledger_find_pool(e, s->name);

        if (text_equal(p->name, s->name))
                return p;
        if (old && pool_is_renamed(old, s))
                pool_take_over(e, pool, p, old);
        if (old) {
                old->name[0] = 0;
                ledger_save_pool(e, old);
        }
        (void) snprintf(p->name, sizeof(p->name), "%s", s->name);
        ledger_save_pool(e, p);
        return p;
}

/* --- what it is made of, and which of its legs are current
 * -----------------------------------------------------------------------------------------
 */

/* Data is on it that is nowhere else, at least for a moment. */
static bool vdev_holds_data(const struct vdev *v) {
        return v->class == VDEV_CLASS_NORMAL || v->class == VDEV_CLASS_SPECIAL ||
               v->class == VDEV_CLASS_LOG;
}

bool vdev_is_top(const struct pool_status *s, uint32_t i) {
        return s->vdevs[i].top == i && s->vdevs[i].type != VDEV_TYPE_OTHER &&
               vdev_holds_data(&s->vdevs[i]);
}

struct vdev_shape vdev_shape(const struct pool_status *s, uint32_t top) {
        struct vdev_shape shape = { .type = s->vdevs[top].type, .parity = s->vdevs[top].parity };

        for (uint32_t i = 0; i < s->n_vdevs; i++)
                shape.width += s->vdevs[i].parent == top;
        if (shape.type == VDEV_TYPE_DISK)
                shape.width = 1;
        if (shape.type == VDEV_TYPE_RAIDZ && !shape.parity)
                shape.parity = 1;
        return shape;
}

static bool ledger_note_tops(struct pool_row *p, const struct pool_status *s) {
        bool changed = false;
        size_t n = 0;

        for (uint32_t i = 0; i < s->n_vdevs; i++) {
                struct memory_top top = { .guid = s->vdevs[i].guid };

                if (!vdev_is_top(s, i) || !top.guid)
                        continue;
                top.shape = vdev_shape(s, i);
                if (n == p->tops.count)
                        (void) array_add(&p->tops);
                changed |= p->tops.items[n].guid != top.guid ||
                           p->tops.items[n].shape.type != top.shape.type ||
                           p->tops.items[n].shape.parity != top.shape.parity ||
                           p->tops.items[n].shape.width != top.shape.width;
                p->tops.items[n++] = top;
        }
        changed |= n != p->tops.count;
        p->tops.count = n;
        return changed;
}

/* The legs of an imported pool that are online and complete: what the others catch up from. */
static bool vdev_is_current(const struct engine *e, entity_id pool, const struct pool_status *s,
                            uint32_t i) {
        const struct leg_row *l = ledger_find_leg(e, s->vdevs[i].guid);
        const struct vdev *v = &s->vdevs[i];
        entity_id leg;

        if (v->type != VDEV_TYPE_DISK || !vdev_state_is_online(v->state))
                return false;
        leg = pool_find_leg(e, pool, i);
        if (leg == ENTITY_NONE) /* not configured: ZFS says that it is good */
                return !v->resilvering && !v->resilver_deferred && !picture_lacks_vdev(e, v->guid);
        /* one that was pulled is ONLINE until ZFS notices */
        return l && l->m.copy == COPY_COMPLETE && engine_node(e, leg)->device != SLOT_NONE;
}

/* Those of one top-level vdev, as they are now. While too few are (their record says suspect or
 * incomplete), the older list stays: it names where whole data was last. */
static void current_of_top(const struct engine *e, entity_id pool, const struct pool_row *p,
                           const struct pool_status *s, uint32_t top, struct memory_members *ret) {
        struct vdev_shape shape = vdev_shape(s, top);
        size_t n = ret->count;
        bool keep;

        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (s->vdevs[i].top == top && vdev_is_current(e, pool, s, i))
                        array_append(ret, ((struct memory_member){ s->vdevs[i].guid,
                                                                   s->vdevs[top].guid }));
        keep = p->m.went_on || ret->count - n < vdev_shape_needs(&shape);
        if (keep)
                ret->count = n;
        for (uint32_t i = 0; keep && i < s->n_vdevs; i++)
                if (s->vdevs[i].top == top && ledger_is_current(p, s->vdevs[i].guid))
                        array_append(ret, ((struct memory_member){ s->vdevs[i].guid,
                                                                   s->vdevs[top].guid }));
}

static bool ledger_note_current(struct engine *e, entity_id pool, struct pool_row *p,
                                const struct pool_status *s) {
        struct memory_members now = {};
        bool same;

        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (vdev_is_top(s, i))
                        current_of_top(e, pool, p, s, i, &now);
        same = now.count == p->current.count;
        for (size_t i = 0; same && i < now.count; i++)
                same = now.items[i].vdev_guid == p->current.items[i].vdev_guid &&
                       now.items[i].top_guid == p->current.items[i].top_guid;
        array_clear(&p->current);
        for (size_t i = 0; i < now.count; i++)
                array_append(&p->current, now.items[i]);
        array_done(&now);
        return !same;
}

/* The record as it is kept: how far a scan has come is not worth a write. */
static struct scan scan_kept(const struct scan *s) {
        return (struct scan){ .function = s->function,
                              .state = s->state,
                              .start = s->start,
                              .end = s->end,
                              .errors = s->errors };
}

void ledger_note_pool(struct engine *e, entity_id pool) {
        const struct pool_status *s = pool_status(e, pool);
        bool imported = entity_is_online(e, pool), changed = false;
        struct pool_row *p = s && s->guid ? ledger_meet_pool(e, pool, s)
                                          : ledger_find_pool(e, engine_entity(e, pool)->name);

        if (!p)
                return;
        if (p->m.imported != imported) {
                p->m.imported = imported;
                changed = true;
        }
        if (s && imported && s->n_vdevs) {
                struct scan scan = scan_kept(&s->scan);

                if (!scan_equal(&scan, &p->m.scan)) {
                        p->m.scan = scan;
                        changed = true;
                }
                changed |= ledger_note_tops(p, s);
                changed |= ledger_note_current(e, pool, p, s);
        }
        if (changed)
                ledger_save_pool(e, p);
}

void ledger_note_label(struct engine *e, const struct label *label) {
        struct pool_row *p;

        if (!label->valid || !label->pool_guid)
                return;
        p = ledger_pool(e, label->pool_guid);
        if (label->txg <= p->m.newest_txg)
                return;
        p->m.newest_txg = label->txg;
        p->m.newest_time = label->timestamp;
        ledger_save_pool(e, p);
}
