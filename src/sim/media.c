/* sim/media.c - disks, partitions, LUKS containers and zvols, and the block devices that the kernel
 * makes of them while they are there */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "model/path.h"
#include "sim/inside.h"

/* --- what there is, plugged or not --- */

struct disk *disk_new(struct sim *s, const char *name, const char *uuid, entity_id entity) {
        struct disk *d = arena_new_one(s->arena, struct disk);

        d->name = name;
        d->uuid = uuid ? uuid : sim_uuid(s);
        d->entity = entity;
        d->usb = true;
        array_append(&s->disks, d);
        return d;
}

struct volume *volume_new(struct sim *s, enum volume_kind kind, const char *name) {
        struct volume *v = arena_new_one(s->arena, struct volume);

        v->kind = kind;
        v->name = name;
        v->entity = ENTITY_NONE;
        array_append(&s->volumes, v);
        return v;
}

struct volume *volume_new_part(struct sim *s, struct disk *d, const char *name) {
        struct volume *v = volume_new(s, VOLUME_PART, name);

        array_append(&d->parts, v);
        v->disk = d;
        v->number = (uint32_t) d->parts.count;
        return v;
}

struct volume *volume_new_crypt(struct sim *s, struct volume *outside, const char *name) {
        struct volume *v = volume_new(s, VOLUME_CRYPT, name);

        v->outside = outside;
        outside->inside = v;
        outside->luks_uuid = sim_uuid(s);
        return v;
}

static void volume_clone_content(struct sim *s, struct volume *to, const struct volume *from) {
        if (from->image)
                to->image = image_clone(s, from->image);
        if (!from->inside)
                return;
        (void) volume_new_crypt(s, to, from->inside->name);
        to->luks_uuid = from->luks_uuid;
        volume_clone_content(s, to->inside, from->inside);
}

const char *volume_path(struct sim *s, const struct volume *v) {
        switch (v->kind) {
        case VOLUME_PART:
                return path_of_part(s->arena, v->name);
        case VOLUME_CRYPT:
                return path_of_mapping(s->arena, v->name);
        case VOLUME_ZVOL:
                return path_of_volume(s->arena, v->name);
        }
        return "";
}

struct disk *disk_clone(struct sim *s, const struct disk *d, const char *name) {
        struct disk *copy = disk_new(s, name, d->uuid, ENTITY_NONE);

        copy->info = d->info;
        for (size_t i = 0; i < d->parts.count; i++)
                volume_clone_content(s, volume_new_part(s, copy, d->parts.items[i]->name),
                                     d->parts.items[i]);
        return copy;
}

struct disk *disk_find(struct sim *s, const char *name) {
        for (size_t i = 0; i < s->disks.count; i++)
                if (text_equal(s->disks.items[i]->name, name))
                        return s->disks.items[i];
        for (size_t i = 0; i < s->disks.count; i++)
                if (text_equal(s->disks.items[i]->uuid, name) ||
                    text_equal(s->disks.items[i]->info, name))
                        return s->disks.items[i];
        for (size_t i = 0; i < s->disks.count; i++)
                for (size_t k = 0; k < s->disks.items[i]->parts.count; k++)
                        if (text_equal(s->disks.items[i]->parts.items[k]->name, name))
                                return s->disks.items[i];
        return NULL;
}

struct volume *volume_find(struct sim *s, enum volume_kind kind, const char *name) {
        for (size_t i = 0; i < s->volumes.count; i++)
                if (s->volumes.items[i]->kind == kind &&
                    text_equal(s->volumes.items[i]->name, name))
                        return s->volumes.items[i];
        return NULL;
}

/* --- block devices --- */

/* A number is free again once nobody holds the device that had it. */
static uint32_t node_free_minor(struct sim *s, enum device_kind kind) {
        for (uint32_t n = 0;; n++) {
                bool taken = false;

                for (size_t i = 0; i < s->nodes.count && !taken; i++)
                        taken = s->nodes.items[i]->minor == n && s->nodes.items[i]->kind == kind;
                if (!taken)
                        return n;
        }
}

static struct node *node_new(struct sim *s, enum device_kind kind) {
        struct node *n = arena_new_one(s->arena, struct node);

        n->kind = kind;
        n->minor = node_free_minor(s, kind);
        n->diskseq = ++s->diskseq;
        n->born = s->time;
        n->dm_name = n->dm_uuid = "";
        array_append(&s->nodes, n);
        s->changes++;
        return n;
}

/* The last one who held a device that is gone has let go of it: its number is free. */
static void node_forget(struct sim *s, struct node *n) {
        size_t i = 0;

        while (s->nodes.items[i] != n)
                i++;
        (void) array_remove(&s->nodes, i);
        if (n->kind == DEVICE_PARTITION)
                node_release(s, n->under);
}

void node_use(struct node *n) {
        n->users++;
}

void node_release(struct sim *s, struct node *n) {
        assert(n->users);
        n->users--;
        n->held_until = s->time + sim_about(s, 300 * USEC_PER_MSEC);
        s->changes++;
        if (n->gone && !n->users)
                node_forget(s, n);
}

static void node_vanish(struct sim *s, struct node *n) {
        n->gone = true;
        s->changes++;
        if (n->visible)
                sim_event_device(s, "remove", n);
        if (!n->users)
                node_forget(s, n);
}

bool node_is_busy(const struct sim *s, const struct node *n) {
        return n->users || n->holder || n->held_until > s->time;
}

static void node_on_visible(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct node *n = what;

        if (n->gone || n->visible)
                return;
        n->visible = true;
        s->changes++;
        sim_event_device(s, number ? "change" : "add", n);
        zpools_on_node_appeared(s, n);
}

static struct node *node_new_disk(struct sim *s, struct disk *d) {
        struct node *n = node_new(s, DEVICE_DISK);
        char letters[4];

        if (n->minor < 26)
                (void) snprintf(letters, sizeof(letters), "%c", (int) ('a' + n->minor));
        else
                (void) snprintf(letters, sizeof(letters), "%c%c", (int) ('a' + n->minor / 26 - 1),
                                (int) ('a' + n->minor % 26));
        n->disk = d;
        n->devnum = makedev(8, n->minor * 16);
        n->devnode = arena_printf(s->arena, "/dev/sd%s", letters);
        n->syspath = arena_printf(s->arena, "/sys/devices/sim/block/sd%s", letters);
        return n;
}

static void node_new_part(struct sim *s, struct volume *v, struct node *disk) {
        struct node *n = node_new(s, DEVICE_PARTITION);

        n->disk = v->disk;
        n->volume = v;
        n->under = disk;
        n->minor = disk->minor * 16 + v->number;
        n->devnum = makedev(8, n->minor);
        n->diskseq = disk->diskseq;
        n->born = s->time;
        n->devnode = arena_printf(s->arena, "%s%u", disk->devnode, v->number);
        n->syspath = arena_printf(s->arena, "%s/%s", disk->syspath, n->devnode + strlen("/dev/"));
        node_use(disk);
        sim_later(s, sim_about(s, (120 + 30 * v->number) * USEC_PER_MSEC), node_on_visible, n, 0);
}

void disk_plug(struct sim *s, struct disk *d) {
        assert(!d->plugged);
        d->plugged = true;
        d->node = node_new_disk(s, d);
        sim_later(s, sim_about(s, 60 * USEC_PER_MSEC), node_on_visible, d->node, 0);
        for (size_t i = 0; i < d->parts.count; i++)
                node_new_part(s, d->parts.items[i], d->node);
}

void disk_pull(struct sim *s, struct disk *d) {
        struct node *disk = d->node, *parts[16];
        uint32_t n = 0;

        assert(d->plugged);
        s->pulled_at = s->time;
        d->plugged = false;
        d->node = NULL;
        for (size_t i = 0; i < s->nodes.count && n < ELEMENTSOF(parts); i++)
                if (s->nodes.items[i]->under == disk)
                        parts[n++] = s->nodes.items[i];
        for (uint32_t i = 0; i < n; i++) {
                node_vanish(s, parts[i]);
                zpools_on_node_gone(s, parts[i]);
        }
        node_vanish(s, disk);
}

struct node *mapping_open(struct sim *s, struct node *under, const char *dm_name, bool discards) {
        struct volume *v = under->volume->inside;
        struct node *n = node_new(s, DEVICE_MAPPING);
        char hex[40] = "", *to = hex;

        for (const char *c = under->volume->luks_uuid; *c; c++)
                if (*c != '-')
                        *to++ = *c;
        *to = 0;
        n->volume = v;
        n->under = under;
        n->devnum = makedev(253, n->minor);
        n->dm_name = arena_strdup(s->arena, dm_name);
        n->dm_uuid = arena_printf(s->arena, "CRYPT-LUKS2-%s-%s", hex, dm_name);
        n->devnode = arena_printf(s->arena, "/dev/dm-%u", n->minor);
        n->syspath = arena_printf(s->arena, "/sys/devices/virtual/block/dm-%u", n->minor);
        v->no_discards = !discards;
        node_use(under);
        sim_later(s, sim_about(s, 80 * USEC_PER_MSEC), node_on_visible, n, 1);
        return n;
}

void mapping_close(struct sim *s, struct node *n) {
        struct volume *v = n->volume;

        assert(!n->users);
        n->gone = true;
        s->changes++;
        if (n->visible) { /* twice, as seen */
                sim_event_device(s, "remove", n);
                sim_event_device(s, "remove", n);
        }
        node_release(s, n->under);
        node_forget(s, n);
        zpools_on_volume_closed(s, v);
}

void zvol_appear(struct sim *s, struct volume *v) {
        struct node *n;

        if (v->hidden || node_find_volume(s, v))
                return;
        n = node_new(s, DEVICE_ZVOL);
        n->volume = v;
        n->devnum = makedev(230, n->minor * 16);
        n->devnode = arena_printf(s->arena, "/dev/zd%u", n->minor * 16);
        n->syspath = arena_printf(s->arena, "/sys/devices/virtual/block/zd%u", n->minor * 16);
        sim_later(s, sim_about(s, 200 * USEC_PER_MSEC), node_on_visible, n, 0);
}

void zvol_vanish(struct sim *s, struct volume *v) {
        struct node *n = node_find_volume(s, v);

        if (!n)
                return;
        node_vanish(s, n);
        zpools_on_node_gone(s, n);
}

struct node *node_find_volume(struct sim *s, const struct volume *v) {
        for (size_t i = s->nodes.count; i-- > 0;)
                if (s->nodes.items[i]->volume == v && !s->nodes.items[i]->gone)
                        return s->nodes.items[i];
        return NULL;
}

struct node *node_find_mapping(struct sim *s, const char *dm_name) {
        for (size_t i = 0; i < s->nodes.count; i++)
                if (s->nodes.items[i]->kind == DEVICE_MAPPING &&
                    text_equal(s->nodes.items[i]->dm_name, dm_name))
                        return s->nodes.items[i];
        return NULL;
}

struct node *node_find_over(struct sim *s, const struct node *under) {
        for (size_t i = 0; i < s->nodes.count; i++)
                if (s->nodes.items[i]->kind == DEVICE_MAPPING && s->nodes.items[i]->under == under)
                        return s->nodes.items[i];
        return NULL;
}

static bool node_is_at(const struct node *n, const char *path) {
        const struct volume *v = n->volume;

        if (text_equal(n->devnode, path))
                return true;
        if (n->kind == DEVICE_MAPPING)
                return text_starts(path, "/dev/mapper/") && path_is_of(path, n->dm_name);
        if (n->kind == DEVICE_PARTITION)
                return text_starts(path, "/dev/disk/by-partlabel/") && path_is_of(path, v->name);
        if (n->kind == DEVICE_ZVOL)
                return path_is_of_volume(path, v->name);
        return false;
}

bool node_is_in(const struct node *n, const char *directory) {
        switch (n->kind) {
        case DEVICE_PARTITION:
                return text_equal(directory, "/dev/disk/by-partlabel") ||
                       text_equal(directory, "/dev");
        case DEVICE_MAPPING:
                return text_equal(directory, "/dev/mapper");
        case DEVICE_ZVOL:
                return text_starts(directory, "/dev/zvol/") &&
                       text_starts(n->volume->name, directory + strlen("/dev/zvol/"));
        case DEVICE_DISK:
        case DEVICE_OTHER:
                return false;
        }
        return false;
}

/* Where two devices claim one link, the one that came last has it. */
struct node *node_find(struct sim *s, const char *path) {
        for (size_t i = s->nodes.count; i-- > 0;)
                if (s->nodes.items[i]->visible && !s->nodes.items[i]->gone &&
                    node_is_at(s->nodes.items[i], path))
                        return s->nodes.items[i];
        return NULL;
}

enum io node_io(struct sim *s, struct node *n) {
        struct zpool *p;
        enum io io;

        if (n->gone)
                return IO_FAILS;
        if (n->kind == DEVICE_MAPPING)
                return node_io(s, n->under);
        if (n->kind != DEVICE_ZVOL)
                return IO_GOOD;

        p = n->volume->pool;
        if (!p->imported)
                return IO_FAILS;
        io = zpool_sync(s, p, /* config= */ false);
        return io == IO_GOOD ? IO_GOOD : IO_HANGS;
}

struct disk *node_disk(const struct node *n) {
        while (n->kind == DEVICE_MAPPING)
                n = n->under;
        return n->disk;
}

unsigned node_slowness(const struct node *n) {
        const struct disk *d = node_disk(n);

        return d && d->slow ? d->slow : 1;
}

void media_reboot(struct sim *s) {
        array_clear(&s->nodes);
        for (size_t i = 0; i < s->disks.count; i++) {
                struct disk *d = s->disks.items[i];

                if (!d->plugged)
                        continue;
                d->plugged = false;
                disk_plug(s, d);
        }
}

/* --- as udev and the label reader see them --- */

static void node_fact_content(const struct volume *v, struct device *ret) {
        if (v->inside) {
                ret->fs_type = "crypto_LUKS";
                ret->fs_uuid = v->luks_uuid;
        } else if (v->image) {
                ret->fs_type = "zfs_member";
                ret->pool_guid = v->image->pool_guid;
                ret->vdev_guid = v->image->vdev_guid;
        }
}

bool node_takes_trims(const struct node *n) {
        const struct disk *d = node_disk(n);

        return !(n->volume && n->volume->no_discards) && !(d && d->no_trim);
}

void node_fact(const struct sim *s, const struct node *n, struct device *ret) {
        const struct disk *d = n->disk;
        const char *name = n->volume ? n->volume->name : "";

        *ret = (struct device){
                .syspath = n->syspath,
                .devnode = n->devnode,
                .devnum = n->devnum,
                .diskseq = n->diskseq,
                .kind = n->kind,
                .size_bytes = (uint64_t) 1 << 40,
                .table_uuid = d ? d->uuid : "",
                .part_name = n->kind == DEVICE_PARTITION ? name : "",
                .part_uuid = "",
                .fs_type = "",
                .fs_uuid = "",
                .dm_name = n->dm_name,
                .dm_uuid = n->dm_uuid,
                .zvol_name = n->kind == DEVICE_ZVOL ? name : "",
                .disk = n->kind == DEVICE_PARTITION ? n->under->devnum : 0,
                .removable = d && d->usb,
                .usb = d && d->usb,
                .provisioning = !d || n->kind != DEVICE_DISK ? ""
                                : d->no_trim                 ? "full"
                                                             : "unmap",
                .discard_max = node_takes_trims(n) ? (uint64_t) 1 << 32 : 0,
                .serial = "",
                .model = d ? "Simulated Disk" : "",
                .bus = d ? d->usb ? "usb" : "ata" : "",
        };
        if (n->volume)
                node_fact_content(n->volume, ret);
        if (n->kind != DEVICE_MAPPING)
                return;
        /* a number may be in use again, by another device */
        ret->backing = n->under->devnum;
        ret->below = &n->under->devnum;
        ret->n_below = 1;
        for (size_t i = 0; i < s->nodes.count; i++)
                if (!s->nodes.items[i]->gone && s->nodes.items[i]->devnum == n->under->devnum) {
                        ret->backing_exists = true;
                        ret->backing_diskseq = s->nodes.items[i]->diskseq;
                }
}

static struct vdev_shape top_shape(const struct top *t) {
        static const enum vdev_type types[] = {
                [VDEV_KIND_SINGLE] = VDEV_TYPE_DISK,
                [VDEV_KIND_MIRROR] = VDEV_TYPE_MIRROR,
                [VDEV_KIND_RAIDZ] = VDEV_TYPE_RAIDZ,
        };

        return (struct vdev_shape){ .type = types[t->kind], .parity = t->parity, .width = t->n };
}

void node_label(struct sim *s, struct node *n, struct label *ret) {
        const struct image *i = n->volume ? n->volume->image : NULL;
        const struct top *top = i ? &i->pool->tops[i->pool->legs[i->index].top] : NULL;

        *ret = (struct label){ .pool_name = "", .hostname = "" };
        if (!i || i->unlabelled || node_io(s, n) != IO_GOOD)
                return;
        *ret = (struct label){
                .valid = true,
                .n_labels = i->torn ? 2 : 4,
                .pool_name = i->live ? i->pool->name : i->mos->pool_name,
                .pool_guid = i->pool_guid,
                .vdev_guid = i->vdev_guid,
                .top_guid = top->kind == VDEV_KIND_SINGLE ? i->vdev_guid : top->guid,
                .top = top_shape(top),
                .config_txg = i->txg / 2,
                .pool_state = i->exported,
                .txg = i->txg,
                .timestamp = i->time,
                .hostid = i->hostid,
                .hostname = i->hostid == s->hostid ? "here" : "elsewhere",
        };
}
