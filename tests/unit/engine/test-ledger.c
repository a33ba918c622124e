/* tests/unit/engine/test-ledger.c - which pool a name belongs to, and what its legs are worth */
#include "base/cleanup.h"
#include "bench.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/pool.h"

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
                struct pool_status *s = bench_pool(7, 11, 12, false);

                s->vdevs[2].class = cases[i].class;
                bench_sees(b, s);
                assert_true(entity_is_online(b->engine, b->legs[1]));
                assert_int_equal(pool_needs_leg(b->engine, b->legs[1]), cases[i].needed);
        }
}

static void test_a_name_belongs_to_the_pool_that_had_it_last(void **state) {
        struct bench *b = *state;

        bench_sees(b, bench_pool(9, 11, 12, true));
        assert_int_equal(ledger_find_pool(b->engine, "tank")->m.pool_guid, 9);
        bench_sees(b, bench_pool(8, 21, 22, true)); /* made anew */
        assert_int_equal(ledger_find_pool(b->engine, "tank")->m.pool_guid, 8);
        assert_false(ledger_is_current(ledger_find_pool(b->engine, "tank"), 11));
        bench_sees(b, bench_pool(9, 11, 12, true)); /* and the one from before, after all */
        assert_int_equal(ledger_find_pool(b->engine, "tank")->m.pool_guid, 9);
        assert_true(ledger_is_current(ledger_find_pool(b->engine, "tank"), 11));
}

static void test_what_is_known_of_a_pool_stays_with_it_under_another_guid(void **state) {
        struct bench *b = *state;

        bench_sees(b, bench_pool(9, 11, 12, true));
        ledger_find_pool(b->engine, "tank")->m.went_on = 77;
        bench_sees(b, bench_pool(8, 11, 12, true)); /* zpool reguid */
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
