/* engine/job.h - commands that wait or run: lanes, the five that run at a time, and what their end
 * means */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/request.h"
#include "model/command.h"

enum job_purpose {
        JOB_REQUESTS,     /* `requests` are waiting for it */
        JOB_LIST,         /* an action of a handler list of `entity` */
        JOB_PROVISIONING, /* of the disk `entity` */
        JOB_STOP,         /* of a scrub or trim that nobody wants any more */
        JOB_VERIFY,       /* zpool sync for the legs of the pool `entity` that are being verified */
};

struct job {
        uint64_t id;
        enum job_purpose purpose;
        entity_id entity;
        struct arena *arena; /* holds the command */
        struct command command;
        const char *text; /* as printed */
        uint64_t hash;    /* of that */
        ARRAY(uint64_t) requests;
        usec_t planned;            /* monotonic: when it was queued */
        usec_t started;            /* monotonic */
        bool withdrawn;            /* it asked for a passphrase that nobody needs any more */
        ARRAY(const char *) vdevs; /* zpool online: one command for all legs that are ready */
        ARRAY(entity_id) legs;     /* these */
};

/* Queues the command for the request, joins one that waits or runs already, or adds a leg to a
 * `zpool online` that waits. */
void job_add(struct engine *e, struct request *r, const struct command *c);
/* Queues a command that no request waits for. Returns its id. */
uint64_t job_add_for(struct engine *e, enum job_purpose purpose, entity_id entity,
                     const struct command *c);
/* What the request knows of having run this very command; NULL if it has not. */
const struct ran *job_find_ran(const struct engine *e, const struct request *r,
                               const struct command *c);
/* True if a command of that kind waits (or runs) in that lane. */
bool job_is_waiting(const struct engine *e, const char *lane, enum command_kind kind);
bool job_is_on_its_way(const struct engine *e, const char *lane, enum command_kind kind);
/* A command of ours changes the pool, or has changed it and the look at what it did is not
 * answered: whatever is planned from the picture now is planned from an old one. The answer wakes
 * what waits for it. */
bool pool_is_unsettled(const struct engine *e, entity_id pool);
/* The pool that the command changes; ENTITY_NONE: none. */
entity_id command_pool(const struct engine *e, const struct command *c);
/* Starts what may run now: in order, one per lane, five at a time; prompts for a passphrase do not
 * count. What had to wait for that was planned from what was so then. True: it was given back to be
 * planned again; it is to be called again after that. */
bool job_start_ready(struct engine *e);
void job_end(struct engine *e, uint64_t id, const struct command_end *end);
/* A new configuration: what commands are about has other ids now, or is gone (ENTITY_NONE). */
void job_renumber(struct engine *e, const struct config *old, const struct config *new);
void job_release(struct engine *e);
/* Nobody shall be asked for a passphrase that no request needs any more. */
void job_withdraw_unwanted(struct engine *e);

/* A prompt for a passphrase is open (or not any more). */
void job_prompt(struct engine *e, uint64_t id, bool waiting);
