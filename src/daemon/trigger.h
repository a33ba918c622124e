/* daemon/trigger.h - hints: from the world, from zmirror-trigger, and to look at everything */
#pragma once

#include "world/world.h"

struct arena;
struct daemon;

/* Something may have changed there. */
void trigger_hint(struct daemon *d, const struct look *what);
/* Look at everything: at regular times, after the clock was set or the machine slept. */
void trigger_everything(struct daemon *d);
/* What `zmirror-trigger` was called with by ZED or udev: its environment, NULL-terminated. */
void trigger_forwarded(struct daemon *d, struct arena *a, const char *const *environment);
/* Logs an event as far as log_events and log_full_events want it. */
void trigger_log(struct daemon *d, const char *source, const char *line, const char *const *keys);
