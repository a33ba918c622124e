/* cli/show.h - words for people: times, and text from outside that must not play with the terminal
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/time.h"

/* The text with every control character and line break as a blank, so that it stays one line. */
const char *show_line(struct arena *a, const char *s);
/* "now", "never", or local time. In the arena. */
const char *show_time(struct arena *a, usec_t t);
/* "in 3 days", "3 days ago", "now". In the arena. */
const char *show_distance(struct arena *a, usec_t t, usec_t now);

/* The wall clock. */
usec_t show_now(void);

/* How many columns the text takes on a terminal, in the locale that is set. */
size_t show_width(const char *s);
/* Appends the text, cut to so many columns; "..." tells that something is missing. */
void show_cut(struct text *t, const char *s, size_t columns);

/* True if colors and moving lines make sense there. */
bool show_is_terminal(int fd);
size_t show_terminal_columns(int fd);
