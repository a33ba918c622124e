/* engine/verdict.c - may I unplug it? From facts alone */
#include <inttypes.h>

#include "engine/content.h"
#include "engine/engine.h"
#include "engine/entry.h"
#include "engine/failure.h"
#include "engine/foreign.h"
#include "engine/handler.h"
#include "engine/history.h"
#include "engine/overdue.h"
#include "engine/picture.h"
#include "engine/pool.h"
#include "engine/receipt.h"
#include "engine/request.h"
#include "engine/silence.h"
#include "engine/transit.h"
#include "engine/verdict.h"

bool verdict_applies(const struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);

        return it->type == ENTITY_DISK || (it->type == ENTITY_PART && it->parent == ENTITY_NONE);
}

static const char *verdict_operation(const struct engine *e, entity_id leg, struct arena *a,
                                     struct now now, struct view_verdict *v) {
        static const char *const doing[_OPERATION_MAX] = { "updating", "scrubbing", "trimming" };
        struct view_entity shown;

        engine_view_entity(e, leg, now, &shown);
        for (enum operation op = 0; op < _OPERATION_MAX; op++) {
                if (!shown.operations[op].running)
                        continue;
                v->progress = shown.operations[op].progress;
                v->eta = shown.operations[op].eta;
                return arena_printf(a, "%s %s%s", doing[op], entity_title(a, engine_entity(e, leg)),
                                    shown.operations[op].paused ? ", which is paused" : "");
        }
        return NULL;
}

/* What is wanted of it, or is still to be done; NULL if nothing is. */
static const char *entity_work(const struct engine *e, entity_id id, struct arena *a) {
        const struct node *n = engine_node(e, id);

        for (enum wish w = 0; w < _WISH_MAX; w++)
                if (n->requests[w])
                        return arena_printf(
                                a, "%s %s: %s", wish_print(w),
                                entity_title(a, engine_entity(e, id)),
                                reason_print(a, e->config, request_cause(e, n->requests[w])));
        if (entry_is_closing(e, id))
                return arena_printf(a, "reading the label of %s",
                                    entity_title(a, engine_entity(e, id)));
        if (handler_is_running(e, id))
                return arena_printf(a, "the handlers of %s are running",
                                    entity_title(a, engine_entity(e, id)));
        return NULL;
}

/* What is being done to something on the disk; NULL if nothing is. */
static const char *verdict_work(const struct engine *e, entity_id disk, struct arena *a,
                                struct now now, struct view_verdict *v) {
        const char *text = entity_work(e, disk, a);
        struct content c;

        for (entity_id i = content_first(e, &c, disk); i != ENTITY_NONE;
             i = content_next(e, &c, i)) {
                const char *operation = engine_entity(e, i)->type == ENTITY_ZDEV
                                                ? verdict_operation(e, i, a, now, v)
                                                : NULL;

                if (operation)
                        return operation;
                if (!text)
                        text = entity_work(e, i, a);
        }
        return text;
}

static const char *verdict_use(const struct engine *e, entity_id disk, struct arena *a) {
        const char *text = NULL;

        for (entity_id i = disk; (i = tree_next(e, disk, i)) != ENTITY_NONE;) {
                const struct entity *it = engine_entity(e, i);

                if (!engine_node(e, i)->in_use)
                        continue;
                if (it->type == ENTITY_ZDEV) /* says more than the container around it */
                        return arena_printf(a, "%s is online", entity_title(a, it));
                if (it->type == ENTITY_CRYPT)
                        text = arena_printf(a, "%s is open", entity_title(a, it));
        }
        return text ? text : "something on it is in use";
}

/* What else would hang if the disk were pulled: a pool with a leg on a volume of a pool that lies
 * on this disk alone. Nothing but a restart of the machine helps then (seen on 2.3.2). */
static const char *verdict_upper(const struct engine *e, entity_id disk) {
        const char *upper = NULL;
        struct content c;

        for (entity_id i = content_first(e, &c, disk); i != ENTITY_NONE && !upper;
             i = content_next(e, &c, i))
                if (engine_entity(e, i)->type == ENTITY_ZPOOL)
                        upper = pool_find_upper(e, i);
        return upper;
}

static const char *verdict_warn(const struct engine *e, entity_id disk, struct arena *a,
                                const char *text) {
        const char *upper = verdict_upper(e, disk);

        return upper ? arena_printf(a, "%s. Do not pull it: pool %s would hang", text, upper)
                     : text;
}

/* The suspended pool that waits for what is, or was, on the disk; a leg that was taken offline is
 * not waited for. ENTITY_NONE: none. */
static entity_id verdict_suspended(const struct engine *e, entity_id disk) {
        for (entity_id i = disk; (i = tree_next(e, disk, i)) != ENTITY_NONE;) {
                const struct entity *it = engine_entity(e, i);
                const struct vdev *v = leg_vdev(e, i);

                if (it->type == ENTITY_ZDEV && it->zdev.zpool != ENTITY_NONE &&
                    engine_node(e, it->zdev.zpool)->suspended &&
                    (!v || v->state != VDEV_STATE_OFFLINE))
                        return it->zdev.zpool;
        }
        return ENTITY_NONE;
}

static const char *suspension_print(const struct engine *e, entity_id pool, struct arena *a) {
        return arena_printf(a, "%s is suspended: %s", entity_title(a, engine_entity(e, pool)),
                            pool_print_rescue(e, pool, a));
}

/* The pool that would have to tell whether something on the disk is in use, and does not answer.
 * ENTITY_NONE: all is known. */
static entity_id verdict_silent(const struct engine *e, entity_id disk) {
        entity_id silent = ENTITY_NONE;
        struct content c;

        for (entity_id i = content_first(e, &c, disk); i != ENTITY_NONE && silent == ENTITY_NONE;
             i = content_next(e, &c, i))
                silent = entity_find_silent(e, i);
        return silent;
}

static const char *verdict_absence(const struct engine *e, entity_id disk, struct arena *a) {
        entity_id stuck = verdict_suspended(e, disk);

        if (stuck != ENTITY_NONE)
                return arena_printf(a, "it was pulled while it was in use, and %s",
                                    suspension_print(e, stuck, a));
        return engine_node(e, disk)->in_use ? "it was pulled while it was in use" : "";
}

/* What was wanted of something on the disk and was not done, or else a copy that is none; "". */
static const char *verdict_trouble(const struct engine *e, entity_id disk, struct arena *a,
                                   struct now now) {
        const char *failure = failure_print(e, disk, a), *copy = "";
        struct content c;

        for (entity_id i = content_first(e, &c, disk); i != ENTITY_NONE && !failure;
             i = content_next(e, &c, i)) {
                struct view_entity v;

                failure = failure_print(e, i, a);
                engine_view_entity(e, i, now, &v);
                if (*v.copy_text && !*copy)
                        copy = arena_printf(a, "%s: %s", entity_title(a, v.entity), v.copy_text);
        }
        return failure ? failure : copy;
}

/* How fresh the copies on the disk are: the oldest of its legs counts. */
static void verdict_dates(const struct engine *e, entity_id disk, struct now now,
                          struct view_verdict *v) {
        bool any = false;
        struct content c;

        v->up_to_date = true;
        for (entity_id i = content_first(e, &c, disk); i != ENTITY_NONE;
             i = content_next(e, &c, i)) {
                struct view_entity leg;
                const struct failure *f = failure_of(e, i);
                usec_t due;

                v->errors |= (engine_node(e, i)->errors && entity_is_present(e, i)) ||
                             (f && f->refused);
                if (engine_entity(e, i)->type != ENTITY_ZDEV)
                        continue;
                engine_view_entity(e, i, now, &leg);
                if (!any || leg.last_update < v->last_update)
                        v->last_update = leg.last_update;
                any = true;
                v->overdue |= leg.overdue[OPERATION_UPDATE] != 0;
                v->up_to_date &= leg.copy == COPY_COMPLETE && leg.last_update != 0 &&
                                 !leg.watching && !leg.overdue[OPERATION_UPDATE];
                due = leg.last_update == USEC_NEVER ? 0
                                                    : overdue_due(leg.entity->zdev.intervals.update,
                                                                  leg.added, leg.last_update);
                if (due && (!v->due || due < v->due))
                        v->due = due;
        }
        v->up_to_date &= any;
}

void verdict_of(const struct engine *e, entity_id disk, struct arena *a, struct now now,
                struct view_verdict *ret) {
        struct view_verdict v = { .disk = disk, .progress = -1, .text = "" };
        const char *work, *use;
        struct reason why;
        entity_id stuck, silent;

        verdict_dates(e, disk, now, &v);
        v.trouble = verdict_trouble(e, disk, a, now);
        work = verdict_work(e, disk, a, now, &v);
        if (!e->ready) {
                v.kind = VERDICT_BUSY;
                v.text = "zmirror is still looking around";
        } else if (!entity_is_present(e, disk)) {
                v.kind = VERDICT_ABSENT;
                v.text = verdict_absence(e, disk, a);
        } else if (work) {
                v.kind = VERDICT_WORKING;
                v.text = verdict_warn(e, disk, a, work);
        } else if ((silent = verdict_silent(e, disk)) != ENTITY_NONE) {
                v.kind = VERDICT_BUSY;
                v.text = silence_print(e, silent, a);
        } else if (engine_node(e, disk)->children_in_use) {
                v.kind = VERDICT_BUSY;
                v.text = verdict_warn(e, disk, a, verdict_use(e, disk, a));
        } else if ((stuck = verdict_suspended(e, disk)) != ENTITY_NONE) {
                v.kind = VERDICT_BUSY;
                v.text = suspension_print(e, stuck, a);
        } else if ((use = foreign_find(e, disk, a))) {
                v.kind = VERDICT_BUSY;
                v.text = use;
        } else if (transit_find_coming(e, disk, &why)) {
                v.kind = VERDICT_WORKING;
                v.text = reason_print(a, e->config, &why);
        } else
                v.kind = VERDICT_SAFE;
        *ret = v;
}

void verdict_note_safe(struct engine *e, entity_id disk) {
        struct memory_entity *m = &engine_node(e, disk)->row->m;
        struct arena *a = e->effects.arena;

        if (!m->used)
                return;
        m->used = false;
        engine_save_row(e, disk);
        history_add(e, HISTORY_SAFE, disk,
                    arena_printf(a, "safe|%s|%" PRIu64, engine_entity(e, disk)->id, e->now.wall),
                    receipt_of(e, disk, a), "%s may be unplugged", engine_title(e, disk));
}

void verdict_follow(struct engine *e, entity_id disk) {
        struct memory_entity *m = &engine_node(e, disk)->row->m;
        struct view_verdict v;

        if (!m->used || engine_node(e, disk)->children_in_use)
                return;
        verdict_of(e, disk, e->effects.arena, e->now, &v);
        if (v.kind == VERDICT_SAFE)
                verdict_note_safe(e, disk);
        else if (v.kind == VERDICT_ABSENT) {
                m->used = false;
                engine_save_row(e, disk);
        }
}
