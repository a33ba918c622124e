/* cli/power.c - power a disk off, without a daemon */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/block.h"
#include "cli/cli.h"
#include "cli/power.h"
#include "world/linux/power.h"

static const char usage[] =
        "usage: zmirror power-off <device>\n"
        "\n"
        "Writes out what is still to be written to a disk that nobody uses, stops it, takes\n"
        "it from the kernel, and powers its USB port down, if no other disk is behind that.\n"
        "It is back when it is plugged anew. `zmirror eject` does it after it has taken out\n"
        "of use what is on the disk. What it prints is why the disk stays: not all can be\n"
        "powered off. Exit status: 0 it goes, or stays without harm, 1 it is in use, or that\n"
        "failed.\n";

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
        const char *syspath;

        if (argc == 2 && (text_equal(argv[1], "-h") || text_equal(argv[1], "--help"))) {
                (void) fputs(usage, stdout);
                return EXIT_DONE;
        }
        if (argc != 2 || argv[1][0] == '-') {
                (void) fputs(usage, stderr);
                return EXIT_USAGE;
        }
        syspath = block_find(a, argv[1]);
        return syspath ? power_off(a, argv[1], syspath) : EXIT_FAILED;
}
