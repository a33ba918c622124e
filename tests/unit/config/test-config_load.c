/* tests/unit/config/test-config_load.c - what a configuration means, and what is said of a mistaken
 * one */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/config_load.h"

#define HEAD "--- !zmirror\n"
#define TANK HEAD "content:\n- !zpool\n  name: tank\n"

/* Every mistake is named, with its place; several of them at once. */
static const struct {
        const char *name, *yaml;
        struct {
                uint32_t line, column;
                const char *text;
        } expected[4];
} mistakes[] = {
        { "empty", "", { { 0, 0, "the file is empty" } } },
        { "not YAML",
          "a: [\n",
          { { 2, 1, "not valid YAML: flow sequence without a closing bracket" } } },
        { "no mapping", "- a\n", { { 1, 1, "expected '--- !zmirror' and keys, found a list" } } },
        { "near miss of a key",
          HEAD "timout: 3\ncontent: []\n",
          { { 2, 1, "unknown key 'timout', did you mean 'timeout'?" } } },
        { "nothing near",
          HEAD "content:\n- !zpool\n  name: a\n  zzzzzzzzz: 1\n",
          { { 5, 3,
              "unknown key 'zzzzzzzzz', expected notes, groups, unpluggable, content, name, root, "
              "mount, zpool_import_args, backed_by, on_startup, on_backing_appeared or "
              "on_children_offline" } } },
        { "key twice",
          HEAD "ssd: yes\nssd: no\ncontent: []\n",
          { { 3, 1, "key 'ssd' comes twice" } } },
        { "anchor",
          HEAD "notes: &a x\ncontent: []\n",
          { { 2, 11, "anchors and aliases are not supported" } } },
        { "merge key", HEAD "<<: {}\ncontent: []\n", { { 2, 1, "merge keys are not supported" } } },
        { "two documents",
          HEAD "content: []\n--- !zmirror\ncontent: []\n",
          { { 3, 1, "only one document is expected" } } },
        { "quoted boolean",
          HEAD "ssd: \"yes\"\ncontent: []\n",
          { { 2, 7, "expected yes or no, found 'yes'" } } },
        { "control character",
          HEAD "notes: a\001b\n",
          { { 2, 9, "a control character cannot stand in the file" } } },
        { "not UTF-8", HEAD "notes: \xc3(\n", { { 2, 8, "not valid UTF-8" } } },
        { "near miss of a tag",
          HEAD "content:\n- !zpol\n  name: a\n",
          { { 4, 3, "unknown tag '!zpol', did you mean '!zpool'?" } } },
        { "wrong place",
          HEAD "content:\n- !part\n  name: p\n  content:\n  - !zpool\n    name: q\n",
          { { 7, 5, "a zpool cannot be in a part" } } },
        { "top level",
          HEAD "content:\n- !zdev\n  pool: p\n",
          { { 4, 3, "a zdev cannot stand at top level" } } },
        { "key missing",
          HEAD "content:\n- !zpool\n  mount: no\n",
          { { 4, 3, "a zpool needs the key 'name'" } } },
        { "key of another type",
          TANK "  key_file: /x\n",
          { { 5, 3, "a zpool has no key 'key_file'" } } },
        { "event of another type",
          TANK "  on_resilvered: [online]\n",
          { { 5, 3, "a zpool has no event 'resilvered'" } } },
        { "action of another type",
          HEAD "content:\n- !part\n  name: p\n  on_children_offline: [scrub]\n",
          { { 5, 25, "a part cannot 'scrub'" } } },
        { "near miss of an action",
          TANK "  on_children_offline: [offlin]\n",
          { { 5, 25, "unknown action 'offlin', did you mean 'offline'?" } } },
        { "name with a dash",
          HEAD "content:\n- !zpool\n  name: -a\n",
          { { 4, 9, "a name cannot begin with a dash" } } },
        { "name with a slash",
          HEAD "content:\n- !zpool\n  name: a/b\n",
          { { 4, 9, "'/' cannot stand in a name here" } } },
        { "name with a blank",
          HEAD "content:\n- !zpool\n  name: a b\n",
          { { 4, 9, "a blank or control character cannot stand in a name here" } } },
        { "duplicate",
          TANK "- !zpool\n  name: tank\n",
          { { 6, 3, "'zpool|name:tank' is configured already, in line 4" } } },
        { "30 February",
          HEAD "update_scheduler:\n- times: [\"03:00:00\"]\n  days: [30]\n  months: "
               "[feb]\ncontent: []\n",
          { { 3, 3, "this schedule can never fire: there is no such day in these months" } } },
        { "time of the day",
          HEAD "update_scheduler:\n- times: [\"25:00:00\"]\ncontent: []\n",
          { { 3, 12, "expected a time: \":SS\", \"MM:SS\" or \"HH:MM:SS\", found '25:00:00'" } } },
        { "raidz without parity",
          TANK "  backed_by:\n  - !raidz\n    devices: [a]\n",
          { { 4, 3, "no zdev 'a' of pool 'tank' is configured, which backed_by names" },
            { 7, 5, "a raidz needs the key 'parity'" } } },
        { "several at once",
          HEAD "ssd: 7\nlog_level: infoo\ntimeout: soon\ncontent: []\n",
          { { 2, 6, "expected yes or no, found '7'" },
            { 3, 12, "unknown log level 'infoo', did you mean 'info'?" },
            { 4, 10, "expected a number of seconds, found 'soon'" } } },
        { "cycle through pools",
          HEAD "content:\n"
               "- !zpool\n  name: a\n  content:\n  - !zvol\n    name: v\n    content:\n    - !zdev "
               "{pool: b}\n"
               "- !zpool\n  name: b\n  content:\n  - !zvol\n    name: v\n    content:\n    - !zdev "
               "{pool: a}\n",
          { { 4, 3, "a cycle: pool 'a' lies, through its legs, on a volume of itself" } } },
};

static void test_mistakes_are_named_with_their_place(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(mistakes); i++) {
                _cleanup_(arena_freep) struct arena *a = arena_new();
                struct diagnoses d;
                size_t n = 0;

                assert_null(config_parse(a, "x.yml", mistakes[i].yaml, strlen(mistakes[i].yaml),
                                         false, &d));
                for (; n < 4 && mistakes[i].expected[n].text; n++) {
                        bool same = n < d.count &&
                                    d.items[n].line == mistakes[i].expected[n].line &&
                                    d.items[n].column == mistakes[i].expected[n].column &&
                                    text_equal(d.items[n].text, mistakes[i].expected[n].text);

                        if (!same)
                                fail_msg("%s: %s", mistakes[i].name,
                                         n < d.count ? diagnosis_print(a, "x.yml", &d.items[n])
                                                     : "nothing was said");
                }
                assert_int_equal(d.count, n);
        }
}

static void test_a_diagnosis_shows_the_line_and_a_caret(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *yaml = HEAD "timout: 3\ncontent: []\n";
        struct diagnoses d;

        assert_null(config_parse(a, "x.yml", yaml, strlen(yaml), false, &d));
        assert_string_equal(diagnosis_print(a, "x.yml", &d.items[0]),
                            "x.yml:2:1: error: unknown key 'timout', did you mean 'timeout'?\n"
                            "    timout: 3\n"
                            "    ^~~~~~");
}

/* The nested stack: a pool on a volume in a pool on LUKS on a partition. */
static const char nested[] = HEAD
        "unpluggable: no\n"
        "ssd: yes\n"
        "scrub_interval: 4 weeks\n"
        "trim_interval: 1 mo\n"
        "zpool_import_args: \"-d /dev/mapper\"\n"
        "content:\n"
        "- !zpool\n"
        "  name: tank\n"
        "  zpool_import_args: \"\"\n"
        "  backed_by:\n"
        "  - !mirror\n"
        "    devices:\n"
        "    - {name: tank-a, required: yes}\n"
        "    - zvol/bak/tank\n"
        "- !disk\n"
        "  uuid: ABCD-1\n"
        "  info: blue\n"
        "  ssd: no\n"
        "  unpluggable: yes\n"
        "  content:\n"
        "  - !part\n"
        "    name: bak-a\n"
        "    content:\n"
        "    - !crypt\n"
        "      name: bak-a\n"
        "      on_appeared: [online]\n"
        "      content:\n"
        "      - !zdev\n"
        "        pool: bak\n"
        "        trim_interval: 2 weeks\n"
        "- !zpool\n"
        "  name: bak\n"
        "  backed_by: [bak-a]\n"
        "  content:\n"
        "  - !zvol\n"
        "    name: tank\n"
        "    content:\n"
        "    - !zdev\n"
        "      pool: tank\n"
        "      groups: [nightly, offsite]\n"
        "      on_resilvered: [offline, snapshot-parent, {run: [/bin/true, a b]}]\n";

static struct config *parse(struct arena *a, const char *yaml) {
        struct diagnoses d;
        struct config *c = config_parse(a, "x.yml", yaml, strlen(yaml), false, &d);

        if (!c)
                fail_msg("%s", diagnosis_print(a, "x.yml", &d.items[0]));
        return c;
}

static void test_legs_and_pools_find_each_other(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(config_freep) struct config *c = parse(a, nested);
        entity_id leg = config_find_id(c, "zdev|pool:tank|name:zvol/bak/tank");
        const struct entity *e = config_entity(c, leg),
                            *tank = config_entity(c, config_find_pool(c, "tank"));

        assert_non_null(e);
        assert_int_equal(e->zdev.zpool, tank->self);
        assert_int_equal(tank->zpool.n_legs, 1);
        assert_int_equal(tank->zpool.legs[0], leg);
        assert_int_equal(tank->zpool.backing[0].kind, VDEV_KIND_MIRROR);
        assert_true(tank->zpool.backing[0].devices[0].required);
        assert_int_equal(tank->zpool.backing[0].devices[0].leg, ENTITY_NONE);
        assert_int_equal(tank->zpool.backing[0].devices[1].leg, leg);
        assert_ptr_equal(e->zdev.backing_device, &tank->zpool.backing[0].devices[1]);
        assert_true(entity_is_in_group(e, "offsite"));
        assert_false(entity_is_in_group(e, "blue"));
        assert_string_equal(e->hrid, "zdev: zvol/bak/tank (tank)");
        assert_int_equal(e->handlers[EVENT_RESILVERED].n_actions, 3);
        assert_string_equal(e->handlers[EVENT_RESILVERED].actions[2].argv[1], "a b");
}

static void test_what_is_inherited(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(config_freep) struct config *c = parse(a, nested);
        const struct entity *crypt = config_entity(c, config_find_id(c, "crypt|name:bak-a"));
        const struct entity *leg = config_entity(c, config_find_id(c, "zdev|pool:bak|name:bak-a"));
        const struct entity *inner = config_entity(
                c, config_find_id(c, "zdev|pool:tank|name:zvol/bak/tank"));
        const struct entity *bak = config_entity(c, config_find_pool(c, "bak"));

        assert_true(crypt->unpluggable);
        assert_false(inner->unpluggable);
        assert_true(crypt->crypt.allow_discards); /* the leg has an interval of its own */
        assert_true(leg->zdev.intervals.trim.usec == 2 * USEC_PER_WEEK);
        assert_int_equal(inner->zdev.intervals.trim.months, 1); /* on no disk: the root's ssd */
        assert_true(leg->zdev.intervals.scrub.usec == 4 * USEC_PER_WEEK);
        assert_string_equal(bak->zpool.import_argv[1], "/dev/mapper");
        assert_null(config_entity(c, config_find_pool(c, "tank"))
                            ->zpool.import_argv); /* "" overrides */
        assert_int_equal(config_find(c, ENTITY_DISK, (const char *const[]){ "abcd-1" }, 1),
                         config_find(c, ENTITY_DISK, (const char *const[]){ "blue" }, 1));
}

static void test_the_older_generation_loads(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(config_freep) struct config *c = parse(
                a,
                "--- !ZMirror\ncontent:\n- !ZPool\n  name: tank\n  backed_by:\n  - !Mirror\n    "
                "devices: [p]\n"
                "- !Disk\n  uuid: ab\n  content:\n  - !Partition\n    name: p\n    content:\n"
                "    - !DMCrypt\n      name: p\n      content:\n      - !ZDev\n        pool: tank\n"
                "        on_scrubbed: [offline]\n");
        const struct entity *leg = config_entity(c, config_find_id(c, "zdev|pool:tank|name:p"));

        assert_int_equal(leg->handlers[EVENT_SCRUB_FINISHED].n_actions, 1);
}

static void test_schedules(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(config_freep) struct config *c = parse(
                a, HEAD "maintenance_scheduler:\n- times: [\"03:00:00\", \"30:00\", \":15\"]\n"
                        "  weekdays: [\"fri-mon\"]\n  days: [\"1-3\", 5]\nupdate_scheduler: "
                        "nil\ncontent: []\n");
        const struct schedule *s = &c->settings.maintenance_scheduler;

        assert_int_equal(s->n_rules, 1);
        assert_int_equal(s->rules[0].n_times, 3);
        assert_int_equal(s->rules[0].times[0].hour, 3);
        assert_int_equal(s->rules[0].times[1].hour, -1);
        assert_int_equal(s->rules[0].times[1].minute, 30);
        assert_int_equal(s->rules[0].times[2].minute, -1);
        assert_int_equal(s->rules[0].times[2].second, 15);
        assert_int_equal(s->rules[0].weekdays, 1 << 5 | 1 << 6 | 1 << 0 | 1 << 1);
        assert_int_equal(s->rules[0].days, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5);
        assert_int_equal(c->settings.update_scheduler.n_rules, 0);
        assert_true(c->settings.regular_status_default);
}

static void test_deep_nesting_is_refused(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct text t = {};
        struct diagnoses d;

        text_add(&t, "a: ");
        for (int i = 0; i < 100000; i++)
                text_add(&t, "[");
        assert_null(config_parse(a, "x.yml", t.s, t.length, false, &d));
        assert_true(d.n_errors > 0);
        text_done(&t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mistakes_are_named_with_their_place),
                cmocka_unit_test(test_a_diagnosis_shows_the_line_and_a_caret),
                cmocka_unit_test(test_legs_and_pools_find_each_other),
                cmocka_unit_test(test_what_is_inherited),
                cmocka_unit_test(test_the_older_generation_loads),
                cmocka_unit_test(test_schedules),
                cmocka_unit_test(test_deep_nesting_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
