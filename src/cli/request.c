/* cli/request.c - online, offline, scrub, trim, snapshot: ask, and show how it goes */
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

int request_run(struct cli_call *call) {
        bool moving = show_is_terminal(STDERR_FILENO);
        _cleanup_(progress_freep) struct progress *p = progress_new(moving);
        struct params params = {
                .method = METHOD_REQUEST,
                .request = {
                        .cancel = call->values[OPTION_CANCEL],
                        .block = !call->values[OPTION_NO_BLOCK],
                        .accept_data_loss = call->values[OPTION_ACCEPT_DATA_LOSS],
                        .overwrite_leg = call->values[OPTION_OVERWRITE_LEG],
                },
        };
        struct talk t = {
                .more = params.request.block,
                .on_reply = on_requests,
                .userdata = p,
                .patient = params.request.block,
                .tick = moving ? TICK : 0,
                .on_tick = on_tick,
                .on_interrupt = on_interrupt,
        };
        int status;

        if (!wish_parse(call->command->name, &params.request.wish))
                return cli_usage(call, "it is not known what to do");
        if (!words_to_target(call, 0, &params.request.target))
                return EXIT_USAGE;
        if (params.request.block)
                t.interrupt_fd = interrupts_catch();
        status = talk(call, &params, &t);
        progress_clear(p);
        if (t.interrupt_fd > 0)
                (void) close(t.interrupt_fd);
        return status == EXIT_DONE && progress_count(p).failed ? EXIT_FAILED : status;
}
