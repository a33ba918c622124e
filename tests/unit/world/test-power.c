/* tests/unit/world/test-power.c - what is written where, so that a disk goes */
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
#include "base/text.h"
#include "world/linux/file.h"
#include "world/linux/power.h"

/* A USB enclosure with room for two disks, and a disk without such a port. */
#define PORT "/usb1/1-4"
#define SDA  PORT "/host2/2:0:0:0"
#define SDB  PORT "/host2/2:0:0:1"
#define NVME "/pci/nvme0"

struct sysfs {
        struct arena *arena;
        char folder[64];
};

static const char *path(const struct sysfs *s, const char *name) {
        return arena_printf(s->arena, "%s%s", s->folder, name);
}

static void make_folder(const struct sysfs *s, const char *name) {
        assert_int_equal(mkdir(path(s, name), 0700), 0);
}

static void make_file(const struct sysfs *s, const char *name) {
        FILE *f = fopen(path(s, name), "w");

        assert_non_null(f);
        assert_int_equal(fclose(f), 0);
}

static void make_link(const struct sysfs *s, const char *name, const char *to) {
        assert_int_equal(symlink(path(s, to), path(s, name)), 0);
}

static int set_up(void **state) {
        static const char *const folders[] = {
                "/usb1",          PORT,         PORT "/host2",    SDA,    SDB,  SDA "/block",
                SDA "/block/sda", SDB "/block", SDB "/block/sdb", "/pci", NVME, NVME "/nvme0n1",
                "/disks"
        };
        static struct sysfs s;

        s.arena = arena_new();
        (void) strcpy(s.folder, "/tmp/zmirror-power-XXXXXX");
        assert_non_null(mkdtemp(s.folder));
        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
                make_folder(&s, folders[i]);
        make_file(&s, PORT "/idVendor");
        make_file(&s, PORT "/remove");
        make_file(&s, SDA "/delete");
        make_file(&s, SDB "/delete");
        make_link(&s, SDA "/block/sda/device", SDA);
        make_link(&s, SDB "/block/sdb/device", SDB);
        make_link(&s, NVME "/nvme0n1/device", NVME);
        *state = &s;
        return 0;
}

static int tear_down(void **state) {
        struct sysfs *s = *state;
        int r = system(arena_printf(s->arena, "rm -rf '%s'", s->folder));

        s->arena = arena_free(s->arena);
        return r;
}

static void assert_written(const struct sysfs *s, const char *name, bool written) {
        const char *line = file_read_line(s->arena, path(s, name));

        assert_non_null(line);
        assert_string_equal(line, written ? "1" : "");
}

static void test_a_disk_alone_goes_with_its_port(void **state) {
        struct sysfs *s = *state;

        assert_true(power_can_cut(s->arena, path(s, SDA "/block/sda")));
        assert_int_equal(power_cut(s->arena, path(s, SDA "/block/sda"), path(s, "/disks")), 0);
        assert_written(s, SDA "/delete", true);
        assert_written(s, SDB "/delete", false);
        assert_written(s, PORT "/remove", true);
}

static void test_another_disk_keeps_the_port(void **state) {
        struct sysfs *s = *state;

        make_link(s, "/disks/sdb", SDB "/block/sdb");
        assert_int_equal(power_cut(s->arena, path(s, SDA "/block/sda"), path(s, "/disks")), 0);
        assert_written(s, SDA "/delete", true);
        assert_written(s, PORT "/remove", false);
}

static void test_a_disk_of_another_kind_stays(void **state) {
        struct sysfs *s = *state;

        assert_false(power_can_cut(s->arena, path(s, NVME "/nvme0n1")));
        assert_int_equal(power_cut(s->arena, path(s, NVME "/nvme0n1"), path(s, "/disks")),
                         -EOPNOTSUPP);
        assert_int_equal(power_cut(s->arena, path(s, "/nowhere"), path(s, "/disks")), -EOPNOTSUPP);
}

static void test_a_disk_that_is_not_there_cannot_be_stopped(void **state) {
        struct sysfs *s = *state;

        assert_int_equal(power_stop(path(s, "/sda")), -ENOENT);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_a_disk_alone_goes_with_its_port, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(test_another_disk_keeps_the_port, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(test_a_disk_of_another_kind_stays, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(test_a_disk_that_is_not_there_cannot_be_stopped,
                                                set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
