/* tests/unit/store/test-store-faults.c - the disk is full, the file is damaged, the power goes:
 * nothing is half-saved */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct memory_entity entity_number(int i, char *id, size_t size) {
        (void) snprintf(id, size, "zdev|pool:tank|name:leg-%d", i);
        return (struct memory_entity){ .id = id, .state = STATE_CONNECTED, .last_online = 1 };
}

static void save_number(struct store *s, int i) {
        char id[64];
        struct memory_entity e = entity_number(i, id, sizeof(id));

        assert_int_equal(store_save_one_entity(s, &e), 0);
}

static uint32_t count_entities(struct folder *f) {
        struct store *s = folder_open(f);
        struct memory *m = NULL;
        uint32_t n;

        assert_int_equal(store_load(s, &m), 0);
        n = m->n_entities;
        memory_free(m);
        store_free(s);
        return n;
}

static void write_file(const char *path, const char *text, size_t n) {
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, n, file), n);
        assert_int_equal(fclose(file), 0);
}

static void assert_refused(struct folder *f, int expected, const char *words) {
        int r;

        assert_null(folder_try_open(f, &r));
        assert_int_equal(r, expected);
        if (!strstr(f->error, words) || !strstr(f->error, f->path))
                fail_msg("unexpected wording: %s", f->error);
}

/* In a process of its own; returns its exit status, or minus the signal that ended it. */
static int in_child(struct folder *f, void (*function)(struct folder *f)) {
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                function(f);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_a_second_opener_is_refused(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);

        assert_refused(f, -EBUSY, "in use by another zmirror daemon");
        store_free(s);
        store_free(folder_open(f));
}

static void open_and_die(struct folder *f) {
        struct store *s = folder_open(f);

        save_number(s, 1);
        (void) kill(getpid(), SIGKILL);
}

static void test_a_killed_opener_leaves_no_lock(void **state) {
        struct folder *f = *state;

        assert_int_equal(in_child(f, open_and_die), -SIGKILL);
        assert_int_equal(count_entities(f), 1);
}

static void die_in_transaction(struct folder *f) {
        struct store *s = folder_open(f);
        char id[64];
        struct memory_entity e = entity_number(3, id, sizeof(id));

        save_number(s, 1);
        save_number(s, 2);
        if (store_begin(s) < 0 || store_save_entity(s, &e) < 0)
                _exit(9);
        (void) kill(getpid(), SIGKILL);
}

static void test_a_kill_inside_a_transaction_loses_only_that(void **state) {
        struct folder *f = *state;

        assert_int_equal(in_child(f, die_in_transaction), -SIGKILL);
        assert_int_equal(count_entities(f), 2);
}

/* Says after each commit that it has happened, until it is killed. */
static int pipe_fds[2];

static void save_for_ever(struct folder *f) {
        struct store *s = folder_open(f);

        for (int i = 0; i < 100000; i++) {
                save_number(s, i);
                if (write(pipe_fds[1], "x", 1) != 1)
                        _exit(9);
        }
}

static void test_what_was_reported_survives_a_kill_at_any_moment(void **state) {
        struct folder *f = *state;
        uint32_t reported, n;
        char buffer[64];
        int status;
        pid_t pid;

        assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                save_for_ever(f);
                _exit(0);
        }
        (void) close(pipe_fds[1]);
        for (reported = 0; reported < 40;) {
                ssize_t got = read(pipe_fds[0], buffer, sizeof(buffer));

                assert_true(got > 0);
                reported += (uint32_t) got;
        }
        (void) kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        for (ssize_t got; (got = read(pipe_fds[0], buffer, sizeof(buffer))) > 0;)
                reported += (uint32_t) got;
        (void) close(pipe_fds[0]);

        n = count_entities(f);
        assert_true(n == reported || n == reported + 1); /* saved, not yet said */
}

static void test_junk_is_no_state_file(void **state) {
        struct folder *f = *state;
        static char junk[8192];

        memset(junk, 'z', sizeof(junk));
        write_file(f->file, junk, sizeof(junk));
        assert_refused(f, -EUCLEAN, "corrupt");
}

/* As after a power cut on some file systems: it was there, and nothing is in it. */
static void test_an_empty_file_is_a_lost_one(void **state) {
        struct folder *f = *state;

        write_file(f->file, "", 0);
        assert_refused(f, -EUCLEAN, "is empty, what was in it is lost");
        assert_int_equal(unlink(f->file), 0);
        assert_int_equal(symlink("/nonexistent/zmirror.db", f->file), 0);
        assert_refused(f, -EACCES, "Cannot open the state file");
}

static void test_a_file_that_vanished_is_told_from_a_first_start(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);

        assert_true(f->first);
        assert_false(store_was_lost(s));
        store_free(s);
        s = folder_open(f);
        assert_false(store_was_lost(s));
        store_free(s);
        assert_int_equal(unlink(f->file), 0);
        s = folder_open(f);
        assert_true(f->first);
        assert_true(store_was_lost(s));
        store_free(s);
}

/* A first start that ended before there was a table. */
static void test_a_file_without_tables_is_new(void **state) {
        struct folder *f = *state;

        folder_execute(f->file, "PRAGMA journal_mode = WAL");
        assert_true(access(f->file, F_OK) == 0);
        store_free(folder_open(f));
        assert_true(f->first);
}

static void test_a_truncated_file_is_corrupt(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);

        for (int i = 0; i < 300; i++)
                save_number(s, i);
        store_free(s);
        assert_int_equal(truncate(f->file, 4096 * 3), 0);
        assert_refused(f, -EUCLEAN, "corrupt");
}

static void test_a_damaged_page_is_found_at_once(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);
        struct stat st;
        int fd;

        for (int i = 0; i < 300; i++)
                save_number(s, i);
        store_free(s);
        fd = open(f->file, O_WRONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        for (off_t page = 4096 * 2; page < st.st_size; page += 4096)
                assert_int_equal(pwrite(fd, "damaged damaged damaged", 23, page), 23);
        (void) close(fd);
        assert_refused(f, -EUCLEAN, "corrupt");
}

static void test_a_word_that_nobody_wrote_is_damage(void **state) {
        static const struct {
                const char *name, *sql;
        } cases[] = {
                { "a state", "UPDATE entity SET state = 'happy'" },
                { "a GUID", "UPDATE entity SET vdev_guid = '12x'" },
                { "a scan", "UPDATE leg SET before_function = 99" },
                { "a GUID of a pool", "UPDATE pool SET pool_guid = '-1'" },
                { "a current leg", "UPDATE pool_current SET vdev_guid = ''" },
                { "the vdev that it is in", "UPDATE pool_current SET top_guid = 'x'" },
                { "a proof", "UPDATE leg SET proof = 'belief'" },
                { "a vdev", "UPDATE pool_top SET top_guid = ''" },
                { "its type", "UPDATE pool_top SET type = 'tape'" },
        };
        struct folder *f = *state;
        struct memory_member one = { 1, 1 };
        struct memory_top top = { 1, { VDEV_TYPE_MIRROR, 0, 2 } };
        struct memory_leg l = { .vdev_guid = 1, .pool_guid = 2 };
        struct memory_pool p = {
                .pool_guid = 2, .current = &one, .n_current = 1, .tops = &top, .n_tops = 1
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct store *s = folder_open(f);
                struct memory *m = NULL;

                save_number(s, 1);
                assert_int_equal(store_begin(s), 0);
                assert_int_equal(store_save_leg(s, &l), 0);
                assert_int_equal(store_save_pool(s, &p), 0);
                assert_int_equal(store_commit(s), 0);
                store_free(s);
                folder_execute(f->file, cases[i].sql);
                s = folder_open(f);
                if (store_load(s, &m) != -EUCLEAN || !strstr(store_error(s), "corrupt"))
                        fail_msg("%s: not found", cases[i].name);
                store_free(s);
                folder_execute(f->file, "DELETE FROM entity; DELETE FROM leg; DELETE FROM pool;"
                                        "DELETE FROM pool_current; DELETE FROM pool_top");
        }
}

static void test_a_copy_that_nobody_wrote_cannot_be_stored(void **state) {
        struct folder *f = *state;
        sqlite3 *db = NULL;

        store_free(folder_open(f));
        assert_int_equal(sqlite3_open(f->file, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db,
                                      "INSERT INTO leg SELECT '1','2','','whole','',0,0,0,0,0,0,"
                                      "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,'quiet',0,0,0,0",
                                      NULL, NULL, NULL),
                         SQLITE_CONSTRAINT);
        (void) sqlite3_close(db);
}

static void test_a_newer_file_is_left_alone(void **state) {
        struct folder *f = *state;

        store_free(folder_open(f));
        folder_execute(f->file, "PRAGMA user_version = 99");
        assert_refused(f, -EPROTO, "newer zmirror");
        folder_execute(f->file, "PRAGMA user_version = 5");
        store_free(folder_open(f));
}

static void test_a_database_of_another_program_is_left_alone(void **state) {
        struct folder *f = *state;

        folder_execute(f->file, "CREATE TABLE recipes (name)");
        assert_refused(f, -EUCLEAN, "not a state file of zmirror");
        folder_execute(f->file, "SELECT name FROM recipes");
}

static void test_a_folder_that_cannot_be_made_is_named(void **state) {
        struct folder *f = *state;

        (void) snprintf(f->file, sizeof(f->file), "%s/a/b/zmirror.db", f->path);
        assert_refused(f, -ENOENT, "No such file or directory");
}

static void test_the_last_folder_is_made(void **state) {
        struct folder *f = *state;

        (void) snprintf(f->file, sizeof(f->file), "%s/a/zmirror.db", f->path);
        store_free(folder_open(f));
        assert_int_equal(access(f->file, F_OK), 0);
}

/* As nobody, to whom a folder can be read-only even where the tests run as root. */
static void open_as_nobody(struct folder *f) {
        int r;

        if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
                _exit(8);
        if (folder_try_open(f, &r) || !strstr(f->error, "Permission denied"))
                _exit(7);
        _exit(r == -EACCES ? 0 : 6);
}

static void test_a_folder_that_is_not_writable_is_refused(void **state) {
        struct folder *f = *state;

        assert_int_equal(chmod(f->path, 0555), 0);
        assert_int_equal(in_child(f, open_as_nobody), 0);
        assert_int_equal(chmod(f->path, 0755), 0);
}

/* A limit on the size of files behaves like a full disk, without a file system of our own. */
static void fill_the_disk(struct folder *f) {
        struct rlimit limit = { .rlim_cur = 160 * 1024, .rlim_max = 160 * 1024 };
        struct store *s = folder_open(f);
        int saved = 0, r = 0;

        (void) signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
                _exit(100);
        /* Transactions of two rows: either both are there afterwards, or none. */
        while (saved < 100 && r >= 0) {
                char id[64], id2[64];
                struct memory_entity e = entity_number(2 * saved, id, sizeof(id));
                struct memory_entity e2 = entity_number(2 * saved + 1, id2, sizeof(id2));

                if (store_begin(s) < 0)
                        break;
                (void) store_save_entity(s, &e);
                (void) store_save_entity(s, &e2);
                r = store_commit(s);
                saved += r >= 0;
        }
        if (r != -ENOSPC || !strstr(store_error(s), "Cannot write"))
                _exit(101);
        _exit(saved);
}

static void test_a_full_disk_fails_the_whole_transaction(void **state) {
        struct folder *f = *state;
        int saved = in_child(f, fill_the_disk);

        assert_in_range(saved, 1, 99);
        assert_int_equal(count_entities(f), 2 * saved);
}

static void recover_from_a_full_disk(struct folder *f) {
        struct rlimit limit = { .rlim_cur = 64 * 1024, .rlim_max = RLIM_INFINITY };
        struct store *s = folder_open(f);
        char id[64];
        struct memory_entity e;
        int r = 0;

        (void) signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
                _exit(100);
        for (int i = 0; i < 100 && r >= 0; i++) {
                e = entity_number(i, id, sizeof(id));
                r = store_save_one_entity(s, &e);
        }
        limit.rlim_cur = RLIM_INFINITY;
        if (r >= 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0)
                _exit(101);
        e = entity_number(1000, id, sizeof(id));
        _exit(store_save_one_entity(s, &e) < 0 ? 102 : 0);
}

static void test_saving_goes_on_when_there_is_room_again(void **state) {
        assert_int_equal(in_child(*state, recover_from_a_full_disk), 0);
}

static void test_a_failed_row_fails_the_commit(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);
        char id[64];
        struct memory_entity e = entity_number(1, id, sizeof(id));

        folder_execute(f->file, "CREATE TRIGGER refuse BEFORE INSERT ON leg"
                                " BEGIN SELECT RAISE(ABORT, 'refused'); END");
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_save_entity(s, &e), 0);
        assert_true(store_save_leg(s, &(struct memory_leg){ .vdev_guid = 1 }) < 0);
        assert_true(store_save_entity(s, &e) < 0); /* skipped */
        assert_true(store_commit(s) < 0);
        assert_non_null(strstr(store_error(s), "refused"));
        store_free(s);
        folder_execute(f->file, "DROP TRIGGER refuse");
        assert_int_equal(count_entities(f), 0);
}

static void test_a_reader_does_not_stop_the_writer(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);
        sqlite3 *reader = NULL;

        save_number(s, 1);
        assert_int_equal(sqlite3_open(f->file, &reader), SQLITE_OK);
        assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM entity", NULL, NULL, NULL),
                         SQLITE_OK);
        save_number(s, 2);
        (void) sqlite3_close(reader);
        store_free(s);
}

static void test_saving_outside_a_transaction_is_refused(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);

        assert_int_equal(store_save_boot_id(s, "b"), -EINVAL);
        assert_int_equal(store_commit(s), -EINVAL);
        store_free(s);
}

#define t(f) cmocka_unit_test_setup_teardown(f, folder_new, folder_free)

int main(void) {
        const struct CMUnitTest tests[] = {
                t(test_a_second_opener_is_refused),
                t(test_a_killed_opener_leaves_no_lock),
                t(test_a_kill_inside_a_transaction_loses_only_that),
                t(test_what_was_reported_survives_a_kill_at_any_moment),
                t(test_junk_is_no_state_file),
                t(test_an_empty_file_is_a_lost_one),
                t(test_a_file_that_vanished_is_told_from_a_first_start),
                t(test_a_file_without_tables_is_new),
                t(test_a_truncated_file_is_corrupt),
                t(test_a_damaged_page_is_found_at_once),
                t(test_a_word_that_nobody_wrote_is_damage),
                t(test_a_copy_that_nobody_wrote_cannot_be_stored),
                t(test_a_newer_file_is_left_alone),
                t(test_a_database_of_another_program_is_left_alone),
                t(test_a_folder_that_cannot_be_made_is_named),
                t(test_the_last_folder_is_made),
                t(test_a_folder_that_is_not_writable_is_refused),
                t(test_a_full_disk_fails_the_whole_transaction),
                t(test_saving_goes_on_when_there_is_room_again),
                t(test_a_failed_row_fails_the_commit),
                t(test_a_reader_does_not_stop_the_writer),
                t(test_saving_outside_a_transaction_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
