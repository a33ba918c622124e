/* tests/unit/daemon/test-hints.c - many hints make few looks, and no hint is lost */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/hints.h"

/* The world: remembers what it was asked. */
struct asked {
        uint64_t tags[200];
        char names[200][32];
        size_t n;
};

static void on_look(void *userdata, uint64_t tag, const struct look *what) {
        struct asked *asked = userdata;

        assert_true(asked->n < ELEMENTSOF(asked->tags));
        asked->tags[asked->n] = tag;
        (void) snprintf(asked->names[asked->n], sizeof(asked->names[0]), "%d%s", what->kind,
                        what->name ? what->name : "");
        asked->n++;
}

static const struct look tank = { LOOK_POOL, "tank" };
static const struct look devices = { LOOK_DEVICES, NULL };

static void test_hints_that_arrive_together_make_one_look(void **state) {
        struct asked asked = {};
        struct hints h;

        hints_init(&h, on_look, &asked);
        for (int i = 0; i < 50; i++)
                hints_add(&h, &tank);
        assert_int_equal(asked.n, 0);
        assert_true(hints_run(&h, 1000) == USEC_NEVER);
        assert_int_equal(asked.n, 1);
        hints_done(&h);
}

static void test_a_hint_during_a_look_makes_another_after_it(void **state) {
        struct asked asked = {};
        struct hints h;
        uint64_t seq;

        hints_init(&h, on_look, &asked);
        hints_add(&h, &devices);
        (void) hints_run(&h, 1);
        hints_add(&h, &devices);
        hints_add(&h, &devices);
        (void) hints_run(&h, 2);
        assert_int_equal(asked.n, 1);
        assert_true(hints_answered(&h, asked.tags[0], &seq));
        (void) hints_run(&h, 3);
        assert_int_equal(asked.n, 2);
        assert_true(hints_answered(&h, asked.tags[1], &seq));
        (void) hints_run(&h, 4);
        assert_int_equal(asked.n, 2);
        hints_done(&h);
}

static void test_a_pool_rests_between_looks_that_were_hinted_at(void **state) {
        struct asked asked = {};
        struct hints h;
        uint64_t seq;

        hints_init(&h, on_look, &asked);
        hints_add(&h, &tank);
        (void) hints_run(&h, 1000);
        assert_true(hints_answered(&h, asked.tags[0], &seq));
        hints_add(&h, &tank);
        assert_true(hints_run(&h, 2000) == 1000 + HINTS_REST_USEC);
        assert_int_equal(asked.n, 1);
        assert_true(hints_run(&h, 1000 + HINTS_REST_USEC) == USEC_NEVER);
        assert_int_equal(asked.n, 2);
        hints_done(&h);
}

static void test_the_engine_does_not_wait_for_a_resting_pool(void **state) {
        struct asked asked = {};
        struct hints h;
        uint64_t seq;

        hints_init(&h, on_look, &asked);
        hints_add(&h, &tank);
        (void) hints_run(&h, 1000);
        assert_true(hints_answered(&h, asked.tags[0], &seq));
        hints_ask(&h, &tank, 7);
        (void) hints_run(&h, 1001);
        assert_int_equal(asked.n, 2);
        assert_true(hints_answered(&h, asked.tags[1], &seq));
        assert_int_equal(seq, 7);
        hints_done(&h);
}

static void test_an_answer_does_not_answer_what_was_asked_after_it_began(void **state) {
        struct asked asked = {};
        struct hints h;
        uint64_t seq;

        hints_init(&h, on_look, &asked);
        hints_ask(&h, &tank, 3);
        (void) hints_run(&h, 1);
        hints_ask(&h, &tank, 5);
        (void) hints_run(&h, 2);
        assert_true(hints_answered(&h, asked.tags[0], &seq));
        assert_int_equal(seq, 3);
        (void) hints_run(&h, 3);
        assert_true(hints_answered(&h, asked.tags[1], &seq));
        assert_int_equal(seq, 5);
        hints_done(&h);
}

static void test_only_so_many_children_look_at_once(void **state) {
        struct asked asked = {};
        struct hints h;
        uint64_t seq;
        size_t answered = 0;

        hints_init(&h, on_look, &asked);
        for (int i = 0; i < 100; i++) {
                char name[16];

                (void) snprintf(name, sizeof(name), "p%d", i);
                hints_add(&h, &(struct look){ i % 2 ? LOOK_POOL : LOOK_LABEL, name });
        }
        hints_add(&h, &devices);
        (void) hints_run(&h, 1);
        assert_int_equal(asked.n, HINTS_CHILDREN_MAX + 1); /* devices need no child */
        while (answered < asked.n) {
                assert_true(hints_answered(&h, asked.tags[answered++], &seq));
                (void) hints_run(&h, 1);
                assert_true(h.n_children <= HINTS_CHILDREN_MAX);
        }
        assert_int_equal(asked.n, 101);
        hints_done(&h);
}

static void test_an_answer_that_nobody_waits_for_is_no_answer(void **state) {
        struct asked asked = {};
        struct hints h;
        uint64_t seq;

        hints_init(&h, on_look, &asked);
        assert_false(hints_answered(&h, 99, &seq));
        hints_add(&h, &tank);
        (void) hints_run(&h, 1);
        assert_true(hints_answered(&h, asked.tags[0], &seq));
        assert_false(hints_answered(&h, asked.tags[0], &seq));
        hints_done(&h);
}

static void test_the_same_name_of_another_kind_is_another_thing(void **state) {
        struct asked asked = {};
        struct hints h;

        hints_init(&h, on_look, &asked);
        hints_add(&h, &(struct look){ LOOK_LABEL, "/dev/sdb" });
        hints_add(&h, &(struct look){ LOOK_HOLDERS, "/dev/sdb" });
        hints_add(&h, &(struct look){ LOOK_LABEL, "/dev/sdb" });
        (void) hints_run(&h, 1);
        assert_int_equal(asked.n, 2);
        hints_done(&h);
}

static void test_names_may_be_long(void **state) {
        struct asked asked = {};
        struct hints h;
        char name[1000];

        memset(name, 'x', sizeof(name));
        name[sizeof(name) - 1] = 0;
        hints_init(&h, on_look, &asked);
        hints_add(&h, &(struct look){ LOOK_DEVICE, name });
        name[sizeof(name) - 2] = 'y';
        hints_add(&h, &(struct look){ LOOK_DEVICE, name });
        (void) hints_run(&h, 1);
        assert_int_equal(asked.n, 2);
        hints_done(&h);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hints_that_arrive_together_make_one_look),
                cmocka_unit_test(test_a_hint_during_a_look_makes_another_after_it),
                cmocka_unit_test(test_a_pool_rests_between_looks_that_were_hinted_at),
                cmocka_unit_test(test_the_engine_does_not_wait_for_a_resting_pool),
                cmocka_unit_test(test_an_answer_does_not_answer_what_was_asked_after_it_began),
                cmocka_unit_test(test_only_so_many_children_look_at_once),
                cmocka_unit_test(test_an_answer_that_nobody_waits_for_is_no_answer),
                cmocka_unit_test(test_the_same_name_of_another_kind_is_another_thing),
                cmocka_unit_test(test_names_may_be_long),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
