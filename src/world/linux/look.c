/* world/linux/look.c - each look: what is read, or which program is asked, and the answer
 *
 * Most is read at once from /proc, /sys and udev's files, which never block. What a pool says and
 * what a label says is asked from a child, as either may hang for as long as a disk does. A child
 * that was given up is not joined by another one: as long as it hangs, so would they. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "world/linux/core.h"
#include "world/linux/device.h"
#include "world/linux/file.h"
#include "world/linux/holder.h"
#include "world/linux/kstat.h"
#include "world/linux/label.h"
#include "world/linux/look.h"
#include "world/linux/monitor.h"
#include "world/linux/mountinfo.h"
#include "world/linux/pool_look.h"
#include "world/linux/process.h"

#define CHILD_LIMIT     (10 * USEC_PER_SEC)
#define CHILD_TEXT_MAX  (64u * 1024)
#define MOUNTS_TEXT_MAX (16u * 1024 * 1024)

/* --- answers
 * -------------------------------------------------------------------------------------- */

void look_answer(struct linux_world *w, uint64_t tag, struct facts *facts) {
        w->listener.on_facts(w->listener.userdata, tag, facts);
        facts->pool = pool_status_free(facts->pool);
}

void look_fail(struct linux_world *w, uint64_t tag, const struct look *what, const char *error) {
        struct facts facts = {
                .kind = what->kind,
                .name = what->name,
                .failed = true,
                .error = error,
        };

        look_answer(w, tag, &facts);
}

/* --- looks that are answered at once
 * -------------------------------------------------------------- */

static const char *look_devices(struct arena *a, struct linux_world *w, struct facts *facts) {
        struct device *devices;
        int r;

        r = device_look_all(a, &devices, &facts->n_devices);
        if (r < 0)
                return arena_printf(a, "cannot list the block devices: %s", strerror(-r));
        facts->devices = devices;
        monitor_note(w->monitor, /* syspath= */ NULL, devices, facts->n_devices);
        return NULL;
}

static const char *look_device(struct arena *a, struct linux_world *w, struct facts *facts) {
        struct device *device;

        if (device_look(a, facts->name, &device)) {
                facts->devices = device;
                facts->n_devices = 1;
        }
        monitor_note(w->monitor, facts->name, facts->devices, facts->n_devices);
        return NULL;
}

static const char *look_pools(struct arena *a, struct linux_world *w, struct facts *facts) {
        struct pool_seen *pools;
        int r;

        r = kstat_look_pools(w->kstat_dir, a, &pools, &facts->n_pools);
        if (r < 0)
                return arena_printf(a, "cannot read %s: %s", w->kstat_dir, strerror(-r));
        facts->pools = pools;
        return NULL;
}

/* The number of the block device of that path; 0: it is none. */
static uint64_t path_devnum(const char *path) {
        struct stat st;

        return path[0] == '/' && stat(path, &st) == 0 && S_ISBLK(st.st_mode) ? (uint64_t) st.st_rdev
                                                                             : 0;
}

/* Swap on a block device counts as mounted; a file of swap lies on what is mounted. After a line of
 * headings each begins with a path. */
static struct mount *swaps_add(struct arena *a, char *text, const struct mount *mounts,
                               uint32_t *ret_n) {
        ARRAY(struct mount) all = {};
        char *state = NULL;
        struct mount *copy;

        for (uint32_t i = 0; i < *ret_n; i++)
                array_append(&all, mounts[i]);
        (void) strtok_r(text, "\n", &state);
        for (char *line; (line = strtok_r(NULL, "\n", &state));) {
                char *path = arena_strndup(a, line, strcspn(line, " \t"));

                path = proc_decode(path);
                if (path_devnum(path))
                        array_append(&all, ((struct mount){ .source = path,
                                                            .target = "",
                                                            .fs_type = "swap",
                                                            .devnum = path_devnum(path) }));
        }
        copy = arena_memdup(a, all.items, all.count * sizeof(*all.items));
        *ret_n = (uint32_t) all.count;
        array_done(&all);
        return copy;
}

/* A file system on several devices (btrfs) has a number of its own. */
static void mounts_find_devices(struct mount *mounts, uint32_t n) {
        for (uint32_t i = 0; i < n; i++)
                if (!mounts[i].devnum && text_starts(mounts[i].source, "/dev/"))
                        mounts[i].devnum = path_devnum(mounts[i].source);
}

static const char *look_mounts(struct arena *a, struct linux_world *w, struct facts *facts) {
        struct text t = {};
        struct mount *mounts;
        int r;

        r = file_read("/proc/self/mountinfo", MOUNTS_TEXT_MAX, &t);
        if (r >= 0) {
                mountinfo_parse(t.s, t.length, a, &mounts, &facts->n_mounts);
                mounts_find_devices(mounts, facts->n_mounts);
                facts->mounts = mounts;
        }
        text_clear(&t);
        if (r >= 0 && file_read("/proc/swaps", MOUNTS_TEXT_MAX, &t) >= 0) /* none: no swap at all */
                facts->mounts = swaps_add(a, t.s, facts->mounts, &facts->n_mounts);
        text_done(&t);
        return r < 0 ? arena_printf(a, "cannot read /proc/self/mountinfo: %s", strerror(-r)) : NULL;
}

/* Returns why the look has failed, or NULL. */
typedef const char *(*look_function)(struct arena *a, struct linux_world *w, struct facts *facts);

static void look_at_once(struct linux_world *w, uint64_t tag, const struct look *what,
                         look_function function) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct facts facts = { .kind = what->kind, .name = what->name };
        const char *error = function(a, w, &facts);

        if (error)
                look_fail(w, tag, what, error);
        else
                look_answer(w, tag, &facts);
}

/* --- looks of this program, run as a child: `zmirror label`, `zmirror holders`
 * --------------------------------------------------------------------------------------- */

struct child_look {
        struct linux_world *w;
        struct arena *arena;
        uint64_t tag;
        struct look what;
};

static void child_look_free(void *userdata) {
        struct child_look *l = userdata;

        arena_free(l->arena);
}

static void child_look_begin(struct linux_world *w, uint64_t tag, const struct look *what,
                             const char *command, const char *format,
                             void (*on_end)(void *userdata, const struct child_end *end)) {
        struct arena *a = arena_new();
        struct child_look *l = arena_new_one(a, struct child_look);
        const char *const argv[] = { w->label_program, command, format, "--", what->name, NULL };
        struct child_options options = {
                .argv = argv,
                .output_max = CHILD_TEXT_MAX,
                .time_limit = CHILD_LIMIT,
                .subject = what->name,
                .on_end = on_end,
                .on_drop = child_look_free,
                .userdata = l,
        };

        *l = (struct child_look){ w, a, tag, { what->kind, arena_strdup(a, what->name) } };
        (void) child_start(w->children, &options);
}

static void child_look_end(struct child_look *l, struct facts *facts, const char *error) {
        if (error)
                look_fail(l->w, l->tag, &l->what, error);
        else
                look_answer(l->w, l->tag, facts);
        child_look_free(l);
}

static void on_label_end(void *userdata, const struct child_end *end) {
        struct child_look *l = userdata;
        struct label label = {};
        struct facts facts = { .kind = LOOK_LABEL, .name = l->what.name, .label = &label };
        const char *error = NULL;

        if (end->timed_out)
                error = arena_printf(l->arena, "the labels of %s could not be read within %u s",
                                     l->what.name, (unsigned) (CHILD_LIMIT / USEC_PER_SEC));
        else if (!end->started || end->exit_status != 0)
                error = arena_printf(l->arena, "cannot read the labels of %s: %s", l->what.name,
                                     end->errors[0] ? end->errors : "the reader failed");
        else if (!label_parse_json(end->output, end->output_length, l->arena, &label))
                error = arena_printf(l->arena, "cannot make sense of what was read from %s",
                                     l->what.name);
        child_look_end(l, &facts, error);
}

/* Each is told as soon as it is found: what was found before it hung counts. */
static void on_holders_end(void *userdata, const struct child_end *end) {
        struct child_look *l = userdata;
        struct facts facts = { .kind = LOOK_HOLDERS, .name = l->what.name };
        const char *error = NULL;
        struct holder *holders;

        holder_parse(end->output, end->output_length, l->arena, &holders, &facts.n_holders);
        facts.holders = holders;
        if (end->timed_out && facts.n_holders == 0)
                error = arena_printf(l->arena, "who uses %s could not be told within %u s",
                                     l->what.name, (unsigned) (CHILD_LIMIT / USEC_PER_SEC));
        else if (!end->timed_out && (!end->started || end->exit_status != 0))
                error = arena_printf(l->arena, "cannot tell who uses %s: %s", l->what.name,
                                     end->errors[0] ? end->errors : "the look failed");
        child_look_end(l, &facts, error);
}

/* --- all looks
 * ------------------------------------------------------------------------------------ */

static bool look_is_complete(const struct look *what) {
        switch (what->kind) {
        case LOOK_DEVICES:
        case LOOK_POOLS:
        case LOOK_MOUNTS:
        case _LOOK_KIND_MAX:
                return true;
        case LOOK_DEVICE:
        case LOOK_LABEL:
                return what->name && what->name[0] == '/';
        case LOOK_HOLDERS:
        case LOOK_POOL:
                return what->name && what->name[0];
        }
        return false;
}

/* A program for that is started only if the last one is not still hanging. */
static bool look_hangs(struct linux_world *w, uint64_t tag, const struct look *what) {
        _cleanup_(arena_freep) struct arena *a = NULL;

        if ((what->kind != LOOK_POOL && what->kind != LOOK_LABEL && what->kind != LOOK_HOLDERS) ||
            !children_hang(w->children, what->name))
                return false;
        a = arena_new();
        look_fail(w, tag, what,
                  arena_printf(a, "an earlier look at %s still hangs in the kernel", what->name));
        return true;
}

void look_begin(struct linux_world *w, uint64_t tag, const struct look *what) {
        static const look_function functions[_LOOK_KIND_MAX] = {
                [LOOK_DEVICES] = look_devices,
                [LOOK_DEVICE] = look_device,
                [LOOK_POOLS] = look_pools,
                [LOOK_MOUNTS] = look_mounts,
        };

        if (!look_is_complete(what))
                look_fail(w, tag, what, "there is nothing of that name to look at");
        else if (functions[what->kind])
                look_at_once(w, tag, what, functions[what->kind]);
        else if (look_hangs(w, tag, what))
                return;
        else if (what->kind == LOOK_POOL)
                pool_look_begin(w, tag, what);
        else if (what->kind == LOOK_HOLDERS)
                child_look_begin(w, tag, what, "holders", "--lines", on_holders_end);
        else
                child_look_begin(w, tag, what, "label", "--json", on_label_end);
}
