/* base/arena.c - memory that is given back all at once */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#define BLOCK_MIN_BYTES 1024u
#define BLOCK_MAX_BYTES (256u * 1024u)
#define ALIGNMENT       _Alignof(max_align_t)

struct block {
        struct block *next;
        size_t size, used;
        _Alignas(max_align_t) unsigned char data[];
};

struct arena {
        struct block *blocks; /* the newest first; only the newest has room */
        size_t total;
};

struct arena *arena_new(void) {
        return memory_new(1, sizeof(struct arena));
}

struct arena *arena_free(struct arena *a) {
        struct block *next;

        if (!a)
                return NULL;
        for (struct block *b = a->blocks; b; b = next) {
                next = b->next;
                free(b);
        }
        free(a);
        return NULL;
}

void arena_clear(struct arena *a) {
        struct block *next;

        for (struct block *b = a->blocks; b; b = next) {
                next = b->next;
                if (!next) { /* the first one that was made */
                        memset(b->data, 0, b->used);
                        b->used = 0;
                        a->total = b->size;
                        a->blocks = b;
                        return;
                }
                free(b);
        }
}

/* Small arenas stay small, and large ones do not ask the system for every page. */
static struct block *arena_grow(struct arena *a, size_t size) {
        size_t want = a->total < BLOCK_MIN_BYTES ? BLOCK_MIN_BYTES : a->total;
        struct block *b;

        if (want > BLOCK_MAX_BYTES)
                want = BLOCK_MAX_BYTES;
        if (want < size)
                want = size;
        b = memory_new(1, sizeof(*b) + want);
        b->size = want;
        b->next = a->blocks;
        a->blocks = b;
        a->total += want;
        return b;
}

void *arena_alloc(struct arena *a, size_t size) {
        struct block *b = a->blocks;
        void *p;

        size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (!b || b->size - b->used < size)
                b = arena_grow(a, size);
        p = b->data + b->used;
        b->used += size;
        return p;
}

void *arena_alloc_array(struct arena *a, size_t size, size_t n) {
        size_t bytes;

        if (__builtin_mul_overflow(size, n, &bytes))
                abort();
        return arena_alloc(a, bytes);
}

void *arena_memdup(struct arena *a, const void *p, size_t n) {
        void *copy = arena_alloc(a, n);

        if (n)
                memcpy(copy, p, n);
        return copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t n) {
        char *copy;

        if (!s)
                return NULL;
        n = strnlen(s, n);
        copy = arena_alloc(a, n + 1);
        memcpy(copy, s, n);
        return copy;
}

char *arena_strdup(struct arena *a, const char *s) {
        return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *format, va_list args) {
        va_list again;
        char *s;
        int n;

        va_copy(again, args);
        n = vsnprintf(NULL, 0, format, again);
        va_end(again);
        if (n < 0)
                abort();
        s = arena_alloc(a, (size_t) n + 1);
        (void) vsnprintf(s, (size_t) n + 1, format, args);
        return s;
}

char *arena_printf(struct arena *a, const char *format, ...) {
        va_list args;
        char *s;

        va_start(args, format);
        s = arena_vprintf(a, format, args);
        va_end(args);
        return s;
}

size_t arena_size_bytes(const struct arena *a) {
        return a ? a->total : 0;
}
