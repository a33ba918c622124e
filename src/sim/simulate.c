/* sim/simulate.c - `zmirror simulate`: rehearse a configuration in the simulated world, at a prompt
 * or from a file */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sim/simulate.h"
#include "sim/stage.h"

#define PASS_AFTER_LINE (2 * USEC_PER_SEC) /* at the prompt, so that one sees what it causes */

static const char *arg_config_path;
static const char *arg_scenario;
static uint64_t arg_seed;
static bool arg_quiet, arg_translate;

static void print_usage(FILE *f) {
        (void) fprintf(
                f,
                "usage: zmirror simulate [--config-path FILE] [--seed N] [--quiet] [SCENARIO]\n"
                "Rehearses the configuration in a simulated world: nothing of this machine is\n"
                "touched, and no privileges are needed. Without a scenario there is a prompt.\n"
                "  --config-path FILE  rehearse that one (/etc/zmirror/zmirror.yml)\n"
                "  --seed N            what is left to chance: the same number, the same course\n"
                "  --quiet             only say what was not as expected\n"
                "What can be done there and in a scenario:\n");
        stage_help(f);
}

/* 0 or the exit status. -1: go on. */
static int parse_arguments(int argc, char **argv) {
        static const struct option options[] = {
                { "config-path", required_argument, NULL, 'c' },
                { "seed", required_argument, NULL, 's' },
                { "quiet", no_argument, NULL, 'q' },
                { "translate", no_argument, NULL, 't' },
                { "help", no_argument, NULL, 'h' },
                {},
        };
        int c;

        optind = 0; /* somebody may have used it before */
        while ((c = getopt_long(argc, argv, "c:s:qth", options, NULL)) != -1)
                switch (c) {
                case 'c':
                        arg_config_path = optarg;
                        break;
                case 's':
                        if (!text_to_u64(optarg, &arg_seed)) {
                                (void) fprintf(stderr, "--seed: expected a number, not '%s'\n",
                                               optarg);
                                return 2;
                        }
                        break;
                case 'q':
                        arg_quiet = true;
                        break;
                case 't':
                        arg_translate = true;
                        break;
                case 'h':
                        print_usage(stdout);
                        return 0;
                default:
                        return 2;
                }
        if (argc - optind > 1) {
                (void) fprintf(stderr, "expected one scenario at most, not '%s'\n",
                               argv[optind + 1]);
                return 2;
        }
        arg_scenario = argv[optind];
        if (arg_translate && !arg_scenario) {
                (void) fprintf(stderr, "--translate: expected a scenario\n");
                return 2;
        }
        return -1;
}

static int exit_status(enum play p) {
        switch (p) {
        case PLAY_GOOD:
                return 0;
        case PLAY_FAILED:
                return 1;
        case PLAY_MISTAKE:
                return 2;
        }
        return 1;
}

static int simulate_file(struct stage *st) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *error = "";
        struct scenario *s = scenario_load(a, arg_scenario, &error);
        enum play p = !s              ? PLAY_MISTAKE
                      : arg_translate ? stage_translate(st, s, stdout, a, &error)
                                      : stage_play_all(st, s, a, &error);

        if (p != PLAY_GOOD) {
                (void) fflush(stdout);
                (void) fprintf(stderr, "%s\n", error);
        } else if (arg_quiet && !arg_translate)
                (void) printf("%s: as expected\n", arg_scenario);
        return exit_status(p);
}

/* True: go on. */
static bool simulate_line(struct stage *st, const char *text) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct scenario_line line;
        const char *error = NULL;

        if (!scenario_parse_line(a, text, &line, &error)) {
                if (error)
                        (void) printf("%s\n", error);
                return true;
        }
        if (text_equal(line.words[0], "help")) {
                stage_help(stdout);
                return true;
        }
        if (text_equal(line.words[0], "quit") || text_equal(line.words[0], "exit"))
                return false;
        if (stage_play(st, &line) != PLAY_GOOD)
                (void) printf("%s\n", stage_error(st));
        else if (!text_equal(line.words[0], "wait") && !text_equal(line.words[0], "status"))
                (void) stage_pass(st, PASS_AFTER_LINE);
        return true;
}

/* False: the configuration has errors, or nobody can simulate it. */
static bool simulate_begin(struct stage *st) {
        static const char *const words[] = { "status" };

        if (stage_play(st, &(struct scenario_line){ .words = words, .n_words = 1 }) == PLAY_GOOD)
                return true;
        (void) fflush(stdout);
        (void) fprintf(stderr, "%s\n", stage_error(st));
        return false;
}

static int simulate_prompt(struct stage *st) {
        bool terminal = isatty(STDIN_FILENO), more = true;
        char *line = NULL;
        size_t size = 0;

        if (terminal)
                (void) printf("A world as %s describes it. `help` tells what can be done, `quit` "
                              "ends.\n",
                              arg_config_path);
        if (!simulate_begin(st))
                return 2;
        while (more) {
                if (terminal) {
                        (void) printf("> ");
                        (void) fflush(stdout);
                }
                if (getline(&line, &size, stdin) < 0)
                        break;
                more = simulate_line(st, line);
        }
        free(line);
        return 0;
}

int simulate_main(int argc, char **argv) {
        _cleanup_(stage_freep) struct stage *st = NULL;
        int r = parse_arguments(argc, argv);

        if (r >= 0)
                return r;
        if (!arg_config_path)
                arg_config_path = getenv("ZMIRROR_CONFIG_PATH");
        if (!arg_config_path)
                arg_config_path = "/etc/zmirror/zmirror.yml";
        st = stage_new(&(struct stage_options){
                .seed = arg_seed,
                .config_path = arg_config_path,
                .timeline = arg_quiet || arg_translate ? NULL : stdout,
                .color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
        });
        return arg_scenario ? simulate_file(st) : simulate_prompt(st);
}
