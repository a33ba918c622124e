/* world/linux/capture.c - what a child prints, kept within limits */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "world/linux/capture.h"

#define READ_BYTES (32u * 1024)

/* A secret lies in pages of its own, which are neither swapped out nor dumped. */
static char *secret_new(size_t size) {
        char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
                abort();       /* no memory: as everywhere */
        (void) mlock(p, size); /* without the privilege it may be paged out: no reason to fail */
        (void) madvise(p, size, MADV_DONTDUMP);
        return p;
}

void capture_init(struct capture *c, enum capture_kind kind, size_t max) {
        *c = (struct capture){ .kind = kind, .max = max };
        if (kind == CAPTURE_SECRET) {
                c->capacity = max + 1;
                c->bytes = secret_new(c->capacity);
        }
}

void capture_done(struct capture *c) {
        if (c->kind == CAPTURE_SECRET && c->bytes) {
                explicit_bzero(c->bytes, c->capacity);
                (void) munmap(c->bytes, c->capacity);
        } else
                free(c->bytes);
        *c = (struct capture){};
}

/* Room for so much more, and for the terminator. */
static void capture_reserve(struct capture *c, size_t n) {
        size_t need = c->length + n + 1;

        if (need <= c->capacity)
                return;
        c->capacity = need > 2 * c->capacity ? need : 2 * c->capacity;
        c->bytes = memory_resize(c->bytes, c->capacity, 1);
}

/* The end is kept by moving it to the front now and then, not with every byte. */
static void capture_add_end(struct capture *c, const char *bytes, size_t n) {
        if (n > c->max) {
                bytes += n - c->max;
                n = c->max;
                c->cut = true;
        }
        if (c->length + n > 2 * c->max) {
                size_t keep = c->max - n;

                memmove(c->bytes, c->bytes + c->length - keep, keep);
                c->length = keep;
                c->cut = true;
        }
        capture_reserve(c, n);
        memcpy(c->bytes + c->length, bytes, n);
        c->length += n;
}

void capture_add(struct capture *c, const char *bytes, size_t n) {
        if (c->kind == CAPTURE_END) {
                capture_add_end(c, bytes, n);
                return;
        }
        if (n > c->max - c->length) {
                n = c->max - c->length;
                c->cut = true;
        }
        if (c->kind != CAPTURE_SECRET)
                capture_reserve(c, n);
        memcpy(c->bytes + c->length, bytes, n);
        c->length += n;
}

/* What does not fit any more is read and forgotten, so that the child can go on. */
long capture_read(struct capture *c, int fd) {
        char buffer[READ_BYTES];
        ssize_t n;

        if (c->kind == CAPTURE_SECRET && c->length < c->max) {
                n = read(fd, c->bytes + c->length, c->max - c->length);
                if (n > 0)
                        c->length += (size_t) n;
                return n < 0 ? -errno : n;
        }
        n = read(fd, buffer, sizeof(buffer));
        if (n < 0)
                return -errno;
        if (c->kind == CAPTURE_SECRET) {
                c->cut |= n > 0;
                explicit_bzero(buffer, sizeof(buffer));
        } else if (n > 0)
                capture_add(c, buffer, (size_t) n);
        return n;
}

const char *capture_text(struct capture *c) {
        if (c->kind == CAPTURE_END && c->length > c->max) {
                memmove(c->bytes, c->bytes + c->length - c->max, c->max);
                c->length = c->max;
                c->cut = true;
        }
        if (!c->bytes)
                return "";
        c->bytes[c->length] = 0; /* there is always room for it */
        return c->bytes;
}

/* How many bytes the UTF-8 character at `s` has; 0 if it is none. */
static size_t utf8_length(const unsigned char *s) {
        static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
        size_t n = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
        uint32_t code = n == 1 ? *s : n ? *s & (0x7fu >> n) : 0;

        for (size_t i = 1; i < n; i++) {
                if (s[i] >> 6 != 2)
                        return 0;
                code = code << 6 | (s[i] & 0x3fu);
        }
        if (n > 1 && (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)))
                return 0;
        return n;
}

/* cryptsetup says the same 25 times. */
static void drop_repeated_lines(char *s) {
        char *end = s, *before = NULL;
        size_t n, n_before = 0;

        for (char *line = s; *line; line += n) {
                size_t rest;

                n = strcspn(line, "\n");
                rest = n;
                n += line[n] == '\n';
                if (before && rest == n_before && !memcmp(before, line, rest))
                        continue;
                memmove(end, line, n);
                before = end;
                n_before = rest;
                end += n;
        }
        if (end > s && end[-1] == '\n')
                end--;
        *end = 0;
}

char *capture_tidy(char *s) {
        size_t n;

        while (isspace((unsigned char) *s))
                s++;
        for (n = strlen(s); n > 0 && isspace((unsigned char) s[n - 1]); n--)
                s[n - 1] = 0;
        for (char *p = s; *p;) {
                n = utf8_length((unsigned char *) p);
                if (n == 1 && iscntrl((unsigned char) *p) && *p != '\n')
                        *p = *p == '\t' ? ' ' : '?';
                else if (n == 0)
                        *p = '?';
                p += n ? n : 1;
        }
        drop_repeated_lines(s);
        return s;
}
