/* world/linux/holder.c - who uses a block device, a file system or a pool */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <systemd/sd-device.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "model/facts.h"
#include "model/path.h"
#include "world/linux/capture.h"
#include "world/linux/device.h"
#include "world/linux/file.h"
#include "world/linux/holder.h"
#include "world/linux/kstat.h"
#include "world/linux/mount_space.h"
#include "world/linux/process.h"

#define TEXT_MAX    (16u * 1024 * 1024)
#define DEPTH_MAX   16u   /* of datasets */
#define VOLUMES_MAX 4096u /* of a pool */
#define LINES_MAX   1000u

DEFINE_CLEANUP(DIR *, closedir);

struct search {
        struct arena *arena;
        const char *kstat_dir;
        void (*found)(void *userdata, const char *text);
        void *userdata;
        uint32_t n_found;
        struct mount_space *spaces; /* the first is our own */
        uint32_t n_spaces;
        ARRAY(uint64_t) devices;            /* the device and its partitions */
        ARRAY(const struct mount *) mounts; /* of the file systems that are looked for */
        ARRAY(const struct mount *) own;    /* those of them that are in our namespace */
};

static void search_tell(void *userdata, const char *text) {
        struct search *s = userdata;

        s->n_found++;
        s->found(s->userdata, text);
}

static void search_tellf(struct search *s, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static void search_tellf(struct search *s, const char *format, ...) {
        va_list args;

        va_start(args, format);
        search_tell(s, arena_vprintf(s->arena, format, args));
        va_end(args);
}

/* --- which files and devices are meant
 * --------------------------------------------------------------------- */

static bool search_is_for(const struct search *s, uint64_t devnum) {
        for (size_t i = 0; i < s->devices.count; i++)
                if (s->devices.items[i] == devnum)
                        return true;
        return false;
}

static bool path_is_below(const char *path, const char *folder) {
        size_t n = strlen(folder);

        return text_starts(path, folder) &&
               (path[n] == '/' || path[n] == '\0' || text_equal(folder, "/"));
}

/* The innermost of our own mounts around the path is one of those. */
static bool path_is_inside(const struct search *s, const char *path) {
        const struct mount *inner = NULL;

        for (uint32_t i = 0; s->n_spaces && i < s->spaces[0].n_mounts; i++) {
                const struct mount *m = &s->spaces[0].mounts[i];

                if (path_is_below(path, m->target) &&
                    (!inner || strlen(m->target) >= strlen(inner->target)))
                        inner = m;
        }
        for (size_t i = 0; inner && i < s->own.count; i++)
                if (s->own.items[i] == inner)
                        return true;
        return false;
}

/* Paths elsewhere than in /dev are only compared: their file system may hang. */
static bool search_is_for_path(const struct search *s, const char *path) {
        struct stat st;

        if (!text_starts(path, "/dev/"))
                return path_is_inside(s, path);
        return stat(path, &st) == 0 && S_ISBLK(st.st_mode) && search_is_for(s, st.st_rdev);
}

/* --- the kernel's users
 * -------------------------------------------------------------------------- */

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
                if (name)
                        search_tellf(s, "held by %s (%s)", e->d_name, name);
                else
                        search_tellf(s, "held by %s", e->d_name);
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
                        search_tellf(s, "loop device %s", e->d_name);
        }
}

/* Files like /proc/swaps: each line begins with a path. */
static void search_list(struct search *s, const char *list, const char *what) {
        struct text t = {};
        char *line, *rest;

        if (file_read(list, TEXT_MAX, &t) >= 0 && t.s)
                for (line = strtok_r(t.s, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                        line[strcspn(line, " \t")] = 0;
                        if (line[0] == '/' && search_is_for_path(s, proc_decode(line)))
                                search_tellf(s, "%s (%s)", what, line);
                }
        text_done(&t);
}

static void search_kernel(struct search *s) {
        for (size_t i = 0; i < s->devices.count; i++)
                search_stacked(s, s->devices.items[i]);
        search_loops(s);
        search_list(s, "/proc/swaps", "in use as swap");
        search_list(s, "/proc/fs/nfs/exports", "exported by NFS");
}

static void search_processes(struct search *s) {
        ARRAY(uint64_t) mounts = {}, file_systems = {};

        for (size_t i = 0; i < s->mounts.count; i++) {
                array_append(&mounts, s->mounts.items[i]->id);
                array_append(&file_systems, s->mounts.items[i]->file_system);
        }
        processes_look(s->arena, &(struct process_search){
                                         .devices = s->devices.items,
                                         .n_devices = s->devices.count,
                                         .mounts = mounts.items,
                                         .n_mounts = mounts.count,
                                         .file_systems = file_systems.items,
                                         .n_file_systems = file_systems.count,
                                         .found = search_tell,
                                         .userdata = s,
                                 });
        array_done(&mounts);
        array_done(&file_systems);
}

/* --- a device
 * ------------------------------------------------------------------------------------ */

static void search_mounted_devices(struct search *s) {
        for (uint32_t i = 0; i < s->n_spaces; i++)
                for (uint32_t k = 0; k < s->spaces[i].n_mounts; k++) {
                        const struct mount *m = &s->spaces[i].mounts[k];
                        char name[PROCESS_NAME_MAX];

                        if (!m->devnum || !search_is_for(s, m->devnum))
                                continue;
                        if (i == 0)
                                search_tellf(s, "mounted at %s", m->target);
                        else
                                search_tellf(s, "mounted at %s for process %" PRIu64 " (%s)",
                                             m->target, s->spaces[i].pid,
                                             process_name(s->spaces[i].pid, name));
                }
}

static bool pool_is_imported(const struct search *s, const char *name) {
        struct pool_seen *pools;
        uint32_t n;

        if (kstat_look_pools(s->kstat_dir, s->arena, &pools, &n) < 0)
                return false;
        for (uint32_t i = 0; i < n; i++)
                if (text_equal(pools[i].name, name))
                        return true;
        return false;
}

/* The pool that udev has read from its label, if one of that name is imported. */
static const char *device_pool(const struct search *s, uint64_t devnum) {
        _cleanup_(sd_device_unrefp) sd_device *d = NULL;
        const char *type, *label;

        if (sd_device_new_from_devnum(&d, 'b', devnum) < 0 ||
            sd_device_get_property_value(d, "ID_FS_TYPE", &type) < 0 ||
            sd_device_get_property_value(d, "ID_FS_LABEL_ENC", &label) < 0 ||
            !text_equal(type, "zfs_member"))
                return NULL;
        label = path_decode(s->arena, label);
        return pool_is_imported(s, label) ? label : NULL;
}

/* A pool leaves no trace where the other users do. What nobody else has claimed can be claimed for
 * a moment; what a pool uses cannot. */
static void search_claim(struct search *s, const char *path, uint64_t devnum) {
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
        const char *pool;

        if (fd >= 0 || errno != EBUSY)
                return;
        pool = device_pool(s, devnum);
        if (pool)
                search_tellf(s, "a leg of pool %s, which is imported", pool);
        else
                search_tell(s, "somebody in the kernel, e.g. a pool");
}

static bool search_device(struct search *s, const char *path) {
        struct stat st;

        if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
                return false;
        array_append(&s->devices, st.st_rdev);
        search_add_partitions(s, st.st_rdev);
        search_kernel(s);
        search_mounted_devices(s);
        search_processes(s);
        if (s->n_found == 0)
                search_claim(s, path, st.st_rdev);
        return true;
}

/* --- file systems
 * -------------------------------------------------------------------------------- */

static void search_add_mount(struct search *s, uint32_t space, const struct mount *m) {
        array_append(&s->mounts, m);
        if (space == 0)
                array_append(&s->own, m);
}

/* What is unmounted here, goes from there by itself. */
static bool mount_follows(const struct search *s, const struct mount *m) {
        for (size_t i = 0; i < s->own.count; i++) {
                uint64_t peers = s->own.items[i]->peers;

                if (peers && (m->peers == peers || m->master == peers))
                        return true;
        }
        return false;
}

static bool mount_is_ours(const struct search *s, const struct mount *m) {
        for (size_t i = 0; i < s->mounts.count; i++)
                if (s->mounts.items[i] == m)
                        return true;
        return false;
}

/* It is mounted where nobody looks for it. */
static void search_other_mounts(struct search *s) {
        char name[PROCESS_NAME_MAX];

        for (size_t i = 0; i < s->own.count; i++)
                for (size_t k = 0; k < i; k++)
                        if (text_equal(s->own.items[k]->source, s->own.items[i]->source)) {
                                search_tellf(s, "mounted at %s, too", s->own.items[i]->target);
                                break;
                        }
        for (uint32_t i = 1; i < s->n_spaces; i++)
                for (uint32_t k = 0; k < s->spaces[i].n_mounts; k++) {
                        const struct mount *m = &s->spaces[i].mounts[k];

                        if (mount_is_ours(s, m) && !mount_follows(s, m)) {
                                search_tellf(s,
                                             "mounted at %s in the mount namespace of process "
                                             "%" PRIu64 " (%s)",
                                             m->target, s->spaces[i].pid,
                                             process_name(s->spaces[i].pid, name));
                                break;
                        }
                }
}

/* Something else is mounted inside. */
static void search_mounts_below(struct search *s) {
        for (uint32_t i = 0; s->own.count && i < s->spaces[0].n_mounts; i++) {
                const struct mount *m = &s->spaces[0].mounts[i];

                if (mount_is_ours(s, m))
                        continue;
                for (size_t k = 0; k < s->own.count; k++)
                        if (m->parent == s->own.items[k]->id) {
                                search_tellf(s, "mounted inside: %s (%s)", m->target, m->fs_type);
                                break;
                        }
        }
}

static void search_file_systems(struct search *s) {
        search_other_mounts(s);
        search_mounts_below(s);
        search_kernel(s);
        search_processes(s);
}

static bool search_mount_point(struct search *s, const char *path) {
        for (uint32_t i = 0; s->n_spaces && i < s->spaces[0].n_mounts; i++)
                if (text_equal(s->spaces[0].mounts[i].target, path))
                        search_add_mount(s, 0, &s->spaces[0].mounts[i]);
        if (s->own.count == 0)
                return false;
        for (uint32_t i = 1; i < s->n_spaces; i++)
                for (uint32_t k = 0; k < s->spaces[i].n_mounts; k++)
                        if (s->spaces[i].mounts[k].file_system == s->own.items[0]->file_system)
                                search_add_mount(s, i, &s->spaces[i].mounts[k]);
        search_file_systems(s);
        return true;
}

/* The volumes below that folder of /dev/zvol. */
static void search_add_volumes(struct search *s, const char *folder, uint32_t depth) {
        _cleanup_(closedirp) DIR *d = depth < DEPTH_MAX ? opendir(folder) : NULL;
        struct dirent *e;
        struct stat st;

        while (d && s->devices.count < VOLUMES_MAX && (e = readdir(d))) {
                const char *path = arena_printf(s->arena, "%s/%s", folder, e->d_name);

                if (e->d_name[0] == '.' || stat(path, &st) < 0)
                        continue;
                if (S_ISDIR(st.st_mode))
                        search_add_volumes(s, path, depth + 1);
                else if (S_ISBLK(st.st_mode))
                        array_append(&s->devices, st.st_rdev);
        }
}

static bool dataset_is_below(const char *dataset, const char *name) {
        size_t n = strlen(name);

        return text_starts(dataset, name) &&
               (dataset[n] == '\0' || dataset[n] == '/' || dataset[n] == '@');
}

static bool search_dataset(struct search *s, const char *name) {
        for (uint32_t i = 0; i < s->n_spaces; i++)
                for (uint32_t k = 0; k < s->spaces[i].n_mounts; k++)
                        if (text_equal(s->spaces[i].mounts[k].fs_type, "zfs") &&
                            dataset_is_below(s->spaces[i].mounts[k].source, name))
                                search_add_mount(s, i, &s->spaces[i].mounts[k]);
        search_add_volumes(s, path_of_volume(s->arena, name), 0);
        search_mounted_devices(s);
        search_file_systems(s);
        return pool_is_imported(s, arena_strndup(s->arena, name, strcspn(name, "/@")));
}

bool holder_look(const char *name, const char *kstat_dir,
                 void (*found)(void *userdata, const char *text), void *userdata) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct search s = { .arena = a,
                            .kstat_dir = kstat_dir ? kstat_dir : KSTAT_DIR,
                            .found = found,
                            .userdata = userdata };
        bool known;

        mount_spaces_look(a, &s.spaces, &s.n_spaces);
        if (name[0] == '/')
                known = (text_starts(name, "/dev/") && search_device(&s, name)) ||
                        search_mount_point(&s, name);
        else
                known = search_dataset(&s, name);
        array_done(&s.devices);
        array_done(&s.mounts);
        array_done(&s.own);
        return known;
}

/* --- what such a process printed
 * -------------------------------------------------------------------- */

void holder_parse(const char *text, size_t len, struct arena *a, struct holder **ret,
                  uint32_t *ret_n) {
        char *copy = arena_strndup(a, text, len), *line, *rest;
        ARRAY(struct holder) holders = {};

        for (line = strtok_r(copy, "\n", &rest); line && holders.count < LINES_MAX;
             line = strtok_r(NULL, "\n", &rest)) {
                line = capture_tidy(line);
                if (*line)
                        array_append(&holders, ((struct holder){ .text = line }));
        }
        *ret = arena_memdup(a, holders.items, holders.count * sizeof(*holders.items));
        *ret_n = (uint32_t) holders.count;
        array_done(&holders);
}
