/* sim/stage.c - where a scenario is played: what its lines do */
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

static const char *const *words_copy(struct arena *a, const char *const *words, uint32_t n) {
        const char **copy = arena_new_array(a, const char *, n + 1);

        for (uint32_t i = 0; i < n; i++)
                copy[i] = arena_strdup(a, words[i]);
        return copy;
}

const char *words_join(struct arena *a, const char *const *words, uint32_t n) {
        struct text t = {};
        const char *s;

        for (uint32_t i = 0; i < n; i++)
                text_addf(&t, "%s%s", i ? " " : "", words[i]);
        s = arena_strdup(a, t.s ? t.s : "");
        text_done(&t);
        return s;
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

static bool stage_parse_number(struct stage *st, const char *word, uint64_t max, uint64_t *ret) {
        if (text_to_u64(word, ret) && *ret <= max)
                return true;
        (void) stage_mistake(st, "expected a number up to %llu, not '%s'", (unsigned long long) max,
                             word);
        return false;
}

/* 512, 40M, 5G, 1T */
static bool stage_parse_size(struct stage *st, const char *word, uint64_t *ret) {
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
static const struct config *stage_load_config(struct stage *st, const struct scenario_line *l) {
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

/* --- what lines do --- */

static enum play play_config(struct stage *st, const struct scenario_line *l) {
        if (st->rehearsal)
                return stage_mistake(st, "expected 'config' before anything happens ('reload' "
                                         "changes it later)");
        st->config = stage_load_config(st, l);
        return st->config ? PLAY_GOOD : PLAY_MISTAKE;
}

static enum play play_reload(struct stage *st, const struct scenario_line *l) {
        const struct config *c = stage_load_config(st, l);

        if (!c)
                return PLAY_MISTAKE;
        st->config = c;
        rehearsal_reload(st->rehearsal, c);
        return PLAY_GOOD;
}

static enum play play_zfs(struct stage *st, const struct scenario_line *l) {
        if (!text_equal(l->words[1], "2.1") && !text_equal(l->words[1], "2.3"))
                return stage_mistake(st, "expected 2.1 or 2.3, not '%s'", l->words[1]);
        if (st->rehearsal)
                return stage_mistake(st, "expected 'zfs' before anything happens");
        st->sim.old_zfs = text_equal(l->words[1], "2.1");
        return PLAY_GOOD;
}

static enum play play_clock(struct stage *st, const struct scenario_line *l) {
        const char *text = words_join(st->arena, l->words + 1, l->n_words - 1);
        usec_t wall, step;

        if (st->rehearsal && (*text == '+' || *text == '-')) {
                const char *span = text + 1;

                if (!stage_parse_duration(st, &span, 1, &step))
                        return PLAY_MISTAKE;
                rehearsal_set_clock(st->rehearsal, *text == '+' ? (int64_t) step : -(int64_t) step);
                return PLAY_GOOD;
        }
        if (!time_parse_iso(text, &wall) &&
            !time_parse_iso(arena_printf(st->arena, "%s:00", text), &wall))
                return stage_mistake(st,
                                     "expected a date and a time such as 2026-03-01 "
                                     "22:00, not '%s'",
                                     text);
        if (!st->rehearsal)
                st->sim.wall = wall;
        else
                rehearsal_set_clock(st->rehearsal,
                                    (int64_t) (wall - rehearsal_now(st->rehearsal).wall));
        return PLAY_GOOD;
}

static enum play play_suspend(struct stage *st, const struct scenario_line *l) {
        usec_t duration;

        if (!stage_parse_duration(st, l->words + 1, l->n_words - 1, &duration))
                return PLAY_MISTAKE;
        rehearsal_suspend(st->rehearsal, duration);
        return PLAY_GOOD;
}

/* As in the variable TZ; it is the process's. */
static enum play play_zone(struct stage *st, const struct scenario_line *l) {
        if (st->rehearsal)
                return stage_mistake(st, "expected 'zone' before anything happens");
        (void) setenv("TZ", l->words[1], /* overwrite= */ 1);
        tzset();
        return PLAY_GOOD;
}

static enum play play_seed(struct stage *st, const struct scenario_line *l) {
        if (st->rehearsal)
                return stage_mistake(st, "expected 'seed' before anything happens");
        st->sim.jitter = true;
        return stage_parse_number(st, l->words[1], UINT64_MAX, &st->sim.seed) ? PLAY_GOOD
                                                                              : PLAY_MISTAKE;
}

static enum play play_stopped(struct stage *st, const struct scenario_line *l) {
        if (st->rehearsal)
                return stage_mistake(st, "expected 'stopped' before anything happens; did you mean "
                                         "'stop'?");
        st->start_stopped = true;
        return PLAY_GOOD;
}

static enum play disk_mistake(struct stage *st, const char *name, const char *why) {
        const struct sim *s = rehearsal_sim(st->rehearsal);

        return stage_mistake(st, "there is no disk '%s'%s; plugged: %s; in the drawer: %s", name,
                             why, sim_list_disks(s, st->arena, true),
                             sim_list_disks(s, st->arena, false));
}

static enum play play_plug(struct stage *st, const struct scenario_line *l) {
        return sim_plug(rehearsal_sim(st->rehearsal), l->words[1])
                       ? PLAY_GOOD
                       : disk_mistake(st, l->words[1], " in the drawer");
}

static enum play play_pull(struct stage *st, const struct scenario_line *l) {
        return sim_pull(rehearsal_sim(st->rehearsal), l->words[1])
                       ? PLAY_GOOD
                       : disk_mistake(st, l->words[1], " plugged");
}

static enum play play_write(struct stage *st, const struct scenario_line *l) {
        uint64_t bytes;

        if (!stage_parse_size(st, l->words[2], &bytes))
                return PLAY_MISTAKE;
        if (!sim_write(rehearsal_sim(st->rehearsal), l->words[1], bytes))
                return stage_mistake(st, "no pool '%s' is imported", l->words[1]);
        return PLAY_GOOD;
}

static enum play play_wait(struct stage *st, const struct scenario_line *l) {
        usec_t duration, within = 2 * USEC_PER_HOUR;
        static const char *const rest[] = { "rest" };
        uint32_t n = l->n_words;

        if (n == 1)
                return stage_wait_until(st, rest, 1, within);
        if (text_equal(l->words[1], "until")) {
                for (uint32_t i = 2; i < n; i++)
                        if (text_equal(l->words[i], "within")) {
                                if (!stage_parse_duration(st, l->words + i + 1, n - i - 1, &within))
                                        return PLAY_MISTAKE;
                                n = i;
                        }
                return stage_wait_until(st, l->words + 2, n - 2, within);
        }
        if (!stage_parse_duration(st, l->words + 1, n - 1, &duration))
                return PLAY_MISTAKE;
        rehearsal_run(st->rehearsal, duration);
        return PLAY_GOOD;
}

static enum play play_expect(struct stage *st, const struct scenario_line *l) {
        return stage_expect(st, l->words + 1, l->n_words - 1);
}

static uint64_t stage_new_client(struct stage *st) {
        array_append(&st->requests, (struct stage_request){ .reason = "" });
        return st->requests.count;
}

static void stage_wish(struct stage *st, struct input_wish *wishes, uint32_t n, bool cancel,
                       bool all) {
        for (uint32_t i = 0; i < n; i++)
                if (cancel)
                        (void) rehearsal_cancel(st->rehearsal,
                                                &(struct input_cancel){ .wish = wishes[i].wish,
                                                                        .entity = wishes[i].entity,
                                                                        .for_all = all });
                else
                        wishes[i].client = stage_new_client(st);
        if (!cancel)
                (void) rehearsal_wishes(st->rehearsal, wishes, n);
}

/* Of everything that can do it, or of what is in that group. */
static enum play stage_wish_many(struct stage *st, const struct input_wish *like, const char *group,
                                 bool cancel) {
        struct input_wish *wishes = arena_new_array(st->arena, struct input_wish,
                                                    st->config->n_entities);
        uint32_t n = 0;

        if (like->accept_data_loss || like->overwrite_leg)
                return stage_mistake(st, "what may be lost is said of one entity, not of many");
        for (uint32_t i = 0; i < st->config->n_entities; i++) {
                const struct entity *e = config_entity(st->config, i);

                if (!wish_suits(like->wish, e->type) || (group && !entity_is_in_group(e, group)))
                        continue;
                wishes[n] = *like;
                wishes[n++].entity = i;
        }
        if (!n && group)
                return stage_mistake(st, "nothing in a group '%s' can '%s'", group,
                                     wish_print(like->wish));
        stage_wish(st, wishes, n, cancel, !group);
        return PLAY_GOOD;
}

/* online zdev tank tank-b [--cancel] [--accept-data-loss] [--overwrite-leg] */
static enum play play_wish(struct stage *st, const struct scenario_line *l) {
        struct input_wish w = { .origin = ORIGIN_PERSON };
        const char *words[SCENARIO_WORDS_MAX];
        bool cancel = false;
        uint32_t n = 0;

        (void) wish_parse(l->words[0], &w.wish);
        for (uint32_t i = 1; i < l->n_words; i++)
                if (text_equal(l->words[i], "--cancel"))
                        cancel = true;
                else if (text_equal(l->words[i], "--accept-data-loss"))
                        w.accept_data_loss = true;
                else if (text_equal(l->words[i], "--overwrite-leg"))
                        w.overwrite_leg = true;
                else if (text_starts(l->words[i], "--"))
                        return stage_mistake(st, "unknown option '%s'", l->words[i]);
                else
                        words[n++] = l->words[i];
        if (!rehearsal_engine(st->rehearsal))
                return stage_mistake(st, "the daemon does not run");
        if (n == 1 && text_equal(words[0], "all"))
                return stage_wish_many(st, &w, NULL, cancel);
        if (n == 1 && text_equal(words[0], "group"))
                return stage_mistake(st, "expected the name of a group");
        if (n == 2 && text_equal(words[0], "group"))
                return stage_wish_many(st, &w, words[1], cancel);
        if (!stage_find_entity(st, words, n, &w.entity))
                return PLAY_MISTAKE;
        if (!wish_suits(w.wish, config_entity(st->config, w.entity)->type))
                return stage_mistake(st, "a %s cannot '%s'", words[0], l->words[0]);
        stage_wish(st, &w, 1, cancel, false);
        return PLAY_GOOD;
}

/* maintenance, scrub-overdue, scrub-all, ... */
static enum play play_maintenance(struct stage *st, const struct scenario_line *l) {
        const struct engine *e = rehearsal_engine(st->rehearsal);
        const char *dash = strchr(l->words[0], '-');
        unsigned operations = !dash                            ? ~0u
                              : text_starts(l->words[0], "sc") ? 1u << OPERATION_SCRUB
                              : text_starts(l->words[0], "tr") ? 1u << OPERATION_TRIM
                                                               : 1u << OPERATION_UPDATE;
        struct chore *chores;
        uint32_t n;

        if (!e)
                return stage_mistake(st, "the daemon does not run");
        n = engine_view_chores(e, st->arena, operations, dash && text_equal(dash, "-all"),
                               rehearsal_now(st->rehearsal), &chores);
        (void) rehearsal_chores(st->rehearsal, chores, n);
        return PLAY_GOOD;
}

static enum play play_may_run(struct stage *st, const struct scenario_line *l) {
        array_append(&st->may_run, words_join(st->arena, l->words + 1, l->n_words - 1));
        return PLAY_GOOD;
}

static enum play play_forget(struct stage *st, const struct scenario_line *l) {
        const char *why;
        entity_id id;

        if (!stage_find_entity(st, l->words + 1, l->n_words - 1, &id))
                return PLAY_MISTAKE;
        return rehearsal_forget_entity(st->rehearsal, id, st->arena, &why)
                       ? PLAY_GOOD
                       : stage_mistake(st, "it is not forgotten: %s", why);
}

static enum play play_startup(struct stage *st, const struct scenario_line *l) {
        return rehearsal_startup(st->rehearsal) ? PLAY_GOOD
                                                : stage_mistake(st, "the daemon does not run");
}

static enum play play_type(struct stage *st, const struct scenario_line *l) {
        static const char *const programs[] = { "zpool", "zfs", "cryptsetup", "udevadm",
                                                "zmirror" };
        bool known = false;

        for (size_t i = 0; i < ELEMENTSOF(programs); i++)
                known |= text_equal(l->words[1], programs[i]);
        if (!known)
                return stage_mistake(st,
                                     "nobody can type '%s' here; expected zpool, zfs or "
                                     "cryptsetup, with what follows",
                                     l->words[1]);
        sim_type(rehearsal_sim(st->rehearsal), l->words + 1);
        rehearsal_run(st->rehearsal, USEC_PER_SEC);
        return PLAY_GOOD;
}

static enum play play_start(struct stage *st, const struct scenario_line *l) {
        if (rehearsal_engine(st->rehearsal))
                return stage_mistake(st, "the daemon runs already");
        rehearsal_start(st->rehearsal);
        return PLAY_GOOD;
}

static enum play play_stop(struct stage *st, const struct scenario_line *l) {
        if (!rehearsal_engine(st->rehearsal))
                return stage_mistake(st, "the daemon does not run");
        rehearsal_stop(st->rehearsal);
        return PLAY_GOOD;
}

static enum play play_restart(struct stage *st, const struct scenario_line *l) {
        rehearsal_stop(st->rehearsal);
        rehearsal_start(st->rehearsal);
        return PLAY_GOOD;
}

/* kill [after N]: with -9, perhaps after N more effects. */
static enum play play_kill(struct stage *st, const struct scenario_line *l) {
        uint64_t n = 0;

        if (l->n_words == 1)
                return play_stop(st, l);
        if (l->n_words != 3 || !text_equal(l->words[1], "after"))
                return stage_mistake(st, "expected 'kill' or 'kill after <number of effects>'");
        if (!stage_parse_number(st, l->words[2], 100000, &n))
                return PLAY_MISTAKE;
        rehearsal_kill_after(st->rehearsal, (uint32_t) n);
        return PLAY_GOOD;
}

static enum play play_reboot(struct stage *st, const struct scenario_line *l) {
        bool clean = text_equal(l->words[0], "reboot"), ran = rehearsal_engine(st->rehearsal);

        rehearsal_reboot(st->rehearsal, clean);
        if (ran)
                rehearsal_start(st->rehearsal);
        return PLAY_GOOD;
}

static enum play play_lose_memory(struct stage *st, const struct scenario_line *l) {
        if (rehearsal_engine(st->rehearsal))
                return stage_mistake(st, "expected 'stop' before 'lose-memory'");
        rehearsal_forget(st->rehearsal);
        return PLAY_GOOD;
}

/* The daemon stops at its next write, and cannot be started. */
static enum play play_state_file(struct stage *st, const struct scenario_line *l) {
        if (!text_equal(l->words[1], "full") && !text_equal(l->words[1], "writable"))
                return stage_mistake(st, "expected full or writable, not '%s'", l->words[1]);
        rehearsal_set_full(st->rehearsal, text_equal(l->words[1], "full"));
        return PLAY_GOOD;
}

static bool command_kind_parse(const char *s, enum command_kind *ret) {
        for (enum command_kind k = COMMAND_SETTLE; k < _COMMAND_KIND_MAX; k++)
                if (text_equal(command_kind_print(k), s)) {
                        *ret = k;
                        return true;
                }
        return false;
}

static const char *command_kinds(struct stage *st) {
        struct text t = {};
        const char *s;

        for (enum command_kind k = COMMAND_SETTLE; k < _COMMAND_KIND_MAX; k++)
                text_addf(&t, "%s%s", k ? ", " : "", command_kind_print(k));
        s = arena_strdup(st->arena, t.s);
        text_done(&t);
        return s;
}

/* Commands as one types them. */
static const struct {
        const char *program, *verb;
        enum command_kind kind;
} typed_commands[] = {
        { "zpool", "import", COMMAND_POOL_IMPORT },
        { "zpool", "export", COMMAND_POOL_EXPORT },
        { "zpool", "online", COMMAND_LEG_ONLINE },
        { "zpool", "offline", COMMAND_LEG_OFFLINE },
        { "zpool", "clear", COMMAND_LEG_CLEAR },
        { "zpool", "sync", COMMAND_POOL_SYNC },
        { "zpool", "scrub", COMMAND_SCRUB },
        { "zpool", "trim", COMMAND_TRIM },
        { "zfs", "snapshot", COMMAND_SNAPSHOT },
        { "zfs", "mount", COMMAND_MOUNT },
        { "zfs", "umount", COMMAND_UNMOUNT },
        { "zfs", "get", COMMAND_VOLMODE_GET },
        { "zfs", "set", COMMAND_VOLMODE },
        { "cryptsetup", "open", COMMAND_CRYPT_OPEN },
        { "udevadm", "settle", COMMAND_SETTLE },
        { "cryptsetup", "close", COMMAND_CRYPT_CLOSE },
        { "zmirror", "enable-trim", COMMAND_ENABLE_TRIM },
        { "zmirror", "power-off", COMMAND_POWER_OFF },
};

/* fail next <program> <verb> */
static enum play play_fail(struct stage *st, const struct scenario_line *l) {
        struct text all = {};
        enum play p;

        if (!text_equal(l->words[1], "next"))
                return stage_mistake(st, "expected 'fail next <command>', such as 'fail next zpool "
                                         "online'");
        for (size_t i = 0; i < ELEMENTSOF(typed_commands); i++) {
                text_addf(&all, "%s%s %s", i ? ", " : "", typed_commands[i].program,
                          typed_commands[i].verb);
                if (!text_equal(l->words[2], typed_commands[i].program) ||
                    !text_equal(l->words[3], typed_commands[i].verb))
                        continue;
                sim_fail_next(rehearsal_sim(st->rehearsal), typed_commands[i].kind, SIM_FAULT_FAIL,
                              1);
                text_done(&all);
                return PLAY_GOOD;
        }
        p = stage_mistake(st, "expected one of %s, not '%s %s'", all.s, l->words[2], l->words[3]);
        text_done(&all);
        return p;
}

static const struct verb *verb_find(const char *name);
static bool verb_is_sudden(const struct verb *v);

/* at-next <command> [<span>] <line>: the line is played when zmirror runs such a command next, or
 * so long after that. */
static enum play play_at_next(struct stage *st, const struct scenario_line *l) {
        struct ambush a = {};
        uint32_t from = 2;

        if (!command_kind_parse(l->words[1], &a.kind))
                return stage_mistake(st, "expected one of %s, not '%s'", command_kinds(st),
                                     l->words[1]);
        if (l->n_words > 4 && strspn(l->words[2], "0123456789")) {
                if (!stage_parse_duration(st, l->words + 2, 2, &a.delay))
                        return PLAY_MISTAKE;
                from = 4;
        }
        if (!verb_is_sudden(verb_find(l->words[from])))
                return stage_mistake(st,
                                     "expected something that happens to the world, such as "
                                     "'pull <disk>', not '%s'",
                                     l->words[from]);
        a.line = *l;
        a.line.n_words = l->n_words - from;
        a.line.words = words_copy(st->arena, l->words + from, a.line.n_words);
        array_append(&st->ambushes, a);
        return PLAY_GOOD;
}

/* fail-next <command> <how> [count] */
static enum play play_fail_next(struct stage *st, const struct scenario_line *l) {
        enum command_kind kind;
        enum sim_fault fault;
        uint64_t n = 1;

        if (!command_kind_parse(l->words[1], &kind))
                return stage_mistake(st, "expected one of %s, not '%s'", command_kinds(st),
                                     l->words[1]);
        if (!sim_fault_parse(l->words[2], &fault))
                return stage_mistake(st,
                                     "expected one of fail, hang, slow, no-effect, die, "
                                     "die-after, not-started, not '%s'",
                                     l->words[2]);
        if (l->n_words > 3 && !stage_parse_number(st, l->words[3], 1000000, &n))
                return PLAY_MISTAKE;
        sim_fail_next(rehearsal_sim(st->rehearsal), kind, fault, (uint32_t) n);
        return PLAY_GOOD;
}

static enum play play_passphrase(struct stage *st, const struct scenario_line *l) {
        struct sim *s = rehearsal_sim(st->rehearsal);
        uint64_t n = 1;

        if (text_equal(l->words[1], "nobody") || text_equal(l->words[1], "right")) {
                sim_set_passphrase(s, 0, text_equal(l->words[1], "nobody"));
                return PLAY_GOOD;
        }
        if (!text_equal(l->words[1], "wrong"))
                return stage_mistake(st, "expected wrong, right or nobody, not '%s'", l->words[1]);
        if (l->n_words > 2 && !stage_parse_number(st, l->words[2], 1000000, &n))
                return PLAY_MISTAKE;
        sim_set_passphrase(s, (uint32_t) n, false);
        return PLAY_GOOD;
}

/* events lost|doubled|late <percent> */
static enum play play_events(struct stage *st, const struct scenario_line *l) {
        uint64_t percent;

        if (!stage_parse_number(st, l->words[2], 100, &percent))
                return PLAY_MISTAKE;
        if (text_equal(l->words[1], "lost"))
                st->faults.event_lost = (unsigned) percent;
        else if (text_equal(l->words[1], "doubled"))
                st->faults.event_doubled = (unsigned) percent;
        else if (text_equal(l->words[1], "late"))
                st->faults.event_late = (unsigned) percent;
        else
                return stage_mistake(st, "expected lost, doubled or late, not '%s'", l->words[1]);
        sim_set_faults(rehearsal_sim(st->rehearsal), &st->faults);
        return PLAY_GOOD;
}

/* commands <how> <percent> */
static enum play play_commands(struct stage *st, const struct scenario_line *l) {
        enum sim_fault fault;
        uint64_t percent;

        if (!sim_fault_parse(l->words[1], &fault) || fault == SIM_FAULT_NONE)
                return stage_mistake(st,
                                     "expected one of fail, hang, slow, no-effect, die, "
                                     "die-after, not-started, not '%s'",
                                     l->words[1]);
        if (!stage_parse_number(st, l->words[2], 100, &percent))
                return PLAY_MISTAKE;
        st->faults.command[fault] = (unsigned) percent;
        sim_set_faults(rehearsal_sim(st->rehearsal), &st->faults);
        return PLAY_GOOD;
}

/* looks failed <percent> */
static enum play play_looks(struct stage *st, const struct scenario_line *l) {
        uint64_t percent;

        if (!text_equal(l->words[1], "failed"))
                return stage_mistake(st, "expected failed, not '%s'", l->words[1]);
        if (!stage_parse_number(st, l->words[2], 100, &percent))
                return PLAY_MISTAKE;
        st->faults.look_failed = (unsigned) percent;
        sim_set_faults(rehearsal_sim(st->rehearsal), &st->faults);
        return PLAY_GOOD;
}

static enum play play_elsewhere(struct stage *st, const struct scenario_line *l) {
        uint64_t n = 3;
        bool exported = false;

        for (uint32_t i = 2; i < l->n_words; i++)
                if (text_equal(l->words[i], "exported"))
                        exported = true;
                else if (!stage_parse_number(st, l->words[i], 1000, &n))
                        return PLAY_MISTAKE;
        if (!sim_use_elsewhere(rehearsal_sim(st->rehearsal), l->words[1], n, exported))
                return disk_mistake(st, l->words[1], " in the drawer");
        return PLAY_GOOD;
}

static enum play play_clone(struct stage *st, const struct scenario_line *l) {
        struct sim *s = rehearsal_sim(st->rehearsal);
        bool clone = text_equal(l->words[0], "clone");

        if (!text_equal(l->words[2], "as"))
                return stage_mistake(st, "expected '%s <disk> as <new name>'", l->words[0]);
        if (!(clone ? sim_clone : sim_counterfeit)(s, l->words[1], l->words[3]))
                return stage_mistake(st, "there is no disk '%s', or there is a '%s' already",
                                     l->words[1], l->words[3]);
        return PLAY_GOOD;
}

static enum play play_checkpoint(struct stage *st, const struct scenario_line *l) {
        bool on = text_equal(l->words[2], "on");

        if (!on && !text_equal(l->words[2], "off"))
                return stage_mistake(st, "expected on or off, not '%s'", l->words[2]);
        if (!sim_checkpoint(rehearsal_sim(st->rehearsal), l->words[1], on))
                return stage_mistake(st, "no pool '%s' is imported, or it is so already",
                                     l->words[1]);
        return PLAY_GOOD;
}

/* silence <pool> on|off */
static enum play play_silence(struct stage *st, const struct scenario_line *l) {
        bool on = text_equal(l->words[2], "on");

        if (!on && !text_equal(l->words[2], "off"))
                return stage_mistake(st, "expected on or off, not '%s'", l->words[2]);
        if (!sim_silence(rehearsal_sim(st->rehearsal), l->words[1], on))
                return stage_mistake(st, "there is no pool '%s'", l->words[1]);
        return PLAY_GOOD;
}

/* removing|rebuilding|spare <pool> on|off */
static enum play play_pool_fact(struct stage *st, const struct scenario_line *l) {
        enum sim_pool_fact fact = text_equal(l->words[0], "removing")     ? SIM_POOL_REMOVING
                                  : text_equal(l->words[0], "rebuilding") ? SIM_POOL_REBUILDING
                                                                          : SIM_POOL_SPARE;
        bool on = text_equal(l->words[2], "on");

        if (!on && !text_equal(l->words[2], "off"))
                return stage_mistake(st, "expected on or off, not '%s'", l->words[2]);
        if (!sim_set_pool(rehearsal_sim(st->rehearsal), l->words[1], fact, on))
                return stage_mistake(st, "no pool '%s' is imported", l->words[1]);
        return PLAY_GOOD;
}

/* io-error <pool> <leg> read|write|checksum [n] */
static enum play play_io_error(struct stage *st, const struct scenario_line *l) {
        enum sim_io io = SIM_IO_READ;
        uint64_t n = 1;

        if (text_equal(l->words[3], "write"))
                io = SIM_IO_WRITE;
        else if (text_equal(l->words[3], "checksum"))
                io = SIM_IO_CHECKSUM;
        else if (!text_equal(l->words[3], "read"))
                return stage_mistake(st, "expected read, write or checksum, not '%s'", l->words[3]);
        if (l->n_words > 4 && !stage_parse_number(st, l->words[4], 1000000, &n))
                return PLAY_MISTAKE;
        if (!sim_io_error(rehearsal_sim(st->rehearsal), l->words[1], l->words[2], io, (uint32_t) n))
                return stage_mistake(st, "no leg '%s' of a pool '%s' is online", l->words[2],
                                     l->words[1]);
        return PLAY_GOOD;
}

static enum play play_corrupt(struct stage *st, const struct scenario_line *l) {
        if (!sim_corrupt(rehearsal_sim(st->rehearsal), l->words[1], l->words[2]))
                return stage_mistake(st, "there is no leg '%s' of a pool '%s'", l->words[2],
                                     l->words[1]);
        return PLAY_GOOD;
}

static enum play play_labels(struct stage *st, const struct scenario_line *l) {
        bool lost = text_equal(l->words[3], "lost");

        if (!lost && !text_equal(l->words[3], "back"))
                return stage_mistake(st, "expected lost or back, not '%s'", l->words[3]);
        if (!sim_set_labels(rehearsal_sim(st->rehearsal), l->words[1], l->words[2], lost))
                return stage_mistake(st, "there is no leg '%s' of a pool '%s'", l->words[2],
                                     l->words[1]);
        return PLAY_GOOD;
}

static enum play play_hold(struct stage *st, const struct scenario_line *l) {
        const char *holder = text_equal(l->words[0], "hold")
                                     ? l->n_words > 2 ? l->words[2] : "loop0"
                                     : NULL;

        if (!sim_hold(rehearsal_sim(st->rehearsal), l->words[1], holder))
                return stage_mistake(st,
                                     "there is no zvol (<pool>/<volume>), container or pool '%s' "
                                     "now",
                                     l->words[1]);
        return PLAY_GOOD;
}

static enum play play_be_kind(struct stage *st, const struct scenario_line *l) {
        st->faults = (struct sim_faults){};
        sim_be_kind(rehearsal_sim(st->rehearsal));
        rehearsal_set_full(st->rehearsal, false);
        return PLAY_GOOD;
}

static enum play play_slow(struct stage *st, const struct scenario_line *l) {
        uint64_t factor;

        if (!stage_parse_number(st, l->words[2], 100000, &factor))
                return PLAY_MISTAKE;
        if (!sim_set_slow(rehearsal_sim(st->rehearsal), l->words[1], (unsigned) factor))
                return disk_mistake(st, l->words[1], "");
        return PLAY_GOOD;
}

static enum play play_bridge(struct stage *st, const struct scenario_line *l) {
        return sim_set_bridge(rehearsal_sim(st->rehearsal), l->words[1])
                       ? PLAY_GOOD
                       : disk_mistake(st, l->words[1], " in the drawer");
}

static enum play play_status(struct stage *st, const struct scenario_line *l) {
        if (st->timeline)
                timeline_status(st->timeline);
        return PLAY_GOOD;
}

static enum play play_explain(struct stage *st, const struct scenario_line *l) {
        entity_id id;

        if (!stage_find_entity(st, l->words + 1, l->n_words - 1, &id))
                return PLAY_MISTAKE;
        if (st->timeline)
                timeline_explain(st->timeline, id);
        return PLAY_GOOD;
}

/* May stand before there is a world, and makes none; nobody does anything, or the world tells it.
 */
enum { BEFORE = 1, QUIET = 2 };

/* `words`: at least and at most, the verb among them. */
static const struct verb {
        const char *name;
        uint32_t min, max;
        unsigned is;
        enum play (*play)(struct stage *st, const struct scenario_line *l);
        const char *usage, *help;
} verbs[] = {
        { "config", 1, 2, BEFORE, play_config, "config [file]",
          "a file, or the lines up to 'end'" },
        { "zfs", 2, 2, BEFORE, play_zfs, "zfs 2.1|2.3", "which ZFS" },
        { "clock", 2, 5, BEFORE, play_clock, "clock <date> <time> | clock +|-<span>",
          "somebody sets the clock" },
        { "zone", 2, 2, BEFORE, play_zone, "zone <TZ>",
          "the time zone: CET-1CEST,M3.5.0,M10.5.0/3" },
        { "suspend", 2, 9, QUIET, play_suspend, "suspend <span>", "the machine sleeps so long" },
        { "seed", 2, 2, BEFORE, play_seed, "seed <number>",
          "nothing takes exactly as long as usual" },
        { "stopped", 1, 1, BEFORE, play_stopped, "stopped", "the daemon does not run at first" },
        { "plug", 2, 2, QUIET, play_plug, "plug <disk>", "a disk by UUID, info or partition" },
        { "pull", 2, 2, QUIET, play_pull, "pull <disk>", "without asking" },
        { "write", 3, 3, 0, play_write, "write <pool> <size>", "somebody stores 5G" },
        { "wait", 1, 63, QUIET, play_wait, "wait [<span> | until <what> [within <span>]]",
          "time passes; alone: until nothing happens" },
        { "expect", 2, 63, QUIET, play_expect, "expect <what>", "see below" },
        { "may-run", 2, 63, BEFORE, play_may_run, "may-run <command pattern>",
          "from here on it is expected, or not" },
        { "online", 2, 7, 0, play_wish, "online <what> [--cancel]",
          "<type> <name...>, group <name>, or all" },
        { "offline", 2, 7, 0, play_wish, "offline <what> [--cancel]", "" },
        { "eject", 2, 7, 0, play_wish, "eject disk <name>", "" },
        { "scrub", 2, 7, 0, play_wish, "scrub <what> [--cancel]", "" },
        { "trim", 2, 7, 0, play_wish, "trim <what> [--cancel]", "" },
        { "snapshot", 2, 7, 0, play_wish, "snapshot <what>", "" },
        { "maintenance", 1, 1, 0, play_maintenance, "maintenance", "do what is overdue" },
        { "update-overdue", 1, 1, 0, play_maintenance, "update-overdue", "or that of one kind" },
        { "scrub-overdue", 1, 1, 0, play_maintenance, "scrub-overdue", "" },
        { "trim-overdue", 1, 1, 0, play_maintenance, "trim-overdue", "" },
        { "online-all", 1, 1, 0, play_maintenance, "online-all", "of all legs, due or not" },
        { "scrub-all", 1, 1, 0, play_maintenance, "scrub-all", "" },
        { "trim-all", 1, 1, 0, play_maintenance, "trim-all", "" },
        { "forget", 3, 4, 0, play_forget, "forget <type> <name...>",
          "what is known of it from earlier" },
        { "startup", 1, 1, 0, play_startup, "startup", "run the on_startup handlers" },
        { "type", 2, 63, 0, play_type, "type <command...>",
          "an administrator does something by hand" },
        { "start", 1, 1, 0, play_start, "start", "the daemon" },
        { "stop", 1, 1, 0, play_stop, "stop", "" },
        { "restart", 1, 1, 0, play_restart, "restart", "stop and start" },
        { "kill", 1, 3, 0, play_kill, "kill [after <n>]", "-9, after n more effects" },
        { "crash", 1, 1, 0, play_kill, "crash", "the same, at once; `start` starts it again" },
        { "reboot", 1, 1, QUIET, play_reboot, "reboot", "the machine" },
        { "power-cut", 1, 1, QUIET, play_reboot, "power-cut", "and on again" },
        { "reload", 1, 2, 0, play_reload, "reload [file]", "another configuration" },
        { "lose-memory", 1, 1, 0, play_lose_memory, "lose-memory", "rm zmirror.db" },
        { "state-file", 2, 2, 0, play_state_file, "state-file full|writable",
          "no space left where it lies" },
        { "fail", 4, 4, 0, play_fail, "fail next <program> <verb>",
          "such as: fail next zpool online" },
        { "fail-next", 3, 4, 0, play_fail_next, "fail-next <command> <how> [n]",
          "the next n commands of that kind" },
        { "at-next", 3, 8, 0, play_at_next, "at-next <command> [<span>] <line>",
          "plug, pull, write ... when it is run" },
        { "passphrase", 2, 3, 0, play_passphrase, "passphrase wrong [n]|right|nobody",
          "what is answered" },
        { "events", 3, 3, 0, play_events, "events lost|doubled|late <percent>", "" },
        { "commands", 3, 3, 0, play_commands, "commands <how> <percent>",
          "so many of all that are run fail like that" },
        { "looks", 3, 3, 0, play_looks, "looks failed <percent>",
          "so many of them get no answer in time" },
        { "elsewhere", 2, 4, QUIET, play_elsewhere, "elsewhere <disk> [n] [exported]",
          "another machine writes to it n times" },
        { "clone", 4, 4, 0, play_clone, "clone <disk> as <name>", "dd" },
        { "counterfeit", 4, 4, 0, play_clone, "counterfeit <disk> as <name>",
          "same names, other content" },
        { "checkpoint", 3, 3, 0, play_checkpoint, "checkpoint <pool> on|off", "" },
        { "silence", 3, 3, 0, play_silence, "silence <pool> on|off",
          "'zpool status' of it gets no answer" },
        { "corrupt", 3, 3, 0, play_corrupt, "corrupt <pool> <leg>", "garbage on it" },
        { "labels", 4, 4, 0, play_labels, "labels <pool> <leg> lost|back", "they cannot be read" },
        { "io-error", 4, 5, QUIET, play_io_error, "io-error <pool> <leg> read|write|checksum [n]",
          "its device fails, n times" },
        { "removing", 3, 3, 0, play_pool_fact, "removing <pool> on|off",
          "a device is being removed from it" },
        { "rebuilding", 3, 3, 0, play_pool_fact, "rebuilding <pool> on|off",
          "a sequential resilver runs" },
        { "spare", 3, 3, 0, play_pool_fact, "spare <pool> on|off", "a spare is in use" },
        { "hold", 2, 3, 0, play_hold, "hold <pool>/<volume>|<container>|<pool> [by]",
          "something uses it" },
        { "release", 2, 2, 0, play_hold, "release <pool>/<volume>|<container>|<pool>", "" },
        { "be-kind", 1, 1, 0, play_be_kind, "be-kind",
          "nothing fails any more, nobody holds anything" },
        { "slow", 3, 3, 0, play_slow, "slow <disk> <factor>", "" },
        { "bridge", 2, 2, 0, play_bridge, "bridge <disk>",
          "no trims get through until they are enabled" },
        { "status", 1, 1, QUIET, play_status, "status", "what is so now" },
        { "explain", 3, 4, QUIET, play_explain, "explain <type> <name...>",
          "why it is not as wanted" },
};

#define HELP_COLUMN 32 /* where what a line does is told, of 80 */

/* A text that is too long goes on below. */
void stage_help(FILE *f) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                const char *help = verbs[i].help;
                int room = HELP_COLUMN - 3;

                (void) fprintf(f, "  %-*s", *help ? room : 0, verbs[i].usage);
                if (*help && strlen(verbs[i].usage) > (size_t) room)
                        (void) fprintf(f, "\n  %*s", room, "");
                (void) fprintf(f, "%s%s\n", *help ? " " : "", help);
        }
        expect_help(f);
}

static const struct verb *verb_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (text_equal(verbs[i].name, name))
                        return &verbs[i];
        return NULL;
}

/* It happens to the world, and to nobody who may be in the middle of something. */
static bool verb_is_sudden(const struct verb *v) {
        return v && (v->play == play_plug || v->play == play_pull || v->play == play_write ||
                     v->play == play_hold || v->play == play_corrupt || v->play == play_io_error);
}

static enum play verb_mistake(struct stage *st, const char *word) {
        const char *names[ELEMENTSOF(verbs)], *near;

        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                names[i] = verbs[i].name;
        near = text_nearest(word, names, ELEMENTSOF(verbs));
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
        if (!v->is && st->timeline)
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
