/* tests/unit/engine/test-overdue.c - which operation is due, and since when */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "engine/overdue.h"

static void test_overdue_since(void **state) {
        static const struct {
                const char *name;
                usec_t interval, added, last, now, since;
        } cases[] = {
                { "never done, just added", 4 * USEC_PER_WEEK, 100, 0, USEC_PER_DAY, 0 },
                { "never done, added long ago", USEC_PER_DAY, 100, 0, USEC_PER_WEEK,
                  USEC_PER_DAY + 100 },
                { "no interval, never due", 0, 100, 0, 9 * USEC_PER_WEEK, 0 },
                { "long ago", USEC_PER_WEEK, 100, 200, 5 * USEC_PER_WEEK, USEC_PER_WEEK + 200 },
                { "done in time", USEC_PER_WEEK, 100, USEC_PER_DAY, USEC_PER_WEEK, 0 },
                { "neither added nor done", USEC_PER_WEEK, 0, 0, 5 * USEC_PER_WEEK, 0 },
                { "the clock was set back by hours", USEC_PER_WEEK, 100,
                  USEC_PER_WEEK + 5 * USEC_PER_HOUR, USEC_PER_WEEK, 0 },
                { "the clock was weeks ahead when it was done", USEC_PER_WEEK, 100,
                  9 * USEC_PER_WEEK, USEC_PER_WEEK, USEC_PER_WEEK },
                { "never done, and added when the clock was ahead", USEC_PER_WEEK,
                  9 * USEC_PER_WEEK, 0, USEC_PER_WEEK, USEC_PER_WEEK },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct span s = { .usec = cases[i].interval };

                if (overdue_since(s, cases[i].added, cases[i].last, cases[i].now) != cases[i].since)
                        fail_msg("%s", cases[i].name);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_overdue_since) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
