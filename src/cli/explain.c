/* cli/explain.c - why something is not as it should be */
#include <stdio.h>

#include "api/reply.h"
#include "cli/explain.h"
#include "cli/show.h"
#include "cli/talk.h"
#include "cli/words.h"

static void explanation_print(struct arena *a, const struct reply_explanation *e) {
        (void) printf("%s\n", show_line(a, e->hrid));
        for (uint32_t i = 0; i < e->n_steps; i++)
                (void) printf("%*s%s\n", (int) (4 + 2 * e->steps[i].depth), "",
                              show_line(a, e->steps[i].reason));
}

static void explanation_print_json(const struct reply_explanation *e, bool first) {
        struct text t = {};

        text_add(&t, first ? "[\n{" : ",\n{"); /* not json_open: the comma is there */
        json_add_string(&t, "id", e->id);
        json_add_string(&t, "hrid", e->hrid);
        json_open(&t, "steps", '[');
        for (uint32_t i = 0; i < e->n_steps; i++) {
                json_open(&t, NULL, '{');
                json_add_number(&t, "depth", e->steps[i].depth);
                json_add_string(&t, "reason", e->steps[i].reason);
                json_add_string(&t, "reason_code", e->steps[i].reason_code);
                json_close(&t, '}');
        }
        json_close(&t, ']');
        json_close(&t, '}');
        (void) fputs(t.s, stdout);
        text_done(&t);
}

struct explaining {
        bool json;
        uint32_t n; /* that were printed */
};

static bool on_explain(void *userdata, struct arena **arena, const struct json *parameters) {
        struct explaining *x = userdata;
        struct reply_explanation *e;
        uint32_t n;

        if (!reply_explain_parse(*arena, parameters, &e, &n))
                return false;
        for (uint32_t i = 0; i < n; i++) {
                if (x->json)
                        explanation_print_json(&e[i], x->n == 0);
                else
                        explanation_print(*arena, &e[i]);
                x->n++;
        }
        return true;
}

int explain_run(struct cli_call *call) {
        struct explaining x = { .json = call->values[OPTION_JSON] };
        struct params params = { .method = METHOD_EXPLAIN };
        int status;

        if (!words_to_target_or_type(call, 0, &params.target))
                return EXIT_USAGE;
        status = talk(call, &params, &(struct talk){ .on_reply = on_explain, .userdata = &x });
        if (status == EXIT_DONE && x.json)
                (void) fputs(x.n ? "\n]\n" : "[]\n", stdout);
        return status;
}
