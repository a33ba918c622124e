/* world/linux/mount_watch.c - when something is mounted or unmounted: by an import, by hand, by
 * anybody
 *
 * The kernel tells by an exceptional condition of /proc/self/mountinfo (proc(5)), which is over as
 * soon as it was told. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "world/linux/core.h"
#include "world/linux/mount_watch.h"

struct mount_watch {
        struct linux_world *w;
        int fd;
        sd_event_source *source;
};

static int on_mounts(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct mount_watch *m = userdata;

        world_hint(m->w, LOOK_MOUNTS, NULL);
        return 0;
}

int mount_watch_new(struct linux_world *w, struct mount_watch **ret) {
        struct mount_watch *m = memory_new(1, sizeof(*m));
        int r;

        m->w = w;
        m->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (m->fd < 0)
                r = -errno;
        else
                r = sd_event_add_io(w->loop, &m->source, m->fd, EPOLLPRI, on_mounts, m);
        if (r < 0) {
                (void) mount_watch_free(m);
                return r;
        }
        *ret = m;
        return 0;
}

struct mount_watch *mount_watch_free(struct mount_watch *m) {
        if (!m)
                return NULL;
        (void) sd_event_source_disable_unref(m->source);
        if (m->fd >= 0)
                (void) close(m->fd);
        free(m);
        return NULL;
}
