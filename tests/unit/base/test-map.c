/* tests/unit/base/test-map.c - maps keep what was put in, through growth and removals */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"

static void test_numbers_survive_growth_and_removal(void **state) {
        struct map m = {};
        uint64_t v;

        for (uint64_t i = 0; i < 10000; i++)
                map_put_number(&m, i * 4096, i);
        for (uint64_t i = 0; i < 10000; i += 2)
                assert_true(map_remove_number(&m, i * 4096));
        for (uint64_t i = 0; i < 10000; i++) {
                assert_int_equal(map_get_number(&m, i * 4096, &v), i % 2);
                if (i % 2)
                        assert_int_equal(v, i);
        }
        assert_false(map_remove_number(&m, 0));
        map_done(&m);
}

/* A map that is filled and emptied for ever must not fill up with graves. */
static void test_removed_slots_are_used_again(void **state) {
        struct map m = {};

        for (uint64_t i = 0; i < 100000; i++) {
                map_put_number(&m, i, i);
                assert_true(map_remove_number(&m, i));
        }
        assert_true(m.capacity <= 64);
        map_done(&m);
}

static void test_text_and_numbers_are_different_keys(void **state) {
        struct map m = {};
        uint64_t v = 0;

        map_put(&m, "tank", 1);
        map_put(&m, "", 2);
        map_put(&m, "tank", 3);
        assert_true(map_get(&m, "tank", &v));
        assert_int_equal(v, 3);
        assert_true(map_get(&m, "", NULL));
        assert_false(map_get(&m, "tan", NULL));
        assert_false(map_get_number(&m, 0, NULL));
        map_clear(&m);
        assert_false(map_get(&m, "tank", NULL));
        map_done(&m);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers_survive_growth_and_removal),
                cmocka_unit_test(test_removed_slots_are_used_again),
                cmocka_unit_test(test_text_and_numbers_are_different_keys),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
