/* daemon/forget.c - what is remembered is forgotten, as somebody says: forget, clear-cache */
#include "daemon/forget.h"
#include "api/reply.h"
#include "api/target.h"
#include "base/log.h"
#include "daemon/core.h"
#include "daemon/reload.h"

static void forget_answer(struct call *call) {
        struct text t = {};

        text_add(&t, "{}");
        server_reply(call, &t, false);
        text_done(&t);
}

/* --- entities, and what is in them
 * ---------------------------------------------------------------------- */

/* What is no longer configured is named by its id. */
static bool forget_is_gone(struct daemon *d, const struct target *t) {
        return t->kind == TARGET_ID && config_find_id(d->config, t->id) == ENTITY_NONE &&
               engine_remembers(d->engine, t->id);
}

/* The ids of what was named; what is inside of something else that was named goes with that. */
static uint32_t forget_ids(struct daemon *d, struct arena *a, const struct target_found *found,
                           const char *const **ret) {
        const char **ids = arena_new_array(a, const char *, found->n);
        bool *named = arena_new_array(a, bool, d->config->n_entities);
        uint32_t n = 0;

        for (uint32_t i = 0; i < found->n; i++)
                named[found->ids[i]] = true;
        for (uint32_t i = 0; i < found->n; i++) {
                const struct entity *e = config_entity(d->config, found->ids[i]);
                entity_id around = e->parent;

                while (around != ENTITY_NONE && !named[around])
                        around = config_entity(d->config, around)->parent;
                if (around == ENTITY_NONE)
                        ids[n++] = e->id;
        }
        *ret = ids;
        return n;
}

void forget_entity(struct daemon *d, struct call *call) {
        const struct target *target = &call->params.target;
        const char *const *ids = &target->id;
        struct target_found found = {};
        struct reason why;
        uint32_t n = 1;

        if (!forget_is_gone(d, target)) {
                if (!target_find(call->arena, d->config, target, NULL, &found)) {
                        server_error(call, API_ERROR_NOT_FOUND, found.error);
                        return;
                }
                n = forget_ids(d, call->arena, &found, &ids);
        }
        for (uint32_t i = 0; i < n; i++)
                if (!engine_may_forget(d->engine, ids[i], &why)) {
                        server_error(call, API_ERROR_BUSY,
                                     reason_print(call->arena, d->config, &why));
                        return;
                }
        log_verbose("User %u lets something be forgotten", call->uid);
        daemon_step(d, &(struct input){ .kind = INPUT_FORGET, .forget = { ids, n } });
        forget_answer(call);
}

/* --- all
 * --------------------------------------------------------------------------------------------------
 *
 * The state file is emptied, and the engine begins anew with what is left, as it does when the
 * daemon starts. So nothing may be under way: no command runs, and nobody waits for anything. */

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
