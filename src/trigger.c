/* trigger.c - zmirror-trigger: forwards its environment to the daemon as an event of ZED or udev
 *
 * Nothing depends on its arriving: an event only says where to look, and the daemon looks by itself
 * now and then. So no daemon is no failure, and a daemon that does not answer is not waited for. */
#include <stdlib.h>
#include <string.h>

#include "api/client.h"

#define ANSWER_WAIT (2 * USEC_PER_SEC)

extern char **environ;

/* As many variables as a call may have; without those that are no "NAME=value". */
static uint32_t environment_collect(const char **ret) {
        uint32_t n = 0;

        for (char **e = environ; *e && n < TRIGGER_ENVIRONMENT_MAX; e++)
                if ((*e)[0] != '=' && strchr(*e, '='))
                        ret[n++] = *e;
        return n;
}

static bool on_reply(void *userdata, struct arena **arena, const struct message_reply *reply) {
        *(bool *) userdata = reply->error == API_ERROR_NONE;
        return true;
}

int main(void) {
        const char *environment[TRIGGER_ENVIRONMENT_MAX + 1] = {};
        struct params params = { .method = METHOD_TRIGGER,
                                 .trigger = { environment, environment_collect(environment) } };
        const struct client_options options = { .timeout = ANSWER_WAIT };
        const char *path = getenv("ZMIRROR_SOCKET_PATH");
        _cleanup_(client_freep) struct client *client = NULL;
        bool taken = false;

        if (client_new(path && path[0] ? path : MESSAGE_SOCKET_DEFAULT, &client) < 0)
                return EXIT_SUCCESS;
        if (client_call(client, &params, &options, on_reply, &taken) < 0)
                return EXIT_FAILURE;
        return taken ? EXIT_SUCCESS : EXIT_FAILURE;
}
