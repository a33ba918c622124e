/* engine/receipt.h - what is written down of a disk when it is safe to unplug */
#pragma once

#include "engine/core.h"

/* The receipt as of now, as JSON in the arena; NULL if no leg lies on the disk. */
const char *receipt_of(const struct engine *e, entity_id disk, struct arena *a);
