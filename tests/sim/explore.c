/* tests/sim/explore.c - every history of some length of a small world, one after the other */
#include "explore.h"
#include "base/text.h"

/* What the next thing depends on. */
struct moment {
        unsigned plugged; /* bit per disk */
        bool stopped, rests;
};

struct explorer {
        const struct exploration *x;
        const struct universe *u;
        struct play_history h;
        explore_visit visit;
        void *userdata;
        bool over;
};

enum thing {
        THING_CABLE, /* of the first disk; one more for each disk */
        THING_WRITE = THING_CABLE + 3,
        THING_MOMENT,
        THING_REST,
        THING_STOP,
        THING_POWER_CUT,
        THING_OFFLINE,
        THING_BY_HAND,
        _THING_MAX,
};

static const char *line_of_cable(const struct explorer *e, const struct moment *m, uint32_t disk) {
        return arena_printf(e->u->arena, "%s %s", m->plugged >> disk & 1 ? "pull" : "plug",
                            e->u->disks.items[disk]);
}

/* NULL: that cannot happen now, or it changes nothing. `m` becomes what is so afterwards. */
static const char *thing_happens(const struct explorer *e, enum thing t, struct moment *m) {
        struct moment before = *m;

        m->rests = false;
        switch (t) {
        case THING_WRITE:
                return "write tank 300M";
        case THING_MOMENT:
                return before.rests ? NULL : "wait 3 s";
        case THING_REST:
                m->rests = true;
                return before.rests || before.stopped ? NULL : "wait until rest";
        case THING_STOP:
                m->stopped = !before.stopped;
                return before.stopped ? "start" : "kill";
        case THING_POWER_CUT:
                return "power-cut";
        case THING_OFFLINE:
                return before.stopped ? NULL : "offline disk d1";
        case THING_BY_HAND:
                return before.plugged & 1 ? "type zpool online tank p1" : NULL;
        case THING_CABLE:
        case _THING_MAX:
        default:
                break;
        }
        if (t - THING_CABLE >= e->u->disks.count)
                return NULL;
        m->plugged ^= 1u << (t - THING_CABLE);
        return line_of_cable(e, &before, t - THING_CABLE);
}

static void explore_from(struct explorer *e, struct moment now, uint32_t left) {
        if (!left) {
                e->over = !e->visit(e->userdata, &e->h);
                return;
        }
        for (enum thing t = THING_CABLE; t < _THING_MAX && !e->over; t++) {
                struct moment m = now;
                const char *line = thing_happens(e, t, &m);

                if (!line)
                        continue;
                array_append(&e->h.lines, line);
                explore_from(e, m, left - 1);
                e->h.lines.count--;
        }
}

void explore(const struct exploration *x, const struct universe *u, explore_visit visit,
             void *userdata) {
        struct explorer e = { .x = x, .u = u, .visit = visit, .userdata = userdata };

        e.h.universe = u;
        for (uint32_t depth = 1; depth <= x->depth && !e.over; depth++)
                explore_from(&e, (struct moment){}, depth);
        history_done(&e.h);
}
