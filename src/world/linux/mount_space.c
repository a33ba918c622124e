/* world/linux/mount_space.c - what is mounted, in this mount namespace and in those of others
 *
 * A service or container with mounts of its own keeps what it once inherited: no process has a file
 * open there, and it is busy all the same. */
#include <inttypes.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "model/facts.h"
#include "world/linux/file.h"
#include "world/linux/mount_space.h"
#include "world/linux/mountinfo.h"
#include "world/linux/process.h"

#define SPACES_MAX    256u
#define TEXT_MAX      (16u * 1024 * 1024)
#define INO_OF_NOBODY 0u

struct spaces {
        ARRAY(struct mount_space) all;
        ARRAY(uint64_t) seen; /* inodes of their /proc/<pid>/ns/mnt */
};

static bool spaces_has(const struct spaces *s, uint64_t number) {
        for (size_t i = 0; i < s->seen.count; i++)
                if (s->seen.items[i] == number)
                        return true;
        return false;
}

/* `process`: its number, or "self". */
static void spaces_add(struct spaces *s, struct arena *a, const char *process, uint64_t pid) {
        struct mount_space space = { .pid = pid };
        struct text t = {};
        struct stat st;

        if (stat(arena_printf(a, "/proc/%s/ns/mnt", process), &st) < 0)
                st.st_ino = INO_OF_NOBODY;
        if (st.st_ino == INO_OF_NOBODY ? s->all.count > 0 : spaces_has(s, st.st_ino))
                return;
        if (file_read(arena_printf(a, "/proc/%s/mountinfo", process), TEXT_MAX, &t) >= 0) {
                mountinfo_parse(t.s, t.length, a, &space.mounts, &space.n_mounts);
                array_append(&s->seen, (uint64_t) st.st_ino);
                array_append(&s->all, space);
        }
        text_done(&t);
}

void mount_spaces_look(struct arena *a, struct mount_space **ret, uint32_t *ret_n) {
        struct spaces s = {};
        uint64_t *pids;
        uint32_t n;

        spaces_add(&s, a, "self", (uint64_t) getpid());
        processes_list(a, &pids, &n);
        for (uint32_t i = 0; i < n && s.all.count < SPACES_MAX; i++)
                spaces_add(&s, a, arena_printf(a, "%" PRIu64, pids[i]), pids[i]);
        *ret = arena_memdup(a, s.all.items, s.all.count * sizeof(*s.all.items));
        *ret_n = (uint32_t) s.all.count;
        array_done(&s.all);
        array_done(&s.seen);
}
