/* world/linux/power.h - a disk is stopped, taken from the kernel, and its port is powered down */
#pragma once

#include <stdbool.h>

#include "base/arena.h"

/* Writes out what the kernel still has for the disk, has it empty its own cache, and stops it. 0,
 * or negative errno; -EBUSY: somebody uses it. */
int power_stop(const char *devnode);
/* Takes the disk with that path in /sys from the kernel, and powers its USB port down, unless
 * another disk (of those in the folder `disks`, /sys/block) is behind it. 0 or negative errno;
 * -EOPNOTSUPP: it is none of those with which that can be done. */
int power_cut(struct arena *a, const char *syspath, const char *disks);
/* True if that can be done with it. */
bool power_can_cut(struct arena *a, const char *syspath);
