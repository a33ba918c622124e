/* config/summary.c - what was understood of a configuration, for `zmirror check` */
#include <string.h>

#include "base/text.h"
#include "config/config_load.h"

#define GAP_MAX 56u /* longer ids push what follows them to the right */

/* "; " before everything but the first thing that is said of an entity. */
static void add_separator(struct text *t, bool *any) {
        text_add(t, *any ? "; " : "");
        *any = true;
}

static void add_action(struct text *t, const struct action *a) {
        switch (a->kind) {
        case ACTION_PASS:
                text_add(t, "pass");
                return;
        case ACTION_WISH:
                text_add(t, wish_print(a->wish));
                return;
        case ACTION_SNAPSHOT_PARENT:
                text_add(t, "snapshot-parent");
                return;
        case ACTION_RUN:
                text_add(t, "run");
                for (const char *const *w = a->argv; *w; w++)
                        text_addf(t, " %s", *w);
                return;
        }
}

static void add_handlers(struct text *t, const struct entity *e, bool *any) {
        for (enum event v = 0; v < _EVENT_MAX; v++) {
                const struct handler *h = &e->handlers[v];

                if (!h->n_actions)
                        continue;
                add_separator(t, any);
                text_addf(t, "on_%s:", event_print(v));
                for (uint32_t i = 0; i < h->n_actions; i++) {
                        text_add(t, i ? ", " : " ");
                        add_action(t, &h->actions[i]);
                }
        }
}

static void add_interval(struct text *t, const char *name, struct span s, bool *any) {
        char buffer[SPAN_PRINT_MAX];

        if (span_is_nil(s))
                return;
        add_separator(t, any);
        text_addf(t, "%s every %s", name, span_print(s, buffer));
}

static void add_backing(struct text *t, const struct entity *pool, bool *any) {
        for (uint32_t i = 0; i < pool->zpool.n_backing; i++) {
                const struct backing *b = &pool->zpool.backing[i];

                add_separator(t, any);
                if (b->kind == VDEV_KIND_MIRROR)
                        text_add(t, "mirror of ");
                if (b->kind == VDEV_KIND_RAIDZ)
                        text_addf(t, "raidz%u of ", b->parity);
                for (uint32_t k = 0; k < b->n_devices; k++)
                        text_addf(t, "%s%s%s%s", k ? ", " : "", b->devices[k].name,
                                  b->kind != VDEV_KIND_SINGLE && b->devices[k].required
                                          ? " (required)"
                                          : "",
                                  b->devices[k].leg == ENTITY_NONE ? " (not configured)" : "");
        }
}

static void add_type(struct text *t, const struct entity *e, bool *any) {
        switch (e->type) {
        case ENTITY_DISK:
                if (e->disk.info) {
                        add_separator(t, any);
                        text_add(t, e->disk.info);
                }
                return;
        case ENTITY_CRYPT:
                add_separator(t, any);
                if (e->parent == ENTITY_NONE)
                        text_add(t, "opened by others");
                else if (e->crypt.key_file)
                        text_addf(t, "key %s", e->crypt.key_file);
                else
                        text_add(t, "passphrase");
                text_add(t, e->crypt.allow_discards ? ", discards allowed" : "");
                return;
        case ENTITY_ZPOOL:
                add_backing(t, e, any);
                return;
        case ENTITY_ZDEV:
                add_interval(t, "update", e->zdev.intervals.update, any);
                add_interval(t, "update while available", e->zdev.intervals.available_update, any);
                add_interval(t, "scrub", e->zdev.intervals.scrub, any);
                add_interval(t, "trim", e->zdev.intervals.trim, any);
                return;
        case ENTITY_PART:
        case ENTITY_ZVOL:
        case ENTITY_DATASET:
        case _ENTITY_TYPE_MAX:
                return;
        }
}

/* What is inherited is said once, where it begins. */
static void add_unpluggable(struct text *t, const struct config *c, const struct entity *e,
                            bool *any) {
        const struct entity *parent = config_entity(c, e->parent);

        if (e->unpluggable == (parent && parent->unpluggable))
                return;
        add_separator(t, any);
        text_add(t, e->unpluggable ? "unpluggable" : "not unpluggable");
}

static size_t id_end(const struct entity *e) {
        return e->depth * 2 + strlen(e->id);
}

static void add_entity(struct text *t, const struct config *c, const struct entity *e, size_t gap) {
        size_t end = id_end(e), begin = t->length;
        bool any = false;

        text_addf(t, "%*s%s", (int) (e->depth * 2), "", e->id);
        text_addf(t, "%*s", (int) (end < gap ? gap - end + 2 : 2), "");
        add_type(t, e, &any);
        add_unpluggable(t, c, e, &any);
        add_handlers(t, e, &any);
        while (!any && t->length > begin && t->s[t->length - 1] == ' ')
                t->length--;
        text_add(t, "\n");
}

const char *config_summary(struct arena *a, const struct config *c) {
        struct text t = {};
        size_t gap = 0;
        const char *s;

        for (uint32_t i = 0; i < c->n_entities; i++)
                if (id_end(&c->entities[i]) > gap && id_end(&c->entities[i]) <= GAP_MAX)
                        gap = id_end(&c->entities[i]);
        for (uint32_t i = 0; i < c->n_entities; i++)
                add_entity(&t, c, &c->entities[i], gap);
        s = arena_strdup(a, t.s ? t.s : "");
        text_done(&t);
        return s;
}
