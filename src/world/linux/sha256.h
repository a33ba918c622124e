/* world/linux/sha256.h - SHA-256, with which ZFS protects its labels */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

struct sha256 {
        uint32_t state[8];
        uint64_t length_bytes;
        uint8_t block[64];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *bytes, size_t n);
void sha256_end(struct sha256 *h, uint8_t ret_digest[SHA256_BYTES]);
