/* tests/fuzz/fuzz-config.c - a configuration is the administrator's, but may be anything */
#include <stddef.h>
#include <stdint.h>

#include "config/config_load.h"

/* libfyaml 0.7 does not free some of its own when it gives up in the middle of a text. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
        return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct summary_line *lines;
        struct diagnoses d;
        struct config *c = config_parse(a, "fuzz.yml", (const char *) data, size, false, &d);

        for (size_t i = 0; i < d.count; i++)
                (void) diagnosis_print(a, "fuzz.yml", &d.items[i]);
        if (c)
                (void) config_summarize(a, c, &lines);
        (void) config_free(c);
        return 0;
}
