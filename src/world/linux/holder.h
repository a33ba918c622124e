/* world/linux/holder.h - who uses a block device, a file system or a pool */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct holder;

/* Everybody who uses it, as far as the kernel tells: `found` is called with a few words each, as
 * soon as they are known ("mounted at /mnt", "process 12 (bash) uses /tank/x").
 *
 * `/dev/...`: the device or a partition of it. Any other path: what is mounted there. Else a pool
 * or dataset, with all below it: who keeps it from being unmounted and exported, and who uses one
 * of its volumes. `kstat_dir`: NULL for the kernel's own.
 *
 * Asks no file system, but may hang all the same (a device that is opened, a process that hangs):
 * to be called in a process that somebody watches. False if there is no such thing: no such block
 * device, nothing mounted at the folder, no such pool imported. */
bool holder_look(const char *name, const char *kstat_dir,
                 void (*found)(void *userdata, const char *text), void *userdata);

/* What such a process printed, one line each, as far as it is text. */
void holder_parse(const char *text, size_t len, struct arena *a, struct holder **ret,
                  uint32_t *ret_n);
