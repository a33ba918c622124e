/* config/diagnose.c - gathering everything that is wrong with a configuration, with its place */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/diagnose.h"

#define DIAGNOSES_MAX    200u /* more do not help anybody */
#define SOURCE_MAX       200u
#define CANDIDATES_SHOWN 12u

void diagnose_at(struct diagnoser *d, bool is_error, uint32_t line, uint32_t column,
                 uint32_t length, const char *text) {
        d->n_errors += is_error;
        if (d->items.count >= DIAGNOSES_MAX)
                return;
        array_append(&d->items, ((struct diagnosis){ .is_error = is_error,
                                                     .line = line,
                                                     .column = column,
                                                     .text = arena_strdup(d->arena, text),
                                                     .length = length ? length : 1 }));
}

static void diagnose(struct diagnoser *d, bool is_error, const struct tree *where,
                     const char *format, va_list args) {
        const char *text = arena_vprintf(d->arena, format, args);

        diagnose_at(d, is_error, where ? where->line : 0, where ? where->column : 0,
                    where ? where->length : 0, text);
}

void diagnose_error(struct diagnoser *d, const struct tree *where, const char *format, ...) {
        va_list args;

        va_start(args, format);
        diagnose(d, true, where, format, args);
        va_end(args);
}

void diagnose_warning(struct diagnoser *d, const struct tree *where, const char *format, ...) {
        va_list args;

        va_start(args, format);
        diagnose(d, false, where, format, args);
        va_end(args);
}

void diagnose_unknown(struct diagnoser *d, const struct tree *where, const char *what,
                      const char *word, const char *const *candidates, size_t n) {
        const char *nearest = text_nearest(word, candidates, n);
        struct text list = {};

        if (nearest) {
                diagnose_error(d, where, "unknown %s '%.64s', did you mean '%s'?", what, word,
                               nearest);
                return;
        }
        for (size_t i = 0; i < n && n <= CANDIDATES_SHOWN; i++)
                text_addf(&list, "%s%s", i ? (i + 1 == n ? " or " : ", ") : ", expected ",
                          candidates[i]);
        diagnose_error(d, where, "unknown %s '%.64s'%s", what, word, list.s ? list.s : "");
        text_done(&list);
}

static int diagnosis_compare(const void *a, const void *b) {
        const struct diagnosis *x = a, *y = b;

        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        return x->column < y->column ? -1 : x->column > y->column;
}

/* They come in order, so the file is walked once. */
static void diagnose_add_sources(struct diagnoser *d) {
        const char *p = d->text, *end = d->text + d->length;
        uint32_t line = 1;

        for (size_t i = 0; i < d->items.count; i++) {
                struct diagnosis *it = &d->items.items[i];
                const char *stop;

                if (!it->line)
                        continue;
                while (line < it->line && p < end) {
                        const char *newline = memchr(p, '\n', (size_t) (end - p));

                        p = newline ? newline + 1 : end;
                        line++;
                }
                stop = p < end ? memchr(p, '\n', (size_t) (end - p)) : NULL;
                stop = stop ? stop : end;
                if (stop > p && stop[-1] == '\r')
                        stop--;
                it->source = arena_strndup(d->arena, p,
                                           (size_t) (stop - p) < SOURCE_MAX ? (size_t) (stop - p)
                                                                            : SOURCE_MAX);
        }
}

struct diagnoses diagnose_finish(struct diagnoser *d) {
        struct diagnoses all = { .count = d->items.count, .n_errors = d->n_errors };

        if (d->items.count)
                qsort(d->items.items, d->items.count, sizeof(*d->items.items), diagnosis_compare);
        if (d->text)
                diagnose_add_sources(d);
        all.items = arena_memdup(d->arena, d->items.items,
                                 d->items.count * sizeof(*d->items.items));
        array_done(&d->items);
        return all;
}

const char *diagnosis_print(struct arena *a, const char *path, const struct diagnosis *d) {
        const char *kind = d->is_error ? "error" : "warning";
        struct text t = {};
        const char *s;

        if (d->line)
                text_addf(&t, "%s:%u:%u: %s: %s", path, d->line, d->column, kind, d->text);
        else
                text_addf(&t, "%s: %s: %s", path, kind, d->text);
        if (d->source) {
                size_t width = strlen(d->source);

                text_addf(&t, "\n    %s\n    ", d->source);
                for (uint32_t i = 1; i < d->column && i <= width; i++)
                        text_add(&t, d->source[i - 1] == '\t' ? "\t" : " ");
                text_add(&t, "^");
                for (uint32_t i = 1; i < d->length && d->column + i <= width; i++)
                        text_add(&t, "~");
        }
        s = arena_strdup(a, t.s);
        text_done(&t);
        return s;
}
