/* tests/unit/world/test-kstat.c - the kernel's statistics of ZFS */
#include "data.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/linux/kstat.h"

static void test_names_of_pools(void **state) {
        static const struct {
                const char *name;
                bool is_pool;
        } cases[] = {
                { "tank", true },   { "my pool", true },  { "a-b_c.d:e", true },
                { "rpool2", true }, { "$import", false }, { "$import-tank", false },
                { ".", false },     { "..", false },      { "", false },
                { "a/b", false },   { "-x", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (kstat_is_pool_name(cases[i].name) != cases[i].is_pool)
                        fail_msg("\"%s\"", cases[i].name);
}

static void test_states(void **state) {
        static const struct {
                const char *text, *expected; /* NULL: makes no sense */
        } cases[] = {
                { "ONLINE\n", "ONLINE" },
                { "SUSPENDED\n", "SUSPENDED" },
                { "DEGRADED", "DEGRADED" },
                { "UNAVAIL\n", "UNAVAIL" },
                { "", NULL },
                { "\n", NULL },
                { "no such state\n", NULL },
                { "ONLINE\nONLINE\n", NULL },
                { "ONLINEONLINEONLINEONLINEONLINEONLINE", NULL },
        };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct pool_seen p = {};
                bool ok = kstat_parse_state(cases[i].text, strlen(cases[i].text), "tank", a, &p);

                if (ok != (cases[i].expected != NULL))
                        fail_msg("\"%s\" is %s", cases[i].text, ok ? "taken" : "refused");
                if (ok) {
                        assert_string_equal(p.name, "tank");
                        assert_string_equal(p.state, cases[i].expected);
                        assert_int_equal(p.suspended, strcmp(cases[i].expected, "SUSPENDED") == 0);
                }
        }
        arena_free(a);
}

#define TXGS_HEADING                                                                               \
        "19 0 0x01 100 11200 8127361 99287182\n"                                                   \
        "txg      birth            state ndirty       nread        nwritten     reads    writes  " \
        " "                                                                                        \
        "otime        qtime        wtime        stime       \n"

static void test_the_newest_committed_txg(void **state) {
        static const struct {
                const char *name, *text;
                uint64_t expected; /* 0: none */
        } cases[] = {
                { "two are under way",
                  TXGS_HEADING
                  "34       60000000000      C     0            0            4096  0 1 5 1 1 1\n"
                  "35       65000000000      C     0            0            4096  0 1 5 1 1 1\n"
                  "36       70000000000      S     0            0            4096  0 1 5 1 1 0\n"
                  "37       75000000000      O     0            0            0     0 0 0 0 0 0\n",
                  35 },
                { "not in order",
                  TXGS_HEADING "36 70 C 0\n"
                               "35 65 C 0\n",
                  36 },
                { "none is committed yet", TXGS_HEADING "4 70 O 0\n", 0 },
                { "nothing is listed", TXGS_HEADING, 0 },
                { "it is empty", "", 0 },
                { "a column more in front", TXGS_HEADING "x 36 70 C 0\n", 0 },
                { "a state that only begins with C", TXGS_HEADING "36 70 CX 0\n", 0 },
                { "the last line was cut off", TXGS_HEADING "36 70 C 0\n37 71 C", 37 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint64_t txg = 0;
                bool ok = kstat_parse_txgs(cases[i].text, strlen(cases[i].text), &txg);

                if (ok != (cases[i].expected > 0) || txg != cases[i].expected)
                        fail_msg("%s: %lu", cases[i].name, txg);
        }
}

static void test_guids(void **state) {
        uint64_t guid = 0;

        assert_true(kstat_parse_guid("13365646584794344720\n", 21, &guid));
        assert_true(guid == 13365646584794344720u);
        assert_false(kstat_parse_guid("0\n", 2, &guid));
        assert_false(kstat_parse_guid("\n", 1, &guid));
        assert_false(kstat_parse_guid("133656465847943447209\n", 22, &guid));
        assert_false(kstat_parse_guid("tank\n", 5, &guid));
}

static void test_when_it_was_imported(void **state) {
        static const struct {
                const char *name, *text;
                uint64_t expected; /* 0: not told */
        } cases[] = {
                { "2.3", "30 1 0x01 26 7072 62388802348 73847841452\nname  type data\n",
                  62388802348 },
                { "2.1", "21 1 0x01 18 4896 148523154945 164055626684\n", 148523154945 },
                { "nothing", "", 0 },
                { "without numbers", "name    type data\n", 0 },
                { "cut off", "30 1 0x01 26 7072", 0 },
                { "never", "30 1 0x01 26 7072 0 5\n", 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint64_t instance = 0;
                bool ok = kstat_parse_instance(cases[i].text, strlen(cases[i].text), &instance);

                if (ok != (cases[i].expected > 0) || instance != cases[i].expected)
                        fail_msg("%s: %lu", cases[i].name, instance);
        }
}

static void write_file(struct arena *a, const char *dir, const char *path, const char *text) {
        FILE *f = fopen(arena_printf(a, "%s/%s", dir, path), "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void remove_tree(struct arena *a, const char *path) {
        DIR *d = opendir(path);
        struct dirent *e;

        while (d && (e = readdir(d)))
                if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
                        remove_tree(a, arena_printf(a, "%s/%s", path, e->d_name));
        if (d)
                closedir(d);
        assert_int_equal(remove(path), 0);
}

static void test_a_directory_of_pools(void **state) {
        static const char *const dirs[] = { "tank", "bak", "$import-x", "empty" };
        char dir[] = "/tmp/zmirror-kstat-XXXXXX";
        struct arena *a = arena_new();
        struct pool_seen *pools;
        uint32_t n;

        assert_non_null(mkdtemp(dir));
        for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
                assert_int_equal(mkdir(arena_printf(a, "%s/%s", dir, dirs[i]), 0755), 0);
        write_file(a, dir, "tank/state", "ONLINE\n");
        write_file(a, dir, "tank/guid", "7\n");
        write_file(a, dir, "tank/txgs", TXGS_HEADING "36 70 C 0\n");
        write_file(a, dir, "tank/iostats", "30 1 0x01 26 7072 62388802348 73847841452\n");
        write_file(a, dir, "bak/state", "SUSPENDED\n");
        write_file(a, dir, "$import-x/state", "ONLINE\n");
        write_file(a, dir, "arcstats", "9 1 0x01 123 33456 1 2\n");

        assert_int_equal(kstat_look_pools(dir, a, &pools, &n), 0);
        assert_int_equal(n, 2);
        for (uint32_t i = 0; i < n; i++)
                assert_int_equal(pools[i].suspended, strcmp(pools[i].name, "bak") == 0);
        assert_string_not_equal(pools[0].name, pools[1].name);
        assert_int_equal(kstat_look_txg(dir, "tank"), 36);
        assert_int_equal(kstat_look_guid(dir, "tank"), 7);
        assert_int_equal(kstat_look_instance(dir, "tank"), 62388802348);
        assert_int_equal(kstat_look_instance(dir, "bak"), 0);
        assert_int_equal(kstat_look_txg(dir, "bak"), 0); /* an older ZFS has no such file */
        assert_int_equal(kstat_look_guid(dir, "gone"), 0);
        remove_tree(a, dir);
        arena_free(a);
}

static void test_zfs_is_not_loaded(void **state) {
        struct arena *a = arena_new();
        struct pool_seen *pools;
        uint32_t n = 1;

        assert_int_equal(kstat_look_pools("/nonexistent/kstat", a, &pools, &n), 0);
        assert_int_equal(n, 0);
        arena_free(a);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names_of_pools),
                cmocka_unit_test(test_states),
                cmocka_unit_test(test_the_newest_committed_txg),
                cmocka_unit_test(test_guids),
                cmocka_unit_test(test_when_it_was_imported),
                cmocka_unit_test(test_a_directory_of_pools),
                cmocka_unit_test(test_zfs_is_not_loaded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
