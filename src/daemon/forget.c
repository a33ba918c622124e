/* daemon/forget.c - what is remembered is forgotten, as somebody says: forget, clear-cache
 *
 * It is taken out of the state file, and the engine begins anew with what is left, as it does when
 * the daemon starts. So nothing may be under way: no command runs, and nobody waits for anything.
 */
#include "daemon/forget.h"
#include "api/reply.h"
#include "api/target.h"
#include "base/log.h"
#include "daemon/core.h"
#include "daemon/reload.h"

static bool forget_has_to_wait(struct daemon *d, struct call *call) {
        struct view_request *requests;
        uint32_t n = engine_view_requests(d->engine, call->arena, ENTITY_NONE, &requests);

        if (!d->commands.count && !n)
                return false;
        if (n)
                server_error(
                        call, API_ERROR_BUSY,
                        arena_printf(call->arena,
                                     "not while requests are open (%s %s, ...): wait for them, "
                                     "or withdraw them with --cancel",
                                     wish_print(requests[0].wish),
                                     config_entity(d->config, requests[0].entity)->hrid));
        else
                server_error(call, API_ERROR_BUSY, "not while a command runs: try it again");
        return true;
}

/* The engine begins anew with what the state file has. */
static bool forget_done(struct daemon *d, struct call *call, int r) {
        if (r < 0) {
                server_error(call, API_ERROR_FAILED, store_error(d->store));
                return false;
        }
        r = daemon_remember(d);
        if (r < 0) {
                server_error(call, API_ERROR_FAILED, store_error(d->store));
                daemon_stop(d, EXIT_FAILURE);
        }
        return r >= 0;
}

static void forget_answer(struct call *call) {
        struct text t = {};

        text_add(&t, "{}");
        server_reply(call, &t, false);
        text_done(&t);
}

/* --- one entity, and what is in it
 * ---------------------------------------------------------------------- */

/* A leg that is online would be taken for whole at once, as one that is seen for the first time. */
static bool forget_is_used(struct daemon *d, entity_id id) {
        enum entity_type type = config_entity(d->config, id)->type;
        struct view_entity v;

        engine_view_entity(d->engine, id, world_now(d->world), &v);
        return (type == ENTITY_ZDEV || type == ENTITY_ZPOOL) && state_is_online(v.state);
}

static bool forget_refuses(struct daemon *d, struct call *call, entity_id top) {
        for (entity_id i = 0; i < d->config->n_entities; i++) {
                if (!config_is_inside(d->config, i, top) || !forget_is_used(d, i))
                        continue;
                server_error(call, API_ERROR_FAILED,
                             arena_printf(call->arena, "%s is in use: take it offline first",
                                          entity_title(call->arena, config_entity(d->config, i))));
                return true;
        }
        return false;
}

static int forget_tree(struct daemon *d, entity_id top) {
        int r = 0;

        for (entity_id i = 0; r >= 0 && i < d->config->n_entities; i++) {
                const struct entity *e = config_entity(d->config, i);

                if (config_is_inside(d->config, i, top))
                        r = store_forget(d->store, e->id, e->type == ENTITY_ZPOOL ? e->name : NULL);
        }
        return r;
}

/* What is no longer configured is named by its id. */
static const char *forget_unknown_id(struct daemon *d, const struct call *call) {
        const struct target *t = &call->params.target;

        return t->kind == TARGET_ID && config_find_id(d->config, t->id) == ENTITY_NONE &&
                               engine_remembers(d->engine, t->id)
                       ? t->id
                       : NULL;
}

void forget_entity(struct daemon *d, struct call *call) {
        const char *gone = forget_unknown_id(d, call);
        struct target_found found = {};

        if (!gone && !target_find(call->arena, d->config, &call->params.target, NULL, &found)) {
                server_error(call, API_ERROR_NOT_FOUND, found.error);
                return;
        }
        for (uint32_t i = 0; i < found.n; i++)
                if (forget_refuses(d, call, found.ids[i]))
                        return;
        if (forget_has_to_wait(d, call))
                return;
        if (gone && !forget_done(d, call, store_forget(d->store, gone, NULL)))
                return;
        for (uint32_t i = 0; i < found.n; i++)
                if (!forget_done(d, call, forget_tree(d, found.ids[i])))
                        return;
        for (uint32_t i = 0; i < found.n; i++)
                log_info("%s is forgotten, as somebody said (user %u)",
                         entity_title(call->arena, config_entity(d->config, found.ids[i])),
                         call->uid);
        forget_answer(call);
}

/* --- all
 * --------------------------------------------------------------------------------------------------
 */

void forget_cache(struct daemon *d, struct call *call) {
        bool ledger = call->params.clear.ledger;
        struct reply_reload reload = {};

        if (forget_has_to_wait(d, call) ||
            !forget_done(d, call, store_clear(d->store, /* dates_and_history= */ true, ledger)))
                return;
        log_info("Dates and history%s are forgotten, as somebody said (user %u)",
                 ledger ? " and the ledger" : "", call->uid);
        reload_configuration(d, call->arena, &reload);
        forget_answer(call);
}
