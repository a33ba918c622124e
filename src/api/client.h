/* api/client.h - the socket's end in a command: connect, call, take replies */
#pragma once

#include <stdbool.h>

#include "api/message.h"
#include "base/arena.h"
#include "base/time.h"

struct client;

/* 0, or why there is no daemon: -ENOENT, -ECONNREFUSED, -EACCES, ... */
int client_new(const char *path, struct client **ret);
struct client *client_free(struct client *c);
DEFINE_CLEANUP(struct client *, client_free);

/* Called for every reply. It is valid during the call only, unless `arena` is kept: the handler may
 * take it with TAKE_PTR(*arena), and frees it then. False: no more replies are wanted. */
typedef bool (*client_reply_handler)(void *userdata, struct arena **arena,
                                     const struct message_reply *reply);

/* Called when nothing came for `tick`, for progress bars. False: stop. */
typedef bool (*client_tick_handler)(void *userdata);

struct client_options {
        bool more;
        usec_t timeout; /* without any reply for so long: -ETIMEDOUT; 0: waits for ever */
        usec_t tick;    /* 0: none */
        client_tick_handler on_tick;
        void *tick_userdata;
        int interrupt_fd; /* readable: stop with -EINTR (a signalfd or pipe); 0 or less: none */
};

/* Calls and hands every reply, the last one included, to the handler. 0 after the last one (or when
 * a handler said stop: -ECANCELED), -EPIPE if the daemon hung up, -EBADMSG for nonsense,
 * -ETIMEDOUT, -EINTR, other negative errno. */
int client_call(struct client *c, const struct params *params, const struct client_options *options,
                client_reply_handler on_reply, void *userdata);
/* Without any reply. */
int client_send_oneway(struct client *c, const struct params *params);
