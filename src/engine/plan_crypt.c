/* engine/plan_crypt.c - opening and closing LUKS containers */
#include "base/text.h"
#include "engine/guard.h"
#include "engine/picture.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/silence.h"

static struct step crypt_close(struct engine *e, entity_id id) {
        const struct device *mapping = node_device(e, engine_node(e, id));

        return step_run(command_crypt_close(e->effects.arena, id, mapping->dm_name));
}

/* What lies in a dead mapping is gone: it goes offline before the mapping can be closed. */
static bool crypt_content_offline(struct engine *e, const struct request *r, struct step *ret) {
        entity_id silent = tree_find_silent(e, r->entity);

        if (silent != ENTITY_NONE) { /* whether ZFS holds on to it is not known */
                *ret = step_wait_answer(e, silent);
                return true;
        }
        if (plan_let_go(e, r, ret)) /* a suspended pool takes nothing offline */
                return true;
        for (entity_id i = r->entity; (i = tree_next(e, r->entity, i)) != ENTITY_NONE;) {
                const struct entity *it = engine_entity(e, i);
                entity_id pool = it->type == ENTITY_ZDEV ? it->zdev.zpool : ENTITY_NONE;

                if (it->type != ENTITY_ZDEV || !engine_node(e, i)->in_use ||
                    (pool != ENTITY_NONE && engine_node(e, pool)->suspended))
                        continue;
                if (pool != ENTITY_NONE && pool_needs_leg(e, i))
                        return plan_notice(e, r, pool, ret);
                return plan_require_gone(e, r, i, ret);
        }
        return false;
}

struct step plan_crypt_online(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        const struct node *n = engine_node(e, r->entity);
        struct reason why;
        struct step s;

        if (entity_is_online(e, r->entity)) /* 1. nothing to do */
                return step_done();
        if (it->parent == ENTITY_NONE) /* 2. opened and closed by others */
                return step_failf(REASON_NOT_CONNECTED, r->entity,
                                  "it is opened and closed by others");
        if (!entity_is_online(e, it->parent)) { /* 3. what it lies on */
                if (plan_require(e, r, it->parent, WISH_ONLINE, &s))
                        return s;
                return step_wait(REASON_WAIT_APPEAR, it->parent, NULL);
        }
        if (n->device != SLOT_NONE &&
            n->dead) { /* 4. a mapping of that name stands on a device that is gone */
                if (crypt_content_offline(e, r, &s))
                        return s;
                return crypt_close(e, r->entity);
        }
        if (plan_wait_for_provisioning(e, r,
                                       &s)) /* 5. the mode in which trims are sent to the disk */
                return s;
        if (guard_wrong_disk(e, r->entity, &why)) /* 6. another disk, or two of that name */
                return (struct step){ .kind = STEP_FAIL, .reason = why };
        return step_run(command_crypt_open(
                e->effects.arena, r->entity, entity_device_path(e, it->parent, e->effects.arena),
                it->name, it->crypt.key_file, it->crypt.allow_discards,
                arena_printf(e->effects.arena, "Passphrase for %s:", engine_title(e, r->entity))));
}

struct step plan_crypt_offline(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        const struct node *n = engine_node(e, r->entity);
        entity_id stuck;
        struct step s;

        if (plan_wait_for_coming(e, r, &s)) /* 1. what is just coming into use, or in it */
                return s;
        if (n->device == SLOT_NONE) /* 2. nothing to do */
                return step_done();
        stuck = n->dead ? tree_find_suspended(e, r->entity) : ENTITY_NONE;
        if (stuck != ENTITY_NONE) /* it does not let go before it is told to: plan_recover.c */
                return step_fail(REASON_SUSPENDED, stuck,
                                 pool_print_rescue(e, stuck, e->effects.arena));
        if (n->children_in_use && plan_content_offline(e, r, &s)) /* 3. what is in it */
                return s;
        if (it->parent == ENTITY_NONE) /* 4. opened and closed by others */
                return step_failf(REASON_BUSY, r->entity, "it is opened and closed by others");
        if (plan_wait_for_labels(e, r, &s)) /* 5. what a leg in it carries */
                return s;
        return crypt_close(e, r->entity);
}
