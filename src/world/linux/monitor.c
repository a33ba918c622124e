/* world/linux/monitor.c - where udev says that something may have changed
 *
 * An event only tells where to look. When a disk is pulled, udev says nothing of the mappings that
 * stand on it: they do not change, they are only dead from then on. So it is remembered what stands
 * on what. */
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-device.h>
#include <systemd/sd-event.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "model/facts.h"
#include "world/linux/core.h"
#include "world/linux/monitor.h"

/* As much as systemd itself allows for: events are lost only if the loop stands still for long. */
#define BUFFER_BYTES (128u * 1024 * 1024)

struct stack {
        char *mapping; /* syspath */
        uint64_t backing;
};

struct monitor {
        struct linux_world *w;
        sd_device_monitor *monitor;
        uint32_t lost; /* events, so far */
        ARRAY(struct stack) stacks;
};

/* --- what stands on what
 * -------------------------------------------------------------------------- */

static void stack_remove(struct monitor *m, size_t i) {
        free(m->stacks.items[i].mapping);
        array_remove(&m->stacks, i);
}

void monitor_note(struct monitor *m, const char *syspath, const struct device *devices,
                  uint32_t n) {
        if (!m)
                return;
        for (size_t i = m->stacks.count; i-- > 0;)
                if (!syspath || text_equal(m->stacks.items[i].mapping, syspath))
                        stack_remove(m, i);
        for (uint32_t i = 0; i < n; i++)
                if (devices[i].backing)
                        array_append(&m->stacks, ((struct stack){ memory_strdup(devices[i].syspath),
                                                                  devices[i].backing }));
}

static void monitor_hint_stacked(struct monitor *m, sd_device *d) {
        dev_t number;

        if (sd_device_get_devnum(d, &number) < 0)
                return;
        for (size_t i = 0; i < m->stacks.count; i++)
                if (m->stacks.items[i].backing == number)
                        world_hint(m->w, LOOK_DEVICE, m->stacks.items[i].mapping);
}

/* --- events
 * --------------------------------------------------------------------------------------- */

static const char *property(sd_device *d, const char *key) {
        const char *value;

        return sd_device_get_property_value(d, key, &value) >= 0 ? value : "";
}

/* "add /dev/sdb1 (tank-b)" */
static const char *event_line(struct arena *a, sd_device *d) {
        const char *name = property(d, "DM_NAME");

        if (!name[0])
                name = property(d, "ID_PART_ENTRY_NAME");
        return arena_printf(a, name[0] ? "%s %s (%s)" : "%s %s%s", property(d, "ACTION"),
                            property(d, "DEVNAME"), name);
}

static void monitor_tell(struct monitor *m, sd_device *d) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const struct world_listener *l = &m->w->listener;
        ARRAY(const char *) keys = {};
        const char *key, *value;

        if (!l->on_event)
                return;
        for (key = sd_device_get_property_first(d, &value); key;
             key = sd_device_get_property_next(d, &value))
                array_append(&keys, arena_printf(a, "%s=%s", key, value));
        array_append(&keys, NULL);
        l->on_event(l->userdata, "udev", event_line(a, d), keys.items);
        array_done(&keys);
}

/* sd-device does not tell when the kernel had to drop events, but the socket counts them. */
static void monitor_check_lost(struct monitor *m) {
        sd_event_source *source = sd_device_monitor_get_event_source(m->monitor);
        uint32_t counts[16] = {};
        socklen_t size = sizeof(counts);
        enum { DROPS = 8 }; /* SK_MEMINFO_DROPS */
        int fd = source ? sd_event_source_get_io_fd(source) : -1;

        if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_MEMINFO, counts, &size) < 0 ||
            size <= DROPS * sizeof(*counts) || counts[DROPS] == m->lost)
                return;
        m->lost = counts[DROPS];
        log_warning("Events of udev were lost: looking at all devices");
        world_hint(m->w, LOOK_DEVICES, NULL);
}

static int on_device(sd_device_monitor *monitor, sd_device *d, void *userdata) {
        struct monitor *m = userdata;
        const char *syspath;

        monitor_tell(m, d);
        if (sd_device_get_syspath(d, &syspath) >= 0)
                world_hint(m->w, LOOK_DEVICE, syspath);
        monitor_hint_stacked(m, d);
        monitor_check_lost(m);
        return 0;
}

/* --- beginning and end
 * ---------------------------------------------------------------------------- */

static int monitor_start(struct monitor *m) {
        int r;

        r = sd_device_monitor_new(&m->monitor);
        if (r < 0)
                return r;

        (void) sd_device_monitor_set_receive_buffer_size(m->monitor, BUFFER_BYTES);
        r = sd_device_monitor_filter_add_match_subsystem_devtype(m->monitor, "block", NULL);
        if (r < 0)
                return r;

        r = sd_device_monitor_attach_event(m->monitor, m->w->loop);
        if (r < 0)
                return r;

        r = sd_device_monitor_start(m->monitor, on_device, m);
        return r < 0 ? r : 0;
}

int monitor_new(struct linux_world *w, struct monitor **ret) {
        struct monitor *m = memory_new(1, sizeof(*m));
        int r;

        m->w = w;
        r = monitor_start(m);
        if (r < 0) {
                (void) monitor_free(m);
                return r;
        }
        *ret = m;
        return 0;
}

struct monitor *monitor_free(struct monitor *m) {
        if (!m)
                return NULL;
        (void) sd_device_monitor_unref(m->monitor);
        for (size_t i = m->stacks.count; i-- > 0;)
                stack_remove(m, i);
        array_done(&m->stacks);
        free(m);
        return NULL;
}
