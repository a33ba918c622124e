/* engine/plan_recover.c - taking up a suspended pool again, when what it waits for is back */
#include "engine/guard.h"
#include "engine/job.h"
#include "engine/passport.h"
#include "engine/picture.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/silence.h"

/* One makes ZFS notice, one makes it let go. */
#define CLEARS_MAX 3u

/*
 * A pool whose last leg was pulled is suspended: ZFS holds on to the device that is gone, and to
 * all that was not written yet. When the disk comes back, `zpool clear` opens it by its path and
 * goes on. A LUKS container has to be opened anew for that under the same name, which the dead
 * mapping has as long as ZFS holds it: a first `zpool clear` fails, but lets go of it (seen
 * on 2.3.2).
 *
 * As long as nothing is written ZFS does not notice that the device is gone, and goes on holding
 * it; a `zpool sync` writes nothing then. `zpool clear` makes it write its configuration: the pool
 * is suspended within some seconds (seen on 2.3.2 and 2.1.11: when the next txg is written).
 */

bool plan_notice(struct engine *e, const struct request *r, entity_id pool, struct step *ret) {
        const char *name = engine_entity(e, pool)->name, *upper = pool_find_upper(e, pool);
        struct command clear = command_pool_clear(e->effects.arena, r->entity, name);

        if (!plan_has_run(e, r, &clear) && upper)
                *ret = step_failf(REASON_HELD, r->entity,
                                  "the device of pool %s was pulled while pool %s has a leg on a "
                                  "volume of it: take that leg offline, or %s would hang with it",
                                  name, upper, upper);
        else if (!plan_has_run(e, r, &clear))
                *ret = step_run(clear);
        else if (e->now.mono < r->settle_until) {
                silence_doubt(e, pool); /* it is looked at again and again meanwhile */
                deadline_add(&e->deadlines, r->settle_until, r->entity);
                *ret = step_wait(REASON_WAIT_LOOK, pool, NULL);
        } else
                *ret = step_failf(REASON_HELD, r->entity,
                                  "pool %s has not noticed that its device is gone", name);
        return true;
}

static bool leg_is_refused(struct engine *e, entity_id leg, struct reason *why) {
        return entity_is_present(e, leg) &&
               (guard_wrong_disk(e, leg, why) || guard_returned(e, leg, why));
}

/* A clear takes whatever is in the place of the legs: is it what went away, and as it went? */
static bool plan_check_returned(struct engine *e, const struct request *r, entity_id pool,
                                struct step *ret) {
        const struct entity *it = engine_entity(e, pool);
        struct reason why;

        if (plan_look_at_pool(e, r, pool, ret)) /* the kernel knows how far it had come */
                return true;
        if (plan_passports(e, r, pool, ret))
                return true;
        if (guard_resume(e, pool, &why)) {
                *ret = (struct step){ .kind = STEP_FAIL, .reason = why };
                return true;
        }
        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (leg_is_refused(e, it->zpool.legs[i], &why)) {
                        *ret = (struct step){ .kind = STEP_FAIL, .reason = why };
                        return true;
                }
        return false;
}

bool plan_let_go(struct engine *e, const struct request *r, struct step *ret) {
        for (entity_id i = r->entity; (i = tree_next(e, r->entity, i)) != ENTITY_NONE;) {
                const struct entity *it = engine_entity(e, i);
                const struct ran *ran;
                struct command clear;

                if (it->type != ENTITY_ZDEV || it->zdev.zpool == ENTITY_NONE ||
                    !engine_node(e, it->zdev.zpool)->suspended)
                        continue;
                if (pool_find_upper(e, it->zdev.zpool)) {
                        *ret = step_fail(REASON_SUSPENDED, it->zdev.zpool,
                                         pool_print_rescue(e, it->zdev.zpool, e->effects.arena));
                        return true;
                }
                clear = command_pool_clear(e->effects.arena, r->entity, it->zdev.pool);
                ran = job_find_ran(e, r, &clear);
                if (ran &&
                    (!ran->good || ran->times >= CLEARS_MAX)) /* it has let go, or never will */
                        continue;
                if (plan_check_returned(e, r, it->zdev.zpool, ret))
                        return true;
                *ret = step_run(clear);
                ret->anew = ran; /* the pool was not suspended then */
                return true;
        }
        return false;
}

struct step plan_pool_recover(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        struct arena *a = e->effects.arena;
        struct step s;

        if (pool_find_upper(e, r->entity)) /* 1. nothing helps but a restart */
                return step_fail(REASON_SUSPENDED, r->entity, pool_print_rescue(e, r->entity, a));
        if (plan_pool_gather(e, r, &s)) /* 2. the containers of its legs */
                return s;
        if (pool_find_lacking(e, r->entity) != ENTITY_NONE) /* 3. what it waits for is not back */
                return step_fail(REASON_TOO_FEW_LEGS, r->entity,
                                 pool_print_missing(e, r->entity, a));
        if (plan_check_returned(e, r, r->entity, &s)) /* 4. something else, or written elsewhere */
                return s;
        return step_run(command_pool_clear(a, r->entity, it->name)); /* 5. ZFS goes on */
}
