/* tests/unit/cli/test-show.c - text for people: times, widths, a line that moves */
#include "desk.h"

#include <locale.h>

#include "cli/progress.h"
#include "cli/show.h"

static void test_text_from_outside_stays_one_line(void **state) {
        struct arena *a = arena_new();

        assert_string_equal(show_line(a, "a\nb\tc\033[1m\x7f"), "a b c [1m ");
        assert_string_equal(show_line(a, "\xc2\x9b"
                                         "31m"),
                            "  31m"); /* the C1 way to begin a sequence */
        assert_string_equal(show_line(a, "äß€"), "äß€");
        assert_string_equal(show_line(a, ""), "");
        arena_free(a);
}

static const struct {
        const char *text;
        size_t columns;
        const char *cut;
} cuts[] = {
        { "abcdef", 6, "abcdef" },
        { "abcdef", 5, "ab..." },
        { "äöüß€", 5, "äöüß€" },
        { "äöüß€x", 5, "äö..." },
        { "日本語", 6, "日本語" },
        { "日本語x", 6, "日..." },
        { "\xff\xff\xff\xff", 4, "\xff\xff\xff\xff" },
        { "abc", 2, "" },
        { "", 0, "" },
};

static void test_text_is_cut_by_columns(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cuts); i++) {
                struct text t = {};

                text_add(&t, "");
                show_cut(&t, cuts[i].text, cuts[i].columns);
                assert_string_equal(t.s, cuts[i].cut);
                text_done(&t);
        }
        assert_int_equal(show_width("日本"), 4);
}

static void test_times_are_words(void **state) {
        const usec_t now = 1700000000 * USEC_PER_SEC;
        struct arena *a = arena_new();

        assert_string_equal(show_time(a, 0), "never");
        assert_string_equal(show_time(a, USEC_NEVER), "now");
        assert_string_equal(show_time(a, now), "2023-11-14 22:13:20");
        assert_string_equal(show_distance(a, now, now), "now");
        assert_string_equal(show_distance(a, USEC_NEVER, now), "now");
        assert_string_equal(show_distance(a, now + 3 * USEC_PER_DAY, now), "in 3 days");
        assert_string_equal(show_distance(a, now - 12 * USEC_PER_MIN, now), "12 min ago");
        arena_free(a);
}

static struct reply_request request(uint64_t id, enum request_state state, const char *reason,
                                    double progress) {
        return (struct reply_request){ .id = id,
                                       .hrid = id == 1 ? "zdev: a (t)" : "zdev: b (t)",
                                       .wish = WISH_ONLINE,
                                       .state = state,
                                       .reason = reason,
                                       .progress = progress };
}

/* What is drawn, step by step; each line is taken away before the next one. */
static void test_the_line_moves_and_failures_stay(void **state) {
        const struct reply_request first[] = { request(1, REQUEST_WAITING, "waiting for x", -1),
                                               request(2, REQUEST_WAITING, "", 0.5) },
                                   failed = request(2, REQUEST_FAILED, "gone", -1),
                                   again = request(2, REQUEST_FAILED, "gone, really", -1),
                                   done = request(1, REQUEST_DONE, "", -1);
        struct progress *p = progress_new(&(struct progress_options){ .moving = true });
        struct progress_count count;
        struct text t = {};
        int file, saved;

        (void) setenv("COLUMNS", "60", 1);
        file = desk_catch(STDERR_FILENO, stderr, &saved);
        progress_update(p, first, 2, show_now());
        progress_update(p, &failed, 1, show_now());
        progress_update(p, &again, 1, show_now()); /* has ended already: not told twice */
        progress_update(p, &done, 1, show_now());
        desk_release(STDERR_FILENO, stderr, file, saved, &t);
        assert_string_equal(t.s, "[==========>         ]  50 % (0 of 2) online zdev: b (t)"
                                 "\r\033[K"
                                 "zmirror: online zdev: b (t) failed: gone\n"
                                 "(1 of 2) online zdev: a (t): waiting for x"
                                 "\r\033[K"
                                 "(1 of 2) online zdev: a (t): waiting for x"
                                 "\r\033[K");
        count = progress_count(p);
        assert_int_equal(count.done, 1);
        assert_int_equal(count.failed, 1);
        assert_int_equal(count.waiting, 0);
        progress_free(p);
        text_done(&t);
}

/* What is no failure where many things are asked for is counted; the rest is told. */
static void test_what_is_pardoned_is_not_told(void **state) {
        static const struct {
                enum reason_code code;
                enum request_state state;
                const char *told;
        } cases[] = {
                { REASON_NOT_CONNECTED, REQUEST_FAILED, "" },
                { REASON_UNSUPPORTED, REQUEST_FAILED, "" },
                { REASON_NOTHING, REQUEST_FAILED, "" },
                { REASON_WAIT_RESILVER, REQUEST_WAITING, "" },
                { REASON_UNSUPPORTED, REQUEST_DONE, "" },
                { REASON_TIMEOUT, REQUEST_FAILED, "zmirror: online zdev: b (t) failed: why\n" },
        };
        struct progress *p = progress_new(&(struct progress_options){
                .quiet = true, .pardons = PARDON_ABSENT | PARDON_UNFIT | PARDON_NOTHING });
        struct progress_count count;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct reply_request r = request(2 * i + 2, cases[i].state, "why", -1);
                struct text t = {};
                int file, saved;

                r.reason_code = reason_code_print(cases[i].code);
                file = desk_catch(STDERR_FILENO, stderr, &saved);
                progress_update(p, &r, 1, show_now());
                desk_release(STDERR_FILENO, stderr, file, saved, &t);
                assert_string_equal(t.s ? t.s : "", cases[i].told);
                text_done(&t);
        }
        count = progress_count(p);
        assert_int_equal(count.absent, 1);
        assert_int_equal(count.unfit, 1);
        assert_int_equal(count.nothing, 1);
        assert_int_equal(count.failed, 1);
        assert_int_equal(count.waiting, 1);
        assert_int_equal(count.done, 1);
        progress_free(p);
}

static struct text the_words;

static int run_main(int argc, char **argv) {
        for (int i = 0; i < argc; i++)
                text_addf(&the_words, "%s ", argv[i]);
        return 7;
}

/* `daemon` here is an option's value, too, and no option is taken away; their names are written as
 * the program knows them. */
static void test_programs_get_their_arguments(void **state) {
        static const struct cli_command commands[] = { { "daemon", "", "", .main = run_main } };
        char *argv[] = { (char *) "zmirror",
                         (char *) "--socket-path",
                         (char *) "daemon",
                         (char *) "daemon",
                         (char *) "--odd_one=a_b",
                         (char *) "-h",
                         NULL };

        assert_int_equal(cli_main(commands, 1, 6, argv), 7);
        assert_string_equal(the_words.s, "zmirror: daemon --socket-path daemon --odd-one=a_b -h ");
        text_done(&the_words);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text_from_outside_stays_one_line),
                cmocka_unit_test(test_text_is_cut_by_columns),
                cmocka_unit_test(test_times_are_words),
                cmocka_unit_test(test_the_line_moves_and_failures_stay),
                cmocka_unit_test(test_what_is_pardoned_is_not_told),
                cmocka_unit_test(test_programs_get_their_arguments),
        };

        (void) setenv("LC_ALL", "C.UTF-8", 1);
        (void) setenv("TZ", "UTC", 1);
        (void) setlocale(LC_CTYPE, "");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
