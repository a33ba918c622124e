/* daemon/chores.c - maintenance as it is scheduled: maintenance_scheduler and update_scheduler */
#include "daemon/chores.h"
#include "base/log.h"
#include "daemon/core.h"
#include "engine/schedule.h"

static const struct {
        const char *name;
        unsigned operations;
} table[_CHORES_SCHEDULE_MAX] = {
        [CHORES_MAINTENANCE] = { "maintenance", ~0u },
        [CHORES_UPDATE] = { "update", 1u << OPERATION_UPDATE },
};

static const struct schedule *chores_schedule(const struct daemon *d, enum chores_schedule s) {
        const struct settings *settings = &d->config->settings;

        return s == CHORES_UPDATE ? &settings->update_scheduler : &settings->maintenance_scheduler;
}

/* The two clocks do not run exactly alike: it may have to be waited for a little longer. */
static void chores_arm(struct daemon *d) {
        struct now now = world_now(d->world);
        usec_t first = USEC_NEVER;

        for (enum chores_schedule s = 0; s < _CHORES_SCHEDULE_MAX; s++)
                if (d->chores.due[s] < first)
                        first = d->chores.due[s];
        world_set_alarm(d->world, ALARM_CHORES,
                        first == USEC_NEVER ? USEC_NEVER
                                            : now.mono + (first > now.wall ? first - now.wall : 0),
                        USEC_PER_SEC);
}

static void chores_do(struct daemon *d, enum chores_schedule s) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct chore *chores;
        uint32_t n = engine_view_chores(d->engine, a, table[s].operations, /* all= */ false,
                                        world_now(d->world), &chores);

        log_info("The %s schedule: %u request%s", table[s].name, n, n == 1 ? "" : "s");
        for (uint32_t i = 0; i < n; i++)
                daemon_step(d, &(struct input){ .kind = INPUT_WISH,
                                                .more = i + 1 < n,
                                                .wish = { .wish = chores[i].wish,
                                                          .entity = chores[i].entity,
                                                          .origin = ORIGIN_MAINTENANCE } });
}

void chores_begin(struct daemon *d) {
        usec_t now = world_now(d->world).wall;

        for (enum chores_schedule s = 0; s < _CHORES_SCHEDULE_MAX; s++)
                d->chores.due[s] = schedule_next(chores_schedule(d, s), now);
        chores_arm(d);
}

void chores_check(struct daemon *d) {
        usec_t now = world_now(d->world).wall;

        for (enum chores_schedule s = 0; s < _CHORES_SCHEDULE_MAX; s++) {
                bool due = d->chores.due[s] <= now;

                d->chores.due[s] = schedule_next(chores_schedule(d, s), now);
                if (due)
                        chores_do(d, s);
        }
        chores_arm(d);
}
