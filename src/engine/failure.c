/* engine/failure.c - what was wanted last and was not done, as long as that matters
 *
 * Whoever asks for something is told how it ends. What handlers and maintenance want, nobody waits
 * for: so the last failure of each entity is kept, over restarts, too, until a request of that kind
 * is fulfilled, what was wanted has come about otherwise, or the device is gone. Whoever needed
 * what failed fails with the same words; it is kept, and told, where it happened. */
#include <inttypes.h>

#include "base/text.h"
#include "engine/failure.h"
#include "engine/history.h"
#include "engine/picture.h"

void row_set_failure(struct row *row, const struct failure *f) {
        text_done(&row->failure);
        row->m.failure = f->time ? *f : (struct failure){};
        if (f->time)
                text_add(&row->failure, f->text ? f->text : "");
        row->m.failure.text = row->failure.s;
}

const struct failure *failure_of(const struct engine *e, entity_id id) {
        const struct failure *f = &engine_node(e, id)->row->m.failure;

        return f->time ? f : NULL;
}

const char *failure_print(const struct engine *e, entity_id id, struct arena *a) {
        const struct failure *f = failure_of(e, id);

        return f ? arena_printf(a, "%s of %s %s: %s", wish_print(f->wish),
                                entity_title(a, engine_entity(e, id)),
                                f->refused ? "was refused" : "failed", f->text)
                 : NULL;
}

static void failure_clear(struct engine *e, entity_id id) {
        if (!failure_of(e, id))
                return;
        row_set_failure(engine_node(e, id)->row, &(struct failure){});
        engine_save_row(e, id);
        engine_touch_around(e, id);
}

/* --- when it does not matter any more */

/* Its device is there, or has only to be opened. */
static bool entity_is_reachable(const struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);

        for (uint32_t i = 0; it->type == ENTITY_ZPOOL && i < it->zpool.n_legs; i++)
                if (entity_is_reachable(e, it->zpool.legs[i]))
                        return true;
        for (; id != ENTITY_NONE; id = engine_entity(e, id)->parent)
                if (entity_is_present(e, id))
                        return true;
        return false;
}

/* What was wanted has come about. */
static bool failure_is_moot(const struct engine *e, entity_id id, const struct failure *f) {
        const struct node *n = engine_node(e, id);
        const struct pool_status *s;

        switch (f->wish) {
        case WISH_ONLINE:
                return entity_is_online(e, id) && !n->suspended;
        case WISH_OFFLINE:
                return !n->in_use;
        case WISH_SCRUB:
                s = pool_status(e, entity_pool_id(e, id));
                return n->row->m.last_scrub > f->time ||
                       (engine_entity(e, id)->type == ENTITY_ZPOOL && s &&
                        s->scan.function == SCAN_SCRUB && s->scan.end > f->time);
        case WISH_TRIM:
                return n->row->m.last_trim > f->time;
        case WISH_EJECT:
                return !entity_is_present(e, id);
        case WISH_SNAPSHOT:
        case _WISH_MAX:
                break;
        }
        return false;
}

void failure_follow(struct engine *e, entity_id id) {
        const struct failure *f = failure_of(e, id);

        if (f && !entity_is_unknown(e, id) &&
            (failure_is_moot(e, id, f) || !entity_is_reachable(e, id)))
                failure_clear(e, id);
}

void failure_disappeared(struct engine *e, entity_id id) {
        bool another = entity_is_present(e, id);

        for (entity_id i = id; i != ENTITY_NONE; i = tree_next(e, id, i)) {
                entity_id pool = entity_pool_id(e, i);

                if (another)
                        failure_clear(e, i);
                failure_follow(e, i);
                if (pool != ENTITY_NONE)
                        failure_follow(e, pool);
        }
}

/* --- the end of a request */

/* Somebody has to see to it. Else there was nothing to act upon, or somebody has changed his
 * mind. */
static bool reason_is_failure(enum reason_code code) {
        return code == REASON_COMMAND_FAILED || code == REASON_NO_EFFECT ||
               code == REASON_TIMEOUT || code == REASON_NOT_CONFIGURED || code == REASON_HELD ||
               code == REASON_SUSPENDED || code == REASON_LAST_COPY || code == REASON_GUARD;
}

/* Nobody waits for it. What zmirror itself does not bring about is seen by what is still so; it
 * tries that again and again. */
static bool request_is_unattended(const struct request *r) {
        return r->origin == ORIGIN_HANDLER || r->origin == ORIGIN_MAINTENANCE;
}

/* What it needed has failed: there it is told. */
static bool request_passes_on(const struct request *r, const struct reason *why) {
        for (size_t i = 0; i < r->needs.count; i++)
                if (r->needs.items[i].state == NEED_FAILED &&
                    reason_equal(&r->needs.items[i].reason, why))
                        return true;
        return false;
}

/* "scrub", "scrub, wanted by on_resilvered of zdev tank-b (tank),". */
static const char *request_print(struct engine *e, const struct request *r) {
        struct arena *a = e->effects.arena;

        return r->origin == ORIGIN_HANDLER
                       ? arena_printf(a, "%s, wanted by %s,", wish_print(r->wish),
                                      request_print_origin(e, r, a))
                       : wish_print(r->wish);
}

static void failure_log(struct engine *e, const struct request *r, const char *text,
                        enum reason_code code) {
        bool told = r->origin == ORIGIN_PERSON && r->clients.count;
        enum log_level level = code == REASON_UNSUPPORTED ? LOG_LEVEL_INFO /* it is no failure */
                               : code == REASON_COMMAND_FAILED
                                       ? LOG_LEVEL_VERBOSE /* it was logged */
                               : reason_is_failure(code) ? LOG_LEVEL_WARNING
                                                         : LOG_LEVEL_VERBOSE;

        if (!told)
                engine_log(e, level, r->entity, "%s: %s failed: %s", engine_title(e, r->entity),
                           request_print(e, r), text);
}

/* A refusal is told whoever wanted it, but once as long as it stands. False: there is nothing to
 * be told that the history does not know. */
static bool failure_tell(struct engine *e, const struct request *r, const struct reason *why,
                         const char *text, bool again) {
        bool refusal = why->code == REASON_GUARD || why->code == REASON_LAST_COPY;
        entity_id about = why->code == REASON_GUARD && why->about != ENTITY_NONE ? why->about
                                                                                 : r->entity;
        const char *change;

        if (refusal || why->code == REASON_HELD
                    ? again
                    : !request_is_unattended(r) || why->code == REASON_COMMAND_FAILED)
                return false;
        change = arena_printf(e->effects.arena, "%s|%s|%s|%" PRIu64,
                              refusal ? "refused" : "request", wish_print(r->wish),
                              engine_entity(e, about)->id, e->now.wall);
        if (why->code == REASON_GUARD)
                history_add(e, HISTORY_REFUSED, about, change, NULL, "%s", text);
        else
                history_add(e, refusal ? HISTORY_REFUSED : HISTORY_REQUEST_FAILED, about, change,
                            NULL, "%s: %s failed: %s", engine_title(e, about), request_print(e, r),
                            text);
        return true;
}

static void failure_note(struct engine *e, const struct request *r, const struct reason *why) {
        const struct failure *before = failure_of(e, r->entity);
        const char *text = reason_print(e->effects.arena, e->config, why);
        struct failure f = { .time = e->now.wall,
                             .wish = r->wish,
                             .refused = why->code == REASON_GUARD,
                             .text = text };
        bool again = before && before->wish == r->wish && text_equal(before->text, text);

        if (!reason_is_failure(why->code) || request_passes_on(r, why) ||
            (r->origin == ORIGIN_SELF && !f.refused)) {
                failure_log(e, r, text, why->code);
                return;
        }
        if (!failure_tell(e, r, why, text, again))
                failure_log(e, r, text, why->code);
        row_set_failure(engine_node(e, r->entity)->row, &f);
        engine_save_row(e, r->entity);
        engine_touch_around(e, r->entity);
}

void failure_ended(struct engine *e, const struct request *r, bool fulfilled,
                   const struct reason *why) {
        const struct failure *before = failure_of(e, r->entity);

        if (!fulfilled && r->own && !r->clients.count)
                array_append(&e->effects.tells, ((struct effect_tell){ .request = r->id,
                                                                       .entity = r->entity,
                                                                       .wish = r->wish,
                                                                       .ended = true,
                                                                       .reason = *why }));
        if (!fulfilled)
                failure_note(e, r, why);
        else if (before && (before->wish == r->wish ||
                            (before->wish <= WISH_OFFLINE && r->wish <= WISH_OFFLINE)))
                failure_clear(e, r->entity);
}
