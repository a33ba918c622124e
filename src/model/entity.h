/* model/entity.h - the things that zmirror knows: disks, partitions, containers, pools, volumes,
 * legs */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

enum entity_type {
        ENTITY_DISK,
        ENTITY_PART,
        ENTITY_CRYPT,
        ENTITY_ZPOOL,
        ENTITY_ZVOL,
        ENTITY_DATASET,
        ENTITY_ZDEV,
        _ENTITY_TYPE_MAX,
};

/* "disk", "part", ...; parsing takes the older names (partition, dm-crypt, zfs-volume) as well. */
const char *entity_type_print(enum entity_type type);
bool entity_type_parse(const char *s, enum entity_type *ret);

/* What an id ends in, "tank-a" of "zdev|pool:tank|name:tank-a": borrowed. The id itself, if it is
 * none. */
const char *entity_id_name(const char *id);

/* Index into config.entities; stable until the next reload. */
typedef uint32_t entity_id;
#define ENTITY_NONE UINT32_MAX

/* Online: CONNECTED, ACTIVE or READY. Present: online or INACTIVE. */
enum state {
        STATE_UNKNOWN,
        STATE_DISCONNECTED,
        STATE_INACTIVE,
        STATE_CONNECTED,
        STATE_ACTIVE,
        STATE_READY,
        _STATE_MAX,
};

const char *state_print(enum state s);
bool state_parse(const char *s, enum state *ret);

static inline bool state_is_online(enum state s) {
        return s == STATE_CONNECTED || s == STATE_ACTIVE || s == STATE_READY;
}

static inline bool state_is_present(enum state s) {
        return s == STATE_INACTIVE || state_is_online(s);
}

/* What a leg's data goes through. Shown to users as update, scrub, trim. */
enum operation {
        OPERATION_UPDATE,
        OPERATION_SCRUB,
        OPERATION_TRIM,
        _OPERATION_MAX,
};

const char *operation_print(enum operation op);
bool operation_parse(const char *s, enum operation *ret); /* also "resilver" */

/* What handlers can be configured for: on_<event>. */
enum event {
        EVENT_STARTUP,
        EVENT_APPEARED,
        EVENT_BACKING_APPEARED,
        EVENT_CHILDREN_OFFLINE,
        EVENT_RESILVERED,
        EVENT_UPDATE_FAILED,
        EVENT_UPDATE_DISAPPEARED,
        EVENT_SCRUB_SUCCEEDED,
        EVENT_SCRUB_FAILED,
        EVENT_SCRUB_FINISHED,
        EVENT_SCRUB_CANCELED,
        EVENT_SCRUB_DISAPPEARED,
        EVENT_TRIMMED,
        EVENT_TRIM_CANCELED,
        EVENT_TRIM_DISAPPEARED,
        _EVENT_MAX,
};

const char *event_print(enum event e); /* "appeared", without on_ */
bool event_parse(const char *s, enum event *ret);
bool event_suits(enum event e, enum entity_type type); /* may this type have such a handler? */

/* What can be wanted for an entity: by a person, a handler, maintenance, or zmirror itself. */
enum wish {
        WISH_ONLINE,
        WISH_OFFLINE,
        WISH_SCRUB,
        WISH_TRIM,
        WISH_SNAPSHOT,
        WISH_EJECT,
        _WISH_MAX,
};

const char *wish_print(enum wish w);
bool wish_parse(const char *s, enum wish *ret);
bool wish_suits(enum wish w, enum entity_type type); /* whom it can be for */

/* It takes the entity, and all in it, out of use. */
static inline bool wish_takes_away(enum wish w) {
        return w == WISH_OFFLINE || w == WISH_EJECT;
}

/* What was wanted of an entity last, and was not done. */
struct failure {
        usec_t time; /* wall clock; 0: nothing has failed */
        enum wish wish;
        bool refused;     /* to protect data */
        const char *text; /* why */
};

/* One step of a handler list. */
enum action_kind {
        ACTION_PASS,
        ACTION_WISH,            /* `wish` for the entity itself */
        ACTION_SNAPSHOT_PARENT, /* of the zvol that holds the leg */
        ACTION_RUN,             /* `argv` */
};

struct action {
        enum action_kind kind;
        enum wish wish;
        const char *const *argv; /* NULL-terminated */
};

struct handler {
        const struct action *actions;
        uint32_t n_actions;
};
