/* tests/sim/invariant.c - what no history may break, whatever faults occur (DESIGN: Tests) */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "invariant.h"

#define REPEATS_MAX 40 /* the same command, without anybody having done anything */

/* What somebody did to a leg while the daemon did not run, or just now, is seen by the resilver
 * that follows, which ZFS begins some seconds later. */
#define DOUBT_USEC (20 * USEC_PER_SEC)

/* A leg that was written down as complete and was not. */
struct doubt {
        entity_id leg;
        uint64_t vdev_guid;
        usec_t since;
};

struct invariant {
        struct rehearsal_watcher watcher;
        struct rehearsal *rehearsal;
        const struct config *world; /* that the world was built from: its numbers are the world's */
        char kind[32], text[600];
        bool broken, ending;
        struct text last_run;
        uint32_t n_repeats;
        uint32_t n_runs;    /* since the last line */
        usec_t quiet_since; /* nothing was done to the world since */
        ARRAY(struct doubt) doubts;
};

static void invariant_break(struct invariant *v, const char *kind, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void invariant_break(struct invariant *v, const char *kind, const char *format, ...) {
        va_list args;

        if (v->broken)
                return;
        v->broken = true;
        (void) snprintf(v->kind, sizeof(v->kind), "%s", kind);
        va_start(args, format);
        (void) vsnprintf(v->text, sizeof(v->text), format, args);
        va_end(args);
}

/* What the ledger knows nothing of yet is trusted: SPEC 10. Of two copies it can only know which
 * one it is not, by the label that it saw last. */
static bool is_known(const struct invariant *v, const struct sim_harm *harm) {
        const struct memory_leg *l = rehearsal_find_leg(v->rehearsal, harm->vdev_guid);
        const struct memory_pool *p = rehearsal_find_pool(v->rehearsal, harm->pool_guid);

        if (harm->cloned)
                return l && l->closed_time;
        if (harm->vdev_guid)
                return l && (l->closed_txg || l->ceiling_txg);
        return !harm->pool_guid || (p && p->n_current);
}

/* 1. No command that loses data. */
static void on_execute(void *userdata, const struct command *c, const struct sim_harm *harm) {
        struct invariant *v = userdata;

        if (harm->text && is_known(v, harm))
                invariant_break(v, "harm", "%s %s ...: %s", c->argv[0], c->argv[1], harm->text);
}

/* 4. No command is repeated for ever. */
static void on_run(void *userdata, const struct command *c) {
        struct invariant *v = userdata;
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *line = command_print(a, c);

        if (v->last_run.s && text_equal(v->last_run.s, line)) {
                if (++v->n_repeats > REPEATS_MAX)
                        invariant_break(v, "repeats", "'%s' is run again and again", line);
        } else
                v->n_repeats = 0;
        text_clear(&v->last_run);
        text_add(&v->last_run, line);
        if (++v->n_runs > 1000)
                invariant_break(v, "endless", "1000 commands and no end, '%s' among them", line);
}

static bool leg_lacks(const struct invariant *v, entity_id id) {
        struct sim *s = rehearsal_sim(v->rehearsal);

        return sim_leg_lacks(s, id) && !sim_leg_is_mixed(s, id);
}

static void doubt_add(struct invariant *v, entity_id id, uint64_t vdev_guid) {
        for (size_t i = 0; i < v->doubts.count; i++)
                if (v->doubts.items[i].leg == id)
                        return;
        array_append(&v->doubts,
                     ((struct doubt){ id, vdev_guid, sim_time(rehearsal_sim(v->rehearsal)) }));
}

static void check_doubts(struct invariant *v) {
        usec_t now = sim_time(rehearsal_sim(v->rehearsal));

        for (size_t i = v->doubts.count; i-- > 0;) {
                const struct doubt *d = &v->doubts.items[i];
                const struct memory_leg *l = rehearsal_find_leg(v->rehearsal, d->vdev_guid);

                if (now < d->since + DOUBT_USEC)
                        continue;
                if (l && l->copy == COPY_COMPLETE && leg_lacks(v, d->leg))
                        invariant_break(v, "whole", "%s is taken for complete, but lacks blocks",
                                        l->entity);
                array_remove(&v->doubts, i);
        }
}

/* 2. No leg is called whole that lacks a block. */
static void check_legs(struct invariant *v, const struct effects *e) {
        for (size_t i = 0; i < e->legs.count; i++) {
                const struct memory_leg *l = e->legs.items[i];
                entity_id id = l->entity && *l->entity ? config_find_id(v->world, l->entity)
                                                       : ENTITY_NONE;

                if (l->copy == COPY_COMPLETE && id != ENTITY_NONE && leg_lacks(v, id))
                        doubt_add(v, id, l->vdev_guid);
        }
}

static usec_t distance(usec_t a, usec_t b) {
        return a > b ? a - b : b - a;
}

/* 3. No scrub date for a leg that was not scrubbed whole. */
static void check_scrub(struct invariant *v, const struct memory_entity *m, entity_id id) {
        const struct memory_entity *before = rehearsal_find_entity(v->rehearsal, m->id);
        usec_t truth = sim_leg_scrubbed(rehearsal_sim(v->rehearsal), id);

        if (!m->last_scrub || (before && before->last_scrub == m->last_scrub))
                return;
        if (!truth || distance(truth, m->last_scrub) > 3 * USEC_PER_SEC)
                invariant_break(v, "scrub", "%s gets a date for a scrub that did not cover it",
                                m->id);
}

/* 2. "Safe to unplug" is never said while something holds the disk. What somebody did a moment ago
 * need not have been seen yet. */
static void check_safe(struct invariant *v, const struct history *h) {
        struct sim *s = rehearsal_sim(v->rehearsal);
        entity_id id = config_find_id(v->world, h->entity);
        const char *what = "";

        if (h->kind != HISTORY_SAFE || id == ENTITY_NONE)
                return;
        if (sim_time(s) - v->quiet_since > 15 * USEC_PER_MIN && sim_disk_is_used(s, id, &what))
                invariant_break(v, "safe", "%s is called safe, but %s", h->entity, what);
}

static void on_effects(void *userdata, const struct effects *e) {
        struct invariant *v = userdata;
        if (!v->rehearsal)
                return;
        check_legs(v, e);
        check_doubts(v);
        for (size_t i = 0; i < e->entities.count; i++) {
                entity_id id = config_find_id(v->world, e->entities.items[i]->id);

                if (id != ENTITY_NONE)
                        check_scrub(v, e->entities.items[i], id);
        }
        for (size_t i = 0; i < e->history.count; i++)
                check_safe(v, &e->history.items[i]);
}

struct invariant *invariant_new(void) {
        struct invariant *v = memory_new(1, sizeof(*v));

        v->watcher = (struct rehearsal_watcher){ .on_effects = on_effects,
                                                 .on_run = on_run,
                                                 .userdata = v };
        return v;
}

struct invariant *invariant_free(struct invariant *v) {
        if (v) {
                text_done(&v->last_run);
                array_done(&v->doubts);
        }
        free(v);
        return NULL;
}

const struct rehearsal_watcher *invariant_watcher(struct invariant *v) {
        return &v->watcher;
}

void invariant_follow(struct invariant *v, struct rehearsal *r) {
        if (v->rehearsal || !r)
                return;
        v->rehearsal = r;
        v->world = rehearsal_config(r);
        sim_check(rehearsal_sim(r),
                  (struct sim_checker){ .on_execute = on_execute, .userdata = v });
}

void invariant_on_line(struct invariant *v) {
        v->n_repeats = v->n_runs = 0;
        if (v->rehearsal)
                v->quiet_since = sim_time(rehearsal_sim(v->rehearsal));
}

/* --- the end --- */

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

/* Whose device ZFS has is not to be told of two that carry one name, nor of one that was pulled and
 * plugged again while nobody looked. */
static bool leg_can_be_told(const struct invariant *v, entity_id leg) {
        struct sim *s = rehearsal_sim(v->rehearsal);
        usec_t lost = sim_leg_lost_since(s, leg);

        return !sim_leg_is_mixed(s, leg) && !sim_leg_is_doubled(s, leg) &&
               !sim_leg_is_hasty(s, leg) && (!lost || lost > rehearsal_started(v->rehearsal));
}

/* What a leg says of itself when everything is at rest must be true. */
static void check_views(struct invariant *v) {
        const struct config *c = rehearsal_config(v->rehearsal);
        struct sim *s = rehearsal_sim(v->rehearsal);

        for (uint32_t i = 0; i < c->n_entities; i++) {
                struct view_entity view;
                entity_id leg = config_find_id(v->world, c->entities[i].id);

                if (c->entities[i].type != ENTITY_ZDEV || leg == ENTITY_NONE)
                        continue;
                engine_view_entity(rehearsal_engine(v->rehearsal), i, rehearsal_now(v->rehearsal),
                                   &view);
                if (view.last_update == USEC_NEVER && leg_lacks(v, leg))
                        invariant_break(v, "whole", "%s is shown as up to date, but lacks blocks",
                                        view.entity->id);
                if (!leg_can_be_told(v, leg) ||
                    sim_pool_is_hung(s, view.entity->zdev.pool)) /* it is not asked */
                        continue;
                if (view.state == STATE_ACTIVE && !sim_leg_is_online(s, leg))
                        invariant_break(v, "picture", "%s is shown as active, but is not",
                                        view.entity->id);
                if (view.state != STATE_ACTIVE && sim_leg_is_online(s, leg) &&
                    sim_pool_is_imported(s, view.entity->zdev.pool))
                        invariant_break(v, "picture", "%s is shown as %s, but is online",
                                        view.entity->id, state_print(view.state));
        }
}

static void check_verdicts(struct invariant *v) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct view_verdict *list;
        uint32_t n = engine_view_verdicts(rehearsal_engine(v->rehearsal), a,
                                          rehearsal_now(v->rehearsal), &list);
        const char *what = "";

        for (uint32_t i = 0; i < n; i++) {
                const char *id = config_entity(rehearsal_config(v->rehearsal), list[i].disk)->id;
                entity_id disk = config_find_id(v->world, id);

                if (list[i].kind == VERDICT_SAFE && disk != ENTITY_NONE &&
                    sim_disk_is_used(rehearsal_sim(v->rehearsal), disk, &what))
                        invariant_break(v, "safe", "%s is called safe, but %s", id, what);
        }
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
                        invariant_break(v, "restart", "%s is another after a restart (%s, was %s)",
                                        now.entity->id, state_print(now.state),
                                        state_print(before[i].state));
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
        v->ending = true;
        invariant_on_line(v);
        sim_be_kind(rehearsal_sim(v->rehearsal));
        rehearsal_set_full(v->rehearsal, false);
        rehearsal_start(v->rehearsal);
        if (!rehearsal_rest(v->rehearsal, 12 * USEC_PER_HOUR))
                invariant_break(v, "rest", "it does not come to rest");
        if (!rehearsal_engine(v->rehearsal)) { /* an armed kill came only now */
                rehearsal_start(v->rehearsal);
                (void) rehearsal_rest(v->rehearsal, 12 * USEC_PER_HOUR);
        }
        /* the regular look has to have been, as events may have been lost */
        rehearsal_run(v->rehearsal, 11 * USEC_PER_MIN);
        if (!rehearsal_rest(v->rehearsal, 12 * USEC_PER_HOUR))
                invariant_break(v, "rest", "it does not come to rest");
        if (v->broken || !rehearsal_engine(v->rehearsal))
                return;
        check_requests_ended(v);
        check_views(v);
        check_verdicts(v);
        print_picture(v, ret_picture);
        check_restart(v);
}

const char *invariant_broken(const struct invariant *v) {
        return v->broken ? v->text : NULL;
}

const char *invariant_kind(const struct invariant *v) {
        return v->kind;
}
