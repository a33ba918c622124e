/* daemon/service.h - what clients of the socket ask, and how they are answered */
#pragma once

#include "api/server.h"
#include "base/array.h"
#include "daemon/watch.h"
#include "engine/engine.h"

struct daemon;

/* The calls that wait for the end of what they asked for. */
struct service {
        ARRAY(struct waiter *) waiters;
        struct watch watch;
};

/* The callbacks of the server; `userdata` is the daemon. */
void service_on_call(void *userdata, struct call *call);
void service_on_gone(void *userdata, struct call *call);

/* The engine tells a client about its request. */
void service_tell(struct daemon *d, const struct effect_tell *tell);
/* Sends what has changed since the last time. */
void service_flush(struct daemon *d);
/* After the configuration was replaced: entities have other numbers. */
void service_renumber(struct daemon *d);
/* Tells everybody who waits that the daemon stops. */
void service_done(struct daemon *d);
