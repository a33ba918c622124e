/* tests/sim/explore.h - every history of some length of a small world, one after the other */
#pragma once

#include "history.h"

struct exploration {
        uint32_t n_legs; /* of the mirror, 2 or 3 */
        bool internal;   /* one of them is in the machine */
        uint32_t depth;  /* how many things happen at most */
};

/* Called for each history; false: stop. The lines are borrowed. */
typedef bool (*explore_visit)(void *userdata, struct play_history *h);

/* The shorter ones first. What cannot happen (pulling a disk that is not plugged) is left out. */
void explore(const struct exploration *x, const struct universe *u, explore_visit visit,
             void *userdata);
