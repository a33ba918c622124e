/* demo/demo.c - `zmirror demo`: a folder for a while, the daemon in the simulated world, and the
 * show
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "demo/demo.h"
#include "demo/show.h"
#include "demo/week.h"
#include "demo/world.h"

static bool arg_quick;

/* What there is while it runs. */
struct stage_set {
        char folder[64];
        char program[PATH_MAX];
        char config[96], socket[96], cache[96], log[96];
        int fd;
        pid_t daemon;
        usec_t begin;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
        interrupted = number;
}

/* Whatever waits ends with EINTR, and the show with it. */
static void signals_catch(void) {
        const struct sigaction action = { .sa_handler = on_signal };

        (void) sigaction(SIGINT, &action, NULL);
        (void) sigaction(SIGTERM, &action, NULL);
        (void) sigaction(SIGHUP, &action, NULL);
}

static int complain(const char *what, const char *path) {
        (void) fprintf(stderr, "zmirror demo: %s %s: %s\n", what, path, strerror(errno));
        return -1;
}

/* --- the folder */

static int set_write_config(const struct stage_set *set) {
        FILE *f = fopen(set->config, "we");

        if (!f)
                return complain("cannot write", set->config);
        (void) fputs(week_yml, f);
        if (fclose(f) != 0)
                return complain("cannot write", set->config);
        return 0;
}

static int set_make(struct stage_set *set) {
        const char *run = getenv("XDG_RUNTIME_DIR");
        struct stat st;
        ssize_t n;

        /* Paths of sockets are short, and the state file is written often. */
        if (!run || *run != '/' || strlen(run) > 32 || stat(run, &st) < 0)
                run = "/tmp";
        (void) snprintf(set->folder, sizeof(set->folder), "%s/zmirror-demo-XXXXXX", run);
        if (!mkdtemp(set->folder))
                return complain("cannot make the folder", set->folder);
        n = readlink("/proc/self/exe", set->program, sizeof(set->program) - 1);
        if (n < 0)
                return complain("cannot find", "/proc/self/exe");
        set->program[n] = 0;
        (void) snprintf(set->config, sizeof(set->config), "%s/zmirror.yml", set->folder);
        (void) snprintf(set->socket, sizeof(set->socket), "%s/socket", set->folder);
        (void) snprintf(set->cache, sizeof(set->cache), "%s/zmirror.db", set->folder);
        (void) snprintf(set->log, sizeof(set->log), "%s/log", set->folder);
        return set_write_config(set);
}

static void set_remove(const struct stage_set *set) {
        DIR *folder = opendir(set->folder);
        const struct dirent *e;

        while (folder && (e = readdir(folder)))
                if (!text_equal(e->d_name, ".") && !text_equal(e->d_name, ".."))
                        (void) unlinkat(dirfd(folder), e->d_name, 0);
        if (folder)
                (void) closedir(folder);
        if (rmdir(set->folder) < 0)
                (void) complain("cannot remove", set->folder);
}

/* --- the daemon */

static int daemon_play(const struct stage_set *set, int fd) {
        const struct demo_daemon daemon = {
                .options = { .config_path = set->config,
                             .socket_path = set->socket,
                             .cache_path = set->cache },
                .fd = fd,
                .wall = set->begin,
        };

        (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void) unsetenv("NOTIFY_SOCKET"); /* whoever runs us is not concerned */
        (void) unsetenv("LISTEN_FDS");
        if (!freopen("/dev/null", "r", stdin) || !freopen(set->log, "we", stderr) ||
            dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
                return EXIT_FAILURE;
        return daemon_run(&daemon.options, demo_world_new);
}

static int set_start(struct stage_set *set) {
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return complain("cannot make", "a socket");
        set->daemon = fork();
        if (set->daemon < 0)
                return complain("cannot start", "the daemon");
        if (set->daemon == 0) {
                (void) close(fds[0]);
                exit(daemon_play(set, fds[1]));
        }
        (void) close(fds[1]);
        set->fd = fds[0];
        return 0;
}

/* It has ended when this returns. */
static void set_stop(const struct stage_set *set) {
        (void) close(set->fd);
        (void) kill(set->daemon, SIGTERM);
        while (waitpid(set->daemon, NULL, 0) < 0 && errno == EINTR)
                ;
}

static void set_show_log(const struct stage_set *set) {
        char buffer[4096];
        FILE *f = fopen(set->log, "re");
        size_t n;

        if (!f)
                return;
        (void) fprintf(stderr, "The daemon's log:\n");
        if (fseek(f, -3000, SEEK_END) < 0)
                rewind(f);
        while ((n = fread(buffer, 1, sizeof(buffer), f)))
                (void) fwrite(buffer, 1, n, stderr);
        (void) fclose(f);
}

/* --- the show */

static void print_beginning(void) {
        (void) printf(
                "A week with zmirror, in less than a minute. The daemon, its socket, its state\n"
                "file and the commands are the real ones. The disks and ZFS are simulated, and\n"
                "time runs faster: nothing of this machine is touched.\n");
}

/* As one would type it: by its name if it is installed, else from where we are. */
static const char *set_program(const struct stage_set *set) {
        char here[PATH_MAX];
        size_t n;

        if (text_starts(set->program, "/usr/"))
                return "zmirror";
        if (!getcwd(here, sizeof(here)))
                return set->program;
        n = strlen(here);
        return text_starts(set->program, here) && set->program[n] == '/' ? set->program + n + 1
                                                                         : set->program;
}

static void print_end(const struct stage_set *set) {
        const char *program = set_program(set);

        (void) printf("\n"
                      "That was a week. What to type next:\n"
                      "\n"
                      "  %s simulate --config-path FILE\n"
                      "      try your own configuration at a prompt: plug, pull, see what happens\n"
                      "  %s check --config-path FILE\n"
                      "      is it right, and what is understood of it?\n"
                      "  man zmirror, man zmirror.yml\n"
                      "      all of it\n",
                      program, program);
}

static int demo_play(const struct stage_set *set) {
        _cleanup_(show_freep) struct show *s = show_new(&(struct show_options){
                .program = set->program,
                .socket_path = set->socket,
                .fd = set->fd,
                .stop = &interrupted,
                .in_time = !arg_quick,
        });

        print_beginning();
        week_play(s, set->begin);
        if (interrupted) {
                (void) printf("\n");
                return 128 + interrupted;
        }
        if (show_has_failed(s)) {
                set_show_log(set);
                return EXIT_FAILURE;
        }
        print_end(set);
        return EXIT_SUCCESS;
}

static void print_usage(void) {
        (void) printf(
                "usage: zmirror demo [--quick]\n"
                "\n"
                "Shows a week with zmirror in less than a minute: the real daemon and the real\n"
                "commands, with simulated disks. Nothing of this machine is touched.\n"
                "\n"
                "  --quick     as fast as it goes\n"
                "  -h, --help  this text\n");
}

/* 0 or more: the exit status. */
static int parse_arguments(int argc, char **argv) {
        static const struct option options[] = {
                { "quick", no_argument, NULL, 'q' },
                { "help", no_argument, NULL, 'h' },
                {},
        };
        int c;

        optind = 0; /* somebody may have used it before */
        while ((c = getopt_long(argc, argv, "qh", options, NULL)) != -1)
                switch (c) {
                case 'q':
                        arg_quick = true;
                        break;
                case 'h':
                        print_usage();
                        return 0;
                default:
                        return 2;
                }
        if (optind < argc) {
                (void) fprintf(stderr, "zmirror demo: unexpected argument '%s'\n", argv[optind]);
                return 2;
        }
        return -1;
}

int demo_main(int argc, char **argv) {
        struct stage_set set = { .fd = -1 };
        int status = parse_arguments(argc, argv);

        if (status >= 0)
                return status;
        set.begin = week_begin((usec_t) time(NULL) * USEC_PER_SEC);
        signals_catch();
        status = EXIT_FAILURE;
        if (set_make(&set) == 0 && set_start(&set) == 0) {
                status = demo_play(&set);
                set_stop(&set);
        }
        set_remove(&set);
        return status;
}
