/* model/view.h - the picture as it is shown to people: states, dates, requests, verdicts */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "model/config.h"
#include "model/entity.h"
#include "model/memory.h"
#include "model/reason.h"
#include "model/trim.h"

/* An operation that runs on a leg. */
struct view_operation {
        bool running;
        double progress; /* 0 to 1; negative: not told */
        usec_t started;  /* 0: not told */
        usec_t eta;      /* wall clock, when it will be done; 0: not told */
        usec_t paused;   /* since when; 0: not paused */
        uint64_t done_bytes, total_bytes;
};

/* One entity, as `list` and `status` show it. */
struct view_entity {
        const struct entity *entity;
        enum state state;
        bool errors;
        const char *errors_text; /* why, for people; "" */
        /* legs only; 0: never. USEC_NEVER in last_online and last_update: now */
        usec_t added, last_online, last_update, last_scrub, last_trim;
        usec_t overdue[_OPERATION_MAX]; /* since when; 0: not overdue */
        usec_t available_update_overdue;
        struct view_operation operations[_OPERATION_MAX];
        struct trim_obstacle
                trim;           /* online, and cannot be trimmed: why; valid until the next step */
        bool silent;            /* a pool: it is imported, and does not answer (yet, or any more) */
        bool watching;          /* online, and not known to be up to date yet */
        enum copy copy;         /* of a leg, by the ledger */
        const char *copy_text;  /* why it is no copy, ""; valid until the next step */
        const char *device;     /* its block device, "" */
        struct failure failure; /* text is valid until the next step */
        const char *held_by; /* who used it when it was to go last, ""; valid until the next step */
};

/* Who asked for something. */
enum origin {
        ORIGIN_PERSON,
        ORIGIN_MAINTENANCE,
        ORIGIN_HANDLER,
        ORIGIN_SELF, /* zmirror itself: what is gone is taken offline */
        _ORIGIN_MAX,
};

const char *origin_print(enum origin o);

struct view_request {
        uint64_t id;
        entity_id entity;
        enum wish wish;
        enum origin origin;
        bool own;                  /* somebody wanted it itself; else it is for those who need it */
        const char *by;            /* "a person"; of a handler "on_appeared of crypt tank-b" */
        usec_t since;              /* wall clock */
        struct reason reason;      /* why it is not fulfilled yet */
        const uint64_t *needed_by; /* ids of the requests that need it */
        uint32_t n_needed_by;
};

/* One line of an explanation. */
struct view_step {
        uint32_t depth; /* 0 begins a chain; each next step is one deeper than what it explains */
        enum reason_code code; /* NONE: it is no reason of a request */
        const char *text;
};

/* May it be unplugged? */
enum verdict_kind {
        VERDICT_ABSENT,
        VERDICT_BUSY,
        VERDICT_WORKING,
        VERDICT_SAFE,
        _VERDICT_KIND_MAX,
};

const char *verdict_kind_print(enum verdict_kind k);

/* One per removable disk (or top-level part or crypt that can be unplugged). */
struct view_verdict {
        entity_id disk;
        enum verdict_kind kind;
        const char *text; /* "resilvering tank-b (tank), 41 %, done in 12 min"; "in use: pool bak";
                             "" */
        const char *trouble; /* what was wanted of something on it and was not done, or a copy that
                                is none: "online of zdev tank-b (tank) failed: ..."; "" */
        double progress;     /* of what it is working on; negative: not told */
        usec_t eta;          /* wall clock, 0: not told */
        bool up_to_date;    /* every leg on it is a complete copy, as of now or of when it left, and
                               nothing is overdue */
        usec_t last_update; /* the oldest of its legs; 0: never; USEC_NEVER: now */
        usec_t due;         /* when the first update will be overdue; 0: no interval */
        bool overdue;
        bool errors;
};
