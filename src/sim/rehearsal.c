/* sim/rehearsal.c - the engine in the simulated world, joined as the daemon joins it with the real
 * one */
#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "sim/books.h"
#include "sim/rehearsal.h"

#define HINT_DELAY (30 * USEC_PER_MSEC) /* hints that arrive together cause one look */
#define REST_AFTER (2 * USEC_PER_MIN)

/* Something that can be looked at: at most one look at it is under way. */
struct target {
        struct look what;
        char *name;     /* owns what.name */
        uint64_t asked; /* the highest number under which the engine asked for it */
        uint64_t begun; /* `asked` when the present look began */
        bool looking;
        bool again;    /* asked for or hinted at since */
        usec_t hinted; /* look at this time, because of a hint; 0: no hint */
};

struct rehearsal {
        struct sim *sim;
        const struct config *config;
        struct books *books;
        struct engine *engine;
        struct rehearsal_watcher watcher;
        struct world_listener listener;
        ARRAY(struct target *) targets;
        struct map by_name; /* "<kind><name>" -> index */
        struct text key;
        uint32_t life; /* how many daemons there were: what an earlier one asked for is not told */
        usec_t wake, wake_wall; /* of the engine, in its monotonic time and by its wall clock */
        usec_t next_hint;       /* sim time */
        bool full;
        bool kill_armed;
        uint32_t kill_after;
        uint64_t n_steps;
        usec_t last_activity, started;
        unsigned n_looking;
};

/* --- tags: which daemon asked, and for what --- */

static uint64_t tag_make(const struct rehearsal *r, uint64_t number) {
        return (uint64_t) r->life << 40 | number;
}

static bool tag_is_ours(const struct rehearsal *r, uint64_t tag) {
        return r->engine && tag >> 40 == r->life;
}

static uint64_t tag_number(uint64_t tag) {
        return tag & (((uint64_t) 1 << 40) - 1);
}

/* --- looking --- */

static enum look_kind look_of(enum fact_kind kind) {
        switch (kind) {
        case FACT_DEVICES:
                return LOOK_DEVICES;
        case FACT_DEVICE:
                return LOOK_DEVICE;
        case FACT_POOLS:
                return LOOK_POOLS;
        case FACT_POOL:
                return LOOK_POOL;
        case FACT_MOUNTS:
                return LOOK_MOUNTS;
        case FACT_HOLDERS:
                return LOOK_HOLDERS;
        case FACT_LABEL:
                return LOOK_LABEL;
        }
        return LOOK_DEVICES;
}

static enum fact_kind fact_of(enum look_kind kind) {
        switch (kind) {
        case LOOK_DEVICES:
        case _LOOK_KIND_MAX:
                return FACT_DEVICES;
        case LOOK_DEVICE:
                return FACT_DEVICE;
        case LOOK_POOLS:
                return FACT_POOLS;
        case LOOK_POOL:
                return FACT_POOL;
        case LOOK_MOUNTS:
                return FACT_MOUNTS;
        case LOOK_HOLDERS:
                return FACT_HOLDERS;
        case LOOK_LABEL:
                return FACT_LABEL;
        }
        return FACT_DEVICES;
}

static uint64_t target_index(struct rehearsal *r, enum look_kind kind, const char *name) {
        struct target *t;
        uint64_t i;

        text_clear(&r->key);
        text_add_bytes(&r->key, &"abcdefgh"[kind], 1);
        text_add(&r->key, name ? name : "");
        if (map_get(&r->by_name, r->key.s, &i))
                return i;
        t = memory_new(1, sizeof(*t));
        t->name = memory_strdup(r->key.s);
        t->what = (struct look){ .kind = kind, .name = name ? t->name + 1 : NULL };
        array_append(&r->targets, t);
        map_put(&r->by_name, t->name, r->targets.count - 1);
        return r->targets.count - 1;
}

static void target_look(struct rehearsal *r, uint64_t i) {
        struct target *t = r->targets.items[i];

        t->again = false;
        t->hinted = 0;
        t->looking = true;
        t->begun = t->asked;
        r->n_looking++;
        world_look(sim_world(r->sim), tag_make(r, i), &t->what);
}

static void target_ask(struct rehearsal *r, const struct effect_look *l) {
        uint64_t i = target_index(r, look_of(l->kind), l->name);
        struct target *t = r->targets.items[i];

        t->asked = l->seq;
        if (t->looking)
                t->again = true;
        else
                target_look(r, i);
}

static void targets_forget(struct rehearsal *r) {
        for (size_t i = 0; i < r->targets.count; i++) {
                free(r->targets.items[i]->name);
                free(r->targets.items[i]);
        }
        array_clear(&r->targets);
        map_clear(&r->by_name);
        r->n_looking = 0;
        r->next_hint = USEC_NEVER;
}

static void on_hint(void *userdata, const struct look *what) {
        struct rehearsal *r = userdata;
        struct target *t;
        uint64_t i;

        if (!r->engine)
                return;
        i = target_index(r, what->kind, what->name);
        t = r->targets.items[i];
        if (t->looking)
                t->again = true;
        else if (!t->hinted) {
                t->hinted = sim_time(r->sim) + HINT_DELAY;
                if (t->hinted < r->next_hint)
                        r->next_hint = t->hinted;
        }
}

static void rehearsal_look_around(struct rehearsal *r) {
        static const enum look_kind kinds[] = { LOOK_DEVICES, LOOK_POOLS, LOOK_MOUNTS };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                on_hint(r, &(struct look){ .kind = kinds[i] });
        for (uint32_t i = 0; i < r->config->n_entities; i++)
                if (r->config->entities[i].type == ENTITY_ZPOOL)
                        on_hint(r, &(struct look){ LOOK_POOL, r->config->entities[i].name });
}

/* --- the daemon's life --- */

static void rehearsal_kill(struct rehearsal *r) {
        r->engine = engine_free(r->engine);
        (void) world_start(sim_world(r->sim), NULL); /* nobody listens */
        targets_forget(r);
        r->wake = r->wake_wall = USEC_NEVER;
        r->kill_armed = false;
}

/* An effect is about to be carried out. False: the daemon was killed before it. */
static bool rehearsal_survives(struct rehearsal *r) {
        if (!r->kill_armed || r->kill_after--)
                return true;
        rehearsal_kill(r);
        return false;
}

static void rehearsal_run_command(struct rehearsal *r, const struct effect_run *run) {
        if (r->watcher.on_run)
                r->watcher.on_run(r->watcher.userdata, &run->command);
        world_run(sim_world(r->sim), tag_make(r, run->job), &run->command);
}

static bool effects_are_activity(const struct effects *e) {
        return e->history.count || e->runs.count || e->tells.count || e->logs.count;
}

/* In the order that engine.h demands. The effects die with the engine. */
static void rehearsal_carry_out(struct rehearsal *r, const struct effects *e) {
        if (r->watcher.on_effects)
                r->watcher.on_effects(r->watcher.userdata, e);
        if (effects_are_activity(e))
                r->last_activity = sim_time(r->sim);
        r->wake = e->wake;
        r->wake_wall = e->wake_wall;
        if (!rehearsal_survives(r))
                return;
        if (e->forgets.count || e->entities.count || e->legs.count || e->pools.count ||
            e->history.count || e->boot_id) {
                if (r->full) {
                        rehearsal_kill(r); /* it refuses to act without a memory */
                        return;
                }
                books_save(r->books, e);
                if (!rehearsal_survives(r))
                        return;
        }
        if (e->look_around)
                rehearsal_look_around(r);
        for (size_t i = 0; i < e->looks.count; i++)
                target_ask(r, &e->looks.items[i]);
        for (size_t i = 0; i < e->runs.count; i++) {
                if (!rehearsal_survives(r))
                        return;
                rehearsal_run_command(r, &e->runs.items[i]);
        }
        for (size_t i = 0; i < e->withdraws.count; i++)
                world_withdraw(sim_world(r->sim), tag_make(r, e->withdraws.items[i]));
}

static void rehearsal_feed(struct rehearsal *r, const struct input *input) {
        r->n_steps++;
        rehearsal_carry_out(r, engine_step(r->engine, rehearsal_now(r), input));
}

/* --- what the world tells --- */

static void on_facts(void *userdata, uint64_t tag, struct facts *f) {
        struct rehearsal *r = userdata;
        struct target *t;

        if (!tag_is_ours(r, tag))
                return;
        t = r->targets.items[tag_number(tag)];
        t->looking = false;
        r->n_looking--;
        rehearsal_feed(r, &(struct input){
                                  .kind = INPUT_FACTS,
                                  .facts = {
                                          .kind = fact_of(f->kind),
                                          .seq = t->begun,
                                          .name = f->name,
                                          .error = f->failed ? f->error : NULL,
                                          .devices = f->devices,
                                          .n_devices = f->n_devices,
                                          .pools = f->pools,
                                          .n_pools = f->n_pools,
                                          .pool = &f->pool,
                                          .mounts = f->mounts,
                                          .n_mounts = f->n_mounts,
                                          .holders = f->holders,
                                          .n_holders = f->n_holders,
                                          .label = f->label,
                                  },
                          });
        if (!tag_is_ours(r, tag)) /* killed in the middle */
                return;
        t = r->targets.items[tag_number(tag)];
        if (t->again && !t->looking)
                target_look(r, tag_number(tag));
}

static void on_command_end(void *userdata, uint64_t tag, const struct command_end *end) {
        struct rehearsal *r = userdata;

        if (!tag_is_ours(r, tag))
                return;
        if (r->watcher.on_run_end)
                r->watcher.on_run_end(r->watcher.userdata, end);
        rehearsal_feed(r, &(struct input){ .kind = INPUT_COMMAND_END,
                                           .command = { .job = tag_number(tag), .end = end } });
}

static void on_prompt(void *userdata, uint64_t tag, bool waiting) {
        struct rehearsal *r = userdata;

        if (tag_is_ours(r, tag))
                rehearsal_feed(r, &(struct input){ .kind = INPUT_PROMPT,
                                                   .prompt = { .job = tag_number(tag),
                                                               .waiting = waiting } });
}

static void rehearsal_take_hints(struct rehearsal *r) {
        usec_t now = sim_time(r->sim);

        r->next_hint = USEC_NEVER;
        for (size_t i = 0; i < r->targets.count; i++) {
                struct target *t = r->targets.items[i];

                if (!t->hinted)
                        continue;
                if (t->hinted <= now)
                        target_look(r, i);
                else if (t->hinted < r->next_hint)
                        r->next_hint = t->hinted;
        }
}

/* --- the outside --- */

struct rehearsal *rehearsal_new(const struct config *config, const struct sim_options *options,
                                const char **ret_error) {
        _cleanup_(sim_freep) struct sim *sim = sim_new(config, options, ret_error);
        struct rehearsal *r;

        if (!sim)
                return NULL;
        r = memory_new(1, sizeof(*r));
        r->sim = TAKE_PTR(sim);
        r->config = config;
        r->books = books_new();
        r->wake = r->wake_wall = r->next_hint = USEC_NEVER;
        return r;
}

struct rehearsal *rehearsal_free(struct rehearsal *r) {
        if (!r)
                return NULL;
        rehearsal_kill(r);
        array_done(&r->targets);
        map_done(&r->by_name);
        text_done(&r->key);
        (void) books_free(r->books);
        (void) sim_free(r->sim);
        free(r);
        return NULL;
}

struct sim *rehearsal_sim(struct rehearsal *r) {
        return r->sim;
}

struct engine *rehearsal_engine(struct rehearsal *r) {
        return r->engine;
}

const struct config *rehearsal_config(const struct rehearsal *r) {
        return r->config;
}

struct now rehearsal_now(const struct rehearsal *r) {
        return world_now(sim_world(r->sim));
}

void rehearsal_watch(struct rehearsal *r, struct rehearsal_watcher w) {
        r->watcher = w;
}

void rehearsal_start(struct rehearsal *r) {
        const struct world_listener listener = {
                .on_facts = on_facts,
                .on_command_end = on_command_end,
                .on_hint = on_hint,
                .on_prompt = on_prompt,
                .userdata = r,
        };

        if (r->engine || r->full)
                return;
        r->life++;
        r->listener = listener;
        (void) world_start(sim_world(r->sim), &r->listener);
        r->engine = engine_new(r->config, books_memory(r->books), world_boot_id(sim_world(r->sim)),
                               books_is_empty(r->books), rehearsal_now(r));
        r->started = sim_time(r->sim);
        rehearsal_feed(r, &(struct input){ .kind = INPUT_TICK });
}

void rehearsal_stop(struct rehearsal *r) {
        rehearsal_kill(r);
}

void rehearsal_kill_after(struct rehearsal *r, uint32_t n) {
        r->kill_armed = r->engine;
        r->kill_after = n;
}

void rehearsal_reboot(struct rehearsal *r, bool clean) {
        rehearsal_kill(r);
        sim_reboot(r->sim, clean);
}

void rehearsal_reload(struct rehearsal *r, const struct config *config) {
        r->config = config;
        if (r->engine)
                rehearsal_feed(r, &(struct input){ .kind = INPUT_CONFIG, .config = config });
}

void rehearsal_forget(struct rehearsal *r) {
        assert(!r->engine);
        books_forget(r->books);
}

void rehearsal_set_full(struct rehearsal *r, bool full) {
        r->full = full;
}

bool rehearsal_wishes(struct rehearsal *r, const struct input_wish *wishes, uint32_t n) {
        for (uint32_t i = 0; i < n && r->engine; i++) /* it may be killed in between */
                rehearsal_feed(r, &(struct input){ .kind = INPUT_WISH,
                                                   .more = i + 1 < n,
                                                   .wish = wishes[i] });
        return r->engine;
}

bool rehearsal_cancel(struct rehearsal *r, const struct input_cancel *c) {
        if (!r->engine)
                return false;
        rehearsal_feed(r, &(struct input){ .kind = INPUT_CANCEL, .cancel = *c });
        return true;
}

bool rehearsal_forget_entity(struct rehearsal *r, entity_id id, struct arena *a,
                             const char **ret_why) {
        const char *ids[] = { config_entity(r->config, id)->id };
        struct reason why;

        *ret_why = "the daemon does not run";
        if (!r->engine)
                return false;
        if (!engine_may_forget(r->engine, ids[0], &why)) {
                *ret_why = reason_print(a, r->config, &why);
                return false;
        }
        rehearsal_feed(r, &(struct input){ .kind = INPUT_FORGET, .forget = { ids, 1 } });
        return true;
}

bool rehearsal_startup(struct rehearsal *r) {
        if (!r->engine)
                return false;
        rehearsal_feed(r, &(struct input){ .kind = INPUT_STARTUP });
        return true;
}

void rehearsal_set_clock(struct rehearsal *r, int64_t by_usec) {
        sim_set_clock(r->sim, by_usec);
        if (r->engine)
                rehearsal_feed(r, &(struct input){ .kind = INPUT_CLOCK });
}

void rehearsal_suspend(struct rehearsal *r, usec_t duration) {
        sim_suspend(r->sim, duration);
        if (r->engine)
                rehearsal_feed(r, &(struct input){ .kind = INPUT_CLOCK });
}

/* When the engine wants to be woken, in time of the world. */
static usec_t rehearsal_wake(const struct rehearsal *r) {
        struct now now = rehearsal_now(r);
        usec_t wait = USEC_NEVER;

        if (!r->engine)
                return USEC_NEVER;
        if (r->wake != USEC_NEVER)
                wait = r->wake > now.mono ? r->wake - now.mono : 0;
        if (r->wake_wall <= now.wall)
                wait = 0;
        else if (r->wake_wall != USEC_NEVER && r->wake_wall - now.wall < wait)
                wait = r->wake_wall - now.wall;
        return wait == USEC_NEVER ? USEC_NEVER : sim_time(r->sim) + wait;
}

bool rehearsal_step(struct rehearsal *r, usec_t until) {
        usec_t world = sim_next(r->sim), wake = rehearsal_wake(r), hint = r->next_hint;

        if (wake <= until && wake <= world && wake <= hint) {
                sim_set_time(r->sim, wake);
                r->wake = r->wake_wall = USEC_NEVER;
                rehearsal_feed(r, &(struct input){ .kind = INPUT_TICK });
                return true;
        }
        if (hint <= until && hint <= world) {
                if (hint > sim_time(r->sim))
                        sim_set_time(r->sim, hint);
                rehearsal_take_hints(r);
                return true;
        }
        if (world <= until) {
                uint64_t changes = sim_changes(r->sim);

                sim_step(r->sim);
                if (sim_changes(r->sim) != changes)
                        r->last_activity = sim_time(r->sim);
                return true;
        }
        if (until > sim_time(r->sim))
                sim_set_time(r->sim, until);
        return false;
}

void rehearsal_run(struct rehearsal *r, usec_t duration) {
        usec_t until = sim_time(r->sim) + duration;

        while (rehearsal_step(r, until))
                ;
}

bool rehearsal_rest(struct rehearsal *r, usec_t limit) {
        usec_t until = sim_time(r->sim) + limit;

        r->last_activity = sim_time(r->sim);
        for (;;) {
                usec_t quiet = r->last_activity + REST_AFTER;

                if (!rehearsal_step(r, quiet < until ? quiet : until)) {
                        if (sim_time(r->sim) >= r->last_activity + REST_AFTER &&
                            !sim_n_running(r->sim) && !sim_is_working(r->sim))
                                return true;
                        if (sim_time(r->sim) >= until)
                                return false;
                        r->last_activity = sim_time(r->sim); /* a command or a resilver runs */
                }
        }
}

const struct memory_leg *rehearsal_find_leg(const struct rehearsal *r, uint64_t vdev_guid) {
        return books_find_leg(r->books, vdev_guid);
}

const struct memory_pool *rehearsal_find_pool(const struct rehearsal *r, uint64_t pool_guid) {
        return books_find_pool(r->books, pool_guid);
}

const struct memory_entity *rehearsal_find_entity(const struct rehearsal *r, const char *id) {
        return books_find_entity(r->books, id);
}

size_t rehearsal_n_history(const struct rehearsal *r) {
        return books_n_history(r->books);
}

const struct history *rehearsal_history(const struct rehearsal *r, size_t i) {
        return books_history(r->books, i);
}

usec_t rehearsal_started(const struct rehearsal *r) {
        return r->started;
}

uint64_t rehearsal_n_steps(const struct rehearsal *r) {
        return r->n_steps;
}

usec_t rehearsal_last_activity(const struct rehearsal *r) {
        return r->last_activity;
}

unsigned rehearsal_n_looking(const struct rehearsal *r) {
        return r->n_looking;
}
