/* engine/deadline.c - when which entity has to be planned again though nothing happened */
#include "engine/deadline.h"

static void swap(struct deadline *a, struct deadline *b) {
        struct deadline t = *a;

        *a = *b;
        *b = t;
}

void deadline_add(struct deadlines *d, usec_t at, entity_id entity) {
        size_t i = d->heap.count;

        array_append(&d->heap, ((struct deadline){ .at = at, .entity = entity }));
        for (; i > 0 && d->heap.items[i].at < d->heap.items[(i - 1) / 2].at; i = (i - 1) / 2)
                swap(&d->heap.items[i], &d->heap.items[(i - 1) / 2]);
}

bool deadline_take(struct deadlines *d, usec_t now, entity_id *ret) {
        struct deadline *h = d->heap.items;
        size_t n = d->heap.count;

        if (!n || h[0].at > now)
                return false;
        *ret = h[0].entity;
        h[0] = h[--n];
        d->heap.count = n;
        for (size_t i = 0;;) {
                size_t left = 2 * i + 1, least = i;

                if (left < n && h[left].at < h[least].at)
                        least = left;
                if (left + 1 < n && h[left + 1].at < h[least].at)
                        least = left + 1;
                if (least == i)
                        return true;
                swap(&h[i], &h[least]);
                i = least;
        }
}

usec_t deadline_next(const struct deadlines *d) {
        return d->heap.count ? d->heap.items[0].at : USEC_NEVER;
}
