/* engine/plan_disk.c - disks and partitions: a person plugs and pulls them, zmirror empties them:
 * SPEC 5 */
#include "engine/picture.h"
#include "engine/plan.h"

/* Only a person can bring it. */
struct step plan_disk_online(struct engine *e, const struct request *r) {
        if (entity_is_present(e, r->entity))
                return step_done();
        return step_fail(REASON_NOT_CONNECTED, r->entity, NULL);
}

/* Nothing to run: when nothing inside is in use any more, it is offline. Also for volumes. */
struct step plan_disk_offline(struct engine *e, const struct request *r) {
        struct step s;

        if (!engine_node(e, r->entity)->children_in_use) /* 1. nothing is in use */
                return step_done();
        if (plan_content_offline(e, r, &s)) /* 2. what is in use goes first */
                return s;
        return step_wait(REASON_WAIT_LOOK, r->entity,
                         NULL); /* 3. it is seen to be gone in a moment */
}
