/* engine/schedule.c - when a configured schedule fires next
 *
 * Days are gone through one by one, in the local calendar. A time of the day comes once a day:
 * where clocks are put back, when it is that time first, and one that is left out as much later.
 * What comes every hour or minute comes every hour or minute. */
#include <time.h>

#include "engine/schedule.h"

/* The 29th of February on a given weekday may be far away. */
#define SCHEDULE_DAYS_MAX (28 * 366 + 14)

static bool rule_allows_day(const struct schedule_rule *rule, const struct tm *day) {
        return rule->months >> (day->tm_mon + 1) & 1 && rule->days >> day->tm_mday & 1 &&
               rule->weekdays >> day->tm_wday & 1;
}

static struct tm local(usec_t t) {
        time_t seconds = (time_t) (t / USEC_PER_SEC);
        struct tm tm = {};

        (void) localtime_r(&seconds, &tm);
        return tm;
}

static usec_t time_on_day(const struct tm *day, int hour, int minute, int second) {
        return time_of_local(&(struct tm){ .tm_year = day->tm_year,
                                           .tm_mon = day->tm_mon,
                                           .tm_mday = day->tm_mday,
                                           .tm_hour = hour,
                                           .tm_min = minute,
                                           .tm_sec = second });
}

/* The next moment after `after` at that second (of that minute). Clocks are put forward and back by
 * whole hours, seldom by half of one: then what was found is at another minute, and it goes on from
 * there. */
static usec_t time_next_periodic(const struct schedule_time *t, usec_t after) {
        int period = t->minute < 0 ? 60 : 3600, wanted = t->minute < 0 ? 0 : t->minute * 60;

        wanted += t->second;
        for (after -= after % USEC_PER_SEC;;) {
                struct tm tm = local(after);
                int is = (t->minute < 0 ? 0 : tm.tm_min * 60) + tm.tm_sec;
                int wait = (wanted - is + period - 1) % period + 1;

                after += (usec_t) wait * USEC_PER_SEC;
                tm = local(after);
                if (tm.tm_sec == t->second && (t->minute < 0 || tm.tm_min == t->minute))
                        return after;
        }
}

/* The first moment of that time on that day which is after `after`. */
static usec_t time_next_on_day(const struct schedule_time *t, const struct tm *day, usec_t after) {
        usec_t midnight, at;
        struct tm tm;

        if (t->hour >= 0) {
                at = time_on_day(day, t->hour, t->minute, t->second);
                return at > after ? at : USEC_NEVER;
        }
        midnight = time_on_day(day, 0, 0, 0);
        at = time_next_periodic(t, after < midnight ? midnight - 1 : after);
        tm = local(at);
        return tm.tm_yday == day->tm_yday && tm.tm_year == day->tm_year ? at : USEC_NEVER;
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
        struct tm day = local(after);

        for (int i = 0; i < SCHEDULE_DAYS_MAX && s->n_rules; i++) {
                usec_t at = schedule_next_on_day(s, &day, after);

                if (at != USEC_NEVER)
                        return at;
                /* By noon of the next day: the calendar's arithmetic. */
                day.tm_mday++;
                day = local(time_on_day(&day, 12, 0, 0));
        }
        return USEC_NEVER;
}
