/* engine/chores.c - what is done at the times that are configured */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/chores.h"
#include "engine/core.h"
#include "engine/history.h"
#include "engine/overdue.h"
#include "engine/request.h"
#include "engine/schedule.h"

#define LOOK_USUAL (10 * USEC_PER_MIN)

/* A clock that is set by less is one that was a little wrong: what was due meanwhile is done, and
 * not again when it comes a second time. By more it was no clock (a machine without one starts in
 * the year in which it was built): then nothing was missed. As cron does. */
#define CLOCK_CORRECTION (3 * USEC_PER_HOUR)

static const struct {
        const char *name;
        unsigned operations;
} table[_CHORES_KIND_MAX] = {
        [CHORES_MAINTENANCE] = { "maintenance", ~0u },
        [CHORES_UPDATE] = { "updates", 1u << OPERATION_UPDATE },
};

static const struct schedule *chores_schedule(const struct engine *e, enum chores_kind k) {
        const struct settings *s = &e->config->settings;

        switch (k) {
        case CHORES_MAINTENANCE:
                return &s->maintenance_scheduler;
        case CHORES_UPDATE:
                return &s->update_scheduler;
        case CHORES_LOOK:
                return &s->regular_status_scheduler;
        case _CHORES_KIND_MAX:
                break;
        }
        abort();
}

void chores_begin(struct engine *e) {
        for (enum chores_kind k = 0; k < _CHORES_KIND_MAX; k++)
                e->chores.due[k] = schedule_next(chores_schedule(e, k), e->now.wall);
        e->chores.look_at = USEC_NEVER;
        if (!e->config->settings.regular_status_default)
                return;
        e->chores.due[CHORES_LOOK] = USEC_NEVER;
        e->chores.look_at = e->now.mono + LOOK_USUAL;
}

void chores_clock_set(struct engine *e, int64_t by_usec) {
        usec_t look_at = e->chores.look_at;

        if (by_usec > -(int64_t) CLOCK_CORRECTION && by_usec < (int64_t) CLOCK_CORRECTION)
                return;
        engine_log(e, LOG_LEVEL_INFO, ENTITY_NONE,
                   "the clock was set: schedules begin anew with what it shows");
        chores_begin(e);
        e->chores.look_at = look_at;
}

/* A date that is in the future was written by a clock that was wrong. */
static void chores_tell_ahead(struct engine *e, entity_id leg, enum operation op) {
        static const char *const names[_OPERATION_MAX] = { "update", "scrub", "trim" };
        const struct memory_entity *m = &engine_node(e, leg)->row->m;
        usec_t date = overdue_date(m, op);
        char buffer[TIME_PRINT_MAX];

        if (!overdue_is_ahead(date, e->now.wall))
                return;
        history_add(
                e, HISTORY_SCHEDULED, leg,
                arena_printf(e->effects.arena, "ahead|%s|%u|%" PRIu64, m->id, (unsigned) op, date),
                NULL,
                "the last %s of %s has a date that is in the future (%s): the clock was wrong "
                "then, or is now; it counts as overdue",
                names[op], engine_title(e, leg), time_print(date, buffer));
}

/* A run that finds nothing to do is told once a day: it may be every minute. */
static void chores_tell(struct engine *e, enum chores_kind k, usec_t due, uint32_t n) {
        struct arena *a = e->effects.arena;
        char day[TIME_PRINT_MAX];

        if (n)
                history_add(e, HISTORY_SCHEDULED, ENTITY_NONE,
                            arena_printf(a, "scheduled|%s|%" PRIu64, table[k].name, due), NULL,
                            "scheduled %s: %u request%s", table[k].name, n, n == 1 ? "" : "s");
        else
                history_add(
                        e, HISTORY_SCHEDULED, ENTITY_NONE,
                        arena_printf(a, "scheduled|%s|%.10s", table[k].name, time_print(due, day)),
                        NULL, "scheduled %s: nothing is overdue", table[k].name);
}

static void chores_do(struct engine *e, enum chores_kind k, usec_t due) {
        struct chore *chores;
        uint32_t n = engine_view_chores(e, e->effects.arena, table[k].operations, /* all= */ false,
                                        e->now, &chores);

        chores_tell(e, k, due, n);
        for (uint32_t i = 0; i < n; i++) {
                chores_tell_ahead(e, chores[i].entity, chore_operation(&chores[i]));
                (void) request_make(e, &(struct input_wish){ .wish = chores[i].wish,
                                                             .entity = chores[i].entity,
                                                             .origin = ORIGIN_MAINTENANCE });
        }
}

void chores_follow(struct engine *e) {
        for (enum chores_kind k = 0; k < _CHORES_KIND_MAX; k++) {
                usec_t due = e->chores.due[k];

                if (due > e->now.wall)
                        continue;
                e->chores.due[k] = schedule_next(chores_schedule(e, k), e->now.wall);
                if (k == CHORES_LOOK)
                        e->effects.look_around = true;
                else
                        chores_do(e, k, due);
        }
        if (e->now.mono < e->chores.look_at)
                return;
        e->chores.look_at = e->now.mono + LOOK_USUAL;
        e->effects.look_around = true;
}

usec_t chores_next_wall(const struct engine *e) {
        usec_t next = USEC_NEVER;

        for (enum chores_kind k = 0; k < _CHORES_KIND_MAX; k++)
                if (e->chores.due[k] < next)
                        next = e->chores.due[k];
        return next;
}

usec_t chores_next_mono(const struct engine *e) {
        return e->chores.look_at;
}
