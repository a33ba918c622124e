/* engine/trim.h - can a leg be trimmed, and if not, where do the trims get lost? */
#pragma once

#include "engine/core.h"
#include "model/trim.h"

/* Of a leg that ZFS has online and does not trim: why. Else TRIM_FAULT_NONE. Borrowed from the
 * facts. */
struct trim_obstacle trim_find_obstacle(const struct engine *e, entity_id leg);
