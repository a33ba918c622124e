/* cli/status.c - everything about an entity; the disks at a glance; why something waits */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/reply.h"
#include "cli/show.h"
#include "cli/status.h"
#include "cli/talk.h"
#include "cli/words.h"

/* --- status */

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
        text_add(&t, "running");
        if (o->started)
                text_addf(&t, " since %s", show_time(a, o->started));
        if (o->progress >= 0)
                text_addf(&t, ", %.0f %%", o->progress * 100);
        if (o->eta)
                text_addf(&t, ", done %s", show_distance(a, o->eta, now));
        field(name, "%s", t.s);
        text_done(&t);
}

static void date_field(struct arena *a, const char *name, usec_t last, const char *interval,
                       usec_t overdue) {
        struct text t = {};

        text_add(&t, show_time(a, last));
        if (interval)
                text_addf(&t, " (every %s)", interval);
        if (overdue)
                text_addf(&t, ", overdue since %s", show_time(a, overdue));
        field(name, "%s", t.s);
        text_done(&t);
}

static void leg_fields(struct arena *a, const struct row *row, usec_t now) {
        if (row->watching)
                field("update", "online, and not known to be up to date yet");
        date_field(a, "last online", row->last_online, NULL, 0);
        date_field(a, "last update", row->last_update, row->intervals[OPERATION_UPDATE],
                   row->overdue[OPERATION_UPDATE]);
        date_field(a, "last scrub", row->last_scrub, row->intervals[OPERATION_SCRUB],
                   row->overdue[OPERATION_SCRUB]);
        date_field(a, "last trim", row->last_trim, row->intervals[OPERATION_TRIM],
                   row->overdue[OPERATION_TRIM]);
        for (enum operation op = 0; op < _OPERATION_MAX; op++)
                operation_field(a, operation_print(op), &row->operations[op], now);
}

static void row_show(struct arena *a, const struct row *row, usec_t now) {
        (void) printf("%s\n", show_line(a, row->hrid ? row->hrid : row->id));
        field("state", "%s", state_print(row->state));
        if (row->device && row->device[0])
                field("device", "%s", show_line(a, row->device));
        if (row->errors)
                field("errors", "%s",
                      row->errors_text && row->errors_text[0] ? show_line(a, row->errors_text)
                                                              : "yes");
        if (row->type == ENTITY_ZDEV)
                leg_fields(a, row, now);
        for (uint32_t i = 0; i < row->n_requests; i++) {
                const struct row_request *r = &row->requests[i];

                field("request", "%s (%s, since %s)%s%s", r->wish, r->origin,
                      show_time(a, r->since), r->reason[0] ? ": " : "", show_line(a, r->reason));
        }
}

static bool on_status(void *userdata, struct arena **arena, const struct json *parameters) {
        struct row *rows;
        usec_t now;
        uint32_t n;

        if (!reply_rows_parse(*arena, parameters, &rows, &n, &now))
                return false;
        for (uint32_t i = 0; i < n; i++) {
                if (!rows[i].id)
                        return false;
                row_show(*arena, &rows[i], now);
        }
        return true;
}

int status_run(struct cli_call *call) {
        struct params params = { .method = METHOD_STATUS };

        if (!words_to_target(call, 0, &params.target))
                return EXIT_USAGE;
        return talk(call, &params, &(struct talk){ .on_reply = on_status });
}

/* --- explain */

static bool on_explain(void *userdata, struct arena **arena, const struct json *parameters) {
        struct reply_explanation *e;
        uint32_t n;

        if (!reply_explain_parse(*arena, parameters, &e, &n))
                return false;
        for (uint32_t i = 0; i < n; i++) {
                (void) printf("%s\n", show_line(*arena, e[i].hrid));
                for (uint32_t k = 0; k < e[i].n_steps; k++)
                        (void) printf("%*s%s\n", (int) (4 + 2 * k), "",
                                      show_line(*arena, e[i].steps[k].reason));
                if (!e[i].n_steps)
                        (void) puts("    nothing is wanted of it");
        }
        return true;
}

int status_explain(struct cli_call *call) {
        struct params params = { .method = METHOD_EXPLAIN };

        if (!words_to_target(call, 0, &params.target))
                return EXIT_USAGE;
        return talk(call, &params, &(struct talk){ .on_reply = on_explain });
}

/* --- the disks at a glance: is it here, is it up to date, may I unplug it, when is it due */

enum { GLANCE_NAME, GLANCE_HERE, GLANCE_UPDATED, GLANCE_UNPLUG, GLANCE_DUE, _GLANCE_MAX };

static const char *glance_updated(struct arena *a, const struct reply_verdict *v, usec_t now) {
        if (v->errors)
                return "has errors";
        if (v->kind == VERDICT_ABSENT)
                return v->last_update ? arena_printf(a, "updated %s",
                                                     show_distance(a, v->last_update, now))
                                      : "never updated";
        return v->up_to_date ? "up to date" : "not up to date";
}

static const char *glance_working(struct arena *a, const struct reply_verdict *v, usec_t now) {
        struct text t = {};
        const char *s;

        text_addf(&t, "do not unplug: %s", v->text[0] ? show_line(a, v->text) : "working");
        if (v->eta > now && !strstr(v->text, "done in"))
                text_addf(&t, ", done %s", show_distance(a, v->eta, now));
        s = arena_strdup(a, t.s);
        text_done(&t);
        return s;
}

static const char *glance_unplug(struct arena *a, const struct reply_verdict *v, usec_t now) {
        switch (v->kind) {
        case VERDICT_ABSENT:
                return "";
        case VERDICT_SAFE:
                return "may be unplugged";
        case VERDICT_BUSY:
                return arena_printf(a, "do not unplug: %s",
                                    v->text[0] ? show_line(a, v->text) : "in use");
        case VERDICT_WORKING:
                return glance_working(a, v, now);
        case _VERDICT_KIND_MAX:
                break;
        }
        abort();
}

static const char *glance_due(struct arena *a, const struct reply_verdict *v, usec_t now) {
        if (v->overdue)
                return v->due ? arena_printf(a, "overdue since %s", show_time(a, v->due))
                              : "overdue";
        return v->due ? arena_printf(a, "due %s", show_distance(a, v->due, now)) : "";
}

static void glance_print(const char *const (*lines)[_GLANCE_MAX], uint32_t n) {
        size_t widths[_GLANCE_MAX] = {};

        for (uint32_t i = 0; i < n; i++)
                for (int k = 0; k < _GLANCE_MAX; k++)
                        if (show_width(lines[i][k]) > widths[k])
                                widths[k] = show_width(lines[i][k]);
        for (uint32_t i = 0; i < n; i++) {
                struct text t = {};

                for (int k = 0; k < _GLANCE_MAX; k++) {
                        if (!widths[k])
                                continue;
                        text_addf(&t, "%s%s", k ? "  " : "", lines[i][k]);
                        for (size_t w = show_width(lines[i][k]); w < widths[k]; w++)
                                text_add(&t, " ");
                }
                while (t.length > 0 && t.s[t.length - 1] == ' ')
                        t.s[--t.length] = 0;
                (void) puts(t.s);
                text_done(&t);
        }
}

static bool on_overview(void *userdata, struct arena **arena, const struct json *parameters) {
        const char *(*lines)[_GLANCE_MAX];
        usec_t now = show_now();
        struct reply_verdict *v;
        struct arena *a = *arena;
        uint32_t n;

        if (!reply_overview_parse(a, parameters, &v, &n))
                return false;
        if (!n)
                (void) puts("No removable disk is configured.");
        lines = arena_alloc_array(a, sizeof(*lines), n);
        for (uint32_t i = 0; i < n; i++) {
                lines[i][GLANCE_NAME] = show_line(a, v[i].hrid);
                lines[i][GLANCE_HERE] = v[i].kind == VERDICT_ABSENT ? "absent" : "here";
                lines[i][GLANCE_UPDATED] = glance_updated(a, &v[i], now);
                lines[i][GLANCE_UNPLUG] = glance_unplug(a, &v[i], now);
                lines[i][GLANCE_DUE] = glance_due(a, &v[i], now);
        }
        glance_print((const char *const(*)[_GLANCE_MAX]) lines, n);
        return true;
}

int status_overview(struct cli_call *call) {
        const struct params params = { .method = METHOD_OVERVIEW };

        return talk(call, &params, &(struct talk){ .on_reply = on_overview });
}
