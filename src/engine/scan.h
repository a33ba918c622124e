/* engine/scan.h - scrubs and trims: which legs they count for, and how they ended: SPEC 5.2, 6 */
#pragma once

#include "engine/core.h"

/* The pool said something, or the leg's picture changed: notices scrubs and trims that began or
 * ended. */
void scan_follow(struct engine *e, entity_id leg);
/* The same for requests of the whole pool. */
void scan_follow_pool(struct engine *e, entity_id pool);
