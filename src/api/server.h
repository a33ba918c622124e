/* api/server.h - the socket's end in the daemon: clients, calls, replies, and what nobody may do to
 * it
 *
 * One call of a connection is handled at a time; those sent behind it wait in the socket, so that
 * replies come in order. Nothing here blocks. GetInfo and GetInterfaceDescription are answered
 * here, as are calls that are not understood or not permitted; the rest goes to `on_call`.
 *
 * Where there are too many connections, the one that has been silent for longest without a call
 * makes room; if all of them wait for an answer, the new one is told so, and closed.
 *
 * Root, and the user that the daemon runs as, may do everything; members of the group `zmirror` may
 * ask; others are told that they may not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "api/message.h"
#include "base/arena.h"
#include "base/text.h"

struct sd_event;
struct server;

#define SERVER_CONNECTIONS_MAX  256u
#define SERVER_RESERVED         16u                    /* of these, for those who may act */
#define SERVER_SHARE            64u                    /* of each of the others */
#define SERVER_STALLED_USEC     (30 * USEC_PER_SEC)    /* half a message, or nobody reads replies */
#define SERVER_IDLE_USEC        (10 * USEC_PER_MIN)    /* no message at all */
#define SERVER_OUTPUT_MAX_BYTES (64u * 1024u * 1024u)  /* not yet read by one client */
#define SERVER_OUTPUT_ALL_BYTES (256u * 1024u * 1024u) /* and by all of them */

/* A call that is being answered. It lives until its last reply, or until `on_gone` has returned. */
struct call {
        uint64_t id; /* never 0, never used again: may stand for the client in the engine */
        struct params params;
        bool more;   /* replies may continue */
        bool oneway; /* nobody hears the reply; answer all the same */
        uint32_t uid;
        int32_t pid;
        struct arena *arena; /* for whatever is needed until it is answered */
        void *userdata;      /* the daemon's */
};

struct server_callbacks {
        /* Answer now or later: any number of server_reply with `continues` (only if call->more),
         * then one without, or one server_error. */
        void (*on_call)(void *userdata, struct call *call);
        /* The client went away (or was thrown out) before the last reply. Forget the call. Never
         * called from inside server_reply or server_error: the next turn of the loop does it. */
        void (*on_gone)(void *userdata, struct call *call);
        void *userdata;
};

/* Makes the listening socket: a stale one is replaced, one that is served by somebody gives
 * -EADDRINUSE, and what is no socket -EEXIST. Everybody may connect; who may do what is decided on
 * every connection. */
int server_listen(const char *path, int *ret_fd);

/* Serves the listening socket `fd`, which is taken over (made here or inherited). */
int server_new(struct sd_event *loop, int fd, const struct server_callbacks *callbacks,
               struct server **ret);
/* Sends what can be sent without waiting, and closes all connections; on_gone is not called. The
 * socket's file stays. NULL is fine. */
struct server *server_free(struct server *s);
DEFINE_CLEANUP(struct server *, server_free);

/* `parameters`: the text of a JSON object (copied), NULL or empty for none. After a reply that does
 * not continue the call is gone. */
void server_reply(struct call *call, const struct text *parameters, bool continues);
/* `subject`: see message_error_print. The call is gone afterwards. */
void server_error(struct call *call, enum api_error error, const char *subject);

/* Other times than SERVER_STALLED_USEC and SERVER_IDLE_USEC, for tests. */
void server_set_patience(struct server *s, usec_t stalled, usec_t idle);
/* Another group of those who may ask than /etc/group has, for tests. */
void server_set_group(struct server *s, gid_t group);
/* For status lines and tests. */
size_t server_count_connections(const struct server *s);
