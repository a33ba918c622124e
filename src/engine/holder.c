/* engine/holder.c - who uses what is to be closed, unmounted or exported */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/holder.h"
#include "engine/picture.h"
#include "model/path.h"

#define HOLDERS_TOLD 4u /* by name */

/*
 * With LUKS open on a volume, the export of 2.3 hangs beyond kill -9, and that of 2.1 fails after
 * it has unmounted the file systems; and 2.3 lets a pool go although a volume of it is an online
 * leg of another one.
 */

static struct holder_fact *holder_find(const struct engine *e, const char *path) {
        for (size_t i = 0; i < e->holders.count; i++)
                if (text_equal(e->holders.items[i]->path, path))
                        return e->holders.items[i];
        return NULL;
}

static struct holder_fact *holder_fact(struct engine *e, const char *path) {
        struct holder_fact *h = holder_find(e, path);

        if (h)
                return h;
        h = arena_new_one(e->arena, struct holder_fact);
        h->path = arena_strdup(e->arena, path);
        array_append(&e->holders, h);
        return h;
}

void holder_note(struct engine *e, const char *path, uint64_t seq, bool known,
                 const struct holder *holders, uint32_t n) {
        struct holder_fact *h = holder_fact(e, path);
        struct text t = {};

        for (uint32_t i = 0; known && i < n && i < HOLDERS_TOLD; i++)
                text_addf(&t, "%s%s", i ? ", " : "", holders[i].text);
        if (known && n > HOLDERS_TOLD)
                text_addf(&t, ", and %u more", n - HOLDERS_TOLD);
        if (!known)
                text_add(&t, "it cannot be told who uses it");
        h->seq = seq;
        h->known = known;
        (void) snprintf(h->text, sizeof(h->text), "%s", t.s ? t.s : "");
        text_done(&t);
}

/* --- who held what could not be closed
 * ---------------------------------------------------------------- */

/* What the look is asked for; NULL if its holders are of no interest. */
static const char *holder_key(const struct engine *e, entity_id id, struct arena *a) {
        const struct entity *it = engine_entity(e, id);
        const struct device *d = node_device(e, engine_node(e, id));

        switch (it->type) {
        case ENTITY_CRYPT:
                return d ? d->devnode : NULL;
        case ENTITY_ZPOOL:
                return it->name;
        case ENTITY_DATASET:
                return arena_printf(a, "%s/%s", it->dataset.pool, it->name);
        case ENTITY_DISK:
        case ENTITY_PART:
        case ENTITY_ZVOL:
        case ENTITY_ZDEV:
        case _ENTITY_TYPE_MAX:
                break;
        }
        return NULL;
}

static struct holder_fact *holder_find_of(const struct engine *e, entity_id id) {
        const char *key = e->holders.count ? holder_key(e, id, e->effects.arena) : NULL;

        return key ? holder_find(e, key) : NULL;
}

void holder_ask(struct engine *e, entity_id id) {
        const char *key = id == ENTITY_NONE ? NULL : holder_key(e, id, e->effects.arena);

        if (key)
                (void) engine_look(e, FACT_HOLDERS, key);
}

const char *holder_of(const struct engine *e, entity_id id) {
        const struct holder_fact *h = engine_node(e, id)->in_use ? holder_find_of(e, id) : NULL;

        return h && h->known && h->text[0] ? h->text : NULL;
}

void holder_forget(struct engine *e, entity_id id) {
        struct holder_fact *h = holder_find_of(e, id);

        if (h)
                h->text[0] = 0;
}

struct reason holder_name(const struct engine *e, const struct reason *failure) {
        struct reason r = *failure;
        const char *held = r.about == ENTITY_NONE ? NULL : holder_of(e, r.about);

        if (!held)
                return r;
        (void) snprintf(r.detail, sizeof(r.detail), "%.*s (%s)", REASON_DETAIL_MAX / 2 - 32,
                        failure->detail, held);
        return r;
}

/* --- who uses the volumes of a pool
 * ------------------------------------------------------------------- */

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
                             path_is_of_volume(s->vdevs[k].path, d->zvol_name)))
                                return s->name;
        }
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
                        *ret = step_failf(REASON_HELD, r->entity,
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
                        *ret = step_failf(REASON_HELD, r->entity, "volume %s: %s", d->zvol_name,
                                          h->text);
                        return true;
                }
        }
        return false;
}
