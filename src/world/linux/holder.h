/* world/linux/holder.h - who uses a block device or a file system: mappings, loop devices, swap,
 * mounts, processes */
#pragma once

#include <stdint.h>

struct arena;
struct holder;

/* Everybody who uses the device of that path or a partition of it, or who uses the mounted file
 * systems of the pool or dataset of that name ("tank", "tank/data"), as far as the kernel tells.
 * None if there is no such thing. No file system is touched, so that it never blocks; processes are
 * looked at for a tenth of a second at most. */
void holder_look(struct arena *a, const char *path, struct holder **ret, uint32_t *ret_n);
