/* tests/sim/census.c - what histories consist of: how often each thing was drawn, and came to
 * something */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "base/text.h"
#include "census.h"

struct counted {
        const char *what;
        uint64_t n, n_good;
};

struct census {
        struct arena *arena;
        struct map at; /* of what: its place in `counted` */
        ARRAY(struct counted) counted;
};

struct census *census_new(void) {
        struct census *c = memory_new(1, sizeof(*c));

        c->arena = arena_new();
        return c;
}

struct census *census_free(struct census *c) {
        if (!c)
                return NULL;
        map_done(&c->at);
        array_done(&c->counted);
        (void) arena_free(c->arena);
        free(c);
        return NULL;
}

static void census_add(struct census *c, const char *what, uint64_t n, uint64_t n_good) {
        uint64_t at;

        if (!map_get(&c->at, what, &at)) {
                at = c->counted.count;
                what = arena_strdup(c->arena, what);
                array_append(&c->counted, ((struct counted){ .what = what }));
                map_put(&c->at, what, at);
        }
        c->counted.items[at].n += n;
        c->counted.items[at].n_good += n_good;
}

/* As many words of the line as tell what kind of thing it is. */
static uint32_t line_words(const struct scenario_line *l) {
        static const struct {
                const char *word;
                uint32_t n;
        } longer[] = {
                { "type", 3 },   { "fail-next", 3 },  { "at-next", 2 },  { "commands", 2 },
                { "looks", 2 },  { "events", 2 },     { "online", 2 },   { "offline", 2 },
                { "scrub", 2 },  { "trim", 2 },       { "snapshot", 2 }, { "passphrase", 2 },
                { "reload", 1 }, { "state-file", 2 },
        };

        for (size_t i = 0; i < ELEMENTSOF(longer); i++)
                if (text_equal(l->words[0], longer[i].word))
                        return longer[i].n < l->n_words ? longer[i].n : l->n_words;
        return 1;
}

void census_count_line(struct census *c, const struct scenario_line *l, bool good) {
        struct text t = {};

        for (uint32_t i = 0; i < line_words(l); i++)
                text_addf(&t, "%s%s", i ? " " : "", l->words[i]);
        census_add(c, t.s, 1, good);
        text_done(&t);
}

void census_count_bites(struct census *c, const struct sim *s) {
        const struct sim_bites *b = sim_bites(s);
        char what[64];

        for (enum sim_fault f = SIM_FAULT_FAIL; f < _SIM_FAULT_MAX; f++) {
                (void) snprintf(what, sizeof(what), "(a command ends: %s)", sim_fault_print(f));
                census_add(c, what, b->commands[f], b->commands[f]);
        }
        census_add(c, "(a look fails)", b->looks, b->looks);
        census_add(c, "(a write fails)", b->writes, b->writes);
}

static int counted_compare(const void *a, const void *b) {
        const struct counted *x = a, *y = b;

        return strcmp(x->what, y->what);
}

void census_print(const struct census *c, FILE *f) {
        if (c->counted.count)
                qsort(c->counted.items, c->counted.count, sizeof(struct counted), counted_compare);
        for (size_t i = 0; i < c->counted.count; i++)
                (void) fprintf(
                        f, "%9llu of %9llu  %s\n", (unsigned long long) c->counted.items[i].n_good,
                        (unsigned long long) c->counted.items[i].n, c->counted.items[i].what);
}
