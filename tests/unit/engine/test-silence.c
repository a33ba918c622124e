/* tests/unit/engine/test-silence.c - what could not be looked at is asked again, later and later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/config_load.h"
#include "engine/engine.h"

static const char yaml[] = "--- !zmirror\ncontent:\n  - !zpool\n    name: tank\n";

struct bench {
        struct arena *arena;
        struct config *config;
        struct engine *engine;
        const struct effects *effects; /* of the last step */
        struct now now;
        uint64_t seq[FACT_LABEL + 1]; /* of the last look that was asked for */
        uint32_t n_asked[FACT_LABEL + 1];
};

static void bench_step(struct bench *b, const struct input *input) {
        b->effects = engine_step(b->engine, b->now, input);
        for (size_t i = 0; i < b->effects->looks.count; i++) {
                b->seq[b->effects->looks.items[i].kind] = b->effects->looks.items[i].seq;
                b->n_asked[b->effects->looks.items[i].kind]++;
        }
}

static void bench_answer(struct bench *b, enum fact_kind kind, const char *error) {
        bench_step(b, &(struct input){ .kind = INPUT_FACTS,
                                       .facts = {
                                               .kind = kind,
                                               .seq = b->seq[kind],
                                               .error = error,
                                       } });
}

static int bench_set_up(void **state) {
        struct bench *b = memory_new(1, sizeof(*b));
        struct memory memory = { .boot_id = "" };
        struct diagnoses d = {};

        b->arena = arena_new();
        b->now = (struct now){ .wall = 1000 * USEC_PER_SEC, .mono = 50 * USEC_PER_SEC };
        b->config = config_parse(b->arena, "test.yml", yaml, strlen(yaml), false, &d);
        assert_non_null(b->config);
        b->engine = engine_new(b->config, &memory, "boot", true, b->now);
        bench_step(b, &(struct input){ .kind = INPUT_TICK });
        *state = b;
        return 0;
}

static int bench_tear_down(void **state) {
        struct bench *b = *state;

        engine_free(b->engine);
        config_free(b->config);
        arena_free(b->arena);
        free(b);
        return 0;
}

/* The pauses between the times at which something of which there is only one is asked again. */
static void fails_for_a_while(struct bench *b, enum fact_kind kind) {
        static const usec_t pauses[] = { 1, 2, 4, 8, 16, 32, 60, 60 };

        for (size_t i = 0; i < ELEMENTSOF(pauses); i++) {
                uint32_t n = b->n_asked[kind];

                bench_answer(b, kind, "too many open files");
                assert_int_equal(b->effects->wake, b->now.mono + pauses[i] * USEC_PER_SEC);
                assert_int_equal(b->n_asked[kind], n);
                b->now.mono = b->effects->wake;
                bench_step(b, &(struct input){ .kind = INPUT_TICK });
                assert_int_equal(b->n_asked[kind], n + 1);
                assert_false(engine_is_ready(b->engine));
        }
}

static void test_there_is_no_first_picture_before_all_was_seen(void **state) {
        static const enum fact_kind kinds[] = { FACT_DEVICES, FACT_POOLS, FACT_MOUNTS };
        struct bench *b = *state;

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                fails_for_a_while(b, kinds[i]);
                bench_answer(b, kinds[i], NULL);
                assert_int_equal(engine_is_ready(b->engine), i + 1 == ELEMENTSOF(kinds));
        }
}

static void test_a_later_failure_leaves_the_picture_as_it_is(void **state) {
        struct bench *b = *state;

        bench_answer(b, FACT_DEVICES, NULL);
        bench_answer(b, FACT_POOLS, NULL);
        bench_answer(b, FACT_MOUNTS, NULL);
        assert_true(engine_is_ready(b->engine));
        bench_answer(b, FACT_POOLS, "no permission");
        assert_true(engine_is_ready(b->engine));
        assert_int_equal(b->effects->wake, b->now.mono + USEC_PER_SEC);
        assert_int_equal(b->effects->history.count, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_there_is_no_first_picture_before_all_was_seen,
                                                bench_set_up, bench_tear_down),
                cmocka_unit_test_setup_teardown(test_a_later_failure_leaves_the_picture_as_it_is,
                                                bench_set_up, bench_tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
