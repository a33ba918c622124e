/* config/summary.c - what was understood of a configuration, for `zmirror check` */
#include "base/text.h"
#include "config/config_load.h"

static void add_handlers(struct text *t, const struct entity *e, const char *indent) {
        for (enum event v = 0; v < _EVENT_MAX; v++) {
                const struct handler *h = &e->handlers[v];

                if (!h->n_actions)
                        continue;
                text_addf(t, "%s    on_%s:", indent, event_print(v));
                for (uint32_t i = 0; i < h->n_actions; i++) {
                        const struct action *a = &h->actions[i];

                        text_add(t, i ? ", " : " ");
                        switch (a->kind) {
                        case ACTION_PASS:
                                text_add(t, "pass");
                                break;
                        case ACTION_WISH:
                                text_add(t, wish_print(a->wish));
                                break;
                        case ACTION_SNAPSHOT_PARENT:
                                text_add(t, "snapshot-parent");
                                break;
                        case ACTION_RUN:
                                text_add(t, "run");
                                for (const char *const *w = a->argv; *w; w++)
                                        text_addf(t, " %s", *w);
                                break;
                        }
                }
                text_add(t, "\n");
        }
}

static void add_interval(struct text *t, const char *indent, const char *name, struct span s) {
        char buffer[SPAN_PRINT_MAX];

        if (!span_is_nil(s))
                text_addf(t, "%s    %s every %s\n", indent, name, span_print(s, buffer));
}

static void add_backing(struct text *t, const struct entity *e, const char *indent) {
        for (uint32_t i = 0; i < e->zpool.n_backing; i++) {
                const struct backing *b = &e->zpool.backing[i];

                text_addf(t, "%s    backed by ", indent);
                if (b->kind == VDEV_KIND_MIRROR)
                        text_add(t, "a mirror of ");
                if (b->kind == VDEV_KIND_RAIDZ)
                        text_addf(t, "a raidz%u of ", b->parity);
                for (uint32_t k = 0; k < b->n_devices; k++)
                        text_addf(t, "%s%s%s%s", k ? ", " : "", b->devices[k].name,
                                  b->devices[k].required ? " (required)" : "",
                                  b->devices[k].leg == ENTITY_NONE ? " (not configured)" : "");
                text_add(t, "\n");
        }
}

const char *config_summary(struct arena *a, const struct config *c) {
        struct text t = {};
        const char *s;

        for (uint32_t i = 0; i < c->n_entities; i++) {
                const struct entity *e = &c->entities[i];
                const char *indent = arena_printf(a, "%*s", (int) (e->depth * 2), "");

                text_addf(&t, "%s%s%s\n", indent, e->id, e->unpluggable ? "  (unpluggable)" : "");
                if (e->type == ENTITY_DISK && e->disk.info)
                        text_addf(&t, "%s    %s\n", indent, e->disk.info);
                if (e->type == ENTITY_CRYPT)
                        text_addf(&t, "%s    %s%s\n", indent,
                                  e->crypt.key_file ? e->crypt.key_file
                                                    : "a passphrase is asked for",
                                  e->crypt.allow_discards ? ", discards allowed" : "");
                if (e->type == ENTITY_ZPOOL)
                        add_backing(&t, e, indent);
                if (e->type == ENTITY_ZDEV) {
                        add_interval(&t, indent, "update", e->zdev.intervals.update);
                        add_interval(&t, indent, "update while available",
                                     e->zdev.intervals.available_update);
                        add_interval(&t, indent, "scrub", e->zdev.intervals.scrub);
                        add_interval(&t, indent, "trim", e->zdev.intervals.trim);
                }
                add_handlers(&t, e, indent);
        }
        s = arena_strdup(a, t.s ? t.s : "");
        text_done(&t);
        return s;
}
