/* engine/overdue.c - which operation of which leg is due, and since when */
#include "engine/overdue.h"
#include "engine/core.h"
#include "engine/engine.h"

usec_t overdue_due(struct span interval, usec_t added, usec_t last) {
        usec_t from = last ? last : added;

        return span_is_nil(interval) || !from ? 0 : time_add_span(from, interval);
}

/* Clocks are set back by some hours for good reasons. */
#define AHEAD_USEC USEC_PER_DAY

bool overdue_is_ahead(usec_t date, usec_t now) {
        return date > now && date - now > AHEAD_USEC;
}

usec_t overdue_since(struct span interval, usec_t added, usec_t last, usec_t now) {
        usec_t due = overdue_due(interval, added, last);

        if (due && overdue_is_ahead(last ? last : added, now))
                return now;
        return due && due < now ? due : 0;
}

usec_t overdue_date(const struct memory_entity *m, enum operation op) {
        switch (op) {
        case OPERATION_UPDATE:
                return m->last_update;
        case OPERATION_SCRUB:
                return m->last_scrub;
        case OPERATION_TRIM:
                return m->last_trim;
        case _OPERATION_MAX:
                break;
        }
        return 0;
}

/* An update is made by bringing the leg online. */
static const enum wish chore_wishes[_OPERATION_MAX] = {
        [OPERATION_UPDATE] = WISH_ONLINE,
        [OPERATION_SCRUB] = WISH_SCRUB,
        [OPERATION_TRIM] = WISH_TRIM,
};

enum operation chore_operation(const struct chore *c) {
        enum operation op = 0;

        while (chore_wishes[op] != c->wish)
                op++;
        return op;
}

static bool chore_is_due(const struct view_entity *v, enum operation op) {
        return v->overdue[op] || (op == OPERATION_UPDATE && v->available_update_overdue);
}

uint32_t engine_view_chores(const struct engine *e, struct arena *a, unsigned operations, bool all,
                            struct now now, struct chore **ret) {
        const struct config *c = e->config;
        ARRAY(struct chore) found = {};
        struct view_entity v;
        uint32_t n;

        for (entity_id i = 0; i < c->n_entities; i++) {
                if (engine_entity(e, i)->type != ENTITY_ZDEV)
                        continue;
                engine_view_entity(e, i, now, &v);
                for (enum operation op = 0; op < _OPERATION_MAX; op++)
                        if ((operations & (1u << op)) && (all || chore_is_due(&v, op)))
                                array_append(&found, ((struct chore){ chore_wishes[op], i }));
        }
        *ret = arena_memdup(a, found.items, found.count * sizeof(*found.items));
        n = (uint32_t) found.count;
        array_done(&found);
        return n;
}
