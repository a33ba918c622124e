/* engine/engine.c - one step: take an input, settle, and say what to do */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/audit.h"
#include "engine/complete.h"
#include "engine/diff.h"
#include "engine/failure.h"
#include "engine/foreign.h"
#include "engine/forget.h"
#include "engine/handler.h"
#include "engine/history.h"
#include "engine/holder.h"
#include "engine/job.h"
#include "engine/labels.h"
#include "engine/ledger.h"
#include "engine/passport.h"
#include "engine/picture.h"
#include "engine/plan.h"
#include "engine/scan.h"
#include "engine/silence.h"
#include "engine/verdict.h"

/*
 * A step settles: states are computed from facts, compared with the memory, handlers and plans are
 * asked, and what they change is looked at again, until nothing changes any more. Then waiting
 * commands are started. Whoever carries out the effects writes the rows down first, so that a crash
 * at any moment loses nothing that something stands on.
 */

/* How often a pool is looked at while something runs in it. */
#define POLL_USEC (5 * USEC_PER_SEC)

/* --- marks
 * ------------------------------------------------------------------------------------------ */

void engine_touch(struct engine *e, entity_id id) {
        struct node *n = engine_node(e, id);

        if (n->dirty)
                return;
        n->dirty = true;
        array_append(&e->dirty, id);
}

static void touch_up(struct engine *e, entity_id id) {
        for (; id != ENTITY_NONE; id = engine_entity(e, id)->parent)
                engine_touch(e, id);
}

void engine_touch_around(struct engine *e, entity_id id) {
        touch_up(e, id);
        for (entity_id i = id; i != ENTITY_NONE; i = tree_next(e, id, i)) {
                const struct entity *it = engine_entity(e, i);

                engine_touch(e, i);
                if (it->type == ENTITY_ZDEV && it->zdev.zpool != ENTITY_NONE)
                        engine_touch(e, it->zdev.zpool);
                if (it->type == ENTITY_ZPOOL)
                        for (uint32_t k = 0; k < it->zpool.n_legs; k++)
                                touch_up(e, it->zpool.legs[k]);
        }
}

const char *engine_title(const struct engine *e, entity_id id) {
        return entity_title(e->effects.arena, engine_entity(e, id));
}

void engine_save_row(struct engine *e, entity_id id) {
        struct node *n = engine_node(e, id);

        if (n->row_dirty)
                return;
        n->row_dirty = true;
        array_append(&e->rows_dirty, id);
}

uint64_t name_hash(const char *s) {
        uint64_t h = 14695981039346656037u;

        for (; s && *s; s++)
                h = (h ^ (unsigned char) *s) * 1099511628211u;
        return h;
}

uint64_t engine_look(struct engine *e, enum fact_kind kind, const char *name) {
        struct effect_look *look = array_add(&e->effects.looks);

        look->kind = kind;
        look->name = arena_strdup(e->effects.arena, name);
        look->seq = ++e->next_seq;
        array_append(&e->outstanding,
                     ((struct outstanding){
                             .seq = look->seq, .kind = kind, .name_hash = name_hash(name) }));
        return look->seq;
}

bool engine_is_answered(const struct engine *e, uint64_t first, uint64_t last) {
        for (size_t i = 0; i < e->outstanding.count; i++)
                if (e->outstanding.items[i].seq >= first && e->outstanding.items[i].seq <= last)
                        return false;
        return true;
}

void engine_log(struct engine *e, enum log_level level, entity_id about, const char *format, ...) {
        struct effect_log *line = array_add(&e->effects.logs);
        entity_id pool = about == ENTITY_NONE ? ENTITY_NONE : entity_pool_id(e, about);
        va_list args;

        va_start(args, format);
        line->text = arena_vprintf(e->effects.arena, format, args);
        va_end(args);
        line->level = level;
        line->entity = about == ENTITY_NONE ? NULL : engine_entity(e, about)->id;
        line->pool = pool == ENTITY_NONE ? NULL : engine_entity(e, pool)->name;
}

/* --- making and replacing the graph
 * --------------------------------------------------------------------- */

static struct row *row_make(struct engine *e, const char *id) {
        struct row *row;
        uint64_t p;

        if (map_get(&e->row_by_id, id, &p))
                return (struct row *) (uintptr_t) p;
        row = arena_new_one(e->arena, struct row);
        row->m.id = arena_strdup(e->arena, id);
        row->m.luks_uuid = row->luks_uuid;
        row->text = arena_new();
        map_put(&e->row_by_id, row->m.id, (uintptr_t) row);
        array_append(&e->all_rows, row);
        return row;
}

static void row_load(struct engine *e, const struct memory_entity *m) {
        struct row *row = row_make(e, m->id);
        const char *id = row->m.id;

        row->m = *m;
        row->m.id = id;
        (void) snprintf(row->luks_uuid, sizeof(row->luks_uuid), "%s",
                        m->luks_uuid ? m->luks_uuid : "");
        row->m.luks_uuid = row->luks_uuid;
        row_set_failure(row, &m->failure);
        for (uint32_t i = 0; i < m->n_handlers; i++) {
                struct memory_handler h = m->handlers[i];

                h.change = arena_strdup(row->text, h.change);
                array_append(&row->handlers, h);
                (void) array_add(&row->runs);
        }
        if (!e->rebooted)
                return;
        /* After a reboot everything counts as having been disconnected, so that whatever is there
         * appears. */
        row->m.state = STATE_DISCONNECTED;
        row->m.device_seq = 0;
        row->m.in_use = false;
        row_set_failure(row, &(struct failure){});
}

static void memory_take(struct engine *e, const struct memory *memory) {
        for (uint32_t i = 0; i < memory->n_entities; i++)
                row_load(e, &memory->entities[i]);
        for (uint32_t i = 0; i < memory->n_legs; i++) {
                const struct memory_leg *m = &memory->legs[i];
                struct leg_row *l = ledger_leg(e, m->vdev_guid);

                (void) snprintf(l->entity, sizeof(l->entity), "%s", m->entity);
                (void) snprintf(l->suspicion, sizeof(l->suspicion), "%s", m->suspicion);
                l->m = *m;
                l->m.entity = l->entity;
                l->m.suspicion = l->suspicion;
        }
        for (uint32_t i = 0; i < memory->n_pools; i++) {
                const struct memory_pool *m = &memory->pools[i];
                struct pool_row *p = ledger_pool(e, m->pool_guid);

                (void) snprintf(p->name, sizeof(p->name), "%s", m->name);
                p->m = *m;
                p->m.name = p->name;
                for (uint32_t k = 0; k < m->n_current; k++)
                        array_append(&p->current, m->current[k]);
                p->m.current = p->current.items;
                for (uint32_t k = 0; k < m->n_tops; k++)
                        array_append(&p->tops, m->tops[k]);
                p->m.tops = p->tops.items;
        }
}

/* A handler list whose handler was changed meanwhile has lost its place. */
static void row_drop_lists(struct engine *e, const struct entity *it, struct row *row) {
        for (size_t i = row->handlers.count; i-- > 0;)
                if (row->handlers.items[i].next >=
                    it->handlers[row->handlers.items[i].event].n_actions) {
                        array_remove(&row->handlers, i);
                        array_remove(&row->runs, i);
                        engine_save_row(e, it->self);
                }
}

static void nodes_make(struct engine *e, const struct config *config) {
        e->config = config;
        e->settings = (struct engine_settings){
                .enable_commands = config->settings.enable_commands,
                .enable_event_handlers = config->settings.enable_event_handlers,
                .timeout = config->settings.timeout,
        };
        e->node_arena = arena_new();
        e->nodes = arena_new_array(e->node_arena, struct node, config->n_entities + 1);
        for (entity_id i = 0; i < config->n_entities; i++) {
                struct node *n = engine_node(e, i);
                bool known = map_get(&e->row_by_id, config->entities[i].id, NULL);

                n->row = row_make(e, config->entities[i].id);
                n->device = SLOT_NONE;
                n->vdev = VDEV_NONE;
                n->state = STATE_DISCONNECTED;
                n->fresh = e->first_start || !known;
                n->unmet = true;
                n->vdev_online = n->row->m.state == STATE_ACTIVE;
                if (config->entities[i].type == ENTITY_ZDEV && n->row->m.in_use) /* with another? */
                        n->online_on = n->row->m.state == STATE_INACTIVE ? UINT64_MAX
                                                                         : n->row->m.device_seq;
                if (config->entities[i].type == ENTITY_CRYPT && state_is_online(n->row->m.state))
                        n->opened_on = n->row->m.device_seq;
                if (e->rebooted &&
                    known) /* what row_load forgot must not be remembered by the next start */
                        engine_save_row(e, i);
                row_drop_lists(e, &config->entities[i], n->row);
                engine_touch(e, i);
        }
}

/* Until all of this is answered, nothing is compared, and requests wait. What imported pools say
 * comes later: one that does not answer keeps nobody else waiting (silence.c). */
static void engine_look_around(struct engine *e) {
        e->ready = e->looked_devices = e->looked_pools = e->looked_mounts = false;
        memset(e->asks, 0, sizeof(e->asks));
        (void) engine_look(e, FACT_DEVICES, NULL);
        (void) engine_look(e, FACT_POOLS, NULL);
        (void) engine_look(e, FACT_MOUNTS, NULL);
}

struct engine *engine_new(const struct config *config, const struct memory *memory,
                          const char *boot_id, bool first_start, struct now now) {
        struct engine *e = memory_new(1, sizeof(*e));

        e->arena = arena_new();
        e->free_link = LINK_NONE;
        e->effects.arena = arena_new();
        e->now = now;
        (void) snprintf(e->boot_id, sizeof(e->boot_id), "%s", boot_id);
        e->boot_id_dirty = !memory->boot_id || strcmp(memory->boot_id, e->boot_id) != 0;
        e->rebooted = e->boot_id_dirty && !first_start;
        e->first_start = first_start;
        e->started = now.wall;
        memory_take(e, memory);
        nodes_make(e, config);
        chores_begin(e);
        engine_look_around(e);
        return e;
}

static void nodes_done(struct engine *e) {
        for (entity_id i = 0; i < e->config->n_entities; i++) {
                e->nodes[i].status = pool_status_free(e->nodes[i].status);
                array_done(&e->nodes[i].candidates);
        }
        e->node_arena = arena_free(e->node_arena);
}

/* What a node has learnt that is not in its row. */
static void node_move(struct engine *e, struct node *from, entity_id to) {
        struct node *n = engine_node(e, to);

        n->seen = from->seen;
        n->suspended = from->suspended;
        n->frozen = from->frozen;
        n->settles = from->settles;
        n->status_seq = from->status_seq;
        n->n_silent = from->n_silent;
        n->n_asked = from->n_asked;
        n->ask_at = from->ask_at;
        memcpy(n->silence, from->silence, sizeof(n->silence));
        n->silence_told = from->silence_told;
        n->provisioning = from->provisioning;
        n->provisioning_on = from->provisioning_on;
        n->status = TAKE_PTR(from->status);
        n->mounted = from->mounted;
        n->opened_on = from->opened_on;
        n->online_on = from->online_on;
        n->coming_on = from->coming_on;
        n->watch = from->watch;
        n->closing = from->closing;
        n->closing_on = from->closing_on;
        n->entry_on = from->entry_on;
        n->vdev_online = from->vdev_online;
        n->uncertain_until = from->uncertain_until;
        if (n->seen)
                array_append(&e->seen_pools, to);
        if (n->mounted)
                array_append(&e->mounted, to);
        if (n->ask_at)
                deadline_add(&e->deadlines, n->ask_at, to);
        if (from->row_dirty)
                engine_save_row(e, to);
}

/* A reload: what is configured as before goes on; what is new is taken as it is found, without
 * handlers. */
static void config_take(struct engine *e, const struct config *config) {
        const struct config *old = e->config;
        struct node *nodes = e->nodes;
        struct arena *arena = e->node_arena;

        array_clear(&e->dirty);
        array_clear(&e->rows_dirty);
        array_clear(&e->seen_pools);
        array_clear(&e->mounted);
        array_clear(&e->deadlines.heap);
        nodes_make(e, config);
        for (entity_id i = 0; i < old->n_entities; i++) {
                entity_id now = config_find_id(config, old->entities[i].id);

                if (now != ENTITY_NONE)
                        node_move(e, &nodes[i], now);
                nodes[i].status = pool_status_free(nodes[i].status);
                array_done(&nodes[i].candidates);
        }
        labels_renumber(e, old, config);
        request_renumber(e, old, config);
        job_renumber(e, old, config);
        arena = arena_free(arena);
        picture_relist(e);
        chores_begin(e);
        engine_look_around(e);
}

static void rows_release(struct engine *e) {
        for (size_t i = 0; i < e->all_rows.count; i++) {
                e->all_rows.items[i]->text = arena_free(e->all_rows.items[i]->text);
                text_done(&e->all_rows.items[i]->failure);
                array_done(&e->all_rows.items[i]->handlers);
                array_done(&e->all_rows.items[i]->runs);
        }
        for (size_t i = 0; i < e->pools.count; i++) {
                array_done(&e->pools.items[i]->current);
                array_done(&e->pools.items[i]->tops);
        }
        array_done(&e->all_rows);
        array_done(&e->legs);
        array_done(&e->pools);
        map_done(&e->row_by_id);
        map_done(&e->leg_by_guid);
        map_done(&e->pool_by_guid);
}

static void effects_release(struct effects *x) {
        x->arena = arena_free(x->arena);
        array_done(&x->forgets);
        array_done(&x->entities);
        array_done(&x->legs);
        array_done(&x->pools);
        array_done(&x->history);
        array_done(&x->logs);
        array_done(&x->looks);
        array_done(&x->runs);
        array_done(&x->withdraws);
        array_done(&x->tells);
}

struct engine *engine_free(struct engine *e) {
        if (!e)
                return NULL;
        nodes_done(e);
        picture_release(e);
        request_release(e);
        job_release(e);
        rows_release(e);
        effects_release(&e->effects);
        array_done(&e->outstanding);
        array_done(&e->dirty);
        array_done(&e->changed);
        array_done(&e->round);
        array_done(&e->rows_dirty);
        array_done(&e->legs_dirty);
        array_done(&e->pools_dirty);
        array_done(&e->label_asks);
        array_done(&e->passport_waiters);
        array_done(&e->look_waiters);
        array_done(&e->deadlines.heap);
        e->arena = arena_free(e->arena);
        free(e);
        return NULL;
}

/* --- taking inputs
 * ------------------------------------------------------------------------------------------ */

static void outstanding_answer(struct engine *e, const struct input_facts *f) {
        uint64_t hash = name_hash(f->name);

        for (size_t i = e->outstanding.count; i-- > 0;) {
                const struct outstanding *o = &e->outstanding.items[i];

                if (o->kind == f->kind && o->name_hash == hash && o->seq <= f->seq)
                        array_remove(&e->outstanding, i);
        }
}

/* They wait anew if their own looks are still to come. */
static void touch_look_waiters(struct engine *e) {
        for (size_t i = 0; i < e->look_waiters.count; i++) {
                const struct request *r = request_find(e, e->look_waiters.items[i]);

                if (r)
                        engine_touch(e, r->entity);
        }
        array_clear(&e->look_waiters);
}

static void take_pool(struct engine *e, const struct input_facts *f) {
        struct pool_status *none = NULL;

        picture_set_pool(e, f->name, f->seq, f->pool ? f->pool : &none);
}

/* What could not be looked at: nothing is known of it now that was not known before. */
static void take_failure(struct engine *e, const struct input_facts *f) {
        entity_id pool = f->kind == FACT_POOL ? config_find_pool(e->config, f->name) : ENTITY_NONE;

        silence_note(e, f->kind, f->name, f->error);
        if (f->kind == FACT_HOLDERS)
                holder_note(e, f->name, f->seq, /* known= */ false, NULL, 0);
        if (f->kind == FACT_LABEL) {
                labels_answer(e, f->name, f->seq, NULL);
                passport_note(e, f->name, f->seq, NULL);
        }
        if (pool != ENTITY_NONE)
                engine_touch_around(e, pool);
}

static void take_answer(struct engine *e, const struct input_facts *f) {
        e->asks[f->kind] = (struct ask){};
        switch (f->kind) {
        case FACT_DEVICES:
                picture_set_devices(e, f->devices, f->n_devices, f->seq);
                e->looked_devices = true;
                return;
        case FACT_DEVICE:
                if (f->n_devices)
                        picture_add_device(e, f->devices, f->seq);
                else
                        picture_remove_device(e, f->name);
                return;
        case FACT_POOLS:
                picture_set_pools(e, f->pools, f->n_pools);
                e->looked_pools = true;
                return;
        case FACT_POOL:
                take_pool(e, f);
                return;
        case FACT_MOUNTS:
                picture_set_mounts(e, f->mounts, f->n_mounts);
                e->looked_mounts = true;
                e->mounts_seq = f->seq;
                return;
        case FACT_HOLDERS:
                holder_note(e, f->name, f->seq, /* known= */ true, f->holders, f->n_holders);
                return;
        case FACT_LABEL:
                labels_answer(e, f->name, f->seq, f->label);
                passport_note(e, f->name, f->seq, f->label);
                return;
        }
}

static void take_facts(struct engine *e, const struct input_facts *f) {
        outstanding_answer(e, f);
        if (f->error)
                take_failure(e, f);
        else
                take_answer(e, f);
        touch_look_waiters(e);
}

static void take_cancel(struct engine *e, const struct input_cancel *c) {
        struct reason why = { .code = REASON_NOTHING, .about = c->entity };
        bool done = request_cancel(e, c->entity, c->wish);

        done |= scan_stop(e, c->entity, c->wish, c->for_all);
        if (done)
                why = (struct reason){ .code = REASON_CANCELLED, .about = c->entity };
        array_append(&e->effects.tells, ((struct effect_tell){ .client = c->client,
                                                               .entity = c->entity,
                                                               .wish = c->wish,
                                                               .ended = true,
                                                               .fulfilled = done,
                                                               .reason = why }));
}

static void take_leave(struct engine *e, uint64_t client) {
        for (size_t i = 0; i < e->requests.count; i++) {
                struct request *r = e->requests.items[i];

                for (size_t k = 0; r && k < r->clients.count; k++)
                        if (r->clients.items[k] == client)
                                array_remove(&r->clients, k--);
        }
}

static void take_startup(struct engine *e) {
        const char *change = arena_printf(e->effects.arena, "startup|%" PRIu64, e->now.wall);

        for (entity_id i = 0; i < e->config->n_entities; i++)
                handler_fire(e, i, EVENT_STARTUP, change);
}

static void take_deadlines(struct engine *e) {
        entity_id id;

        while (deadline_take(&e->deadlines, e->now.mono, &id))
                if (id < e->config->n_entities)
                        touch_up(e, id);
}

static void take_wish(struct engine *e, const struct input_wish *w) {
        struct reason why = { .code = REASON_REPLACED, .about = w->entity };

        if (request_make(e, w) || !w->client)
                return;
        array_append(&e->effects.tells, ((struct effect_tell){ .client = w->client,
                                                               .entity = w->entity,
                                                               .wish = w->wish,
                                                               .ended = true,
                                                               .reason = why }));
}

static void take_input(struct engine *e, const struct input *input) {
        switch (input->kind) {
        case INPUT_FACTS:
                take_facts(e, &input->facts);
                return;
        case INPUT_COMMAND_END:
                job_end(e, input->command.job, input->command.end);
                return;
        case INPUT_PROMPT:
                job_prompt(e, input->prompt.job, input->prompt.waiting);
                return;
        case INPUT_WISH:
                take_wish(e, &input->wish);
                return;
        case INPUT_CANCEL:
                take_cancel(e, &input->cancel);
                return;
        case INPUT_LEAVE:
                take_leave(e, input->leave.client);
                return;
        case INPUT_TICK:
                return;
        case INPUT_CLOCK:
                e->effects.look_around = true;
                return;
        case INPUT_CONFIG:
                config_take(e, input->config);
                return;
        case INPUT_STARTUP:
                take_startup(e);
                return;
        case INPUT_FORGET:
                forget_entities(e, input->forget.ids, input->forget.n);
                return;
        }
}

/* --- settling
 * --------------------------------------------------------------------------------------------------
 */

/* While something runs in a pool, it is looked at again: ZFS tells no progress. */
static void pool_poll(struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);
        struct node *n = engine_node(e, pool);
        const struct pool_status *s = pool_status(e, pool);
        bool runs = s && (s->scan.state == SCAN_STATE_SCANNING || s->rebuilding);

        for (uint32_t i = 0; s && !runs && i < it->zpool.n_legs; i++) {
                const struct leg_row *l = ledger_of(e, it->zpool.legs[i]);

                runs = (l && l->m.watching) ||
                       leg_operation_runs(e, it->zpool.legs[i], OPERATION_TRIM);
        }
        if (!runs) {
                n->poll_at = 0;
                return;
        }
        if (n->poll_at && e->now.mono >= n->poll_at)
                (void) engine_look(e, FACT_POOL, it->name);
        else if (n->poll_at)
                return;
        n->poll_at = e->now.mono + POLL_USEC;
        deadline_add(&e->deadlines, n->poll_at, pool);
}

static void settle_entity(struct engine *e, entity_id id) {
        struct node *n = engine_node(e, id);

        handler_advance(e, id);
        for (enum wish w = 0; w < _WISH_MAX; w++)
                if (n->requests[w])
                        plan_request(e, n->requests[w]);
        if (engine_entity(e, id)->type == ENTITY_ZPOOL) {
                pool_poll(e, id);
                silence_ask_pool(e, id);
        }
        if (verdict_applies(e, id))
                verdict_follow(e, id);
}

/* First what happened to pools, which their legs follow; and last what is known of their copies
 * from now on, when each leg has been judged by what was known before. */
static void settle_diff(struct engine *e) {
        for (size_t i = 0; i < e->round.count; i++)
                if (engine_entity(e, e->round.items[i])->type == ENTITY_ZPOOL)
                        diff_entity(e, e->round.items[i]);
        for (size_t i = 0; i < e->round.count; i++)
                if (engine_entity(e, e->round.items[i])->type != ENTITY_ZPOOL)
                        diff_entity(e, e->round.items[i]);
        for (size_t i = 0; i < e->round.count; i++)
                if (engine_entity(e, e->round.items[i])->type == ENTITY_ZPOOL) {
                        audit_pool(e, e->round.items[i]);
                        ledger_note_pool(e, e->round.items[i]);
                }
}

static void settle(struct engine *e) {
        while (e->dirty.count) {
                picture_settle(e);
                array_clear(&e->round);
                for (size_t i = 0; i < e->changed.count; i++) {
                        engine_node(e, e->changed.items[i])->changed = false;
                        array_append(&e->round, e->changed.items[i]);
                }
                array_clear(&e->changed);
                settle_diff(e);
                for (size_t i = 0; i < e->round.count; i++)
                        settle_entity(e, e->round.items[i]);
        }
}

static void effects_clear(struct engine *e) {
        struct effects *x = &e->effects;

        arena_clear(x->arena);
        array_clear(&x->forgets);
        array_clear(&x->entities);
        array_clear(&x->legs);
        array_clear(&x->pools);
        array_clear(&x->history);
        array_clear(&x->logs);
        array_clear(&x->looks);
        array_clear(&x->runs);
        array_clear(&x->withdraws);
        array_clear(&x->tells);
        x->boot_id = NULL;
        x->look_around = false;
}

/* The rows that changed, as the state file takes them. */
static void effects_fill(struct engine *e) {
        for (size_t i = 0; i < e->rows_dirty.count; i++) {
                struct node *n = engine_node(e, e->rows_dirty.items[i]);

                n->row_dirty = false;
                n->row->m.handlers = n->row->handlers.items;
                n->row->m.n_handlers = (uint32_t) n->row->handlers.count;
                array_append(&e->effects.entities, &n->row->m);
        }
        for (size_t i = 0; i < e->legs_dirty.count; i++) {
                e->legs_dirty.items[i]->dirty = false;
                array_append(&e->effects.legs, &e->legs_dirty.items[i]->m);
        }
        for (size_t i = 0; i < e->pools_dirty.count; i++) {
                e->pools_dirty.items[i]->dirty = false;
                array_append(&e->effects.pools, &e->pools_dirty.items[i]->m);
        }
        array_clear(&e->rows_dirty);
        array_clear(&e->legs_dirty);
        array_clear(&e->pools_dirty);
        e->effects.boot_id = e->ready && e->boot_id_dirty ? e->boot_id : NULL;
        e->boot_id_dirty &= !e->ready;
        e->effects.wake = deadline_next(&e->deadlines);
        e->effects.wake_wall = USEC_NEVER;
        if (!e->ready)
                return;
        if (chores_next_mono(e) < e->effects.wake)
                e->effects.wake = chores_next_mono(e);
        e->effects.wake_wall = chores_next_wall(e);
}

/* Both clocks go on, or neither, unless somebody sets the one on the wall. */
static void take_time(struct engine *e, struct now now) {
        int64_t set = (int64_t) (now.wall - e->now.wall) - (int64_t) (now.mono - e->now.mono) -
                      (int64_t) (now.slept - e->now.slept);

        e->now = now;
        if (set)
                chores_clock_set(e, set);
}

const struct effects *engine_step(struct engine *e, struct now now, const struct input *input) {
        if (e->stepped)
                effects_clear(e);
        e->stepped = true; /* the first step brings out the looks that engine_new asked for */
        take_time(e, now);
        take_input(e, input);
        take_deadlines(e);
        silence_ask(e);
        foreign_ask(e);
        if (!e->ready && e->looked_devices && e->looked_pools && e->looked_mounts) {
                e->ready = true;
                engine_log(e, LOG_LEVEL_VERBOSE, ENTITY_NONE, "the first picture is there");
        }
        if (e->ready && !input->more) {
                chores_follow(e);
                do
                        settle(e);
                while (job_start_ready(e));
                job_withdraw_unwanted(e);
                e->first_start = false;
        }
        request_compact(e);
        effects_fill(e);
        return &e->effects;
}

struct engine_settings engine_get_settings(const struct engine *e) {
        return e->settings;
}

void engine_set_settings(struct engine *e, struct engine_settings s) {
        e->settings = s;
}

bool engine_is_ready(const struct engine *e) {
        return e->ready;
}
