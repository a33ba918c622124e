/* tests/sim/history.c - histories: playing them, and printing them */
#include <string.h>

#include "history.h"
#include "invariant.h"

void history_done(struct play_history *h) {
        array_done(&h->lines);
        text_done(&h->yaml);
}

/* --- playing them --- */

static bool disk_is_free(struct rehearsal *r, const char *info) {
        const struct config *c = rehearsal_config(r);

        for (uint32_t i = 0; i < c->n_entities; i++)
                if (c->entities[i].type == ENTITY_DISK &&
                    text_equal(c->entities[i].disk.info, info))
                        return !sim_disk_is_used(rehearsal_sim(r), i, NULL);
        return false;
}

static bool all_legs_are_known(const struct rehearsal *r, const char *pool) {
        const struct config *c = rehearsal_config(r);

        for (uint32_t i = 0; i < c->n_entities; i++) {
                const struct memory_entity *m = rehearsal_find_entity(r, c->entities[i].id);

                if (c->entities[i].type == ENTITY_ZDEV &&
                    text_equal(c->entities[i].zdev.pool, pool) &&
                    (!m || !rehearsal_find_leg(r, m->vdev_guid)))
                        return false;
        }
        return true;
}

/* A leg that zmirror has never seen, or has forgotten, is trusted: what another machine
 * does to it, or what it lacks then, would only prove that. */
static bool line_is_fair(const struct play_history *h, struct rehearsal *r,
                         const struct scenario_line *line) {
        const struct config *c = r ? rehearsal_config(r) : NULL;

        if (h->crashes && text_equal(line->words[0], "pull"))
                return c && disk_is_free(r, line->words[1]);
        if (text_equal(line->words[0], "lose-memory"))
                return c && sim_is_whole(rehearsal_sim(r));
        if (text_equal(line->words[0], "silence"))
                return c && all_legs_are_known(r, line->words[1]);
        if (!text_equal(line->words[0], "elsewhere"))
                return true;
        for (uint32_t i = 0; c && i < c->n_entities; i++) {
                const struct memory_entity *m = rehearsal_find_entity(r, c->entities[i].id);
                const struct memory_leg *l = m ? rehearsal_find_leg(r, m->vdev_guid) : NULL;
                entity_id disk = config_disk_of(c, i);

                if (c->entities[i].type == ENTITY_ZDEV && disk != ENTITY_NONE &&
                    c->entities[disk].type == ENTITY_DISK &&
                    text_equal(c->entities[disk].disk.info, line->words[1]) &&
                    (!l || (!l->closed_txg && !l->ceiling_txg)))
                        return false;
        }
        return c;
}

/* `reload` is given the text that it names. */
static void line_complete(const struct play_history *h, struct scenario_line *line) {
        const struct text *t;

        if (!text_equal(line->words[0], "reload") || !h->universe)
                return;
        t = text_equal(line->words[1], "other") ? &h->universe->other
            : h->yaml.s                         ? &h->yaml
                                                : &h->universe->yaml;
        line->block = t->s;
        line->block_length = t->length;
        line->n_words = 1;
}

static bool line_is_crash(const char *line) {
        return text_starts(line, "kill") || text_equal(line, "start");
}

static void verdict_take(struct verdict *ret, const struct invariant *v, struct stage *st) {
        if (invariant_broken(v)) {
                ret->broken = true;
                (void) snprintf(ret->kind, sizeof(ret->kind), "%s", invariant_kind(v));
                (void) snprintf(ret->text, sizeof(ret->text), "%s", invariant_broken(v));
        }
        if (stage_rehearsal(st)) {
                ret->n_steps = rehearsal_n_steps(stage_rehearsal(st));
                ret->duration = sim_time(rehearsal_sim(stage_rehearsal(st)));
        }
}

/* What of a history made sense when it was played. */
struct sense {
        bool *lines;
        bool runs; /* the daemon, in the end */
};

static void play(const struct play_history *h, bool without_crashes, const struct config *config,
                 uint64_t seed, FILE *timeline, struct sense *sense, struct text *picture,
                 struct verdict *ret) {
        _cleanup_(invariant_freep) struct invariant *v = invariant_new();
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(stage_freep) struct stage *st = stage_new(&(struct stage_options){
                .seed = seed,
                .jitter = true,
                .old_zfs = seed % 4 == 3,
                .config = config,
                .timeline = timeline,
                .also = invariant_watcher(v),
        });
        struct scenario_line line;
        const char *error;
        bool good;

        *ret = (struct verdict){};
        if (scenario_parse_line(a, "status", &line, &error)) /* so that there is a world */
                (void) stage_play(st, &line);
        invariant_follow(v, stage_rehearsal(st));
        for (size_t i = 0; i < h->lines.count && !invariant_broken(v); i++) {
                if ((without_crashes && line_is_crash(h->lines.items[i])) ||
                    !scenario_parse_line(a, h->lines.items[i], &line, &error) ||
                    !line_is_fair(h, stage_rehearsal(st), &line))
                        continue;
                line_complete(h, &line);
                if (timeline)
                        (void) fprintf(timeline, "> %s\n", h->lines.items[i]);
                invariant_on_line(v, &line);
                good = stage_play(st, &line) == PLAY_GOOD;
                if (good && sense)
                        sense->lines[i] = true;
                if (h->census)
                        census_count_line(h->census, &line, good);
        }
        if (sense)
                sense->runs = stage_rehearsal(st) && rehearsal_engine(stage_rehearsal(st));
        if (h->census && stage_rehearsal(st))
                census_count_bites(h->census, rehearsal_sim(stage_rehearsal(st)));
        invariant_check_end(v, picture);
        verdict_take(ret, v, st);
}

bool history_play_scenario(const struct scenario *s, FILE *timeline, struct arena *a,
                           struct verdict *ret, const char **ret_error) {
        _cleanup_(invariant_freep) struct invariant *v = invariant_new();
        _cleanup_(stage_freep) struct stage *st = stage_new(&(struct stage_options){
                .timeline = timeline,
                .also = invariant_watcher(v),
        });
        struct text picture = {};

        *ret = (struct verdict){};
        for (uint32_t i = 0; i < s->n_lines && !invariant_broken(v); i++) {
                invariant_on_line(v, &s->lines[i]);
                if (stage_play(st, &s->lines[i]) != PLAY_GOOD) {
                        *ret_error = arena_printf(a, "%s:%u: %s", s->path, s->lines[i].number,
                                                  stage_error(st));
                        return false;
                }
                invariant_follow(v, stage_rehearsal(st));
        }
        invariant_check_end(v, &picture);
        text_done(&picture);
        verdict_take(ret, v, st);
        return true;
}

/* The first line in which two texts differ. */
static void verdict_differs(struct verdict *v, const struct text *a, const struct text *b) {
        const char *with = a->s ? a->s : "", *without = b->s ? b->s : "";

        while (*with && *with == *without) {
                size_t n = strcspn(with, "\n"), m = strcspn(without, "\n");

                if (n != m || strncmp(with, without, n) != 0)
                        break;
                with += n + (with[n] == '\n');
                without += m + (without[m] == '\n');
        }
        v->broken = true;
        (void) strcpy(v->kind, "crash");
        (void) snprintf(v->text, sizeof(v->text), "after a crash '%.*s', without it '%.*s'",
                        (int) strcspn(with, "\n"), with, (int) strcspn(without, "\n"), without);
}

void history_play(const struct play_history *h, const struct config *config, uint64_t seed,
                  FILE *timeline, struct verdict *ret) {
        struct text with = {}, without = {};
        struct verdict other;

        play(h, false, config, seed, timeline, NULL, &with, ret);
        if (h->crashes && !ret->broken) {
                play(h, true, config, seed, timeline, NULL, &without, &other);
                ret->n_steps += other.n_steps;
                ret->duration += other.duration;
                if (other.broken) {
                        other.n_steps = ret->n_steps;
                        other.duration = ret->duration;
                        *ret = other;
                } else if (!text_equal(with.s, without.s))
                        verdict_differs(ret, &with, &without);
        }
        text_done(&with);
        text_done(&without);
}

/* --- printing them --- */

static void print_block(const struct text *t, FILE *f) {
        const char *s = t->s;

        while (*s) {
                size_t n = strcspn(s, "\n");

                (void) fprintf(f, "  %.*s\n", (int) n, s);
                s += n + (s[n] == '\n');
        }
        (void) fprintf(f, "end\n");
}

/* What every history ends with: invariant_check_end. */
static const char *const ending[] = { "be-kind",     "wait until rest within 12 h",
                                      "wait 33 min", "wait until rest within 12 h",
                                      "restart",     "wait until rest within 12 h" };

static const struct text *history_yaml(const struct play_history *h) {
        return h->yaml.s ? &h->yaml : &h->universe->yaml;
}

void history_print(const struct play_history *h, const struct config *config, uint64_t seed,
                   FILE *f) {
        _cleanup_(freep) bool *lines = memory_new(h->lines.count + 1, sizeof(bool));
        struct sense sense = { .lines = lines };
        struct text picture = {};
        struct verdict v;

        play(h, false, config, seed, NULL, &sense, &picture, &v);
        text_done(&picture);
        (void) fprintf(f, "zone %s\nseed %llu\n%sconfig\n", HISTORY_ZONE, (unsigned long long) seed,
                       seed % 4 == 3 ? "zfs 2.1\n" : "");
        print_block(history_yaml(h), f);
        for (size_t i = 0; i < h->lines.count; i++) {
                bool reload = text_starts(h->lines.items[i], "reload "),
                     other = text_equal(h->lines.items[i], "reload other");

                if (!lines[i])
                        continue;
                (void) fprintf(f, "%s\n", reload ? "reload" : h->lines.items[i]);
                if (reload)
                        print_block(other ? &h->universe->other : history_yaml(h), f);
        }
        (void) fprintf(f, "# what every history ends with\n");
        if (!sense.runs)
                (void) fprintf(f, "start\n");
        for (size_t i = 0; i < ELEMENTSOF(ending); i++)
                (void) fprintf(f, "%s\n", ending[i]);
}
