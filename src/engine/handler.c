/* engine/handler.c - handler lists: what is configured to be done when something happens */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/complete.h"
#include "engine/handler.h"
#include "engine/history.h"
#include "engine/job.h"
#include "engine/picture.h"

/*
 * A list is run in order, each action after the one before it has ended. It is kept in the memory
 * with the index of the action that runs, so that it goes on after a restart. Where online or
 * offline fails, the list ends: what comes after stands on it. The failure of anything else (a
 * scrub, a snapshot, a program) does not keep the rest from being done.
 */

static const struct handler *list_handler(const struct engine *e, entity_id id, size_t i) {
        return &engine_entity(e, id)->handlers[engine_node(e, id)->row->handlers.items[i].event];
}

bool handler_is_running(const struct engine *e, entity_id id) {
        return engine_node(e, id)->row->handlers.count > 0;
}

static bool handler_has_wish(const struct handler *h, enum wish wish) {
        for (uint32_t k = 0; k < h->n_actions; k++)
                if (h->actions[k].kind == ACTION_WISH && h->actions[k].wish == wish)
                        return true;
        return false;
}

bool handler_brings_online(const struct entity *it) {
        return it->handlers &&
               (handler_has_wish(&it->handlers[EVENT_APPEARED], WISH_ONLINE) ||
                handler_has_wish(&it->handlers[EVENT_BACKING_APPEARED], WISH_ONLINE));
}

bool handler_takes_offline(const struct entity *it, enum event *ret) {
        for (enum event event = 0; it->handlers && event < _EVENT_MAX; event++)
                if (handler_has_wish(&it->handlers[event], WISH_OFFLINE)) {
                        *ret = event;
                        return true;
                }
        return false;
}

void handler_fire(struct engine *e, entity_id id, enum event event, const char *change) {
        struct row *row = engine_node(e, id)->row;

        if (!engine_entity(e, id)->handlers[event].n_actions || !e->settings.enable_event_handlers)
                return;
        for (size_t i = 0; i < row->handlers.count; i++)
                if (text_equal(row->handlers.items[i].change, change) &&
                    row->handlers.items[i].event == event)
                        return;
        array_append(&row->handlers,
                     ((struct memory_handler){ .event = event,
                                               .change = arena_strdup(row->text, change) }));
        (void) array_add(&row->runs);
        engine_save_row(e, id);
        engine_log(e, LOG_LEVEL_VERBOSE, id, "%s: running on_%s", engine_title(e, id),
                   event_print(event));
        engine_touch_around(e, id);
}

static void list_remove(struct engine *e, entity_id id, size_t i) {
        struct row *row = engine_node(e, id)->row;

        array_remove(&row->handlers, i);
        array_remove(&row->runs, i);
        if (!row->handlers.count)
                arena_clear(row->text);
        engine_save_row(e, id);
        engine_touch_around(e, id);
}

/* --- holding back
 * ------------------------------------------------------------------------------------ */

static bool leg_is_held(const struct engine *e, entity_id leg, struct reason *ret) {
        ret->about = leg;
        if (engine_node(e, leg)->requests[WISH_SCRUB] ||
            leg_operation_runs(e, leg, OPERATION_SCRUB))
                ret->code = REASON_WAIT_SCAN;
        else if (engine_node(e, leg)->requests[WISH_TRIM] ||
                 leg_operation_runs(e, leg, OPERATION_TRIM))
                ret->code = REASON_WAIT_TRIM;
        else if (leg_operation_runs(e, leg, OPERATION_UPDATE))
                ret->code = REASON_WAIT_RESILVER;
        return ret->code != REASON_NONE;
}

/* A scrub or trim of the whole pool is one of each leg in it. */
static bool pool_wants_leg(const struct engine *e, entity_id leg, struct reason *ret) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;

        if (pool == ENTITY_NONE || (!engine_node(e, pool)->requests[WISH_SCRUB] &&
                                    !engine_node(e, pool)->requests[WISH_TRIM]))
                return false;
        ret->code = REASON_WAIT_HELD;
        ret->about = pool;
        return true;
}

bool handler_is_held(const struct engine *e, entity_id id, struct reason *ret) {
        *ret = (struct reason){ .about = ENTITY_NONE };
        for (entity_id i = id; i != ENTITY_NONE; i = tree_next(e, id, i)) {
                bool is_leg = engine_entity(e, i)->type == ENTITY_ZDEV;

                if (engine_node(e, i)->state == STATE_UNKNOWN) { /* it may be in use, or appear */
                        ret->code = REASON_WAIT_LOOK;
                        ret->about = i;
                        return true;
                }
                if (is_leg && engine_node(e, i)->in_use &&
                    (leg_is_held(e, i, ret) || pool_wants_leg(e, i, ret)))
                        return true;
                for (enum wish w = 0; w < _WISH_MAX; w++)
                        if (!wish_takes_away(w) && engine_node(e, i)->requests[w]) {
                                ret->code = REASON_WAIT_HELD;
                                ret->about = i;
                                (void) snprintf(ret->detail, sizeof(ret->detail), "%s is wanted",
                                                wish_print(w));
                                return true;
                        }
                if (i != id && handler_is_running(e, i)) {
                        ret->code = REASON_WAIT_HANDLERS;
                        ret->about = i;
                        return true;
                }
        }
        return false;
}

/* The event's reason still holds: for children_offline that nothing inside is in use. */
static bool list_still_holds(const struct engine *e, entity_id id, enum event event) {
        return event != EVENT_CHILDREN_OFFLINE || engine_node(e, id)->children_in_use == 0;
}

bool handler_find_held(const struct engine *e, entity_id id, enum event *ret_event,
                       struct reason *ret_why) {
        const struct row *row = engine_node(e, id)->row;

        for (size_t i = 0; i < row->handlers.count; i++) {
                const struct memory_handler *m = &row->handlers.items[i];
                const struct handler *h = list_handler(e, id, i);
                const struct action *a = m->next < h->n_actions ? &h->actions[m->next] : NULL;

                if (!a || a->kind != ACTION_WISH || a->wish != WISH_OFFLINE ||
                    row->runs.items[i].request || !handler_is_held(e, id, ret_why))
                        continue;
                *ret_event = m->event;
                return true;
        }
        return false;
}

/* --- actions
 * ------------------------------------------------------------------------------------------ */

enum begun { BEGUN, HELD, ENDS, OVER };

/* `target`: the entity itself, or the volume around it. */
static enum begun action_wish(struct engine *e, entity_id id, entity_id target, enum wish wish,
                              enum event event, struct list_run *run) {
        struct reason held;
        struct input_wish w = { .wish = wish,
                                .entity = target,
                                .origin = ORIGIN_HANDLER,
                                .by_event = event,
                                .by = id };

        if (wish == WISH_OFFLINE && handler_is_held(e, id, &held))
                return HELD;
        run->request = request_make(e, &w);
        return run->request ? BEGUN : ENDS;
}

static enum begun action_snapshot_parent(struct engine *e, entity_id id, enum event event,
                                         struct list_run *run) {
        entity_id volume = id;

        while (volume != ENTITY_NONE && engine_entity(e, volume)->type != ENTITY_ZVOL)
                volume = engine_entity(e, volume)->parent;
        return volume == ENTITY_NONE ? OVER : action_wish(e, id, volume, WISH_SNAPSHOT, event, run);
}

static enum begun action_run(struct engine *e, entity_id id, const struct action *a,
                             enum event event, struct list_run *run) {
        struct command c = command_run(e->effects.arena, id, a->argv, engine_entity(e, id)->id,
                                       event_print(event));

        if (!e->settings.enable_commands) {
                engine_log(e, LOG_LEVEL_INFO, id, "commands are disabled, not run: %s",
                           command_print(e->effects.arena, &c));
                return OVER;
        }
        run->job = job_add_for(e, JOB_LIST, id, &c);
        return BEGUN;
}

static enum begun action_begin(struct engine *e, entity_id id, const struct action *a,
                               enum event event, struct list_run *run) {
        switch (a->kind) {
        case ACTION_PASS:
                return OVER;
        case ACTION_WISH:
                return action_wish(e, id, id, a->wish, event, run);
        case ACTION_SNAPSHOT_PARENT:
                return action_snapshot_parent(e, id, event, run);
        case ACTION_RUN:
                return action_run(e, id, a, event, run);
        }
        __builtin_unreachable();
}

/* Lets one list go on. True if it went a step further; false if it waits. Its end removes it. */
static bool list_advance(struct engine *e, entity_id id, size_t i) {
        struct row *row = engine_node(e, id)->row;
        const struct handler *h = list_handler(e, id, i);
        struct memory_handler *m = &row->handlers.items[i];
        struct list_run *run = &row->runs.items[i];

        if (run->over) {
                bool stands_on = h->actions[m->next].kind == ACTION_WISH &&
                                 h->actions[m->next].wish <= WISH_OFFLINE;

                m->next = !run->good && stands_on ? h->n_actions : m->next + 1;
                m->started = 0;
                *run = (struct list_run){};
                engine_save_row(e, id);
        }
        if (m->next >= h->n_actions || !list_still_holds(e, id, m->event)) {
                list_remove(e, id, i);
                return true;
        }
        if (run->request || run->job)
                return false;
        if (!m->started) {
                m->started = e->now.wall;
                engine_save_row(e, id);
        }
        switch (action_begin(e, id, &h->actions[m->next], m->event, run)) {
        case BEGUN:
        case HELD:
                return false;
        case ENDS:
                list_remove(e, id, i);
                return true;
        case OVER:
                run->over = run->good = true;
                return true;
        }
        __builtin_unreachable();
}

void handler_advance(struct engine *e, entity_id id) {
        struct row *row = engine_node(e, id)->row;

        for (size_t i = 0; i < row->handlers.count;) {
                size_t before = row->handlers.count;

                while (i < row->handlers.count && row->handlers.count == before &&
                       list_advance(e, id, i))
                        ;
                if (row->handlers.count == before)
                        i++;
        }
}

/* --- ends of actions
 * ----------------------------------------------------------------------------------- */

static void list_action_ended(struct engine *e, entity_id id, struct list_run *run, bool good) {
        run->over = true;
        run->good = good;
        engine_touch(e, id);
}

void handler_request_ended(struct engine *e, const struct request *r, bool fulfilled) {
        if (r->origin > ORIGIN_HANDLER)
                return;
        for (entity_id i = r->entity; i != ENTITY_NONE; i = tree_next(e, r->entity, i)) {
                struct row *row =
                        engine_node(e, i)->row; /* snapshot-parent: the list is inside the volume */

                for (size_t k = 0; k < row->runs.count; k++)
                        if (row->runs.items[k].request == r->id)
                                list_action_ended(e, i, &row->runs.items[k], fulfilled);
                if (r->wish != WISH_SNAPSHOT)
                        return;
        }
}

void handler_job_ended(struct engine *e, entity_id id, uint64_t job,
                       const struct command_end *end) {
        struct row *row = engine_node(e, id)->row;

        for (size_t k = 0; k < row->runs.count; k++)
                if (row->runs.items[k].job == job)
                        list_action_ended(e, id, &row->runs.items[k], command_end_is_good(end));
        if (!command_end_is_good(end))
                history_command_failed(e, id, "run",
                                       end->output[0] ? end->output : "a handler's program failed");
}
