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

/* The daemon stops: tells everybody who waits or watches. */
void service_done(struct daemon *d);
