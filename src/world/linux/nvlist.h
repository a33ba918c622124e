/* world/linux/nvlist.h - reading the name-value lists in ZFS's labels (XDR encoding) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A list, or what is left of it: a window into memory that somebody else holds. */
struct nvlist {
        const uint8_t *bytes;
        size_t len;
};

/* A packed list, with its four bytes of header and its version; false if it is none that can be
 * read. */
bool nvlist_open(const uint8_t *bytes, size_t len, struct nvlist *ret);

/* Find the first pair of that name and type. A list that breaks off in the middle is read as far as
 * it goes; nothing in it is trusted. Text goes into the arena. */
bool nvlist_find_number(struct nvlist l, const char *name, uint64_t *ret);
bool nvlist_find_text(struct nvlist l, const char *name, struct arena *a, const char **ret);
bool nvlist_find_list(struct nvlist l, const char *name, struct nvlist *ret);
/* How many lists there are said to be in the array of that name; 0 if there is none. */
uint32_t nvlist_count_lists(struct nvlist l, const char *name);
