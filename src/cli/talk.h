/* cli/talk.h - one call to the daemon, and what to say when it goes wrong */
#pragma once

#include <stdbool.h>

#include "api/client.h"
#include "api/message.h"
#include "cli/cli.h"

/* Called with every reply that is no error; a handler that wants to keep it takes the arena. False:
 * the reply makes no sense. */
typedef bool (*talk_handler)(void *userdata, struct arena **arena, const struct json *parameters);

struct talk {
        bool more;
        talk_handler on_reply; /* NULL: what comes does not matter */
        void *userdata;
        /* for those that wait for long */
        bool patient; /* without a time limit */
        usec_t tick;
        client_tick_handler on_tick;
        int interrupt_fd; /* or 0 */
        void (*on_interrupt)(void *userdata);
};

/* Calls and returns an exit status. Whatever went wrong has been said on stderr then. */
int talk(const struct cli_call *call, const struct params *params, const struct talk *t);

/* Says why nobody could be reached there; EXIT_NO_DAEMON. */
int talk_no_daemon(const struct cli_call *call, int r);

/* --socket-path, ZMIRROR_SOCKET_PATH, or the usual place. */
const char *talk_socket_path(const struct cli_call *call);
