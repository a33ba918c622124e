/* engine/entry.c - the entry of a leg in the ledger: open while it is in use, closed with what its
 * label says then
 *
 * While a leg is in use, only a lower bound is known of what it carries: what its label said when
 * it came online, or when it was found to be up to date. When it goes, its label is read again:
 * then it is known what it carries, until somebody else writes to it. If it vanishes, a leg that is
 * still there tells the most that it can carry (the ceiling); what it carries is read when it is
 * back. If it goes while nobody looks (a power cut, a kill), its entry stays open until it is seen
 * without use, or until its pool goes on without it. A leg that is plugged in is looked at in any
 * case: if somebody else puts it online, it is known what was on it.
 */
#include <inttypes.h>

#include "base/text.h"
#include "engine/copy.h"
#include "engine/entry.h"
#include "engine/history.h"
#include "engine/labels.h"
#include "engine/ledger.h"
#include "engine/passport.h"
#include "engine/picture.h"
#include "engine/pool.h"

#define LABELS     4u /* on each leg */
#define READ_TRIES 3u
#define READ_PAUSE (2 * USEC_PER_SEC)

/* The label is that of this leg. */
static bool label_is_of(const struct label *label, const struct leg_row *l) {
        return label && label->valid && label->vdev_guid == l->m.vdev_guid &&
               label->pool_guid == l->m.pool_guid;
}

/* --- in use
 * ------------------------------------------------------------------------------------------------
 */

void entry_open(struct engine *e, entity_id leg) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        const struct device *d = node_device(e, engine_node(e, leg));
        uint64_t instance = s ? ledger_instance(e, s) : 0;
        struct leg_row *l = ledger_of(e, leg);

        engine_node(e, leg)->entry_on = 0;
        if (!l || !d ||
            (l->m.open && l->m.instance == instance && engine_node(e, leg)->vdev_online))
                return;
        l->m.open = true;
        l->m.instance = instance;
        l->m.closed_txg = l->m.closed_time = l->m.ceiling_txg = 0;
        l->m.scrub_start = 0; /* it was away in between, as far as is known */
        ledger_save_leg(e, l);
        labels_ask(e, leg, LABEL_OPENED, d->devnode);
}

void entry_opened_label(struct engine *e, entity_id leg, const struct label *label) {
        struct leg_row *l = ledger_of(e, leg);

        if (l && l->m.open && label_is_of(label, l))
                entry_note_own(e, l, label);
}

void entry_note_own(struct engine *e, struct leg_row *l, const struct label *label) {
        if (label->txg > l->m.own_txg)
                l->m.own_txg = label->txg;
        l->m.hostid = label->hostid;
        ledger_save_leg(e, l);
}

/* --- it goes
 * ------------------------------------------------------------------------------------------------
 */

static void entry_read(struct engine *e, entity_id leg, const struct device *d) {
        struct node *n = engine_node(e, leg);

        if (n->entry_on != d->diskseq + 1)
                n->entry_tries = 0;
        n->entry_retry_at = 0;
        n->closing = true;
        n->closing_on = d->diskseq;
        n->entry_on = d->diskseq + 1;
        labels_ask(e, leg, LABEL_CLOSING, d->devnode);
}

/* It vanished in use: what the other legs carry now is the most that it can carry. */
static void ceiling_ask(struct engine *e, entity_id leg) {
        uint32_t sibling = leg_find_sibling(e, leg);

        engine_node(e, leg)->entry_on = 1;
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

/* It left while nobody looked, and may have come and left again, with its pool going on; or before
 * it was known whether it was to be resilvered. */
static void entry_doubt(const struct engine *e, entity_id leg, struct leg_row *l) {
        if ((engine_node(e, leg)->unmet || leg_is_uncertain(e, leg)) &&
            l->m.copy == COPY_COMPLETE && pool_status(e, engine_entity(e, leg)->zdev.zpool))
                l->m.copy = COPY_INCOMPLETE;
}

void entry_close(struct engine *e, entity_id leg) {
        const struct device *d = node_device(e, engine_node(e, leg));
        struct leg_row *l = ledger_of(e, leg);

        if (!l)
                return;
        labels_drop(e, leg, LABEL_OPENED);
        l->m.open = false;
        l->m.closed_txg = l->m.closed_time = l->m.ceiling_txg = 0;
        if (!d)
                entry_doubt(e, leg, l);
        ledger_save_leg(e, l);
        if (d)
                entry_read(e, leg, d);
        else
                ceiling_ask(e, leg);
}

/* What is wrong with it; NULL: nothing. */
static const char *label_fault(struct arena *a, const struct label *label,
                               const struct leg_row *l) {
        if (!label || !label->valid)
                return "no label can be read on it";
        if (!label_is_of(label, l))
                return "its label is that of another leg";
        if (!label->config_txg)
                return "an import would skip it: its label has no transaction group";
        if (label->txg < l->m.own_txg)
                return arena_printf(a,
                                    "its label is older (txg %" PRIu64 ") than when it was in use "
                                    "(%" PRIu64 ")",
                                    label->txg, l->m.own_txg);
        return NULL;
}

/* The pool whose volume it is waits for its own device: that says nothing of the leg. */
static bool leg_hangs(const struct engine *e, entity_id leg) {
        entity_id i = engine_entity(e, leg)->parent;

        while (i != ENTITY_NONE && engine_entity(e, i)->type != ENTITY_ZPOOL)
                i = engine_entity(e, i)->parent;
        return i != ENTITY_NONE && pool_find_suspended(e, i) != ENTITY_NONE;
}

/* It went as a whole copy; with such a label it is none. */
static void entry_spoil(struct engine *e, entity_id leg, struct leg_row *l, const char *fault) {
        struct row *row = engine_node(e, leg)->row;

        if (l->m.copy != COPY_COMPLETE)
                return;
        l->m.copy = COPY_INCOMPLETE;
        ledger_save_leg(e, l);
        row->m.last_update = l->m.proof.at;
        engine_save_row(e, leg);
        history_add(e, HISTORY_UPDATE_FAILED, leg,
                    arena_printf(e->effects.arena, "label|%" PRIu64 "|%" PRIu64, l->m.vdev_guid,
                                 e->now.wall),
                    NULL, "%s is not a copy: %s", engine_title(e, leg), fault);
}

/* It carries what it was to carry. Until when it was up to date is known now. */
static void entry_prove(struct engine *e, entity_id leg, struct leg_row *l,
                        const struct label *label) {
        struct row *row = engine_node(e, leg)->row;

        l->m.closed_txg = label->txg;
        l->m.closed_time = label->timestamp;
        entry_note_own(e, l, label);
        if (l->m.copy == COPY_COMPLETE && row->m.last_online > row->m.last_update) {
                row->m.last_update = row->m.last_online;
                engine_save_row(e, leg);
        }
        if (label->n_labels < LABELS)
                engine_log(
                        e, LOG_LEVEL_WARNING, leg,
                        "only %u of the %u labels on %s are whole: a scrub with it online writes "
                        "them anew; if it happens again, the disk is failing",
                        label->n_labels, LABELS, engine_title(e, leg));
}

void entry_closing_label(struct engine *e, entity_id leg, const char *path,
                         const struct label *label) {
        struct node *n = engine_node(e, leg);
        const struct device *d = node_device(e, n);
        struct leg_row *l = ledger_of(e, leg);
        const char *fault;

        n->closing = false;
        engine_touch_around(e, leg);
        if (!d || !text_equal(d->devnode, path))
                return;
        leg_set_passport(e, leg, label);
        if (leg_vdev(e, leg) && !leg_is_online(e, leg)) /* is it still, if somebody is quicker? */
                (void) engine_look(e, FACT_POOL, engine_entity(e, leg)->zdev.pool);
        if (!l || l->m.open || l->m.closed_time)
                return;
        fault = label_fault(e->effects.arena, label, l);
        if (fault && (!label || !label->valid) && ++n->entry_tries < READ_TRIES) {
                n->closing = true; /* once more */
                n->entry_retry_at = e->now.mono + READ_PAUSE;
                deadline_add(&e->deadlines, n->entry_retry_at, leg);
                return;
        }
        if (fault && leg_hangs(e, leg))
                n->entry_on = 0; /* when that goes on */
        else if (fault)
                entry_spoil(e, leg, l, fault);
        else if (!(l->m.ceiling_txg && label->txg > l->m.ceiling_txg) &&
                 !(l->m.hostid && label->hostid != l->m.hostid)) /* else it was elsewhere */
                entry_prove(e, leg, l, label);
}

/* A device that has gone meanwhile, or was replaced, tells nothing any more. */
bool entry_is_closing(const struct engine *e, entity_id leg) {
        const struct node *n = engine_node(e, leg);
        const struct device *d = node_device(e, n);

        return n->closing && d && d->diskseq == n->closing_on;
}

/* --- what nobody has seen
 * ------------------------------------------------------------------------------------------------
 */

/* Its label was read before the daemon began anew. */
static bool entry_was_read(const struct engine *e, entity_id leg, const struct leg_row *l,
                           const struct device *d) {
        const struct memory_entity *m = &engine_node(e, leg)->row->m;

        return (l->m.closed_time || l->m.copy != COPY_COMPLETE) && state_is_present(m->state) &&
               m->device_seq == d->diskseq;
}

void entry_make_up(struct engine *e, entity_id leg) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        struct node *n = engine_node(e, leg);
        const struct device *d = node_device(e, n);
        struct leg_row *l = ledger_of(e, leg);

        if (d && entry_is_closing(e, leg) && n->entry_retry_at && e->now.mono >= n->entry_retry_at)
                entry_read(e, leg, d);
        if (!l || l->m.watching || n->entry_on == (d ? d->diskseq + 1 : 1) || leg_hangs(e, leg) ||
            (pool != ENTITY_NONE && (engine_node(e, pool)->frozen ||
                                     (engine_node(e, pool)->seen && !pool_status(e, pool)))))
                return;
        if (l->m.open && pool_status(e, pool))
                return; /* entry_leave_behind */
        if (l->m.open && d)
                entry_close(e, leg);
        else if (!l->m.open && d && entry_was_read(e, leg, l, d))
                n->entry_on = d->diskseq + 1;
        else if (!l->m.open && d)
                entry_read(e, leg, d);
        else if (!l->m.open && !l->m.closed_time && !l->m.ceiling_txg) {
                entry_doubt(e, leg, l); /* how far the others had come then was not written down */
                ledger_save_leg(e, l);
                ceiling_ask(e, leg);
        }
}

void entry_leave_behind(struct engine *e, entity_id leg, uint64_t txg, bool newest) {
        struct leg_row *l = ledger_of(e, leg);
        enum copy was = l ? l->m.copy : COPY_UNKNOWN;

        if (!l || !l->m.open || l->m.watching)
                return;
        entry_close(e, leg);
        l->m.copy = was;
        if (was == COPY_COMPLETE && !newest) /* it may have come and left again */
                l->m.copy = COPY_INCOMPLETE;
        if (txg && !node_device(e, engine_node(e, leg))) {
                labels_drop(e, leg, LABEL_CEILING);
                l->m.ceiling_txg = txg;
        }
        ledger_save_leg(e, l);
}

void entry_before_import(struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);
        uint64_t newest = 0;

        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (leg_passport(e, it->zpool.legs[i])->txg > newest)
                        newest = leg_passport(e, it->zpool.legs[i])->txg;
        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                struct leg_row *l = ledger_of(e, it->zpool.legs[i]);

                if (!l || !l->m.open || entity_is_present(e, it->zpool.legs[i]))
                        continue;
                l->m.open = false;
                l->m.closed_txg = l->m.closed_time = 0;
                l->m.ceiling_txg = newest + 1; /* one txg may have been on its way */
                ledger_save_leg(e, l);
        }
}
