/* tests/sim/pictures.c - what is shown is what is so */
#include "base/text.h"
#include "checks.h"

/* Events take their time, looks as well, and a pool answers after the commands before it. */
#define WRONG_USEC (30 * USEC_PER_SEC)
#define LOOK_USEC  USEC_PER_SEC /* how often it is looked at */
#define SEEN_USEC                                                                                  \
        (10 * USEC_PER_SEC) /* what was seen before that may have been right meanwhile             \
                             */

bool suspicion_lasts(const struct invariant *v, struct suspicion *s, bool is, usec_t grace) {
        struct sim *sim = rehearsal_sim(v->rehearsal);

        if (!is || sim_is_deaf(sim)) {
                s->since = 0;
                return false;
        }
        if (!s->since || sim_time(sim) > s->seen + SEEN_USEC)
                s->since = sim_time(sim);
        s->seen = sim_time(sim);
        if (v->ending)
                return true;
        return sim_time(sim) >= s->since + grace;
}

entity_id world_id(const struct invariant *v, entity_id id) {
        const struct config *c = rehearsal_config(v->rehearsal);

        return c == v->world ? id : config_find_id(v->world, c->entities[id].id);
}

/* Whose device ZFS has is not to be told of two that carry one name, nor of one that was pulled and
 * plugged again while nobody looked. */
static bool leg_can_be_told(const struct invariant *v, entity_id leg) {
        struct sim *s = rehearsal_sim(v->rehearsal);
        usec_t lost = sim_leg_lost_since(s, leg);

        return !sim_leg_is_mixed(s, leg) && !sim_leg_is_doubled(s, leg) &&
               !sim_leg_is_hasty(s, leg) && (!lost || lost > rehearsal_started(v->rehearsal));
}

static const char *pool_of(const struct entity *e) {
        switch (e->type) {
        case ENTITY_ZPOOL:
                return e->name;
        case ENTITY_ZVOL:
                return e->zvol.pool;
        case ENTITY_DATASET:
                return e->dataset.pool;
        case ENTITY_ZDEV:
                return e->zdev.pool;
        case ENTITY_DISK:
        case ENTITY_PART:
        case ENTITY_CRYPT:
        case _ENTITY_TYPE_MAX:
                break;
        }
        return NULL;
}

/* What is left of a device that was pulled may be the device's that came back, or not: careful is
 * to call it used. */
static bool has_dead_mapping(const struct invariant *v, entity_id id) {
        const struct entity *e = &v->world->entities[id];

        return e->type == ENTITY_CRYPT &&
               sim_is_dead(rehearsal_sim(v->rehearsal),
                           arena_printf(v->arena, "/dev/mapper/%s", e->name));
}

/* What stands in it or on it cannot be told either. */
static bool entity_can_be_told(const struct invariant *v, entity_id id) {
        const struct entity *e = &v->world->entities[id];
        struct sim *s = rehearsal_sim(v->rehearsal);
        const char *pool = pool_of(e);

        if (pool && (sim_pool_is_hung(s, pool) || sim_pool_is_silent(s, pool) ||
                     sim_pool_has_command(s, pool)))
                return false;
        if (e->type == ENTITY_ZDEV && e->parent != ENTITY_NONE)
                pool = pool_of(&v->world->entities[e->parent]);
        if (e->type == ENTITY_ZDEV &&
            (!leg_can_be_told(v, id) || (pool && sim_pool_is_silent(s, pool))))
                return false;
        for (entity_id c = e->first_child; c != ENTITY_NONE; c = v->world->entities[c].next_sibling)
                if (has_dead_mapping(v, c) || !entity_can_be_told(v, c))
                        return false;
        return true;
}

bool entity_is_doubled(const struct invariant *v, entity_id id) {
        for (; id != ENTITY_NONE; id = v->world->entities[id].parent)
                if (sim_is_doubled(rehearsal_sim(v->rehearsal), id))
                        return true;
        return false;
}

bool pictures_check(struct invariant *v) {
        struct engine *e = rehearsal_engine(v->rehearsal);
        const struct config *c = rehearsal_config(v->rehearsal);
        struct sim *s = rehearsal_sim(v->rehearsal);
        bool right = true;

        if (!e || !engine_is_ready(e))
                return true;
        for (entity_id i = 0; i < c->n_entities; i++) {
                entity_id id = world_id(v, i);
                struct view_entity view;
                enum state truth;

                if (id == ENTITY_NONE)
                        continue;
                engine_view_entity(e, i, rehearsal_now(v->rehearsal), &view);
                truth = sim_state(s, id);
                if (view.state == truth) {
                        v->wrong[id].since = 0;
                        continue;
                }
                right = false;
                if (suspicion_lasts(v, &v->wrong[id],
                                    entity_can_be_told(v, id) && !entity_is_doubled(v, id),
                                    WRONG_USEC))
                        invariant_break(v, "picture", "%s is shown as %s, but is %s",
                                        view.entity->id, state_print(view.state),
                                        state_print(truth));
        }
        return right;
}

void pictures_on_effects(struct invariant *v, const struct effects *e) {
        if (sim_time(rehearsal_sim(v->rehearsal)) < v->next_look)
                return;
        if (pictures_check(v)) /* else it is looked at until it is right */
                v->next_look = sim_time(rehearsal_sim(v->rehearsal)) + LOOK_USEC;
}
