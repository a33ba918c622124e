/* daemon/watch.c - those who look at a live screen: told again when something has changed */
#include <systemd/sd-event.h>
#include <time.h>

#include "api/reply.h"
#include "base/log.h"
#include "daemon/core.h"
#include "daemon/watch.h"

#define PAUSE_USEC     USEC_PER_SEC
#define PAUSE_PER_COST 100u /* a hundredth of the processor */
#define ACCURACY       (50 * USEC_PER_MSEC)

/* --- what is shown
 * -------------------------------------------------------------------------------- */

/* What the next to be shown is chosen by: what most is going on with. */
static unsigned verdict_rank(const struct view_verdict *v) {
        switch (v->kind) {
        case VERDICT_WORKING:
                return 0;
        case VERDICT_BUSY:
                return v->errors ? 1 : 2;
        case VERDICT_SAFE:
                return 3;
        case VERDICT_ABSENT:
                return v->overdue ? 4 : 5;
        case _VERDICT_KIND_MAX:
                break;
        }
        abort();
}

#define VERDICT_RANKS 6u

/* At most so many, in the order of the configuration within a rank. */
static struct view_verdict *verdicts_choose(struct arena *a, const struct view_verdict *all,
                                            uint32_t n, uint32_t most, uint32_t *ret_n) {
        struct view_verdict *chosen = arena_new_array(a, struct view_verdict, most);
        uint32_t n_chosen = 0;

        for (unsigned rank = 0; rank < VERDICT_RANKS; rank++)
                for (uint32_t i = 0; i < n && n_chosen < most; i++)
                        if (verdict_rank(&all[i]) == rank)
                                chosen[n_chosen++] = all[i];
        *ret_n = n_chosen;
        return chosen;
}

static bool view_works(const struct view_entity *v) {
        for (enum operation op = 0; op < _OPERATION_MAX; op++)
                if (v->operations[op].running)
                        return true;
        return false;
}

static unsigned pool_rank(const struct view_entity *v) {
        return v->errors ? 0 : view_works(v) ? 1 : state_is_online(v->state) ? 2 : 3;
}

#define POOL_RANKS 4u

static struct view_entity *pools_choose(struct arena *a, struct daemon *d, struct now now,
                                        uint32_t most, uint32_t *ret_n, uint64_t *ret_all) {
        struct view_entity *chosen = arena_new_array(a, struct view_entity, most), *all;
        uint32_t n = 0, n_chosen = 0;

        for (entity_id i = 0; i < d->config->n_entities; i++)
                n += config_entity(d->config, i)->type == ENTITY_ZPOOL;
        all = arena_new_array(a, struct view_entity, n);
        n = 0;
        for (entity_id i = 0; i < d->config->n_entities; i++)
                if (config_entity(d->config, i)->type == ENTITY_ZPOOL)
                        engine_view_entity(d->engine, i, now, &all[n++]);
        for (unsigned rank = 0; rank < POOL_RANKS; rank++)
                for (uint32_t i = 0; i < n && n_chosen < most; i++)
                        if (pool_rank(&all[i]) == rank)
                                chosen[n_chosen++] = all[i];
        *ret_n = n_chosen;
        *ret_all = n;
        return chosen;
}

static void watch_print(struct daemon *d, uint32_t most, struct text *t) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct now now = world_now(d->world);
        struct view_verdict *verdicts = NULL, *chosen;
        struct reply_watch w = { .now = now.wall, .ready = engine_is_ready(d->engine) };
        uint32_t n = engine_view_verdicts(d->engine, a, now, &verdicts), n_chosen, n_pools;
        struct view_entity *pools;

        for (uint32_t i = 0; i < n; i++) {
                w.counts[verdicts[i].kind]++;
                w.n_overdue += verdicts[i].overdue;
                w.n_errors += verdicts[i].errors;
        }
        chosen = verdicts_choose(a, verdicts, n, most, &n_chosen);
        pools = pools_choose(a, d, now, most, &n_pools, &w.n_pools);
        if (most > 0 && store_load_history(d->store, a, NULL, 0, most, &w.lines, &w.n_lines) < 0)
                log_debug("%s", store_error(d->store));
        reply_watch_print(t, d->config, &w, chosen, n_chosen, pools, n_pools);
}

/* --- when
 * ----------------------------------------------------------------------------------------- */

static usec_t clock_usec(clockid_t clock) {
        struct timespec t;

        (void) clock_gettime(clock, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

static void watch_send(struct daemon *d, struct call *call, bool continues) {
        struct text t = {};

        watch_print(d, (uint32_t) call->params.watch.lines, &t);
        server_reply(call, &t, continues);
        text_done(&t);
}

static void watch_paused(struct daemon *d, usec_t cost) {
        usec_t pause = cost * PAUSE_PER_COST;

        d->service.watch.next = clock_usec(CLOCK_MONOTONIC) +
                                (pause > PAUSE_USEC ? pause : PAUSE_USEC);
}

static int on_watch(sd_event_source *source, uint64_t usec, void *userdata) {
        struct daemon *d = userdata;
        struct watch *w = &d->service.watch;
        usec_t begun = clock_usec(CLOCK_THREAD_CPUTIME_ID);

        w->armed = false;
        for (size_t i = 0; i < w->calls.count; i++)
                watch_send(d, w->calls.items[i], true);
        watch_paused(d, clock_usec(CLOCK_THREAD_CPUTIME_ID) - begun);
        return 0;
}

void watch_changed(struct daemon *d) {
        struct watch *w = &d->service.watch;

        if (w->calls.count == 0 || w->armed)
                return;
        w->armed = true;
        if (w->timer) {
                (void) sd_event_source_set_time(w->timer, w->next);
                (void) sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
        } else if (sd_event_add_time(d->loop, &w->timer, CLOCK_MONOTONIC, w->next, ACCURACY,
                                     on_watch, d) < 0)
                w->armed = false; /* no descriptors: the next change tries again */
}

void watch_begin(struct daemon *d, struct call *call) {
        usec_t begun = clock_usec(CLOCK_THREAD_CPUTIME_ID);
        bool more = call->more;

        watch_send(d, call, more);
        if (!more)
                return;
        array_append(&d->service.watch.calls, call);
        watch_paused(d, clock_usec(CLOCK_THREAD_CPUTIME_ID) - begun);
}

void watch_gone(struct daemon *d, struct call *call) {
        struct watch *w = &d->service.watch;

        for (size_t i = 0; i < w->calls.count; i++)
                if (w->calls.items[i] == call) {
                        array_remove(&w->calls, i);
                        return;
                }
}

void watch_done(struct daemon *d) {
        struct watch *w = &d->service.watch;

        while (w->calls.count) {
                struct call *call = w->calls.items[0];

                watch_gone(d, call);
                server_error(call, API_ERROR_FAILED, "the daemon stops");
        }
        array_done(&w->calls);
        w->timer = sd_event_source_unref(w->timer);
}
