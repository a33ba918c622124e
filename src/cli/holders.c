/* cli/holders.c - who uses a device, a pool or a file system, without a daemon */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/holders.h"
#include "world/linux/holder.h"

static const char usage[] =
        "usage: zmirror holders <device>|<pool>|<dataset>|<folder>\n"
        "\n"
        "Shows who keeps a block device, a pool, a dataset with all below it, or what is\n"
        "mounted at a folder from being closed, exported or unmounted: processes, mounts\n"
        "(those of other mount namespaces, too), loop devices, swap, mappings, NFS, and\n"
        "pools. Exit status: 0 somebody does, 1 nobody is to be seen, or there is no such\n"
        "device, no such pool is imported, or nothing is mounted there.\n";

struct listing {
        uint32_t n;
        bool bare;
};

/* Somebody may wait for what is found before the rest hangs. */
static void listing_add(void *userdata, const char *text) {
        struct listing *l = userdata;

        l->n++;
        if (!l->bare)
                (void) fputs("  ", stdout);
        for (; *text; text++)
                (void) putchar((unsigned char) *text < ' ' || *text == 0x7f ? '?' : *text);
        (void) putchar('\n');
        (void) fflush(stdout);
}

int cli_holders(int argc, char **argv) {
        struct listing l = { .bare = argc > 1 && text_equal(argv[1], "--lines") };
        const char *name;
        bool known;
        int i = 1 + l.bare;

        if (i < argc && (text_equal(argv[i], "--help") || text_equal(argv[i], "-h"))) {
                (void) fputs(usage, stdout);
                return EXIT_DONE;
        }
        if (i < argc && text_equal(argv[i], "--"))
                i++;
        else if (i < argc && argv[i][0] == '-') {
                cli_complain("holders: unknown option '%s'", argv[i]);
                return EXIT_USAGE;
        }
        if (i + 1 != argc || !argv[i][0]) {
                (void) fputs(usage, stderr);
                return EXIT_USAGE;
        }
        name = argv[i];
        if (!l.bare)
                (void) printf("%s\n", name);
        (void) fflush(stdout);
        known = holder_look(name, getenv("ZMIRROR_KSTAT_DIR"), listing_add, &l);
        if (l.bare)
                return ferror(stdout) ? EXIT_FAILED : EXIT_DONE;
        if (geteuid() != 0)
                cli_complain("holders: processes of others can only be looked at by root");
        if (!known)
                cli_complain("holders: '%s': %s", name,
                             text_starts(name, "/dev/") ? "there is no such block device"
                             : name[0] == '/'           ? "nothing is mounted there"
                                                        : "no such pool is imported");
        else if (l.n == 0)
                (void) printf("  nobody is to be seen\n");
        return l.n ? EXIT_DONE : EXIT_FAILED;
}
