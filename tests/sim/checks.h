/* tests/sim/checks.h - the invariants, as their own files see them: invariant.c (what commands do),
 * commands.c (what is run, and why), claims.c (what is said), pictures.c (what is shown), ending.c
 */
#pragma once

#include "base/array.h"
#include "invariant.h"

/* What was wrong when it was looked at last, of an entity. */
struct suspicion {
        usec_t since; /* time of the world; 0: it is right */
        usec_t seen;  /* when it was last found to be wrong */
};

/* A leg that was written down or shown as complete and was not. */
struct doubt {
        entity_id leg;
        uint64_t vdev_guid;
        usec_t since;
};

/* An open request, as it was seen last. */
struct seen_request {
        uint64_t id;
        bool there;     /* its device was, since it is open */
        usec_t gone;    /* time since when it is not; 0: it is */
        usec_t forlorn; /* time since when nobody needs it; 0: somebody does */
};

struct invariant {
        struct rehearsal_watcher watcher;
        struct rehearsal *rehearsal;
        const struct config *world; /* that the world was built from: its numbers are the world's */
        char kind[32], text[600];
        bool broken, ending;
        struct arena *arena; /* for a moment */

        /* invariant.c */
        struct text last_run;
        uint32_t n_repeats;
        usec_t repeated; /* time since when they are counted */
        uint32_t n_runs; /* since the last line */

        /* claims.c */
        ARRAY(struct doubt) doubts;
        struct suspicion *unsafe; /* of the world's entities, as the next */
        struct suspicion *lacks;

        /* pictures.c */
        struct suspicion *wrong;
        usec_t next_look;

        /* commands.c */
        ARRAY(struct seen_request) requests;
        uint64_t last_client; /* the last one who asked for something */
        usec_t overridden;    /* time until when somebody takes a loss of data upon himself */
};

void invariant_break(struct invariant *v, const char *kind, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* What is judged by time: true if it has been so for that long while nothing was hidden from the
 * daemon. `is`: it is so now. */
bool suspicion_lasts(const struct invariant *v, struct suspicion *s, bool is, usec_t grace);
/* Its number in the world; ENTITY_NONE: it is not there (a reload made it up). */
entity_id world_id(const struct invariant *v, entity_id id);
/* The leg lacks a block, and the daemon could know what is on the device. */
bool leg_lacks(const struct invariant *v, entity_id world_leg);

/* It, or what it stands on, is one of two of that name. */
bool entity_is_doubled(const struct invariant *v, entity_id world_id);

/* A command that is about to start. */
void commands_on_run(struct invariant *v, const struct command *c);
/* When a command of zmirror's has its effect. */
void commands_on_execute(struct invariant *v, const struct command *c);
/* After each step of the engine. */
void commands_on_effects(struct invariant *v, const struct effects *e);
void claims_on_effects(struct invariant *v, const struct effects *e);
void pictures_on_effects(struct invariant *v, const struct effects *e);

void claims_check_verdicts(struct invariant *v);
/* False: something is not shown as it is, but perhaps only for a moment. */
bool pictures_check(struct invariant *v);
