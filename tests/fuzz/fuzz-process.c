/* tests/fuzz/fuzz-process.c - files of /proc/<pid>, and what `zmirror holders` printed
 *
 * The first byte tells which: 'f' fdinfo, 'm' maps, 'h' holders. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "model/facts.h"
#include "world/linux/holder.h"
#include "world/linux/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_holders(const char *text, size_t size) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct holder *holders;
        uint32_t n;

        holder_parse(text, size, a, &holders, &n);
        for (uint32_t i = 0; i < n; i++)
                assert(holders[i].text[0] && !strchr(holders[i].text, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint64_t device = 0x2d;
        const struct process_search s = { .file_systems = &device, .n_file_systems = 1 };
        const char *text = (const char *) data + 1;
        char file[PATH_MAX];
        uint64_t id;

        if (size < 1 || size > 64 * 1024)
                return 0;
        if (*data == 'f')
                (void) process_parse_mount_id(text, size - 1, &id);
        else if (*data == 'm')
                (void) process_parse_maps(text, size - 1, &s, file);
        else
                parse_holders(text, size - 1);
        return 0;
}
