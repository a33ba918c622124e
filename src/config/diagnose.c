/* config/diagnose.c - gathering everything that is wrong with a configuration, with its place */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/diagnose.h"

#define KEPT_MAX         200u  /* of errors, and of warnings; more do not help anybody */
#define SOURCE_MAX       4096u /* bytes kept of a line */
#define SHOWN_MAX        100u  /* characters shown of it */
#define SHOWN_BEFORE     60u   /* of these before the place, in a long line */
#define CANDIDATES_SHOWN 12u

size_t character_length(const unsigned char *p, size_t left) {
        size_t n = *p < 0x80   ? 1
                   : *p < 0xc2 ? 0
                   : *p < 0xe0 ? 2
                   : *p < 0xf0 ? 3
                   : *p < 0xf5 ? 4
                               : 0;

        if (n > left)
                return 0;
        for (size_t k = 1; k < n; k++)
                if ((p[k] & 0xc0) != 0x80)
                        return 0;
        if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || /* too long, surrogate */
            (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
                return 0;
        return n;
}

bool character_is_control(const unsigned char *p, size_t left) {
        if (*p == '\r') /* only as a part of a line's end */
                return left < 2 || p[1] != '\n';
        return (*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f ||
               (*p == 0xc2 && left > 1 && p[1] < 0xa0);
}

/* What is wrong with a file is shown on terminals and sent as JSON: neither takes everything. */
static void make_printable(char *s) {
        size_t left = strlen(s), n;

        for (unsigned char *p = (unsigned char *) s; left; p += n, left -= n) {
                n = character_length(p, left);
                if (!n || character_is_control(p, left)) {
                        n = 1;
                        *p = '?';
                } else if (*p == '\n' || *p == '\r')
                        *p = ' ';
        }
}

static void diagnose_add(struct diagnoser *d, bool is_error, uint32_t start, uint32_t end,
                         const char *text) {
        size_t *n = is_error ? &d->n_errors : &d->n_warnings;

        if (++*n > KEPT_MAX)
                return;
        if (end < start)
                end = start;
        array_append(&d->findings, ((struct finding){ is_error, start, end, text }));
}

void diagnose_error_at(struct diagnoser *d, uint32_t start, uint32_t end, const char *text) {
        diagnose_add(d, true, start, end, arena_strdup(d->arena, text));
}

static void __attribute__((format(printf, 4, 0)))
diagnose(struct diagnoser *d, bool is_error, const struct tree *where, const char *format,
         va_list args) {
        char *text = arena_vprintf(d->arena, format, args);

        make_printable(text); /* it may quote the file */
        diagnose_add(d, is_error, where->start, where->end, text);
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

const char *diagnose_unknown(struct diagnoser *d, const struct tree *where, const char *what,
                             const char *word, const char *const *candidates, size_t n) {
        const char *nearest = text_nearest(word, candidates, n);
        struct text list = {};

        if (nearest) {
                diagnose_error(d, where, "unknown %s '%.64s', did you mean '%s'?", what, word,
                               nearest);
                return nearest;
        }
        for (size_t i = 0; i < n && n <= CANDIDATES_SHOWN; i++)
                text_addf(&list, "%s%s", i ? (i + 1 == n ? " or " : ", ") : ", expected ",
                          candidates[i]);
        diagnose_error(d, where, "unknown %s '%.64s'%s", what, word, list.s ? list.s : "");
        text_done(&list);
        return NULL;
}

/* By place; what is about the file as a whole comes last. Errors come before warnings. */
static int finding_compare(const void *a, const void *b) {
        const struct finding *x = a, *y = b;

        if (x->start != y->start)
                return x->start < y->start ? -1 : 1;
        if (x->is_error != y->is_error)
                return x->is_error ? -1 : 1;
        return strcmp(x->text, y->text);
}

/* How many characters there are in the bytes. */
static uint32_t characters(const char *s, size_t n) {
        uint32_t count = 0;

        for (size_t i = 0; i < n; i++)
                count += ((unsigned char) s[i] & 0xc0) != 0x80;
        return count;
}

/* A long line is cut, but not in the middle of a character. */
static const char *source_copy(struct arena *a, const char *line, size_t n) {
        char *copy;

        if (n && line[n - 1] == '\r')
                n--;
        if (n > SOURCE_MAX)
                for (n = SOURCE_MAX; n && ((unsigned char) line[n] & 0xc0) == 0x80;)
                        n--;
        copy = arena_alloc(a, n + 1);
        memcpy(copy, line, n);
        for (size_t i = 0; i < n; i++) /* a NUL would be the end of it */
                if (!copy[i])
                        copy[i] = '?';
        make_printable(copy);
        return copy;
}

static struct diagnosis finding_place(const struct diagnoser *d, const struct finding *f,
                                      const char *line, uint32_t number) {
        const char *start = d->text + f->start, *end = d->text + d->length;
        const char *newline = memchr(line, '\n', (size_t) (end - line));
        size_t length = f->end - f->start;

        if (newline)
                end = newline;
        if (start + length > end)
                length = start < end ? (size_t) (end - start) : 0;
        length = characters(start, length);
        return (struct diagnosis){ .is_error = f->is_error,
                                   .line = number,
                                   .column = 1 + characters(line, (size_t) (start - line)),
                                   .text = f->text,
                                   .source = source_copy(d->arena, line, (size_t) (end - line)),
                                   .length = length ? (uint32_t) length : 1 };
}

static void diagnose_say_how_many(struct diagnoser *d, bool is_error) {
        size_t n = is_error ? d->n_errors : d->n_warnings;

        if (n > KEPT_MAX)
                array_append(
                        &d->findings,
                        ((struct finding){ is_error, DIAGNOSE_FILE, DIAGNOSE_FILE,
                                           arena_printf(d->arena, "and %zu more %s", n - KEPT_MAX,
                                                        is_error ? "errors" : "warnings") }));
}

struct diagnoses diagnose_finish(struct diagnoser *d) {
        struct diagnoses all = { .n_errors = d->n_errors };
        const char *line = d->text;
        uint32_t number = 1;

        diagnose_say_how_many(d, true);
        diagnose_say_how_many(d, false);
        if (d->findings.count)
                qsort(d->findings.items, d->findings.count, sizeof(*d->findings.items),
                      finding_compare);
        all.items = arena_new_array(d->arena, struct diagnosis, d->findings.count);
        for (size_t i = 0; i < d->findings.count; i++) {
                const struct finding *f = &d->findings.items[i];
                const char *newline;

                if (f->start == DIAGNOSE_FILE || f->start > d->length) {
                        all.items[all.count++] = (struct diagnosis){ .is_error = f->is_error,
                                                                     .text = f->text,
                                                                     .length = 1 };
                        continue;
                }
                while ((newline = memchr(line, '\n', (size_t) (d->text + f->start - line)))) {
                        line = newline + 1;
                        number++;
                }
                all.items[all.count++] = finding_place(d, f, line, number);
        }
        array_done(&d->findings);
        return all;
}

static const char *character_next(const char *p) {
        do
                p++;
        while (((unsigned char) *p & 0xc0) == 0x80);
        return p;
}

/* The line, or the part of it around the place, and a caret with a tail below. */
static void add_source(struct text *t, const struct diagnosis *d) {
        uint32_t width = characters(d->source, strlen(d->source)), skip = 0, shown = 0;
        const char *start = d->source, *end;

        if (width > SHOWN_MAX && d->column > SHOWN_BEFORE)
                skip = d->column - SHOWN_BEFORE;
        for (uint32_t i = 0; i < skip && *start; i++)
                start = character_next(start);
        for (end = start; *end && shown < SHOWN_MAX; shown++)
                end = character_next(end);
        text_addf(t, "\n    %s", skip ? "..." : "");
        text_add_bytes(t, start, (size_t) (end - start));
        text_addf(t, "%s\n    %s", *end ? "..." : "", skip ? "   " : "");
        for (uint32_t i = skip + 1; i < d->column && *start; i++) {
                text_add(t, *start == '\t' ? "\t" : " ");
                start = character_next(start);
        }
        text_add(t, "^");
        for (uint32_t i = 1; i < d->length && d->column + i <= skip + shown; i++)
                text_add(t, "~");
}

const char *diagnosis_print(struct arena *a, const char *path, const struct diagnosis *d) {
        const char *kind = d->is_error ? "error" : "warning";
        struct text t = {};
        const char *s;

        if (d->line)
                text_addf(&t, "%s:%u:%u: %s: %s", path, d->line, d->column, kind, d->text);
        else
                text_addf(&t, "%s: %s: %s", path, kind, d->text);
        if (d->source)
                add_source(&t, d);
        s = arena_strdup(a, t.s);
        text_done(&t);
        return s;
}
