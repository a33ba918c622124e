/* store/save.c - rows into the state file and out of it, inside a transaction */
#include <errno.h>

#include "store/database.h"
#include "store/store.h"

/* After a failure the rest of the transaction is skipped: its commit fails with that error. */
static bool save_is_pointless(struct store *s) {
        if (!s->in_transaction)
                s->failed = database_fail(s, -EINVAL, "No transaction is open");
        return !s->in_transaction || s->failed < 0;
}

static int save_step(struct store *s, sqlite3_stmt *stmt) {
        s->failed = database_step(s, stmt, "write");
        return s->failed;
}

static int save_handler(struct store *s, const struct memory_entity *e, uint32_t position) {
        sqlite3_stmt *stmt = database_statement(s, STATEMENT_SAVE_HANDLER);
        const struct memory_handler *h = &e->handlers[position];

        stmt_bind_text(stmt, 1, e->id);
        stmt_bind_number(stmt, 2, position);
        stmt_bind_text(stmt, 3, event_print(h->event));
        stmt_bind_number(stmt, 4, h->next);
        stmt_bind_number(stmt, 5, h->started);
        stmt_bind_text(stmt, 6, h->change);
        return save_step(s, stmt);
}

static int save_handlers(struct store *s, const struct memory_entity *e) {
        sqlite3_stmt *stmt = database_statement(s, STATEMENT_FORGET_HANDLERS);
        int r;

        stmt_bind_text(stmt, 1, e->id);
        r = save_step(s, stmt);
        for (uint32_t i = 0; r >= 0 && i < e->n_handlers; i++)
                r = save_handler(s, e, i);
        return r;
}

int store_save_entity(struct store *s, const struct memory_entity *e) {
        sqlite3_stmt *stmt;
        int r;

        if (save_is_pointless(s))
                return s->failed;

        stmt = database_statement(s, STATEMENT_SAVE_ENTITY);
        stmt_bind_text(stmt, 1, e->id);
        stmt_bind_text(stmt, 2, state_print(e->state));
        stmt_bind_number(stmt, 3, e->in_use);
        stmt_bind_number(stmt, 4, e->device_seq);
        stmt_bind_number(stmt, 5, e->operations);
        stmt_bind_number(stmt, 6, e->errors);
        stmt_bind_number(stmt, 7, e->used);
        stmt_bind_number(stmt, 8, e->added);
        stmt_bind_number(stmt, 9, e->last_online);
        stmt_bind_number(stmt, 10, e->last_update);
        stmt_bind_number(stmt, 11, e->last_scrub);
        stmt_bind_number(stmt, 12, e->last_trim);
        stmt_bind_guid(stmt, 13, e->vdev_guid);
        stmt_bind_text(stmt, 14, e->luks_uuid ? e->luks_uuid : "");
        stmt_bind_number(stmt, 15, e->failure.time);
        stmt_bind_text(stmt, 16, wish_print(e->failure.wish));
        stmt_bind_number(stmt, 17, e->failure.refused);
        stmt_bind_text(stmt, 18, e->failure.text ? e->failure.text : "");
        stmt_bind_number(stmt, 19, e->ejected);
        r = save_step(s, stmt);
        if (r < 0)
                return r;

        return save_handlers(s, e);
}

/* Ten columns from `at` on. */
static void save_bind_scan(sqlite3_stmt *stmt, int at, const struct scan *scan) {
        stmt_bind_number(stmt, at, scan->function);
        stmt_bind_number(stmt, at + 1, scan->state);
        stmt_bind_number(stmt, at + 2, scan->start);
        stmt_bind_number(stmt, at + 3, scan->end);
        stmt_bind_number(stmt, at + 4, scan->paused);
        stmt_bind_number(stmt, at + 5, scan->to_examine);
        stmt_bind_number(stmt, at + 6, scan->examined);
        stmt_bind_number(stmt, at + 7, scan->issued);
        stmt_bind_number(stmt, at + 8, scan->processed);
        stmt_bind_number(stmt, at + 9, scan->errors);
}

int store_save_leg(struct store *s, const struct memory_leg *l) {
        sqlite3_stmt *stmt;

        if (save_is_pointless(s))
                return s->failed;

        stmt = database_statement(s, STATEMENT_SAVE_LEG);
        stmt_bind_guid(stmt, 1, l->vdev_guid);
        stmt_bind_guid(stmt, 2, l->pool_guid);
        stmt_bind_text(stmt, 3, l->entity);
        stmt_bind_text(stmt, 4, copy_print(l->copy));
        stmt_bind_text(stmt, 5, l->suspicion);
        stmt_bind_number(stmt, 6, l->open);
        stmt_bind_number(stmt, 7, l->closed_txg);
        stmt_bind_number(stmt, 8, l->closed_time);
        stmt_bind_number(stmt, 9, l->ceiling_txg);
        stmt_bind_number(stmt, 10, l->hostid);
        stmt_bind_number(stmt, 11, l->watching);
        save_bind_scan(stmt, 12, &l->before);
        stmt_bind_number(stmt, 22, l->before_txg);
        stmt_bind_number(stmt, 23, l->since);
        stmt_bind_number(stmt, 24, l->errors_before);
        stmt_bind_number(stmt, 25, l->resilver_seen);
        stmt_bind_number(stmt, 26, l->scrub_start);
        stmt_bind_number(stmt, 27, l->scrub_errors_before);
        stmt_bind_number(stmt, 28, l->met_start);
        stmt_bind_number(stmt, 29, l->own_txg);
        stmt_bind_number(stmt, 30, l->instance);
        stmt_bind_number(stmt, 31, l->apart);
        stmt_bind_number(stmt, 32, l->write_errors);
        stmt_bind_text(stmt, 33, proof_kind_print(l->proof.kind));
        stmt_bind_number(stmt, 34, l->proof.at);
        stmt_bind_number(stmt, 35, l->proof.took);
        stmt_bind_number(stmt, 36, l->proof.bytes);
        stmt_bind_number(stmt, 37, l->proof.sibling_txg);
        return save_step(s, stmt);
}

/* What has that GUID. */
static int save_forget(struct store *s, enum statement which, uint64_t guid) {
        sqlite3_stmt *stmt = database_statement(s, which);

        stmt_bind_guid(stmt, 1, guid);
        return save_step(s, stmt);
}

static int save_member(struct store *s, const struct memory_pool *p, uint32_t i) {
        sqlite3_stmt *stmt = database_statement(s, STATEMENT_SAVE_CURRENT);

        stmt_bind_guid(stmt, 1, p->pool_guid);
        stmt_bind_guid(stmt, 2, p->current[i].vdev_guid);
        stmt_bind_guid(stmt, 3, p->current[i].top_guid);
        return save_step(s, stmt);
}

static int save_top(struct store *s, const struct memory_pool *p, uint32_t i) {
        sqlite3_stmt *stmt = database_statement(s, STATEMENT_SAVE_TOP);
        const struct memory_top *t = &p->tops[i];

        stmt_bind_guid(stmt, 1, p->pool_guid);
        stmt_bind_guid(stmt, 2, t->guid);
        stmt_bind_text(stmt, 3, vdev_type_print(t->shape.type));
        stmt_bind_number(stmt, 4, t->shape.parity);
        stmt_bind_number(stmt, 5, t->shape.width);
        return save_step(s, stmt);
}

static int save_members(struct store *s, const struct memory_pool *p) {
        int r = save_forget(s, STATEMENT_FORGET_CURRENT, p->pool_guid);

        if (r >= 0)
                r = save_forget(s, STATEMENT_FORGET_TOPS, p->pool_guid);
        for (uint32_t i = 0; r >= 0 && i < p->n_current; i++)
                r = save_member(s, p, i);
        for (uint32_t i = 0; r >= 0 && i < p->n_tops; i++)
                r = save_top(s, p, i);
        return r;
}

int store_save_pool(struct store *s, const struct memory_pool *p) {
        sqlite3_stmt *stmt;
        int r;

        if (save_is_pointless(s))
                return s->failed;

        stmt = database_statement(s, STATEMENT_SAVE_POOL);
        stmt_bind_guid(stmt, 1, p->pool_guid);
        stmt_bind_text(stmt, 2, p->name);
        stmt_bind_number(stmt, 3, p->newest_txg);
        stmt_bind_number(stmt, 4, p->newest_time);
        stmt_bind_number(stmt, 5, p->imported);
        save_bind_scan(stmt, 6, &p->scan);
        stmt_bind_number(stmt, 16, p->instance);
        stmt_bind_number(stmt, 17, p->went_on);
        stmt_bind_number(stmt, 18, p->went_on_scan);
        r = save_step(s, stmt);
        if (r < 0)
                return r;

        return save_members(s, p);
}

int store_forget_entity(struct store *s, const char *id) {
        sqlite3_stmt *stmt;
        int r;

        if (save_is_pointless(s))
                return s->failed;

        stmt = database_statement(s, STATEMENT_FORGET_HANDLERS);
        stmt_bind_text(stmt, 1, id);
        r = save_step(s, stmt);
        if (r < 0)
                return r;

        stmt = database_statement(s, STATEMENT_FORGET_ENTITY);
        stmt_bind_text(stmt, 1, id);
        return save_step(s, stmt);
}

int store_forget_leg(struct store *s, uint64_t vdev_guid) {
        if (save_is_pointless(s))
                return s->failed;

        return save_forget(s, STATEMENT_FORGET_LEG, vdev_guid);
}

int store_forget_pool(struct store *s, uint64_t pool_guid) {
        int r;

        if (save_is_pointless(s))
                return s->failed;

        r = save_forget(s, STATEMENT_FORGET_CURRENT, pool_guid);
        if (r >= 0)
                r = save_forget(s, STATEMENT_FORGET_TOPS, pool_guid);
        if (r >= 0)
                r = save_forget(s, STATEMENT_FORGET_POOL, pool_guid);
        return r;
}

int store_save_boot_id(struct store *s, const char *boot_id) {
        sqlite3_stmt *stmt;

        if (save_is_pointless(s))
                return s->failed;

        stmt = database_statement(s, STATEMENT_SAVE_META);
        stmt_bind_text(stmt, 1, "boot_id");
        stmt_bind_text(stmt, 2, boot_id);
        return save_step(s, stmt);
}

int store_add_history(struct store *s, const struct history *h) {
        sqlite3_stmt *stmt;

        if (save_is_pointless(s))
                return s->failed;

        stmt = database_statement(s, STATEMENT_ADD_HISTORY);
        stmt_bind_number(stmt, 1, h->time);
        stmt_bind_text(stmt, 2, history_kind_print(h->kind));
        stmt_bind_text(stmt, 3, h->entity);
        stmt_bind_text(stmt, 4, h->text);
        stmt_bind_text(stmt, 5, h->change);
        stmt_bind_text(stmt, 6, h->json);
        return save_step(s, stmt);
}
