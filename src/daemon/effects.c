/* daemon/effects.c - carrying out what a step of the engine asks for */
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/core.h"
#include "daemon/effects.h"
#include "daemon/trigger.h"
#include "daemon/waiter.h"

static bool effects_have_rows(const struct effects *e) {
        return e->forgets.count || e->entities.count || e->legs.count || e->pools.count ||
               e->history.count || e->boot_id;
}

static void effects_forget(struct store *s, const struct effect_forget *f) {
        if (f->entity)
                (void) store_forget_entity(s, f->entity);
        else if (f->vdev_guid)
                (void) store_forget_leg(s, f->vdev_guid);
        else
                (void) store_forget_pool(s, f->pool_guid);
}

/* One transaction; the store skips what follows a failure and fails the commit with it. */
static int effects_save(struct store *s, const struct effects *e) {
        int r;

        if (!effects_have_rows(e))
                return 0;
        r = store_begin(s);
        if (r < 0)
                return r;

        for (size_t i = 0; i < e->forgets.count; i++)
                effects_forget(s, &e->forgets.items[i]);
        for (size_t i = 0; i < e->entities.count; i++)
                (void) store_save_entity(s, e->entities.items[i]);
        for (size_t i = 0; i < e->legs.count; i++)
                (void) store_save_leg(s, e->legs.items[i]);
        for (size_t i = 0; i < e->pools.count; i++)
                (void) store_save_pool(s, e->pools.items[i]);
        for (size_t i = 0; i < e->history.count; i++)
                (void) store_add_history(s, &e->history.items[i]);
        if (e->boot_id)
                (void) store_save_boot_id(s, e->boot_id);
        return store_commit(s);
}

static void effects_log(const struct effects *e) {
        for (size_t i = 0; i < e->logs.count; i++) {
                const struct effect_log *l = &e->logs.items[i];
                struct log_fields fields = { .entity = l->entity, .pool = l->pool };

                log_write(l->level, &fields, "%s", l->text);
        }
}

static void effects_look(struct daemon *d, const struct effects *e) {
        static const enum look_kind kinds[] = {
                [FACT_DEVICES] = LOOK_DEVICES, [FACT_DEVICE] = LOOK_DEVICE,
                [FACT_POOLS] = LOOK_POOLS,     [FACT_POOL] = LOOK_POOL,
                [FACT_MOUNTS] = LOOK_MOUNTS,   [FACT_HOLDERS] = LOOK_HOLDERS,
                [FACT_LABEL] = LOOK_LABEL,
        };

        if (e->look_around) {
                log_debug("Looking at everything");
                trigger_everything(d);
        }
        for (size_t i = 0; i < e->looks.count; i++) {
                const struct effect_look *l = &e->looks.items[i];
                struct look what = { kinds[l->kind], l->name };

                hints_ask(&d->hints, &what, l->seq);
        }
}

static char *strdup_or_null(const char *s) {
        return s ? memory_strdup(s) : NULL;
}

static void effects_run(struct daemon *d, struct arena *a, const struct effect_run *run) {
        const struct command *c = &run->command;
        const char *entity = c->about == ENTITY_NONE ? NULL
                                                     : config_entity(d->config, c->about)->id;
        const char *line = command_print(a, c);
        struct log_fields fields = { .entity = entity, .pool = c->lane, .command = line };
        struct daemon_command *running = array_add(&d->commands);
        uint64_t tag = ++d->next_tag;

        *running = (struct daemon_command){ .tag = tag,
                                            .job = run->job,
                                            .entity = strdup_or_null(entity),
                                            .pool = strdup_or_null(c->lane),
                                            .line = memory_strdup(line) };
        log_write(LOG_LEVEL_INFO, &fields, "running: %s", line);
        world_run(d->world, tag, c);
}

/* A command that has ended meanwhile is not found: that is fine. */
static void effects_withdraw(struct daemon *d, uint64_t job) {
        for (size_t i = 0; i < d->commands.count; i++)
                if (d->commands.items[i].job == job) {
                        d->commands.items[i].withdrawn = true;
                        world_withdraw(d->world, d->commands.items[i].tag);
                }
}

void effects_carry_out(struct daemon *d, const struct effects *e) {
        if (d->stopped)
                return;
        if (effects_save(d->store, e) < 0) {
                log_write(LOG_LEVEL_CRITICAL, NULL,
                          "%s. Nothing more is done, as it could not be remembered; zmirror stops",
                          store_error(d->store));
                daemon_stop(d, EXIT_FAILURE);
                return;
        }
        effects_log(e);
        effects_look(d, e);
        for (size_t i = 0; i < e->runs.count; i++)
                effects_run(d, e->arena, &e->runs.items[i]);
        for (size_t i = 0; i < e->withdraws.count; i++)
                effects_withdraw(d, e->withdraws.items[i]);
        for (size_t i = 0; i < e->tells.count; i++)
                waiter_tell(d, &e->tells.items[i]);
        waiter_flush_all(d);
        watch_changed(d);
}

static void command_done(struct daemon_command *c) {
        free(c->entity);
        free(c->pool);
        free(c->line);
}

static struct daemon_command *command_find(struct daemon *d, uint64_t tag) {
        for (size_t i = 0; i < d->commands.count; i++)
                if (d->commands.items[i].tag == tag)
                        return &d->commands.items[i];
        return NULL;
}

/* "exit 1: cannot online sdb: no such device", after the command line. */
static void command_end_print(struct text *t, const struct daemon_command *c,
                              const struct command_end *end) {
        if (c->withdrawn && end->cancelled) {
                text_add(t, "the passphrase is not needed any more");
                return;
        }
        if (!end->started)
                text_add(t, "could not be started");
        else if (end->timed_out)
                text_add(t, "took too long and was given up");
        else if (end->cancelled)
                text_add(t, "nobody gave the passphrase");
        else if (end->signal)
                text_addf(t, "killed by signal %d", end->signal);
        else
                text_addf(t, "exit %d", end->exit_status);
        if (end->output[0])
                text_addf(t, ": %s", end->output);
}

void effects_command_ended(struct daemon *d, uint64_t tag, const struct command_end *end) {
        struct daemon_command *c = command_find(d, tag);
        enum log_level level;
        struct text how = {};
        struct log_fields fields;
        uint64_t job;

        if (!c)
                return;
        fields = (struct log_fields){ .entity = c->entity, .pool = c->pool, .command = c->line };
        level = c->withdrawn || command_end_is_good(end) ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;
        command_end_print(&how, c, end);
        log_write(level, &fields, "ended: %s: %s", c->line, how.s);
        text_done(&how);

        job = c->job;
        command_done(c);
        array_remove(&d->commands, (size_t) (c - d->commands.items));
        daemon_step(d, &(struct input){ .kind = INPUT_COMMAND_END,
                                        .command = { .job = job, .end = end } });
}

void effects_command_prompts(struct daemon *d, uint64_t tag, bool waiting) {
        const struct daemon_command *c = command_find(d, tag);

        if (c)
                daemon_step(d, &(struct input){ .kind = INPUT_PROMPT,
                                                .prompt = { .job = c->job, .waiting = waiting } });
}

void effects_done(struct daemon *d) {
        for (size_t i = 0; i < d->commands.count; i++)
                command_done(&d->commands.items[i]);
        array_done(&d->commands);
}
