/* world/linux/process.c - which processes have a device or a file system open: /proc/<pid>
 *
 * To ask a file system anything (stat is enough) would hang with a suspended pool. The kernel tells
 * the same of mounts without asking: fdinfo names the mount of each open file, and a directory that
 * was opened with O_PATH is one, too. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "world/linux/file.h"
#include "world/linux/process.h"

#define PROCESSES_MAX  65536u
#define FILES_MAX      4096u /* of one process */
#define MAPS_TEXT_MAX  (4u * 1024 * 1024)
#define LINE_MAX_BYTES 8192u

DEFINE_CLEANUP(DIR *, closedir);

/* --- text
 * ------------------------------------------------------------------------------------------- */

char *proc_decode(char *s) {
        char *from = s, *to = s;

        while (*from) {
                if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
                    from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
                        *to++ = (char) ((from[1] - '0') << 6 | (from[2] - '0') << 3 |
                                        (from[3] - '0'));
                        from += 4;
                } else
                        *to++ = *from++;
        }
        *to = '\0';
        return s;
}

/* The next line, without its end, in `buffer`, cut off if it is too long; false at the end. */
static bool line_next(const char **s, const char *end, char buffer[LINE_MAX_BYTES]) {
        const char *newline;
        size_t n;

        if (*s >= end)
                return false;
        newline = memchr(*s, '\n', (size_t) (end - *s));
        if (!newline)
                newline = end;
        n = (size_t) (newline - *s);
        n = n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES - 1;
        memcpy(buffer, *s, n);
        buffer[n] = '\0';
        *s = newline + 1;
        return true;
}

bool process_parse_mount_id(const char *text, size_t len, uint64_t *ret) {
        const char *end = text + len;
        char line[LINE_MAX_BYTES];

        while (line_next(&text, end, line))
                if (text_starts(line, "mnt_id:"))
                        return text_to_u64(line + strlen("mnt_id:") +
                                                   strspn(line + strlen("mnt_id:"), "\t "),
                                           ret);
        return false;
}

static bool is_among(uint64_t number, const uint64_t *numbers, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (numbers[i] == number)
                        return true;
        return false;
}

/* "7f1200-7f1300 r--p 00000000 00:2d 34    /tank/x": the fourth field, in hexadecimal digits, and
 * what comes last. */
static bool maps_line_parse(const char *line, uint64_t *ret_device, const char **ret_file) {
        unsigned major_number, minor_number;
        int end = 0;

        if (sscanf(line, "%*x-%*x %*s %*x %8x:%8x %*u %n", &major_number, &minor_number, &end) !=
                    2 ||
            end == 0)
                return false;
        *ret_device = makedev(major_number, minor_number);
        *ret_file = line + end;
        return true;
}

bool process_parse_maps(const char *text, size_t len, const struct process_search *s,
                        char ret[PATH_MAX]) {
        const char *end = text + len, *file;
        char line[LINE_MAX_BYTES];
        uint64_t device;

        while (line_next(&text, end, line))
                if (maps_line_parse(line, &device, &file) &&
                    is_among(device, s->file_systems, s->n_file_systems)) {
                        (void) snprintf(ret, PATH_MAX, "%.*s", PATH_MAX - 1, file);
                        return true;
                }
        return false;
}

/* --- one process
 * ------------------------------------------------------------------------------------ */

#define PATH_BYTES 96

/* Where a link of /proc leads to, which is told without asking the file system. */
static bool link_read(const char *path, char target[PATH_MAX]) {
        ssize_t n = readlink(path, target, PATH_MAX - 1);

        target[n > 0 ? n : 0] = '\0';
        return n > 0;
}

static bool mount_id_read(const char *fdinfo, uint64_t *ret) {
        struct text t = {};
        bool known;

        known = file_read(fdinfo, LINE_MAX_BYTES, &t) >= 0 && t.s &&
                process_parse_mount_id(t.s, t.length, ret);
        text_done(&t);
        return known;
}

/* A link like /proc/<pid>/cwd leads into one of the mounts. */
static bool link_is_inside(const struct process_search *s, const char *link) {
        _cleanup_(closep) int fd = open(link, O_PATH | O_CLOEXEC);
        char path[PATH_BYTES];
        uint64_t mount;

        if (fd < 0)
                return false;
        (void) snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
        return mount_id_read(path, &mount) && is_among(mount, s->mounts, s->n_mounts);
}

/* Only what lies in /dev is asked what it is. */
static bool file_is_device(const struct process_search *s, const char *file) {
        struct stat st;

        return text_starts(file, "/dev/") && stat(file, &st) == 0 && S_ISBLK(st.st_mode) &&
               is_among(st.st_rdev, s->devices, s->n_devices);
}

static bool file_is_inside(const struct process_search *s, uint64_t pid, const char *number) {
        char path[PATH_BYTES];
        uint64_t mount;

        (void) snprintf(path, sizeof(path), "/proc/%" PRIu64 "/fdinfo/%.32s", pid, number);
        return mount_id_read(path, &mount) && is_among(mount, s->mounts, s->n_mounts);
}

static bool process_look_files(const struct process_search *s, uint64_t pid, char ret[PATH_MAX]) {
        char path[PATH_BYTES];
        _cleanup_(closedirp) DIR *d = NULL;
        struct dirent *e;

        (void) snprintf(path, sizeof(path), "/proc/%" PRIu64 "/fd", pid);
        d = opendir(path);
        for (uint32_t n = 0; d && n < FILES_MAX && (e = readdir(d)); n++) {
                (void) snprintf(path, sizeof(path), "/proc/%" PRIu64 "/fd/%.32s", pid, e->d_name);
                if (e->d_name[0] != '.' && link_read(path, ret) &&
                    (file_is_device(s, ret) || (s->n_mounts && file_is_inside(s, pid, e->d_name))))
                        return true;
        }
        return false;
}

/* What it works in, was started from, or has open; all but what it has mapped. */
static bool process_look(const struct process_search *s, uint64_t pid, char ret[PATH_MAX]) {
        static const char *const links[] = { "cwd", "root", "exe" };
        char path[PATH_BYTES];

        for (size_t i = 0; s->n_mounts && i < ELEMENTSOF(links); i++) {
                (void) snprintf(path, sizeof(path), "/proc/%" PRIu64 "/%s", pid, links[i]);
                if (link_is_inside(s, path) && link_read(path, ret))
                        return true;
        }
        return process_look_files(s, pid, ret);
}

static bool process_look_maps(const struct process_search *s, uint64_t pid, char ret[PATH_MAX]) {
        struct text t = {};
        char path[PATH_BYTES];
        bool found;

        if (!s->n_file_systems)
                return false;
        (void) snprintf(path, sizeof(path), "/proc/%" PRIu64 "/maps", pid);
        found = file_read(path, MAPS_TEXT_MAX, &t) >= 0 && t.s &&
                process_parse_maps(t.s, t.length, s, ret);
        text_done(&t);
        return found;
}

const char *process_name(uint64_t pid, char *buffer) {
        struct text t = {};
        char path[PATH_BYTES];

        (void) snprintf(path, sizeof(path), "/proc/%" PRIu64 "/comm", pid);
        (void) file_read(path, PROCESS_NAME_MAX, &t);
        (void) snprintf(buffer, PROCESS_NAME_MAX, "%s", t.s ? t.s : "");
        buffer[strcspn(buffer, "\n")] = '\0';
        text_done(&t);
        return buffer;
}

/* --- all processes
 * ---------------------------------------------------------------------------------- */

static int number_compare(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

        return x < y ? -1 : x > y;
}

void processes_list(struct arena *a, uint64_t **ret, uint32_t *ret_n) {
        _cleanup_(closedirp) DIR *d = opendir("/proc");
        uint64_t pid, self = (uint64_t) getpid();
        ARRAY(uint64_t) pids = {};
        struct dirent *e;

        while (d && pids.count < PROCESSES_MAX && (e = readdir(d)))
                if (text_to_u64(e->d_name, &pid) && pid != self)
                        array_append(&pids, pid);
        if (pids.count)
                qsort(pids.items, pids.count, sizeof(*pids.items), number_compare);
        *ret = arena_memdup(a, pids.items, pids.count * sizeof(*pids.items));
        *ret_n = (uint32_t) pids.count;
        array_done(&pids);
}

void processes_look(struct arena *a, const struct process_search *s) {
        static bool (*const looks[])(const struct process_search *, uint64_t, char[PATH_MAX]) = {
                process_look,
                process_look_maps,
        };
        char name[PROCESS_NAME_MAX], file[PATH_MAX];
        uint64_t *pids;
        uint32_t n;

        processes_list(a, &pids, &n);
        for (size_t look = 0; look < ELEMENTSOF(looks); look++)
                for (uint32_t i = 0; i < n; i++) {
                        if (!pids[i] || !looks[look](s, pids[i], file))
                                continue;
                        s->found(s->userdata,
                                 arena_printf(a, "process %" PRIu64 " (%s) uses %s", pids[i],
                                              process_name(pids[i], name), file));
                        pids[i] = 0; /* told */
                }
}
