/* world/linux/holder.c - who uses a block device: mappings, loop devices, swap, mounts */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "model/facts.h"
#include "world/linux/file.h"
#include "world/linux/holder.h"
#include "world/linux/mountinfo.h"

#define TEXT_MAX (16u * 1024 * 1024)

DEFINE_CLEANUP(DIR *, closedir);

struct search {
        struct arena *arena;
        ARRAY(uint64_t) devices; /* the device and its partitions */
        ARRAY(struct holder) holders;
};

static void search_add(struct search *s, const char *text) {
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

static void search_mounts(struct search *s) {
        struct mount *mounts;
        uint32_t n_mounts;
        struct text t = {};

        if (file_read("/proc/self/mountinfo", TEXT_MAX, &t) >= 0 && t.s) {
                mountinfo_parse(t.s, t.length, s->arena, &mounts, &n_mounts);
                for (uint32_t i = 0; i < n_mounts; i++)
                        if (mounts[i].devnum && search_is_for(s, mounts[i].devnum))
                                search_add(s, arena_printf(s->arena, "mounted at %s",
                                                           mounts[i].target));
        }
        text_done(&t);
}

static void search_everywhere(struct search *s, uint64_t devnum) {
        array_append(&s->devices, devnum);
        search_add_partitions(s, devnum);
        for (size_t i = 0; i < s->devices.count; i++)
                search_stacked(s, s->devices.items[i]);
        search_loops(s);
        search_swaps(s);
        search_mounts(s);
}

void holder_look(struct arena *a, const char *path, struct holder **ret, uint32_t *ret_n) {
        struct search s = { .arena = a };
        struct stat st;

        if (text_starts(path, "/dev/") && stat(path, &st) == 0 && S_ISBLK(st.st_mode))
                search_everywhere(&s, st.st_rdev);
        *ret = arena_memdup(a, s.holders.items, s.holders.count * sizeof(*s.holders.items));
        *ret_n = (uint32_t) s.holders.count;
        array_done(&s.devices);
        array_done(&s.holders);
}
