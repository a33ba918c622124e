/* sim/pool.h - pools: what ZFS believes of them, and what is truly on each leg
 *
 * A write is a block with a number that is never used again in that pool. The pool's tree is the
 * set of blocks that its present state refers to; a leg's image holds a set of blocks. ZFS does not
 * know the latter: it has a list of what it thinks that a leg missed (DTL), which it keeps in the
 * pool's own data (MOS) and reads back from whichever leg it takes for the newest. Where the two
 * differ, somebody is about to lose data. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "model/config.h"
#include "sim/media.h"
#include "sim/ranges.h"

struct leg;

/* What the pool writes about itself, as of a txg. Shared by the legs that left together. */
struct mos {
        uint32_t refs;
        const char *pool_name;
        struct ranges tree;
        struct scan scan;
        bool checkpoint;
        uint32_t n_legs;
        struct mos_leg {
                bool offline;
                struct ranges dtl;
        } legs[];
};

/* What is on one leg. */
struct image {
        uint64_t pool_guid, vdev_guid;
        struct zpool *pool;
        uint32_t index; /* of its leg in the pool */
        struct ranges holds;
        struct ranges damaged; /* held, but not any more: nobody has noticed */
        struct mos *mos;       /* NULL while its leg is open: then it is the pool's */
        struct leg *live;      /* the leg that has it open */
        uint64_t txg, time;
        uint64_t hostid;
        bool torn; /* pulled in the middle of a write: two of its labels are older */
        bool exported;
        bool foreign;    /* last written by another machine */
        bool cloned;     /* there is a copy of it, or it is one */
        bool unlabelled; /* its labels cannot be read: ZFS does not know it */
        bool collided;   /* newer data of its own was overwritten: what is on it is a mixture */
        bool overrun;    /* by ZED, by somebody's command, or by the system when it booted */
};

struct top {
        enum vdev_kind kind;
        uint32_t parity;
        uint64_t guid;
        uint32_t first, n; /* its legs */
};

struct leg {
        struct zpool *pool;
        uint32_t index, top;
        uint64_t guid;
        const char *path;      /* where ZFS looks for it */
        const char *name;      /* as configured */
        struct volume *volume; /* where it was made */
        entity_id entity;
        enum vdev_state state;
        const char *aux;
        bool not_present;    /* was not there at the import */
        bool offline;        /* sticky */
        bool deferred;       /* waits for the running resilver to end */
        struct ranges dtl;   /* what ZFS thinks that it misses */
        struct node *node;   /* while it is open */
        struct image *image; /* while it is open */
        struct image *last;  /* the one that was open last, or the first */
        uint64_t read_errors, write_errors, checksum_errors;
        uint32_t bad_writes; /* so many of the next ones fail */
        bool in_scan;        /* online since the running scan began */
        usec_t scan_mark;    /* start of the scan that it was online for, exports aside */
        enum trim_state trim;
        usec_t trim_since, trim_time;
        uint64_t trim_round;
        /* the truth, for those who check */
        usec_t scrubbed;    /* wall clock: a scrub that it was online for from start to end found
                               nothing wrong with it */
        usec_t trimmed;     /* wall clock: a trim of it was begun that came to its end */
        usec_t lost_since;  /* time since when its device is gone while ZFS calls it online */
        usec_t gone_at;     /* time when it was lost last */
        bool reopened;      /* by `zpool clear`, on another device */
        usec_t open_since;  /* time since when it is online */
        usec_t asked_at;    /* time when the command that did it was run */
        usec_t failed_at;   /* time when a write to it failed last */
        uint64_t failed_in; /* and the import of the pool then */
};

struct zpool {
        const char *name;
        uint64_t guid;
        entity_id entity;
        const struct entity *config; /* or NULL */
        bool by_others;              /* imported at boot by the system */
        struct top *tops;
        uint32_t n_tops;
        struct leg *legs;
        uint32_t n_legs;
        ARRAY(struct volume *) zvols;
        ARRAY(const char *) datasets; /* full names */
        ARRAY(bool) mounted;

        bool imported;
        uint64_t instance;  /* which import that is */
        const char *holder; /* or NULL: a process in its file systems, "process 12 (bash)" */
        bool suspended;
        bool silent; /* it does not answer when it is asked what it has to say */
        bool checkpoint;
        bool removing;
        bool rebuilding; /* a sequential resilver: no other begins */
        bool spare_in_use;
        bool stuck; /* it waits for a pool below that went, and does so for ever */
        struct ranges tree;
        uint64_t next_block;
        ARRAY(uint64_t) sums; /* by number: the bytes of all blocks before it */
        uint64_t txg;         /* newest synced */
        uint64_t uberblock_time;
        usec_t txg_since;     /* when that txg was made: an idle pool makes one every 5 s */
        uint64_t dirty_bytes; /* written, not synced */
        bool sync_due;
        uint64_t error_count;

        struct scan scan;
        usec_t scan_began, scan_takes; /* time */
        usec_t scan_paused;            /* since when; 0: it is not */
        uint64_t scan_round;           /* so that an end that was overtaken is not heeded */
        uint64_t scan_bytes;           /* to be copied */
        bool resilver_due;             /* at one of the next txgs */
        uint32_t n_restarts;

        struct ranges newest; /* the truth: the tree when the daemon could see it last */
};

struct zpool *zpool_new(struct sim *s, const char *name, const struct entity *config);
struct zpool *zpool_find(struct sim *s, const char *name); /* an imported one first */
/* The next block has so many bytes. / How many bytes the blocks have together. */
void zpool_add_bytes(struct zpool *p, uint64_t bytes);
uint64_t zpool_bytes(const struct zpool *p, const struct ranges *r);
struct zpool *zpool_find_guid(struct sim *s, uint64_t guid);
struct leg *leg_find(struct zpool *p, const char *name); /* as zpool finds it: path, guid, name */
void zpool_done(struct zpool *p);
void image_settle_all(struct zpool *p); /* the images in all legs get the pool's present state */
void image_done(struct image *i);
struct image *image_clone(struct sim *s, struct image *i);

/* Could the pool be opened with these devices (by leg; NULL: not there), `best` being the newest?
 */
bool zpool_has_enough(const struct zpool *p, struct node *const *nodes, const struct image *best);

/* An answer of ZFS: exit status and text for people; NULL text for none. */
struct answer {
        int exit_status;
        const char *text;
        bool hangs; /* it does not answer */
};

/* `devices`: NULL-terminated paths, or NULL for all there are. */
struct answer zpool_import(struct sim *s, const char *name_or_guid, const char *const *devices,
                           bool mount, bool force);
struct answer zpool_export(struct sim *s, struct zpool *p);
struct answer leg_online(struct sim *s, struct leg *l);
struct answer leg_offline(struct sim *s, struct leg *l);
uint32_t top_needs(const struct top *t);   /* so many legs */
bool leg_is_required(const struct leg *l); /* as ZFS believes */
struct answer leg_clear(struct sim *s, struct leg *l);
struct answer zpool_clear(struct sim *s, struct zpool *p);
enum scrub { SCRUB_BEGIN, SCRUB_STOP, SCRUB_PAUSE };
/* To begin one that is paused is to let it go on. */
struct answer zpool_scrub(struct sim *s, struct zpool *p, enum scrub what);
struct answer zpool_trim(struct sim *s, struct zpool *p, struct leg *l, bool stop);
struct answer zpool_force_sync(struct sim *s, struct zpool *p);

/* Somebody writes to a file system; it is on the legs a few seconds later. */
void zpool_write(struct sim *s, struct zpool *p, uint64_t bytes);
/* A write to the leg fails, if it is to: what it was is missing there, and ZFS knows it. After too
 * many of them the leg is FAULTED. */
bool leg_fails_write(struct sim *s, struct leg *l);
/* Counts errors of the device beside the writes. */
void leg_count_errors(struct sim *s, struct leg *l, uint64_t read, uint64_t checksum);
/* Does I/O now: whoever is gone is noticed. `config`: the pool's configuration changed. */
enum io zpool_sync(struct sim *s, struct zpool *p, bool config);
uint64_t zpool_txg(const struct sim *s, const struct zpool *p);
enum vdev_state zpool_state(const struct sim *s, const struct zpool *p);
bool zpool_hangs(struct sim *s, struct zpool *p);

/* The device under a leg has gone or appeared: what ZFS and ZED make of it by themselves. */
void zpools_on_node_gone(struct sim *s, struct node *n);
void zpools_on_node_appeared(struct sim *s, struct node *n);
/* The mapping under a FAULTED leg was closed. */
void zpools_on_volume_closed(struct sim *s, const struct volume *v);

/* What another machine does to a disk that it has: writes to this leg alone, and may export. Where
 * one leg does not do, nothing. */
void image_write_elsewhere(struct sim *s, struct image *i, uint64_t n_writes, bool exported);

/* Everything in memory is gone. `clean`: what was written is synced first. */
void zpools_reboot(struct sim *s, bool clean);

struct pool_status *zpool_status(struct sim *s, struct zpool *p);

/* --- scans (scan.c) --- */
void scan_on_leg_online(struct sim *s, struct leg *l); /* a leg came: does it need a resilver? */
void scan_on_leg_gone(struct sim *s, struct leg *l);   /* before its image is let go of */
void scan_resume(struct sim *s, struct zpool *p);      /* after an import */
void scan_forget(struct zpool *p);                     /* before an export */
double scan_progress(const struct sim *s, const struct zpool *p);
void trim_stop(struct sim *s, struct leg *l, enum trim_state how);
bool leg_takes_trims(const struct leg *l);
double trim_progress(const struct sim *s, const struct leg *l);

/* --- the truth, for those who check (truth.c) --- */
bool leg_is_whole(const struct leg *l); /* its image holds all that the pool refers to */
bool image_is_whole_for(const struct image *i, const struct ranges *tree);
bool leg_failed_unseen(const struct sim *s, const struct leg *l);
const struct ranges *image_tree(const struct image *i);
/* It appeared when the command that is judged was on its way already. */
bool node_is_new(const struct sim *s, const struct node *n);
