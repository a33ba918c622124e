/* cli/block.c - the folder in /sys of a block device that somebody named */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/block.h"
#include "cli/cli.h"

const char *block_find(struct arena *a, const char *path) {
        struct stat st;
        char *syspath;

        if (stat(path, &st) < 0) {
                cli_complain("'%s': %s", path, strerror(errno));
                return NULL;
        }
        if (!S_ISBLK(st.st_mode)) {
                cli_complain("'%s' is no block device", path);
                return NULL;
        }
        syspath = realpath(
                arena_printf(a, "/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev)),
                NULL);
        if (!syspath) {
                cli_complain("The kernel does not know '%s' any more", path);
                return NULL;
        }
        path = arena_strdup(a, syspath);
        free(syspath);
        return path;
}
