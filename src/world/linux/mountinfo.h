/* world/linux/mountinfo.h - what is mounted: /proc/self/mountinfo */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena;
struct mount;

/* Reads the whole file. Lines that make no sense are left out. Device numbers of file systems that
 * are on no block device (major 0, as ZFS's) are 0. */
void mountinfo_parse(const char *text, size_t len, struct arena *a, struct mount **ret,
                     uint32_t *ret_n);
