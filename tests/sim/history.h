/* tests/sim/history.h - histories: playing them, making them shorter, and printing them */
#pragma once

#include "sim/stage.h"
#include "universe.h"

/* A history is a scenario: its lines, without the configuration. */
struct play_history {
        ARRAY(const char *) lines;       /* owned by the universe's arena or static */
        const struct universe *universe; /* or NULL: `reload` cannot be played */
        bool crashes;                    /* without its crashes it must come to the same */
};

/* What a history came to. */
struct verdict {
        bool broken;
        char kind[32], text[600];
        uint64_t n_steps;
        usec_t duration; /* in the world */
};

void history_done(struct play_history *h);
/* Plays the history in a world of that configuration; lines that make no sense are left out. */
void history_play(const struct play_history *h, const struct config *config, uint64_t seed,
                  FILE *timeline, struct verdict *ret);
/* Leaves out lines as long as the same kind of invariant is broken. */
void history_minimise(struct play_history *h, const struct config *config, uint64_t seed,
                      const struct verdict *verdict);
/* As a scenario file. */
void history_print(const struct play_history *h, const struct universe *u, uint64_t seed, FILE *f);
