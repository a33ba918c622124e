/* base/map.c - hash tables: text or number to a 64 bit value (open addressing, linear probing) */
#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"

enum slot_kind { SLOT_EMPTY, SLOT_DELETED, SLOT_TEXT, SLOT_NUMBER };

struct map_slot {
        enum slot_kind kind;
        uint32_t hash;
        union {
                const char *text;
                uint64_t number;
        };
        uint64_t value;
};

struct key {
        enum slot_kind kind;
        uint32_t hash;
        const char *text;
        uint64_t number;
};

static struct key key_text(const char *text) {
        uint64_t h = 14695981039346656037u; /* FNV-1a */

        for (const char *p = text; *p; p++)
                h = (h ^ (unsigned char) *p) * 1099511628211u;
        return (struct key){ .kind = SLOT_TEXT, .hash = (uint32_t) (h ^ h >> 32), .text = text };
}

static struct key key_number(uint64_t number) {
        uint64_t h = number * 0x9e3779b97f4a7c15u;

        return (struct key){ .kind = SLOT_NUMBER, .hash = (uint32_t) (h >> 32), .number = number };
}

static bool slot_is(const struct map_slot *s, const struct key *k) {
        if (s->kind != k->kind || s->hash != k->hash)
                return false;
        return k->kind == SLOT_TEXT ? strcmp(s->text, k->text) == 0 : s->number == k->number;
}

static struct map_slot *map_find(const struct map *m, const struct key *k) {
        if (!m->capacity)
                return NULL;
        for (uint32_t i = k->hash & (m->capacity - 1);; i = (i + 1) & (m->capacity - 1)) {
                struct map_slot *s = &m->slots[i];

                if (s->kind == SLOT_EMPTY)
                        return NULL;
                if (slot_is(s, k))
                        return s;
        }
}

/* Puts a key that is not in the map into the first slot that is free for it. */
static void map_insert(struct map *m, const struct key *k, uint64_t value) {
        uint32_t i = k->hash & (m->capacity - 1);

        while (m->slots[i].kind == SLOT_TEXT || m->slots[i].kind == SLOT_NUMBER)
                i = (i + 1) & (m->capacity - 1);
        if (m->slots[i].kind == SLOT_EMPTY)
                m->filled++;
        m->slots[i] = (struct map_slot){ .kind = k->kind, .hash = k->hash, .value = value };
        if (k->kind == SLOT_TEXT)
                m->slots[i].text = k->text;
        else
                m->slots[i].number = k->number;
        m->used++;
}

static void map_grow(struct map *m) {
        struct map old = *m;

        m->capacity = 16;
        while (m->capacity < old.used * 4)
                m->capacity *= 2;
        m->slots = memory_new(m->capacity, sizeof(*m->slots));
        m->used = m->filled = 0;
        for (uint32_t i = 0; i < old.capacity; i++) {
                const struct map_slot *s = &old.slots[i];
                struct key k = { .kind = s->kind, .hash = s->hash };

                if (s->kind != SLOT_TEXT && s->kind != SLOT_NUMBER)
                        continue;
                if (s->kind == SLOT_TEXT)
                        k.text = s->text;
                else
                        k.number = s->number;
                map_insert(m, &k, s->value);
        }
        free(old.slots);
}

static void map_set(struct map *m, const struct key *k, uint64_t value) {
        struct map_slot *s = map_find(m, k);

        if (s) {
                if (k->kind == SLOT_TEXT)
                        s->text = k->text; /* the older text may be about to go */
                s->value = value;
                return;
        }
        if ((m->filled + 1) * 4 > m->capacity * 3)
                map_grow(m);
        map_insert(m, k, value);
}

static bool map_look_up(const struct map *m, const struct key *k, uint64_t *ret_value) {
        const struct map_slot *s = map_find(m, k);

        if (!s)
                return false;
        if (ret_value)
                *ret_value = s->value;
        return true;
}

static bool map_drop(struct map *m, const struct key *k) {
        struct map_slot *s = map_find(m, k);

        if (!s)
                return false;
        s->kind = SLOT_DELETED;
        m->used--;
        return true;
}

void map_done(struct map *m) {
        free(m->slots);
        *m = (struct map){};
}

void map_clear(struct map *m) {
        if (m->slots)
                memset(m->slots, 0, m->capacity * sizeof(*m->slots));
        m->used = m->filled = 0;
}

void map_put(struct map *m, const char *key, uint64_t value) {
        map_set(m, &(struct key[]){ key_text(key) }[0], value);
}

void map_put_number(struct map *m, uint64_t key, uint64_t value) {
        map_set(m, &(struct key[]){ key_number(key) }[0], value);
}

bool map_get(const struct map *m, const char *key, uint64_t *ret_value) {
        return map_look_up(m, &(struct key[]){ key_text(key) }[0], ret_value);
}

bool map_get_number(const struct map *m, uint64_t key, uint64_t *ret_value) {
        return map_look_up(m, &(struct key[]){ key_number(key) }[0], ret_value);
}

bool map_remove(struct map *m, const char *key) {
        return map_drop(m, &(struct key[]){ key_text(key) }[0]);
}

bool map_remove_number(struct map *m, uint64_t key) {
        return map_drop(m, &(struct key[]){ key_number(key) }[0]);
}
