/* sim/build.c - the first day of a simulated world: what a configuration describes
 *
 * Every configured disk lies in the drawer, with everything on it; what has no disk in the
 * configuration is in the machine: the devices that backed_by names without a leg, containers at
 * top level (crypttab opens them), and for a pool that somebody else manages a leg of its own. */
#include <string.h>

#include "base/text.h"
#include "sim/build.h"
#include "sim/inside.h"

#define LEGS_MAX 60

struct builder {
        struct sim *s;
        const struct config *config;
        struct volume **volumes; /* by entity: what it holds or is */
        struct disk **disks;
        struct zpool **pools;
        const char *error;
};

static void builder_fail(struct builder *b, const struct entity *e, const char *why) {
        if (!b->error)
                b->error = arena_printf(b->config->arena, "%s cannot be simulated: %s", e->hrid,
                                        why);
}

static struct disk *build_internal_disk(struct sim *s, const char *name) {
        struct disk *d = disk_new(s, name, NULL, ENTITY_NONE);

        d->internal = d->plugged = true;
        d->usb = false;
        return d;
}

static bool volume_is_empty(const struct volume *v) {
        return !v->inside && !v->image;
}

static void build_crypt(struct builder *b, const struct entity *e) {
        struct sim *s = b->s;
        struct volume *outside, *v;

        if (e->parent == ENTITY_NONE) {
                struct disk *d = build_internal_disk(
                        s, arena_printf(s->arena, "the disk of %s", e->name));

                outside = volume_new_part(s, d, arena_printf(s->arena, "%s-luks", e->name));
        } else
                outside = b->volumes[e->parent];
        if (!outside || !volume_is_empty(outside)) {
                builder_fail(b, e, "there is something else in its place already");
                return;
        }
        v = volume_new_crypt(s, outside, e->name);
        v->entity = e->self;
        v->crypttab = e->parent == ENTITY_NONE;
        b->volumes[e->self] = v;
}

static void build_zvol(struct builder *b, const struct entity *e) {
        struct zpool *p = b->pools[e->parent];
        struct volume *v = volume_new(b->s, VOLUME_ZVOL,
                                      arena_printf(b->s->arena, "%s/%s", e->zvol.pool, e->name));

        v->entity = e->self;
        v->pool = p;
        array_append(&p->zvols, v);
        b->volumes[e->self] = v;
}

static void build_part(struct builder *b, const struct entity *e) {
        struct disk *d = e->parent == ENTITY_NONE ? disk_new(b->s, e->name, NULL, e->self)
                                                  : b->disks[e->parent];
        struct volume *v;

        if (d->parts.count == 15) {
                builder_fail(b, e, "more than 15 partitions on a disk");
                return;
        }
        v = volume_new_part(b->s, d, e->name);
        v->entity = e->self;
        b->volumes[e->self] = v;
}

static void build_disk(struct builder *b, const struct entity *e) {
        struct disk *d = disk_new(b->s, e->disk.info ? e->disk.info : e->name, e->name, e->self);

        d->info = e->disk.info;
        d->usb = e->unpluggable;
        b->disks[e->self] = d;
}

static void build_dataset(struct builder *b, const struct entity *e) {
        struct zpool *p = b->pools[e->parent];

        array_append(&p->datasets, arena_printf(b->s->arena, "%s/%s", e->dataset.pool, e->name));
        array_append(&p->mounted, false);
}

static void build_entity(struct builder *b, const struct entity *e) {
        switch (e->type) {
        case ENTITY_DISK:
                build_disk(b, e);
                break;
        case ENTITY_PART:
                build_part(b, e);
                break;
        case ENTITY_CRYPT:
                build_crypt(b, e);
                break;
        case ENTITY_ZPOOL:
                b->pools[e->self] = zpool_new(b->s, e->name, e);
                break;
        case ENTITY_ZVOL:
                build_zvol(b, e);
                break;
        case ENTITY_DATASET:
                build_dataset(b, e);
                break;
        case ENTITY_ZDEV:
                b->volumes[e->self] = e->parent == ENTITY_NONE ? NULL : b->volumes[e->parent];
                if (!b->volumes[e->self])
                        builder_fail(b, e, "it is in nothing");
                break;
        case _ENTITY_TYPE_MAX:
                break;
        }
}

/* --- pools --- */

static struct image *build_image(struct sim *s, const struct leg *l) {
        struct image *i = arena_new_one(s->arena, struct image);

        i->pool_guid = l->pool->guid;
        i->vdev_guid = l->guid;
        i->pool = l->pool;
        i->index = l->index;
        i->hostid = s->hostid;
        i->exported = true;
        array_append(&s->images, i);
        return i;
}

/* A leg of that configured entity or, without one, on a disk in the machine. */
static void build_leg(struct builder *b, struct zpool *p, uint32_t top, const struct entity *e,
                      const char *name) {
        struct sim *s = b->s;
        struct leg *l = &p->legs[p->n_legs];
        struct volume *v;

        if (e)
                v = b->volumes[e->self];
        else
                v = volume_new_part(
                        s, build_internal_disk(s, arena_printf(s->arena, "the disk of %s", name)),
                        name);
        if (v->image || v->inside) {
                builder_fail(b, e, "there is something else in its place already");
                return;
        }
        *l = (struct leg){
                .pool = p,
                .index = p->n_legs++,
                .top = top,
                .guid = sim_guid(s),
                .path = volume_path(s, v),
                .name = name,
                .volume = v,
                .entity = e ? e->self : ENTITY_NONE,
                .state = VDEV_STATE_CLOSED,
                .aux = "",
        };
        v->image = l->last = build_image(s, l);
        p->tops[top].n++;
}

static void build_top(struct builder *b, struct zpool *p, enum vdev_kind kind, uint32_t parity) {
        p->tops[p->n_tops] = (struct top){
                .kind = kind, .parity = parity, .guid = sim_guid(b->s), .first = p->n_legs
        };
        p->n_tops++;
}

/* A device that no entity of the configuration describes is one and the same for all. */
static const struct zpool *pool_with_device(const struct builder *b, const char *name) {
        for (size_t k = 0; k < b->s->pools.count; k++) {
                const struct zpool *p = b->s->pools.items[k];

                for (uint32_t i = 0; i < p->n_legs; i++)
                        if (p->legs[i].entity == ENTITY_NONE && text_equal(p->legs[i].name, name))
                                return p;
        }
        return NULL;
}

static void build_backing(struct builder *b, struct zpool *p, const struct backing *from) {
        build_top(b, p, from->kind, from->parity);
        for (uint32_t i = 0; i < from->n_devices && !b->error; i++) {
                const struct entity *e = config_entity(b->config, from->devices[i].leg);
                const struct zpool *other = e ? NULL : pool_with_device(b, from->devices[i].name);

                if (other && p->config) {
                        builder_fail(b, p->config,
                                     arena_printf(b->config->arena, "its device '%s' backs %s, too",
                                                  from->devices[i].name, other->name));
                        return;
                }
                build_leg(b, p, p->n_tops - 1, e, from->devices[i].name);
        }
        if (p->tops[p->n_tops - 1].n == 1)
                p->tops[p->n_tops - 1].kind = VDEV_KIND_SINGLE;
}

static bool pool_has_leg(const struct zpool *p, entity_id id) {
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (p->legs[i].entity == id)
                        return true;
        return false;
}

static uint32_t count_legs(const struct builder *b, const char *pool) {
        uint32_t n = 0;

        for (uint32_t i = 0; i < b->config->n_entities; i++)
                n += b->config->entities[i].type == ENTITY_ZDEV &&
                     text_equal(b->config->entities[i].zdev.pool, pool);
        return n;
}

static bool is_chore_of_zmirror(const struct entity *pool) {
        return pool && (pool->handlers[EVENT_BACKING_APPEARED].n_actions ||
                        pool->handlers[EVENT_CHILDREN_OFFLINE].n_actions);
}

/* Legs that no backed_by names: one mirror of them; with a leg in the machine for a pool that is
 * not zmirror's to import. */
static void build_unlisted_legs(struct builder *b, struct zpool *p) {
        bool fresh = !p->n_tops;

        if (fresh) {
                bool own = !is_chore_of_zmirror(p->config) && !p->zvols.count;

                build_top(b, p, VDEV_KIND_MIRROR, 0);
                if (own || !count_legs(b, p->name))
                        build_leg(b, p, 0, NULL, arena_printf(b->s->arena, "%s-internal", p->name));
        }
        for (uint32_t i = 0; i < b->config->n_entities && !b->error; i++) {
                const struct entity *e = &b->config->entities[i];

                if (e->type != ENTITY_ZDEV || !text_equal(e->zdev.pool, p->name) ||
                    pool_has_leg(p, e->self))
                        continue;
                if (!fresh) {
                        builder_fail(b, e, "backed_by of its pool does not name it");
                        return;
                }
                build_leg(b, p, 0, e, e->name);
        }
        if (fresh && p->tops[0].n == 1)
                p->tops[0].kind = VDEV_KIND_SINGLE;
}

/* The pool was made, used, and exported with all its legs whole. */
static void build_content(struct sim *s, struct zpool *p) {
        zpool_add_bytes(p, (uint64_t) 64 << 30);
        p->next_block = 1;
        ranges_add(&p->tree, 0, 1);
        ranges_add(&p->newest, 0, 1);
        image_settle_all(p);
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct image *image = p->legs[i].volume->image;

                ranges_add(&image->holds, 0, 1);
                image->txg = p->txg;
                image->time = sim_wall(s) / USEC_PER_SEC - 86400;
        }
}

/* Legs that are in the machine at boot; the others are OFFLINE. */
static bool leg_is_internal(const struct leg *l) {
        const struct volume *v = l->volume;

        while (v->kind == VOLUME_CRYPT) {
                if (v->crypttab)
                        return true;
                v = v->outside;
        }
        return v->kind == VOLUME_PART && v->disk->internal && v == l->volume;
}

static bool pool_is_internal(const struct zpool *p) {
        for (uint32_t k = 0; k < p->n_tops; k++) {
                const struct top *t = &p->tops[k];
                uint32_t n = 0;

                for (uint32_t i = t->first; i < t->first + t->n; i++)
                        n += leg_is_internal(&p->legs[i]);
                if (n + (t->kind == VDEV_KIND_SINGLE   ? 0
                         : t->kind == VDEV_KIND_MIRROR ? t->n - 1
                                                       : t->parity) <
                    t->n)
                        return false;
        }
        return true;
}

static void build_pool(struct builder *b, struct zpool *p) {
        const struct entity *e = p->config;
        uint32_t n = count_legs(b, p->name) + 1, n_tops = 1;

        if (e) {
                n_tops += e->zpool.n_backing;
                for (uint32_t i = 0; i < e->zpool.n_backing; i++)
                        n += e->zpool.backing[i].n_devices;
        }
        if (n > LEGS_MAX) {
                builder_fail(b, e, "more than 60 legs");
                return;
        }
        p->legs = arena_new_array(b->s->arena, struct leg, n);
        p->tops = arena_new_array(b->s->arena, struct top, n_tops);
        for (uint32_t i = 0; e && i < e->zpool.n_backing && !b->error; i++)
                build_backing(b, p, &e->zpool.backing[i]);
        if (!b->error)
                build_unlisted_legs(b, p);
        if (b->error)
                return;
        p->by_others = pool_is_internal(p);
        for (uint32_t i = 0; i < p->n_legs && p->by_others; i++)
                p->legs[i].offline = !leg_is_internal(&p->legs[i]);
        build_content(b->s, p);
}

static void build_foreign_pools(struct builder *b) {
        for (uint32_t i = 0; i < b->config->n_entities; i++) {
                const struct entity *e = &b->config->entities[i];

                if (e->type == ENTITY_ZDEV && !zpool_find(b->s, e->zdev.pool))
                        (void) zpool_new(b->s, e->zdev.pool, NULL);
        }
}

bool build_world(struct sim *s, const char **ret_error) {
        struct builder b = { .s = s, .config = s->config };
        uint32_t n = s->config->n_entities;

        b.volumes = arena_new_array(s->arena, struct volume *, n);
        b.disks = arena_new_array(s->arena, struct disk *, n);
        b.pools = arena_new_array(s->arena, struct zpool *, n);
        for (uint32_t i = 0; i < n && !b.error; i++)
                build_entity(&b, &s->config->entities[i]);
        build_foreign_pools(&b);
        for (size_t i = 0; i < s->pools.count && !b.error; i++)
                build_pool(&b, s->pools.items[i]);
        if (b.error && ret_error)
                *ret_error = b.error;
        return !b.error;
}
