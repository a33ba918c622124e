/* model/command.h - every command line that zmirror can run, on one screen */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/time.h"
#include "model/entity.h"

enum command_kind {
        COMMAND_SETTLE, /* udevadm settle */
        COMMAND_CRYPT_OPEN,
        COMMAND_CRYPT_CLOSE,
        COMMAND_POOL_IMPORT,
        COMMAND_POOL_EXPORT,
        COMMAND_POOL_SYNC,
        COMMAND_LEG_ONLINE,
        COMMAND_LEG_OFFLINE,
        COMMAND_LEG_CLEAR,
        COMMAND_POOL_CLEAR,
        COMMAND_SCRUB,
        COMMAND_SCRUB_STOP,
        COMMAND_TRIM,
        COMMAND_TRIM_STOP,
        COMMAND_SNAPSHOT,
        COMMAND_MOUNT,
        COMMAND_UNMOUNT,
        COMMAND_VOLMODE_GET, /* zfs get volmode: answers in its output */
        COMMAND_VOLMODE,     /* zfs set volmode=dev */
        COMMAND_ENABLE_TRIM, /* zmirror enable-trim */
        COMMAND_POWER_OFF,   /* zmirror power-off: says why, if the disk takes no power-off */
        COMMAND_RUN,         /* a handler's own program */
        _COMMAND_KIND_MAX,
};

#define COMMAND_ARGS_MAX 272

struct command {
        enum command_kind kind;
        entity_id about;
        const char *lane;        /* pool name: one command at a time; NULL: none */
        const char *const *argv; /* NULL-terminated */
        const char *const
                *env;    /* "NAME=value" in addition to the daemon's; NULL-terminated or NULL */
        bool passphrase; /* ask an agent (`prompt`), and feed the answer to stdin */
        const char *prompt;
        usec_t time_limit; /* after which the child is killed */
};

/* How a command ended. */
struct command_end {
        bool started;       /* false: could not be started, `output` says why */
        bool timed_out;     /* killed (or abandoned: beyond SIGKILL) at its time limit */
        bool cancelled;     /* passphrase: nobody answered, or the agent was cancelled */
        int exit_status;    /* or -1 */
        int signal;         /* or 0 */
        const char *output; /* the end of its stderr (and stdout), blank-trimmed, at most 2000
                               bytes; never NULL */
};

static inline bool command_end_is_good(const struct command_end *e) {
        return e->started && !e->timed_out && !e->cancelled && e->exit_status == 0 &&
               e->signal == 0;
}

/* The constructors: the arena holds the result, which borrows nothing else. A leg's `vdev` is what
 * names it to zpool: its path, or its GUID in decimal where the name is not unambiguous. */
struct command command_settle(struct arena *a, entity_id about);
struct command command_crypt_open(struct arena *a, entity_id about, const char *device,
                                  const char *name, const char *key_file, bool allow_discards,
                                  const char *prompt);
struct command command_crypt_close(struct arena *a, entity_id about, const char *name);

struct pool_import {
        const char *pool; /* name */
        uint64_t guid;    /* 0: import by name */
        const char *root; /* or NULL */
        bool mount;
        const char *const *args;    /* configured, or NULL */
        const char *const *devices; /* one -d each; NULL-terminated or NULL */
};

struct command command_pool_import(struct arena *a, entity_id about,
                                   const struct pool_import *import);
struct command command_pool_export(struct arena *a, entity_id about, const char *pool);
struct command command_pool_sync(struct arena *a, entity_id about, const char *pool);
struct command command_pool_clear(struct arena *a, entity_id about, const char *pool);
struct command command_leg_online(struct arena *a, entity_id about, const char *pool,
                                  const char *const *vdevs);
struct command command_leg_offline(struct arena *a, entity_id about, const char *pool,
                                   const char *vdev);
struct command command_leg_clear(struct arena *a, entity_id about, const char *pool,
                                 const char *vdev);
struct command command_scrub(struct arena *a, entity_id about, const char *pool, bool stop);
struct command command_trim(struct arena *a, entity_id about, const char *pool, const char *vdev,
                            bool stop);
struct command command_snapshot(struct arena *a, entity_id about, const char *pool,
                                const char *dataset, const char *snapshot);
struct command command_mount(struct arena *a, entity_id about, const char *pool,
                             const char *dataset, bool mount);
struct command command_volmode_get(struct arena *a, entity_id about, const char *pool,
                                   const char *volume);
struct command command_volmode(struct arena *a, entity_id about, const char *pool,
                               const char *volume);
struct command command_enable_trim(struct arena *a, entity_id about, const char *devnode);
struct command command_power_off(struct arena *a, entity_id about, const char *devnode);
struct command command_run(struct arena *a, entity_id about, const char *const *argv,
                           const char *entity, const char *event);

/* What is only asked: nothing is changed by it. */
enum question {
        QUESTION_EVENTS,
        QUESTION_POOL_JSON,  /* all of its status at once, since OpenZFS 2.3 */
        QUESTION_POOL_PATHS, /* before, it shows either paths ... */
        QUESTION_POOL_GUIDS, /* ... or GUIDs, ... */
        QUESTION_POOL_GUID,  /* ... but not the pool's own */
        QUESTION_POOL_SPARES,
        QUESTION_POOL_PROPERTIES,
        QUESTION_POOL_SCRUB,
        _QUESTION_MAX,
};

/* Debian's cron job leaves out pools with "disable" in it. */
#define COMMAND_SCRUB_PROPERTY "org.debian:periodic-scrub"

/* NULL-terminated, in the arena. NULL: not about a pool. */
const char *const *question_argv(struct arena *a, enum question question, const char *pool);
/* Of a person. `name` tells the questions apart that are asked at the same time. */
const char *const *question_passphrase(struct arena *a, const char *name, const char *text,
                                       usec_t time_limit);

/* As one would type it, quoted where needed; in the arena. Two commands are the same if this is. */
const char *command_print(struct arena *a, const struct command *c);
const char *command_kind_print(enum command_kind kind);
