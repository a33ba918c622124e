/* world/world.h - the one interface to everything outside: look, run, and be told. Two
 * implementations: linux, sim */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "model/command.h"
#include "model/facts.h"

/* What can be looked at. */
enum look_kind {
        LOOK_DEVICES, /* all block devices: answered by world_facts with kind FACTS_DEVICES */
        LOOK_DEVICE,  /* one block device, by syspath */
        LOOK_POOLS,   /* which pools are imported (kernel statistics) */
        LOOK_POOL,    /* what one pool says, by name */
        LOOK_MOUNTS,  /* what is mounted */
        LOOK_HOLDERS, /* who uses a block device (path) */
        LOOK_LABEL,   /* the labels of a device (path) */
        _LOOK_KIND_MAX,
};

struct look {
        enum look_kind kind;
        const char *name; /* syspath, pool name or device path; NULL where there is only one thing
                             to look at */
};

/* The answer to a look. Everything in it is borrowed for the time of the call, except `pool`. */
struct facts {
        enum look_kind kind;
        const char *name;
        bool failed; /* time-out, no such program, nonsense: `error` says what; nothing else is set
                      */
        const char *error;
        const struct device *devices; /* DEVICES: all; DEVICE: one, or none if it is gone */
        uint32_t n_devices;
        const struct pool_seen *pools; /* POOLS */
        uint32_t n_pools;
        struct pool_status *pool;   /* POOL: the receiver takes it (TAKE_PTR), else the sender frees
                                       it; NULL: not imported */
        const struct mount *mounts; /* MOUNTS */
        uint32_t n_mounts;
        const struct holder *holders; /* HOLDERS */
        uint32_t n_holders;
        const struct label *label; /* LABEL */
};

/* So many alarms can be set at once. */
#define WORLD_ALARMS_MAX 8u

/* What the world tells without being asked. Called from the event loop, never from inside
 * world_look or world_run. */
struct world_listener {
        void (*on_facts)(void *userdata, uint64_t tag, struct facts *facts);
        void (*on_command_end)(void *userdata, uint64_t tag, const struct command_end *end);
        /* Something may have changed: look there. */
        void (*on_hint)(void *userdata, const struct look *what);
        /* Stages of a command that take a person's time: true while a passphrase is being asked
         * for. */
        void (*on_prompt)(void *userdata, uint64_t tag, bool waiting);
        /* An event of ZFS or udev with its keys ("NAME=value"), for log_events; `line` for people.
         */
        void (*on_event)(void *userdata, const char *source, const char *line,
                         const char *const *keys);
        /* It is the time that world_set_alarm was told. */
        void (*on_alarm)(void *userdata, uint32_t alarm);
        void *userdata;
};

struct world;

struct world_ops {
        /* Starts to watch for hints. Calls back from now on. 0 or negative errno. */
        int (*start)(struct world *w, const struct world_listener *listener);
        /* Begins to look; exactly one on_facts with this tag follows, within the look's time limit.
         */
        void (*look)(struct world *w, uint64_t tag, const struct look *what);
        /* Begins to run; exactly one on_command_end with this tag follows, within the command's
         * time limit. The command is copied. */
        void (*run)(struct world *w, uint64_t tag, const struct command *command);
        /* Nobody needs the command with this tag any more. A question for its passphrase is taken
         * back, and it ends as cancelled; everything else goes on. */
        void (*withdraw)(struct world *w, uint64_t tag);
        struct now (*now)(struct world *w);
        /* One on_alarm with this number (below WORLD_ALARMS_MAX) follows once the monotonic clock
         * shows `mono`, by so much later at most. It takes the place of the one before;
         * USEC_NEVER: none. Time need not pass in the world as it does outside, so this is the way
         * to wait for it. */
        void (*set_alarm)(struct world *w, uint32_t alarm, usec_t mono, usec_t accuracy);
        /* The machine's boot id. Borrowed. */
        const char *(*boot_id)(struct world *w);
        /* Children are left running; nothing is waited for. */
        struct world *(*free)(struct world *w);
};

struct world {
        const struct world_ops *ops;
};

static inline int world_start(struct world *w, const struct world_listener *listener) {
        return w->ops->start(w, listener);
}

static inline void world_look(struct world *w, uint64_t tag, const struct look *what) {
        w->ops->look(w, tag, what);
}

static inline void world_run(struct world *w, uint64_t tag, const struct command *command) {
        w->ops->run(w, tag, command);
}

static inline void world_withdraw(struct world *w, uint64_t tag) {
        w->ops->withdraw(w, tag);
}

static inline struct now world_now(struct world *w) {
        return w->ops->now(w);
}

static inline void world_set_alarm(struct world *w, uint32_t alarm, usec_t mono, usec_t accuracy) {
        w->ops->set_alarm(w, alarm, mono, accuracy);
}

static inline const char *world_boot_id(struct world *w) {
        return w->ops->boot_id(w);
}

static inline struct world *world_free(struct world *w) {
        return w ? w->ops->free(w) : NULL;
}
