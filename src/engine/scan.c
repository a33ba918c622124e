/* engine/scan.c - scrubs and trims: which legs they count for, and how they ended */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "engine/copy.h"
#include "engine/handler.h"
#include "engine/history.h"
#include "engine/job.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/pool.h"
#include "engine/request.h"
#include "engine/scan.h"

/*
 * ZFS scrubs pools, not legs, and keeps one scan record per pool. A scrub counts for a leg if the
 * leg was online and up to date when it began, and stayed so: that is noted in the ledger when the
 * scrub is first seen (scrub_start), and struck out when the leg leaves. It had not begun when the
 * leg was up to date with another record before (`before`); clocks are set, so that dates do not
 * serve. A scrub that nobody saw running counts by the same rule.
 */

static uint64_t vdev_errors(const struct vdev *v) {
        return v->read_errors + v->write_errors + v->checksum_errors;
}

static const char *scan_change(struct engine *e, const char *what, entity_id id, usec_t when) {
        return arena_printf(e->effects.arena, "%s|%s|%" PRIu64, what, engine_entity(e, id)->id,
                            when);
}

static void set_operation(struct engine *e, entity_id leg, enum operation op, bool running) {
        struct memory_entity *m = &engine_node(e, leg)->row->m;
        uint8_t bit = (uint8_t) (1u << op);

        if (((m->operations & bit) != 0) == running)
                return;
        m->operations = (uint8_t) (m->operations ^ bit);
        engine_save_row(e, leg);
}

static bool was_running(const struct engine *e, entity_id leg, enum operation op) {
        return engine_node(e, leg)->row->m.operations & (1u << op);
}

static void end_wish(struct engine *e, entity_id id, enum wish wish, bool good, const char *why) {
        struct request *r = engine_node(e, id)->requests[wish];
        struct reason reason = { .code = good ? REASON_NONE : REASON_COMMAND_FAILED, .about = id };

        if (!r)
                return;
        (void) snprintf(reason.detail, sizeof(reason.detail), "%s", why);
        request_end(e, r, good, &reason);
}

/* --- scrubs
 * ------------------------------------------------------------------------------------------- */

/* True if the leg has held everything since before that scan, as far as ZFS knows. */
static bool leg_was_there_before(const struct engine *e, entity_id leg, const struct leg_row *l,
                                 const struct scan *s) {
        return leg_is_settled(e, leg) &&
               (s->function != l->m.before.function || s->start != l->m.before.start);
}

/* The record that the leg is settled with: a scan that comes after it covers the leg. */
static void leg_keep_record(struct engine *e, entity_id leg, struct leg_row *l,
                            const struct scan *s) {
        const struct scan *b = &l->m.before;

        if (!leg_is_settled(e, leg) || (b->function == s->function && b->state == s->state &&
                                        b->start == s->start && b->end == s->end))
                return;
        l->m.before = *s;
        ledger_save_leg(e, l);
}

/* What was asked for is seen to run. Should it have to be begun anew, that is no repetition. */
static void scrub_note_request(struct engine *e, entity_id id) {
        struct request *r = engine_node(e, id)->requests[WISH_SCRUB];

        if (r)
                request_forget_commands(r);
}

static void scrub_note_start(struct engine *e, entity_id leg, struct leg_row *l,
                             const struct scan *s, const struct vdev *v) {
        set_operation(e, leg, OPERATION_SCRUB, true);
        if (l->m.scrub_start == s->start)
                return;
        l->m.scrub_start = leg_was_there_before(e, leg, l, s) ? s->start : 0;
        if (l->m.scrub_start)
                scrub_note_request(e, leg);
        l->m.scrub_errors_before = vdev_errors(v);
        ledger_save_leg(e, l);
}

/* The copies are only compared with each other if all are there. */
static bool pool_is_all_online(const struct pool_status *s) {
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (s->vdevs[i].type == VDEV_TYPE_DISK && !vdev_state_is_online(s->vdevs[i].state))
                        return false;
        return true;
}

static void scrub_ended(struct engine *e, entity_id leg, struct leg_row *l,
                        const struct pool_status *s, const struct vdev *v) {
        const char *title = engine_title(e, leg);
        uint64_t grown = vdev_errors(v) > l->m.scrub_errors_before
                                 ? vdev_errors(v) - l->m.scrub_errors_before
                                 : 0;
        bool good = !s->scan.errors && !grown, suspect = l->m.copy == COPY_SUSPECT;
        const char *change = scan_change(e, "scrub", leg, s->scan.end);
        usec_t took = s->scan.end > s->scan.start ? s->scan.end - s->scan.start : 0;
        char duration[TIME_PRINT_MAX];
        const char *text = good ? arena_printf(e->effects.arena, "%s was scrubbed in %s: no errors",
                                               title, duration_print(took, duration))
                                : arena_printf(e->effects.arena,
                                               "the scrub of %s found errors: %" PRIu64
                                               " unrecoverable ones in the pool, %" PRIu64
                                               " on this leg",
                                               title, s->scan.errors, grown);
        const char *details = arena_printf(e->effects.arena,
                                           "{\"pool\":\"%s\",\"seconds\":%" PRIu64
                                           ",\"bytes\":%" PRIu64 ",\"repaired\":%" PRIu64
                                           ",\"errors\":%" PRIu64 ",\"errors_on_leg\":%" PRIu64 "}",
                                           s->name, took / USEC_PER_SEC, s->scan.examined,
                                           s->scan.processed, s->scan.errors, grown);

        if (good) {
                engine_node(e, leg)->row->m.last_scrub = s->scan.end ? s->scan.end : e->now.wall;
                engine_save_row(e, leg);
        }
        l->m.scrub_start = 0;
        ledger_save_leg(e, l);
        history_add(e, good ? HISTORY_SCRUBBED : HISTORY_SCRUB_FAILED, leg, change, details, "%s",
                    text);
        end_wish(e, leg, WISH_SCRUB, good, text);
        handler_fire(e, leg, good ? EVENT_SCRUB_SUCCEEDED : EVENT_SCRUB_FAILED, change);
        handler_fire(e, leg, EVENT_SCRUB_FINISHED, change);
        if (suspect && good && !s->scan.processed && pool_is_all_online(s))
                copy_clear(e, leg, s->scan.end);
}

static bool pool_scrub_is_wanted(const struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);
        bool wanted = engine_node(e, pool)->requests[WISH_SCRUB];

        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                wanted |= engine_node(e, it->zpool.legs[i])->requests[WISH_SCRUB] != NULL;
        return wanted;
}

/* zmirror has stopped it, and somebody still wants it: it is begun anew. */
static bool scrub_is_begun_anew(const struct engine *e, entity_id pool) {
        const struct node *n = engine_node(e, pool);

        return n->scrub_stopped && n->scrub_stopped == n->scrub_seen &&
               pool_scrub_is_wanted(e, pool);
}

static void scrub_canceled(struct engine *e, entity_id leg, const struct pool_status *s) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        const char *change = scan_change(e, "scrub_canceled", leg, s->scan.end);

        if (scrub_is_begun_anew(e, pool))
                return;
        history_add(e, HISTORY_SCRUB_CANCELED, leg, change, NULL, "the scrub of %s was cancelled",
                    engine_title(e, leg));
        end_wish(e, leg, WISH_SCRUB, false, "the scrub was cancelled");
        handler_fire(e, leg, EVENT_SCRUB_CANCELED, change);
}

static void scrub_disappeared(struct engine *e, entity_id leg, const char *how) {
        const char *change = scan_change(e, "scrub_disappeared", leg, e->now.wall);

        set_operation(e, leg, OPERATION_SCRUB, false);
        history_add(e, HISTORY_OPERATION_DISAPPEARED, leg, change, NULL, "the scrub of %s %s",
                    engine_title(e, leg), how);
        handler_fire(e, leg, EVENT_SCRUB_DISAPPEARED, change);
}

static void scrub_lost(struct engine *e, entity_id leg) {
        static const char how[] = "is gone, and ZFS has no record of how it ended";

        scrub_disappeared(e, leg, how);
        end_wish(e, leg, WISH_SCRUB, false, arena_printf(e->effects.arena, "the scrub %s", how));
}

/* Another scan has the pool's only record. After a resilver the scrub is begun anew, for whoever
 * wants it. */
static void scrub_replaced(struct engine *e, entity_id leg, const struct scan *by) {
        if (by->function == SCAN_RESILVER)
                scrub_disappeared(e, leg, "is gone: ZFS has given it up for a resilver");
        else
                scrub_lost(e, leg);
}

/* A scrub that began and ended unseen (it was short, or the daemon was down) counts as well. */
static bool scrub_was_missed(const struct engine *e, entity_id leg, const struct leg_row *l,
                             const struct scan *s) {
        return s->start && leg_was_there_before(e, leg, l, s);
}

static void scrub_follow(struct engine *e, entity_id leg, struct leg_row *l,
                         const struct pool_status *s, const struct vdev *v) {
        bool seen = was_running(e, leg, OPERATION_SCRUB);

        if (s->scan.function != SCAN_SCRUB) {
                if (seen)
                        scrub_replaced(e, leg, &s->scan);
                leg_keep_record(e, leg, l, &s->scan);
                return;
        }
        switch (s->scan.state) {
        case SCAN_STATE_SCANNING:
                scrub_note_start(e, leg, l, &s->scan, v);
                return;
        case SCAN_STATE_FINISHED:
                set_operation(e, leg, OPERATION_SCRUB, false);
                if ((seen && l->m.scrub_start) || (!seen && scrub_was_missed(e, leg, l, &s->scan)))
                        scrub_ended(e, leg, l, s, v);
                leg_keep_record(e, leg, l, &s->scan);
                return;
        case SCAN_STATE_CANCELED:
                set_operation(e, leg, OPERATION_SCRUB, false);
                if (seen)
                        scrub_canceled(e, leg, s);
                leg_keep_record(e, leg, l, &s->scan);
                return;
        case SCAN_STATE_NONE:
                return;
        }
}

/* --- trims
 * ---------------------------------------------------------------------------------------------- */

/* How long it took is only known if it was seen to run, and how much only of some versions: the
 * text form of status tells percents. */
static const char *trim_details(struct engine *e, entity_id leg, const struct vdev *v,
                                usec_t ended) {
        struct node *n = engine_node(e, leg);
        struct text t = {};
        const char *json;

        json_open(&t, NULL, '{');
        json_add_string(&t, "pool", engine_entity(e, leg)->zdev.pool);
        if (n->trim_since && n->trim_since <= ended)
                json_add_number(&t, "seconds", (ended - n->trim_since) / USEC_PER_SEC);
        if (v->trim_total != 100)
                json_add_number(&t, "bytes", v->trim_done);
        json_add_number(&t, "errors", v->trim_errors);
        json_close(&t, '}');
        json = arena_strdup(e->effects.arena, t.s);
        text_done(&t);
        n->trim_since = 0;
        return json;
}

static void trim_ended(struct engine *e, entity_id leg, const struct vdev *v) {
        const char *title = engine_title(e, leg);
        struct memory_entity *m = &engine_node(e, leg)->row->m;
        const char *change = scan_change(e, "trim", leg, v->trim_time);

        m->last_trim = v->trim_time ? v->trim_time : e->now.wall;
        engine_save_row(e, leg);
        history_add(e, HISTORY_TRIMMED, leg, change, trim_details(e, leg, v, m->last_trim),
                    "%s was trimmed%s", title, v->trim_errors ? ", with errors" : "");
        end_wish(e, leg, WISH_TRIM, true, "");
        handler_fire(e, leg, EVENT_TRIMMED, change);
}

static void trim_stopped(struct engine *e, entity_id leg, enum event event, const char *how) {
        const char *change = scan_change(e, event_print(event), leg, e->now.wall);

        history_add(e,
                    event == EVENT_TRIM_CANCELED ? HISTORY_TRIM_CANCELED
                                                 : HISTORY_OPERATION_DISAPPEARED,
                    leg, change, NULL, "the trim of %s %s", engine_title(e, leg), how);
        end_wish(e, leg, WISH_TRIM, false, how);
        handler_fire(e, leg, event, change);
}

static void trim_follow(struct engine *e, entity_id leg, const struct vdev *v) {
        const struct memory_entity *m = &engine_node(e, leg)->row->m;
        bool seen = was_running(e, leg, OPERATION_TRIM);

        switch (v->trim_state) {
        case TRIM_ACTIVE:
                set_operation(e, leg, OPERATION_TRIM, true);
                engine_node(e, leg)->trim_since = v->trim_time;
                return;
        case TRIM_COMPLETE:
                set_operation(e, leg, OPERATION_TRIM, false);
                if (seen || v->trim_time > (m->last_trim > m->added ? m->last_trim : m->added))
                        trim_ended(e, leg, v);
                return;
        case TRIM_SUSPENDED:
        case TRIM_CANCELED:
        case TRIM_UNTRIMMED:
        case TRIM_UNSUPPORTED:
                set_operation(e, leg, OPERATION_TRIM, false);
                if (seen)
                        trim_stopped(e, leg, EVENT_TRIM_CANCELED, "was cancelled");
                return;
        }
}

/* --- both
 * --------------------------------------------------------------------------------------------------
 */

void scan_follow(struct engine *e, entity_id leg) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        const struct vdev *v = leg_vdev(e, leg);
        struct leg_row *l = ledger_of(e, leg);

        if (!l || (s && s->suspended))
                return;
        if (!v || !vdev_state_is_online(v->state) || engine_node(e, leg)->device == SLOT_NONE) {
                if (l->m.scrub_start) { /* it left: this scrub does not count for it any more */
                        l->m.scrub_start = 0;
                        ledger_save_leg(e, l);
                }
                if (was_running(e, leg, OPERATION_SCRUB))
                        scrub_lost(e, leg);
                if (was_running(e, leg, OPERATION_TRIM)) {
                        set_operation(e, leg, OPERATION_TRIM, false);
                        trim_stopped(e, leg, EVENT_TRIM_DISAPPEARED, "is gone with the leg");
                }
                return;
        }
        scrub_follow(e, leg, l, s, v);
        trim_follow(e, leg, v);
}

void scan_follow_pool(struct engine *e, entity_id pool) {
        const struct pool_status *s = pool_status(e, pool);
        struct request *r = engine_node(e, pool)->requests[WISH_SCRUB];

        if (s && r && !r->scan_known) {
                r->scan_known = true;
                r->scan = s->scan;
        }
        if (!s || s->scan.function != SCAN_SCRUB)
                return;
        if (s->scan.state == SCAN_STATE_SCANNING)
                engine_node(e, pool)->scrub_seen = s->scan.start;
        if (!r || !request_scan_is_new(r, &s->scan))
                return;
        if (s->scan.state == SCAN_STATE_SCANNING)
                scrub_note_request(e, pool);
        if (s->scan.state == SCAN_STATE_FINISHED)
                end_wish(e, pool, WISH_SCRUB, !s->scan.errors, "the scrub found errors");
        if (s->scan.state == SCAN_STATE_CANCELED && !scrub_is_begun_anew(e, pool))
                end_wish(e, pool, WISH_SCRUB, false, "the scrub was cancelled");
}

/* --- stopping
 * -------------------------------------------------------------------------------------------- */

static bool stop_run(struct engine *e, entity_id about, const struct command *stop) {
        if (!e->settings.enable_commands) {
                engine_log(e, LOG_LEVEL_INFO, about, "commands are disabled, not run: %s",
                           command_print(e->effects.arena, stop));
                return false;
        }
        if (!job_is_on_its_way(e, stop->lane, stop->kind))
                (void) job_add_for(e, JOB_STOP, about, stop);
        return true;
}

/* One that is just being started is stopped by the command that comes next. */
static bool scrub_stop(struct engine *e, entity_id about, entity_id pool,
                       const struct pool_status *s, bool for_all) {
        bool runs = (s->scan.function == SCAN_SCRUB && s->scan.state == SCAN_STATE_SCANNING) ||
                    job_is_on_its_way(e, s->name, COMMAND_SCRUB);
        struct command stop = command_scrub(e->effects.arena, about, s->name, /* stop= */ true);

        if (!runs || (!for_all && about != pool && pool_scrub_is_wanted(e, pool)))
                return false;
        return stop_run(e, about, &stop);
}

static bool trim_stop(struct engine *e, entity_id about, bool whole, const struct pool_status *s) {
        const struct vdev *v = whole ? NULL : leg_vdev(e, about);
        struct command stop = command_trim(e->effects.arena, about, s->name,
                                           whole ? NULL : leg_argument(e, about, e->effects.arena),
                                           /* stop= */ true);
        bool runs = job_is_on_its_way(e, s->name, COMMAND_TRIM);

        for (uint32_t i = 0; i < s->n_vdevs; i++)
                runs |= (whole || &s->vdevs[i] == v) && s->vdevs[i].trim_state == TRIM_ACTIVE;
        return runs && stop_run(e, about, &stop);
}

bool scan_stop(struct engine *e, entity_id id, enum wish wish, bool for_all) {
        entity_id pool = entity_pool_id(e, id);
        const struct pool_status *s = pool == ENTITY_NONE ? NULL : pool_status(e, pool);
        bool whole = id == pool;

        if (!s || s->suspended || (wish != WISH_SCRUB && wish != WISH_TRIM) ||
            (!whole && engine_entity(e, id)->type != ENTITY_ZDEV) || (!whole && !leg_vdev(e, id)))
                return false;
        return wish == WISH_SCRUB ? scrub_stop(e, id, pool, s, for_all)
                                  : trim_stop(e, id, whole, s);
}
