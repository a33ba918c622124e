/* tests/unit/world/test-pool_status_json.c - what no captured state shows, and what is no status */
#include "data.h"

#include <errno.h>
#include <time.h>

#include "model/facts.h"
#include "world/linux/pool_status_json.h"

static struct pool_status *parse(const char *text, const char *pool, int expected) {
        struct pool_status *p = NULL;
        const char *error = "";
        int r = pool_status_parse_json(text, strlen(text), pool, &p, &error);

        if (r != expected)
                fail_msg("%d: %s\n%.300s", r, error, text);
        if (r < 0)
                assert_true(*error);
        return p;
}

/* A mirror of two in a pool with such members. */
static struct pool_status *parse_with(struct arena *a, const char *members,
                                      const char *leg_members) {
        return parse(arena_printf(a,
                                  "{\"pools\":{\"tank\":{\"name\":\"tank\",\"state\":\"ONLINE\","
                                  "\"pool_guid\":18446744073709551615,%s"
                                  "\"vdevs\":{\"tank\":{\"name\":\"tank\",\"vdev_type\":\"root\","
                                  "\"state\":\"ONLINE\",\"vdevs\":{\"mirror-0\":{\"vdev_type\":"
                                  "\"mirror\",\"state\":\"ONLINE\",\"vdevs\":{"
                                  "\"/dev/a\":{\"name\":\"/dev/a\",\"vdev_type\":\"disk\",\"guid\":"
                                  "13365646584794344720,%s\"state\":\"ONLINE\"},"
                                  "\"/dev/b\":{\"name\":\"/dev/b\",\"vdev_type\":\"file\",\"guid\":"
                                  "\"12\",\"state\":\"CANT_OPEN\",\"aux\":\"OPEN_FAILED\"}}}}}},"
                                  "\"error_count\":2}}}",
                                  members, leg_members),
                     "tank", 0);
}

static void test_guids_above_int64_and_numbers_as_text(void **state) {
        struct arena *a = arena_new();
        _cleanup_(pool_status_freep) struct pool_status *p = parse_with(a, "", "");

        assert_true(p->guid == UINT64_MAX);
        assert_int_equal(p->n_vdevs, 4);
        assert_string_equal(p->vdevs[1].name, "mirror-0"); /* its key */
        assert_true(p->vdevs[2].guid == 13365646584794344720u);
        assert_true(p->vdevs[3].guid == 12);
        assert_int_equal(p->vdevs[3].type, VDEV_TYPE_DISK);
        assert_int_equal(p->vdevs[3].state, VDEV_STATE_UNAVAIL);
        assert_string_equal(p->vdevs[3].aux, "cannot open");
        assert_int_equal(p->error_count, 2);
        arena_free(a);
}

static void test_what_runs_beside_the_scan(void **state) {
        static const struct {
                const char *members;
                bool checkpoint, rebuilding, removing;
        } cases[] = {
                { "", false, false, false },
                { "\"checkpoint_stats\":{\"state\":\"EXISTS\"},", true, false, false },
                { "\"checkpoint_stats\":{\"state\":\"DISCARDING\"},", true, false, false },
                { "\"checkpoint_stats\":{\"state\":\"NONE\"},", false, false, false },
                { "\"scan_stats\":{\"rebuild_stats\":{\"mirror-0\":{\"state\":\"ACTIVE\"}}},",
                  false, true, false },
                { "\"scan_stats\":{\"rebuild_stats\":{\"m\":{\"state\":\"COMPLETE\"},\"n\":{"
                  "\"state\":"
                  "\"ACTIVE\"}}},",
                  false, true, false },
                { "\"scan_stats\":{\"rebuild_stats\":{\"m\":{\"state\":\"CANCELED\"}}},", false,
                  false, false },
                { "\"removal_stats\":{\"state\":\"SCANNING\"},", false, false, true },
                { "\"removal_stats\":{\"state\":\"FINISHED\"},", false, false, false },
        };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pool_status_freep) struct pool_status *p = parse_with(a, cases[i].members,
                                                                                "");

                if (p->checkpoint != cases[i].checkpoint || p->rebuilding != cases[i].rebuilding ||
                    p->removing != cases[i].removing || p->scan.function != SCAN_NONE)
                        fail_msg("%s", cases[i].members);
        }
        arena_free(a);
}

static void test_scans(void **state) {
        static const struct {
                const char *members;
                enum scan_function function;
                enum scan_state state;
        } cases[] = {
                { "\"scan_stats\":{\"function\":\"NONE\",\"state\":\"NONE\"},", SCAN_NONE,
                  SCAN_STATE_NONE },
                { "\"scan_stats\":{\"function\":\"ERRORSCRUB\",\"state\":\"SCANNING\"},",
                  SCAN_ERRORSCRUB, SCAN_STATE_SCANNING },
                { "\"scan_stats\":{\"function\":\"SCRUB\",\"state\":\"FINISHED\",\"err_scrub_"
                  "state\":"
                  "\"SCANNING\"},",
                  SCAN_ERRORSCRUB, SCAN_STATE_SCANNING },
                { "\"scan_stats\":{\"function\":\"SCRUB\",\"state\":\"SCANNING\",\"err_scrub_"
                  "state\":"
                  "\"SCANNING\"},",
                  SCAN_SCRUB, SCAN_STATE_SCANNING },
                { "\"scan_stats\":{\"function\":\"SCRUB\",\"state\":\"FINISHED\",\"err_scrub_"
                  "state\":"
                  "\"FINISHED\"},",
                  SCAN_SCRUB, SCAN_STATE_FINISHED },
                { "\"scan_stats\":{\"function\":\"LEVITATION\",\"state\":\"UNDECIDED\"},",
                  SCAN_ERRORSCRUB, SCAN_STATE_SCANNING }, /* not known yet: it may be running */
        };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pool_status_freep) struct pool_status *p = parse_with(a, cases[i].members,
                                                                                "");

                if (p->scan.function != cases[i].function || p->scan.state != cases[i].state)
                        fail_msg("%s", cases[i].members);
        }
        arena_free(a);
}

static void test_a_deferred_leg_and_one_that_is_being_resilvered(void **state) {
        static const char resilver[] =
                "\"scan_stats\":{\"function\":\"RESILVER\",\"state\":\"SCANNING\"},";
        static const struct {
                const char *scan, *leg;
                bool deferred, resilvering;
        } cases[] = {
                { resilver, "\"resilver_deferred\":1,", true, false },
                { resilver, "\"scan_processed\":4096,", false, true },
                { "\"scan_stats\":{\"rebuild_stats\":{\"mirror-0\":{\"state\":\"ACTIVE\"}}},",
                  "\"rebuild_processed\":4096,", false, true },
                { resilver, "\"scan_processed\":0,", false, false },
                { resilver, "\"scan_processed\":-1,", false, false },
                { "", "\"scan_processed\":4096,", false, false },
                { "\"scan_stats\":{\"function\":\"SCRUB\",\"state\":\"SCANNING\"},",
                  "\"scan_processed\":4096,", false, false },
                { "\"scan_stats\":{\"function\":\"RESILVER\",\"state\":\"FINISHED\"},",
                  "\"scan_processed\":4096,", false, false },
        };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pool_status_freep) struct pool_status *p = parse_with(a, cases[i].scan,
                                                                                cases[i].leg);

                if (p->vdevs[2].resilver_deferred != cases[i].deferred ||
                    p->vdevs[2].resilvering != cases[i].resilvering)
                        fail_msg("%s %s", cases[i].scan, cases[i].leg);
        }
        arena_free(a);
}

static void test_sections_and_spares(void **state) {
        static const char text[] =
                "{\"pools\":{\"p\":{\"state\":\"ONLINE\",\"vdevs\":{\"p\":{\"vdev_type\":\"root\","
                "\"state\":\"ONLINE\",\"vdevs\":{\"raidz2-0\":{\"vdev_type\":\"raidz\",\"name\":"
                "\"raidz2-0\",\"state\":\"ONLINE\",\"vdevs\":{\"spare-0\":{\"vdev_type\":\"spare\","
                "\"state\":\"DEGRADED\"},\"draid2-0-0\":{\"vdev_type\":\"dspare\",\"state\":"
                "\"ONLINE\"}}},\"draid3:4d:8c:1s-1\":{\"vdev_type\":\"draid\",\"state\":\"ONLINE\"}"
                "}}},"
                "\"logs\":{\"mirror-1\":{\"vdev_type\":\"mirror\",\"state\":\"ONLINE\",\"vdevs\":{"
                "\"/l\":{\"vdev_type\":\"disk\",\"state\":\"ONLINE\"}}}},"
                "\"special\":{\"/s\":{\"vdev_type\":\"disk\",\"state\":\"ONLINE\"}},"
                "\"dedup\":{\"/d\":{\"vdev_type\":\"disk\",\"state\":\"ONLINE\"}},"
                "\"l2cache\":{\"/c\":{\"vdev_type\":\"disk\",\"state\":\"ONLINE\"}},"
                "\"spares\":{\"/h\":{\"vdev_type\":\"disk\",\"state\":\"AVAIL\"}}}}}";
        static const struct {
                const char *name;
                enum vdev_type type;
                enum vdev_class class;
                uint32_t parent, parity;
        } expected[] = {
                { "p", VDEV_TYPE_ROOT, VDEV_CLASS_NORMAL, VDEV_NONE, 0 },
                { "raidz2-0", VDEV_TYPE_RAIDZ, VDEV_CLASS_NORMAL, 0, 2 },
                { "spare-0", VDEV_TYPE_SPARE, VDEV_CLASS_NORMAL, 1, 0 },
                { "draid2-0-0", VDEV_TYPE_DISK, VDEV_CLASS_NORMAL, 1, 0 },
                { "draid3:4d:8c:1s-1", VDEV_TYPE_RAIDZ, VDEV_CLASS_NORMAL, 0, 3 },
                { "/d", VDEV_TYPE_DISK, VDEV_CLASS_SPECIAL, 0, 0 },
                { "/s", VDEV_TYPE_DISK, VDEV_CLASS_SPECIAL, 0, 0 },
                { "mirror-1", VDEV_TYPE_MIRROR, VDEV_CLASS_LOG, 0, 0 },
                { "/l", VDEV_TYPE_DISK, VDEV_CLASS_LOG, 7, 0 },
                { "/c", VDEV_TYPE_DISK, VDEV_CLASS_CACHE, 0, 0 },
                { "/h", VDEV_TYPE_DISK, VDEV_CLASS_SPARE, 0, 0 },
        };
        _cleanup_(pool_status_freep) struct pool_status *p = parse(text, "p", 0);

        assert_int_equal(p->n_vdevs, ELEMENTSOF(expected));
        assert_true(p->spare_in_use);
        for (uint32_t i = 0; i < p->n_vdevs; i++) {
                const struct vdev *v = &p->vdevs[i];

                if (strcmp(v->name, expected[i].name) != 0 || v->type != expected[i].type ||
                    v->class != expected[i].class || v->parent != expected[i].parent ||
                    v->parity != expected[i].parity)
                        fail_msg("%u: \"%s\" type %d class %d parent %u parity %u", i, v->name,
                                 (int) v->type, (int) v->class, v->parent, v->parity);
        }
        assert_int_equal(p->vdevs[8].top, 7);
        assert_int_equal(p->vdevs[10].state, VDEV_STATE_ONLINE);
}

static void test_what_is_no_status(void **state) {
        static const struct {
                const char *name, *text;
                int expected;
        } cases[] = {
                { "nothing", "", -EBADMSG },
                { "blanks", "  \n", -EBADMSG },
                { "text", "invalid option 'j'\n", -EBADMSG },
                { "another document", "[1]", -EBADMSG },
                { "cut off", "{\"pools\":{\"tank\":{", -EBADMSG },
                { "two documents", "{\"pools\":{}} {\"pools\":{}}", -EBADMSG },
                { "no pools", "{\"output_version\":{}}", -EBADMSG },
                { "pools of a wrong type", "{\"pools\":[]}", -EBADMSG },
                { "not this pool", "{\"pools\":{\"tank2\":{}}}\n", -ENOENT },
                { "no pool at all", "{\"pools\":{}}\n", -ENOENT },
                { "no vdevs", "{\"pools\":{\"tank\":{\"name\":\"tank\"}}}", -EBADMSG },
                { "two roots", "{\"pools\":{\"tank\":{\"vdevs\":{\"a\":{},\"b\":{}}}}}", -EBADMSG },
                { "a vdev that is none", "{\"pools\":{\"tank\":{\"vdevs\":{\"a\":7}}}}", -EBADMSG },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_null(parse(cases[i].text, "tank", cases[i].expected));
}

static void test_vdevs_nested_too_deeply(void **state) {
        struct arena *a = arena_new();
        const char *vdev = "{}";

        for (int i = 0; i < 10; i++)
                vdev = arena_printf(a, "{\"vdevs\":{\"x\":%s}}", vdev);
        assert_null(parse(arena_printf(a, "{\"pools\":{\"p\":%s}}", vdev), "p", -EBADMSG));
        for (int i = 0; i < 1000; i++)
                vdev = arena_printf(a, "{\"vdevs\":{\"x\":%s}}", vdev);
        assert_null(parse(arena_printf(a, "{\"pools\":{\"p\":%s}}", vdev), "p", -EBADMSG));
        arena_free(a);
}

/* What `zpool status -j` says of a pool of 1,000 legs. */
static void large_pool(struct text *t, unsigned n_legs) {
        text_add(t,
                 "{\"output_version\":{\"command\":\"zpool status\",\"vers_major\":0,"
                 "\"vers_minor\":1},\"pools\":{\"big\":{\"name\":\"big\",\"state\":\"ONLINE\","
                 "\"vdevs\":{\"big\":{\"name\":\"big\",\"vdev_type\":\"root\",\"state\":\"ONLINE\","
                 "\"vdevs\":{");
        for (unsigned i = 0; i < n_legs; i++) {
                if (i % 2 == 0)
                        text_addf(
                                t,
                                "%s\"mirror-%u\":{\"name\":\"mirror-%u\",\"vdev_type\":\"mirror\","
                                "\"guid\":%u,\"state\":\"ONLINE\",\"vdevs\":{",
                                i ? "," : "", i / 2, i / 2, i + 1);
                text_addf(
                        t,
                        "%s\"/dev/mapper/leg-%u\":{\"name\":\"/dev/mapper/leg-%u\",\"vdev_type\":"
                        "\"disk\",\"guid\":%lu,\"path\":\"/dev/mapper/"
                        "leg-%u\",\"class\":\"normal\","
                        "\"state\":\"ONLINE\",\"rep_dev_size\":518782976,\"phys_space\":518782976,"
                        "\"read_errors\":0,\"write_errors\":0,\"checksum_errors\":0,\"slow_ios\":0,"
                        "\"trim_state\":\"UNTRIMMED\",\"trim_notsup\":0}%s",
                        i % 2 ? "," : "", i, i, 13365646584794344720u + i, i, i % 2 ? "}}" : "");
        }
        text_add(t, "}}},\"error_count\":0}}}\n");
}

/* A bound that only another order of growth can break, not a slow machine or a sanitizer. */
static void test_a_thousand_legs_are_no_matter(void **state) {
        _cleanup_(pool_status_freep) struct pool_status *p = NULL;
        struct text t = {};
        clock_t start;

        large_pool(&t, 1000);
        start = clock();
        p = parse(t.s, "big", 0);
        assert_int_equal(p->n_vdevs, 1501);
        assert_true(p->vdevs[1500].guid == 13365646584794344720u + 999);
        assert_true(clock() - start < CLOCKS_PER_SEC / 4);
        text_done(&t);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_guids_above_int64_and_numbers_as_text),
                cmocka_unit_test(test_what_runs_beside_the_scan),
                cmocka_unit_test(test_scans),
                cmocka_unit_test(test_a_deferred_leg_and_one_that_is_being_resilvered),
                cmocka_unit_test(test_sections_and_spares),
                cmocka_unit_test(test_what_is_no_status),
                cmocka_unit_test(test_vdevs_nested_too_deeply),
                cmocka_unit_test(test_a_thousand_legs_are_no_matter),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
