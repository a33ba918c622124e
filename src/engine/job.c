/* engine/job.c - commands that wait or run: lanes, the five that run at a time, and what their end
 * means */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/complete.h"
#include "engine/eject.h"
#include "engine/guard.h"
#include "engine/handler.h"
#include "engine/history.h"
#include "engine/holder.h"
#include "engine/job.h"
#include "engine/picture.h"
#include "engine/provisioning.h"
#include "engine/transit.h"
#include "engine/verify.h"

#define RUNNING_MAX 5u

/* How long after its good end a command's effect may take to be seen. */
static const usec_t graces[_COMMAND_KIND_MAX] = {
        [COMMAND_SETTLE] = 0,
        [COMMAND_CRYPT_OPEN] = 10 * USEC_PER_SEC, /* udev has to look at the new mapping */
        [COMMAND_CRYPT_CLOSE] = 10 * USEC_PER_SEC,
        [COMMAND_POOL_IMPORT] = 60 * USEC_PER_SEC, /* the first status of a slow pool */
        [COMMAND_POOL_EXPORT] = 10 * USEC_PER_SEC,
        [COMMAND_POOL_SYNC] = 0,
        [COMMAND_LEG_ONLINE] = 5 * USEC_PER_SEC,
        [COMMAND_LEG_OFFLINE] = 5 * USEC_PER_SEC,
        [COMMAND_LEG_CLEAR] = 5 * USEC_PER_SEC,
        [COMMAND_POOL_CLEAR] = 30 * USEC_PER_SEC, /* until the next txg shows what is gone */
        [COMMAND_SCRUB] = 10 * USEC_PER_SEC,
        [COMMAND_SCRUB_STOP] = 10 * USEC_PER_SEC,
        [COMMAND_TRIM] = 10 * USEC_PER_SEC,
        [COMMAND_TRIM_STOP] = 10 * USEC_PER_SEC,
        [COMMAND_SNAPSHOT] = 0,
        [COMMAND_MOUNT] = 5 * USEC_PER_SEC,
        [COMMAND_UNMOUNT] = 5 * USEC_PER_SEC,
        [COMMAND_VOLMODE_GET] = 0,
        [COMMAND_VOLMODE] = 10 * USEC_PER_SEC,
        [COMMAND_ENABLE_TRIM] = 0,
        [COMMAND_POWER_OFF] = 10 * USEC_PER_SEC,
        [COMMAND_RUN] = 0,
};

static uint64_t text_hash(const char *s) {
        uint64_t h = 14695981039346656037u;

        for (; *s; s++)
                h = (h ^ (unsigned char) *s) * 1099511628211u;
        return h;
}

static const char *const *words_copy(struct arena *a, const char *const *words) {
        const char **copy;
        size_t n = 0;

        while (words && words[n])
                n++;
        copy = arena_new_array(a, const char *, n + 1);
        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(a, words[i]);
        return words ? copy : NULL;
}

static struct command command_copy(struct arena *a, const struct command *c) {
        struct command copy = *c;

        copy.lane = arena_strdup(a, c->lane);
        copy.prompt = arena_strdup(a, c->prompt);
        copy.argv = words_copy(a, c->argv);
        copy.env = words_copy(a, c->env);
        return copy;
}

static struct job *job_new(struct engine *e, enum job_purpose purpose, entity_id entity,
                           const struct command *c) {
        struct job *j;

        if (e->spare_jobs.count)
                j = e->spare_jobs.items[--e->spare_jobs.count];
        else {
                j = arena_new_one(e->arena, struct job);
                j->arena = arena_new();
        }
        arena_clear(j->arena);
        array_clear(&j->requests);
        array_clear(&j->vdevs);
        array_clear(&j->legs);
        j->id = ++e->next_job;
        j->planned = e->now.mono;
        j->started = 0;
        j->purpose = purpose;
        j->entity = entity;
        j->withdrawn = false;
        j->command = command_copy(j->arena, c);
        j->text = command_print(j->arena, c);
        j->hash = text_hash(j->text);
        array_append(&e->waiting, j);
        e->n_waiting_prompts += c->passphrase;
        return j;
}

static const char *command_last_word(const struct command *c) {
        size_t n = 0;

        while (c->argv[n + 1])
                n++;
        return c->argv[n];
}

static struct job *job_find_to_join(const struct engine *e, const struct command *c,
                                    uint64_t hash) {
        for (size_t i = 0; i < e->waiting.count; i++) {
                struct job *j = e->waiting.items[i];

                if (j->purpose != JOB_REQUESTS || j->command.kind != c->kind)
                        continue;
                if (c->kind == COMMAND_LEG_ONLINE ? text_equal(j->command.lane, c->lane)
                                                  : j->hash == hash)
                        return j;
        }
        for (size_t i = 0; i < e->running.count; i++)
                if (e->running.items[i]->purpose == JOB_REQUESTS &&
                    e->running.items[i]->hash == hash && !e->running.items[i]->withdrawn)
                        return e->running.items[i];
        return NULL;
}

void job_add(struct engine *e, struct request *r, const struct command *c) {
        uint64_t hash = text_hash(command_print(e->effects.arena, c));
        struct job *j = job_find_to_join(e, c, hash);

        if (!j)
                j = job_new(e, JOB_REQUESTS, r->entity, c);
        array_append(&j->requests, r->id);
        if (c->kind == COMMAND_LEG_ONLINE && !j->started && j->vdevs.count + 8 < COMMAND_ARGS_MAX) {
                array_append(&j->vdevs, arena_strdup(j->arena, command_last_word(c)));
                array_append(&j->legs, r->entity);
        }
        r->job = j->id;
        r->job_hash = hash;
        r->looked_again = false;
}

uint64_t job_add_for(struct engine *e, enum job_purpose purpose, entity_id entity,
                     const struct command *c) {
        return job_new(e, purpose, entity, c)->id;
}

const struct ran *job_find_ran(const struct engine *e, const struct request *r,
                               const struct command *c) {
        uint64_t hash = text_hash(command_print(e->effects.arena, c));

        for (size_t i = 0; i < r->ran.count; i++)
                if (r->ran.items[i].hash == hash)
                        return &r->ran.items[i];
        return NULL;
}

static bool job_is_of(const struct job *j, const char *lane, enum command_kind kind) {
        return j->command.kind == kind && text_equal(j->command.lane, lane);
}

bool job_is_waiting(const struct engine *e, const char *lane, enum command_kind kind) {
        for (size_t i = 0; i < e->waiting.count; i++)
                if (job_is_of(e->waiting.items[i], lane, kind))
                        return true;
        return false;
}

bool job_is_on_its_way(const struct engine *e, const char *lane, enum command_kind kind) {
        if (job_is_waiting(e, lane, kind))
                return true;
        for (size_t i = 0; i < e->running.count; i++)
                if (job_is_of(e->running.items[i], lane, kind))
                        return true;
        return false;
}

/* --- pools that a command changes
 * ------------------------------------------------------------------------ */

static bool command_changes_pool(enum command_kind kind) {
        switch (kind) {
        case COMMAND_POOL_IMPORT:
        case COMMAND_POOL_EXPORT:
        case COMMAND_LEG_ONLINE:
        case COMMAND_LEG_OFFLINE:
        case COMMAND_LEG_CLEAR:
        case COMMAND_POOL_CLEAR:
        case COMMAND_SCRUB:
        case COMMAND_SCRUB_STOP:
        case COMMAND_TRIM:
        case COMMAND_TRIM_STOP:
                return true;
        case COMMAND_CRYPT_OPEN:
        case COMMAND_CRYPT_CLOSE:
        case COMMAND_VOLMODE_GET:
        case COMMAND_VOLMODE:
        case COMMAND_SETTLE:
        case COMMAND_POOL_SYNC:
        case COMMAND_SNAPSHOT:
        case COMMAND_MOUNT:
        case COMMAND_UNMOUNT:
        case COMMAND_ENABLE_TRIM:
        case COMMAND_POWER_OFF:
        case COMMAND_RUN:
        case _COMMAND_KIND_MAX:
                break;
        }
        return false;
}

entity_id command_pool(const struct engine *e, const struct command *c) {
        return command_changes_pool(c->kind) && c->lane ? config_find_pool(e->config, c->lane)
                                                        : ENTITY_NONE;
}

bool pool_is_unsettled(const struct engine *e, entity_id pool) {
        const struct node *n = engine_node(e, pool);

        return n->settles == UINT64_MAX || n->status_seq < n->settles;
}

/* What waits for the same pool was planned from a picture that is about to change: it is planned
 * again. */
static void job_outdate(struct engine *e, const struct job *started) {
        for (size_t i = 0; i < e->waiting.count; i++) {
                struct job *j = e->waiting.items[i];

                if (j->purpose != JOB_REQUESTS || !command_changes_pool(j->command.kind) ||
                    !text_equal(j->command.lane, started->command.lane))
                        continue;
                for (size_t k = 0; k < j->requests.count; k++) {
                        struct request *r = request_find(e, j->requests.items[k]);

                        if (r && r->job == j->id)
                                r->job = 0;
                }
                array_clear(&j->requests);
        }
}

/* --- starting
 * --------------------------------------------------------------------------------------- */

static bool lane_is_free(const struct engine *e, const struct job *job) {
        for (size_t i = 0; job->command.lane && i < e->running.count; i++)
                if (text_equal(e->running.items[i]->command.lane, job->command.lane))
                        return false;
        return true;
}

static void job_set_frozen(struct engine *e, const struct job *j, bool frozen) {
        entity_id pool = config_find_pool(e->config, j->command.lane ? j->command.lane : "");

        if (pool == ENTITY_NONE ||
            (j->command.kind != COMMAND_POOL_IMPORT && j->command.kind != COMMAND_POOL_EXPORT))
                return;
        engine_node(e, pool)->frozen = frozen;
        engine_touch(e, pool);
}

/* What has to be written down before the command is run. */
static void job_remember(struct engine *e, const struct job *j) {
        bool import = j->command.kind == COMMAND_POOL_IMPORT;

        if (j->command.kind == COMMAND_POWER_OFF)
                eject_begins(e, j->entity);
        if (j->command.kind == COMMAND_POOL_CLEAR)
                complete_before_clear(e, config_find_pool(e->config, j->command.lane));
        if (!import && j->command.kind != COMMAND_LEG_ONLINE &&
            j->command.kind != COMMAND_LEG_CLEAR)
                return;
        for (size_t i = 0; i < j->requests.count; i++) {
                const struct request *r = request_find(e, j->requests.items[i]);

                if (r)
                        guard_overridden(e, r);
                if (r && !import)
                        complete_before_online(e, r->entity);
        }
        if (import)
                complete_before_import(e, j->entity);
}

static void job_start(struct engine *e, struct job *j) {
        struct effect_run *run;
        entity_id pool;

        if (j->command.kind == COMMAND_LEG_ONLINE && j->vdevs.count > 1) {
                array_append(&j->vdevs, NULL);
                j->command = command_leg_online(j->arena, j->entity, j->command.lane,
                                                j->vdevs.items);
                j->text = command_print(j->arena, &j->command);
                j->vdevs.count--;
        }
        j->started = e->now.mono;
        array_append(&e->running, j);
        e->n_counted += !j->command.passphrase;
        job_remember(e, j);
        job_set_frozen(e, j, true);
        pool = command_pool(e, &j->command);
        if (pool != ENTITY_NONE) {
                engine_node(e, pool)->settles = UINT64_MAX;
                job_outdate(e, j);
        }
        run = array_add(&e->effects.runs);
        run->job = j->id;
        run->command = command_copy(e->effects.arena, &j->command);
        for (size_t i = 0; i < j->requests.count; i++) {
                struct request *r = request_find(e, j->requests.items[i]);
                struct reason why = { .code = REASON_WAIT_COMMAND, .about = j->entity };

                if (!r)
                        continue;
                (void) snprintf(why.detail, sizeof(why.detail), "%s", j->text);
                request_wait(e, r, &why, false);
                request_progress(e, r);
        }
}

/* Whoever wanted it may have changed his mind while it waited. */
static bool job_is_wanted(const struct engine *e, const struct job *j) {
        if (j->purpose != JOB_REQUESTS)
                return true;
        for (size_t i = 0; i < j->requests.count; i++)
                if (request_find(e, j->requests.items[i]))
                        return true;
        return false;
}

static bool job_may_start(const struct engine *e, const struct job *j) {
        return (e->n_counted < RUNNING_MAX || j->command.passphrase) && lane_is_free(e, j);
}

/* It had to wait for its turn, and was planned from what was so when it was queued. */
static bool job_is_stale(const struct engine *e, const struct job *j) {
        return j->purpose == JOB_REQUESTS && j->planned < e->now.mono;
}

/* Who it was for plans again; who holds what an export would take away is looked at anew. */
static void job_give_back(struct engine *e, struct job *j) {
        for (size_t i = 0; i < j->requests.count; i++) {
                struct request *r = request_find(e, j->requests.items[i]);

                if (!r || r->job != j->id)
                        continue;
                r->job = 0;
                if (j->command.kind == COMMAND_POOL_EXPORT)
                        r->looked_since = e->next_seq;
                engine_touch(e, r->entity);
        }
}

static struct job *job_take_waiting(struct engine *e, size_t i) {
        struct job *j = e->waiting.items[i];

        array_remove(&e->waiting, i);
        e->n_waiting_prompts -= j->command.passphrase;
        return j;
}

bool job_start_ready(struct engine *e) {
        size_t stale = SIZE_MAX;

        for (size_t i = 0; i < e->waiting.count;) {
                struct job *j = e->waiting.items[i];

                if (e->n_counted >= RUNNING_MAX && !e->n_waiting_prompts)
                        return false;
                if (!job_may_start(e, j) || (job_is_stale(e, j) && job_is_wanted(e, j))) {
                        if (stale == SIZE_MAX && job_may_start(e, j))
                                stale = i;
                        i++;
                        continue;
                }
                j = job_take_waiting(e, i);
                if (job_is_wanted(e, j))
                        job_start(e, j);
                else
                        array_append(&e->spare_jobs, j);
        }
        if (stale == SIZE_MAX || !job_may_start(e, e->waiting.items[stale]))
                return false;
        array_append(&e->spare_jobs, job_take_waiting(e, stale));
        job_give_back(e, e->spare_jobs.items[e->spare_jobs.count - 1]);
        return true;
}

void job_withdraw_unwanted(struct engine *e) {
        for (size_t i = 0; i < e->running.count; i++) {
                struct job *j = e->running.items[i];

                if (!j->command.passphrase || j->withdrawn || job_is_wanted(e, j))
                        continue;
                j->withdrawn = true;
                array_append(&e->effects.withdraws, j->id);
        }
}

/* --- ending
 * ----------------------------------------------------------------------------------------- */

/* "cryptsetup open: exit 2: No key available with this passphrase." */
static void job_print_failure(const struct job *j, const struct command_end *end,
                              struct reason *ret) {
        const char *const *argv = j->command.argv;
        const char *output = end->output ? end->output : "";
        char how[64];

        ret->code = REASON_COMMAND_FAILED;
        ret->about = j->entity;
        if (!end->started)
                (void) snprintf(how, sizeof(how), "could not be started");
        else if (end->cancelled)
                (void) snprintf(how, sizeof(how), "no passphrase was given");
        else if (end->timed_out)
                (void) snprintf(how, sizeof(how), "did not end in time");
        else if (end->signal)
                (void) snprintf(how, sizeof(how), "ended by signal %d", end->signal);
        else
                (void) snprintf(how, sizeof(how), "exit %d", end->exit_status);
        (void) snprintf(ret->detail, sizeof(ret->detail), "%s%s%s: %s%s%s", argv[0],
                        argv[1] ? " " : "", argv[1] ? argv[1] : "", how, output[0] ? ": " : "",
                        output);
}

/* "pool is busy", "Device ... is still in use." */
static bool command_end_is_busy(const struct command_end *end) {
        return end->output && (strstr(end->output, "busy") || strstr(end->output, "in use"));
}

static void ran_remember(struct request *r, enum command_kind kind, const struct command_end *end) {
        struct ran *ran = NULL;

        for (size_t i = 0; i < r->ran.count; i++)
                if (r->ran.items[i].hash == r->job_hash)
                        ran = &r->ran.items[i];
        if (!ran) {
                ran = array_add(&r->ran);
                ran->hash = r->job_hash;
                ran->kind = kind;
        }
        ran->good = command_end_is_good(end);
        ran->started = end->started;
        ran->busy = command_end_is_busy(end);
        ran->times++;
}

/* Where a command's effect is to be seen. Returns the first look's seq; the last one is
 * engine.next_seq. */
static uint64_t job_look(struct engine *e, const struct job *j) {
        uint64_t first = e->next_seq + 1;
        const struct device *d;

        switch (j->command.kind) {
        case COMMAND_CRYPT_CLOSE:
                d = j->entity == ENTITY_NONE ? NULL : node_device(e, engine_node(e, j->entity));
                if (d)
                        (void) engine_look(e, FACT_DEVICE, d->syspath);
                break;
        case COMMAND_POOL_IMPORT:
        case COMMAND_POOL_EXPORT:
                (void) engine_look(e, FACT_POOLS, NULL);
                (void) engine_look(e, FACT_POOL, j->command.lane);
                break;
        case COMMAND_LEG_ONLINE:
        case COMMAND_LEG_OFFLINE:
        case COMMAND_LEG_CLEAR:
        case COMMAND_POOL_CLEAR:
        case COMMAND_SCRUB:
        case COMMAND_SCRUB_STOP:
        case COMMAND_TRIM:
        case COMMAND_TRIM_STOP:
                (void) engine_look(e, FACT_POOL, j->command.lane);
                break;
        case COMMAND_MOUNT:
        case COMMAND_UNMOUNT:
                (void) engine_look(e, FACT_MOUNTS, NULL);
                break;
        case COMMAND_POWER_OFF:
                (void) engine_look(e, FACT_DEVICES, NULL);
                break;
        case COMMAND_CRYPT_OPEN: /* udev tells */
        case COMMAND_VOLMODE_GET:
        case COMMAND_VOLMODE:
        case COMMAND_SETTLE:
        case COMMAND_POOL_SYNC:
        case COMMAND_SNAPSHOT:
        case COMMAND_ENABLE_TRIM:
        case COMMAND_RUN:
        case _COMMAND_KIND_MAX:
                break;
        }
        return first;
}

/* Somebody else may have been doing the same (a child of the daemon before this one, an
 * administrator): then the command fails, and its effect is seen in a moment all the same. */
static usec_t job_failure_grace(const struct job *j, const struct command_end *end) {
        bool doubled = (j->command.kind == COMMAND_CRYPT_OPEN && end->exit_status == 5) ||
                       j->command.kind == COMMAND_POOL_IMPORT;

        return doubled ? 5 * USEC_PER_SEC : 0;
}

/* It fails if somebody uses what it takes out of use. */
static bool command_takes_away(enum command_kind kind) {
        return kind == COMMAND_CRYPT_CLOSE || kind == COMMAND_POOL_EXPORT ||
               kind == COMMAND_UNMOUNT;
}

static void job_end_requests(struct engine *e, const struct job *j, const struct command_end *end) {
        bool good = command_end_is_good(end);
        struct reason failure = { .code = REASON_NONE };
        uint64_t before = e->next_seq, first = job_look(e, j);

        transit_ended(e, j, end, first);

        if (!good && !j->withdrawn) {
                job_print_failure(j, end, &failure);
                history_command_failed(e, j->entity, j->text, failure.detail);
                if (command_takes_away(j->command.kind))
                        holder_ask(e, j->entity);
        }
        for (size_t i = 0; i < j->requests.count; i++) {
                struct request *r = request_find(e, j->requests.items[i]);

                if (!r || r->job != j->id)
                        continue;
                r->job = 0;
                ran_remember(r, j->command.kind, end);
                if (j->command.kind == COMMAND_VOLMODE_GET)
                        r->volmode_is_none = text_equal(end->output, "none");
                r->failure = failure;
                if (j->command.kind == COMMAND_POWER_OFF)
                        eject_ended(e, r, end);
                r->look_first = first;
                r->look_last = e->next_seq;
                r->looked_since = before; /* what comes next stands on what is so after it */
                r->settle_until = e->now.mono +
                                  (good ? graces[j->command.kind] : job_failure_grace(j, end));
                request_progress(e, r);
                engine_touch_around(e, r->entity);
        }
}

static struct job *job_find_running(const struct engine *e, uint64_t id, size_t *ret_index) {
        for (size_t i = 0; i < e->running.count; i++)
                if (e->running.items[i]->id == id) {
                        *ret_index = i;
                        return e->running.items[i];
                }
        return NULL;
}

void job_end(struct engine *e, uint64_t id, const struct command_end *end) {
        size_t i;
        struct job *j = job_find_running(e, id, &i);
        entity_id pool;

        if (!j)
                return;
        array_remove(&e->running, i);
        array_append(&e->spare_jobs, j); /* keeps its contents until it is taken again */
        e->n_counted -= !j->command.passphrase;
        job_set_frozen(e, j, false);
        pool = command_pool(e, &j->command);
        if (pool != ENTITY_NONE) {
                engine_node(e, pool)->settles = engine_look(e, FACT_POOL, j->command.lane);
                engine_touch_around(e, pool);
        }
        switch (j->purpose) {
        case JOB_REQUESTS:
        case JOB_STOP:
                job_end_requests(e, j, end);
                return;
        case JOB_LIST:
                handler_job_ended(e, j->entity, j->id, end);
                return;
        case JOB_VERIFY:
                verify_synced(e, j->entity, command_end_is_good(end));
                return;
        case JOB_PROVISIONING:
                provisioning_ended(e, j->entity, j->text, end);
                return;
        }
}

void job_prompt(struct engine *e, uint64_t id, bool waiting) {
        size_t unused;
        const struct job *j = job_find_running(e, id, &unused);
        struct reason why = { .code = waiting ? REASON_WAIT_PASSPHRASE : REASON_WAIT_COMMAND };

        if (!j)
                return;
        why.about = j->entity;
        (void) snprintf(why.detail, sizeof(why.detail), "%s", j->text);
        for (size_t i = 0; i < j->requests.count; i++) {
                struct request *r = request_find(e, j->requests.items[i]);

                if (r)
                        request_wait(e, r, &why, false);
        }
}

/* --- a new configuration
 * ------------------------------------------------------------------------------ */

static void job_move(struct job *j, const struct config *old, const struct config *new) {
        if (j->entity != ENTITY_NONE)
                j->entity = config_find_id(new, old->entities[j->entity].id);
        j->command.about = j->entity;
        for (size_t i = 0; i < j->legs.count; i++)
                if (j->legs.items[i] != ENTITY_NONE)
                        j->legs.items[i] = config_find_id(new, old->entities[j->legs.items[i]].id);
        if (j->entity == ENTITY_NONE) /* nobody is left to be told */
                j->purpose = JOB_REQUESTS;
}

void job_renumber(struct engine *e, const struct config *old, const struct config *new) {
        for (size_t i = 0; i < e->waiting.count; i++)
                job_move(e->waiting.items[i], old, new);
        for (size_t i = 0; i < e->running.count; i++)
                job_move(e->running.items[i], old, new);
}

static void job_done(struct job *j) {
        j->arena = arena_free(j->arena);
        array_done(&j->requests);
        array_done(&j->vdevs);
        array_done(&j->legs);
}

void job_release(struct engine *e) {
        for (size_t i = 0; i < e->waiting.count; i++)
                job_done(e->waiting.items[i]);
        for (size_t i = 0; i < e->running.count; i++)
                job_done(e->running.items[i]);
        for (size_t i = 0; i < e->spare_jobs.count; i++)
                job_done(e->spare_jobs.items[i]);
        array_done(&e->waiting);
        array_done(&e->running);
        array_done(&e->spare_jobs);
}
