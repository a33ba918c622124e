/* engine/engine.h - the pure middle: facts, time and wishes in; effects out */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/time.h"
#include "model/command.h"
#include "model/config.h"
#include "model/facts.h"
#include "model/memory.h"
#include "model/view.h"

struct engine;

/* --- in
 * ----------------------------------------------------------------------------------------------------
 */

enum input_kind {
        INPUT_FACTS,       /* a look's answer */
        INPUT_COMMAND_END, /* a command ended */
        INPUT_PROMPT,      /* a passphrase is being asked for (or not any more) */
        INPUT_WISH,        /* somebody wants something */
        INPUT_CANCEL,      /* and does not want it any more */
        INPUT_LEAVE,       /* a client went away: its requests stay, but nobody is told */
        INPUT_TICK,        /* the time that effects asked to be woken at has come */
        INPUT_CLOCK,       /* the wall clock was set, or the machine has slept */
        INPUT_CONFIG,      /* a new configuration */
        INPUT_STARTUP,     /* `zmirror startup`: run the on_startup handlers */
        INPUT_FORGET,      /* what is known of entities from earlier */
};

/* facts.h's look answers as the engine takes them: the world's `struct facts` without what only the
 * world knows. */
enum fact_kind {
        FACT_DEVICES,
        FACT_DEVICE,
        FACT_POOLS,
        FACT_POOL,
        FACT_MOUNTS,
        FACT_HOLDERS,
        FACT_LABEL
};

struct input_facts {
        enum fact_kind kind;
        uint64_t seq; /* the highest effect_look.seq for this thing that had been asked for when the
                         look began */
        const char *name;             /* syspath, pool name, device path */
        const char *error;            /* the look failed: why; else NULL */
        const struct device *devices; /* copied */
        uint32_t n_devices;
        const struct pool_seen *pools;
        uint32_t n_pools;
        struct pool_status **pool; /* taken over (set to NULL) by the engine if it keeps it */
        const struct mount *mounts;
        uint32_t n_mounts;
        const struct holder *holders;
        uint32_t n_holders;
        const struct label *label;
};

struct input_wish {
        enum wish wish;
        entity_id entity;
        enum origin origin;
        enum event by_event; /* of a handler: whose, and what has happened */
        entity_id by;
        uint64_t client;                      /* who is told about progress and end; 0: nobody */
        bool accept_data_loss, overwrite_leg; /* by hand only */
};

struct input_cancel {
        enum wish wish;
        entity_id entity;
        bool for_all; /* a pool or `all`: stop a running scrub whoever wanted it */
        uint64_t client;
};

struct input {
        enum input_kind kind;
        bool more; /* another one follows at once: nothing is planned before that */
        union {
                struct input_facts facts;
                struct {
                        uint64_t job;
                        const struct command_end *end;
                } command;
                struct {
                        uint64_t job;
                        bool waiting;
                } prompt;
                struct input_wish wish;
                struct input_cancel cancel;
                struct {
                        uint64_t client;
                } leave;
                struct { /* configured or not; see engine_may_forget */
                        const char *const *ids;
                        uint32_t n;
                } forget;
                const struct config
                        *config; /* borrowed until the next INPUT_CONFIG or engine_free */
        };
};

/* --- out
 * ---------------------------------------------------------------------------------------------------
 */

struct effect_run {
        uint64_t job;
        struct command command; /* in effects.arena */
};

struct effect_look {
        enum fact_kind kind;
        const char *name; /* in effects.arena */
        uint64_t seq;     /* rises with each */
};

/* Tells a client about its request. `ended` comes exactly once. Client 0: nobody waits for it; only
 * its failure is told, for whoever wants to know what happens. */
struct effect_tell {
        uint64_t client, request;
        entity_id entity; /* ENTITY_NONE: a reload has removed it */
        enum wish wish;
        bool ended, fulfilled;
        struct reason reason; /* why it waits, or why it ended */
};

struct effect_log {
        enum log_level level;
        const char *entity, *pool, *text; /* in effects.arena; the first two may be NULL */
};

/* A row that goes out of the state file; one of the three. */
struct effect_forget {
        const char *entity;
        uint64_t vdev_guid, pool_guid;
};

/* What one step asks for. To be carried out in this order: forget rows, save some (entities, legs,
 * pools, history, boot id), all in one transaction, then logs, looks, runs, withdraws, tells. Valid
 * until the next step. */
struct effects {
        struct arena *arena;
        ARRAY(struct effect_forget) forgets;
        ARRAY(const struct memory_entity *) entities; /* rows to save, borrowed from the engine */
        ARRAY(const struct memory_leg *) legs;
        ARRAY(const struct memory_pool *) pools;
        ARRAY(struct history) history;
        const char *boot_id; /* to save, or NULL */
        ARRAY(struct effect_log) logs;
        ARRAY(struct effect_look) looks;
        ARRAY(struct effect_run) runs;
        ARRAY(uint64_t)
        withdraws; /* jobs that nobody needs any more, and that ask for a passphrase */
        ARRAY(struct effect_tell) tells;
        bool look_around; /* at everything, as if there had been a hint for each thing */
        usec_t wake;      /* monotonic; USEC_NEVER: no need */
        usec_t wake_wall; /* the same, by the wall clock: whichever comes first */
};

/* --- the engine
 * -------------------------------------------------------------------------------------------- */

/* The memory is copied. `first_start`: the state file was just made, nothing is remembered: the
 * picture is taken as it is, without handlers. The first step's effects ask for the looks that make
 * the first picture; until they are all answered requests wait. */
struct engine *engine_new(const struct config *config, const struct memory *memory,
                          const char *boot_id, bool first_start, struct now now);
struct engine *engine_free(struct engine *e);
DEFINE_CLEANUP(struct engine *, engine_free);

/* One step settles: afterwards nothing changes until the next input. The effects are the engine's
 * own. A step with INPUT_TICK right after engine_new yields the first looks. */
const struct effects *engine_step(struct engine *e, struct now now, const struct input *input);

/* Settings that can be changed until the next reload. */
struct engine_settings {
        bool enable_commands, enable_event_handlers;
        usec_t timeout;
};

struct engine_settings engine_get_settings(const struct engine *e);
void engine_set_settings(struct engine *e, struct engine_settings s);

/* --- to be shown
 * ------------------------------------------------------------------------------------------- */

bool engine_is_ready(const struct engine *e); /* the first picture is complete */
void engine_view_entity(const struct engine *e, entity_id id, struct now now,
                        struct view_entity *ret);
/* The open requests, oldest first, in the arena. `entity`: only those for it, or ENTITY_NONE for
 * all. */
uint32_t engine_view_requests(const struct engine *e, struct arena *a, entity_id entity,
                              struct view_request **ret);
/* The verdict of a disk; false: it has none, as it is no disk. */
bool engine_view_verdict(const struct engine *e, struct arena *a, entity_id id, struct now now,
                         struct view_verdict *ret);
/* The verdicts of all disks that have one, in the order of the configuration. */
uint32_t engine_view_verdicts(const struct engine *e, struct arena *a, struct now now,
                              struct view_verdict **ret);
/* True if something is known of what has that id, configured or not. */
bool engine_remembers(const struct engine *e, const char *id);
/* False: why what is known of it, and of all in it, cannot be forgotten now. */
bool engine_may_forget(const struct engine *e, const char *id, struct reason *ret);

/* A request that maintenance makes: what is overdue, or wanted for all. */
struct chore {
        enum wish wish;
        entity_id entity;
};

/* For legs for which one of these operations (a bit for each) is overdue; or with `all`, for all
 * legs. In the order of the configuration, in the arena. */
uint32_t engine_view_chores(const struct engine *e, struct arena *a, unsigned operations, bool all,
                            struct now now, struct chore **ret);

/* Why the entity is not as it is wanted, not online, not up to date or not to be unplugged: chains
 * down to the cause; in the arena. Never none. */
uint32_t engine_explain(const struct engine *e, struct arena *a, entity_id id, struct now now,
                        struct view_step **ret);
