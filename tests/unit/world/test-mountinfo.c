/* tests/unit/world/test-mountinfo.c - what is mounted, from the kernel's list */
#include "data.h"

#include <sys/sysmacros.h>

#include "model/facts.h"
#include "world/linux/mountinfo.h"

static const struct {
        const char *name, *line;
        struct mount expected; /* without target: the line is left out */
} cases[] = {
        { "plain",
          "26 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw",
          { "/dev/mapper/root", "/", "ext4", 1 } },
        { "ZFS has no device",
          "90 26 0:45 / /tank/data rw,noatime - zfs tank/data rw,xattr",
          { "tank/data", "/tank/data", "zfs", 0 } },
        { "no optional fields",
          "36 35 8:1 / /a rw - xfs /dev/sda1 rw",
          { "/dev/sda1", "/a", "xfs", 1 } },
        { "many optional fields",
          "36 35 8:1 /sub /a rw shared:1 master:2 propagate_from:3 unbindable - xfs /dev/sda1 rw",
          { "/dev/sda1", "/a", "xfs", 1 } },
        { "blanks, tabs, backslashes",
          "36 35 0:50 / /my\\040disk\\011x\\134040y rw - zfs my\\040pool/a\\043b rw",
          { "my pool/a#b", "/my disk\tx\\040y", "zfs", 0 } },
        { "not an escape",
          "36 35 0:50 / /a\\04 rw - zfs a\\4000 rw",
          { "a\\4000", "/a\\04", "zfs", 0 } },
        { "no options of the file system",
          "36 35 0:50 / /a rw - zfs tank",
          { "tank", "/a", "zfs", 0 } },
        { "no dash", "36 35 0:50 / /a rw zfs tank rw", {} },
        { "cut off", "36 35 0:50 / /a rw - zfs", {} },
        { "no device number", "36 35 x / /a rw - zfs tank rw", {} },
        { "empty", "", {} },
        { "junk", "- - - - - - - -", {} },
};

static void test_lines(void **state) {
        struct arena *a = arena_new();
        struct mount *m;
        uint32_t n;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const struct mount *expected = &cases[i].expected;

                mountinfo_parse(cases[i].line, strlen(cases[i].line), a, &m, &n);
                if (n != (expected->target ? 1 : 0))
                        fail_msg("%s: %u mounts", cases[i].name, n);
                if (n > 0 &&
                    (strcmp(m->source, expected->source) != 0 ||
                     strcmp(m->target, expected->target) != 0 ||
                     strcmp(m->fs_type, expected->fs_type) != 0 || !m->devnum != !expected->devnum))
                        fail_msg("%s: %s on %s type %s", cases[i].name, m->source, m->target,
                                 m->fs_type);
        }
        arena_free(a);
}

static void test_what_goes_together(void **state) {
        static const char text[] = "90 26 0:45 / /tank rw shared:12 master:3 - zfs tank rw\n"
                                   "91 90 0:46 / /tank/x rw,noatime - zfs tank/x rw\n";
        struct arena *a = arena_new();
        struct mount *m;
        uint32_t n;

        mountinfo_parse(text, strlen(text), a, &m, &n);
        assert_int_equal(n, 2);
        assert_int_equal(m[0].id, 90);
        assert_int_equal(m[0].parent, 26);
        assert_int_equal(m[0].peers, 12);
        assert_int_equal(m[0].master, 3);
        assert_true(m[0].file_system == makedev(0, 45));
        assert_int_equal(m[1].parent, 90);
        assert_int_equal(m[1].peers, 0);
        assert_int_equal(m[1].master, 0);
        arena_free(a);
}

static void test_a_whole_file(void **state) {
        static const char text[] = "26 1 254:1 / / rw - ext4 /dev/mapper/root rw\n"
                                   "junk\n"
                                   "\n"
                                   "27 26 8:17 / /mnt rw - ext4 /dev/sdb1 rw\n"
                                   "90 26 0:45 / /tank rw - zfs tank rw";
        struct arena *a = arena_new();
        struct mount *m;
        uint32_t n;

        mountinfo_parse(text, strlen(text), a, &m, &n);
        assert_int_equal(n, 3);
        assert_true(m[0].devnum == makedev(254, 1));
        assert_true(m[1].devnum == makedev(8, 17));
        assert_string_equal(m[2].target, "/tank");
        arena_free(a);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lines),
                cmocka_unit_test(test_what_goes_together),
                cmocka_unit_test(test_a_whole_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
