/* tests/unit/model/test-receipt.c - a receipt says the same after it was written and read */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/receipt.h"

static struct receipt_leg legs[] = {
        { .id = "zdev|pool:tank|name:tank-b",
          .hrid = "zdev: tank-b (tank)",
          .pool = "tank",
          .copy = COPY_COMPLETE,
          .copy_text = "",
          .proof = { .kind = PROOF_RESILVER,
                     .at = 1700000000000000,
                     .took = 720 * USEC_PER_SEC,
                     .bytes = 3 << 20,
                     .sibling_txg = 41 },
          .txg = 42,
          .txg_at = 1700000001000000,
          .errors = "",
          .last_update = 1700000000000000,
          .last_scrub = 1600000000000000 },
        { .id = "zdev|pool:bak|name:x",
          .hrid = "zdev: x (bak)",
          .pool = "bak",
          .copy = COPY_SUSPECT,
          .copy_text = "it is \"not trusted\"",
          .errors = "ZFS counted errors on it" },
};

static const struct receipt receipt = { .id = "disk|uuid:a",
                                        .hrid = "disk: blue",
                                        .time = 1700000002000000,
                                        .legs = legs,
                                        .n_legs = 2 };

static void test_what_is_written_is_read(void **state) {
        struct arena *a = arena_new();
        struct text t = {}, again = {};
        struct receipt r;

        receipt_print(&t, &receipt);
        assert_true(receipt_parse(a, json_parse(a, t.s, t.length, 1000), &r));
        assert_int_equal(r.time, receipt.time);
        assert_int_equal(r.n_legs, 2);
        assert_int_equal(r.legs[0].proof.took, legs[0].proof.took);
        assert_int_equal(r.legs[1].copy, COPY_SUSPECT);
        assert_string_equal(r.legs[1].errors, legs[1].errors);
        receipt_print(&again, &r);
        assert_string_equal(t.s, again.s);
        text_done(&t);
        text_done(&again);
        arena_free(a);
}

static void test_what_is_none_is_refused(void **state) {
        static const char *const texts[] = {
                "[]",
                "{}",
                "{\"id\":\"a\",\"hrid\":\"a\",\"time\":1}",
                "{\"hrid\":\"a\",\"time\":1,\"legs\":[]}",
                "{\"id\":\"a\",\"hrid\":\"a\",\"time\":1,\"legs\":{}}",
                "{\"id\":\"a\",\"hrid\":\"a\",\"time\":1,\"legs\":[{}]}",
                "{\"id\":\"a\",\"hrid\":\"a\",\"time\":1,\"legs\":[{\"copy\":\"whole\"}]}",
        };
        struct arena *a = arena_new();
        struct receipt r;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (receipt_parse(a, json_parse(a, texts[i], strlen(texts[i]), 1000), &r))
                        fail_msg("%s", texts[i]);
        arena_free(a);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_written_is_read),
                cmocka_unit_test(test_what_is_none_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
