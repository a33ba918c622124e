/* engine/entry.c - the entry of a leg in the ledger is closed with what its label says: SPEC 10 */
#include "engine/entry.h"
#include "base/text.h"
#include "engine/complete.h"
#include "engine/labels.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/pool.h"

/* It vanished in use: what the other legs carry now is the most that it can carry. */
static void ceiling_ask(struct engine *e, entity_id leg) {
        uint32_t sibling = leg_find_sibling(e, leg);

        if (sibling != VDEV_NONE)
                labels_ask(e, leg, LABEL_CEILING,
                           pool_vdev_path(e, engine_entity(e, leg)->zdev.zpool, sibling));
}

void entry_ceiling_label(struct engine *e, entity_id leg, const struct label *label) {
        struct leg_row *l = ledger_of(e, leg);

        if (!l || l->m.open || !label || !label->valid || label->pool_guid != l->m.pool_guid)
                return;
        l->m.ceiling_txg = label->txg;
        l->m.hostid = label->hostid;
        ledger_save_leg(e, l);
}

void entry_close(struct engine *e, entity_id leg) {
        const struct device *d = node_device(e, engine_node(e, leg));
        struct leg_row *l = ledger_of(e, leg);

        if (!l)
                return;
        l->m.open = false;
        l->m.closed_txg = l->m.closed_time = l->m.ceiling_txg = 0;
        /* It left while nobody looked, and may have come and left again, with its pool going on; as
         * it may have before a reboot if it was there again when its pool was imported. */
        if ((!d || e->rebooted) && engine_node(e, leg)->unmet && l->m.copy == COPY_COMPLETE &&
            pool_status(e, engine_entity(e, leg)->zdev.zpool))
                l->m.copy = COPY_INCOMPLETE;
        if (!d)
                l->m.closed_txg = l->m.before_txg; /* it carries more than that, as it was online */
        ledger_save_leg(e, l);
        engine_node(e, leg)->close_tried = true;
        if (!d) {
                ceiling_ask(e, leg);
                return;
        }
        engine_node(e, leg)->closing = true;
        engine_node(e, leg)->closing_on = d->diskseq;
        labels_ask(e, leg, LABEL_CLOSING, d->devnode);
}

void entry_closing_label(struct engine *e, entity_id leg, const char *path,
                         const struct label *label) {
        const struct device *d = node_device(e, engine_node(e, leg));
        struct leg_row *l = ledger_of(e, leg);

        engine_node(e, leg)->closing = false;
        engine_touch_around(e, leg);
        if (!d || !text_equal(d->devnode, path) || !l || !label || !label->valid ||
            label->vdev_guid != l->m.vdev_guid ||
            (l->m.hostid && label->hostid != l->m.hostid)) /* it was elsewhere */
                return;
        l->m.closed_txg = label->txg;
        l->m.closed_time = label->timestamp;
        l->m.hostid = label->hostid;
        ledger_save_leg(e, l);
}

/* A device that has gone meanwhile, or was replaced, tells nothing any more. */
bool entry_is_closing(const struct engine *e, entity_id leg) {
        const struct node *n = engine_node(e, leg);
        const struct device *d = node_device(e, n);

        return n->closing && d && d->diskseq == n->closing_on;
}

void entry_make_up(struct engine *e, entity_id leg) {
        const struct leg_row *l = ledger_of(e, leg);

        if (!l)
                return;
        if (!l->m.open && l->m.copy == COPY_COMPLETE && !l->m.closed_txg && !l->m.ceiling_txg &&
            !engine_node(e, leg)->close_tried)
                entry_close(e, leg); /* the daemon ended before it could read the label */
        else if (leg_vdev(e, leg) && engine_node(e, leg)->unmet && e->rebooted && l->m.open && !l->m.watching)
                entry_close(e, leg); /* its pool came back without it */
}
