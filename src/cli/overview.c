/* cli/overview.c - the disks at a glance: is it here, is it up to date, may I unplug it, when is it
 * due */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/reply.h"
#include "cli/overview.h"
#include "cli/show.h"
#include "cli/talk.h"

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

/* What holds it: "updating zdev tank-b (tank), 41 %, done in 12 min". */
static const char *glance_doing(struct arena *a, const struct reply_verdict *v, usec_t now) {
        struct text t = {};
        const char *s;

        text_add(&t, v->text[0]                   ? show_line(a, v->text)
                     : v->kind == VERDICT_BUSY    ? "in use"
                     : v->kind == VERDICT_WORKING ? "working"
                                                  : "");
        if (v->kind == VERDICT_WORKING && v->progress >= 0)
                text_addf(&t, ", %.0f %%", v->progress * 100);
        if (v->kind == VERDICT_WORKING && v->eta > now)
                text_addf(&t, ", done %s", show_distance(a, v->eta, now));
        s = arena_strdup(a, t.s);
        text_done(&t);
        return s;
}

static const char *glance_unplug(struct arena *a, const struct reply_verdict *v, usec_t now) {
        switch (v->kind) {
        case VERDICT_ABSENT:
                return glance_doing(a, v, now);
        case VERDICT_SAFE:
                return "may be unplugged";
        case VERDICT_BUSY:
        case VERDICT_WORKING:
                return arena_printf(a, "do not unplug: %s", glance_doing(a, v, now));
        case _VERDICT_KIND_MAX:
                break;
        }
        abort();
}

/* What is due later does not matter while it is being done. */
static const char *glance_due(struct arena *a, const struct reply_verdict *v, usec_t now) {
        if (v->kind == VERDICT_WORKING && !v->overdue)
                return "";
        if (v->overdue)
                return v->due ? arena_printf(a, "overdue since %s", show_time(a, v->due))
                              : "overdue";
        return v->due ? arena_printf(a, "due %s", show_distance(a, v->due, now)) : "";
}

/* One line for a disk, so it is cut rather than broken where it is read. */
static void glance_put(const char *line) {
        struct text t = {};

        if (show_is_terminal(STDOUT_FILENO))
                show_cut(&t, line, show_terminal_columns(STDOUT_FILENO));
        (void) puts(t.s ? t.s : line);
        text_done(&t);
}

/* Columns as wide as they have to be; those in which there is nothing are left out. */
static void glance_align(struct arena *a, const char *const (*cells)[_GLANCE_MAX], uint32_t n,
                         const char **lines) {
        size_t widths[_GLANCE_MAX] = {};

        for (uint32_t i = 0; i < n; i++)
                for (int k = 0; k < _GLANCE_MAX; k++)
                        if (show_width(cells[i][k]) > widths[k])
                                widths[k] = show_width(cells[i][k]);
        for (uint32_t i = 0; i < n; i++) {
                struct text t = {};

                for (int k = 0; k < _GLANCE_MAX; k++) {
                        if (!widths[k])
                                continue;
                        text_addf(&t, "%s%s", k ? "  " : "", cells[i][k]);
                        for (size_t w = show_width(cells[i][k]); w < widths[k]; w++)
                                text_add(&t, " ");
                }
                while (t.length > 0 && t.s[t.length - 1] == ' ')
                        t.s[--t.length] = 0;
                lines[i] = arena_strdup(a, t.s);
                text_done(&t);
        }
}

const char *const *overview_lines(struct arena *a, const struct reply_verdict *v, uint32_t n,
                                  usec_t now, bool brief) {
        static const char *const words[_VERDICT_KIND_MAX] = {
                [VERDICT_ABSENT] = "absent",
                [VERDICT_BUSY] = "in use",
                [VERDICT_WORKING] = "working",
                [VERDICT_SAFE] = "safe",
        };
        const char *(*cells)[_GLANCE_MAX] = arena_alloc_array(a, sizeof(*cells), n);
        const char **lines = arena_new_array(a, const char *, n);

        for (uint32_t i = 0; i < n; i++) {
                cells[i][GLANCE_NAME] = show_line(a, v[i].hrid);
                cells[i][GLANCE_HERE] = brief                         ? words[v[i].kind]
                                        : v[i].kind == VERDICT_ABSENT ? "absent"
                                                                      : "here";
                cells[i][GLANCE_UPDATED] = glance_updated(a, &v[i], now);
                cells[i][GLANCE_UNPLUG] = brief ? glance_doing(a, &v[i], now)
                                                : glance_unplug(a, &v[i], now);
                cells[i][GLANCE_DUE] = glance_due(a, &v[i], now);
        }
        glance_align(a, (const char *const(*)[_GLANCE_MAX]) cells, n, lines);
        return lines;
}

static bool on_overview(void *userdata, struct arena **arena, const struct json *parameters) {
        const char *const *lines;
        struct reply_verdict *v;
        usec_t now;
        uint32_t n;

        if (!reply_overview_parse(*arena, parameters, &v, &n, &now))
                return false;
        if (!n)
                (void) puts("No removable disk is configured.");
        lines = overview_lines(*arena, v, n, now, /* brief= */ false);
        for (uint32_t i = 0; i < n; i++)
                glance_put(lines[i]);
        return true;
}

int overview_run(struct cli_call *call) {
        const struct params params = { .method = METHOD_OVERVIEW };

        return talk(call, &params, &(struct talk){ .on_reply = on_overview });
}
