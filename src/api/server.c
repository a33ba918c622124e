/* api/server.c - the socket's end in the daemon
 *
 * A connection is read only while none of its calls is open, so that a client that sends faster
 * than it is answered waits in its own socket. What is to be done later (the next call that is in
 * the buffer already, throwing a client out) is done by one deferred event source of the server:
 * nothing is freed and no call-back is made from inside server_reply. */
#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "api/interface.h"
#include "api/server.h"

#define READ_BYTES       65536u
#define KEEP_BYTES       4096u /* a buffer that grew beyond is given back when it is empty */
#define CALLS_PER_TURN   16u   /* of one client, before the others have their turn */
#define ACCEPTS_PER_TURN 16u
#define GROUPS_MAX       65536u
#define PAUSE_USEC       USEC_PER_SEC /* without descriptors: until accepting is tried again */

/* What the daemon sees as struct call, with the way back to its client. */
struct open_call {
        struct call call;
        struct connection *connection;
};

struct connection {
        struct server *server;
        struct connection *previous, *next;
        sd_event_source *source;
        int fd;
        uint32_t uid;
        int32_t pid;
        bool may_act;
        bool closing;  /* no more is read; closed when everything is sent */
        bool doomed;   /* freed by the next turn of the loop */
        bool pending;  /* there may be a whole call in `in` */
        bool handling; /* calls are being taken out of `in` right now */
        uint32_t events;
        struct text in, out;
        size_t in_scanned;      /* no NUL before */
        size_t out_sent;        /* bytes of `out` that are gone */
        usec_t silent_since;    /* monotonic; of the next message nothing more came */
        usec_t out_deadline;    /* monotonic; USEC_NEVER: none */
        struct open_call *open; /* the call that is being answered, or NULL */
};

struct server {
        sd_event *loop;
        sd_event_source *listener, *later, *timer;
        int fd;
        struct server_callbacks callbacks;
        struct connection *connections;
        size_t n_connections;
        size_t output_bytes; /* of all connections, not sent yet */
        uint64_t last_call_id;
        usec_t stalled, idle;
        gid_t group; /* of those who may ask */
        bool has_group, paused;
};

/* --- time */

static usec_t server_now(const struct server *s) {
        uint64_t now = 0;

        (void) sd_event_now(s->loop, CLOCK_MONOTONIC, &now);
        return now;
}

/* The timer stands at the first deadline of any client. */
static void server_arm_timer(struct server *s, usec_t deadline) {
        uint64_t armed = USEC_NEVER;
        int enabled = SD_EVENT_OFF;

        (void) sd_event_source_get_enabled(s->timer, &enabled);
        if (enabled != SD_EVENT_OFF)
                (void) sd_event_source_get_time(s->timer, &armed);
        if (deadline >= armed)
                return;
        (void) sd_event_source_set_time(s->timer, deadline);
        (void) sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

static void server_do_later(struct server *s) {
        (void) sd_event_source_set_enabled(s->later, SD_EVENT_ONESHOT);
}

/* --- connections */

static size_t connection_unsent(const struct connection *c) {
        return c->out.length - c->out_sent;
}

static void text_shrink(struct text *t) {
        if (t->capacity > KEEP_BYTES)
                text_done(t);
        else
                text_clear(t);
}

static void connection_drop_output(struct connection *c) {
        c->server->output_bytes -= connection_unsent(c);
        text_done(&c->out);
        c->out_sent = 0;
}

static struct connection *connection_free(struct connection *c) {
        if (c->open) {
                c->open->connection = NULL;
                arena_free(c->open->call.arena);
        }
        connection_drop_output(c);
        text_done(&c->in);
        sd_event_source_disable_unref(c->source);
        (void) close(c->fd);
        if (c->next)
                c->next->previous = c->previous;
        *(c->previous ? &c->previous->next : &c->server->connections) = c->next;
        c->server->n_connections--;
        free(c);
        return NULL;
}

/* Throws the client out, at the next turn of the loop. */
static void connection_doom(struct connection *c) {
        c->doomed = true;
        connection_drop_output(c);
        (void) sd_event_source_set_enabled(c->source, SD_EVENT_OFF);
        server_do_later(c->server);
}

static bool connection_reads(const struct connection *c) {
        return !c->open && !c->closing && !c->pending && !c->doomed;
}

/* Until when the client's next message, or the rest of it, is waited for. */
static usec_t connection_in_deadline(const struct connection *c) {
        if (!connection_reads(c))
                return USEC_NEVER;
        return c->silent_since + (c->in.length > 0 ? c->server->stalled : c->server->idle);
}

/* Waits for what the connection can use next, and for no longer than is decent. */
static void connection_update(struct connection *c) {
        bool reads = connection_reads(c);
        usec_t in_deadline = connection_in_deadline(c);
        uint32_t events = (reads ? EPOLLIN : 0u) | (connection_unsent(c) ? EPOLLOUT : 0u);
        usec_t limit = server_now(c->server) + c->server->stalled;

        if (c->doomed)
                return;
        if (c->closing && !connection_unsent(c)) {
                connection_doom(c);
                return;
        }
        if (events != c->events)
                (void) sd_event_source_set_io_events(c->source, events);
        c->events = events;
        if (!connection_unsent(c))
                c->out_deadline = USEC_NEVER;
        else if (c->out_deadline == USEC_NEVER)
                c->out_deadline = limit;
        server_arm_timer(c->server, in_deadline < c->out_deadline ? in_deadline : c->out_deadline);
}

static void connection_flush(struct connection *c) {
        ssize_t n;

        while (connection_unsent(c)) {
                n = send(c->fd, c->out.s + c->out_sent, connection_unsent(c),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno == EAGAIN)
                        break;
                if (n <= 0) {
                        connection_doom(c);
                        return;
                }
                c->out_sent += (size_t) n;
                c->server->output_bytes -= (size_t) n;
                c->out_deadline = USEC_NEVER; /* it reads: the time begins anew */
        }
        if (!connection_unsent(c)) {
                text_shrink(&c->out);
                c->out_sent = 0;
        } else if (c->out_sent > c->out.length / 2) {
                memmove(c->out.s, c->out.s + c->out_sent, connection_unsent(c));
                c->out.length -= c->out_sent;
                c->out_sent = 0;
        }
}

/* The client that has left most unread. */
static struct connection *server_find_laziest(struct server *s) {
        struct connection *laziest = s->connections;

        for (struct connection *c = s->connections; c; c = c->next)
                if (connection_unsent(c) > connection_unsent(laziest))
                        laziest = c;
        return laziest;
}

/* Ends the message that was appended to `out` from `start` on, and sends what can be sent. */
static void connection_send(struct connection *c, size_t start) {
        text_add_bytes(&c->out, "", 1); /* the NUL byte */
        c->server->output_bytes += c->out.length - start;
        connection_flush(c);
        if (connection_unsent(c) > SERVER_OUTPUT_MAX_BYTES)
                connection_doom(c);
        else if (c->server->output_bytes > SERVER_OUTPUT_ALL_BYTES)
                connection_doom(server_find_laziest(c->server));
}

static void connection_send_error(struct connection *c, enum api_error e, const char *subject) {
        size_t start = c->out.length;

        if (c->doomed)
                return;
        message_error_print(&c->out, e, subject);
        connection_send(c, start);
}

/* --- calls */

static void connection_answer(struct connection *c, const struct message_call *m,
                              const char *parameters, size_t n) {
        size_t start = c->out.length;

        if (m->oneway)
                return;
        message_reply_print(&c->out, parameters, n, false);
        connection_send(c, start);
}

static void connection_refuse(struct connection *c, const struct message_call *m, enum api_error e,
                              const char *subject) {
        if (!m->oneway)
                connection_send_error(c, e, subject);
}

/* What every Varlink service answers about itself. */
static void connection_introspect(struct connection *c, const struct message_call *m,
                                  const char *method) {
        const char *interface = "", *description;
        struct text t = {};

        if (text_equal(method, "GetInfo")) {
                interface_print_info(&t);
                connection_answer(c, m, t.s, t.length);
        } else if (text_equal(method, "GetInterfaceDescription")) {
                description = json_get_string(m->parameters, "interface", &interface)
                                      ? interface_find(interface)
                                      : NULL;
                if (!description)
                        connection_refuse(c, m, API_ERROR_INTERFACE_NOT_FOUND, interface);
                else {
                        json_open(&t, NULL, '{');
                        json_add_string(&t, "description", description);
                        json_close(&t, '}');
                        connection_answer(c, m, t.s, t.length);
                }
        } else
                connection_refuse(c, m, API_ERROR_METHOD_NOT_FOUND, m->method);
        text_done(&t);
}

static void connection_open_call(struct connection *c, struct arena **arena,
                                 const struct message_call *m, const struct params *params) {
        struct open_call *open = arena_new_one(*arena, struct open_call);

        *open = (struct open_call){
                .call = {
                        .id = ++c->server->last_call_id,
                        .params = *params,
                        .more = m->more,
                        .oneway = m->oneway,
                        .uid = c->uid,
                        .pid = c->pid,
                        .arena = TAKE_PTR(*arena),
                },
                .connection = c,
        };
        c->open = open;
        c->server->callbacks.on_call(c->server->callbacks.userdata, &open->call);
}

static void connection_dispatch(struct connection *c, struct arena **arena,
                                const struct message_call *m) {
        const char *dot = strrchr(m->method, '.'), *method = dot ? dot + 1 : "", *bad = NULL;
        const char *interface = arena_strndup(*arena, m->method,
                                              dot ? (size_t) (dot - m->method) : SIZE_MAX);
        struct params params;
        enum method known;

        if (text_equal(interface, "org.varlink.service"))
                connection_introspect(c, m, method);
        else if (!text_equal(interface, MESSAGE_INTERFACE))
                connection_refuse(c, m, API_ERROR_INTERFACE_NOT_FOUND, interface);
        else if (!method_parse(method, &known))
                connection_refuse(c, m, API_ERROR_METHOD_NOT_FOUND, m->method);
        else if (method_table[known].acts && !c->may_act)
                connection_refuse(c, m, API_ERROR_NOT_PERMITTED,
                                  "only root may do that, the group zmirror may ask");
        else if (!params_parse(*arena, known, m->parameters, &params, &bad))
                connection_refuse(c, m, API_ERROR_INVALID_PARAMETER, bad);
        else
                connection_open_call(c, arena, m, &params);
}

/* Says what is wrong, once, and hangs up. */
static void connection_reject(struct connection *c, const char *why) {
        connection_send_error(c, API_ERROR_INVALID_MESSAGE, why);
        c->closing = true;
        text_done(&c->in);
        c->in_scanned = 0;
}

static void connection_handle_message(struct connection *c, size_t length) {
        _cleanup_(arena_freep) struct arena *arena = arena_new();
        struct message_call m;

        if (!message_call_parse(arena, c->in.s, length, &m)) {
                connection_reject(c, "this is no Varlink call");
                return;
        }
        connection_dispatch(c, &arena, &m);
}

/* The length of the whole message that the buffer begins with; -EAGAIN: none yet, -EMSGSIZE. */
static ssize_t connection_next_message(struct connection *c) {
        const char *nul = NULL;
        size_t length;

        if (c->in.length > c->in_scanned)
                nul = memchr(c->in.s + c->in_scanned, 0, c->in.length - c->in_scanned);
        c->in_scanned = c->in.length;
        length = nul ? (size_t) (nul - c->in.s) : c->in.length;
        if (length > MESSAGE_MAX_BYTES)
                return -EMSGSIZE;
        return nul ? (ssize_t) length : -EAGAIN;
}

static void connection_take_out(struct connection *c, size_t length) {
        c->in.length -= length;
        memmove(c->in.s, c->in.s + length, c->in.length);
        c->in_scanned = 0;
        c->silent_since = server_now(c->server); /* a new message, a new time */
        if (c->in.length == 0)
                text_shrink(&c->in);
}

/* Takes whole messages out of the buffer, until one of them is not answered at once. */
static void connection_handle_input(struct connection *c) {
        c->pending = false;
        c->handling = true;
        for (uint32_t i = 0; !c->open && !c->closing && !c->doomed; i++) {
                ssize_t length = connection_next_message(c);

                if (length == -EAGAIN)
                        break;
                if (length < 0) {
                        connection_reject(c, "the message is too long");
                        break;
                }
                if (i == CALLS_PER_TURN) {
                        c->in_scanned = 0;
                        c->pending = true;
                        server_do_later(c->server);
                        break;
                }
                connection_handle_message(c, (size_t) length);
                if (!c->closing)
                        connection_take_out(c, (size_t) length + 1);
        }
        c->handling = false;
}

/* False if the client has gone. */
static bool connection_read(struct connection *c) {
        char bytes[READ_BYTES];
        ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR;
        if (n == 0)
                return false;
        if (c->in.length == 0)
                c->silent_since = server_now(c->server);
        text_add_bytes(&c->in, bytes, (size_t) n);
        return true;
}

/* A client that has closed its end is told by EPOLLHUP at any time, also while it is not read. What
 * it had sent before is read first: it may be a oneway call. */
static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct connection *c = userdata;

        if (c->doomed)
                return 0;
        if (revents & EPOLLOUT)
                connection_flush(c);
        if (!c->doomed && (revents & EPOLLIN)) {
                if (connection_read(c))
                        connection_handle_input(c);
                else
                        connection_doom(c);
        } else if (!c->doomed && !c->pending && (revents & (EPOLLHUP | EPOLLERR)))
                connection_doom(c);
        connection_update(c);
        return 0;
}

/* --- who it is */

static bool peer_is_in_group(int fd, gid_t group, gid_t primary) {
        socklen_t size = 64 * sizeof(gid_t);
        _cleanup_(freep) gid_t *groups = memory_new(1, size);

        if (primary == group)
                return true;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
                if (errno != ERANGE || size > GROUPS_MAX * sizeof(gid_t))
                        return false;
                groups = memory_resize(groups, 1, size);
                if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
                        return false;
        }
        for (size_t i = 0; i < size / sizeof(gid_t); i++)
                if (groups[i] == group)
                        return true;
        return false;
}

/* For somebody who is not let in. */
static void fd_refuse(int fd, enum api_error e, const char *why) {
        struct text t = {};

        message_error_print(&t, e, why);
        (void) send(fd, t.s, t.length + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        text_done(&t);
        (void) close(fd);
}

static int connection_new(struct server *s, int fd, const struct ucred *peer, bool may_act) {
        struct connection *c = memory_new(1, sizeof(*c));
        int r;

        *c = (struct connection){
                .server = s,
                .fd = fd,
                .uid = peer->uid,
                .pid = peer->pid,
                .may_act = may_act,
                .events = EPOLLIN,
                .silent_since = server_now(s),
                .out_deadline = USEC_NEVER,
        };
        r = sd_event_add_io(s->loop, &c->source, fd, EPOLLIN, on_connection, c);
        if (r < 0) {
                free(c);
                return r;
        }
        c->next = s->connections;
        if (c->next)
                c->next->previous = c;
        s->connections = c;
        s->n_connections++;
        connection_update(c); /* arms the timer */
        return 0;
}

/* Whoever has been silent for longest goes, of those that have nothing to wait for; only of this
 * user's, if `uid` is given. False if there is none. */
static bool server_make_room(struct server *s, const uid_t *uid) {
        struct connection *longest = NULL;

        for (struct connection *c = s->connections; c; c = c->next)
                if (connection_reads(c) && !connection_unsent(c) && (!uid || c->uid == *uid) &&
                    (!longest || c->silent_since < longest->silent_since))
                        longest = c;
        if (longest)
                connection_free(longest);
        return longest;
}

static size_t server_count_of(const struct server *s, uid_t uid) {
        size_t n = 0;

        for (const struct connection *c = s->connections; c; c = c->next)
                n += c->uid == uid;
        return n;
}

static void server_welcome(struct server *s, int fd) {
        struct ucred peer = { .uid = (uid_t) -1 };
        socklen_t size = sizeof(peer);
        size_t limit;
        bool may_act;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
                (void) close(fd);
                return;
        }
        may_act = peer.uid == 0 || peer.uid == geteuid();
        limit = may_act ? SERVER_CONNECTIONS_MAX : SERVER_CONNECTIONS_MAX - SERVER_RESERVED;
        if (!may_act && !(s->has_group && peer_is_in_group(fd, s->group, peer.gid)))
                fd_refuse(fd, API_ERROR_NOT_PERMITTED,
                          "only root and members of the group zmirror may ask");
        else if (!may_act && server_count_of(s, peer.uid) >= SERVER_SHARE &&
                 !server_make_room(s, &peer.uid))
                fd_refuse(fd, API_ERROR_BUSY, "you have too many connections already");
        else if (s->n_connections >= limit && !server_make_room(s, NULL))
                fd_refuse(fd, API_ERROR_BUSY, "too many clients are connected already");
        else if (connection_new(s, fd, &peer, may_act) < 0)
                (void) close(fd);
}

static int on_listener(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct server *s = userdata;

        for (uint32_t i = 0; i < ACCEPTS_PER_TURN; i++) {
                int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

                if (client >= 0) {
                        server_welcome(s, client);
                        continue;
                }
                if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                        /* The client still waits in the queue: without a pause we would spin. */
                        s->paused = true;
                        (void) sd_event_source_set_enabled(s->listener, SD_EVENT_OFF);
                        server_arm_timer(s, server_now(s) + PAUSE_USEC);
                }
                break;
        }
        return 0;
}

/* --- later */

static void connection_go_on(struct connection *c) {
        if (c->doomed) {
                if (c->open)
                        c->server->callbacks.on_gone(c->server->callbacks.userdata, &c->open->call);
                connection_free(c);
                return;
        }
        if (!c->pending)
                return;
        connection_handle_input(c);
        connection_update(c);
}

static int on_later(sd_event_source *source, void *userdata) {
        struct server *s = userdata;
        struct connection *next;

        for (struct connection *c = s->connections; c; c = next) {
                next = c->next;
                connection_go_on(c);
        }
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct server *s = userdata;
        usec_t now = server_now(s);

        if (s->paused) {
                s->paused = false;
                (void) sd_event_source_set_enabled(s->listener, SD_EVENT_ON);
        }
        for (struct connection *c = s->connections; c; c = c->next) {
                if (c->doomed)
                        continue;
                if (connection_in_deadline(c) <= now || c->out_deadline <= now)
                        connection_doom(c);
                else
                        connection_update(c); /* arms the timer for what is left */
        }
        return 0;
}

/* --- for the daemon */

static struct open_call *call_open(struct call *call) {
        return (struct open_call *) ((char *) call - offsetof(struct open_call, call));
}

static void call_end(struct call *call) {
        struct connection *c = call_open(call)->connection;

        c->open = NULL;
        c->silent_since = server_now(c->server);
        arena_free(call->arena); /* and the call itself */
        if (c->doomed || c->handling)
                return;
        c->pending = c->in.length > 0;
        if (c->pending)
                server_do_later(c->server);
        connection_update(c);
}

void server_reply(struct call *call, const struct text *parameters, bool continues) {
        struct connection *c = call_open(call)->connection;
        size_t start = c->out.length;

        assert(call->more || !continues);
        if (!c->doomed && !call->oneway) {
                message_reply_print(&c->out, parameters ? parameters->s : NULL,
                                    parameters ? parameters->length : 0, continues);
                connection_send(c, start);
        }
        if (continues)
                connection_update(c);
        else
                call_end(call);
}

void server_error(struct call *call, enum api_error error, const char *subject) {
        if (!call->oneway)
                connection_send_error(call_open(call)->connection, error, subject);
        call_end(call);
}

size_t server_count_connections(const struct server *s) {
        return s->n_connections;
}

void server_set_patience(struct server *s, usec_t stalled, usec_t idle) {
        s->stalled = stalled;
        s->idle = idle;
}

void server_set_group(struct server *s, gid_t group) {
        s->has_group = true;
        s->group = group;
}

/* 0 if what is there may be replaced: a socket that nobody serves. */
static int address_probe(const char *path, const struct sockaddr_un *address) {
        struct stat st;
        int fd, r;

        if (lstat(path, &st) < 0)
                return -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EEXIST;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        r = connect(fd, (const struct sockaddr *) address, sizeof(*address)) < 0 ? -errno : 0;
        (void) close(fd);
        return r == -ECONNREFUSED ? 0 : -EADDRINUSE;
}

static int fd_bind(int fd, const char *path, const struct sockaddr_un *address) {
        _cleanup_(freep) char *copy = memory_strdup(path);
        int r;

        (void) mkdir(dirname(copy), 0755); /* systemd makes it; by hand nobody does */
        if (bind(fd, (const struct sockaddr *) address, sizeof(*address)) == 0)
                return 0;
        if (errno != EADDRINUSE)
                return -errno;
        r = address_probe(path, address);
        if (r < 0)
                return r;
        if (unlink(path) < 0 || bind(fd, (const struct sockaddr *) address, sizeof(*address)) < 0)
                return -errno;
        return 0;
}

int server_listen(const char *path, int *ret_fd) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_(closep) int fd = -1;
        int r;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        r = fd_bind(fd, path, &address);
        if (r < 0)
                return r;
        if (chmod(path, 0666) < 0 || listen(fd, SOMAXCONN) < 0)
                return -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

/* The package makes it on this machine: the files are enough, and need none of the libraries behind
 * getgrnam(). */
static void server_find_group(struct server *s) {
        FILE *f = fopen("/etc/group", "re");

        for (const struct group *g; f && !s->has_group && (g = fgetgrent(f));)
                if (text_equal(g->gr_name, "zmirror"))
                        server_set_group(s, g->gr_gid);
        if (f)
                (void) fclose(f);
}

int server_new(struct sd_event *loop, int fd, const struct server_callbacks *callbacks,
               struct server **ret) {
        _cleanup_(server_freep) struct server *s = memory_new(1, sizeof(*s));
        int r;

        s->loop = sd_event_ref(loop);
        s->fd = -1;
        s->callbacks = *callbacks;
        s->stalled = SERVER_STALLED_USEC;
        s->idle = SERVER_IDLE_USEC;
        server_find_group(s);

        r = sd_event_add_io(loop, &s->listener, fd, EPOLLIN, on_listener, s);
        if (r < 0)
                return r;

        r = sd_event_add_defer(loop, &s->later, on_later, s);
        if (r < 0)
                return r;
        (void) sd_event_source_set_enabled(s->later, SD_EVENT_OFF);

        r = sd_event_add_time(loop, &s->timer, CLOCK_MONOTONIC, 0, 0, on_timer, s);
        if (r < 0)
                return r;
        (void) sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);

        s->fd = fd; /* last: from here on the server closes it */
        *ret = TAKE_PTR(s);
        return 0;
}

struct server *server_free(struct server *s) {
        if (!s)
                return NULL;
        while (s->connections) {
                connection_flush(s->connections);
                connection_free(s->connections);
        }
        sd_event_source_disable_unref(s->listener);
        sd_event_source_disable_unref(s->later);
        sd_event_source_disable_unref(s->timer);
        if (s->fd >= 0)
                (void) close(s->fd);
        sd_event_unref(s->loop);
        free(s);
        return NULL;
}
