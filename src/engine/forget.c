/* engine/forget.c - what is known from earlier is forgotten, as somebody says
 *
 * Dates, the last picture, and the entries of the ledger go, here and in the state file. What is
 * still configured is from then on like something new: its next picture is taken as it is. So
 * nothing of it may be in use or under way: a leg that is online, as one that is seen for the first
 * time, would be taken for whole at once. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/failure.h"
#include "engine/forget.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/silence.h"

static struct row *row_find(const struct engine *e, const char *id) {
        uint64_t row;

        return map_get(&e->row_by_id, id, &row) ? (struct row *) (uintptr_t) row : NULL;
}

bool engine_remembers(const struct engine *e, const char *id) {
        return row_find(e, id);
}

/* --- may it be?
 * -------------------------------------------------------------------------------------------- */

static bool refuse(struct reason *ret, enum reason_code code, entity_id about, const char *detail) {
        *ret = (struct reason){ .code = code, .about = about };
        (void) snprintf(ret->detail, sizeof(ret->detail), "%s", detail);
        return false;
}

static bool entity_may_be_forgotten(const struct engine *e, entity_id id, struct reason *ret) {
        enum entity_type type = engine_entity(e, id)->type;
        const struct node *n = engine_node(e, id);
        entity_id silent = entity_find_silent(e, id);

        if (silent != ENTITY_NONE)
                return refuse(ret, REASON_WAIT_ANSWER, silent, engine_node(e, silent)->silence);
        if ((type == ENTITY_ZDEV || type == ENTITY_ZPOOL) && (n->in_use || entity_is_online(e, id)))
                return refuse(ret, REASON_BUSY, id, "take it offline first");
        for (enum wish w = 0; w < _WISH_MAX; w++)
                if (n->requests[w])
                        return refuse(ret, REASON_BUSY, id,
                                      arena_printf(e->effects.arena,
                                                   "its request '%s' is open; wait for its end, or "
                                                   "withdraw it with --cancel",
                                                   wish_print(w)));
        if (n->row->handlers.count)
                return refuse(ret, REASON_BUSY, id, "its handlers have not ended");
        return true;
}

bool engine_may_forget(const struct engine *e, const char *id, struct reason *ret) {
        entity_id top = config_find_id(e->config, id);

        if (!e->ready)
                return refuse(ret, REASON_WAIT_START, top, "");
        for (entity_id i = top; i != ENTITY_NONE; i = tree_next(e, top, i))
                if (!entity_may_be_forgotten(e, i, ret))
                        return false;
        return true;
}

/* --- the ledger
 * -------------------------------------------------------------------------------------------- */

/* The last one takes its place. */
static void legs_remove(struct engine *e, size_t i) {
        struct leg_row *last = e->legs.items[e->legs.count - 1], *l = e->legs.items[i];

        array_append(&e->effects.forgets, ((struct effect_forget){ .vdev_guid = l->m.vdev_guid }));
        (void) map_remove_number(&e->leg_by_guid, l->m.vdev_guid);
        e->legs.items[i] = last;
        e->legs.count--;
        if (l != last)
                map_put_number(&e->leg_by_guid, last->m.vdev_guid, i);
}

static void pools_remove(struct engine *e, size_t i) {
        struct pool_row *last = e->pools.items[e->pools.count - 1], *p = e->pools.items[i];

        array_append(&e->effects.forgets, ((struct effect_forget){ .pool_guid = p->m.pool_guid }));
        (void) map_remove_number(&e->pool_by_guid, p->m.pool_guid);
        array_done(&p->current);
        array_done(&p->tops);
        e->pools.items[i] = last;
        e->pools.count--;
        if (p != last)
                map_put_number(&e->pool_by_guid, last->m.pool_guid, i);
}

/* Its top-level vdev has as many other current legs as it needs. */
static bool member_is_spare(const struct pool_row *p, size_t member) {
        uint64_t top = p->current.items[member].top_guid;
        const struct vdev_shape *shape = ledger_top(p, top);
        uint32_t others = 0;

        for (size_t i = 0; i < p->current.count; i++)
                others += i != member && p->current.items[i].top_guid == top;
        return others >= (shape ? vdev_shape_needs(shape) : 1);
}

/* It is none of those any more that are known to be current, unless it is the last: an older copy
 * does not become the newest because that one is forgotten. */
static void pools_drop_leg(struct engine *e, uint64_t vdev_guid) {
        for (size_t i = 0; i < e->pools.count; i++) {
                struct pool_row *p = e->pools.items[i];

                for (size_t k = 0; k < p->current.count; k++)
                        if (p->current.items[k].vdev_guid == vdev_guid && member_is_spare(p, k)) {
                                array_remove(&p->current, k);
                                ledger_save_pool(e, p);
                                break;
                        }
        }
}

/* What is known of a pool is known through its legs: the book of all of them goes. */
static void forget_book(struct engine *e, const struct map *ids) {
        _cleanup_(map_done) struct map pools = {};

        for (size_t i = e->pools.count; i-- > 0;)
                if (map_get(ids,
                            arena_printf(e->effects.arena, "zpool|name:%s",
                                         e->pools.items[i]->name),
                            NULL)) {
                        map_put_number(&pools, e->pools.items[i]->m.pool_guid, 1);
                        pools_remove(e, i);
                }
        for (size_t i = e->legs.count; i-- > 0;) {
                const struct leg_row *l = e->legs.items[i];

                if (!map_get(ids, l->entity, NULL) && !map_get_number(&pools, l->m.pool_guid, NULL))
                        continue;
                pools_drop_leg(e, l->m.vdev_guid);
                legs_remove(e, i);
        }
}

/* --- rows
 * -------------------------------------------------------------------------------------------- */

static void forget_row(struct engine *e, struct row *row) {
        array_append(&e->effects.forgets, ((struct effect_forget){ .entity = row->m.id }));
        row->luks_uuid[0] = 0;
        row_set_failure(row, &(struct failure){});
        row->m = (struct memory_entity){ .id = row->m.id, .luks_uuid = row->luks_uuid };
}

static void forget_node(struct engine *e, entity_id id) {
        struct node *n = engine_node(e, id);

        forget_row(e, n->row);
        n->fresh = true;
        n->vdev_online = n->closing = false;
        n->n_self = 0;
        n->entry_on = 0;
        n->opened_on = n->online_on = n->coming_on = n->recovered_on = 0;
        n->watch = (struct watch){};
        engine_save_row(e, id);
        engine_touch_around(e, id);
}

static void forget_one(struct engine *e, const char *id, struct map *ids) {
        entity_id top = config_find_id(e->config, id);
        struct row *row = row_find(e, id);

        map_put(ids, id, 1);
        for (entity_id i = top; i != ENTITY_NONE; i = tree_next(e, top, i)) {
                map_put(ids, engine_entity(e, i)->id, 1);
                forget_node(e, i);
        }
        if (top == ENTITY_NONE && row) {
                forget_row(e, row);
                (void) map_remove(&e->row_by_id, id);
        }
        history_add(e, HISTORY_DAEMON, top,
                    arena_printf(e->effects.arena, "forgotten|%s|%" PRIu64, id, e->now.wall), NULL,
                    "%s is forgotten, as somebody said",
                    top == ENTITY_NONE ? id : engine_title(e, top));
}

void forget_entities(struct engine *e, const char *const *ids, uint32_t n) {
        _cleanup_(map_done) struct map all = {};

        for (uint32_t i = 0; i < n; i++)
                forget_one(e, ids[i], &all);
        forget_book(e, &all);
}
