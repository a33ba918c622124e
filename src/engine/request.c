/* engine/request.c - what somebody wants of an entity, until it is fulfilled, has failed or was
 * cancelled */
#include <stdio.h>

#include "engine/failure.h"
#include "engine/handler.h"
#include "engine/picture.h"
#include "engine/pool.h"
#include "engine/request.h"

#define CAUSES_MAX 32u /* how deep requests may wait for each other */

struct request *request_find(const struct engine *e, uint64_t id) {
        uint64_t p;

        return id && map_get_number(&e->request_by_id, id, &p) ? (struct request *) (uintptr_t) p
                                                               : NULL;
}

const struct need *request_find_need(const struct request *r, entity_id entity, enum wish wish) {
        for (size_t i = 0; i < r->needs.count; i++)
                if (r->needs.items[i].entity == entity && r->needs.items[i].wish == wish)
                        return &r->needs.items[i];
        return NULL;
}

static void request_tell(struct engine *e, const struct request *r, bool ended, bool fulfilled,
                         const struct reason *why) {
        for (size_t i = 0; i < r->clients.count; i++)
                array_append(&e->effects.tells,
                             ((struct effect_tell){ .client = r->clients.items[i],
                                                    .request = r->id,
                                                    .entity = r->entity,
                                                    .wish = r->wish,
                                                    .ended = ended,
                                                    .fulfilled = fulfilled,
                                                    .reason = *why }));
}

const char *request_print_origin(const struct engine *e, const struct request *r, struct arena *a) {
        static const char *const names[_ORIGIN_MAX] = {
                [ORIGIN_PERSON] = "a person",
                [ORIGIN_MAINTENANCE] = "maintenance",
                [ORIGIN_HANDLER] = "a handler", /* that is gone with a reload */
                [ORIGIN_SELF] = "zmirror itself",
        };

        if (r->origin != ORIGIN_HANDLER || r->by == ENTITY_NONE)
                return names[r->origin];
        return arena_printf(a, "on_%s of %s", event_print(r->by_event),
                            entity_title(a, engine_entity(e, r->by)));
}

/* The request that this one waits for. */
static const struct request *request_next(const struct engine *e, const struct request *r) {
        enum wish wish;

        if (r->reason.code != REASON_WAIT_NEED || r->reason.about == ENTITY_NONE ||
            !wish_parse(r->reason.detail, &wish))
                return NULL;
        return engine_node(e, r->reason.about)->requests[wish];
}

const struct reason *request_cause(const struct engine *e, const struct request *r) {
        const struct request *next;

        for (uint32_t depth = 0; depth < CAUSES_MAX && (next = request_next(e, r)); depth++)
                r = next;
        return &r->reason;
}

/* Whoever waits for it, be it through others, hears what he is waiting for now. */
static void request_tell_cause(struct engine *e, const struct request *r, uint32_t depth) {
        request_tell(e, r, false, false, request_cause(e, r));
        for (size_t i = 0; depth < CAUSES_MAX && i < r->needed_by.count; i++) {
                const struct request *needer = request_find(e, r->needed_by.items[i]);

                if (needer && request_next(e, needer) == r)
                        request_tell_cause(e, needer, depth + 1);
        }
}

/* A spare one keeps the memory of its arrays. */
static struct request *request_take_spare(struct engine *e) {
        struct request *r, kept;

        if (!e->spare_requests.count)
                return arena_new_one(e->arena, struct request);
        r = e->spare_requests.items[--e->spare_requests.count];
        kept = *r;
        *r = (struct request){ .clients = kept.clients,
                               .needed_by = kept.needed_by,
                               .needs = kept.needs,
                               .ran = kept.ran };
        array_clear(&r->clients);
        array_clear(&r->needed_by);
        array_clear(&r->needs);
        array_clear(&r->ran);
        return r;
}

static struct request *request_open(struct engine *e, entity_id entity, enum wish wish,
                                    enum origin origin, enum event by_event, entity_id by) {
        struct request *r = request_take_spare(e);

        r->id = ++e->next_request;
        r->entity = entity;
        r->wish = wish;
        r->origin = origin;
        r->by_event = by_event;
        r->by = by;
        r->scope = entity;
        r->since = e->now;
        r->progress = e->now.mono;
        r->reason.code = e->ready ? REASON_NONE : REASON_WAIT_START;
        r->reason.about = ENTITY_NONE;
        r->looked_since = e->next_seq;
        r->index = e->requests.count;
        array_append(&e->requests, r);
        map_put_number(&e->request_by_id, r->id, (uintptr_t) r);
        engine_node(e, entity)->requests[wish] = r;
        engine_touch_around(e, entity);
        return r;
}

static enum wish wish_opposite(enum wish w) {
        return w == WISH_ONLINE ? WISH_OFFLINE : WISH_ONLINE;
}

/* Online and offline exclude each other: the newer ends the older, whichever of them only needs it
 * for something else. But what a person wants is only replaced by a person, and what maintenance
 * wants not by a handler, nor by zmirror itself: what is gone is taken offline when nobody wants it
 * online any more. `asked`: the rank of whoever wants or needs it. */
static bool request_clear_way(struct engine *e, entity_id entity, enum wish wish,
                              enum origin origin, uint64_t asked) {
        struct request *other;
        struct reason why = { .code = REASON_REPLACED, .about = entity };

        if (wish != WISH_ONLINE && wish != WISH_OFFLINE)
                return true;
        other = engine_node(e, entity)->requests[wish_opposite(wish)];
        if (!other)
                return true;
        if (other->origin < origin && other->origin < ORIGIN_HANDLER)
                return false;
        if (other->origin == origin && other->asked > asked)
                return false;
        (void) snprintf(why.detail, sizeof(why.detail), "%s", wish_print(wish));
        request_end(e, other, false, &why);
        return true;
}

/* What it would ask of the entity is refused from now on, even if it has not asked yet. */
static void request_refuse_need(struct request *r, entity_id entity, const struct reason *why) {
        for (size_t i = 0; i < r->needs.count; i++)
                if (r->needs.items[i].entity == entity && r->needs.items[i].wish == WISH_ONLINE) {
                        if (r->needs.items[i].state == NEED_FULFILLED)
                                r->needs.items[i].state = NEED_FAILED;
                        return;
                }
        array_append(&r->needs, ((struct need){ .entity = entity,
                                                .wish = WISH_ONLINE,
                                                .state = NEED_FAILED,
                                                .reason = *why }));
}

/* What is wanted of the pool of a leg in what goes: without any other leg it ends; else it goes on
 * without this one. */
static void request_end_in_pool(struct engine *e, entity_id leg, entity_id going,
                                const struct reason *why) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;

        for (enum wish w = 0; pool != ENTITY_NONE && w < _WISH_MAX; w++) {
                struct request *r = engine_node(e, pool)->requests[w];

                if (!r || wish_takes_away(w))
                        continue;
                if (pool_lies_in(e, pool, going)) {
                        request_end(e, r, false, why);
                        continue;
                }
                request_refuse_need(r, leg, why);
                request_refuse_need(r, engine_entity(e, leg)->parent, why);
        }
}

/* A person's offline is not held back: it ends the requests that need the entity online. */
static void request_end_dependants(struct engine *e, entity_id entity) {
        struct reason why = { .code = REASON_REPLACED, .about = entity };

        (void) snprintf(why.detail, sizeof(why.detail), "%s", wish_print(WISH_OFFLINE));
        for (entity_id i = entity; i != ENTITY_NONE; i = tree_next(e, entity, i)) {
                for (enum wish w = 0; w < _WISH_MAX; w++) {
                        struct request *r = engine_node(e, i)->requests[w];

                        if (r && !wish_takes_away(w))
                                request_end(e, r, false, &why);
                }
                if (engine_entity(e, i)->type == ENTITY_ZDEV)
                        request_end_in_pool(e, i, entity, &why);
        }
}

static struct request *request_get(struct engine *e, entity_id entity, enum wish wish,
                                   enum origin origin, enum event by_event, entity_id by) {
        struct request *r = engine_node(e, entity)->requests[wish];

        if (!r)
                return request_open(e, entity, wish, origin, by_event, by);
        if (origin < r->origin) { /* the wider reach */
                r->origin = origin;
                engine_touch(e, entity);
        }
        return r;
}

/* Whoever asks once more wants what was refused or replaced meanwhile to be tried again. */
static void request_renew(struct engine *e, struct request *r) {
        for (size_t i = r->needs.count; i-- > 0;) {
                const struct need *n = &r->needs.items[i];
                struct request *other = engine_node(e, n->entity)->requests[n->wish];

                if (n->state == NEED_FAILED)
                        array_remove(&r->needs, i);
                else if (n->state == NEED_OPEN && other)
                        request_renew(e, other);
        }
}

uint64_t request_make(struct engine *e, const struct input_wish *wish) {
        struct request *r;

        if (!request_clear_way(e, wish->entity, wish->wish, wish->origin, UINT64_MAX))
                return 0;
        if (wish_takes_away(wish->wish) && wish->origin == ORIGIN_PERSON)
                request_end_dependants(e, wish->entity);
        r = request_get(e, wish->entity, wish->wish, wish->origin, wish->by_event, wish->by);
        r->own = true;
        if (wish->origin == r->origin) { /* a handler that joins makes it no newer */
                r->asked = ++e->next_request;
                request_renew(e, r);
        }
        r->scope = wish->entity;
        r->accept_data_loss |= wish->accept_data_loss;
        r->overwrite_leg |= wish->overwrite_leg;
        if (wish->client) {
                array_append(&r->clients, wish->client);
                request_tell(e, r, false, false, &r->reason);
        }
        return r->id;
}

void request_need(struct engine *e, struct request *r, entity_id entity, enum wish wish) {
        struct reason why = { .code = REASON_REPLACED, .about = entity };
        struct request *other;
        bool linked = false;

        /* What is taken offline to be brought online anew is in nobody's way. */
        bool anew = r->wish == WISH_ONLINE && wish == WISH_OFFLINE;

        if (!anew && !request_clear_way(e, entity, wish, r->origin, r->asked)) {
                (void) snprintf(why.detail, sizeof(why.detail), "%s",
                                wish_print(wish_opposite(wish)));
                array_append(&r->needs, ((struct need){ .entity = entity,
                                                        .wish = wish,
                                                        .state = NEED_FAILED,
                                                        .reason = why }));
                return;
        }
        other = request_get(e, entity, wish, r->origin, r->by_event, r->by);
        if (other->origin == r->origin && other->asked < r->asked)
                other->asked = r->asked;
        if (wish == WISH_OFFLINE && !other->own)
                other->scope = r->scope;
        for (size_t i = 0; i < other->needed_by.count; i++)
                linked |= other->needed_by.items[i] == r->id;
        if (!linked)
                array_append(&other->needed_by, r->id);
        for (size_t i = 0; i < r->needs.count; i++)
                if (r->needs.items[i].entity == entity && r->needs.items[i].wish == wish) {
                        r->needs.items[i].state = NEED_OPEN;
                        return;
                }
        array_append(&r->needs,
                     ((struct need){ .entity = entity, .wish = wish, .state = NEED_OPEN }));
}

/* A need that nobody has any more ends, unless somebody asked for it by himself. */
static void request_drop_needs(struct engine *e, struct request *r) {
        static const struct reason why = { .code = REASON_NOBODY_NEEDS, .about = ENTITY_NONE };

        for (size_t i = 0; i < r->needs.count; i++) {
                struct request *other;

                if (r->needs.items[i].state != NEED_OPEN)
                        continue;
                other = engine_node(e, r->needs.items[i].entity)->requests[r->needs.items[i].wish];
                if (!other)
                        continue;
                for (size_t k = 0; k < other->needed_by.count; k++)
                        if (other->needed_by.items[k] == r->id) {
                                array_remove(&other->needed_by, k);
                                break;
                        }
                if (!other->own && !other->needed_by.count)
                        request_end(e, other, false, &why);
        }
}

static void request_inform_needers(struct engine *e, const struct request *r, bool fulfilled,
                                   const struct reason *why) {
        for (size_t i = 0; i < r->needed_by.count; i++) {
                struct request *needer = request_find(e, r->needed_by.items[i]);

                if (!needer)
                        continue;
                for (size_t k = 0; k < needer->needs.count; k++) {
                        struct need *n = &needer->needs.items[k];

                        if (n->entity != r->entity || n->wish != r->wish)
                                continue;
                        n->state = fulfilled ? NEED_FULFILLED : NEED_FAILED;
                        n->reason = *why;
                }
                request_progress(e, needer);
                engine_touch(e, needer->entity);
        }
}

/* A scrub waits for the other legs of its pool. */
static void request_touch_siblings(struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);

        engine_touch_around(e, id);
        if (it->type == ENTITY_ZDEV && it->zdev.zpool != ENTITY_NONE)
                engine_touch_around(e, it->zdev.zpool);
}

void request_end(struct engine *e, struct request *r, bool fulfilled, const struct reason *why) {
        if (engine_node(e, r->entity)->requests[r->wish] == r)
                engine_node(e, r->entity)->requests[r->wish] = NULL;
        if (r->wish == WISH_ONLINE) /* which kept zmirror from taking it offline, if it is lost */
                engine_node(e, r->entity)->n_self = 0;
        map_remove_number(&e->request_by_id, r->id);
        request_tell(e, r, true, fulfilled, why);
        request_inform_needers(e, r, fulfilled, why);
        request_drop_needs(e, r);
        failure_ended(e, r, fulfilled, why);
        handler_request_ended(e, r, fulfilled);
        request_touch_siblings(e, r->entity);
        e->requests.items[r->index] = NULL;
        e->n_ended++;
        array_append(&e->spare_requests, r);
}

bool request_cancel(struct engine *e, entity_id entity, enum wish wish) {
        static const struct reason why = { .code = REASON_CANCELLED, .about = ENTITY_NONE };
        struct request *r = engine_node(e, entity)->requests[wish];

        if (!r || !r->own)
                return false;
        if (r->needed_by.count) { /* others need it: only the wish itself is withdrawn */
                request_tell(e, r, true, false, &why);
                array_clear(&r->clients);
                r->own = false;
                return true;
        }
        request_end(e, r, false, &why);
        return true;
}

void request_progress(struct engine *e, struct request *r) {
        if (r->progress == e->now.mono)
                return;
        r->progress = e->now.mono;
        for (size_t i = 0; i < r->needed_by.count; i++) {
                struct request *needer = request_find(e, r->needed_by.items[i]);

                if (needer)
                        request_progress(e, needer);
        }
}

void request_wait(struct engine *e, struct request *r, const struct reason *why, bool untimed) {
        r->untimed = untimed;
        if (reason_equal(&r->reason, why))
                return;
        r->reason = *why;
        request_progress(e, r);
        request_tell_cause(e, r, 0);
        if (why->code == REASON_WAIT_NEED && why->about != ENTITY_NONE)
                engine_touch(e, why->about); /* which may wait for this one */
}

void request_forget_commands(struct request *r) {
        array_clear(&r->ran);
}

bool request_scan_is_new(const struct request *r, const struct scan *scan) {
        const struct scan *s = &r->scan;

        return r->scan_known && (scan->function != s->function || scan->start != s->start ||
                                 (!s->start && scan->end != s->end)); /* see node.scrub_seen */
}

void request_compact(struct engine *e) {
        size_t kept = 0;

        if (e->n_ended * 2 < e->requests.count)
                return;
        for (size_t i = 0; i < e->requests.count; i++)
                if (e->requests.items[i]) {
                        e->requests.items[i]->index = kept;
                        e->requests.items[kept++] = e->requests.items[i];
                }
        e->requests.count = kept;
        e->n_ended = 0;
}

/* --- a new configuration
 * -------------------------------------------------------------------------- */

static bool request_move(struct request *r, const struct config *old, const struct config *new) {
        bool whole = true;

        r->entity = config_find_id(new, old->entities[r->entity].id);
        r->scope = config_find_id(new, old->entities[r->scope].id);
        if (r->origin == ORIGIN_HANDLER && r->by != ENTITY_NONE)
                r->by = config_find_id(new, old->entities[r->by].id);
        r->reason = (struct reason){ .code = REASON_WAIT_START, .about = ENTITY_NONE };
        r->failure.about = ENTITY_NONE;
        for (size_t i = 0; i < r->needs.count; i++) {
                struct need *n = &r->needs.items[i];

                n->entity = config_find_id(new, old->entities[n->entity].id);
                n->reason.about = ENTITY_NONE;
                whole &= n->entity != ENTITY_NONE;
        }
        return whole && r->entity != ENTITY_NONE && r->scope != ENTITY_NONE;
}

/* Called when engine.nodes are the new ones already. */
void request_renumber(struct engine *e, const struct config *old, const struct config *new) {
        struct reason gone = { .code = REASON_GONE, .about = ENTITY_NONE };

        for (size_t i = 0; i < e->requests.count; i++) {
                struct request *r = e->requests.items[i];

                if (!r)
                        continue;
                if (request_move(r, old, new)) {
                        engine_node(e, r->entity)->requests[r->wish] = r;
                        continue;
                }
                request_tell(e, r, true, false, &gone);
                map_remove_number(&e->request_by_id, r->id);
                e->requests.items[i] = NULL;
                e->n_ended++;
                array_append(&e->spare_requests, r);
        }
}

static void request_done(struct request *r) {
        array_done(&r->clients);
        array_done(&r->needed_by);
        array_done(&r->needs);
        array_done(&r->ran);
}

void request_release(struct engine *e) {
        for (size_t i = 0; i < e->requests.count; i++)
                if (e->requests.items[i])
                        request_done(e->requests.items[i]);
        for (size_t i = 0; i < e->spare_requests.count; i++)
                request_done(e->spare_requests.items[i]);
        array_done(&e->requests);
        array_done(&e->spare_requests);
        map_done(&e->request_by_id);
}
