/* engine/foreign.h - who uses a disk, that zmirror does not look after: pools that are not
 * configured, or imported under another name, file systems, swap, other mappings */
#pragma once

#include <stdbool.h>

#include "engine/core.h"

/* The first such use of the disk or partition, as a sentence ("/dev/sdb2 is mounted at /mnt") in
 * the arena; NULL: there is none. */
const char *foreign_find(const struct engine *e, entity_id id, struct arena *a);

/* What is mounted, and used as swap. */
void foreign_set_mounts(struct engine *e, const struct mount *mounts, uint32_t n);
/* Which pools are imported, configured or not. */
void foreign_set_pools(struct engine *e, const struct pool_seen *pools, uint32_t n);
/* What one said that is not configured; NULL: it did not. */
void foreign_note_pool(struct engine *e, const char *name, const struct pool_status *status);
/* Asks for the GUIDs of those of which the kernel does not tell them. */
void foreign_ask(struct engine *e);
/* A device came or went: the disk below it is looked at again. */
void foreign_touch_below(struct engine *e, const struct device *d);
void foreign_release(struct engine *e);
