/* engine/core.h - the values of the engine: facts, picture, memory, wishes, and how they hang
 * together */
#pragma once

#include "base/array.h"
#include "base/map.h"
#include "base/text.h"
#include "engine/chores.h"
#include "engine/deadline.h"
#include "engine/engine.h"

#define SLOT_NONE UINT32_MAX
#define LINK_NONE UINT32_MAX

/* --- facts --------------------------------------------------------------------------------------
 */

/* What the labels on a device say, as they were read last. */
struct passport {
        uint64_t seq;     /* of the look; 0: never read */
        uint64_t after;   /* looks with a higher number were asked for later */
        uint64_t diskseq; /* of the device then */
        bool wanted;      /* it is being read */
        bool valid;
        uint64_t pool_guid, vdev_guid, top_guid;
        struct vdev_shape top;
        uint64_t txg, time, hostid; /* of the newest uberblock */
};

/* A block device that was seen. Slots are reused; an empty one has no device. */
struct device_slot {
        struct arena *arena; /* holds the device's text */
        const struct device *device;
        entity_id owner; /* the entity that has this device by name, or ENTITY_NONE */
        uint64_t seq;    /* of the newest look at it alone */
        struct passport passport;
};

/* A device stands on another one: a link in the list of what stands on that. */
struct device_link {
        uint32_t slot; /* of the upper one */
        uint32_t next; /* or LINK_NONE */
};

/* How a block device is used, beside what zmirror looks after. */
struct device_use {
        uint64_t devnum;
        struct text how; /* "mounted at /mnt" */
};

/* A pool in the kernel's statistics, configured or not. */
struct pool_found {
        struct text name;
        uint64_t guid; /* 0: not told (yet) */
        usec_t ask_at; /* monotonic: not before that */
        uint32_t n_asked;
        bool there;
};

/* Who holds a block device, a pool or a dataset, as last looked. Key: device node or name. */
struct holder_fact {
        char *path;
        uint64_t seq;   /* of the look */
        char text[200]; /* "" nobody */
        bool known;     /* false: it could not be told, and the text says so */
};

/* A look that was asked for and has not been answered. */
struct outstanding {
        uint64_t seq;
        enum fact_kind kind;
        uint64_t name_hash;
};

/* A look that failed, of which there is only one of a kind: when it is begun again. */
struct ask {
        usec_t at; /* monotonic; 0: no need to */
        uint32_t n;
};

/* --- a leg's way to "up to date" (complete.c)
 * ----------------------------------------------------- */

enum verify_stage {
        VERIFY_NONE,    /* the scan record does not say yet that the leg is up to date */
        VERIFY_SYNC,    /* zpool sync runs: every leg gets the newest uberblock */
        VERIFY_LOOK,    /* does the scan record still say so? */
        VERIFY_SIBLING, /* the label of an online sibling is being read */
        VERIFY_LEG,     /* and then the leg's own */
};

/* What a label is read for. */
enum label_use {
        LABEL_SIBLING, /* verification: how far an online sibling has come */
        LABEL_LEG,     /* and then the leg */
        LABEL_OPENED,  /* what is on a leg that came online, at least */
        LABEL_CLOSING, /* what is on a leg that went out of use */
        LABEL_CEILING, /* the most that can be on a leg that vanished: what a sibling carries */
};

/* A label that a leg waits for. */
struct label_ask {
        entity_id leg;
        enum label_use use;
        uint64_t path_hash, seq;
};

struct watch {
        bool pending; /* the command that brings it online has not had its effect yet */
        enum verify_stage stage;
        uint32_t tries;       /* verifications that came to nothing */
        const char *fault;    /* why the last one did: a clause */
        usec_t retry_at;      /* monotonic; not before */
        uint64_t look;        /* seq of the look at its pool with VERIFY_LOOK */
        uint64_t sibling_txg; /* what its sibling's label said */
        bool quiet;           /* no scan is to be seen, since: */
        usec_t quiet_mono;
        uint64_t quiet_txg;
        bool checkpoint; /* there was one in the last look */
        bool checkpoint_told;
        bool scrubbed;    /* a scrub ran in the last look */
        usec_t begun;     /* start of the resilver that was seen last */
        uint32_t n_begun; /* how many there were since it came online */
};

/* --- the picture: one node per entity
 * --------------------------------------------------------------- */

/* A handler list that has not ended, beside its row in the memory. */
struct list_run {
        uint64_t request; /* what its current action asked for; 0: nothing yet */
        uint64_t job;     /* of `run:`; 0: none */
        bool over, good;  /* the current action has ended, and how */
};

struct row {
        struct memory_entity m;
        char luks_uuid[48];
        struct text failure; /* its text */
        struct arena *text;  /* names of changes; cleared when no handler list is left */
        ARRAY(struct memory_handler) handlers;
        ARRAY(struct list_run) runs; /* parallel */
};

struct node {
        struct row *row;

        /* from the facts */
        ARRAY(uint32_t) candidates; /* device slots that carry its name */
        uint32_t device;            /* the one that it is, or SLOT_NONE */
        bool ambiguous;             /* two devices carry its name */
        bool dead;          /* crypt: its mapping stands on a device that is gone or another */
        uint64_t opened_on; /* crypt: diskseq under the mapping when it was first seen open */
        uint64_t online_on; /* leg: diskseq of the device that its vdev went online with; 0: not
                               online */
        uint64_t coming_on; /* leg: diskseq of its device when a command that brings it online began
                             */
        bool mounted;       /* dataset */
        uint32_t vdev;      /* leg: index in its pool's status, or VDEV_NONE */
        bool seen;          /* pool: in the kernel's statistics */
        bool suspended;
        struct pool_status *status; /* pool: what it said last, or NULL */
        uint64_t status_seq;        /* pool: seq of the look that it answered last */
        uint64_t told_seq;          /* pool: of the look that gave `status` */
        uint32_t n_silent;          /* pool: looks in a row that it left unanswered (silence.c) */
        uint32_t n_asked;           /* and how often it was asked again since */
        usec_t ask_at;              /* pool: when it is asked again (monotonic); 0: no need to */
        char silence[160];          /* pool: why it does not answer, "" */
        bool silence_told;          /* pool: that it does not */
        bool arrived;               /* pool: it answered for the first time since it is imported */
        uint64_t settles; /* pool: seq of the look that shows what a command of ours has done, or
                             UINT64_MAX while it runs */
        bool frozen;      /* pool: an import or export of ours runs; what is seen meanwhile does not
                        count */

        /* derived */
        enum state state;
        bool in_use;
        uint32_t children_in_use;
        bool errors;
        bool unknown; /* a pool that would have to tell has not answered: it is as remembered */

        /* legs: on the way to being up to date; and reading the label of one that went out of use
         */
        struct watch watch;
        bool closing;
        uint64_t closing_on;  /* diskseq of the device whose label is being read */
        uint64_t entry_on;    /* diskseq + 1 of the device whose label was read since the leg was in
                                 use    (1: there was none); 0: not tried */
        uint32_t entry_tries; /* how often it could not be read */
        usec_t entry_retry_at;    /* monotonic; 0: not to be read again */
        bool provisioning;        /* disk: its provisioning mode is being set */
        uint64_t provisioning_on; /* disk: diskseq + 1 of the one for which that was tried */
        uint64_t offline_seq;   /* leg: of the newest look at its pool in which it was not online */
        bool vdev_online;       /* as of the last diff: ONLINE, and its device there */
        usec_t uncertain_until; /* leg: it was in use when its pool went down: until then ZFS may
                                   begin to resilver it (monotonic) */
        usec_t poll_at; /* pool: when it is looked at again while something runs in it (monotonic)
                         */
        bool auditing;  /* pool: its first resilver since it was imported is still to come */
        usec_t audited_scan; /* pool: start of the scan in its record then */
        usec_t scrub_seen; /* pool: start of the scrub that ran last; 2.1 does not tell that of one
                              that was cancelled */
        usec_t scrub_stopped; /* pool: start of the scrub that was stopped to begin it anew with
                                 another leg; 0: none */
        usec_t trim_since;    /* leg: when the trim that runs, or ran last, began; 0: not known */
        usec_t faulted_at; /* leg: FAULTED with its device there, when that is believed (monotonic)
                            */
        usec_t lost_at;    /* leg: ONLINE without a device that was ever seen, when it is believed
                              (monotonic); 0: not so */
        uint64_t recovered_on; /* leg: diskseq of the device with which its suspended pool was to go
                                  on: tried once */
        usec_t coming_until;  /* a command has opened it: until then its effect may show (monotonic)
                               */
        uint64_t closed_look; /* crypt: seq of the look that shows what its last close did */
        usec_t device_at;     /* leg: when its device was there first (monotonic) */
        uint32_t n_self; /* what is gone was wanted offline so often; 0 when its picture changes */
        usec_t self_at;  /* and is again then (monotonic) */

        /* wishes */
        struct request *requests[_WISH_MAX];

        bool fresh;     /* newly configured: its first picture is taken as it is */
        bool unmet;     /* its picture was not compared with the memory yet since the start */
        bool dirty;     /* in engine.dirty */
        bool changed;   /* in engine.changed: the picture is to be compared with the memory */
        bool row_dirty; /* in engine.rows_dirty */
};

struct leg_row {
        struct memory_leg m;
        char entity[320], suspicion[200];
        bool dirty;
};

struct memory_members {
        struct memory_member *items;
        size_t count, capacity;
};

struct pool_row {
        struct memory_pool m;
        struct memory_members current;
        ARRAY(struct memory_top) tops;
        char name[300];
        bool dirty;
};

struct engine {
        const struct config *config;
        struct now now;
        struct engine_settings settings;
        char boot_id[64];
        bool boot_id_dirty, rebooted;
        usec_t started; /* wall clock; before that nobody looked */
        bool first_start, ready, looked_devices, looked_pools, looked_mounts;
        struct ask asks[FACT_LABEL + 1]; /* by enum fact_kind */
        uint64_t mounts_seq;             /* of the newest answer to what is mounted */
        uint64_t devices_seq;            /* to which devices there are */
        uint64_t next_seq;
        ARRAY(struct outstanding) outstanding;

        struct arena *arena; /* lives as long as the engine */
        ARRAY(struct device_slot) slots;
        ARRAY(uint32_t) free_slots;
        struct map slot_by_syspath, slot_by_devnum, mapping_by_backing; /* values: slot */
        struct map slot_by_vdev; /* vdev GUID -> slot, or SLOT_NONE for one that was here */
        struct map above;        /* device number -> first of the links to what stands on it */
        ARRAY(struct device_link) links;
        uint32_t free_link; /* the first of those that are not in use, or LINK_NONE */
        ARRAY(struct device_use) used;
        struct map use_by_devnum; /* -> index in used */
        ARRAY(struct pool_found) imported;
        ARRAY(struct holder_fact *) holders;
        ARRAY(entity_id) seen_pools, mounted;

        struct node *nodes;
        struct arena *node_arena; /* one per configuration */
        ARRAY(struct row *) all_rows;
        struct map row_by_id; /* id -> struct row *, of every entity ever known */
        ARRAY(struct leg_row *) legs;
        struct map leg_by_guid; /* vdev GUID -> index */
        ARRAY(struct pool_row *) pools;
        struct map pool_by_guid;

        ARRAY(entity_id) dirty, changed, rows_dirty;
        ARRAY(struct label_ask) label_asks;
        ARRAY(uint32_t) passport_waiters; /* slots */
        ARRAY(struct leg_row *) legs_dirty;
        ARRAY(struct pool_row *) pools_dirty;

        ARRAY(struct request *)
        requests; /* open ones, oldest first; ended ones are NULL until compacted */
        ARRAY(struct request *) spare_requests;
        struct map request_by_id;
        uint32_t n_ended;
        uint64_t next_request;

        ARRAY(struct job *) waiting; /* commands, the oldest first */
        ARRAY(struct job *) running;
        ARRAY(struct job *) spare_jobs;
        uint64_t next_job;
        uint32_t n_counted;         /* running, and counted among the five */
        uint32_t n_waiting_prompts; /* waiting, and not counted */

        struct deadlines deadlines;
        struct chores chores;
        ARRAY(uint64_t) look_waiters; /* requests that wait for a look to be answered */
        ARRAY(entity_id) round;       /* what settle works on */
        bool stepped;
        struct effects effects;
};

static inline const struct entity *engine_entity(const struct engine *e, entity_id id) {
        return &e->config->entities[id];
}

static inline struct node *engine_node(const struct engine *e, entity_id id) {
        return &e->nodes[id];
}

/* The device that the entity is, or stands on as a mapping; NULL if it is not there. */
static inline const struct device *node_device(const struct engine *e, const struct node *n) {
        return n->device == SLOT_NONE ? NULL : e->slots.items[n->device].device;
}

/* Its picture and plans are to be made again. */
void engine_touch(struct engine *e, entity_id id);
/* The same for all that its plans or those of others may depend on: itself, ancestors, what is
 * inside, and the pools and fellow legs of the legs in there. */
void engine_touch_around(struct engine *e, entity_id id);
/* As it is called in a sentence; valid until the next step. */
const char *engine_title(const struct engine *e, entity_id id);
/* Its row is to be saved with this step. */
void engine_save_row(struct engine *e, entity_id id);
/* Look there; the answer's seq will be at least what is returned. */
uint64_t engine_look(struct engine *e, enum fact_kind kind, const char *name);
/* True if none of the looks from `first` to `last` is still to be answered. */
bool engine_is_answered(const struct engine *e, uint64_t first, uint64_t last);
/* Of a name or path; NULL is one, too. */
uint64_t name_hash(const char *s);
/* A line for the log; entity may be ENTITY_NONE. */
void engine_log(struct engine *e, enum log_level level, entity_id about, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
