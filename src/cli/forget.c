/* cli/forget.c - forget, clear-cache: asks before it is too late */
#include <stdio.h>
#include <unistd.h>

#include "api/reply.h"
#include "base/array.h"
#include "cli/forget.h"
#include "cli/show.h"
#include "cli/talk.h"
#include "cli/words.h"

int forget_run(struct cli_call *call) {
        struct params params = { .method = METHOD_FORGET };

        if (!words_to_target(call, 0, &params.target))
                return EXIT_USAGE;
        return talk(call, &params, &(struct talk){});
}

/* --- clear-cache */

struct pools {
        struct text names; /* "tank, bak" */
};

static bool on_rows(void *userdata, struct arena **arena, const struct json *parameters) {
        struct pools *pools = userdata;
        struct row *rows;
        usec_t now;
        uint32_t n;

        if (!reply_rows_parse(*arena, parameters, &rows, &n, &now))
                return false;
        for (uint32_t i = 0; i < n; i++)
                if (rows[i].type == ENTITY_ZPOOL && rows[i].id)
                        text_addf(&pools->names, "%s%s", pools->names.length ? ", " : "",
                                  show_line(*arena, entity_id_name(rows[i].id)));
        return true;
}

/* Nobody who could answer means no. */
static bool ask(const char *question) {
        char *line = NULL;
        size_t size = 0;
        bool yes;

        (void) fprintf(stderr, "%s [y/N] ", question);
        (void) fflush(stderr);
        yes = getline(&line, &size, stdin) > 0 && (*line == 'y' || *line == 'Y');
        free(line);
        return yes;
}

static bool ask_for_ledger(const struct pools *pools) {
        struct text t = {};
        bool yes;

        text_addf(&t,
                  "The ledger, too? Nothing will be known any more of which leg is whole, newer, "
                  "or another than it was. These pools will be unguarded until each of their legs "
                  "was seen again: %s.\nForget the ledger?",
                  pools->names.length ? pools->names.s : "(none is configured)");
        yes = ask(t.s);
        text_done(&t);
        return yes;
}

int clear_cache_run(struct cli_call *call) {
        struct params list = { .method = METHOD_LIST,
                               .list = { COLUMN_BIT(COLUMN_ID) | COLUMN_BIT(COLUMN_TYPE) } };
        struct params clear = { .method = METHOD_CLEAR_CACHE,
                                .clear = { .ledger = call->values[OPTION_LEDGER] } };
        struct pools pools = {};
        int status;

        if (!cli_expect_no_words(call))
                return EXIT_USAGE;
        if (call->values[OPTION_YES])
                return talk(call, &clear, &(struct talk){});
        if (!isatty(STDIN_FILENO))
                return cli_usage(call, "nobody is there to be asked: --yes does it without");
        status = talk(call, &list, &(struct talk){ .on_reply = on_rows, .userdata = &pools });
        if (status == EXIT_DONE &&
            (!ask("All dates (last up to date, scrubbed, trimmed) and the history are forgotten. "
                  "Go on?") ||
             (clear.clear.ledger && !ask_for_ledger(&pools)))) {
                cli_complain("nothing was forgotten");
                status = EXIT_FAILED;
        } else if (status == EXIT_DONE)
                status = talk(call, &clear, &(struct talk){});
        text_done(&pools.names);
        return status;
}
