/* tests/unit/model/test-command.c - every command line, as one would type it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/command.h"

static struct arena *a;

static int set_up(void **state) {
        a = arena_new();
        return 0;
}

static int tear_down(void **state) {
        a = arena_free(a);
        return 0;
}

static void assert_line(struct command c, enum command_kind kind, const char *lane,
                        const char *line) {
        assert_string_equal(command_print(a, &c), line);
        assert_int_equal(c.kind, kind);
        assert_true(text_equal(c.lane, lane));
        assert_int_equal(c.about, 7);
        assert_true(c.time_limit > 0 && c.time_limit < USEC_NEVER);
}

#define LINE(call, kind, lane, line) assert_line(call, kind, lane, line)

static void test_containers(void **state) {
        LINE(command_crypt_open(a, 7, "/dev/sdb1", "tank-b", "/etc/keys/b", false, "not asked"),
             COMMAND_CRYPT_OPEN, NULL, "cryptsetup open /dev/sdb1 tank-b --key-file /etc/keys/b");
        LINE(command_crypt_open(a, 7, "/dev/sdb1", "tank-b", "/etc/keys/b", true, NULL),
             COMMAND_CRYPT_OPEN, NULL,
             "cryptsetup open /dev/sdb1 tank-b --key-file /etc/keys/b --allow-discards");
        LINE(command_crypt_open(a, 7, "/dev/sdb1", "tank-b", NULL, false, "Passphrase for b:"),
             COMMAND_CRYPT_OPEN, NULL, "cryptsetup open /dev/sdb1 tank-b --key-file -");
        LINE(command_crypt_close(a, 7, "tank-b"), COMMAND_CRYPT_CLOSE, NULL,
             "cryptsetup close tank-b");
}

static void test_a_passphrase_is_asked_for_only_without_a_key_file(void **state) {
        struct command with = command_crypt_open(a, 7, "/dev/sdb1", "b", "/key", false, "Why?");
        struct command without = command_crypt_open(a, 7, "/dev/sdb1", "b", NULL, false, "Why?");

        assert_false(with.passphrase);
        assert_null(with.prompt);
        assert_true(without.passphrase);
        assert_string_equal(without.prompt, "Why?");
}

static void test_pools(void **state) {
        LINE(command_power_off(a, 7, "/dev/sdb"), COMMAND_POWER_OFF, NULL,
             "zmirror power-off /dev/sdb");
        LINE(command_settle(a, 7), COMMAND_SETTLE, NULL, "udevadm settle --timeout=30");
        LINE(command_pool_export(a, 7, "tank"), COMMAND_POOL_EXPORT, "tank", "zpool export tank");
        LINE(command_pool_sync(a, 7, "tank"), COMMAND_POOL_SYNC, "tank", "zpool sync tank");
        LINE(command_pool_clear(a, 7, "tank"), COMMAND_POOL_CLEAR, "tank", "zpool clear tank");
        LINE(command_scrub(a, 7, "tank", false), COMMAND_SCRUB, "tank", "zpool scrub tank");
        LINE(command_scrub(a, 7, "tank", true), COMMAND_SCRUB_STOP, "tank", "zpool scrub -s tank");
        LINE(command_trim(a, 7, "tank", NULL, false), COMMAND_TRIM, "tank", "zpool trim tank");
        LINE(command_trim(a, 7, "tank", "tank-b", false), COMMAND_TRIM, "tank",
             "zpool trim tank tank-b");
        LINE(command_trim(a, 7, "tank", "tank-b", true), COMMAND_TRIM_STOP, "tank",
             "zpool trim -s tank tank-b");
}

static void test_imports(void **state) {
        const char *const devices[] = { "/dev/mapper/tank-a", "/dev/mapper/tank-b", NULL };
        const char *const args[] = { "-l", "-o", "readonly=on", NULL };
        struct pool_import import = { .pool = "tank", .mount = true };

        LINE(command_pool_import(a, 7, &import), COMMAND_POOL_IMPORT, "tank",
             "zpool import -o cachefile=none tank");
        import.guid = 13835058055282163712u;
        import.mount = false;
        LINE(command_pool_import(a, 7, &import), COMMAND_POOL_IMPORT, "tank",
             "zpool import -o cachefile=none -N 13835058055282163712");
        import.devices = devices;
        import.args = args;
        import.root = "/mnt/my backup";
        LINE(command_pool_import(a, 7, &import), COMMAND_POOL_IMPORT, "tank",
             "zpool import -o cachefile=none -d /dev/mapper/tank-a -d /dev/mapper/tank-b "
             "-l -o readonly=on -R '/mnt/my backup' -N 13835058055282163712");
}

static void test_legs(void **state) {
        const char *const two[] = { "/dev/mapper/tank-a", "17179869184", NULL };

        LINE(command_leg_online(a, 7, "tank", two), COMMAND_LEG_ONLINE, "tank",
             "zpool online tank /dev/mapper/tank-a 17179869184");
        LINE(command_leg_offline(a, 7, "tank", "zvol/bak/tank"), COMMAND_LEG_OFFLINE, "tank",
             "zpool offline tank zvol/bak/tank");
        LINE(command_leg_clear(a, 7, "tank", "tank-b"), COMMAND_LEG_CLEAR, "tank",
             "zpool clear tank tank-b");
}

static void test_more_legs_than_fit_are_left_out_not_overrun(void **state) {
        const char *many[2 * COMMAND_ARGS_MAX + 1];
        struct command c;
        size_t n = 0;

        for (size_t i = 0; i < 2 * COMMAND_ARGS_MAX; i++)
                many[i] = "x";
        many[2 * COMMAND_ARGS_MAX] = NULL;
        c = command_leg_online(a, 7, "tank", many);
        while (c.argv[n])
                n++;
        assert_int_equal(n, COMMAND_ARGS_MAX);
}

static void test_volumes(void **state) {
        LINE(command_snapshot(a, 7, "bak", "data", "zmirror-2026-11-23_03-00-00"), COMMAND_SNAPSHOT,
             "bak", "zfs snapshot bak/data@zmirror-2026-11-23_03-00-00");
        LINE(command_mount(a, 7, "bak", "home", true), COMMAND_MOUNT, "bak", "zfs mount bak/home");
        LINE(command_mount(a, 7, "bak", "home", false), COMMAND_UNMOUNT, "bak",
             "zfs umount bak/home");
        LINE(command_volmode(a, 7, "bak", "data"), COMMAND_VOLMODE, "bak",
             "zfs set volmode=dev bak/data");
}

static void test_a_handlers_program_is_told_why(void **state) {
        const char *const argv[] = { "/usr/local/bin/tell", "it's done", NULL };
        struct command c = command_run(a, 7, argv, "part|name:tank-b", "appeared");

        LINE(c, COMMAND_RUN, NULL, "/usr/local/bin/tell 'it'\\''s done'");
        assert_string_equal(c.env[0], "ZMIRROR_ENTITY=part|name:tank-b");
        assert_string_equal(c.env[1], "ZMIRROR_EVENT=appeared");
        assert_null(c.env[2]);
}

static void test_a_command_borrows_nothing(void **state) {
        char pool[] = "tank", leg[] = "tank-b";
        struct command c = command_leg_offline(a, 7, pool, leg);

        pool[0] = leg[0] = 'X';
        assert_string_equal(command_print(a, &c), "zpool offline tank tank-b");
        assert_string_equal(c.lane, "tank");
}

/* -f, -F, -D, -m, -X and the like: what zmirror never does by itself. */
static void test_nothing_is_ever_forced(void **state) {
        const struct pool_import import = { .pool = "tank", .guid = 1 };
        const struct command all[] = {
                command_pool_import(a, 7, &import),     command_pool_export(a, 7, "tank"),
                command_leg_offline(a, 7, "tank", "b"), command_crypt_close(a, 7, "b"),
                command_mount(a, 7, "bak", "x", false), command_scrub(a, 7, "tank", true),
                command_trim(a, 7, "tank", "b", false), command_pool_clear(a, 7, "tank"),
                command_volmode(a, 7, "bak", "x"),      command_settle(a, 7),
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                for (const char *const *w = all[i].argv; *w; w++)
                        assert_false(text_equal(*w, "-f") || text_equal(*w, "-F") ||
                                     text_equal(*w, "--force") || text_equal(*w, "-X"));
}

static void assert_words(const char *const *argv, const char *line) {
        const struct command c = { .argv = argv };

        assert_string_equal(command_print(a, &c), line);
}

static void test_questions(void **state) {
        static const char *const lines[_QUESTION_MAX] = {
                [QUESTION_EVENTS] = "stdbuf -oL zpool events -Hvf tank",
                [QUESTION_POOL_JSON] = "zpool status -j --json-int -p -P -t tank",
                [QUESTION_POOL_PATHS] = "zpool status -pPt tank",
                [QUESTION_POOL_GUIDS] = "zpool status -gpPt tank",
                [QUESTION_POOL_GUID] = "zpool get -Hp -o value guid tank",
                [QUESTION_POOL_SPARES] = "zpool status tank",
                [QUESTION_POOL_PROPERTIES] =
                        "zpool get -Hp -o property,value autoreplace,multihost tank",
                [QUESTION_POOL_SCRUB] =
                        "zfs get -Hp -o property,value org.debian:periodic-scrub tank",
        };

        for (enum question q = 0; q < _QUESTION_MAX; q++)
                assert_words(question_argv(a, q, "tank"), lines[q]);
        assert_words(question_argv(a, QUESTION_EVENTS, NULL), "stdbuf -oL zpool events -Hvf");
        assert_words(question_passphrase(a, "tank-b", "Why?", USEC_PER_MIN),
                     "systemd-ask-password --no-tty --timeout=60 --id=zmirror:tank-b "
                     "--icon=drive-harddisk -- 'Why?'");
}

static void test_printing_quotes_what_a_shell_would_take_apart(void **state) {
        static const struct {
                const char *word, *printed;
        } cases[] = {
                { "plain-1_2.3:/@%+=,^", "plain-1_2.3:/@%+=,^" },
                { "", "''" },
                { "a b", "'a b'" },
                { "$HOME", "'$HOME'" },
                { "a;b", "'a;b'" },
                { "'", "''\\'''" },
                { "line\nline", "'line\nline'" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct command c = command_crypt_close(a, 7, cases[i].word);

                assert_string_equal(command_print(a, &c),
                                    arena_printf(a, "cryptsetup close %s", cases[i].printed));
        }
}

static void test_every_kind_has_a_name(void **state) {
        for (enum command_kind k = 0; k < _COMMAND_KIND_MAX; k++)
                assert_non_null(command_kind_print(k));
}

static void test_an_end_is_good_only_in_one_way(void **state) {
        struct command_end good = { .started = true, .output = "" };
        struct command_end ends[] = { good, good, good, good, good };

        assert_true(command_end_is_good(&good));
        ends[0].started = false;
        ends[1].timed_out = true;
        ends[2].cancelled = true;
        ends[3].exit_status = 1;
        ends[4].signal = 9;
        for (size_t i = 0; i < ELEMENTSOF(ends); i++)
                assert_false(command_end_is_good(&ends[i]));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_containers),
                cmocka_unit_test(test_a_passphrase_is_asked_for_only_without_a_key_file),
                cmocka_unit_test(test_pools),
                cmocka_unit_test(test_imports),
                cmocka_unit_test(test_legs),
                cmocka_unit_test(test_more_legs_than_fit_are_left_out_not_overrun),
                cmocka_unit_test(test_volumes),
                cmocka_unit_test(test_a_handlers_program_is_told_why),
                cmocka_unit_test(test_a_command_borrows_nothing),
                cmocka_unit_test(test_nothing_is_ever_forced),
                cmocka_unit_test(test_questions),
                cmocka_unit_test(test_printing_quotes_what_a_shell_would_take_apart),
                cmocka_unit_test(test_every_kind_has_a_name),
                cmocka_unit_test(test_an_end_is_good_only_in_one_way),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
