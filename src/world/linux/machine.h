/* world/linux/machine.h - what of this machine may bite a configuration: read once, for `zmirror
 * check` */
#pragma once

#include "base/arena.h"
#include "model/config.h"
#include "model/machine.h"

/* Where it is looked; all without a slash at the end. */
struct machine_folders {
        const char *etc, *sys, *dev, *kstat;
};

extern const struct machine_folders machine_folders_usual;

/* Needs neither root nor a daemon, nor ZFS: what is not there cannot bite. Asks `zpool` and `zfs`
 * about imported pools, each for a few seconds at most, and not about those that are suspended. All
 * in the arena. */
void machine_look(struct arena *a, const struct config *c, const struct machine_folders *folders,
                  struct machine *ret);
