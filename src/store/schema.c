/* store/schema.c - the tables of the state file, and how an older one becomes a new one */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "store/database.h"
#include "store/schema.h"

/* Step i makes version i + 1 (PRAGMA user_version) out of version i. Steps that were released are
 * never changed, only followed by others.
 *
 * Times are microseconds since 1970, 0 for never. GUIDs are decimal text. CHECKs name what a
 * reader of this version understands, so that a damaged word is found when the file is opened. */
static const char *const schema_steps[] = {
        /* 1 */
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE entity (id TEXT PRIMARY KEY, state TEXT NOT NULL,"
        " in_use INTEGER NOT NULL, device_seq INTEGER NOT NULL,"
        " operations INTEGER NOT NULL, errors INTEGER NOT NULL, used INTEGER NOT NULL, added "
        "INTEGER NOT NULL,"
        " last_online INTEGER NOT NULL, last_update INTEGER NOT NULL,"
        " last_scrub INTEGER NOT NULL, last_trim INTEGER NOT NULL,"
        " vdev_guid TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE handler (entity TEXT NOT NULL, position INTEGER NOT NULL,"
        " event TEXT NOT NULL, next INTEGER NOT NULL, started INTEGER NOT NULL,"
        " change TEXT NOT NULL, PRIMARY KEY (entity, position)) WITHOUT ROWID;"
        "CREATE TABLE leg (vdev_guid TEXT PRIMARY KEY, pool_guid TEXT NOT NULL,"
        " entity TEXT NOT NULL, copy TEXT NOT NULL"
        " CHECK (copy IN ('unknown', 'complete', 'incomplete', 'suspect')),"
        " suspicion TEXT NOT NULL, open INTEGER NOT NULL, closed_txg INTEGER NOT NULL,"
        " closed_time INTEGER NOT NULL, ceiling_txg INTEGER NOT NULL, hostid INTEGER NOT NULL,"
        " watching INTEGER NOT NULL, before_function INTEGER NOT NULL,"
        " before_state INTEGER NOT NULL, before_start INTEGER NOT NULL,"
        " before_end INTEGER NOT NULL, before_paused INTEGER NOT NULL,"
        " before_to_examine INTEGER NOT NULL, before_examined INTEGER NOT NULL,"
        " before_issued INTEGER NOT NULL, before_processed INTEGER NOT NULL,"
        " before_errors INTEGER NOT NULL, before_txg INTEGER NOT NULL, since INTEGER NOT NULL,"
        " errors_before INTEGER NOT NULL, resilver_seen INTEGER NOT NULL,"
        " scrub_start INTEGER NOT NULL, scrub_errors_before INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE pool (pool_guid TEXT PRIMARY KEY, name TEXT NOT NULL,"
        " newest_txg INTEGER NOT NULL, newest_time INTEGER NOT NULL, imported INTEGER NOT NULL,"
        " scan_function INTEGER NOT NULL, scan_state INTEGER NOT NULL,"
        " scan_start INTEGER NOT NULL, scan_end INTEGER NOT NULL, scan_paused INTEGER NOT NULL,"
        " scan_to_examine INTEGER NOT NULL, scan_examined INTEGER NOT NULL,"
        " scan_issued INTEGER NOT NULL, scan_processed INTEGER NOT NULL,"
        " scan_errors INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE pool_current (pool_guid TEXT NOT NULL, vdev_guid TEXT NOT NULL,"
        " PRIMARY KEY (pool_guid, vdev_guid)) WITHOUT ROWID;"
        "CREATE TABLE history (number INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
        " kind TEXT NOT NULL, entity TEXT NOT NULL, text TEXT NOT NULL,"
        " change TEXT NOT NULL UNIQUE, json TEXT NOT NULL);"
        "CREATE INDEX history_by_entity ON history (entity, number);",

        /* 2 */
        "ALTER TABLE entity ADD COLUMN luks_uuid TEXT NOT NULL DEFAULT '';",

        /* 3 */
        "ALTER TABLE leg ADD COLUMN met_start INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE leg ADD COLUMN own_txg INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE leg ADD COLUMN instance INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE leg ADD COLUMN apart INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE leg ADD COLUMN write_errors INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE leg ADD COLUMN proof TEXT NOT NULL DEFAULT 'trusted';"
        "ALTER TABLE leg ADD COLUMN proof_at INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE leg ADD COLUMN proof_took INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE leg ADD COLUMN proof_bytes INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE leg ADD COLUMN proof_sibling_txg INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE pool ADD COLUMN instance INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE pool ADD COLUMN went_on INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE pool ADD COLUMN went_on_scan INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE pool_current ADD COLUMN top_guid TEXT NOT NULL DEFAULT '0';"
        "CREATE TABLE pool_top (pool_guid TEXT NOT NULL, top_guid TEXT NOT NULL,"
        " type TEXT NOT NULL, parity INTEGER NOT NULL, width INTEGER NOT NULL,"
        " PRIMARY KEY (pool_guid, top_guid)) WITHOUT ROWID;",

        /* 4 */
        "ALTER TABLE entity ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE entity ADD COLUMN failed_wish TEXT NOT NULL DEFAULT 'online';"
        "ALTER TABLE entity ADD COLUMN failed_refused INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE entity ADD COLUMN failed_text TEXT NOT NULL DEFAULT '';",

        /* 5 */
        "ALTER TABLE entity ADD COLUMN ejected INTEGER NOT NULL DEFAULT 0;",
};

#define SCHEMA_VERSION ((int64_t) ELEMENTSOF(schema_steps))

static int schema_step(struct store *s, int64_t version) {
        char pragma[64];
        int r;

        r = database_execute(s, "update", schema_steps[version]);
        if (r < 0)
                return r;

        (void) snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", (int) version + 1);
        return database_execute(s, "update", pragma);
}

int schema_check(struct store *s) {
        int64_t version, n_tables;
        int r;

        r = database_number(s, "PRAGMA user_version", &version);
        if (r < 0)
                return r;

        if (version < 0 || version > SCHEMA_VERSION)
                return database_fail(s, -EPROTO,
                                     "The state file %s was written by a newer zmirror (version "
                                     "%lld of its tables, this program knows %lld)",
                                     s->path, (long long) version, (long long) SCHEMA_VERSION);

        /* A database of some other program must not be taken for an empty state file. */
        r = database_number(s, "SELECT count(*) FROM sqlite_master", &n_tables);
        if (r < 0)
                return r;

        if (version == 0 && n_tables > 0)
                return database_fail(s, -EUCLEAN,
                                     "%s is an SQLite database, but not a state file of zmirror",
                                     s->path);
        return 0;
}

int schema_update(struct store *s, bool *ret_made) {
        int64_t version;
        int r;

        r = database_number(s, "PRAGMA user_version", &version);
        if (r < 0)
                return r;

        for (int64_t v = version; v < SCHEMA_VERSION; v++) {
                r = schema_step(s, v);
                if (r < 0)
                        return r;
        }
        *ret_made = version == 0;
        return 0;
}
