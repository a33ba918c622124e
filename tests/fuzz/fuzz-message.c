/* tests/fuzz/fuzz-message.c - what comes over the socket, at both ends */
#include <stdlib.h>
#include <string.h>

#include "api/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was understood and written again is understood again, and means the same. */
static void check_call(struct arena *a, const struct message_call *call) {
        const char *dot = strrchr(call->method, '.'), *bad;
        struct text once = {}, twice = {};
        struct message_call again;
        struct params params;
        enum method method;

        if (!dot || !method_parse(dot + 1, &method) ||
            !params_parse(a, method, call->parameters, &params, &bad))
                return;
        message_call_print(&once, &params, call->more, call->oneway);
        if (!message_call_parse(a, once.s, once.length, &again) ||
            !params_parse(a, method, again.parameters, &params, &bad))
                abort();
        message_call_print(&twice, &params, again.more, again.oneway);
        if (strcmp(once.s, twice.s) != 0)
                abort();
        text_done(&once);
        text_done(&twice);
}

static void read_reply(struct arena *a, const struct json *o) {
        struct reply_explanation *explanations;
        struct reply_request *requests;
        struct reply_verdict *verdicts;
        struct reply_version version;
        struct reply_reload reload;
        struct reply_watch watch;
        struct history *lines;
        const char *value;
        struct row *rows;
        size_t n_lines;
        uint32_t n;
        usec_t now;

        (void) reply_version_parse(o, &version);
        (void) reply_reload_parse(a, o, &reload);
        (void) reply_requests_parse(a, o, &requests, &n, &now);
        (void) reply_rows_parse(a, o, &rows, &n, &now);
        (void) reply_overview_parse(a, o, &verdicts, &n, &now);
        (void) reply_setting_parse(o, &value);
        (void) reply_history_parse(a, o, &lines, &n_lines);
        (void) reply_explain_parse(a, o, &explanations, &n);
        (void) reply_watch_parse(a, o, &watch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct arena *a = arena_new();
        struct message_reply reply;
        struct message_call call;

        if (message_call_parse(a, (const char *) data, size, &call))
                check_call(a, &call);
        if (message_reply_parse(a, (const char *) data, size, &reply))
                read_reply(a, reply.parameters);
        arena_free(a);
        return 0;
}
