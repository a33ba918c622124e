/* sim/actor.h - the stage as seen by those who play on it: stage.c, play.c, mishap.c, expect.c,
 * timeline.c */
#pragma once

#include <stdarg.h>

#include "base/array.h"
#include "base/text.h"
#include "config/config_load.h"
#include "sim/stage.h"

/* What became of a request that somebody made in the scenario. */
struct stage_request {
        uint64_t client;
        bool ended, fulfilled;
        const char *reason;
};

/* What is done when zmirror runs a command of that kind. */
struct ambush {
        enum command_kind kind;
        usec_t delay;
        struct scenario_line line;
        bool sprung;
};

struct timeline;

struct stage {
        struct stage_options options;
        struct arena *arena;
        struct sim_options sim;
        const struct config *config;
        ARRAY(struct config *) configs; /* all that were ever loaded */
        struct rehearsal *rehearsal;    /* NULL until the first line that needs a world */
        struct timeline *timeline;
        bool start_stopped;
        struct sim_faults faults;
        ARRAY(const char *) runs;    /* every command that zmirror ran */
        size_t expected;             /* so many of them were expected already */
        ARRAY(const char *) may_run; /* patterns: they may be run at any time, or not */
        ARRAY(struct stage_request) requests;
        ARRAY(struct ambush) ambushes;
        const char *path; /* of the scenario */
        struct text error;
};

/* Sets what stage_error says. Returns PLAY_MISTAKE / PLAY_FAILED. */
enum play stage_mistake(struct stage *st, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
enum play stage_failed(struct stage *st, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* "there is no disk 'x'<why>", and which there are. */
enum play stage_disk_mistake(struct stage *st, const char *name, const char *why);

/* Words to things; false: stage_mistake was called. */
bool stage_find_entity(struct stage *st, const char *const *words, uint32_t n, entity_id *ret);
bool stage_parse_duration(struct stage *st, const char *const *words, uint32_t n, usec_t *ret);
bool stage_parse_number(struct stage *st, const char *word, uint64_t max, uint64_t *ret);
bool stage_parse_size(struct stage *st, const char *word, uint64_t *ret);
/* The file that the line names, or its block; without a line that of the options. NULL:
 * stage_mistake was called. It lives as long as the stage. */
const struct config *stage_load_config(struct stage *st, const struct scenario_line *l);
const char *const *words_copy(struct arena *a, const char *const *words, uint32_t n);
/* The words with one blank between them, in the arena. */
const char *words_join(struct arena *a, const char *const *words, uint32_t n);
/* The same, with commas. */
const char *words_list(struct arena *a, const char *const *words, uint32_t n);
/* "zdev", "tank", "tank-b" from "zdev tank tank-b ..."; 0: there are not enough. */
uint32_t words_of_entity(const char *const *words, uint32_t n);

/* --- what lines can do */

/* May stand before there is a world, and makes none; nobody does anything, or the world tells it;
 * it happens to the world, and to nobody who may be in the middle of something. */
enum { BEFORE = 1, QUIET = 2, SUDDEN = 4 };

/* `words`: at least and at most, the verb among them. */
struct verb {
        const char *name;
        uint32_t min, max;
        unsigned is;
        enum play (*play)(struct stage *st, const struct scenario_line *l);
        const char *usage, *help;
};

const struct verb *play_verbs(size_t *ret_n);   /* play.c: people, the daemon, the machine */
const struct verb *mishap_verbs(size_t *ret_n); /* mishap.c: what goes wrong */
/* NULL: there is none of that name. */
const struct verb *verb_find(const char *name);

/* `expect ...`, `wait until ...` (words after those): expect.c. */
enum play stage_expect(struct stage *st, const char *const *words, uint32_t n);
enum play stage_wait_until(struct stage *st, const char *const *words, uint32_t n, usec_t within);
void expect_help(FILE *f);

/* timeline.c: tells on a terminal what happens. */
struct timeline *timeline_new(struct stage *st, FILE *f, bool color);
struct timeline *timeline_free(struct timeline *t);
/* A world was made: from now on it is followed. */
void timeline_follow(struct timeline *t, struct rehearsal *r);
void timeline_on_effects(struct timeline *t, const struct effects *e);
void timeline_on_run(struct timeline *t, const struct command *c);
/* Somebody does something. */
void timeline_do(struct timeline *t, const char *what);
void timeline_on_end(struct timeline *t, const struct command_end *end);
/* What is so at the moment: for `status`. */
void timeline_status(struct timeline *t);
void timeline_explain(struct timeline *t, entity_id id);
