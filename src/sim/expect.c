/* sim/expect.c - what a scenario can expect, or wait for */
#include <fnmatch.h>
#include <string.h>

#include "sim/actor.h"

/* Facts are seen a moment after they came about; a command may take a while to be its turn. */
#define PATIENCE     (10 * USEC_PER_SEC)
#define PATIENCE_RUN (15 * USEC_PER_MIN)

/* Is it so? MISTAKE: the words make no sense. What is so instead is put into the error text. */
enum holds { HOLDS_YES, HOLDS_NO, HOLDS_MISTAKE };

static enum holds holds_not(struct stage *st, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static enum holds holds_not(struct stage *st, const char *format, ...) {
        va_list args;

        va_start(args, format);
        text_clear(&st->error);
        text_vaddf(&st->error, format, args);
        va_end(args);
        return HOLDS_NO;
}

/* A view of the entity; false without a daemon or an entity of these words. */
static bool view_find(struct stage *st, const char *const *words, uint32_t n,
                      struct view_entity *ret) {
        struct engine *e = rehearsal_engine(st->rehearsal);
        entity_id id;

        if (!stage_find_entity(st, words, n, &id))
                return false;
        if (!e) {
                (void) stage_mistake(st, "the daemon does not run");
                return false;
        }
        engine_view_entity(e, id, rehearsal_now(st->rehearsal), ret);
        return true;
}

static enum holds holds_state(struct stage *st, const char *const *words, uint32_t n) {
        struct view_entity v;
        enum state state;

        if (!state_parse(words[n - 1], &state)) {
                (void) stage_mistake(st,
                                     "expected a state at the end (unknown, disconnected, "
                                     "inactive, connected, active, ready), not '%s'",
                                     words[n - 1]);
                return HOLDS_MISTAKE;
        }
        if (!view_find(st, words, n - 1, &v))
                return HOLDS_MISTAKE;
        if (v.state == state)
                return HOLDS_YES;
        return holds_not(st, "%s is %s, not %s", v.entity->hrid, state_print(v.state),
                         state_print(state));
}

static enum holds holds_errors(struct stage *st, const char *const *words, uint32_t n) {
        struct view_entity v;

        if (!view_find(st, words, n, &v))
                return HOLDS_MISTAKE;
        return v.errors ? HOLDS_YES : holds_not(st, "%s has no errors", v.entity->hrid);
}

/* last <online|update|scrub|trim> <pool> <leg> <never|now|set> */
static enum holds holds_last(struct stage *st, const char *const *words, uint32_t n) {
        const char *zdev[] = { "zdev", words[1], n > 2 ? words[2] : "" }, *want = words[n - 1];
        struct view_entity v;
        usec_t date;

        if (n != 4 ||
            (!text_equal(want, "never") && !text_equal(want, "now") && !text_equal(want, "set"))) {
                (void) stage_mistake(st, "expected 'last online|update|scrub|trim <pool> <leg> "
                                         "never|now|set'");
                return HOLDS_MISTAKE;
        }
        if (!view_find(st, zdev, 3, &v))
                return HOLDS_MISTAKE;
        if (text_equal(words[0], "online"))
                date = v.last_online;
        else if (text_equal(words[0], "update"))
                date = v.last_update;
        else if (text_equal(words[0], "scrub"))
                date = v.last_scrub;
        else if (text_equal(words[0], "trim"))
                date = v.last_trim;
        else {
                (void) stage_mistake(st, "expected online, update, scrub or trim, not '%s'",
                                     words[0]);
                return HOLDS_MISTAKE;
        }
        if ((text_equal(want, "never") && !date) ||
            (text_equal(want, "now") && date == USEC_NEVER) ||
            (text_equal(want, "set") && date && date != USEC_NEVER))
                return HOLDS_YES;
        return holds_not(st, "the last %s of %s is %s, not %s", words[0], v.entity->hrid,
                         !date                ? "never"
                         : date == USEC_NEVER ? "now"
                                              : "a date",
                         want);
}

static enum holds holds_running(struct stage *st, const char *const *words, uint32_t n) {
        const char *zdev[] = { "zdev", words[1], words[2] };
        enum operation op;
        struct view_entity v;

        if (n != 3 || !operation_parse(words[0], &op)) {
                (void) stage_mistake(st, "expected 'running update|scrub|trim <pool> <leg>'");
                return HOLDS_MISTAKE;
        }
        if (!rehearsal_engine(st->rehearsal))
                return holds_not(st, "the daemon does not run");
        if (!view_find(st, zdev, 3, &v))
                return HOLDS_MISTAKE;
        if (v.operations[op].running)
                return HOLDS_YES;
        return holds_not(st, "no %s of %s runs", operation_print(op), v.entity->hrid);
}

static bool verdict_parse(const char *s, enum verdict_kind *ret) {
        for (enum verdict_kind k = VERDICT_ABSENT; k < _VERDICT_KIND_MAX; k++)
                if (text_equal(verdict_kind_print(k), s)) {
                        *ret = k;
                        return true;
                }
        return false;
}

static enum holds verdict_find(struct stage *st, const char *name, struct view_verdict *ret) {
        struct engine *e = rehearsal_engine(st->rehearsal);
        struct view_verdict *v;
        uint32_t n;

        if (!e)
                return holds_not(st, "the daemon does not run");
        n = engine_view_verdicts(e, st->arena, rehearsal_now(st->rehearsal), &v);
        for (uint32_t i = 0; i < n; i++) {
                const struct entity *disk = config_entity(st->config, v[i].disk);

                if (!text_equal(disk->name, name) &&
                    !(disk->type == ENTITY_DISK && text_equal(disk->disk.info, name)))
                        continue;
                *ret = v[i];
                return HOLDS_YES;
        }
        (void) stage_mistake(st, "no disk '%s' has a verdict", name);
        return HOLDS_MISTAKE;
}

static enum holds holds_verdict(struct stage *st, const char *const *words, uint32_t n) {
        struct view_verdict v;
        enum verdict_kind want;
        enum holds found;

        if (n > 3 || !verdict_parse(words[1], &want)) {
                (void) stage_mistake(st, "expected 'verdict <disk> absent|busy|working|safe "
                                         "[<pattern>]'");
                return HOLDS_MISTAKE;
        }
        found = verdict_find(st, words[0], &v);
        if (found != HOLDS_YES)
                return found;
        if (v.kind == want && (n < 3 || fnmatch(words[2], v.text, 0) == 0))
                return HOLDS_YES;
        return holds_not(st, "the verdict on %s is %s (%s), not %s", words[0],
                         verdict_kind_print(v.kind), v.text, words[1]);
}

static enum holds holds_up_to_date(struct stage *st, const char *const *words, uint32_t n) {
        struct view_verdict v;
        enum holds found = verdict_find(st, words[0], &v);

        if (found != HOLDS_YES || v.up_to_date)
                return found;
        return holds_not(st, "%s is not up to date%s%s", words[0], *v.trouble ? ": " : "",
                         v.trouble);
}

static enum holds holds_trouble(struct stage *st, const char *const *words, uint32_t n) {
        struct view_verdict v;
        enum holds found = verdict_find(st, words[0], &v);

        if (found != HOLDS_YES ||
            (*v.trouble &&
             (n < 2 || fnmatch(words_join(st->arena, words + 1, n - 1), v.trouble, 0) == 0)))
                return found;
        return holds_not(st, "the trouble with %s is '%s'", words[0], v.trouble);
}

static bool history_kind_is(const char *word, enum history_kind *ret) {
        return history_kind_parse(word, ret);
}

/* history <kind> [<type> <name...>] [<count>] */
static enum holds holds_history(struct stage *st, const char *const *words, uint32_t n) {
        uint64_t count, want = UINT64_MAX;
        enum history_kind kind;
        entity_id id = ENTITY_NONE;

        if (!history_kind_is(words[0], &kind)) {
                (void) stage_mistake(st,
                                     "expected a kind of history line (appeared, resilvered, "
                                     "update-failed, scrubbed, safe, refused, ...), not '%s'",
                                     words[0]);
                return HOLDS_MISTAKE;
        }
        if (n > 1 && text_to_u64(words[n - 1], &want))
                n--;
        if (n > 1 && !stage_find_entity(st, words + 1, n - 1, &id))
                return HOLDS_MISTAKE;
        count = 0;
        for (size_t i = 0; i < rehearsal_n_history(st->rehearsal); i++) {
                const struct history *h = rehearsal_history(st->rehearsal, i);

                count += h->kind == kind &&
                         (id == ENTITY_NONE ||
                          text_equal(h->entity, config_entity(st->config, id)->id));
        }
        if (want == UINT64_MAX ? count : count == want)
                return HOLDS_YES;
        return holds_not(st, "the history has %llu lines '%s' of that", (unsigned long long) count,
                         words[0]);
}

/* request done | failed [pattern] | open: the last one that was made */
static enum holds holds_request(struct stage *st, const char *const *words, uint32_t n) {
        const struct stage_request *q;
        bool failed = text_equal(words[0], "failed"), done = text_equal(words[0], "done");

        if (!failed && !done && !text_equal(words[0], "open")) {
                (void) stage_mistake(st, "expected 'request done', 'request failed [pattern]' or "
                                         "'request open [pattern]'");
                return HOLDS_MISTAKE;
        }
        if (!st->requests.count) {
                (void) stage_mistake(st, "nobody has asked for anything yet");
                return HOLDS_MISTAKE;
        }
        q = &st->requests.items[st->requests.count - 1];
        if ((done && !(q->ended && q->fulfilled)) || (failed && !(q->ended && !q->fulfilled)) ||
            (!done && !failed && q->ended))
                return holds_not(st, "the request %s: %s",
                                 !q->ended      ? "is open"
                                 : q->fulfilled ? "is done"
                                                : "failed",
                                 q->reason);
        if (n > 1 && fnmatch(words_join(st->arena, words + 1, n - 1), q->reason, 0) != 0)
                return holds_not(st, "the reason is '%s'", q->reason);
        return HOLDS_YES;
}

static enum holds holds_whole(struct stage *st, const char *const *words, uint32_t n) {
        const char *zdev[] = { "zdev", words[0], words[1] };
        entity_id id;

        if (!stage_find_entity(st, zdev, 3, &id))
                return HOLDS_MISTAKE;
        if (!sim_leg_lacks(rehearsal_sim(st->rehearsal), id))
                return HOLDS_YES;
        return holds_not(st, "%s lacks blocks", config_entity(st->config, id)->hrid);
}

/* What zmirror takes it for; `whole` is the truth. */
static enum holds holds_copy(struct stage *st, const char *const *words, uint32_t n) {
        const char *zdev[] = { "zdev", words[0], words[1] };
        const struct memory_entity *m;
        const struct memory_leg *l;
        enum copy want;
        entity_id id;

        if (n != 3 || !copy_parse(words[2], &want)) {
                (void) stage_mistake(st, "expected 'copy <pool> <leg> unknown|complete|incomplete|"
                                         "suspect'");
                return HOLDS_MISTAKE;
        }
        if (!stage_find_entity(st, zdev, 3, &id))
                return HOLDS_MISTAKE;
        m = rehearsal_find_entity(st->rehearsal, config_entity(st->config, id)->id);
        l = m ? rehearsal_find_leg(st->rehearsal, m->vdev_guid) : NULL;
        if ((l ? l->copy : COPY_UNKNOWN) == want)
                return HOLDS_YES;
        return holds_not(st, "%s is taken for %s", config_entity(st->config, id)->hrid,
                         copy_print(l ? l->copy : COPY_UNKNOWN));
}

/* What was wanted last of it and was not done, as far as that matters. */
static enum holds holds_failed(struct stage *st, const char *const *words, uint32_t n) {
        struct engine *e = rehearsal_engine(st->rehearsal);
        struct view_entity v;
        enum wish wish;
        entity_id id;

        if (!wish_parse(words[0], &wish)) {
                (void) stage_mistake(st, "expected 'failed <wish> <type> <name...>'");
                return HOLDS_MISTAKE;
        }
        if (!stage_find_entity(st, words + 1, n - 1, &id))
                return HOLDS_MISTAKE;
        if (!e)
                return holds_not(st, "the daemon does not run");
        engine_view_entity(e, id, rehearsal_now(st->rehearsal), &v);
        if (v.failure.time && v.failure.wish == wish)
                return HOLDS_YES;
        return v.failure.time
                       ? holds_not(st, "of %s, %s has failed: %s", v.entity->hrid,
                                   wish_print(v.failure.wish), v.failure.text)
                       : holds_not(st, "nothing that was wanted of %s has failed", v.entity->hrid);
}

static enum holds holds_imported(struct stage *st, const char *const *words, uint32_t n) {
        return sim_pool_is_imported(rehearsal_sim(st->rehearsal), words[0])
                       ? HOLDS_YES
                       : holds_not(st, "pool %s is not imported", words[0]);
}

static bool run_is_optional(const struct stage *st, const char *run) {
        for (size_t i = 0; i < st->may_run.count; i++)
                if (fnmatch(st->may_run.items[i], run, 0) == 0)
                        return true;
        return false;
}

/* Steps over what may be run or not, up to what matches the pattern (NULL: nothing does). */
static void runs_skip_optional(struct stage *st, const char *pattern) {
        while (st->expected < st->runs.count &&
               !(pattern && fnmatch(pattern, st->runs.items[st->expected], 0) == 0) &&
               run_is_optional(st, st->runs.items[st->expected]))
                st->expected++;
}

static enum holds holds_run(struct stage *st, const char *const *words, uint32_t n) {
        const char *pattern = words_join(st->arena, words, n);

        runs_skip_optional(st, pattern);
        if (st->expected == st->runs.count)
                return holds_not(st, "no (further) command was run");
        if (fnmatch(pattern, st->runs.items[st->expected], 0) == 0)
                return HOLDS_YES;
        return holds_not(st, "the next command was '%s'", st->runs.items[st->expected]);
}

static enum holds holds_nothing(struct stage *st, const char *const *words, uint32_t n) {
        runs_skip_optional(st, NULL);
        if (st->expected == st->runs.count)
                return HOLDS_YES;
        return holds_not(st, "'%s' was run", st->runs.items[st->expected]);
}

static const struct condition {
        const char *name;
        uint32_t min; /* words after the name */
        enum holds (*holds)(struct stage *st, const char *const *words, uint32_t n);
        const char *usage;
} conditions[] = {
        { "run", 1, holds_run, "run <command pattern>   (the next one; * ? [..] match)" },
        { "nothing", 0, holds_nothing, "nothing   (it comes to rest, and no command was run)" },
        { "rest", 0, NULL, "rest   (nothing happens any more)" },
        { "state", 2, holds_state, "state <type> <name...> <state>" },
        { "verdict", 2, holds_verdict, "verdict <disk> absent|busy|working|safe [<pattern>]" },
        { "up-to-date", 1, holds_up_to_date, "up-to-date <disk>" },
        { "trouble", 1, holds_trouble,
          "trouble <disk> [<pattern>]   (what has failed on it, or is no copy)" },
        { "errors", 2, holds_errors, "errors <type> <name...>" },
        { "failed", 3, holds_failed,
          "failed <wish> <type> <name...>   (what was wanted last, and still matters)" },
        { "running", 3, holds_running, "running update|scrub|trim <pool> <leg>" },
        { "last", 4, holds_last, "last online|update|scrub|trim <pool> <leg> never|now|set" },
        { "history", 1, holds_history, "history <kind> [<type> <name...>] [<count>]" },
        { "request", 1, holds_request, "request done | failed [<pattern>] | open [<pattern>]" },
        { "imported", 1, holds_imported, "imported <pool>" },
        { "copy", 3, holds_copy, "copy <pool> <leg> unknown|complete|incomplete|suspect" },
        { "whole", 2, holds_whole, "whole <pool> <leg>   (it lacks no block)" },
};

void expect_help(FILE *f) {
        (void) fprintf(f, "expect [not] and wait until [not]:\n");
        for (size_t i = 0; i < ELEMENTSOF(conditions); i++)
                (void) fprintf(f, "  %s\n", conditions[i].usage);
}

static const struct condition *condition_find(struct stage *st, const char *const *words,
                                              uint32_t n) {
        const char *names[ELEMENTSOF(conditions)], *near;

        for (size_t i = 0; i < ELEMENTSOF(conditions); i++) {
                names[i] = conditions[i].name;
                if (!n || !text_equal(words[0], names[i]))
                        continue;
                if (n - 1 >= conditions[i].min)
                        return &conditions[i];
                (void) stage_mistake(st, "expected '%s'", conditions[i].usage);
                return NULL;
        }
        near = n ? text_nearest(words[0], names, ELEMENTSOF(conditions)) : NULL;
        if (near)
                (void) stage_mistake(st, "nothing is known of '%s', did you mean '%s'?", words[0],
                                     near);
        else
                (void) stage_mistake(st, "expected one of %s, not '%s'",
                                     words_list(st->arena, names, ELEMENTSOF(conditions)),
                                     n ? words[0] : "");
        return NULL;
}

static enum holds condition_ask(struct stage *st, const struct condition *c, bool negated,
                                const char *const *words, uint32_t n) {
        enum holds h = c->holds(st, words + 1, n - 1);

        if (!negated || h == HOLDS_MISTAKE)
                return h;
        return h == HOLDS_NO ? HOLDS_YES
                             : holds_not(st, "it is so: %s", words_join(st->arena, words, n));
}

static enum play stage_await(struct stage *st, const char *const *words, uint32_t n,
                             usec_t patience) {
        usec_t until = sim_time(rehearsal_sim(st->rehearsal)) + patience;
        bool negated = n && text_equal(words[0], "not");
        const struct condition *c = condition_find(st, words + negated, n - negated);
        enum holds h;

        if (!c)
                return PLAY_MISTAKE;
        if (!c->holds) {
                if (rehearsal_rest(st->rehearsal,
                                   patience > USEC_PER_MIN ? patience : USEC_PER_DAY))
                        return PLAY_GOOD;
                return stage_failed(st, "expected rest, but something happens all the time");
        }
        do
                h = condition_ask(st, c, negated, words + negated, n - negated);
        while (h == HOLDS_NO && rehearsal_step(st->rehearsal, until));
        if (h == HOLDS_NO)
                h = condition_ask(st, c, negated, words + negated, n - negated);
        if (h == HOLDS_MISTAKE)
                return PLAY_MISTAKE;
        if (h == HOLDS_NO)
                return stage_failed(st, "expected '%s', but %s", words_join(st->arena, words, n),
                                    arena_strdup(st->arena, stage_error(st)));
        if (c->holds == holds_run && !negated)
                st->expected++;
        return PLAY_GOOD;
}

/* What is expected to be so has to be so in a moment; a command has to be the next one that is run;
 * for "nothing" the world has to come to rest. */
enum play stage_expect(struct stage *st, const char *const *words, uint32_t n) {
        if (n > 1 && (text_equal(words[0], "nothing") || text_equal(words[0], "rest")))
                return stage_mistake(st, "'%s' is too much", words[1]);
        if (text_equal(words[0], "nothing")) {
                if (!rehearsal_rest(st->rehearsal, USEC_PER_DAY))
                        return stage_failed(st, "expected nothing, but it does not come to rest");
                return stage_await(st, words, n, 0);
        }
        return stage_await(st, words, n, text_equal(words[0], "run") ? PATIENCE_RUN : PATIENCE);
}

enum play stage_wait_until(struct stage *st, const char *const *words, uint32_t n, usec_t within) {
        return stage_await(st, words, n, within);
}
