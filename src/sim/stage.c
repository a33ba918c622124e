/* sim/stage.c - where a scenario is played: from its lines to what they do (play.c, mishap.c) */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/actor.h"
#include "sim/translate.h"

/* --- words --- */

static void stage_say_error(struct stage *st, const char *format, va_list args)
        __attribute__((format(printf, 2, 0)));

static void stage_say_error(struct stage *st, const char *format, va_list args) {
        text_clear(&st->error);
        text_vaddf(&st->error, format, args);
}

enum play stage_mistake(struct stage *st, const char *format, ...) {
        va_list args;

        va_start(args, format);
        stage_say_error(st, format, args);
        va_end(args);
        return PLAY_MISTAKE;
}

enum play stage_failed(struct stage *st, const char *format, ...) {
        va_list args;

        va_start(args, format);
        stage_say_error(st, format, args);
        va_end(args);
        return PLAY_FAILED;
}

const char *const *words_copy(struct arena *a, const char *const *words, uint32_t n) {
        const char **copy = arena_new_array(a, const char *, n + 1);

        for (uint32_t i = 0; i < n; i++)
                copy[i] = arena_strdup(a, words[i]);
        return copy;
}

static const char *words_with(struct arena *a, const char *between, const char *const *words,
                              uint32_t n) {
        struct text t = {};
        const char *s;

        for (uint32_t i = 0; i < n; i++)
                text_addf(&t, "%s%s", i ? between : "", words[i]);
        s = arena_strdup(a, t.s ? t.s : "");
        text_done(&t);
        return s;
}

const char *words_join(struct arena *a, const char *const *words, uint32_t n) {
        return words_with(a, " ", words, n);
}

const char *words_list(struct arena *a, const char *const *words, uint32_t n) {
        return words_with(a, ", ", words, n);
}

uint32_t words_of_entity(const char *const *words, uint32_t n) {
        enum entity_type type;
        uint32_t need = 2;

        if (!n || !entity_type_parse(words[0], &type))
                return 0;
        if (type == ENTITY_ZVOL || type == ENTITY_DATASET || type == ENTITY_ZDEV)
                need = 3;
        return n >= need ? need : 0;
}

bool stage_find_entity(struct stage *st, const char *const *words, uint32_t n, entity_id *ret) {
        enum entity_type type;

        if (!n || !entity_type_parse(words[0], &type)) {
                (void) stage_mistake(st,
                                     "expected disk, part, crypt, zpool, zvol, dataset or "
                                     "zdev%s%s%s",
                                     n ? ", not '" : "", n ? words[0] : "", n ? "'" : "");
                return false;
        }
        if (words_of_entity(words, n) != n) {
                (void) stage_mistake(st, "expected '%s %s', not '%s'", words[0],
                                     type >= ENTITY_ZVOL ? "<pool> <name>" : "<name>",
                                     words_join(st->arena, words, n));
                return false;
        }
        *ret = config_find(st->config, type, words + 1, n - 1);
        if (*ret != ENTITY_NONE)
                return true;
        (void) stage_mistake(st, "the configuration has no %s", words_join(st->arena, words, n));
        return false;
}

bool stage_parse_duration(struct stage *st, const char *const *words, uint32_t n, usec_t *ret) {
        const char *text = words_join(st->arena, words, n);
        struct span span;
        uint64_t ms;

        if (n == 2 && text_equal(words[1], "ms") && text_to_u64(words[0], &ms) && ms < 1000000) {
                *ret = ms * USEC_PER_MSEC;
                return true;
        }
        if (n && span_parse(text, &span) && !span_is_nil(span)) {
                *ret = span.usec + span.months * 30 * USEC_PER_DAY;
                return true;
        }
        (void) stage_mistake(st, "expected a time span such as '10 s' or '2 h 30 min', not '%s'",
                             text);
        return false;
}

bool stage_parse_number(struct stage *st, const char *word, uint64_t max, uint64_t *ret) {
        if (text_to_u64(word, ret) && *ret <= max)
                return true;
        (void) stage_mistake(st, "expected a number up to %llu, not '%s'", (unsigned long long) max,
                             word);
        return false;
}

/* 512, 40M, 5G, 1T */
bool stage_parse_size(struct stage *st, const char *word, uint64_t *ret) {
        static const char letters[] = "KMGT";
        char digits[32] = "";
        size_t n = strspn(word, "0123456789");
        const char *letter = n && word[n] ? strchr(letters, word[n]) : NULL;
        uint64_t value;

        if (n && n < sizeof(digits) && (!word[n] || (letter && !word[n + 1]))) {
                memcpy(digits, word, n);
                if (text_to_u64(digits, &value) && value && value < (uint64_t) 1 << 20) {
                        *ret = letter ? value << 10 * (letter - letters + 1) : value;
                        return true;
                }
        }
        (void) stage_mistake(st, "expected a size such as 40M or 5G, not '%s'", word);
        return false;
}

enum play stage_disk_mistake(struct stage *st, const char *name, const char *why) {
        const struct sim *s = rehearsal_sim(st->rehearsal);

        return stage_mistake(st, "there is no disk '%s'%s; plugged: %s; in the drawer: %s", name,
                             why, sim_list_disks(s, st->arena, true),
                             sim_list_disks(s, st->arena, false));
}

/* --- the world --- */

static const char *diagnoses_text(struct stage *st, const char *path, const struct diagnoses *d) {
        struct text t = {};
        const char *s;

        text_add(&t, "the configuration has errors:");
        for (size_t i = 0; i < d->count; i++)
                if (d->items[i].is_error)
                        text_addf(&t, "\n%s", diagnosis_print(st->arena, path, &d->items[i]));
        s = arena_strdup(st->arena, t.s);
        text_done(&t);
        return s;
}

/* The configuration of the line: a block or a file. NULL: stage_mistake was called. */
const struct config *stage_load_config(struct stage *st, const struct scenario_line *l) {
        struct diagnoses d = {};
        struct config *c;
        const char *path = l && l->n_words > 1 ? l->words[1] : st->options.config_path;

        if (l && l->block) {
                struct text text = {};

                for (uint32_t i = 1; i < l->block_number; i++)
                        text_add(&text, "\n"); /* so that messages name the line in the scenario */
                text_add_bytes(&text, l->block, l->block_length);
                path = st->path ? st->path : "scenario";
                c = config_parse(st->arena, path, text.s, text.length, false, &d);
                text_done(&text);
        } else {
                if (l && st->path && path[0] != '/' && strrchr(st->path, '/'))
                        path = arena_printf(st->arena, "%.*s/%s",
                                            (int) (strrchr(st->path, '/') - st->path), st->path,
                                            path);
                c = config_load(st->arena, path, false, &d);
        }
        if (!c) {
                (void) stage_mistake(st, "%s", diagnoses_text(st, path, &d));
                return NULL;
        }
        array_append(&st->configs, c);
        return c;
}

static void on_effects(void *userdata, const struct effects *e) {
        struct stage *st = userdata;
        const struct rehearsal_watcher *also = st->options.also;

        for (size_t i = 0; i < e->tells.count; i++) {
                const struct effect_tell *tell = &e->tells.items[i];

                if (!tell->client || tell->client > st->requests.count)
                        continue;
                st->requests.items[tell->client - 1].ended |= tell->ended;
                st->requests.items[tell->client - 1].fulfilled |= tell->fulfilled;
                st->requests.items[tell->client - 1].reason = reason_print(st->arena, st->config,
                                                                           &tell->reason);
        }
        if (st->timeline)
                timeline_on_effects(st->timeline, e);
        if (also && also->on_effects)
                also->on_effects(also->userdata, e);
}

static void on_ambush(void *userdata, uint64_t number) {
        struct stage *st = userdata;

        (void) stage_play(st, &st->ambushes.items[number].line);
}

/* Somebody waited for a command of this kind. */
static void stage_spring(struct stage *st, const struct command *c) {
        for (size_t i = 0; i < st->ambushes.count; i++) {
                struct ambush *a = &st->ambushes.items[i];

                if (a->sprung || a->kind != c->kind)
                        continue;
                a->sprung = true;
                sim_call_later(rehearsal_sim(st->rehearsal), a->delay, on_ambush, st, i);
                return;
        }
}

static void on_run(void *userdata, const struct command *c) {
        struct stage *st = userdata;
        const struct rehearsal_watcher *also = st->options.also;

        stage_spring(st, c);

        array_append(&st->runs, command_print(st->arena, c));
        if (st->timeline)
                timeline_on_run(st->timeline, c);
        if (also && also->on_run)
                also->on_run(also->userdata, c);
}

static void on_run_end(void *userdata, const struct command_end *end) {
        struct stage *st = userdata;

        if (st->timeline)
                timeline_on_end(st->timeline, end);
}

/* The first line that needs a world makes it, and starts the daemon. */
static bool stage_open(struct stage *st) {
        const char *error = "";

        if (st->rehearsal)
                return true;
        if (!st->config && st->options.config_path)
                st->config = stage_load_config(st, NULL);
        else if (!st->config)
                (void) stage_mistake(st, "expected a configuration first ('config ... end')");
        if (!st->config)
                return false;
        st->rehearsal = rehearsal_new(st->config, &st->sim, &error);
        if (!st->rehearsal) {
                (void) stage_mistake(st, "%s", error);
                return false;
        }
        rehearsal_watch(st->rehearsal, (struct rehearsal_watcher){ .on_effects = on_effects,
                                                                   .on_run = on_run,
                                                                   .on_run_end = on_run_end,
                                                                   .userdata = st });
        if (st->timeline)
                timeline_follow(st->timeline, st->rehearsal);
        if (!st->start_stopped) {
                rehearsal_start(st->rehearsal);
                rehearsal_run(st->rehearsal, 2 * USEC_PER_SEC); /* it looks around */
        }
        return true;
}
/* --- the lines --- */

#define HELP_COLUMN 32 /* where what a line does is told, of 80 */

static const struct verb *(*const tables[])(size_t *ret_n) = { play_verbs, mishap_verbs };

/* A text that is too long goes on below. */
static void verb_help(const struct verb *v, FILE *f) {
        int room = HELP_COLUMN - 3;

        (void) fprintf(f, "  %-*s", *v->help ? room : 0, v->usage);
        if (*v->help && strlen(v->usage) > (size_t) room)
                (void) fprintf(f, "\n  %*s", room, "");
        (void) fprintf(f, "%s%s\n", *v->help ? " " : "", v->help);
}

void stage_help(FILE *f) {
        for (size_t t = 0; t < ELEMENTSOF(tables); t++) {
                size_t n;
                const struct verb *verbs = tables[t](&n);

                for (size_t i = 0; i < n; i++)
                        verb_help(&verbs[i], f);
        }
        expect_help(f);
}

const struct verb *verb_find(const char *name) {
        for (size_t t = 0; t < ELEMENTSOF(tables); t++) {
                size_t n;
                const struct verb *verbs = tables[t](&n);

                for (size_t i = 0; i < n; i++)
                        if (text_equal(verbs[i].name, name))
                                return &verbs[i];
        }
        return NULL;
}

static enum play verb_mistake(struct stage *st, const char *word) {
        ARRAY(const char *) names = {};
        const char *near;

        for (size_t t = 0; t < ELEMENTSOF(tables); t++) {
                size_t n;
                const struct verb *verbs = tables[t](&n);

                for (size_t i = 0; i < n; i++)
                        array_append(&names, verbs[i].name);
        }
        near = text_nearest(word, names.items, names.count);
        array_done(&names);
        if (near)
                return stage_mistake(st, "nobody can '%s', did you mean '%s'?", word, near);
        return stage_mistake(st, "nobody can '%s'; expected plug, pull, write, wait, expect, ...",
                             word);
}

enum play stage_play(struct stage *st, const struct scenario_line *l) {
        const struct verb *v = verb_find(l->words[0]);

        if (!v)
                return verb_mistake(st, l->words[0]);
        if (l->n_words < v->min || l->n_words > v->max)
                return stage_mistake(st, "expected '%s'", v->usage);
        if (!(v->is & BEFORE) && !stage_open(st))
                return PLAY_MISTAKE;
        if (!(v->is & (BEFORE | QUIET)) && st->timeline)
                timeline_do(st->timeline, words_join(st->arena, l->words, l->n_words));
        return v->play(st, l);
}

const char *stage_error(const struct stage *st) {
        return st->error.s ? st->error.s : "";
}

enum play stage_play_all(struct stage *st, const struct scenario *s, struct arena *a,
                         const char **ret_error) {
        st->path = s->path;
        for (uint32_t i = 0; i < s->n_lines; i++) {
                enum play p = stage_play(st, &s->lines[i]);

                if (p == PLAY_GOOD)
                        continue;
                *ret_error = arena_printf(a, "%s:%u: %s", s->path, s->lines[i].number,
                                          stage_error(st));
                return p;
        }
        if (st->timeline && st->rehearsal) /* what the last line causes is told, too */
                (void) rehearsal_rest(st->rehearsal, 2 * USEC_PER_HOUR);
        return PLAY_GOOD;
}

static const struct scenario_line *find_config(const struct scenario *s) {
        for (uint32_t i = 0; i < s->n_lines; i++)
                if (text_equal(s->lines[i].words[0], "config") && s->lines[i].block)
                        return &s->lines[i];
        return NULL;
}

enum play stage_translate(struct stage *st, const struct scenario *s, FILE *f, struct arena *a,
                          const char **ret_error) {
        const struct scenario_line *config = find_config(s);

        st->path = s->path;
        st->start_stopped = true;
        if (!config) {
                *ret_error = arena_printf(a, "%s: expected 'config ... end'", s->path);
                return PLAY_MISTAKE;
        }
        for (const struct scenario_line *l = s->lines; l <= config; l++) {
                if (stage_play(st, l) == PLAY_GOOD)
                        continue;
                *ret_error = arena_printf(a, "%s:%u: %s", s->path, l->number, stage_error(st));
                return PLAY_MISTAKE;
        }
        if (!stage_open(st)) {
                *ret_error = arena_printf(a, "%s:%u: %s", s->path, config->number, stage_error(st));
                return PLAY_MISTAKE;
        }
        translate_world(rehearsal_sim(st->rehearsal), f);
        translate_lines(s, f);
        return PLAY_GOOD;
}

bool stage_pass(struct stage *st, usec_t duration) {
        if (st->rehearsal)
                rehearsal_run(st->rehearsal, duration);
        return st->rehearsal;
}

struct rehearsal *stage_rehearsal(struct stage *st) {
        return st->rehearsal;
}

struct stage *stage_new(const struct stage_options *options) {
        struct stage *st = memory_new(1, sizeof(*st));

        st->options = *options;
        st->config = options->config;
        st->arena = arena_new();
        st->sim.seed = options->seed;
        st->sim.jitter = options->jitter;
        st->sim.old_zfs = options->old_zfs;
        if (options->timeline)
                st->timeline = timeline_new(st, options->timeline, options->color);
        return st;
}

struct stage *stage_free(struct stage *st) {
        if (!st)
                return NULL;
        (void) rehearsal_free(st->rehearsal);
        (void) timeline_free(st->timeline);
        for (size_t i = 0; i < st->configs.count; i++)
                (void) config_free(st->configs.items[i]);
        array_done(&st->configs);
        array_done(&st->runs);
        array_done(&st->may_run);
        array_done(&st->requests);
        array_done(&st->ambushes);
        text_done(&st->error);
        (void) arena_free(st->arena);
        free(st);
        return NULL;
}
