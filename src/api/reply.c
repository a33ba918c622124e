/* api/reply.c - what the methods of io.zmirror answer */
#include <string.h>

#include "api/reply.h"

static const char *const request_state_names[_REQUEST_STATE_MAX] = {
        [REQUEST_WAITING] = "waiting",
        [REQUEST_DONE] = "done",
        [REQUEST_FAILED] = "failed",
};

const char *request_state_print(enum request_state s) {
        return request_state_names[s];
}

static bool request_state_parse(const char *s, enum request_state *ret) {
        for (enum request_state k = 0; k < _REQUEST_STATE_MAX; k++)
                if (text_equal(s, request_state_names[k])) {
                        *ret = k;
                        return true;
                }
        return false;
}

/* Zero is "never" or "not told", and left out. */
static void number_add(struct text *t, const char *key, uint64_t value) {
        if (value)
                json_add_number(t, key, value);
}

static void progress_add(struct text *t, double progress) {
        if (progress >= 0)
                json_add_float(t, "progress", progress);
}

/* False unless the member is there and an array. */
static bool array_find(const struct json *object, const char *key, const struct json **ret) {
        *ret = json_find(object, key);
        return *ret && (*ret)->type == JSON_ARRAY;
}

/* --- Version */

void reply_version_print(struct text *t, const struct reply_version *r) {
        json_open(t, NULL, '{');
        json_add_string(t, "version", r->version);
        json_add_string(t, "config_path", r->config_path);
        json_add_number(t, "pid", r->pid);
        json_add_number(t, "since", r->since);
        json_add_bool(t, "ready", r->ready);
        json_close(t, '}');
}

bool reply_version_parse(const struct json *object, struct reply_version *ret) {
        struct reply_version r = { .config_path = "" };

        if (!json_get_string(object, "version", &r.version) || !r.version ||
            !json_get_string(object, "config_path", &r.config_path) ||
            !json_get_number(object, "pid", &r.pid) ||
            !json_get_number(object, "since", &r.since) ||
            !json_get_bool(object, "ready", &r.ready))
                return false;
        *ret = r;
        return true;
}

/* --- Reload */

void reply_reload_print(struct text *t, const struct reply_reload *r) {
        json_open(t, NULL, '{');
        json_add_bool(t, "loaded", r->loaded);
        json_open(t, "diagnoses", '[');
        for (uint32_t i = 0; i < r->n_diagnoses; i++) {
                json_open(t, NULL, '{');
                json_add_bool(t, "error", r->diagnoses[i].is_error);
                json_add_string(t, "text", r->diagnoses[i].text);
                json_close(t, '}');
        }
        json_close(t, ']');
        json_close(t, '}');
}

bool reply_reload_parse(struct arena *a, const struct json *object, struct reply_reload *ret) {
        struct reply_reload r = {};
        const struct json *array;

        if (!json_get_bool(object, "loaded", &r.loaded) || !array_find(object, "diagnoses", &array))
                return false;
        r.diagnoses = arena_new_array(a, struct reply_diagnosis, array->count);
        for (const struct json *m = array->first; m; m = m->next) {
                struct reply_diagnosis *d = &r.diagnoses[r.n_diagnoses++];

                if (!json_get_bool(m, "error", &d->is_error) ||
                    !json_get_string(m, "text", &d->text) || !d->text)
                        return false;
        }
        *ret = r;
        return true;
}

/* --- Request */

void reply_requests_print(struct text *t, const struct reply_request *requests, uint32_t n,
                          usec_t now) {
        json_open(t, NULL, '{');
        json_add_number(t, "now", now);
        json_open(t, "requests", '[');
        for (uint32_t i = 0; i < n; i++) {
                const struct reply_request *r = &requests[i];

                json_open(t, NULL, '{');
                json_add_number(t, "id", r->id);
                json_add_string(t, "entity", r->entity);
                json_add_string(t, "hrid", r->hrid);
                json_add_string(t, "wish", wish_print(r->wish));
                json_add_string(t, "state", request_state_print(r->state));
                json_add_string(t, "reason", r->reason);
                json_add_string(t, "reason_code", r->reason_code);
                progress_add(t, r->progress);
                number_add(t, "eta", r->eta);
                json_close(t, '}');
        }
        json_close(t, ']');
        json_close(t, '}');
}

static bool request_read(const struct json *m, struct reply_request *ret) {
        struct reply_request r = { .entity = "", .reason = "", .reason_code = "", .progress = -1 };
        const char *wish = "", *state = "";

        if (!json_get_number(m, "id", &r.id) || !json_get_string(m, "entity", &r.entity) ||
            !json_get_string(m, "hrid", &r.hrid) || !json_get_string(m, "reason", &r.reason) ||
            !json_get_string(m, "reason_code", &r.reason_code) ||
            !json_get_float(m, "progress", &r.progress) || !json_get_number(m, "eta", &r.eta) ||
            !json_get_string(m, "wish", &wish) || !wish_parse(wish, &r.wish) ||
            !json_get_string(m, "state", &state) || !request_state_parse(state, &r.state))
                return false;
        if (!r.hrid)
                r.hrid = r.entity;
        *ret = r;
        return true;
}

bool reply_requests_parse(struct arena *a, const struct json *object, struct reply_request **ret,
                          uint32_t *ret_n, usec_t *ret_now) {
        struct reply_request *requests;
        const struct json *array;
        usec_t now = 0;
        uint32_t n = 0;

        if (!json_get_number(object, "now", &now) || !array_find(object, "requests", &array))
                return false;
        requests = arena_new_array(a, struct reply_request, array->count);
        for (const struct json *m = array->first; m; m = m->next)
                if (!request_read(m, &requests[n++]))
                        return false;
        *ret = requests;
        *ret_n = n;
        *ret_now = now;
        return true;
}

/* --- List and Status */

bool reply_is_ready(const struct json *object) {
        bool ready = true;

        return !json_get_bool(object, "ready", &ready) || ready;
}

void reply_rows_begin(struct text *t, usec_t now, bool ready) {
        json_open(t, NULL, '{');
        json_add_number(t, "now", now);
        json_add_bool(t, "ready", ready);
        json_open(t, "entities", '[');
}

void reply_rows_end(struct text *t) {
        json_close(t, ']');
        json_close(t, '}');
}

bool reply_rows_parse(struct arena *a, const struct json *object, struct row **ret, uint32_t *ret_n,
                      usec_t *ret_now) {
        const struct json *array;
        struct row *rows;
        usec_t now = 0;
        uint32_t n = 0;

        if (!json_get_number(object, "now", &now) || !array_find(object, "entities", &array))
                return false;
        rows = arena_new_array(a, struct row, array->count);
        for (const struct json *m = array->first; m; m = m->next)
                if (!row_parse(a, m, now, &rows[n++]))
                        return false;
        *ret = rows;
        *ret_n = n;
        *ret_now = now;
        return true;
}

/* --- Overview */

static void verdicts_add(struct text *t, const struct config *c,
                         const struct view_verdict *verdicts, uint32_t n, usec_t now) {
        json_open(t, "disks", '[');
        for (uint32_t i = 0; i < n; i++)
                verdict_print(t, NULL, c, &verdicts[i], now);
        json_close(t, ']');
}

void reply_overview_print(struct text *t, const struct config *c,
                          const struct view_verdict *verdicts, uint32_t n, usec_t now, bool ready) {
        json_open(t, NULL, '{');
        json_add_number(t, "now", now);
        json_add_bool(t, "ready", ready);
        verdicts_add(t, c, verdicts, n, now);
        json_close(t, '}');
}

static bool verdicts_read(struct arena *a, const struct json *object, usec_t now,
                          struct reply_verdict **ret, uint32_t *ret_n) {
        struct reply_verdict *verdicts;
        const struct json *array;
        uint32_t n = 0;

        if (!array_find(object, "disks", &array))
                return false;
        verdicts = arena_new_array(a, struct reply_verdict, array->count);
        for (const struct json *m = array->first; m; m = m->next)
                if (!verdict_parse(m, now, &verdicts[n++]))
                        return false;
        *ret = verdicts;
        *ret_n = n;
        return true;
}

bool reply_overview_parse(struct arena *a, const struct json *object, struct reply_verdict **ret,
                          uint32_t *ret_n, usec_t *ret_now) {
        *ret_now = 0;
        return json_get_number(object, "now", ret_now) &&
               verdicts_read(a, object, *ret_now, ret, ret_n);
}

/* --- Get */

void reply_setting_print(struct text *t, enum setting s, const struct setting_value *value) {
        struct arena *a = arena_new();

        json_open(t, NULL, '{');
        json_add_string(t, "value", setting_value_print(a, s, value));
        json_close(t, '}');
        arena_free(a);
}

bool reply_setting_parse(const struct json *object, const char **ret_value) {
        const char *value = NULL;

        if (!json_get_string(object, "value", &value) || !value)
                return false;
        *ret_value = value;
        return true;
}

/* --- History */

/* The further facts come from the state file: only what is an object is passed on. */
static void details_add(struct text *t, const char *json) {
        struct arena *a = arena_new();
        const struct json *details = json && *json ? json_parse(a, json, strlen(json), 1000) : NULL;

        if (details && details->type == JSON_OBJECT)
                json_add_value(t, "details", details);
        arena_free(a);
}

static void lines_add(struct text *t, const struct history *lines, size_t n) {
        json_open(t, "lines", '[');
        for (size_t i = 0; i < n; i++) {
                json_open(t, NULL, '{');
                json_add_number(t, "time", lines[i].time);
                json_add_string(t, "kind", history_kind_print(lines[i].kind));
                json_add_string(t, "entity", lines[i].entity);
                json_add_string(t, "text", lines[i].text);
                details_add(t, lines[i].json);
                json_close(t, '}');
        }
        json_close(t, ']');
}

void reply_history_print(struct text *t, const struct history *lines, size_t n) {
        json_open(t, NULL, '{');
        lines_add(t, lines, n);
        json_close(t, '}');
}

static bool history_read(struct arena *a, const struct json *m, struct history *ret) {
        struct history h = { .entity = "", .text = "", .change = "", .json = "" };
        const struct json *details = json_find(m, "details");
        const char *kind = "";
        struct text t = {};

        if (!json_get_number(m, "time", &h.time) || !json_get_string(m, "kind", &kind) ||
            !history_kind_parse(kind, &h.kind) || !json_get_string(m, "entity", &h.entity) ||
            !json_get_string(m, "text", &h.text))
                return false;
        if (details) {
                json_add_value(&t, NULL, details);
                h.json = arena_strdup(a, t.s);
                text_done(&t);
        }
        *ret = h;
        return true;
}

bool reply_history_parse(struct arena *a, const struct json *object, struct history **ret,
                         size_t *ret_n) {
        const struct json *array;
        struct history *lines;
        size_t n = 0;

        if (!array_find(object, "lines", &array))
                return false;
        lines = arena_new_array(a, struct history, array->count);
        for (const struct json *m = array->first; m; m = m->next)
                if (!history_read(a, m, &lines[n++]))
                        return false;
        *ret = lines;
        *ret_n = n;
        return true;
}

/* --- Watch */

void reply_watch_print(struct text *t, const struct config *c, const struct reply_watch *w,
                       const struct view_verdict *verdicts, uint32_t n_verdicts,
                       const struct view_entity *pools, uint32_t n_pools) {
        json_open(t, NULL, '{');
        json_add_number(t, "now", w->now);
        json_add_bool(t, "ready", w->ready);
        for (enum verdict_kind k = 0; k < _VERDICT_KIND_MAX; k++)
                json_add_number(t, verdict_kind_print(k), w->counts[k]);
        json_add_number(t, "overdue", w->n_overdue);
        json_add_number(t, "errors", w->n_errors);
        json_add_number(t, "n_pools", w->n_pools);
        verdicts_add(t, c, verdicts, n_verdicts, w->now);
        json_open(t, "pools", '[');
        for (uint32_t i = 0; i < n_pools; i++)
                row_print(t, c, &pools[i], WATCH_POOL_COLUMNS, w->now);
        json_close(t, ']');
        lines_add(t, w->lines, w->n_lines);
        json_close(t, '}');
}

static bool watch_pools_read(struct arena *a, const struct json *object, struct reply_watch *w) {
        const struct json *array;

        if (!array_find(object, "pools", &array))
                return false;
        w->pools = arena_new_array(a, struct row, array->count);
        for (const struct json *m = array->first; m; m = m->next)
                if (!row_parse(a, m, w->now, &w->pools[w->n_pool_rows++]))
                        return false;
        return true;
}

bool reply_watch_parse(struct arena *a, const struct json *object, struct reply_watch *ret) {
        struct reply_watch w = {};

        for (enum verdict_kind k = 0; k < _VERDICT_KIND_MAX; k++)
                if (!json_get_number(object, verdict_kind_print(k), &w.counts[k]))
                        return false;
        if (!json_get_number(object, "now", &w.now) || !json_get_bool(object, "ready", &w.ready) ||
            !json_get_number(object, "overdue", &w.n_overdue) ||
            !json_get_number(object, "errors", &w.n_errors) ||
            !json_get_number(object, "n_pools", &w.n_pools) ||
            !verdicts_read(a, object, w.now, &w.disks, &w.n_disks) ||
            !watch_pools_read(a, object, &w) ||
            !reply_history_parse(a, object, &w.lines, &w.n_lines))
                return false;
        *ret = w;
        return true;
}

/* --- Receipt */

void reply_receipt_begin(struct text *t) {
        json_open(t, NULL, '{');
        json_open(t, "receipts", '[');
}

void reply_receipt_add(struct text *t, const struct history *line) {
        json_add_raw(t, NULL, line->json, strlen(line->json));
}

void reply_receipt_end(struct text *t) {
        json_close(t, ']');
        json_close(t, '}');
}

bool reply_receipt_parse(struct arena *a, const struct json *object, struct receipt **ret,
                         uint32_t *ret_n) {
        struct receipt *receipts;
        const struct json *array;
        uint32_t n = 0;

        if (!array_find(object, "receipts", &array))
                return false;
        receipts = arena_new_array(a, struct receipt, array->count);
        for (const struct json *m = array->first; m; m = m->next)
                if (!receipt_parse(a, m, &receipts[n++]))
                        return false;
        *ret = receipts;
        *ret_n = n;
        return true;
}

/* --- Explain */

void reply_explain_begin(struct text *t) {
        json_open(t, NULL, '{');
        json_open(t, "entities", '[');
}

void reply_explain_add(struct text *t, const struct entity *entity, const struct view_step *steps,
                       uint32_t n) {
        json_open(t, NULL, '{');
        json_add_string(t, "id", entity->id);
        json_add_string(t, "hrid", entity->hrid);
        json_open(t, "steps", '[');
        for (uint32_t i = 0; i < n; i++) {
                json_open(t, NULL, '{');
                json_add_number(t, "depth", steps[i].depth);
                json_add_string(t, "reason", steps[i].text);
                json_add_string(t, "reason_code", reason_code_print(steps[i].code));
                json_close(t, '}');
        }
        json_close(t, ']');
        json_close(t, '}');
}

void reply_explain_end(struct text *t) {
        json_close(t, ']');
        json_close(t, '}');
}

#define STEP_DEPTH_MAX 1000u

static bool explanation_read(struct arena *a, const struct json *m, struct reply_explanation *ret) {
        struct reply_explanation e = {};
        const struct json *steps;

        if (!json_get_string(m, "id", &e.id) || !e.id || !json_get_string(m, "hrid", &e.hrid) ||
            !array_find(m, "steps", &steps))
                return false;
        e.steps = arena_new_array(a, struct reply_step, steps->count);
        for (const struct json *s = steps->first; s; s = s->next) {
                struct reply_step *step = &e.steps[e.n_steps++];

                uint64_t depth = 0;

                *step = (struct reply_step){ .reason = "", .reason_code = "" };
                if (!json_get_number(s, "depth", &depth) || depth > STEP_DEPTH_MAX ||
                    !json_get_string(s, "reason", &step->reason) ||
                    !json_get_string(s, "reason_code", &step->reason_code))
                        return false;
                step->depth = (uint32_t) depth;
        }
        if (!e.hrid)
                e.hrid = e.id;
        *ret = e;
        return true;
}

bool reply_explain_parse(struct arena *a, const struct json *object, struct reply_explanation **ret,
                         uint32_t *ret_n) {
        struct reply_explanation *explanations;
        const struct json *array;
        uint32_t n = 0;

        if (!array_find(object, "entities", &array))
                return false;
        explanations = arena_new_array(a, struct reply_explanation, array->count);
        for (const struct json *m = array->first; m; m = m->next)
                if (!explanation_read(a, m, &explanations[n++]))
                        return false;
        *ret = explanations;
        *ret_n = n;
        return true;
}
