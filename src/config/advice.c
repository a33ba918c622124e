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

static bool entity_has_handler_with(const struct entity *e, enum wish wish) {
        for (enum event event = 0; event < _EVENT_MAX; event++)
                if (handler_has(&e->handlers[event], wish))
                        return true;
        return false;
}

/* The removable thing that it lies on: the disk or, without one, the outermost thing around it. */
static const struct entity *removable_below(const struct adviser *v, entity_id id) {
        const struct entity *e = config_entity(v->config, config_disk_of(v->config, id));

        return e && e->unpluggable ? e : NULL;
}

/* It comes online by itself, and stays: the disk is never safe to unplug. */
static void advise_leg_that_stays(struct adviser *v, const struct entity *leg) {
        const struct entity *around = config_entity(v->config, leg->parent);
        bool comes = handler_has(&leg->handlers[EVENT_APPEARED], WISH_ONLINE) &&
                     (!around || around->type != ENTITY_CRYPT ||
                      handler_has(&around->handlers[EVENT_APPEARED], WISH_ONLINE));

        if (!comes || !removable_below(v, leg->self) || entity_has_handler_with(leg, WISH_OFFLINE))
                return;
        advise(v, leg,
               "it comes online by itself, and no handler takes it offline again: its disk may not "
               "be unplugged before somebody says `zmirror offline` (on_resilvered: [offline] "
               "does it)");
}

/* Its container stays open after the leg has gone offline. */
static void advise_container_that_stays(struct adviser *v, const struct entity *crypt) {
        if (crypt->parent == ENTITY_NONE || !removable_below(v, crypt->self) ||
            !handler_has(&crypt->handlers[EVENT_APPEARED], WISH_ONLINE) ||
            entity_has_handler_with(crypt, WISH_OFFLINE))
                return;
        advise(v, crypt,
               "it is opened by itself, and no handler closes it again: its disk may not be "
               "unplugged before somebody says `zmirror offline` (on_children_offline: [offline] "
               "does it)");
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
        const struct entity *around = config_entity(v->config, leg->parent), *pool;

        if (!around || around->type != ENTITY_ZVOL)
                return;
        pool = config_entity(v->config, config_find_pool(v->config, around->zvol.pool));
        for (uint32_t i = 0; pool && i < pool->zpool.n_legs; i++) {
                const struct entity *disk = removable_below(v, pool->zpool.legs[i]);

                if (!disk)
                        continue;
                advise(v, leg,
                       arena_printf(v->arena,
                                    "if %s is pulled while this leg is online, pool %s hangs, and "
                                    "so does %s. Unplug it only when zmirror says so",
                                    disk->hrid, pool->name, leg->zdev.pool));
                return;
        }
}

uint32_t config_advise(struct arena *a, const struct config *c, struct advice **ret) {
        struct adviser v = { .arena = a, .config = c };
        uint32_t n;

        for (entity_id i = 0; i < c->n_entities; i++) {
                const struct entity *e = config_entity(c, i);

                if (e->type == ENTITY_CRYPT)
                        advise_container_that_stays(&v, e);
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
