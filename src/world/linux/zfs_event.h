/* world/linux/zfs_event.h - ZFS events, as `zpool events -Hvf` prints them or as a zedlet gets them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define ZFS_EVENT_LINE_MAX (64u * 1024) /* what goes beyond is cut off */
#define ZFS_EVENT_KEYS_MAX 256u         /* further keys are left out */
#define ZFS_EVENT_MAX      (256u * 1024)

/* One event. Text is never NULL, "" where the event does not tell. */
struct zfs_event {
        const char *class; /* "sysevent.fs.zfs.resilver_finish" */
        const char *name;  /* its last part: "resilver_finish" */
        uint64_t eid;      /* 0: not told */
        const char *pool;
        uint64_t pool_guid, vdev_guid; /* 0: not told */
        const char *vdev_path;
        uint64_t dropped; /* not 0: this is no event, so many were lost: look at everything */
        const char *const *keys; /* "name=value", as printed, ended by NULL: for people */
};

/* "vdev_online tank /dev/mapper/tank-b", as far as it tells them. */
const char *zfs_event_print(struct arena *a, const struct zfs_event *e);

/* The event is borrowed for the time of the call. */
typedef void (*zfs_event_handler)(void *userdata, const struct zfs_event *event);

/* Cuts the output of `zpool events -Hvf` into events. */
struct zfs_event_reader;

struct zfs_event_reader *zfs_event_reader_new(zfs_event_handler handler, void *userdata);
struct zfs_event_reader *zfs_event_reader_free(struct zfs_event_reader *r);

/* The next bytes of the output, cut anywhere. Events that they complete are handed over. */
void zfs_event_reader_feed(struct zfs_event_reader *r, const char *bytes, size_t n);

/* The output has ended: an event that is not complete is handed over as far as it goes. */
void zfs_event_reader_end(struct zfs_event_reader *r);

/* The event that a zedlet's environment (ZEVENT_CLASS=..., ended by NULL) describes; false if it
 * describes none. */
bool zfs_event_from_environment(struct arena *a, const char *const *environment,
                                struct zfs_event *ret);
