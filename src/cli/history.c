/* cli/history.c - what happened */
#include <stdio.h>
#include <string.h>

#include "api/reply.h"
#include "cli/history.h"
#include "cli/show.h"
#include "cli/talk.h"
#include "cli/words.h"

/* The text tells what it is about. */
const char *history_line(struct arena *a, const struct history *h) {
        return arena_printf(a, "%s  %s", show_time(a, h->time),
                            h->text[0] ? show_line(a, h->text) : history_kind_print(h->kind));
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
                (void) fputs(p->any ? ",\n" : "[", stdout);
                p->any = true;
                line_print_json(&lines[i]);
        }
        return true;
}

/* A date, or how long ago. */
static bool since_parse(const char *s, usec_t *ret) {
        struct span span;

        if (time_parse_iso(s, ret))
                return true;
        if (!span_parse(s, &span) || span_is_nil(span))
                return false;
        *ret = time_subtract_span(show_now(), span);
        if (!*ret) /* 0 would be the newest lines only */
                *ret = 1;
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

        if (call->n_words > 0 && !words_to_target_or_type(call, 0, &params.history.target))
                return EXIT_USAGE;
        if (since) {
                if (!since_parse(since, &params.history.since))
                        return cli_usage(call,
                                         "'%s' is no time: it takes a date as 2026-03-01 or "
                                         "2026-03-01T03:00:00, or a span as '2 weeks'",
                                         since);
                params.history.limit = HISTORY_LINES_MAX;
        }
        status = talk(call, &params,
                      &(struct talk){ .more = true, .on_reply = on_history, .userdata = &p });
        if (p.json && status == EXIT_DONE)
                (void) fputs(p.any ? "]\n" : "[]\n", stdout);
        return status;
}
