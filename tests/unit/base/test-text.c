/* tests/unit/base/test-text.c - numbers refuse junk, near misses are found */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void test_numbers_refuse_junk(void **state) {
        static const struct {
                const char *text;
                bool good;
                uint64_t value;
        } cases[] = {
                { "0", true, 0 },
                { "18446744073709551615", true, UINT64_MAX },
                { "18446744073709551616", false, 0 },
                { "", false, 0 },
                { "+1", false, 0 },
                { "-1", false, 0 },
                { " 1", false, 0 },
                { "1x", false, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint64_t v = 0;

                if (text_to_u64(cases[i].text, &v) != cases[i].good || v != cases[i].value)
                        fail_msg("'%s'", cases[i].text);
        }
}

static void test_hexadecimal(void **state) {
        uint64_t v;

        assert_true(text_to_hex64("0xFFFFFFFFFFFFFFFF", &v));
        assert_true(v == UINT64_MAX);
        assert_false(text_to_hex64("0x", &v));
        assert_false(text_to_hex64("10000000000000000", &v));
}

static void test_near_misses(void **state) {
        static const char *const words[] = { "online", "offline", "scrub", "zpool_import_args" };
        static const struct {
                const char *word, *meant;
        } cases[] = {
                { "onlin", "online" }, { "offlien", "offline" },
                { "SCRUB", "scrub" },  { "zpool-import-args", "zpool_import_args" },
                { "snapshot", NULL },  { "x", NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const char *got = text_nearest(cases[i].word, words, ELEMENTSOF(words));

                if (!text_equal(got, cases[i].meant))
                        fail_msg("'%s': %s", cases[i].word, got ? got : "nothing");
        }
}

static void test_text_grows(void **state) {
        struct text t = {};

        for (int i = 0; i < 1000; i++)
                text_addf(&t, "%d,", i);
        assert_int_equal(t.length, strlen(t.s));
        assert_true(text_ends(t.s, "998,999,"));
        assert_true(text_starts(t.s, "0,1,2,"));
        text_done(&t);
        assert_null(t.s);
}

static void test_sizes(void **state) {
        static const struct {
                uint64_t bytes;
                const char *text;
        } cases[] = {
                { 0, "0 B" },
                { 1023, "1023 B" },
                { 1024, "1.0 KiB" },
                { 1048575, "1.0 MiB" }, /* not 1024.0 KiB */
                { (uint64_t) 30 << 30, "30.0 GiB" },
                { UINT64_MAX, "16.0 EiB" },
        };
        char buffer[SIZE_PRINT_MAX];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_string_equal(size_print(cases[i].bytes, buffer), cases[i].text);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers_refuse_junk),
                cmocka_unit_test(test_hexadecimal),
                cmocka_unit_test(test_near_misses),
                cmocka_unit_test(test_text_grows),
                cmocka_unit_test(test_sizes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
