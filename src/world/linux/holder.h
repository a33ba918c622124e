/* world/linux/holder.h - who uses a block device: mappings, loop devices, swap, mounts */
#pragma once

#include <stdint.h>

struct arena;
struct holder;

/* Everybody who uses the device of that path or a partition of it, as far as the kernel tells. None
 * if there is no such device. Never blocks. */
void holder_look(struct arena *a, const char *path, struct holder **ret, uint32_t *ret_n);
