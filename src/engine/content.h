/* engine/content.h - what lies on a disk: what is in it, and in the pools that lie on it alone */
#pragma once

#include "engine/core.h"

#define CONTENT_POOLS_MAX 64

/* for (id = content_first(e, &c, disk); id != ENTITY_NONE; id = content_next(e, &c, id)) */
struct content {
        entity_id roots[CONTENT_POOLS_MAX];
        uint32_t n_roots, root;
};

/* The disk itself is not among it. */
entity_id content_first(const struct engine *e, struct content *c, entity_id disk);
entity_id content_next(const struct engine *e, struct content *c, entity_id id);
