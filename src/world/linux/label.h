/* world/linux/label.h - the passport of a leg: what its own four labels say, without ZFS's help */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct label;

#define LABEL_COUNT      4u
#define LABEL_SIZE_BYTES (256u * 1024)

/* Where label `i` lies on a device of that size; false if the device is too small for labels. */
bool label_offset(uint64_t device_bytes, uint32_t i, uint64_t *ret);

/* Reads the four labels of a device of `device_bytes`, each LABEL_SIZE_BYTES long, NULL where one
 * could not be read. Nothing in them is trusted that its checksum does not vouch for, and not much
 * of the rest. `ret` is all zeroes (text "") where nothing is valid. Text goes into the arena. */
void label_parse(const uint8_t *const labels[LABEL_COUNT], uint64_t device_bytes, struct arena *a,
                 struct label *ret);

/* Opens a block device (for O_DIRECT: the page cache may be stale) or a file, for reading labels.
 * Returns a descriptor or negative errno; -ENOTBLK if it is neither. */
int label_open(const char *path);

/* Reads all labels. 0, though nothing was found valid, or negative errno if nothing could be read
 * at all; -EFBIG if the device is too small to have labels. */
int label_read(int fd, struct arena *a, struct label *ret);

/* What `zmirror label --json <device>` prints (one line without its end), and reads again. */
char *label_print_json(struct arena *a, const char *device, const struct label *l);
bool label_parse_json(const char *text, size_t len, struct arena *a, struct label *ret);
