/* cli/show.c - words for people: times, and text from outside that must not play with the terminal
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/show.h"

#define COLUMNS_USUAL 80u
#define COLUMNS_LEAST 20u
#define LINES_USUAL   24u
#define BAR_COLUMNS   20u

/* C0 controls and DEL; C1 controls, which UTF-8 writes as c2 80 to c2 9f. */
const char *show_line(struct arena *a, const char *s) {
        char *copy = arena_strdup(a, s);

        for (unsigned char *p = (unsigned char *) copy; *p; p++)
                if (*p < 0x20 || *p == 0x7f)
                        *p = ' ';
                else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
                        p[0] = p[1] = ' ';
        return copy;
}

/* Turning a time into words asks for the time zone each time; dates of one list are often equal or
 * near. The offset from UTC only ever changes at a quarter of an hour. */
struct time_slot {
        usec_t tag; /* the quarter of an hour, from 1; 0: empty */
        char text[TIME_PRINT_MAX];
};

#define TIME_SLOTS 1024u

static const char *time_print_cached(usec_t t, struct time_slot *slots,
                                     const char *(*print)(usec_t t, char *buffer), char *buffer) {
        const usec_t length = 15 * USEC_PER_MIN;
        usec_t quarter = t / length, seconds = t % length / USEC_PER_SEC, minute;
        struct time_slot *slot = &slots[quarter % TIME_SLOTS];

        if (slot->tag != quarter + 1) {
                (void) print(quarter * length, slot->text);
                slot->tag = quarter + 1;
        }
        (void) memcpy(buffer, slot->text, TIME_PRINT_MAX);
        /* 2026-03-01 03:15:00: the minutes stand at 14, the seconds at 17. */
        minute = (usec_t) (buffer[14] - '0') * 10 + (usec_t) (buffer[15] - '0') + seconds / 60;
        buffer[14] = (char) ('0' + minute / 10);
        buffer[15] = (char) ('0' + minute % 10);
        buffer[17] = (char) ('0' + seconds % 60 / 10);
        buffer[18] = (char) ('0' + seconds % 60 % 10);
        return buffer;
}

const char *show_time_iso(usec_t t, char *buffer) {
        static struct time_slot slots[TIME_SLOTS];

        return time_print_cached(t, slots, time_print_iso, buffer);
}

/* A number and a unit, short: in a table with many of them. */
static const char *show_age(struct arena *a, usec_t t, usec_t now) {
        static const struct {
                usec_t length, until;
                const char *name;
        } units[] = { { USEC_PER_SEC, USEC_PER_MIN, "s" },
                      { USEC_PER_MIN, 2 * USEC_PER_HOUR, "min" },
                      { USEC_PER_HOUR, 2 * USEC_PER_DAY, "h" },
                      { USEC_PER_DAY, 100 * USEC_PER_DAY, "d" },
                      { USEC_PER_WEEK, USEC_NEVER, "w" } };
        usec_t age = now > t ? now - t : 0;
        size_t i = 0;

        while (age >= units[i].until)
                i++;
        return arena_printf(a, "%llu %s", (unsigned long long) (age / units[i].length),
                            units[i].name);
}

const char *show_date(struct arena *a, usec_t t, enum show_date form, usec_t now) {
        static const size_t lengths[] = {
                [SHOW_DATE_FULL] = 19,
                [SHOW_DATE_MINUTES] = 16,
                [SHOW_DATE_DAY] = 10,
        };
        static struct time_slot slots[TIME_SLOTS];
        char buffer[TIME_PRINT_MAX];

        if (t == 0)
                return "never";
        if (t == USEC_NEVER)
                return "now";
        if (form == SHOW_DATE_AGE)
                return show_age(a, t, now);
        return arena_strndup(a, time_print_cached(t, slots, time_print, buffer), lengths[form]);
}

const char *show_time(struct arena *a, usec_t t) {
        return show_date(a, t, SHOW_DATE_FULL, 0);
}

const char *show_distance(struct arena *a, usec_t t, usec_t now) {
        char buffer[TIME_PRINT_MAX];

        if (t == USEC_NEVER || t == now)
                return "now";
        if (t > now)
                return arena_printf(a, "in %s", duration_print(t - now, buffer));
        return arena_printf(a, "%s ago", duration_print(now - t, buffer));
}

usec_t show_now(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_REALTIME, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

/* One character: its bytes, and the columns that it takes. What is no character takes one. */
static size_t character(const char *s, mbstate_t *state, size_t *ret_columns) {
        wchar_t c;
        size_t n = mbrtowc(&c, s, strlen(s), state);
        int columns;

        if (n == 0 || n > strlen(s)) {
                *state = (mbstate_t){};
                *ret_columns = 1;
                return 1;
        }
        columns = wcwidth(c);
        *ret_columns = columns < 0 ? 1 : (size_t) columns;
        return n;
}

/* Most text is ASCII. */
static size_t printable_length(const char *s) {
        size_t n = 0;

        while (s[n] >= 0x20 && s[n] < 0x7f)
                n++;
        return n;
}

size_t show_width(const char *s) {
        size_t width = printable_length(s), columns;
        mbstate_t state = {};

        s += width;

        while (*s) {
                s += character(s, &state, &columns);
                width += columns;
        }
        return width;
}

void show_cut(struct text *t, const char *s, size_t columns) {
        mbstate_t state = {};
        size_t width = 0, more;

        if (show_width(s) <= columns) {
                text_add(t, s);
                return;
        }
        while (*s) {
                size_t n = character(s, &state, &more);

                if (width + more + 3 > columns)
                        break;
                text_add_bytes(t, s, n);
                width += more;
                s += n;
        }
        if (columns >= 3)
                text_add(t, "...");
}

/* What stands at the end in no more than so many columns. */
static const char *text_end(const char *s, size_t columns) {
        size_t width = show_width(s), more;
        mbstate_t state = {};

        while (width > columns) {
                s += character(s, &state, &more);
                width -= more;
        }
        return s;
}

void show_cut_middle(struct text *t, const char *s, size_t columns) {
        size_t begin = columns > 3 ? (columns - 3) / 3 : 0, width;

        if (show_width(s) <= columns || columns < 3) {
                show_cut(t, s, columns);
                return;
        }
        width = t->length;
        show_cut(t, s, begin + 3); /* with the dots */
        width = show_width(t->s + width);
        text_add(t, text_end(s, columns - width));
}

void show_wrap(struct text *t, const char *s, size_t indent, size_t columns) {
        struct text word = {};
        size_t at = indent;

        while (*s) {
                size_t blanks = strspn(s, " "), n = strcspn(s + blanks, " "), width;

                text_clear(&word);
                text_add_bytes(&word, s + blanks, n);
                s += blanks + n;
                width = show_width(word.s);
                if (at > indent && at + blanks + width > columns) {
                        text_addf(t, "\n%*s", (int) indent, "");
                        at = indent;
                        blanks = 0;
                }
                text_addf(t, "%*s%s", (int) blanks, "", word.s);
                at += blanks + width;
        }
        text_done(&word);
}

bool show_is_terminal(int fd) {
        const char *term = getenv("TERM");

        return isatty(fd) && term && *term && !text_equal(term, "dumb");
}

void show_bar(struct text *t, double progress) {
        size_t full = progress >= 1 ? BAR_COLUMNS : (size_t) (progress * BAR_COLUMNS);

        text_add(t, "[");
        for (size_t i = 0; i < BAR_COLUMNS; i++)
                text_add(t, i < full ? "=" : i == full ? ">" : " ");
        text_addf(t, "] %3.0f %% ", progress * 100);
}

size_t show_terminal_lines(int fd) {
        struct winsize size = {};

        return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : LINES_USUAL;
}

size_t show_terminal_columns(int fd) {
        struct winsize size = {};
        uint64_t columns;

        if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= COLUMNS_LEAST)
                return size.ws_col;
        if (text_to_u64(getenv("COLUMNS"), &columns) && columns >= COLUMNS_LEAST && columns < 10000)
                return (size_t) columns;
        return COLUMNS_USUAL;
}
