/* cli/power.c - power a disk off, without a daemon */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/power.h"
#include "world/linux/power.h"

static const char usage[] =
        "usage: zmirror power-off <disk>\n"
        "\n"
        "Writes out what is still to be written to a disk that nobody uses, stops it, takes\n"
        "it from the kernel, and powers its USB port down, if no other disk is behind that.\n"
        "It is back when it is plugged anew. `zmirror eject` does it after it has taken out\n"
        "of use what is on the disk. What it prints is why the disk stays: not all can be\n"
        "powered off. Exit status: 0 it goes, or stays without harm, 1 it is in use, or that\n"
        "failed.\n";

/* The disk's folder in /sys; to be freed. NULL: complained. */
static char *power_find(const char *path) {
        char link[64], *syspath;
        struct stat st;

        if (stat(path, &st) < 0) {
                cli_complain("'%s': %s", path, strerror(errno));
                return NULL;
        }
        if (!S_ISBLK(st.st_mode)) {
                cli_complain("'%s' is no block device", path);
                return NULL;
        }
        (void) snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_rdev),
                        minor(st.st_rdev));
        syspath = realpath(link, NULL);
        if (!syspath)
                cli_complain("The kernel does not know '%s' any more", path);
        return syspath;
}

static int power_off(struct arena *a, const char *path, const char *syspath) {
        int r;

        if (!power_can_cut(a, syspath)) {
                (void) printf("%s cannot be powered off from here: that is done with SATA, SAS and "
                              "USB disks\n",
                              path);
                return EXIT_DONE;
        }
        r = power_stop(path);
        if (r >= 0)
                r = power_cut(a, syspath, "/sys/block");
        if (r == -EBUSY)
                cli_complain("%s is in use", path);
        else if (r < 0)
                cli_complain("cannot power %s off: %s", path, strerror(-r));
        return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

int cli_power_off(int argc, char **argv) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        char *syspath;
        int status;

        if (argc == 2 && (text_equal(argv[1], "-h") || text_equal(argv[1], "--help"))) {
                (void) fputs(usage, stdout);
                return EXIT_DONE;
        }
        if (argc != 2 || argv[1][0] == '-') {
                (void) fputs(usage, stderr);
                return EXIT_USAGE;
        }
        syspath = power_find(argv[1]);
        status = syspath ? power_off(a, argv[1], syspath) : EXIT_FAILED;
        free(syspath);
        return status;
}
