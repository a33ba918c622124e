/* world/linux/capture.h - what a child prints, kept within limits */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum capture_kind {
        CAPTURE_START,  /* keeps the first `max` bytes and says if there were more */
        CAPTURE_END,    /* keeps the last `max` bytes */
        CAPTURE_SECRET, /* like CAPTURE_START, never copied, never paged out, wiped afterwards */
};

struct capture {
        enum capture_kind kind;
        char *bytes;
        size_t length, capacity, max;
        bool cut; /* there was more */
};

void capture_init(struct capture *c, enum capture_kind kind, size_t max);
void capture_done(struct capture *c);

/* Reads once from the descriptor. Returns how much was read (0: the end) or negative errno. */
long capture_read(struct capture *c, int fd);

void capture_add(struct capture *c, const char *bytes, size_t n);

/* What was kept, terminated. Borrowed until more is added. */
const char *capture_text(struct capture *c);

/* Makes text fit for people and for JSON: blanks around it go, what is neither printable nor UTF-8
 * becomes '?'. Lines stay lines; one that repeats the one before it goes. In place; returns where
 * it begins now. */
char *capture_tidy(char *s);
