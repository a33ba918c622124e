/* store/store.c - the state file: opening it, transactions, and emptying it */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/database.h"
#include "store/import.h"
#include "store/schema.h"
#include "store/store.h"

/* The history has a limit like everything else; at some twenty lines a night this is decades. */
#define TRIM_HISTORY                                                                               \
        "DELETE FROM history WHERE number <= (SELECT max(number) - 300000 FROM history)"

/* Tables and dates of an older program appear together, or not at all. */
static int store_make(struct store *s) {
        bool made = false;
        int r;

        r = database_execute(s, "write", "BEGIN IMMEDIATE");
        if (r < 0)
                return r;

        r = schema_update(s, &made);
        if (r >= 0 && made)
                r = import_older(s);
        if (r >= 0)
                r = database_execute(s, "write", TRIM_HISTORY);
        if (r >= 0)
                r = database_execute(s, "write", "COMMIT");
        if (r < 0)
                (void) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return r;
}

/* Nothing was remembered yet, as long as no boot id was saved with the first picture: a crash
 * between making the file and that picture changes nothing. */
static int store_is_first(struct store *s, bool *ret) {
        int64_t n = 0;
        int r;

        r = database_number(s, "SELECT count(*) FROM meta WHERE key = 'boot_id'", &n);
        if (r < 0)
                return r;

        *ret = n == 0;
        return 0;
}

static int store_set_up(struct store *s, bool *ret_first) {
        int r;

        r = database_open(s);
        if (r < 0)
                return r;

        r = schema_check(s);
        if (r < 0)
                return r;

        r = database_check(s);
        if (r < 0)
                return r;

        /* FULL: a commit is on the disk when it returns, also after a power cut. */
        r = database_execute(s, "write", "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        if (r < 0)
                return r;

        r = store_make(s);
        if (r < 0)
                return r;

        r = database_prepare(s);
        if (r < 0)
                return r;

        return store_is_first(s, ret_first);
}

int store_open(const char *path, struct arena *a, struct store **ret, bool *ret_first,
               const char **ret_error) {
        _cleanup_(store_freep) struct store *s = memory_new(1, sizeof(*s));
        bool first = false;
        int r;

        s->path = memory_strdup(path);
        s->lock_fd = -1;
        r = store_set_up(s, &first);
        if (r < 0) {
                *ret_error = arena_strdup(a, s->error);
                return r;
        }
        *ret_first = first;
        *ret = TAKE_PTR(s);
        return 0;
}

struct store *store_free(struct store *s) {
        if (!s)
                return NULL;
        database_close(s);
        free(s->import_note);
        free(s->path);
        free(s);
        return NULL;
}

int store_begin(struct store *s) {
        int r;

        if (s->in_transaction)
                return database_fail(s, -EALREADY, "A transaction is open already");
        r = database_step(s, database_statement(s, STATEMENT_BEGIN), "write");
        if (r < 0)
                return r;

        s->in_transaction = true;
        s->failed = 0;
        return 0;
}

static void store_rollback(struct store *s) {
        sqlite3_stmt *stmt = database_statement(s, STATEMENT_ROLLBACK);

        /* SQLite has rolled back by itself after some errors; this fails then. */
        (void) sqlite3_step(stmt);
        (void) sqlite3_reset(stmt);
}

int store_commit(struct store *s) {
        int r = s->failed;

        if (!s->in_transaction)
                return database_fail(s, -EINVAL, "No transaction is open");
        if (r >= 0)
                r = database_step(s, database_statement(s, STATEMENT_COMMIT), "write");
        if (r < 0)
                store_rollback(s);
        s->in_transaction = false;
        return r;
}

int store_clear(struct store *s, bool dates_and_history, bool ledger) {
        int r;

        r = store_begin(s);
        if (r < 0)
                return r;

        if (dates_and_history)
                r = database_execute(
                        s, "empty",
                        "UPDATE entity SET added = 0, last_online = 0, last_update = 0,"
                        " last_scrub = 0, last_trim = 0; DELETE FROM history");
        if (r >= 0 && ledger)
                r = database_execute(s, "empty",
                                     "DELETE FROM leg; DELETE FROM pool; DELETE FROM pool_current;"
                                     " DELETE FROM pool_top;"
                                     " UPDATE entity SET vdev_guid = '0', luks_uuid = ''");
        s->failed = r;
        return store_commit(s);
}

const char *store_error(const struct store *s) {
        return s->error;
}

bool store_was_lost(const struct store *s) {
        return s->was_lost;
}

const char *store_import_note(const struct store *s) {
        return s->import_note;
}
