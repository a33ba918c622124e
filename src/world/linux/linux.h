/* world/linux/linux.h - the real world: udev, ZFS, LUKS, children */
#pragma once

#include "world/world.h"

struct sd_event;

/* Where things are; NULL stands for the usual place. Other places are for tests. */
struct linux_options {
        const char *kstat_dir;     /* /proc/spl/kstat/zfs */
        const char *label_program; /* this program itself: `zmirror label --json <device>` is run to
                                      read labels */
        bool zfs_events;           /* follow `zpool events` */
};

/* A world in that event loop, which must outlive it. */
int linux_world_new(struct sd_event *loop, const struct linux_options *options, struct world **ret);
