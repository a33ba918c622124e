/* daemon/chores.h - maintenance as it is scheduled: maintenance_scheduler and update_scheduler */
#pragma once

#include "base/time.h"

struct daemon;

enum chores_schedule {
        CHORES_MAINTENANCE, /* everything that is overdue */
        CHORES_UPDATE,      /* the overdue updates */
        _CHORES_SCHEDULE_MAX,
};

struct chores {
        usec_t due[_CHORES_SCHEDULE_MAX]; /* wall clock; USEC_NEVER: not scheduled */
};

/* At the start and after a reload: the next time is the first one from now on. */
void chores_begin(struct daemon *d);
/* The alarm has come, or the clock was set, or the machine has slept: what was due meanwhile is
 * done now, once. */
void chores_check(struct daemon *d);
