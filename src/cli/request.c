/* cli/request.c - online, offline, scrub, trim, snapshot, maintenance: ask, and show how it goes */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/request.h"
#include "cli/show.h"
#include "cli/talk.h"
#include "cli/words.h"

#define TICK (500 * USEC_PER_MSEC)

static bool on_requests(void *userdata, struct arena **arena, const struct json *parameters) {
        struct reply_request *requests;
        struct progress *p = userdata;
        usec_t now;
        uint32_t n;

        if (!reply_requests_parse(*arena, parameters, &requests, &n, &now))
                return false;
        progress_update(p, requests, n, now);
        return true;
}

static bool on_tick(void *userdata) {
        progress_tick(userdata);
        return true;
}

static void on_interrupt(void *userdata) {
        progress_clear(userdata);
        cli_complain("interrupted; the request stays open (withdraw it with --cancel)");
}

/* Ctrl-C, and the others that would end us without a word. */
static int interrupts_catch(void) {
        sigset_t set;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGINT);
        (void) sigaddset(&set, SIGTERM);
        (void) sigaddset(&set, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -1;
        return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Asks for it, waits if that is wanted, and shows how it goes. */
static int request_ask(struct cli_call *call, const struct params *params, bool block,
                       struct progress *p) {
        bool moving = show_is_terminal(STDERR_FILENO);
        struct talk t = {
                .more = block,
                .on_reply = on_requests,
                .userdata = p,
                .patient = block,
                .tick = moving ? TICK : 0,
                .on_tick = on_tick,
                .on_interrupt = on_interrupt,
        };
        int status;

        if (block)
                t.interrupt_fd = interrupts_catch();
        status = talk(call, params, &t);
        progress_clear(p);
        if (t.interrupt_fd > 0)
                (void) close(t.interrupt_fd);
        return status == EXIT_DONE && progress_count(p).failed ? EXIT_FAILED : status;
}

/* What was withdrawn of what was asked for; nothing at all is a failure. */
static int cancel_end(struct progress_count count, int status) {
        if (status != EXIT_DONE || count.done || count.failed)
                return status;
        cli_complain("there was nothing to cancel");
        return EXIT_FAILED;
}

int request_run(struct cli_call *call) {
        _cleanup_(progress_freep) struct progress *p = NULL;
        struct params params = {
                .method = METHOD_REQUEST,
                .request = {
                        .cancel = call->values[OPTION_CANCEL],
                        .block = !call->values[OPTION_NO_BLOCK],
                        .accept_data_loss = call->values[OPTION_ACCEPT_DATA_LOSS],
                        .overwrite_leg = call->values[OPTION_OVERWRITE_LEG],
                },
        };
        bool many;
        int status;

        if (!wish_parse(call->command->name, &params.request.wish))
                return cli_usage(call, "it is not known what to do");
        if (!(params.request.wish == WISH_EJECT ? words_to_disk(call, &params.request.target)
                                                : words_to_target(call, 0, &params.request.target)))
                return EXIT_USAGE;
        many = params.request.target.kind == TARGET_ALL ||
               params.request.target.kind == TARGET_GROUP;
        p = progress_new(&(struct progress_options){
                .moving = show_is_terminal(STDERR_FILENO),
                .cancel = params.request.cancel,
                .pardons = many ? PARDON_UNFIT | PARDON_NOTHING : 0,
        });
        status = request_ask(call, &params, params.request.block, p);
        return many && params.request.cancel ? cancel_end(progress_count(p), status) : status;
}

/* --- maintenance */

static const struct {
        const char *command;
        unsigned operations;
        bool all;
} maintenance_table[] = {
        { "maintenance", ~0u, false },
        { "scrub-overdue", 1u << OPERATION_SCRUB, false },
        { "trim-overdue", 1u << OPERATION_TRIM, false },
        { "update-overdue", 1u << OPERATION_UPDATE, false },
        { "resilver-overdue", 1u << OPERATION_UPDATE, false },
        { "scrub-all", 1u << OPERATION_SCRUB, true },
        { "trim-all", 1u << OPERATION_TRIM, true },
        { "online-all", 1u << OPERATION_UPDATE, true },
};

/* For people, not for the mail of a cron job: "3 requests were made; 2 legs are not connected". */
static void maintenance_say(struct progress_count count, const struct params_maintain *params) {
        size_t n = count.waiting + count.done;
        const char *done = params->cancel ? "withdrawn" : params->block ? "fulfilled" : "made";

        if (!show_is_terminal(STDOUT_FILENO) || (params->cancel && !n))
                return;
        if (!n && !count.failed && !count.absent && !count.unfit) {
                (void) printf("There is nothing to do.\n");
                return;
        }
        (void) printf("%zu request%s %s", n, n == 1 ? " was" : "s were", done);
        if (count.absent)
                (void) printf("; %zu not, as a disk is not connected", count.absent);
        if (count.unfit)
                (void) printf("; %zu not, as it cannot work there", count.unfit);
        (void) printf(".\n");
}

int maintenance_run(struct cli_call *call) {
        _cleanup_(progress_freep) struct progress *p = NULL;
        struct params params = {
                .method = METHOD_MAINTAIN,
                .maintain = {
                        .cancel = call->values[OPTION_CANCEL],
                        .block = call->values[OPTION_BLOCK],
                },
        };
        int status;

        if (!cli_expect_no_words(call))
                return EXIT_USAGE;
        for (size_t i = 0; i < ELEMENTSOF(maintenance_table); i++)
                if (text_equal(call->command->name, maintenance_table[i].command)) {
                        params.maintain.operations = maintenance_table[i].operations;
                        params.maintain.all = maintenance_table[i].all;
                }
        p = progress_new(&(struct progress_options){
                .moving = show_is_terminal(STDERR_FILENO),
                .quiet = true,
                .cancel = params.maintain.cancel,
                .pardons = PARDON_ABSENT | PARDON_UNFIT | PARDON_NOTHING,
        });
        status = request_ask(call, &params, params.maintain.block, p);
        if (status == EXIT_DONE || status == EXIT_FAILED)
                maintenance_say(progress_count(p), &params.maintain);
        return params.maintain.cancel ? cancel_end(progress_count(p), status) : status;
}
