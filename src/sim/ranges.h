/* sim/ranges.h - sets of block numbers, as sorted ranges */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From `from` up to, but without, `to`. */
struct range {
        uint64_t from, to;
};

/* All zeroes is the empty set. */
struct ranges {
        struct range *items;
        uint32_t count, capacity;
};

void ranges_add(struct ranges *r, uint64_t from, uint64_t to);
void ranges_remove(struct ranges *r, uint64_t from, uint64_t to);
void ranges_add_all(struct ranges *r, const struct ranges *other);
void ranges_remove_all(struct ranges *r, const struct ranges *other);
void ranges_copy(struct ranges *r, const struct ranges *from); /* replaces what is in `r` */
void ranges_clear(struct ranges *r);
void ranges_done(struct ranges *r);

bool ranges_is_empty(const struct ranges *r);
bool ranges_has(const struct ranges *r, uint64_t n);
bool ranges_has_all(const struct ranges *r, const struct ranges *inner);
bool ranges_equal(const struct ranges *a, const struct ranges *b);
/* Is it in the set? `next` is lowered to the first number after it for which that is otherwise. */
bool ranges_next(const struct ranges *r, uint64_t n, uint64_t *next);
uint64_t ranges_count(const struct ranges *r); /* how many numbers are in it */
