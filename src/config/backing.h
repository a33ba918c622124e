/* config/backing.h - what a pool stands on: its key backed_by */
#pragma once

#include "config/build.h"

/* Reads the list of top-level vdevs of the pool that is about to become the next entity. */
void backing_read(struct builder *b, struct entity *pool, const struct tree *t);
