/* api/client.c - the socket's end in a command: connect, call, take replies */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "api/client.h"

#define READ_BYTES        (256u * 1024u)
#define REPLY_MAX_BYTES   (256u * 1024u * 1024u)
#define CONNECT_WAIT_SECS 5 /* until a daemon that does not accept counts as none */

struct client {
        int fd;
        struct text in;
};

/* How long a call may wait for what. */
struct waiting {
        const struct client_options *options;
        usec_t last_reply, last_tick; /* monotonic */
};

static usec_t clock_now(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

int client_new(const char *path, struct client **ret) {
        struct timeval limit = { .tv_sec = CONNECT_WAIT_SECS };
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_(closep) int fd = -1;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        *ret = memory_new(1, sizeof(**ret));
        (*ret)->fd = TAKE_FD(fd);
        return 0;
}

struct client *client_free(struct client *c) {
        if (!c)
                return NULL;
        (void) close(c->fd);
        text_done(&c->in);
        free(c);
        return NULL;
}

/* Waits until the socket is ready for `events`, the time is over, or somebody interrupts. */
static int client_wait(struct client *c, struct waiting *w, short events) {
        const struct client_options *o = w->options;
        struct pollfd fds[2] = { { .fd = c->fd, .events = events },
                                 { .fd = o->interrupt_fd > 0 ? o->interrupt_fd : -1,
                                   .events = POLLIN } };

        for (;;) {
                usec_t now = clock_now(), until = USEC_NEVER;
                int n, msec;

                if (o->timeout)
                        until = w->last_reply + o->timeout;
                if (until <= now)
                        return -ETIMEDOUT;
                if (o->tick && w->last_tick + o->tick < until)
                        until = w->last_tick + o->tick;
                msec = until == USEC_NEVER ? -1
                       : until <= now      ? 0
                                           : (int) ((until - now) / USEC_PER_MSEC) + 1;
                n = poll(fds, ELEMENTSOF(fds), msec);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0 && fds[1].revents)
                        return -EINTR;
                if (n > 0)
                        return 0;
                if (o->tick && clock_now() >= w->last_tick + o->tick) {
                        w->last_tick = clock_now();
                        if (!o->on_tick(o->tick_userdata))
                                return -ECANCELED;
                }
        }
}

/* A server that has refused us has said why before it hung up: so that is no error here. */
static int client_send(struct client *c, struct waiting *w, const struct params *params,
                       bool oneway) {
        struct text t = {};
        size_t sent = 0;
        ssize_t n;
        int r = 0;

        message_call_print(&t, params, w->options->more, oneway);
        text_add_bytes(&t, "", 1);
        while (sent < t.length && r == 0) {
                n = send(c->fd, t.s + sent, t.length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (n > 0)
                        sent += (size_t) n;
                else if (errno == EAGAIN)
                        r = client_wait(c, w, POLLOUT);
                else if (errno == EPIPE && !oneway)
                        break;
                else if (errno != EINTR)
                        r = -errno;
        }
        text_done(&t);
        return r;
}

/* At least one more byte. */
static int client_receive(struct client *c, struct waiting *w) {
        char bytes[READ_BYTES];
        ssize_t n;
        int r;

        for (;;) {
                n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
                if (n > 0)
                        break;
                if (n == 0 || errno == ECONNRESET)
                        return -EPIPE;
                if (errno != EAGAIN && errno != EINTR)
                        return -errno;
                r = client_wait(c, w, POLLIN);
                if (r < 0)
                        return r;
        }
        text_add_bytes(&c->in, bytes, (size_t) n);
        return c->in.length > REPLY_MAX_BYTES ? -EMSGSIZE : 0;
}

/* 1: that was the last reply. */
static int client_handle(const char *s, size_t n, client_reply_handler on_reply, void *userdata) {
        _cleanup_(arena_freep) struct arena *arena = arena_new();
        struct message_reply reply;
        bool continues;

        if (!message_reply_parse(arena, s, n, &reply))
                return -EBADMSG;
        continues = reply.continues && !reply.error;
        if (!on_reply(userdata, &arena, &reply))
                return -ECANCELED;
        return continues ? 0 : 1;
}

/* All whole messages that are here. 1: the last reply was among them. */
static int client_handle_all(struct client *c, struct waiting *w, size_t *scanned,
                             client_reply_handler on_reply, void *userdata) {
        size_t start = 0;
        const char *nul;
        int r = 0;

        while (r == 0 && (nul = memchr(c->in.s + *scanned, 0, c->in.length - *scanned))) {
                size_t end = (size_t) (nul - c->in.s);

                r = client_handle(c->in.s + start, end - start, on_reply, userdata);
                start = *scanned = end + 1;
                w->last_reply = clock_now();
        }
        c->in.length -= start;
        memmove(c->in.s, c->in.s + start, c->in.length);
        *scanned = c->in.length;
        return r;
}

int client_call(struct client *c, const struct params *params, const struct client_options *options,
                client_reply_handler on_reply, void *userdata) {
        struct waiting w = { options, clock_now(), clock_now() };
        size_t scanned = 0;
        int r;

        r = client_send(c, &w, params, /* oneway= */ false);
        while (r == 0) {
                r = client_receive(c, &w);
                if (r == 0)
                        r = client_handle_all(c, &w, &scanned, on_reply, userdata);
        }
        return r > 0 ? 0 : r;
}

int client_send_oneway(struct client *c, const struct params *params) {
        static const struct client_options options = { .timeout = 5 * USEC_PER_SEC };
        struct waiting w = { &options, clock_now(), clock_now() };

        return client_send(c, &w, params, /* oneway= */ true);
}
