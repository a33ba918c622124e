/* cli/check.c - is the configuration right? without a daemon */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/show.h"
#include "config/advice.h"
#include "config/config_load.h"
#include "engine/schedule.h"
#include "world/linux/machine.h"

/* --- what was understood
 * ------------------------------------------------------------------------------------ */

#define GAP_MAX 56u /* longer ids push what follows them to the right */

static size_t line_end(const struct summary_line *l) {
        return 2 * l->depth + show_width(l->left);
}

/* "Sat 2026-11-28 03:00:00" */
static const char *next_print(struct arena *a, const struct schedule *schedule) {
        usec_t next = schedule_next(schedule, show_now());
        time_t seconds = (time_t) (next / USEC_PER_SEC);
        char day[8] = "";
        struct tm tm = {};

        if (next == USEC_NEVER)
                return "never";
        (void) localtime_r(&seconds, &tm);
        (void) strftime(day, sizeof(day), "%a", &tm);
        return arena_printf(a, "%s %s", day, show_time(a, next));
}

/* What has no room behind the id goes on below it. */
static void print_line(struct arena *a, const struct summary_line *line, size_t gap,
                       size_t columns) {
        struct summary_line with = *line;
        const struct summary_line *l = &with;
        size_t end = line_end(l), indent = gap + 2;
        struct text t = {};

        if (line->schedule)
                with.right = arena_printf(a, "%s; next: %s", line->right,
                                          next_print(a, line->schedule));
        text_addf(&t, "%*s%s", (int) (2 * l->depth), "", l->left);
        if (columns < 2 * indent) { /* there is next to none */
                indent = 2 * l->depth + 4;
                if (*l->right && end + 2 + show_width(l->right) > columns)
                        text_addf(&t, "\n%*s", (int) indent, "");
                else if (*l->right)
                        text_add(&t, "  ");
        } else if (*l->right)
                text_addf(&t, "%*s", (int) (end < gap ? gap - end + 2 : 2), "");
        show_wrap(&t, l->right, indent, columns);
        (void) puts(t.s);
        text_done(&t);
}

static void print_summary(struct arena *a, const struct config *config, size_t columns) {
        struct summary_line *lines;
        uint32_t n = config_summarize(a, config, &lines);

        for (uint32_t from = 0, to; from < n;
             from = to + 1) { /* settings, a blank line, entities */
                size_t gap = 0;

                for (to = from; to < n && lines[to].left[0]; to++)
                        if (line_end(&lines[to]) > gap && line_end(&lines[to]) <= GAP_MAX)
                                gap = line_end(&lines[to]);
                for (uint32_t i = from; i < to; i++)
                        print_line(a, &lines[i], gap, columns);
                if (to < n)
                        (void) puts("");
        }
}

/* --- what to mind
 * ------------------------------------------------------------------------------------------- */

static void print_advice(struct arena *a, const struct config *config, const struct advice *advice,
                         uint32_t n, size_t columns) {
        for (uint32_t i = 0; i < n; i++) {
                struct text t = {};

                show_wrap(&t,
                          arena_printf(a, "Mind: %s: %s.",
                                       config_entity(config, advice[i].about)->hrid,
                                       advice[i].text),
                          0, columns);
                (void) puts(t.s);
                text_done(&t);
        }
}

/* Nobody shall take for well what could not be looked at. */
static void print_unseen(struct arena *a, const struct config *config, const struct machine *m,
                         size_t columns) {
        const char *line =
                "Not imported now, so that its autoreplace, multihost and spares could not "
                "be looked at:";
        struct text t = {};
        uint32_t n = 0;

        for (uint32_t i = 0; i < m->n_pools; i++)
                if (!m->pools[i].imported)
                        line = arena_printf(a, "%s%s %s", line, n++ ? "," : "",
                                            config_entity(config, m->pools[i].pool)->name);
        if (!n)
                return;
        show_wrap(&t, line, 0, columns);
        (void) printf("%s.\n", t.s);
        text_done(&t);
}

/* What lies in the configuration itself, and what this machine does to it. */
static void check_advise(struct cli_call *call, const struct config *config, size_t columns) {
        const char *kstat = getenv("ZMIRROR_KSTAT_DIR");
        struct machine_folders folders = machine_folders_usual;
        struct machine machine;
        struct advice *advice;
        uint32_t n;

        n = config_advise(call->arena, config, &advice);
        print_advice(call->arena, config, advice, n, columns);
        (void) fflush(stdout); /* ZFS may keep us waiting */
        if (kstat && *kstat)
                folders.kstat = kstat;
        machine_look(call->arena, config, &folders, &machine);
        n = config_advise_machine(call->arena, config, &machine, &advice);
        print_advice(call->arena, config, advice, n, columns);
        print_unseen(call->arena, config, &machine, columns - 1); /* a full stop */
}

int check_run(struct cli_call *call) {
        _cleanup_(config_freep) struct config *config = NULL;
        const char *path = cli_config_path(call);
        size_t columns = show_is_terminal(STDOUT_FILENO) ? show_terminal_columns(STDOUT_FILENO)
                                                         : SIZE_MAX;
        struct diagnoses diagnoses = {};
        size_t n_warnings;

        if (!cli_expect_no_words(call))
                return EXIT_USAGE;
        config = config_load(call->arena, path, /* check_files= */ true, &diagnoses);
        for (size_t i = 0; i < diagnoses.count; i++)
                (void) fprintf(stderr, "%s\n",
                               diagnosis_print(call->arena, path, &diagnoses.items[i]));
        if (!config) {
                cli_complain("%s: %zu %s", path, diagnoses.n_errors,
                             diagnoses.n_errors == 1 ? "error" : "errors");
                return EXIT_FAILED;
        }
        n_warnings = diagnoses.count - diagnoses.n_errors;
        print_summary(call->arena, config, columns);
        check_advise(call, config, columns);
        (void) printf("%s is good: %u %s, %zu %s.\n", path, config->n_entities,
                      config->n_entities == 1 ? "entity" : "entities", n_warnings,
                      n_warnings == 1 ? "warning" : "warnings");
        return EXIT_DONE;
}
