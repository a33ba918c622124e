/* cli/block.h - the folder in /sys of a block device that somebody named */
#pragma once

#include "base/arena.h"

/* In the arena; NULL: it is none, and that was complained about. */
const char *block_find(struct arena *a, const char *path);
