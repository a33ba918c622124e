/* base/time.h - points in time, spans of time, and how people write them */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Microseconds: since 1970 for wall-clock time, since some start for monotonic time. 0: never. */
typedef uint64_t usec_t;

#define USEC_PER_MSEC ((usec_t) 1000)
#define USEC_PER_SEC  ((usec_t) 1000000)
#define USEC_PER_MIN  (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MIN)
#define USEC_PER_DAY  (24 * USEC_PER_HOUR)
#define USEC_PER_WEEK (7 * USEC_PER_DAY)
#define USEC_NEVER    UINT64_MAX /* a deadline that does not come */

/* The clocks, always passed together: dates and schedules use the wall clock, time-outs the
 * monotonic one. It does not go on while the machine sleeps: how long that was, in all since it was
 * booted, stands beside it, so that a sleep can be told from a clock that was set. */
struct now {
        usec_t wall, mono, slept;
};

/* A span as configured: calendar months (12 to the year) and exact time. Both 0: no span ("nil").
 */
struct span {
        uint32_t months;
        usec_t usec;
};

static inline bool span_is_nil(struct span s) {
        return !s.months && !s.usec;
}

/* "4 weeks", "1 mo 2d", "90"? no: every number needs a unit (seconds minutes hours days weeks
 * months years, full, singular, or s sec min mins h d w mo y). "nil", "none", "void" give the nil
 * span. */
bool span_parse(const char *s, struct span *ret);

/* The shortest exact wording ("4 weeks", "1 month 2 days"), "nil" for none. `buffer` of
 * SPAN_PRINT_MAX. */
#define SPAN_PRINT_MAX 96
const char *span_print(struct span s, char *buffer);

/* `t` plus the span; months are those of the local calendar: the same day of a later month at the
 * same local time, or its last day if it is shorter. */
usec_t time_add_span(usec_t t, struct span s);
/* The other way; 0 if that is before 1970. */
usec_t time_subtract_span(usec_t t, struct span s);

struct tm;
/* The moment that the local calendar calls so (year to second count, as far as a calendar can add
 * days up); the first one, where clocks are put back. What is left out when they are put forward is
 * as much later. */
usec_t time_of_local(const struct tm *local);

/* ISO 8601 in local time with offset, whole seconds: 2026-03-01T03:00:00+01:00. `buffer` of
 * TIME_PRINT_MAX. */
#define TIME_PRINT_MAX 40
const char *time_print_iso(usec_t t, char *buffer);
/* For people: 2026-03-01 03:00:00, in local time. */
const char *time_print(usec_t t, char *buffer);
/* Reads what time_print_iso writes, also with Z, with a blank for T, without an offset (local
 * time), without a time (the first moment of the day). A day that is not in the calendar is none.
 */
bool time_parse_iso(const char *s, usec_t *ret);

/* About how long: "3 s", "12 min", "2 h 5 min", "3 days". `buffer` of TIME_PRINT_MAX. */
const char *duration_print(usec_t duration, char *buffer);
