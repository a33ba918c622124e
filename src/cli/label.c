/* cli/label.c - what a leg's own labels say, without a daemon */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/label.h"
#include "model/facts.h"
#include "world/linux/label.h"

static const char usage[] =
        "usage: zmirror label <device>... [--json]\n"
        "\n"
        "Shows what the ZFS labels on a device say: which pool and leg it is, and how\n"
        "new its data is. A device that is in use may be read, too.\n";

/* 0, though there may be no valid label, or the exit status, complained. */
static int read_device(const char *path, struct arena *a, struct label *ret) {
        _cleanup_(closep) int fd = label_open(path);
        int r;

        if (fd == -ENOTBLK) {
                cli_complain("'%s' is neither a block device nor a file.", path);
                return EXIT_FAILED;
        }
        if (fd < 0) {
                cli_complain("Cannot open '%s': %s", path, strerror(-fd));
                return EXIT_FAILED;
        }
        r = label_read(fd, a, ret);
        if (r == -EFBIG) {
                cli_complain("'%s' is too small to have ZFS labels.", path);
                return EXIT_FAILED;
        }
        if (r < 0) {
                cli_complain("Cannot read the labels of '%s': %s", path, strerror(-r));
                return EXIT_FAILED;
        }
        return 0;
}

static const char *state_print(uint64_t state) {
        static const char *const words[] = { "active", "exported", "destroyed" };

        return state < ELEMENTSOF(words) ? words[state] : "unknown";
}

/* ", in a mirror of 2" */
static const char *top_print(struct arena *a, const struct vdev_shape *top) {
        if (top->type == VDEV_TYPE_DISK)
                return "";
        if (top->type == VDEV_TYPE_RAIDZ)
                return arena_printf(a, ", in a raidz%u of %u", top->parity, top->width);
        return arena_printf(a, ", in a %s of %u", vdev_type_print(top->type), top->width);
}

static void print_for_people(struct arena *a, const char *path, const struct label *l) {
        char time[TIME_PRINT_MAX];
        usec_t when = 0;

        if (__builtin_mul_overflow(l->timestamp, USEC_PER_SEC, &when))
                when = 0;
        (void) printf("%s\n", path);
        (void) printf("  pool:    %s (guid %" PRIu64 "), %s\n", l->pool_name, l->pool_guid,
                      state_print(l->pool_state));
        (void) printf("  leg:     guid %" PRIu64 "%s\n", l->vdev_guid, top_print(a, &l->top));
        (void) printf("  newest:  txg %" PRIu64 ", written %s\n", l->txg, time_print(when, time));
        if (l->hostid || *l->hostname)
                (void) printf("  host:    %s (hostid %08" PRIx64 ")\n",
                              *l->hostname ? l->hostname : "unknown", l->hostid);
        (void) printf("  labels:  %u of %u are good\n", l->n_labels, LABEL_COUNT);
}

static int show(const char *path, bool json) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct label label;
        int r;

        r = read_device(path, a, &label);
        if (r != 0)
                return r;
        if (json) {
                (void) puts(label_print_json(a, path, &label));
                return EXIT_DONE;
        }
        if (!label.valid) {
                cli_complain("'%s' has no ZFS label that can be read.", path);
                return EXIT_FAILED;
        }
        print_for_people(a, path, &label);
        return EXIT_DONE;
}

/* Takes the options out of the arguments; what is left are devices. False after `--help` or an
 * error, with the exit status. */
static bool take_options(int *argc, char **argv, bool *ret_json, int *ret_status) {
        bool only_devices = false;
        int n = 0;

        *ret_json = false;
        for (int i = 1; i < *argc; i++) {
                if (only_devices || argv[i][0] != '-')
                        argv[n++] = argv[i];
                else if (text_equal(argv[i], "--"))
                        only_devices = true;
                else if (text_equal(argv[i], "--json"))
                        *ret_json = true;
                else if (text_equal(argv[i], "--help") || text_equal(argv[i], "-h")) {
                        (void) fputs(usage, stdout);
                        *ret_status = EXIT_DONE;
                        return false;
                } else {
                        cli_complain("label: unknown option '%s'", argv[i]);
                        *ret_status = EXIT_USAGE;
                        return false;
                }
        }
        *argc = n;
        return true;
}

int cli_label(int argc, char **argv) {
        int status = EXIT_DONE, r;
        bool json;

        if (!take_options(&argc, argv, &json, &status))
                return status;
        if (argc == 0) {
                cli_complain("label: which device?");
                return EXIT_USAGE;
        }
        for (int i = 0; i < argc; i++) {
                r = show(argv[i], json);
                if (r > status)
                        status = r;
        }
        return fflush(stdout) == 0 ? status : EXIT_FAILED;
}
