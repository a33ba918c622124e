/* tests/sim/universe.h - configurations that nobody would think of */
#pragma once

#include "base/array.h"
#include "base/text.h"
#include "sim/queue.h"

/* What there is to play with, by the names that the lines of a scenario use. Owned by the arena. */
struct universe {
        struct arena *arena;
        struct text yaml;
        struct text other;         /* the same with a disk or some handlers less, for a reload */
        ARRAY(const char *) disks; /* info */
        ARRAY(const char *) pools;
        ARRAY(const char *) zvols;  /* "<pool>/<volume>" */
        ARRAY(const char *) crypts; /* mapper names */
        ARRAY(const char *) legs;   /* "<pool> <leg>" */
        ARRAY(const char *) paths;  /* of the legs, parallel */
        ARRAY(const char *) things; /* "<type> <name...>", of every entity */
};

struct universe_options {
        uint32_t n_disks; /* at most; 0: mostly few, seldom many */
        bool plain;       /* every handler that a careful user would configure */
        bool certain;     /* what comes of it does not depend on which of two disks is there first:
                             no pool has more than one leg outside, unless one is in the machine */
};

struct universe *universe_new(uint64_t seed, const struct universe_options *options);
/* A mirror of one leg in the machine and the others on disks with LUKS, or all on disks: for
 * exploring. `n_legs` 2 or 3. */
struct universe *universe_new_small(uint32_t n_legs, bool internal);
struct universe *universe_free(struct universe *u);
DEFINE_CLEANUP(struct universe *, universe_free);
