/* daemon/trigger.c - hints: from the world, from zmirror-trigger, and to look at everything */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/core.h"
#include "daemon/trigger.h"
#include "world/linux/zfs_event.h"

/* File systems, or disks of which something may be mounted. */
static bool mounts_are_of_interest(const struct config *c) {
        for (entity_id id = 0; id < c->n_entities; id++)
                if (config_entity(c, id)->type == ENTITY_DATASET ||
                    config_entity(c, id)->type == ENTITY_DISK)
                        return true;
        return false;
}

/* What a pool says is of interest only if it is configured, and what is mounted only if file
 * systems or disks are; anything else is left alone. */
static bool hint_is_ours(const struct daemon *d, const struct look *what) {
        if (what->kind == LOOK_MOUNTS)
                return mounts_are_of_interest(d->config);
        return what->kind != LOOK_POOL || config_find_pool(d->config, what->name) != ENTITY_NONE;
}

void trigger_hint(struct daemon *d, const struct look *what) {
        if (!hint_is_ours(d, what))
                return;
        hints_add(&d->hints, what);
        daemon_look_soon(d);
}

void trigger_everything(struct daemon *d) {
        static const enum look_kind kinds[] = { LOOK_DEVICES, LOOK_POOLS, LOOK_MOUNTS };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                trigger_hint(d, &(struct look){ .kind = kinds[i] });
        for (entity_id id = 0; id < d->config->n_entities; id++) {
                const struct entity *e = config_entity(d->config, id);

                if (e->type == ENTITY_ZPOOL)
                        trigger_hint(d, &(struct look){ LOOK_POOL, e->name });
        }
}

static const char *environment_get(const char *const *environment, const char *name) {
        size_t n = strlen(name);

        for (; *environment; environment++)
                if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
                        return *environment + n + 1;
        return NULL;
}

/* Pools come and go with some events; which pools there are costs nothing to look at. */
static void trigger_zfs(struct daemon *d, struct arena *a, const struct zfs_event *event) {
        trigger_log(d, "zed", zfs_event_print(a, event), event->keys);
        trigger_hint(d, &(struct look){ .kind = LOOK_POOLS });
        if (event->pool[0])
                trigger_hint(d, &(struct look){ LOOK_POOL, event->pool });
}

/* "add /dev/sdb1 (tank-b)", as far as the environment tells it. */
static const char *udev_print(struct arena *a, const char *const *environment) {
        const char *action = environment_get(environment, "ACTION") ?: "event";
        const char *device = environment_get(environment, "DEVNAME")
                                     ?: environment_get(environment, "DEVPATH");
        const char *name = environment_get(environment, "DM_NAME")
                                   ?: environment_get(environment, "ID_PART_ENTRY_NAME");

        return name ? arena_printf(a, "%s %s (%s)", action, device, name)
                    : arena_printf(a, "%s %s", action, device);
}

static bool trigger_udev(struct daemon *d, struct arena *a, const char *const *environment) {
        const char *subsystem = environment_get(environment, "SUBSYSTEM");
        const char *path = environment_get(environment, "DEVPATH");

        if (!text_equal(subsystem, "block") || !path || !text_starts(path, "/devices/") ||
            strstr(path, "/../"))
                return false;
        trigger_log(d, "udev", udev_print(a, environment), environment);
        trigger_hint(d, &(struct look){ LOOK_DEVICE, arena_printf(a, "/sys%s", path) });
        return true;
}

void trigger_forwarded(struct daemon *d, struct arena *a, const char *const *environment) {
        struct zfs_event event;

        if (zfs_event_from_environment(a, environment, &event))
                trigger_zfs(d, a, &event);
        else if (!trigger_udev(d, a, environment))
                trigger_everything(d);
}

void trigger_log(struct daemon *d, const char *source, const char *line, const char *const *keys) {
        struct log_fields fields = { .event = line };
        struct text t = {};

        if (!d->log_events && !d->log_full_events)
                return;
        for (; d->log_full_events && keys && *keys; keys++)
                text_addf(&t, "\n  %s", *keys);
        log_write(LOG_LEVEL_INFO, &fields, "event of %s: %s%s", source, line, t.s ? t.s : "");
        text_done(&t);
}
