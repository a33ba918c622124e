/* engine/schedule.c - when a configured schedule fires next
 *
 * Days are gone through one by one, in the local calendar; within a day the candidates of each time
 * are tried in order. A time that a change to summer time leaves out is taken when mktime() says it
 * is; one that happens twice is taken once. */
#include <time.h>

#include "engine/schedule.h"

/* The 29th of February on a given weekday may be far away. */
#define SCHEDULE_DAYS_MAX (28 * 366 + 14)

static bool rule_allows_day(const struct schedule_rule *rule, const struct tm *day) {
        return rule->months >> (day->tm_mon + 1) & 1 && rule->days >> day->tm_mday & 1 &&
               rule->weekdays >> day->tm_wday & 1;
}

static usec_t time_on_day(const struct tm *day, int hour, int minute, int second) {
        struct tm tm = { .tm_year = day->tm_year,
                         .tm_mon = day->tm_mon,
                         .tm_mday = day->tm_mday,
                         .tm_hour = hour,
                         .tm_min = minute,
                         .tm_sec = second,
                         .tm_isdst = -1 };

        return (usec_t) mktime(&tm) * USEC_PER_SEC;
}

/* The first moment of that time on that day which is after `after`. */
static usec_t time_next_on_day(const struct schedule_time *t, const struct tm *day, usec_t after) {
        int first_hour = t->hour < 0 ? 0 : t->hour, last_hour = t->hour < 0 ? 23 : t->hour;
        int first_minute = t->minute < 0 ? 0 : t->minute,
            last_minute = t->minute < 0 ? 59 : t->minute;

        /* Whole hours that are over are skipped, so that a rule for every minute is found soon. */
        while (first_hour < last_hour &&
               time_on_day(day, first_hour, last_minute, t->second) <= after)
                first_hour++;
        for (int hour = first_hour; hour <= last_hour; hour++)
                for (int minute = first_minute; minute <= last_minute; minute++) {
                        usec_t at = time_on_day(day, hour, minute, t->second);

                        if (at > after)
                                return at;
                }
        return USEC_NEVER;
}

static usec_t schedule_next_on_day(const struct schedule *s, const struct tm *day, usec_t after) {
        usec_t next = USEC_NEVER;

        for (uint32_t r = 0; r < s->n_rules; r++) {
                const struct schedule_rule *rule = &s->rules[r];

                if (!rule_allows_day(rule, day))
                        continue;
                for (uint32_t t = 0; t < rule->n_times; t++) {
                        usec_t at = time_next_on_day(&rule->times[t], day, after);

                        if (at < next)
                                next = at;
                }
        }
        return next;
}

usec_t schedule_next(const struct schedule *s, usec_t after) {
        time_t seconds = (time_t) (after / USEC_PER_SEC);
        struct tm day;

        if (s->n_rules == 0 || !localtime_r(&seconds, &day))
                return USEC_NEVER;
        for (int i = 0; i < SCHEDULE_DAYS_MAX; i++) {
                usec_t at = schedule_next_on_day(s, &day, after);

                if (at != USEC_NEVER)
                        return at;
                /* Noon of the next day: mktime() makes the calendar's arithmetic. */
                day = (struct tm){ .tm_year = day.tm_year,
                                   .tm_mon = day.tm_mon,
                                   .tm_mday = day.tm_mday + 1,
                                   .tm_hour = 12,
                                   .tm_isdst = -1 };
                (void) mktime(&day);
        }
        return USEC_NEVER;
}
