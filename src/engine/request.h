/* engine/request.h - what somebody wants of an entity, until it is fulfilled, has failed or was
 * cancelled */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/core.h"
#include "model/reason.h"

/*
 * A request is planned again from the present picture at every change until it ends. At most one of
 * a kind is open per entity: a second one joins the first. What a request needs of other entities
 * are requests, too; such a need knows who needs it, and ends when nobody does any more and nobody
 * asked for it by himself.
 */

enum need_state { NEED_OPEN, NEED_FULFILLED, NEED_FAILED };

/* What a request asked of another entity. */
struct need {
        entity_id entity;
        enum wish wish;
        enum need_state state;
        struct reason reason; /* why it failed */
};

/* A command that the request has run. */
struct ran {
        uint64_t hash; /* of the command line */
        enum command_kind kind;
        bool good;
        bool started; /* there is such a program */
        bool busy;    /* it says that somebody uses what it would take away */
        uint32_t times;
};

struct request {
        uint64_t id;
        size_t index; /* in engine.requests */
        entity_id entity;
        enum wish wish;
        enum origin origin;  /* the strongest of those who joined */
        enum event by_event; /* of a handler: whose, and what has happened */
        entity_id by;        /* or ENTITY_NONE */
        bool own;            /* somebody wanted it itself; else it exists for those who need it */
        bool accept_data_loss, overwrite_leg;
        entity_id scope; /* offline: all that lies in here goes; for what is needed: that of whoever
                            needs it */
        uint64_t asked;  /* rank of whoever asked for it last, or needs it: higher is newer */
        struct now since;
        usec_t progress; /* monotonic: when what it waits for last changed */
        ARRAY(uint64_t) clients;
        ARRAY(uint64_t) needed_by; /* requests */
        ARRAY(struct need) needs;
        ARRAY(struct ran) ran;
        struct reason reason; /* why it is not fulfilled yet */
        bool untimed;         /* what it waits for now may take any time */

        /* the command it has running, or ran last */
        uint64_t job;
        uint64_t job_hash; /* of that command line */
        uint64_t look_first,
                look_last;     /* its effects are seen when these looks have been answered */
        usec_t deadline;       /* the last that was set for its time-out */
        bool looked_again;     /* for an effect that did not show itself */
        usec_t settle_until;   /* monotonic; then it has had no effect */
        usec_t retry_at;       /* monotonic; 0: none planned */
        bool retries;          /* it is time, and what the command stands on is looked at anew */
        struct reason failure; /* of the last command, if it failed */
        bool volmode_is_none;  /* zvol: what zfs get said */
        bool scan_known; /* a pool's scrub: `scan` is the pool's record when it was asked for */
        struct scan scan;
        uint64_t looked_since; /* holders and labels have to be looked at after this seq */
};

/* Whoever it comes from: a person or maintenance reaches up and down, a handler only waits for what
 * is open already. */
static inline bool request_reaches(const struct request *r) {
        return r->origin != ORIGIN_HANDLER;
}

struct request *request_find(const struct engine *e, uint64_t id);

/* Makes or joins. Ends what it excludes; a handler that a person's request stands against
 * gets none: 0. */
uint64_t request_make(struct engine *e, const struct input_wish *wish);
/* The request `r` needs `wish` of `entity`: makes or joins, and links them. */
void request_need(struct engine *e, struct request *r, entity_id entity, enum wish wish);
/* What became of a need; NULL if it was never asked for. */
const struct need *request_find_need(const struct request *r, entity_id entity, enum wish wish);

/* Ends it: clients are told, whoever needs it is planned again, its own needs go if nobody else has
 * them. */
void request_end(struct engine *e, struct request *r, bool fulfilled, const struct reason *why);
/* Withdraws what a person asked for. False if there was nothing. */
bool request_cancel(struct engine *e, entity_id entity, enum wish wish);

/* Who wanted it: "a person", or "on_appeared of crypt tank-b". In the arena. */
const char *request_print_origin(const struct engine *e, const struct request *r, struct arena *a);
/* Why it waits, at the end of all that it waits for: what a person wants to know. */
const struct reason *request_cause(const struct engine *e, const struct request *r);
/* Sets why it waits; a change of it is progress, and is told. */
void request_wait(struct engine *e, struct request *r, const struct reason *why, bool untimed);
/* Something in it moved: whoever needs it has made progress, too. */
void request_progress(struct engine *e, struct request *r);
/* A new configuration: requests go on under the new ids; what is for something that is gone ends.
 */
void request_renumber(struct engine *e, const struct config *old, const struct config *new);
void request_release(struct engine *e);
/* Frees the slots of ended requests; called at the end of a step. */
void request_compact(struct engine *e);
/* What it ran is no reason any more not to run it again. */
void request_forget_commands(struct request *r);
/* True if that scrub of its pool began after the request was made. */
bool request_scan_is_new(const struct request *r, const struct scan *scan);
