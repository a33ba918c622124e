/* tests/system/test-look.c - looks, commands, passphrases and events of the real world, with
 * stand-ins for the programs */
#include "world.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#define STATUS_JSON TEST_DATA "/zfs-2.3.2/states/03-healthy-mirror/status-jPt-int.json"
#define STATUS_TEXT TEST_DATA "/zfs-2.1.11/states/10-resilver-finished/status-pPt.txt"
#define EVENTS      TEST_DATA "/zfs-2.3.2/zevents/p6f.txt"

#define POOL_GUID 1282715843682370212u
#define LEG_GUID  5824189443245072367u

/* A zpool that knows JSON. */
#define ZPOOL_NEW "case $1 in status) cat " STATUS_JSON " ;; *) exit 1 ;; esac"

/* One that does not: it tells GUIDs with -g only, as its own names. */
#define ZPOOL_OLD                                                                                  \
        "case \"$*\" in\n"                                                                         \
        "*-j*) echo \"invalid option 'j'\" >&2; echo usage: >&2; exit 2 ;;\n"                      \
        "'status -gpPt tank') sed 's#/dev/mapper/tank-a#111               #; "                     \
        "s#/dev/mapper/tank-b#222               #; s#mirror-0#333     #' " STATUS_TEXT " ;;\n"     \
        "'status -pPt tank') cat " STATUS_TEXT " ;;\n"                                             \
        "'get -Hp -o value guid tank') echo 444 ;;\n"                                              \
        "*) exit 1 ;;\n"                                                                           \
        "esac"

static int set_up(void **state) {
        struct stage *s = stage_new();

        stage_begin(s, /* zfs_events= */ false);
        *state = s;
        return 0;
}

static int set_up_without_world(void **state) {
        *state = stage_new();
        return 0;
}

static int tear_down(void **state) {
        stage_free(*state);
        return 0;
}

/* The pool in the kernel's statistics, as ZFS 2.2 and later have them. */
static void import_pool(struct stage *s, const char *state, bool with_guid) {
        stage_shell(s, "mkdir -p $F/kstat/tank");
        stage_write(s, "kstat/tank/state", state);
        stage_write(s, "kstat/tank/txgs",
                    "18 0 0x01 2 2 1 1\ntxg      birth            state\n"
                    "41 1 C 0 0 0 0 0 1 1 1 1\n42 2 C 0 0 0 0 0 1 1 1 1\n43 3 O 0 0 0 0 0 0 0 0 "
                    "0\n");
        stage_write(s, "kstat/tank/iostats", "30 1 0x01 26 7072 62388802348 73847841452\n");
        if (with_guid)
                stage_write(s, "kstat/tank/guid", "1282715843682370212\n");
}

/* --- pools
 * ---------------------------------------------------------------------------------------- */

static void test_which_pools_are_imported(void **state) {
        struct stage *s = *state;

        assert_int_equal(stage_look(s, LOOK_POOLS, NULL)->n_pools, 0);
        import_pool(s, "ONLINE\n", true);
        assert_int_equal(stage_look(s, LOOK_POOLS, NULL)->n_pools, 1);
        stage_shell(s, "rm -r $F/kstat");
        assert_int_equal(stage_look(s, LOOK_POOLS, NULL)->n_pools, 0);
        assert_false(s->facts.failed);
}

static void test_a_pool_answers_as_json(void **state) {
        struct stage *s = *state;
        const struct pool_status *p;

        import_pool(s, "ONLINE\n", true);
        stage_program(s, "zpool", ZPOOL_NEW);
        p = stage_look(s, LOOK_POOL, "tank")->pool;
        assert_non_null(p);
        assert_string_equal(p->name, "tank");
        assert_true(p->guid == POOL_GUID);
        assert_int_equal(p->txg, 42);
        assert_int_equal(p->instance, 62388802348);
        assert_int_equal(p->n_vdevs, 4);
        assert_true(p->vdevs[3].guid == LEG_GUID);
        assert_string_equal(stage_read(s, "ran"), "zpool status -j --json-int -p -P -t tank\n");
}

static void test_an_older_zpool_is_asked_as_text_from_then_on(void **state) {
        static const char text[] = "zpool status -pPt tank\nzpool status -gpPt tank\n";
        struct stage *s = *state;
        const struct pool_status *p;

        import_pool(s, "ONLINE\n", false);
        stage_program(s, "zpool", ZPOOL_OLD);
        p = stage_look(s, LOOK_POOL, "tank")->pool;
        assert_non_null(p);
        assert_int_equal(p->guid, 444);
        assert_int_equal(p->txg, 42);
        assert_int_equal(p->instance, 62388802348);
        assert_int_equal(p->n_vdevs, 4);
        assert_int_equal(p->vdevs[3].guid, 222);
        assert_string_equal(p->vdevs[3].path, "/dev/mapper/tank-b");
        assert_string_equal(stage_read(s, "ran"),
                            arena_printf(s->arena, "%s%s%s",
                                         "zpool status -j --json-int -p -P -t tank\n", text,
                                         "zpool get -Hp -o value guid tank\n"));
        stage_write(s, "ran", "");
        p = stage_look(s, LOOK_POOL, "tank")->pool;
        assert_int_equal(p->guid, 444);
        assert_string_equal(stage_read(s, "ran"), text);

        /* Another pool may come under that name. */
        stage_shell(s, "rm -r $F/kstat/tank");
        assert_null(stage_look(s, LOOK_POOL, "tank")->pool);
        import_pool(s, "ONLINE\n", false);
        stage_write(s, "ran", "");
        (void) stage_look(s, LOOK_POOL, "tank");
        assert_non_null(strstr(stage_read(s, "ran"), "zpool get"));
}

static void test_a_pool_that_is_not_there_is_not_asked(void **state) {
        static const char *const names[] = { "tank", "..", "no/such", "$import-tank" };
        struct stage *s = *state;

        stage_program(s, "zpool", ZPOOL_NEW);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                assert_null(stage_look(s, LOOK_POOL, names[i])->pool);
                assert_false(s->facts.failed);
        }
        assert_string_equal(stage_read(s, "ran"), "");
}

static void test_a_suspended_pool_is_not_asked(void **state) {
        struct stage *s = *state;
        const struct pool_status *p;

        import_pool(s, "SUSPENDED\n", true);
        stage_program(s, "zpool", ZPOOL_NEW);
        p = stage_look(s, LOOK_POOL, "tank")->pool;
        assert_non_null(p);
        assert_true(p->suspended);
        assert_true(p->guid == POOL_GUID);
        assert_int_equal(p->n_vdevs, 0);
        assert_string_equal(stage_read(s, "ran"), "");
}

static void test_a_pool_that_goes_while_it_is_asked_is_gone(void **state) {
        struct stage *s = *state;

        import_pool(s, "ONLINE\n", true);
        stage_program(s, "zpool", "echo \"cannot open 'tank': no such pool\" >&2; exit 1");
        assert_null(stage_look(s, LOOK_POOL, "tank")->pool);
        assert_false(s->facts.failed);
}

static void assert_pool_fails(struct stage *s, const char *zpool, const char *error) {
        stage_program(s, "zpool", zpool);
        assert_null(stage_look(s, LOOK_POOL, "tank")->pool);
        assert_true(s->facts.failed);
        if (!strstr(s->error, error))
                fail_msg("'%s' is not in '%s'", error, s->error);
}

static void test_a_failure_is_one_sentence_and_no_verdict(void **state) {
        struct stage *s = *state;

        import_pool(s, "ONLINE\n", true);
        assert_pool_fails(s, "echo 'internal error: out of luck' >&2; exit 1",
                          "zpool failed for pool tank: internal error: out of luck");
        assert_pool_fails(s, "echo '{\"output_version\":'", "cannot make sense of the status");
        assert_pool_fails(s, "yes nonsense | head -c 100000", "cannot make sense of the status");
        assert_pool_fails(s, "head -c 20000000 /dev/zero", "more of pool tank than can be true");
        assert_pool_fails(s, "kill -9 $$", "zpool failed for pool tank");
}

static void test_a_missing_zpool_is_named(void **state) {
        struct stage *s = *state;

        import_pool(s, "ONLINE\n", true);
        (void) stage_look(s, LOOK_POOL, "tank");
        assert_true(s->facts.failed);
        assert_string_equal(s->error, "cannot run 'zpool': No such file or directory");
}

/* --- other looks
 * ---------------------------------------------------------------------------------- */

static void test_mounts(void **state) {
        const struct facts *f = stage_look(*state, LOOK_MOUNTS, NULL);

        assert_false(f->failed);
        assert_true(f->n_mounts > 0);
}

/* Mounts of its own, which nobody else sees. False where that is not allowed. */
static bool enter_own_mounts(void) {
        return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
               mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void test_what_is_mounted_by_others_is_a_hint(void **state) {
        struct stage *s = *state;
        const char *folder = arena_printf(s->arena, "%s/kstat", s->folder);

        if (!enter_own_mounts())
                skip();
        stage_begin(s, /* zfs_events= */ false);
        assert_true(sd_event_run(s->loop, 0) >= 0);
        assert_null(s->hints.s);
        assert_int_equal(mount("none", folder, "tmpfs", 0, NULL), 0);
        stage_wait_for(s, &s->hints, "mounts");
        text_clear(&s->hints);
        assert_int_equal(umount(folder), 0);
        stage_wait_for(s, &s->hints, "mounts");
}

static void test_holders_are_told_by_a_program(void **state) {
        struct stage *s = *state;

        stage_program(s, "label", "echo 'loop device loop0'; echo 'process 7 (sh): has it open'");
        (void) stage_look(s, LOOK_HOLDERS, "/dev/dm-0");
        assert_false(s->facts.failed);
        assert_int_equal(s->facts.n_holders, 2);
        assert_string_equal(stage_read(s, "ran"), "label holders --lines -- /dev/dm-0\n");

        stage_program(s, "label", "exit 0");
        (void) stage_look(s, LOOK_HOLDERS, "tank/data");
        assert_false(s->facts.failed);
        assert_int_equal(s->facts.n_holders, 0);

        stage_program(s, "label", "echo 'out of order' >&2; exit 1");
        (void) stage_look(s, LOOK_HOLDERS, "tank");
        assert_true(s->facts.failed);
        assert_string_equal(s->error, "cannot tell who uses tank: out of order");
}

static void test_labels_are_read_by_a_program(void **state) {
        struct stage *s = *state;

        stage_program(
                s, "label",
                "echo '{\"device\":\"x\",\"valid\":true,\"n_labels\":4,\"pool_name\":\"tank\","
                "\"hostname\":\"h\",\"pool_guid\":1282715843682370212,"
                "\"vdev_guid\":13835058055282163712,\"top_guid\":3,\"config_txg\":4,"
                "\"pool_state\":0,\"txg\":180,\"timestamp\":5,\"hostid\":6,"
                "\"top_type\":\"mirror\",\"top_parity\":0,\"top_width\":2}'");
        (void) stage_look(s, LOOK_LABEL, "/dev/mapper/tank-b");
        assert_false(s->facts.failed);
        assert_true(s->label.valid);
        assert_true(s->label.vdev_guid == 13835058055282163712u);
        assert_int_equal(s->label.txg, 180);
        assert_string_equal(stage_read(s, "ran"), "label label --json -- /dev/mapper/tank-b\n");

        stage_program(s, "label", "echo 'Cannot open the device' >&2; exit 1");
        (void) stage_look(s, LOOK_LABEL, "/dev/mapper/tank-b");
        assert_true(s->facts.failed);
        assert_string_equal(s->error, "cannot read the labels of /dev/mapper/tank-b: "
                                      "Cannot open the device");

        stage_program(s, "label", "echo nonsense");
        (void) stage_look(s, LOOK_LABEL, "/dev/mapper/tank-b");
        assert_true(s->facts.failed);
}

static void test_a_look_at_nothing_fails(void **state) {
        struct stage *s = *state;

        (void) stage_look(s, LOOK_POOL, NULL);
        assert_true(s->facts.failed);
        (void) stage_look(s, LOOK_LABEL, "--help");
        assert_true(s->facts.failed);
        (void) stage_look(s, LOOK_DEVICE, NULL);
        assert_true(s->facts.failed);
}

/* --- commands
 * ------------------------------------------------------------------------------------- */

static void test_a_command_ends_with_its_last_words(void **state) {
        struct stage *s = *state;
        struct command c = command_pool_export(s->arena, 0, "tank");

        stage_program(s, "zpool", "echo \"cannot export 'tank': pool is busy\" >&2; exit 1");
        (void) stage_run(s, &c);
        assert_true(s->end.started);
        assert_int_equal(s->end.exit_status, 1);
        assert_string_equal(s->end.output, "cannot export 'tank': pool is busy");
        assert_string_equal(stage_read(s, "ran"), "zpool export tank\n");
}

static void test_a_handlers_program_gets_its_environment(void **state) {
        static const char *const argv[] = { "tell", "a b", NULL };
        struct stage *s = *state;
        struct command c = command_run(s->arena, 0, argv, "part|name:tank-b", "appeared");

        stage_program(s, "tell", "echo \"$1 $ZMIRROR_ENTITY $ZMIRROR_EVENT\"");
        (void) stage_run(s, &c);
        assert_true(command_end_is_good(&s->end));
        assert_string_equal(s->end.output, "a b part|name:tank-b appeared");
}

/* --- passphrases
 * ---------------------------------------------------------------------------------- */

/* A container that opens with "open sesame", and an agent whose answers are the files 1, 2, 3. */
static void make_container(struct stage *s, const char *first, const char *second,
                           const char *third) {
        stage_write(s, "1", first);
        stage_write(s, "2", second);
        stage_write(s, "3", third);
        stage_program(s, "systemd-ask-password",
                      "n=$(grep -c ^systemd-ask $F/ran); cat $F/$n; [ -s $F/$n ]");
        stage_program(s, "cryptsetup",
                      "cat >$F/fed; [ \"$(cat $F/fed)\" = 'open sesame' ] && exit 0; "
                      "echo 'No key available with this passphrase.' >&2; exit 2");
}

static const struct command_end *open_container(struct stage *s) {
        struct command c = command_crypt_open(s->arena, 0, "/dev/sdb1", "tank-b", NULL, false,
                                              "Passphrase for crypt: tank-b:");

        return stage_run(s, &c);
}

static uint32_t count_runs(struct stage *s, const char *program) {
        const char *at = stage_read(s, "ran");
        uint32_t n = 0;

        while ((at = strstr(at, program))) {
                at++;
                n++;
        }
        return n;
}

static void test_a_passphrase_is_asked_for_and_fed(void **state) {
        struct stage *s = *state;

        make_container(s, "open sesame\n", "", "");
        assert_true(command_end_is_good(open_container(s)));
        assert_string_equal(stage_read(s, "fed"), "open sesame");
        assert_string_equal(s->prompts.s, "+-");
        assert_null(strstr(stage_read(s, "ran"), "sesame"));
        assert_non_null(strstr(stage_read(s, "ran"), "--id=zmirror:tank-b"));
        assert_non_null(
                strstr(stage_read(s, "ran"), "cryptsetup open /dev/sdb1 tank-b --key-file -\n"));
}

static void test_a_wrong_passphrase_is_asked_for_again(void **state) {
        struct stage *s = *state;

        make_container(s, "open barley\n", "\n", "open sesame\n");
        assert_true(command_end_is_good(open_container(s)));
        assert_string_equal(s->prompts.s, "+-+-+-");
        assert_int_equal(count_runs(s, "cryptsetup open"), 2);
        assert_non_null(strstr(stage_read(s, "ran"),
                               "Passphrase for crypt: tank-b (wrong passphrase, try 3 of 3):"));
}

static void test_three_wrong_passphrases_are_enough(void **state) {
        struct stage *s = *state;

        make_container(s, "a\n", "b\n", "c\n");
        (void) open_container(s);
        assert_int_equal(s->end.exit_status, 2);
        assert_false(s->end.cancelled);
        assert_string_equal(s->end.output, "No key available with this passphrase.");
        assert_int_equal(count_runs(s, "cryptsetup open"), 3);
        assert_string_equal(s->prompts.s, "+-+-+-");
}

static void test_nobody_answers(void **state) {
        struct stage *s = *state;

        make_container(s, "", "", "");
        stage_program(s, "systemd-ask-password",
                      "echo 'Failed to query password: Timer expired' >&2; exit 1");
        (void) open_container(s);
        assert_true(s->end.cancelled);
        assert_true(s->end.started);
        assert_string_equal(s->end.output, "Failed to query password: Timer expired");
        assert_int_equal(count_runs(s, "cryptsetup"), 0);
        assert_string_equal(s->prompts.s, "+-");
}

static void test_another_failure_of_cryptsetup_is_no_wrong_passphrase(void **state) {
        struct stage *s = *state;

        make_container(s, "open sesame\n", "", "");
        stage_program(s, "cryptsetup", "echo 'Device tank-b already exists.' >&2; exit 5");
        (void) open_container(s);
        assert_int_equal(s->end.exit_status, 5);
        assert_int_equal(count_runs(s, "cryptsetup"), 1);
}

static void test_an_overlong_passphrase_is_not_cut_and_tried(void **state) {
        struct stage *s = *state;

        make_container(s, "", "", "");
        stage_program(s, "systemd-ask-password", "head -c 100000 /dev/zero | tr '\\0' x");
        (void) open_container(s);
        assert_int_equal(s->end.exit_status, 2);
        assert_string_equal(s->end.output, "the passphrase given is too long");
        assert_int_equal(count_runs(s, "cryptsetup"), 0);
}

static void test_a_question_can_be_taken_back(void **state) {
        struct stage *s = *state;
        struct command c = command_crypt_open(s->arena, 0, "/dev/sdb1", "b", NULL, false, "?");

        make_container(s, "", "", "");
        stage_program(s, "systemd-ask-password", "exec sleep 100");
        s->tag = 1;
        world_run(s->world, 1, &c);
        STAGE_TURN_UNTIL(s, count_runs(s, "systemd-ask-password") > 0);
        s->inside = true;
        world_withdraw(s->world, 1);
        s->inside = false;
        STAGE_TURN_UNTIL(s, s->n_ends > 0);
        assert_true(s->end.cancelled);
        assert_string_equal(s->prompts.s, "+-");
        assert_int_equal(count_runs(s, "cryptsetup"), 0);
}

static void test_nobody_is_asked_what_is_not_needed_any_more(void **state) {
        struct stage *s = *state;
        struct command c = command_crypt_open(s->arena, 0, "/dev/sdb1", "b", NULL, false, "?");

        make_container(s, "open sesame\n", "", "");
        s->tag = 1;
        world_run(s->world, 1, &c);
        world_withdraw(s->world, 1); /* not even begun */
        world_withdraw(s->world, 2); /* there is no such thing */
        STAGE_TURN_UNTIL(s, s->n_ends > 0);
        assert_true(s->end.cancelled);
        assert_null(s->prompts.s);
        assert_string_equal(stage_read(s, "ran"), "");
}

static void test_a_command_that_runs_is_not_taken_back(void **state) {
        struct stage *s = *state;
        struct command c = command_crypt_open(s->arena, 0, "/dev/sdb1", "b", NULL, false, "?");

        make_container(s, "open barley\n", "open sesame\n", "");
        stage_program(s, "cryptsetup", "while [ ! -e $F/go ]; do sleep 0.02; done; exit 2");
        s->tag = 1;
        world_run(s->world, 1, &c);
        STAGE_TURN_UNTIL(s, count_runs(s, "cryptsetup") > 0);
        world_withdraw(s->world, 1);
        stage_write(s, "go", "");
        STAGE_TURN_UNTIL(s, s->n_ends > 0);
        assert_int_equal(s->end.exit_status, 2);
        assert_int_equal(count_runs(s, "systemd-ask-password"), 1); /* not again */
}

/* --- events of ZFS
 * -------------------------------------------------------------------------------- */

static void test_events_are_hints(void **state) {
        struct stage *s = *state;

        stage_program(s, "zpool", "[ \"$*\" = 'events -Hvf' ] && cat " EVENTS " && exec sleep 100");
        stage_begin(s, /* zfs_events= */ true);
        stage_wait_for(s, &s->hints, "pool bak\n");
        stage_wait_for(s, &s->hints, "pools \n");
}

static size_t count_hints(const struct stage *s, const char *hint) {
        size_t n = 0;

        for (const char *p = s->hints.s; p && (p = strstr(p, hint)); p++)
                n++;
        return n;
}

/* ZFS tells of an export before the pool has gone: one look would see it as it was. */
static void test_an_export_is_looked_at_until_it_is_done(void **state) {
        struct stage *s = *state;

        stage_program(s, "zpool",
                      "printf 'x\tsysevent.fs.zfs.pool_export\n        class = "
                      "\"sysevent.fs.zfs.pool_export\"\n        pool = \"tank\"\n        time = "
                      "0x10 0x0 \n\n'; exec sleep 100");
        stage_begin(s, /* zfs_events= */ true);
        stage_wait_for(s, &s->hints, "pools \n");
        text_clear(&s->hints);
        STAGE_TURN_UNTIL(s, count_hints(s, "pools \n") >= 3);
        assert_true(count_hints(s, "pools \n") >= 3);
}

static void test_only_new_events_are_told(void **state) {
        struct stage *s = *state;

        stage_program(s, "zpool",
                      "printf 'x\\tsysevent.fs.zfs.scrub_start\\n        class = "
                      "\"sysevent.fs.zfs.scrub_start\"\\n        pool = \"tank\"\\n        time = "
                      "0x10 0x0 \\n\\n'\n"
                      "printf 'x\\tsysevent.fs.zfs.scrub_finish\\n        class = "
                      "\"sysevent.fs.zfs.scrub_finish\"\\n        pool = \"tank\"\\n        time = "
                      "0x%x 0x0 \\n\\n' $(($(date +%s) + 1))\n"
                      "exec sleep 100");
        stage_begin(s, /* zfs_events= */ true);
        stage_wait_for(s, &s->events, "scrub_finish");
        assert_string_equal(s->events.s, "zfs: scrub_finish tank\n");
        assert_non_null(strstr(s->hints.s, "pool tank\n"));
}

static void test_what_happened_between_two_followers_is_looked_for(void **state) {
        struct stage *s = *state;

        import_pool(s, "ONLINE\n", true);
        stage_program(s, "zpool", "echo 'no events today' >&2; exit 1");
        stage_begin(s, /* zfs_events= */ true);
        stage_wait_for(s, &s->hints, "pool tank\n");
        stage_wait_for(s, &s->hints, "pools \n");
        STAGE_TURN_UNTIL(s, count_runs(s, "zpool events") >= 2);
        assert_true(count_runs(s, "zpool events") >= 2);
        stage_program(s, "zpool", "echo 'dropped 5 events'; exec sleep 100");
        text_clear(&s->hints);
        stage_wait_for(s, &s->hints, "pool tank\n");
}

static void test_the_world_may_end_while_everything_runs(void **state) {
        struct stage *s = *state;
        struct command c = command_crypt_open(s->arena, 0, "/dev/sdb1", "b", NULL, false, "?");
        struct look pool = { LOOK_POOL, "tank" }, label = { LOOK_LABEL, "/dev/sda1" };

        import_pool(s, "ONLINE\n", true);
        stage_program(s, "zpool", "exec sleep 100");
        stage_program(s, "label", "exec sleep 100");
        stage_program(s, "systemd-ask-password", "exec sleep 100");
        stage_begin(s, /* zfs_events= */ true);
        s->tag = 1; /* the passphrase that it asks for */
        world_run(s->world, 1, &c);
        world_look(s->world, 2, &pool);
        world_look(s->world, 3, &label);
        STAGE_TURN_UNTIL(s, count_runs(s, "\n") >= 4);
        assert_int_equal(count_runs(s, "\n"), 4);
        world_look(s->world, 4, &pool); /* not even begun */
        s->world = world_free(s->world);
        assert_int_equal(s->n_answers + s->n_ends, 0);
}

#define TEST(f)         cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_WITHOUT(f) cmocka_unit_test_setup_teardown(f, set_up_without_world, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_which_pools_are_imported),
                TEST(test_a_pool_answers_as_json),
                TEST(test_an_older_zpool_is_asked_as_text_from_then_on),
                TEST(test_a_pool_that_is_not_there_is_not_asked),
                TEST(test_a_suspended_pool_is_not_asked),
                TEST(test_a_pool_that_goes_while_it_is_asked_is_gone),
                TEST(test_a_failure_is_one_sentence_and_no_verdict),
                TEST(test_a_missing_zpool_is_named),
                TEST(test_mounts),
                TEST_WITHOUT(test_what_is_mounted_by_others_is_a_hint),
                TEST(test_holders_are_told_by_a_program),
                TEST(test_labels_are_read_by_a_program),
                TEST(test_a_look_at_nothing_fails),
                TEST(test_a_command_ends_with_its_last_words),
                TEST(test_a_handlers_program_gets_its_environment),
                TEST(test_a_passphrase_is_asked_for_and_fed),
                TEST(test_a_wrong_passphrase_is_asked_for_again),
                TEST(test_three_wrong_passphrases_are_enough),
                TEST(test_nobody_answers),
                TEST(test_another_failure_of_cryptsetup_is_no_wrong_passphrase),
                TEST(test_an_overlong_passphrase_is_not_cut_and_tried),
                TEST(test_a_question_can_be_taken_back),
                TEST(test_nobody_is_asked_what_is_not_needed_any_more),
                TEST(test_a_command_that_runs_is_not_taken_back),
                TEST_WITHOUT(test_events_are_hints),
                TEST_WITHOUT(test_an_export_is_looked_at_until_it_is_done),
                TEST_WITHOUT(test_only_new_events_are_told),
                TEST_WITHOUT(test_what_happened_between_two_followers_is_looked_for),
                TEST_WITHOUT(test_the_world_may_end_while_everything_runs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
