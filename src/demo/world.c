/* demo/world.c - the simulated world in a real event loop */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "config/config_load.h"
#include "demo/world.h"
#include "sim/sim.h"

#define STRIDE    USEC_PER_SEC
#define WORDS_MAX 16u

/* The daemon does everything else before time goes on. */
#define PRIORITY_TIME (SD_EVENT_PRIORITY_IDLE + 10)

struct demo_world {
        struct world world;
        struct sim *sim;
        struct config *config;
        struct arena *arena; /* what lives as long as a line */
        struct sd_event *loop;
        struct sd_event_source *turn, *timer, *control;
        int fd;
        uint64_t speed;
        usec_t real; /* when the clock of the world went on last */
        usec_t due;  /* it is that time there, once everything has happened up to it */
        bool skips;  /* that is a time that somebody skips to */
};

static struct demo_world *demo_world(struct world *w) {
        return (struct demo_world *) w;
}

static usec_t real_time(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

/* --- what is told */

static void demo_send(struct demo_world *w, const char *text) {
        size_t n = strlen(text);

        (void) send(w->fd, text, n < DEMO_PACKET_MAX ? n : DEMO_PACKET_MAX, MSG_NOSIGNAL);
}

static void demo_say(struct demo_world *w, const char *who, const char *text) {
        demo_send(w, arena_printf(w->arena, "say %" PRIu64 " %s %s",
                                  world_now(sim_world(w->sim)).wall, who, text));
        arena_clear(w->arena);
}

static void on_say(void *userdata, enum sim_voice voice, const char *text) {
        static const char *const who[] = {
                [SIM_VOICE_PERSON] = "you",
                [SIM_VOICE_UDEV] = "udev",
                [SIM_VOICE_ZFS] = "zfs",
                [SIM_VOICE_COMMAND] = "failed",
        };

        demo_say(userdata, who[voice], text);
}

/* --- time */

/* The clock of the world goes on as it does outside, only faster; by one stride at most, so that
 * the daemon, which needs some real time for what it does, always has its turn. */
static void demo_go_on(struct demo_world *w) {
        usec_t real = real_time(), passed = (real - w->real) * w->speed;

        w->real = real;
        if (w->skips)
                return;
        w->due += passed;
        if (w->due > sim_time(w->sim) + STRIDE)
                w->due = sim_time(w->sim) + STRIDE;
}

/* Nothing is due: it is that time now. */
static void demo_arrive(struct demo_world *w) {
        if (w->due > sim_time(w->sim))
                sim_set_time(w->sim, w->due);
        if (!w->skips)
                return;
        w->skips = false;
        w->real = real_time();
        demo_send(w, "ok");
}

/* Something may happen earlier than the timer thinks. */
static void demo_stir(struct demo_world *w) {
        (void) sd_event_source_set_enabled(w->turn, SD_EVENT_ONESHOT);
}

static void demo_wait(struct demo_world *w) {
        usec_t next = sim_next(w->sim) - sim_time(w->sim);

        (void) sd_event_source_set_time(w->timer,
                                        w->real + (next < STRIDE ? next : STRIDE) / w->speed + 1);
        (void) sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

/* One thing happens, if it is due; then the daemon has its turn. */
static int on_turn(sd_event_source *source, void *userdata) {
        struct demo_world *w = userdata;

        demo_go_on(w);
        if (sim_next(w->sim) <= w->due) {
                sim_step(w->sim);
                demo_stir(w);
                return 0;
        }
        demo_arrive(w);
        demo_wait(w);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        demo_stir(userdata);
        return 0;
}

/* --- what the other one wants */

static const char *control_plug(struct demo_world *w, char *disk) {
        return sim_plug(w->sim, disk) ? NULL : "no such disk in the drawer";
}

static const char *control_pull(struct demo_world *w, char *disk) {
        return sim_pull(w->sim, disk) ? NULL : "no such disk is plugged";
}

static const char *control_write(struct demo_world *w, char *arguments) {
        char *blank = strchr(arguments, ' ');
        uint64_t bytes;

        if (!blank || !text_to_u64(blank + 1, &bytes))
                return "expected a pool and a number of bytes";
        *blank = 0;
        return sim_write(w->sim, arguments, bytes) ? NULL : "no such pool is imported";
}

static const char *control_type(struct demo_world *w, char *line) {
        const char *words[WORDS_MAX + 1] = {};
        size_t n = 0;

        for (char *word = strtok(line, " "); word && n < WORDS_MAX; word = strtok(NULL, " "))
                words[n++] = word;
        if (!n)
                return "expected a command";
        sim_type(w->sim, words);
        return NULL;
}

static const char *control_speed(struct demo_world *w, char *number) {
        uint64_t speed;

        if (!text_to_u64(number, &speed) || !speed || speed > 1000000)
                return "no such speed";
        w->speed = speed;
        return NULL;
}

/* Answered by on_turn when it is there. */
static const char *control_skip(struct demo_world *w, char *number) {
        usec_t wall, now = world_now(sim_world(w->sim)).wall;

        if (!text_to_u64(number, &wall))
                return "no such time";
        w->due = sim_time(w->sim) + (wall > now ? wall - now : 0);
        w->skips = true;
        return NULL;
}

static const struct control {
        const char *name;
        const char *(*run)(struct demo_world *w, char *arguments); /* what is wrong, or NULL */
        bool later; /* answered later, if it is right */
} controls[] = {
        { "plug ", control_plug },   { "pull ", control_pull },
        { "write ", control_write }, { "type ", control_type },
        { "speed ", control_speed }, { "skip ", control_skip, .later = true },
};

static void demo_obey(struct demo_world *w, char *line) {
        const char *wrong = "nobody can do that";
        bool later = false;

        for (size_t i = 0; i < ELEMENTSOF(controls); i++)
                if (text_starts(line, controls[i].name)) {
                        wrong = controls[i].run(w, line + strlen(controls[i].name));
                        later = controls[i].later;
                }
        if (wrong)
                demo_send(w, arena_printf(w->arena, "no %s", wrong));
        else if (!later)
                demo_send(w, "ok");
        arena_clear(w->arena);
        demo_stir(w);
}

/* When he is gone, the story is over. */
static int on_control(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        char line[DEMO_PACKET_MAX + 1];
        ssize_t n = recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT);

        if (n > 0) {
                line[n] = 0;
                demo_obey(userdata, line);
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
                (void) sd_event_source_set_enabled(source, SD_EVENT_OFF);
                (void) raise(SIGTERM);
        }
        return 0;
}

/* --- the world's interface: the simulated one does the work */

static int demo_start(struct world *world, const struct world_listener *listener) {
        struct demo_world *w = demo_world(world);

        w->real = real_time();
        w->due = sim_time(w->sim);
        demo_stir(w);
        return world_start(sim_world(w->sim), listener);
}

static void demo_look(struct world *world, uint64_t tag, const struct look *what) {
        struct demo_world *w = demo_world(world);

        world_look(sim_world(w->sim), tag, what);
        demo_stir(w);
}

static void demo_run(struct world *world, uint64_t tag, const struct command *command) {
        struct demo_world *w = demo_world(world);

        if (command->kind != COMMAND_SETTLE)
                demo_say(w, "zmirror", command_print(w->arena, command));
        world_run(sim_world(w->sim), tag, command);
        demo_stir(w);
}

static void demo_withdraw(struct world *world, uint64_t tag) {
        struct demo_world *w = demo_world(world);

        world_withdraw(sim_world(w->sim), tag);
        demo_stir(w);
}

static struct now demo_now(struct world *world) {
        return world_now(sim_world(demo_world(world)->sim));
}

static void demo_set_alarm(struct world *world, uint32_t alarm, usec_t mono, usec_t accuracy) {
        struct demo_world *w = demo_world(world);

        world_set_alarm(sim_world(w->sim), alarm, mono, accuracy);
        demo_stir(w);
}

static const char *demo_boot_id(struct world *world) {
        return world_boot_id(sim_world(demo_world(world)->sim));
}

static struct world *demo_free(struct world *world) {
        struct demo_world *w = demo_world(world);

        (void) sd_event_source_disable_unref(w->turn);
        (void) sd_event_source_disable_unref(w->timer);
        (void) sd_event_source_disable_unref(w->control);
        (void) sd_event_unref(w->loop);
        (void) sim_free(w->sim);
        (void) config_free(w->config);
        (void) arena_free(w->arena);
        free(w);
        return NULL;
}

static const struct world_ops demo_ops = {
        .start = demo_start,
        .look = demo_look,
        .run = demo_run,
        .withdraw = demo_withdraw,
        .now = demo_now,
        .set_alarm = demo_set_alarm,
        .boot_id = demo_boot_id,
        .free = demo_free,
};

static int demo_set_up(struct demo_world *w, const struct demo_daemon *daemon) {
        const struct sim_options options = { .seed = 1, .wall = daemon->wall };
        struct diagnoses d = {};
        const char *error;
        int r;

        w->config = config_load(w->arena, daemon->options.config_path, /* check_files= */ false,
                                &d);
        w->sim = w->config ? sim_new(w->config, &options, &error) : NULL;
        if (!w->sim)
                return -EINVAL;
        sim_watch(w->sim, (struct sim_watcher){ .on_say = on_say, .userdata = w });
        r = sd_event_add_defer(w->loop, &w->turn, on_turn, w);
        if (r >= 0)
                r = sd_event_source_set_priority(w->turn, PRIORITY_TIME);
        if (r >= 0)
                r = sd_event_add_time(w->loop, &w->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                                      on_timer, w);
        if (r >= 0)
                r = sd_event_add_io(w->loop, &w->control, w->fd, EPOLLIN, on_control, w);
        return r;
}

int demo_world_new(struct sd_event *loop, const struct daemon_options *options,
                   struct world **ret) {
        const struct demo_daemon *daemon = (const struct demo_daemon *) options;
        struct demo_world *w = memory_new(1, sizeof(*w));
        int r;

        w->world.ops = &demo_ops;
        w->arena = arena_new();
        w->loop = sd_event_ref(loop);
        w->fd = daemon->fd;
        w->speed = 1;
        r = demo_set_up(w, daemon);
        if (r < 0) {
                (void) demo_free(&w->world);
                return r;
        }
        *ret = &w->world;
        return 0;
}
