/* tests/sim/ending.c - the end of a history: everything comes to rest, and a restart changes
 * nothing */
#include <string.h>

#include "base/text.h"
#include "checks.h"

static void check_requests_ended(struct invariant *v) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct view_request *r;
        uint32_t n = engine_view_requests(rehearsal_engine(v->rehearsal), a, ENTITY_NONE, &r);
        const struct config *c = rehearsal_config(v->rehearsal);

        if (n)
                invariant_break(v, "open", "the request '%s %s' (%s) does not end: %s",
                                wish_print(r[0].wish), config_entity(c, r[0].entity)->hrid,
                                origin_print(r[0].origin), reason_print(a, c, &r[0].reason));
}

/* 5. What is seen after a restart is what was seen before. */
static void check_restart(struct invariant *v) {
        const struct config *c = rehearsal_config(v->rehearsal);
        _cleanup_(freep) struct view_entity *before = memory_new(c->n_entities + 1,
                                                                 sizeof(*before));
        size_t n_history = rehearsal_n_history(v->rehearsal);
        struct view_entity now;

        for (uint32_t i = 0; i < c->n_entities; i++)
                engine_view_entity(rehearsal_engine(v->rehearsal), i, rehearsal_now(v->rehearsal),
                                   &before[i]);
        rehearsal_stop(v->rehearsal);
        rehearsal_start(v->rehearsal);
        v->n_runs = 0;
        if (!rehearsal_rest(v->rehearsal, 12 * USEC_PER_HOUR))
                invariant_break(v, "rest", "it does not come to rest after a restart");
        if (v->n_runs && sim_is_hung(rehearsal_sim(v->rehearsal))) /* there it may try once more */
                return;
        if (v->n_runs)
                invariant_break(v, "restart", "after a restart '%s' is run", v->last_run.s);
        for (uint32_t i = 0; i < c->n_entities; i++) {
                if (c->entities[i].type == ENTITY_ZDEV && /* what it said before is forgotten */
                    sim_pool_is_hung(rehearsal_sim(v->rehearsal), c->entities[i].zdev.pool))
                        continue;
                engine_view_entity(rehearsal_engine(v->rehearsal), i, rehearsal_now(v->rehearsal),
                                   &now);
                if (now.state != before[i].state || now.last_update != before[i].last_update ||
                    now.last_scrub != before[i].last_scrub || now.last_trim != before[i].last_trim)
                        invariant_break(v, "restart",
                                        "%s is another after a restart (%s, was %s; %s, %s, %s "
                                        "differ)",
                                        now.entity->id, state_print(now.state),
                                        state_print(before[i].state),
                                        now.last_update == before[i].last_update ? "-" : "update",
                                        now.last_scrub == before[i].last_scrub ? "-" : "scrub",
                                        now.last_trim == before[i].last_trim ? "-" : "trim");
        }
        for (size_t i = n_history; i < rehearsal_n_history(v->rehearsal); i++)
                if (rehearsal_history(v->rehearsal, i)->kind != HISTORY_DAEMON &&
                    !(rehearsal_history(v->rehearsal, i)->kind == HISTORY_COMMAND_FAILED &&
                      sim_is_hung(rehearsal_sim(v->rehearsal))))
                        invariant_break(v, "restart", "after a restart the history says '%s'",
                                        rehearsal_history(v->rehearsal, i)->text);
}

/* How often something of that kind happened to it. */
static uint32_t count_history(const struct invariant *v, enum history_kind kind, const char *id) {
        uint32_t n = 0;

        for (size_t i = 0; i < rehearsal_n_history(v->rehearsal); i++) {
                const struct history *h = rehearsal_history(v->rehearsal, i);

                n += h->kind == kind && text_equal(h->entity, id);
        }
        return n;
}

static void print_picture(struct invariant *v, struct text *t) {
        static const enum history_kind kinds[] = { HISTORY_RESILVERED, HISTORY_SCRUBBED,
                                                   HISTORY_TRIMMED };
        const struct config *c = rehearsal_config(v->rehearsal);

        for (uint32_t i = 0; i < c->n_entities; i++) {
                const struct memory_entity *m = rehearsal_find_entity(v->rehearsal,
                                                                      c->entities[i].id);
                struct view_entity view;

                engine_view_entity(rehearsal_engine(v->rehearsal), i, rehearsal_now(v->rehearsal),
                                   &view);
                text_addf(t, "%s is %s%s%s", c->entities[i].id, state_print(view.state),
                          m && m->last_update ? ", was updated" : "",
                          m && m->last_scrub ? ", was scrubbed" : "");
                for (size_t k = 0; k < ELEMENTSOF(kinds); k++)
                        text_addf(t, ", %u %s", count_history(v, kinds[k], c->entities[i].id),
                                  history_kind_print(kinds[k]));
                text_add(t, "\n");
        }
}

void invariant_check_end(struct invariant *v, struct text *ret_picture) {
        if (!v->rehearsal || v->broken)
                return;
        invariant_on_line(v, NULL);
        sim_be_kind(rehearsal_sim(v->rehearsal));
        rehearsal_set_full(v->rehearsal, false);
        rehearsal_start(v->rehearsal);
        if (!rehearsal_rest(v->rehearsal, 12 * USEC_PER_HOUR))
                invariant_break(v, "rest", "it does not come to rest");
        if (!rehearsal_engine(v->rehearsal)) { /* an armed kill came only now */
                rehearsal_start(v->rehearsal);
                (void) rehearsal_rest(v->rehearsal, 12 * USEC_PER_HOUR);
        }
        /* the regular look has to have been, as events may have been lost; and what zmirror tries
         * by itself, after half an hour at the latest */
        rehearsal_run(v->rehearsal, 33 * USEC_PER_MIN);
        if (!rehearsal_rest(v->rehearsal, 12 * USEC_PER_HOUR))
                invariant_break(v, "rest", "it does not come to rest");
        if (v->broken || !rehearsal_engine(v->rehearsal))
                return;
        v->ending = true;
        check_requests_ended(v);
        (void) pictures_check(v);
        claims_check_verdicts(v);
        v->ending = false;
        print_picture(v, ret_picture);
        check_restart(v);
}
