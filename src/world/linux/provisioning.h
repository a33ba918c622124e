/* world/linux/provisioning.h - how the kernel sends trims to a SCSI disk, and whether the disk
 * takes them */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* The provisioning mode of the disk with that path in /sys ("unmap", "writesame_16", "full", ...),
 * in the arena; "" if it is no SCSI disk. */
const char *provisioning_mode(struct arena *a, const char *syspath);
/* Makes it "unmap". 0 or negative errno; -ENODEV: it is no SCSI disk. */
int provisioning_set_unmap(const char *syspath);

/* What the disk itself says in its VPD page B2 (SBC-4, 6.6.7). */
struct provisioning_vpd {
        bool there; /* it has such a page */
        bool unmap, write_same_16, write_same_10;
};

void provisioning_vpd_read(const char *syspath, struct provisioning_vpd *ret);
