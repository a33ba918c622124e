/* tests/unit/world/test-provisioning.c - SCSI disks: the provisioning mode, and what VPD page B2
 * says */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "world/linux/provisioning.h"

struct sysfs {
        struct arena *arena;
        char folder[64];
};

static void sysfs_write(const struct sysfs *s, const char *name, const void *content, size_t n) {
        FILE *f = fopen(arena_printf(s->arena, "%s/%s", s->folder, name), "w");

        assert_non_null(f);
        assert_int_equal(fwrite(content, 1, n, f), n);
        assert_int_equal(fclose(f), 0);
}

static int set_up(void **state) {
        static const char *const folders[] = { "/device", "/device/scsi_disk",
                                               "/device/scsi_disk/2:0:0:0" };
        static struct sysfs s;

        s.arena = arena_new();
        (void) strcpy(s.folder, "/tmp/zmirror-provisioning-XXXXXX");
        assert_non_null(mkdtemp(s.folder));
        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
                assert_int_equal(mkdir(arena_printf(s.arena, "%s%s", s.folder, folders[i]), 0700),
                                 0);
        *state = &s;
        return 0;
}

static int tear_down(void **state) {
        static const char *const names[] = { "/device/vpd_pgb2",
                                             "/device/scsi_disk/2:0:0:0/provisioning_mode",
                                             "/device/scsi_disk/2:0:0:0",
                                             "/device/scsi_disk",
                                             "/device",
                                             "" };
        struct sysfs *s = *state;

        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
                (void) remove(arena_printf(s->arena, "%s%s", s->folder, names[i]));
        s->arena = arena_free(s->arena);
        return 0;
}

static void test_the_mode_is_read_and_set(void **state) {
        const struct sysfs *s = *state;

        sysfs_write(s, "device/scsi_disk/2:0:0:0/provisioning_mode", "full\n", 5);
        assert_string_equal(provisioning_mode(s->arena, s->folder), "full");
        assert_int_equal(provisioning_set_unmap(s->folder), 0);
        assert_string_equal(provisioning_mode(s->arena, s->folder), "unmap");
}

static void test_what_is_no_scsi_disk_has_no_mode(void **state) {
        const struct sysfs *s = *state;
        const char *other = arena_printf(s->arena, "%s/device", s->folder);

        assert_string_equal(provisioning_mode(s->arena, s->folder), "");
        assert_string_equal(provisioning_mode(s->arena, other), "");
        assert_int_equal(provisioning_set_unmap(other), -ENODEV);
        assert_int_equal(provisioning_set_unmap(s->folder), -ENOENT);
}

static void test_the_disk_says_what_it_takes(void **state) {
        static const struct {
                const char *what;
                uint8_t page[8];
                size_t n;
                struct provisioning_vpd want;
        } cases[] = {
                { "all", { 0, 0xb2, 0, 4, 0, 0xe0 }, 8, { true, true, true, true } },
                { "UNMAP", { 0, 0xb2, 0, 4, 0, 0x80 }, 8, { true, true, false, false } },
                { "WRITE SAME(16)", { 0, 0xb2, 0, 4, 0, 0x40 }, 8, { true, false, true, false } },
                { "nothing", { 0, 0xb2, 0, 4, 0, 0 }, 8, { true, false, false, false } },
                { "cut off", { 0, 0xb2, 0, 4, 0, 0x80 }, 5, {} },
                { "another page", { 0, 0xb0, 0, 4, 0, 0x80 }, 8, {} },
        };
        const struct sysfs *s = *state;
        struct provisioning_vpd v;

        provisioning_vpd_read(s->folder, &v);
        assert_false(v.there);
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                sysfs_write(s, "device/vpd_pgb2", cases[i].page, cases[i].n);
                provisioning_vpd_read(s->folder, &v);
                if (v.there != cases[i].want.there || v.unmap != cases[i].want.unmap ||
                    v.write_same_16 != cases[i].want.write_same_16 ||
                    v.write_same_10 != cases[i].want.write_same_10)
                        fail_msg("%s", cases[i].what);
        }
}

#define t(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                t(test_the_mode_is_read_and_set),
                t(test_what_is_no_scsi_disk_has_no_mode),
                t(test_the_disk_says_what_it_takes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
