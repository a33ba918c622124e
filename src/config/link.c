/* config/link.c - what crosses the tree: legs and their pools, backing devices and their legs,
 * cycles */
#include "base/text.h"
#include "config/build.h"

static struct entity *entity_at(struct builder *b, entity_id id) {
        return &b->entities.items[id];
}

/* The pool in whose volume it lies, or ENTITY_NONE. */
static entity_id enclosing_pool(struct builder *b, entity_id id) {
        while (id != ENTITY_NONE && entity_at(b, id)->type != ENTITY_ZPOOL)
                id = entity_at(b, id)->parent;
        return id;
}

static void leg_link(struct builder *b, struct entity *leg) {
        entity_id pool = config_find_pool(b->config, leg->zdev.pool);

        leg->zdev.zpool = pool;
        if (pool == ENTITY_NONE)
                diagnose_warning(b->diagnoser, b->trees.items[leg->self],
                                 "pool '%s' is not configured, so this leg cannot be put online",
                                 leg->zdev.pool);
        else
                entity_at(b, pool)->zpool.n_legs++;
        if (span_is_nil(leg->zdev.intervals.trim))
                return;
        for (entity_id i = leg->parent; i != ENTITY_NONE; i = entity_at(b, i)->parent)
                if (entity_at(b, i)->type == ENTITY_CRYPT)
                        entity_at(b, i)->crypt.allow_discards = true;
}

static void backing_link(struct builder *b, struct entity *pool, struct backing *backing) {
        for (uint32_t i = 0; i < backing->n_devices; i++) {
                struct backing_device *d = &backing->devices[i];
                const char *words[2] = { pool->name, d->name };
                struct entity *leg;

                d->leg = config_find(b->config, ENTITY_ZDEV, words, 2);
                if (d->leg == ENTITY_NONE) {
                        diagnose_warning(
                                b->diagnoser, b->trees.items[pool->self],
                                "no zdev '%s' of pool '%s' is configured, which backed_by names",
                                d->name, pool->name);
                        continue;
                }
                leg = entity_at(b, d->leg);
                if (leg->zdev.backing)
                        diagnose_error(b->diagnoser, b->trees.items[pool->self],
                                       "backed_by names '%s' twice", d->name);
                leg->zdev.backing = backing;
                leg->zdev.backing_device = d;
        }
}

/* Pools whose legs lie on volumes of others: taking away what stands on nothing, over and over, has
 * to leave none. */
static void find_cycles(struct builder *b) {
        size_t n = b->entities.count;
        uint32_t *n_below = memory_new(n,
                                       sizeof(*n_below)); /* legs of the pool that lie in a pool */
        ARRAY(entity_id) free_pools = {};

        for (entity_id i = 0; i < n; i++) {
                const struct entity *e = entity_at(b, i);

                if (e->type == ENTITY_ZDEV && e->zdev.zpool != ENTITY_NONE &&
                    enclosing_pool(b, i) != ENTITY_NONE)
                        n_below[e->zdev.zpool]++;
        }
        for (entity_id i = 0; i < n; i++)
                if (entity_at(b, i)->type == ENTITY_ZPOOL && !n_below[i])
                        array_append(&free_pools, i);
        for (size_t k = 0; k < free_pools.count; k++) {
                entity_id pool = free_pools.items[k];

                for (entity_id i = pool + 1;
                     i < n && entity_at(b, i)->depth > entity_at(b, pool)->depth; i++) {
                        const struct entity *e = entity_at(b, i);

                        if (e->type == ENTITY_ZDEV && e->zdev.zpool != ENTITY_NONE &&
                            !--n_below[e->zdev.zpool])
                                array_append(&free_pools, e->zdev.zpool);
                }
        }
        for (entity_id i = 0; i < n; i++)
                if (entity_at(b, i)->type == ENTITY_ZPOOL && n_below[i]) {
                        diagnose_error(
                                b->diagnoser, b->trees.items[i],
                                "a cycle: pool '%s' lies, through its legs, on a volume of itself",
                                entity_at(b, i)->name);
                        break;
                }
        array_done(&free_pools);
        free(n_below);
}

void build_links(struct builder *b) {
        struct arena *a = b->config->arena;

        for (entity_id i = 0; i < b->entities.count; i++)
                if (entity_at(b, i)->type == ENTITY_ZDEV)
                        leg_link(b, entity_at(b, i));
        for (entity_id i = 0; i < b->entities.count; i++) {
                struct entity *e = entity_at(b, i);

                if (e->type != ENTITY_ZPOOL)
                        continue;
                e->zpool.legs = arena_new_array(a, entity_id, e->zpool.n_legs + 1);
                e->zpool.n_legs = 0;
                for (uint32_t k = 0; k < e->zpool.n_backing; k++)
                        backing_link(b, e, &e->zpool.backing[k]);
        }
        for (entity_id i = 0; i < b->entities.count; i++) {
                struct entity *e = entity_at(b, i);

                if (e->type == ENTITY_ZDEV && e->zdev.zpool != ENTITY_NONE) {
                        struct entity *pool = entity_at(b, e->zdev.zpool);

                        pool->zpool.legs[pool->zpool.n_legs++] = i;
                }
        }
        find_cycles(b);
}
