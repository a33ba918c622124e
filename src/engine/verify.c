/* engine/verify.c - does the label of a leg keep up with those of the others? */
#include "engine/verify.h"
#include "base/text.h"
#include "engine/copy.h"
#include "engine/entry.h"
#include "engine/job.h"
#include "engine/labels.h"
#include "engine/ledger.h"
#include "engine/passport.h"
#include "engine/picture.h"
#include "engine/pool.h"

#define VERIFY_PAUSE (10 * USEC_PER_SEC)

/*
 * After a zpool sync, and a look at its pool, the label of an online sibling is read, and then that
 * of the leg, which must not be older: (d) of complete.c.
 */

void verify_start(struct engine *e, entity_id leg, const struct pool_status *s) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        struct command c = command_pool_sync(e->effects.arena, pool, s->name);

        engine_node(e, leg)->watch.stage = VERIFY_SYNC;
        if (!e->settings.enable_commands)
                verify_synced(e, pool, true); /* looks still run; the labels are as ZFS left them */
        else if (!job_is_waiting(e, s->name, COMMAND_POOL_SYNC)) /* which does for both */
                (void) job_add_for(e, JOB_VERIFY, pool, &c);
}

static void verify_failed(struct engine *e, entity_id leg, const char *why) {
        struct watch *w = &engine_node(e, leg)->watch;

        w->stage = VERIFY_NONE;
        w->fault = why;
        w->tries++;
        w->retry_at = e->now.mono + VERIFY_PAUSE;
        deadline_add(&e->deadlines, w->retry_at, leg);
}

void verify_synced(struct engine *e, entity_id pool, bool good) {
        const struct entity *it = engine_entity(e, pool);
        const struct pool_status *s = pool_status(e, pool);
        uint64_t look = 0;

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id leg = it->zpool.legs[i];
                struct watch *w = &engine_node(e, leg)->watch;

                if (w->stage != VERIFY_SYNC)
                        continue;
                if (!good || !s || engine_node(e, leg)->vdev == VDEV_NONE) {
                        verify_failed(e, leg,
                                      good ? "its pool does not answer" : "zpool sync fails");
                        continue;
                }
                if (!look)
                        look = engine_look(e, FACT_POOL, it->name);
                w->look = look;
                w->stage = VERIFY_LOOK;
        }
}

/* The label of an online sibling comes first. */
void verify_labels(struct engine *e, entity_id leg) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        uint32_t sibling = leg_find_sibling(e, leg);
        struct node *n = engine_node(e, leg);

        n->watch.sibling_txg = 0;
        n->watch.stage = sibling == VDEV_NONE ? VERIFY_LEG : VERIFY_SIBLING;
        if (sibling == VDEV_NONE)
                labels_ask(e, leg, LABEL_LEG, pool_vdev_path(e, pool, n->vdev));
        else
                labels_ask(e, leg, LABEL_SIBLING, pool_vdev_path(e, pool, sibling));
}

/* True when the look at the pool after the sync has been answered, with a status. */
bool verify_has_looked(struct engine *e, entity_id leg) {
        const struct node *pool = engine_node(e, engine_entity(e, leg)->zdev.zpool);
        const struct watch *w = &engine_node(e, leg)->watch;

        if (pool->status_seq < w->look)
                return false;
        if (pool->told_seq < w->look)
                verify_failed(e, leg, "its pool does not answer");
        return pool->told_seq >= w->look;
}

/* The leg's own label, after its sibling's: it must not be older. */
static void verify_judge(struct engine *e, entity_id leg, const struct label *label) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        struct watch *w = &engine_node(e, leg)->watch;
        struct leg_row *l = ledger_of(e, leg);

        w->stage = VERIFY_NONE;
        if (!s || !l || !l->m.watching || !leg_is_online(e, leg))
                return;
        if (!label || !label->valid) {
                verify_failed(e, leg, "its label cannot be read");
                return;
        }
        if (label->vdev_guid != l->m.vdev_guid || label->pool_guid != l->m.pool_guid) {
                verify_failed(e, leg, "its label is that of another leg");
                return;
        }
        if (label->txg < w->sibling_txg) {
                verify_failed(e, leg,
                              w->sibling_txg == UINT64_MAX
                                      ? "the label of the leg beside it cannot be read"
                                      : "its label stays behind those of the other legs");
                return;
        }
        entry_note_own(e, l, label);
        if (leg_has_no_source(e, leg))
                copy_suspect(e, leg, "no complete copy was there to the end of its resilver");
        watch_end(e, leg, l, s);
}

void verify_sibling_label(struct engine *e, entity_id leg, const struct label *label) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        struct node *n = engine_node(e, leg);

        if (n->watch.stage != VERIFY_SIBLING)
                return;
        if (!s || n->vdev == VDEV_NONE) { /* the pool or its leg has gone meanwhile */
                verify_failed(e, leg, "its pool does not answer");
                return;
        }
        n->watch.sibling_txg = label && label->valid ? label->txg : UINT64_MAX;
        n->watch.stage = VERIFY_LEG;
        labels_ask(e, leg, LABEL_LEG,
                   pool_vdev_path(e, engine_entity(e, leg)->zdev.zpool, n->vdev));
}

void verify_leg_label(struct engine *e, entity_id leg, const char *path,
                      const struct label *label) {
        const struct device *d = node_device(e, engine_node(e, leg));

        if (engine_node(e, leg)->watch.stage != VERIFY_LEG)
                return;
        if (leg_vdev(e, leg) && d && text_equal(d->devnode, path))
                verify_judge(e, leg, label);
        else
                verify_failed(e, leg, "its device has changed");
}
