/* daemon/core.h - what the files of the daemon share: the one struct, and the one way into the
 * engine */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/config_load.h"
#include "daemon/daemon.h"
#include "daemon/hints.h"
#include "daemon/service.h"
#include "engine/engine.h"
#include "model/config.h"
#include "store/store.h"
#include "world/world.h"

struct sd_event;
struct sd_event_source;
struct server;

/* What the daemon lets itself be woken for. */
enum alarm {
        ALARM_ENGINE,
        ALARM_WALL,   /* the engine, by the wall clock */
        ALARM_RESTED, /* what was looked at just now may be again */
        ALARM_SHRINK, /* what the start has used is given back */
        _ALARM_MAX,
};

/* A command that runs. */
struct daemon_command {
        uint64_t tag; /* of the world */
        uint64_t job; /* of the engine */
        char *entity, *pool, *line;
        bool withdrawn; /* nobody needs it any more */
};

struct daemon {
        const struct daemon_options *options;
        struct sd_event *loop;
        struct config *config;
        struct store *store;
        struct engine *engine;
        struct world *world;
        struct server *server;
        struct hints hints;
        struct service service;
        ARRAY(struct daemon_command) commands;
        uint64_t next_tag;
        struct sd_event_source *look_soon; /* when nothing else is to be done */
        struct sd_event_source *clock;     /* somebody set it */
        usec_t wake_wall;                  /* what ALARM_WALL is set to; 0: not known */
        int clock_fd;
        bool log_events, log_full_events;
        usec_t started; /* wall clock */
        bool stopped;   /* nothing is done any more, the loop ends */
};

/* One step of the engine, and all that it asks for. */
void daemon_step(struct daemon *d, const struct input *input);
/* Begins the looks that were hinted at, as soon as nothing else is to be done. */
void daemon_look_soon(struct daemon *d);
/* Memory that was used for a moment only is given back when that is over. */
void daemon_shrink_soon(struct daemon *d);
/* Ends the loop with that exit status. */
void daemon_stop(struct daemon *d, int status);
/* The engine begins anew with what the state file has now; nothing may be under way. Negative
 * errno: the old one stays. */
int daemon_remember(struct daemon *d);
/* Log level and event logging as configured. */
void daemon_apply_settings(struct daemon *d);
