/* tests/system/rundir.c - to be preloaded: what is in /run is in the test's folder, too
 *
 * umockdev redirects /sys and /dev, but not /run/udev/data, without which no device counts as one
 * that udev has finished with. Lines for the journal go to the socket ZMIRROR_TEST_JOURNAL. */
#undef _FILE_OFFSET_BITS /* would make both functions below one */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define DATABASE "/run/udev/data/"
#define JOURNAL  "/run/systemd/journal/socket"

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

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
        ssize_t (*next)(int, const struct msghdr *, int) = NULL;
        const struct sockaddr_un *to = message->msg_name;
        const char *journal = getenv("ZMIRROR_TEST_JOURNAL");
        struct sockaddr_un other = { .sun_family = AF_UNIX };
        struct msghdr redirected = *message;

        *(void **) &next = dlsym(RTLD_NEXT, "sendmsg");
        if (!journal || !to || to->sun_family != AF_UNIX || strcmp(to->sun_path, JOURNAL) != 0)
                return next(fd, message, flags);
        (void) snprintf(other.sun_path, sizeof(other.sun_path), "%s", journal);
        redirected.msg_name = &other;
        redirected.msg_namelen = sizeof(other);
        return next(fd, &redirected, flags);
}
