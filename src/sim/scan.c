/* sim/scan.c - resilver, scrub and trim: late to start, one record for all, and not always true */
#include <inttypes.h>

#include "sim/inside.h"

#define SCAN_BYTES_PER_USEC 8192 /* looking at what needs no copy */
#define COPY_BYTES_PER_USEC 100  /* to a USB disk of the usual speed */
#define TRIM_TAKES          (40 * USEC_PER_SEC)

static bool scan_runs(const struct zpool *p, enum scan_function f) {
        return p->scan.state == SCAN_STATE_SCANNING && p->scan.function == f;
}

double scan_progress(const struct sim *s, const struct zpool *p) {
        double f;

        if (p->scan.state != SCAN_STATE_SCANNING || !p->scan_takes)
                return 0;
        f = (double) ((p->scan_paused ? p->scan_paused : s->time) - p->scan_began) /
            (double) p->scan_takes;
        return f < 1 ? f : 1;
}

/* --- the truth of what can be copied --- */

/* Can the block be read without this leg? */
static bool block_is_readable(const struct zpool *p, const struct leg *l, uint64_t block) {
        const struct top *t = &p->tops[l->top];
        uint32_t n = 0;

        for (uint32_t i = t->first; i < t->first + t->n; i++)
                n += &p->legs[i] != l && p->legs[i].node &&
                     ranges_has(&p->legs[i].image->holds, block);
        return n >= top_needs(t);
}

/* What came of copying what a leg lacks. */
struct repair {
        uint64_t repaired, bad; /* bad: it could not be read from anywhere */
        struct ranges failed;   /* it could not be written */
};

/* Copies the first `fraction` of the wanted blocks to the leg. */
static struct repair leg_repair(struct sim *s, struct leg *l, const struct ranges *wanted,
                                double fraction) {
        uint64_t n = (uint64_t) ((double) ranges_count(wanted) * fraction);
        struct repair r = {};

        for (uint32_t i = 0; i < wanted->count && n; i++)
                for (uint64_t b = wanted->items[i].from; b < wanted->items[i].to && n; b++, n--) {
                        if (ranges_has(&l->image->holds, b))
                                continue;
                        if (!block_is_readable(l->pool, l, b))
                                r.bad++;
                        else if (leg_fails_write(s, l))
                                ranges_add(&r.failed, b, b + 1);
                        else {
                                ranges_add(&l->image->holds, b, b + 1);
                                r.repaired++;
                        }
                }
        return r;
}

/* --- the scan record --- */

static void scan_on_end(void *owner, void *what, uint64_t number);

static void scan_begin(struct sim *s, struct zpool *p, enum scan_function f) {
        unsigned slow = 1;
        uint64_t bytes = 0;

        p->scan = (struct scan){
                .function = f,
                .state = SCAN_STATE_SCANNING,
                .start = sim_wall(s) / USEC_PER_SEC * USEC_PER_SEC,
        };
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];

                l->in_scan = l->node && !(f == SCAN_RESILVER && l->deferred);
                l->scan_mark = l->in_scan ? p->scan.start : 0;
                if (l->in_scan && f == SCAN_RESILVER && !ranges_is_empty(&l->dtl)) {
                        uint64_t missing = zpool_bytes(p, &l->dtl);

                        bytes = missing > bytes ? missing : bytes;
                        if (node_slowness(l->node) > slow)
                                slow = node_slowness(l->node);
                }
        }
        p->scan_bytes = bytes;
        p->scan_began = s->time;
        p->scan_paused = 0;
        p->scan_takes = sim_about(s, USEC_PER_SEC) +
                        zpool_bytes(p, &p->tree) / SCAN_BYTES_PER_USEC +
                        bytes / COPY_BYTES_PER_USEC * slow;
        p->scan_round++;
        s->changes++;
        sim_event_pool(s, p, f == SCAN_RESILVER ? "resilver_start" : "scrub_start", "");
        sim_later(s, p->scan_takes, scan_on_end, p, p->scan_round);
}

static void scan_cancel(struct sim *s, struct zpool *p) {
        p->scan.state = SCAN_STATE_CANCELED;
        p->scan.paused = p->scan_paused = 0;
        p->scan.end = sim_wall(s) / USEC_PER_SEC * USEC_PER_SEC;
        p->scan_round++;
        for (uint32_t i = 0; i < p->n_legs; i++)
                p->legs[i].in_scan = false;
        s->changes++;
}

static bool zpool_needs_resilver(const struct zpool *p) {
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (p->legs[i].node && !ranges_is_empty(&p->legs[i].dtl))
                        return true;
        return false;
}

/* A resilver that is left with nothing to copy comes to its end. */
static void scan_run_out(struct sim *s, struct zpool *p) {
        if (!scan_runs(p, SCAN_RESILVER))
                return;
        p->scan_began = s->time;
        p->scan_takes = USEC_PER_SEC;
        sim_later(s, p->scan_takes, scan_on_end, p, ++p->scan_round);
}

/* Until ZFS gives it up, a scrub comes upon what a leg lacks, and counts that as wrong checksums
 * (seen on 2.3.2). */
static void scrub_meets_gaps(struct zpool *p) {
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (p->legs[i].node && !p->legs[i].in_scan)
                        p->legs[i].checksum_errors += ranges_count(&p->legs[i].dtl);
}

static void scan_on_due(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct zpool *p = what;

        if (!p->imported || !p->resilver_due)
                return;
        p->resilver_due = false;
        if (p->suspended || p->rebuilding)
                return;
        if (!zpool_needs_resilver(p)) {
                scan_run_out(s, p);
                return;
        }
        if (zpool_sync(s, p, false) != IO_GOOD)
                return;
        if (scan_runs(p, SCAN_SCRUB))
                scrub_meets_gaps(p);
        if (p->scan.state == SCAN_STATE_SCANNING)
                scan_cancel(s, p); /* a scrub, or a resilver that starts anew: no event tells */
        scan_begin(s, p, SCAN_RESILVER);
}

/* At one of the next txgs: up to five seconds later. */
static void scan_begin_soon(struct sim *s, struct zpool *p, usec_t usual) {
        if (p->resilver_due)
                return;
        p->resilver_due = true;
        sim_later(s, sim_about(s, usual), scan_on_due, p, 0);
}

/* Its turn comes after the resilver that runs; with 2.1 even after one that is only about to begin,
 * so that two legs that come together are resilvered one after the other. */
static bool scan_is_in_the_way(const struct sim *s, const struct zpool *p) {
        if (s->options.old_zfs)
                return scan_runs(p, SCAN_RESILVER) || p->resilver_due;
        return scan_runs(p, SCAN_RESILVER) && scan_progress(s, p) >= 0.1;
}

void scan_on_leg_online(struct sim *s, struct leg *l) {
        struct zpool *p = l->pool;

        if (ranges_is_empty(&l->dtl))
                return;
        if (scan_is_in_the_way(s, p)) {
                l->deferred = true;
                s->changes++;
                return;
        }
        /* seldom before `zpool online` has returned */
        scan_begin_soon(s, p,
                        s->options.jitter && dice_chance(&s->dice, 15) ? 30 * USEC_PER_MSEC
                                                                       : 3300 * USEC_PER_MSEC);
}

static bool zpool_is_resilvering(const struct zpool *p, const struct leg *without) {
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (p->legs[i].node && p->legs[i].in_scan && &p->legs[i] != without &&
                    !ranges_is_empty(&p->legs[i].dtl))
                        return true;
        return false;
}

/* A leg that leaves in the middle has a part of what it lacked; its list stays as it is. Without
 * another one to copy to the resilver is soon over, and without an error (seen on 2.3.2). */
void scan_on_leg_gone(struct sim *s, struct leg *l) {
        if (l->in_scan && scan_runs(l->pool, SCAN_RESILVER)) {
                struct repair r = leg_repair(s, l, &l->dtl, scan_progress(s, l->pool) * 0.95);

                ranges_done(&r.failed);
                if (!zpool_is_resilvering(l->pool, l))
                        scan_run_out(s, l->pool);
        }
        l->in_scan = false;
        if (!l->pool->suspended) /* else the scan waits for it */
                l->scan_mark = 0;
        l->deferred = false;
}

static bool leg_is_alone(const struct leg *l) {
        const struct top *t = &l->pool->tops[l->top];
        uint32_t n = 0;

        for (uint32_t k = t->first; k < t->first + t->n; k++)
                n += l->pool->legs[k].node != NULL;
        return n == 1;
}

static void scan_finish_resilver(struct sim *s, struct zpool *p) {
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];
                struct repair r;

                if (!l->in_scan || !l->node || ranges_is_empty(&l->dtl))
                        continue;
                r = leg_repair(s, l, &l->dtl, 1);
                if (!p->checkpoint && (!r.bad || leg_is_alone(l))) {
                        /* One that is alone counts its errors nowhere, and its list is emptied
                         * (seen on 2.3.2). What could not be written is kept, and counted only as
                         * errors of the device. */
                        ranges_copy(&l->dtl, &r.failed);
                        if (ranges_is_empty(&l->dtl))
                                l->failed_at = 0;
                } else if (!p->checkpoint) {
                        p->scan.errors += r.bad;
                        p->error_count += r.bad;
                }
                ranges_done(&r.failed);
        }
}

static void scan_finish_scrub(struct sim *s, struct zpool *p) {
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];
                struct repair r;

                if (!l->in_scan || !l->node)
                        continue;
                r = leg_repair(s, l, &p->tree, 1);
                l->in_scan = !r.bad && !r.repaired &&
                             !r.failed.count; /* for it it was a good one */
                l->checksum_errors += r.repaired + r.bad + ranges_count(&r.failed);
                ranges_add_all(&l->dtl, &r.failed);
                p->scan.processed += r.repaired * (1 << 20);
                p->scan.errors += r.bad;
                p->error_count += r.bad;
                ranges_done(&r.failed);
        }
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (p->legs[i].in_scan && p->legs[i].node && !p->scan.errors)
                        p->legs[i].scrubbed = sim_wall(s);
}

static void scan_on_end(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct zpool *p = what;
        bool resilver = p->scan.function == SCAN_RESILVER, deferred = false;

        if (!p->imported || number != p->scan_round || p->scan.state != SCAN_STATE_SCANNING)
                return;
        if (zpool_sync(s, p, false) != IO_GOOD)
                return; /* it does not end before the pool goes on: scan_resume */
        p->scan.processed = p->scan_bytes;
        if (resilver)
                scan_finish_resilver(s, p);
        else
                scan_finish_scrub(s, p);
        p->scan.state = SCAN_STATE_FINISHED;
        p->scan.end = sim_wall(s) / USEC_PER_SEC * USEC_PER_SEC;
        p->scan_round++;
        for (uint32_t i = 0; i < p->n_legs; i++) {
                p->legs[i].in_scan = false;
                deferred |= p->legs[i].deferred;
                p->legs[i].deferred = false; /* seconds before the next one begins */
        }
        s->changes++;
        (void) zpool_sync(s, p, true);
        if (!p->checkpoint)
                sim_event_pool(s, p, resilver ? "resilver_finish" : "scrub_finish", "");
        if (deferred || (p->checkpoint && zpool_needs_resilver(p)))
                scan_begin_soon(s, p, 5 * USEC_PER_SEC);
}

/* After an import, or when a suspended pool goes on: a scan that ran goes on, and what is missing
 * is resilvered, after five more txgs. */
void scan_resume(struct sim *s, struct zpool *p) {
        if (p->scan.state == SCAN_STATE_SCANNING && p->scan.function == SCAN_SCRUB) {
                /* for a leg that was there before and is there now, it covers everything */
                for (uint32_t i = 0; i < p->n_legs; i++)
                        p->legs[i].in_scan = p->legs[i].node &&
                                             p->legs[i].scan_mark == p->scan.start;
                if (!p->scan_takes)
                        p->scan_takes = 2 * USEC_PER_SEC;
                p->scan_began = s->time;
                p->scan_paused = p->scan.paused ? s->time : 0;
                if (!p->scan_paused)
                        sim_later(s, p->scan_takes, scan_on_end, p, ++p->scan_round);
        }
        if (zpool_needs_resilver(p))
                scan_begin_soon(s, p, 5300 * USEC_PER_MSEC);
        else
                scan_run_out(s, p);
}

void scan_forget(struct zpool *p) {
        p->scan_round++;
        p->resilver_due = false;
        for (uint32_t i = 0; i < p->n_legs; i++)
                p->legs[i].in_scan = p->legs[i].deferred = false;
}

/* --- scrub and trim, as an administrator starts them --- */

static struct answer scrub_stop(struct sim *s, struct zpool *p) {
        if (!scan_runs(p, SCAN_SCRUB))
                return (struct answer){ 1, "cannot cancel scrubbing: there is no active scrub",
                                        false };
        scan_cancel(s, p);
        sim_event_pool(s, p, "scrub_abort", "");
        return (struct answer){};
}

static struct answer scrub_pause(struct sim *s, struct zpool *p) {
        if (!scan_runs(p, SCAN_SCRUB))
                return (struct answer){ 1, "cannot pause scrubbing: there is no active scrub",
                                        false };
        if (p->scan_paused)
                return (struct answer){ 1, "cannot pause scrubbing: scrub is already paused",
                                        false };
        p->scan.paused = sim_wall(s) / USEC_PER_SEC * USEC_PER_SEC;
        p->scan_paused = s->time;
        p->scan_round++;
        s->changes++;
        sim_event_pool(s, p, "scrub_paused", "");
        return (struct answer){};
}

static struct answer scrub_go_on(struct sim *s, struct zpool *p) {
        p->scan_began += s->time - p->scan_paused;
        p->scan.paused = p->scan_paused = 0;
        s->changes++;
        sim_event_pool(s, p, "scrub_resume", "");
        sim_later(s, p->scan_began + p->scan_takes - s->time, scan_on_end, p, ++p->scan_round);
        return (struct answer){};
}

struct answer zpool_scrub(struct sim *s, struct zpool *p, enum scrub what) {
        if (!p->imported)
                return (struct answer){ 1, "no such pool", false };
        if (p->suspended || zpool_hangs(s, p) || zpool_sync(s, p, false) != IO_GOOD)
                return (struct answer){ .hangs = true };
        if (what == SCRUB_STOP)
                return scrub_stop(s, p);
        if (what == SCRUB_PAUSE)
                return scrub_pause(s, p);
        if (scan_runs(p, SCAN_RESILVER) || p->resilver_due)
                return (struct answer){ 1, "cannot scrub: currently resilvering", false };
        if (scan_runs(p, SCAN_SCRUB) && p->scan_paused)
                return scrub_go_on(s, p);
        if (scan_runs(p, SCAN_SCRUB))
                return (struct answer){ 1, "cannot scrub: currently scrubbing", false };
        scan_begin(s, p, zpool_needs_resilver(p) ? SCAN_RESILVER : SCAN_SCRUB);
        return (struct answer){};
}

double trim_progress(const struct sim *s, const struct leg *l) {
        double f = (double) (s->time - l->trim_since) / (double) TRIM_TAKES;

        return f < 1 ? f : 1;
}

static void trim_on_end(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct leg *l = what;

        if (l->trim != TRIM_ACTIVE || number != l->trim_round)
                return;
        l->trim = TRIM_COMPLETE;
        l->trim_time = l->trimmed = sim_wall(s) / USEC_PER_SEC * USEC_PER_SEC;
        s->changes++;
        sim_event_pool(s, l->pool, "trim_finish", l->path);
}

void trim_stop(struct sim *s, struct leg *l, enum trim_state how) {
        if (l->trim != TRIM_ACTIVE)
                return;
        l->trim = how;
        l->trim_round++;
        s->changes++;
        sim_event_pool(s, l->pool, how == TRIM_CANCELED ? "trim_cancel" : "trim_suspend", l->path);
}

bool leg_takes_trims(const struct leg *l) {
        return l->node && node_takes_trims(l->node);
}

struct answer zpool_trim(struct sim *s, struct zpool *p, struct leg *only, bool stop) {
        uint32_t n = 0;

        if (!p->imported)
                return (struct answer){ 1, "no such pool", false };
        if (p->suspended || zpool_hangs(s, p))
                return (struct answer){ .hangs = true };
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];

                if ((only && l != only) || !l->node)
                        continue;
                if (stop) {
                        n += l->trim == TRIM_ACTIVE;
                        trim_stop(s, l, TRIM_CANCELED);
                        continue;
                }
                if (!leg_takes_trims(l) || l->trim == TRIM_ACTIVE)
                        continue;
                n++;
                l->trim = TRIM_ACTIVE;
                l->trim_since = s->time;
                l->trim_time = sim_wall(s) / USEC_PER_SEC * USEC_PER_SEC;
                s->changes++;
                sim_event_pool(s, p, "trim_start", l->path);
                sim_later(s, sim_about(s, TRIM_TAKES), trim_on_end, l, ++l->trim_round);
        }
        if (n)
                return (struct answer){};
        if (stop)
                return (struct answer){ 1, "cannot cancel trim: there is no active trim", false };
        return (struct answer){ 255,
                                "cannot trim: trim operations are not supported by this device",
                                false };
}
