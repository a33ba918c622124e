/* sim/queue.c - virtual time: a heap of what happens next, and dice (splitmix64) */
#include <assert.h>

#include "sim/queue.h"

uint64_t dice_next(struct dice *d) {
        uint64_t z = (d->state += 0x9e3779b97f4a7c15u);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

uint64_t dice_below(struct dice *d, uint64_t n) {
        return n ? dice_next(d) % n : 0;
}

bool dice_chance(struct dice *d, unsigned percent) {
        return percent && dice_below(d, 100) < percent;
}

static bool happening_is_before(const struct happening *a, const struct happening *b) {
        return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void queue_add(struct queue *q, struct happening h) {
        size_t i = q->heap.count;

        h.order = q->order++;
        (void) array_add(&q->heap);
        for (; i > 0; i = (i - 1) / 2) {
                if (!happening_is_before(&h, &q->heap.items[(i - 1) / 2]))
                        break;
                q->heap.items[i] = q->heap.items[(i - 1) / 2];
        }
        q->heap.items[i] = h;
}

usec_t queue_next(const struct queue *q) {
        return q->heap.count ? q->heap.items[0].at : USEC_NEVER;
}

struct happening queue_take(struct queue *q) {
        struct happening first, last;
        size_t i = 0, n;

        assert(q->heap.count);
        first = q->heap.items[0];
        last = q->heap.items[--q->heap.count];
        n = q->heap.count;
        while (2 * i + 1 < n) {
                size_t child = 2 * i + 1;

                if (child + 1 < n &&
                    happening_is_before(&q->heap.items[child + 1], &q->heap.items[child]))
                        child++;
                if (!happening_is_before(&q->heap.items[child], &last))
                        break;
                q->heap.items[i] = q->heap.items[child];
                i = child;
        }
        if (n)
                q->heap.items[i] = last;
        return first;
}

void queue_done(struct queue *q) {
        array_done(&q->heap);
}
