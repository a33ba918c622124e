/* engine/plan_leg.c - putting legs online and offline in their pools */
#include "engine/guard.h"
#include "engine/handler.h"
#include "engine/passport.h"
#include "engine/picture.h"
#include "engine/plan.h"
#include "engine/pool.h"

/* ZFS gives a scrub up for the resilver of a leg that comes (dsl_scan.c:
 * dsl_scan_restart_resilver); until then it scrubs the leg as well, and counts all that the leg
 * lacks as errors of its device (seen on 2.3.2). So it is stopped before; who wants it has it begun
 * anew: plan_scan.c. */
static bool plan_stop_scrub(struct engine *e, const struct request *r, const struct pool_status *s,
                            struct step *ret) {
        struct command stop = command_scrub(e->effects.arena, r->entity, s->name, /* stop= */ true);
        struct node *pool = engine_node(e, engine_entity(e, r->entity)->zdev.zpool);

        if (s->scan.function != SCAN_SCRUB || s->scan.state != SCAN_STATE_SCANNING ||
            plan_has_run(e, r, &stop))
                return false;
        if (pool->scrub_stopped != s->scan.start)
                engine_log(e, LOG_LEVEL_INFO, r->entity,
                           "the scrub of pool %s is stopped: ZFS would give it up for the resilver "
                           "of %s",
                           s->name, engine_title(e, r->entity));
        pool->scrub_stopped = s->scan.start;
        *ret = step_run(stop);
        return true;
}

struct step plan_leg_online(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        const struct node *n = engine_node(e, r->entity), *pool;
        const char *pool_name = it->zdev.pool, *argument;
        const struct vdev *v;
        struct reason why;
        entity_id stuck;
        struct step s;

        if (n->state == STATE_ACTIVE) /* 1. nothing to do */
                return step_done();
        if (!entity_is_present(e, r->entity)) { /* 2. its device */
                if (plan_require(e, r, it->parent, WISH_ONLINE, &s))
                        return s;
                return step_wait(REASON_WAIT_APPEAR, r->entity, NULL);
        }
        if (it->zdev.zpool == ENTITY_NONE) /* 3. its pool */
                return step_failf(REASON_NOT_CONFIGURED, r->entity, "pool %s is not configured",
                                  pool_name);
        pool = engine_node(e, it->zdev.zpool);
        if (!entity_is_online(e, it->zdev.zpool)) {
                if (plan_require(e, r, it->zdev.zpool, WISH_ONLINE, &s))
                        return s;
                return step_wait(REASON_WAIT_APPEAR, it->zdev.zpool, NULL);
        }
        stuck = pool_find_suspended(e, it->zdev.zpool);
        if (stuck != ENTITY_NONE) /* 4. a command would hang */
                return step_fail(REASON_SUSPENDED, stuck,
                                 pool_print_rescue(e, stuck, e->effects.arena));
        if (plan_wait_for_provisioning(e, r, &s)) /* 5. the mode in which trims are sent to it */
                return s;
        if (plan_passport(e, r, r->entity, &s)) /* 6. what is on it */
                return s;
        if (plan_look_at_pool_after(e, it->zdev.zpool, leg_passport(e, r->entity)->after,
                                    &s)) /* 7. was it offline when that was read, and which scans
                                            were before it? */
                return s;
        v = leg_vdev(e, r->entity);
        if (!pool->status || pool->frozen)
                return step_wait(REASON_WAIT_LOOK, it->zdev.zpool, NULL);
        if (!v) /* 8. ZFS does not know it */
                return step_failf(REASON_NOT_CONFIGURED, r->entity,
                                  "pool %s has no vdev that is %s (by GUID, device or name); "
                                  "`zpool attach` adds it",
                                  pool_name, engine_title(e, r->entity));
        if (pool->status->removing) /* 9. mirrors were damaged so (OpenZFS #10202, #10942) */
                return step_wait_untimed(REASON_WAIT_HELD, it->zdev.zpool,
                                         "a device is being removed from it");
        if (guard_wrong_disk(e, r->entity, &why) || guard_diverged(e, r, r->entity, &why))
                return (struct step){ .kind = STEP_FAIL, .reason = why };
        argument = leg_argument(e, r->entity, e->effects.arena);
        if (v->state == VDEV_STATE_FAULTED) { /* 10. its errors stand in the way */
                struct command clear = command_leg_clear(e->effects.arena, r->entity, pool_name,
                                                         argument);

                if (!plan_has_run(e, r, &clear))
                        return step_run(clear);
        }
        if (plan_stop_scrub(e, r, pool->status, &s)) /* 11. a scrub stands in the way */
                return s;
        return step_run(command_leg_online(e->effects.arena, r->entity, pool_name,
                                           (const char *const[]){ argument, NULL }));
}

static struct step leg_is_last(struct engine *e, entity_id leg) {
        const char *pool = engine_entity(e, leg)->zdev.pool;
        const char *others = pool_print_siblings(e, leg, e->effects.arena);

        return step_failf(REASON_LAST_COPY, leg,
                          "without it pool %s would have no complete copy. Take the pool offline "
                          "first (zmirror offline zpool %s)%s%s",
                          pool, pool, *others ? "; or have another leg catch up before: " : "",
                          others);
}

struct step plan_leg_offline(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        entity_id pool = it->zdev.zpool, stuck;
        struct reason why;
        struct step s;

        if (plan_wait_for_coming(e, r, &s)) /* 1. it is just being put online */
                return s;
        if (!leg_is_online(e, r->entity)) /* 2. nothing to do */
                return step_done();
        stuck = pool_find_suspended(e, pool);
        if (stuck != ENTITY_NONE) /* 3. a command would hang */
                return step_fail(REASON_SUSPENDED, stuck,
                                 pool_print_rescue(e, stuck, e->effects.arena));
        if (pool != ENTITY_NONE && engine_node(e, pool)->requests[WISH_OFFLINE])
                return step_wait_untimed(REASON_WAIT_NEED, pool, wish_print(WISH_OFFLINE));
        if (r->origin <= ORIGIN_MAINTENANCE &&
            pool_lies_in(e, pool, r->scope)) { /* 4. export does it */
                if (plan_require(e, r, pool, WISH_OFFLINE, &s))
                        return s;
                return step_wait(REASON_WAIT_LOOK, pool, NULL);
        }
        if (r->origin == ORIGIN_HANDLER &&
            handler_is_held(e, r->entity, &why)) /* 5. by what came since the handler ran */
                return (struct step){ .kind = STEP_WAIT, .reason = why, .untimed = true };
        if (pool_needs_leg(e, r->entity)) /* 6. what would stay is not enough, or not whole */
                return leg_is_last(e, r->entity);
        if (plan_wait_for_certainty(e, r, &s)) /* 7. does it lack anything? */
                return s;
        if (plan_look_at_device(e, engine_node(e, r->entity)->device, r->entity, r->looked_since,
                                &s) ||
            plan_look_at_pool(e, r, pool, &s)) /* 8. is all that still so? Else something else would
                                                  be closed as what it was */
                return s;
        return step_run(command_leg_offline(e->effects.arena, r->entity, it->zdev.pool,
                                            leg_argument(e, r->entity, e->effects.arena)));
}
