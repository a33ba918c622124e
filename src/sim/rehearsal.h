/* sim/rehearsal.h - the engine in the simulated world, joined as the daemon joins it with the real
 * one: the same looks, the same hints, the same order of effects */
#pragma once

#include "engine/engine.h"
#include "model/memory.h"
#include "sim/sim.h"

struct rehearsal;

/* For those who follow what happens. Each may be NULL. */
struct rehearsal_watcher {
        /* After each step of the engine, before its effects are carried out. */
        void (*on_effects)(void *userdata, const struct effects *effects);
        /* A command of zmirror is about to start / has ended. */
        void (*on_run)(void *userdata, const struct command *command);
        void (*on_run_end)(void *userdata, const struct command_end *end);
        void *userdata;
};

/* The daemon does not run yet. NULL: the configuration cannot be simulated. */
struct rehearsal *rehearsal_new(const struct config *config, const struct sim_options *options,
                                const char **ret_error);
struct rehearsal *rehearsal_free(struct rehearsal *r);
DEFINE_CLEANUP(struct rehearsal *, rehearsal_free);

struct sim *rehearsal_sim(struct rehearsal *r);
struct engine *rehearsal_engine(struct rehearsal *r); /* NULL: the daemon does not run */
const struct config *rehearsal_config(const struct rehearsal *r);
struct now rehearsal_now(const struct rehearsal *r);
void rehearsal_watch(struct rehearsal *r, struct rehearsal_watcher w);

/* The daemon starts with what it remembered; stops; is killed (which is the same, as the engine
 * does nothing when it ends); is killed once `n` more effects have been carried out. */
void rehearsal_start(struct rehearsal *r);
void rehearsal_stop(struct rehearsal *r);
void rehearsal_kill_after(struct rehearsal *r, uint32_t n);
/* With it the machine. The daemon has to be started again. */
void rehearsal_reboot(struct rehearsal *r, bool clean);
void rehearsal_reload(struct rehearsal *r, const struct config *config);
/* What was remembered is lost, as after `rm zmirror.db`. */
void rehearsal_forget(struct rehearsal *r);
/* The state file cannot be written: the daemon refuses to act, which here means that it stops. */
void rehearsal_set_full(struct rehearsal *r, bool full);

/* What a client asks, several things at once: nothing is planned before the last one. False: the
 * daemon does not run. */
bool rehearsal_wishes(struct rehearsal *r, const struct input_wish *wishes, uint32_t n);
bool rehearsal_cancel(struct rehearsal *r, const struct input_cancel *c);
bool rehearsal_startup(struct rehearsal *r);
/* `zmirror forget`. False: the daemon does not run, or refuses: `ret_why`, in the arena. */
bool rehearsal_forget_entity(struct rehearsal *r, entity_id id, struct arena *a,
                             const char **ret_why);
void rehearsal_set_clock(struct rehearsal *r, int64_t by_usec);
/* The machine sleeps for so long. */
void rehearsal_suspend(struct rehearsal *r, usec_t duration);

/* One thing happens, in the world or in the daemon, at the time when it is due but not after
 * `until` (sim time). False: nothing was due, it is `until` now. */
bool rehearsal_step(struct rehearsal *r, usec_t until);
void rehearsal_run(struct rehearsal *r, usec_t duration);
/* Until nothing has happened for a while (looks are not counted, nor what an idle daemon does every
 * few minutes). False: it did not come to rest within `limit`. */
bool rehearsal_rest(struct rehearsal *r, usec_t limit);

/* What is remembered; borrowed until the next step. */
const struct memory_leg *rehearsal_find_leg(const struct rehearsal *r, uint64_t vdev_guid);
const struct memory_pool *rehearsal_find_pool(const struct rehearsal *r, uint64_t pool_guid);
const struct memory_entity *rehearsal_find_entity(const struct rehearsal *r, const char *id);
size_t rehearsal_n_history(const struct rehearsal *r);
const struct history *rehearsal_history(const struct rehearsal *r, size_t i);

usec_t rehearsal_started(const struct rehearsal *r);   /* sim time when the daemon was started */
uint64_t rehearsal_n_steps(const struct rehearsal *r); /* of the engine */
usec_t rehearsal_last_activity(const struct rehearsal *r);
unsigned rehearsal_n_looking(const struct rehearsal *r);
