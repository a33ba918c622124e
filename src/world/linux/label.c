/* world/linux/label.c - the passport of a leg: what its own four labels say, without ZFS's help
 *
 * A leg bears four labels of 256 KiB, two at its front and two at its end, rounded down to that
 * size. In each of them:
 *
 *     0 K   nothing, and a boot environment
 *    16 K   the configuration: a packed name-value list, 112 KiB with the checksum at their end
 *   128 K   the ring of uberblocks: slots of 1 to 8 KiB (as the pool's ashift has it), each with a
 *           checksum at its end
 *
 * A checksum is a SHA-256 over the block, in which the place of the checksum holds the block's own
 * position on the device: a label that was copied to another place is not valid. It and the
 * uberblock are in the byte order of the machine that wrote them; a magic number in front tells
 * which.
 *
 * Anybody can compute such a checksum. It tells a torn or rotten block from a whole one, no more,
 * so everything that is read here may be a lie, and is bounded. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/facts.h"
#include "world/linux/label.h"
#include "world/linux/nvlist.h"
#include "world/linux/pool_status.h"
#include "world/linux/sha256.h"

#define CONFIG_OFFSET   (16u * 1024)
#define CONFIG_BYTES    (112u * 1024)
#define RING_OFFSET     (128u * 1024)
#define RING_BYTES      (128u * 1024)
#define SLOT_MIN_SHIFT  10u
#define SLOT_MAX_SHIFT  13u
#define ASHIFT_MAX      64u
#define CHECKSUM_BYTES  40u /* a magic number, and the checksum, at the end of a block */
#define CHECKSUM_MAGIC  UINT64_C(0x0210da7ab10c7a11)
#define UBERBLOCK_MAGIC UINT64_C(0x00bab10c)
#define PIECE_BYTES     (8u * 1024)
#define ALIGNMENT_BYTES 4096u

/* The words of an uberblock that are of interest, by their number. */
enum { UBERBLOCK_WORD_MAGIC = 0, UBERBLOCK_WORD_TXG = 2, UBERBLOCK_WORD_TIMESTAMP = 4 };

/* --- checksums ------------------------------------------------------------------------------ */

enum order { ORDER_LITTLE, ORDER_BIG };

static uint64_t load_u64(const uint8_t *p, enum order order) {
        uint64_t value = 0;

        for (unsigned i = 0; i < 8; i++)
                value = value << 8 | p[order == ORDER_BIG ? i : 7 - i];
        return value;
}

static void store_u64(uint8_t *p, uint64_t value, enum order order) {
        for (unsigned i = 0; i < 8; i++)
                p[order == ORDER_BIG ? 7 - i : i] = (uint8_t) (value >> (8 * i));
}

/* The byte order in which a number with a known value is stored; false if it is another one. */
static bool order_of(const uint8_t *p, uint64_t known, enum order *ret) {
        if (load_u64(p, ORDER_LITTLE) == known)
                *ret = ORDER_LITTLE;
        else if (load_u64(p, ORDER_BIG) == known)
                *ret = ORDER_BIG;
        else
                return false;
        return true;
}

/* True if a block that lies at `offset` of the device is whole. The digest is four big-endian
 * words, which are stored in the writer's order. */
static bool block_is_whole(const uint8_t *block, size_t size, uint64_t offset, enum order *ret) {
        const uint8_t *tail = block + size - CHECKSUM_BYTES;
        uint8_t position[SHA256_BYTES] = {}, digest[SHA256_BYTES];
        struct sha256 h;
        enum order order;

        if (!order_of(tail, CHECKSUM_MAGIC, &order))
                return false;
        store_u64(position, offset, order);
        sha256_init(&h);
        sha256_add(&h, block, size - SHA256_BYTES);
        sha256_add(&h, position, sizeof(position));
        sha256_end(&h, digest);
        for (unsigned i = 0; i < SHA256_BYTES; i += 8)
                if (load_u64(digest + i, ORDER_BIG) != load_u64(tail + 8 + i, order))
                        return false;
        *ret = order;
        return true;
}

/* --- one label ------------------------------------------------------------------------------ */

/* What one of the four labels says. */
struct one {
        bool config;       /* it has a configuration that is whole */
        struct label says; /* the members that come from the configuration */
        unsigned slot_shift;
        bool ring; /* it has an uberblock that is whole */
        uint64_t txg, timestamp;
};

/* A name for people and logs: what no pool and no host is called becomes "?". */
static void read_name(struct nvlist config, const char *key, struct arena *a, const char **ret) {
        const char *name = "";
        char *copy;

        (void) nvlist_find_text(config, key, a, &name);
        copy = arena_strdup(a, name);
        for (char *c = copy; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
        *ret = copy;
}

/* As many members as a vdev of ZFS may have at all, and some more. */
#define WIDTH_MAX 1024u

static void read_top(struct nvlist tree, struct arena *a, struct vdev_shape *ret) {
        const char *type = "";
        uint64_t parity = 0;
        struct vdev v = {};

        (void) nvlist_find_text(tree, "type", a, &type);
        (void) nvlist_find_number(tree, "nparity", &parity);
        vdev_set_type_by_name(&v, type);
        ret->type = v.type;
        ret->width = v.type == VDEV_TYPE_DISK ? 1 : nvlist_count_lists(tree, "children");
        if (ret->width > WIDTH_MAX)
                ret->width = WIDTH_MAX;
        ret->parity = parity < ret->width ? (uint32_t) parity : 0;
}

static bool one_read_config(const uint8_t *block, uint64_t offset, struct arena *a,
                            struct one *ret) {
        struct one one = { .says = { .pool_name = "", .hostname = "" } };
        struct nvlist config, tree;
        uint64_t ashift = 0;
        enum order order;

        if (!block_is_whole(block, CONFIG_BYTES, offset, &order) ||
            !nvlist_open(block, CONFIG_BYTES - CHECKSUM_BYTES, &config) ||
            !nvlist_find_number(config, "pool_guid", &one.says.pool_guid) ||
            !nvlist_find_number(config, "guid", &one.says.vdev_guid) ||
            !nvlist_find_list(config, "vdev_tree", &tree) ||
            !nvlist_find_number(tree, "ashift", &ashift) || ashift > ASHIFT_MAX)
                return false;
        read_name(config, "name", a, &one.says.pool_name);
        (void) nvlist_find_number(config, "top_guid", &one.says.top_guid);
        (void) nvlist_find_number(config, "txg", &one.says.config_txg);
        (void) nvlist_find_number(config, "state", &one.says.pool_state);
        (void) nvlist_find_number(config, "hostid", &one.says.hostid);
        read_name(config, "hostname", a, &one.says.hostname);
        read_top(tree, a, &one.says.top);
        one.config = true;
        one.slot_shift = ashift < SLOT_MIN_SHIFT   ? SLOT_MIN_SHIFT
                         : ashift > SLOT_MAX_SHIFT ? SLOT_MAX_SHIFT
                                                   : (unsigned) ashift;
        *ret = one;
        return true;
}

/* Newer is a higher txg, then a later time, as ZFS itself has it. A txg of 0 is what a leg is born
 * with. */
static bool is_newer(uint64_t txg, uint64_t timestamp, const struct one *than) {
        return txg != than->txg ? txg > than->txg : txg > 0 && timestamp > than->timestamp;
}

static void one_read_slot(const uint8_t *slot, size_t size, uint64_t offset, struct one *one) {
        uint64_t txg, timestamp;
        enum order order, written;

        if (!order_of(slot + 8 * UBERBLOCK_WORD_MAGIC, UBERBLOCK_MAGIC, &order))
                return;
        txg = load_u64(slot + 8 * UBERBLOCK_WORD_TXG, order);
        timestamp = load_u64(slot + 8 * UBERBLOCK_WORD_TIMESTAMP, order);
        if (!is_newer(txg, timestamp, one) || !block_is_whole(slot, size, offset, &written) ||
            written != order)
                return;
        one->ring = true;
        one->txg = txg;
        one->timestamp = timestamp;
}

static void one_read_ring(const uint8_t *ring, uint64_t offset, unsigned slot_shift,
                          struct one *one) {
        size_t size = (size_t) 1 << slot_shift;

        for (size_t i = 0; i < RING_BYTES; i += size)
                one_read_slot(ring + i, size, offset + i, one);
}

/* --- all four ------------------------------------------------------------------------------- */

static bool same_leg(const struct one *a, const struct one *b) {
        return a->says.pool_guid == b->says.pool_guid && a->says.vdev_guid == b->says.vdev_guid;
}

static unsigned count_same_leg(const struct one *all, const struct one *as) {
        unsigned n = 0;

        for (unsigned i = 0; i < LABEL_COUNT; i++)
                n += all[i].config && same_leg(&all[i], as);
        return n;
}

/* The configuration to believe: what most labels say, then the newest, then the first. Labels of an
 * older life of the disk may have been left at its end. */
static const struct one *best_config(const struct one *all) {
        const struct one *best = NULL;

        for (unsigned i = 0; i < LABEL_COUNT; i++) {
                unsigned votes, best_votes;

                if (!all[i].config)
                        continue;
                votes = count_same_leg(all, &all[i]);
                best_votes = best ? count_same_leg(all, best) : 0;
                if (votes > best_votes ||
                    (votes == best_votes && all[i].says.config_txg > best->says.config_txg))
                        best = &all[i];
        }
        return best;
}

/* The rings of labels without a configuration count, too, as they do for ZFS: a pull may tear a
 * label. Those of another leg do not. */
static void read_rings(const uint8_t *const labels[LABEL_COUNT], uint64_t device_bytes,
                       const struct one *best, struct one *all) {
        uint64_t offset;

        for (unsigned i = 0; i < LABEL_COUNT; i++)
                if (labels[i] && label_offset(device_bytes, i, &offset) &&
                    (!all[i].config || same_leg(&all[i], best)))
                        one_read_ring(labels[i] + RING_OFFSET, offset + RING_OFFSET,
                                      best->slot_shift, &all[i]);
}

bool label_offset(uint64_t device_bytes, uint32_t i, uint64_t *ret) {
        uint64_t end = device_bytes / LABEL_SIZE_BYTES * LABEL_SIZE_BYTES;

        if (end < (uint64_t) LABEL_COUNT * LABEL_SIZE_BYTES || i >= LABEL_COUNT)
                return false;
        *ret = i < LABEL_COUNT / 2 ? (uint64_t) i * LABEL_SIZE_BYTES
                                   : end - (uint64_t) (LABEL_COUNT - i) * LABEL_SIZE_BYTES;
        return true;
}

void label_parse(const uint8_t *const labels[LABEL_COUNT], uint64_t device_bytes, struct arena *a,
                 struct label *ret) {
        struct one all[LABEL_COUNT] = {};
        const struct one *best, *newest = NULL;
        uint64_t offset;

        *ret = (struct label){ .pool_name = "", .hostname = "" };
        for (unsigned i = 0; i < LABEL_COUNT; i++)
                if (labels[i] && label_offset(device_bytes, i, &offset))
                        (void) one_read_config(labels[i] + CONFIG_OFFSET, offset + CONFIG_OFFSET, a,
                                               &all[i]);
        best = best_config(all);
        if (!best)
                return;
        read_rings(labels, device_bytes, best, all);
        for (unsigned i = 0; i < LABEL_COUNT; i++)
                if (all[i].ring && (!newest || is_newer(all[i].txg, all[i].timestamp, newest)))
                        newest = &all[i];
        if (!newest)
                return;
        *ret = best->says;
        ret->valid = true;
        ret->txg = newest->txg;
        ret->timestamp = newest->timestamp;
        for (unsigned i = 0; i < LABEL_COUNT; i++)
                ret->n_labels += all[i].config && all[i].ring && same_leg(&all[i], best);
}

/* --- reading -------------------------------------------------------------------------------- */

int label_open(const char *path) {
        _cleanup_(closep) int fd = -1;
        struct stat st;

        /* a plain open of a device that is being removed, or of a fifo, may block */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISBLK(st.st_mode)) {
                if (fcntl(fd, F_SETFL, O_DIRECT) < 0)
                        return -errno;
        } else if (!S_ISREG(st.st_mode))
                return -ENOTBLK;
        return TAKE_FD(fd);
}

static bool read_piece(int fd, uint8_t *buffer, size_t n, uint64_t offset) {
        while (n > 0) {
                ssize_t k = pread(fd, buffer, n, (off_t) offset);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k <= 0)
                        return false;
                buffer += k;
                n -= (size_t) k;
                offset += (size_t) k;
        }
        return true;
}

/* If a label cannot be read at once, then all pieces of it that can: a bad sector in one slot does
 * not spoil the others. False if none can. */
static bool read_label(int fd, uint8_t *buffer, uint64_t offset) {
        bool any = false;

        if (read_piece(fd, buffer, LABEL_SIZE_BYTES, offset))
                return true;
        for (size_t i = 0; i < LABEL_SIZE_BYTES; i += PIECE_BYTES)
                if (read_piece(fd, buffer + i, PIECE_BYTES, offset + i))
                        any = true;
                else
                        memset(buffer + i, 0, PIECE_BYTES);
        return any;
}

int label_read(int fd, struct arena *a, struct label *ret) {
        _cleanup_(freep) uint8_t *buffer = NULL;
        const uint8_t *labels[LABEL_COUNT] = {};
        off_t size = lseek(fd, 0, SEEK_END);
        unsigned n = 0;
        uint64_t offset;

        if (size < 0)
                return -errno;
        if (!label_offset((uint64_t) size, 0, &offset))
                return -EFBIG;
        buffer = aligned_alloc(ALIGNMENT_BYTES, (size_t) LABEL_COUNT * LABEL_SIZE_BYTES);
        if (!buffer)
                abort();
        for (unsigned i = 0; i < LABEL_COUNT; i++) {
                uint8_t *label = buffer + (size_t) i * LABEL_SIZE_BYTES;

                if (!label_offset((uint64_t) size, i, &offset) || !read_label(fd, label, offset))
                        continue;
                labels[i] = label;
                n++;
        }
        if (n == 0)
                return -EIO;
        label_parse(labels, (uint64_t) size, a, ret);
        return 0;
}
