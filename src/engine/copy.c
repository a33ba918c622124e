/* engine/copy.c - what a leg counts as: a copy, half of one, or one that may have stale blocks */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/copy.h"
#include "engine/handler.h"
#include "engine/history.h"
#include "engine/labels.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/pool.h"

#define FAULT_GRACE (10 * USEC_PER_SEC)

/* One leaf alone in its top-level vdev has nobody to catch up from. */
bool leg_is_alone(const struct engine *e, entity_id leg) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        const struct vdev *v = leg_vdev(e, leg);
        uint32_t leaves = 0;

        for (uint32_t i = 0; s && v && i < s->n_vdevs; i++)
                leaves += s->vdevs[i].type == VDEV_TYPE_DISK && s->vdevs[i].top == v->top;
        return leaves <= 1;
}

bool leg_is_complete(const struct engine *e, entity_id leg) {
        const struct leg_row *l = ledger_of(e, leg);

        return leg_is_online(e, leg) && l && l->m.copy == COPY_COMPLETE && !l->m.watching;
}

bool leg_is_settled(const struct engine *e, entity_id leg) {
        const struct leg_row *l = ledger_of(e, leg);

        return leg_is_complete(e, leg) ||
               (leg_is_online(e, leg) && l && l->m.copy == COPY_SUSPECT && !l->m.watching);
}

bool leg_is_uncertain(const struct engine *e, entity_id leg) {
        return e->now.mono < engine_node(e, leg)->uncertain_until;
}

/* Nobody that is whole is left to catch up from; what ZFS makes of it then is no copy, although it
 * says "0 errors" and forgets what the leg lacks (seen on 2.3.2). */
bool leg_has_no_source(const struct engine *e, entity_id leg) {
        return !leg_is_alone(e, leg) && pool_needs_leg(e, leg);
}

void watch_stop(struct engine *e, entity_id leg, struct leg_row *l) {
        l->m.watching = false;
        engine_node(e, leg)->watch = (struct watch){};
        labels_drop(e, leg, LABEL_SIBLING);
        labels_drop(e, leg, LABEL_LEG);
        ledger_save_leg(e, l);
        engine_touch_around(e, leg);
        engine_touch_around(e, engine_entity(e, leg)->zdev.zpool); /* a scrub waits for all legs */
}

/* Another record than the one from before. A resilver that was running when the leg came online
 * is not for it, whenever it ends: ZFS restarts it, or defers the leg to the next one
 * (dsl_scan_assess_vdev in module/zfs/dsl_scan.c). */
bool scan_is_other(const struct scan *now, const struct scan *before) {
        if (now->start && before->start && now->function == before->function)
                return now->start != before->start;
        return now->function != before->function || now->state != before->state ||
               now->end != before->end;
}

/* --- how a watch ends */

/* It is whole, as of now. */
static void leg_prove(struct engine *e, entity_id leg, struct leg_row *l, enum proof_kind kind) {
        const struct vdev *v = leg_vdev(e, leg);
        struct row *row = engine_node(e, leg)->row;

        l->m.copy = COPY_COMPLETE;
        l->m.proof = (struct proof){ .kind = kind, .at = e->now.wall };
        l->m.write_errors = v ? v->write_errors : 0;
        ledger_save_leg(e, l);
        row->m.last_update = e->now.wall;
        engine_save_row(e, leg);
}

/* Nearly all that its pool holds was written to it again, though it had been whole before: ZFS does
 * not know what it missed (OpenZFS #10150). */
static bool leg_was_copied(const struct leg_row *l, const struct pool_status *s) {
        uint32_t tops = 0;

        for (uint32_t i = 0; i < s->n_vdevs; i++)
                tops += vdev_is_top(s, i);
        return l->m.proof.at && s->scan.to_examine && tops &&
               s->scan.processed >= s->scan.to_examine / tops / 10 * 9;
}

static void leg_completed(struct engine *e, entity_id leg, struct leg_row *l,
                          const struct pool_status *s) {
        bool resilvered = scan_is_other(&s->scan, &l->m.before) &&
                          s->scan.function == SCAN_RESILVER;
        usec_t took = resilvered && s->scan.end > s->scan.start ? s->scan.end - s->scan.start : 0;
        const char *change = arena_printf(e->effects.arena, "resilvered|%" PRIu64 "|%" PRIu64,
                                          l->m.vdev_guid, l->m.since);
        const char *json = arena_printf(e->effects.arena,
                                        "{\"pool\":\"%s\",\"resilvered\":%s,\"bytes\":%" PRIu64
                                        ",\"seconds\":%" PRIu64 "}",
                                        s->name, resilvered ? "true" : "false",
                                        resilvered ? s->scan.processed : 0, took / USEC_PER_SEC);
        char duration[TIME_PRINT_MAX], size[SIZE_PRINT_MAX];
        uint64_t sibling_txg;

        if (resilvered && leg_was_copied(l, s))
                engine_log(e, LOG_LEVEL_WARNING, leg,
                           "the resilver of %s has written nearly all of its pool again (%s), not "
                           "only what it had missed: was it detached or replaced? Take it offline "
                           "and online, and ZFS copies what has changed",
                           engine_title(e, leg), size_print(s->scan.processed, size));
        sibling_txg = engine_node(e, leg)->watch.sibling_txg;
        leg_prove(e, leg, l,
                  leg_is_alone(e, leg) ? PROOF_ALONE
                  : resilvered         ? PROOF_RESILVER
                                       : PROOF_QUIET);
        l->m.proof.bytes = resilvered ? s->scan.processed : 0;
        l->m.proof.took = took;
        l->m.proof.sibling_txg = sibling_txg;
        l->m.before = s->scan;
        watch_stop(e, leg, l);
        if (resilvered)
                history_add(e, HISTORY_RESILVERED, leg, change, json,
                            "%s is up to date: resilvered in %s, %s", engine_title(e, leg),
                            duration_print(took, duration), size_print(s->scan.processed, size));
        else
                history_add(e, HISTORY_RESILVERED, leg, change, json,
                            "%s is up to date: it had missed nothing", engine_title(e, leg));
        handler_fire(e, leg, EVENT_RESILVERED, change);
        engine_touch_around(e, leg);
}

void leg_failed(struct engine *e, entity_id leg, struct leg_row *l, const char *why) {
        const char *change = arena_printf(e->effects.arena, "update_failed|%" PRIu64 "|%" PRIu64,
                                          l->m.vdev_guid, l->m.since);

        watch_stop(e, leg, l);
        history_add(e, HISTORY_UPDATE_FAILED, leg, change, NULL, "%s is not up to date: %s",
                    engine_title(e, leg), why);
        handler_fire(e, leg, EVENT_UPDATE_FAILED, change);
}

/* ZFS has nothing more to write to it. */
void watch_end(struct engine *e, entity_id leg, struct leg_row *l, const struct pool_status *s) {
        if (l->m.copy == COPY_SUSPECT) {
                l->m.before = s->scan; /* what ran until now has not covered it */
                leg_failed(e, leg, l,
                           arena_printf(e->effects.arena,
                                        "%s; a scrub with every leg online has to find nothing to "
                                        "repair on it",
                                        l->suspicion));
        } else
                leg_completed(e, leg, l, s);
}

/* The pool is gone, and with it the record of how the resilver ended. */
void leg_disappeared(struct engine *e, entity_id leg, struct leg_row *l) {
        const char *change = arena_printf(e->effects.arena,
                                          "update_disappeared|%" PRIu64 "|%" PRIu64, l->m.vdev_guid,
                                          l->m.since);

        watch_stop(e, leg, l);
        history_add(e, HISTORY_OPERATION_DISAPPEARED, leg, change, NULL,
                    "the pool of %s went before its resilver had ended", engine_title(e, leg));
        handler_fire(e, leg, EVENT_UPDATE_DISAPPEARED, change);
}

void copy_suspect(struct engine *e, entity_id leg, const char *why) {
        struct leg_row *l = ledger_of(e, leg);

        if (!l)
                return;
        l->m.copy = COPY_SUSPECT;
        (void) snprintf(l->suspicion, sizeof(l->suspicion), "%s", why);
        ledger_save_leg(e, l);
        engine_touch_around(e, leg);
}

void copy_clear(struct engine *e, entity_id leg, usec_t scrub_end) {
        struct leg_row *l = ledger_of(e, leg);
        const char *change = arena_printf(e->effects.arena, "cleared|%" PRIu64 "|%" PRIu64,
                                          l->m.vdev_guid, scrub_end);

        l->m.apart = false;
        l->suspicion[0] = 0;
        leg_prove(e, leg, l, PROOF_SCRUB);
        history_add(e, HISTORY_RESILVERED, leg, change, NULL,
                    "%s is up to date: a scrub with every leg online had nothing to repair on it",
                    engine_title(e, leg));
        handler_fire(e, leg, EVENT_RESILVERED, change);
        engine_touch_around(e, leg);
}

/* --- spoilt */

/* ZFS can let go of its device, and take another in its place: the pool goes on without it. */
static bool leg_can_be_replaced(const struct engine *e, entity_id leg) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        uint32_t self = engine_node(e, leg)->vdev, others = 0;
        struct vdev_shape shape;

        if (!s || s->suspended || self == VDEV_NONE)
                return false;
        shape = vdev_shape(s, s->vdevs[self].top);
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                others += i != self && s->vdevs[i].type == VDEV_TYPE_DISK &&
                          s->vdevs[i].top == s->vdevs[self].top &&
                          vdev_state_is_online(s->vdevs[i].state);
        return others >= vdev_shape_needs(&shape);
}

/* ZFS has the leg ONLINE, but on another device than it came online with, or on none: if ZED has
 * taken the new one, that is being written to, and nothing is known of it. */
void leg_doubt(struct engine *e, entity_id leg, struct leg_row *l, const struct vdev *v) {
        entity_id parent = engine_entity(e, leg)->parent;

        if (!v || !vdev_state_is_online(v->state) || engine_node(e, leg)->device != SLOT_NONE ||
            engine_node(e, parent)->device == SLOT_NONE || l->m.copy != COPY_COMPLETE ||
            !leg_can_be_replaced(e, leg))
                return;
        l->m.copy = COPY_INCOMPLETE;
        ledger_save_leg(e, l);
}

/* It was whole, and is not any more. */
static void leg_spoil(struct engine *e, entity_id leg, struct leg_row *l, const char *why) {
        l->m.copy = COPY_INCOMPLETE;
        ledger_save_leg(e, l);
        history_add(e, HISTORY_UPDATE_FAILED, leg,
                    arena_printf(e->effects.arena, "spoilt|%" PRIu64 "|%" PRIu64, l->m.vdev_guid,
                                 e->now.wall),
                    NULL, "%s is not up to date any more: %s", engine_title(e, leg), why);
        engine_touch_around(e, leg);
}

/* What ZFS could not write to a leg it writes when it is told to try again (`zpool clear`), or when
 * the leg comes online again. A device that is gone takes no harm. */
void leg_notice_errors(struct engine *e, entity_id leg, struct leg_row *l, const struct vdev *v) {
        const char *pool = engine_entity(e, leg)->zdev.pool;
        const char *argument = leg_argument(e, leg, e->effects.arena);
        const char *help = arena_printf(
                e->effects.arena,
                "see to its cable and its disk; then have ZFS write what is "
                "missing: zpool clear %s %s, or take it offline and online",
                pool, argument);

        if (l->m.copy != COPY_COMPLETE || l->m.watching)
                return;
        if (v->write_errors > l->m.write_errors)
                leg_spoil(e, leg, l,
                          arena_printf(e->effects.arena,
                                       "ZFS could not write to it (%" PRIu64 " errors): %s",
                                       v->write_errors - l->m.write_errors, help));
        else if (v->state == VDEV_STATE_DEGRADED)
                leg_spoil(e, leg, l,
                          arena_printf(e->effects.arena, "ZFS calls it DEGRADED (%s): %s",
                                       *v->aux ? v->aux : "too many errors", help));
        else if (v->write_errors != l->m.write_errors) { /* somebody has cleared them */
                l->m.write_errors = v->write_errors;
                ledger_save_leg(e, l);
        }
}

/* ZFS has given it up, though its device is there: some of what it was to write last is not on it.
 * The kernel may tell of a device that was pulled a moment later than ZFS. */
void leg_notice_fault(struct engine *e, entity_id leg, struct leg_row *l, const struct vdev *v) {
        struct node *n = engine_node(e, leg);

        if (!v || v->state != VDEV_STATE_FAULTED || n->device == SLOT_NONE ||
            l->m.copy != COPY_COMPLETE || l->m.watching) {
                n->faulted_at = 0;
                return;
        }
        if (!n->faulted_at) {
                n->faulted_at = e->now.mono + FAULT_GRACE;
                deadline_add(&e->deadlines, n->faulted_at, leg);
        }
        if (e->now.mono >= n->faulted_at)
                leg_spoil(e, leg, l,
                          arena_printf(e->effects.arena, "ZFS has given it up (%s)",
                                       *v->aux ? v->aux : "FAULTED"));
}
