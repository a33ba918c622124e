/* store/database.c - the open SQLite file inside the store: lock, prepared statements, errors */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "store/database.h"

/* A reader with the sqlite3 shell never makes the daemon wait (write-ahead log); one that writes
 * may, for this long. */
#define BUSY_TIMEOUT_MSEC 1000

static const char *const statement_texts[_STATEMENT_MAX] = {
        [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
        [STATEMENT_COMMIT] = "COMMIT",
        [STATEMENT_ROLLBACK] = "ROLLBACK",
        [STATEMENT_SAVE_ENTITY] =
                "INSERT OR REPLACE INTO entity (id, state, in_use, device_seq, operations, errors,"
                " used, added, last_online, last_update, last_scrub, last_trim, vdev_guid,"
                " luks_uuid, failed, failed_wish, failed_refused, failed_text, ejected)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
                " ?17, ?18, ?19)",
        [STATEMENT_FORGET_ENTITY] = "DELETE FROM entity WHERE id = ?1",
        [STATEMENT_FORGET_LEG] = "DELETE FROM leg WHERE vdev_guid = ?1",
        [STATEMENT_FORGET_POOL] = "DELETE FROM pool WHERE pool_guid = ?1",
        [STATEMENT_FORGET_HANDLERS] = "DELETE FROM handler WHERE entity = ?1",
        [STATEMENT_SAVE_HANDLER] =
                "INSERT INTO handler (entity, position, event, next, started, change)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        [STATEMENT_SAVE_LEG] =
                "INSERT OR REPLACE INTO leg (vdev_guid, pool_guid, entity, copy, suspicion, open,"
                " closed_txg, closed_time, ceiling_txg, hostid, watching, before_function,"
                " before_state, before_start, before_end, before_paused, before_to_examine,"
                " before_examined, before_issued, before_processed, before_errors, before_txg,"
                " since, errors_before, resilver_seen, scrub_start, scrub_errors_before, met_start,"
                " own_txg, instance, apart, write_errors, proof, proof_at, proof_took, proof_bytes,"
                " proof_sibling_txg)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
                " ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32,"
                " ?33, ?34, ?35, ?36, ?37)",
        [STATEMENT_SAVE_POOL] =
                "INSERT OR REPLACE INTO pool (pool_guid, name, newest_txg, newest_time, imported,"
                " scan_function, scan_state, scan_start, scan_end, scan_paused, scan_to_examine,"
                " scan_examined, scan_issued, scan_processed, scan_errors, instance, went_on,"
                " went_on_scan)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
                " ?17, ?18)",
        [STATEMENT_FORGET_CURRENT] = "DELETE FROM pool_current WHERE pool_guid = ?1",
        [STATEMENT_SAVE_CURRENT] =
                "INSERT OR IGNORE INTO pool_current (pool_guid, vdev_guid, top_guid)"
                " VALUES (?1, ?2, ?3)",
        [STATEMENT_FORGET_TOPS] = "DELETE FROM pool_top WHERE pool_guid = ?1",
        [STATEMENT_SAVE_TOP] =
                "INSERT OR IGNORE INTO pool_top (pool_guid, top_guid, type, parity, width)"
                " VALUES (?1, ?2, ?3, ?4, ?5)",
        [STATEMENT_SAVE_META] = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
        [STATEMENT_ADD_HISTORY] =
                "INSERT OR IGNORE INTO history (time, kind, entity, text, change, json)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
};

int database_fail(struct store *s, int r, const char *format, ...) {
        va_list args;

        va_start(args, format);
        (void) vsnprintf(s->error, sizeof(s->error), format, args);
        va_end(args);
        return r;
}

/* What SQLite's result means to the daemon. */
static int database_errno(int code) {
        switch (code & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return -EUCLEAN;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_READONLY:
                return -EROFS;
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
                return -EACCES;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        default:
                return -EIO;
        }
}

int database_fail_sqlite(struct store *s, const char *doing) {
        /* sqlite3_system_errno() is 0 after a failed commit (3.40), errno is still what it was. */
        int system = errno;
        int code = sqlite3_extended_errcode(s->db);
        int r = database_errno(code);

        if (r == -EUCLEAN)
                return database_fail(s, r,
                                     "The state file %s is corrupt (%s); move it away or restore a "
                                     "copy of it",
                                     s->path, sqlite3_errmsg(s->db));
        /* A full disk and a file size limit come as plain I/O errors, with the reason in errno. */
        if (r == -EIO && (system == ENOSPC || system == EDQUOT || system == EFBIG))
                r = -ENOSPC;
        if (system != 0 && (r == -EIO || r == -EACCES || r == -ENOSPC))
                return database_fail(s, r, "Cannot %s the state file %s: %s (%s)", doing, s->path,
                                     sqlite3_errmsg(s->db), strerror(system));
        return database_fail(s, r, "Cannot %s the state file %s: %s", doing, s->path,
                             sqlite3_errmsg(s->db));
}

/* The folder is made if only its last part is missing; systemd's StateDirectory= does it, too, with
 * the same mode: who can read the file can lock it. */
static void database_make_folder(const char *path) {
        _cleanup_(freep) char *folder = memory_strdup(path);
        char *slash = strrchr(folder, '/');

        if (!slash || slash == folder)
                return;
        *slash = 0;
        (void) mkdir(folder, 0750); /* what goes wrong here is told when the lock is taken */
}

/* The lock is on a file of its own: a lock on the database itself would be lost with every other
 * descriptor of it that this process closes. The kernel drops it however the process ends. */
static int database_lock(struct store *s) {
        _cleanup_(freep) char *path = NULL;
        _cleanup_(closep) int fd = -1;

        if (asprintf(&path, "%s-lock", s->path) < 0)
                abort();
        s->was_locked = access(path, F_OK) == 0;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return database_fail(s, -errno, "Cannot open the lock file %s: %s", path,
                                     strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
                return database_fail(s, -EBUSY,
                                     "The state file %s is in use by another zmirror daemon",
                                     s->path);
        s->lock_fd = TAKE_FD(fd);
        return 0;
}

static int database_open_file(struct store *s, const char *path, int flags) {
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
        errno = 0;
        if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
                return database_fail_sqlite(s, "open");
        return 0;
}

/* A new file has its first page before it gets its name, so that one without a byte is never taken
 * for a new one: something was in it that is lost. */
static int database_make_file(struct store *s) {
        _cleanup_(freep) char *path = NULL;
        int r;

        if (asprintf(&path, "%s-new", s->path) < 0)
                abort();
        (void) unlink(path);
        r = database_open_file(s, path, SQLITE_OPEN_CREATE);
        if (r >= 0)
                r = database_execute(s, "make",
                                     "PRAGMA synchronous = FULL; PRAGMA journal_mode = "
                                     "WAL");
        (void) sqlite3_close(TAKE_PTR(s->db));
        if (r >= 0 && rename(path, s->path) < 0)
                r = database_fail(s, -errno, "Cannot make the state file %s: %s", s->path,
                                  strerror(errno));
        return r;
}

/* Where a link leads to nothing (its file system is not mounted), nothing is made. */
static int database_find_file(struct store *s) {
        struct stat st;

        if (lstat(s->path, &st) < 0 && errno == ENOENT) {
                s->was_lost = s->was_locked;
                return database_make_file(s);
        }
        if (stat(s->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
                return database_fail(s, -EUCLEAN,
                                     "The state file %s is empty, what was in it is lost; restore "
                                     "a copy of it, or remove it to begin without a memory",
                                     s->path);
        return 0;
}

int database_open(struct store *s) {
        int64_t ignored;
        int r;

        database_make_folder(s->path);
        r = database_lock(s);
        if (r < 0)
                return r;

        r = database_find_file(s);
        if (r < 0)
                return r;

        r = database_open_file(s, s->path, 0);
        if (r < 0)
                return r;

        (void) sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MSEC);

        /* The first statement that really reads finds out whether this is a database at all. */
        return database_number(s, "SELECT count(*) FROM sqlite_master", &ignored);
}

int database_check(struct store *s) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        int r;

        r = database_query(s, "PRAGMA quick_check(1)", &stmt);
        if (r < 0)
                return r;

        if (sqlite3_step(stmt) != SQLITE_ROW)
                return database_fail_sqlite(s, "check");
        if (!text_equal(stmt_text(stmt, 0), "ok"))
                return database_fail(s, -EUCLEAN,
                                     "The state file %s is corrupt (%s); move it away or restore a "
                                     "copy of it",
                                     s->path, stmt_text(stmt, 0));
        return 0;
}

int database_prepare(struct store *s) {
        for (int i = 0; i < _STATEMENT_MAX; i++)
                if (sqlite3_prepare_v3(s->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                       &s->statements[i], NULL) != SQLITE_OK)
                        return database_fail_sqlite(s, "use");
        return 0;
}

void database_close(struct store *s) {
        for (int i = 0; i < _STATEMENT_MAX; i++)
                (void) sqlite3_finalize(s->statements[i]);
        (void) sqlite3_close(s->db);
        if (s->lock_fd >= 0)
                (void) close(s->lock_fd);
}

int database_execute(struct store *s, const char *doing, const char *sql) {
        errno = 0;
        if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
                return database_fail_sqlite(s, doing);
        return 0;
}

int database_query(struct store *s, const char *sql, sqlite3_stmt **ret) {
        errno = 0;
        if (sqlite3_prepare_v2(s->db, sql, -1, ret, NULL) != SQLITE_OK)
                return database_fail_sqlite(s, "read");
        return 0;
}

int database_number(struct store *s, const char *sql, int64_t *ret) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        int r;

        r = database_query(s, sql, &stmt);
        if (r < 0)
                return r;

        if (sqlite3_step(stmt) != SQLITE_ROW)
                return database_fail_sqlite(s, "read");
        *ret = sqlite3_column_int64(stmt, 0);
        return 0;
}

sqlite3_stmt *database_statement(struct store *s, enum statement which) {
        (void) sqlite3_clear_bindings(s->statements[which]);
        return s->statements[which];
}

int database_step(struct store *s, sqlite3_stmt *stmt, const char *doing) {
        int code, r = 0;

        errno = 0;
        code = sqlite3_step(stmt);

        if (code != SQLITE_DONE && code != SQLITE_ROW)
                r = database_fail_sqlite(s, doing);
        (void) sqlite3_reset(stmt); /* repeats the error that step returned */
        return r;
}

void stmt_bind_number(sqlite3_stmt *stmt, int at, uint64_t value) {
        (void) sqlite3_bind_int64(stmt, at, (int64_t) value);
}

void stmt_bind_guid(sqlite3_stmt *stmt, int at, uint64_t guid) {
        char decimal[24];

        (void) snprintf(decimal, sizeof(decimal), "%" PRIu64, guid);
        (void) sqlite3_bind_text(stmt, at, decimal, -1, SQLITE_TRANSIENT);
}

void stmt_bind_text(sqlite3_stmt *stmt, int at, const char *text) {
        /* The statement is always stepped before its caller returns. */
        (void) sqlite3_bind_text(stmt, at, text ? text : "", -1, SQLITE_STATIC);
}

uint64_t stmt_number(sqlite3_stmt *stmt, int column) {
        return (uint64_t) sqlite3_column_int64(stmt, column);
}

const char *stmt_text(sqlite3_stmt *stmt, int column) {
        const char *text = (const char *) sqlite3_column_text(stmt, column);

        return text ? text : "";
}

bool stmt_guid(sqlite3_stmt *stmt, int column, uint64_t *ret) {
        return text_to_u64(stmt_text(stmt, column), ret);
}
