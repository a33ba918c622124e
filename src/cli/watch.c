/* cli/watch.c - a live screen: pools, disks, verdicts, progress, the last events
 *
 * The daemon tells when something has changed, so that a quiet night costs nothing; what runs down
 * by itself ("done in 3 min") is counted here. When the daemon goes, the last picture stays until
 * it is back. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "api/reply.h"
#include "cli/history.h"
#include "cli/overview.h"
#include "cli/show.h"
#include "cli/talk.h"
#include "cli/watch.h"

#define TICK     (1 * USEC_PER_SEC)
#define SPACIOUS 16u /* lines */

#define BOLD   "\033[1m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define CYAN   "\033[36m"

struct watcher {
        const struct cli_call *call;
        int events_fd, signals_fd; /* readable: somebody typed, resized or interrupted */
        bool color, ended;
        const char *trouble; /* the daemon is away: why; NULL: it is there */
        bool met;            /* it was there once */
        bool nonsense;
        int failure;         /* negative errno, when it could not be reached */
        struct arena *arena; /* holds the last picture */
        struct reply_watch picture;
        bool has_picture;
        struct text drawn; /* what stands on the screen */
};

/* --- the screen
 * ----------------------------------------------------------------------------------- */

struct screen {
        struct text *t;
        struct arena *arena;
        size_t columns, lines; /* that are left */
        bool color, spacious;  /* a blank line in front of each title */
};

/* One line, cut, all of it in one color. */
static void screen_line(struct screen *s, const char *color, const char *text) {
        if (s->lines == 0)
                return;
        s->lines--;
        text_add(s->t, s->color && color ? color : "");
        show_cut(s->t, text, s->columns);
        text_add(s->t, s->color && color ? "\033[0m" : "");
        text_add(s->t, s->lines ? "\033[K\n" : "\033[K");
}

static const char *verdict_color(const struct reply_verdict *v) {
        switch (v->kind) {
        case VERDICT_WORKING:
                return CYAN;
        case VERDICT_BUSY:
                return v->errors ? RED : NULL;
        case VERDICT_SAFE:
                return GREEN;
        case VERDICT_ABSENT:
                return v->overdue ? YELLOW : NULL;
        case _VERDICT_KIND_MAX:
                break;
        }
        abort();
}

static const char *pool_line(struct arena *a, const struct row *pool, size_t width, usec_t now) {
        struct text t = {};
        const char *copy;

        text_addf(&t, "%s%*s  %s", show_line(a, pool->hrid), (int) (width - show_width(pool->hrid)),
                  "", state_is_online(pool->state) ? "imported" : state_print(pool->state));
        if (pool->errors)
                text_addf(&t, ", %s",
                          pool->errors_text ? show_line(a, pool->errors_text) : "has errors");
        for (enum operation op = 0; op < _OPERATION_MAX; op++) {
                const struct view_operation *o = &pool->operations[op];

                if (!o->running)
                        continue;
                text_addf(&t, "  %s ", operation_print(op));
                if (o->progress >= 0)
                        show_bar(&t, o->progress);
                if (o->eta > now)
                        text_addf(&t, "done %s", show_distance(a, o->eta, now));
                else if (o->paused)
                        text_add(&t, "paused");
        }
        copy = arena_strdup(a, t.s);
        text_done(&t);
        return copy;
}

/* "Pools", or "Pools (2 of 7)" if there is no room for all. */
static void screen_title(struct screen *s, const char *what, uint64_t shown, uint64_t all) {
        if (s->spacious)
                screen_line(s, NULL, "");
        screen_line(s, BOLD,
                    shown < all ? arena_printf(s->arena, "%s (%llu of %llu)", what,
                                               (unsigned long long) shown, (unsigned long long) all)
                                : what);
}

static void screen_pools(struct screen *s, const struct reply_watch *w, size_t room, usec_t now) {
        size_t shown = room < w->n_pool_rows ? room : w->n_pool_rows, width = 0;

        screen_title(s, "Pools", shown, w->n_pools);
        for (size_t i = 0; i < shown; i++)
                if (show_width(w->pools[i].hrid) > width)
                        width = show_width(w->pools[i].hrid);
        for (size_t i = 0; i < shown; i++)
                screen_line(s, w->pools[i].errors ? RED : NULL,
                            pool_line(s->arena, &w->pools[i], width, now));
}

static void screen_disks(struct screen *s, const struct reply_watch *w, uint64_t n, size_t room,
                         usec_t now) {
        size_t shown = room < w->n_disks ? room : w->n_disks;
        const char *const *lines;

        screen_title(s, "Disks", shown, n);
        lines = overview_lines(s->arena, w->disks, (uint32_t) shown, now);
        for (size_t i = 0; i < shown; i++)
                screen_line(s, verdict_color(&w->disks[i]), lines[i]);
}

/* The newest ones. */
static void screen_events(struct screen *s, const struct reply_watch *w) {
        size_t first;

        screen_title(s, "Last events", 0, 0);
        first = w->n_lines > s->lines ? w->n_lines - s->lines : 0;
        for (size_t i = first; i < w->n_lines; i++)
                screen_line(s, NULL, history_line(s->arena, &w->lines[i]));
}

static void screen_head(struct screen *s, const struct watcher *w, uint64_t n_disks, usec_t now) {
        static const char *const words[_VERDICT_KIND_MAX] = {
                [VERDICT_ABSENT] = "absent",
                [VERDICT_BUSY] = "in use",
                [VERDICT_WORKING] = "working",
                [VERDICT_SAFE] = "may be unplugged",
        };
        static const enum verdict_kind order[] = { VERDICT_WORKING, VERDICT_BUSY, VERDICT_SAFE,
                                                   VERDICT_ABSENT };
        const struct reply_watch *p = &w->picture;
        struct text t = {};

        text_addf(&t, "zmirror  %s  ", show_time(s->arena, now));
        if (w->trouble) {
                text_addf(&t, "%s; what was last known:", w->trouble);
                screen_line(s, RED, t.s);
                text_done(&t);
                return;
        }
        text_addf(&t, "%llu disk%s", (unsigned long long) n_disks, n_disks == 1 ? "" : "s");
        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                if (p->counts[order[i]])
                        text_addf(&t, ", %llu %s", (unsigned long long) p->counts[order[i]],
                                  words[order[i]]);
        if (p->n_overdue)
                text_addf(&t, "; %llu overdue", (unsigned long long) p->n_overdue);
        if (p->n_errors)
                text_addf(&t, "; %llu with errors", (unsigned long long) p->n_errors);
        if (!p->ready)
                text_add(&t, "; zmirror is still looking around");
        screen_line(s, p->n_errors ? RED : BOLD, t.s);
        text_done(&t);
}

/* Pools have a third of the room, events a third at least, disks what is left; who needs less
 * leaves it to the others. */
static void screen_draw(struct screen *s, const struct watcher *w, usec_t now) {
        const struct reply_watch *p = &w->picture;
        size_t pools, disks, room, titles;
        uint64_t n_disks = 0;

        for (enum verdict_kind k = 0; k < _VERDICT_KIND_MAX; k++)
                n_disks += p->counts[k];
        s->spacious = s->lines >= SPACIOUS;
        screen_head(s, w, n_disks, now);
        if (!w->has_picture)
                return;
        titles = s->spacious ? 6 : 3;
        room = s->lines > titles ? s->lines - titles : 0;
        pools = p->n_pools < room / 3 ? (size_t) p->n_pools : room / 3;
        disks = room - pools - room / 3;
        if (n_disks < disks)
                disks = (size_t) n_disks;
        screen_pools(s, p, pools, now);
        screen_disks(s, p, n_disks, disks, now);
        screen_events(s, p);
}

/* Nothing is written if it looks as before. */
static void watcher_draw(struct watcher *w) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct text t = {};
        struct screen s = {
                .t = &t,
                .arena = a,
                .columns = show_terminal_columns(STDOUT_FILENO),
                .lines = show_terminal_lines(STDOUT_FILENO),
                .color = w->color,
        };

        text_add(&t, "\033[H");
        screen_draw(&s, w, show_now());
        text_add(&t, "\033[J");
        if (w->drawn.s && text_equal(t.s, w->drawn.s)) {
                text_done(&t);
                return;
        }
        (void) fputs(t.s, stdout);
        (void) fflush(stdout);
        text_done(&w->drawn);
        w->drawn = t;
}

/* --- the terminal
 * --------------------------------------------------------------------------------- */

struct terminal {
        struct termios before;
        bool changed;
};

/* Another screen, which leaves no trace; keys come as they are typed. */
static void terminal_begin(struct terminal *t) {
        struct termios raw;

        if (tcgetattr(STDIN_FILENO, &t->before) == 0) {
                raw = t->before;
                raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
                t->changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
        }
        (void) fputs("\033[?1049h\033[?25l", stdout);
}

static void terminal_end(const struct terminal *t) {
        (void) fputs("\033[?25h\033[?1049l", stdout);
        (void) fflush(stdout);
        if (t->changed)
                (void) tcsetattr(STDIN_FILENO, TCSANOW, &t->before);
}

static int signals_catch(void) {
        static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
        sigset_t set;

        (void) sigemptyset(&set);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                (void) sigaddset(&set, signals[i]);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -1;
        return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int events_open(int signals_fd) {
        int fd = epoll_create1(EPOLL_CLOEXEC);

        if (fd < 0)
                return -1;
        (void) epoll_ctl(fd, EPOLL_CTL_ADD, signals_fd,
                         &(struct epoll_event){ .events = EPOLLIN, .data.fd = signals_fd });
        /* A file cannot be waited for; then there is just nobody who types. */
        (void) epoll_ctl(fd, EPOLL_CTL_ADD, STDIN_FILENO,
                         &(struct epoll_event){ .events = EPOLLIN, .data.fd = STDIN_FILENO });
        return fd;
}

static void on_key(struct watcher *w) {
        char keys[64];
        ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

        if (n <= 0) { /* the terminal is gone, or nobody types there */
                (void) epoll_ctl(w->events_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
                return;
        }
        for (ssize_t i = 0; i < n; i++)
                if (keys[i] == 'q' || keys[i] == 'Q')
                        w->ended = true;
}

static void on_signal(struct watcher *w) {
        struct signalfd_siginfo info;

        while (read(w->signals_fd, &info, sizeof(info)) == (ssize_t) sizeof(info))
                if (info.ssi_signo == SIGWINCH)
                        text_clear(&w->drawn); /* everything is drawn again */
                else
                        w->ended = true;
}

/* What somebody did, if anything within that time. */
static void watcher_wait(struct watcher *w, int msec) {
        struct epoll_event event;

        while (epoll_wait(w->events_fd, &event, 1, msec) > 0) {
                if (event.data.fd == STDIN_FILENO)
                        on_key(w);
                else
                        on_signal(w);
                msec = 0;
        }
}

/* --- the daemon
 * ----------------------------------------------------------------------------------- */

static bool on_picture(void *userdata, struct arena **arena, const struct message_reply *reply) {
        struct watcher *w = userdata;

        if (reply->error) { /* also when it stops */
                w->trouble = arena_strdup(w->call->arena, show_line(w->call->arena, reply->reason));
                return true;
        }
        w->nonsense = !reply_watch_parse(*arena, reply->parameters, &w->picture);
        if (w->nonsense)
                return false;
        arena_free(w->arena);
        w->arena = TAKE_PTR(*arena);
        w->has_picture = w->met = true;
        w->trouble = NULL;
        watcher_draw(w);
        return true;
}

static bool on_tick(void *userdata) {
        watcher_draw(userdata);
        return true;
}

/* Until the daemon goes away, or somebody does something. */
static int watcher_follow(struct watcher *w) {
        const struct params params = {
                .method = METHOD_WATCH,
                .watch = { .lines = show_terminal_lines(STDOUT_FILENO) },
        };
        const struct client_options options = {
                .more = true,
                .tick = TICK,
                .on_tick = on_tick,
                .tick_userdata = w,
                .interrupt_fd = w->events_fd,
        };
        _cleanup_(client_freep) struct client *client = NULL;
        int r;

        r = client_new(talk_socket_path(w->call), &client);
        if (r < 0)
                return r;
        return client_call(client, &params, &options, on_picture, w);
}

static void watcher_run(struct watcher *w) {
        while (!w->ended) {
                int r = watcher_follow(w);

                w->failure = r;
                if (w->nonsense || (r != -EINTR && !w->met))
                        return; /* told outside of the other screen */
                if (r != -EINTR && !w->trouble)
                        w->trouble = "the daemon is not running";
                watcher_draw(w);
                watcher_wait(w, r == -EINTR ? 0 : (int) (TICK / USEC_PER_MSEC));
        }
}

static int watcher_end(struct watcher *w) {
        if (w->nonsense) {
                cli_complain("the daemon's answer makes no sense; is it of another version?");
                return EXIT_FAILED;
        }
        if (w->ended || w->met)
                return EXIT_DONE;
        if (w->trouble) {
                cli_complain("%s", w->trouble);
                return EXIT_FAILED;
        }
        return talk_no_daemon(w->call, w->failure);
}

int watch_run(struct cli_call *call) {
        struct watcher w = { .call = call, .color = !getenv("NO_COLOR") };
        struct terminal terminal = {};
        int status;

        if (!cli_expect_no_words(call))
                return EXIT_USAGE;
        if (!show_is_terminal(STDOUT_FILENO)) {
                cli_complain("watch needs a terminal; 'zmirror' and 'zmirror history' do not");
                return EXIT_FAILED;
        }
        w.signals_fd = signals_catch();
        w.events_fd = events_open(w.signals_fd);
        if (w.signals_fd < 0 || w.events_fd < 0) {
                cli_complain("cannot wait for the terminal: %s", strerror(errno));
                return EXIT_FAILED;
        }
        terminal_begin(&terminal);
        watcher_run(&w);
        terminal_end(&terminal);
        status = watcher_end(&w);
        (void) close(w.events_fd);
        (void) close(w.signals_fd);
        arena_free(w.arena);
        text_done(&w.drawn);
        return status;
}
