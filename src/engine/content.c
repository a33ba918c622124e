/* engine/content.c - what lies on a disk: what is in it, and in the pools that lie on it alone */
#include "engine/content.h"
#include "engine/engine.h"
#include "engine/picture.h"
#include "engine/pool.h"

static void content_add_pool(const struct engine *e, struct content *c, entity_id pool) {
        for (uint32_t i = 0; i < c->n_roots; i++)
                if (c->roots[i] == pool)
                        return;
        if (c->n_roots < CONTENT_POOLS_MAX && pool_lies_in(e, pool, c->roots[0]))
                c->roots[c->n_roots++] = pool;
}

entity_id content_first(const struct engine *e, struct content *c, entity_id disk) {
        *c = (struct content){ .roots = { disk }, .n_roots = 1 };
        return tree_next(e, disk, disk);
}

entity_id content_next(const struct engine *e, struct content *c, entity_id id) {
        const struct entity *it = engine_entity(e, id);

        if (it->type == ENTITY_ZDEV && it->zdev.zpool != ENTITY_NONE)
                content_add_pool(e, c, it->zdev.zpool);
        id = tree_next(e, c->roots[c->root], id);
        if (id == ENTITY_NONE && ++c->root < c->n_roots)
                id = c->roots[c->root];
        return id;
}
