/* base/time.c - points in time, spans of time, and how people write them */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"

#define SPAN_MONTHS_MAX 12000u /* a thousand years: more is a typing error */
#define SPAN_USEC_MAX   (366000 * USEC_PER_DAY)

/* The first spelling of each is how it is written. Months and years are those of the calendar. */
static const struct unit {
        const char *singular, *plural, *shorts[3];
        uint32_t months;
        usec_t usec;
} units[] = {
        { "year", "years", { "y" }, 12, 0 },
        { "month", "months", { "mo" }, 1, 0 },
        { "week", "weeks", { "w" }, 0, USEC_PER_WEEK },
        { "day", "days", { "d" }, 0, USEC_PER_DAY },
        { "hour", "hours", { "h", "hr" }, 0, USEC_PER_HOUR },
        { "minute", "minutes", { "min", "mins" }, 0, USEC_PER_MIN },
        { "second", "seconds", { "s", "sec", "secs" }, 0, USEC_PER_SEC },
};

/* --- spans
 * ----------------------------------------------------------------------------------------- */

static const struct unit *unit_find(const char *s, size_t n) {
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                const char *names[5] = { units[i].singular, units[i].plural, units[i].shorts[0],
                                         units[i].shorts[1], units[i].shorts[2] };

                for (size_t k = 0; k < ELEMENTSOF(names); k++)
                        if (names[k] && strlen(names[k]) == n && strncmp(names[k], s, n) == 0)
                                return &units[i];
        }
        return NULL;
}

static bool span_add(struct span *s, uint64_t number, const struct unit *u) {
        uint64_t months, usec;

        if (__builtin_mul_overflow(number, u->months, &months) ||
            __builtin_mul_overflow(number, u->usec, &usec) || months > SPAN_MONTHS_MAX ||
            usec > SPAN_USEC_MAX)
                return false;
        s->months += (uint32_t) months;
        s->usec += usec;
        return s->months <= SPAN_MONTHS_MAX && s->usec <= SPAN_USEC_MAX;
}

bool span_parse(const char *s, struct span *ret) {
        struct span span = {};

        if (text_equal(s, "nil") || text_equal(s, "none") || text_equal(s, "void")) {
                *ret = span;
                return true;
        }
        while (isspace((unsigned char) *s))
                s++;
        if (!*s)
                return false;
        while (*s) {
                const struct unit *u;
                uint64_t number = 0;
                size_t digits = 0, letters = 0;

                for (; isdigit((unsigned char) *s) && digits < 12; s++, digits++)
                        number = number * 10 + (uint64_t) (*s - '0');
                while (*s == ' ')
                        s++;
                while (isalpha((unsigned char) s[letters]))
                        letters++;
                u = unit_find(s, letters);
                if (!digits || !u || !span_add(&span, number, u))
                        return false;
                for (s += letters; isspace((unsigned char) *s) || *s == ',';)
                        s++;
        }
        if (span_is_nil(span))
                return false;
        *ret = span;
        return true;
}

const char *span_print(struct span s, char *buffer) {
        size_t n = 0;

        if (span_is_nil(s))
                return strcpy(buffer, "nil");
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                const struct unit *u = &units[i];
                uint64_t number = u->months ? s.months / u->months : s.usec / u->usec;

                if (!number)
                        continue;
                if (u->months)
                        s.months %= u->months;
                else
                        s.usec %= u->usec;
                n += (size_t) snprintf(buffer + n, SPAN_PRINT_MAX - n, "%s%" PRIu64 " %s",
                                       n ? " " : "", number, number == 1 ? u->singular : u->plural);
        }
        return n ? buffer : strcpy(buffer, "less than a second");
}

/* --- the calendar
 * ------------------------------------------------------------------------------------ */

static int month_days(int year, int month) {
        static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        return days[month] + (month == 1 && leap);
}

/* Seconds east of Greenwich. */
static long time_offset(time_t t) {
        struct tm tm = {};

        (void) localtime_r(&t, &tm);
        return tm.tm_gmtoff;
}

/* mktime() would guess which of two it is, from what it was asked before. */
usec_t time_of_local(const struct tm *local) {
        struct tm tm = *local;
        time_t plain = timegm(&tm), before = plain - time_offset(plain - 86400),
               after = plain - time_offset(plain + 86400);
        bool before_is_so = before + time_offset(before) == plain,
             after_is_so = after + time_offset(after) == plain;

        if (after_is_so && (!before_is_so || after < before))
                before = after;
        return before > 0 ? (usec_t) before * USEC_PER_SEC : 0;
}

/* The same day of another month at the same local time, or its last day if that is shorter. */
static usec_t time_move_months(usec_t t, int months) {
        time_t seconds = (time_t) (t / USEC_PER_SEC);
        struct tm tm;
        int days;

        if (!months || !localtime_r(&seconds, &tm))
                return t;
        months += tm.tm_year * 12 + tm.tm_mon;
        if (months < 70 * 12)
                return 0;
        tm.tm_year = months / 12;
        tm.tm_mon = months % 12;
        days = month_days(tm.tm_year + 1900, tm.tm_mon);
        if (tm.tm_mday > days)
                tm.tm_mday = days;
        t %= USEC_PER_SEC;
        return t + time_of_local(&tm); /* whether summer or winter */
}

usec_t time_add_span(usec_t t, struct span s) {
        return time_move_months(t, (int) s.months) + s.usec;
}

usec_t time_subtract_span(usec_t t, struct span s) {
        t = time_move_months(t, -(int) s.months);
        return t > s.usec ? t - s.usec : 0;
}

const char *time_print_iso(usec_t t, char *buffer) {
        time_t seconds = (time_t) (t / USEC_PER_SEC);
        struct tm tm = {};
        size_t n;

        (void) localtime_r(&seconds, &tm);
        n = strftime(buffer, TIME_PRINT_MAX - 1, "%Y-%m-%dT%H:%M:%S%z", &tm);
        if (n < 5)
                return strcpy(buffer, "?");
        memmove(buffer + n - 1, buffer + n - 2, 3); /* +0100 to +01:00 */
        buffer[n - 2] = ':';
        return buffer;
}

const char *time_print(usec_t t, char *buffer) {
        time_t seconds = (time_t) (t / USEC_PER_SEC);
        struct tm tm = {};

        (void) localtime_r(&seconds, &tm);
        if (!strftime(buffer, TIME_PRINT_MAX, "%Y-%m-%d %H:%M:%S", &tm))
                (void) strcpy(buffer, "?");
        return buffer;
}

/* "Z", "+01:00", "+0100" or nothing. */
static bool offset_parse(const char *s, bool *ret_local, long *ret_seconds) {
        int hours, minutes, n = 0;

        *ret_local = !*s;
        *ret_seconds = 0;
        if (!*s || strcmp(s, "Z") == 0)
                return true;
        if (*s != '+' && *s != '-')
                return false;
        if ((sscanf(s + 1, "%2d:%2d%n", &hours, &minutes, &n) != 2 &&
             sscanf(s + 1, "%2d%2d%n", &hours, &minutes, &n) != 2) ||
            s[1 + n] || hours < 0 || hours > 15 || minutes < 0 || minutes > 59)
                return false;
        *ret_seconds = (*s == '-' ? -1 : 1) * (hours * 3600L + minutes * 60L);
        return true;
}

/* "2026-03-01", as much as it has of "T03:00:00", and how long that is; 0: none. */
static int date_parse(const char *s, struct tm *ret) {
        int day = 0, n = 0;
        char between;

        if (sscanf(s, "%4d-%2d-%2d%n", &ret->tm_year, &ret->tm_mon, &ret->tm_mday, &day) != 3 ||
            ret->tm_year < 1970 || ret->tm_mon < 1 || ret->tm_mon > 12 || ret->tm_mday < 1 ||
            ret->tm_mday > month_days(ret->tm_year, ret->tm_mon - 1))
                return 0;
        ret->tm_year -= 1900;
        ret->tm_mon -= 1;
        if (!s[day])
                return day;
        if (sscanf(s + day, "%c%2d:%2d:%2d%n", &between, &ret->tm_hour, &ret->tm_min, &ret->tm_sec,
                   &n) != 4 ||
            (between != 'T' && between != ' ') || ret->tm_hour < 0 || ret->tm_hour > 23 ||
            ret->tm_min < 0 || ret->tm_min > 59 || ret->tm_sec < 0 || ret->tm_sec > 60)
                return 0;
        return day + n;
}

bool time_parse_iso(const char *s, usec_t *ret) {
        struct tm tm = {};
        int n = date_parse(s, &tm);
        bool local;
        long offset;
        time_t t;

        if (!n || !offset_parse(s + n, &local, &offset))
                return false;
        t = local ? (time_t) (time_of_local(&tm) / USEC_PER_SEC) : timegm(&tm) - offset;
        if (t < 0)
                return false;
        *ret = (usec_t) t * USEC_PER_SEC;
        return true;
}

const char *duration_print(usec_t duration, char *buffer) {
        uint64_t s = (duration + USEC_PER_SEC / 2) / USEC_PER_SEC;

        if (s < 120)
                (void) snprintf(buffer, TIME_PRINT_MAX, "%" PRIu64 " s", s);
        else if (s < 2 * 3600)
                (void) snprintf(buffer, TIME_PRINT_MAX, "%" PRIu64 " min", (s + 30) / 60);
        else if (s < 48 * 3600)
                (void) snprintf(buffer, TIME_PRINT_MAX, "%" PRIu64 " h %" PRIu64 " min", s / 3600,
                                s % 3600 / 60);
        else
                (void) snprintf(buffer, TIME_PRINT_MAX, "%" PRIu64 " days", (s + 43200) / 86400);
        return buffer;
}
