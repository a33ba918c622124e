/* sim/play.c - what lines of a scenario do: people, the daemon, the machine */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/actor.h"

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

static enum play play_plug(struct stage *st, const struct scenario_line *l) {
        return sim_plug(rehearsal_sim(st->rehearsal), l->words[1])
                       ? PLAY_GOOD
                       : stage_disk_mistake(st, l->words[1], " in the drawer");
}

static enum play play_pull(struct stage *st, const struct scenario_line *l) {
        return sim_pull(rehearsal_sim(st->rehearsal), l->words[1])
                       ? PLAY_GOOD
                       : stage_disk_mistake(st, l->words[1], " plugged");
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
        struct input_wish *wishes;
        struct chore *chores;
        uint32_t n;

        if (!e)
                return stage_mistake(st, "the daemon does not run");
        n = engine_view_chores(e, st->arena, operations, dash && text_equal(dash, "-all"),
                               rehearsal_now(st->rehearsal), &chores);
        wishes = arena_new_array(st->arena, struct input_wish, n);
        for (uint32_t i = 0; i < n; i++)
                wishes[i] = (struct input_wish){ .wish = chores[i].wish,
                                                 .entity = chores[i].entity,
                                                 .origin = ORIGIN_MAINTENANCE };
        (void) rehearsal_wishes(st->rehearsal, wishes, n);
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

static const struct verb verbs[] = {
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
        { "plug", 2, 2, QUIET | SUDDEN, play_plug, "plug <disk>",
          "a disk by UUID, info or partition" },
        { "pull", 2, 2, QUIET | SUDDEN, play_pull, "pull <disk>", "without asking" },
        { "write", 3, 3, SUDDEN, play_write, "write <pool> <size>", "somebody stores 5G" },
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
        { "status", 1, 1, QUIET, play_status, "status", "what is so now" },
        { "explain", 3, 4, QUIET, play_explain, "explain <type> <name...>",
          "why it is not as wanted" },
};

const struct verb *play_verbs(size_t *ret_n) {
        *ret_n = ELEMENTSOF(verbs);
        return verbs;
}
