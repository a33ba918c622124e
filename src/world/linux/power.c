/* world/linux/power.c - a disk is stopped, taken from the kernel, and its port is powered down
 *
 * The kernel stops disks on SATA by itself when they are taken from it, others only if they are
 * told to (SBC-4, 5.27 START STOP UNIT). What they do not understand of that does no harm. A USB
 * port is powered down by `remove` of its device (Documentation/ABI/testing/sysfs-bus-usb). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <scsi/sg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "world/linux/power.h"

#define SCSI_TIMEOUT (60 * USEC_PER_SEC)

static void closedir_ptr(DIR **d) {
        if (*d)
                (void) closedir(*d);
}

/* --- stopping it */

static int scsi_command(int fd, const uint8_t *command, size_t n) {
        uint8_t words[10] = {}, sense[32] = {};
        struct sg_io_hdr io = { .interface_id = 'S',
                                .dxfer_direction = SG_DXFER_NONE,
                                .cmd_len = (unsigned char) n,
                                .cmdp = words,
                                .mx_sb_len = sizeof(sense),
                                .sbp = sense,
                                .timeout = (unsigned) (SCSI_TIMEOUT / USEC_PER_MSEC) };

        memcpy(words, command, n);
        return ioctl(fd, SG_IO, &io) < 0 ? -errno : 0;
}

int power_stop(const char *devnode) {
        static const uint8_t synchronize_cache[10] = { 0x35 }, stop_unit[6] = { 0x1b };
        /* Not while a mapping, a file system or ZFS has it or a partition of it open. */
        _cleanup_(closep) int fd = open(devnode, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (fsync(fd) < 0)
                return -errno;
        (void) ioctl(fd, BLKFLSBUF, 0);
        (void) scsi_command(fd, synchronize_cache, sizeof(synchronize_cache));
        (void) scsi_command(fd, stop_unit, sizeof(stop_unit));
        return 0;
}

/* --- taking it away */

static int file_write_one(const char *path) {
        _cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        return write(fd, "1", 1) < 0 ? -errno : 0;
}

static const char *path_resolve(struct arena *a, const char *path) {
        char *resolved = realpath(path, NULL);
        const char *copy = resolved ? arena_strdup(a, resolved) : NULL;

        free(resolved);
        return copy;
}

/* Its USB device: the folder above that says who made it. NULL: it is on no USB port. */
static const char *power_usb(struct arena *a, const char *device) {
        char *path = arena_strdup(a, device), *slash;

        while ((slash = strrchr(path, '/')) && slash != path) {
                if (access(arena_printf(a, "%s/idVendor", path), F_OK) == 0)
                        return path;
                *slash = 0;
        }
        return NULL;
}

static bool usb_has_disk(struct arena *a, const char *usb, const char *disks) {
        __attribute__((cleanup(closedir_ptr))) DIR *dir = opendir(disks);
        const char *inside = arena_printf(a, "%s/", usb);
        const struct dirent *e;

        while (dir && (e = readdir(dir))) {
                const char *disk = path_resolve(a, arena_printf(a, "%s/%s", disks, e->d_name));

                if (disk && text_starts(disk, inside))
                        return true;
        }
        return false;
}

static const char *power_handle(struct arena *a, const char *syspath) {
        return arena_printf(a, "%s/device/delete", syspath);
}

bool power_can_cut(struct arena *a, const char *syspath) {
        return access(power_handle(a, syspath), F_OK) == 0;
}

int power_cut(struct arena *a, const char *syspath, const char *disks) {
        const char *device = path_resolve(a, arena_printf(a, "%s/device", syspath)), *usb;
        int r;

        if (!device || !power_can_cut(a, syspath))
                return -EOPNOTSUPP;
        usb = power_usb(a, device);
        r = file_write_one(power_handle(a, syspath));
        if (r < 0 || !usb || usb_has_disk(a, usb, disks))
                return r;
        (void) file_write_one(arena_printf(a, "%s/remove", usb)); /* the disk is gone already */
        return 0;
}
