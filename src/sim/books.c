/* sim/books.c - a state file in memory: what survives the engine */
#include "sim/books.h"
#include "base/map.h"
#include "base/text.h"

/* A row, and the memory of its text, which is used again when the row is written again. */
struct entity_row {
        struct arena *arena;
        struct memory_entity row;
};

struct leg_row {
        struct arena *arena;
        struct memory_leg row;
};

struct pool_row {
        struct arena *arena;
        struct memory_pool row;
};

struct books {
        bool written;
        struct arena *arena; /* history, boot id, ids of entities */
        ARRAY(struct entity_row) entities;
        ARRAY(struct leg_row) legs;
        ARRAY(struct pool_row) pools;
        struct map by_id, by_vdev, by_pool, by_change;
        ARRAY(struct history) history;
        const char *boot_id;
        struct memory memory; /* the answer to books_memory */
};

struct books *books_new(void) {
        struct books *b = memory_new(1, sizeof(*b));

        b->arena = arena_new();
        b->boot_id = "";
        return b;
}

void books_forget(struct books *b) {
        for (size_t i = 0; i < b->entities.count; i++)
                (void) arena_free(b->entities.items[i].arena);
        for (size_t i = 0; i < b->legs.count; i++)
                (void) arena_free(b->legs.items[i].arena);
        for (size_t i = 0; i < b->pools.count; i++)
                (void) arena_free(b->pools.items[i].arena);
        array_clear(&b->entities);
        array_clear(&b->legs);
        array_clear(&b->pools);
        array_clear(&b->history);
        map_clear(&b->by_id);
        map_clear(&b->by_vdev);
        map_clear(&b->by_pool);
        map_clear(&b->by_change);
        arena_clear(b->arena);
        b->boot_id = "";
        b->written = false;
}

struct books *books_free(struct books *b) {
        if (!b)
                return NULL;
        books_forget(b);
        array_done(&b->entities);
        array_done(&b->legs);
        array_done(&b->pools);
        array_done(&b->history);
        map_done(&b->by_id);
        map_done(&b->by_vdev);
        map_done(&b->by_pool);
        map_done(&b->by_change);
        free(b->memory.entities);
        free(b->memory.legs);
        free(b->memory.pools);
        (void) arena_free(b->arena);
        free(b);
        return NULL;
}

static void entity_copy(struct arena *a, const struct memory_entity *from,
                        struct memory_entity *to) {
        const char *id = to->id;

        *to = *from;
        to->id = id;
        to->luks_uuid = arena_strdup(a, from->luks_uuid ? from->luks_uuid : "");
        to->failure.text = from->failure.text ? arena_strdup(a, from->failure.text) : NULL;
        to->handlers = from->n_handlers ? arena_memdup(a, from->handlers,
                                                       from->n_handlers * sizeof(*from->handlers))
                                        : NULL;
        for (uint32_t i = 0; i < from->n_handlers; i++)
                to->handlers[i].change = arena_strdup(a, from->handlers[i].change);
}

static void leg_copy(struct arena *a, const struct memory_leg *from, struct memory_leg *to) {
        *to = *from;
        to->entity = arena_strdup(a, from->entity ? from->entity : "");
        to->suspicion = arena_strdup(a, from->suspicion ? from->suspicion : "");
}

static void pool_copy(struct arena *a, const struct memory_pool *from, struct memory_pool *to) {
        *to = *from;
        to->name = arena_strdup(a, from->name);
        to->current = from->n_current ? arena_memdup(a, from->current,
                                                     from->n_current * sizeof(*from->current))
                                      : NULL;
        to->tops = from->n_tops ? arena_memdup(a, from->tops, from->n_tops * sizeof(*from->tops))
                                : NULL;
}

static struct arena *row_arena(struct arena *a) {
        if (!a)
                return arena_new();
        arena_clear(a);
        return a;
}

static void books_save_entity(struct books *b, const struct memory_entity *e) {
        uint64_t i = b->entities.count;
        struct entity_row *row;

        if (!map_get(&b->by_id, e->id, &i)) {
                row = array_add(&b->entities);
                row->row.id = arena_strdup(b->arena, e->id);
                map_put(&b->by_id, row->row.id, i);
        }
        row = &b->entities.items[i];
        row->arena = row_arena(row->arena);
        entity_copy(row->arena, e, &row->row);
}

static void books_save_leg(struct books *b, const struct memory_leg *l) {
        uint64_t i = b->legs.count;
        struct leg_row *row;

        if (!map_get_number(&b->by_vdev, l->vdev_guid, &i)) {
                (void) array_add(&b->legs);
                map_put_number(&b->by_vdev, l->vdev_guid, i);
        }
        row = &b->legs.items[i];
        row->arena = row_arena(row->arena);
        leg_copy(row->arena, l, &row->row);
}

static void books_save_pool(struct books *b, const struct memory_pool *p) {
        uint64_t i = b->pools.count;
        struct pool_row *row;

        if (!map_get_number(&b->by_pool, p->pool_guid, &i)) {
                (void) array_add(&b->pools);
                map_put_number(&b->by_pool, p->pool_guid, i);
        }
        row = &b->pools.items[i];
        row->arena = row_arena(row->arena);
        pool_copy(row->arena, p, &row->row);
}

static void books_add_history(struct books *b, const struct history *h) {
        struct history *copy;

        if (h->change && *h->change && map_get(&b->by_change, h->change, NULL))
                return;
        copy = array_add(&b->history);
        *copy = *h;
        copy->entity = arena_strdup(b->arena, h->entity);
        copy->text = arena_strdup(b->arena, h->text);
        copy->change = arena_strdup(b->arena, h->change);
        copy->json = arena_strdup(b->arena, h->json);
        if (copy->change && *copy->change)
                map_put(&b->by_change, copy->change, b->history.count - 1);
}

/* The last one takes its place. */
static void books_forget_entity(struct books *b, const char *id) {
        struct entity_row last;
        uint64_t i;

        if (!map_get(&b->by_id, id, &i))
                return;
        (void) map_remove(&b->by_id, id);
        (void) arena_free(b->entities.items[i].arena);
        last = b->entities.items[--b->entities.count];
        if (i == b->entities.count)
                return;
        b->entities.items[i] = last;
        map_put(&b->by_id, last.row.id, i);
}

static void books_forget_leg(struct books *b, uint64_t vdev_guid) {
        struct leg_row last;
        uint64_t i;

        if (!map_get_number(&b->by_vdev, vdev_guid, &i))
                return;
        (void) map_remove_number(&b->by_vdev, vdev_guid);
        (void) arena_free(b->legs.items[i].arena);
        last = b->legs.items[--b->legs.count];
        if (i == b->legs.count)
                return;
        b->legs.items[i] = last;
        map_put_number(&b->by_vdev, last.row.vdev_guid, i);
}

static void books_forget_pool(struct books *b, uint64_t pool_guid) {
        struct pool_row last;
        uint64_t i;

        if (!map_get_number(&b->by_pool, pool_guid, &i))
                return;
        (void) map_remove_number(&b->by_pool, pool_guid);
        (void) arena_free(b->pools.items[i].arena);
        last = b->pools.items[--b->pools.count];
        if (i == b->pools.count)
                return;
        b->pools.items[i] = last;
        map_put_number(&b->by_pool, last.row.pool_guid, i);
}

static void books_forget_row(struct books *b, const struct effect_forget *f) {
        if (f->entity)
                books_forget_entity(b, f->entity);
        else if (f->vdev_guid)
                books_forget_leg(b, f->vdev_guid);
        else
                books_forget_pool(b, f->pool_guid);
}

void books_save(struct books *b, const struct effects *e) {
        for (size_t i = 0; i < e->forgets.count; i++)
                books_forget_row(b, &e->forgets.items[i]);
        for (size_t i = 0; i < e->entities.count; i++)
                books_save_entity(b, e->entities.items[i]);
        for (size_t i = 0; i < e->legs.count; i++)
                books_save_leg(b, e->legs.items[i]);
        for (size_t i = 0; i < e->pools.count; i++)
                books_save_pool(b, e->pools.items[i]);
        for (size_t i = 0; i < e->history.count; i++)
                books_add_history(b, &e->history.items[i]);
        if (e->boot_id)
                b->boot_id = arena_strdup(b->arena, e->boot_id);
        b->written |= e->entities.count || e->legs.count || e->pools.count || e->boot_id;
}

bool books_is_empty(const struct books *b) {
        return !b->written;
}

const struct memory *books_memory(struct books *b) {
        struct memory *m = &b->memory;

        m->boot_id = b->boot_id;
        m->n_entities = (uint32_t) b->entities.count;
        m->n_legs = (uint32_t) b->legs.count;
        m->n_pools = (uint32_t) b->pools.count;
        m->entities = memory_resize(m->entities, m->n_entities + 1, sizeof(*m->entities));
        m->legs = memory_resize(m->legs, m->n_legs + 1, sizeof(*m->legs));
        m->pools = memory_resize(m->pools, m->n_pools + 1, sizeof(*m->pools));
        for (uint32_t i = 0; i < m->n_entities; i++)
                m->entities[i] = b->entities.items[i].row;
        for (uint32_t i = 0; i < m->n_legs; i++)
                m->legs[i] = b->legs.items[i].row;
        for (uint32_t i = 0; i < m->n_pools; i++)
                m->pools[i] = b->pools.items[i].row;
        return m;
}

const struct memory_leg *books_find_leg(const struct books *b, uint64_t vdev_guid) {
        uint64_t i;

        return map_get_number(&b->by_vdev, vdev_guid, &i) ? &b->legs.items[i].row : NULL;
}

const struct memory_pool *books_find_pool(const struct books *b, uint64_t pool_guid) {
        uint64_t i;

        return map_get_number(&b->by_pool, pool_guid, &i) ? &b->pools.items[i].row : NULL;
}

const struct memory_entity *books_find_entity(const struct books *b, const char *id) {
        uint64_t i;

        return map_get(&b->by_id, id, &i) ? &b->entities.items[i].row : NULL;
}

size_t books_n_history(const struct books *b) {
        return b->history.count;
}

const struct history *books_history(const struct books *b, size_t i) {
        return &b->history.items[i];
}
