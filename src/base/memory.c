/* base/memory.c - allocation that does not return without memory */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static void *memory_check(void *p) {
        if (!p) {
                (void) fputs("zmirror: out of memory\n", stderr);
                abort();
        }
        return p;
}

void *memory_new(size_t n, size_t size) {
        return memory_check(calloc(n ? n : 1, size ? size : 1));
}

void *memory_resize(void *p, size_t n, size_t size) {
        return memory_check(reallocarray(p, n ? n : 1, size ? size : 1));
}

char *memory_strdup(const char *s) {
        return s ? memory_check(strdup(s)) : NULL;
}
