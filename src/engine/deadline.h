/* engine/deadline.h - when which entity has to be planned again though nothing happened */
#pragma once

#include "base/array.h"
#include "base/time.h"
#include "model/entity.h"

struct deadline {
        usec_t at; /* monotonic */
        entity_id entity;
};

/* A heap, the earliest first. Deadlines that have lost their meaning stay until they come, and do
 * no harm then. */
struct deadlines {
        ARRAY(struct deadline) heap;
};

void deadline_add(struct deadlines *d, usec_t at, entity_id entity);
/* Takes the earliest out if it has come. */
bool deadline_take(struct deadlines *d, usec_t now, entity_id *ret);
/* When the earliest comes; USEC_NEVER if there is none. */
usec_t deadline_next(const struct deadlines *d);
