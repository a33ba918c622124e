/* base/cleanup.h - release by scope, visible handing over, and allocation that does not return
 * without memory */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

/* Makes `f##p`, for use with _cleanup_, from a destructor that takes the pointer itself. */
#define DEFINE_CLEANUP(type, f)                                                                    \
        static inline void f##p(type *p) {                                                         \
                if (*p)                                                                            \
                        f(*p);                                                                     \
        }                                                                                          \
        struct _cleanup_needs_semicolon

/* Hands over what the variable holds, and leaves the variable empty. */
#define TAKE_PTR(p)                                                                                \
        ({                                                                                         \
                __typeof__(p) _taken = (p);                                                        \
                (p) = NULL;                                                                        \
                _taken;                                                                            \
        })
#define TAKE_FD(fd)                                                                                \
        ({                                                                                         \
                int _taken_fd = (fd);                                                              \
                (fd) = -1;                                                                         \
                _taken_fd;                                                                         \
        })

static inline void freep(void *p) {
        free(*(void **) p);
}

static inline void closep(int *fd) {
        if (*fd >= 0)
                (void) close(*fd);
}

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

/* Like calloc, realloc and strdup, but they abort with one line when there is no memory (see
 * base/arena.h). */
void *memory_new(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *memory_resize(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *memory_strdup(const char *s);
