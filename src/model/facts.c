/* model/facts.c - copying and comparing what was seen, and the words for it */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/facts.h"

/* The members of a device that are text: copied, and compared by content. */
static const size_t device_text[] = {
        offsetof(struct device, syspath),    offsetof(struct device, devnode),
        offsetof(struct device, table_uuid), offsetof(struct device, part_name),
        offsetof(struct device, part_uuid),  offsetof(struct device, fs_type),
        offsetof(struct device, fs_uuid),    offsetof(struct device, dm_name),
        offsetof(struct device, dm_uuid),    offsetof(struct device, zvol_name),
        offsetof(struct device, serial),     offsetof(struct device, model),
        offsetof(struct device, bus),        offsetof(struct device, provisioning),
};

static const char **device_member(struct device *d, size_t offset) {
        return (const char **) ((char *) d + offset);
}

static const char *device_member_text(const struct device *d, size_t offset) {
        const char *s = *(const char *const *) ((const char *) d + offset);

        return s ? s : "";
}

struct device *device_copy(struct arena *a, const struct device *d) {
        struct device *copy = arena_memdup(a, d, sizeof(*d));

        for (size_t i = 0; i < ELEMENTSOF(device_text); i++)
                *device_member(copy, device_text[i]) = arena_strdup(
                        a, device_member_text(d, device_text[i]));
        copy->below = arena_memdup(a, d->below, d->n_below * sizeof(*d->below));
        return copy;
}

bool device_equal(const struct device *a, const struct device *b) {
        for (size_t i = 0; i < ELEMENTSOF(device_text); i++)
                if (strcmp(device_member_text(a, device_text[i]),
                           device_member_text(b, device_text[i])) != 0)
                        return false;
        if (a->n_below != b->n_below ||
            (a->n_below && memcmp(a->below, b->below, a->n_below * sizeof(*a->below)) != 0))
                return false;
        return a->devnum == b->devnum && a->diskseq == b->diskseq && a->kind == b->kind &&
               a->size_bytes == b->size_bytes && a->pool_guid == b->pool_guid &&
               a->vdev_guid == b->vdev_guid && a->backing == b->backing &&
               a->backing_exists == b->backing_exists && a->backing_diskseq == b->backing_diskseq &&
               a->disk == b->disk && a->removable == b->removable && a->usb == b->usb &&
               a->discard_max == b->discard_max && a->announces_trims == b->announces_trims;
}

static const char *const vdev_state_names[_VDEV_STATE_MAX] = {
        [VDEV_STATE_UNKNOWN] = "UNKNOWN",   [VDEV_STATE_CLOSED] = "CLOSED",
        [VDEV_STATE_OFFLINE] = "OFFLINE",   [VDEV_STATE_REMOVED] = "REMOVED",
        [VDEV_STATE_UNAVAIL] = "UNAVAIL",   [VDEV_STATE_FAULTED] = "FAULTED",
        [VDEV_STATE_DEGRADED] = "DEGRADED", [VDEV_STATE_ONLINE] = "ONLINE",
};

const char *vdev_state_print(enum vdev_state s) {
        return vdev_state_names[s];
}

bool vdev_state_parse(const char *s, enum vdev_state *ret) {
        if (text_equal(s, "CANT_OPEN")) {
                *ret = VDEV_STATE_UNAVAIL;
                return true;
        }
        for (size_t i = 0; i < _VDEV_STATE_MAX; i++)
                if (text_equal(s, vdev_state_names[i])) {
                        *ret = (enum vdev_state) i;
                        return true;
                }
        return false;
}

static const char *const vdev_type_names[_VDEV_TYPE_MAX] = {
        [VDEV_TYPE_ROOT] = "root",           [VDEV_TYPE_DISK] = "disk",
        [VDEV_TYPE_MIRROR] = "mirror",       [VDEV_TYPE_RAIDZ] = "raidz",
        [VDEV_TYPE_REPLACING] = "replacing", [VDEV_TYPE_SPARE] = "spare",
        [VDEV_TYPE_OTHER] = "other",
};

const char *vdev_type_print(enum vdev_type t) {
        return vdev_type_names[t];
}

bool vdev_type_parse(const char *s, enum vdev_type *ret) {
        for (size_t i = 0; i < _VDEV_TYPE_MAX; i++)
                if (text_equal(s, vdev_type_names[i])) {
                        *ret = (enum vdev_type) i;
                        return true;
                }
        return false;
}

uint32_t vdev_shape_needs(const struct vdev_shape *s) {
        switch (s->type) {
        case VDEV_TYPE_MIRROR:
        case VDEV_TYPE_REPLACING: /* of one that was alone */
        case VDEV_TYPE_SPARE:
                return 1;
        case VDEV_TYPE_RAIDZ:
                return s->width > s->parity ? s->width - s->parity : 1;
        case VDEV_TYPE_ROOT:
        case VDEV_TYPE_DISK:
        case VDEV_TYPE_OTHER:
        case _VDEV_TYPE_MAX:
                break;
        }
        return s->width ? s->width : 1;
}

/* The text form of what has ended tells no amounts but a rounded one of what was repaired. */
static bool scan_is_rough(const struct scan *s) {
        return s->state != SCAN_STATE_SCANNING && !s->to_examine;
}

/* `issued` is left out: after an import ZFS computes it anew, so that the same record reads
 * otherwise. A rough record (seen by the tools of an older ZFS) is the same as an exact one if they
 * agree in what both tell. */
bool scan_equal(const struct scan *a, const struct scan *b) {
        if (a->function != b->function || a->state != b->state || a->end != b->end ||
            a->paused != b->paused || a->errors != b->errors)
                return false;
        if (scan_is_rough(a) != scan_is_rough(b))
                return a->start == b->start || !a->start || !b->start;
        return a->start == b->start && a->to_examine == b->to_examine &&
               a->examined == b->examined && a->processed == b->processed;
}

struct pool_status *pool_status_free(struct pool_status *p) {
        if (p)
                arena_free(p->arena);
        return NULL;
}
