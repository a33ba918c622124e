/* model/receipt.h - what a disk carried when it was safe to unplug: a paper to keep */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "model/memory.h"

struct receipt_leg {
        const char *id, *hrid, *pool;
        enum copy copy;
        const char *copy_text;          /* why it cannot be relied upon, "" */
        struct proof proof;             /* how it was found to be complete */
        uint64_t txg;                   /* on its own label, read after it went; 0: not read */
        usec_t txg_at;                  /* and when that was written */
        const char *errors;             /* "" */
        usec_t last_update, last_scrub; /* 0: never */
};

struct receipt {
        const char *id, *hrid; /* of the disk */
        usec_t time;
        struct receipt_leg *legs;
        uint32_t n_legs;
};

/* A JSON object; it is kept in the history, and is what a client gets. */
void receipt_print(struct text *t, const struct receipt *r);
/* False if it is none. Text is borrowed from the JSON's arena. */
bool receipt_parse(struct arena *a, const struct json *object, struct receipt *ret);
