/* tests/unit/config/test-advice.c - what is allowed, but will bite */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/advice.h"
#include "config/config_load.h"

#define DISK(unpluggable)                                                                          \
        "--- !zmirror\ncontent:\n- !zpool {name: tank, backed_by: [!mirror {devices: [in, x]}]}\n" \
        "- !disk\n  uuid: ab\n  unpluggable: " unpluggable                                         \
        "\n  content:\n  - !part\n    name: x\n"                                                   \
        "    content:\n"
#define LUKS DISK("yes") "    - !crypt\n      name: x\n      on_appeared: [online]\n"
#define LEG  "      content:\n      - !zdev\n        pool: tank\n        on_appeared: [online]\n"

/* On a removable disk alone. */
#define POOL(keys)                                                                                 \
        "--- !zmirror\ncontent:\n- !disk {uuid: ab, unpluggable: yes, content: [!part {name: p, "  \
        "content: [!crypt {name: p, content: [!zdev {pool: bak}]}]}]}\n- !zpool\n    name: bak\n"  \
        "    backed_by: [p]\n" keys

static const struct {
        const char *name, *yaml;
        const char *expected[3]; /* a part of each, in order */
} cases[] = {
        { "all is well",
          LUKS "      on_children_offline: [offline]\n" LEG "        on_resilvered: [offline]\n",
          {} },
        { "offline after another event",
          LUKS "      on_children_offline: [offline]\n" LEG
               "        on_scrub_finished: [offline]\n        scrub_interval: 1 day\n",
          {} },
        { "a chain that ends offline",
          LUKS "      on_children_offline: [offline]\n" LEG
               "        on_resilvered: [scrub]\n        on_scrub_succeeded: [trim]\n"
               "        on_trimmed: [offline]\n",
          {} },
        { "a chain that does not",
          LUKS "      on_children_offline: [offline]\n" LEG
               "        on_resilvered: [trim]\n        on_scrub_succeeded: [offline]\n",
          { "only on_scrub_succeeded takes it offline again, which does not come when all" } },
        { "offline only if something went wrong",
          LUKS "      on_children_offline: [offline]\n" LEG "        on_update_failed: [offline]\n",
          { "only on_update_failed takes it offline again" } },
        { "a pool that stays",
          POOL("    on_backing_appeared: [online]\n    content: [!zvol {name: v}]\n"),
          { "no handler exports it again" } },
        { "a pool that goes",
          POOL("    on_backing_appeared: [online]\n    on_children_offline: [offline]\n"
               "    content: [!zvol {name: v}]\n"),
          {} },
        { "a pool that would go, if anything in it did",
          POOL("    on_backing_appeared: [online]\n    on_children_offline: [offline]\n"),
          { "nothing is configured inside of it that could go offline" } },
        { "a leg that stays",
          LUKS "      on_children_offline: [offline]\n" LEG,
          { "no handler takes it offline again" } },
        { "a container that stays",
          LUKS LEG "        on_resilvered: [offline]\n",
          { "no handler closes it again" } },
        { "both", LUKS LEG, { "no handler closes it again", "no handler takes it offline again" } },
        { "a leg that does not come by itself",
          LUKS "      on_children_offline: [offline]\n      content:\n      - !zdev {pool: tank}\n",
          {} },
        { "not removable", DISK("no") "    - !zdev {pool: tank, on_appeared: [online]}\n", {} },
        { "raw", DISK("yes") "    - !zdev {pool: tank}\n", { "not in a LUKS container" } },
        { "nested",
          "--- !zmirror\ncontent:\n- !zpool {name: tank}\n- !zpool\n  name: bak\n  content:\n"
          "  - !zvol {name: v, content: [!zdev {pool: tank}]}\n"
          "- !disk {uuid: ab, unpluggable: yes, content: [!part {name: p, content: [!crypt {name: "
          "p, "
          "content: [!zdev {pool: bak}]}]}]}\n",
          { "pool bak hangs, and so does tank" } },
};

static void test_advice(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct arena *a = arena_new();
                struct diagnoses d = {};
                struct config *c = config_parse(a, "test.yml", cases[i].yaml, strlen(cases[i].yaml),
                                                false, &d);
                struct advice *advice;
                uint32_t n, k = 0;

                if (!c)
                        fail_msg("%s: %s", cases[i].name,
                                 d.count ? diagnosis_print(a, "", &d.items[0])
                                         : "no configuration");
                n = config_advise(a, c, &advice);
                for (; k < n; k++)
                        if (k >= ELEMENTSOF(cases[i].expected) || !cases[i].expected[k] ||
                            !strstr(advice[k].text, cases[i].expected[k]))
                                fail_msg("%s: %s", cases[i].name, advice[k].text);
                if (k < ELEMENTSOF(cases[i].expected) && cases[i].expected[k])
                        fail_msg("%s: not '%s'", cases[i].name, cases[i].expected[k]);
                config_free(c);
                arena_free(a);
        }
}

static const char rotating[] = LUKS "      on_children_offline: [offline]\n" LEG
                                    "        on_resilvered: [offline]\n";

/* One pool, tank, which is imported and has a leg that may be unplugged. */
static const struct {
        const char *name;
        struct machine_pool pool;
        const char *version;
        bool cron, cached;
        const char *expected; /* a part of the only advice; NULL: there is none */
} machines[] = {
        { "nothing", { .imported = true }, "2.3.2", false, true, NULL },
        { "autoreplace",
          { .imported = true, .autoreplace = true },
          "2.3.2",
          false,
          false,
          "zpool set autoreplace=off tank" },
        { "spares, 2.1",
          { .imported = true, .spares = true },
          "2.1.11-1",
          false,
          false,
          "although its leg is offline" },
        { "spares, 2.3",
          { .imported = true, .spares = true },
          "2.3.2-2~bpo12+2",
          false,
          false,
          "is pulled while its leg is online" },
        { "multihost is well",
          { .imported = true, .multihost = true },
          "2.3.2",
          false,
          false,
          NULL },
        { "multihost", { .imported = true, .multihost = true }, "2.3.7-1", false, false, "#18855" },
        { "multihost, mended",
          { .imported = true, .multihost = true },
          "2.3.60",
          false,
          false,
          NULL },
        { "timer",
          { .scrub_timer = "zfs-scrub-weekly@tank.timer" },
          "",
          false,
          false,
          "systemctl disable --now zfs-scrub-weekly@tank.timer" },
        { "cron", { .imported = true }, "2.1.11", true, false, "periodic-scrub=disable tank" },
        { "cron, told not to",
          { .imported = true, .scrub_disabled = true },
          "2.1.11",
          true,
          false,
          NULL },
        { "cron, not imported", {}, "2.1.11", true, false, NULL },
        { "failure",
          { .imported = true, .failure = "it is suspended" },
          "2.1.11",
          false,
          false,
          "could not be asked about it: it is suspended" },
        { "cachefile of a pool that is not ours to import",
          { .in_cachefile = true },
          "",
          false,
          true,
          NULL },
};

static void test_a_machine_without_a_hostid(void **state) {
        struct arena *a = arena_new();
        struct diagnoses d = {};
        struct config *c = config_parse(a, "test.yml", rotating, strlen(rotating), false, &d);
        struct machine_pool pool = { .pool = config_find_pool(c, "tank") };
        struct machine m = { .pools = &pool,
                             .n_pools = 1,
                             .zfs_version = "2.3.2",
                             .lacks_hostid = true,
                             .hubs = arena_new_array(a, const char *, 16) };
        struct advice *advice;

        (void) state;
        assert_int_equal(config_advise_machine(a, c, &m, &advice), 1);
        assert_non_null(strstr(advice[0].text, "zgenhostid"));
        c = config_free(c);
        a = arena_free(a);
}

static void test_machines(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(machines); i++) {
                struct arena *a = arena_new();
                struct diagnoses d = {};
                struct config *c = config_parse(a, "test.yml", rotating, strlen(rotating), false,
                                                &d);
                struct machine_pool pool = machines[i].pool;
                struct machine m = { .pools = &pool,
                                     .n_pools = 1,
                                     .zfs_version = machines[i].version,
                                     .cron_scrubs = machines[i].cron,
                                     .imports_cached = machines[i].cached,
                                     .hubs = arena_new_array(a, const char *, 16) };
                struct advice *advice;
                uint32_t n;

                assert_non_null(c);
                pool.pool = config_find_pool(c, "tank");
                n = config_advise_machine(a, c, &m, &advice);
                if (n != (machines[i].expected != NULL) ||
                    (n && !strstr(advice[0].text, machines[i].expected)))
                        fail_msg("%s: %s", machines[i].name, n ? advice[0].text : "no advice");
                c = config_free(c);
                a = arena_free(a);
        }
}

static void test_pools_that_are_ours_to_import(void **state) {
        static const char yaml[] =
                "--- !zmirror\ncontent:\n- !zpool {name: bak, on_backing_appeared: [online], "
                "backed_by: [!mirror {devices: [a, b]}]}\n"
                "- !part {name: a, content: [!zdev {pool: bak}]}\n"
                "- !part {name: b, content: [!zdev {pool: bak}]}\n";
        struct arena *a = arena_new();
        struct diagnoses d = {};
        struct config *c = config_parse(a, "test.yml", yaml, strlen(yaml), false, &d);
        const char *hubs[] = { NULL, "2-1", NULL, "2-1", NULL };
        struct machine_pool pool = { .pool = config_find_pool(c, "bak"), .in_cachefile = true };
        struct machine m = { .pools = &pool,
                             .n_pools = 1,
                             .zfs_version = "2.1.11",
                             .imports_cached = true,
                             .hubs = hubs };
        struct advice *advice;

        assert_int_equal(config_advise_machine(a, c, &m, &advice), 2);
        assert_non_null(strstr(advice[0].text, "zpool set cachefile=none bak"));
        assert_non_null(strstr(advice[1].text, "one USB hub (2-1)"));
        hubs[1] = "2-1.3";
        hubs[3] = "2-1.4.2";
        assert_int_equal(config_advise_machine(a, c, &m, &advice), 2);
        assert_non_null(strstr(advice[1].text, "one USB hub (2-1)"));
        hubs[3] = "2-10";
        assert_int_equal(config_advise_machine(a, c, &m, &advice), 1);
        hubs[1] = "2-1";
        hubs[3] = "2-2";
        m.imports_cached = false;
        assert_int_equal(config_advise_machine(a, c, &m, &advice), 0);
        c = config_free(c);
        a = arena_free(a);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_advice),
                cmocka_unit_test(test_machines),
                cmocka_unit_test(test_a_machine_without_a_hostid),
                cmocka_unit_test(test_pools_that_are_ours_to_import),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
