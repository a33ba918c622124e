/* engine/holder.c - who uses the volumes of a pool: it must not be exported under him: SPEC 5, 10
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/holder.h"
#include "engine/picture.h"

/*
 * With LUKS open on a volume, the export of 2.3 hangs beyond kill -9, and that of 2.1 fails after
 * it has unmounted the file systems; and 2.3 lets a pool go although a volume of it is an online
 * leg of another one.
 */

static struct holder_fact *holder_fact(struct engine *e, const char *path) {
        struct holder_fact *h;

        for (size_t i = 0; i < e->holders.count; i++)
                if (text_equal(e->holders.items[i]->path, path))
                        return e->holders.items[i];
        h = arena_new_one(e->arena, struct holder_fact);
        h->path = arena_strdup(e->arena, path);
        array_append(&e->holders, h);
        return h;
}

void holder_note(struct engine *e, const char *path, uint64_t seq, const struct holder *holders,
                 uint32_t n) {
        struct holder_fact *h = holder_fact(e, path);
        struct text t = {};

        for (uint32_t i = 0; i < n; i++)
                text_addf(&t, "%s%s", i ? ", " : "", holders[i].text);
        h->seq = seq;
        (void) snprintf(h->text, sizeof(h->text), "%s", t.s ? t.s : "");
        text_done(&t);
}

static bool device_is_volume_of(const struct device *d, const char *pool) {
        size_t n = strlen(pool);

        return d && d->kind == DEVICE_ZVOL && strncmp(d->zvol_name, pool, n) == 0 &&
               d->zvol_name[n] == '/';
}

/* The pool that has the volume as an online leg; NULL if none of the configured ones has. */
static const char *volume_leg_of(const struct engine *e, const struct device *d) {
        for (size_t i = 0; i < e->seen_pools.count; i++) {
                const struct pool_status *s = pool_status(e, e->seen_pools.items[i]);

                for (uint32_t k = 0; s && k < s->n_vdevs; k++)
                        if (s->vdevs[k].type == VDEV_TYPE_DISK &&
                            vdev_state_is_online(s->vdevs[k].state) &&
                            (text_equal(s->vdevs[k].path, d->devnode) ||
                             (text_starts(s->vdevs[k].path, "/dev/zvol/") &&
                              text_equal(s->vdevs[k].path + strlen("/dev/zvol/"), d->zvol_name))))
                                return s->name;
        }
        return NULL;
}

/* What is to be looked at: the mapping of a container, or the file systems of a pool or dataset. */
static const char *holder_name(const struct engine *e, entity_id id) {
        const struct entity *it = id == ENTITY_NONE ? NULL : engine_entity(e, id);
        const struct device *d;

        if (!it)
                return NULL;
        switch (it->type) {
        case ENTITY_CRYPT:
                d = node_device(e, engine_node(e, id));
                return d ? d->devnode : NULL;
        case ENTITY_ZPOOL:
                return it->name;
        case ENTITY_DATASET:
                return arena_printf(e->effects.arena, "%s/%s", it->dataset.pool, it->name);
        case ENTITY_DISK:
        case ENTITY_PART:
        case ENTITY_ZVOL:
        case ENTITY_ZDEV:
        case _ENTITY_TYPE_MAX:
                return NULL;
        }
        return NULL;
}

void holder_ask(struct engine *e, entity_id id) {
        const char *name = holder_name(e, id);

        if (name)
                (void) engine_look(e, FACT_HOLDERS, name);
}

const char *holder_find(const struct engine *e, entity_id id, uint64_t seq) {
        const char *name = holder_name(e, id);

        for (size_t i = 0; name && i < e->holders.count; i++)
                if (text_equal(e->holders.items[i]->path, name))
                        return e->holders.items[i]->seq >= seq && e->holders.items[i]->text[0]
                                       ? e->holders.items[i]->text
                                       : NULL;
        return NULL;
}

bool plan_holders(struct engine *e, const struct request *r, struct step *ret) {
        const char *pool = engine_entity(e, r->entity)->name;

        for (size_t i = 0; i < e->slots.count; i++) {
                const struct device *d = e->slots.items[i].device;
                const struct holder_fact *h;
                const char *other;

                if (!device_is_volume_of(d, pool))
                        continue;
                other = volume_leg_of(e, d);
                if (other) {
                        *ret = step_failf(REASON_BUSY, r->entity,
                                          "volume %s is an online leg of pool %s", d->zvol_name,
                                          other);
                        return true;
                }
                h = holder_fact(e, d->devnode);
                if (h->seq <= r->looked_since) {
                        *ret = step_wait(REASON_WAIT_LOOK, r->entity, NULL);
                        ret->kind = STEP_LOOK;
                        ret->look = FACT_HOLDERS;
                        ret->look_name = arena_strdup(e->effects.arena, d->devnode);
                        return true;
                }
                if (h->text[0]) {
                        *ret = step_failf(REASON_BUSY, r->entity, "volume %s: %s", d->zvol_name,
                                          h->text);
                        return true;
                }
        }
        return false;
}
