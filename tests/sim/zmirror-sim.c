/* tests/sim/zmirror-sim.c - plays random histories until one breaks an invariant, or time is up */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/config_load.h"
#include "draw.h"
#include "explore.h"
#include "history.h"
#include "invariant.h"
#include "minimise.h"

#define HISTORIES_PER_UNIVERSE 32
#define HANG_SECONDS           60
#define LINES_USUAL            40

static uint64_t arg_seed = 1, arg_histories = UINT64_MAX, arg_only;
static double arg_seconds = 10;
static uint32_t arg_lines = LINES_USUAL, arg_disks, arg_explore, arg_legs = 2;
static bool arg_replay, arg_timeline, arg_gentle, arg_go_on, arg_brief, arg_internal, arg_crashes;
static struct census *census; /* or NULL: nobody wants it */

/* One step of the engine that does not end would hang us, too. */
static uint64_t playing_seed;

static void on_alarm(int signal_number) {
        char text[160];
        int n = snprintf(text, sizeof(text),
                         "seed %" PRIu64 ": hang: a step of the engine does not end (while playing "
                         "it or a shorter form of it)\n",
                         playing_seed);

        (void) (write(STDOUT_FILENO, text, (size_t) n) < 0);
        abort();
}

static double clock_seconds(clockid_t clock) {
        struct timespec t;

        (void) clock_gettime(clock, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static double now_seconds(void) {
        return clock_seconds(CLOCK_MONOTONIC);
}

struct tally {
        uint64_t n_histories, n_steps, n_broken;
        double days;
};

static struct config *universe_config(const struct universe *u) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct diagnoses d = {};
        struct config *c = config_parse(a, "universe.yml", u->yaml.s, u->yaml.length, false, &d);

        for (size_t i = 0; i < d.count && !c; i++)
                (void) fprintf(stderr, "%s\n", diagnosis_print(a, "universe.yml", &d.items[i]));
        return c;
}

/* As it is typed to see this history again. `number`: of those that are explored. */
static void print_replay(uint64_t seed, uint64_t number) {
        if (arg_explore) {
                (void) printf("# again: ./dev sim --explore %u --legs %u%s --only %" PRIu64 "\n\n",
                              arg_explore, arg_legs, arg_internal ? " --internal" : "", number);
                return;
        }
        (void) printf("# again: ./dev sim --replay --seed %" PRIu64, seed);
        if (arg_lines != LINES_USUAL)
                (void) printf(" --lines %u", arg_lines);
        if (arg_disks)
                (void) printf(" --disks %u", arg_disks);
        (void) printf("%s%s\n\n", arg_gentle ? " --gentle" : "", arg_crashes ? " --crashes" : "");
}

static void report(struct play_history *h, const struct config *c, uint64_t seed, uint64_t number,
                   const struct verdict *v) {
        _cleanup_(config_freep) struct config *own = NULL;
        const struct config *smaller;
        size_t n = h->lines.count;
        struct verdict again;

        (void) alarm(HANG_SECONDS * 10);
        (void) printf("seed %" PRIu64 ": %s: %s\n", seed, v->kind, v->text);
        if (arg_brief)
                return;
        h->census = NULL;
        own = minimise_history(h, c, seed, v);
        smaller = own ? own : c;
        history_play(h, smaller, seed, NULL, &again);
        if (strcmp(again.text, v->text) != 0)
                (void) printf("# in what is left of it: %s: %s\n", again.kind, again.text);
        (void) printf("# the history, %zu of its %zu lines:\n", h->lines.count, n);
        history_print(h, smaller, seed, stdout);
        print_replay(seed, number);
        if (arg_timeline)
                history_play(h, smaller, seed, stdout, &again);
}

/* False: an invariant was broken. */
static bool play_one(struct play_history *h, uint64_t seed, const struct config *c,
                     struct tally *tally) {
        struct verdict v;

        playing_seed = seed;
        (void) alarm(HANG_SECONDS);
        history_play(h, c, seed, arg_timeline ? stdout : NULL, &v);
        tally->n_histories++;
        tally->n_steps += v.n_steps;
        tally->days += (double) v.duration / (double) USEC_PER_DAY;
        tally->n_broken += v.broken;
        if (v.broken)
                report(h, c, seed, tally->n_histories, &v);
        return !v.broken;
}

static bool play_seed(uint64_t seed, struct universe *u, const struct config *c,
                      struct tally *tally) {
        struct play_history h = { .census = census };
        bool good;

        draw_history(&h, u, seed,
                     &(struct draw_options){
                             .n_lines = arg_lines, .gentle = arg_gentle, .crashes = arg_crashes });
        good = play_one(&h, seed, c, tally);
        history_done(&h);
        return good;
}

/* --- a scenario --- */

/* False: it is none, or breaks an invariant. */
static bool play_scenario(const char *path) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *error = "";
        struct scenario *s = scenario_load(a, path, &error);
        struct verdict v;

        if (!s || !history_play_scenario(s, arg_timeline ? stdout : NULL, a, &v, &error)) {
                (void) fprintf(stderr, "%s\n", error);
                return false;
        }
        if (v.broken)
                (void) printf("%s: %s: %s\n", path, v.kind, v.text);
        return !v.broken;
}

/* --- exploring --- */

struct explored {
        uint64_t n;
        struct universe *universe;
        struct config *config;
        struct tally *tally;
        bool good;
};

static bool on_explored(void *userdata, struct play_history *h) {
        struct explored *x = userdata;
        struct play_history copy = { .universe = h->universe };

        if (arg_only && ++x->n < arg_only)
                return true;
        if (arg_only)
                x->tally->n_histories = arg_only - 1;
        for (size_t i = 0; i < h->lines.count; i++) /* as it may be made shorter */
                array_append(&copy.lines, h->lines.items[i]);
        x->good &= play_one(&copy, 1, x->config, x->tally);
        history_done(&copy);
        return !arg_only && (x->good || arg_go_on);
}

static bool play_explored(struct tally *tally) {
        const struct exploration x = { .n_legs = arg_legs,
                                       .internal = arg_internal,
                                       .depth = arg_explore };
        struct explored e = { .universe = universe_new_small(arg_legs, arg_internal),
                              .tally = tally,
                              .good = true };

        e.config = universe_config(e.universe);
        explore(&x, e.universe, on_explored, &e);
        (void) config_free(e.config);
        (void) universe_free(e.universe);
        return e.good;
}

/* All histories of one universe. False: stop. */
static bool play_universe(uint64_t first, uint64_t n, double until, struct tally *tally) {
        _cleanup_(universe_freep) struct universe *u = universe_new(
                first / HISTORIES_PER_UNIVERSE,
                &(struct universe_options){ .n_disks = arg_disks,
                                            .plain = arg_gentle || arg_crashes,
                                            .certain = arg_crashes });
        struct config *c = universe_config(u);
        bool good = c;

        for (uint64_t i = 0; good && i < n && tally->n_histories < arg_histories; i++) {
                good = play_seed(first + i, u, c, tally) || arg_go_on;
                if (now_seconds() > until)
                        break;
        }
        (void) config_free(c);
        return good;
}

static void usage(FILE *f) {
        (void) fprintf(
                f, "usage: zmirror-sim [option...] [scenario...]\n"
                   "Plays histories in the simulated world until one breaks an invariant, which it "
                   "then\nprints, made as short as it can be, or until time is up (10 s); or\n"
                   "these scenarios, with a look at the same invariants.\n"
                   "  --seed S           the first one (1)\n"
                   "  --seconds N        so long\n"
                   "  --histories N      so many\n"
                   "  --lines N          at most so many lines each (40)\n"
                   "  --disks N          at most so many disks (0: mostly few, seldom up to 40)\n"
                   "  --gentle           nothing goes wrong in them\n"
                   "  --crashes          but the daemon is killed, and then it comes to the same\n"
                   "  --explore DEPTH    all histories of up to that many lines of one mirror\n"
                   "  --legs N           of it: 2 or 3\n"
                   "  --internal         one of which is in the machine\n"
                   "  --only N           the Nth of them alone\n"
                   "  --replay           the history of that seed alone\n"
                   "  --timeline         what happens in each\n"
                   "  --go-on            after one that breaks\n"
                   "  --brief            does not make them short\n"
                   "  --census           how often each thing was drawn, and could be done\n");
}

static void parse_arguments(int argc, char **argv) {
        static const struct option options[] = {
                { "seconds", required_argument, NULL, 't' },
                { "seed", required_argument, NULL, 's' },
                { "histories", required_argument, NULL, 'n' },
                { "lines", required_argument, NULL, 'l' },
                { "disks", required_argument, NULL, 'd' },
                { "replay", no_argument, NULL, 'r' },
                { "timeline", no_argument, NULL, 'v' },
                { "explore", required_argument, NULL, 'e' },
                { "legs", required_argument, NULL, 'L' },
                { "crashes", no_argument, NULL, 'c' },
                { "internal", no_argument, NULL, 'i' },
                { "only", required_argument, NULL, 'o' },
                { "help", no_argument, NULL, 'h' },
                { "gentle", no_argument, NULL, 'g' },
                { "go-on", no_argument, NULL, 'k' },
                { "brief", no_argument, NULL, 'b' },
                { "census", no_argument, NULL, 'C' },
                {},
        };
        uint64_t n;
        int c;

        while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (optarg && !text_to_u64(optarg, &n)) {
                        usage(stderr);
                        exit(2);
                }
                switch (c) {
                case 't':
                        arg_seconds = (double) n;
                        break;
                case 's':
                        arg_seed = n;
                        break;
                case 'n':
                        arg_histories = n;
                        arg_seconds = 1e9;
                        break;
                case 'l':
                        arg_lines = n < 3 ? 3 : n > 100000 ? 100000 : (uint32_t) n;
                        break;
                case 'd':
                        arg_disks = n > 40 ? 40 : (uint32_t) n;
                        break;
                case 'r':
                        arg_replay = true;
                        break;
                case 'v':
                        arg_timeline = true;
                        break;
                case 'e':
                        arg_explore = n < 1 ? 1 : n > 12 ? 12 : (uint32_t) n;
                        break;
                case 'L':
                        arg_legs = n < 3 ? 2 : 3;
                        break;
                case 'c':
                        arg_crashes = true;
                        break;
                case 'i':
                        arg_internal = true;
                        break;
                case 'o':
                        arg_only = n;
                        break;
                case 'h':
                        usage(stdout);
                        exit(0);
                case 'g':
                        arg_gentle = true;
                        break;
                case 'b':
                        arg_brief = true;
                        break;
                case 'k':
                        arg_go_on = true;
                        break;
                case 'C':
                        if (!census)
                                census = census_new();
                        break;
                default:
                        usage(stderr);
                        exit(2);
                }
        }
}

int main(int argc, char **argv) {
        struct tally tally = {};
        double began = now_seconds(), took;
        uint64_t seed;
        bool good = true;

        parse_arguments(argc, argv);
        (void) signal(SIGALRM, on_alarm);
        (void) setenv("TZ", HISTORY_ZONE, true);
        tzset();
        seed = arg_seed;
        if (optind < argc) {
                for (; optind < argc; optind++)
                        good &= play_scenario(argv[optind]);
                return !good;
        }
        if (arg_replay) {
                arg_histories = 1;
                good = play_universe(seed, 1, began + 1e9, &tally);
        }
        if (arg_explore)
                good = play_explored(&tally);
        while (!arg_replay && !arg_explore && good && tally.n_histories < arg_histories &&
               now_seconds() < began + arg_seconds) {
                uint64_t n = HISTORIES_PER_UNIVERSE - seed % HISTORIES_PER_UNIVERSE;

                good = play_universe(seed, n, began + arg_seconds, &tally);
                seed += n;
        }
        took = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
        if (census)
                census_print(census, stdout);
        census = census_free(census);
        (void) fflush(stdout); /* which is the same, byte for byte, for the same seed */
        if (arg_explore && !arg_only)
                (void) fprintf(stderr, "all of up to %u lines: ", arg_explore);
        (void) fprintf(stderr,
                       "%" PRIu64 " histories, %" PRIu64 " broken; %" PRIu64
                       " steps of the engine, "
                       "%.0f a second; %.1f simulated days a second\n",
                       tally.n_histories, tally.n_broken, tally.n_steps,
                       (double) tally.n_steps / took, tally.days / took);
        return tally.n_broken || !good ? 1 : 0;
}
