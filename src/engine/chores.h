/* engine/chores.h - what is done at the times that are configured: what is overdue, updates, and a
 * look at everything */
#pragma once

#include "base/time.h"

struct engine;

enum chores_kind {
        CHORES_MAINTENANCE, /* everything that is overdue */
        CHORES_UPDATE,      /* the overdue updates */
        CHORES_LOOK,        /* what an event that was lost would have told */
        _CHORES_KIND_MAX,
};

struct chores {
        usec_t due[_CHORES_KIND_MAX]; /* wall clock; USEC_NEVER: not scheduled */
        usec_t look_at;               /* monotonic: the look where nothing is configured for it;
                                         USEC_NEVER: something is */
};

/* At the start and after a reload: the next time of each is the first one from now on. */
void chores_begin(struct engine *e);
/* The wall clock was set, by so much: engine.now is what it shows now. */
void chores_clock_set(struct engine *e, int64_t by_usec);
/* What has become due, while the machine slept, too, is done now, once. */
void chores_follow(struct engine *e);
/* When the next of it is due by the wall clock, and by the monotonic one. */
usec_t chores_next_wall(const struct engine *e);
usec_t chores_next_mono(const struct engine *e);
