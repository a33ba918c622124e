/* world/linux/file.h - what the small files of /proc and /sys hold; none of them blocks */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct text;

/* Everything in the file, at most `max` bytes of it, added to the text. 0 or negative errno. */
int file_read(const char *path, size_t max, struct text *ret);

/* The first line without its end, in the arena; NULL if the file is not there. */
char *file_read_line(struct arena *a, const char *path);

/* False if it is not there or is no plain number. */
bool file_read_number(const char *path, uint64_t *ret);

/* "8:33" as a device number; false for anything else. */
bool devnum_parse(const char *s, uint64_t *ret);
