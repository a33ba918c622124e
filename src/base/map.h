/* base/map.h - hash tables: text or number to a 64 bit value */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* All zeroes is an empty map. Keys that are text are borrowed: they must live as long as their
 * entry. */
struct map {
        struct map_slot *slots;
        uint32_t capacity, used, filled;
};

void map_done(struct map *m);
void map_clear(struct map *m);

/* Sets or replaces. */
void map_put(struct map *m, const char *key, uint64_t value);
void map_put_number(struct map *m, uint64_t key, uint64_t value);

/* False if the key is not there; `ret_value` may be NULL. */
bool map_get(const struct map *m, const char *key, uint64_t *ret_value);
bool map_get_number(const struct map *m, uint64_t key, uint64_t *ret_value);

/* True if something was removed. */
bool map_remove(struct map *m, const char *key);
bool map_remove_number(struct map *m, uint64_t key);
