/* tests/system/rundir.c - to be preloaded: udev's database is in umockdev's folder, too
 *
 * umockdev redirects /sys and /dev, but not /run/udev/data, without which no device counts as one
 * that udev has finished with. */
#undef _FILE_OFFSET_BITS /* would make both functions below one */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE "/run/udev/data/"

typedef FILE *(*open_function)(const char *path, const char *mode);

FILE *fopen(const char *path, const char *mode);
FILE *fopen64(const char *path, const char *mode);

static FILE *open_redirected(const char *function, const char *path, const char *mode) {
        open_function next = (open_function) dlsym(RTLD_NEXT, function);
        const char *folder = getenv("UMOCKDEV_DIR");
        char other[512];

        if (!folder || strncmp(path, DATABASE, strlen(DATABASE)) != 0)
                return next(path, mode);
        (void) snprintf(other, sizeof(other), "%s%s", folder, path);
        return next(other, mode);
}

FILE *fopen(const char *path, const char *mode) {
        return open_redirected("fopen", path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
        return open_redirected("fopen64", path, mode);
}
