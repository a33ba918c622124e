/* tests/sim/minimise.c - what breaks an invariant, as short as it can be made */
#include <string.h>

#include "minimise.h"

struct minimiser {
        struct play_history *history;
        const struct config *config;
        struct config *own; /* the smaller one, if it is that */
        uint64_t seed;
        const struct verdict *verdict;
};

/* --- lines of the history --- */

static bool lines_are_needless(const struct minimiser *m, size_t from, size_t n) {
        struct play_history shorter = *m->history;
        struct verdict now;

        memset(&shorter.lines, 0, sizeof(shorter.lines));
        for (size_t i = 0; i < m->history->lines.count; i++)
                if (i < from || i >= from + n)
                        array_append(&shorter.lines, m->history->lines.items[i]);
        history_play(&shorter, m->config, m->seed, NULL, &now);
        array_done(&shorter.lines);
        return now.broken && strcmp(now.kind, m->verdict->kind) == 0;
}

static void minimise_lines(struct minimiser *m) {
        struct play_history *h = m->history;

        for (size_t n = h->lines.count / 2; n > 0; n = n > 1 ? n / 2 : 0) {
                bool again;

                do {
                        again = false;
                        for (size_t from = 0; from + n <= h->lines.count;) {
                                if (!lines_are_needless(m, from, n)) {
                                        from += n;
                                        continue;
                                }
                                for (size_t k = 0; k < n; k++)
                                        (void) array_remove(&h->lines, from);
                                again = true;
                        }
                } while (again && n == 1);
        }
}

/* --- parts of the configuration --- */

static size_t line_length(const char *s) {
        size_t n = strcspn(s, "\n");

        return n + (s[n] == '\n');
}

/* A line with all that belongs to it: what stands further to the right. */
static size_t part_length(const char *s) {
        size_t blanks = strspn(s, " "), n = line_length(s);

        while (s[n] && strspn(s + n, " ") > blanks)
                n += line_length(s + n);
        return n;
}

/* NULL: without that part it is no configuration, or breaks nothing any more. */
static struct config *config_without(const struct minimiser *m, const struct text *yaml) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct play_history smaller = *m->history;
        struct diagnoses d = {};
        struct config *c = config_parse(a, "universe.yml", yaml->s, yaml->length, false, &d);
        struct verdict now;

        if (!c)
                return NULL;
        smaller.yaml = *yaml;
        history_play(&smaller, c, m->seed, NULL, &now);
        if (now.broken && strcmp(now.kind, m->verdict->kind) == 0)
                return c;
        return config_free(c);
}

/* From the top to the bottom, so that what is large goes first. */
static void minimise_config(struct minimiser *m) {
        struct play_history *h = m->history;

        if (!h->yaml.s)
                text_add(&h->yaml, h->universe->yaml.s);
        for (size_t at = 0; at < h->yaml.length;) {
                size_t n = part_length(h->yaml.s + at);
                struct text without = {};
                struct config *c;

                text_add_bytes(&without, h->yaml.s, at);
                text_add(&without, h->yaml.s + at + n);
                c = config_without(m, &without);
                if (c) {
                        text_done(&h->yaml);
                        h->yaml = without;
                        m->own = config_free(m->own);
                        m->config = m->own = c;
                } else {
                        text_done(&without);
                        at += line_length(h->yaml.s + at);
                }
        }
}

struct config *minimise_history(struct play_history *h, const struct config *config, uint64_t seed,
                                const struct verdict *verdict) {
        struct minimiser m = { .history = h, .config = config, .seed = seed, .verdict = verdict };
        size_t n;

        minimise_lines(&m);
        do {
                n = h->yaml.length;
                minimise_config(&m);
                minimise_lines(&m);
        } while (h->yaml.length != n);
        return m.own;
}
