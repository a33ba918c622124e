/* sim/media.h - disks, partitions, LUKS containers and zvols, and the block devices that the kernel
 * makes of them while they are there */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/time.h"
#include "model/entity.h"
#include "model/facts.h"

struct sim;
struct image;
struct zpool;
struct node;

enum volume_kind {
        VOLUME_PART,
        VOLUME_CRYPT, /* the inside of a LUKS container */
        VOLUME_ZVOL,
};

/* A place that holds data, whether its device exists at the moment or not. */
struct volume {
        enum volume_kind kind;
        const char *name; /* partition name, usual mapper name, or "<pool>/<volume>" */
        entity_id entity;
        struct disk *disk;      /* partition: where it is */
        uint32_t number;        /* partition: from 1 */
        struct volume *outside; /* the inside of a container: what the container lies in */
        struct zpool *pool;     /* zvol: the pool that holds it */
        bool hidden;            /* zvol: volmode=none */
        bool crypttab;          /* opened at boot, by others */
        bool no_discards;       /* opened without --allow-discards */
        /* what is in it: one of them or nothing */
        struct volume *inside; /* a LUKS container */
        const char *luks_uuid;
        struct image *image; /* the data of a leg */
};

/* A physical disk, in the drawer or plugged. */
struct disk {
        const char *name; /* what scenarios call it: its table's UUID, or the name of a part */
        const char *info; /* or NULL */
        const char *uuid;
        entity_id entity;
        bool internal; /* always plugged */
        bool plugged;
        bool usb, no_trim;
        unsigned slow; /* times slower than usual; 0: usual */
        ARRAY(struct volume *) parts;
        struct node *node; /* while it is plugged */
};

/* A block device as the kernel has it. One that is gone stays as long as somebody holds it. */
struct node {
        enum device_kind kind;
        struct disk *disk;     /* disk and partition */
        struct volume *volume; /* all but disks */
        struct node *under;    /* mapping: its device, which may be gone */
        const char *syspath, *devnode, *dm_name, *dm_uuid;
        uint64_t devnum, diskseq;
        usec_t born;
        uint32_t minor;     /* number of its letter, dm- or zd */
        bool visible;       /* udev has finished with it */
        bool gone;          /* no longer there */
        uint32_t users;     /* mappings over it, legs that are open on it */
        usec_t held_until;  /* somebody (udev, ZFS letting go) still holds it for a moment */
        const char *holder; /* or NULL: "loop0", a user that stays */
        usec_t holder_at;   /* since when */
};

enum io {
        IO_GOOD,
        IO_FAILS, /* the device is gone */
        IO_HANGS, /* it is on a suspended pool */
};

struct disk *disk_new(struct sim *s, const char *name, const char *uuid, entity_id entity);
struct volume *volume_new(struct sim *s, enum volume_kind kind, const char *name);
struct volume *volume_new_part(struct sim *s, struct disk *d, const char *name);
struct volume *volume_new_crypt(struct sim *s, struct volume *outside, const char *name);

/* The link that udev makes for it. */
const char *volume_path(struct sim *s, const struct volume *v);

/* A byte for byte copy, with the same UUIDs and GUIDs, as dd makes it. It is not plugged. */
struct disk *disk_clone(struct sim *s, const struct disk *d, const char *name);

struct disk *disk_find(struct sim *s, const char *name); /* by name, UUID or info */
struct volume *volume_find(struct sim *s, enum volume_kind kind, const char *name);

/* The cable. udev tells of it a moment later. */
void disk_plug(struct sim *s, struct disk *d);
void disk_pull(struct sim *s, struct disk *d);

/* By device node or by any of the links that udev makes; NULL: there is none (visible). */
struct node *node_find(struct sim *s, const char *path);
bool node_is_in(const struct node *n, const char *directory); /* has a link there */
struct node *node_find_mapping(struct sim *s, const char *dm_name);
struct node *node_find_volume(struct sim *s, const struct volume *v); /* one that is not gone */
struct node *node_find_over(struct sim *s, const struct node *under); /* a mapping over it */
void node_use(struct node *n);
void node_release(struct sim *s, struct node *n);
/* What reading and writing does now. A pool below notices what has become of its disks. */
enum io node_io(struct sim *s, struct node *n);
bool node_is_busy(const struct sim *s, const struct node *n);
/* The disk under all layers; NULL for what is on a zvol. */
struct disk *node_disk(const struct node *n);
/* Nothing between it and its disk drops trims. */
bool node_takes_trims(const struct node *n);
unsigned node_slowness(const struct node *n);

struct node *mapping_open(struct sim *s, struct node *under, const char *dm_name, bool discards);
void mapping_close(struct sim *s, struct node *n);
void zvol_appear(struct sim *s, struct volume *v);
void zvol_vanish(struct sim *s, struct volume *v);

/* After a reboot: no mappings, no zvols, the plugged disks found anew. */
void media_reboot(struct sim *s);

void node_fact(const struct sim *s, const struct node *n, struct device *ret);
/* The labels as somebody who reads the device sees them. */
void node_label(struct sim *s, struct node *n, struct label *ret);
