/* tests/unit/model/test-reason.c - reasons are whole sentences */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/text.h"
#include "model/reason.h"

enum { PART, POOL, LEG, DISK, VOLUME, N };

static struct entity entities[N] = {
        [PART] = { .type = ENTITY_PART, .self = PART, .hrid = "part: tank-b" },
        [POOL] = { .type = ENTITY_ZPOOL, .self = POOL, .hrid = "zpool: tank" },
        [LEG] = { .type = ENTITY_ZDEV, .self = LEG, .hrid = "zdev: tank-b (tank)" },
        [DISK] = { .type = ENTITY_DISK, .self = DISK, .hrid = "disk: info: with a colon" },
        [VOLUME] = { .type = ENTITY_ZVOL, .self = VOLUME, .hrid = "zvol: data (bak-a)" },
};

static const struct config config = { .entities = entities, .n_entities = N };

static const struct {
        struct reason reason;
        const char *text;
} cases[] = {
        { { REASON_NONE, ENTITY_NONE, "" }, "nothing stands in the way" },
        { { REASON_NOT_CONNECTED, PART, "" }, "part tank-b is not connected" },
        { { REASON_DISCONNECTED, DISK, "" }, "disk info: with a colon was disconnected" },
        { { REASON_TOO_FEW_LEGS, POOL, "tank-b" },
          "pool tank: too few devices are there: tank-b missing" },
        { { REASON_TOO_FEW_LEGS, POOL, "" }, "pool tank: too few devices are there" },
        { { REASON_REQUIRED_MISSING, LEG, "" },
          "zdev tank-b (tank) is required for the import, and not connected" },
        { { REASON_NOT_CONFIGURED, ENTITY_NONE, "pool bak is not configured" },
          "pool bak is not configured" },
        { { REASON_COMMAND_FAILED, PART, "cryptsetup open: exit 2: No key available" },
          "cryptsetup open: exit 2: No key available" },
        { { REASON_NO_EFFECT, LEG, "zpool online" },
          "zpool online ended well, but had no effect on zdev tank-b (tank)" },
        { { REASON_COMMANDS_DISABLED, ENTITY_NONE, "" }, "commands are disabled" },
        { { REASON_REPLACED, ENTITY_NONE, "offline" }, "replaced by a newer request (offline)" },
        { { REASON_REPLACED, ENTITY_NONE, "" }, "replaced by a newer request" },
        { { REASON_CANCELLED, ENTITY_NONE, "" }, "cancelled" },
        { { REASON_TIMEOUT, ENTITY_NONE, "5 minutes" }, "no progress for 5 minutes" },
        { { REASON_NEED_FAILED, PART, "part tank-b is not connected" },
          "part tank-b is not connected" },
        { { REASON_NEED_FAILED, PART, "" }, "part tank-b, which is needed, failed" },
        { { REASON_NOBODY_NEEDS, ENTITY_NONE, "" }, "nobody needs it any more" },
        { { REASON_BUSY, VOLUME, "mounted at /mnt" },
          "zvol data (bak-a) is in use: mounted at /mnt" },
        { { REASON_HELD, POOL, "volume tank/data: mounted at /mnt" },
          "pool tank is in use: volume tank/data: mounted at /mnt" },
        { { REASON_LAST_COPY, LEG, "tank-a is being resilvered" },
          "zdev tank-b (tank) cannot go: tank-a is being resilvered" },
        { { REASON_GUARD, POOL, "the whole story" }, "the whole story" },
        { { REASON_SUSPENDED, POOL, "" }, "pool tank is suspended" },
        { { REASON_SUSPENDED, POOL, "connect it" }, "pool tank is suspended: connect it" },
        { { REASON_GONE, ENTITY_NONE, "" }, "it is no longer configured" },
        { { REASON_SHUTDOWN, ENTITY_NONE, "" }, "the daemon stops" },
        { { REASON_NOTHING, ENTITY_NONE, "" }, "there is nothing to cancel" },
        { { REASON_UNSUPPORTED, LEG, "it cannot be trimmed" }, "it cannot be trimmed" },
        { { REASON_WAIT_NEED, PART, "running: x" }, "waiting for part tank-b: running: x" },
        { { REASON_WAIT_NEED, PART, "" }, "waiting for part tank-b" },
        { { REASON_WAIT_COMMAND, POOL, "zpool import tank" }, "running: zpool import tank" },
        { { REASON_WAIT_QUEUED, POOL, "zpool sync" }, "waiting for other commands: zpool sync" },
        { { REASON_WAIT_LOOK, POOL, "" }, "looking at pool tank" },
        { { REASON_WAIT_APPEAR, LEG, "" }, "waiting for zdev tank-b (tank) to show up" },
        { { REASON_WAIT_RETRY, PART, "in use" }, "part tank-b is busy, trying again: in use" },
        { { REASON_WAIT_AGAIN, PART, "exit 1" }, "failed, trying again: exit 1" },
        { { REASON_WAIT_HANDLERS, PART, "" }, "the handlers of part tank-b are running" },
        { { REASON_WAIT_HELD, PART, "a scrub is wanted" }, "held back: a scrub is wanted" },
        { { REASON_WAIT_RESILVER, LEG, "" }, "zdev tank-b (tank) is being resilvered" },
        { { REASON_WAIT_SCAN, POOL, "" }, "a scrub of pool tank runs" },
        { { REASON_WAIT_TRIM, POOL, "" }, "a trim of pool tank runs" },
        { { REASON_WAIT_PASSPHRASE, PART, "" }, "waiting for the passphrase of part tank-b" },
        { { REASON_WAIT_ANSWER, POOL, "" }, "pool tank has not answered yet" },
        { { REASON_WAIT_ANSWER, POOL, "no zpool" }, "pool tank does not answer: no zpool" },
        { { REASON_WAIT_START, ENTITY_NONE, "" },
          "zmirror is still looking around after its start" },
};

static void test_reasons_are_sentences(void **state) {
        struct arena *a = arena_new();
        bool met[_REASON_CODE_MAX] = {};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_string_equal(reason_print(a, &config, &cases[i].reason), cases[i].text);
                met[cases[i].reason.code] = true;
        }
        for (enum reason_code code = 0; code < _REASON_CODE_MAX; code++)
                if (!met[code])
                        fail_msg("no case for %s", reason_code_print(code));
        arena_free(a);
}

/* A detail is what a command said: it may look like anything. */
static void test_a_detail_is_taken_as_it_is(void **state) {
        struct reason r = { .code = REASON_COMMAND_FAILED, .about = PART };
        struct arena *a = arena_new();

        strcpy(r.detail, "100 %A full, %s %D");
        assert_string_equal(reason_print(a, &config, &r), "100 %A full, %s %D");
        memset(r.detail, 'x', sizeof(r.detail)); /* not even terminated */
        assert_int_equal(strlen(reason_print(a, &config, &r)), sizeof(r.detail));
        arena_free(a);
}

static void test_codes_have_names_of_their_own(void **state) {
        for (enum reason_code a = 0; a < _REASON_CODE_MAX; a++)
                for (enum reason_code b = 0; b < a; b++)
                        assert_string_not_equal(reason_code_print(a), reason_code_print(b));
        assert_string_equal(reason_code_print(REASON_NOT_CONNECTED), "not-connected");
}

static void test_equal_is_equal_in_all(void **state) {
        const struct reason a = { REASON_BUSY, PART, "x" };
        struct reason b = a;

        memset(b.detail + 2, 'y', sizeof(b.detail) - 2); /* behind the end */
        assert_true(reason_equal(&a, &b));
        b = (struct reason){ REASON_BUSY, PART, "y" };
        assert_false(reason_equal(&a, &b));
        b = (struct reason){ REASON_BUSY, POOL, "x" };
        assert_false(reason_equal(&a, &b));
        b = (struct reason){ REASON_LAST_COPY, PART, "x" };
        assert_false(reason_equal(&a, &b));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reasons_are_sentences),
                cmocka_unit_test(test_a_detail_is_taken_as_it_is),
                cmocka_unit_test(test_codes_have_names_of_their_own),
                cmocka_unit_test(test_equal_is_equal_in_all),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
