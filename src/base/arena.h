/* base/arena.h - memory that is given back all at once */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"

struct arena;

/* A new, empty arena. Like every allocation of the program it does not return without memory: the
 * process says so and aborts, which is safe, as everything that matters is in the state file before
 * it is relied on. */
struct arena *arena_new(void);

/* Frees the arena and everything in it; NULL is fine. Returns NULL. */
struct arena *arena_free(struct arena *a);
DEFINE_CLEANUP(struct arena *, arena_free);

/* Forgets everything in the arena but keeps its first block for what comes next. */
void arena_clear(struct arena *a);

/* Zeroed memory, aligned for any type, valid until the arena is freed or cleared. */
void *arena_alloc(struct arena *a, size_t size);
#define arena_new_array(a, type, n) ((type *) arena_alloc_array(a, sizeof(type), n))
#define arena_new_one(a, type)      ((type *) arena_alloc(a, sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t size, size_t n);

/* Copies; NULL stays NULL. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args)
        __attribute__((format(printf, 2, 0), nonnull(2)));

/* How much memory the arena holds from the system. */
size_t arena_size_bytes(const struct arena *a);
