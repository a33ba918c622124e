/* tests/sim/claims.c - what zmirror says: up to date, scrubbed, trimmed, safe to unplug */
#include <string.h>

#include "base/text.h"
#include "checks.h"

/* What somebody did to a leg while the daemon did not run, or just now, is seen by the resilver
 * that follows, which ZFS begins some seconds later. */
#define DOUBT_USEC (20 * USEC_PER_SEC)
/* So long after somebody did something beside zmirror it need not have been seen. */
#define UNSAFE_USEC (5 * USEC_PER_SEC)

bool leg_lacks(const struct invariant *v, entity_id id) {
        struct sim *s = rehearsal_sim(v->rehearsal);

        return sim_leg_lacks(s, id) && !sim_leg_is_mixed(s, id) && !sim_leg_failed_unseen(s, id);
}

/* --- up to date --- */

static void doubt_add(struct invariant *v, entity_id id, uint64_t vdev_guid) {
        for (size_t i = 0; i < v->doubts.count; i++)
                if (v->doubts.items[i].leg == id)
                        return;
        array_append(&v->doubts,
                     ((struct doubt){ id, vdev_guid, sim_time(rehearsal_sim(v->rehearsal)) }));
}

/* Shown as up to date at this moment. */
static bool leg_is_claimed(const struct invariant *v, entity_id world_leg) {
        struct engine *e = rehearsal_engine(v->rehearsal);
        entity_id id = config_find_id(rehearsal_config(v->rehearsal),
                                      v->world->entities[world_leg].id);
        struct view_entity view;

        if (!e || !engine_is_ready(e) || id == ENTITY_NONE)
                return false;
        engine_view_entity(e, id, rehearsal_now(v->rehearsal), &view);
        return view.last_update == USEC_NEVER;
}

/* One that was pulled does not if its label will say, at its return, that it has been somewhere
 * meanwhile: it is newer than what its siblings had when it went. */
static bool leg_counts(const struct invariant *v, entity_id leg, const struct memory_leg *l) {
        return l && l->copy == COPY_COMPLETE &&
               !(l->ceiling_txg &&
                 sim_leg_label_txg(rehearsal_sim(v->rehearsal), leg) > l->ceiling_txg);
}

static void check_doubts(struct invariant *v) {
        usec_t now = sim_time(rehearsal_sim(v->rehearsal));

        for (size_t i = v->doubts.count; i-- > 0;) {
                struct doubt d = v->doubts.items[i];
                const struct memory_leg *l = rehearsal_find_leg(v->rehearsal, d.vdev_guid);

                if (now < d.since + DOUBT_USEC)
                        continue;
                array_remove(&v->doubts, i);
                if (!leg_lacks(v, d.leg))
                        continue;
                if (leg_counts(v, d.leg, l))
                        invariant_break(v, "whole", "%s is taken for complete, but lacks blocks",
                                        v->world->entities[d.leg].id);
                else if (leg_is_claimed(v, d.leg))
                        invariant_break(v, "whole", "%s is shown as up to date, but lacks blocks",
                                        v->world->entities[d.leg].id);
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

/* --- dates --- */

static usec_t distance(usec_t a, usec_t b) {
        return a > b ? a - b : b - a;
}

/* No date for what was not done, or did not cover the leg. */
static void check_dates(struct invariant *v, const struct memory_entity *m, entity_id id) {
        const struct memory_entity *before = rehearsal_find_entity(v->rehearsal, m->id);
        static const struct memory_entity none = {};
        struct sim *s = rehearsal_sim(v->rehearsal);
        usec_t scrubbed = sim_leg_scrubbed(s, id), trimmed = sim_leg_trimmed(s, id);

        if (!before)
                before = &none;
        if (m->last_scrub && m->last_scrub != before->last_scrub &&
            (!scrubbed || distance(scrubbed, m->last_scrub) > 3 * USEC_PER_SEC))
                invariant_break(v, "scrub", "%s gets a date for a scrub that did not cover it",
                                m->id);
        if (m->last_trim && m->last_trim != before->last_trim &&
            (!trimmed || distance(trimmed, m->last_trim) > 3 * USEC_PER_SEC))
                invariant_break(v, "trim", "%s gets a date for a trim that did not come to its end",
                                m->id);
        if (m->last_update && m->last_update != before->last_update && leg_lacks(v, id) &&
            v->lacks[id].since && sim_time(s) > v->lacks[id].since + DOUBT_USEC && !sim_is_deaf(s))
                invariant_break(v, "update", "%s gets a date for an update, but lacks blocks",
                                m->id);
}

/* What is due by more than a day is called overdue, and nothing else is. */
static void check_overdue(struct invariant *v, const struct view_entity *view, enum operation op,
                          struct span interval, usec_t last) {
        usec_t now = rehearsal_now(v->rehearsal).wall, from = last ? last : view->added;
        usec_t due = from + interval.usec;
        bool is = view->overdue[op];

        if (interval.months || !interval.usec || !from || from > now)
                return;
        if (is != (due < now) && distance(due, now) > USEC_PER_DAY)
                invariant_break(v, "overdue", "the %s of %s is %s overdue", operation_print(op),
                                view->entity->id, is ? "called" : "not called");
}

static void check_dues(struct invariant *v) {
        const struct config *c = rehearsal_config(v->rehearsal);
        struct engine *e = rehearsal_engine(v->rehearsal);

        for (uint32_t i = 0; e && engine_is_ready(e) && i < c->n_entities; i++) {
                const struct intervals *due = &c->entities[i].zdev.intervals;
                struct view_entity view;

                if (c->entities[i].type != ENTITY_ZDEV)
                        continue;
                engine_view_entity(e, i, rehearsal_now(v->rehearsal), &view);
                if (view.last_update != USEC_NEVER)
                        check_overdue(v, &view, OPERATION_UPDATE, due->update, view.last_update);
                check_overdue(v, &view, OPERATION_SCRUB, due->scrub, view.last_scrub);
                check_overdue(v, &view, OPERATION_TRIM, due->trim, view.last_trim);
        }
}

/* --- safe to unplug --- */

/* Something that zmirror does on the disk, or is asked to do. */
static const char *disk_work(const struct invariant *v, entity_id disk) {
        const struct config *c = rehearsal_config(v->rehearsal);
        struct view_request *r;
        uint32_t n = engine_view_requests(rehearsal_engine(v->rehearsal), v->arena, ENTITY_NONE,
                                          &r);

        for (uint32_t i = 0; i < n; i++)
                if (r[i].entity == disk || config_is_inside(c, r[i].entity, disk))
                        return arena_printf(v->arena, "'%s %s' is wanted", wish_print(r[i].wish),
                                            c->entities[r[i].entity].hrid);
        return NULL;
}

static const char *disk_command(const struct invariant *v, entity_id disk) {
        const struct config *c = rehearsal_config(v->rehearsal);
        const struct command *running[64];
        uint32_t n = sim_running(rehearsal_sim(v->rehearsal), running, ELEMENTSOF(running));

        for (uint32_t i = 0; i < n && i < ELEMENTSOF(running); i++)
                if ((running[i]->kind == COMMAND_CRYPT_OPEN ||
                     running[i]->kind == COMMAND_LEG_ONLINE) &&
                    running[i]->about != ENTITY_NONE && running[i]->about < c->n_entities &&
                    config_is_inside(c, running[i]->about, disk))
                        return command_print(v->arena, running[i]);
        return NULL;
}

/* 2. "Safe to unplug" is never said while something holds the disk, or is about to. */
void claims_check_verdicts(struct invariant *v) {
        struct engine *e = rehearsal_engine(v->rehearsal);
        const struct config *c = rehearsal_config(v->rehearsal);
        struct sim *s = rehearsal_sim(v->rehearsal);
        struct view_verdict *list;
        uint32_t n;

        if (!e || !engine_is_ready(e))
                return;
        n = engine_view_verdicts(e, v->arena, rehearsal_now(v->rehearsal), &list);
        for (uint32_t i = 0; i < n; i++) {
                const char *id = c->entities[list[i].disk].id, *what = "", *work;
                entity_id disk = world_id(v, list[i].disk);
                bool safe = list[i].kind == VERDICT_SAFE;

                if (disk == ENTITY_NONE)
                        continue;
                if (suspicion_lasts(v, &v->unsafe[disk], safe && sim_disk_is_used(s, disk, &what),
                                    UNSAFE_USEC))
                        invariant_break(v, "safe", "%s is called safe, but %s", id, what);
                if (!safe)
                        continue;
                work = disk_work(v, list[i].disk);
                if (!work && v->world == c)
                        work = disk_command(v, list[i].disk);
                if (work)
                        invariant_break(v, "safe", "%s is called safe, but %s", id, work);
        }
}

/* Since when each leg lacks something, as far as anybody has looked; and what is said of it. */
static void claims_look(struct invariant *v) {
        struct sim *s = rehearsal_sim(v->rehearsal);

        for (entity_id i = 0; i < v->world->n_entities; i++) {
                if (v->world->entities[i].type != ENTITY_ZDEV)
                        continue;
                if (!leg_lacks(v, i))
                        v->lacks[i].since = 0;
                else if (!v->lacks[i].since)
                        v->lacks[i].since = sim_time(s);
                if (v->lacks[i].since && leg_is_claimed(v, i))
                        doubt_add(v, i, 0);
        }
}

void claims_on_effects(struct invariant *v, const struct effects *e) {
        check_legs(v, e);
        check_doubts(v);
        for (size_t i = 0; i < e->entities.count; i++) {
                entity_id id = config_find_id(v->world, e->entities.items[i]->id);

                if (id != ENTITY_NONE)
                        check_dates(v, e->entities.items[i], id);
        }
        if (sim_time(rehearsal_sim(v->rehearsal)) >= v->next_look) {
                claims_look(v);
                check_dues(v);
        }
        if (e->history.count || e->runs.count || e->entities.count || e->tells.count ||
            sim_time(rehearsal_sim(v->rehearsal)) >= v->next_look)
                claims_check_verdicts(v);
}
