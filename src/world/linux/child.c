/* world/linux/child.c - child processes: started, fed, listened to, limited in time, given up
 *
 * A child that hangs in the kernel, as on a suspended pool, cannot be killed. So nothing here waits
 * for one: after its time limit and two short delays it is given up, which is reported like any
 * other end, and what is left of it is collected if it ever ends. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "world/linux/child.h"

#define PATH_USUAL "/usr/sbin:/usr/bin:/sbin:/bin"

#define ERRORS_MAX 2000u

/* When a child has ended, so much is still read from its pipes: more than a pipe holds. What a
 * grandchild goes on printing is nobody's business. */
#define DRAIN_MAX (1024u * 1024)

#define TIMER_ACCURACY (20 * USEC_PER_MSEC)

enum stage {
        STAGE_RUNNING,
        STAGE_ASKED,    /* to end, by SIGTERM */
        STAGE_KILLED,   /* by SIGKILL */
        STAGE_GIVEN_UP, /* nobody waits for it any more */
};

struct stream {
        struct child *child;
        struct capture capture;
        int fd;
        sd_event_source *source;
        bool is_output; /* which the handler wants, if there is one */
};

struct child {
        struct children *children;
        struct child *previous, *next;
        enum stage stage;
        pid_t pid; /* also its process group */
        int pid_fd;
        sd_event_source *exit, *timer;
        struct stream output, errors;
        bool timed_out;
        bool outlives_us;
        char *name, *subject;
        void (*on_output)(void *userdata, const char *bytes, size_t n);
        void (*on_end)(void *userdata, const struct child_end *end);
        void (*on_drop)(void *userdata);
        void *userdata;
};

struct children {
        sd_event *loop;
        struct child *first;
        uint32_t n_given_up;
        char *path; /* PATH of children */
        void (*on_late_end)(void *userdata, const char *subject);
        void *userdata;
};

/* --- all of them
 * ---------------------------------------------------------------------------------- */

struct children *children_new(struct sd_event *loop) {
        struct children *c = memory_new(1, sizeof(*c));
        const char *path = getenv("PATH");
        struct text t = {};

        c->loop = sd_event_ref(loop);
        if (path && path[0])
                text_addf(&t, "%s:", path);
        text_add(&t, PATH_USUAL);
        c->path = t.s;
        return c;
}

static void stream_close(struct stream *s) {
        s->source = sd_event_source_disable_unref(s->source);
        if (s->fd >= 0)
                (void) close(s->fd);
        s->fd = -1;
}

static void child_free(struct child *c) {
        if (c->previous)
                c->previous->next = c->next;
        else if (c->children->first == c)
                c->children->first = c->next;
        if (c->next)
                c->next->previous = c->previous;
        (void) sd_event_source_disable_unref(c->exit);
        (void) sd_event_source_disable_unref(c->timer);
        if (c->pid_fd >= 0)
                (void) close(c->pid_fd);
        stream_close(&c->output);
        stream_close(&c->errors);
        capture_done(&c->output.capture);
        capture_done(&c->errors.capture);
        free(c->name);
        free(c->subject);
        free(c);
}

static void child_signal(const struct child *c, int number) {
        if (c->pid > 0)
                (void) kill(-c->pid, number);
}

struct children *children_free(struct children *children) {
        struct child *c;

        if (!children)
                return NULL;
        while ((c = children->first)) {
                if (!c->outlives_us)
                        child_signal(c, SIGTERM);
                if (c->on_drop)
                        c->on_drop(c->userdata);
                child_free(c);
        }
        (void) sd_event_unref(children->loop);
        free(children->path);
        free(children);
        return NULL;
}

void children_on_late_end(struct children *c, void (*handler)(void *userdata, const char *subject),
                          void *userdata) {
        c->on_late_end = handler;
        c->userdata = userdata;
}

uint32_t children_given_up(const struct children *c) {
        return c->n_given_up;
}

bool children_hang(const struct children *children, const char *subject) {
        for (const struct child *c = children->first; c; c = c->next)
                if (c->stage == STAGE_GIVEN_UP && c->subject && text_equal(c->subject, subject))
                        return true;
        return false;
}

/* --- how one ends
 * --------------------------------------------------------------------------------- */

/* From here on nobody is told about the child any more. */
static void child_tell_end(struct child *c, struct child_end *end) {
        void (*on_end)(void *userdata, const struct child_end *end) = c->on_end;
        char *errors = memory_strdup(capture_text(&c->errors.capture));

        c->on_end = NULL;
        c->on_drop = NULL;
        c->on_output = NULL;
        end->output = capture_text(&c->output.capture);
        end->output_length = c->output.capture.length;
        end->output_cut = c->output.capture.cut;
        end->errors = capture_tidy(errors);
        if (on_end)
                on_end(c->userdata, end);
        free(errors);
}

static void child_give_up(struct child *c) {
        struct child_end end = { .started = true, .timed_out = true, .exit_status = -1 };

        c->stage = STAGE_GIVEN_UP;
        c->children->n_given_up++;
        stream_close(&c->output);
        stream_close(&c->errors);
        log_warning("'%s' (pid %d) does not end even when killed: given up (%u such now)", c->name,
                    (int) c->pid, c->children->n_given_up);
        child_tell_end(c, &end);
}

static void child_arm(struct child *c, usec_t delay) {
        (void) sd_event_source_set_time_relative(c->timer, delay);
        (void) sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

/* Its time is up, for this stage. */
static void child_next_stage(struct child *c) {
        switch (c->stage) {
        case STAGE_RUNNING: /* it may have cleaning up to do */
                c->stage = STAGE_ASKED;
                child_signal(c, SIGTERM);
                child_arm(c, CHILD_GRACE);
                break;
        case STAGE_ASKED: /* it does not listen */
                c->stage = STAGE_KILLED;
                child_signal(c, SIGKILL);
                child_arm(c, CHILD_GRACE);
                break;
        case STAGE_KILLED: /* it hangs in the kernel */
                child_give_up(c);
                break;
        case STAGE_GIVEN_UP: /* only its end can come now */
                break;
        }
}

static int on_child_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct child *c = userdata;

        c->timed_out = true;
        child_next_stage(c);
        return 0;
}

/* Reads once. False: there is nothing to read now, or never again. */
static bool stream_read(struct stream *s) {
        struct child *c = s->child;
        char buffer[32 * 1024];
        long n;

        if (!s->is_output || !c->on_output)
                n = capture_read(&s->capture, s->fd);
        else {
                n = read(s->fd, buffer, sizeof(buffer));
                if (n < 0)
                        n = -errno;
                if (n > 0)
                        c->on_output(c->userdata, buffer, (size_t) n);
        }
        if (n > 0 || n == -EINTR)
                return true;
        if (n != -EAGAIN)
                stream_close(s);
        return false;
}

static void stream_drain(struct stream *s) {
        for (size_t i = 0; s->fd >= 0 && i < DRAIN_MAX / 4096 && stream_read(s); i++)
                ;
        stream_close(s);
}

static void child_ended(struct child *c, const siginfo_t *info) {
        bool exited = info->si_code == CLD_EXITED;
        struct child_end end = {
                .started = true,
                .timed_out = c->timed_out,
                .exit_status = exited ? info->si_status : -1,
                .signal = exited ? 0 : info->si_status,
        };

        stream_drain(&c->output);
        stream_drain(&c->errors);
        child_tell_end(c, &end);
}

static void child_ended_late(struct child *c) {
        c->children->n_given_up--;
        log_info("'%s' (pid %d), which had been given up, has ended after all", c->name,
                 (int) c->pid);
        if (c->subject && c->children->on_late_end)
                c->children->on_late_end(c->children->userdata, c->subject);
}

static int on_child_exit(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct child *c = userdata;
        siginfo_t info = {};

        if (waitid(P_PID, (id_t) c->pid, &info, WEXITED | WNOHANG) < 0 && errno == EINTR)
                return 0;
        if (info.si_pid != c->pid) { /* collected by somebody else: how it ended is not known */
                info.si_code = CLD_EXITED;
                info.si_status = -1;
        }
        (void) sd_event_source_set_enabled(c->exit, SD_EVENT_OFF);
        (void) sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (c->stage == STAGE_GIVEN_UP)
                child_ended_late(c);
        else
                child_ended(c, &info);
        child_free(c);
        return 0;
}

static int on_stream(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        (void) stream_read(userdata);
        return 0;
}

/* --- starting one
 * --------------------------------------------------------------------------------- */

static bool variable_is(const char *line, const char *name) {
        size_t n = strlen(name);

        return strncmp(line, name, n) == 0 && line[n] == '=';
}

/* What is between systemd and this service, or would change what children say. */
static bool variable_is_ours(const char *line) {
        static const char *const names[] = { "PATH",          "LANG",         "LANGUAGE",
                                             "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
                                             "LISTEN_PID",    "LISTEN_FDS",   "LISTEN_FDNAMES" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (variable_is(line, names[i]))
                        return true;
        return text_starts(line, "LC_");
}

static char **child_environment(const struct children *children, struct arena *a,
                                const char *const *more) {
        ARRAY(char *) lines = {};
        char **copy;

        for (char **e = environ; e && *e; e++)
                if (!variable_is_ours(*e))
                        array_append(&lines, *e);
        array_append(&lines, arena_printf(a, "PATH=%s", children->path));
        array_append(&lines, arena_strdup(a, "LC_ALL=C"));
        for (; more && *more; more++)
                array_append(&lines, arena_strdup(a, *more));
        array_append(&lines, NULL);
        copy = arena_memdup(a, lines.items, lines.count * sizeof(*lines.items));
        array_done(&lines);
        return copy;
}

/* The program's path. 0 or negative errno. */
static int program_find(const char *path, struct arena *a, const char *name, const char **ret) {
        int r = -ENOENT;

        if (strchr(name, '/')) {
                *ret = name;
                return 0;
        }
        for (const char *p = path; *p;) {
                size_t n = strcspn(p, ":");
                const char *candidate = arena_printf(a, "%.*s/%s", (int) n, n ? p : ".", name);

                if (n > 0 && name[0] && access(candidate, X_OK) == 0) {
                        *ret = candidate;
                        return 0;
                }
                if (n > 0 && errno == EACCES)
                        r = -EACCES;
                p += n + (p[n] == ':');
        }
        return r;
}

/* The child's ends of its pipes, closed by the caller; -1: /dev/null or not wanted. */
struct ends {
        int input, output, errors;
};

static int spawn_files(posix_spawn_file_actions_t *files, const struct ends *ends) {
        int r;

        r = ends->input >= 0 ? posix_spawn_file_actions_adddup2(files, ends->input, STDIN_FILENO)
                             : posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null",
                                                                O_RDONLY, 0);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(
                        files, ends->output >= 0 ? ends->output : ends->errors, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(files, ends->errors, STDERR_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
        return r;
}

/* A group of its own, so that all of it can be ended; nothing blocked, and nothing ignored but,
 * where a child may outlive us, the end of its listeners (see child.h). */
static int spawn_attributes(posix_spawnattr_t *attributes, bool outlives_us) {
        sigset_t none, all;
        int r;

        (void) sigemptyset(&none);
        (void) sigfillset(&all);
        if (outlives_us)
                (void) sigdelset(&all, SIGPIPE);
        r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                         POSIX_SPAWN_SETSIGDEF);
        if (r == 0)
                r = posix_spawnattr_setpgroup(attributes, 0);
        if (r == 0)
                r = posix_spawnattr_setsigmask(attributes, &none);
        if (r == 0)
                r = posix_spawnattr_setsigdefault(attributes, &all);
        return r;
}

static int child_spawn(struct child *c, const struct child_options *o, const struct ends *ends) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;
        const char *program;
        pid_t pid;
        int r;

        r = program_find(c->children->path, a, o->argv[0], &program);
        if (r < 0)
                return r;

        (void) posix_spawn_file_actions_init(&files);
        (void) posix_spawnattr_init(&attributes);
        r = spawn_files(&files, ends);
        if (r == 0)
                r = spawn_attributes(&attributes, o->outlives_us);
        if (r == 0)
                r = posix_spawn(&pid, program, &files, &attributes, (char *const *) o->argv,
                                child_environment(c->children, a, o->env));
        (void) posix_spawn_file_actions_destroy(&files);
        (void) posix_spawnattr_destroy(&attributes);
        if (r == 0)
                c->pid = pid;
        return -r;
}

/* A pipe to read from; `ret_end` is the child's. */
static int stream_open(struct stream *s, int *ret_end) {
        int fds[2], r;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        *ret_end = fds[1];
        s->fd = fds[0];
        if (fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        r = sd_event_add_io(s->child->children->loop, &s->source, s->fd, EPOLLIN, on_stream, s);
        return r < 0 ? r : 0;
}

/* A pipe with all of the input in it; `ret_end` is the child's. */
static int input_open(const struct child_options *o, int *ret_end) {
        _cleanup_(closep) int end = -1;
        int fds[2];

        if (!o->input)
                return 0;
        if (o->input_length > CHILD_INPUT_MAX)
                return -E2BIG;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        *ret_end = fds[0];
        end = fds[1];
        if (write(end, o->input, o->input_length) != (ssize_t) o->input_length)
                return -EIO;
        return 0;
}

/* Its end, and what is to be done if it does not come. The descriptor that tells was reserved
 * before the child was started. */
static int child_watch(struct child *c) {
        int r;

        c->pid_fd = (int) syscall(SYS_pidfd_open, c->pid, 0);
        if (c->pid_fd < 0)
                return -errno;
        (void) fcntl(c->pid_fd, F_SETFD, FD_CLOEXEC);
        r = sd_event_add_io(c->children->loop, &c->exit, c->pid_fd, EPOLLIN, on_child_exit, c);
        return r < 0 ? r : 0;
}

static int child_prepare(struct child *c, const struct child_options *o, struct ends *ends) {
        int r;

        r = input_open(o, &ends->input);
        if (r < 0)
                return r;

        r = stream_open(&c->errors, &ends->errors);
        if (r < 0)
                return r;

        if (o->output_max > 0 || o->on_output) {
                r = stream_open(&c->output, &ends->output);
                if (r < 0)
                        return r;
        }
        r = sd_event_add_time(c->children->loop, &c->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY,
                              on_child_timer, c);
        if (r < 0)
                return r;

        return sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
}

static int child_begin(struct child *c, const struct child_options *o, struct ends *ends) {
        int reserved, r;

        r = child_prepare(c, o, ends);
        if (r < 0)
                return r;

        reserved = fcntl(ends->errors, F_DUPFD_CLOEXEC, 0);
        r = child_spawn(c, o, ends);
        if (reserved >= 0)
                (void) close(reserved);
        if (r < 0)
                return r;

        r = child_watch(c);
        if (r < 0) { /* nobody would ever know how it ended */
                child_signal(c, SIGKILL);
                return r;
        }
        if (o->time_limit > 0 && o->time_limit != USEC_NEVER)
                child_arm(c, o->time_limit);
        return 0;
}

static struct child *child_new(struct children *children, const struct child_options *o) {
        struct child *c = memory_new(1, sizeof(*c));

        *c = (struct child){
                .children = children,
                .next = children->first,
                .pid_fd = -1,
                .output = { .child = c, .fd = -1, .is_output = true },
                .errors = { .child = c, .fd = -1 },
                .outlives_us = o->outlives_us,
                .name = memory_strdup(o->argv[0]),
                .subject = memory_strdup(o->subject),
                .on_output = o->on_output,
                .on_end = o->on_end,
                .on_drop = o->on_drop,
                .userdata = o->userdata,
        };
        if (c->next)
                c->next->previous = c;
        children->first = c;
        capture_init(&c->output.capture, o->secret ? CAPTURE_SECRET : CAPTURE_START, o->output_max);
        capture_init(&c->errors.capture, CAPTURE_END, ERRORS_MAX);
        return c;
}

static void child_not_started(struct child *c, int error) {
        struct child_end end = { .exit_status = -1 };
        struct text t = {};

        text_addf(&t, "cannot run '%s': %s", c->name, strerror(-error));
        capture_done(&c->errors.capture);
        capture_init(&c->errors.capture, CAPTURE_END, ERRORS_MAX);
        capture_add(&c->errors.capture, t.s, t.length);
        text_done(&t);
        child_tell_end(c, &end);
        child_free(c);
}

struct child *child_start(struct children *children, const struct child_options *o) {
        struct child *c = child_new(children, o);
        struct ends ends = { -1, -1, -1 };
        int r;

        r = child_begin(c, o, &ends);
        closep(&ends.input);
        closep(&ends.output);
        closep(&ends.errors);
        if (r < 0) {
                child_not_started(c, r);
                return NULL;
        }
        return c;
}

void child_interrupt(struct child *c) {
        if (c->stage == STAGE_RUNNING)
                child_next_stage(c);
}

void child_stop(struct child *c) {
        c->on_end = NULL;
        c->on_drop = NULL;
        c->on_output = NULL;
        child_interrupt(c);
}
