/* tests/fuzz/fuzz-span.c - durations and dates: what is printed is read again as the same */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(freep) char *s = memory_new(size + 1, 1);
        char buffer[SPAN_PRINT_MAX];
        struct span a, b;
        usec_t t;

        memcpy(s, data, size);
        if (span_parse(s, &a) &&
            (!span_parse(span_print(a, buffer), &b) || a.months != b.months || a.usec != b.usec))
                abort();
        (void) time_parse_iso(s, &t);
        return 0;
}
