/* cli/history.c - what happened */
#include <stdio.h>
#include <string.h>

#include "api/reply.h"
#include "cli/history.h"
#include "cli/show.h"
#include "cli/talk.h"
#include "cli/words.h"

/* "zdev: tank-b (tank)" is not told with a line, only the id: "zdev|pool:tank|name:tank-b". For
 * people its last part is enough to know, and the type in front. */
static const char *entity_print(struct arena *a, const char *id) {
        const char *bar = strchr(id, '|'), *last = strrchr(id, '|'), *name;

        if (!bar)
                return id;
        name = strchr(last, ':');
        return arena_printf(a, "%.*s %s", (int) (bar - id), id, name ? name + 1 : last + 1);
}

/* Most lines begin with what they are about. */
static bool text_names_entity(const char *text, const char *id) {
        static const char *const pool = "pool ";
        size_t length = strcspn(id, "|");

        return text_starts(text, pool) ||
               (strncmp(text, id, length) == 0 && text[length] == ' ' && length > 0);
}

const char *history_line(struct arena *a, const struct history *h) {
        const char *text = h->text[0] ? h->text : history_kind_print(h->kind);
        bool prefix = h->entity[0] && !text_names_entity(text, h->entity);

        return arena_printf(a, "%s  %s%s%s", show_time(a, h->time),
                            prefix ? entity_print(a, show_line(a, h->entity)) : "",
                            prefix ? ": " : "", show_line(a, text));
}

static void line_print_json(const struct history *h) {
        char time[TIME_PRINT_MAX];
        struct text t = {};

        json_open(&t, NULL, '{');
        json_add_string(&t, "time", time_print_iso(h->time, time));
        json_add_string(&t, "kind", history_kind_print(h->kind));
        json_add_string(&t, "entity", h->entity[0] ? h->entity : NULL);
        json_add_string(&t, "text", h->text);
        if (h->json[0])
                json_add_raw(&t, "details", h->json, strlen(h->json));
        json_close(&t, '}');
        (void) fputs(t.s, stdout);
        text_done(&t);
}

struct printer {
        bool json, any;
};

static bool on_history(void *userdata, struct arena **arena, const struct json *parameters) {
        struct printer *p = userdata;
        struct history *lines;
        size_t n;

        if (!reply_history_parse(*arena, parameters, &lines, &n))
                return false;
        for (size_t i = 0; i < n; i++) {
                if (!p->json) {
                        (void) puts(history_line(*arena, &lines[i]));
                        continue;
                }
                (void) fputs(p->any ? ",\n" : "", stdout);
                p->any = true;
                line_print_json(&lines[i]);
        }
        return true;
}

/* A date, or how long ago. */
static bool since_parse(const char *s, usec_t *ret) {
        usec_t now = show_now();
        struct span span;

        if (time_parse_iso(s, ret))
                return true;
        if (strlen(s) == 10) { /* a day: from its first moment */
                char day[32];

                (void) snprintf(day, sizeof(day), "%s 00:00:00", s);
                if (time_parse_iso(day, ret))
                        return true;
        }
        if (!span_parse(s, &span) || span_is_nil(span))
                return false;
        span.usec += span.months * (30 * USEC_PER_DAY + 10 * USEC_PER_HOUR); /* about */
        *ret = span.usec < now ? now - span.usec : 1;
        return true;
}

int history_run(struct cli_call *call) {
        struct printer p = { .json = call->values[OPTION_JSON] };
        const char *since = call->values[OPTION_SINCE];
        struct params params = {
                .method = METHOD_HISTORY,
                .history = { .target = { .kind = TARGET_ALL }, .limit = HISTORY_LINES_DEFAULT },
        };
        int status;

        if (call->n_words > 0 && !words_to_target(call, 0, &params.history.target))
                return EXIT_USAGE;
        if (since) {
                if (!since_parse(since, &params.history.since))
                        return cli_usage(call,
                                         "'%s' is no time: a date as 2026-03-01 or "
                                         "2026-03-01T03:00:00, or a span as '2 weeks'",
                                         since);
                params.history.limit = HISTORY_LINES_MAX;
        }
        if (p.json)
                (void) fputs("[", stdout);
        status = talk(call, &params,
                      &(struct talk){ .more = true, .on_reply = on_history, .userdata = &p });
        if (p.json && status == EXIT_DONE)
                (void) fputs("]\n", stdout);
        return status;
}
