/* tests/sim/invariant.c - what no history may break, whatever faults occur */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "checks.h"

/* A request ends within that time: the longest time limit of a command, and its time-out. */
#define OVERRIDE_USEC (20 * USEC_PER_MIN)

#define REPEATS_MAX  50 /* the same command in an hour, without anybody having done anything */
#define REPEATS_USEC USEC_PER_HOUR

void invariant_break(struct invariant *v, const char *kind, const char *format, ...) {
        va_list args;

        if (v->broken)
                return;
        v->broken = true;
        (void) snprintf(v->kind, sizeof(v->kind), "%s", kind);
        va_start(args, format);
        (void) vsnprintf(v->text, sizeof(v->text), format, args);
        va_end(args);
}

/* What the ledger knows nothing of yet is trusted. Of two copies it can only know which
 * one it is not, by the label that it saw last. */
static bool is_known(const struct invariant *v, const struct sim_harm *harm) {
        const struct memory_leg *l = rehearsal_find_leg(v->rehearsal, harm->vdev_guid);
        const struct memory_pool *p = rehearsal_find_pool(v->rehearsal, harm->pool_guid);

        if (harm->cloned)
                return l && l->closed_time &&
                       (l->closed_txg != harm->label_txg || l->closed_time != harm->label_time);
        if (harm->vdev_guid)
                return l && (l->closed_txg || l->ceiling_txg);
        return !harm->pool_guid || (p && p->n_current);
}

/* 1. No command that loses data. */
static void on_execute(void *userdata, const struct command *c, const struct sim_harm *harm) {
        struct invariant *v = userdata;

        if (harm->text && is_known(v, harm) &&
            sim_time(rehearsal_sim(v->rehearsal)) >= v->overridden)
                invariant_break(v, "harm", "%s %s ...: %s", c->argv[0], c->argv[1], harm->text);
        if (!harm->orphan)
                commands_on_execute(v, c);
        arena_clear(v->arena);
}

/* 4. No command is repeated for ever. */
static void check_repeats(struct invariant *v, const struct command *c) {
        const char *line = command_print(v->arena, c);
        usec_t now = sim_time(rehearsal_sim(v->rehearsal));

        if (v->last_run.s && text_equal(v->last_run.s, line) && now < v->repeated + REPEATS_USEC) {
                if (++v->n_repeats > REPEATS_MAX)
                        invariant_break(v, "repeats", "'%s' is run again and again", line);
        } else {
                v->n_repeats = 0;
                v->repeated = now;
        }
        text_clear(&v->last_run);
        text_add(&v->last_run, line);
        if (++v->n_runs > 1000)
                invariant_break(v, "endless", "1000 commands and no end, '%s' among them", line);
}

static void on_run(void *userdata, const struct command *c) {
        struct invariant *v = userdata;

        if (!v->rehearsal)
                return;
        check_repeats(v, c);
        commands_on_run(v, c);
        arena_clear(v->arena);
}

static void on_effects(void *userdata, const struct effects *e) {
        struct invariant *v = userdata;

        if (!v->rehearsal)
                return;
        claims_on_effects(v, e);
        commands_on_effects(v, e);
        pictures_on_effects(v, e);
        arena_clear(v->arena);
}

struct invariant *invariant_new(void) {
        struct invariant *v = memory_new(1, sizeof(*v));

        v->arena = arena_new();
        v->watcher = (struct rehearsal_watcher){ .on_effects = on_effects,
                                                 .on_run = on_run,
                                                 .userdata = v };
        return v;
}

struct invariant *invariant_free(struct invariant *v) {
        if (!v)
                return NULL;
        text_done(&v->last_run);
        array_done(&v->doubts);
        array_done(&v->requests);
        free(v->unsafe);
        free(v->lacks);
        free(v->wrong);
        (void) arena_free(v->arena);
        free(v);
        return NULL;
}

const struct rehearsal_watcher *invariant_watcher(struct invariant *v) {
        return &v->watcher;
}

void invariant_follow(struct invariant *v, struct rehearsal *r) {
        if (v->rehearsal || !r)
                return;
        v->rehearsal = r;
        v->world = rehearsal_config(r);
        v->unsafe = memory_new(v->world->n_entities + 1, sizeof(*v->unsafe));
        v->lacks = memory_new(v->world->n_entities + 1, sizeof(*v->lacks));
        v->wrong = memory_new(v->world->n_entities + 1, sizeof(*v->wrong));
        sim_check(rehearsal_sim(r),
                  (struct sim_checker){ .on_execute = on_execute, .userdata = v });
}

void invariant_on_line(struct invariant *v, const struct scenario_line *line) {
        v->n_repeats = v->n_runs = 0;
        for (uint32_t i = 0; line && v->rehearsal && i < line->n_words; i++)
                if (text_equal(line->words[i], "--accept-data-loss") ||
                    text_equal(line->words[i], "--overwrite-leg"))
                        v->overridden = sim_time(rehearsal_sim(v->rehearsal)) + OVERRIDE_USEC;
}

const char *invariant_broken(const struct invariant *v) {
        return v->broken ? v->text : NULL;
}

const char *invariant_kind(const struct invariant *v) {
        return v->kind;
}
