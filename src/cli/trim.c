/* cli/trim.c - can trims get through to a device? Without a daemon
 *
 * A trim goes from ZFS through the LUKS mapping (which drops it, if it was opened without
 * --allow-discards) to the disk; and to a SCSI disk, which most USB bridges pretend to be, the
 * kernel sends it only if it believes that the disk understands it (its provisioning mode). */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/block.h"
#include "cli/cli.h"
#include "cli/trim.h"
#include "world/linux/file.h"
#include "world/linux/provisioning.h"

#define LAYERS_MAX 8u

static const char *trim_name(const char *syspath) {
        return strrchr(syspath, '/') + 1;
}

static bool trim_is_partition(struct arena *a, const char *syspath) {
        return file_read_line(a, arena_printf(a, "%s/partition", syspath));
}

/* What lies below: the disk of a partition, the one device of a mapping; NULL: nothing does. */
static const char *trim_below(struct arena *a, const char *syspath) {
        const char *folder = arena_printf(a, "%s/slaves", syspath), *found = NULL;
        const struct dirent *e;
        char *resolved;
        DIR *dir;

        if (trim_is_partition(a, syspath))
                return arena_strndup(a, syspath, (size_t) (strrchr(syspath, '/') - syspath));
        dir = opendir(folder);
        while (dir && (e = readdir(dir)))
                if (e->d_name[0] != '.')
                        found = arena_printf(a, "%s/%s", folder, e->d_name);
        if (dir)
                (void) closedir(dir);
        resolved = found ? realpath(found, NULL) : NULL;
        found = resolved ? arena_strdup(a, resolved) : NULL;
        free(resolved);
        return found;
}

static bool trim_is_mapping(const char *syspath) {
        return text_starts(trim_name(syspath), "dm-");
}

/* --- check-trim
 * ------------------------------------------------------------------------------------------------
 */

static uint64_t discard_max(struct arena *a, const char *syspath) {
        uint64_t n = 0;

        return file_read_number(arena_printf(a, "%s/queue/discard_max_bytes", syspath), &n) ? n : 0;
}

static void check_print(const char *what, const char *text) {
        (void) printf("  %-8s %s\n", what, text);
}

/* False: nothing gets through there. */
static bool check_mapping(struct arena *a, const char *syspath) {
        bool passes = discard_max(a, syspath) > 0;

        check_print(trim_name(syspath),
                    passes ? "the mapping passes trims on"
                           : "the mapping drops trims: it was opened without --allow-discards, or "
                             "what is below takes none");
        return passes;
}

static const char *vpd_words(struct arena *a, const struct provisioning_vpd *v) {
        if (!v->there)
                return "does not say how it is to be trimmed (no VPD page B2)";
        if (!v->unmap && !v->write_same_16 && !v->write_same_10)
                return "says that it takes no trims (VPD page B2)";
        return arena_printf(a, "says that it takes%s%s%s (VPD page B2)", v->unmap ? " UNMAP" : "",
                            v->write_same_16 ? " WRITE SAME(16)" : "",
                            v->write_same_10 ? " WRITE SAME(10)" : "");
}

static bool check_disk(struct arena *a, const char *syspath) {
        const char *mode = provisioning_mode(a, syspath), *name = trim_name(syspath);
        uint64_t most = discard_max(a, syspath);
        struct provisioning_vpd vpd;

        if (*mode) {
                provisioning_vpd_read(syspath, &vpd);
                check_print(name, arena_printf(a, "the disk %s", vpd_words(a, &vpd)));
                check_print("",
                            arena_printf(a, "the kernel's provisioning mode for it is '%s'", mode));
        }
        if (most)
                check_print(name, arena_printf(a,
                                               "the kernel sends trims, up to %" PRIu64
                                               " MiB with one command",
                                               most >> 20));
        else
                check_print(name, "the kernel sends no trims");
        if (!most && *mode && !text_equal(mode, "unmap"))
                check_print("", arena_printf(a,
                                             "`zmirror enable-trim /dev/%s` makes it send them all "
                                             "the same, if the disk takes them",
                                             name));
        return most > 0;
}

static int check_trim(const char *path) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *syspath = block_find(a, path);
        bool good = true;

        if (!syspath)
                return EXIT_FAILED;
        (void) printf("%s\n", path);
        for (unsigned i = 0; syspath && i < LAYERS_MAX; i++) {
                const char *below = trim_below(a, syspath);

                if (trim_is_mapping(syspath))
                        good &= check_mapping(a, syspath);
                else if (!below)
                        good &= check_disk(a, syspath);
                syspath = below;
        }
        check_print("so:", good ? "trims get through" : "trims do not get through");
        return good ? EXIT_DONE : EXIT_FAILED;
}

/* --- enable-trim
 * -----------------------------------------------------------------------------------------------
 */

static const char *find_disk(struct arena *a, const char *path) {
        const char *syspath = block_find(a, path), *below;

        for (unsigned i = 0; syspath && i < LAYERS_MAX && (below = trim_below(a, syspath)); i++)
                syspath = below;
        return syspath;
}

static int enable_trim(const char *path) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *disk = find_disk(a, path), *mode;
        struct provisioning_vpd vpd;
        int r;

        if (!disk)
                return EXIT_FAILED;
        mode = provisioning_mode(a, disk);
        if (!*mode) {
                cli_complain("/dev/%s is no SCSI disk: there is nothing to be switched on",
                             trim_name(disk));
                return EXIT_FAILED;
        }
        if (text_equal(mode, "unmap"))
                return EXIT_DONE;
        provisioning_vpd_read(disk, &vpd);
        if (!vpd.there || !vpd.unmap)
                cli_complain("warning: /dev/%s %s", trim_name(disk), vpd_words(a, &vpd));
        r = provisioning_set_unmap(disk);
        if (r < 0) {
                cli_complain("Cannot set the provisioning mode of /dev/%s: %s", trim_name(disk),
                             strerror(-r));
                return EXIT_FAILED;
        }
        (void) printf("/dev/%s: the kernel sends trims (the provisioning mode was '%s')\n",
                      trim_name(disk), mode);
        return EXIT_DONE;
}

/* --- the programs
 * ---------------------------------------------------------------------------------------------- */

static int trim_main(int argc, char **argv, const char *usage, int (*run)(const char *path)) {
        if (argc == 2 && (text_equal(argv[1], "-h") || text_equal(argv[1], "--help"))) {
                (void) fputs(usage, stdout);
                return EXIT_DONE;
        }
        if (argc != 2 || argv[1][0] == '-') {
                (void) fputs(usage, stderr);
                return EXIT_USAGE;
        }
        return run(argv[1]);
}

int cli_check_trim(int argc, char **argv) {
        return trim_main(
                argc, argv,
                "usage: zmirror check-trim <device>\n"
                "\n"
                "Shows whether trims get through to the disk of that device, and if not, where\n"
                "they are lost: in the mapping of a LUKS container, in the kernel, or because\n"
                "the disk takes none. Exit status: 0 they do, 1 they do not.\n",
                check_trim);
}

int cli_enable_trim(int argc, char **argv) {
        return trim_main(
                argc, argv,
                "usage: zmirror enable-trim <device>\n"
                "\n"
                "Makes the kernel send trims to the SCSI disk of that device, although it does\n"
                "not believe that the disk takes them, as with many USB bridges. To be done\n"
                "before anything on it is opened. It lasts until the disk is unplugged;\n"
                "force_enable_trim in the configuration does it each time.\n",
                enable_trim);
}
