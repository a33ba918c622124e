/* tests/unit/engine/test-schedule.c - a schedule fires when its rules say, in local time */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "engine/schedule.h"

#define ALL_DAYS     0xfffffffeu
#define ALL_MONTHS   0x1ffe
#define ALL_WEEKDAYS 0x7f

static const struct schedule_time at_three[] = { { 3, 0, 0 } };
static const struct schedule_time twice[] = { { 22, 30, 0 }, { 6, 15, 30 } };
static const struct schedule_time hourly[] = { { -1, 59, 59 } };
static const struct schedule_time every_minute[] = { { -1, -1, 30 } };
static const struct schedule_time in_the_gap[] = { { 2, 30, 0 } };

static const struct schedule_rule daily = { at_three, 1, ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS };
static const struct schedule_rule two_times = { twice, 2, ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS };
static const struct schedule_rule each_hour = { hourly, 1, ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS };
static const struct schedule_rule each_minute = { every_minute, 1, ALL_DAYS, ALL_MONTHS,
                                                  ALL_WEEKDAYS };
static const struct schedule_rule sundays = { at_three, 1, ALL_DAYS, ALL_MONTHS, 1 << 0 };
static const struct schedule_rule the_31st = { at_three, 1, 1u << 31, ALL_MONTHS, ALL_WEEKDAYS };
static const struct schedule_rule leap_day = { at_three, 1, 1u << 29, 1 << 2, ALL_WEEKDAYS };
static const struct schedule_rule monday_13th = { at_three, 1, 1u << 13, ALL_MONTHS, 1 << 1 };
static const struct schedule_rule never = { at_three, 1, 1u << 31, 1 << 2, ALL_WEEKDAYS };
static const struct schedule_rule gap = { in_the_gap, 1, ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS };

static const struct {
        const char *name;
        const struct schedule_rule *rule;
        const char *after, *expected; /* local time in Berlin */
} cases[] = {
        { "later today", &daily, "2026-03-01 01:00:00", "2026-03-01 03:00:00" },
        { "now is over", &daily, "2026-03-01 03:00:00", "2026-03-02 03:00:00" },
        { "tomorrow, another month", &daily, "2026-04-30 12:00:00", "2026-05-01 03:00:00" },
        { "the first of two", &two_times, "2026-03-01 00:00:00", "2026-03-01 06:15:30" },
        { "the second of two", &two_times, "2026-03-01 06:15:30", "2026-03-01 22:30:00" },
        { "every hour", &each_hour, "2026-03-01 12:30:00", "2026-03-01 12:59:59" },
        { "every hour, over midnight", &each_hour, "2026-03-01 23:59:59", "2026-03-02 00:59:59" },
        { "every minute", &each_minute, "2026-03-01 12:30:31", "2026-03-01 12:31:30" },
        { "every minute, over the year", &each_minute, "2026-12-31 23:59:30",
          "2027-01-01 00:00:30" },
        { "a weekday", &sundays, "2026-03-02 00:00:00", "2026-03-08 03:00:00" },
        { "a day that some months lack", &the_31st, "2026-03-31 12:00:00", "2026-05-31 03:00:00" },
        { "a leap day", &leap_day, "2026-03-01 00:00:00", "2028-02-29 03:00:00" },
        { "weekday and day", &monday_13th, "2026-03-01 00:00:00", "2026-04-13 03:00:00" },
        { "a day that does not exist", &never, "2026-03-01 00:00:00", NULL },
        { "into summer time", &daily, "2026-03-29 01:00:00", "2026-03-29 03:00:00" },
        { "out of summer time", &daily, "2026-10-25 00:00:00", "2026-10-25 03:00:00" },
        { "a time that is left out", &gap, "2026-03-29 00:00:00", "2026-03-29 03:30:00" },
        { "after the one that was left out", &gap, "2026-03-29 03:30:00", "2026-03-30 02:30:00" },
};

static usec_t local(const char *text) {
        struct tm tm = { .tm_isdst = -1 };

        assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
        return (usec_t) mktime(&tm) * USEC_PER_SEC;
}

static void test_the_next_time_is_found(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct schedule s = { cases[i].rule, 1 };
                usec_t expected = cases[i].expected ? local(cases[i].expected) : USEC_NEVER;
                usec_t got = schedule_next(&s, local(cases[i].after));

                if (got != expected)
                        fail_msg("%s: %lld s away from what was expected", cases[i].name,
                                 (long long) (got - expected) / 1000000);
        }
}

/* In the night in which clocks are put back, which has 25 hours. */
static void test_the_night_that_is_an_hour_longer(void **state) {
        static const struct {
                const char *name;
                const struct schedule_rule *rule;
                uint32_t n;
        } nights[] = {
                { "every hour", &each_hour, 25 },
                { "every minute", &each_minute, 25 * 60 },
                { "every day", &daily, 1 },
                { "every day at a time that comes twice", &gap, 1 },
        };

        for (size_t i = 0; i < ELEMENTSOF(nights); i++) {
                struct schedule s = { nights[i].rule, 1 };
                usec_t from = local("2026-10-25 00:00:00") - USEC_PER_SEC, at = from;
                uint32_t n = 0;

                while ((at = schedule_next(&s, at)) <= from + 25 * USEC_PER_HOUR)
                        n++;
                if (n != nights[i].n)
                        fail_msg("%s: it came %u times", nights[i].name, n);
        }
}

/* Whatever mktime() was asked before. */
static void test_a_time_that_comes_twice_is_the_first_one(void **state) {
        struct schedule s = { &gap, 1 };
        usec_t midnight = local("2026-10-25 00:00:00"), first = midnight + 150 * USEC_PER_MIN;
        struct tm winter = { .tm_year = 126, .tm_mon = 11, .tm_mday = 1 },
                  summer = { .tm_year = 126, .tm_mon = 6, .tm_mday = 1, .tm_isdst = 1 };

        (void) mktime(&winter);
        assert_true(schedule_next(&s, midnight) == first);
        (void) mktime(&summer);
        assert_true(schedule_next(&s, midnight) == first);
        assert_true(schedule_next(&s, first) == local("2026-10-26 02:30:00"));
        assert_true(schedule_next(&s, first + USEC_PER_HOUR) == local("2026-10-26 02:30:00"));
}

/* At 2 o'clock in summer it is half past one. */
static void test_hours_go_on_where_clocks_are_put_back_by_half_of_one(void **state) {
        struct schedule s = { &each_hour, 1 };
        usec_t one;

        (void) setenv("TZ", "LHST-10:30LHDT-11,M10.1.0,M4.1.0", 1);
        tzset();
        one = local("2026-04-05 00:59:59") + USEC_PER_HOUR;
        assert_true(schedule_next(&s, one - USEC_PER_HOUR) == one);
        assert_true(schedule_next(&s, one) == one + 90 * USEC_PER_MIN);
        (void) setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
}

static void test_a_schedule_without_rules_never_fires(void **state) {
        assert_true(schedule_next(&(struct schedule){}, 1) == USEC_NEVER);
}

static void test_the_first_of_several_rules_counts(void **state) {
        struct schedule_rule rules[] = { sundays, each_hour, daily };
        struct schedule s = { rules, 3 };

        assert_true(schedule_next(&s, local("2026-03-02 02:59:59")) ==
                    local("2026-03-02 03:00:00"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_next_time_is_found),
                cmocka_unit_test(test_the_night_that_is_an_hour_longer),
                cmocka_unit_test(test_a_time_that_comes_twice_is_the_first_one),
                cmocka_unit_test(test_hours_go_on_where_clocks_are_put_back_by_half_of_one),
                cmocka_unit_test(test_a_schedule_without_rules_never_fires),
                cmocka_unit_test(test_the_first_of_several_rules_counts),
        };

        (void) setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
