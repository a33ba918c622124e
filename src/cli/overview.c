/* cli/overview.c - the disks at a glance: is it here, is it up to date, may I unplug it, when is it
 * due */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/reply.h"
#include "cli/overview.h"
#include "cli/show.h"
#include "cli/talk.h"

#define NARROW_INDENT 4u /* of what goes on below */

/* What everybody asks, in columns; why that is so stands behind them. */
enum { GLANCE_NAME, GLANCE_UNPLUG, GLANCE_UPDATED, GLANCE_DUE, _GLANCE_MAX };

struct glance {
        const char *cells[_GLANCE_MAX];
        const char *why; /* any length */
};

static const char *glance_unplug(const struct reply_verdict *v, bool brief) {
        switch (v->kind) {
        case VERDICT_ABSENT:
                return "absent";
        case VERDICT_SAFE:
                return brief ? "safe" : "may be unplugged";
        case VERDICT_BUSY:
                return brief ? "in use" : "do not unplug";
        case VERDICT_WORKING:
                return brief ? "working" : "do not unplug";
        case _VERDICT_KIND_MAX:
                break;
        }
        abort();
}

static const char *glance_updated(struct arena *a, const struct reply_verdict *v, usec_t now) {
        if (v->errors)
                return "has errors";
        if (v->kind == VERDICT_ABSENT)
                return v->last_update ? arena_printf(a, "updated %s",
                                                     show_distance(a, v->last_update, now))
                                      : "never updated";
        return v->up_to_date ? "up to date" : "not up to date";
}

/* What is due later does not matter while it is being done. */
static const char *glance_due(struct arena *a, const struct reply_verdict *v, usec_t now) {
        char buffer[TIME_PRINT_MAX];

        if (v->overdue)
                return v->due && v->due < now ? arena_printf(a, "overdue for %s",
                                                             duration_print(now - v->due, buffer))
                                              : "overdue";
        if (v->kind == VERDICT_WORKING)
                return "";
        return v->due ? arena_printf(a, "due %s", show_distance(a, v->due, now)) : "";
}

/* "41 %, done in 12 min: updating zdev tank-b (tank)". How far it is stands in front, as what is
 * behind may be cut. */
static const char *glance_why(struct arena *a, const struct reply_verdict *v, usec_t now) {
        const char *text = show_line(a, v->text), *trouble = show_line(a, v->trouble),
                   *progress = "", *eta = "";

        if (v->kind == VERDICT_WORKING && v->progress >= 0)
                progress = arena_printf(a, "%.0f %%", v->progress * 100);
        if (v->kind == VERDICT_WORKING && v->eta > now)
                eta = arena_printf(a, "%sdone %s", *progress ? ", " : "",
                                   show_distance(a, v->eta, now));
        return arena_printf(a, "%s%s%s%s%s%s", progress, eta,
                            (*progress || *eta) && *text ? ": " : "", text,
                            (*progress || *eta || *text) && *trouble ? "; " : "", trouble);
}

const char *overview_unplug(struct arena *a, const struct reply_verdict *v, usec_t now) {
        const char *why = glance_why(a, v, now);

        return arena_printf(a, "%s%s%s", glance_unplug(v, /* brief= */ false), *why ? ": " : "",
                            why);
}

const char *overview_copies(struct arena *a, const struct reply_verdict *v, usec_t now) {
        const char *due = glance_due(a, v, now);

        return arena_printf(a, "%s%s%s", glance_updated(a, v, now), *due ? ", " : "", due);
}

static struct glance glance_make(struct arena *a, const struct reply_verdict *v, usec_t now,
                                 bool brief) {
        return (struct glance){ .cells = { [GLANCE_NAME] = show_line(a, v->hrid),
                                           [GLANCE_UNPLUG] = glance_unplug(v, brief),
                                           [GLANCE_UPDATED] = glance_updated(a, v, now),
                                           [GLANCE_DUE] = glance_due(a, v, now) },
                                .why = glance_why(a, v, now) };
}

static void text_trim(struct text *t) {
        while (t->length > 0 && t->s[t->length - 1] == ' ')
                t->s[--t->length] = 0;
}

/* The columns as wide as they have to be; those in which there is nothing are left out. */
static void glance_add_cells(struct text *t, const struct glance *g,
                             const size_t widths[_GLANCE_MAX]) {
        for (int k = 0; k < _GLANCE_MAX; k++) {
                if (!widths[k])
                        continue;
                text_addf(t, "%s%s", k ? "  " : "", g->cells[k]);
                for (size_t w = show_width(g->cells[k]); w < widths[k]; w++)
                        text_add(t, " ");
        }
        if (!*g->why)
                text_trim(t);
}

/* Below each other, where there is no room for columns. */
static void glance_add_narrow(struct text *t, const struct glance *g, size_t columns) {
        size_t at = 0;

        for (int k = 0; k < _GLANCE_MAX; k++) {
                size_t width = show_width(g->cells[k]);

                if (!width)
                        continue;
                if (k && at + 2 + width > columns) {
                        text_addf(t, "\n%*s", (int) NARROW_INDENT, "");
                        at = NARROW_INDENT;
                } else if (k) {
                        text_add(t, "  ");
                        at += 2;
                }
                text_add(t, g->cells[k]);
                at += width;
        }
}

/* One line, if there is room for it; else what stands behind the columns goes on below them. */
static void glance_add(struct text *t, const struct glance *g, const size_t widths[_GLANCE_MAX],
                       size_t columns) {
        size_t why = *g->why ? 2 + show_width(g->why) : 0;
        struct text cells = {};
        bool fits;

        glance_add_cells(&cells, g, widths);
        if (columns && show_width(cells.s) + why > columns)
                text_trim(&cells);
        fits = !columns || show_width(cells.s) + why <= columns;
        if (!columns || show_width(cells.s) <= columns)
                text_add(t, cells.s);
        else
                glance_add_narrow(t, g, columns);
        if (why && fits)
                text_addf(t, "  %s", g->why);
        else if (why) {
                text_addf(t, "\n%*s", (int) NARROW_INDENT, "");
                show_wrap(t, g->why, NARROW_INDENT, columns);
        }
        text_done(&cells);
}

static struct glance *glances_make(struct arena *a, const struct reply_verdict *v, uint32_t n,
                                   usec_t now, bool brief, size_t widths[_GLANCE_MAX]) {
        struct glance *glances = arena_new_array(a, struct glance, n);

        for (uint32_t i = 0; i < n; i++) {
                glances[i] = glance_make(a, &v[i], now, brief);
                for (int k = 0; k < _GLANCE_MAX; k++)
                        if (show_width(glances[i].cells[k]) > widths[k])
                                widths[k] = show_width(glances[i].cells[k]);
        }
        return glances;
}

const char *const *overview_lines(struct arena *a, const struct reply_verdict *v, uint32_t n,
                                  usec_t now) {
        size_t widths[_GLANCE_MAX] = {};
        struct glance *glances = glances_make(a, v, n, now, /* brief= */ true, widths);
        const char **lines = arena_new_array(a, const char *, n);

        for (uint32_t i = 0; i < n; i++) {
                struct text t = {};

                glance_add(&t, &glances[i], widths, /* columns= */ 0);
                lines[i] = arena_strdup(a, t.s);
                text_done(&t);
        }
        return lines;
}

static bool on_overview(void *userdata, struct arena **arena, const struct json *parameters) {
        size_t widths[_GLANCE_MAX] = {}, columns = 0;
        struct reply_verdict *v;
        struct glance *glances;
        usec_t now;
        uint32_t n;

        if (!reply_overview_parse(*arena, parameters, &v, &n, &now))
                return false;
        if (!n)
                (void) puts("No removable disk is configured.");
        if (show_is_terminal(STDOUT_FILENO))
                columns = show_terminal_columns(STDOUT_FILENO);
        glances = glances_make(*arena, v, n, now, /* brief= */ false, widths);
        for (uint32_t i = 0; i < n; i++) {
                struct text t = {};

                glance_add(&t, &glances[i], widths, columns);
                (void) puts(t.s);
                text_done(&t);
        }
        return true;
}

int overview_run(struct cli_call *call) {
        const struct params params = { .method = METHOD_OVERVIEW };

        return talk(call, &params, &(struct talk){ .on_reply = on_overview });
}
