/* tests/sim/history.h - histories: playing them, and printing them */
#pragma once

#include "census.h"
#include "config/config_load.h"
#include "sim/stage.h"
#include "universe.h"

/* The time zone in which they are played: it has nights of 23 and 25 hours. */
#define HISTORY_ZONE "CET-1CEST,M3.5.0,M10.5.0/3"

/* A history is a scenario: its lines, without the configuration. */
struct play_history {
        ARRAY(const char *) lines;       /* owned by the universe's arena or static */
        const struct universe *universe; /* or NULL: `reload` cannot be played */
        struct text yaml;      /* the configuration, if it is not the universe's as a whole */
        bool crashes;          /* without its crashes it must come to the same */
        struct census *census; /* or NULL */
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
/* A scenario, with the invariants that histories have. False: it makes no sense, or does not come
 * to what it expects: `ret_error`, in the arena. */
bool history_play_scenario(const struct scenario *s, FILE *timeline, struct arena *a,
                           struct verdict *ret, const char **ret_error);
/* As a scenario file: the lines that made sense when it was played, and how it ends. */
void history_print(const struct play_history *h, const struct config *config, uint64_t seed,
                   FILE *f);
