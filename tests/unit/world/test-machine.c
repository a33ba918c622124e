/* tests/unit/world/test-machine.c - timers, cron, cachefile, hubs, and what a zpool says of pools
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config_load.h"
#include "world/linux/machine.h"

static const char yaml[] = "--- !zmirror\ncontent:\n"
                           "- !zpool {name: tank, backed_by: [!mirror {devices: [a, b]}]}\n"
                           "- !zpool {name: bak}\n"
                           "- !part {name: a, content: [!zdev {pool: tank}]}\n"
                           "- !part {name: b, content: [!zdev {pool: tank}]}\n"
                           "- !part {name: away, content: [!zdev {pool: bak}]}\n";

struct scene {
        struct arena *arena;
        struct config *config;
        char folder[64];
        struct machine machine;
};

static const char *in(const struct scene *s, const char *name) {
        return arena_printf(s->arena, "%s/%s", s->folder, name);
}

static void make_folders_of(const struct scene *s, const char *name) {
        for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/'))
                (void) mkdir(in(s, arena_strndup(s->arena, name, (size_t) (slash - name))), 0700);
}

static void put(const struct scene *s, const char *name, const void *content, size_t n) {
        FILE *f;

        make_folders_of(s, name);
        f = fopen(in(s, name), "w");
        assert_non_null(f);
        assert_int_equal(fwrite(content, 1, n, f), n);
        assert_int_equal(fclose(f), 0);
}

static void put_text(const struct scene *s, const char *name, const char *content) {
        put(s, name, content, strlen(content));
}

static void put_link(const struct scene *s, const char *name, const char *target) {
        make_folders_of(s, name);
        assert_int_equal(symlink(target, in(s, name)), 0);
}

static int set_up(void **state) {
        static struct scene s;
        struct diagnoses d = {};

        s = (struct scene){ .arena = arena_new() };
        s.config = config_parse(s.arena, "test.yml", yaml, strlen(yaml), false, &d);
        assert_non_null(s.config);
        (void) strcpy(s.folder, "/tmp/zmirror-machine-XXXXXX");
        assert_non_null(mkdtemp(s.folder));
        *state = &s;
        return 0;
}

static int tear_down(void **state) {
        struct scene *s = *state;
        int status = system(arena_printf(s->arena, "rm -r %s", s->folder));

        s->config = config_free(s->config);
        s->arena = arena_free(s->arena);
        return status;
}

static const struct machine *look(struct scene *s) {
        struct machine_folders folders = { .etc = in(s, "etc"),
                                           .sys = in(s, "sys"),
                                           .dev = in(s, "dev"),
                                           .kstat = in(s, "kstat") };

        machine_look(s->arena, s->config, &folders, &s->machine);
        assert_int_equal(s->machine.n_pools, 2);
        return &s->machine;
}

static void test_an_empty_machine(void **state) {
        const struct machine *m = look(*state);

        assert_string_equal(m->zfs_version, "");
        assert_false(m->cron_scrubs || m->imports_cached || m->lacks_hostid);
        for (uint32_t i = 0; i < m->n_pools; i++) {
                assert_null(m->pools[i].failure);
                assert_null(m->pools[i].scrub_timer);
                assert_false(m->pools[i].imported || m->pools[i].in_cachefile);
        }
        assert_null(m->hubs[2]);
}

static void test_timers_and_cron(void **state) {
        struct scene *s = *state;
        const struct machine *m;

        put_link(s, "etc/systemd/system/timers.target.wants/zfs-scrub-monthly@bak.timer",
                 "/lib/systemd/system/zfs-scrub-monthly@.timer");
        put_link(s, "etc/systemd/system/zfs-import.target.wants/zfs-import-cache.service",
                 "/lib/systemd/system/zfs-import-cache.service");
        put_text(s, "etc/cron.d/zfsutils-linux",
                 "PATH=/bin\n# scrubs\n24 0 8-14 * * root if [ -x /usr/lib/zfs-linux/scrub ]; then "
                 "/usr/lib/zfs-linux/scrub; fi\n");
        m = look(s);
        assert_null(m->pools[0].scrub_timer);
        assert_string_equal(m->pools[1].scrub_timer, "zfs-scrub-monthly@bak.timer");
        assert_true(m->cron_scrubs);
        assert_true(m->imports_cached);
        put_text(s, "etc/cron.d/zfsutils-linux", "#24 0 8-14 * * root /usr/lib/zfs-linux/scrub\n");
        assert_false(look(s)->cron_scrubs);
}

/* XDR: header, version, flags; a pair of the type "list" with that name, and the end of both. */
static void put_cachefile(const struct scene *s) {
        static const uint8_t list[] = {
                1, 1, 0, 0,  0, 0, 0, 0,  0, 0, 0, 1, /* header, version, flags */
                0, 0, 0, 40, 0, 0, 0, 48, 0, 0, 0, 4, 't', 'a', 'n', 'k', /* sizes, the name */
                0, 0, 0, 19, 0, 0, 0, 1,                                  /* a list, one element */
                0, 0, 0, 0,  0, 0, 0, 1,  0, 0, 0, 0, 0,   0,   0,   0,   /* itself: empty */
                0, 0, 0, 0,  0, 0, 0, 0,
        };

        put(s, "etc/zfs/zpool.cache", list, sizeof(list));
}

static void test_cachefile(void **state) {
        struct scene *s = *state;
        const struct machine *m;

        put_cachefile(s);
        m = look(s);
        assert_true(m->pools[0].in_cachefile);
        assert_false(m->pools[1].in_cachefile);
        put_text(s, "etc/zfs/zpool.cache", "garbage");
        assert_false(look(s)->pools[0].in_cachefile);
}

static void test_hostid(void **state) {
        struct scene *s = *state;

        put_text(s, "sys/module/spl/parameters/spl_hostid", "0\n");
        assert_true(look(s)->lacks_hostid);
        put_text(s, "sys/module/spl/parameters/spl_hostid", "2343432205\n");
        assert_false(look(s)->lacks_hostid);
        put_text(s, "sys/module/spl/parameters/spl_hostid", "0\n");
        put_text(s, "etc/hostid", "1234");
        assert_false(look(s)->lacks_hostid);
}

static void test_hubs(void **state) {
        struct scene *s = *state;
        const struct machine *m;

        put_link(s, "dev/disk/by-partlabel/a", "../../sdb1");
        put_link(s, "sys/class/block/sdb1",
                 "../../devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.3/2-1.3:1.0/host6/target6:0:0/"
                 "6:0:0:0/block/sdb/sdb1");
        put_link(s, "dev/disk/by-partlabel/b", "../../sdc1");
        put_link(s, "sys/class/block/sdc1",
                 "../../devices/pci0000:00/0000:00:14.0/usb2/2-4/2-4:1.0/host7/target7:0:0/7:0:0:0/"
                 "block/sdc/sdc1");
        m = look(s);
        assert_string_equal(m->hubs[2], "2-1");
        assert_null(m->hubs[4]);
        assert_null(m->hubs[6]);
}

static void put_program(const struct scene *s, const char *name, const char *script) {
        put_text(s, name, script);
        assert_int_equal(chmod(in(s, name), 0700), 0);
}

static void test_what_zfs_says(void **state) {
        struct scene *s = *state;
        const char *path = arena_printf(s->arena, "%s/bin:%s", s->folder, getenv("PATH"));
        const struct machine *m;

        put_text(s, "sys/module/zfs/version", "2.3.2-2~bpo12+2\n");
        put_text(s, "kstat/tank/state", "ONLINE\n");
        put_text(s, "kstat/bak/state", "SUSPENDED\n");
        put_text(s, "etc/cron.d/zfsutils-linux", "1 1 * * * root /usr/lib/zfs-linux/scrub\n");
        put_program(
                s, "bin/zpool",
                "#!/bin/sh\n"
                "case \"$*\" in\n"
                "*bak*) echo asked a suspended pool; exit 1 ;;\n"
                "get*) printf 'autoreplace\\ton\\nmultihost\\toff\\n' ;;\n"
                "status*) printf '  pool: tank\\n\\n\\ttank\\n\\tspares\\n\\t  sdx  AVAIL\\n' ;;\n"
                "esac\n");
        put_program(s, "bin/zfs", "#!/bin/sh\nprintf 'org.debian:periodic-scrub\\tdisable\\n'\n");
        assert_int_equal(setenv("PATH", path, 1), 0);
        m = look(s);
        assert_string_equal(m->zfs_version, "2.3.2-2~bpo12+2");
        assert_true(m->pools[0].imported && m->pools[0].autoreplace && m->pools[0].spares);
        assert_false(m->pools[0].multihost);
        assert_true(m->pools[0].scrub_disabled);
        assert_null(m->pools[0].failure);
        assert_string_equal(m->pools[1].failure, "it is suspended");

        put_program(s, "bin/zpool", "#!/bin/sh\necho no such thing >&2\nexit 1\n");
        assert_string_equal(look(s)->pools[0].failure, "no such thing");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_an_empty_machine, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_timers_and_cron, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_cachefile, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_hubs, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_hostid, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_what_zfs_says, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
