/* api/target.h - from what somebody typed to the entities that are meant */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/message.h"
#include "base/arena.h"
#include "model/config.h"

struct target_found {
        entity_id *ids; /* in order of the configuration, in the arena */
        uint32_t n;
        bool is_set;       /* `all` or a group: members that cannot do it were left out */
        const char *error; /* no such entity or group (with "did you mean"), or it cannot do that; a
                              sentence */
};

/* Finds them. `wish`: only those that it suits (model's wish_suits), or NULL for any. If nothing is
 * found, false, and `error` says why. */
bool target_find(struct arena *a, const struct config *c, const struct target *target,
                 const enum wish *wish, struct target_found *ret);
