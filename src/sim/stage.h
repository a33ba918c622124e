/* sim/stage.h - where a scenario is played: a world, the engine in it, and what its lines do
 *
 * The lines are listed, with their usage, in the tables in play.c and mishap.c (what can be done),
 * and in expect.c (what can be expected); `zmirror simulate` prints them on `help`. */
#pragma once

#include <stdio.h>

#include "sim/rehearsal.h"
#include "sim/scenario.h"

struct stage_options {
        uint64_t seed;
        bool jitter; /* nothing takes exactly as long as usual */
        bool old_zfs;
        const char *config_path;              /* used unless the scenario brings its own; or NULL */
        const struct config *config;          /* the same, borrowed */
        const struct rehearsal_watcher *also; /* somebody else who wants to follow it; or NULL */
        FILE *timeline; /* where what happens is told as it happens; or NULL */
        bool color;
};

enum play {
        PLAY_GOOD,
        PLAY_MISTAKE, /* the line makes no sense */
        PLAY_FAILED,  /* an expectation is not met */
};

struct stage;

struct stage *stage_new(const struct stage_options *options);
struct stage *stage_free(struct stage *st);
DEFINE_CLEANUP(struct stage *, stage_free);

/* Plays one line. `stage_error` says what was expected, without file and line. */
enum play stage_play(struct stage *st, const struct scenario_line *line);
const char *stage_error(const struct stage *st);

/* All of it; `ret_error` (in the arena) begins with file and line. */
enum play stage_play_all(struct stage *st, const struct scenario *s, struct arena *a,
                         const char **ret_error);

/* For those who play it in another world: what is in the world that its configuration describes,
 * and its lines, as records of fields with tabs between them (translate.c). Nothing is played. */
enum play stage_translate(struct stage *st, const struct scenario *s, FILE *f, struct arena *a,
                          const char **ret_error);

void stage_help(FILE *f);
/* After each line at the prompt: `seconds` of the time of the world pass. False without a world. */
bool stage_pass(struct stage *st, usec_t duration);
/* NULL before there is a world. */
struct rehearsal *stage_rehearsal(struct stage *st);
