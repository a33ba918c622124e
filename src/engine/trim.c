/* engine/trim.c - can a leg be trimmed, and if not, where do the trims get lost?
 *
 * ZFS decides when a leg comes online, by what its device takes then; that is what a container lets
 * through of what the kernel sends to the disk. The lowest place that lets nothing through is the
 * cause, as what lies on it could not do better. */
#include "engine/trim.h"
#include "base/text.h"
#include "engine/picture.h"

#define LAYERS_MAX 16u

static const struct device *device_below(const struct engine *e, const struct device *d) {
        uint64_t below = d->kind == DEVICE_MAPPING ? d->backing : d->disk, slot;

        return below && map_get_number(&e->slot_by_devnum, below, &slot)
                       ? e->slots.items[slot].device
                       : NULL;
}

static struct trim_obstacle device_obstacle(const struct device *d) {
        struct trim_obstacle o = { .where = d->devnode, .mode = d->provisioning };

        if (d->kind == DEVICE_MAPPING)
                o.fault = TRIM_FAULT_MAPPING;
        else if (!*d->provisioning || text_equal(d->provisioning, "unmap"))
                o.fault = TRIM_FAULT_DISK;
        else
                o.fault = d->announces_trims ? TRIM_FAULT_ANNOUNCED : TRIM_FAULT_SILENT;
        return o;
}

struct trim_obstacle trim_find_obstacle(const struct engine *e, entity_id leg) {
        const struct device *d = node_device(e, engine_node(e, leg)), *lowest = NULL;
        const struct vdev *v = leg_vdev(e, leg);

        if (!v || v->trim_state != TRIM_UNSUPPORTED)
                return (struct trim_obstacle){};
        if (!d)
                return (struct trim_obstacle){ .fault = TRIM_FAULT_UNKNOWN };
        for (uint32_t i = 0; d && i < LAYERS_MAX; i++, d = device_below(e, d))
                if (!d->discard_max)
                        lowest = d;
        return lowest ? device_obstacle(lowest)
                      : (struct trim_obstacle){ .fault = TRIM_FAULT_REOPEN };
}
