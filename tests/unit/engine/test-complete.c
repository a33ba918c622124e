/* tests/unit/engine/test-complete.c - what makes a leg that is online a copy, and what not any more
 */
#include "base/cleanup.h"
#include "bench.h"
#include "engine/ledger.h"

static struct leg_row *bench_leg(struct bench *b, size_t i) {
        struct leg_row *l = ledger_of(b->engine, b->legs[i]);

        assert_non_null(l);
        return l;
}

static uint32_t bench_heard(const struct bench *b, enum history_kind kind) {
        uint32_t n = 0;

        for (size_t i = 0; i < b->effects->history.count; i++)
                n += b->effects->history.items[i].kind == kind;
        return n;
}

static void bench_fails(struct bench *b, uint64_t write_errors, enum vdev_state state) {
        struct pool_status *s = bench_pool(7, 11, 12, true);

        s->vdevs[2].write_errors = write_errors;
        s->vdevs[2].state = state;
        bench_sees(b, s);
}

/* ZFS keeps in mind what it could not write, and the leg stays online. */
static void test_a_leg_that_could_not_be_written_lacks_something(void **state) {
        struct bench *b = *state;

        bench_fails(b, 0, VDEV_STATE_ONLINE);
        assert_int_equal(bench_leg(b, 1)->m.copy, COPY_COMPLETE);
        bench_fails(b, 2, VDEV_STATE_ONLINE);
        assert_int_equal(bench_leg(b, 0)->m.copy, COPY_COMPLETE);
        assert_int_equal(bench_leg(b, 1)->m.copy, COPY_INCOMPLETE);
        assert_int_equal(bench_heard(b, HISTORY_UPDATE_FAILED), 1);
        bench_fails(b, 3, VDEV_STATE_ONLINE); /* said once */
        assert_int_equal(bench_heard(b, HISTORY_UPDATE_FAILED), 0);
}

static void test_errors_from_before_say_nothing(void **state) {
        struct bench *b = *state;

        bench_fails(b, 5, VDEV_STATE_ONLINE);
        bench_fails(b, 5, VDEV_STATE_ONLINE);
        assert_int_equal(bench_leg(b, 1)->m.copy, COPY_COMPLETE);
        bench_fails(b, 0, VDEV_STATE_ONLINE); /* cleared */
        assert_int_equal(bench_leg(b, 1)->m.copy, COPY_COMPLETE);
        bench_fails(b, 1, VDEV_STATE_ONLINE);
        assert_int_equal(bench_leg(b, 1)->m.copy, COPY_INCOMPLETE);
}

static void test_a_degraded_leg_lacks_something(void **state) {
        struct bench *b = *state;

        bench_fails(b, 0, VDEV_STATE_ONLINE);
        bench_fails(b, 0, VDEV_STATE_DEGRADED);
        assert_int_equal(bench_leg(b, 1)->m.copy, COPY_INCOMPLETE);
        assert_int_equal(bench_heard(b, HISTORY_UPDATE_FAILED), 1);
}

/* A device that was pulled may be told of a moment after ZFS has noticed. */
static void test_a_leg_that_is_given_up_lacks_something(void **state) {
        struct bench *b = *state;

        bench_fails(b, 0, VDEV_STATE_ONLINE);
        bench_fails(b, 0, VDEV_STATE_FAULTED);
        assert_int_equal(bench_leg(b, 1)->m.copy, COPY_COMPLETE);
        b->now.mono += USEC_PER_MIN;
        bench_fails(b, 0, VDEV_STATE_FAULTED);
        assert_int_equal(bench_leg(b, 1)->m.copy, COPY_INCOMPLETE);
        assert_int_equal(bench_heard(b, HISTORY_UPDATE_FAILED), 1);
}

/* It would take what the leg lacks for errors of the others. */
static void test_no_scrub_over_a_leg_that_lacks_something(void **state) {
        struct input wish = { .kind = INPUT_WISH,
                              .wish = {
                                      .wish = WISH_SCRUB, .origin = ORIGIN_PERSON, .client = 1 } };
        struct bench *b = *state;

        bench_fails(b, 0, VDEV_STATE_ONLINE);
        bench_fails(b, 2, VDEV_STATE_ONLINE);
        wish.wish.entity = b->pool;
        bench_step(b, &wish);
        for (size_t i = 0; i < b->effects->tells.count; i++)
                if (b->effects->tells.items[i].ended) {
                        assert_int_equal(b->effects->tells.items[i].reason.code, REASON_GUARD);
                        assert_non_null(strstr(b->effects->tells.items[i].reason.detail,
                                               "zpool clear tank"));
                        return;
                }
        fail_msg("it was not refused");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        test_a_leg_that_could_not_be_written_lacks_something, bench_set_up,
                        bench_tear_down),
                cmocka_unit_test_setup_teardown(test_errors_from_before_say_nothing, bench_set_up,
                                                bench_tear_down),
                cmocka_unit_test_setup_teardown(test_a_degraded_leg_lacks_something, bench_set_up,
                                                bench_tear_down),
                cmocka_unit_test_setup_teardown(test_a_leg_that_is_given_up_lacks_something,
                                                bench_set_up, bench_tear_down),
                cmocka_unit_test_setup_teardown(test_no_scrub_over_a_leg_that_lacks_something,
                                                bench_set_up, bench_tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
