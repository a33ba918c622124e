/* sim/inside.h - the simulated world, as its own files see it */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "sim/media.h"
#include "sim/pool.h"
#include "sim/queue.h"
#include "sim/sim.h"

/* A command that runs. */
struct task {
        struct sim *sim;
        struct arena *arena;
        uint64_t tag;
        struct command command;
        bool by_person;   /* somebody typed it; nobody is told how it ends */
        bool ended;       /* it was reported (it may still hang in the kernel) */
        bool hung;        /* in the kernel */
        bool cancelled;   /* nobody answered the prompt */
        bool withdrawn;   /* nobody needs an answer any more */
        bool seen;        /* the spectators know that it has its effect */
        bool applied;     /* it has had its effect */
        uint64_t hung_at; /* sim.changes when it was last tried */
        enum sim_fault fault;
        usec_t started, takes;
        uint64_t number;
        uint32_t tries; /* wrong passphrases */
        const char *text;
        struct answer answer;
};

/* A look that was begun. */
struct glance {
        uint64_t tag;
        struct look what;
        char *name; /* owns what.name */
        bool used;
        bool filled; /* it has seen already, and is on its way back */
        struct arena *arena;
        struct facts facts;
};

struct sim {
        struct world world;
        const struct config *config;
        struct arena *arena;   /* what lives as long as the world */
        struct arena *scratch; /* what lives as long as an answer */
        struct sim_options options;
        struct dice dice;
        struct queue queue;
        usec_t time; /* since the world began */
        usec_t booted, slept;
        usec_t wall_offset; /* wall clock - time */
        uint64_t boots;
        char boot_id[37];
        uint64_t hostid;
        const struct world_listener *listener; /* NULL, or the next */
        struct world_listener heard_by;
        uint64_t heard_since;              /* the number of the last command before it listened */
        uint64_t alarms[WORLD_ALARMS_MAX]; /* how often each was set: an older one does not fire */
        struct sim_watcher watcher;
        struct sim_checker checker;

        ARRAY(struct disk *) disks;
        ARRAY(struct volume *) volumes;
        ARRAY(struct node *) nodes; /* not gone, or still held */
        ARRAY(struct zpool *) pools;
        ARRAY(struct image *) images;
        ARRAY(struct task *) tasks;
        ARRAY(struct glance *) glances;
        ARRAY(const char *) snapshots;
        uint64_t diskseq;
        uint64_t guids, n_tasks, n_imports;

        struct sim_faults faults;
        struct sim_bites bites;
        struct {
                enum sim_fault fault;
                uint32_t count;
        } next[_COMMAND_KIND_MAX];
        uint32_t wrong_passphrases;
        bool no_passphrase;
        usec_t pulled_at;  /* when a disk was pulled last, or something done by hand */
        usec_t issued;     /* when the command that is judged was run */
        usec_t executes;   /* the same of the one that has its effect just now; 0: none has */
        bool ours;         /* that is a command of zmirror's */
        usec_t deaf_until; /* what the daemon should have heard of before may still be news to it */
        uint64_t changes;  /* counts everything that happened to the world */
};

/* Happens after `delay`. */
void sim_later(struct sim *s, usec_t delay, void (*fire)(void *sim, void *what, uint64_t number),
               void *what, uint64_t number);
/* `usual`, or with jitter something between a half and one and a half of it. */
usec_t sim_about(struct sim *s, usec_t usual);
uint64_t sim_guid(struct sim *s);
const char *sim_uuid(struct sim *s);
usec_t sim_wall(const struct sim *s);

/* The kernel, udev or ZFS says something: a hint for the daemon, a line for the spectators. */
void sim_event_device(struct sim *s, const char *verb, const struct node *n);
void sim_event_pool(struct sim *s, const struct zpool *p, const char *event, const char *detail);
void sim_event_mounts(struct sim *s);
void sim_say(struct sim *s, enum sim_voice voice, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Runs what a command does: shell.c. */
struct answer shell_execute(struct sim *s, struct task *t);
usec_t shell_takes(struct sim *s, const struct command *c);
bool shell_may_retry(const struct task *t);
