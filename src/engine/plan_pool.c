/* engine/plan_pool.c - importing and exporting pools */
#include "base/text.h"
#include "engine/guard.h"
#include "engine/holder.h"
#include "engine/ledger.h"
#include "engine/passport.h"
#include "engine/picture.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/silence.h"

/* What is to go offline lets it come into use first. */
static bool entity_waits_for(const struct engine *e, entity_id going, entity_id pool) {
        const struct reason *why = &entity_going(e, going)->reason;

        return why->code == REASON_WAIT_NEED && why->about == pool;
}

bool plan_pool_gather(const struct engine *e, const struct request *r, struct step *ret) {
        const struct entity *it = engine_entity(e, r->entity);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                const struct entity *leg = engine_entity(e, it->zpool.legs[i]);
                const struct backing_device *d = leg->zdev.backing_device;

                entity_id going = entity_find_going(e, leg->parent), silent;

                if (entity_is_present(e, leg->self) && going != ENTITY_NONE &&
                    !entity_waits_for(e, going, r->entity)) {
                        *ret = step_wait(REASON_WAIT_NEED, going, wish_print(WISH_OFFLINE));
                        return true;
                }
                if (entity_is_present(e, leg->self))
                        continue;
                silent = entity_find_silent(e, leg->parent);
                if (silent != ENTITY_NONE && pool_is_silent(e, silent))
                        continue; /* there is no telling when it will be here */
                if (silent != ENTITY_NONE) {
                        *ret = step_wait_answer(e, silent);
                        return true;
                }
                if (entity_is_coming(e, leg->parent)) { /* somebody is unlocking it */
                        *ret = step_wait(REASON_WAIT_NEED, leg->parent, wish_print(WISH_ONLINE));
                        return true;
                }
                if (request_reaches(r) && (!d || d->online_dependencies) &&
                    !request_find_need(r, leg->parent, WISH_ONLINE) &&
                    plan_ask(e, r, leg->parent, WISH_ONLINE, ret))
                        return true;
        }
        return false;
}

/* The device of each leg that is there, one `-d` each; NULL if no leg is configured. */
static const char *const *pool_devices(const struct engine *e, const struct entity *it,
                                       struct arena *a) {
        const char **paths = arena_new_array(a, const char *, it->zpool.n_legs + 1);
        uint32_t n = 0;

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                const char *path = entity_device_path(e, it->zpool.legs[i], a);

                if (path && n + 32 < COMMAND_ARGS_MAX / 2)
                        paths[n++] = path;
        }
        return n ? paths : NULL;
}

struct step plan_pool_online(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        const struct node *n = engine_node(e, r->entity);
        const struct pool_row *known = ledger_find_pool(e, it->name);
        struct arena *a = e->effects.arena;
        struct command settle;
        struct reason why;
        entity_id lacking;
        struct step s;

        if (n->suspended) /* 0. it is imported, but waits for a device */
                return plan_pool_recover(e, r);
        if (pool_has_returned(e, r->entity) && plan_notice(e, r, r->entity, &s))
                return s;                   /* it will wait for one */
        if (entity_is_online(e, r->entity)) /* 1. nothing to do */
                return step_done();
        if (n->seen || n->frozen) /* 2. it is being imported or exported just now */
                return step_wait(REASON_WAIT_LOOK, r->entity, NULL);
        if (plan_pool_gather(
                    e, r,
                    &s)) /* 3. not while a leg is still being unlocked: it would be left behind */
                return s;
        lacking = pool_find_lacking(e, r->entity);
        if (lacking != ENTITY_NONE &&
            pool_leg_is_required(e, lacking)) /* 4. never without this one */
                return step_fail(REASON_REQUIRED_MISSING, lacking, NULL);
        if (lacking != ENTITY_NONE) /* 5. too few to import at all */
                return step_fail(REASON_TOO_FEW_LEGS, r->entity,
                                 pool_print_missing(e, r->entity, a));
        if (plan_passports(e, r, r->entity, &s)) /* 6. what is on them */
                return s;
        if (guard_import(e, r, &why))
                return (struct step){ .kind = STEP_FAIL, .reason = why };
        settle = command_settle(a, r->entity);
        if (!plan_has_run(e, r, &settle)) /* 7. udev's links are what zpool import goes by */
                return step_run(settle);
        return step_run(command_pool_import(a, r->entity,
                                            &(struct pool_import){
                                                    .pool = it->name,
                                                    .guid = known ? known->m.pool_guid : 0,
                                                    .root = it->zpool.root,
                                                    .mount = it->zpool.mount,
                                                    .args = it->zpool.import_argv,
                                                    .devices = pool_devices(e, it, a),
                                            }));
}

/* Legs on volumes of this pool: whether they are online is looked at anew, as ZED may have put them
 * online a moment ago. */
static bool pool_look_at_uppers(struct engine *e, const struct request *r, struct step *ret) {
        for (entity_id i = r->entity; (i = tree_next(e, r->entity, i)) != ENTITY_NONE;) {
                const struct entity *it = engine_entity(e, i);

                if (it->type == ENTITY_ZDEV && it->zdev.zpool != ENTITY_NONE &&
                    plan_look_at_pool(e, r, it->zdev.zpool, ret))
                        return true;
        }
        return false;
}

struct step plan_pool_offline(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        const struct node *n = engine_node(e, r->entity);
        entity_id stuck;
        struct step s;

        if (plan_wait_for_coming(e, r, &s)) /* 1. what is just coming into use, or in it */
                return s;
        if (!n->seen && !entity_is_online(e, r->entity)) /* 2. nothing to do */
                return step_done();
        stuck = pool_find_suspended(e, r->entity);
        if (stuck != ENTITY_NONE) /* 3. a command would hang */
                return step_fail(REASON_SUSPENDED, stuck,
                                 pool_print_rescue(e, stuck, e->effects.arena));
        if (pool_look_at_uppers(e, r, &s) ||
            (n->children_in_use && plan_content_offline(e, r, &s))) /* 4. what is in it */
                return s;
        if (plan_wait_for_labels(e, r, &s)) /* 5. what a leg on its volumes carries */
                return s;
        if (plan_wait_for_certainty(e, r, &s)) /* 6. what its legs lack */
                return s;
        if (plan_holders(e, r, &s)) /* 7. nobody uses a volume in it, whoever opened it: the export
                                       would hang */
                return s;
        return step_run(command_pool_export(e->effects.arena, r->entity, it->name));
}
