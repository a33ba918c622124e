/* config/summary.c - what was understood of a configuration, for `zmirror check` */
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "config/config_load.h"

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

static void add_device(struct text *t, const struct backing *b, const struct backing_device *d) {
        text_add(t, d->name);
        if (b->kind != VDEV_KIND_SINGLE && d->required)
                text_add(t, " (required)");
        if (!d->online_dependencies)
                text_add(t, " (not asked to appear)");
        if (d->leg == ENTITY_NONE)
                text_add(t, " (not configured)");
}

static void add_backing(struct text *t, const struct entity *pool, bool *any) {
        for (uint32_t i = 0; i < pool->zpool.n_backing; i++) {
                const struct backing *b = &pool->zpool.backing[i];

                add_separator(t, any);
                if (b->kind == VDEV_KIND_MIRROR)
                        text_add(t, "mirror of ");
                if (b->kind == VDEV_KIND_RAIDZ)
                        text_addf(t, "raidz%u of ", b->parity);
                for (uint32_t k = 0; k < b->n_devices; k++) {
                        text_add(t, k ? ", " : "");
                        add_device(t, b, &b->devices[k]);
                }
        }
}

static void add_pool(struct text *t, const struct entity *pool, bool *any) {
        add_backing(t, pool, any);
        if (pool->zpool.root) {
                add_separator(t, any);
                text_addf(t, "root %s", pool->zpool.root);
        }
        if (!pool->zpool.mount) {
                add_separator(t, any);
                text_add(t, "nothing is mounted");
        }
        if (pool->zpool.import_argv) {
                add_separator(t, any);
                text_addf(t, "zpool import %s", pool->zpool.import_args);
        }
}

static void add_disk(struct text *t, const struct entity *disk, bool *any) {
        if (disk->disk.info) {
                add_separator(t, any);
                text_add(t, disk->disk.info);
        }
        if (!disk->disk.ssd) {
                add_separator(t, any);
                text_add(t, "no ssd");
        }
        if (disk->disk.force_enable_trim) {
                add_separator(t, any);
                text_add(t, "force_enable_trim");
        }
}

static void add_groups(struct text *t, const struct entity *e, bool *any) {
        if (!e->groups || !*e->groups)
                return;
        add_separator(t, any);
        text_add(t, e->groups[1] ? "groups" : "group");
        for (const char *const *g = e->groups; *g; g++)
                text_addf(t, "%s %s", g == e->groups ? "" : ",", *g);
}

static void add_type(struct text *t, const struct entity *e, bool *any) {
        switch (e->type) {
        case ENTITY_DISK:
                add_disk(t, e, any);
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
                add_pool(t, e, any);
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

/* --- schedules
 * ------------------------------------------------------------------------------------- */

static void add_time(struct text *t, const struct schedule_time *time) {
        if (time->hour >= 0)
                text_addf(t, "%02d:%02d:%02d", time->hour, time->minute, time->second);
        else if (time->minute >= 0)
                text_addf(t, "every hour at %02d:%02d", time->minute, time->second);
        else
                text_addf(t, "every minute at :%02d", time->second);
}

/* "mon-fri", "1, 15", of those between `from` and `to` that are set; nothing if all are. */
static void add_range(struct text *t, const char *before, uint32_t bits, unsigned from, unsigned to,
                      const char *const *names) {
        const char *separator = before;

        for (unsigned i = from, end; i <= to; i = end + 1) {
                for (end = i; end <= to && bits >> end & 1; end++)
                        ;
                if (i == from && end == to + 1)
                        return;
                if (end == i)
                        continue;
                text_add(t, separator);
                for (unsigned k = 0; k < 2 && (k == 0 || end - 1 > i); k++) {
                        unsigned at = k ? end - 1 : i;

                        text_add(t, k ? "-" : "");
                        if (names)
                                text_add(t, names[at - from]);
                        else
                                text_addf(t, "%u", at);
                }
                separator = ", ";
        }
}

static void add_rule(struct text *t, const struct schedule_rule *rule) {
        static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
        static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun",
                                              "jul", "aug", "sep", "oct", "nov", "dec" };

        size_t begin;

        for (uint32_t i = 0; i < rule->n_times; i++) {
                text_add(t, i ? ", " : "");
                add_time(t, &rule->times[i]);
        }
        begin = t->length;
        add_range(t, " on ", rule->weekdays, 0, 6, weekdays);
        add_range(t, " on the days ", rule->days, 1, 31, NULL);
        add_range(t, " in ", rule->months, 1, 12, months);
        if (t->length == begin && rule->times[0].hour >= 0)
                text_add(t, " every day");
}

static const char *schedule_print(struct arena *a, const struct schedule *s) {
        struct text t = {};
        const char *text;

        for (uint32_t i = 0; i < s->n_rules; i++) {
                text_add(&t, i ? "; " : "");
                add_rule(&t, &s->rules[i]);
        }
        text = arena_strdup(a, t.s ? t.s : "never");
        text_done(&t);
        return text;
}

/* --- lines
 * ----------------------------------------------------------------------------------------- */

struct summary {
        struct arena *arena;
        ARRAY(struct summary_line) lines;
};

static void summary_add(struct summary *s, uint32_t depth, const char *left, const char *right) {
        array_append(&s->lines, ((struct summary_line){ depth, left, right, NULL }));
}

static void summary_add_schedule(struct summary *s, const char *key,
                                 const struct schedule *schedule) {
        summary_add(s, 0, key, schedule_print(s->arena, schedule));
        if (schedule->n_rules)
                s->lines.items[s->lines.count - 1].schedule = schedule;
}

/* What is as usual is told where it is good to know. */
static void summary_add_settings(struct summary *s, const struct settings *settings) {
        struct span timeout = { .usec = settings->timeout };
        char buffer[SPAN_PRINT_MAX];

        summary_add(s, 0, "log_level", log_level_print(settings->log_level));
        if (settings->log_full_events || settings->log_events)
                summary_add(s, 0, settings->log_full_events ? "log_full_events" : "log_events",
                            "yes");
        summary_add(s, 0, "timeout", arena_strdup(s->arena, span_print(timeout, buffer)));
        if (!settings->enable_commands)
                summary_add(s, 0, "enable_commands", "no: commands are only logged");
        if (!settings->enable_event_handlers)
                summary_add(s, 0, "enable_event_handlers", "no: handlers are not run");
        summary_add_schedule(s, "maintenance_scheduler", &settings->maintenance_scheduler);
        summary_add_schedule(s, "update_scheduler", &settings->update_scheduler);
        if (settings->regular_status_default)
                summary_add(s, 0, "regular_status_scheduler", "every 10 minutes");
        else
                summary_add_schedule(s, "regular_status_scheduler",
                                     &settings->regular_status_scheduler);
}

static const char *entity_print(struct arena *a, const struct config *c, const struct entity *e) {
        struct text t = {};
        bool any = false;
        const char *text;

        add_type(&t, e, &any);
        add_unpluggable(&t, c, e, &any);
        add_groups(&t, e, &any);
        add_handlers(&t, e, &any);
        text = arena_strdup(a, t.s ? t.s : "");
        text_done(&t);
        return text;
}

uint32_t config_summarize(struct arena *a, const struct config *c, struct summary_line **ret) {
        struct summary s = { .arena = a };
        uint32_t n;

        summary_add_settings(&s, &c->settings);
        summary_add(&s, 0, "", "");
        for (uint32_t i = 0; i < c->n_entities; i++)
                summary_add(&s, c->entities[i].depth, c->entities[i].id,
                            entity_print(a, c, &c->entities[i]));
        n = (uint32_t) s.lines.count;
        *ret = arena_memdup(a, s.lines.items, n * sizeof(*s.lines.items));
        array_done(&s.lines);
        return n;
}
