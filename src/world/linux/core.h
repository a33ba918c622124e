/* world/linux/core.h - what the files of the real world share */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "world/linux/child.h"
#include "world/world.h"

struct arena;
struct follower;
struct monitor;
struct mount_watch;
struct prompt;
struct sd_event;
struct sd_event_source;

/* Something that was asked for and is begun as soon as the loop turns. */
struct task {
        struct arena *arena; /* holds what the task needs */
        uint64_t tag;
        bool is_look;
        struct look look;
        struct command command;
        bool withdrawn;
};

/* The GUID of a pool, where only a program tells it. */
struct pool_known {
        char *name;
        uint64_t guid;
};

struct linux_world;

struct alarm_slot {
        struct linux_world *world;
        uint32_t number;
        struct sd_event_source *source; /* made when it is needed first */
};

struct linux_world {
        struct world world;
        struct sd_event *loop;
        struct world_listener listener;
        struct children *children;
        ARRAY(struct task) tasks;
        struct sd_event_source *begin;
        struct monitor *monitor;
        struct mount_watch *mount_watch;
        struct follower *follower;
        ARRAY(struct prompt *) prompts;
        char *kstat_dir, *label_program;
        bool zfs_events;
        bool status_has_no_json; /* zpool is older than 2.3 */
        ARRAY(struct pool_known) known;
        struct alarm_slot alarms[WORLD_ALARMS_MAX];
        char boot_id[40];
};

/* What became of a command, from what became of its child. */
struct command_end world_command_end(const struct child_end *end);

/* Something may have changed there. */
void world_hint(struct linux_world *w, enum look_kind kind, const char *name);
