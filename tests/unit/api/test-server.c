/* tests/unit/api/test-server.c - one client after another, and what none of them may do to the
 * others
 *
 * Server and clients share the process and the loop; a client is a bare descriptor. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-event.h>

#include "api/client.h"
#include "api/reply.h"
#include "api/server.h"

struct house {
        char folder[64], path[96];
        sd_event *loop;
        struct server *server;
        /* what the daemon got, and does */
        struct call *calls[SERVER_CONNECTIONS_MAX]; /* not answered yet */
        size_t n_calls, n_heard, n_gone;
        bool answer; /* at once */
        uint64_t last_id;
};

static void on_call(void *userdata, struct call *call) {
        struct house *h = userdata;

        h->n_heard++;
        assert_true(call->id > h->last_id);
        h->last_id = call->id;
        if (h->answer) {
                server_reply(call, NULL, false);
                return;
        }
        assert_true(h->n_calls < ELEMENTSOF(h->calls));
        h->calls[h->n_calls++] = call;
}

static void on_gone(void *userdata, struct call *call) {
        struct house *h = userdata;

        h->n_gone++;
        for (size_t i = 0; i < h->n_calls; i++)
                if (h->calls[i] == call) {
                        h->calls[i] = h->calls[--h->n_calls];
                        return;
                }
        fail_msg("a call went that was not open");
}

static int house_open(void **state) {
        struct house *h = memory_new(1, sizeof(*h));
        const struct server_callbacks callbacks = { on_call, on_gone, h };
        int fd;

        (void) snprintf(h->folder, sizeof(h->folder), "/tmp/zmirror-test-XXXXXX");
        assert_non_null(mkdtemp(h->folder));
        (void) snprintf(h->path, sizeof(h->path), "%s/run/socket", h->folder);
        assert_true(sd_event_new(&h->loop) >= 0);
        assert_int_equal(server_listen(h->path, &fd), 0);
        assert_int_equal(server_new(h->loop, fd, &callbacks, &h->server), 0);
        h->answer = true;
        *state = h;
        return 0;
}

static int house_close(void **state) {
        struct house *h = *state;
        char run[96];

        server_free(h->server);
        sd_event_unref(h->loop);
        (void) unlink(h->path);
        (void) snprintf(run, sizeof(run), "%s/run", h->folder);
        (void) rmdir(run);
        (void) rmdir(h->folder);
        free(h);
        return 0;
}

/* Lets the server do whatever there is to do; `wait` for the first thing. */
static void turn(struct house *h, usec_t wait) {
        while (sd_event_run(h->loop, wait) > 0)
                wait = 0;
}

static int knock(struct house *h) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s", h->path);
        assert_int_equal(connect(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        return fd;
}

static int visit(struct house *h) {
        int fd = knock(h);

        turn(h, 0);
        return fd;
}

static void say(struct house *h, int fd, const char *text, size_t n) {
        while (n > 0) {
                ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

                if (sent < 0 && errno == EPIPE)
                        return;
                if (sent > 0) {
                        text += sent;
                        n -= (size_t) sent;
                }
                turn(h, 0);
        }
        turn(h, 0);
}

#define CALL(text) text, sizeof(text) /* with the NUL byte */

/* The next message, in a buffer that is used again; "gone" if the server hung up, "" if nothing
 * comes. */
static const char *hear(struct house *h, int fd) {
        static char text[400000];
        size_t n = 0;

        for (int silent = 0; silent < 3 && n + 1 < sizeof(text);) {
                ssize_t got = recv(fd, text + n, 1, 0);

                if (got == 0 || (got < 0 && errno == ECONNRESET))
                        return "gone";
                if (got < 0) {
                        turn(h, 0);
                        silent++;
                        continue;
                }
                if (!text[n])
                        return text;
                n++;
        }
        assert_int_equal(n, 0);
        return "";
}

#define VERSION_CALL "{\"method\":\"io.zmirror.Version\"}"
#define EMPTY_REPLY  "{\"parameters\":{}}"

static void test_a_call_is_answered(void **state) {
        struct house *h = *state;
        int fd = visit(h);

        say(h, fd, CALL(VERSION_CALL));
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        assert_int_equal(h->n_heard, 1);
        close(fd);
        turn(h, 0);
        assert_int_equal(server_count_connections(h->server), 0);
        assert_int_equal(h->n_gone, 0); /* it had its answer */
}

static void test_a_call_may_come_byte_by_byte(void **state) {
        static const char call[] = VERSION_CALL;
        struct house *h = *state;
        int fd = visit(h);

        for (size_t i = 0; i < sizeof(call); i++)
                say(h, fd, call + i, 1);
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        close(fd);
}

static void test_pipelined_calls_are_answered_in_order(void **state) {
        static const char calls[] = VERSION_CALL "\0{\"method\":\"io.zmirror.Startup\"}\0"
                                                 "{\"method\":\"io.zmirror.Fly\"}\0" VERSION_CALL;
        struct house *h = *state;
        struct text t = {};
        int fd = visit(h);

        h->answer = false;
        say(h, fd, calls, sizeof(calls));
        assert_int_equal(h->n_calls, 1); /* one at a time */
        assert_int_equal(h->calls[0]->params.method, METHOD_VERSION);
        assert_string_equal(hear(h, fd), "");
        text_add(&t, "{\"n\":1}");
        server_reply(h->calls[0], &t, false);
        h->n_calls = 0;
        assert_int_equal(h->n_heard, 1); /* not from inside server_reply */
        turn(h, 0);
        assert_int_equal(h->calls[0]->params.method, METHOD_STARTUP);
        assert_string_equal(hear(h, fd), "{\"parameters\":{\"n\":1}}");
        server_error(h->calls[0], API_ERROR_FAILED, "no");
        h->n_calls = 0;
        turn(h, 0);
        assert_int_equal(h->n_calls, 1);
        server_reply(h->calls[0], NULL, false);
        assert_string_equal(hear(h, fd),
                            "{\"error\":\"io.zmirror.Failed\",\"parameters\":{\"reason\":\"no\"}}");
        assert_string_equal(hear(h, fd), "{\"error\":\"org.varlink.service.MethodNotFound\","
                                         "\"parameters\":{\"method\":\"io.zmirror.Fly\"}}");
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        text_done(&t);
        close(fd);
}

static void test_a_thousand_calls_at_once_are_all_answered(void **state) {
        struct house *h = *state;
        struct text calls = {};
        int fd = visit(h);

        for (int i = 0; i < 1000; i++)
                text_add_bytes(&calls, CALL(VERSION_CALL));
        say(h, fd, calls.s, calls.length);
        for (int i = 0; i < 1000; i++)
                assert_string_equal(hear(h, fd), EMPTY_REPLY);
        assert_int_equal(h->n_heard, 1000);
        text_done(&calls);
        close(fd);
}

static void test_replies_may_continue(void **state) {
        struct house *h = *state;
        struct text t = {};
        int fd = visit(h);

        h->answer = false;
        say(h, fd, CALL("{\"method\":\"io.zmirror.List\",\"more\":true}"));
        assert_int_equal(h->n_calls, 1);
        assert_true(h->calls[0]->more);
        text_add(&t, "{\"n\":1}");
        server_reply(h->calls[0], &t, true);
        server_reply(h->calls[0], &t, true);
        server_reply(h->calls[0], NULL, false);
        assert_string_equal(hear(h, fd), "{\"parameters\":{\"n\":1},\"continues\":true}");
        assert_string_equal(hear(h, fd), "{\"parameters\":{\"n\":1},\"continues\":true}");
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        text_done(&t);
        close(fd);
}

static void test_oneway_has_no_reply(void **state) {
        struct house *h = *state;
        int fd = visit(h);

        say(h, fd,
            CALL("{\"method\":\"io.zmirror.Trigger\",\"oneway\":true,"
                 "\"parameters\":{\"environment\":{}}}"));
        assert_int_equal(h->n_heard, 1);
        say(h, fd, CALL("{\"method\":\"io.zmirror.Fly\",\"oneway\":true}"));
        assert_string_equal(hear(h, fd), "");
        say(h, fd, CALL(VERSION_CALL));
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        close(fd);
}

/* zmirror-trigger does not wait: what it said is heard all the same. */
static void test_somebody_who_speaks_and_goes_is_heard(void **state) {
        struct house *h = *state;
        int fd = visit(h);

        assert_true(send(fd,
                         CALL("{\"method\":\"io.zmirror.Trigger\",\"oneway\":true,"
                              "\"parameters\":{\"environment\":{\"A\":\"b\"}}}"),
                         MSG_NOSIGNAL) > 0);
        close(fd);
        turn(h, 0);
        assert_int_equal(h->n_heard, 1);
        assert_int_equal(server_count_connections(h->server), 0);
}

static void test_a_client_that_goes_is_told_once(void **state) {
        struct house *h = *state;
        int fd = visit(h);

        h->answer = false;
        say(h, fd, CALL(VERSION_CALL));
        assert_int_equal(h->n_calls, 1);
        close(fd);
        turn(h, 0);
        turn(h, 0);
        assert_int_equal(h->n_gone, 1);
        assert_int_equal(h->n_calls, 0);
        assert_int_equal(server_count_connections(h->server), 0);
}

static void test_a_client_that_only_stops_speaking_is_answered(void **state) {
        struct house *h = *state;
        int fd = visit(h);

        h->answer = false;
        say(h, fd, CALL(VERSION_CALL));
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        turn(h, 0);
        assert_int_equal(h->n_gone, 0);
        server_reply(h->calls[0], NULL, false);
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        assert_string_equal(hear(h, fd), "gone");
        close(fd);
}

static void test_replies_to_somebody_who_is_gone_do_no_harm(void **state) {
        struct house *h = *state;
        struct call *call;
        int fd = visit(h);

        h->answer = false;
        say(h, fd, CALL("{\"method\":\"io.zmirror.List\",\"more\":true}"));
        call = h->calls[0];
        close(fd);
        server_reply(call, NULL, true); /* before the loop knows */
        server_reply(call, NULL, true);
        assert_int_equal(h->n_gone, 0);
        server_reply(call, NULL, false);
        h->n_calls = 0;
        turn(h, 0);
        assert_int_equal(h->n_gone, 0); /* it was over before */
        assert_int_equal(server_count_connections(h->server), 0);
}

static const struct {
        const char *name, *call, *reply;
} refusals[] = {
        { "no such interface", "{\"method\":\"org.example.Do\"}",
          "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":"
          "\"org.example\"}}" },
        { "no dot", "{\"method\":\"Do\"}",
          "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":"
          "\"Do\"}}" },
        { "no such service method", "{\"method\":\"org.varlink.service.Do\"}",
          "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":"
          "\"org.varlink.service.Do\"}}" },
        { "a wrong parameter", "{\"method\":\"io.zmirror.Get\",\"parameters\":{\"setting\":\"x\"}}",
          "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":"
          "\"setting\"}}" },
        { "an unknown description",
          "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{"
          "\"interface\":\"a.b\"}}",
          "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":"
          "\"a.b\"}}" },
};

static void test_what_is_refused_is_named_and_the_client_stays(void **state) {
        struct house *h = *state;
        int fd = visit(h);

        for (size_t i = 0; i < ELEMENTSOF(refusals); i++) {
                say(h, fd, refusals[i].call, strlen(refusals[i].call) + 1);
                assert_string_equal(hear(h, fd), refusals[i].reply);
        }
        assert_int_equal(h->n_heard, 0);
        say(h, fd, CALL(VERSION_CALL));
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        close(fd);
}

static void test_the_service_describes_itself(void **state) {
        struct house *h = *state;
        const char *reply;
        int fd = visit(h);

        say(h, fd, CALL("{\"method\":\"org.varlink.service.GetInfo\"}"));
        reply = hear(h, fd);
        assert_non_null(strstr(reply, "\"interfaces\":[\"org.varlink.service\",\"io.zmirror\"]"));
        say(h, fd,
            CALL("{\"method\":\"org.varlink.service.GetInterfaceDescription\","
                 "\"parameters\":{\"interface\":\"io.zmirror\"}}"));
        reply = hear(h, fd);
        assert_non_null(strstr(reply, "interface io.zmirror"));
        close(fd);
}

static void test_junk_is_answered_and_the_client_closed(void **state) {
        struct house *h = *state;
        int other = visit(h), fd = visit(h);

        say(h, fd, CALL("hello"));
        assert_non_null(strstr(hear(h, fd), "io.zmirror.InvalidMessage"));
        assert_string_equal(hear(h, fd), "gone");
        say(h, other, CALL(VERSION_CALL)); /* nobody else is disturbed */
        assert_string_equal(hear(h, other), EMPTY_REPLY);
        close(fd);
        close(other);
}

static void test_a_message_that_is_too_long_is_not_kept(void **state) {
        struct house *h = *state;
        char *junk = memory_new(1, MESSAGE_MAX_BYTES + 2);
        int fd = visit(h);

        memset(junk, ' ', MESSAGE_MAX_BYTES + 1);
        say(h, fd, junk, MESSAGE_MAX_BYTES + 1); /* no end in sight */
        assert_non_null(strstr(hear(h, fd), "too long"));
        assert_string_equal(hear(h, fd), "gone");
        close(fd);

        fd = visit(h);
        memcpy(junk, VERSION_CALL, strlen(VERSION_CALL)); /* as long as may be */
        junk[MESSAGE_MAX_BYTES] = 0;
        say(h, fd, junk, MESSAGE_MAX_BYTES + 1);
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        close(fd);
        free(junk);
}

/* With an answer they wait for, nobody is thrown out for a newcomer. */
static void test_one_client_too_many_is_told_so(void **state) {
        struct house *h = *state;
        int fds[SERVER_CONNECTIONS_MAX], last;

        h->answer = false;
        for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++) {
                fds[i] = visit(h);
                say(h, fds[i], CALL(VERSION_CALL));
        }
        assert_int_equal(server_count_connections(h->server), SERVER_CONNECTIONS_MAX);
        last = visit(h);
        assert_non_null(strstr(hear(h, last), "io.zmirror.Busy"));
        assert_string_equal(hear(h, last), "gone");
        close(last);
        server_reply(h->calls[7], NULL, false);
        h->calls[7] = h->calls[--h->n_calls];
        assert_string_equal(hear(h, fds[7]), EMPTY_REPLY);
        last = visit(h); /* in the place of the one that waits for nothing any more */
        h->answer = true;
        say(h, last, CALL(VERSION_CALL));
        assert_string_equal(hear(h, last), EMPTY_REPLY);
        assert_string_equal(hear(h, fds[7]), "gone");
        close(last);
        for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++)
                close(fds[i]);
        turn(h, 0);
        assert_int_equal(server_count_connections(h->server), 0);
}

static void test_silent_clients_lock_nobody_out(void **state) {
        struct house *h = *state;
        int fds[SERVER_CONNECTIONS_MAX], last;

        for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++)
                fds[i] = visit(h);
        usleep(2000);
        say(h, fds[0], CALL(VERSION_CALL)); /* not silent any more */
        assert_string_equal(hear(h, fds[0]), EMPTY_REPLY);
        for (size_t i = 1; i < SERVER_CONNECTIONS_MAX; i++) {
                last = visit(h);
                say(h, last, CALL(VERSION_CALL));
                assert_string_equal(hear(h, last), EMPTY_REPLY);
                close(last);
        }
        assert_string_equal(hear(h, fds[1]), "gone");
        assert_string_equal(hear(h, fds[2]), ""); /* one had to go */
        say(h, fds[0], CALL(VERSION_CALL));
        assert_string_equal(hear(h, fds[0]), EMPTY_REPLY);
        for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++)
                close(fds[i]);
}

#define SOMEBODY      65533u
#define SOMEBODY_ELSE 65534u
#define THEIR_GROUP   65532u

static int visit_as(struct house *h, uid_t uid) {
        int fd;

        assert_int_equal(setegid(THEIR_GROUP), 0);
        assert_int_equal(seteuid(uid), 0);
        fd = knock(h);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(setegid(0), 0);
        turn(h, 0);
        return fd;
}

static void test_who_may_ask_has_a_share(void **state) {
        struct house *h = *state;
        int fds[SERVER_SHARE], silent, last;

        if (geteuid() != 0)
                skip();
        assert_int_equal(chmod(h->folder, 0755), 0);
        h->answer = false;
        assert_non_null(strstr(hear(h, visit_as(h, SOMEBODY)), "only root and members"));
        server_set_group(h->server, THEIR_GROUP);
        for (size_t i = 0; i < SERVER_SHARE; i++) {
                fds[i] = visit_as(h, SOMEBODY);
                if (i > 0)
                        say(h, fds[i], CALL(VERSION_CALL));
        }
        silent = visit(h); /* the daemon's own user has no share, and makes no room for others */
        last = visit_as(h, SOMEBODY);
        assert_string_equal(hear(h, fds[0]), "gone");
        assert_int_equal(h->n_heard, SERVER_SHARE - 1);
        say(h, last, CALL(VERSION_CALL));
        assert_int_equal(h->n_heard, SERVER_SHARE);
        assert_non_null(strstr(hear(h, visit_as(h, SOMEBODY)), "you have too many"));
        say(h, visit_as(h, SOMEBODY_ELSE), CALL(VERSION_CALL));
        assert_int_equal(h->n_heard, SERVER_SHARE + 1);
        say(h, silent, CALL(VERSION_CALL));
        assert_int_equal(h->n_heard, SERVER_SHARE + 2);
}

static void test_a_silent_client_is_not_kept_for_ever(void **state) {
        struct house *h = *state;
        int silent, waiting;

        server_set_patience(h->server, USEC_PER_HOUR, 20 * USEC_PER_MSEC);
        h->answer = false;
        waiting = visit(h);
        say(h, waiting, CALL(VERSION_CALL));
        silent = visit(h);
        for (int i = 0; i < 100 && server_count_connections(h->server) > 1; i++)
                turn(h, 50 * USEC_PER_MSEC);
        assert_string_equal(hear(h, silent), "gone");
        assert_int_equal(h->n_gone, 0);
        server_reply(h->calls[0], NULL, false);
        assert_string_equal(hear(h, waiting), EMPTY_REPLY);
        close(silent);
        close(waiting);
}

static void test_half_a_message_is_not_waited_for_for_ever(void **state) {
        struct house *h = *state;
        int idle, fd;

        server_set_patience(h->server, 20 * USEC_PER_MSEC, USEC_PER_HOUR);
        idle = visit(h);
        fd = visit(h);
        say(h, fd, "{\"meth", 6);
        for (int i = 0; i < 100 && server_count_connections(h->server) > 1; i++)
                turn(h, 50 * USEC_PER_MSEC);
        assert_string_equal(hear(h, fd), "gone");
        assert_int_equal(server_count_connections(h->server), 1); /* to be idle is no crime */
        say(h, idle, CALL(VERSION_CALL));
        assert_string_equal(hear(h, idle), EMPTY_REPLY);
        close(fd);
        close(idle);
}

/* Fills the client's queue, as a long list does; true while the server still keeps it. */
static void flood(struct house *h, struct call *call, size_t bytes) {
        char *piece = memory_new(1, 1 << 20);
        struct text t = {};

        memset(piece, 'x', (1 << 20) - 20);
        json_open(&t, NULL, '{');
        json_add_string(&t, "x", piece);
        json_close(&t, '}');
        for (size_t sent = 0; sent < bytes; sent += t.length)
                server_reply(call, &t, true);
        text_done(&t);
        free(piece);
}

static void test_a_client_that_never_reads_is_closed_when_its_time_is_over(void **state) {
        struct house *h = *state;
        int fd;

        server_set_patience(h->server, 20 * USEC_PER_MSEC, USEC_PER_HOUR);
        h->answer = false;
        fd = visit(h);
        say(h, fd, CALL("{\"method\":\"io.zmirror.List\",\"more\":true}"));
        flood(h, h->calls[0], 4 << 20);
        assert_int_equal(h->n_gone, 0);
        for (int i = 0; i < 100 && h->n_gone == 0; i++)
                turn(h, 50 * USEC_PER_MSEC);
        assert_int_equal(h->n_gone, 1);
        assert_int_equal(server_count_connections(h->server), 0);
        close(fd);
}

static void test_a_client_that_never_reads_is_closed_when_its_queue_is_full(void **state) {
        struct house *h = *state;
        int other = visit(h), fd = visit(h);

        h->answer = false;
        say(h, fd, CALL("{\"method\":\"io.zmirror.List\",\"more\":true}"));
        flood(h, h->calls[0], SERVER_OUTPUT_MAX_BYTES + (4u << 20));
        assert_int_equal(h->n_gone, 0); /* not from inside server_reply */
        turn(h, 0);
        assert_int_equal(h->n_gone, 1);
        h->answer = true;
        say(h, other, CALL(VERSION_CALL));
        assert_string_equal(hear(h, other), EMPTY_REPLY);
        close(fd);
        close(other);
}

static void test_a_slow_reader_gets_everything(void **state) {
        struct house *h = *state;
        struct text t = {};
        size_t n = 0;
        int fd;

        h->answer = false;
        fd = visit(h);
        say(h, fd, CALL("{\"method\":\"io.zmirror.List\",\"more\":true}"));
        for (int i = 0; i < 20000; i++) {
                text_clear(&t);
                text_addf(&t, "{\"number\":%d,\"and\":\"some more text to fill the queue\"}", i);
                server_reply(h->calls[0], &t, true);
        }
        server_reply(h->calls[0], NULL, false);
        for (;; n++) {
                const char *reply = hear(h, fd);
                char number[32];

                if (text_equal(reply, EMPTY_REPLY))
                        break;
                (void) snprintf(number, sizeof(number), "\"number\":%zu,", n);
                if (!strstr(reply, number))
                        fail_msg("%zu: %s", n, reply);
        }
        assert_int_equal(n, 20000);
        text_done(&t);
        close(fd);
}

static void test_a_socket_that_is_served_is_not_taken_over(void **state) {
        struct house *h = *state;
        int fd;

        assert_int_equal(server_listen(h->path, &fd), -EADDRINUSE);
}

static void test_a_stale_socket_is_replaced_and_everybody_may_knock(void **state) {
        struct house *h = *state;
        struct stat st;
        int fd;

        h->server = server_free(h->server);
        assert_int_equal(server_listen(h->path, &fd), 0);
        assert_int_equal(stat(h->path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0666);
        close(fd);
}

static void test_what_is_no_socket_is_left_alone(void **state) {
        struct house *h = *state;
        struct stat st;
        int fd;

        h->server = server_free(h->server);
        (void) unlink(h->path);
        close(open(h->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        assert_int_equal(server_listen(h->path, &fd), -EEXIST);
        assert_int_equal(stat(h->path, &st), 0);
        assert_true(S_ISREG(st.st_mode));
}

static void test_no_descriptors_are_left_is_survived(void **state) {
        struct house *h = *state;
        struct rlimit before, none;
        int fd, waiting;

        fd = visit(h);
        waiting = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        none = before;
        none.rlim_cur = 3;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        {
                struct sockaddr_un address = { .sun_family = AF_UNIX };

                (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s", h->path);
                assert_int_equal(connect(waiting, (struct sockaddr *) &address, sizeof(address)),
                                 0);
        }
        turn(h, 0); /* comes back: it does not spin */
        assert_int_equal(server_count_connections(h->server), 1);
        say(h, fd, CALL(VERSION_CALL));
        assert_string_equal(hear(h, fd), EMPTY_REPLY);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        for (int i = 0; i < 100 && server_count_connections(h->server) < 2; i++)
                turn(h, 50 * USEC_PER_MSEC);
        assert_int_equal(server_count_connections(h->server), 2);
        close(fd);
        close(waiting);
}

#define HOUSE(test) cmocka_unit_test_setup_teardown(test, house_open, house_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                HOUSE(test_a_call_is_answered),
                HOUSE(test_a_call_may_come_byte_by_byte),
                HOUSE(test_pipelined_calls_are_answered_in_order),
                HOUSE(test_a_thousand_calls_at_once_are_all_answered),
                HOUSE(test_replies_may_continue),
                HOUSE(test_oneway_has_no_reply),
                HOUSE(test_somebody_who_speaks_and_goes_is_heard),
                HOUSE(test_a_client_that_goes_is_told_once),
                HOUSE(test_a_client_that_only_stops_speaking_is_answered),
                HOUSE(test_replies_to_somebody_who_is_gone_do_no_harm),
                HOUSE(test_what_is_refused_is_named_and_the_client_stays),
                HOUSE(test_the_service_describes_itself),
                HOUSE(test_junk_is_answered_and_the_client_closed),
                HOUSE(test_a_message_that_is_too_long_is_not_kept),
                HOUSE(test_one_client_too_many_is_told_so),
                HOUSE(test_silent_clients_lock_nobody_out),
                HOUSE(test_who_may_ask_has_a_share),
                HOUSE(test_a_silent_client_is_not_kept_for_ever),
                HOUSE(test_half_a_message_is_not_waited_for_for_ever),
                HOUSE(test_a_client_that_never_reads_is_closed_when_its_time_is_over),
                HOUSE(test_a_client_that_never_reads_is_closed_when_its_queue_is_full),
                HOUSE(test_a_slow_reader_gets_everything),
                HOUSE(test_a_socket_that_is_served_is_not_taken_over),
                HOUSE(test_a_stale_socket_is_replaced_and_everybody_may_knock),
                HOUSE(test_what_is_no_socket_is_left_alone),
                HOUSE(test_no_descriptors_are_left_is_survived),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
