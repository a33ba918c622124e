/* demo/show.c - what is seen of the demonstration */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "api/client.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "demo/show.h"
#include "demo/world.h"

#define COLUMNS     80u
#define WORDS_MAX   16u
#define REFRESH     (300 * USEC_PER_MSEC)
#define SHORT_PAUSE (400 * USEC_PER_MSEC)
#define PAUSE       (1200 * USEC_PER_MSEC)
#define WATCH_LIMIT (40 * USEC_PER_SEC) /* what has not come by then does not come */

#define COLOR_GREY "\033[90m"
#define COLOR_BOLD "\033[1m"
#define COLOR_HEAD "\033[1;36m"
#define COLOR_NONE "\033[0m"

struct show {
        struct show_options options;
        bool terminal, color, failed;
        bool gap;               /* before what comes next stands an empty line */
        ARRAY(char *) happened; /* all of it */
        size_t n_awaited;       /* so many of them came up to what was awaited last, or before it */
        const char *awaited;    /* or NULL; what happens then takes it away */
        double progress;        /* of what is being done, or negative */
        unsigned live_lines;    /* what `zmirror` said, at the bottom */
        struct text live;
        bool answered;
        struct text answer; /* "" or why not */
};

struct show *show_new(const struct show_options *options) {
        struct show *s = memory_new(1, sizeof(*s));

        s->options = *options;
        s->terminal = isatty(STDOUT_FILENO);
        s->color = s->terminal && !getenv("NO_COLOR");
        return s;
}

struct show *show_free(struct show *s) {
        if (!s)
                return NULL;
        text_done(&s->live);
        text_done(&s->answer);
        for (size_t i = 0; i < s->happened.count; i++)
                free(s->happened.items[i]);
        array_done(&s->happened);
        free(s);
        return NULL;
}

bool show_has_failed(const struct show *s) {
        return s->failed;
}

static void show_fail(struct show *s, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void show_fail(struct show *s, const char *format, ...) {
        va_list args;

        if (s->failed)
                return;
        s->failed = true;
        if (*s->options.stop)
                return;
        (void) fflush(stdout);
        (void) fputs("\nzmirror demo: ", stderr);
        va_start(args, format);
        (void) vfprintf(stderr, format, args);
        va_end(args);
        (void) fputc('\n', stderr);
}

/* --- lines */

static void print_gap(struct show *s, bool next) {
        if (s->gap)
                (void) putchar('\n');
        s->gap = next;
}

static void live_erase(struct show *s) {
        if (s->live_lines)
                (void) printf("\033[%uA\033[J", s->live_lines);
        s->live_lines = 0;
}

static void live_draw(struct show *s) {
        if (!s->terminal || !s->live.length)
                return;
        for (size_t i = 0; i < s->live.length; i++)
                s->live_lines += s->live.s[i] == '\n';
        (void) fputs(s->live.s, stdout);
        (void) fflush(stdout);
}

/* The text, broken between words, each line but the first after so many blanks. */
static void print_wrapped(const char *text, unsigned column) {
        unsigned at = column;

        while (*text) {
                size_t n = strcspn(text, " "), blanks = strspn(text + n, " ");

                if (at > column && at + 1 + n > COLUMNS - 1) {
                        (void) printf("\n%*s", (int) column, "");
                        at = column;
                }
                (void) printf("%s%.*s", at > column ? " " : "", (int) n, text);
                at += (unsigned) n + (at > column);
                text += n + blanks;
        }
        (void) putchar('\n');
}

static const char *color(const struct show *s, const char *code) {
        return s->color ? code : "";
}

/* What tells nothing to somebody who watches, and what comes twice. */
static bool is_noise(const struct show *s, const char *text) {
        const char *last = s->happened.count ? s->happened.items[s->happened.count - 1] : NULL;

        return text_starts(text, "config_sync") || text_starts(text, "vdev_online") ||
               text_starts(text, "ereport") || text_equal(text, last);
}

/* What is awaited may have been said while something else was looked at. */
static void happened_await(struct show *s) {
        while (s->awaited && s->n_awaited < s->happened.count)
                if (text_starts(s->happened.items[s->n_awaited++], s->awaited))
                        s->awaited = NULL;
}

/* What happens in the world: "<usec> <who> <text>". */
static void show_happening(struct show *s, const char *line) {
        char number[24] = "", who[16] = "", time[TIME_PRINT_MAX];
        uint64_t wall = 0;
        int at = 0;

        if (sscanf(line, "%23[0-9] %15s %n", number, who, &at) != 2 || !text_to_u64(number, &wall))
                return;
        if (is_noise(s, line + at))
                return;
        array_append(&s->happened, memory_strdup(line + at));
        happened_await(s);
        (void) time_print(wall, time);
        live_erase(s);
        print_gap(s, false);
        (void) printf("  %s%.8s  %-8s%s%s", color(s, COLOR_GREY), time + 11, who,
                      color(s, COLOR_NONE),
                      color(s, text_equal(who, "zmirror") ? COLOR_BOLD
                               : text_equal(who, "you")   ? ""
                                                          : COLOR_GREY));
        print_wrapped(line + at, 20);
        (void) fputs(color(s, COLOR_NONE), stdout);
        live_draw(s);
        (void) fflush(stdout);
}

/* --- the world */

static usec_t clock_now(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

static void show_packet(struct show *s, const char *packet) {
        if (text_starts(packet, "say ")) {
                show_happening(s, packet + 4);
                return;
        }
        s->answered = true;
        text_clear(&s->answer);
        if (!text_equal(packet, "ok"))
                text_add(&s->answer, text_starts(packet, "no ") ? packet + 3 : packet);
}

/* Until there is an answer, or for so long. */
static void show_hear(struct show *s, usec_t duration) {
        usec_t end = clock_now() + duration;

        s->answered = false;
        while (!s->failed && !s->answered) {
                if (*s->options.stop)
                        show_fail(s, "stopped");
                usec_t now = clock_now();
                struct pollfd p = { .fd = s->options.fd, .events = POLLIN };
                char packet[DEMO_PACKET_MAX + 1];
                ssize_t n;

                if (poll(&p, 1, end > now ? (int) ((end - now) / USEC_PER_MSEC) + 1 : 0) <= 0) {
                        if (clock_now() >= end)
                                return;
                        continue;
                }
                n = recv(s->options.fd, packet, sizeof(packet) - 1, 0);
                if (n <= 0) {
                        show_fail(s, "the daemon has ended");
                        return;
                }
                packet[n] = 0;
                show_packet(s, packet);
        }
}

static void show_ask(struct show *s, const char *line) {
        if (s->failed)
                return;
        if (send(s->options.fd, line, strlen(line), MSG_NOSIGNAL) < 0) {
                show_fail(s, "the daemon has ended");
                return;
        }
        show_hear(s, WATCH_LIMIT);
        if (!s->failed && !s->answered)
                show_fail(s, "'%s' takes too long", line);
        else if (!s->failed && s->answer.length)
                show_fail(s, "'%s': %s", line, s->answer.s);
}

void show_do(struct show *s, const char *format, ...) {
        struct text line = {};
        va_list args;

        va_start(args, format);
        text_vaddf(&line, format, args);
        va_end(args);
        show_ask(s, line.s);
        text_done(&line);
}

void show_speed(struct show *s, unsigned speed) {
        show_do(s, "speed %u", s->options.in_time ? speed : 3000);
}

void show_skip(struct show *s, usec_t wall) {
        show_do(s, "skip %" PRIu64, wall);
}

void show_pause(struct show *s, usec_t duration) {
        (void) fflush(stdout);
        if (s->options.in_time)
                show_hear(s, duration);
}

/* --- words */

void show_head(struct show *s, const char *text) {
        if (s->failed)
                return;
        s->gap = true;
        print_gap(s, false);
        (void) printf("%s%s%s\n", color(s, COLOR_HEAD), text, color(s, COLOR_NONE));
        show_pause(s, SHORT_PAUSE);
}

void show_tell(struct show *s, const char *text) {
        if (s->failed)
                return;
        print_gap(s, false);
        print_wrapped(text, 0);
        show_pause(s, PAUSE);
}

/* --- commands */

/* Becomes the program, with these words. */
static void command_exec(const struct show *s, char *arguments) {
        static char name[] = "zmirror";
        char *words[WORDS_MAX + 2] = { name };
        size_t n = 1;

        for (char *w = strtok(arguments, " "); w && n <= WORDS_MAX; w = strtok(NULL, " "))
                words[n++] = w;
        (void) setenv("ZMIRROR_SOCKET_PATH", s->options.socket_path, 1);
        (void) execv(s->options.program, words);
        _exit(127);
}

/* Runs it; what it writes goes to `fd`, or, if that is -1, where ours goes. Its exit status. */
static int command_run(struct show *s, const char *arguments, int fd) {
        _cleanup_(freep) char *copy = memory_strdup(arguments);
        int status = 0;
        pid_t pid;

        (void) fflush(stdout);
        pid = fork();
        if (pid == 0) {
                if (fd >= 0) {
                        (void) dup2(fd, STDOUT_FILENO);
                        (void) dup2(fd, STDERR_FILENO);
                }
                command_exec(s, copy);
        }
        if (pid < 0)
                return -1;
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void print_typed(struct show *s, const char *program, const char *arguments) {
        show_hear(s, USEC_PER_MSEC); /* what has happened before */
        s->gap = true;
        print_gap(s, true);
        (void) printf("%s$ %s%s%s%s\n", color(s, COLOR_BOLD), program, *arguments ? " " : "",
                      arguments, color(s, COLOR_NONE));
        show_pause(s, SHORT_PAUSE);
}

void show_by_hand(struct show *s, const char *command) {
        if (s->failed)
                return;
        print_typed(s, command, "");
        show_do(s, "type %s", command);
        show_pause(s, PAUSE);
}

void show_type(struct show *s, const char *arguments, int status) {
        int ended;

        if (s->failed)
                return;
        print_typed(s, "zmirror", arguments);
        if (s->failed)
                return;
        ended = command_run(s, arguments, -1);
        if (ended != status)
                show_fail(s, "`zmirror %s` ended with status %d, not %d", arguments, ended, status);
        show_pause(s, PAUSE);
}

/* --- watching */

static void live_add_bar(struct show *s) {
        static const char full[] = "##################################################";
        int columns = (int) sizeof(full) - 1, n = (int) (s->progress * columns);

        if (s->progress >= 0)
                text_addf(&s->live, "[%.*s%*s] %3.0f %%\n", n, full, columns - n, "",
                          s->progress * 100);
}

/* What `zmirror` says now, on a terminal as wide as we write. */
static void live_read(struct show *s) {
        const struct winsize size = { .ws_row = 24, .ws_col = COLUMNS };
        struct termios raw = {};
        char buffer[4096];
        int ours, theirs;
        ssize_t n;

        cfmakeraw(&raw);
        if (openpty(&ours, &theirs, NULL, &raw, &size) < 0)
                return;
        if (command_run(s, "", theirs) == 0) { /* it says little enough to wait for its end */
                (void) close(theirs);
                theirs = -1;
                text_clear(&s->live);
                text_addf(&s->live, "\n%s$ zmirror%s\n", color(s, COLOR_BOLD),
                          color(s, COLOR_NONE));
                while ((n = read(ours, buffer, sizeof(buffer))) > 0)
                        text_add_bytes(&s->live, buffer, (size_t) n);
                live_add_bar(s);
        }
        if (theirs >= 0)
                (void) close(theirs);
        (void) close(ours);
}

struct found {
        struct show *show;
        const char *name; /* or NULL */
        show_until until;
        double than;
        bool holds;
};

static bool on_overview(void *userdata, struct arena **arena, const struct message_reply *reply) {
        struct found *f = userdata;
        struct reply_verdict *v;
        usec_t now;
        uint32_t n;

        if (reply->error || !reply_overview_parse(*arena, reply->parameters, &v, &n, &now))
                return false;
        f->show->progress = -1;
        for (uint32_t i = 0; i < n; i++) {
                if (v[i].progress >= 0)
                        f->show->progress = v[i].progress;
                if (f->name && text_ends(v[i].hrid, f->name))
                        f->holds = f->until(&v[i], f->than);
        }
        return true;
}

static bool show_look_at_disks(struct show *s, struct found *f) {
        const struct params params = { .method = METHOD_OVERVIEW };
        const struct client_options options = { .timeout = 10 * USEC_PER_SEC };
        _cleanup_(client_freep) struct client *client = NULL;

        if (client_new(s->options.socket_path, &client) >= 0)
                (void) client_call(client, &params, &options, on_overview, f);
        return f->holds;
}

/* A moment of watching. */
static void show_look(struct show *s, usec_t end, const char *what) {
        if (clock_now() > end) {
                show_fail(s, "'%s' does not come", what);
                return;
        }
        if (s->terminal) {
                live_read(s);
                live_erase(s);
                live_draw(s);
        }
        show_hear(s, s->options.in_time ? REFRESH : 5 * USEC_PER_MSEC);
}

static void live_end(struct show *s) {
        live_erase(s);
        text_clear(&s->live);
        (void) fflush(stdout);
}

void show_await(struct show *s, const char *line, const char *happening) {
        usec_t end = clock_now() + WATCH_LIMIT;
        struct found f = { .show = s };

        if (line) { /* what was said before is not meant */
                s->n_awaited = s->happened.count;
                show_ask(s, line);
        }
        s->awaited = happening;
        happened_await(s);
        while (!s->failed && s->awaited) {
                (void) show_look_at_disks(s, &f);
                show_look(s, end, happening);
        }
        s->awaited = NULL;
        live_end(s);
}

void show_watch(struct show *s, const char *disk, show_until until, double than) {
        struct found f = { .show = s, .name = disk, .until = until, .than = than };
        usec_t end = clock_now() + WATCH_LIMIT;

        while (!s->failed && !show_look_at_disks(s, &f))
                show_look(s, end, disk);
        live_end(s);
}
