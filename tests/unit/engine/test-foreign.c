/* tests/unit/engine/test-foreign.c - a disk is not safe while somebody uses it whom zmirror does
 * not look after */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "config/config_load.h"
#include "engine/engine.h"

static const char yaml[] = "--- !zmirror\n"
                           "content:\n"
                           "  - !zpool\n"
                           "    name: tank\n"
                           "  - !disk\n"
                           "    uuid: 0f2a0000-0000-4000-8000-000000000001\n"
                           "    unpluggable: yes\n"
                           "    content:\n"
                           "      - !part\n"
                           "        name: a\n"
                           "        content:\n"
                           "          - !crypt\n"
                           "            name: a\n"
                           "            key_file: /etc/k\n";

#define DISK UINT64_C(0x800)
#define PART UINT64_C(0x801) /* configured */
#define MORE UINT64_C(0x802)
#define DM0  UINT64_C(0xfd00)
#define DM1  UINT64_C(0xfd01)
#define MD0  UINT64_C(0x900)

#define UUID "0f2a0000-0000-4000-8000-000000000001"

static const uint64_t on_part[] = { PART }, on_more[] = { MORE }, on_dm0[] = { DM0 };

static const struct device disk = { .syspath = "/d",
                                    .devnode = "/dev/sda",
                                    .devnum = DISK,
                                    .kind = DEVICE_DISK,
                                    .table_uuid = UUID };
static const struct device part = { .syspath = "/d/1",
                                    .devnode = "/dev/sda1",
                                    .devnum = PART,
                                    .disk = DISK,
                                    .kind = DEVICE_PARTITION,
                                    .part_name = "a",
                                    .fs_type = "crypto_LUKS" };
static const struct device more = { .syspath = "/d/2",
                                    .devnode = "/dev/sda2",
                                    .devnum = MORE,
                                    .disk = DISK,
                                    .kind = DEVICE_PARTITION,
                                    .part_name = "more" };
static const struct device leg = { .syspath = "/d/2",
                                   .devnode = "/dev/sda2",
                                   .devnum = MORE,
                                   .disk = DISK,
                                   .kind = DEVICE_PARTITION,
                                   .part_name = "more",
                                   .fs_type = "zfs_member",
                                   .pool_guid = 77,
                                   .vdev_guid = 5 };
static const struct device other_mapping = { .syspath = "/m0",
                                             .devnode = "/dev/dm-0",
                                             .devnum = DM0,
                                             .kind = DEVICE_MAPPING,
                                             .dm_name = "other",
                                             .below = on_more,
                                             .n_below = 1 };
static const struct device volume = { .syspath = "/m1",
                                      .devnode = "/dev/dm-1",
                                      .devnum = DM1,
                                      .kind = DEVICE_MAPPING,
                                      .dm_name = "vg-lv",
                                      .below = on_dm0,
                                      .n_below = 1 };
static const struct device raid = { .syspath = "/md",
                                    .devnode = "/dev/md0",
                                    .devnum = MD0,
                                    .kind = DEVICE_OTHER,
                                    .below = on_part,
                                    .n_below = 1 };

static const struct {
        const char *name;
        const struct device *devices[5];
        struct mount mount;
        struct pool_seen pool;
        const char *text; /* of the verdict; NULL: it is safe */
} cases[] = {
        { .name = "nothing", .devices = { &disk, &part, &more } },
        { .name = "another partition is mounted",
          .devices = { &disk, &part, &more },
          .mount = { .source = "/dev/sda2", .target = "/mnt", .devnum = MORE },
          .text = "/dev/sda2 is mounted at /mnt" },
        { .name = "something else is mounted",
          .devices = { &disk, &part, &more },
          .mount = { .source = "/dev/sdb1", .target = "/mnt", .devnum = 0x811 } },
        { .name = "swap",
          .devices = { &disk, &part, &more },
          .mount = { .source = "/dev/sda2", .target = "", .fs_type = "swap", .devnum = MORE },
          .text = "/dev/sda2 is used as swap" },
        { .name = "another mapping",
          .devices = { &disk, &part, &more, &other_mapping },
          .text = "/dev/sda2 is open as other" },
        { .name = "what is on another mapping says more",
          .devices = { &disk, &part, &more, &other_mapping, &volume },
          .mount = { .source = "/dev/dm-1", .target = "/mnt", .devnum = DM1 },
          .text = "/dev/dm-1 is mounted at /mnt" },
        { .name = "a RAID",
          .devices = { &disk, &part, &raid },
          .text = "/dev/sda1 is part of /dev/md0" },
        { .name = "a pool that is not configured",
          .devices = { &disk, &part, &leg },
          .pool = { .name = "other", .guid = 77, .state = "ONLINE" },
          .text = "pool other, which is not configured, is imported, and /dev/sda2 belongs to it" },
        { .name = "another pool",
          .devices = { &disk, &part, &leg },
          .pool = { .name = "other", .guid = 78, .state = "ONLINE" } },
        { .name = "a pool that does not tell its GUID",
          .devices = { &disk, &part, &leg },
          .pool = { .name = "old", .state = "ONLINE" },
          .text = "pool old is imported, and has not told yet whether /dev/sda2 belongs to it" },
};

/* What the engine says when it has seen that. */
static void check(struct arena *a, size_t i) {
        const struct now now = { .wall = 1000 * USEC_PER_SEC, .mono = 50 * USEC_PER_SEC };
        struct memory memory = { .boot_id = "" };
        struct diagnoses d = {};
        struct config *config = config_parse(a, "test.yml", yaml, strlen(yaml), false, &d);
        struct engine *e = engine_new(config, &memory, "boot", true, now);
        struct input input = { .kind = INPUT_FACTS, .facts = { .kind = FACT_DEVICES, .seq = 100 } };
        struct device devices[ELEMENTSOF(cases[i].devices)];
        struct view_verdict *v;
        uint32_t n = 0;

        for (; n < ELEMENTSOF(devices) && cases[i].devices[n]; n++)
                devices[n] = *cases[i].devices[n];
        input.facts.devices = devices;
        input.facts.n_devices = n;
        (void) engine_step(e, now, &input);
        input.facts = (struct input_facts){ .kind = FACT_POOLS,
                                            .seq = 100,
                                            .pools = &cases[i].pool,
                                            .n_pools = cases[i].pool.name ? 1 : 0 };
        (void) engine_step(e, now, &input);
        input.facts = (struct input_facts){ .kind = FACT_MOUNTS,
                                            .seq = 100,
                                            .mounts = &cases[i].mount,
                                            .n_mounts = cases[i].mount.source ? 1 : 0 };
        (void) engine_step(e, now, &input);
        assert_true(engine_is_ready(e));
        assert_int_equal(engine_view_verdicts(e, a, now, &v), 1);
        if (v[0].kind != (cases[i].text ? VERDICT_BUSY : VERDICT_SAFE) ||
            !text_equal(v[0].text, cases[i].text ? cases[i].text : ""))
                fail_msg("%s: %s '%s'", cases[i].name, verdict_kind_print(v[0].kind), v[0].text);
        engine_free(e);
        config_free(config);
}

static void test_who_else_uses_the_disk_is_named(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct arena *a = arena_new();

                check(a, i);
                arena_free(a);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(
                test_who_else_uses_the_disk_is_named) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
