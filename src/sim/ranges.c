/* sim/ranges.c - sets of block numbers: sorted ranges that neither touch nor overlap */
#include <string.h>

#include "base/cleanup.h"
#include "sim/ranges.h"

static void ranges_reserve(struct ranges *r, uint32_t n) {
        if (n <= r->capacity)
                return;
        r->capacity = n < 4 ? 4 : n * 2;
        r->items = memory_resize(r->items, r->capacity, sizeof(*r->items));
}

/* Replaces `n` ranges at `i` by `with` (0 to 2 of them). */
static void ranges_splice(struct ranges *r, uint32_t i, uint32_t n, const struct range *with,
                          uint32_t n_with) {
        ranges_reserve(r, r->count - n + n_with);
        if (r->count > i + n)
                memmove(r->items + i + n_with, r->items + i + n,
                        (r->count - i - n) * sizeof(*r->items));
        for (uint32_t k = 0; k < n_with; k++)
                r->items[i + k] = with[k];
        r->count = r->count - n + n_with;
}

void ranges_add(struct ranges *r, uint64_t from, uint64_t to) {
        struct range wide = { from, to };
        uint32_t i = 0, n = 0;

        if (from >= to)
                return;
        if (r->count && r->items[r->count - 1].to == from) { /* nearly always */
                r->items[r->count - 1].to = to;
                return;
        }
        while (i < r->count && r->items[i].to < from)
                i++;
        for (; i + n < r->count && r->items[i + n].from <= to; n++) {
                if (r->items[i + n].from < wide.from)
                        wide.from = r->items[i + n].from;
                if (r->items[i + n].to > wide.to)
                        wide.to = r->items[i + n].to;
        }
        ranges_splice(r, i, n, &wide, 1);
}

void ranges_remove(struct ranges *r, uint64_t from, uint64_t to) {
        struct range rest[2];
        uint32_t i = 0, n = 0, n_rest = 0;

        if (from >= to)
                return;
        while (i < r->count && r->items[i].to <= from)
                i++;
        while (i + n < r->count && r->items[i + n].from < to)
                n++;
        if (!n)
                return;
        if (r->items[i].from < from)
                rest[n_rest++] = (struct range){ r->items[i].from, from };
        if (r->items[i + n - 1].to > to)
                rest[n_rest++] = (struct range){ to, r->items[i + n - 1].to };
        ranges_splice(r, i, n, rest, n_rest);
}

void ranges_add_all(struct ranges *r, const struct ranges *other) {
        for (uint32_t i = 0; i < other->count; i++)
                ranges_add(r, other->items[i].from, other->items[i].to);
}

void ranges_remove_all(struct ranges *r, const struct ranges *other) {
        for (uint32_t i = 0; i < other->count; i++)
                ranges_remove(r, other->items[i].from, other->items[i].to);
}

void ranges_copy(struct ranges *r, const struct ranges *from) {
        ranges_reserve(r, from->count);
        if (from->count)
                memcpy(r->items, from->items, from->count * sizeof(*r->items));
        r->count = from->count;
}

void ranges_clear(struct ranges *r) {
        r->count = 0;
}

void ranges_done(struct ranges *r) {
        free(r->items);
        *r = (struct ranges){};
}

bool ranges_is_empty(const struct ranges *r) {
        return r->count == 0;
}

bool ranges_has(const struct ranges *r, uint64_t n) {
        for (uint32_t i = 0; i < r->count; i++)
                if (n >= r->items[i].from && n < r->items[i].to)
                        return true;
        return false;
}

bool ranges_has_all(const struct ranges *r, const struct ranges *inner) {
        uint32_t i = 0;

        for (uint32_t k = 0; k < inner->count; k++) {
                while (i < r->count && r->items[i].to < inner->items[k].to)
                        i++;
                if (i == r->count || r->items[i].from > inner->items[k].from)
                        return false;
        }
        return true;
}

bool ranges_equal(const struct ranges *a, const struct ranges *b) {
        return a->count == b->count &&
               (!a->count || memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0);
}

uint64_t ranges_count(const struct ranges *r) {
        uint64_t n = 0;

        for (uint32_t i = 0; i < r->count; i++)
                n += r->items[i].to - r->items[i].from;
        return n;
}

bool ranges_next(const struct ranges *r, uint64_t n, uint64_t *next) {
        bool is = false;

        for (uint32_t k = 0; k < r->count; k++) {
                const struct range *x = &r->items[k];

                is |= n >= x->from && n < x->to;
                if (x->from > n && x->from < *next)
                        *next = x->from;
                if (x->to > n && x->to < *next)
                        *next = x->to;
        }
        return is;
}
