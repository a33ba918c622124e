/* tests/unit/world/label_image.h - writes labels as ZFS would, on a device in memory
 *
 * It was written from the on-disk format, not from the reader: what both have in common is only the
 * SHA-256. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "world/linux/sha256.h"

#define IMAGE_LABEL_BYTES (256u * 1024)

struct image_settings {
        bool big_endian; /* the machine that wrote it */
        unsigned ashift;
        const char *pool, *hostname; /* hostname NULL: neither it nor a hostid */
        uint64_t pool_guid, vdev_guid, top_guid, state, config_txg, hostid;
        bool no_tree; /* as on a hot spare */
};

/* Only the labels are kept; what lies between them does not matter. */
struct image {
        uint8_t *labels[4];
        uint64_t device_bytes;
};

/* --- name-value lists */

struct image_list {
        uint8_t *bytes;
        size_t n;
};

static inline void image_u32(struct image_list *l, uint32_t x) {
        for (int i = 3; i >= 0; i--)
                l->bytes[l->n++] = (uint8_t) (x >> (8 * i));
}

static inline void image_u64(struct image_list *l, uint64_t x) {
        image_u32(l, (uint32_t) (x >> 32));
        image_u32(l, (uint32_t) x);
}

static inline void image_string(struct image_list *l, const char *s) {
        size_t n = strlen(s);

        image_u32(l, (uint32_t) n);
        memcpy(l->bytes + l->n, s, n);
        l->n += n;
        while (l->n % 4)
                l->bytes[l->n++] = 0;
}

/* The head of a pair; its size is filled in by image_pair_end. Returns where it begins. */
static inline size_t image_pair(struct image_list *l, const char *name, uint32_t type,
                                uint32_t n_elements) {
        size_t begin = l->n;

        image_u32(l, 0);
        image_u32(l, 64); /* the size of what it becomes in memory */
        image_string(l, name);
        image_u32(l, type);
        image_u32(l, n_elements);
        return begin;
}

static inline void image_pair_end(struct image_list *l, size_t begin) {
        struct image_list head = { l->bytes, begin };

        image_u32(&head, (uint32_t) (l->n - begin));
}

static inline void image_number_pair(struct image_list *l, const char *name, uint64_t x) {
        size_t p = image_pair(l, name, 8, 1);

        image_u64(l, x);
        image_pair_end(l, p);
}

static inline void image_text_pair(struct image_list *l, const char *name, const char *s) {
        size_t p = image_pair(l, name, 9, 1);

        image_string(l, s);
        image_pair_end(l, p);
}

static inline void image_list_begin(struct image_list *l) {
        image_u32(l, 0); /* version */
        image_u32(l, 1); /* unique names */
}

static inline void image_list_end(struct image_list *l) {
        image_u64(l, 0);
}

/* The tree of a mirror, with leaves that have members of the same names. */
static inline void image_tree(struct image_list *l, const struct image_settings *s) {
        size_t tree = image_pair(l, "vdev_tree", 19, 1), children;

        image_list_begin(l);
        image_text_pair(l, "type", "mirror");
        image_number_pair(l, "id", 0);
        image_number_pair(l, "guid", s->top_guid);
        children = image_pair(l, "children", 20, 2);
        for (unsigned i = 0; i < 2; i++) {
                image_list_begin(l);
                image_number_pair(l, "guid", i ? s->vdev_guid : s->vdev_guid + 1);
                image_number_pair(l, "ashift", 3);
                image_text_pair(l, "path", "/dev/mapper/x");
                image_list_end(l);
        }
        image_pair_end(l, children);
        image_number_pair(l, "ashift", s->ashift);
        image_list_end(l);
        image_pair_end(l, tree);
}

static inline void image_config(struct image_list *l, const struct image_settings *s) {
        static const uint8_t head[4] = { 1, 1, 0, 0 };
        size_t features;

        memcpy(l->bytes + l->n, head, sizeof(head));
        l->n += sizeof(head);
        image_list_begin(l);
        image_number_pair(l, "version", 5000);
        image_text_pair(l, "name", s->pool);
        image_number_pair(l, "state", s->state);
        image_number_pair(l, "txg", s->config_txg);
        image_number_pair(l, "pool_guid", s->pool_guid);
        if (s->hostname) {
                image_number_pair(l, "hostid", s->hostid);
                image_text_pair(l, "hostname", s->hostname);
        }
        image_number_pair(l, "top_guid", s->top_guid);
        image_number_pair(l, "guid", s->vdev_guid);
        if (!s->no_tree)
                image_tree(l, s);
        features = image_pair(l, "features_for_read", 19, 1);
        image_list_begin(l);
        image_pair_end(l, image_pair(l, "com.delphix:hole_birth", 1, 0));
        image_list_end(l);
        image_pair_end(l, features);
        image_list_end(l);
}

/* --- blocks with checksums */

static inline void image_put(uint8_t *p, uint64_t x, bool big_endian) {
        for (unsigned i = 0; i < 8; i++)
                p[i] = (uint8_t) (x >> (big_endian ? 56 - 8 * i : 8 * i));
}

static inline uint64_t image_label_offset(const struct image *m, unsigned label) {
        uint64_t whole = m->device_bytes & ~(uint64_t) (IMAGE_LABEL_BYTES - 1);

        return label < 2 ? label * IMAGE_LABEL_BYTES : whole - (4 - label) * IMAGE_LABEL_BYTES;
}

/* Seals what lies in a label at that place. */
static inline void image_seal(struct image *m, unsigned label, size_t at, size_t size,
                              bool big_endian) {
        uint8_t *block = m->labels[label] + at, *eck = block + size - 40, digest[32];
        struct sha256 h;

        image_put(eck, 0x0210da7ab10c7a11, big_endian);
        memset(eck + 8, 0, 32);
        image_put(eck + 8, image_label_offset(m, label) + at, big_endian);
        sha256_init(&h);
        sha256_add(&h, block, size);
        sha256_end(&h, digest);
        for (unsigned i = 0; i < 32; i++) /* words of 8 bytes, big-endian in the digest */
                eck[8 + i] = digest[big_endian ? i : i / 8 * 8 + 7 - i % 8];
}

static inline size_t image_slot_bytes(unsigned ashift) {
        return (size_t) 1 << (ashift < 10 ? 10 : ashift > 13 ? 13 : ashift);
}

/* An uberblock, in the slot in which ZFS would put it. */
static inline void image_uberblock(struct image *m, unsigned label, const struct image_settings *s,
                                   uint64_t txg, uint64_t timestamp) {
        size_t size = image_slot_bytes(s->ashift), n_slots = 128 * 1024 / size;
        size_t at = 128 * 1024 + txg % n_slots * size;
        uint8_t *u = m->labels[label] + at;

        memset(u, 0, size);
        image_put(u, 0x00bab10c, s->big_endian);
        image_put(u + 8, 5000, s->big_endian);
        image_put(u + 16, txg, s->big_endian);
        image_put(u + 24, s->pool_guid + s->vdev_guid, s->big_endian);
        image_put(u + 32, timestamp, s->big_endian);
        image_seal(m, label, at, size, s->big_endian);
}

static inline void image_write_config(struct image *m, unsigned label,
                                      const struct image_settings *s) {
        struct image_list l = { m->labels[label] + 16 * 1024, 0 };

        memset(l.bytes, 0, 112 * 1024);
        image_config(&l, s);
        image_seal(m, label, 16 * 1024, 112 * 1024, s->big_endian);
}

/* A device with four whole labels, and a ring with the uberblocks from txg 116 to 120, written once
 * a second. */
static inline struct image image_new(const struct image_settings *s, uint64_t device_bytes) {
        struct image m = { .device_bytes = device_bytes };

        for (unsigned i = 0; i < 4; i++) {
                m.labels[i] = memory_new(1, IMAGE_LABEL_BYTES);
                image_write_config(&m, i, s);
                for (uint64_t txg = 116; txg <= 120; txg++)
                        image_uberblock(&m, i, s, txg, 1000 + txg);
        }
        return m;
}

static inline void image_done(struct image *m) {
        for (unsigned i = 0; i < 4; i++)
                free(m->labels[i]);
}
