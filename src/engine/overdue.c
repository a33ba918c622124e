/* engine/overdue.c - which operation of which leg is due, and since when: SPEC 7 */
#include "engine/overdue.h"

usec_t overdue_due(struct span interval, usec_t added, usec_t last) {
        usec_t from = last ? last : added;

        return span_is_nil(interval) || !from ? 0 : time_add_span(from, interval);
}

usec_t overdue_since(struct span interval, usec_t added, usec_t last, usec_t now) {
        usec_t due = overdue_due(interval, added, last);

        return due && due < now ? due : 0;
}
