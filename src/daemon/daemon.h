/* daemon/daemon.h - the loop that joins engine, world, store and api */
#pragma once

struct sd_event;
struct world;

struct daemon_options {
        const char *config_path, *socket_path, *cache_path;
        /* For tests; NULL: the usual ones. */
        const char *kstat_dir, *label_program;
};

/* Makes the world that the daemon looks at and acts on, in that event loop. 0 or negative errno. */
typedef int (*daemon_make_world)(struct sd_event *loop, const struct daemon_options *options,
                                 struct world **ret);

/* Runs until it is told to stop. The exit status of the program. */
int daemon_run(const struct daemon_options *options, daemon_make_world make_world);

/* `zmirror daemon [option...]`, in the real world; argv[0] is "daemon". */
int daemon_main(int argc, char **argv);
