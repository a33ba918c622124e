/* model/entity.c - names of types, states, operations, events and wishes, and what suits whom */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/entity.h"

static const char *const type_names[_ENTITY_TYPE_MAX] = {
        [ENTITY_DISK] = "disk",   [ENTITY_PART] = "part", [ENTITY_CRYPT] = "crypt",
        [ENTITY_ZPOOL] = "zpool", [ENTITY_ZVOL] = "zvol", [ENTITY_DATASET] = "dataset",
        [ENTITY_ZDEV] = "zdev",
};

static const char *const state_names[_STATE_MAX] = {
        [STATE_UNKNOWN] = "unknown",   [STATE_DISCONNECTED] = "disconnected",
        [STATE_INACTIVE] = "inactive", [STATE_CONNECTED] = "connected",
        [STATE_ACTIVE] = "active",     [STATE_READY] = "ready",
};

static const char *const operation_names[_OPERATION_MAX] = {
        [OPERATION_UPDATE] = "update",
        [OPERATION_SCRUB] = "scrub",
        [OPERATION_TRIM] = "trim",
};

static const char *const wish_names[_WISH_MAX] = {
        [WISH_ONLINE] = "online", [WISH_OFFLINE] = "offline",   [WISH_SCRUB] = "scrub",
        [WISH_TRIM] = "trim",     [WISH_SNAPSHOT] = "snapshot", [WISH_EJECT] = "eject",
};

#define BIT(type) (1u << ENTITY_##type)

/* Which types can have a handler for the event. */
static const struct {
        const char *name;
        uint32_t types;
} events[_EVENT_MAX] = {
        [EVENT_STARTUP] = { "startup", BIT(CRYPT) | BIT(ZPOOL) | BIT(ZDEV) },
        [EVENT_APPEARED] = { "appeared", BIT(CRYPT) | BIT(ZVOL) | BIT(DATASET) | BIT(ZDEV) },
        [EVENT_BACKING_APPEARED] = { "backing_appeared", BIT(ZPOOL) },
        [EVENT_CHILDREN_OFFLINE] = { "children_offline",
                                     BIT(DISK) | BIT(PART) | BIT(CRYPT) | BIT(ZPOOL) | BIT(ZVOL) },
        [EVENT_RESILVERED] = { "resilvered", BIT(ZDEV) },
        [EVENT_UPDATE_FAILED] = { "update_failed", BIT(ZDEV) },
        [EVENT_UPDATE_DISAPPEARED] = { "update_disappeared", BIT(ZDEV) },
        [EVENT_SCRUB_SUCCEEDED] = { "scrub_succeeded", BIT(ZDEV) },
        [EVENT_SCRUB_FAILED] = { "scrub_failed", BIT(ZDEV) },
        [EVENT_SCRUB_FINISHED] = { "scrub_finished", BIT(ZDEV) },
        [EVENT_SCRUB_CANCELED] = { "scrub_canceled", BIT(ZDEV) },
        [EVENT_SCRUB_DISAPPEARED] = { "scrub_disappeared", BIT(ZDEV) },
        [EVENT_TRIMMED] = { "trimmed", BIT(ZDEV) },
        [EVENT_TRIM_CANCELED] = { "trim_canceled", BIT(ZDEV) },
        [EVENT_TRIM_DISAPPEARED] = { "trim_disappeared", BIT(ZDEV) },
};

/* Whom a wish can be for. */
static const uint32_t wish_types[_WISH_MAX] = {
        [WISH_ONLINE] = ~0u,
        [WISH_OFFLINE] = ~0u,
        [WISH_SCRUB] = BIT(ZDEV) | BIT(ZPOOL),
        [WISH_TRIM] = BIT(ZDEV) | BIT(ZPOOL),
        [WISH_SNAPSHOT] = BIT(ZVOL) | BIT(DATASET),
        [WISH_EJECT] = BIT(DISK),
};

static bool name_find(const char *const *names, int n, const char *s, int *ret) {
        for (int i = 0; i < n; i++)
                if (text_equal(s, names[i])) {
                        *ret = i;
                        return true;
                }
        return false;
}

const char *entity_type_print(enum entity_type type) {
        return type_names[type];
}

bool entity_type_parse(const char *s, enum entity_type *ret) {
        static const struct {
                const char *older;
                enum entity_type type;
        } aliases[] = { { "partition", ENTITY_PART },
                        { "dm-crypt", ENTITY_CRYPT },
                        { "zfs-volume", ENTITY_ZVOL } };
        int i;

        if (name_find(type_names, _ENTITY_TYPE_MAX, s, &i)) {
                *ret = (enum entity_type) i;
                return true;
        }
        for (size_t k = 0; k < ELEMENTSOF(aliases); k++)
                if (text_equal(s, aliases[k].older)) {
                        *ret = aliases[k].type;
                        return true;
                }
        return false;
}

const char *entity_id_name(const char *id) {
        const char *name = strstr(id, "|name:");

        if (!name)
                name = strstr(id, "|uuid:");
        return name ? name + strlen("|name:") : id;
}

const char *state_print(enum state s) {
        return state_names[s];
}

bool state_parse(const char *s, enum state *ret) {
        int i;

        if (!name_find(state_names, _STATE_MAX, s, &i))
                return false;
        *ret = (enum state) i;
        return true;
}

const char *operation_print(enum operation op) {
        return operation_names[op];
}

bool operation_parse(const char *s, enum operation *ret) {
        int i;

        if (text_equal(s, "resilver"))
                s = "update";
        if (!name_find(operation_names, _OPERATION_MAX, s, &i))
                return false;
        *ret = (enum operation) i;
        return true;
}

const char *event_print(enum event e) {
        return events[e].name;
}

bool event_parse(const char *s, enum event *ret) {
        if (text_equal(s, "scrubbed")) { /* the older name: it ran after every finish */
                *ret = EVENT_SCRUB_FINISHED;
                return true;
        }
        for (enum event e = 0; e < _EVENT_MAX; e++)
                if (text_equal(s, events[e].name)) {
                        *ret = e;
                        return true;
                }
        return false;
}

bool event_suits(enum event e, enum entity_type type) {
        return events[e].types & (1u << type);
}

const char *wish_print(enum wish w) {
        return wish_names[w];
}

bool wish_parse(const char *s, enum wish *ret) {
        int i;

        if (!name_find(wish_names, _WISH_MAX, s, &i))
                return false;
        *ret = (enum wish) i;
        return true;
}

bool wish_suits(enum wish w, enum entity_type type) {
        return wish_types[w] & (1u << type);
}
