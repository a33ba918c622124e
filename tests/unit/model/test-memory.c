/* tests/unit/model/test-memory.c - the words in the state file mean one thing each */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/memory.h"

static void test_copies_there_and_back(void **state) {
        enum copy c;

        for (unsigned i = 0; i < _COPY_MAX; i++) {
                assert_true(copy_parse(copy_print((enum copy) i), &c));
                assert_int_equal(c, i);
        }
        assert_false(copy_parse("whole", &c));
        assert_false(copy_parse("", &c));
        assert_false(copy_parse(NULL, &c));
}

static void test_kinds_of_history_there_and_back(void **state) {
        enum history_kind k;

        for (unsigned i = 0; i < _HISTORY_KIND_MAX; i++) {
                assert_true(history_kind_parse(history_kind_print((enum history_kind) i), &k));
                assert_int_equal(k, i);
        }
        assert_false(history_kind_parse("SAFE", &k));
        assert_false(history_kind_parse(NULL, &k));
}

static void test_proofs_there_and_back(void **state) {
        enum proof_kind k;

        for (unsigned i = 0; i < _PROOF_KIND_MAX; i++) {
                assert_true(proof_kind_parse(proof_kind_print((enum proof_kind) i), &k));
                assert_int_equal(k, i);
        }
        assert_false(proof_kind_parse("belief", &k));
}

/* They are in state files: a renamed one would not be found again. */
static void test_words_that_stay(void **state) {
        assert_string_equal(copy_print(COPY_COMPLETE), "complete");
        assert_string_equal(copy_print(COPY_SUSPECT), "suspect");
        assert_string_equal(history_kind_print(HISTORY_UPDATE_FAILED), "update_failed");
        assert_string_equal(history_kind_print(HISTORY_DAEMON), "daemon");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_copies_there_and_back),
                cmocka_unit_test(test_kinds_of_history_there_and_back),
                cmocka_unit_test(test_proofs_there_and_back),
                cmocka_unit_test(test_words_that_stay),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
