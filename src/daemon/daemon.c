/* daemon/daemon.c - setting up, running and stopping; the callbacks of the loop */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/footprint.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/core.h"
#include "daemon/effects.h"
#include "daemon/journal.h"
#include "daemon/reload.h"
#include "daemon/trigger.h"
#include "world/linux/linux.h"

#define CONFIG_PATH_DEFAULT "/etc/zmirror/zmirror.yml"
#define CACHE_PATH_DEFAULT  "/var/lib/zmirror/zmirror.db"

/* How late a timer may be, so that the machine wakes up for several at once. */
#define SHRINK_AFTER  USEC_PER_SEC
#define WAKE_ACCURACY (10 * USEC_PER_MSEC)
#define WALL_ACCURACY USEC_PER_SEC

#define TIME_T_MAX ((time_t) ((UINT64_C(1) << (8 * sizeof(time_t) - 1)) - 1))

/* --- time
 * ----------------------------------------------------------------------------------------- */

/* When the engine wants to be woken, USEC_NEVER: it waits for nothing but what happens. The two
 * clocks do not run exactly alike: by the wall clock it may have to be woken once more, a little
 * later. */
static void daemon_wake_at(struct daemon *d, usec_t mono, usec_t wall) {
        struct now now;

        world_set_alarm(d->world, ALARM_ENGINE, mono, WAKE_ACCURACY);
        if (wall == d->wake_wall)
                return;
        d->wake_wall = wall;
        now = world_now(d->world);
        world_set_alarm(d->world, ALARM_WALL,
                        wall == USEC_NEVER ? USEC_NEVER
                                           : now.mono + (wall > now.wall ? wall - now.wall : 0),
                        WALL_ACCURACY);
}

/* A timer that never fires, but fails when the wall clock jumps: set by hand, or after a sleep. One
 * in the past would fire for ever. */
static void clock_arm(struct daemon *d) {
        struct itimerspec never = { .it_value = { .tv_sec = TIME_T_MAX } };

        (void) timerfd_settime(d->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                               NULL);
}

static int on_clock(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct daemon *d = userdata;
        uint64_t ignored;

        (void) (read(fd, &ignored, sizeof(ignored)) < 0); /* ECANCELED */
        clock_arm(d);
        log_verbose("The clock was set, or the machine has slept: looking at everything");
        d->wake_wall = 0;
        daemon_step(d, &(struct input){ .kind = INPUT_CLOCK });
        return 0;
}

/* --- looks
 * ---------------------------------------------------------------------------------------- */

static void daemon_run_hints(struct daemon *d) {
        usec_t next = hints_run(&d->hints, world_now(d->world).mono);

        world_set_alarm(d->world, ALARM_RESTED, next, WAKE_ACCURACY);
}

static int on_look_soon(sd_event_source *source, void *userdata) {
        daemon_run_hints(userdata);
        return 0;
}

void daemon_look_soon(struct daemon *d) {
        (void) sd_event_source_set_enabled(d->look_soon, SD_EVENT_ONESHOT);
}

static void daemon_look(void *userdata, uint64_t tag, const struct look *what) {
        struct daemon *d = userdata;

        world_look(d->world, tag, what);
}

/* --- memory
 * ---------------------------------------------------------------------------------------- */

void daemon_shrink_soon(struct daemon *d) {
        world_set_alarm(d->world, ALARM_SHRINK, world_now(d->world).mono + SHRINK_AFTER,
                        WAKE_ACCURACY);
}

/* --- the engine
 * ----------------------------------------------------------------------------------- */

void daemon_step(struct daemon *d, const struct input *input) {
        const struct effects *effects;

        if (d->stopped)
                return;
        effects = engine_step(d->engine, world_now(d->world), input);
        daemon_wake_at(d, effects->wake, effects->wake_wall);
        effects_carry_out(d, effects);
        daemon_look_soon(d);
}

void daemon_stop(struct daemon *d, int status) {
        if (d->stopped)
                return;
        d->stopped = true;
        (void) sd_notify(0, "STOPPING=1");
        (void) sd_event_exit(d->loop, status);
}

void daemon_apply_settings(struct daemon *d) {
        const struct settings *s = &d->config->settings;

        log_set_level(s->log_level);
        d->log_events = s->log_events;
        d->log_full_events = s->log_full_events;
}

/* --- what the world tells
 * --------------------------------------------------------------------------- */

static void on_facts(void *userdata, uint64_t tag, struct facts *facts) {
        static const enum fact_kind kinds[_LOOK_KIND_MAX] = {
                [LOOK_DEVICES] = FACT_DEVICES, [LOOK_DEVICE] = FACT_DEVICE,
                [LOOK_POOLS] = FACT_POOLS,     [LOOK_POOL] = FACT_POOL,
                [LOOK_MOUNTS] = FACT_MOUNTS,   [LOOK_HOLDERS] = FACT_HOLDERS,
                [LOOK_LABEL] = FACT_LABEL,
        };
        struct daemon *d = userdata;
        struct input input = { .kind = INPUT_FACTS };

        if (!hints_answered(&d->hints, tag, &input.facts.seq))
                return;
        input.facts.kind = kinds[facts->kind];
        input.facts.name = facts->name;
        input.facts.error = facts->failed ? facts->error : NULL;
        input.facts.devices = facts->devices;
        input.facts.n_devices = facts->n_devices;
        input.facts.pools = facts->pools;
        input.facts.n_pools = facts->n_pools;
        input.facts.pool = facts->pool ? &facts->pool : NULL;
        input.facts.mounts = facts->mounts;
        input.facts.n_mounts = facts->n_mounts;
        input.facts.holders = facts->holders;
        input.facts.n_holders = facts->n_holders;
        input.facts.label = facts->label;
        daemon_step(d, &input);
}

static void on_command_end(void *userdata, uint64_t tag, const struct command_end *end) {
        effects_command_ended(userdata, tag, end);
}

static void on_hint(void *userdata, const struct look *what) {
        trigger_hint(userdata, what);
}

static void on_prompt(void *userdata, uint64_t tag, bool waiting) {
        effects_command_prompts(userdata, tag, waiting);
}

static void on_event(void *userdata, const char *source, const char *line,
                     const char *const *keys) {
        trigger_log(userdata, source, line, keys);
}

static void on_alarm(void *userdata, uint32_t alarm) {
        struct daemon *d = userdata;

        switch ((enum alarm) alarm) {
        case ALARM_ENGINE:
                daemon_step(d, &(struct input){ .kind = INPUT_TICK });
                break;
        case ALARM_WALL:
                d->wake_wall = 0;
                daemon_step(d, &(struct input){ .kind = INPUT_TICK });
                break;
        case ALARM_RESTED:
                daemon_run_hints(d);
                break;
        case ALARM_SHRINK:
                footprint_shrink();
                break;
        case _ALARM_MAX:
                break;
        }
}

/* --- signals
 * -------------------------------------------------------------------------------------- */

static int on_stop_signal(sd_event_source *source, const struct signalfd_siginfo *info,
                          void *userdata) {
        log_info("Stopping after %s", strsignal((int) info->ssi_signo));
        daemon_stop(userdata, EXIT_SUCCESS);
        return 0;
}

static int on_reload_signal(sd_event_source *source, const struct signalfd_siginfo *info,
                            void *userdata) {
        struct arena *a = arena_new();
        struct reply_reload reply = {};

        reload_configuration(userdata, a, &reply);
        arena_free(a);
        return 0;
}

static int daemon_add_signals(struct daemon *d) {
        sigset_t set;
        int r;

        (void) signal(SIGPIPE, SIG_IGN);
        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGTERM);
        (void) sigaddset(&set, SIGINT);
        (void) sigaddset(&set, SIGHUP);
        (void) sigprocmask(SIG_BLOCK, &set, NULL);
        r = sd_event_add_signal(d->loop, NULL, SIGTERM, on_stop_signal, d);
        if (r >= 0)
                r = sd_event_add_signal(d->loop, NULL, SIGINT, on_stop_signal, d);
        if (r >= 0)
                r = sd_event_add_signal(d->loop, NULL, SIGHUP, on_reload_signal, d);
        return r;
}

/* --- setting up
 * ----------------------------------------------------------------------------------- */

static int daemon_set_up_loop(struct daemon *d) {
        int r;

        r = sd_event_new(&d->loop);
        if (r < 0)
                return r;

        (void) sd_event_set_watchdog(d->loop, true);
        r = daemon_add_signals(d);
        if (r < 0)
                return r;

        /* Looks begin when nothing else is to be done: hints that arrive together cause one. */
        r = sd_event_add_defer(d->loop, &d->look_soon, on_look_soon, d);
        if (r < 0)
                return r;

        (void) sd_event_source_set_priority(d->look_soon, SD_EVENT_PRIORITY_IDLE);
        (void) sd_event_source_set_enabled(d->look_soon, SD_EVENT_OFF);
        d->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (d->clock_fd < 0)
                return -errno;
        clock_arm(d);
        return sd_event_add_io(d->loop, &d->clock, d->clock_fd, EPOLLIN, on_clock, d);
}

static const char *listen_strerror(int r) {
        return r == -EADDRINUSE ? "another program does already"
               : r == -EEXIST   ? "there is a file that is not a socket, it is left alone"
                                : strerror(-r);
}

/* A socket that systemd made is taken as it is. */
static int daemon_listen(struct daemon *d) {
        const struct server_callbacks callbacks = { service_on_call, service_on_gone, d };
        int fd = -1, r;

        if (sd_listen_fds(/* unset_environment= */ true) == 1)
                return server_new(d->loop, SD_LISTEN_FDS_START, &callbacks, &d->server);
        r = server_listen(d->options->socket_path, &fd);
        if (r < 0)
                return r;

        return server_new(d->loop, fd, &callbacks, &d->server);
}

/* The engine with what is remembered. */
static int daemon_set_up_engine(struct daemon *d, bool first) {
        _cleanup_(memory_freep) struct memory *memory = NULL;
        int r;

        r = store_load(d->store, &memory);
        if (r < 0) {
                log_error("%s", store_error(d->store));
                return r;
        }
        d->engine = engine_new(d->config, memory, world_boot_id(d->world), first,
                               world_now(d->world));
        return 0;
}

int daemon_remember(struct daemon *d) {
        struct engine_settings settings = engine_get_settings(d->engine);
        struct engine *before = d->engine;
        int r;

        r = daemon_set_up_engine(d, /* first= */ false);
        if (r < 0)
                return r;

        (void) engine_free(before);
        engine_set_settings(d->engine, settings);
        hints_restart(&d->hints);
        daemon_step(d, &(struct input){ .kind = INPUT_TICK });
        return 0;
}

/* To begin without a memory is all right once. */
static void daemon_tell_first_start(const struct daemon *d) {
        const char *path = d->options->cache_path;

        if (store_was_lost(d->store))
                log_error("The state file %s is gone, although its lock file is still there: all "
                          "dates are lost, and what was known about which leg is up to date; if "
                          "there is a copy of it, stop the daemon and restore it",
                          path);
        else if (store_import_note(d->store))
                log_info("%s", store_import_note(d->store));
        else
                log_warning("The state file %s is new: no dates are known yet, nor which leg is up "
                            "to date",
                            path);
}

static int daemon_open_store(struct daemon *d, bool *ret_first) {
        struct arena *a = arena_new();
        const char *error = NULL;
        int r;

        r = store_open(d->options->cache_path, a, &d->store, ret_first, &error);
        if (r < 0)
                log_error("%s", error);
        else if (*ret_first)
                daemon_tell_first_start(d);
        arena_free(a);
        return r;
}

static int daemon_read_config(struct daemon *d) {
        struct arena *a = arena_new();
        struct reply_reload reply = {};

        d->config = reload_read(a, d->options->config_path, &reply);
        arena_free(a);
        return d->config ? 0 : -EINVAL;
}

static int daemon_start_world(struct daemon *d) {
        const struct world_listener listener = { .on_facts = on_facts,
                                                 .on_command_end = on_command_end,
                                                 .on_hint = on_hint,
                                                 .on_prompt = on_prompt,
                                                 .on_event = on_event,
                                                 .on_alarm = on_alarm,
                                                 .userdata = d };

        return world_start(d->world, &listener);
}

/* In the order in which one needs the other; every failure is logged where it is understood. */
static int daemon_set_up(struct daemon *d, daemon_make_world make_world) {
        bool first = false;
        int r;

        r = daemon_read_config(d);
        if (r < 0)
                return r;

        log_set_level(d->config->settings.log_level);
        r = daemon_open_store(d, &first);
        if (r < 0)
                return r;

        r = daemon_set_up_loop(d);
        if (r < 0)
                return log_error("Cannot set up the event loop: %s", strerror(-r)), r;

        r = make_world(d->loop, d->options, &d->world);
        if (r < 0)
                return log_error("Cannot watch the machine: %s", strerror(-r)), r;

        d->started = world_now(d->world).wall;
        hints_init(&d->hints, daemon_look, d);
        r = daemon_set_up_engine(d, first);
        if (r < 0)
                return r;

        daemon_apply_settings(d);
        r = daemon_listen(d);
        if (r < 0)
                return log_error("Cannot listen on %s: %s", d->options->socket_path,
                                 listen_strerror(r)),
                       r;

        r = daemon_start_world(d);
        if (r < 0)
                return log_error("Cannot watch the machine: %s", strerror(-r)), r;

        return 0;
}

/* --- tearing down
 * --------------------------------------------------------------------------------- */

/* Children go on, whatever they do; nothing is waited for. */
static void daemon_done(struct daemon *d) {
        d->stopped = true;
        if (d->server)
                service_done(d);
        (void) server_free(d->server);
        (void) world_free(d->world);
        (void) engine_free(d->engine);
        hints_done(&d->hints);
        effects_done(d);
        (void) store_free(d->store);
        (void) config_free(d->config);
        (void) sd_event_source_unref(d->look_soon);
        (void) sd_event_source_unref(d->clock);
        (void) sd_event_unref(d->loop);
        if (d->clock_fd >= 0)
                (void) close(d->clock_fd);
}

int daemon_run(const struct daemon_options *options, daemon_make_world make_world) {
        struct daemon d = { .options = options, .clock_fd = -1 };
        int status = EXIT_FAILURE;

        if (daemon_set_up(&d, make_world) >= 0) {
                log_info("zmirror " VERSION " started with %u entities from %s",
                         d.config->n_entities, options->config_path);
                daemon_step(&d, &(struct input){ .kind = INPUT_TICK });
                (void) sd_notify(0, "READY=1");
                daemon_shrink_soon(&d);
                status = sd_event_loop(d.loop);
                if (status < 0) {
                        log_error("The event loop failed: %s", strerror(-status));
                        status = EXIT_FAILURE;
                }
                log_info("zmirror stops");
        }
        daemon_done(&d);
        return status;
}

/* --- the program
 * ---------------------------------------------------------------------------------- */

/* Labels are read by a child: this program itself. */
static int make_linux_world(struct sd_event *loop, const struct daemon_options *options,
                            struct world **ret) {
        static char self[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        struct linux_options linux_options = {
                .kstat_dir = options->kstat_dir,
                .label_program = options->label_program ? options->label_program : self,
                .zfs_events = true,
        };

        if (n < 0)
                return -errno;
        self[n] = 0;
        return linux_world_new(loop, &linux_options, ret);
}

static const char *environment_or(const char *name, const char *otherwise) {
        const char *value = getenv(name);

        return value && value[0] ? value : otherwise;
}

static void daemon_help(void) {
        (void) printf("usage: zmirror daemon [option...]\n"
                      "\n"
                      "Watches the disks and does what the configuration says. Usually run by\n"
                      "systemd (zmirror.service).\n"
                      "\n"
                      "  --config-path FILE   the configuration (" CONFIG_PATH_DEFAULT ")\n"
                      "  --socket-path FILE   where commands reach it (" MESSAGE_SOCKET_DEFAULT
                      ")\n"
                      "  --cache-path FILE    the state file (" CACHE_PATH_DEFAULT ")\n"
                      "  -h, --help           this text\n");
}

enum option_key { OPTION_CONFIG = 256, OPTION_SOCKET, OPTION_CACHE };

/* False: done, with `ret_status`. */
static bool daemon_parse_options(int argc, char **argv, struct daemon_options *o, int *ret_status) {
        static const struct option options[] = {
                { "config-path", required_argument, NULL, OPTION_CONFIG },
                { "socket-path", required_argument, NULL, OPTION_SOCKET },
                { "cache-path", required_argument, NULL, OPTION_CACHE },
                { "help", no_argument, NULL, 'h' },
                {},
        };
        int c;

        *ret_status = 2;
        optind = 0; /* the program may have parsed options before */
        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case OPTION_CONFIG:
                        o->config_path = optarg;
                        break;
                case OPTION_SOCKET:
                        o->socket_path = optarg;
                        break;
                case OPTION_CACHE:
                        o->cache_path = optarg;
                        break;
                case 'h':
                        daemon_help();
                        *ret_status = EXIT_SUCCESS;
                        return false;
                default:
                        return false;
                }
        if (optind < argc) {
                (void) fprintf(stderr, "zmirror daemon: unexpected argument '%s'\n", argv[optind]);
                return false;
        }
        return true;
}

int daemon_main(int argc, char **argv) {
        struct daemon_options options = {
                .config_path = environment_or("ZMIRROR_CONFIG_PATH", CONFIG_PATH_DEFAULT),
                .socket_path = environment_or("ZMIRROR_SOCKET_PATH", MESSAGE_SOCKET_DEFAULT),
                .cache_path = environment_or("ZMIRROR_CACHE_PATH", CACHE_PATH_DEFAULT),
                .kstat_dir = environment_or("ZMIRROR_KSTAT_DIR", NULL),
                .label_program = environment_or("ZMIRROR_LABEL_PROGRAM", NULL),
        };
        int status;

        if (!daemon_parse_options(argc, argv, &options, &status))
                return status;
        journal_set_up();
        return daemon_run(&options, make_linux_world);
}
