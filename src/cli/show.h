/* cli/show.h - words for people: times, and text from outside that must not play with the terminal
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/time.h"

/* The text with every control character and line break as a blank, so that it stays one line. */
const char *show_line(struct arena *a, const char *s);
/* How much of a date is told. */
enum show_date {
        SHOW_DATE_FULL,    /* 2026-03-01 03:15:00 */
        SHOW_DATE_MINUTES, /* 2026-03-01 03:15 */
        SHOW_DATE_DAY,     /* 2026-03-01 */
        SHOW_DATE_AGE,     /* 12 d */
};

/* "now", "never", or local time. In the arena. */
const char *show_date(struct arena *a, usec_t t, enum show_date form, usec_t now);
/* The same, in full. */
const char *show_time(struct arena *a, usec_t t);
/* "in 3 days", "3 days ago", "now". In the arena. */
const char *show_distance(struct arena *a, usec_t t, usec_t now);

/* As time_print_iso, and faster for many dates that are near each other. */
const char *show_time_iso(usec_t t, char *buffer);

/* The wall clock. */
usec_t show_now(void);

/* How many columns the text takes on a terminal, in the locale that is set. */
size_t show_width(const char *s);
/* Appends the text, cut to so many columns; "..." tells that something is missing. */
void show_cut(struct text *t, const char *s, size_t columns);
/* The same, but its end is kept, and a little of its beginning. */
void show_cut_middle(struct text *t, const char *s, size_t columns);

/* Appends the text, broken at blanks so that no line is longer than so many columns; lines after
 * the first are indented. The first begins where the text ends, which is thought to be indented,
 * too. */
void show_wrap(struct text *t, const char *s, size_t indent, size_t columns);

/* Appends "[====>    ]  41 % ". */
void show_bar(struct text *t, double progress);

/* True if colors and moving lines make sense there. */
bool show_is_terminal(int fd);
size_t show_terminal_columns(int fd);
size_t show_terminal_lines(int fd);
