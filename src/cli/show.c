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

const char *show_time(struct arena *a, usec_t t) {
        char buffer[TIME_PRINT_MAX];

        if (t == 0)
                return "never";
        return t == USEC_NEVER ? "now" : arena_strdup(a, time_print(t, buffer));
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

size_t show_width(const char *s) {
        mbstate_t state = {};
        size_t width = 0, columns;

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

bool show_is_terminal(int fd) {
        const char *term = getenv("TERM");

        return isatty(fd) && term && *term && !text_equal(term, "dumb");
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
