/* world/linux/device.h - block devices as udev and the kernel describe them */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct device;

/* All devices that udev has finished with, in the arena. 0 or negative errno. */
int device_look_all(struct arena *a, struct device **ret, uint32_t *ret_n);

/* The device of that syspath; false if it is gone or not ready for use. */
bool device_look(struct arena *a, const char *syspath, struct device **ret);
