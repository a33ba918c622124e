/* base/text.h - text: comparing, building, parsing numbers, near misses */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);

/* Parse the whole of `s`; false for anything but a plain number in range. No sign, no blanks. */
bool text_to_u64(const char *s, uint64_t *ret);
bool text_to_hex64(const char *s, uint64_t *ret); /* with or without 0x */

/* About so many bytes: "512 B", "7.5 MiB", "30.0 GiB". `buffer` of SIZE_PRINT_MAX. */
#define SIZE_PRINT_MAX 32
const char *size_print(uint64_t bytes, char *buffer);

/* The candidate that somebody probably meant by `word` (a few typing errors, case, - for _), or
 * NULL. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

/* Text that grows; all zeroes is empty. `s` is always terminated once something was added. */
struct text {
        char *s;
        size_t length, capacity;
};

void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const void *p, size_t n);
void text_addf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *t, const char *format, va_list args)
        __attribute__((format(printf, 2, 0), nonnull(2)));
void text_clear(struct text *t);
void text_done(struct text *t);
