/* tests/unit/model/test-facts.c - facts are copied whole, and compared for what they say */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/facts.h"

static const struct device stick = {
        .syspath = "/sys/b",
        .devnode = "/dev/sdb1",
        .devnum = 1,
        .diskseq = 2,
        .kind = DEVICE_PARTITION,
        .size_bytes = 3,
        .table_uuid = "t",
        .part_name = "p",
        .part_uuid = "u",
        .fs_type = "zfs_member",
        .fs_uuid = "f",
        .pool_guid = 4,
        .vdev_guid = 5,
        .dm_name = "d",
        .dm_uuid = "du",
        .zvol_name = "z",
        .backing = 6,
        .backing_exists = true,
        .backing_diskseq = 7,
        .disk = 8,
        .removable = true,
        .usb = true,
        .serial = "s",
        .model = "m",
        .bus = "usb",
        .provisioning = "full",
        .discard_max = 9,
        .announces_trims = true,
};

static void test_a_copy_is_equal_and_on_its_own(void **state) {
        struct arena *a = arena_new();
        char name[] = "tank-b";
        struct device d = stick, *copy;

        d.part_name = name;
        copy = device_copy(a, &d);
        assert_true(device_equal(&d, copy));
        memset(name, 'x', 3);
        assert_string_equal(copy->part_name, "tank-b");
        assert_false(device_equal(&d, copy));
        arena_free(a);
}

/* Every byte of every member matters: change them one after the other. A member that is added to
 * struct device and forgotten in device_equal is found by this. */
static void test_every_member_of_a_device_counts(void **state) {
        static const size_t text_members[] = {
                offsetof(struct device, syspath),    offsetof(struct device, devnode),
                offsetof(struct device, table_uuid), offsetof(struct device, part_name),
                offsetof(struct device, part_uuid),  offsetof(struct device, fs_type),
                offsetof(struct device, fs_uuid),    offsetof(struct device, dm_name),
                offsetof(struct device, dm_uuid),    offsetof(struct device, zvol_name),
                offsetof(struct device, serial),     offsetof(struct device, model),
                offsetof(struct device, bus),        offsetof(struct device, provisioning),
        };
        static const size_t number_members[] = {
                offsetof(struct device, devnum),    offsetof(struct device, diskseq),
                offsetof(struct device, kind),      offsetof(struct device, size_bytes),
                offsetof(struct device, pool_guid), offsetof(struct device, vdev_guid),
                offsetof(struct device, backing),   offsetof(struct device, backing_diskseq),
                offsetof(struct device, disk),      offsetof(struct device, discard_max),
        };
        const uint64_t below[] = { 1, 2 }, same[] = { 1 };
        struct device d, other;

        for (size_t i = 0; i < ELEMENTSOF(text_members); i++) {
                d = stick;
                *(const char **) ((char *) &d + text_members[i]) = "other";
                if (device_equal(&stick, &d))
                        fail_msg("text at %zu", text_members[i]);
        }
        for (size_t i = 0; i < ELEMENTSOF(number_members); i++) {
                d = stick;
                ((unsigned char *) &d)[number_members[i]] ^= 1;
                if (device_equal(&stick, &d))
                        fail_msg("number at %zu", number_members[i]);
        }
        d = stick;
        d.backing_exists = false;
        assert_false(device_equal(&stick, &d));
        d = stick;
        d.removable = false;
        assert_false(device_equal(&stick, &d));
        d = stick;
        d.usb = false;
        assert_false(device_equal(&stick, &d));
        d = stick;
        d.announces_trims = false;
        assert_false(device_equal(&stick, &d));
        d = stick;
        d.below = below;
        d.n_below = 2;
        assert_false(device_equal(&stick, &d));
        d.n_below = 1;
        other = d;
        other.below = below + 1;
        assert_false(device_equal(&d, &other));
        other.below = same;
        assert_true(device_equal(&d, &other));
        assert_int_equal(sizeof(struct device) - sizeof(char *) * ELEMENTSOF(text_members),
                         sizeof(uint64_t) * (ELEMENTSOF(number_members) + 4)); /* nothing is new */
}

static void test_states_are_read_in_both_spellings(void **state) {
        enum vdev_state s;

        for (unsigned i = 0; i < _VDEV_STATE_MAX; i++) {
                assert_true(vdev_state_parse(vdev_state_print((enum vdev_state) i), &s));
                assert_int_equal(s, i);
        }
        assert_true(vdev_state_parse("CANT_OPEN", &s));
        assert_int_equal(s, VDEV_STATE_UNAVAIL);
        assert_false(vdev_state_parse("online", &s));
        assert_false(vdev_state_parse("", &s));
        assert_false(vdev_state_parse(NULL, &s));
}

static const struct scan exact = {
        .function = SCAN_RESILVER,
        .state = SCAN_STATE_FINISHED,
        .start = 100,
        .end = 200,
        .to_examine = 1000,
        .examined = 900,
        .issued = 800,
        .processed = 700,
};

static void test_scan_records(void **state) {
        static const struct {
                const char *name;
                struct scan other;
                bool equal;
        } cases[] = {
                { "the same",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 100, 200, 0, 1000, 900, 800, 700, 0 },
                  true },
                { "after an import ZFS computes what was issued anew",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 100, 200, 0, 1000, 900, 850, 700, 0 },
                  true },
                { "as the text form tells it: rounded",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 100, 200, 0, 0, 0, 0, 701, 0 },
                  true },
                { "as the text form tells it, without a start",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 0, 200, 0, 0, 0, 0, 701, 0 },
                  true },
                { "the text form of one that was started at another time",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 101, 200, 0, 0, 0, 0, 700, 0 },
                  false },
                { "the text form of one with errors",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 100, 200, 0, 0, 0, 0, 700, 1 },
                  false },
                { "a second one in the same second",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 100, 200, 0, 1000, 900, 800, 600, 0 },
                  false },
                { "another start",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 99, 200, 0, 1000, 900, 800, 700, 0 },
                  false },
                { "another end",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 100, 201, 0, 1000, 900, 800, 700, 0 },
                  false },
                { "errors",
                  { SCAN_RESILVER, SCAN_STATE_FINISHED, 100, 200, 0, 1000, 900, 800, 700, 1 },
                  false },
                { "a scrub",
                  { SCAN_SCRUB, SCAN_STATE_FINISHED, 100, 200, 0, 1000, 900, 800, 700, 0 },
                  false },
                { "canceled",
                  { SCAN_RESILVER, SCAN_STATE_CANCELED, 100, 200, 0, 1000, 900, 800, 700, 0 },
                  false },
                { "nothing", {}, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (scan_equal(&exact, &cases[i].other) != cases[i].equal ||
                    scan_equal(&cases[i].other, &exact) != cases[i].equal)
                        fail_msg("%s", cases[i].name);
}

static void test_a_paused_scan_is_another_record(void **state) {
        struct scan runs = { .function = SCAN_SCRUB, .state = SCAN_STATE_SCANNING, .start = 1 },
                    paused = runs;

        assert_true(scan_equal(&runs, &paused));
        paused.paused = 2;
        assert_false(scan_equal(&runs, &paused));
}

static void test_how_many_members_a_vdev_needs(void **state) {
        static const struct {
                const char *name;
                struct vdev_shape shape;
                uint32_t needs;
        } cases[] = {
                { "a disk", { VDEV_TYPE_DISK, 0, 1 }, 1 },
                { "a mirror", { VDEV_TYPE_MIRROR, 0, 3 }, 1 },
                { "raidz1 of 3", { VDEV_TYPE_RAIDZ, 1, 3 }, 2 },
                { "raidz2 of 6", { VDEV_TYPE_RAIDZ, 2, 6 }, 4 },
                { "a raidz that makes no sense", { VDEV_TYPE_RAIDZ, 3, 2 }, 1 },
                { "a disk that is being replaced", { VDEV_TYPE_REPLACING, 0, 2 }, 1 },
                { "a hole", { VDEV_TYPE_OTHER, 0, 0 }, 1 },
        };
        enum vdev_type t;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (vdev_shape_needs(&cases[i].shape) != cases[i].needs)
                        fail_msg("%s: %u", cases[i].name, vdev_shape_needs(&cases[i].shape));
        for (enum vdev_type i = 0; i < _VDEV_TYPE_MAX; i++)
                assert_true(vdev_type_parse(vdev_type_print(i), &t) && t == i);
        assert_false(vdev_type_parse("tape", &t));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_copy_is_equal_and_on_its_own),
                cmocka_unit_test(test_every_member_of_a_device_counts),
                cmocka_unit_test(test_states_are_read_in_both_spellings),
                cmocka_unit_test(test_scan_records),
                cmocka_unit_test(test_a_paused_scan_is_another_record),
                cmocka_unit_test(test_how_many_members_a_vdev_needs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
