/* tests/sim/universe.h - configurations that nobody would think of */
#pragma once

#include "base/array.h"
#include "base/text.h"
#include "sim/queue.h"

/* What there is to play with, by the names that the lines of a scenario use. Owned by the arena. */
struct universe {
        struct arena *arena;
        struct text yaml;
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
};

struct universe *universe_new(uint64_t seed, const struct universe_options *options);
struct universe *universe_free(struct universe *u);
DEFINE_CLEANUP(struct universe *, universe_free);
