/* daemon/service.c - what clients of the socket ask, and how they are answered */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/reply.h"
#include "api/target.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/core.h"
#include "daemon/forget.h"
#include "daemon/reload.h"
#include "daemon/service.h"
#include "daemon/trigger.h"
#include "daemon/watch.h"

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

/* --- replies
 * -------------------------------------------------------------------------------------- */

static void reply_text(struct call *call, struct text *t, bool continues) {
        server_reply(call, t, continues);
        text_done(t);
}

static void reply_empty(struct call *call) {
        struct text t = {};

        text_add(&t, "{}");
        reply_text(call, &t, false);
}

/* --- requests
 * ------------------------------------------------------------------------------------- */

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

void service_tell(struct daemon *d, const struct effect_tell *tell) {
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
        reply_text(call, &t, false);
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

void service_flush(struct daemon *d) {
        for (size_t i = d->service.waiters.count; i > 0; i--)
                waiter_flush(d, d->service.waiters.items[i - 1]);
}

void service_renumber(struct daemon *d) {
        for (size_t i = 0; i < d->service.waiters.count; i++) {
                struct waiter *w = d->service.waiters.items[i];

                for (uint32_t k = 0; k < w->n; k++)
                        w->items[k].entity = config_find_id(d->config, w->items[k].id);
        }
}

static void service_leave(struct daemon *d, uint64_t client) {
        daemon_step(d, &(struct input){ .kind = INPUT_LEAVE, .leave = { .client = client } });
}

/* The requests are made; it is answered when all of them have ended, or at once. */
static void waiter_begin(struct daemon *d, struct call *call, const struct chore *wanted,
                         const struct input *inputs, uint32_t n, bool block) {
        struct waiter *w = waiter_new(call, d->config, wanted, n);
        uint64_t client = call->id;

        array_append(&d->service.waiters, w);
        for (uint32_t i = 0; i < n; i++)
                daemon_step(d, &inputs[i]);
        w->making = false;
        if (block) {
                waiter_flush(d, w);
                return;
        }
        waiter_end(d, w);
        service_leave(d, client);
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

static void service_request(struct daemon *d, struct call *call) {
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

static void service_maintain(struct daemon *d, struct call *call) {
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

void service_on_gone(void *userdata, struct call *call) {
        struct daemon *d = userdata;
        uint64_t client = call->id;

        watch_gone(d, call);
        if (!call->userdata)
                return;
        waiter_free(d, call->userdata);
        service_leave(d, client);
}

void service_done(struct daemon *d) {
        while (d->service.waiters.count) {
                struct waiter *w = d->service.waiters.items[0];
                struct call *call = w->call;

                waiter_free(d, w);
                server_error(call, API_ERROR_FAILED, "the daemon stops");
        }
        array_done(&d->service.waiters);
        watch_done(d);
}

/* --- views
 * ---------------------------------------------------------------------------------------- */

static void service_list(struct daemon *d, struct call *call) {
        struct now now = world_now(d->world);
        struct text t = {};
        uint32_t n = d->config->n_entities, in_reply = 0;

        reply_rows_begin(&t, now.wall);
        for (entity_id id = 0; id < n; id++) {
                struct view_entity v;

                engine_view_entity(d->engine, id, now, &v);
                row_print(&t, d->config, &v, call->params.list.columns, now.wall);
                if (!call->more || ++in_reply < ROWS_PER_REPLY || id + 1 == n)
                        continue;
                reply_rows_end(&t);
                server_reply(call, &t, true);
                text_clear(&t);
                reply_rows_begin(&t, now.wall);
                in_reply = 0;
        }
        reply_rows_end(&t);
        reply_text(call, &t, false);
}

static void service_status(struct daemon *d, struct call *call) {
        struct now now = world_now(d->world);
        struct target_found found;
        struct text t = {};

        if (!target_find(call->arena, d->config, &call->params.target, NULL, &found)) {
                server_error(call, API_ERROR_NOT_FOUND, found.error);
                return;
        }
        reply_rows_begin(&t, now.wall);
        for (uint32_t i = 0; i < found.n; i++) {
                struct view_request *requests = NULL;
                struct view_entity v;
                uint32_t n;

                engine_view_entity(d->engine, found.ids[i], now, &v);
                n = engine_view_requests(d->engine, call->arena, found.ids[i], &requests);
                row_print_status(&t, call->arena, d->config, &v, requests, n, now.wall);
        }
        reply_rows_end(&t);
        reply_text(call, &t, false);
}

static void service_overview(struct daemon *d, struct call *call) {
        struct now now = world_now(d->world);
        struct view_verdict *verdicts = NULL;
        uint32_t n = engine_view_verdicts(d->engine, call->arena, now, &verdicts);
        struct text t = {};

        reply_overview_print(&t, d->config, verdicts, n, now.wall);
        reply_text(call, &t, false);
}

static void service_explain(struct daemon *d, struct call *call) {
        struct target_found found;
        struct text t = {};

        if (!target_find(call->arena, d->config, &call->params.target, NULL, &found)) {
                server_error(call, API_ERROR_NOT_FOUND, found.error);
                return;
        }
        reply_explain_begin(&t);
        for (uint32_t i = 0; i < found.n; i++) {
                struct view_step *steps = NULL;
                uint32_t n = engine_explain(d->engine, call->arena, found.ids[i],
                                            world_now(d->world), &steps);

                reply_explain_add(&t, config_entity(d->config, found.ids[i]), steps, n);
        }
        reply_explain_end(&t);
        reply_text(call, &t, false);
}

static void service_version(struct daemon *d, struct call *call) {
        struct text t = {};

        reply_version_print(&t, &(struct reply_version){ .version = VERSION,
                                                         .config_path = d->options->config_path,
                                                         .pid = (uint64_t) getpid(),
                                                         .since = d->started,
                                                         .ready = engine_is_ready(d->engine) });
        reply_text(call, &t, false);
}

/* --- history
 * -------------------------------------------------------------------------------------- */

/* Keeps the lines that are about one of the entities, at most the newest `limit`. */
static size_t history_filter(const struct config *c, const struct target_found *found,
                             struct history *lines, size_t n, size_t limit) {
        struct map wanted = {};
        size_t kept = 0, first;

        for (uint32_t i = 0; i < found->n; i++)
                map_put(&wanted, config_entity(c, found->ids[i])->id, 1);
        for (size_t i = 0; i < n; i++)
                if (map_get(&wanted, lines[i].entity, NULL))
                        lines[kept++] = lines[i];
        map_done(&wanted);
        if (limit == 0 || kept <= limit)
                return kept;
        first = kept - limit;
        for (size_t i = 0; i < limit; i++)
                lines[i] = lines[first + i];
        return limit;
}

static void history_send(struct call *call, const struct history *lines, size_t n) {
        size_t sent = 0;

        while (call->more && n - sent > ROWS_PER_REPLY) {
                struct text t = {};

                reply_history_print(&t, lines + sent, ROWS_PER_REPLY);
                reply_text(call, &t, true);
                sent += ROWS_PER_REPLY;
        }
        struct text t = {};

        reply_history_print(&t, lines + sent, n - sent);
        reply_text(call, &t, false);
}

static void service_history(struct daemon *d, struct call *call) {
        const struct params_history *p = &call->params.history;
        bool all = p->target.kind == TARGET_ALL;
        struct target_found found = {};
        struct history *lines = NULL;
        const char *one = NULL;
        size_t n = 0;

        if (!all && !target_find(call->arena, d->config, &p->target, NULL, &found)) {
                server_error(call, API_ERROR_NOT_FOUND, found.error);
                return;
        }
        if (found.n == 1)
                one = config_entity(d->config, found.ids[0])->id;
        if (store_load_history(d->store, call->arena, one, p->since, all || one ? p->limit : 0,
                               &lines, &n) < 0) {
                server_error(call, API_ERROR_FAILED, store_error(d->store));
                return;
        }
        if (!all && !one)
                n = history_filter(d->config, &found, lines, n, p->limit);
        history_send(call, lines, n);
}

/* --- settings
 * ------------------------------------------------------------------------------------- */

static void service_get(struct daemon *d, struct call *call) {
        struct engine_settings s = engine_get_settings(d->engine);
        struct setting_value value = {};
        struct text t = {};

        switch (call->params.setting.setting) {
        case SETTING_COMMANDS:
                value.on = s.enable_commands;
                break;
        case SETTING_EVENT_HANDLERS:
                value.on = s.enable_event_handlers;
                break;
        case SETTING_LOG_EVENTS:
                value.on = d->log_events;
                break;
        case SETTING_LOG_FULL_EVENTS:
                value.on = d->log_full_events;
                break;
        case SETTING_LOG_LEVEL:
                value.level = log_get_level();
                break;
        case SETTING_TIMEOUT:
                value.timeout = s.timeout;
                break;
        case _SETTING_MAX:
                break;
        }
        reply_setting_print(&t, call->params.setting.setting, &value);
        reply_text(call, &t, false);
}

static void service_set(struct daemon *d, struct call *call) {
        const struct params_setting *p = &call->params.setting;
        struct engine_settings s = engine_get_settings(d->engine);

        switch (p->setting) {
        case SETTING_COMMANDS:
                s.enable_commands = p->value.on;
                break;
        case SETTING_EVENT_HANDLERS:
                s.enable_event_handlers = p->value.on;
                break;
        case SETTING_LOG_EVENTS:
                d->log_events = p->value.on;
                break;
        case SETTING_LOG_FULL_EVENTS:
                d->log_full_events = p->value.on;
                break;
        case SETTING_LOG_LEVEL:
                log_set_level(p->value.level);
                break;
        case SETTING_TIMEOUT:
                s.timeout = p->value.timeout;
                break;
        case _SETTING_MAX:
                break;
        }
        log_info("%s is set to %s, until the next reload or restart", setting_print(p->setting),
                 setting_value_print(call->arena, p->setting, &p->value));
        engine_set_settings(d->engine, s);
        daemon_step(d, &(struct input){ .kind = INPUT_TICK });
        reply_empty(call);
}

/* --- calls
 * ---------------------------------------------------------------------------------------- */

static void service_startup(struct daemon *d, struct call *call) {
        daemon_step(d, &(struct input){ .kind = INPUT_STARTUP });
        reply_empty(call);
}

static void service_shutdown(struct daemon *d, struct call *call) {
        log_info("Somebody (user %u, process %d) stops the daemon", call->uid, call->pid);
        reply_empty(call);
        daemon_stop(d, EXIT_SUCCESS);
}

static void service_reload(struct daemon *d, struct call *call) {
        struct reply_reload reply = {};
        struct text t = {};

        reload_configuration(d, call->arena, &reply);
        reply_reload_print(&t, &reply);
        reply_text(call, &t, false);
}

static void service_trigger(struct daemon *d, struct call *call) {
        trigger_forwarded(d, call->arena, call->params.trigger.environment);
        reply_empty(call);
}

void service_on_call(void *userdata, struct call *call) {
        static void (*const methods[_METHOD_MAX])(struct daemon * d, struct call * call) = {
                [METHOD_VERSION] = service_version,   [METHOD_STARTUP] = service_startup,
                [METHOD_SHUTDOWN] = service_shutdown, [METHOD_RELOAD] = service_reload,
                [METHOD_REQUEST] = service_request,   [METHOD_LIST] = service_list,
                [METHOD_STATUS] = service_status,     [METHOD_OVERVIEW] = service_overview,
                [METHOD_GET] = service_get,           [METHOD_SET] = service_set,
                [METHOD_HISTORY] = service_history,   [METHOD_TRIGGER] = service_trigger,
                [METHOD_EXPLAIN] = service_explain,   [METHOD_WATCH] = watch_begin,
                [METHOD_MAINTAIN] = service_maintain, [METHOD_FORGET] = forget_entity,
                [METHOD_CLEAR_CACHE] = forget_cache,
        };

        methods[call->params.method](userdata, call);
}
