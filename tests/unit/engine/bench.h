/* tests/unit/engine/bench.h - an engine with two legs of a pool, that is told what is so */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config_load.h"
#include "engine/engine.h"

static const char bench_yaml[] = "--- !zmirror\n"
                                 "content:\n"
                                 "  - !zpool\n"
                                 "    name: tank\n"
                                 "  - !part\n"
                                 "    name: p1\n"
                                 "    content:\n"
                                 "      - !zdev\n"
                                 "        pool: tank\n"
                                 "  - !part\n"
                                 "    name: p2\n"
                                 "    content:\n"
                                 "      - !zdev\n"
                                 "        pool: tank\n";

struct bench {
        struct arena *arena;
        struct config *config;
        struct engine *engine;
        const struct effects *effects; /* of the last step */
        struct now now;
        entity_id pool, legs[2];
};

static inline void bench_step(struct bench *b, const struct input *input) {
        b->now.mono += USEC_PER_SEC;
        b->now.wall += USEC_PER_SEC;
        b->effects = engine_step(b->engine, b->now, input);
}

static inline void bench_learns(struct bench *b, const struct input_facts *facts) {
        bench_step(b, &(struct input){ .kind = INPUT_FACTS, .facts = *facts });
}

static inline struct device bench_partition(const char *name, uint64_t minor) {
        return (struct device){ .syspath = name,
                                .devnode = name,
                                .devnum = minor,
                                .diskseq = minor,
                                .kind = DEVICE_PARTITION,
                                .table_uuid = "",
                                .part_name = name,
                                .part_uuid = "",
                                .fs_type = "zfs_member",
                                .fs_uuid = "",
                                .dm_name = "",
                                .dm_uuid = "",
                                .zvol_name = "",
                                .provisioning = "",
                                .serial = "",
                                .model = "",
                                .bus = "" };
}

static inline int bench_set_up(void **state) {
        struct device devices[] = { bench_partition("p1", 1), bench_partition("p2", 2) };
        struct pool_seen seen = { .name = "tank", .state = "ONLINE" };
        struct bench *b = memory_new(1, sizeof(*b));
        struct memory memory = { .boot_id = "" };
        struct diagnoses d = {};

        b->arena = arena_new();
        b->now = (struct now){ .wall = 1000 * USEC_PER_SEC, .mono = 50 * USEC_PER_SEC };
        b->config = config_parse(b->arena, "test.yml", bench_yaml, strlen(bench_yaml), false, &d);
        assert_non_null(b->config);
        b->engine = engine_new(b->config, &memory, "boot", true, b->now);
        for (entity_id i = 0; i < b->config->n_entities; i++) {
                const struct entity *it = &b->config->entities[i];

                if (it->type == ENTITY_ZPOOL)
                        b->pool = i;
                if (it->type == ENTITY_ZDEV)
                        b->legs[it->name[1] - '1'] = i;
        }
        bench_learns(b, &(struct input_facts){ .kind = FACT_MOUNTS });
        bench_learns(b, &(struct input_facts){ .kind = FACT_DEVICES,
                                               .devices = devices,
                                               .n_devices = ELEMENTSOF(devices) });
        bench_learns(b, &(struct input_facts){ .kind = FACT_POOLS, .pools = &seen, .n_pools = 1 });
        *state = b;
        return 0;
}

static inline int bench_tear_down(void **state) {
        struct bench *b = *state;

        engine_free(b->engine);
        config_free(b->config);
        arena_free(b->arena);
        free(b);
        return 0;
}

/* An imported pool of two disks, each of which is a top-level vdev, or is in a mirror with the
 * other. */
static inline struct pool_status *bench_pool(uint64_t guid, uint64_t first, uint64_t second,
                                             bool mirror) {
        struct arena *a = arena_new();
        struct pool_status *s = arena_new_one(a, struct pool_status);
        const struct vdev vdevs[] = {
                { .name = "tank", .type = VDEV_TYPE_ROOT, .parent = VDEV_NONE, .top = VDEV_NONE },
                { .name = "/dev/disk/by-partlabel/p1", .guid = first, .top = mirror ? 3 : 1 },
                { .name = "/dev/disk/by-partlabel/p2", .guid = second, .top = mirror ? 3 : 2 },
                { .name = "mirror-0", .type = VDEV_TYPE_MIRROR, .guid = 3, .top = 3 },
        };

        s->arena = a;
        s->name = s->problem = arena_strdup(a, "tank");
        s->guid = guid;
        s->state = VDEV_STATE_ONLINE;
        s->n_vdevs = mirror ? 4 : 3;
        s->vdevs = arena_new_array(a, struct vdev, s->n_vdevs);
        for (uint32_t i = 0; i < s->n_vdevs; i++) {
                s->vdevs[i] = vdevs[i];
                s->vdevs[i].path = vdevs[i].name;
                s->vdevs[i].was = s->vdevs[i].aux = "";
                s->vdevs[i].state = VDEV_STATE_ONLINE;
                if (i == 1 || i == 2) {
                        s->vdevs[i].type = VDEV_TYPE_DISK;
                        s->vdevs[i].parent = mirror ? 3 : 0;
                }
        }
        return s;
}

static inline void bench_sees(struct bench *b, struct pool_status *s) {
        bench_learns(b, &(struct input_facts){ .kind = FACT_POOL, .name = "tank", .pool = &s });
        assert_null(s);
}
