/* store/database.h - the open SQLite file inside the store: lock, prepared statements, errors */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* The statements that a running daemon needs again and again; their text is in database.c. */
enum statement {
        STATEMENT_BEGIN,
        STATEMENT_COMMIT,
        STATEMENT_ROLLBACK,
        STATEMENT_SAVE_ENTITY,
        STATEMENT_FORGET_ENTITY,
        STATEMENT_FORGET_HANDLERS,
        STATEMENT_SAVE_HANDLER,
        STATEMENT_FORGET_LEG,
        STATEMENT_SAVE_LEG,
        STATEMENT_FORGET_POOL,
        STATEMENT_SAVE_POOL,
        STATEMENT_FORGET_CURRENT,
        STATEMENT_SAVE_CURRENT,
        STATEMENT_FORGET_TOPS,
        STATEMENT_SAVE_TOP,
        STATEMENT_SAVE_META,
        STATEMENT_ADD_HISTORY,
        _STATEMENT_MAX,
};

#define STORE_ERROR_MAX 600

struct store {
        char *path;
        int lock_fd;     /* holds the lock that keeps a second daemon out; -1: none */
        bool was_locked; /* the lock's file was there before */
        bool was_lost;   /* ... and the state file was not */
        sqlite3 *db;
        sqlite3_stmt *statements[_STATEMENT_MAX];
        bool in_transaction;
        int failed; /* the first failure inside the transaction: its commit will fail with it */
        char error[STORE_ERROR_MAX];
        char *import_note; /* what became of an older program's file, or NULL */
};

/* Remembers the sentence and returns `r`. */
int database_fail(struct store *s, int r, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* The same for what SQLite said last: "Cannot <doing> <path>: <why>". */
int database_fail_sqlite(struct store *s, const char *doing);

/* Takes the lock beside the file, opens it and reads enough to know that it is a database. */
int database_open(struct store *s);
/* Looks through every page. -EUCLEAN if something is wrong with one. */
int database_check(struct store *s);
int database_prepare(struct store *s);
void database_close(struct store *s);

/* Runs text without results (pragmas, schema). */
int database_execute(struct store *s, const char *doing, const char *sql);
/* The only number of the only row. */
int database_number(struct store *s, const char *sql, int64_t *ret);

/* A prepared statement without its former bindings. */
sqlite3_stmt *database_statement(struct store *s, enum statement which);
/* Runs it to its end. */
int database_step(struct store *s, sqlite3_stmt *stmt, const char *doing);

/* A statement used once; finalised by scope. */
int database_query(struct store *s, const char *sql, sqlite3_stmt **ret);

static inline void stmt_finalizep(sqlite3_stmt **stmt) {
        (void) sqlite3_finalize(*stmt);
}

/* Numbers over 63 bits are kept by their bits; GUIDs as decimal text, so that what the `sqlite3`
 * shell shows can be compared with what zpool shows. NULL text is bound as "". */
void stmt_bind_number(sqlite3_stmt *stmt, int at, uint64_t value);
void stmt_bind_guid(sqlite3_stmt *stmt, int at, uint64_t guid);
void stmt_bind_text(sqlite3_stmt *stmt, int at, const char *text);
uint64_t stmt_number(sqlite3_stmt *stmt, int column);
bool stmt_guid(sqlite3_stmt *stmt, int column, uint64_t *ret);
const char *stmt_text(sqlite3_stmt *stmt, int column); /* borrowed until the next step */
