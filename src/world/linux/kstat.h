/* world/linux/kstat.h - the kernel's statistics of ZFS: which pools there are, without any ioctl */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/facts.h"

#define KSTAT_DIR "/proc/spl/kstat/zfs"

/* True if the directory of that name in /proc/spl/kstat/zfs stands for a pool: names that start
 * with '$' are imports being tried. */
bool kstat_is_pool_name(const char *name);

/* The `state` file of a pool. The name is borrowed; the state is one of ZFS's words, as text of its
 * own. False if it makes no sense. */
bool kstat_parse_state(const char *text, size_t len, const char *name, struct arena *a,
                       struct pool_seen *ret);

/* The `txgs` file of a pool: the newest transaction group that has been committed; false if none is
 * listed. */
bool kstat_parse_txgs(const char *text, size_t len, uint64_t *ret_txg);

/* The `guid` file of a pool (ZFS 2.2 and later). */
bool kstat_parse_guid(const char *text, size_t len, uint64_t *ret_guid);

/* The `iostats` file of a pool: when it was made, in nanoseconds since the machine started. That is
 * when the pool was imported (or created), and no two imports have the same (seen on 2.1.11 and
 * 2.3.2; `txgs` and `state` tell no time). */
bool kstat_parse_instance(const char *text, size_t len, uint64_t *ret_instance);

/* Reads a directory like /proc/spl/kstat/zfs: all pools, or, if there is no such directory (ZFS is
 * not loaded), none. 0 or negative errno. Never blocks: the kernel answers without taking locks. */
int kstat_look_pools(const char *dir, struct arena *a, struct pool_seen **ret, uint32_t *ret_n);

/* The pool's newest committed transaction group, its GUID, and when it was imported, 0 where the
 * kernel does not tell. */
uint64_t kstat_look_txg(const char *dir, const char *pool);
uint64_t kstat_look_guid(const char *dir, const char *pool);
uint64_t kstat_look_instance(const char *dir, const char *pool);
