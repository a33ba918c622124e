/* tests/unit/store/folder.h - a state file in a folder of its own, for one test */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "store/store.h"

struct folder {
        struct arena *arena;
        char path[64], file[80], older[96];
        const char *error; /* of the last folder_open that failed */
        bool first;
};

static inline int folder_new(void **state) {
        struct folder *f = memory_new(1, sizeof(*f));

        f->arena = arena_new();
        (void) snprintf(f->path, sizeof(f->path), "/tmp/zmirror-store-XXXXXX");
        assert_non_null(mkdtemp(f->path));
        (void) snprintf(f->file, sizeof(f->file), "%s/zmirror.db", f->path);
        (void) snprintf(f->older, sizeof(f->older), "%s/zmirror-cache.db", f->path);
        *state = f;
        return 0;
}

static inline int folder_remove_entry(const char *path, const struct stat *st, int flag,
                                      struct FTW *ftw) {
        return remove(path);
}

static inline int folder_free(void **state) {
        struct folder *f = *state;

        (void) nftw(f->path, folder_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        arena_free(f->arena);
        free(f);
        return 0;
}

/* The store, or NULL with `ret` what store_open returned. */
static inline struct store *folder_try_open(struct folder *f, int *ret) {
        struct store *s = NULL;

        *ret = store_open(f->file, f->arena, &s, &f->first, &f->error);
        return s;
}

static inline struct store *folder_open(struct folder *f) {
        int r;
        struct store *s = folder_try_open(f, &r);

        if (r < 0)
                fail_msg("%s", f->error);
        return s;
}

/* What another SQLite program does to some file. */
static inline void folder_execute(const char *file, const char *sql) {
        sqlite3 *db = NULL;

        assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        (void) sqlite3_close(db);
}

static inline int store_save_one_entity(struct store *s, const struct memory_entity *e) {
        int r = store_begin(s);

        if (r < 0)
                return r;
        (void) store_save_entity(s, e);
        return store_commit(s);
}
