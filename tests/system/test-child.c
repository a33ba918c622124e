/* tests/system/test-child.c - real children: /bin/sh and what every machine has */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/arena.h"
#include "base/text.h"
#include "world/linux/child.h"

/* As long as this is set, no child can be killed: like one that hangs in the kernel. */
static bool immortal;

int kill(pid_t pid, int number) {
        return immortal ? 0 : (int) syscall(SYS_kill, pid, number);
}

struct test {
        sd_event *loop;
        struct children *children;
        struct arena *arena;
        char folder[32];
};

/* What is known of a child when it has ended. */
struct end {
        bool done, dropped;
        struct child_end end;
        char *output, *errors;
        struct test *test;
};

static void on_end(void *userdata, const struct child_end *end) {
        struct end *e = userdata;

        assert_false(e->done);
        e->done = true;
        e->end = *end;
        e->output = arena_strndup(e->test->arena, end->output, end->output_length);
        e->errors = arena_strdup(e->test->arena, end->errors);
}

static void on_drop(void *userdata) {
        struct end *e = userdata;

        e->dropped = true;
}

static int set_up(void **state) {
        struct test *t = memory_new(1, sizeof(*t));

        immortal = false;
        t->arena = arena_new();
        assert_true(sd_event_new(&t->loop) >= 0);
        t->children = children_new(t->loop);
        (void) strcpy(t->folder, "/tmp/zmirror-child-XXXXXX");
        assert_non_null(mkdtemp(t->folder));
        *state = t;
        return 0;
}

static int tear_down(void **state) {
        struct test *t = *state;
        const char *remove = arena_printf(t->arena, "rm -r %s", t->folder);

        (void) children_free(t->children);
        (void) sd_event_unref(t->loop);
        assert_int_equal(system(remove), 0);
        arena_free(t->arena);
        free(t);
        return 0;
}

static usec_t now(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

/* Until the child has ended; no test waits for longer than this. */
static void wait_for(struct test *t, const struct end *e) {
        usec_t end = now() + 60 * USEC_PER_SEC;

        while (!e->done && now() < end)
                assert_true(sd_event_run(t->loop, 100 * USEC_PER_MSEC) >= 0);
        assert_true(e->done);
}

static struct child *begin(struct test *t, struct end *e, const char *script,
                           struct child_options o) {
        const char *const argv[] = { "sh", "-c", script, t->folder, NULL };

        *e = (struct end){ .test = t };
        if (!o.argv)
                o.argv = argv;
        o.on_end = on_end;
        o.on_drop = on_drop;
        o.userdata = e;
        return child_start(t->children, &o);
}

/* The end of a shell script; $0 is the test's folder. */
static struct end run(struct test *t, const char *script, struct child_options o) {
        struct end e;

        (void) begin(t, &e, script, o);
        wait_for(t, &e);
        return e;
}

#define LOOK    ((struct child_options){ .output_max = 1u << 20 })
#define COMMAND ((struct child_options){ .outlives_us = true })

/* --- what they say
 * -------------------------------------------------------------------------------- */

static void test_a_look_tells_output_and_errors_apart(void **state) {
        struct end e = run(*state, "echo out; echo ' err ' >&2; exit 3", LOOK);

        assert_true(e.end.started);
        assert_int_equal(e.end.exit_status, 3);
        assert_int_equal(e.end.signal, 0);
        assert_false(e.end.timed_out);
        assert_string_equal(e.output, "out\n");
        assert_string_equal(e.errors, "err");
}

static void test_a_command_has_both_in_order(void **state) {
        struct end e = run(*state, "echo one; echo two >&2; echo three", COMMAND);

        assert_string_equal(e.errors, "one\ntwo\nthree");
        assert_string_equal(e.output, "");
}

static void test_a_signal_is_told(void **state) {
        struct end e = run(*state, "kill -SEGV $$", COMMAND);

        assert_int_equal(e.end.signal, SIGSEGV);
        assert_int_equal(e.end.exit_status, -1);
        assert_false(e.end.timed_out);
}

static void test_a_missing_program_is_named(void **state) {
        const char *const argv[] = { "zmirror-no-such-program", NULL };
        struct end e = run(*state, NULL, (struct child_options){ .argv = argv });

        assert_false(e.end.started);
        assert_string_equal(e.errors,
                            "cannot run 'zmirror-no-such-program': No such file or directory");
}

static void test_a_program_that_is_none_is_named(void **state) {
        struct test *t = *state;
        const char *const argv[] = { t->folder, NULL };
        struct end e = run(t, NULL, (struct child_options){ .argv = argv });

        assert_false(e.end.started);
        assert_true(text_ends(e.errors, "': Permission denied"));
}

static void test_a_flood_of_errors_is_drained(void **state) {
        struct end e = run(*state, "yes flood | head -c 18000000 >&2; echo the end >&2", LOOK);

        assert_int_equal(e.end.exit_status, 0);
        assert_true(text_ends(e.errors, "flood\nthe end"));
        assert_true(strlen(e.errors) <= 2000);
}

static void test_more_output_than_allowed_is_cut_and_drained(void **state) {
        struct end e = run(*state, "yes | head -c 5000000; echo last >&2",
                           (struct child_options){ .output_max = 1000 });

        assert_int_equal(e.end.exit_status, 0);
        assert_int_equal(strlen(e.output), 1000);
        assert_true(e.end.output_cut);
        assert_string_equal(e.errors, "last");
}

static size_t n_streamed;

static void on_output(void *userdata, const char *bytes, size_t n) {
        n_streamed += n;
}

static void test_output_can_be_listened_to(void **state) {
        struct end e = run(*state, "yes | head -c 300000",
                           (struct child_options){ .on_output = on_output });

        assert_int_equal(n_streamed, 300000);
        assert_string_equal(e.output, "");
}

static void test_a_grandchild_with_the_pipe_holds_up_nobody(void **state) {
        usec_t begun = now();
        struct end e = run(*state, "sleep 20 & echo $!", LOOK);

        assert_int_equal(e.end.exit_status, 0);
        assert_true(now() - begun < 10 * USEC_PER_SEC);
        assert_int_equal(kill(atoi(e.output), SIGKILL), 0);
}

/* --- what they are given
 * -------------------------------------------------------------------------- */

static void test_input_is_fed_and_ends(void **state) {
        struct end e = run(*state, "cat; echo .",
                           (struct child_options){ .input = "swordfish",
                                                   .input_length = 9,
                                                   .output_max = 100,
                                                   .secret = true });

        assert_string_equal(e.output, "swordfish.\n");
}

static void test_without_input_there_is_none(void **state) {
        assert_string_equal(run(*state, "cat; readlink /proc/self/fd/0", LOOK).output,
                            "/dev/null\n");
}

static void test_too_much_input_is_refused(void **state) {
        static char much[CHILD_INPUT_MAX + 1];
        struct end e = run(*state, "cat >/dev/null",
                           (struct child_options){ .input = much, .input_length = sizeof(much) });

        assert_false(e.end.started);
}

static void test_descriptors_are_not_inherited(void **state) {
        int fd = open("/dev/null", O_RDONLY); /* inheritable */
        struct end e = run(*state, "for f in /proc/$$/fd/*; do echo ${f##*/}; done", LOOK);

        assert_true(fd >= 0);
        (void) close(fd);
        assert_true(text_starts(e.output, "0\n1\n2\n"));
        assert_true(strlen(e.output) <= strlen("0\n1\n2\n255\n"));
}

static void test_the_environment_is_plain(void **state) {
        const char *const more[] = { "ZMIRROR_EVENT=appeared", NULL };
        struct end e;

        (void) setenv("LC_MESSAGES", "de_DE.UTF-8", 1);
        (void) setenv("LANG", "de_DE.UTF-8", 1);
        (void) setenv("NOTIFY_SOCKET", "/nowhere", 1);
        (void) setenv("TZ", "UTC", 1);
        e = run(*state,
                "echo \"$LC_ALL,$LC_MESSAGES,$LANG,$NOTIFY_SOCKET,$TZ,$ZMIRROR_EVENT\"; "
                "echo $PATH | grep -c /usr/sbin:/usr/bin:/sbin:/bin",
                (struct child_options){ .env = more, .output_max = 1000 });
        assert_string_equal(e.output, "C,,,,UTC,appeared\n1\n");
}

static void test_the_first_folder_of_the_path_wins(void **state) {
        struct test *t = *state;
        const char *path = arena_printf(t->arena, "%s:/usr/bin:/bin", t->folder);
        const char *const argv[] = { "ls", NULL };
        struct end e;

        (void) setenv("PATH", path, 1);
        (void) children_free(t->children);
        t->children = children_new(t->loop);
        (void) run(t, "printf '#!/bin/sh\\necho stand-in\\n' >$0/ls; chmod +x $0/ls", LOOK);
        e = run(t, NULL, (struct child_options){ .argv = argv, .output_max = 1000 });
        (void) setenv("PATH", "/usr/bin:/bin", 1);
        assert_string_equal(e.output, "stand-in\n");
}

/* A mask of /proc/<pid>/status, where the lowest bit stands for signal 1. The C library itself
 * leaves two signals ignored that only its threads use. */
static uint64_t mask_read(const char *text, const char *name) {
        const char *line = strstr(text, name);
        uint64_t ours = 3ull << 31;

        assert_non_null(line);
        return strtoull(line + strlen(name), NULL, 16) & ~ours;
}

static void test_signals_are_as_usual(void **state) {
        static const char script[] = "cat /proc/self/status";
        const char *look, *command;
        sigset_t set, before;

        (void) sigfillset(&set);
        (void) sigprocmask(SIG_BLOCK, &set, &before);
        (void) signal(SIGPIPE, SIG_IGN);
        (void) signal(SIGINT, SIG_IGN);
        look = run(*state, script, LOOK).output;
        command = run(*state, script, COMMAND).errors;
        (void) sigprocmask(SIG_SETMASK, &before, NULL);
        (void) signal(SIGINT, SIG_DFL);
        assert_int_equal(mask_read(look, "SigBlk:"), 0);
        assert_int_equal(mask_read(command, "SigBlk:"), 0);
        assert_int_equal(mask_read(look, "SigIgn:"), 0);
        assert_int_equal(mask_read(command, "SigIgn:"), 1u << (SIGPIPE - 1));
}

/* --- time limits
 * ---------------------------------------------------------------------------------- */

/* A signal that was sent is not yet an end: the process still has to run to die of it. */
static bool process_has_ended(pid_t pid) {
        char path[64], stat[256] = "";
        int fd;

        (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return true;
        if (read(fd, stat, sizeof(stat) - 1) < 0)
                stat[0] = '\0';
        (void) close(fd);
        return !stat[0] || strstr(stat, " Z ") || strstr(stat, " X ");
}

static void test_after_its_time_a_child_and_its_children_are_ended(void **state) {
        struct end e = run(
                *state, "sleep 100 & echo $!; wait",
                (struct child_options){ .output_max = 100, .time_limit = 200 * USEC_PER_MSEC });
        pid_t grandchild = atoi(e.output);

        assert_true(e.end.timed_out);
        assert_int_equal(e.end.signal, SIGTERM);
        assert_true(grandchild > 0);
        for (usec_t begun = now(); !process_has_ended(grandchild);) {
                assert_true(now() - begun < 10 * USEC_PER_SEC);
                (void) usleep(1000);
        }
}

static void test_a_child_that_does_not_listen_is_killed(void **state) {
        usec_t begun = now();
        struct end e = run(*state, "trap '' TERM; while :; do sleep 1; done",
                           (struct child_options){ .time_limit = 100 * USEC_PER_MSEC });

        assert_true(e.end.timed_out);
        assert_int_equal(e.end.signal, SIGKILL);
        assert_true(now() - begun >= CHILD_GRACE);
}

static struct text late;

static void on_late_end(void *userdata, const char *subject) {
        text_addf(&late, "%s;", subject);
}

static void test_a_child_that_cannot_be_killed_is_given_up(void **state) {
        struct test *t = *state;
        usec_t begun = now();
        struct end e, other;

        children_on_late_end(t->children, on_late_end, NULL);
        immortal = true;
        (void) begin(t, &e, "while [ ! -e $0/go ]; do sleep 0.1; done; echo never heard",
                     (struct child_options){ .output_max = 100,
                                             .subject = "tank",
                                             .time_limit = 100 * USEC_PER_MSEC });
        other = run(t, "echo meanwhile", LOOK); /* it disturbs nobody */
        assert_string_equal(other.output, "meanwhile\n");
        wait_for(t, &e);
        assert_true(e.end.timed_out);
        assert_int_equal(e.end.exit_status, -1);
        assert_true(now() - begun >= 2 * CHILD_GRACE);
        assert_int_equal(children_given_up(t->children), 1);
        assert_true(children_hang(t->children, "tank"));
        assert_false(children_hang(t->children, "bak"));

        /* And when it ends after all: */
        (void) run(t, "touch $0/go", LOOK);
        while (!late.s && now() - begun < 60 * USEC_PER_SEC)
                assert_true(sd_event_run(t->loop, 100 * USEC_PER_MSEC) >= 0);
        assert_string_equal(late.s, "tank;");
        assert_int_equal(children_given_up(t->children), 0);
        assert_false(children_hang(t->children, "tank"));
        text_done(&late);
}

/* --- the end of the service
 * ----------------------------------------------------------------------- */

static bool file_appears(struct test *t, const char *name) {
        const char *path = arena_printf(t->arena, "%s/%s", t->folder, name);
        usec_t end = now() + 20 * USEC_PER_SEC;
        struct timespec pause = { .tv_nsec = 10000000 };

        while (access(path, F_OK) < 0 && now() < end)
                (void) nanosleep(&pause, NULL);
        return access(path, F_OK) == 0;
}

static void test_a_command_goes_on_without_us_even_if_it_speaks(void **state) {
        struct test *t = *state;
        struct end e;

        (void) signal(SIGPIPE, SIG_IGN); /* as the service does */
        (void) begin(t, &e,
                     "touch $0/begun; while [ ! -e $0/go ]; do sleep 0.02; done; "
                     "ls -d / >&2; ls -d / ; touch $0/done",
                     COMMAND);
        assert_true(file_appears(t, "begun"));
        t->children = children_free(t->children);
        assert_true(e.dropped);
        assert_false(e.done);
        assert_int_equal(system(arena_printf(t->arena, "touch %s/go", t->folder)), 0);
        assert_true(file_appears(t, "done"));
}

static void test_others_are_asked_to_end(void **state) {
        struct test *t = *state;
        struct end e;

        (void) begin(t, &e,
                     "exec 2>/dev/null; trap 'touch $0/asked; exit' TERM; : >$0/begun; "
                     "while :; do sleep 0.02; done",
                     LOOK);
        assert_true(file_appears(t, "begun"));
        t->children = children_free(t->children);
        assert_true(file_appears(t, "asked"));
}

static void test_a_stopped_child_says_nothing_more(void **state) {
        struct test *t = *state;
        struct end e;

        child_stop(begin(t, &e, "sleep 100", LOOK));
        (void) run(t, "sleep 0.2", LOOK);
        assert_false(e.done);
        assert_false(e.dropped);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_a_look_tells_output_and_errors_apart),
                TEST(test_a_command_has_both_in_order),
                TEST(test_a_signal_is_told),
                TEST(test_a_missing_program_is_named),
                TEST(test_a_program_that_is_none_is_named),
                TEST(test_a_flood_of_errors_is_drained),
                TEST(test_more_output_than_allowed_is_cut_and_drained),
                TEST(test_output_can_be_listened_to),
                TEST(test_a_grandchild_with_the_pipe_holds_up_nobody),
                TEST(test_input_is_fed_and_ends),
                TEST(test_without_input_there_is_none),
                TEST(test_too_much_input_is_refused),
                TEST(test_descriptors_are_not_inherited),
                TEST(test_the_environment_is_plain),
                TEST(test_the_first_folder_of_the_path_wins),
                TEST(test_signals_are_as_usual),
                TEST(test_after_its_time_a_child_and_its_children_are_ended),
                TEST(test_a_child_that_does_not_listen_is_killed),
                TEST(test_a_child_that_cannot_be_killed_is_given_up),
                TEST(test_a_command_goes_on_without_us_even_if_it_speaks),
                TEST(test_others_are_asked_to_end),
                TEST(test_a_stopped_child_says_nothing_more),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
