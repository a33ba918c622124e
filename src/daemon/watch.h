/* daemon/watch.h - those who look at a live screen: told again when something has changed
 *
 * Not more often than once a second, and not so often that it takes more than a hundredth of the
 * processor: with 20,000 entities a look over all of them has its price. */
#pragma once

#include <stdbool.h>

#include "api/server.h"
#include "base/array.h"
#include "base/time.h"

struct daemon;
struct sd_event_source;

struct watch {
        ARRAY(struct call *) calls;
        struct sd_event_source *timer;
        usec_t next; /* monotonic: not before */
        bool armed;
};

/* The method Watch. */
void watch_begin(struct daemon *d, struct call *call);
/* The engine has made a step. */
void watch_changed(struct daemon *d);
/* The client went away; nothing if it was none of these. */
void watch_gone(struct daemon *d, struct call *call);
void watch_done(struct daemon *d);
