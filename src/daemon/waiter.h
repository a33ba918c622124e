/* daemon/waiter.h - calls that want something done, and wait for the end of it: Request, Maintain
 */
#pragma once

#include "api/server.h"
#include "engine/engine.h"

struct daemon;

void waiter_request(struct daemon *d, struct call *call);
void waiter_maintain(struct daemon *d, struct call *call);

/* The engine tells a client about its request. */
void waiter_tell(struct daemon *d, const struct effect_tell *tell);
/* Sends what has changed since the last time. */
void waiter_flush_all(struct daemon *d);
/* After the configuration was replaced: entities have other numbers. */
void waiter_renumber(struct daemon *d);
/* The client has gone: what it asked for goes on. */
void waiter_gone(struct daemon *d, struct call *call);
/* Tells everybody who waits that the daemon stops. */
void waiter_done(struct daemon *d);
