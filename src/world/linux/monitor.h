/* world/linux/monitor.h - where udev says that something may have changed */
#pragma once

#include <stdint.h>

struct device;
struct linux_world;
struct monitor;

/* Hints from now on. 0 or negative errno. */
int monitor_new(struct linux_world *w, struct monitor **ret);
struct monitor *monitor_free(struct monitor *m);

/* What was seen by looking at `syspath`, or at everything (NULL): mappings are hinted at, too, when
 * something happens to what they stand on. `m` may be NULL. */
void monitor_note(struct monitor *m, const char *syspath, const struct device *devices, uint32_t n);
