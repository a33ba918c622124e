/* world/linux/nvlist.c - reading the name-value lists in ZFS's labels (XDR encoding)
 *
 * Packed: encoding (1: XDR), byte order (of no meaning in XDR), two bytes of nothing, then the
 * list: its version (0) and flags, and pairs until one of encoded and decoded size 0. A pair: its
 * encoded size, its decoded size, its name (a counted string, padded to four bytes), its type, its
 * number of elements, its value. All integers are big-endian, whatever machine wrote them.
 *
 * Disks come from strangers. Every read is checked against what is left, a pair cannot be shorter
 * than its head, so a list of n bytes has at most n/20 pairs, and lists inside of lists are opened
 * only when somebody asks for them by name: there is no recursion. */
#include <string.h>

#include "base/arena.h"
#include "world/linux/nvlist.h"

#define ENCODING_XDR    1
#define NAME_MAX_BYTES  256u
#define TEXT_MAX_BYTES  4096u
#define PAIR_HEAD_BYTES 20u /* sizes, length of the name, type, number of elements */

enum { TYPE_UINT64 = 8, TYPE_STRING = 9, TYPE_NVLIST = 19, TYPE_NVLIST_ARRAY = 20 };

struct pair {
        const uint8_t *name;
        uint32_t name_len, type, n_elements;
        struct nvlist value;
};

static bool take(struct nvlist *l, size_t n, const uint8_t **ret) {
        if (n > l->len)
                return false;
        *ret = l->bytes;
        l->bytes += n;
        l->len -= n;
        return true;
}

static bool take_u32(struct nvlist *l, uint32_t *ret) {
        const uint8_t *p;

        if (!take(l, 4, &p))
                return false;
        *ret = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
        return true;
}

static bool take_u64(struct nvlist *l, uint64_t *ret) {
        uint32_t high, low;

        if (!take_u32(l, &high) || !take_u32(l, &low))
                return false;
        *ret = (uint64_t) high << 32 | low;
        return true;
}

/* A counted string with its padding. */
static bool take_string(struct nvlist *l, uint32_t max, const uint8_t **ret, uint32_t *ret_len) {
        uint32_t len;

        return take_u32(l, &len) && len <= max && take(l, (len + 3u) & ~3u, ret) &&
               ((void) (*ret_len = len), true);
}

/* Version and flags, which stand in front of every list, the inner ones too. */
static bool take_list_head(struct nvlist *l) {
        uint32_t version, flags;

        return take_u32(l, &version) && take_u32(l, &flags) && version == 0;
}

/* The next pair; false at the end of the list, and where it makes no sense. */
static bool take_pair(struct nvlist *l, struct pair *ret) {
        uint32_t encoded_size, decoded_size;
        struct nvlist pair;

        if (!take_u32(l, &encoded_size) || !take_u32(l, &decoded_size) ||
            encoded_size < PAIR_HEAD_BYTES)
                return false;
        pair.len = encoded_size - 8; /* the two sizes are counted, too */
        if (!take(l, pair.len, &pair.bytes))
                return false;
        if (!take_string(&pair, NAME_MAX_BYTES, &ret->name, &ret->name_len) ||
            !take_u32(&pair, &ret->type) || !take_u32(&pair, &ret->n_elements))
                return false;
        ret->value = pair;
        return true;
}

static bool find_pair(struct nvlist l, const char *name, uint32_t type, struct pair *ret) {
        size_t len = strlen(name);

        while (take_pair(&l, ret))
                if (ret->type == type && ret->name_len == len && memcmp(ret->name, name, len) == 0)
                        return true;
        return false;
}

static bool find(struct nvlist l, const char *name, uint32_t type, struct nvlist *ret) {
        struct pair p;

        if (!find_pair(l, name, type, &p) || p.n_elements != 1)
                return false;
        *ret = p.value;
        return true;
}

bool nvlist_open(const uint8_t *bytes, size_t len, struct nvlist *ret) {
        struct nvlist l = { bytes, len };
        const uint8_t *head;

        if (!take(&l, 4, &head) || head[0] != ENCODING_XDR || !take_list_head(&l))
                return false;
        *ret = l;
        return true;
}

bool nvlist_find_number(struct nvlist l, const char *name, uint64_t *ret) {
        struct nvlist value;

        return find(l, name, TYPE_UINT64, &value) && take_u64(&value, ret);
}

bool nvlist_find_text(struct nvlist l, const char *name, struct arena *a, const char **ret) {
        struct nvlist value;
        const uint8_t *s;
        uint32_t len;

        if (!find(l, name, TYPE_STRING, &value) || !take_string(&value, TEXT_MAX_BYTES, &s, &len) ||
            memchr(s, '\0', len))
                return false;
        *ret = arena_strndup(a, (const char *) s, len);
        return true;
}

uint32_t nvlist_count_lists(struct nvlist l, const char *name) {
        struct pair p;

        return find_pair(l, name, TYPE_NVLIST_ARRAY, &p) ? p.n_elements : 0;
}

bool nvlist_find_list(struct nvlist l, const char *name, struct nvlist *ret) {
        struct nvlist value;

        if (!find(l, name, TYPE_NVLIST, &value) || !take_list_head(&value))
                return false;
        *ret = value;
        return true;
}
