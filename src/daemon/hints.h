/* daemon/hints.h - what is to be looked at: many hints, few looks */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/time.h"
#include "world/world.h"

/* So many children look at pools and labels at once, at most. */
#define HINTS_CHILDREN_MAX 8u

/* A hint makes a pool, or the mounts, be looked at again this long after the last look began, at
 * the earliest: a storm of events costs a look now and then, not one after the other. What the
 * engine asks for is looked at at once. */
#define HINTS_REST_USEC (250 * USEC_PER_MSEC)

/* First in, first out. */
struct hint_queue {
        struct hint *first, **end;
};

/* The world is asked through a function, so that a test can answer in its place. */
typedef void (*hints_look)(void *userdata, uint64_t tag, const struct look *what);

struct hints {
        struct hint *all;
        struct map by_key, by_tag;         /* values: struct hint * */
        struct hint_queue ready;           /* to be begun by the next hints_run */
        struct hint_queue waits_for_child; /* to be begun when a child has ended */
        struct hint_queue resting;         /* looked at just now; perhaps wanted again */
        uint64_t next_tag, newest_seq;
        uint32_t n_children;
        hints_look look;
        void *userdata;
};

void hints_init(struct hints *h, hints_look look, void *userdata);
void hints_done(struct hints *h);

/* Whoever asked is gone: the answers to what is in flight are not heeded. */
void hints_restart(struct hints *h);

/* Something may have changed there. */
void hints_add(struct hints *h, const struct look *what);
/* The engine wants to know; the answer carries a seq that is not lower. */
void hints_ask(struct hints *h, const struct look *what, uint64_t seq);
/* The look with this tag was answered. `ret_seq`: the highest seq that it answers. False: there is
 * no such look. */
bool hints_answered(struct hints *h, uint64_t tag, uint64_t *ret_seq);

/* Begins the looks whose time has come. Returns when to call again, or USEC_NEVER. */
usec_t hints_run(struct hints *h, usec_t mono);
