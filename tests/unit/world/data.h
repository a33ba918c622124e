/* tests/unit/world/data.h - files of captured data, for the tests of what reads them */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

/* The content of a file below tests/data, NULL if there is none. */
static inline const char *data_read(struct arena *a, const char *path) {
        FILE *f = fopen(arena_printf(a, "%s/%s", TEST_DATA, path), "re");
        struct text t = {};
        char buffer[4096], *copy;
        size_t n;

        if (!f)
                return NULL;
        while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
                text_add_bytes(&t, buffer, n);
        assert_int_equal(fclose(f), 0);
        copy = arena_strndup(a, t.s ? t.s : "", t.length);
        text_done(&t);
        return copy;
}
