/* cli/status.c - everything that is known about entities */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/reply.h"
#include "cli/cell.h"
#include "cli/overview.h"
#include "cli/show.h"
#include "cli/status.h"
#include "cli/talk.h"
#include "cli/words.h"

/* --- text */

static void field(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void field(const char *name, const char *format, ...) {
        struct text t = {};
        va_list args;

        va_start(args, format);
        text_vaddf(&t, format, args);
        va_end(args);
        (void) printf("    %-12s  %s\n", name, t.s);
        text_done(&t);
}

static void operation_field(struct arena *a, const char *name, const struct view_operation *o,
                            usec_t now) {
        struct text t = {};

        if (!o->running)
                return;
        if (o->paused)
                text_addf(&t, "paused since %s", show_time(a, o->paused));
        else
                text_add(&t, "running");
        if (o->started && !o->paused)
                text_addf(&t, " since %s", show_time(a, o->started));
        if (o->progress >= 0)
                text_addf(&t, ", %.0f %%", o->progress * 100);
        if (o->eta)
                text_addf(&t, ", done %s", show_distance(a, o->eta, now));
        field(name, "%s", t.s);
        text_done(&t);
}

static void date_field(struct arena *a, const char *name, usec_t last, const char *interval,
                       usec_t overdue, usec_t now) {
        struct text t = {};

        text_add(&t, show_time(a, last));
        if (interval)
                text_addf(&t, " (every %s)", interval);
        if (overdue && last > now)
                text_add(&t, ", in the future: the clock was wrong; it counts as overdue");
        else if (overdue)
                text_addf(&t, ", overdue since %s", show_time(a, overdue));
        field(name, "%s", t.s);
        text_done(&t);
}

static void leg_fields(struct arena *a, const struct row *row, usec_t now) {
        date_field(a, "last online", row->last_online, NULL, 0, now);
        date_field(a, "last update", row->last_update, row->intervals[OPERATION_UPDATE],
                   row->overdue[OPERATION_UPDATE], now);
        date_field(a, "last scrub", row->last_scrub, row->intervals[OPERATION_SCRUB],
                   row->overdue[OPERATION_SCRUB], now);
        date_field(a, "last trim", row->last_trim, row->intervals[OPERATION_TRIM],
                   row->overdue[OPERATION_TRIM], now);
        if (row->available_update_interval)
                field("available", "to be updated every %s%s%s", row->available_update_interval,
                      row->available_update_overdue ? ", overdue since " : "",
                      row->available_update_overdue ? show_time(a, row->available_update_overdue)
                                                    : "");
        field("added", "%s", show_time(a, row->added));
        if (row->copy_text)
                field("copy", "%s: %s", copy_print(row->copy), show_line(a, row->copy_text));
        if (row->trim_obstacle)
                field("trims", "do not get through: %s", show_line(a, row->trim_obstacle));
}

static void groups_field(struct arena *a, const struct row *row) {
        const char *all = NULL;

        for (const char *const *g = row->groups; g && *g; g++)
                all = all ? arena_printf(a, "%s, %s", all, *g) : *g;
        if (all)
                field("groups", "%s", show_line(a, all));
}

static void row_show(struct arena *a, const struct row *row, usec_t now) {
        (void) printf("%s\n", show_line(a, row->hrid ? row->hrid : row->id));
        field("state", "%s%s", state_print(row->state),
              row->watching ? " (not known to be up to date yet)" : "");
        if (row->device && row->device[0])
                field("device", "%s", show_line(a, row->device));
        groups_field(a, row);
        if (row->verdict) {
                field("unplug", "%s", overview_unplug(a, row->verdict, now));
                field("copies", "%s", overview_copies(a, row->verdict, now));
        }
        if (row->errors)
                field("errors", "%s",
                      row->errors_text && row->errors_text[0] ? show_line(a, row->errors_text)
                                                              : "yes");
        if (row->failure.time && !row->failure.refused) /* else that is told with the errors */
                field("failed", "%s, %s: %s", wish_print(row->failure.wish),
                      show_time(a, row->failure.time), show_line(a, row->failure.text));
        if (row->held_by && row->held_by[0])
                field("held by", "%s (when it was to go last)", show_line(a, row->held_by));
        if (row->type == ENTITY_ZDEV)
                leg_fields(a, row, now);
        for (enum operation op = 0; op < _OPERATION_MAX; op++)
                operation_field(a, operation_print(op), &row->operations[op], now);
        for (uint32_t i = 0; i < row->n_requests; i++) {
                const struct row_request *r = &row->requests[i];

                field("request", "%s (%s, since %s)%s%s", r->wish, show_line(a, r->by),
                      show_time(a, r->since), r->reason[0] ? ": " : "", show_line(a, r->reason));
        }
}

/* --- JSON */

static void requests_add_json(struct text *t, const struct row *row) {
        char since[TIME_PRINT_MAX];

        json_open(t, "requests", '[');
        for (uint32_t i = 0; i < row->n_requests; i++) {
                const struct row_request *r = &row->requests[i];

                json_open(t, NULL, '{');
                json_add_string(t, "wish", r->wish);
                json_add_string(t, "origin", r->origin);
                json_add_string(t, "by", r->by);
                json_add_string(t, "since", show_time_iso(r->since, since));
                json_add_string(t, "reason", r->reason);
                json_add_string(t, "reason_code", r->reason_code);
                json_close(t, '}');
        }
        json_close(t, ']');
}

static void time_or_null_add(struct text *t, const char *key, usec_t when, usec_t now) {
        char buffer[TIME_PRINT_MAX];

        if (when == USEC_NEVER)
                when = now;
        json_add_string(t, key, when ? show_time_iso(when, buffer) : NULL);
}

static void verdict_add_json(struct text *t, const struct reply_verdict *v, usec_t now) {
        if (!v) {
                json_add_null(t, "verdict");
                return;
        }
        json_open(t, "verdict", '{');
        json_add_string(t, "verdict", verdict_kind_print(v->kind));
        json_add_string(t, "text", v->text);
        json_add_string(t, "trouble", v->trouble);
        if (v->progress >= 0)
                json_add_float(t, "progress", v->progress);
        else
                json_add_null(t, "progress");
        time_or_null_add(t, "eta", v->eta, now);
        json_add_bool(t, "up_to_date", v->up_to_date);
        json_add_bool(t, "errors", v->errors);
        time_or_null_add(t, "last_update", v->last_update, now);
        json_add_bool(t, "overdue", v->overdue);
        time_or_null_add(t, "due", v->due, now);
        json_close(t, '}');
}

static void failure_add_json(struct text *t, const struct failure *f) {
        char time[TIME_PRINT_MAX];

        if (!f->time)
                return;
        json_open(t, "failure", '{');
        json_add_string(t, "wish", wish_print(f->wish));
        json_add_string(t, "time", show_time_iso(f->time, time));
        json_add_bool(t, "refused", f->refused);
        json_add_string(t, "reason", f->text);
        json_close(t, '}');
}

/* The columns of `list`, all of them, and what only status tells. */
static void row_print_json(const struct row *row, usec_t now, bool first) {
        struct text t = {};

        text_add(&t, first ? "[\n{" : ",\n{"); /* not json_open: the comma is there */
        for (enum column c = 0; c < COLUMN_SHOWN_MAX; c++)
                cell_add_json(&t, row, c, now);
        json_add_string(&t, "type", entity_type_print(row->type));
        json_open(&t, "groups", '[');
        for (const char *const *g = row->groups; g && *g; g++)
                json_add_string(&t, NULL, *g);
        json_close(&t, ']');
        json_add_string(&t, "device", row->device && row->device[0] ? row->device : NULL);
        json_add_string(&t, "errors_text",
                        row->errors_text && row->errors_text[0] ? row->errors_text : NULL);
        json_add_string(&t, "held_by", row->held_by && row->held_by[0] ? row->held_by : NULL);
        failure_add_json(&t, &row->failure);
        json_add_string(&t, "trim_obstacle", row->trim_obstacle);
        json_add_bool(&t, "silent", row->silent);
        json_add_bool(&t, "watching", row->watching);
        if (row->type == ENTITY_ZDEV)
                json_add_string(&t, "copy", copy_print(row->copy));
        json_add_string(&t, "copy_text", row->copy_text);
        verdict_add_json(&t, row->verdict, now);
        requests_add_json(&t, row);
        json_close(&t, '}');
        (void) fputs(t.s, stdout);
        text_done(&t);
}

/* --- the command */

struct showing {
        bool json;
        uint32_t n; /* that were printed */
};

static bool on_status(void *userdata, struct arena **arena, const struct json *parameters) {
        struct showing *s = userdata;
        struct row *rows;
        usec_t now;
        uint32_t n;

        if (!reply_rows_parse(*arena, parameters, &rows, &n, &now))
                return false;
        for (uint32_t i = 0; i < n; i++) {
                if (!rows[i].id)
                        return false;
                if (s->json)
                        row_print_json(&rows[i], now, s->n == 0);
                else
                        row_show(*arena, &rows[i], now);
                s->n++;
        }
        return true;
}

int status_run(struct cli_call *call) {
        struct params params = { .method = METHOD_STATUS };
        struct showing s = { .json = call->values[OPTION_JSON] };
        int status;

        if (text_equal(call->command->name, "status-all")) {
                if (!cli_expect_no_words(call))
                        return EXIT_USAGE;
                params.target = (struct target){ .kind = TARGET_ALL };
        } else if (!words_to_target_or_type(call, 0, &params.target))
                return EXIT_USAGE;
        status = talk(call, &params,
                      &(struct talk){ .more = true, .on_reply = on_status, .userdata = &s });
        if (status == EXIT_DONE && s.json)
                (void) fputs(s.n ? "\n]\n" : "[]\n", stdout);
        return status;
}
