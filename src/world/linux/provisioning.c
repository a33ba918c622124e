/* world/linux/provisioning.c - how the kernel sends trims to a SCSI disk, and whether the disk
 * takes them */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "world/linux/file.h"
#include "world/linux/provisioning.h"

#define VPD_PAGE_MAX 4096u

static void closedir_ptr(DIR **d) {
        if (*d)
                (void) closedir(*d);
}

/* <syspath>/device/scsi_disk/<h:c:t:l>/provisioning_mode */
static bool provisioning_path(const char *syspath, char *ret, size_t size) {
        __attribute__((cleanup(closedir_ptr))) DIR *dir = NULL;
        const struct dirent *e;
        char folder[PATH_MAX];
        int n;

        n = snprintf(folder, sizeof(folder), "%s/device/scsi_disk", syspath);
        if (n < 0 || (size_t) n >= sizeof(folder))
                return false;
        dir = opendir(folder);
        while (dir && (e = readdir(dir)))
                if (e->d_name[0] != '.') {
                        n = snprintf(ret, size, "%s/%s/provisioning_mode", folder, e->d_name);
                        return n > 0 && (size_t) n < size;
                }
        return false;
}

const char *provisioning_mode(struct arena *a, const char *syspath) {
        char path[PATH_MAX];
        const char *mode = provisioning_path(syspath, path, sizeof(path)) ? file_read_line(a, path)
                                                                          : NULL;

        return mode ? mode : "";
}

int provisioning_set_unmap(const char *syspath) {
        static const char mode[] = "unmap\n";
        _cleanup_(closep) int fd = -1;
        char path[PATH_MAX];

        if (!provisioning_path(syspath, path, sizeof(path)))
                return -ENODEV;
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        return write(fd, mode, strlen(mode)) < 0 ? -errno : 0;
}

void provisioning_vpd_read(const char *syspath, struct provisioning_vpd *ret) {
        struct text page = {};
        char path[PATH_MAX];
        int n = snprintf(path, sizeof(path), "%s/device/vpd_pgb2", syspath);

        *ret = (struct provisioning_vpd){};
        if (n > 0 && (size_t) n < sizeof(path) && file_read(path, VPD_PAGE_MAX, &page) >= 0 &&
            page.length >= 6 && (uint8_t) page.s[1] == 0xb2) {
                uint8_t flags = (uint8_t) page.s[5];

                ret->there = true;
                ret->unmap = flags & 0x80;
                ret->write_same_16 = flags & 0x40;
                ret->write_same_10 = flags & 0x20;
        }
        text_done(&page);
}
