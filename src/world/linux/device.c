/* world/linux/device.c - block devices as udev and the kernel describe them */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <systemd/sd-device.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "model/facts.h"
#include "model/path.h"
#include "world/linux/device.h"
#include "world/linux/file.h"
#include "world/linux/provisioning.h"

#define SECTOR_BYTES 512u

DEFINE_CLEANUP(DIR *, closedir);

/* --- what udev says
 * ------------------------------------------------------------------------------- */

/* "" if it says nothing. Borrowed from the device. */
static const char *property(sd_device *d, const char *key) {
        const char *value;

        return sd_device_get_property_value(d, key, &value) >= 0 ? value : "";
}

static const char *attribute(sd_device *d, const char *name) {
        const char *value;

        return sd_device_get_sysattr_value(d, name, &value) >= 0 ? value : "";
}

static uint64_t number_or_zero(const char *s) {
        uint64_t number;

        return text_to_u64(s, &number) ? number : 0;
}

static char *text_lower(struct arena *a, const char *s) {
        char *lower = arena_strdup(a, s);

        for (char *p = lower; *p; p++)
                *p = (char) tolower((unsigned char) *p);
        return lower;
}

/* --- which kind it is
 * ----------------------------------------------------------------------------- */

static bool name_is(const char *name, const char *prefix) {
        return text_starts(name, prefix) && isdigit((unsigned char) name[strlen(prefix)]);
}

static enum device_kind device_kind(sd_device *d) {
        static const char *const others[] = { "loop", "ram", "zram", "nbd", "sr", "fd", "md" };
        const char *name = "", *type = "";

        (void) sd_device_get_sysname(d, &name);
        (void) sd_device_get_devtype(d, &type);
        if (text_equal(type, "partition"))
                return DEVICE_PARTITION;
        if (name_is(name, "dm-"))
                return DEVICE_MAPPING;
        if (name_is(name, "zd"))
                return DEVICE_ZVOL;
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (name_is(name, others[i]))
                        return DEVICE_OTHER;
        return DEVICE_DISK;
}

/* A mapping that is just being made has no name yet. Afterwards udev calls it not ready, too, as
 * long as there is nothing in it, but a container that holds nothing is open all the same; so what
 * counts is whether its rules were run at all. */
static bool mapping_is_ready(sd_device *d) {
        return property(d, "DM_NAME")[0] &&
               !(text_equal(property(d, "SYSTEMD_READY"), "0") &&
                 text_equal(property(d, "DM_UDEV_DISABLE_OTHER_RULES_FLAG"), "1"));
}

/* Udev notes when it has first seen to a device. */
static bool device_is_ready(sd_device *d) {
        return (sd_device_get_is_initialized(d) > 0 || property(d, "USEC_INITIALIZED")[0]) &&
               (device_kind(d) != DEVICE_MAPPING || mapping_is_ready(d));
}

/* --- what a mapping stands on
 * --------------------------------------------------------------------- */

/* From the table that the kernel uses; 0 if it cannot be asked. An entry in `slaves` would prove
 * nothing: it stays when the device is gone. */
static uint64_t mapping_backing_by_table(uint64_t devnum) {
        _cleanup_(closep) int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
        union {
                struct dm_ioctl header;
                char room[1024];
        } request = { .header = { .version = { 4, 0, 0 },
                                  .data_size = sizeof(request),
                                  .data_start = sizeof(struct dm_ioctl),
                                  .dev = devnum } };
        const struct dm_target_deps *deps;

        if (fd < 0 || ioctl(fd, DM_TABLE_DEPS, &request) < 0 ||
            request.header.data_start + sizeof(*deps) + sizeof(deps->dev[0]) > sizeof(request))
                return 0;
        deps = (const struct dm_target_deps *) (request.room + request.header.data_start);
        return deps->count > 0 ? deps->dev[0] : 0;
}

/* Where there is no device-mapper to ask: the one whose entry does not dangle. */
static uint64_t mapping_backing_by_slave(struct arena *a, const char *syspath) {
        const char *folder = arena_printf(a, "%s/slaves", syspath), *number;
        _cleanup_(closedirp) DIR *d = opendir(folder);
        uint64_t found = 0;
        struct dirent *e;

        while (!found && d && (e = readdir(d))) {
                if (e->d_name[0] == '.')
                        continue;
                number = file_read_line(a, arena_printf(a, "%s/%s/dev", folder, e->d_name));
                if (!devnum_parse(number, &found))
                        found = 0;
        }
        return found;
}

/* What a file in a folder of the kernel's names: a block device, by its number. */
static uint64_t loop_backing(struct arena *a, const char *syspath) {
        const char *file = file_read_line(a, arena_printf(a, "%s/loop/backing_file", syspath));
        struct stat st;

        return file && file[0] == '/' && stat(file, &st) == 0 && S_ISBLK(st.st_mode)
                       ? (uint64_t) st.st_rdev
                       : 0;
}

/* All devices that one stands on: those under a mapping, a RAID, a cache; that under a loop. */
static void read_below(struct arena *a, struct device *ret) {
        const char *folder = arena_printf(a, "%s/slaves", ret->syspath);
        _cleanup_(closedirp) DIR *d = opendir(folder);
        uint64_t number = loop_backing(a, ret->syspath);
        ARRAY(uint64_t) below = {};
        struct dirent *e;

        if (number)
                array_append(&below, number);
        while (d && (e = readdir(d)))
                if (e->d_name[0] != '.' &&
                    devnum_parse(file_read_line(a, arena_printf(a, "%s/%s/dev", folder, e->d_name)),
                                 &number))
                        array_append(&below, number);
        ret->below = arena_memdup(a, below.items, below.count * sizeof(*below.items));
        ret->n_below = (uint32_t) below.count;
        array_done(&below);
}

/* The sequence number of the disk, for a partition that of the disk it is on. */
static uint64_t backing_diskseq(struct arena *a, const char *backing) {
        uint64_t seq = 0;

        if (!file_read_number(arena_printf(a, "%s/diskseq", backing), &seq) &&
            !file_read_number(arena_printf(a, "%s/../diskseq", backing), &seq))
                return 0;
        return seq;
}

static void read_mapping(struct arena *a, sd_device *d, struct device *ret) {
        const char *backing;

        ret->dm_name = path_decode(a, property(d, "DM_NAME"));
        ret->dm_uuid = arena_strdup(a, property(d, "DM_UUID"));
        ret->backing = mapping_backing_by_table(ret->devnum);
        if (!ret->backing)
                ret->backing = mapping_backing_by_slave(a, ret->syspath);
        if (!ret->backing)
                return;
        backing = arena_printf(a, "/sys/dev/block/%u:%u", major(ret->backing), minor(ret->backing));
        ret->backing_exists = access(backing, F_OK) == 0;
        if (ret->backing_exists)
                ret->backing_diskseq = backing_diskseq(a, backing);
}

/* --- all of it
 * ------------------------------------------------------------------------------------ */

static uint64_t device_diskseq(sd_device *d, sd_device *disk) {
        uint64_t seq = number_or_zero(property(d, "DISKSEQ"));

        return seq ? seq : number_or_zero(attribute(disk ? disk : d, "diskseq"));
}

static uint64_t device_devnum(sd_device *d) {
        dev_t number;

        return sd_device_get_devnum(d, &number) >= 0 ? (uint64_t) number : 0;
}

/* A partition's properties include most of its disk's, but not always. */
static const char *property_or(sd_device *d, sd_device *disk, const char *key) {
        const char *value = property(d, key);

        return value[0] || !disk ? value : property(disk, key);
}

static void read_partition(struct arena *a, sd_device *d, sd_device *disk, struct device *ret) {
        ret->part_name = path_decode(a, property(d, "ID_PART_ENTRY_NAME"));
        ret->part_uuid = text_lower(a, property(d, "ID_PART_ENTRY_UUID"));
        if (!devnum_parse(property(d, "ID_PART_ENTRY_DISK"), &ret->disk) && disk)
                ret->disk = device_devnum(disk);
}

/* "/dev/zvol/<pool>/<volume>", where a blank is written as '+', which no name has. */
static void read_zvol(struct arena *a, sd_device *d, struct device *ret) {
        static const char prefix[] = "/dev/zvol/";
        char *name;

        for (const char *l = sd_device_get_devlink_first(d); l; l = sd_device_get_devlink_next(d))
                if (text_starts(l, prefix)) {
                        name = arena_strdup(a, l + strlen(prefix));
                        for (char *p = name; (p = strchr(p, '+'));)
                                *p = ' ';
                        ret->zvol_name = name;
                        return;
                }
}

static void read_content(struct arena *a, sd_device *d, struct device *ret) {
        ret->fs_type = arena_strdup(a, property(d, "ID_FS_TYPE"));
        ret->fs_uuid = text_lower(a, property(d, "ID_FS_UUID"));
        if (text_equal(ret->fs_type, "zfs_member")) {
                ret->pool_guid = number_or_zero(property(d, "ID_FS_UUID"));
                ret->vdev_guid = number_or_zero(property(d, "ID_FS_UUID_SUB"));
        }
}

/* What the kernel tells costs little; the disk's own word is only of interest if that is no. */
static void read_trims(struct arena *a, sd_device *d, bool is_disk, struct device *ret) {
        struct provisioning_vpd vpd;

        ret->discard_max = number_or_zero(attribute(d, "queue/discard_max_bytes"));
        ret->provisioning = is_disk ? provisioning_mode(a, ret->syspath) : "";
        if (ret->discard_max || !*ret->provisioning)
                return;
        provisioning_vpd_read(ret->syspath, &vpd);
        ret->announces_trims = vpd.unmap || vpd.write_same_16 || vpd.write_same_10;
}

static void read_hardware(struct arena *a, sd_device *d, sd_device *disk, struct device *ret) {
        sd_device *usb;

        ret->table_uuid = text_lower(a, property_or(d, disk, "ID_PART_TABLE_UUID"));
        ret->serial = arena_strdup(a, property_or(d, disk, "ID_SERIAL_SHORT"));
        ret->model = arena_strdup(a, property_or(d, disk, "ID_MODEL"));
        ret->bus = arena_strdup(a, property_or(d, disk, "ID_BUS"));
        ret->removable = text_equal(attribute(disk ? disk : d, "removable"), "1");
        ret->usb = text_equal(ret->bus, "usb") ||
                   sd_device_get_parent_with_subsystem_devtype(d, "usb", NULL, &usb) >= 0;
        read_trims(a, disk ? disk : d, !disk && ret->kind == DEVICE_DISK, ret);
        ret->diskseq = device_diskseq(d, disk);
        ret->size_bytes = number_or_zero(attribute(d, "size")) * SECTOR_BYTES;
}

/* False if it is not ready for use. */
static bool device_read(struct arena *a, sd_device *d, struct device *ret) {
        const char *syspath = "", *devnode = "";
        sd_device *disk = NULL; /* borrowed from `d` */

        if (!device_is_ready(d) || sd_device_get_syspath(d, &syspath) < 0)
                return false;
        (void) sd_device_get_devname(d, &devnode);
        *ret = (struct device){ .syspath = arena_strdup(a, syspath),
                                .devnode = arena_strdup(a, devnode),
                                .devnum = device_devnum(d),
                                .kind = device_kind(d),
                                .part_name = "",
                                .part_uuid = "",
                                .dm_name = "",
                                .dm_uuid = "",
                                .zvol_name = "" };
        if (ret->kind == DEVICE_PARTITION)
                (void) sd_device_get_parent_with_subsystem_devtype(d, "block", "disk", &disk);
        read_hardware(a, d, disk, ret);
        read_content(a, d, ret);
        if (ret->kind != DEVICE_PARTITION)
                read_below(a, ret);
        if (ret->kind == DEVICE_PARTITION)
                read_partition(a, d, disk, ret);
        else if (ret->kind == DEVICE_MAPPING)
                read_mapping(a, d, ret);
        else if (ret->kind == DEVICE_ZVOL)
                read_zvol(a, d, ret);
        return true;
}

int device_look_all(struct arena *a, struct device **ret, uint32_t *ret_n) {
        _cleanup_(sd_device_enumerator_unrefp) sd_device_enumerator *e = NULL;
        ARRAY(struct device) devices = {};
        struct device device;
        int r;

        r = sd_device_enumerator_new(&e);
        if (r < 0)
                return r;

        r = sd_device_enumerator_add_match_subsystem(e, "block", /* match= */ true);
        if (r < 0)
                return r;

        (void) sd_device_enumerator_allow_uninitialized(e); /* device_read says which are ready */
        for (sd_device *d = sd_device_enumerator_get_device_first(e); d;
             d = sd_device_enumerator_get_device_next(e))
                if (device_read(a, d, &device))
                        array_append(&devices, device);
        *ret = arena_memdup(a, devices.items, devices.count * sizeof(*devices.items));
        *ret_n = (uint32_t) devices.count;
        array_done(&devices);
        return 0;
}

bool device_look(struct arena *a, const char *syspath, struct device **ret) {
        _cleanup_(sd_device_unrefp) sd_device *d = NULL;
        struct device device;

        if (sd_device_new_from_syspath(&d, syspath) < 0 || !device_read(a, d, &device))
                return false;
        *ret = arena_memdup(a, &device, sizeof(device));
        return true;
}
