/* world/linux/follower.c - what `zpool events` says: where ZFS may have changed something
 *
 * One child is followed as long as it lives, and started again, less and less often, when it ends.
 * Each time it begins with what the kernel still knows of the past. That does no harm: an event
 * only tells where to look. */
#include <string.h>
#include <systemd/sd-event.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "model/command.h"
#include "world/linux/core.h"
#include "world/linux/follower.h"
#include "world/linux/kstat.h"
#include "world/linux/pool_look.h"
#include "world/linux/zfs_event.h"

#define DELAY_MIN USEC_PER_SEC
#define DELAY_MAX (5 * USEC_PER_MIN)
#define STEADY    USEC_PER_MIN /* one that has lived so long is started again soon */
#define ACCURACY  (250 * USEC_PER_MSEC)

/* When a pool that is about to go is looked for: after these times, each twice the one before. */
#define LEAVING_FIRST (500 * USEC_PER_MSEC)
#define LEAVING_LAST  (16 * USEC_PER_SEC)

struct follower {
        struct linux_world *w;
        struct child *child;
        struct zfs_event_reader *reader;
        sd_event_source *timer;
        usec_t delay, started;
        sd_event_source *leaving; /* a pool is being exported or destroyed */
        usec_t leaving_pause;
        uint64_t newest; /* seconds: older events are old news */
        bool warned;
};

static void follower_begin(struct follower *f);

/* --- events
 * --------------------------------------------------------------------------------------- */

/* Something is not known any more: all pools may have changed. */
static void follower_hint_all(struct follower *f) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct pool_seen *pools;
        uint32_t n = 0;

        world_hint(f->w, LOOK_POOLS, NULL);
        if (kstat_look_pools(f->w->kstat_dir, a, &pools, &n) < 0)
                return;
        for (uint32_t i = 0; i < n; i++)
                world_hint(f->w, LOOK_POOL, pools[i].name);
}

/* Which pools there are, and under which GUID, may have changed. */
static bool event_is_of_pools(const struct zfs_event *e) {
        static const char *const names[] = { "pool_create", "pool_import", "pool_export",
                                             "pool_destroy", "pool_reguid" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (text_equal(e->name, names[i]))
                        return true;
        return false;
}

/* ZFS tells of an export and of a destruction before the pool is gone from the kernel's statistics
 * (spa_export_common in module/zfs/spa.c), and of the end not at all. */
static bool event_is_of_leaving(const struct zfs_event *e) {
        return text_equal(e->name, "pool_export") || text_equal(e->name, "pool_destroy");
}

static void leaving_wait(struct follower *f, usec_t pause) {
        f->leaving_pause = pause;
        (void) sd_event_source_set_time_relative(f->leaving, pause);
        (void) sd_event_source_set_enabled(f->leaving, SD_EVENT_ONESHOT);
}

static int on_leaving(sd_event_source *source, uint64_t usec, void *userdata) {
        struct follower *f = userdata;

        world_hint(f->w, LOOK_POOLS, NULL);
        if (f->leaving_pause < LEAVING_LAST)
                leaving_wait(f, f->leaving_pause * 2);
        return 0;
}

/* "time=0x6b03cfe6 0x2c671611": seconds, nanoseconds. 0: not told. */
static uint64_t event_seconds(const struct zfs_event *e) {
        for (const char *const *k = e->keys; k && *k; k++) {
                char number[24] = "";
                uint64_t seconds;

                if (!text_starts(*k, "time="))
                        continue;
                (void) memccpy(number, *k + strlen("time="), ' ', sizeof(number) - 1);
                number[strcspn(number, " ")] = 0;
                return text_to_hex64(number, &seconds) ? seconds : 0;
        }
        return 0;
}

/* People are told of new events only, not of what is replayed. */
static void follower_tell(struct follower *f, const struct zfs_event *e) {
        _cleanup_(arena_freep) struct arena *a = NULL;
        const struct world_listener *l = &f->w->listener;
        uint64_t seconds = event_seconds(e);

        if (!l->on_event || (seconds && seconds < f->newest))
                return;
        f->newest = seconds;
        a = arena_new();
        l->on_event(l->userdata, "zfs", zfs_event_print(a, e), e->keys);
}

static void on_zfs_event(void *userdata, const struct zfs_event *e) {
        struct follower *f = userdata;

        if (e->dropped) {
                log_verbose("Events of ZFS were lost: looking at all pools");
                follower_hint_all(f);
                return;
        }
        follower_tell(f, e);
        if (event_is_of_pools(e)) {
                pool_look_forget(f->w, e->pool);
                world_hint(f->w, LOOK_POOLS, NULL);
        }
        if (event_is_of_leaving(e))
                leaving_wait(f, LEAVING_FIRST);
        if (e->pool[0])
                world_hint(f->w, LOOK_POOL, e->pool);
}

/* --- the child
 * ------------------------------------------------------------------------------------ */

static void on_output(void *userdata, const char *bytes, size_t n) {
        struct follower *f = userdata;

        zfs_event_reader_feed(f->reader, bytes, n);
}

static usec_t now_mono(const struct follower *f) {
        return f->w->world.ops->now(&f->w->world).mono;
}

/* Said once, and once more after it had worked again: it may go on like that for ever. */
static void follower_warn(struct follower *f, const struct child_end *end) {
        if (f->warned)
                log_debug("zpool events has ended again: %s", end->errors);
        else
                log_warning("Cannot follow the events of ZFS (%s), will go on trying; until then "
                            "pools are looked at when other things happen",
                            end->errors[0] ? end->errors : "zpool events has ended");
        f->warned = true;
}

static void on_follower_end(void *userdata, const struct child_end *end) {
        struct follower *f = userdata;

        f->child = NULL;
        zfs_event_reader_end(f->reader);
        if (end->started && now_mono(f) - f->started >= STEADY) {
                f->delay = DELAY_MIN;
                f->warned = false;
        }
        follower_warn(f, end);
        (void) sd_event_source_set_time_relative(f->timer, f->delay);
        (void) sd_event_source_set_enabled(f->timer, SD_EVENT_ONESHOT);
        f->delay = f->delay * 2 < DELAY_MAX ? f->delay * 2 : DELAY_MAX;
}

static void follower_begin(struct follower *f) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct child_options options = {
                .argv = question_argv(a, QUESTION_EVENTS, NULL),
                .on_output = on_output,
                .on_end = on_follower_end,
                .userdata = f,
        };

        f->started = now_mono(f);
        f->child = child_start(f->w->children, &options);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct follower *f = userdata;

        follower_begin(f);
        if (f->child) /* what happened in between is not known */
                follower_hint_all(f);
        return 0;
}

int follower_new(struct linux_world *w, struct follower **ret) {
        struct follower *f = memory_new(1, sizeof(*f));
        int r;

        *f = (struct follower){
                .w = w,
                .delay = DELAY_MIN,
                .reader = zfs_event_reader_new(on_zfs_event, f),
                .newest = w->world.ops->now(&w->world).wall / USEC_PER_SEC,
        };
        r = sd_event_add_time(w->loop, &f->timer, CLOCK_MONOTONIC, 0, ACCURACY, on_timer, f);
        if (r >= 0)
                r = sd_event_add_time(w->loop, &f->leaving, CLOCK_MONOTONIC, UINT64_MAX, ACCURACY,
                                      on_leaving, f);
        if (r >= 0)
                r = sd_event_source_set_enabled(f->leaving, SD_EVENT_OFF);
        if (r < 0) {
                (void) follower_free(f);
                return r;
        }
        *ret = f; /* the timer is due at once */
        return 0;
}

struct follower *follower_free(struct follower *f) {
        if (!f)
                return NULL;
        if (f->child)
                child_stop(f->child);
        (void) sd_event_source_disable_unref(f->timer);
        (void) sd_event_source_disable_unref(f->leaving);
        (void) zfs_event_reader_free(f->reader);
        free(f);
        return NULL;
}
