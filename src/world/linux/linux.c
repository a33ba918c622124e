/* world/linux/linux.c - the real world: what was asked of it is begun from the event loop */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/arena.h"
#include "world/linux/core.h"
#include "world/linux/file.h"
#include "world/linux/follower.h"
#include "world/linux/kstat.h"
#include "world/linux/linux.h"
#include "world/linux/look.h"
#include "world/linux/monitor.h"
#include "world/linux/mount_watch.h"
#include "world/linux/pool_look.h"
#include "world/linux/prompt.h"

static struct linux_world *linux_world(struct world *w) {
        return (struct linux_world *) w;
}

void world_hint(struct linux_world *w, enum look_kind kind, const char *name) {
        struct look what = { kind, name };

        if (w->listener.on_hint)
                w->listener.on_hint(w->listener.userdata, &what);
}

/* --- commands
 * ------------------------------------------------------------------------------------- */

/* A command without a passphrase: one child. */
struct run {
        struct linux_world *w;
        uint64_t tag;
};

struct command_end world_command_end(const struct child_end *end) {
        return (struct command_end){
                .started = end->started,
                .timed_out = end->timed_out,
                .exit_status = end->exit_status,
                .signal = end->signal,
                .output = end->errors,
        };
}

static void on_run_end(void *userdata, const struct child_end *end) {
        struct command_end ended = world_command_end(end);
        struct run *run = userdata;

        run->w->listener.on_command_end(run->w->listener.userdata, run->tag, &ended);
        free(run);
}

static void run_begin(struct linux_world *w, uint64_t tag, const struct command *c) {
        struct run *run = memory_new(1, sizeof(*run));
        struct child_options options = {
                .argv = c->argv,
                .env = c->env,
                .outlives_us = true,
                .time_limit = c->time_limit,
                .on_end = on_run_end,
                .on_drop = free,
                .userdata = run,
        };

        *run = (struct run){ w, tag };
        (void) child_start(w->children, &options);
}

/* --- tasks
 * ---------------------------------------------------------------------------------------- */

static void task_begin(struct linux_world *w, struct task *t) {
        if (t->is_look)
                look_begin(w, t->tag, &t->look);
        else if (t->command.passphrase)
                prompt_begin(w, t->tag, TAKE_PTR(t->arena), &t->command, t->withdrawn);
        else
                run_begin(w, t->tag, &t->command);
}

/* One at a time, so that other things are heard in between. */
static int on_begin(sd_event_source *source, void *userdata) {
        struct linux_world *w = userdata;
        struct task task = w->tasks.items[0];

        array_remove(&w->tasks, 0);
        if (w->tasks.count == 0)
                (void) sd_event_source_set_enabled(w->begin, SD_EVENT_OFF);
        task_begin(w, &task);
        arena_free(task.arena);
        return 0;
}

static struct task *task_add(struct linux_world *w, uint64_t tag) {
        struct task *t = array_add(&w->tasks);

        t->arena = arena_new();
        t->tag = tag;
        (void) sd_event_source_set_enabled(w->begin, SD_EVENT_ON);
        return t;
}

static const char *const *words_copy(struct arena *a, const char *const *words) {
        const char **copy;
        size_t n = 0;

        if (!words)
                return NULL;
        while (words[n])
                n++;
        copy = arena_new_array(a, const char *, n + 1);
        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(a, words[i]);
        return copy;
}

static void linux_look(struct world *world, uint64_t tag, const struct look *what) {
        struct task *t = task_add(linux_world(world), tag);

        t->is_look = true;
        t->look = (struct look){ what->kind, arena_strdup(t->arena, what->name) };
}

static void linux_run(struct world *world, uint64_t tag, const struct command *command) {
        struct task *t = task_add(linux_world(world), tag);

        t->command = *command;
        t->command.lane = arena_strdup(t->arena, command->lane);
        t->command.prompt = arena_strdup(t->arena, command->prompt);
        t->command.argv = words_copy(t->arena, command->argv);
        t->command.env = words_copy(t->arena, command->env);
}

/* Its passphrase was not asked for yet, or it is being asked for. */
static void linux_withdraw(struct world *world, uint64_t tag) {
        struct linux_world *w = linux_world(world);

        for (size_t i = 0; i < w->tasks.count; i++)
                if (w->tasks.items[i].tag == tag)
                        w->tasks.items[i].withdrawn = true;
        prompt_withdraw(w, tag);
}

/* --- the rest of the interface
 * -------------------------------------------------------------------- */

/* What had been given up has ended: the pool may answer again. Nobody waits for a label (their
 * subject is a path). */
static void on_late_end(void *userdata, const char *subject) {
        if (subject[0] != '/')
                world_hint(userdata, LOOK_POOL, subject);
}

static int linux_start(struct world *world, const struct world_listener *listener) {
        struct linux_world *w = linux_world(world);
        int r;

        w->listener = *listener;
        children_on_late_end(w->children, on_late_end, w);
        r = monitor_new(w, &w->monitor);
        if (r < 0)
                return r;

        r = mount_watch_new(w, &w->mount_watch);
        if (r < 0)
                return r;

        if (w->zfs_events)
                return follower_new(w, &w->follower);
        return 0;
}

static usec_t clock_read(clockid_t clock) {
        struct timespec t;

        (void) clock_gettime(clock, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

static struct now linux_now(struct world *world) {
        usec_t mono = clock_read(CLOCK_MONOTONIC), booted = clock_read(CLOCK_BOOTTIME);

        return (struct now){ .wall = clock_read(CLOCK_REALTIME),
                             .mono = mono,
                             .slept = booted > mono ? booted - mono : 0 };
}

static int on_alarm(sd_event_source *source, uint64_t usec, void *userdata) {
        struct alarm_slot *slot = userdata;

        slot->world->listener.on_alarm(slot->world->listener.userdata, slot->number);
        return 0;
}

static void linux_set_alarm(struct world *world, uint32_t alarm, usec_t mono, usec_t accuracy) {
        struct linux_world *w = linux_world(world);
        struct alarm_slot *slot = &w->alarms[alarm];

        if (mono == USEC_NEVER) {
                if (slot->source)
                        (void) sd_event_source_set_enabled(slot->source, SD_EVENT_OFF);
        } else if (slot->source) {
                (void) sd_event_source_set_time(slot->source, mono);
                (void) sd_event_source_set_time_accuracy(slot->source, accuracy);
                (void) sd_event_source_set_enabled(slot->source, SD_EVENT_ONESHOT);
        } else {
                *slot = (struct alarm_slot){ .world = w, .number = alarm };
                if (sd_event_add_time(w->loop, &slot->source, CLOCK_MONOTONIC, mono, accuracy,
                                      on_alarm, slot) < 0)
                        abort(); /* no memory, or no descriptors for the first one at the start */
        }
}

static const char *linux_boot_id(struct world *world) {
        return linux_world(world)->boot_id;
}

static struct world *linux_free(struct world *world) {
        struct linux_world *w = linux_world(world);

        (void) follower_free(w->follower);
        (void) monitor_free(w->monitor);
        (void) mount_watch_free(w->mount_watch);
        (void) children_free(w->children);
        array_done(&w->prompts);
        for (size_t i = 0; i < w->tasks.count; i++)
                arena_free(w->tasks.items[i].arena);
        array_done(&w->tasks);
        pool_look_forget(w, /* name= */ NULL);
        array_done(&w->known);
        for (size_t i = 0; i < WORLD_ALARMS_MAX; i++)
                (void) sd_event_source_disable_unref(w->alarms[i].source);
        (void) sd_event_source_disable_unref(w->begin);
        (void) sd_event_unref(w->loop);
        free(w->kstat_dir);
        free(w->label_program);
        free(w);
        return NULL;
}

static const struct world_ops linux_ops = {
        .start = linux_start,
        .look = linux_look,
        .run = linux_run,
        .withdraw = linux_withdraw,
        .now = linux_now,
        .set_alarm = linux_set_alarm,
        .boot_id = linux_boot_id,
        .free = linux_free,
};

static void boot_id_read(struct linux_world *w) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *id = file_read_line(a, "/proc/sys/kernel/random/boot_id");

        if (id)
                (void) memccpy(w->boot_id, id, 0, sizeof(w->boot_id) - 1);
}

int linux_world_new(struct sd_event *loop, const struct linux_options *options,
                    struct world **ret) {
        struct linux_world *w = memory_new(1, sizeof(*w));
        const char *program = options->label_program ? options->label_program : "/proc/self/exe";
        int r;

        w->world.ops = &linux_ops;
        w->loop = sd_event_ref(loop);
        w->children = children_new(loop);
        w->kstat_dir = memory_strdup(options->kstat_dir ? options->kstat_dir : KSTAT_DIR);
        w->label_program = memory_strdup(program);
        w->zfs_events = options->zfs_events;
        boot_id_read(w);
        r = sd_event_add_defer(loop, &w->begin, on_begin, w);
        if (r >= 0)
                r = sd_event_source_set_enabled(w->begin, SD_EVENT_OFF);
        if (r < 0) {
                (void) linux_free(&w->world);
                return r;
        }
        *ret = &w->world;
        return 0;
}
