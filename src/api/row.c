/* api/row.c - one entity as a row of `list` and an entry of `status` */
#include <string.h>

#include "api/row.h"

static const char *const column_names[_COLUMN_MAX] = {
        [COLUMN_ID] = "id",
        [COLUMN_HRID] = "hrid",
        [COLUMN_STATE] = "state",
        [COLUMN_PARENT] = "parent",
        [COLUMN_DEPTH] = "depth",
        [COLUMN_ADDED] = "added",
        [COLUMN_LAST_ONLINE] = "last_online",
        [COLUMN_LAST_UPDATE] = "last_update",
        [COLUMN_UPDATE_OVERDUE] = "update_overdue",
        [COLUMN_UPDATE_INTERVAL] = "update_interval",
        [COLUMN_AVAILABLE_UPDATE_OVERDUE] = "available_update_overdue",
        [COLUMN_AVAILABLE_UPDATE_INTERVAL] = "available_update_interval",
        [COLUMN_LAST_TRIM] = "last_trim",
        [COLUMN_TRIM_OVERDUE] = "trim_overdue",
        [COLUMN_TRIM_INTERVAL] = "trim_interval",
        [COLUMN_LAST_SCRUB] = "last_scrub",
        [COLUMN_SCRUB_OVERDUE] = "scrub_overdue",
        [COLUMN_SCRUB_INTERVAL] = "scrub_interval",
        [COLUMN_ERRORS] = "errors",
        [COLUMN_OPERATIONS] = "operations",
        [COLUMN_TYPE] = "type",
        [COLUMN_GROUPS] = "groups",
};

const char *column_print(enum column c) {
        return column_names[c];
}

static bool column_is(enum column c, const char *s) {
        return column_names[c][0] == s[0] && !strcmp(column_names[c], s);
}

bool column_parse(const char *s, enum column *ret) {
        for (enum column c = 0; c < _COLUMN_MAX; c++)
                if (column_is(c, s)) {
                        *ret = c;
                        return true;
                }
        return false;
}

/* --- the daemon's end. What is "never", nil or none is left out: most entities are no legs, and a
 * list is long. */

static void time_add(struct text *t, enum column c, usec_t when, usec_t now) {
        if (when)
                json_add_number(t, column_names[c], when == USEC_NEVER ? now : when);
}

static void span_add(struct text *t, enum column c, struct span span) {
        char buffer[SPAN_PRINT_MAX];

        if (!span_is_nil(span))
                json_add_string(t, column_names[c], span_print(span, buffer));
}

static void operations_add(struct text *t, const struct view_entity *v) {
        bool any = false;

        for (enum operation op = 0; op < _OPERATION_MAX; op++) {
                const struct view_operation *o = &v->operations[op];

                if (!o->running)
                        continue;
                if (!any)
                        json_open(t, column_names[COLUMN_OPERATIONS], '[');
                any = true;
                json_open(t, NULL, '{');
                json_add_string(t, "operation", operation_print(op));
                if (o->progress >= 0)
                        json_add_float(t, "progress", o->progress);
                if (o->started)
                        json_add_number(t, "started", o->started);
                if (o->eta)
                        json_add_number(t, "eta", o->eta);
                if (o->paused)
                        json_add_number(t, "paused", o->paused);
                if (o->total_bytes) {
                        json_add_number(t, "done_bytes", o->done_bytes);
                        json_add_number(t, "total_bytes", o->total_bytes);
                }
                json_close(t, '}');
        }
        if (any)
                json_close(t, ']');
}

static void groups_add(struct text *t, const struct entity *e) {
        if (!e->groups || !e->groups[0])
                return;
        json_open(t, column_names[COLUMN_GROUPS], '[');
        for (const char *const *g = e->groups; *g; g++)
                json_add_string(t, NULL, *g);
        json_close(t, ']');
}

static void interval_add(struct text *t, const struct entity *e, enum column c) {
        const struct intervals *i = &e->zdev.intervals;

        if (e->type != ENTITY_ZDEV)
                return;
        span_add(t, c,
                 c == COLUMN_UPDATE_INTERVAL  ? i->update
                 : c == COLUMN_SCRUB_INTERVAL ? i->scrub
                 : c == COLUMN_TRIM_INTERVAL  ? i->trim
                                              : i->available_update);
}

static void column_add(struct text *t, const struct config *config, const struct view_entity *v,
                       enum column c, usec_t now) {
        const struct entity *e = v->entity, *parent;

        switch (c) {
        case COLUMN_ID:
                json_add_string(t, "id", e->id);
                break;
        case COLUMN_HRID:
                json_add_string(t, "hrid", e->hrid);
                break;
        case COLUMN_TYPE:
                json_add_string(t, "type", entity_type_print(e->type));
                break;
        case COLUMN_STATE:
                json_add_string(t, "state", state_print(v->state));
                break;
        case COLUMN_PARENT:
                parent = config_entity(config, e->parent);
                if (parent)
                        json_add_string(t, "parent", parent->id);
                break;
        case COLUMN_DEPTH:
                json_add_number(t, "depth", e->depth);
                break;
        case COLUMN_GROUPS:
                groups_add(t, e);
                break;
        case COLUMN_ADDED:
                time_add(t, c, v->added, now);
                break;
        case COLUMN_LAST_ONLINE:
                time_add(t, c, v->last_online, now);
                break;
        case COLUMN_LAST_UPDATE:
                time_add(t, c, v->last_update, now);
                break;
        case COLUMN_LAST_TRIM:
                time_add(t, c, v->last_trim, now);
                break;
        case COLUMN_LAST_SCRUB:
                time_add(t, c, v->last_scrub, now);
                break;
        case COLUMN_UPDATE_OVERDUE:
                time_add(t, c, v->overdue[OPERATION_UPDATE], now);
                break;
        case COLUMN_TRIM_OVERDUE:
                time_add(t, c, v->overdue[OPERATION_TRIM], now);
                break;
        case COLUMN_SCRUB_OVERDUE:
                time_add(t, c, v->overdue[OPERATION_SCRUB], now);
                break;
        case COLUMN_AVAILABLE_UPDATE_OVERDUE:
                time_add(t, c, v->available_update_overdue, now);
                break;
        case COLUMN_UPDATE_INTERVAL:
        case COLUMN_TRIM_INTERVAL:
        case COLUMN_SCRUB_INTERVAL:
        case COLUMN_AVAILABLE_UPDATE_INTERVAL:
                interval_add(t, e, c);
                break;
        case COLUMN_ERRORS:
                json_add_bool(t, "errors", v->errors);
                if (v->errors && v->errors_text[0])
                        json_add_string(t, "errors_text", v->errors_text);
                break;
        case COLUMN_OPERATIONS:
                operations_add(t, v);
                break;
        case _COLUMN_MAX:
                abort();
        }
}

static void columns_add(struct text *t, const struct config *config, const struct view_entity *v,
                        uint32_t columns, usec_t now) {
        for (enum column c = 0; c < _COLUMN_MAX; c++)
                if (columns & COLUMN_BIT(c))
                        column_add(t, config, v, c, now);
}

void row_print(struct text *t, const struct config *c, const struct view_entity *v,
               uint32_t columns, usec_t now) {
        json_open(t, NULL, '{');
        columns_add(t, c, v, columns, now);
        json_close(t, '}');
}

static void failure_add(struct text *t, const struct failure *f) {
        if (!f->time)
                return;
        json_open(t, "failure", '{');
        json_add_string(t, "wish", wish_print(f->wish));
        json_add_number(t, "time", f->time);
        json_add_bool(t, "refused", f->refused);
        json_add_string(t, "reason", f->text);
        json_close(t, '}');
}

void row_print_status(struct text *t, struct arena *a, const struct config *c,
                      const struct view_entity *v, const struct view_verdict *verdict,
                      const struct view_request *requests, uint32_t n_requests, usec_t now) {
        json_open(t, NULL, '{');
        columns_add(t, c, v, COLUMNS_ALL, now);
        json_add_string(t, "device", v->device);
        if (v->held_by && v->held_by[0])
                json_add_string(t, "held_by", v->held_by);
        failure_add(t, &v->failure);
        if (v->trim.fault != TRIM_FAULT_NONE)
                json_add_string(t, "trim_obstacle", trim_obstacle_print(a, &v->trim));
        if (v->silent)
                json_add_bool(t, "silent", true);
        json_add_bool(t, "watching", v->watching);
        if (v->entity->type == ENTITY_ZDEV)
                json_add_string(t, "copy", copy_print(v->copy));
        if (v->copy_text && v->copy_text[0])
                json_add_string(t, "copy_text", v->copy_text);
        if (verdict)
                verdict_print(t, "verdict", c, verdict, now);
        json_open(t, "requests", '[');
        for (uint32_t i = 0; i < n_requests; i++) {
                const struct view_request *r = &requests[i];

                json_open(t, NULL, '{');
                json_add_number(t, "id", r->id);
                json_add_string(t, "wish", wish_print(r->wish));
                json_add_string(t, "origin", origin_print(r->origin));
                json_add_string(t, "by", r->by);
                json_add_number(t, "since", r->since);
                json_add_string(t, "reason", reason_print(a, c, &r->reason));
                json_add_string(t, "reason_code", reason_code_print(r->reason.code));
                json_close(t, '}');
        }
        json_close(t, ']');
        json_close(t, '}');
}

/* --- the command's end */

static bool strings_read(struct arena *a, const struct json *array, const char *const **ret) {
        const char **copy;
        uint32_t n = 0;

        if (array->type != JSON_ARRAY)
                return false;
        copy = arena_new_array(a, const char *, array->count + 1);
        for (const struct json *m = array->first; m; m = m->next) {
                if (m->type != JSON_STRING)
                        return false;
                copy[n++] = m->string.s;
        }
        *ret = copy;
        return true;
}

static bool operation_read(const struct json *object, struct row *row) {
        struct view_operation o = { .running = true, .progress = -1 };
        enum operation op;
        const char *name = "";

        if (!json_get_string(object, "operation", &name) || !operation_parse(name, &op) ||
            !json_get_float(object, "progress", &o.progress) ||
            !json_get_number(object, "started", &o.started) ||
            !json_get_number(object, "eta", &o.eta) ||
            !json_get_number(object, "paused", &o.paused) ||
            !json_get_number(object, "done_bytes", &o.done_bytes) ||
            !json_get_number(object, "total_bytes", &o.total_bytes))
                return false;
        row->operations[op] = o;
        return true;
}

static bool operations_read(const struct json *array, struct row *row) {
        if (array->type != JSON_ARRAY)
                return false;
        for (const struct json *m = array->first; m; m = m->next)
                if (!operation_read(m, row))
                        return false;
        return true;
}

static bool requests_read(struct arena *a, const struct json *array, struct row *row) {
        if (array->type != JSON_ARRAY)
                return false;
        row->requests = arena_new_array(a, struct row_request, array->count);
        for (const struct json *m = array->first; m; m = m->next) {
                struct row_request *r = &row->requests[row->n_requests++];

                *r = (struct row_request){ .wish = "", .origin = "", .by = "", .reason = "" };
                if (!json_get_number(m, "id", &r->id) || !json_get_string(m, "wish", &r->wish) ||
                    !json_get_string(m, "origin", &r->origin) ||
                    !json_get_string(m, "by", &r->by) || !json_get_number(m, "since", &r->since) ||
                    !json_get_string(m, "reason", &r->reason) ||
                    !json_get_string(m, "reason_code", &r->reason_code))
                        return false;
        }
        return true;
}

static bool failure_read(const struct json *object, struct failure *ret) {
        const char *wish = "";

        return json_get_string(object, "wish", &wish) && wish_parse(wish, &ret->wish) &&
               json_get_number(object, "time", &ret->time) &&
               json_get_bool(object, "refused", &ret->refused) &&
               json_get_string(object, "reason", &ret->text) && ret->text;
}

static bool time_read(const struct json *m, usec_t *ret) {
        if (m->type != JSON_INT || m->number < 0)
                return false;
        *ret = (usec_t) m->number;
        return true;
}

/* A date that goes on right now is sent as the time of the reply. */
static bool going_time_read(const struct json *m, usec_t now, usec_t *ret) {
        if (!time_read(m, ret))
                return false;
        if (*ret == now)
                *ret = USEC_NEVER;
        return true;
}

static bool string_read(const struct json *m, const char **ret) {
        if (m->type != JSON_STRING)
                return false;
        *ret = m->string.s;
        return true;
}

static bool column_read(struct arena *a, const struct json *m, enum column c, usec_t now,
                        struct row *row) {
        switch (c) {
        case COLUMN_ID:
                return string_read(m, &row->id);
        case COLUMN_HRID:
                return string_read(m, &row->hrid);
        case COLUMN_TYPE:
                return m->type == JSON_STRING && entity_type_parse(m->string.s, &row->type);
        case COLUMN_STATE:
                return m->type == JSON_STRING && state_parse(m->string.s, &row->state);
        case COLUMN_PARENT:
                return string_read(m, &row->parent);
        case COLUMN_DEPTH:
                row->depth = (uint32_t) m->number;
                return m->type == JSON_INT && m->number >= 0 && m->number < UINT32_MAX;
        case COLUMN_GROUPS:
                return strings_read(a, m, &row->groups);
        case COLUMN_ADDED:
                return time_read(m, &row->added);
        case COLUMN_LAST_ONLINE:
                return going_time_read(m, now, &row->last_online);
        case COLUMN_LAST_UPDATE:
                return going_time_read(m, now, &row->last_update);
        case COLUMN_LAST_TRIM:
                return time_read(m, &row->last_trim);
        case COLUMN_LAST_SCRUB:
                return time_read(m, &row->last_scrub);
        case COLUMN_UPDATE_OVERDUE:
                return time_read(m, &row->overdue[OPERATION_UPDATE]);
        case COLUMN_TRIM_OVERDUE:
                return time_read(m, &row->overdue[OPERATION_TRIM]);
        case COLUMN_SCRUB_OVERDUE:
                return time_read(m, &row->overdue[OPERATION_SCRUB]);
        case COLUMN_AVAILABLE_UPDATE_OVERDUE:
                return time_read(m, &row->available_update_overdue);
        case COLUMN_UPDATE_INTERVAL:
                return string_read(m, &row->intervals[OPERATION_UPDATE]);
        case COLUMN_TRIM_INTERVAL:
                return string_read(m, &row->intervals[OPERATION_TRIM]);
        case COLUMN_SCRUB_INTERVAL:
                return string_read(m, &row->intervals[OPERATION_SCRUB]);
        case COLUMN_AVAILABLE_UPDATE_INTERVAL:
                return string_read(m, &row->available_update_interval);
        case COLUMN_ERRORS:
                row->errors = m->boolean;
                return m->type == JSON_BOOL;
        case COLUMN_OPERATIONS:
                return operations_read(m, row);
        case _COLUMN_MAX:
                break;
        }
        abort();
}

/* What only Status tells. */
static bool status_read(struct arena *a, const struct json *object, usec_t now, struct row *row) {
        const struct json *requests = json_find(object, "requests");
        const struct json *verdict = json_find(object, "verdict");
        const struct json *failure = json_find(object, "failure");
        const char *copy = NULL;
        struct reply_verdict *v = NULL;

        if (verdict && verdict->type != JSON_NULL) {
                v = arena_new_one(a, struct reply_verdict);
                if (!verdict_parse(verdict, now, v))
                        return false;
        }
        row->verdict = v;
        return json_get_string(object, "errors_text", &row->errors_text) &&
               json_get_string(object, "device", &row->device) &&
               json_get_string(object, "held_by", &row->held_by) &&
               json_get_string(object, "trim_obstacle", &row->trim_obstacle) &&
               json_get_bool(object, "silent", &row->silent) &&
               json_get_bool(object, "watching", &row->watching) &&
               json_get_string(object, "copy", &copy) && (!copy || copy_parse(copy, &row->copy)) &&
               json_get_string(object, "copy_text", &row->copy_text) &&
               (!failure || failure_read(failure, &row->failure)) &&
               (!requests || requests_read(a, requests, row));
}

bool row_parse(struct arena *a, const struct json *object, usec_t now, struct row *ret) {
        struct row row = {};
        enum column next = 0, c;

        if (object->type != JSON_OBJECT)
                return false;
        for (const struct json *m = object->first; m; m = m->next) {
                /* Members come in the order of the columns, as a rule: the search goes on from the
                 * last one found. */
                for (c = next; c < _COLUMN_MAX && !column_is(c, m->key); c++)
                        ;
                if (c == _COLUMN_MAX && !column_parse(m->key, &c))
                        continue; /* newer than we are, or of Status */
                next = c + 1;
                if (m->type != JSON_NULL && !column_read(a, m, c, now, &row))
                        return false;
        }
        if (!status_read(a, object, now, &row))
                return false;
        *ret = row;
        return true;
}
