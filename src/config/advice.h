/* config/advice.h - what is allowed, but will bite: told by `zmirror check` */
#pragma once

#include "base/arena.h"
#include "model/config.h"

struct advice {
        entity_id about;
        const char *text; /* a sentence without a full stop */
};

/* In the order of the file, in the arena. The number of them. */
uint32_t config_advise(struct arena *a, const struct config *c, struct advice **ret);
