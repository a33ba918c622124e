/* sim/queue.h - virtual time: what happens next, and the dice that decide how */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/time.h"

/* A deterministic generator: the same seed throws the same numbers on every machine. */
struct dice {
        uint64_t state;
};

uint64_t dice_next(struct dice *d);
uint64_t dice_below(struct dice *d, uint64_t n); /* 0 to n - 1; 0 for n = 0 */
bool dice_chance(struct dice *d, unsigned percent);

/* What is to happen at a time. Things of the same time happen in the order in which they were put
 * in. */
struct happening {
        usec_t at;
        uint64_t order;
        void (*fire)(void *owner, void *what, uint64_t number);
        void *owner, *what;
        uint64_t number;
};

struct queue {
        ARRAY(struct happening) heap;
        uint64_t order;
};

void queue_add(struct queue *q, struct happening h);
usec_t queue_next(const struct queue *q); /* USEC_NEVER: nothing is to happen */
struct happening queue_take(struct queue *q);
void queue_done(struct queue *q);
