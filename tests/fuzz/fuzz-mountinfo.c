/* tests/fuzz/fuzz-mountinfo.c - /proc/self/mountinfo */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/facts.h"
#include "world/linux/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct mount *mounts;
        uint32_t n;

        mountinfo_parse((const char *) data, size, a, &mounts, &n);
        for (uint32_t i = 0; i < n; i++)
                assert(mounts[i].source && mounts[i].target && mounts[i].fs_type);
        return 0;
}
