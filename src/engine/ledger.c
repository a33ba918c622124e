/* engine/ledger.c - the books: per vdev GUID and per pool GUID, what is known of each copy: SPEC 10
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
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
        struct pool_row *found = NULL; /* the newest of that name */

        for (size_t i = 0; i < e->pools.count; i++)
                if (text_equal(e->pools.items[i]->name, name))
                        found = e->pools.items[i];
        return found;
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
        if (!p->dirty)
                array_append(&e->pools_dirty, p);
        p->dirty = true;
}

bool ledger_is_current(const struct pool_row *p, uint64_t vdev_guid) {
        for (size_t i = 0; p && i < p->current.count; i++)
                if (p->current.items[i] == vdev_guid)
                        return true;
        return false;
}

/* The legs of an imported pool that are online and complete: what the others catch up from. While
 * none is (their record says suspect or incomplete), the older list stays: it names where whole
 * data was last. */
static bool vdev_is_current(const struct engine *e, entity_id pool, const struct pool_status *s,
                            uint32_t i) {
        const struct leg_row *l = ledger_find_leg(e, s->vdevs[i].guid);
        const struct vdev *v = &s->vdevs[i];
        entity_id leg;

        if (v->type != VDEV_TYPE_DISK || !vdev_state_is_online(v->state))
                return false;
        leg = pool_find_leg(e, pool, i);
        if (leg == ENTITY_NONE) /* not configured: ZFS says that it is good */
                return !v->resilvering && !v->resilver_deferred;
        /* one that was pulled is ONLINE until ZFS notices */
        return l && l->m.copy == COPY_COMPLETE && engine_node(e, leg)->device != SLOT_NONE;
}

static bool ledger_set_current(struct engine *e, entity_id pool, struct pool_row *p,
                               const struct pool_status *s) {
        uint32_t n = 0, known = 0;

        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (vdev_is_current(e, pool, s, i)) {
                        n++;
                        known += ledger_is_current(p, s->vdevs[i].guid);
                }
        if (!n || (n == known && n == p->current.count))
                return false;
        array_clear(&p->current);
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (vdev_is_current(e, pool, s, i))
                        array_append(&p->current, s->vdevs[i].guid);
        return true;
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
        struct pool_row *p = s && s->guid ? ledger_pool(e, s->guid)
                                          : ledger_find_pool(e, engine_entity(e, pool)->name);

        if (!p)
                return;
        if (s && s->guid && !text_equal(p->name, s->name)) {
                (void) snprintf(p->name, sizeof(p->name), "%s", s->name);
                changed = true;
        }
        if (p->m.imported != imported) {
                p->m.imported = imported;
                changed = true;
        }
        if (s && imported) {
                struct scan scan = scan_kept(&s->scan);

                if (!scan_equal(&scan, &p->m.scan)) {
                        p->m.scan = scan;
                        changed = true;
                }
                changed |= ledger_set_current(e, pool, p, s);
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
