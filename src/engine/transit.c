/* engine/transit.c - what is just coming into use, or going out of it: a command of ours is on its
 * way, or what it did was not seen yet
 *
 * Whoever wanted it may have changed his mind; the command goes on all the same. So nothing is out
 * of use, nor a disk safe, as long as a command that brings something on it into use runs; and
 * nothing is in use for good while one that takes it out of use does. */
#include <stdio.h>

#include "engine/picture.h"
#include "engine/transit.h"

/* How long after `cryptsetup open` udev may take to show the mapping, or `zfs set volmode` the
 * volume. */
#define APPEAR_USEC (30 * USEC_PER_SEC)
/* The same for the volumes of a pool that was imported: then ZED puts the legs on them online. */
#define VOLUME_USEC (10 * USEC_PER_SEC)

static bool transit_because(struct reason *ret, enum reason_code code, entity_id about,
                            const char *detail) {
        *ret = (struct reason){ .code = code, .about = about };
        (void) snprintf(ret->detail, sizeof(ret->detail), "%s", detail);
        return true;
}

/* --- coming
 * ----------------------------------------------------------------------------------------- */

/* A leg of the pool that is there lies in `top`. */
static bool pool_reaches_into(const struct engine *e, entity_id pool, entity_id top) {
        const struct entity *it = pool == ENTITY_NONE ? NULL : engine_entity(e, pool);

        if (pool == top)
                return true;
        for (uint32_t i = 0; it && i < it->zpool.n_legs; i++)
                if (engine_node(e, it->zpool.legs[i])->device != SLOT_NONE &&
                    config_is_inside(e->config, it->zpool.legs[i], top))
                        return true;
        return false;
}

static bool job_is_for(const struct engine *e, const struct job *j, entity_id top) {
        bool inside = j->entity != ENTITY_NONE && config_is_inside(e->config, j->entity, top);

        for (size_t i = 0; i < j->legs.count; i++)
                inside |= j->legs.items[i] != ENTITY_NONE &&
                          config_is_inside(e->config, j->legs.items[i], top);
        return inside;
}

/* When the command has had its effect, something in `top` is in use. */
static bool job_brings(const struct engine *e, const struct job *j, entity_id top) {
        switch (j->command.kind) {
        case COMMAND_CRYPT_OPEN:
        case COMMAND_LEG_ONLINE:
        case COMMAND_LEG_CLEAR:
        case COMMAND_VOLMODE:
        case COMMAND_MOUNT:
                return job_is_for(e, j, top);
        case COMMAND_POOL_IMPORT:
        case COMMAND_POOL_CLEAR:
                return pool_reaches_into(e, command_pool(e, &j->command), top);
        case COMMAND_SETTLE:
        case COMMAND_CRYPT_CLOSE:
        case COMMAND_POOL_EXPORT:
        case COMMAND_POOL_SYNC:
        case COMMAND_LEG_OFFLINE:
        case COMMAND_SCRUB:
        case COMMAND_SCRUB_STOP:
        case COMMAND_TRIM:
        case COMMAND_TRIM_STOP:
        case COMMAND_SNAPSHOT:
        case COMMAND_UNMOUNT:
        case COMMAND_VOLMODE_GET:
        case COMMAND_ENABLE_TRIM:
        case COMMAND_POWER_OFF:
        case COMMAND_RUN:
        case _COMMAND_KIND_MAX:
                break;
        }
        return false;
}

/* It is out of reach once its container is closed. */
static bool leg_is_in_container(const struct engine *e, entity_id leg) {
        return engine_entity(e, engine_entity(e, leg)->parent)->type == ENTITY_CRYPT;
}

/* Its command is queued or runs. */
static bool online_has_command(const struct engine *e, entity_id id) {
        const struct request *r = engine_node(e, id)->requests[WISH_ONLINE];

        return r && r->job;
}

/* The pool is about to be imported, and will take the leg as it is. */
static bool leg_is_awaited(const struct engine *e, entity_id leg, entity_id pool) {
        return engine_node(e, pool)->requests[WISH_ONLINE] && !entity_is_online(e, pool) &&
               !leg_is_in_container(e, leg);
}

/* Its device has come back, and it was not taken offline: ZED may be about to put it online. */
static bool leg_is_zeds(const struct engine *e, entity_id leg) {
        const struct vdev *v = leg_vdev(e, leg);

        return v && (v->state == VDEV_STATE_REMOVED || v->state == VDEV_STATE_UNAVAIL) &&
               !leg_is_in_container(e, leg) &&
               e->now.mono < engine_node(e, leg)->device_at + ZED_USEC;
}

bool transit_is_coming(const struct engine *e, entity_id id, struct reason *ret) {
        const struct node *n = engine_node(e, id);
        entity_id pool = engine_entity(e, id)->type == ENTITY_ZDEV
                                 ? engine_entity(e, id)->zdev.zpool
                                 : ENTITY_NONE;

        if (online_has_command(e, id))
                return transit_because(ret, REASON_WAIT_LOOK, id, "");
        if (e->now.mono < n->coming_until)
                return transit_because(ret, REASON_WAIT_APPEAR, id, "");
        if (pool == ENTITY_NONE || n->device == SLOT_NONE)
                return false;
        if (pool_is_unsettled(e, pool) || online_has_command(e, pool) || leg_is_zeds(e, id))
                return transit_because(ret, REASON_WAIT_LOOK, pool, "");
        if (leg_is_awaited(e, id, pool))
                return transit_because(ret, REASON_WAIT_NEED, pool, wish_print(WISH_ONLINE));
        return false;
}

bool transit_find_coming(const struct engine *e, entity_id top, struct reason *ret) {
        for (size_t i = 0; i < e->running.count; i++) {
                const struct job *j = e->running.items[i];

                if (job_brings(e, j, top))
                        return transit_because(ret, REASON_WAIT_COMMAND, j->entity, j->text);
        }
        for (entity_id i = top; i != ENTITY_NONE; i = tree_next(e, top, i))
                if (transit_is_coming(e, i, ret))
                        return true;
        return false;
}

/* --- going
 * ------------------------------------------------------------------------------------------ */

static bool command_takes_away(enum command_kind kind) {
        return kind == COMMAND_CRYPT_CLOSE || kind == COMMAND_POOL_EXPORT ||
               kind == COMMAND_LEG_OFFLINE || kind == COMMAND_UNMOUNT;
}

bool transit_is_going(const struct engine *e, entity_id id, struct reason *ret) {
        const struct node *n = engine_node(e, id);

        for (size_t i = 0; i < e->running.count; i++) {
                const struct job *j = e->running.items[i];

                if (command_takes_away(j->command.kind) && j->entity != ENTITY_NONE &&
                    config_is_inside(e->config, id, j->entity))
                        return transit_because(ret, REASON_WAIT_COMMAND, j->entity, j->text);
        }
        if (engine_entity(e, id)->type == ENTITY_CRYPT && n->closed_look &&
            !engine_is_answered(e, n->closed_look, n->closed_look))
                return transit_because(ret, REASON_WAIT_LOOK, id, "");
        return false;
}

/* --- ends
 * ------------------------------------------------------------------------------------------- */

/* It went well; or it was killed, and its effect may come all the same. */
static bool end_may_be_good(const struct command_end *end) {
        return command_end_is_good(end) || end->timed_out || end->signal;
}

static void transit_coming(struct engine *e, entity_id id, usec_t until) {
        engine_node(e, id)->coming_until = until;
        deadline_add(&e->deadlines, until, id);
}

static void transit_begun(struct engine *e, entity_id id, enum command_kind kind) {
        if ((kind == COMMAND_CRYPT_OPEN || kind == COMMAND_VOLMODE) && !entity_is_online(e, id))
                transit_coming(e, id, e->now.mono + APPEAR_USEC);
        if (kind != COMMAND_POOL_IMPORT)
                return;
        for (entity_id i = id; (i = tree_next(e, id, i)) != ENTITY_NONE;)
                if (engine_entity(e, i)->type == ENTITY_ZVOL &&
                    engine_entity(e, i)->first_child != ENTITY_NONE &&
                    engine_node(e, i)->device == SLOT_NONE)
                        transit_coming(e, i, e->now.mono + VOLUME_USEC);
}

void transit_ended(struct engine *e, const struct job *j, const struct command_end *end,
                   uint64_t look) {
        struct node *n = j->entity == ENTITY_NONE ? NULL : engine_node(e, j->entity);

        if (!n)
                return;
        if (end_may_be_good(end))
                transit_begun(e, j->entity, j->command.kind);
        if (j->command.kind == COMMAND_CRYPT_CLOSE && look <= e->next_seq)
                n->closed_look = look;
        engine_touch_around(e, j->entity);
}
