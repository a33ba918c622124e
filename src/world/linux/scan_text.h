/* world/linux/scan_text.h - how a scan goes, as `zpool status` says it to people */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct arena;
struct scan;

/* Reads a scan paragraph, on one line. A sequential resilver has one of its own, and names a vdev:
 * "resilver (mirror-0) in progress since ...". It is not the pool's scan record; if it runs,
 * `rebuilding` is set. Neither is touched by what says nothing of them. */
void scan_text_read(struct arena *a, const char *line, struct scan *scan, bool *rebuilding);

/* The date behind a word, 0 if the line has no such word. */
usec_t scan_text_date(const char *line, const char *word);
/* "60.4M", "0B", "123": rounded by ZFS to three digits, so the result is about right. A suffix is a
 * power of 1024. False if it is none. */
bool scan_text_amount(const char *s, uint64_t *ret);
