/* engine/plan_scan.c - scrubbing pools and trimming legs */
#include "engine/complete.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/trim.h"

/* A scrub while data is still to be caught up with can lose the good copy (OpenZFS #18976). */
static bool scrub_has_to_wait(const struct engine *e, entity_id pool, const struct pool_status *s,
                              struct step *ret) {
        const struct entity *it = engine_entity(e, pool);

        if (s->removing || s->spare_in_use) {
                *ret = step_wait_untimed(REASON_WAIT_HELD, pool,
                                         s->removing ? "a device is being removed"
                                                     : "a spare is in use");
                return true;
        }
        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (leg_operation_runs(e, it->zpool.legs[i], OPERATION_UPDATE)) {
                        *ret = s->checkpoint
                                       ? step_wait_untimed(
                                                 REASON_WAIT_HELD, it->zpool.legs[i],
                                                 "with a checkpoint its resilver does not come to "
                                                 "an end (zpool checkpoint -d)")
                                       : step_wait_untimed(REASON_WAIT_RESILVER, it->zpool.legs[i],
                                                           NULL);
                        return true;
                }
        if (s->rebuilding ||
            (s->scan.function == SCAN_RESILVER && s->scan.state == SCAN_STATE_SCANNING)) {
                *ret = step_wait_untimed(REASON_WAIT_RESILVER, pool, NULL);
                return true;
        }
        return false;
}

/* A leg that is online has to catch up, and ZFS does not resilver it: what it lacks would be taken
 * for errors of the others. */
static bool scrub_is_refused(struct engine *e, entity_id pool, struct step *ret) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id leg = it->zpool.legs[i];
                const struct leg_row *l = ledger_of(e, leg);

                if (engine_node(e, leg)->state != STATE_ACTIVE || !l || l->m.watching ||
                    l->m.copy != COPY_INCOMPLETE)
                        continue;
                *ret = step_failf(REASON_GUARD, leg,
                                  "%s is online, lacks data, and is not being resilvered: a scrub "
                                  "now could damage what is whole. Have ZFS write what is missing "
                                  "(zpool clear %s %s), or take it offline first: zmirror offline "
                                  "zdev %s %s",
                                  engine_title(e, leg), it->name,
                                  leg_argument(e, leg, e->effects.arena), it->name,
                                  engine_entity(e, leg)->name);
                return true;
        }
        return false;
}

/* Somebody brings it online, or will have to. */
static bool leg_is_expected(const struct engine *e, entity_id leg) {
        const struct node *n = engine_node(e, leg);

        return n->state != STATE_ACTIVE &&
               (entity_is_coming(e, leg) || n->requests[WISH_SCRUB] || n->requests[WISH_TRIM]);
}

/* One scrub for all legs that want it: it starts when all that can arrive have arrived. Those that
 * do not want it are waited for, too: ZFS would give the scrub up for their resilver. */
static bool scrub_waits_for_legs(const struct engine *e, const struct request *r, entity_id pool,
                                 struct step *ret) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id leg = it->zpool.legs[i];

                if (leg != r->entity && leg_is_expected(e, leg)) {
                        *ret = step_wait_untimed(REASON_WAIT_NEED, leg, wish_print(WISH_ONLINE));
                        return true;
                }
        }
        return false;
}

/* The leg, or for a whole pool every leg that can come. */
static bool scan_gather(const struct engine *e, const struct request *r, entity_id pool, bool all,
                        struct step *ret) {
        const struct entity *it = engine_entity(e, pool);

        if (r->entity != pool)
                return engine_node(e, r->entity)->state != STATE_ACTIVE &&
                       plan_require(e, r, r->entity, WISH_ONLINE, ret);
        if (!entity_is_online(e, pool) && plan_require(e, r, pool, WISH_ONLINE, ret))
                return true;
        for (uint32_t i = 0; all && i < it->zpool.n_legs; i++)
                if (engine_node(e, it->zpool.legs[i])->state != STATE_ACTIVE &&
                    request_reaches(r) && plan_ask(e, r, it->zpool.legs[i], WISH_ONLINE, ret))
                        return true;
        return false;
}

/* The pool of the request, imported and answering; else what to do about it. */
static const struct pool_status *scan_pool(const struct engine *e, const struct request *r,
                                           struct step *ret) {
        entity_id pool = entity_pool_id(e, r->entity);
        const struct pool_status *s = pool_status(e, pool);
        entity_id stuck = pool == ENTITY_NONE ? ENTITY_NONE : pool_find_suspended(e, pool);

        if (pool == ENTITY_NONE)
                *ret = step_failf(REASON_NOT_CONFIGURED, r->entity, "pool %s is not configured",
                                  engine_entity(e, r->entity)->zdev.pool);
        else if (stuck != ENTITY_NONE)
                *ret = step_fail(REASON_SUSPENDED, stuck,
                                 pool_print_rescue(e, stuck, e->effects.arena));
        else if (!s)
                *ret = step_wait(REASON_WAIT_APPEAR, pool, NULL);
        else
                return s;
        return NULL;
}

static bool scrub_covers(const struct engine *e, const struct request *r, const struct scan *scan) {
        const struct leg_row *l = ledger_of(e, r->entity);

        if (engine_entity(e, r->entity)->type == ENTITY_ZPOOL)
                return request_scan_is_new(r, scan);
        return l && l->m.scrub_start && l->m.scrub_start == scan->start;
}

struct step plan_scrub(struct engine *e, const struct request *r) {
        entity_id pool = entity_pool_id(e, r->entity);
        const struct pool_status *s;
        struct command stop;
        struct step answer;

        if (pool != ENTITY_NONE &&
            scan_gather(e, r, pool, true, &answer)) /* 1. who is to be scrubbed */
                return answer;
        s = scan_pool(e, r, &answer);
        if (!s)
                return answer;
        if (scrub_has_to_wait(e, pool, s, &answer)) /* 2. not before everything is caught up with */
                return answer;
        if (scrub_is_refused(e, pool, &answer))
                return answer;
        if (scrub_waits_for_legs(e, r, pool,
                                 &answer)) /* 3. nor while another leg for it is arriving */
                return answer;
        if (s->scan.function == SCAN_SCRUB && s->scan.state == SCAN_STATE_SCANNING) {
                if (scrub_covers(e, r, &s->scan) && s->scan.paused) /* 4. it runs */
                        return step_wait_untimed(
                                REASON_WAIT_HELD, pool,
                                arena_printf(
                                        e->effects.arena,
                                        "its scrub was paused; it goes on with: zpool scrub %s",
                                        s->name));
                if (scrub_covers(e, r, &s->scan))
                        return step_wait_untimed(REASON_WAIT_SCAN, r->entity, NULL);
                engine_node(e, pool)->scrub_stopped =
                        s->scan.start; /* 5. it began without this leg */
                stop = command_scrub(e->effects.arena, r->entity, s->name, /* stop= */ true);
                return step_run(stop);
        }
        return step_run(command_scrub(e->effects.arena, r->entity, s->name, /* stop= */ false));
}

/* "it cannot be trimmed: ...", or of a pool for each leg that cannot be: "zdev tank-b (tank) cannot
 * be trimmed: ..."; or "". */
static const char *trim_left_out(const struct engine *e, entity_id about) {
        const struct entity *it = engine_entity(e, about);
        uint32_t n = it->type == ENTITY_ZPOOL ? it->zpool.n_legs : 1;
        struct arena *a = e->effects.arena;
        const char *s = "";

        for (uint32_t i = 0; i < n; i++) {
                entity_id leg = it->type == ENTITY_ZPOOL ? it->zpool.legs[i] : about;
                struct trim_obstacle o = trim_find_obstacle(e, leg);

                if (o.fault != TRIM_FAULT_NONE)
                        s = arena_printf(a, "%s%s%s cannot be trimmed: %s", s, *s ? "; " : "",
                                         leg == about ? "it" : engine_title(e, leg),
                                         trim_obstacle_print(a, &o));
        }
        return s;
}

static bool pool_takes_trims(const struct pool_status *s) {
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (s->vdevs[i].type == VDEV_TYPE_DISK && vdev_state_is_online(s->vdevs[i].state) &&
                    s->vdevs[i].trim_state != TRIM_UNSUPPORTED)
                        return true;
        return false;
}

struct step plan_trim(struct engine *e, const struct request *r) {
        entity_id pool = entity_pool_id(e, r->entity);
        bool whole = engine_entity(e, r->entity)->type == ENTITY_ZPOOL;
        const struct pool_status *s;
        const struct vdev *v;
        struct command trim;
        struct step answer;
        const char *left_out;
        bool any = false;

        if (pool != ENTITY_NONE &&
            scan_gather(e, r, pool, false, &answer)) /* 1. who is to be trimmed */
                return answer;
        s = scan_pool(e, r, &answer);
        if (!s)
                return answer;
        v = whole ? NULL : leg_vdev(e, r->entity);
        left_out = trim_left_out(e, r->entity);
        if (*left_out && !(whole && pool_takes_trims(s))) /* 2. it cannot work */
                return step_fail(REASON_UNSUPPORTED, r->entity, left_out);
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                any |= s->vdevs[i].trim_state == TRIM_ACTIVE && (whole || &s->vdevs[i] == v);
        if (any) /* 3. it runs */
                return step_wait_untimed(REASON_WAIT_TRIM, r->entity, NULL);
        trim = command_trim(e->effects.arena, r->entity, s->name,
                            whole ? NULL : leg_argument(e, r->entity, e->effects.arena),
                            /* stop= */ false);
        if (whole && plan_has_run_well(e, r, &trim)) /* 4. none runs any more */
                return step_done_but(*left_out ? REASON_UNSUPPORTED : REASON_NONE, r->entity,
                                     left_out);
        return step_run(trim);
}
