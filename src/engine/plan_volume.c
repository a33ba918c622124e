/* engine/plan_volume.c - volumes and file systems of a pool, and snapshots of them */
#include <time.h>

#include "engine/job.h"
#include "engine/picture.h"
#include "engine/plan.h"

struct step plan_volume_online(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        struct command get;
        struct step s;

        if (entity_is_online(e, r->entity)) /* 1. its device is there */
                return step_done();
        if (!entity_is_online(e, it->parent)) { /* 2. its pool */
                if (plan_require(e, r, it->parent, WISH_ONLINE, &s))
                        return s;
                return step_wait(REASON_WAIT_APPEAR, it->parent, NULL);
        }
        get = command_volmode_get(e->effects.arena, r->entity, it->zvol.pool, it->name);
        if (!plan_has_run(e, r, &get)) /* 3. does ZFS make a device for it at all? */
                return step_run(get);
        if (r->volmode_is_none)
                return step_run(
                        command_volmode(e->effects.arena, r->entity, it->zvol.pool, it->name));
        return step_wait(REASON_WAIT_APPEAR, r->entity, NULL); /* 4. udev is about to */
}

/* What the pool's last command has mounted or unmounted, as an import does. */
static bool dataset_look_at_mounts(const struct engine *e, const struct request *r,
                                   struct step *ret) {
        uint64_t settles = engine_node(e, engine_entity(e, r->entity)->parent)->settles;

        return plan_look_at_mounts(e, r, settles == UINT64_MAX ? 0 : settles, ret);
}

struct step plan_dataset_online(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        struct step s;

        if (entity_is_online(e, r->entity))
                return step_done();
        if (!entity_is_online(e, it->parent)) {
                if (plan_require(e, r, it->parent, WISH_ONLINE, &s))
                        return s;
                return step_wait(REASON_WAIT_APPEAR, it->parent, NULL);
        }
        if (dataset_look_at_mounts(e, r, &s))
                return s;
        return step_run(
                command_mount(e->effects.arena, r->entity, it->dataset.pool, it->name, true));
}

struct step plan_dataset_offline(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        struct step s;

        if (plan_wait_for_coming(e, r, &s))
                return s;
        if (!engine_node(e, r->entity)->in_use)
                return step_done();
        if (dataset_look_at_mounts(e, r, &s))
                return s;
        return step_run(
                command_mount(e->effects.arena, r->entity, it->dataset.pool, it->name, false));
}

const char *snapshot_name(struct arena *a, usec_t t) {
        time_t seconds = (time_t) (t / USEC_PER_SEC);
        char text[64];
        struct tm tm;

        (void) strftime(text, sizeof(text), "zmirror-%Y-%m-%d_%H-%M-%S",
                        localtime_r(&seconds, &tm));
        return arena_strdup(a, text);
}

struct step plan_snapshot(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        struct command c;
        struct step s;

        if (!entity_is_online(e, it->parent)) {       /* 1. its pool */
                if (pool_is_unsettled(e, it->parent)) /* a dataset may be seen before it */
                        return step_wait(REASON_WAIT_LOOK, it->parent, NULL);
                if (plan_require(e, r, it->parent, WISH_ONLINE, &s))
                        return s;
                return step_wait(REASON_WAIT_APPEAR, it->parent, NULL);
        }
        c = command_snapshot(e->effects.arena, r->entity, engine_entity(e, it->parent)->name,
                             it->name, snapshot_name(e->effects.arena, r->since.wall));
        if (plan_has_run_well(e, r, &c)) /* 2. made */
                return step_done();
        return step_run(c);
}
