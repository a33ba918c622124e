/* world/linux/holder.c - who uses a block device or a file system: mappings, loop devices, swap,
 * mounts, processes */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "base/time.h"
#include "model/facts.h"
#include "world/linux/file.h"
#include "world/linux/holder.h"
#include "world/linux/mountinfo.h"

#define TEXT_MAX        (16u * 1024 * 1024)
#define PROCESSES_LIMIT (USEC_PER_SEC / 10)
#define HOLDERS_MAX     8u /* nobody reads more */

DEFINE_CLEANUP(DIR *, closedir);

struct search {
        struct arena *arena;
        ARRAY(uint64_t) devices; /* the device and its partitions */
        struct mount *mounts;    /* all there are */
        uint32_t n_mounts;
        const char *dataset; /* NULL: a device is looked for */
        ARRAY(struct holder) holders;
};

static void search_add(struct search *s, const char *text) {
        if (s->holders.count < HOLDERS_MAX)
                array_append(&s->holders, ((struct holder){ .text = text }));
}

static bool search_is_for(const struct search *s, uint64_t devnum) {
        for (size_t i = 0; i < s->devices.count; i++)
                if (s->devices.items[i] == devnum)
                        return true;
        return false;
}

/* Paths elsewhere than in /dev are left alone: a file system may hang. */
static bool search_is_for_path(const struct search *s, const char *path) {
        struct stat st;

        return text_starts(path, "/dev/") && stat(path, &st) == 0 && S_ISBLK(st.st_mode) &&
               search_is_for(s, st.st_rdev);
}

static const char *sysfs_path(struct arena *a, uint64_t devnum, const char *below) {
        return arena_printf(a, "/sys/dev/block/%u:%u/%s", major(devnum), minor(devnum), below);
}

static void search_add_partitions(struct search *s, uint64_t devnum) {
        const char *folder = sysfs_path(s->arena, devnum, "");
        _cleanup_(closedirp) DIR *d = opendir(folder);
        struct dirent *e;
        uint64_t partition;

        while (d && (e = readdir(d))) {
                const char *path = arena_printf(s->arena, "%s%s", folder, e->d_name);

                if (e->d_name[0] != '.' &&
                    file_read_line(s->arena, arena_printf(s->arena, "%s/partition", path)) &&
                    devnum_parse(file_read_line(s->arena, arena_printf(s->arena, "%s/dev", path)),
                                 &partition))
                        array_append(&s->devices, partition);
        }
}

/* Mappings, arrays, caches: what the kernel itself has stacked on it. */
static void search_stacked(struct search *s, uint64_t devnum) {
        const char *folder = sysfs_path(s->arena, devnum, "holders");
        _cleanup_(closedirp) DIR *d = opendir(folder);
        struct dirent *e;
        const char *name;

        while (d && (e = readdir(d))) {
                if (e->d_name[0] == '.')
                        continue;
                name = file_read_line(s->arena,
                                      arena_printf(s->arena, "%s/%s/dm/name", folder, e->d_name));
                search_add(s, name ? arena_printf(s->arena, "held by %s (%s)", e->d_name, name)
                                   : arena_printf(s->arena, "held by %s", e->d_name));
        }
}

static void search_loops(struct search *s) {
        _cleanup_(closedirp) DIR *d = opendir("/sys/block");
        struct dirent *e;
        const char *file;

        while (d && (e = readdir(d))) {
                if (!text_starts(e->d_name, "loop"))
                        continue;
                file = file_read_line(
                        s->arena,
                        arena_printf(s->arena, "/sys/block/%s/loop/backing_file", e->d_name));
                if (file && search_is_for_path(s, file))
                        search_add(s, arena_printf(s->arena, "loop device %s", e->d_name));
        }
}

static void search_swaps(struct search *s) {
        struct text t = {};
        char *line, *rest;

        if (file_read("/proc/swaps", TEXT_MAX, &t) >= 0 && t.s)
                for (line = strtok_r(t.s, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                        line[strcspn(line, " \t")] = 0;
                        if (search_is_for_path(s, line))
                                search_add(s, "in use as swap");
                }
        text_done(&t);
}

static void search_read_mounts(struct search *s) {
        struct text t = {};

        if (file_read("/proc/self/mountinfo", TEXT_MAX, &t) >= 0 && t.s)
                mountinfo_parse(t.s, t.length, s->arena, &s->mounts, &s->n_mounts);
        text_done(&t);
}

static void search_mounts(struct search *s) {
        for (uint32_t i = 0; i < s->n_mounts; i++)
                if (s->mounts[i].devnum && search_is_for(s, s->mounts[i].devnum))
                        search_add(s, arena_printf(s->arena, "mounted at %s", s->mounts[i].target));
}

/* --- file systems of a pool or dataset
 * -------------------------------------------------------------- */

/* "tank/data" of "tank" and of "tank/data"; a mounted snapshot, too. */
static bool mount_is_of(const struct mount *m, const char *dataset) {
        size_t n = strlen(dataset);

        return text_equal(m->fs_type, "zfs") && !strncmp(m->source, dataset, n) &&
               (!m->source[n] || m->source[n] == '/' || m->source[n] == '@');
}

static bool path_is_below(const char *path, const char *folder) {
        size_t n = strlen(folder);

        if (text_equal(folder, "/"))
                return true;
        return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

/* The file system in which a path lies is the one that is mounted deepest, and last. */
static const struct mount *search_mount_of(const struct search *s, const char *path) {
        const struct mount *found = NULL;

        for (uint32_t i = 0; i < s->n_mounts; i++)
                if (path_is_below(path, s->mounts[i].target) &&
                    (!found || strlen(s->mounts[i].target) >= strlen(found->target)))
                        found = &s->mounts[i];
        return found;
}

/* Only its text is looked at: the file system may hang. */
static bool search_has_file(const struct search *s, const char *path) {
        const struct mount *m = path[0] == '/' ? search_mount_of(s, path) : NULL;

        return m && mount_is_of(m, s->dataset);
}

static void search_loops_in(struct search *s) {
        _cleanup_(closedirp) DIR *d = opendir("/sys/block");
        struct dirent *e;
        const char *file;

        while (d && (e = readdir(d))) {
                if (!text_starts(e->d_name, "loop"))
                        continue;
                file = file_read_line(
                        s->arena,
                        arena_printf(s->arena, "/sys/block/%s/loop/backing_file", e->d_name));
                if (file && search_has_file(s, file))
                        search_add(s,
                                   arena_printf(s->arena, "loop device %s (%s)", e->d_name, file));
        }
}

/* Something else is mounted in one of them. */
static void search_mounts_in(struct search *s) {
        for (uint32_t i = 0; i < s->n_mounts; i++) {
                const struct mount *m = &s->mounts[i];
                const char *slash = strrchr(m->target, '/');
                const char *around = slash && slash != m->target
                                             ? arena_strndup(s->arena, m->target,
                                                             (size_t) (slash - m->target))
                                             : "/";

                if (!mount_is_of(m, s->dataset) && search_has_file(s, around))
                        search_add(s, arena_printf(s->arena, "%s is mounted at %s", m->source,
                                                   m->target));
        }
}

/* --- processes
 * -------------------------------------------------------------------------------------- */

static const char *link_read(struct arena *a, const char *path) {
        char target[PATH_MAX];
        ssize_t n = readlink(path, target, sizeof(target) - 1);

        return n < 0 ? NULL : arena_strndup(a, target, (size_t) n);
}

static bool search_wants(const struct search *s, const char *file) {
        return file && (s->dataset ? search_has_file(s, file) : search_is_for_path(s, file));
}

/* What it has open, works in, or was started from, if that is what is looked for; else NULL. */
static const char *process_uses(struct search *s, const char *folder) {
        static const char *const links[] = { "cwd", "root", "exe" };
        const char *fds = arena_printf(s->arena, "%s/fd", folder);
        _cleanup_(closedirp) DIR *d = NULL;
        struct dirent *e;

        for (size_t i = 0; i < ELEMENTSOF(links); i++) {
                const char *file = link_read(s->arena,
                                             arena_printf(s->arena, "%s/%s", folder, links[i]));

                if (search_wants(s, file))
                        return file;
        }
        d = opendir(fds);
        while (d && (e = readdir(d))) {
                const char *file = link_read(s->arena,
                                             arena_printf(s->arena, "%s/%s", fds, e->d_name));

                if (search_wants(s, file))
                        return file;
        }
        return NULL;
}

static usec_t now_mono(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

static void search_processes(struct search *s) {
        _cleanup_(closedirp) DIR *d = opendir("/proc");
        usec_t end = now_mono() + PROCESSES_LIMIT;
        struct dirent *e;

        while (d && (e = readdir(d)) && now_mono() < end) {
                const char *folder = arena_printf(s->arena, "/proc/%s", e->d_name), *file, *name;

                if (!isdigit((unsigned char) e->d_name[0]))
                        continue;
                file = process_uses(s, folder);
                if (!file)
                        continue;
                name = file_read_line(s->arena, arena_printf(s->arena, "%s/comm", folder));
                search_add(s, arena_printf(s->arena, "process %s (%s) uses %s", e->d_name,
                                           name ? name : "?", file));
        }
}

/* --- all of it
 * ------------------------------------------------------------------------------------------- */

static void search_device(struct search *s, uint64_t devnum) {
        array_append(&s->devices, devnum);
        search_add_partitions(s, devnum);
        for (size_t i = 0; i < s->devices.count; i++)
                search_stacked(s, s->devices.items[i]);
        search_loops(s);
        search_swaps(s);
        search_mounts(s);
        search_processes(s);
}

static void search_file_systems(struct search *s, const char *dataset) {
        s->dataset = dataset;
        search_mounts_in(s);
        search_loops_in(s);
        search_processes(s);
}

void holder_look(struct arena *a, const char *path, struct holder **ret, uint32_t *ret_n) {
        struct search s = { .arena = a };
        struct stat st;

        search_read_mounts(&s);
        if (path[0] != '/')
                search_file_systems(&s, path);
        else if (text_starts(path, "/dev/") && stat(path, &st) == 0 && S_ISBLK(st.st_mode))
                search_device(&s, st.st_rdev);
        *ret = arena_memdup(a, s.holders.items, s.holders.count * sizeof(*s.holders.items));
        *ret_n = (uint32_t) s.holders.count;
        array_done(&s.devices);
        array_done(&s.holders);
}
