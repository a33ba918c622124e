/* engine/scan.h - scrubs and trims: which legs they count for, and how they ended */
#pragma once

#include "engine/core.h"

/* The pool said something, or the leg's picture changed: notices scrubs and trims that began or
 * ended. */
void scan_follow(struct engine *e, entity_id leg);
/* The same for requests of the whole pool. */
void scan_follow_pool(struct engine *e, entity_id pool);
/* Somebody does not want it any more: stops a scrub or trim that runs. A scrub only if nobody else
 * wants it; for a whole pool, or with `for_all`, always. True if it is stopped. */
bool scan_stop(struct engine *e, entity_id id, enum wish wish, bool for_all);
