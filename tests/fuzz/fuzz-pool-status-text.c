/* tests/fuzz/fuzz-pool-status-text.c - what `zpool status` might say to people of the pool "tank";
 * a line "%" parts it from what it says with -g */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "model/facts.h"
#include "world/linux/pool_status_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *text = (const char *) data, *error = NULL;
        const char *parted = memmem(text, size, "\n%\n", 3), *guids = parted ? parted + 3 : NULL;
        size_t len = parted ? (size_t) (parted + 1 - text) : size;
        _cleanup_(pool_status_freep) struct pool_status *p = NULL;

        if (pool_status_parse_text(text, len, guids, guids ? (size_t) (text + size - guids) : 0,
                                   "tank", &p, &error) < 0) {
                assert(error && !p);
                return 0;
        }
        assert(p->n_vdevs > 0 && p->vdevs[0].parent == VDEV_NONE);
        for (uint32_t i = 1; i < p->n_vdevs; i++)
                assert(p->vdevs[i].parent < i && p->vdevs[i].top <= i && p->vdevs[i].top > 0);
        return 0;
}
