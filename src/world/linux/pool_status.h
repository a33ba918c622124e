/* world/linux/pool_status.h - building a pool's status, for both of the forms that it is read from
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "model/facts.h"

/* Limits on what is believed. ZFS itself allows far less than these in practice. */
#define POOL_STATUS_TEXT_MAX  (16u * 1024 * 1024)
#define POOL_STATUS_VDEVS_MAX 65536u
#define POOL_STATUS_DEPTH_MAX 8u

/* A status that grows; finished by pool_status_finish. */
struct pool_status_builder {
        struct pool_status *status;
        ARRAY(struct vdev) vdevs;
};

void pool_status_builder_init(struct pool_status_builder *b, const char *pool);
void pool_status_builder_done(struct pool_status_builder *b); /* drops what was not finished */

/* A new vdev below `parent` (VDEV_NONE: the root), with all text "" and `top` set; NULL if there
 * are too many. Valid until the next one is added. */
struct vdev *pool_status_add_vdev(struct pool_status_builder *b, uint32_t parent);

/* Hands the status over, with what follows from all of it together. */
struct pool_status *pool_status_finish(struct pool_status_builder *b);

/* "mirror-0", "raidz2-1", "draid1:4d:6c:1s-0", "replacing-3"; a path or GUID is a disk. */
void vdev_set_type_by_name(struct vdev *v, const char *name);

/* "AVAIL" and "INUSE" (spares), "SPLIT" and what is not known yet, as well as the usual words. */
void vdev_set_state_by_word(struct pool_status_builder *b, struct vdev *v, const char *word);

/* The text with every run of blanks, tabs and newlines as one blank. */
const char *text_on_one_line(struct arena *a, const char *s, size_t len);
