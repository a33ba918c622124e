/* tests/sim/draw.h - random histories: what people and fate do to a configuration */
#pragma once

#include "history.h"

struct draw_options {
        uint32_t n_lines; /* at most */
        bool gentle;      /* only what a good user does: no faults */
        bool crashes;     /* of the daemon alone, while disks are plugged and written to */
};

void draw_history(struct play_history *h, struct universe *u, uint64_t seed,
                  const struct draw_options *options);
