/* model/config.h - the entity graph as configured: immutable, replaced whole by a reload */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "base/time.h"
#include "model/entity.h"

/* The intervals of a leg or, as what legs inherit, of the root. */
struct intervals {
        struct span update, scrub, trim, available_update;
};

/* When a scheduler fires. A set bit allows; no restriction is all bits set. */
struct schedule_time {
        int8_t hour, minute; /* -1: every one */
        int8_t second;
};

struct schedule_rule {
        const struct schedule_time *times;
        uint32_t n_times;
        uint32_t days;    /* bit 1 to 31 */
        uint16_t months;  /* bit 1 to 12 */
        uint8_t weekdays; /* bit 0 Sunday to 6 Saturday */
};

/* A schedule without rules never fires. */
struct schedule {
        const struct schedule_rule *rules;
        uint32_t n_rules;
};

enum vdev_kind {
        VDEV_KIND_SINGLE, /* a plain device: one member, required */
        VDEV_KIND_MIRROR,
        VDEV_KIND_RAIDZ,
};

struct backing_device {
        const char *name;
        bool required;
        bool online_dependencies; /* no: an import does not ask this leg to appear */
        entity_id leg;            /* the configured zdev of this name and pool, or ENTITY_NONE */
};

/* A top-level vdev in a pool's backed_by. */
struct backing {
        enum vdev_kind kind;
        uint32_t parity; /* raidz */
        struct backing_device *devices;
        uint32_t n_devices;
};

struct entity {
        enum entity_type type;
        entity_id self;
        const char *id;   /* "zdev|pool:tank|name:tank-a" */
        const char *hrid; /* "zdev: tank-a (tank)" */
        const char *name; /* disk: the table's UUID, lower case; zdev: of what it is on */
        entity_id parent, first_child, next_sibling; /* ENTITY_NONE: none */
        uint32_t depth;                              /* top level: 0 */
        bool unpluggable;                            /* inherited */
        const char *notes;                           /* or NULL */
        const char *const *groups;                   /* NULL-terminated, may be NULL */
        const struct handler *handlers;              /* _EVENT_MAX of them; equal ones are shared */
        uint32_t line;                               /* where it stands in the file */

        union {
                struct {
                        const char *info; /* or NULL */
                        bool ssd, force_enable_trim;
                } disk;
                struct {
                        const char *key_file; /* or NULL: ask for a passphrase */
                        bool allow_discards;  /* a trim interval applies to a leg in it */
                } crypt;
                struct {
                        const char *root,
                                *import_args; /* or NULL; import_args is inherited from the root */
                        const char *const *import_argv; /* import_args split at blanks;
                                                           NULL-terminated or NULL */
                        bool mount;
                        struct backing *backing;
                        uint32_t n_backing;
                        entity_id
                                *legs; /* all configured zdevs of this pool, in order of the file */
                        uint32_t n_legs;
                } zpool;
                struct {
                        const char *pool; /* the enclosing pool's name; also the parent's */
                } zvol, dataset;
                struct {
                        const char *pool; /* the name of the pool that it is a leg of */
                        entity_id zpool;  /* that pool, or ENTITY_NONE if it is not configured */
                        struct intervals intervals; /* resolved: its own or inherited */
                        const struct backing
                                *backing; /* the top-level vdev that names it, or NULL */
                        const struct backing_device
                                *backing_device; /* and its line there, or NULL */
                } zdev;
        };
};

struct settings {
        enum log_level log_level;
        bool log_events, log_full_events, enable_commands, enable_event_handlers;
        usec_t timeout; /* until a request that makes no progress fails */
        struct schedule update_scheduler, maintenance_scheduler, regular_status_scheduler;
        bool regular_status_default; /* not configured: look at everything every 10 minutes */
        const char *notify;          /* the YAML text of the key, kept for later; or NULL */
        const char *notes;
};

struct config {
        struct arena *arena; /* holds everything, this struct included */
        const char *path;
        struct settings settings;
        struct entity *entities; /* in order of the file, parents before children */
        uint32_t n_entities;
        struct map by_id; /* entity.id -> entity_id; freed by config_free */
};

/* Frees the arena and the index; NULL is fine. Returns NULL. */
struct config *config_free(struct config *c);
DEFINE_CLEANUP(struct config *, config_free);

const struct entity *config_entity(const struct config *c, entity_id id); /* NULL for ENTITY_NONE */

/* By type and the words that name it on the command line: `disk <uuid or info>`, `part <name>`,
 * `crypt <name>`, `zpool <name>`, `zvol <pool> <name>`, `dataset <pool> <name>`, `zdev <pool>
 * <name>`. ENTITY_NONE: no such. */
entity_id config_find(const struct config *c, enum entity_type type, const char *const *words,
                      uint32_t n_words);
entity_id config_find_id(const struct config *c, const char *id);
entity_id config_find_pool(const struct config *c, const char *name);

/* The nearest enclosing disk, else the outermost enclosing part or crypt; ENTITY_NONE for what
 * stands in a pool. */
entity_id config_disk_of(const struct config *c, entity_id id);

/* As it is called in a sentence: "part tank-b", "pool tank", "zdev tank-b (tank)". In the arena. */
const char *entity_title(struct arena *a, const struct entity *e);

/* Members of the group among all entities: true if `e` names it. Groups are not inherited. */
bool entity_is_in_group(const struct entity *e, const char *group);

/* True if `e` is `ancestor` or somewhere inside it (the tree only, not the legs of a pool). */
bool config_is_inside(const struct config *c, entity_id e, entity_id ancestor);
