/* tests/sim/universe.c - configurations that nobody would think of: pools of all shapes, on disks,
 * containers and volumes of other pools */
#include <string.h>

#include "base/arena.h"
#include "universe.h"

#define DEPTH_MAX 3

struct builder {
        struct universe *u;
        struct dice dice;
        struct universe_options options;
        bool small;        /* each leg on a disk of its own */
        uint32_t n_disks;  /* still to be used */
        uint32_t n_parts;  /* names */
        struct text pools; /* `!zpool` entities at top level */
        struct text disks; /* `!disk` entities */
};

static const char *indentation(uint32_t n) {
        static const char blanks[] = "                                                            ";

        return blanks + (sizeof(blanks) - 1 - (n < 60 ? n : 60));
}

static bool chance(struct builder *b, unsigned percent) {
        return dice_chance(&b->dice, percent);
}

static void add_thing(struct builder *b, const char *type, const char *name) {
        array_append(&b->u->things, arena_printf(b->u->arena, "%s %s", type, name));
}

/* `usual` in nine of ten, or always for plain ones. */
static void add_handler(struct builder *b, struct text *t, uint32_t n, const char *event,
                        const char *usual, unsigned percent) {
        if (!b->options.plain && !chance(b, percent))
                return;
        text_addf(t, "%s%s: [%s]\n", indentation(n), event, usual);
}

/* What a leg does once it is up to date. */
static const char *draw_resilvered(struct builder *b, bool on_zvol) {
        static const char *const lists[] = { "offline",        "offline",       "offline",
                                             "scrub, offline", "trim, offline", "pass" };

        if (b->options.plain)
                return on_zvol ? "offline, snapshot-parent" : "offline";
        if (on_zvol && chance(b, 50))
                return "offline, snapshot-parent";
        return lists[dice_below(&b->dice, ELEMENTSOF(lists))];
}

static void add_leg(struct builder *b, struct text *t, uint32_t n, const char *pool,
                    const char *name, const char *path, bool on_zvol) {
        struct universe *u = b->u;

        array_append(&u->legs, arena_printf(u->arena, "%s %s", pool, name));
        array_append(&u->paths, path);
        add_thing(b, "zdev", arena_printf(u->arena, "%s %s", pool, name));
        text_addf(t, "%s- !zdev\n%spool: %s\n", indentation(n), indentation(n + 2), pool);
        add_handler(b, t, n + 2, "on_appeared", "online", 88);
        add_handler(b, t, n + 2, "on_resilvered", draw_resilvered(b, on_zvol), 88);
        if (!b->options.plain && chance(b, 10))
                text_addf(t, "%son_scrub_finished: [offline]\n", indentation(n + 2));
        if (!b->options.plain && chance(b, 10))
                text_addf(t, "%son_update_failed: [offline]\n", indentation(n + 2));
        if (!b->options.plain && chance(b, 6))
                text_addf(t, "%son_trimmed: [{run: /usr/local/bin/trimmed}, offline]\n",
                          indentation(n + 2));
        if (!b->options.plain && chance(b, 4))
                text_addf(t, "%son_startup: [online]\n", indentation(n + 2));
        if (chance(b, 20))
                text_addf(t, "%sscrub_interval: %s\n", indentation(n + 2),
                          chance(b, 50) ? "2 days" : "4 weeks");
        if (chance(b, 15))
                text_addf(t, "%strim_interval: 1 week\n", indentation(n + 2));
        if (chance(b, 15))
                text_addf(t, "%supdate_interval: 1 day\n", indentation(n + 2));
}

/* A partition on a disk of its own or beside another; the leg in it is raw or in a container.
 * Returns its name. */
static const char *add_external_leg(struct builder *b, const char *pool) {
        struct universe *u = b->u;
        const char *name = arena_printf(u->arena, "p%u", ++b->n_parts);
        bool same_disk = u->disks.count && !b->small && (b->n_disks == 0 || chance(b, 10));
        bool luks = chance(b, 75);
        struct text *t = &b->disks;

        if (!same_disk) {
                const char *disk = arena_printf(u->arena, "d%zu", u->disks.count + 1);

                b->n_disks--;
                array_append(&u->disks, disk);
                add_thing(b, "disk", disk);
                text_addf(t,
                          "  - !disk\n    uuid: %08zx-0000-4000-8000-000000000000\n"
                          "    info: %s\n",
                          u->disks.count, disk);
                if (b->options.plain || chance(b, 85))
                        text_add(t, "    unpluggable: yes\n");
                text_add(t, "    content:\n");
        }
        add_thing(b, "part", name);
        text_addf(t, "      - !part\n        name: %s\n        content:\n", name);
        if (!luks) {
                add_leg(b, t, 10, pool, name,
                        arena_printf(u->arena, "/dev/disk/by-partlabel/%s", name), false);
                return name;
        }
        add_thing(b, "crypt", name);
        array_append(&u->crypts, name);
        text_addf(t, "          - !crypt\n            name: %s\n", name);
        if (b->options.plain || chance(b, 85))
                text_addf(t, "            key_file: /etc/zmirror/keys/%s\n", name);
        add_handler(b, t, 12, "on_appeared", "online", 90);
        add_handler(b, t, 12, "on_children_offline", "offline", 88);
        text_add(t, "            content:\n");
        add_leg(b, t, 14, pool, name, arena_printf(u->arena, "/dev/mapper/%s", name), false);
        return name;
}

static void add_outer_pool(struct builder *b, const char *name, const char *inner, uint32_t depth);

/* A leg on whatever there is; returns its name. */
static const char *add_some_leg(struct builder *b, const char *pool, uint32_t depth) {
        struct universe *u = b->u;
        const char *outer;

        if (depth + 1 >= DEPTH_MAX || !chance(b, depth ? 30 : 28))
                return add_external_leg(b, pool);
        outer = arena_printf(u->arena, "bak%zu", u->pools.count);
        add_outer_pool(b, outer, pool, depth + 1);
        return arena_printf(u->arena, "zvol/%s/%s", outer, pool);
}

static void add_backing_device(struct builder *b, struct text *t, const char *name, bool required) {
        if (required || chance(b, 30))
                text_addf(t, "            - {name: %s, required: %s}\n", name,
                          required ? "yes" : "no");
        else
                text_addf(t, "            - %s\n", name);
}

static void add_pool_head(struct builder *b, struct text *t, const char *name) {
        array_append(&b->u->pools, name);
        add_thing(b, "zpool", name);
        text_addf(t, "  - !zpool\n    name: %s\n    backed_by:\n", name);
}

static void add_pool_handlers(struct builder *b, struct text *t) {
        add_handler(b, t, 4, "on_backing_appeared", "online", 85);
        add_handler(b, t, 4, "on_children_offline", "offline", 80);
}

/* A pool on external disks, with a volume that is a leg of the inner one. */
static void add_outer_pool(struct builder *b, const char *name, const char *inner, uint32_t depth) {
        struct text t = {};
        bool mirrored = chance(b, 20) && b->n_disks >= 2 && !b->options.certain;

        add_pool_head(b, &t, name);
        if (mirrored) {
                const char *first = add_some_leg(b, name, depth);

                text_add(&t, "      - !mirror\n          devices:\n");
                add_backing_device(b, &t, first, chance(b, 20));
                add_backing_device(b, &t, add_external_leg(b, name), false);
        } else
                text_addf(&t, "      - %s\n", add_some_leg(b, name, depth));
        add_pool_handlers(b, &t);
        array_append(&b->u->zvols, arena_printf(b->u->arena, "%s/%s", name, inner));
        add_thing(b, "zvol", arena_printf(b->u->arena, "%s %s", name, inner));
        text_addf(&t, "    content:\n      - !zvol\n        name: %s\n        content:\n", inner);
        add_leg(b, &t, 10, inner, arena_printf(b->u->arena, "zvol/%s/%s", name, inner),
                arena_printf(b->u->arena, "/dev/zvol/%s/%s", name, inner), true);
        text_add(&b->pools, t.s);
        text_done(&t);
}

/* tank: a leg in the machine and some outside, or all outside. */
static void add_main_pool(struct builder *b, const char *name) {
        struct text t = {};
        bool internal = chance(b, 70) || b->options.certain,
             raidz = !internal && b->n_disks >= 3 && chance(b, 50);
        uint32_t n = 1 + (uint32_t) dice_below(&b->dice, b->n_disks < 3 ? b->n_disks : 3);

        if (raidz)
                n = 3 + (uint32_t) dice_below(&b->dice, b->n_disks - 2);
        else if (!internal && n < 2 && b->n_disks >= 2)
                n = 2;
        if (n > 8)
                n = 8;
        add_pool_head(b, &t, name);
        if (n == 1 && !internal)
                text_addf(&t, "      - %s\n", add_external_leg(b, name));
        else {
                text_addf(&t, "      - !%s\n", raidz ? "raidz" : "mirror");
                if (raidz)
                        text_addf(&t, "          parity: %u\n", n > 3 && chance(b, 40) ? 2u : 1u);
                text_add(&t, "          devices:\n");
                if (internal)
                        text_addf(&t, "            - {name: %s-in, required: yes}\n", name);
                for (uint32_t i = 0; i < n; i++) {
                        const char *leg = raidz ? add_external_leg(b, name)
                                                : add_some_leg(b, name, 0);

                        add_backing_device(b, &t, leg, !internal && !i && chance(b, 30));
                }
        }
        if (internal)
                add_handler(b, &t, 4, "on_backing_appeared", "online", 30);
        else
                add_pool_handlers(b, &t);
        text_add(&b->pools, t.s);
        text_done(&t);
}

static uint32_t draw_n_disks(struct builder *b) {
        if (b->options.n_disks)
                return 1 + (uint32_t) dice_below(&b->dice, b->options.n_disks);
        if (chance(b, 3))
                return 5 + (uint32_t) dice_below(&b->dice, 36);
        return 1 + (uint32_t) dice_below(&b->dice, 4);
}

/* The other configuration: the same world with less in it. */
static bool line_is_dropped(struct builder *b, const char *line, size_t n, unsigned percent) {
        static const char *const keys[] = { "on_", "scrub_interval", "trim_interval",
                                            "update_interval" };
        size_t blanks = strspn(line, " ");

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (blanks + strlen(keys[i]) < n && text_starts(line + blanks, keys[i]))
                        return chance(b, percent);
        return false;
}

static void draw_other(struct builder *b) {
        unsigned percent = chance(b, 50) ? 30 : 0;
        uint64_t without = chance(b, 50) ? 1 + dice_below(&b->dice, b->u->disks.count) : 0;
        uint64_t disk = 0;

        for (const char *s = b->u->yaml.s; *s;) {
                size_t n = strcspn(s, "\n") + 1;

                disk += text_starts(s, "  - !disk");
                if ((!without || disk != without) && !line_is_dropped(b, s, n, percent))
                        text_add_bytes(&b->u->other, s, n);
                s += n;
        }
}

struct universe *universe_new_small(uint32_t n_legs, bool internal) {
        struct universe *u = memory_new(1, sizeof(*u));
        struct builder b = {
                .u = u, .n_disks = n_legs - internal, .options.plain = true, .small = true
        };
        struct text t = {};

        u->arena = arena_new();
        add_pool_head(&b, &t, "tank");
        text_add(&t, "      - !mirror\n          devices:\n");
        if (internal)
                text_add(&t, "            - {name: tank-in, required: yes}\n");
        for (uint32_t i = internal; i < n_legs; i++)
                text_addf(&t, "            - %s\n", add_external_leg(&b, "tank"));
        if (!internal)
                add_pool_handlers(&b, &t);
        text_addf(&u->yaml, "--- !zmirror\ncontent:\n%s%s", t.s, b.disks.s);
        text_add(&u->other, u->yaml.s);
        text_done(&t);
        text_done(&b.disks);
        return u;
}

struct universe *universe_new(uint64_t seed, const struct universe_options *options) {
        struct universe *u = memory_new(1, sizeof(*u));
        struct builder b = { .u = u, .dice = { seed * 0x9e3779b9 + 77 }, .options = *options };

        u->arena = arena_new();
        b.n_disks = draw_n_disks(&b);
        add_main_pool(&b, "tank");
        for (uint32_t i = 1; b.n_disks > 0 && i < 20; i++)
                add_main_pool(&b, arena_printf(u->arena, "data%u", i));
        text_add(&u->yaml, "--- !zmirror\n");
        text_addf(&u->yaml, "timeout: %u\n", chance(&b, 80) ? 300 : 40);
        if (chance(&b, 20))
                text_add(&u->yaml, "scrub_interval: 3 days\n");
        if (!options->plain && chance(&b, 3))
                text_add(&u->yaml, "enable_commands: no\n");
        if (!options->plain && chance(&b, 2))
                text_add(&u->yaml, "enable_event_handlers: no\n");
        text_addf(&u->yaml, "content:\n%s%s", b.pools.s ? b.pools.s : "",
                  b.disks.s ? b.disks.s : "");
        draw_other(&b);
        text_done(&b.pools);
        text_done(&b.disks);
        return u;
}

struct universe *universe_free(struct universe *u) {
        if (!u)
                return NULL;
        text_done(&u->yaml);
        text_done(&u->other);
        array_done(&u->disks);
        array_done(&u->pools);
        array_done(&u->zvols);
        array_done(&u->crypts);
        array_done(&u->legs);
        array_done(&u->paths);
        array_done(&u->things);
        (void) arena_free(u->arena);
        free(u);
        return NULL;
}
