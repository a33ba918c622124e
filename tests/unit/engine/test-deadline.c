/* tests/unit/engine/test-deadline.c - deadlines come in order, and none before its time */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/deadline.h"

static void test_they_come_in_order(void **state) {
        struct deadlines d = {};
        uint64_t random = 1;
        usec_t last = 0;
        entity_id id;

        for (entity_id i = 0; i < 1000; i++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                deadline_add(&d, random >> 40, i);
        }
        for (int i = 0; i < 1000; i++) {
                usec_t next = deadline_next(&d);

                assert_true(next >= last);
                assert_false(next > 0 && deadline_take(&d, next - 1, &id));
                assert_true(deadline_take(&d, next, &id));
                last = next;
        }
        assert_true(deadline_next(&d) == USEC_NEVER);
        assert_false(deadline_take(&d, USEC_NEVER, &id));
        array_done(&d.heap);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_they_come_in_order) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
