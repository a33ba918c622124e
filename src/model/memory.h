/* model/memory.h - what must survive a crash: rows of the state file as the engine holds them */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "model/entity.h"
#include "model/facts.h"

enum copy {
        COPY_UNKNOWN,    /* never seen */
        COPY_COMPLETE,   /* whole, as of the txg that it carries */
        COPY_INCOMPLETE, /* may lack blocks */
        COPY_SUSPECT,    /* until a scrub repaired nothing on it */
        _COPY_MAX,
};

const char *copy_print(enum copy c);
bool copy_parse(const char *s, enum copy *ret);

/* A handler list that has not ended. */
struct memory_handler {
        enum event event;
        uint32_t next;  /* index of the action that is running or comes next */
        usec_t started; /* wall clock, when that action was begun (names a snapshot); 0: not yet */
        const char *change; /* the name of the change that fired it */
};

/* What is known of an entity from earlier. Key: `id`. */
struct memory_entity {
        const char *id;
        enum state state;    /* last state */
        bool in_use;         /* last, of its content: for children_offline; of a leg: its vdev */
        uint64_t device_seq; /* diskseq of its device when it was last present */
        uint8_t operations;  /* bit per enum operation: seen running */
        bool errors;
        bool ejected; /* disks: it was powered off, and has not been plugged since */
        bool used;    /* disks: something on it was in use since it was last said to be safe */
        /* legs */
        usec_t added, last_online, last_update, last_scrub, last_trim;
        uint64_t vdev_guid; /* the last one that it was seen with; 0: none */
        /* containers */
        const char *luks_uuid; /* of the last one that was open under its name; "" or NULL: none */
        struct memory_handler *handlers;
        uint32_t n_handlers;
        struct failure failure;
};

/* How a leg was found to be complete. */
enum proof_kind {
        PROOF_NONE,     /* taken for it: it was seen for the first time */
        PROOF_RESILVER, /* a resilver ended without errors, and its label was as new as its
                           sibling's */
        PROOF_QUIET,    /* the same, but nothing had to be resilvered */
        PROOF_SCRUB,    /* it was suspect until a scrub had nothing to repair on it */
        PROOF_ALONE,    /* nobody else has what is on it */
        _PROOF_KIND_MAX,
};

const char *proof_kind_print(enum proof_kind k);
bool proof_kind_parse(const char *s, enum proof_kind *ret);

struct proof {
        enum proof_kind kind;
        usec_t at;            /* wall clock */
        usec_t took;          /* the resilver */
        uint64_t bytes;       /* that it wrote */
        uint64_t sibling_txg; /* read on the label of an online sibling just before the leg's; 0: it
                                 had none */
};

/* The ledger, per vdev GUID. */
struct memory_leg {
        uint64_t vdev_guid, pool_guid;
        const char *entity; /* id of the leg that it is known under, "" if none */
        enum copy copy;
        const char *suspicion; /* why it is suspect, "" otherwise */
        bool open;             /* in use here */
        uint64_t closed_txg,
                closed_time;  /* its label when its end was observed; 0: not known. When it
                                 vanished: a txg that it carries at least, and no time */
        uint64_t ceiling_txg; /* when it vanished: newest uberblock of a sibling; 0: none */
        uint64_t hostid;
        uint64_t own_txg;  /* read on its own label while it was in use or when it went: it carries
                              that at least; 0: never read */
        uint64_t instance; /* the import of its pool in which it was in use last; 0: not known */
        struct proof proof;
        uint64_t write_errors; /* counted while it is complete: one more, and it lacks something */
        bool apart;            /* what was written to it then went on without the newest copy */
        /* being watched: it came online and is not yet up to date */
        bool watching;
        struct scan before;     /* the pool's record before it came online */
        uint64_t before_txg;    /* the pool's txg then */
        usec_t since;           /* wall clock */
        uint64_t errors_before; /* sum of its counters then */
        bool resilver_seen;
        usec_t met_start; /* `start` of the resilver in the record when it was found online; 0: it
                             came online before our eyes */
        /* a scrub that it has been online for from the start */
        usec_t scrub_start; /* `start` of the scan record; 0: none */
        uint64_t scrub_errors_before;
};

/* One of the legs that were complete and current when their pool was seen last, here. */
struct memory_member {
        uint64_t vdev_guid;
        uint64_t top_guid; /* of the top-level vdev that it is in, or is; 0: not known */
};

/* A top-level vdev of a pool. */
struct memory_top {
        uint64_t guid;
        struct vdev_shape shape;
};

/* The ledger, per pool GUID. */
struct memory_pool {
        uint64_t pool_guid;
        const char *name;                 /* "" when another pool has taken it over */
        uint64_t newest_txg, newest_time; /* seen on any present leg */
        struct memory_member *current;
        uint32_t n_current;
        struct memory_top *tops; /* what it was made of then */
        uint32_t n_tops;
        struct scan scan;  /* the last record seen */
        bool imported;     /* when last seen, here */
        uint64_t instance; /* which import of it that was; 0: not known */
        /* it goes on without its newest copy */
        usec_t went_on;      /* since when that is known; 0: it does not */
        usec_t went_on_scan; /* `start` of the scan record then */
};

enum history_kind {
        HISTORY_APPEARED,
        HISTORY_DISCONNECTED,
        HISTORY_ONLINE,
        HISTORY_OFFLINE,
        HISTORY_RESILVERED,
        HISTORY_UPDATE_FAILED,
        HISTORY_SCRUBBED,
        HISTORY_SCRUB_FAILED,
        HISTORY_SCRUB_CANCELED,
        HISTORY_TRIMMED,
        HISTORY_TRIM_CANCELED,
        HISTORY_OPERATION_DISAPPEARED,
        HISTORY_SAFE, /* may be unplugged */
        HISTORY_REQUEST_FAILED,
        HISTORY_COMMAND_FAILED,
        HISTORY_REFUSED, /* a guard */
        HISTORY_STALE,   /* a pool was imported without its newest copy */
        HISTORY_ADOPTED,
        HISTORY_DAEMON,    /* started, reloaded, ... */
        HISTORY_SCHEDULED, /* maintenance */
        HISTORY_NO_ANSWER, /* a pool does not answer */
        HISTORY_ANSWERS,   /* and does again */
        _HISTORY_KIND_MAX,
};

const char *history_kind_print(enum history_kind kind);
bool history_kind_parse(const char *s, enum history_kind *ret);

/* A line of the history. `change` names what happened, so that noticing it twice yields one line.
 */
struct history {
        usec_t time;
        enum history_kind kind;
        const char *entity; /* id or "" */
        const char *text;   /* for people */
        const char *change; /* unique */
        const char *json;   /* further facts as a JSON object ("{\"bytes\":...}"), or "" */
};

/* Everything, as loaded at start. */
struct memory {
        struct arena *arena;
        const char *boot_id; /* "" on a first start */
        struct memory_entity *entities;
        uint32_t n_entities;
        struct memory_leg *legs;
        uint32_t n_legs;
        struct memory_pool *pools;
        uint32_t n_pools;
};

struct memory *memory_free(struct memory *m);
DEFINE_CLEANUP(struct memory *, memory_free);
