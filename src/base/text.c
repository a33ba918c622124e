/* base/text.c - text: comparing, building, parsing numbers, near misses */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool text_equal(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_starts(const char *s, const char *prefix) {
        return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *s, const char *suffix) {
        size_t n = s ? strlen(s) : 0, m = strlen(suffix);

        return s && n >= m && strcmp(s + n - m, suffix) == 0;
}

bool text_to_u64(const char *s, uint64_t *ret) {
        uint64_t value = 0;

        if (!s || !*s)
                return false;
        for (; *s; s++)
                if (*s < '0' || *s > '9' || __builtin_mul_overflow(value, 10u, &value) ||
                    __builtin_add_overflow(value, (uint64_t) (*s - '0'), &value))
                        return false;
        *ret = value;
        return true;
}

bool text_to_hex64(const char *s, uint64_t *ret) {
        uint64_t value = 0;
        size_t n = 0;

        if (text_starts(s, "0x") || text_starts(s, "0X"))
                s += 2;
        for (; s && *s; s++, n++) {
                int c = tolower((unsigned char) *s);

                if (!isxdigit(c) || n == 16)
                        return false;
                value = value << 4 | (uint64_t) (c <= '9' ? c - '0' : c - 'a' + 10);
        }
        if (!n)
                return false;
        *ret = value;
        return true;
}

static char folded(char c) {
        return c == '_' ? '-' : (char) tolower((unsigned char) c);
}

/* Damerau-Levenshtein distance (adjacent letters may be swapped); `limit` + 1 when it is larger. */
static size_t text_distance(const char *a, const char *b, size_t limit) {
        enum { LONGEST = 63 };
        size_t n = strlen(a), m = strlen(b);
        size_t rows[3][LONGEST + 1];

        if (n > LONGEST || m > LONGEST)
                return limit + 1;
        for (size_t j = 0; j <= m; j++)
                rows[0][j] = j;
        for (size_t i = 1; i <= n; i++) {
                size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

                row[0] = i;
                for (size_t j = 1; j <= m; j++) {
                        bool same = folded(a[i - 1]) == folded(b[j - 1]);
                        size_t best = last[j - 1] + !same;

                        if (last[j] + 1 < best)
                                best = last[j] + 1;
                        if (row[j - 1] + 1 < best)
                                best = row[j - 1] + 1;
                        if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                            folded(a[i - 2]) == folded(b[j - 1]) && before[j - 2] + 1 < best)
                                best = before[j - 2] + 1;
                        row[j] = best;
                }
        }
        return rows[n % 3][m];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t n) {
        size_t limit = strlen(word) <= 3 ? 1 : strlen(word) <= 7 ? 2 : 3, best = limit + 1;
        const char *nearest = NULL;

        for (size_t i = 0; i < n; i++) {
                size_t d = candidates[i] ? text_distance(word, candidates[i], limit) : limit + 1;

                if (d < best) {
                        best = d;
                        nearest = candidates[i];
                }
        }
        return nearest;
}

static void text_reserve(struct text *t, size_t more) {
        size_t need;

        if (__builtin_add_overflow(t->length, more + 1, &need))
                abort();
        if (need <= t->capacity)
                return;
        t->capacity = t->capacity * 2 < need ? need + 32 : t->capacity * 2;
        t->s = memory_resize(t->s, t->capacity, 1);
}

void text_add_bytes(struct text *t, const void *p, size_t n) {
        text_reserve(t, n);
        if (n)
                memcpy(t->s + t->length, p, n);
        t->length += n;
        t->s[t->length] = 0;
}

void text_add(struct text *t, const char *s) {
        text_add_bytes(t, s, strlen(s));
}

void text_vaddf(struct text *t, const char *format, va_list args) {
        va_list again;
        int n;

        va_copy(again, args);
        n = vsnprintf(NULL, 0, format, again);
        va_end(again);
        if (n < 0)
                abort();
        text_reserve(t, (size_t) n);
        (void) vsnprintf(t->s + t->length, (size_t) n + 1, format, args);
        t->length += (size_t) n;
}

void text_addf(struct text *t, const char *format, ...) {
        va_list args;

        va_start(args, format);
        text_vaddf(t, format, args);
        va_end(args);
}

void text_clear(struct text *t) {
        t->length = 0;
        if (t->s)
                t->s[0] = 0;
}

void text_done(struct text *t) {
        free(t->s);
        *t = (struct text){};
}

const char *size_print(uint64_t bytes, char *buffer) {
        static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        double value = (double) bytes / 1024;
        size_t i = 0;

        if (bytes < 1024) {
                (void) snprintf(buffer, SIZE_PRINT_MAX, "%u B", (unsigned) bytes);
                return buffer;
        }
        for (; value >= 1023.95 && i + 1 < ELEMENTSOF(units); i++)
                value /= 1024;
        (void) snprintf(buffer, SIZE_PRINT_MAX, "%.1f %s", value, units[i]);
        return buffer;
}
