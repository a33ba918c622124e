/* config/link.c - what crosses the tree: legs and their pools, backing devices and their legs,
 * cycles */
#include "base/text.h"
#include "config/build.h"

#define CANDIDATES_MAX 100u /* names that somebody may have meant */

static struct entity *entity_at(struct builder *b, entity_id id) {
        return &b->entities.items[id];
}

/* The pool in whose volume it lies, or ENTITY_NONE. */
static entity_id enclosing_pool(struct builder *b, entity_id id) {
        while (id != ENTITY_NONE && entity_at(b, id)->type != ENTITY_ZPOOL)
                id = entity_at(b, id)->parent;
        return id;
}

static const char *did_you_mean(struct builder *b, const char *nearest) {
        return nearest ? arena_printf(b->diagnoser->arena, "; did you mean '%s'?", nearest) : "";
}

/* --- legs --- */

static void leg_warn_of_pool(struct builder *b, const struct entity *leg, const char *const *pools,
                             size_t n_pools) {
        const struct tree *pool = tree_find(b->trees.items[leg->self], "pool");

        if (!pool || b->gaps & (1u << ENTITY_ZPOOL)) /* it may be what was left out */
                return;
        diagnose_warning(b->diagnoser, pool,
                         "pool '%s' is not configured, so this leg cannot be put online%s",
                         leg->zdev.pool,
                         did_you_mean(b, text_nearest(leg->zdev.pool, pools, n_pools)));
}

/* What it lies in has to let the trim through. */
static void leg_allow_discards(struct builder *b, const struct entity *leg) {
        if (span_is_nil(leg->zdev.intervals.trim))
                return;
        for (entity_id i = leg->parent; i != ENTITY_NONE; i = entity_at(b, i)->parent)
                if (entity_at(b, i)->type == ENTITY_CRYPT)
                        entity_at(b, i)->crypt.allow_discards = true;
}

static void legs_link(struct builder *b) {
        const char *pools[CANDIDATES_MAX];
        size_t n_pools = 0;

        for (entity_id i = 0; i < b->entities.count && n_pools < CANDIDATES_MAX; i++)
                if (entity_at(b, i)->type == ENTITY_ZPOOL)
                        pools[n_pools++] = entity_at(b, i)->name;
        for (entity_id i = 0; i < b->entities.count; i++) {
                struct entity *leg = entity_at(b, i);

                if (leg->type != ENTITY_ZDEV)
                        continue;
                leg_allow_discards(b, leg);
                leg->zdev.zpool = config_find_pool(b->config, leg->zdev.pool);
                if (leg->zdev.zpool != ENTITY_NONE)
                        entity_at(b, leg->zdev.zpool)->zpool.n_legs++;
                else
                        leg_warn_of_pool(b, leg, pools, n_pools);
        }
}

/* The pools' lists, when it is known how long they get. */
static void legs_list(struct builder *b) {
        for (entity_id i = 0; i < b->entities.count; i++) {
                struct entity *e = entity_at(b, i);

                if (e->type != ENTITY_ZPOOL)
                        continue;
                e->zpool.legs = arena_new_array(b->config->arena, entity_id, e->zpool.n_legs);
                e->zpool.n_legs = 0;
        }
        for (entity_id i = 0; i < b->entities.count; i++) {
                struct entity *e = entity_at(b, i);

                if (e->type == ENTITY_ZDEV && e->zdev.zpool != ENTITY_NONE) {
                        struct entity *pool = entity_at(b, e->zdev.zpool);

                        pool->zpool.legs[pool->zpool.n_legs++] = i;
                }
        }
}

/* --- backing --- */

static void backing_warn(struct builder *b, const struct backing_name *it,
                         const struct entity *pool) {
        static const uint32_t named_alike = 1u << ENTITY_PART | 1u << ENTITY_CRYPT |
                                            1u << ENTITY_ZVOL | 1u << ENTITY_ZDEV;
        const char *names[CANDIDATES_MAX];
        size_t n = 0;

        if (b->gaps & named_alike)
                return;
        for (uint32_t i = 0; i < pool->zpool.n_legs && n < CANDIDATES_MAX; i++)
                names[n++] = entity_at(b, pool->zpool.legs[i])->name;
        diagnose_warning(b->diagnoser, it->tree, "no zdev '%s' of pool '%s' is configured%s",
                         it->device->name, pool->name,
                         did_you_mean(b, text_nearest(it->device->name, names, n)));
}

/* Twice in one pool is a mistake even where nothing of that name is configured. */
static bool backing_is_twice(struct builder *b, struct map *seen, const struct backing_name *it,
                             const struct entity *pool) {
        const char *key = arena_printf(b->scratch, "%s/%s", pool->name, it->device->name);
        bool twice = map_get(seen, key, NULL);

        if (twice)
                diagnose_error(b->diagnoser, it->tree, "backed_by names '%s' twice",
                               it->device->name);
        map_put(seen, key, 0);
        return twice;
}

static void backing_link(struct builder *b) {
        struct map seen = {};

        for (size_t i = 0; i < b->backing_names.count; i++) {
                const struct backing_name *it = &b->backing_names.items[i];
                const struct entity *pool = it->pool < b->entities.count ? entity_at(b, it->pool)
                                                                         : NULL;
                const char *words[2] = { pool ? pool->name : "", it->device->name };
                struct entity *leg;

                if (!pool || pool->type != ENTITY_ZPOOL ||
                    config_find_pool(b->config, pool->name) != pool->self ||
                    backing_is_twice(b, &seen, it, pool))
                        continue;
                it->device->leg = config_find(b->config, ENTITY_ZDEV, words, 2);
                if (it->device->leg == ENTITY_NONE) {
                        backing_warn(b, it, pool);
                        continue;
                }
                leg = entity_at(b, it->device->leg);
                leg->zdev.backing = it->backing;
                leg->zdev.backing_device = it->device;
        }
        map_done(&seen);
}

/* --- cycles --- */

/* How many legs of each pool lie in a pool, after those pools were taken away, over and over, that
 * have none: what is left lies in a cycle or stands on one. */
static uint32_t *count_stuck(struct builder *b) {
        size_t n = b->entities.count;
        uint32_t *n_below = memory_new(n + 1, sizeof(*n_below));
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
        array_done(&free_pools);
        return n_below;
}

/* A pool that is stuck and in which a leg of this one lies: there is one, or it would not be stuck.
 */
static entity_id stuck_below(struct builder *b, const uint32_t *n_below, entity_id pool) {
        const struct entity *e = entity_at(b, pool);

        for (uint32_t i = 0; i < e->zpool.n_legs; i++) {
                entity_id below = enclosing_pool(b, e->zpool.legs[i]);

                if (below != ENTITY_NONE && n_below[below])
                        return below;
        }
        return ENTITY_NONE;
}

static void cycle_tell(struct builder *b, const uint32_t *n_below, entity_id pool) {
        struct text t = {};
        entity_id i = pool, first = pool;

        while ((i = stuck_below(b, n_below, i)) != pool)
                if (i < first)
                        first = i;
        text_addf(&t, "a cycle: pool '%s' has a leg in", entity_at(b, first)->name);
        for (i = stuck_below(b, n_below, first); i != first; i = stuck_below(b, n_below, i))
                text_addf(&t, " pool '%s', which has one in", entity_at(b, i)->name);
        text_addf(&t, " pool '%s'%s", entity_at(b, first)->name,
                  stuck_below(b, n_below, first) == first ? " itself" : "");
        diagnose_error(b->diagnoser, b->trees.items[first], "%s", t.s);
        text_done(&t);
}

/* From every pool that is stuck downwards, until a pool comes up that was passed: if it was on the
 * same way, it lies in a cycle. */
static void find_cycles(struct builder *b) {
        size_t n = b->entities.count;
        uint32_t *n_below = count_stuck(b);
        uint32_t *passed = memory_new(n + 1, sizeof(*passed)); /* on which way, from 1 */
        uint32_t way = 0;

        for (entity_id i = 0; i < n; i++) {
                entity_id at = i;

                if (!n_below[i] || passed[i])
                        continue;
                for (way++; at != ENTITY_NONE && !passed[at]; at = stuck_below(b, n_below, at))
                        passed[at] = way;
                if (at != ENTITY_NONE && passed[at] == way)
                        cycle_tell(b, n_below, at);
        }
        free(passed);
        free(n_below);
}

void build_links(struct builder *b) {
        legs_link(b);
        legs_list(b);
        backing_link(b);
        find_cycles(b);
}
