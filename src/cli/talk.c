/* cli/talk.c - one call to the daemon, and what to say when it goes wrong */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "api/reply.h"
#include "cli/talk.h"

#define ANSWER_WAIT (60 * USEC_PER_SEC) /* a daemon that says nothing for so long is stuck */

struct conversation {
        const struct talk *talk;
        enum api_error error;
        struct arena *error_arena; /* of the reply that carries `reason` */
        const char *reason;
        bool nonsense, told_unready;
};

const char *talk_socket_path(const struct cli_call *call) {
        const char *path = call->values[OPTION_SOCKET_PATH];

        if (!path)
                path = getenv("ZMIRROR_SOCKET_PATH");
        return path && *path ? path : MESSAGE_SOCKET_DEFAULT;
}

static bool on_reply(void *userdata, struct arena **arena, const struct message_reply *reply) {
        struct conversation *c = userdata;

        if (reply->error) {
                c->error = reply->error;
                c->reason = reply->reason;
                c->error_arena = TAKE_PTR(*arena);
                return true;
        }
        if (!c->told_unready && !reply_is_ready(reply->parameters)) {
                cli_complain("the daemon was just started, and has not looked at everything yet");
                c->told_unready = true;
        }
        c->nonsense = c->talk->on_reply &&
                      !c->talk->on_reply(c->talk->userdata, arena, reply->parameters);
        return !c->nonsense;
}

/* systemd says nothing about it: without a configuration it starts no daemon, and is content. */
static bool configuration_is_missing(const struct cli_call *call) {
        return access(cli_config_path(call), F_OK) < 0 && errno == ENOENT;
}

int talk_no_daemon(const struct cli_call *call, int r) {
        const char *path = talk_socket_path(call);

        if (r == -EACCES)
                cli_complain("the daemon cannot be asked: no permission for %s", path);
        else if (r == -ENAMETOOLONG)
                cli_complain("the path of the socket is too long: %s", path);
        else if (r == -ENOENT && configuration_is_missing(call))
                cli_complain("the daemon is not running: there is no configuration %s yet",
                             cli_config_path(call));
        else
                cli_complain("the daemon is not running (no answer on %s)", path);
        return EXIT_NO_DAEMON;
}

static int talk_broken(const struct conversation *c, int r) {
        if (c->nonsense || r == -EBADMSG || r == -EMSGSIZE) {
                cli_complain("the daemon's answer makes no sense; is it of another version?");
                return EXIT_FAILED;
        }
        if (r == -EINTR) {
                if (c->talk->on_interrupt)
                        c->talk->on_interrupt(c->talk->userdata);
                return EXIT_FAILED;
        }
        if (r == -ETIMEDOUT)
                cli_complain("the daemon does not answer");
        else if (r == -EPIPE)
                cli_complain("the daemon went away before it had answered");
        else
                cli_complain("cannot talk to the daemon: %s", strerror(-r));
        return EXIT_NO_DAEMON;
}

int talk(const struct cli_call *call, const struct params *params, const struct talk *t) {
        const struct client_options options = {
                .more = t->more,
                .timeout = t->patient ? 0 : ANSWER_WAIT,
                .tick = t->tick,
                .on_tick = t->on_tick,
                .tick_userdata = t->userdata,
                .interrupt_fd = t->interrupt_fd,
        };
        _cleanup_(client_freep) struct client *client = NULL;
        struct conversation c = { .talk = t };
        const char *path = talk_socket_path(call);
        int r;

        r = client_new(path, &client);
        if (r < 0)
                return talk_no_daemon(call, r);

        r = client_call(client, params, &options, on_reply, &c);
        if (r < 0)
                return talk_broken(&c, r);
        if (c.error) {
                cli_complain("%s", c.reason);
                arena_free(c.error_arena);
                return EXIT_FAILED;
        }
        return EXIT_DONE;
}
