/* tests/fuzz/fuzz-pool-status-json.c - what `zpool status -j` might say of the pool "tank" */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "model/facts.h"
#include "world/linux/pool_status_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(pool_status_freep) struct pool_status *p = NULL;
        const char *error = NULL;

        if (pool_status_parse_json((const char *) data, size, "tank", &p, &error) < 0) {
                assert(error && !p);
                return 0;
        }
        assert(p->n_vdevs > 0 && p->vdevs[0].parent == VDEV_NONE);
        for (uint32_t i = 1; i < p->n_vdevs; i++)
                assert(p->vdevs[i].parent < i && p->vdevs[i].top <= i && p->vdevs[i].top > 0);
        return 0;
}
