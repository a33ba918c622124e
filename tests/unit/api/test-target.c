/* tests/unit/api/test-target.c - words find what is meant, and what is nearly right is named */
#include "fixture.h"

#include "api/target.h"

static const enum wish online = WISH_ONLINE, scrub = WISH_SCRUB, snapshot = WISH_SNAPSHOT;

/* What is found, as a list of numbers; or the sentence that says why nothing is. */
static const struct {
        const char *name;
        struct target target;
        const char *words[3];
        const enum wish *wish;
        const char *found, *error;
} cases[] = {
        { "a part",
          { .kind = TARGET_NAMED, .type = ENTITY_PART },
          { "tank-b" },
          &online,
          "1",
          NULL },
        { "a leg",
          { .kind = TARGET_NAMED, .type = ENTITY_ZDEV },
          { "tank", "tank-b" },
          &scrub,
          "3",
          NULL },
        { "a disk by its info",
          { .kind = TARGET_NAMED, .type = ENTITY_DISK },
          { "the blue one" },
          NULL,
          "0",
          NULL },
        { "an id", { .kind = TARGET_ID, .id = "crypt|name:tank-b" }, {}, NULL, "2", NULL },
        { "an id of old",
          { .kind = TARGET_ID, .id = "dm-crypt|name:tank-b" },
          {},
          NULL,
          "2",
          NULL },
        { "all", { .kind = TARGET_ALL }, {}, NULL, "0 1 2 3 4 5", NULL },
        { "all that can be scrubbed", { .kind = TARGET_ALL }, {}, &scrub, "3 4", NULL },
        { "all of a type", { .kind = TARGET_TYPE, .type = ENTITY_ZDEV }, {}, NULL, "3", NULL },
        { "all of a type there is not",
          { .kind = TARGET_TYPE, .type = ENTITY_DATASET },
          {},
          NULL,
          NULL,
          "no dataset is configured" },
        { "all of a type that cannot",
          { .kind = TARGET_TYPE, .type = ENTITY_PART },
          {},
          &scrub,
          NULL,
          "scrub is for zpool, zdev, not for any part" },
        { "a group", { .kind = TARGET_GROUP, .group = "usb" }, {}, NULL, "0 3", NULL },
        { "a group, those that can",
          { .kind = TARGET_GROUP, .group = "usb" },
          {},
          &scrub,
          "3",
          NULL },

        { "no such part",
          { .kind = TARGET_NAMED, .type = ENTITY_PART },
          { "tnak-b" },
          NULL,
          NULL,
          "no part 'tnak-b' is configured, did you mean 'tank-b'?" },
        { "nothing like it",
          { .kind = TARGET_NAMED, .type = ENTITY_PART },
          { "something" },
          NULL,
          NULL,
          "no part 'something' is configured" },
        { "no such leg",
          { .kind = TARGET_NAMED, .type = ENTITY_ZDEV },
          { "tank", "tank-c" },
          NULL,
          NULL,
          "no zdev 'tank tank-c' is configured, did you mean 'tank-b'?" },
        { "no such pool",
          { .kind = TARGET_NAMED, .type = ENTITY_ZDEV },
          { "tonk", "tank-b" },
          NULL,
          NULL,
          "no zdev of a pool 'tonk' is configured, did you mean 'tank'?" },
        { "half a leg",
          { .kind = TARGET_NAMED, .type = ENTITY_ZDEV },
          { "tank-b" },
          NULL,
          NULL,
          "a zdev is named by its pool and its name, not by 'tank-b'" },
        { "no such disk",
          { .kind = TARGET_NAMED, .type = ENTITY_DISK },
          { "the blue on" },
          NULL,
          NULL,
          "no disk 'the blue on' is configured, did you mean 'the blue one'?" },
        { "no such id",
          { .kind = TARGET_ID, .id = "part|name:tank-c" },
          {},
          NULL,
          NULL,
          "no entity 'part|name:tank-c' is configured, did you mean 'part|name:tank-b'?" },
        { "no id at all",
          { .kind = TARGET_ID, .id = "something" },
          {},
          NULL,
          NULL,
          "no entity 'something' is configured" },
        { "no such group",
          { .kind = TARGET_GROUP, .group = "ubs" },
          {},
          NULL,
          NULL,
          "no entity is in a group 'ubs', did you mean 'usb'?" },
        { "a group that cannot",
          { .kind = TARGET_GROUP, .group = "away" },
          {},
          &snapshot,
          NULL,
          "snapshot is for zvol, dataset, not for anything in group 'away'" },
        { "a part cannot be scrubbed",
          { .kind = TARGET_NAMED, .type = ENTITY_PART },
          { "tank-b" },
          &scrub,
          NULL,
          "scrub is for zpool, zdev, not for part: tank-b" },
};

static void test_words_find_what_is_meant(void **state) {
        _cleanup_(config_freep) struct config *c = fixture_config();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct arena *a = arena_new();
                struct target target = cases[i].target;
                struct target_found found;
                struct text t = {};

                target.words = cases[i].words;
                while (target.words[target.n_words])
                        target.n_words++;
                if (target_find(a, c, &target, cases[i].wish, &found))
                        for (uint32_t k = 0; k < found.n; k++)
                                text_addf(&t, "%s%u", k ? " " : "", found.ids[k]);
                if (!text_equal(t.s, cases[i].found) || !text_equal(found.error, cases[i].error))
                        fail_msg("%s: %s, %s", cases[i].name, t.s, found.error);
                assert_int_equal(found.is_set,
                                 target.kind != TARGET_NAMED && target.kind != TARGET_ID);
                text_done(&t);
                arena_free(a);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_words_find_what_is_meant),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
