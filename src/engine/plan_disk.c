/* engine/plan_disk.c - disks and partitions: a person plugs and pulls them, zmirror empties them */
#include "engine/content.h"
#include "engine/eject.h"
#include "engine/foreign.h"
#include "engine/handler.h"
#include "engine/picture.h"
#include "engine/plan.h"

/* Only a person can bring it. */
struct step plan_disk_online(struct engine *e, const struct request *r) {
        if (entity_is_present(e, r->entity))
                return step_done();
        return step_fail(REASON_NOT_CONNECTED, r->entity, NULL);
}

/* Handler lists of what lies on it, be it in a pool that lies on it alone. */
static bool disk_wait_for_handlers(const struct engine *e, entity_id disk, struct step *ret) {
        entity_id i = disk;
        struct content c;

        if (!handler_is_running(e, disk))
                for (i = content_first(e, &c, disk); i != ENTITY_NONE; i = content_next(e, &c, i))
                        if (handler_is_running(e, i))
                                break;
        if (i != ENTITY_NONE)
                *ret = step_wait_untimed(REASON_WAIT_HANDLERS, i, NULL);
        return i != ENTITY_NONE;
}

/* Nothing to run: when nothing inside is in use any more, it is offline. Also for volumes. */
struct step plan_disk_offline(struct engine *e, const struct request *r) {
        const char *use;
        struct step s;

        if (plan_wait_for_coming(e, r, &s)) /* 1. what is just coming into use */
                return s;
        if (plan_content_offline(e, r, &s)) /* 2. what is in use goes first */
                return s;
        if (engine_node(e, r->entity)->children_in_use) /* 3. it is seen to be gone in a moment */
                return step_wait(REASON_WAIT_LOOK, r->entity, NULL);
        if (plan_wait_for_labels(e, r, &s)) /* 4. what a leg in it carries */
                return s;
        if (disk_wait_for_handlers(e, r->entity, &s)) /* 5. what is done when something went */
                return s;
        if (plan_look_at_mounts(e, r, /* after= */ 0, &s)) /* 6. who else uses it */
                return s;
        use = foreign_find(e, r->entity, e->effects.arena);
        return use ? step_fail(REASON_HELD, r->entity, use) : step_done();
}

/* First it is safe, then it goes. */
struct step plan_disk_eject(struct engine *e, const struct request *r) {
        const struct device *d = node_device(e, engine_node(e, r->entity));
        struct step s;

        if (!d && eject_was_ours(e, r)) /* 1. it is gone, as it was to be */
                return step_done();
        if (!d) /* 2. by whomever, or it never was there */
                return step_fail(REASON_NOT_CONNECTED, r->entity, NULL);
        s = plan_disk_offline(e, r); /* 3. nothing on it is in use */
        if (s.kind != STEP_DONE)
                return s;
        if (r->failure.code == REASON_UNSUPPORTED) /* 4. it stays, but it may be unplugged */
                return step_done_but(REASON_UNSUPPORTED, r->entity, r->failure.detail);
        return step_run(command_power_off(e->effects.arena, r->entity, d->devnode));
}
