/* world/linux/sha256.c - SHA-256 (FIPS 180-4), with which ZFS protects its labels
 *
 * None of the libraries that zmirror uses has it, and a crypto library for four labels of 256 KiB
 * would be much to ask. */
#include <string.h>

#include "world/linux/sha256.h"

static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n) {
        return x >> n | x << (32 - n);
}

static uint32_t load(const uint8_t *p) {
        return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

/* The message schedule: 16 words of the block, and 48 that follow from them. */
static void expand(const uint8_t *block, uint32_t w[64]) {
        for (unsigned i = 0; i < 16; i++)
                w[i] = load(block + 4 * i);
        for (unsigned i = 16; i < 64; i++) {
                uint32_t x = w[i - 15], y = w[i - 2];

                w[i] = w[i - 16] + w[i - 7] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) +
                       (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
        }
}

static void add_block(uint32_t state[8], const uint8_t *block) {
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5],
                 g = state[6], h = state[7], w[64];

        expand(block, w);
        for (unsigned i = 0; i < 64; i++) {
                uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                              ((e & f) ^ (~e & g)) + k[i] + w[i];
                uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                              ((a & b) ^ (a & c) ^ (b & c));

                h = g, g = f, f = e, e = d + t1;
                d = c, c = b, b = a, a = t1 + t2;
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d;
        state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256_init(struct sha256 *h) {
        *h = (struct sha256){
                .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                           0x1f83d9ab, 0x5be0cd19 },
        };
}

void sha256_add(struct sha256 *h, const void *bytes, size_t n) {
        const uint8_t *p = bytes;
        size_t used = h->length_bytes % sizeof(h->block), room = sizeof(h->block) - used;

        h->length_bytes += n;
        if (used > 0 && n >= room) {
                memcpy(h->block + used, p, room);
                add_block(h->state, h->block);
                p += room;
                n -= room;
                used = 0;
        }
        if (used == 0)
                for (; n >= sizeof(h->block); n -= sizeof(h->block), p += sizeof(h->block))
                        add_block(h->state, p);
        if (n > 0)
                memcpy(h->block + used, p, n);
}

void sha256_end(struct sha256 *h, uint8_t ret_digest[SHA256_BYTES]) {
        static const uint8_t padding[64] = { 0x80 };
        uint64_t bits = h->length_bytes * 8;
        size_t used = h->length_bytes % sizeof(h->block);
        uint8_t length[8];

        for (unsigned i = 0; i < sizeof(length); i++)
                length[i] = (uint8_t) (bits >> (56 - 8 * i));
        sha256_add(h, padding, used < 56 ? 56 - used : 120 - used);
        sha256_add(h, length, sizeof(length));
        for (unsigned i = 0; i < SHA256_BYTES; i++)
                ret_digest[i] = (uint8_t) (h->state[i / 4] >> (24 - 8 * (i % 4)));
}
