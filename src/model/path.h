/* model/path.h - paths of block devices, as udev makes them of names */
#pragma once

#include <stdbool.h>

#include "base/arena.h"

/* In the arena. Of what could part a path or a shell word, udev and device-mapper make "\x20". */
const char *path_of_part(struct arena *a, const char *name);    /* by its GPT name */
const char *path_of_mapping(struct arena *a, const char *name); /* by its mapper name */
const char *path_of_volume(struct arena *a, const char *name);  /* "<pool>/<volume>" */

/* True if that is the path of a device with that name: "/dev/disk/by-partlabel/EFI\x20System" of
 * "EFI System", "/dev/zvol/bak/a+b" of "zvol/bak/a b", in whichever folder. */
bool path_is_of(const char *path, const char *name);
/* The same for a volume: "/dev/zvol/bak/a+b" of "bak/a b". */
bool path_is_of_volume(const char *path, const char *name);

/* Without "\x20". In the arena. */
char *path_decode(struct arena *a, const char *s);
