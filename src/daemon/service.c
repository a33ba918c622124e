/* daemon/service.c - what clients of the socket ask, and how they are answered */
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
#include "daemon/waiter.h"
#include "daemon/watch.h"

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

/* --- ends
 * ----------------------------------------------------------------------------------------- */

void service_on_gone(void *userdata, struct call *call) {
        watch_gone(userdata, call);
        waiter_gone(userdata, call);
}

void service_done(struct daemon *d) {
        waiter_done(d);
        watch_done(d);
}

/* --- views
 * ---------------------------------------------------------------------------------------- */

/* Rows in one reply or, with `more`, in several: the other end reads while we go on. */
struct rows_reply {
        struct call *call;
        struct text t;
        usec_t now;
        bool ready;
        uint32_t n; /* in `t` */
};

static void rows_begin(struct rows_reply *r, struct daemon *d, struct call *call, usec_t now) {
        *r = (struct rows_reply){ .call = call, .now = now, .ready = engine_is_ready(d->engine) };
        reply_rows_begin(&r->t, now, r->ready);
}

/* Where the next row goes. */
static struct text *rows_next(struct rows_reply *r) {
        if (r->call->more && r->n == ROWS_PER_REPLY) {
                reply_rows_end(&r->t);
                server_reply(r->call, &r->t, true);
                text_clear(&r->t);
                reply_rows_begin(&r->t, r->now, r->ready);
                r->n = 0;
        }
        r->n++;
        return &r->t;
}

static void rows_end(struct rows_reply *r) {
        reply_rows_end(&r->t);
        reply_text(r->call, &r->t, false);
}

static void service_list(struct daemon *d, struct call *call) {
        struct now now = world_now(d->world);
        struct rows_reply rows;

        rows_begin(&rows, d, call, now.wall);
        for (entity_id id = 0; id < d->config->n_entities; id++) {
                struct view_entity v;

                engine_view_entity(d->engine, id, now, &v);
                row_print(rows_next(&rows), d->config, &v, call->params.list.columns, now.wall);
        }
        rows_end(&rows);
}

static void service_status(struct daemon *d, struct call *call) {
        struct now now = world_now(d->world);
        struct target_found found;
        struct rows_reply rows;

        if (!target_find(call->arena, d->config, &call->params.target, NULL, &found)) {
                server_error(call, API_ERROR_NOT_FOUND, found.error);
                return;
        }
        rows_begin(&rows, d, call, now.wall);
        for (uint32_t i = 0; i < found.n; i++) {
                struct view_request *requests = NULL;
                struct view_verdict verdict;
                struct view_entity v;
                uint32_t n;
                bool is_disk;

                engine_view_entity(d->engine, found.ids[i], now, &v);
                is_disk = engine_view_verdict(d->engine, call->arena, found.ids[i], now, &verdict);
                n = engine_view_requests(d->engine, call->arena, found.ids[i], &requests);
                row_print_status(rows_next(&rows), call->arena, d->config, &v,
                                 is_disk ? &verdict : NULL, requests, n, now.wall);
        }
        rows_end(&rows);
}

static void service_overview(struct daemon *d, struct call *call) {
        struct now now = world_now(d->world);
        struct view_verdict *verdicts = NULL;
        uint32_t n = engine_view_verdicts(d->engine, call->arena, now, &verdicts);
        struct text t = {};

        reply_overview_print(&t, d->config, verdicts, n, now.wall, engine_is_ready(d->engine));
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

static void history_want(const struct config *c, entity_id top, bool *wanted) {
        for (entity_id i = top; i < c->n_entities && config_is_inside(c, i, top); i++)
                wanted[i] = true; /* what is inside follows in the order of the file */
}

/* What is meant and what is in it; for a pool that is its legs, too. NULL-terminated. */
static const char *const *history_ids(const struct config *c, struct arena *a,
                                      const struct target_found *found) {
        bool *wanted = arena_new_array(a, bool, c->n_entities);
        const char **ids = arena_new_array(a, const char *, c->n_entities + 1);
        uint32_t n = 0;

        for (uint32_t i = 0; i < found->n; i++) {
                const struct entity *e = config_entity(c, found->ids[i]);

                if (!wanted[e->self] || e->type == ENTITY_ZPOOL)
                        history_want(c, e->self, wanted);
                for (uint32_t k = 0; e->type == ENTITY_ZPOOL && k < e->zpool.n_legs; k++)
                        wanted[e->zpool.legs[k]] = true;
        }
        for (entity_id i = 0; i < c->n_entities; i++)
                if (wanted[i])
                        ids[n++] = config_entity(c, i)->id;
        return ids;
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

/* What is not configured any more has a history all the same. */
static bool history_find(struct daemon *d, struct call *call, const char *const **ret) {
        const struct target *t = &call->params.history.target;
        const char **one = arena_new_array(call->arena, const char *, 2);
        struct target_found found;

        *ret = NULL;
        if (t->kind == TARGET_ALL)
                return true;
        if (target_find(call->arena, d->config, t, NULL, &found)) {
                *ret = history_ids(d->config, call->arena, &found);
                return true;
        }
        if (t->kind == TARGET_ID && engine_remembers(d->engine, t->id)) {
                one[0] = t->id;
                *ret = one;
                return true;
        }
        server_error(call, API_ERROR_NOT_FOUND, found.error);
        return false;
}

static void service_history(struct daemon *d, struct call *call) {
        const struct params_history *p = &call->params.history;
        struct history *lines = NULL;
        const char *const *ids;
        size_t n = 0;

        if (!history_find(d, call, &ids))
                return;
        if (store_load_history(d->store, call->arena, ids, p->since, p->limit, &lines, &n) < 0)
                server_error(call, API_ERROR_FAILED, store_error(d->store));
        else
                history_send(call, lines, n);
}

/* The newest receipt of a disk, if there is one; false: the history cannot be read. */
static bool receipt_find(struct daemon *d, struct arena *a, const char *disk,
                         const struct history **ret) {
        const char *const ids[] = { disk, NULL };
        struct history *lines;
        size_t n;

        *ret = NULL;
        if (store_load_history(d->store, a, ids, 0, 0, &lines, &n) < 0)
                return false;
        while (n-- > 0 && !*ret)
                if (lines[n].kind == HISTORY_SAFE && lines[n].json[0])
                        *ret = &lines[n];
        return true;
}

static void service_receipt(struct daemon *d, struct call *call) {
        struct now now = world_now(d->world);
        struct target_found found;
        struct view_verdict v;
        struct text t = {};

        if (!target_find(call->arena, d->config, &call->params.target, NULL, &found)) {
                server_error(call, API_ERROR_NOT_FOUND, found.error);
                return;
        }
        reply_receipt_begin(&t);
        for (uint32_t i = 0; i < found.n; i++) {
                const struct entity *disk = config_entity(d->config, found.ids[i]);
                const struct history *line;

                if (!engine_view_verdict(d->engine, call->arena, found.ids[i], now, &v))
                        continue; /* it is no disk */
                if (!receipt_find(d, call->arena, disk->id, &line)) {
                        server_error(call, API_ERROR_FAILED, store_error(d->store));
                        text_done(&t);
                        return;
                }
                if (line)
                        reply_receipt_add(&t, line);
        }
        reply_receipt_end(&t);
        reply_text(call, &t, false);
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
                [METHOD_REQUEST] = waiter_request,    [METHOD_LIST] = service_list,
                [METHOD_STATUS] = service_status,     [METHOD_OVERVIEW] = service_overview,
                [METHOD_GET] = service_get,           [METHOD_SET] = service_set,
                [METHOD_HISTORY] = service_history,   [METHOD_TRIGGER] = service_trigger,
                [METHOD_RECEIPT] = service_receipt,   [METHOD_EXPLAIN] = service_explain,
                [METHOD_WATCH] = watch_begin,         [METHOD_MAINTAIN] = waiter_maintain,
                [METHOD_FORGET] = forget_entity,      [METHOD_CLEAR_CACHE] = forget_cache,
        };

        methods[call->params.method](userdata, call);
}
