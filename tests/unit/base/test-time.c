/* tests/unit/base/test-time.c - spans and dates: calendar months, daylight saving, what people
 * write */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/time.h"

static void test_spans_are_read(void **state) {
        static const struct {
                const char *text;
                bool good;
                uint32_t months;
                usec_t usec;
        } cases[] = {
                { "4 weeks", true, 0, 4 * USEC_PER_WEEK },
                { "1 mo 2d", true, 1, 2 * USEC_PER_DAY },
                { "1 year, 1 month", true, 13, 0 },
                { "90 s", true, 0, 90 * USEC_PER_SEC },
                { "90s5min", true, 0, 390 * USEC_PER_SEC },
                { "nil", true, 0, 0 },
                { "void", true, 0, 0 },
                { "90", false, 0, 0 },
                { "weeks", false, 0, 0 },
                { "4 weaks", false, 0, 0 },
                { "", false, 0, 0 },
                { "0 s", false, 0, 0 },
                { "-1 day", false, 0, 0 },
                { "999999999999 years", false, 0, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct span s = {};

                if (span_parse(cases[i].text, &s) != cases[i].good ||
                    (cases[i].good && (s.months != cases[i].months || s.usec != cases[i].usec)))
                        fail_msg("'%s'", cases[i].text);
        }
}

static void test_spans_are_written_as_they_are_read(void **state) {
        static const char *const texts[] = { "4 weeks", "1 month 2 days", "1 year",
                                             "1 day 1 hour 30 seconds", "nil" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                char buffer[SPAN_PRINT_MAX];
                struct span s;

                assert_true(span_parse(texts[i], &s));
                assert_string_equal(span_print(s, buffer), texts[i]);
        }
}

static usec_t at(const char *iso) {
        usec_t t;

        if (!time_parse_iso(iso, &t))
                fail_msg("%s", iso);
        return t;
}

static void test_months_are_those_of_the_calendar(void **state) {
        static const struct {
                const char *from, *span, *to;
        } cases[] = {
                { "2026-01-31T12:00:00", "1 month", "2026-02-28T12:00:00+01:00" },
                { "2028-01-31T12:00:00", "1 month", "2028-02-29T12:00:00+01:00" },
                { "2026-11-15T12:00:00", "3 months", "2027-02-15T12:00:00+01:00" },
                /* the same time of the day, whether summer or winter */
                { "2026-03-01T03:30:00", "1 month", "2026-04-01T03:30:00+02:00" },
                { "2026-03-28T12:00:00", "1 day", "2026-03-29T13:00:00+02:00" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char buffer[TIME_PRINT_MAX];
                struct span s;

                assert_true(span_parse(cases[i].span, &s));
                assert_string_equal(time_print_iso(time_add_span(at(cases[i].from), s), buffer),
                                    cases[i].to);
        }
}

static void test_months_are_those_of_the_calendar_backwards(void **state) {
        static const struct {
                const char *from, *span, *to;
        } cases[] = {
                { "2026-03-31T12:00:00", "1 month", "2026-02-28T12:00:00+01:00" },
                { "2026-02-15T12:00:00", "3 months", "2025-11-15T12:00:00+01:00" },
                { "2026-04-01T03:30:00", "1 month", "2026-03-01T03:30:00+01:00" },
                { "2026-03-29T13:00:00", "1 day", "2026-03-28T12:00:00+01:00" },
                { "2026-01-01T00:00:00", "1 year 1 second", "2024-12-31T23:59:59+01:00" },
        };
        struct span s;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char buffer[TIME_PRINT_MAX];

                assert_true(span_parse(cases[i].span, &s));
                assert_string_equal(
                        time_print_iso(time_subtract_span(at(cases[i].from), s), buffer),
                        cases[i].to);
        }
        assert_true(span_parse("80 years", &s));
        assert_true(time_subtract_span(at("2026-01-01T00:00:00"), s) == 0);
}

static void test_dates_are_read(void **state) {
        usec_t t;

        assert_true(at("2026-03-01T03:00:00Z") == at("2026-03-01T04:00:00+01:00"));
        assert_true(at("2026-03-01 04:00:00") == at("2026-03-01T04:00:00+0100"));
        assert_false(time_parse_iso("2026-13-01T00:00:00", &t));
        assert_true(at("2026-03-01") == at("2026-03-01T00:00:00+0100"));
        assert_true(at("2028-02-29") == at("2028-02-29T00:00:00"));
        assert_false(time_parse_iso("2026-02-29", &t));
        assert_false(time_parse_iso("2026-02-30T00:00:00", &t));
        assert_false(time_parse_iso("2026-03-01T", &t));
        assert_false(time_parse_iso("2026-03-01T00:00:00 junk", &t));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_spans_are_read),
                cmocka_unit_test(test_spans_are_written_as_they_are_read),
                cmocka_unit_test(test_months_are_those_of_the_calendar),
                cmocka_unit_test(test_months_are_those_of_the_calendar_backwards),
                cmocka_unit_test(test_dates_are_read),
        };

        (void) setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
