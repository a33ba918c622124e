/* engine/complete.c - when a leg that came online is up to date, as ZFS does not say it */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/complete.h"
#include "engine/copy.h"
#include "engine/entry.h"
#include "engine/guard.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/passport.h"
#include "engine/picture.h"
#include "engine/pool.h"
#include "engine/verify.h"

/*
 * ZFS does not say which leg a resilver was for, nor that it is about to start one, and it calls a
 * resilver finished "with 0 errors" though its leg was pulled in the middle. So a leg that comes
 * online is incomplete from before that moment, and is watched, until all of this holds:
 *
 *   (a) another RESILVER record than the one from before has FINISHED without errors, none runs,
 * and none is deferred; or no scan was to be seen for 8 txgs and 30 s, so that nothing was missed;
 *   (b) the leg is ONLINE, its device is there, and its error counters have not grown;
 *   (c) the pool has no checkpoint (with one, ZFS keeps what a leg missed, and resilvers again);
 *   (d) after a zpool sync the newest uberblock on the leg is not older than one read before from
 * an online sibling.
 *
 * Until then nothing that the leg holds counts as a copy.
 */

/* So long nothing is to be seen of a scan. Where the kernel does not tell the txg, three times as
 * long. */
struct quiet {
        uint64_t txgs;
        usec_t usec;
};

static const struct quiet quiet_long = { 8, 30 * USEC_PER_SEC };  /* nothing was missed */
static const struct quiet quiet_short = { 3, 10 * USEC_PER_SEC }; /* no resilver follows at once */

#define LATE_RESILVER USEC_PER_MIN /* five txgs, and some time for each */

static uint64_t vdev_errors(const struct vdev *v) {
        return v->read_errors + v->write_errors + v->checksum_errors;
}

bool leg_operation_runs(const struct engine *e, entity_id leg, enum operation op) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        const struct vdev *v = leg_vdev(e, leg);
        const struct leg_row *l = ledger_of(e, leg);

        if (!v || !vdev_state_is_online(v->state) || s->suspended)
                return false;
        switch (op) {
        case OPERATION_UPDATE:
                return (l && l->m.watching) || v->resilver_deferred ||
                       (v->resilvering && s->scan.function == SCAN_RESILVER);
        case OPERATION_SCRUB:
                return s->scan.function == SCAN_SCRUB && s->scan.state == SCAN_STATE_SCANNING;
        case OPERATION_TRIM:
                return v->trim_state == TRIM_ACTIVE;
        case _OPERATION_MAX:
                break;
        }
        return false;
}

/* --- watching
 * ---------------------------------------------------------------------------------------- */

static void watch_start(struct engine *e, entity_id leg, struct leg_row *l,
                        const struct scan *before, uint64_t txg) {
        const struct vdev *v = leg_vdev(e, leg);

        if (l->m.copy != COPY_SUSPECT)
                l->m.copy = COPY_INCOMPLETE;
        l->m.watching = true;
        l->m.open = true;
        l->m.before = *before;
        l->m.before_txg = txg;
        l->m.since = e->now.wall;
        l->m.errors_before = v ? vdev_errors(v) : 0;
        l->m.resilver_seen = false;
        l->m.met_start = 0;
        engine_node(e, leg)->watch = (struct watch){ .pending = !v ||
                                                                !vdev_state_is_online(v->state) };
        ledger_save_leg(e, l);
}

/* Its device is the one that ZFS will have, though it may be replaced while the command runs. */
static void leg_is_coming(struct engine *e, entity_id leg) {
        struct node *n = engine_node(e, leg);
        const struct device *d = node_device(e, n);

        n->coming_on = d ? d->diskseq : 0;
}

/* It was online before anybody looked. What resilver that was, which ran then or had ended already,
 * nobody can say: perhaps it was for another leg, and this one is to have its turn. */
static void watch_met(struct engine *e, struct leg_row *l, const struct scan *s) {
        l->m.met_start = s->function == SCAN_RESILVER ? s->start : 0;
        ledger_save_leg(e, l);
}

void complete_before_online(struct engine *e, entity_id leg) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        struct leg_row *l = ledger_of(e, leg);

        if (s && !leg_is_online(e, leg))
                leg_is_coming(e, leg);
        if (s && l && !leg_is_online(e, leg))
                watch_start(e, leg, l, &s->scan, s->txg);
}

/* The other legs of its top-level vdev that are configured: all of the pool where nobody said how
 * it is made up. True if the label of one that is here is newer; ZFS writes them all at once. */
static bool leg_is_behind(const struct engine *e, entity_id leg, bool *ret_all_known) {
        const struct entity *it = engine_entity(e, leg), *pool = engine_entity(e, it->zdev.zpool);
        const struct backing *group = it->zdev.backing;
        uint32_t n = group ? group->n_devices : pool->zpool.n_legs;
        bool behind = false;

        *ret_all_known = true;
        for (uint32_t i = 0; i < n; i++) {
                entity_id other = group ? group->devices[i].leg : pool->zpool.legs[i];
                const struct passport *p;

                if (other == ENTITY_NONE) {
                        *ret_all_known = false;
                        continue;
                }
                p = leg_passport(e, other);
                behind |= p->valid && p->txg > leg_passport(e, leg)->txg;
        }
        return behind;
}

/* Complete and current when its pool was last seen here, it is what the others catch up from. Its
 * end has to have been seen: one that was pulled just before an export is behind, and nobody says
 * so. */
static bool leg_stays_complete(const struct engine *e, entity_id leg, const struct leg_row *l,
                               const struct pool_row *p) {
        bool all_known, behind = leg_is_behind(e, leg, &all_known);

        return l->m.copy == COPY_COMPLETE && ledger_is_current(p, l->m.vdev_guid) && !behind &&
               (l->m.open || l->m.closed_time || all_known);
}

void complete_before_clear(struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);
        const struct pool_row *p = ledger_find_pool(e, it->name);
        const struct pool_status *s = pool_status(e, pool);

        for (uint32_t i = 0; s && s->suspended && i < it->zpool.n_legs; i++) {
                struct leg_row *l = ledger_of(e, it->zpool.legs[i]);

                if (!l || !leg_passport(e, it->zpool.legs[i])->valid)
                        continue;
                leg_is_coming(e, it->zpool.legs[i]);
                if (l->m.copy == COPY_COMPLETE && ledger_is_current(p, l->m.vdev_guid)) {
                        l->m.open = true; /* it has missed nothing: the pool has waited for it */
                        ledger_save_leg(e, l);
                } else if (!leg_is_online(e, it->zpool.legs[i]))
                        watch_start(e, it->zpool.legs[i], l, p ? &p->m.scan : &s->scan, s->txg);
        }
}

void complete_before_import(struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);
        const struct pool_row *p = ledger_find_pool(e, it->name);
        struct scan before = p ? p->m.scan : (struct scan){};

        entry_before_import(e, pool);
        before.start = 0; /* a resilver that was running goes on after the import, as the same */
        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                struct leg_row *l = ledger_of(e, it->zpool.legs[i]);

                leg_is_coming(e, it->zpool.legs[i]);
                if (!l || !p || !entity_is_present(e, it->zpool.legs[i]) ||
                    leg_stays_complete(e, it->zpool.legs[i], l, p))
                        continue;
                watch_start(e, it->zpool.legs[i], l, &before, p->m.newest_txg);
        }
}

/* Its pool is imported with it. What the record says by now was so before: a resilver begins five
 * txgs later at the earliest. One that was running goes on, as the same. */
static void watch_arrive(struct engine *e, struct leg_row *l, const struct pool_status *s) {
        l->m.before = s->scan;
        if (s->scan.state == SCAN_STATE_SCANNING)
                l->m.before.start = 0;
        ledger_save_leg(e, l);
}

/* The entry of a leg whose vdev was just seen; what is seen for the first time is adopted. */
static struct leg_row *leg_enter(struct engine *e, entity_id leg, const struct pool_status *s,
                                 const struct vdev *v) {
        struct row *row = engine_node(e, leg)->row;
        struct leg_row *l;

        if (!v->guid)
                return NULL;
        if (row->m.vdev_guid != v->guid && (vdev_state_is_online(v->state) || !row->m.vdev_guid)) {
                row->m.vdev_guid = v->guid;
                engine_save_row(e, leg);
        }
        l = ledger_leg(e, v->guid);
        if (l->m.pool_guid == s->guid && text_equal(l->entity, engine_entity(e, leg)->id))
                return l;
        l->m.pool_guid = s->guid;
        (void) snprintf(l->entity, sizeof(l->entity), "%s", engine_entity(e, leg)->id);
        ledger_save_leg(e, l);
        return l;
}

/* The first time a leg is seen it is trusted, unless a resilver runs. */
static void leg_adopt(struct engine *e, entity_id leg, struct leg_row *l,
                      const struct pool_status *s) {
        const char *id = engine_entity(e, leg)->id;
        bool scanning = s->scan.function == SCAN_RESILVER && s->scan.state == SCAN_STATE_SCANNING;
        const char *change = arena_printf(e->effects.arena, "adopted|%s|%" PRIu64, id,
                                          l->m.vdev_guid);

        if (scanning || s->rebuilding || leg_vdev(e, leg)->resilver_deferred) {
                watch_start(e, leg, l, &(struct scan){}, s->txg);
                watch_met(e, l, &s->scan);
                l->m.resilver_seen = true;
        } else {
                l->m.copy = COPY_COMPLETE;
                l->m.write_errors = leg_vdev(e, leg)->write_errors;
                l->m.before = s->scan;
        }
        ledger_save_leg(e, l);
        history_add(e, HISTORY_ADOPTED, leg, change, NULL,
                    "%s is seen for the first time (vdev %" PRIu64 "): %s", engine_title(e, leg),
                    l->m.vdev_guid,
                    l->m.watching ? "it is being resilvered" : "taken as up to date");
}

/* First seen while its pool goes on without it: when it comes online it has something to catch up.
 */
static void leg_enter_behind(struct engine *e, struct leg_row *l) {
        l->m.copy = COPY_INCOMPLETE;
        ledger_save_leg(e, l);
}

/* ZED, or an administrator, was faster than the guards: what only the leg had is being overwritten,
 * and ZFS does not know which of its blocks are stale. */
static void leg_notice_overrun(struct engine *e, entity_id leg, const struct leg_row *l) {
        struct reason why;

        if (!guard_was_overrun(e, leg, &why))
                return;
        history_add(e, HISTORY_STALE, leg,
                    arena_printf(e->effects.arena, "overrun|%" PRIu64 "|%" PRIu64, l->m.vdev_guid,
                                 e->now.wall),
                    NULL,
                    "somebody else (ZED, an administrator) has put %s online, which zmirror would "
                    "have refused: what only it had is lost, and it may have stale blocks. It does "
                    "not count as a copy until a scrub with every leg online has found nothing to "
                    "repair on it: zmirror scrub zpool %s",
                    engine_title(e, leg), engine_entity(e, leg)->zdev.pool);
        copy_suspect(e, leg, "it was put online although its data had gone another way");
}

/* Its pool was not exported: the machine went down. If the leg was lost a moment before that, the
 * others know, and ZFS resilvers it five txgs after the import. */
static void leg_notice_survivor(struct engine *e, entity_id leg, const struct leg_row *l,
                                const struct pool_status *s) {
        uint64_t instance = ledger_instance(e, s);

        if (!l->m.open || leg_is_alone(e, leg) || (instance && l->m.instance == instance))
                return;
        engine_node(e, leg)->uncertain_until = e->now.mono + LATE_RESILVER;
}

/* It came online, by whomever, and nobody watched it before: what it missed is not known. */
static void leg_notice_online(struct engine *e, entity_id leg, struct leg_row *l,
                              const struct pool_status *s) {
        const struct pool_row *p = ledger_find_pool(e, s->name);
        bool imported = engine_node(e, engine_entity(e, leg)->zdev.zpool)->arrived || l->m.open;
        bool current = l->m.copy == COPY_COMPLETE && ledger_is_current(p, l->m.vdev_guid);

        l->m.before = s->scan;
        l->m.write_errors = leg_vdev(e, leg)->write_errors;
        ledger_save_leg(e, l);
        if (imported && current) { /* it is what the others catch up from */
                leg_notice_survivor(e, leg, l, s);
                return;
        } /* else the pool went on without it */
        leg_notice_overrun(e, leg, l);
        watch_start(e, leg, l, p ? &p->m.scan : &s->scan, s->txg);
        watch_met(e, l, &s->scan);
}

/* ZFS resilvers a leg that was taken for complete: somebody had it away while nobody looked. */
static bool leg_is_catching_up(const struct pool_status *s, const struct vdev *v) {
        return s->scan.function == SCAN_RESILVER && s->scan.state == SCAN_STATE_SCANNING &&
               v->resilvering;
}

/* --- is it up to date?
 * ---------------------------------------------------------------------------------- */

enum finding { FINDING_WAIT, FINDING_COMPLETE, FINDING_FAILED };

/* Nothing is to be seen of a scan, for long enough. */
static enum finding watch_quiet(struct engine *e, entity_id leg, const struct pool_status *s,
                                struct quiet q) {
        struct watch *w = &engine_node(e, leg)->watch;

        if (!w->quiet) {
                w->quiet = true;
                w->quiet_mono = e->now.mono;
                w->quiet_txg = s->txg;
        }
        if (e->now.mono - w->quiet_mono >= (s->txg ? q.usec : 3 * q.usec) &&
            (!s->txg || s->txg >= w->quiet_txg + q.txgs))
                return FINDING_COMPLETE;
        return FINDING_WAIT;
}

/* Another leg of the pool has come online, too, and is not up to date yet. */
static bool watch_has_company(const struct engine *e, entity_id leg) {
        const struct entity *pool = engine_entity(e, engine_entity(e, leg)->zdev.zpool);

        for (uint32_t i = 0; i < pool->zpool.n_legs; i++) {
                const struct leg_row *l = ledger_of(e, pool->zpool.legs[i]);

                if (pool->zpool.legs[i] != leg && l && l->m.watching)
                        return true;
        }
        return false;
}

/* A resilver has finished. ZFS may have deferred the leg to the one that follows: it takes that
 * mark away when the first one ends, and begins the second up to five seconds later
 * (vdev_clear_resilver_deferred in module/zfs/dsl_scan.c). */
static enum finding watch_finished(struct engine *e, entity_id leg, const struct leg_row *l,
                                   const struct pool_status *s) {
        if (l->m.met_start && l->m.met_start == s->scan.start)
                return watch_quiet(e, leg, s, quiet_long);
        if (watch_has_company(e, leg))
                return watch_quiet(e, leg, s, quiet_short);
        return FINDING_COMPLETE;
}

/* What keeps it from ever being up to date: with a checkpoint ZFS begins the resilver again and
 * again, and it does so, too, when something else keeps coming and going. */
static void watch_warn(struct engine *e, entity_id leg, const struct pool_status *s) {
        struct watch *w = &engine_node(e, leg)->watch;

        if (s->checkpoint && !w->checkpoint_told)
                engine_log(e, LOG_LEVEL_WARNING, leg,
                           "%s cannot be up to date while pool %s has a checkpoint (zpool "
                           "checkpoint -d %s)",
                           engine_title(e, leg), s->name, s->name);
        w->checkpoint_told |= s->checkpoint;
        if (s->scan.state != SCAN_STATE_SCANNING || s->scan.function != SCAN_RESILVER ||
            s->scan.start == w->begun)
                return;
        w->n_begun++;
        w->begun = s->scan.start;
        if (w->n_begun == MANY_RESILVERS)
                engine_log(e, LOG_LEVEL_WARNING, leg,
                           "the resilver of %s has begun %u times without an end: something keeps "
                           "coming and going, or ZFS cannot write what is missing",
                           engine_title(e, leg), w->n_begun);
}

/* A scrub that ran when the leg came (somebody else put it online) counts all that the leg lacks as
 * wrong checksums, until ZFS gives it up for the resilver: plan_leg.c. */
static void watch_forgive(struct engine *e, entity_id leg, struct leg_row *l,
                          const struct pool_status *s, const struct vdev *v) {
        struct watch *w = &engine_node(e, leg)->watch;
        bool scrub = s->scan.function == SCAN_SCRUB && s->scan.state == SCAN_STATE_SCANNING;

        if ((scrub || (w->scrubbed && !l->m.resilver_seen)) && !v->read_errors &&
            !v->write_errors && vdev_errors(v) > l->m.errors_before) {
                l->m.errors_before = vdev_errors(v);
                ledger_save_leg(e, l);
        }
        w->scrubbed = scrub;
}

static enum finding watch_judge(struct engine *e, entity_id leg, struct leg_row *l,
                                const struct pool_status *s, const struct vdev *v,
                                const char **ret_why) {
        struct watch *w = &engine_node(e, leg)->watch;
        bool scanning = s->scan.state == SCAN_STATE_SCANNING;
        bool resilver = s->scan.function == SCAN_RESILVER,
             other = scan_is_other(&s->scan, &l->m.before);

        watch_warn(e, leg, s);
        watch_forgive(e, leg, l, s, v);
        if (v->resilver_deferred && other) { /* the one that runs is not for it, however it ends */
                l->m.before = s->scan;
                ledger_save_leg(e, l);
        }
        if (scanning || s->rebuilding || v->resilver_deferred) {
                w->quiet = false;
                w->checkpoint = s->checkpoint;
                if (s->checkpoint && other) { /* nor if the daemon begins anew in between */
                        l->m.before = s->scan;
                        ledger_save_leg(e, l);
                }
                if ((resilver || s->rebuilding) && !l->m.resilver_seen) {
                        l->m.resilver_seen = true;
                        ledger_save_leg(e, l);
                }
                return FINDING_WAIT;
        }
        if (resilver && other && s->scan.state == SCAN_STATE_FINISHED && s->scan.errors) {
                *ret_why = "the resilver ended with errors";
                return FINDING_FAILED;
        }
        if (vdev_errors(v) > l->m.errors_before || v->state == VDEV_STATE_DEGRADED) {
                *ret_why = "ZFS has counted errors of its device since it came online";
                return FINDING_FAILED;
        }
        if (s->checkpoint || w->checkpoint) { /* what ended under it does not count afterwards */
                w->quiet = false;
                w->checkpoint = s->checkpoint;
                if (other) {
                        l->m.before = s->scan;
                        ledger_save_leg(e, l);
                }
                return FINDING_WAIT;
        }
        if (resilver && other && s->scan.state == SCAN_STATE_FINISHED)
                return watch_finished(e, leg, l, s);
        if (watch_quiet(e, leg, s, quiet_long) == FINDING_WAIT)
                return FINDING_WAIT;
        if (resilver && other && s->scan.state == SCAN_STATE_CANCELED) {
                *ret_why = "the resilver was cancelled, and not begun again";
                return FINDING_FAILED;
        }
        return FINDING_COMPLETE;
}

/* A command that brings the leg online is on its way. */
static bool watch_is_pending(const struct engine *e, entity_id leg) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;

        return engine_node(e, leg)->watch.pending &&
               (engine_node(e, leg)->requests[WISH_ONLINE] ||
                engine_node(e, pool)->requests[WISH_ONLINE] || engine_node(e, pool)->frozen);
}

/* A watched leg that is not there or not ONLINE (any more). */
static void watch_lost(struct engine *e, entity_id leg, struct leg_row *l) {
        if (watch_is_pending(e, leg))
                return;
        if (l->m.resilver_seen && !pool_status(e, engine_entity(e, leg)->zdev.zpool))
                leg_disappeared(e, leg, l);
        else if (l->m.resilver_seen)
                leg_failed(e, leg, l,
                           node_device(e, engine_node(e, leg))
                                   ? "it went offline before its resilver had ended"
                                   : "it was disconnected before its resilver had ended");
        else {
                watch_stop(e, leg, l); /* the command failed; or it was online for a moment */
                entry_close(e, leg);
        }
}

void complete_follow(struct engine *e, entity_id leg) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        const struct vdev *v = leg_vdev(e, leg);
        struct node *n = engine_node(e, leg);
        struct leg_row *l = s && v ? leg_enter(e, leg, s, v) : ledger_of(e, leg);
        bool online = v && vdev_state_is_online(v->state) && n->device != SLOT_NONE;
        const char *why = "";

        if (!l || (s && s->suspended)) /* what it says of its legs is what it said before */
                return;
        if (online && l->m.copy == COPY_UNKNOWN)
                leg_adopt(e, leg, l, s);
        else if (v && l->m.copy == COPY_UNKNOWN)
                leg_enter_behind(e, l);
        else if (online && !n->vdev_online && !l->m.watching)
                leg_notice_online(e, leg, l, s);
        else if (online && !l->m.watching && (v->resilver_deferred || leg_is_catching_up(s, v)))
                watch_start(e, leg, l, &(struct scan){}, s->txg);
        leg_doubt(e, leg, l, v);
        if (online)
                leg_notice_errors(e, leg, l, v);
        leg_notice_fault(e, leg, l, v);
        if (online && l->m.watching && n->watch.pending &&
            engine_node(e, engine_entity(e, leg)->zdev.zpool)->arrived)
                watch_arrive(e, l, s);
        if (online)
                n->watch.pending = false;
        if (online)
                entry_open(e, leg);
        else
                entry_make_up(e, leg);
        if (v && !vdev_state_is_online(v->state))
                n->offline_seq = engine_node(e, engine_entity(e, leg)->zdev.zpool)->told_seq;
        if (!l->m.watching)
                return;
        if (!online) {
                watch_lost(e, leg, l);
                return;
        }
        if (n->watch.stage == VERIFY_LOOK && !verify_has_looked(e, leg))
                return;
        if (pool_find_suspended(e, engine_entity(e, leg)->zdev.zpool) != ENTITY_NONE) {
                n->watch.quiet = false; /* it hangs, and begins no scan */
                return;
        }
        if ((n->watch.stage != VERIFY_NONE && n->watch.stage != VERIFY_LOOK) ||
            e->now.mono < n->watch.retry_at)
                return;
        if (leg_is_alone(e, leg)) {
                watch_end(e, leg, l, s);
                return;
        }
        switch (watch_judge(e, leg, l, s, v, &why)) {
        case FINDING_WAIT:
                n->watch.stage = VERIFY_NONE;
                return;
        case FINDING_FAILED:
                leg_failed(e, leg, l, why);
                return;
        case FINDING_COMPLETE:
                if (n->watch.stage == VERIFY_LOOK)
                        verify_labels(e, leg);
                else if (n->watch.tries >= VERIFY_TRIES)
                        leg_failed(e, leg, l, n->watch.fault);
                else
                        verify_start(e, leg, s);
                return;
        }
}
