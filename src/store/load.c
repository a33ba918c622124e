/* store/load.c - rows from the state file */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "store/database.h"
#include "store/store.h"

/* What SQLite cannot know to be wrong: a word or number that this program never writes. */
static int load_damaged(struct store *s, const char *table, const char *key) {
        return database_fail(s, -EUCLEAN,
                             "The state file %s is corrupt (table %s, row '%s'); move it away or "
                             "restore a copy of it",
                             s->path, table, key);
}

static int load_count(struct store *s, const char *sql, uint32_t *ret) {
        int64_t n;
        int r;

        r = database_number(s, sql, &n);
        if (r < 0)
                return r;

        *ret = (uint32_t) n;
        return 0;
}

/* Steps to the next row. 1: there is one; 0: no more. */
static int load_next(struct store *s, sqlite3_stmt *stmt) {
        errno = 0;
        switch (sqlite3_step(stmt)) {
        case SQLITE_ROW:
                return 1;
        case SQLITE_DONE:
                return 0;
        default:
                return database_fail_sqlite(s, "read");
        }
}

static int load_entity(struct store *s, struct arena *a, sqlite3_stmt *stmt,
                       struct memory_entity *e) {
        e->id = arena_strdup(a, stmt_text(stmt, 0));
        if (!state_parse(stmt_text(stmt, 1), &e->state) || !stmt_guid(stmt, 12, &e->vdev_guid) ||
            !wish_parse(stmt_text(stmt, 15), &e->failure.wish))
                return load_damaged(s, "entity", e->id);
        e->in_use = stmt_number(stmt, 2) != 0;
        e->device_seq = stmt_number(stmt, 3);
        e->operations = (uint8_t) stmt_number(stmt, 4);
        e->errors = stmt_number(stmt, 5) != 0;
        e->used = stmt_number(stmt, 6) != 0;
        e->added = stmt_number(stmt, 7);
        e->last_online = stmt_number(stmt, 8);
        e->last_update = stmt_number(stmt, 9);
        e->last_scrub = stmt_number(stmt, 10);
        e->last_trim = stmt_number(stmt, 11);
        e->luks_uuid = arena_strdup(a, stmt_text(stmt, 13));
        e->failure.time = stmt_number(stmt, 14);
        e->failure.refused = stmt_number(stmt, 16) != 0;
        e->failure.text = arena_strdup(a, stmt_text(stmt, 17));
        e->ejected = stmt_number(stmt, 18) != 0;
        return 0;
}

static int load_entities(struct store *s, struct memory *m) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        uint32_t n;
        int r;

        r = load_count(s, "SELECT count(*) FROM entity", &n);
        if (r < 0)
                return r;

        m->entities = arena_new_array(m->arena, struct memory_entity, n);
        r = database_query(
                s,
                "SELECT id, state, in_use, device_seq, operations, errors, used,"
                " added, last_online, last_update, last_scrub, last_trim,"
                " vdev_guid, luks_uuid, failed, failed_wish, failed_refused, failed_text,"
                " ejected"
                " FROM entity ORDER BY id",
                &stmt);
        if (r < 0)
                return r;

        while (m->n_entities < n && (r = load_next(s, stmt)) > 0) {
                r = load_entity(s, m->arena, stmt, &m->entities[m->n_entities]);
                if (r < 0)
                        return r;
                m->n_entities++;
        }
        return r < 0 ? r : 0;
}

static int load_handler(struct store *s, struct arena *a, sqlite3_stmt *stmt,
                        struct memory_handler *h) {
        if (!event_parse(stmt_text(stmt, 1), &h->event))
                return load_damaged(s, "handler", stmt_text(stmt, 0));
        h->next = (uint32_t) stmt_number(stmt, 2);
        h->started = stmt_number(stmt, 3);
        h->change = arena_strdup(a, stmt_text(stmt, 4));
        return 0;
}

/* Both tables come in order of the entity's id, so one pass joins them. A handler without its
 * entity cannot be, as they are saved together; it would be skipped. */
static int load_handlers(struct store *s, struct memory *m) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        struct memory_handler *all;
        uint32_t n, at = 0, used = 0;
        int r;

        r = load_count(s, "SELECT count(*) FROM handler", &n);
        if (r < 0)
                return r;

        all = arena_new_array(m->arena, struct memory_handler, n);
        r = database_query(s,
                           "SELECT entity, event, next, started, change FROM handler"
                           " ORDER BY entity, position",
                           &stmt);
        if (r < 0)
                return r;

        while (used < n && (r = load_next(s, stmt)) > 0) {
                struct memory_entity *e;

                while (at < m->n_entities && strcmp(m->entities[at].id, stmt_text(stmt, 0)) < 0)
                        at++;
                if (at == m->n_entities)
                        break;
                e = &m->entities[at];
                if (strcmp(e->id, stmt_text(stmt, 0)) != 0)
                        continue;
                r = load_handler(s, m->arena, stmt, &all[used]);
                if (r < 0)
                        return r;
                if (e->n_handlers == 0)
                        e->handlers = &all[used];
                e->n_handlers++;
                used++;
        }
        return r < 0 ? r : 0;
}

/* Ten columns from `at` on. False if they name a scan that does not exist. */
static bool load_scan(sqlite3_stmt *stmt, int at, struct scan *ret) {
        uint64_t function = stmt_number(stmt, at), state = stmt_number(stmt, at + 1);

        if (function > SCAN_ERRORSCRUB || state > SCAN_STATE_CANCELED)
                return false;
        *ret = (struct scan){
                .function = (enum scan_function) function,
                .state = (enum scan_state) state,
                .start = stmt_number(stmt, at + 2),
                .end = stmt_number(stmt, at + 3),
                .paused = stmt_number(stmt, at + 4),
                .to_examine = stmt_number(stmt, at + 5),
                .examined = stmt_number(stmt, at + 6),
                .issued = stmt_number(stmt, at + 7),
                .processed = stmt_number(stmt, at + 8),
                .errors = stmt_number(stmt, at + 9),
        };
        return true;
}

/* Damage in the ledger is never passed over: "nothing is known of this leg" would mean that it is
 * trusted. */
static int load_leg(struct store *s, struct arena *a, sqlite3_stmt *stmt, struct memory_leg *l) {
        if (!stmt_guid(stmt, 0, &l->vdev_guid) || !stmt_guid(stmt, 1, &l->pool_guid) ||
            !copy_parse(stmt_text(stmt, 3), &l->copy) || !load_scan(stmt, 11, &l->before) ||
            !proof_kind_parse(stmt_text(stmt, 32), &l->proof.kind))
                return load_damaged(s, "leg", stmt_text(stmt, 0));
        l->entity = arena_strdup(a, stmt_text(stmt, 2));
        l->suspicion = arena_strdup(a, stmt_text(stmt, 4));
        l->open = stmt_number(stmt, 5) != 0;
        l->closed_txg = stmt_number(stmt, 6);
        l->closed_time = stmt_number(stmt, 7);
        l->ceiling_txg = stmt_number(stmt, 8);
        l->hostid = stmt_number(stmt, 9);
        l->watching = stmt_number(stmt, 10) != 0;
        l->before_txg = stmt_number(stmt, 21);
        l->since = stmt_number(stmt, 22);
        l->errors_before = stmt_number(stmt, 23);
        l->resilver_seen = stmt_number(stmt, 24) != 0;
        l->scrub_start = stmt_number(stmt, 25);
        l->scrub_errors_before = stmt_number(stmt, 26);
        l->met_start = stmt_number(stmt, 27);
        l->own_txg = stmt_number(stmt, 28);
        l->instance = stmt_number(stmt, 29);
        l->apart = stmt_number(stmt, 30) != 0;
        l->write_errors = stmt_number(stmt, 31);
        l->proof.at = stmt_number(stmt, 33);
        l->proof.took = stmt_number(stmt, 34);
        l->proof.bytes = stmt_number(stmt, 35);
        l->proof.sibling_txg = stmt_number(stmt, 36);
        return 0;
}

static int load_legs(struct store *s, struct memory *m) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        uint32_t n;
        int r;

        r = load_count(s, "SELECT count(*) FROM leg", &n);
        if (r < 0)
                return r;

        m->legs = arena_new_array(m->arena, struct memory_leg, n);
        r = database_query(s,
                           "SELECT vdev_guid, pool_guid, entity, copy, suspicion, open, closed_txg,"
                           " closed_time, ceiling_txg, hostid, watching, before_function,"
                           " before_state, before_start, before_end, before_paused,"
                           " before_to_examine, before_examined, before_issued, before_processed,"
                           " before_errors, before_txg, since, errors_before, resilver_seen,"
                           " scrub_start, scrub_errors_before, met_start, own_txg, instance, apart,"
                           " write_errors, proof, proof_at, proof_took, proof_bytes,"
                           " proof_sibling_txg FROM leg",
                           &stmt);
        if (r < 0)
                return r;

        while (m->n_legs < n && (r = load_next(s, stmt)) > 0) {
                r = load_leg(s, m->arena, stmt, &m->legs[m->n_legs]);
                if (r < 0)
                        return r;
                m->n_legs++;
        }
        return r < 0 ? r : 0;
}

static int load_current(struct store *s, struct arena *a, struct memory_pool *p) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        ARRAY(struct memory_member) members = {};
        int r;

        r = database_query(s, "SELECT vdev_guid, top_guid FROM pool_current WHERE pool_guid = ?1",
                           &stmt);
        if (r < 0)
                return r;

        stmt_bind_guid(stmt, 1, p->pool_guid);
        while ((r = load_next(s, stmt)) > 0) {
                struct memory_member *m = array_add(&members);

                if (!stmt_guid(stmt, 0, &m->vdev_guid) || !stmt_guid(stmt, 1, &m->top_guid)) {
                        r = load_damaged(s, "pool_current", stmt_text(stmt, 0));
                        break;
                }
        }
        p->current = arena_memdup(a, members.items, members.count * sizeof(*members.items));
        p->n_current = (uint32_t) members.count;
        array_done(&members);
        return r;
}

static int load_tops(struct store *s, struct arena *a, struct memory_pool *p) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        ARRAY(struct memory_top) tops = {};
        int r;

        r = database_query(
                s, "SELECT top_guid, type, parity, width FROM pool_top WHERE pool_guid = ?1",
                &stmt);
        if (r < 0)
                return r;

        stmt_bind_guid(stmt, 1, p->pool_guid);
        while ((r = load_next(s, stmt)) > 0) {
                struct memory_top *t = array_add(&tops);

                if (!stmt_guid(stmt, 0, &t->guid) ||
                    !vdev_type_parse(stmt_text(stmt, 1), &t->shape.type)) {
                        r = load_damaged(s, "pool_top", stmt_text(stmt, 0));
                        break;
                }
                t->shape.parity = (uint32_t) stmt_number(stmt, 2);
                t->shape.width = (uint32_t) stmt_number(stmt, 3);
        }
        p->tops = arena_memdup(a, tops.items, tops.count * sizeof(*tops.items));
        p->n_tops = (uint32_t) tops.count;
        array_done(&tops);
        return r;
}

static int load_pool(struct store *s, struct arena *a, sqlite3_stmt *stmt, struct memory_pool *p) {
        int r;

        if (!stmt_guid(stmt, 0, &p->pool_guid) || !load_scan(stmt, 5, &p->scan))
                return load_damaged(s, "pool", stmt_text(stmt, 0));
        p->name = arena_strdup(a, stmt_text(stmt, 1));
        p->newest_txg = stmt_number(stmt, 2);
        p->newest_time = stmt_number(stmt, 3);
        p->imported = stmt_number(stmt, 4) != 0;
        p->instance = stmt_number(stmt, 15);
        p->went_on = stmt_number(stmt, 16);
        p->went_on_scan = stmt_number(stmt, 17);
        r = load_tops(s, a, p);
        if (r < 0)
                return r;

        return load_current(s, a, p);
}

static int load_pools(struct store *s, struct memory *m) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        uint32_t n;
        int r;

        r = load_count(s, "SELECT count(*) FROM pool", &n);
        if (r < 0)
                return r;

        m->pools = arena_new_array(m->arena, struct memory_pool, n);
        r = database_query(s,
                           "SELECT pool_guid, name, newest_txg, newest_time, imported,"
                           " scan_function, scan_state, scan_start, scan_end, scan_paused,"
                           " scan_to_examine, scan_examined, scan_issued, scan_processed,"
                           " scan_errors, instance, went_on, went_on_scan FROM pool",
                           &stmt);
        if (r < 0)
                return r;

        while (m->n_pools < n && (r = load_next(s, stmt)) > 0) {
                r = load_pool(s, m->arena, stmt, &m->pools[m->n_pools]);
                if (r < 0)
                        return r;
                m->n_pools++;
        }
        return r < 0 ? r : 0;
}

static int load_boot_id(struct store *s, struct memory *m) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        int r;

        r = database_query(s, "SELECT value FROM meta WHERE key = 'boot_id'", &stmt);
        if (r < 0)
                return r;

        r = load_next(s, stmt);
        if (r < 0)
                return r;

        m->boot_id = arena_strdup(m->arena, r > 0 ? stmt_text(stmt, 0) : "");
        return 0;
}

int store_load(struct store *s, struct memory **ret) {
        struct arena *a = arena_new();
        _cleanup_(memory_freep) struct memory *m = arena_new_one(a, struct memory);
        int r;

        m->arena = a;
        r = load_boot_id(s, m);
        if (r >= 0)
                r = load_entities(s, m);
        if (r >= 0)
                r = load_handlers(s, m);
        if (r >= 0)
                r = load_legs(s, m);
        if (r >= 0)
                r = load_pools(s, m);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(m);
        return 0;
}

static int load_history_line(struct store *s, struct arena *a, sqlite3_stmt *stmt,
                             struct history *h) {
        h->time = stmt_number(stmt, 0);
        if (!history_kind_parse(stmt_text(stmt, 1), &h->kind))
                return load_damaged(s, "history", stmt_text(stmt, 4));
        h->entity = arena_strdup(a, stmt_text(stmt, 2));
        h->text = arena_strdup(a, stmt_text(stmt, 3));
        h->change = arena_strdup(a, stmt_text(stmt, 4));
        h->json = arena_strdup(a, stmt_text(stmt, 5));
        return 0;
}

static void bind_entities(sqlite3_stmt *stmt, int at, const char *const *entities) {
        struct text t = {};

        json_open(&t, NULL, '[');
        for (; *entities; entities++)
                json_add_string(&t, NULL, *entities);
        json_close(&t, ']');
        (void) sqlite3_bind_text(stmt, at, t.s, -1, SQLITE_TRANSIENT);
        text_done(&t);
}

int store_load_history(struct store *s, struct arena *a, const char *const *entities, usec_t since,
                       size_t limit, struct history **ret, size_t *ret_n) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        ARRAY(struct history) lines = {};
        size_t n;
        int r;

        r = database_query(s,
                           entities ? "SELECT time, kind, entity, text, change, json FROM history"
                                      " WHERE time >= ?1"
                                      " AND entity IN (SELECT value FROM json_each(?3))"
                                      " ORDER BY number DESC LIMIT ?2"
                                    : "SELECT time, kind, entity, text, change, json FROM history"
                                      " WHERE time >= ?1 ORDER BY number DESC LIMIT ?2",
                           &stmt);
        if (r < 0)
                return r;

        stmt_bind_number(stmt, 1, since);
        (void) sqlite3_bind_int64(stmt, 2, limit > 0 ? (int64_t) limit : -1);
        if (entities)
                bind_entities(stmt, 3, entities);
        while ((r = load_next(s, stmt)) > 0) {
                r = load_history_line(s, a, stmt, array_add(&lines));
                if (r < 0)
                        break;
        }
        n = lines.count;
        if (r >= 0) {
                /* The newest were read first, to find the limit; people read the oldest first. */
                *ret = arena_new_array(a, struct history, n);
                for (size_t i = 0; i < n; i++)
                        (*ret)[i] = lines.items[n - 1 - i];
                *ret_n = n;
        }
        array_done(&lines);
        return r;
}
