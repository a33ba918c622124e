/* tests/unit/world/test-capture.c - what a child prints is kept within limits */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "world/linux/capture.h"

/* Adds the same in pieces of all sizes, so that no boundary is special. */
static void assert_kept(enum capture_kind kind, size_t max, const char *text, const char *kept,
                        bool cut) {
        size_t n = strlen(text);

        for (size_t piece = 1; piece <= n + 1; piece++) {
                struct capture c;

                capture_init(&c, kind, max);
                for (size_t at = 0; at < n; at += piece)
                        capture_add(&c, text + at, at + piece < n ? piece : n - at);
                assert_string_equal(capture_text(&c), kept);
                assert_int_equal(c.length, strlen(kept));
                assert_int_equal(c.cut, cut);
                capture_done(&c);
        }
}

static void test_the_start_is_kept(void **state) {
        assert_kept(CAPTURE_START, 8, "", "", false);
        assert_kept(CAPTURE_START, 8, "12345678", "12345678", false);
        assert_kept(CAPTURE_START, 8, "123456789", "12345678", true);
        assert_kept(CAPTURE_SECRET, 8, "1234567", "1234567", false);
        assert_kept(CAPTURE_SECRET, 8, "1234567890", "12345678", true);
}

static void test_the_end_is_kept(void **state) {
        assert_kept(CAPTURE_END, 4, "", "", false);
        assert_kept(CAPTURE_END, 4, "1234", "1234", false);
        assert_kept(CAPTURE_END, 4, "12345", "2345", true);
        assert_kept(CAPTURE_END, 4, "123456789abcdefghijkl", "ijkl", true);
}

static void test_a_secret_is_read_up_to_its_limit_and_the_rest_is_drained(void **state) {
        struct capture c;
        int fds[2];

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        assert_int_equal(write(fds[1], "swordfish\n", 10), 10);
        (void) close(fds[1]);
        capture_init(&c, CAPTURE_SECRET, 5);
        assert_int_equal(capture_read(&c, fds[0]), 5);
        assert_false(c.cut);
        assert_int_equal(capture_read(&c, fds[0]), 5);
        assert_true(c.cut);
        assert_int_equal(capture_read(&c, fds[0]), 0);
        assert_string_equal(capture_text(&c), "sword");
        capture_done(&c);
        (void) close(fds[0]);
}

static void test_text_is_made_fit_for_people(void **state) {
        static const struct {
                const char *text, *tidy;
        } cases[] = {
                { "", "" },
                { " \n\t ", "" },
                { "  cannot open 'tank'\n\n", "cannot open 'tank'" },
                { "one\ntwo", "one\ntwo" },
                { "busy\nbusy\nbusy\nin use\nbusy\n", "busy\nin use\nbusy" },
                { "\n\na\n\n\nb", "a\n\nb" },
                { "a\tb\x1b[1m", "a b?[1m" },
                { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
                { "\xe2\x82\xac \xf0\x9f\x92\xbe", "\xe2\x82\xac \xf0\x9f\x92\xbe" },
                { "\xc3\xbc"
                  "cut\xc3",
                  "\xc3\xbc"
                  "cut?" },
                { "\xbc"
                  "begins in the middle",
                  "?begins in the middle" },
                { "\xc0\xaf too long", "?? too long" },
                { "\xed\xa0\x80 half", "??? half" },
                { "\xf5\x80\x80\x80 too high", "???? too high" },
                { "\xe2\x82", "??" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char *copy = memory_strdup(cases[i].text);

                assert_string_equal(capture_tidy(copy), cases[i].tidy);
                free(copy);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_start_is_kept),
                cmocka_unit_test(test_the_end_is_kept),
                cmocka_unit_test(test_a_secret_is_read_up_to_its_limit_and_the_rest_is_drained),
                cmocka_unit_test(test_text_is_made_fit_for_people),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
