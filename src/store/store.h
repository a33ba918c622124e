/* store/store.h - the state file: dates, ledger, last states, history. SQLite, one transaction per
 * step */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/time.h"
#include "model/memory.h"

struct store;

/* Opens or makes the state file, takes an exclusive lock on it (a second daemon gets -EBUSY), and
 * brings an older schema up to date. -EUCLEAN: corrupt; -EPROTO: from a newer version; other
 * negative errno. `ret_error` (in the arena) says it in one sentence whenever it fails.
 * `ret_first`: the file was made just now. An older program's zmirror-cache.db beside it is
 * imported then. */
int store_open(const char *path, struct arena *a, struct store **ret, bool *ret_first,
               const char **ret_error);
struct store *store_free(struct store *s);
DEFINE_CLEANUP(struct store *, store_free);

/* Everything that is remembered. */
int store_load(struct store *s, struct memory **ret);

/* One transaction: begin, any number of rows to be forgotten or saved, commit. If one of them
 * fails, so does the commit, which then has changed nothing. */
int store_begin(struct store *s);
int store_forget_entity(struct store *s, const char *id);
int store_forget_leg(struct store *s, uint64_t vdev_guid);
int store_forget_pool(struct store *s, uint64_t pool_guid);
int store_save_entity(struct store *s, const struct memory_entity *e);
int store_save_leg(struct store *s, const struct memory_leg *l);
int store_save_pool(struct store *s, const struct memory_pool *p);
int store_save_boot_id(struct store *s, const char *boot_id);
/* A line whose `change` is there already is left as it is. */
int store_add_history(struct store *s, const struct history *h);
int store_commit(struct store *s);

/* Lines since `since` (0: all), of these entities or of all (NULL), the oldest first, at most the
 * `limit` newest (0: all). */
int store_load_history(struct store *s, struct arena *a, const char *const *entities, usec_t since,
                       size_t limit, struct history **ret, size_t *ret_n);

/* `clear-cache`: dates and history, not the ledger; `ledger` as well. */
int store_clear(struct store *s, bool dates_and_history, bool ledger);

/* True if a state file was here once, and another had to be made. */
bool store_was_lost(const struct store *s);

/* What became of an older program's zmirror-cache.db, if one was found on a first start; or NULL.
 */
const char *store_import_note(const struct store *s);

/* What went wrong last, for people. Borrowed until the next call. */
const char *store_error(const struct store *s);
