/* daemon/waiter.c - calls that want something done, and wait for its end: Request, Maintain */
#include <math.h>
#include <stdlib.h>

#include "api/reply.h"
#include "api/target.h"
#include "daemon/core.h"
#include "daemon/waiter.h"

/* How often a client that waits hears of progress, at most. */
#define PROGRESS_USEC USEC_PER_SEC

/* One request of a call. */
struct wanted {
        uint64_t request; /* of the engine; 0: not told yet */
        enum wish wish;
        entity_id entity;      /* ENTITY_NONE: no longer configured */
        const char *id, *hrid; /* in the call's arena, as a reload replaces the configuration */
        enum request_state state;
        char *reason;
        const char *reason_code; /* static */
        double progress;
        usec_t eta;
        bool changed;
};

/* A call that waits for the end of what it asked for. */
struct waiter {
        struct call *call;
        struct wanted *items; /* in the call's arena */
        uint32_t n, n_open;
        bool making;  /* its requests are being made: nothing is sent yet */
        bool begun;   /* the first reply was sent */
        usec_t shown; /* monotonic, when progress was looked at last */
};

static struct waiter *waiter_new(struct call *call, const struct config *c,
                                 const struct chore *wanted, uint32_t n) {
        struct waiter *w = memory_new(1, sizeof(*w));

        w->call = call;
        w->items = arena_new_array(call->arena, struct wanted, n);
        w->n = w->n_open = n;
        w->making = true;
        for (uint32_t i = 0; i < n; i++) {
                const struct entity *e = config_entity(c, wanted[i].entity);

                w->items[i] = (struct wanted){ .wish = wanted[i].wish,
                                               .entity = wanted[i].entity,
                                               .id = arena_strdup(call->arena, e->id),
                                               .hrid = arena_strdup(call->arena, e->hrid),
                                               .reason_code = "",
                                               .progress = -1,
                                               .changed = true };
        }
        call->userdata = w;
        return w;
}

static void waiter_free(struct daemon *d, struct waiter *w) {
        for (size_t i = 0; i < d->service.waiters.count; i++)
                if (d->service.waiters.items[i] == w) {
                        array_remove(&d->service.waiters, i);
                        break;
                }
        for (uint32_t i = 0; i < w->n; i++)
                free(w->items[i].reason);
        free(w);
}

static struct waiter *waiter_find(struct daemon *d, uint64_t client) {
        for (size_t i = 0; i < d->service.waiters.count; i++)
                if (d->service.waiters.items[i]->call->id == client)
                        return d->service.waiters.items[i];
        return NULL;
}

/* By the request's number where it is known: a reload renumbers entities, not requests. */
static struct wanted *waiter_find_wanted(struct waiter *w, const struct effect_tell *tell) {
        for (uint32_t i = 0; i < w->n; i++)
                if (tell->request && w->items[i].request == tell->request)
                        return &w->items[i];
        for (uint32_t i = 0; i < w->n; i++)
                if (!w->items[i].request && w->items[i].entity == tell->entity &&
                    w->items[i].wish == tell->wish && w->items[i].state == REQUEST_WAITING)
                        return &w->items[i];
        return NULL;
}

void waiter_tell(struct daemon *d, const struct effect_tell *tell) {
        struct waiter *w = waiter_find(d, tell->client);
        struct wanted *item = w ? waiter_find_wanted(w, tell) : NULL;
        struct arena *a;

        if (!item || item->state != REQUEST_WAITING)
                return;
        a = arena_new();
        item->request = tell->request;
        item->changed = true;
        free(item->reason);
        item->reason = tell->reason.code == REASON_NONE
                               ? NULL
                               : memory_strdup(reason_print(a, d->config, &tell->reason));
        item->reason_code = tell->reason.code == REASON_NONE ? ""
                                                             : reason_code_print(tell->reason.code);
        if (tell->ended) {
                item->state = tell->fulfilled ? REQUEST_DONE : REQUEST_FAILED;
                w->n_open--;
        }
        arena_free(a);
}

/* The operation that somebody who waits for this wish looks at. */
static const struct view_operation *wanted_operation(const struct view_entity *v, enum wish wish) {
        if (wish == WISH_TRIM)
                return &v->operations[OPERATION_TRIM];
        if (wish == WISH_SCRUB && v->operations[OPERATION_SCRUB].running)
                return &v->operations[OPERATION_SCRUB];
        return &v->operations[OPERATION_UPDATE];
}

/* The slowest of its legs says how far a pool is. */
static void wanted_view(struct daemon *d, entity_id id, enum wish wish, struct now now,
                        struct view_operation *ret) {
        const struct entity *e = config_entity(d->config, id);
        struct view_entity v;

        if (e->type != ENTITY_ZPOOL) {
                engine_view_entity(d->engine, id, now, &v);
                *ret = *wanted_operation(&v, wish);
                return;
        }
        *ret = (struct view_operation){};
        for (uint32_t i = 0; i < e->zpool.n_legs; i++) {
                const struct view_operation *op;

                engine_view_entity(d->engine, e->zpool.legs[i], now, &v);
                op = wanted_operation(&v, wish);
                if (op->running && (!ret->running || op->progress < ret->progress))
                        *ret = *op;
        }
}

static void wanted_show_progress(struct daemon *d, struct wanted *item, struct now now) {
        struct view_operation op;
        double progress = -1;
        usec_t eta = 0;

        if (item->state != REQUEST_WAITING || item->entity == ENTITY_NONE)
                return;
        wanted_view(d, item->entity, item->wish, now, &op);
        if (op.running) {
                progress = op.progress;
                eta = op.eta;
        }
        if (fabs(progress - item->progress) < 0.001 && eta == item->eta)
                return;
        item->progress = progress;
        item->eta = eta;
        item->changed = true;
}

static void waiter_show_progress(struct daemon *d, struct waiter *w) {
        struct now now = world_now(d->world);

        if (w->shown && now.mono < w->shown + PROGRESS_USEC)
                return;
        w->shown = now.mono;
        for (uint32_t i = 0; i < w->n; i++)
                wanted_show_progress(d, &w->items[i], now);
}

/* All requests, or those that have changed. The number that are in it. */
static uint32_t waiter_print(struct daemon *d, struct waiter *w, bool all, struct text *t) {
        _cleanup_(freep) struct reply_request *replies = memory_new(w->n + 1, sizeof(*replies));
        uint32_t n = 0;

        for (uint32_t i = 0; i < w->n; i++) {
                struct wanted *item = &w->items[i];

                if (!all && !item->changed)
                        continue;
                item->changed = false;
                replies[n++] = (struct reply_request){ .id = i + 1,
                                                       .entity = item->id,
                                                       .hrid = item->hrid,
                                                       .wish = item->wish,
                                                       .state = item->state,
                                                       .reason = item->reason ? item->reason : "",
                                                       .reason_code = item->reason_code,
                                                       .progress = item->progress,
                                                       .eta = item->eta };
        }
        reply_requests_print(t, replies, n, world_now(d->world).wall);
        return n;
}

/* The last reply; the call and the waiter are gone afterwards. */
static void waiter_end(struct daemon *d, struct waiter *w) {
        struct call *call = w->call;
        bool all = !call->more || !w->begun;
        struct text t = {};

        (void) waiter_print(d, w, all, &t);
        waiter_free(d, w);
        server_reply(call, &t, false);
        text_done(&t);
}

static void waiter_flush(struct daemon *d, struct waiter *w) {
        struct text t = {};

        if (w->making)
                return;
        if (w->n_open == 0) {
                waiter_end(d, w);
                return;
        }
        if (!w->call->more)
                return;
        waiter_show_progress(d, w);
        if (waiter_print(d, w, !w->begun, &t) > 0) {
                w->begun = true;
                server_reply(w->call, &t, true);
        }
        text_done(&t);
}

void waiter_flush_all(struct daemon *d) {
        for (size_t i = d->service.waiters.count; i > 0; i--)
                waiter_flush(d, d->service.waiters.items[i - 1]);
}

void waiter_renumber(struct daemon *d) {
        for (size_t i = 0; i < d->service.waiters.count; i++) {
                struct waiter *w = d->service.waiters.items[i];

                for (uint32_t k = 0; k < w->n; k++)
                        w->items[k].entity = config_find_id(d->config, w->items[k].id);
        }
}

static void waiter_leave(struct daemon *d, uint64_t client) {
        daemon_step(d, &(struct input){ .kind = INPUT_LEAVE, .leave = { .client = client } });
}

/* The requests are made; it is answered when all of them have ended, or at once. */
static void waiter_begin(struct daemon *d, struct call *call, const struct chore *wanted,
                         struct input *inputs, uint32_t n, bool block) {
        struct waiter *w = waiter_new(call, d->config, wanted, n);
        uint64_t client = call->id;

        array_append(&d->service.waiters, w);
        for (uint32_t i = 0; i < n; i++) {
                inputs[i].more = i + 1 < n;
                daemon_step(d, &inputs[i]);
        }
        w->making = false;
        if (block) {
                waiter_flush(d, w);
                return;
        }
        waiter_end(d, w);
        waiter_leave(d, client);
}

static struct input request_input(const struct call *call, entity_id entity) {
        const struct params_request *p = &call->params.request;

        if (p->cancel)
                return (struct input){ .kind = INPUT_CANCEL,
                                       .cancel = { .wish = p->wish,
                                                   .entity = entity,
                                                   .for_all = p->target.kind == TARGET_ALL,
                                                   .client = call->id } };
        return (struct input){ .kind = INPUT_WISH,
                               .wish = { .wish = p->wish,
                                         .entity = entity,
                                         .origin = ORIGIN_PERSON,
                                         .client = call->id,
                                         .accept_data_loss = p->accept_data_loss,
                                         .overwrite_leg = p->overwrite_leg } };
}

void waiter_request(struct daemon *d, struct call *call) {
        const struct params_request *p = &call->params.request;
        struct target_found found;
        struct input *inputs;
        struct chore *wanted;

        if (!target_find(call->arena, d->config, &p->target, &p->wish, &found)) {
                server_error(call, API_ERROR_NOT_FOUND, found.error);
                return;
        }
        inputs = arena_new_array(call->arena, struct input, found.n);
        wanted = arena_new_array(call->arena, struct chore, found.n);
        for (uint32_t i = 0; i < found.n; i++) {
                inputs[i] = request_input(call, found.ids[i]);
                wanted[i] = (struct chore){ p->wish, found.ids[i] };
        }
        waiter_begin(d, call, wanted, inputs, found.n, p->block);
}

static struct input chore_input(const struct call *call, const struct chore *chore) {
        if (call->params.maintain.cancel)
                return (struct input){ .kind = INPUT_CANCEL,
                                       .cancel = { .wish = chore->wish,
                                                   .entity = chore->entity,
                                                   .for_all = call->params.maintain.all,
                                                   .client = call->id } };
        return (struct input){ .kind = INPUT_WISH,
                               .wish = { .wish = chore->wish,
                                         .entity = chore->entity,
                                         .origin = ORIGIN_MAINTENANCE,
                                         .client = call->id } };
}

void waiter_maintain(struct daemon *d, struct call *call) {
        const struct params_maintain *p = &call->params.maintain;
        struct input *inputs;
        struct chore *chores;
        uint32_t n;

        n = engine_view_chores(d->engine, call->arena, p->operations, p->all, world_now(d->world),
                               &chores);
        inputs = arena_new_array(call->arena, struct input, n);
        for (uint32_t i = 0; i < n; i++)
                inputs[i] = chore_input(call, &chores[i]);
        waiter_begin(d, call, chores, inputs, n, p->block);
}

void waiter_gone(struct daemon *d, struct call *call) {
        uint64_t client = call->id;

        if (!call->userdata)
                return;
        waiter_free(d, call->userdata);
        waiter_leave(d, client);
}

void waiter_done(struct daemon *d) {
        while (d->service.waiters.count) {
                struct waiter *w = d->service.waiters.items[0];
                struct call *call = w->call;

                waiter_free(d, w);
                server_error(call, API_ERROR_FAILED, "the daemon stops");
        }
        array_done(&d->service.waiters);
}
