/* tests/unit/engine/test-ledger.c - which pool a name belongs to, and what its legs are worth */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/config_load.h"
#include "engine/engine.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/pool.h"

static const char yaml[] = "--- !zmirror\n"
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
        struct now now;
        entity_id pool, legs[2];
};

static void bench_step(struct bench *b, const struct input_facts *facts) {
        b->now.mono += USEC_PER_SEC;
        b->now.wall += USEC_PER_SEC;
        (void) engine_step(b->engine, b->now,
                           &(struct input){ .kind = INPUT_FACTS, .facts = *facts });
}

static struct device partition(const char *name, uint64_t minor) {
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

static int bench_set_up(void **state) {
        struct device devices[] = { partition("p1", 1), partition("p2", 2) };
        struct pool_seen seen = { .name = "tank", .state = "ONLINE" };
        struct bench *b = memory_new(1, sizeof(*b));
        struct memory memory = { .boot_id = "" };
        struct diagnoses d = {};

        b->arena = arena_new();
        b->now = (struct now){ .wall = 1000 * USEC_PER_SEC, .mono = 50 * USEC_PER_SEC };
        b->config = config_parse(b->arena, "test.yml", yaml, strlen(yaml), false, &d);
        assert_non_null(b->config);
        b->engine = engine_new(b->config, &memory, "boot", true, b->now);
        for (entity_id i = 0; i < b->config->n_entities; i++) {
                const struct entity *it = &b->config->entities[i];

                if (it->type == ENTITY_ZPOOL)
                        b->pool = i;
                if (it->type == ENTITY_ZDEV)
                        b->legs[it->name[1] - '1'] = i;
        }
        bench_step(b, &(struct input_facts){ .kind = FACT_MOUNTS });
        bench_step(b, &(struct input_facts){ .kind = FACT_DEVICES,
                                             .devices = devices,
                                             .n_devices = ELEMENTSOF(devices) });
        bench_step(b, &(struct input_facts){ .kind = FACT_POOLS, .pools = &seen, .n_pools = 1 });
        *state = b;
        return 0;
}

static int bench_tear_down(void **state) {
        struct bench *b = *state;

        engine_free(b->engine);
        config_free(b->config);
        arena_free(b->arena);
        free(b);
        return 0;
}

/* A pool of two disks, next to each other, that is seen to be imported. */
static void bench_sees(struct bench *b, uint64_t guid, uint64_t first, uint64_t second,
                       enum vdev_class class) {
        struct arena *a = arena_new();
        struct pool_status *s = arena_new_one(a, struct pool_status);
        const struct vdev vdevs[] = {
                { .name = "tank", .type = VDEV_TYPE_ROOT, .parent = VDEV_NONE, .top = VDEV_NONE },
                { .name = "/dev/disk/by-partlabel/p1", .guid = first, .top = 1 },
                { .name = "/dev/disk/by-partlabel/p2", .guid = second, .top = 2, .class = class },
        };

        s->arena = a;
        s->name = s->problem = arena_strdup(a, "tank");
        s->guid = guid;
        s->state = VDEV_STATE_ONLINE;
        s->n_vdevs = ELEMENTSOF(vdevs);
        s->vdevs = arena_new_array(a, struct vdev, s->n_vdevs);
        for (uint32_t i = 0; i < s->n_vdevs; i++) {
                s->vdevs[i] = vdevs[i];
                s->vdevs[i].path = vdevs[i].name;
                s->vdevs[i].was = s->vdevs[i].aux = "";
                s->vdevs[i].state = VDEV_STATE_ONLINE;
                if (i)
                        s->vdevs[i].type = VDEV_TYPE_DISK;
        }
        bench_step(b, &(struct input_facts){ .kind = FACT_POOL, .name = "tank", .pool = &s });
        assert_null(s);
}

static void test_a_special_vdev_is_needed_a_log_is_not(void **state) {
        static const struct {
                enum vdev_class class;
                bool needed;
        } cases[] = {
                { VDEV_CLASS_NORMAL, true }, { VDEV_CLASS_SPECIAL, true },
                { VDEV_CLASS_LOG, false },   { VDEV_CLASS_CACHE, false },
                { VDEV_CLASS_SPARE, false },
        };
        struct bench *b = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                bench_sees(b, 7, 11, 12, cases[i].class);
                assert_true(entity_is_online(b->engine, b->legs[1]));
                assert_int_equal(pool_needs_leg(b->engine, b->legs[1]), cases[i].needed);
        }
}

static void test_a_name_belongs_to_the_pool_that_had_it_last(void **state) {
        struct bench *b = *state;

        bench_sees(b, 9, 11, 12, VDEV_CLASS_NORMAL);
        assert_int_equal(ledger_find_pool(b->engine, "tank")->m.pool_guid, 9);
        bench_sees(b, 8, 21, 22, VDEV_CLASS_NORMAL); /* made anew */
        assert_int_equal(ledger_find_pool(b->engine, "tank")->m.pool_guid, 8);
        assert_false(ledger_is_current(ledger_find_pool(b->engine, "tank"), 11));
        bench_sees(b, 9, 11, 12, VDEV_CLASS_NORMAL); /* and the one from before, after all */
        assert_int_equal(ledger_find_pool(b->engine, "tank")->m.pool_guid, 9);
        assert_true(ledger_is_current(ledger_find_pool(b->engine, "tank"), 11));
}

static void test_what_is_known_of_a_pool_stays_with_it_under_another_guid(void **state) {
        struct bench *b = *state;

        bench_sees(b, 9, 11, 12, VDEV_CLASS_NORMAL);
        ledger_find_pool(b->engine, "tank")->m.went_on = 77;
        bench_sees(b, 8, 11, 12, VDEV_CLASS_NORMAL); /* zpool reguid */
        assert_int_equal(ledger_find_pool(b->engine, "tank")->m.pool_guid, 8);
        assert_int_equal(ledger_find_pool(b->engine, "tank")->m.went_on, 77);
        assert_true(ledger_is_current(ledger_find_pool(b->engine, "tank"), 11));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_a_special_vdev_is_needed_a_log_is_not,
                                                bench_set_up, bench_tear_down),
                cmocka_unit_test_setup_teardown(test_a_name_belongs_to_the_pool_that_had_it_last,
                                                bench_set_up, bench_tear_down),
                cmocka_unit_test_setup_teardown(
                        test_what_is_known_of_a_pool_stays_with_it_under_another_guid, bench_set_up,
                        bench_tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
