/* world/linux/pool_look.h - asking a pool: `zpool status` in the form that this zpool knows */
#pragma once

#include <stdint.h>

struct facts;
struct linux_world;
struct look;

/* One answer follows, or has been given when this returns. */
void pool_look_begin(struct linux_world *w, uint64_t tag, const struct look *what);

/* What is remembered of a pool as long as it stays imported; NULL: of all pools. */
void pool_look_forget(struct linux_world *w, const char *name);
