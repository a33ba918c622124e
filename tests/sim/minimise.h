/* tests/sim/minimise.h - what breaks an invariant, as short as it can be made */
#pragma once

#include "history.h"

/* Leaves out lines, and parts of the configuration, as long as the same kind of invariant is
 * broken. Returns the configuration that is left, or NULL: all of it is needed. */
struct config *minimise_history(struct play_history *h, const struct config *config, uint64_t seed,
                                const struct verdict *verdict);
