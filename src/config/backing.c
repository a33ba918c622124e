/* config/backing.c - what a pool stands on: its key backed_by */
#include "config/backing.h"
#include "base/text.h"
#include "config/value.h"

static bool device_read(struct builder *b, const struct tree *t, struct backing_device *ret) {
        static const char *const words[] = { "name", "required", "online_dependencies" };
        struct diagnoser *d = b->diagnoser;
        bool good = true;

        *ret = (struct backing_device){ .online_dependencies = true, .leg = ENTITY_NONE };
        if (t->kind == TREE_SCALAR)
                return value_name(b->config->arena, d, t, NAME_LEG, &ret->name);
        if (t->kind != TREE_MAP) {
                diagnose_error(
                        d, t,
                        "expected the name of a device, or a mapping with 'name', found a list");
                return false;
        }
        for (const struct tree *c = t->first; c; c = c->next) {
                if (text_equal(c->key->text, "name"))
                        good &= value_name(b->config->arena, d, c, NAME_LEG, &ret->name);
                else if (text_equal(c->key->text, "required"))
                        good &= value_bool(d, c, &ret->required);
                else if (text_equal(c->key->text, "online_dependencies"))
                        good &= value_bool(d, c, &ret->online_dependencies);
                else
                        (void) diagnose_unknown(d, c->key, "key", c->key->text, words,
                                                ELEMENTSOF(words));
        }
        if (!tree_find(t, "name") && !t->cut)
                diagnose_error(d, t, "a device needs the key 'name'");
        return good && ret->name;
}

/* The entity that is read becomes the next one. */
static void device_note(struct builder *b, const struct backing *backing,
                        struct backing_device *device, const struct tree *t) {
        const struct tree *name = tree_find(t, "name");

        array_append(&b->backing_names,
                     ((struct backing_name){ (entity_id) b->entities.count, backing, device,
                                             name ? name : t }));
}

static void devices_read(struct builder *b, const struct tree *t, struct backing *ret) {
        if (t->kind != TREE_LIST || !t->n) {
                if (!t->cut)
                        diagnose_error(b->diagnoser, t, "expected a list of devices, found %s",
                                       tree_describe(b->diagnoser->arena, t));
                return;
        }
        ret->devices = arena_new_array(b->config->arena, struct backing_device, t->n);
        for (const struct tree *c = t->first; c; c = c->next)
                if (device_read(b, c, &ret->devices[ret->n_devices]))
                        device_note(b, ret, &ret->devices[ret->n_devices++], c);
}

static bool group_read(struct builder *b, const struct tree *t, enum vdev_kind kind,
                       struct backing *ret) {
        static const char *const words[] = { "devices", "parity" };
        const char *what = kind == VDEV_KIND_RAIDZ ? "raidz" : "mirror";

        *ret = (struct backing){ .kind = kind };
        for (const struct tree *c = t->kind == TREE_MAP ? t->first : NULL; c; c = c->next) {
                if (text_equal(c->key->text, "devices"))
                        devices_read(b, c, ret);
                else if (text_equal(c->key->text, "parity") && kind == VDEV_KIND_RAIDZ)
                        (void) value_number(b->diagnoser, c, 1, 3, &ret->parity);
                else
                        (void) diagnose_unknown(b->diagnoser, c->key, "key", c->key->text, words,
                                                kind == VDEV_KIND_RAIDZ ? 2 : 1);
        }
        if (t->kind == TREE_LIST)
                devices_read(b, t, ret);
        else if (!tree_find(t, "devices") && !t->cut)
                diagnose_error(b->diagnoser, t, "a %s needs the key 'devices'", what);
        if (t->cut)
                return ret->n_devices > 0;
        if (kind == VDEV_KIND_RAIDZ && !tree_find(t, "parity"))
                diagnose_error(b->diagnoser, t, "a raidz needs the key 'parity'");
        else if (kind == VDEV_KIND_RAIDZ && ret->n_devices && ret->n_devices <= ret->parity)
                diagnose_error(b->diagnoser, t, "a raidz of parity %u needs more than %u devices",
                               ret->parity, ret->parity);
        return ret->n_devices > 0;
}

static bool single_read(struct builder *b, const struct tree *t, struct backing *ret) {
        struct backing_device *device = arena_new_one(b->config->arena, struct backing_device);

        *ret = (struct backing){ .kind = VDEV_KIND_SINGLE, .devices = device, .n_devices = 1 };
        if (!device_read(b, t, device))
                return false;
        if (tree_find(t, "required") && !device->required)
                diagnose_error(
                        b->diagnoser, tree_find(t, "required"),
                        "a single device is always required: without it the pool lacks data");
        device->required = true;
        device_note(b, ret, device, t);
        return true;
}

static bool vdev_read(struct builder *b, const struct tree *t, struct backing *ret) {
        static const char *const words[] = { "!mirror", "!raidz" };

        if (text_equal(t->tag, "!mirror") || text_equal(t->tag, "!Mirror"))
                return group_read(b, t, VDEV_KIND_MIRROR, ret);
        if (text_equal(t->tag, "!raidz") || text_equal(t->tag, "!RaidZ"))
                return group_read(b, t, VDEV_KIND_RAIDZ, ret);
        if (!*t->tag)
                return single_read(b, t, ret);
        (void) diagnose_unknown(b->diagnoser, t, "tag", t->tag, words, ELEMENTSOF(words));
        return false;
}

void backing_read(struct builder *b, struct entity *pool, const struct tree *t) {
        struct backing *vdevs;

        if (t->kind != TREE_LIST) {
                diagnose_error(b->diagnoser, t, "expected a list of vdevs, found %s",
                               tree_describe(b->diagnoser->arena, t));
                return;
        }
        vdevs = pool->zpool.backing = arena_new_array(b->config->arena, struct backing, t->n + 1);
        for (const struct tree *c = t->first; c; c = c->next) {
                for (const struct tree *k = c->first; k; k = k->next)
                        value_refuse_tags(b->diagnoser, k);
                pool->zpool.n_backing += vdev_read(b, c, &vdevs[pool->zpool.n_backing]);
        }
}
