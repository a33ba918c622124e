/* config/advice.c - what is allowed, but will bite: told by `zmirror check` */
#include "config/advice.h"
#include "base/array.h"

struct adviser {
        struct arena *arena;
        const struct config *config;
        ARRAY(struct advice) found;
};

static void advise(struct adviser *v, const struct entity *e, const char *text) {
        array_append(&v->found, ((struct advice){ e->self, text }));
}

static bool handler_has(const struct handler *h, enum wish wish) {
        for (uint32_t i = 0; i < h->n_actions; i++)
                if (h->actions[i].kind == ACTION_WISH && h->actions[i].wish == wish)
                        return true;
        return false;
}

/* The events that come when all goes well, each of which may bring about others. */
struct course {
        const struct entity *entity;
        bool comes[_EVENT_MAX];
};

static void course_add(struct course *c, enum event event) {
        const struct handler *h = &c->entity->handlers[event];

        if (c->comes[event])
                return;
        c->comes[event] = true;
        if (handler_has(h, WISH_SCRUB)) {
                course_add(c, EVENT_SCRUB_SUCCEEDED);
                course_add(c, EVENT_SCRUB_FINISHED);
        }
        if (handler_has(h, WISH_TRIM))
                course_add(c, EVENT_TRIMMED);
}

static struct course course_of(const struct entity *e) {
        struct course c = { .entity = e };

        course_add(&c, EVENT_APPEARED);
        course_add(&c, EVENT_BACKING_APPEARED);
        course_add(&c, EVENT_CHILDREN_OFFLINE);
        course_add(&c, EVENT_RESILVERED);
        if (e->type == ENTITY_ZDEV && !span_is_nil(e->zdev.intervals.scrub)) {
                course_add(&c, EVENT_SCRUB_SUCCEEDED);
                course_add(&c, EVENT_SCRUB_FINISHED);
        }
        if (e->type == ENTITY_ZDEV && !span_is_nil(e->zdev.intervals.trim))
                course_add(&c, EVENT_TRIMMED);
        return c;
}

/* A handler takes it offline when all has gone well. Otherwise `ret_other` is an event with which
 * one does, or _EVENT_MAX. */
static bool entity_goes(const struct entity *e, enum event *ret_other) {
        struct course c = course_of(e);

        *ret_other = _EVENT_MAX;
        for (enum event event = 0; event < _EVENT_MAX; event++) {
                if (!handler_has(&e->handlers[event], WISH_OFFLINE))
                        continue;
                if (c.comes[event])
                        return true;
                *ret_other = event;
        }
        return false;
}

/* The removable thing that it lies on: the disk or, without one, the outermost thing around it. */
static const struct entity *removable_below(const struct adviser *v, entity_id id) {
        const struct entity *e = config_entity(v->config, config_disk_of(v->config, id));

        return e && e->unpluggable ? e : NULL;
}

/* "no handler takes it offline again", or what is wrong with the one that does. */
static const char *goes_not_print(struct adviser *v, const char *verb, enum event other) {
        if (other == _EVENT_MAX)
                return arena_printf(v->arena, "no handler %s again", verb);
        return arena_printf(v->arena, "only on_%s %s again, which does not come when all goes well",
                            event_print(other), verb);
}

/* It comes online by itself, and stays: the disk is never safe to unplug. */
static void advise_leg_that_stays(struct adviser *v, const struct entity *leg) {
        const struct entity *around = config_entity(v->config, leg->parent);
        bool comes = handler_has(&leg->handlers[EVENT_APPEARED], WISH_ONLINE) &&
                     (!around || around->type != ENTITY_CRYPT ||
                      handler_has(&around->handlers[EVENT_APPEARED], WISH_ONLINE));
        enum event other;

        if (!comes || !removable_below(v, leg->self) || entity_goes(leg, &other))
                return;
        advise(v, leg,
               arena_printf(
                       v->arena,
                       "it comes online by itself, and %s: its disk may not be unplugged before "
                       "somebody says `zmirror offline` (on_resilvered: [offline] does it)",
                       goes_not_print(v, "takes it offline", other)));
}

/* Its container stays open after the leg has gone offline. */
static void advise_container_that_stays(struct adviser *v, const struct entity *crypt) {
        enum event other;

        if (crypt->parent == ENTITY_NONE || !removable_below(v, crypt->self) ||
            !handler_has(&crypt->handlers[EVENT_APPEARED], WISH_ONLINE) ||
            entity_goes(crypt, &other))
                return;
        advise(v, crypt,
               arena_printf(v->arena,
                            "it is opened by itself, and %s: its disk may not be unplugged before "
                            "somebody says `zmirror offline` (on_children_offline: [offline] does "
                            "it)",
                            goes_not_print(v, "closes it", other)));
}

/* A removable disk that carries the pool, or a part of it. */
static const struct entity *pool_find_disk(const struct adviser *v, const struct entity *pool) {
        for (uint32_t i = 0; i < pool->zpool.n_legs; i++) {
                const struct entity *disk = removable_below(v, pool->zpool.legs[i]);

                if (disk)
                        return disk;
        }
        return NULL;
}

/* Without any of it the pool would not be there. */
static bool pool_is_removable(const struct adviser *v, const struct entity *pool) {
        for (uint32_t i = 0; i < pool->zpool.n_legs; i++)
                if (!removable_below(v, pool->zpool.legs[i]))
                        return false;
        for (uint32_t i = 0; i < pool->zpool.n_backing; i++)
                for (uint32_t k = 0; k < pool->zpool.backing[i].n_devices; k++)
                        if (pool->zpool.backing[i].devices[k].leg == ENTITY_NONE)
                                return false;
        return pool->zpool.n_legs > 0;
}

/* It is imported by itself, and stays: that keeps its containers open, and its disks from being
 * unplugged. */
static void advise_pool_that_stays(struct adviser *v, const struct entity *pool) {
        const struct entity *disk = pool_find_disk(v, pool);
        enum event other;

        if (!pool_is_removable(v, pool) ||
            !handler_has(&pool->handlers[EVENT_BACKING_APPEARED], WISH_ONLINE))
                return;
        if (!entity_goes(pool, &other))
                advise(v, pool,
                       arena_printf(v->arena,
                                    "it is imported by itself, and %s: %s may not be unplugged "
                                    "before somebody says `zmirror offline` (on_children_offline: "
                                    "[offline] does it)",
                                    goes_not_print(v, "exports it", other), disk->hrid));
        else if (pool->first_child == ENTITY_NONE)
                advise(v, pool,
                       arena_printf(
                               v->arena,
                               "it is imported by itself, and only on_children_offline exports "
                               "it again, but nothing is configured inside of it that could go "
                               "offline: %s may not be unplugged before somebody says `zmirror "
                               "offline`",
                               disk->hrid));
}

/* ZED puts what comes back online by itself, unless it was taken offline before it went; a mapping
 * only comes when somebody opens it. */
static void advise_raw_leg(struct adviser *v, const struct entity *leg) {
        const struct entity *around = config_entity(v->config, leg->parent);

        if (!around || (around->type != ENTITY_PART && around->type != ENTITY_DISK) ||
            !removable_below(v, leg->self))
                return;
        advise(v, leg,
               "it is not in a LUKS container: if its disk is ever pulled while it is online, and "
               "zmirror does not run and take it offline, ZED puts it online again as soon as it "
               "comes back, before zmirror can look whether it was written elsewhere meanwhile. "
               "Unplug it only when zmirror says so");
}

/* A volume of a pool on a disk that may be pulled, in use as a leg of another pool. */
static void advise_nested(struct adviser *v, const struct entity *leg) {
        const struct entity *around = config_entity(v->config, leg->parent), *pool, *disk;

        if (!around || around->type != ENTITY_ZVOL)
                return;
        pool = config_entity(v->config, config_find_pool(v->config, around->zvol.pool));
        disk = pool ? pool_find_disk(v, pool) : NULL;
        if (disk)
                advise(v, leg,
                       arena_printf(v->arena,
                                    "if %s is pulled while this leg is online, pool %s hangs, and "
                                    "so does %s. Unplug it only when zmirror says so",
                                    disk->hrid, pool->name, leg->zdev.pool));
}

uint32_t config_advise(struct arena *a, const struct config *c, struct advice **ret) {
        struct adviser v = { .arena = a, .config = c };
        uint32_t n;

        for (entity_id i = 0; i < c->n_entities; i++) {
                const struct entity *e = config_entity(c, i);

                if (e->type == ENTITY_CRYPT)
                        advise_container_that_stays(&v, e);
                if (e->type == ENTITY_ZPOOL)
                        advise_pool_that_stays(&v, e);
                if (e->type != ENTITY_ZDEV)
                        continue;
                advise_leg_that_stays(&v, e);
                advise_raw_leg(&v, e);
                advise_nested(&v, e);
        }
        n = (uint32_t) v.found.count;
        *ret = arena_memdup(a, v.found.items, n * sizeof(*v.found.items));
        array_done(&v.found);
        return n;
}
