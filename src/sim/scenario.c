/* sim/scenario.c - the text of a scenario: one step a line, words, and blocks of configuration */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sim/scenario.h"

/* One line of the text, without its end. */
struct cut {
        const char *s;
        size_t length;
};

static bool cut_take(const char **text, const char *end, struct cut *ret) {
        const char *newline;

        if (*text == end)
                return false;
        newline = memchr(*text, '\n', (size_t) (end - *text));
        ret->s = *text;
        ret->length = (size_t) ((newline ? newline : end) - *text);
        *text = newline ? newline + 1 : end;
        if (ret->length && ret->s[ret->length - 1] == '\r')
                ret->length--;
        return true;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

/* False: a quote that is not closed, or too many words. */
static bool words_split(struct arena *a, struct cut line, struct scenario_line *ret,
                        const char **ret_error) {
        const char **words = arena_new_array(a, const char *, SCENARIO_WORDS_MAX + 1);
        const char *s = line.s, *end = line.s + line.length;

        ret->words = words;
        ret->n_words = 0;
        while (s < end) {
                const char *from, *stop;

                if (is_blank(*s)) {
                        s++;
                        continue;
                }
                if (*s == '#')
                        break;
                if (ret->n_words == SCENARIO_WORDS_MAX) {
                        *ret_error = arena_printf(a, "more than %d words in a line",
                                                  SCENARIO_WORDS_MAX);
                        return false;
                }
                if (*s == '"') {
                        from = s + 1;
                        stop = memchr(from, '"', (size_t) (end - from));
                        if (!stop) {
                                *ret_error = "expected a closing \" in this line";
                                return false;
                        }
                        s = stop + 1;
                } else {
                        for (from = s; s < end && !is_blank(*s); s++)
                                ;
                        stop = s;
                }
                words[ret->n_words++] = arena_strndup(a, from, (size_t) (stop - from));
        }
        return true;
}

static size_t cut_indentation(struct cut c) {
        size_t n = 0;

        while (n < c.length && is_blank(c.s[n]))
                n++;
        return n;
}

static bool cut_is_end(struct cut c) {
        size_t n = cut_indentation(c);

        while (c.length > n && is_blank(c.s[c.length - 1]))
                c.length--;
        return c.length - n == 3 && memcmp(c.s + n, "end", 3) == 0;
}

/* Everything up to "end"; as far as its first line is indented, all lines are cut. */
static bool block_take(struct arena *a, const char **text, const char *end, uint32_t *number,
                       struct scenario_line *line) {
        struct text block = {};
        size_t indentation = SIZE_MAX;
        bool closed = false;
        struct cut c;

        line->block_number = *number + 1;
        while (!closed && cut_take(text, end, &c)) {
                size_t n = cut_indentation(c);

                ++*number;
                if (indentation == SIZE_MAX && n < c.length)
                        indentation = n;
                closed = cut_is_end(c);
                if (closed)
                        break;
                n = n < indentation ? n : indentation;
                text_add_bytes(&block, c.s + n, c.length - n);
                text_add(&block, "\n");
        }
        line->block = arena_strndup(a, block.s ? block.s : "", block.length);
        line->block_length = block.length;
        text_done(&block);
        return closed;
}

static bool line_has_block(const struct scenario_line *l) {
        return (text_equal(l->words[0], "config") || text_equal(l->words[0], "reload")) &&
               l->n_words == 1;
}

struct scenario *scenario_parse(struct arena *a, const char *path, const char *text, size_t length,
                                const char **ret_error) {
        struct scenario *s = arena_new_one(a, struct scenario);
        const char *end = text + length, *error = NULL;
        uint32_t number = 0, capacity = 0;
        struct cut c;

        if (length > SCENARIO_BYTES_MAX || memchr(text, 0, length)) {
                *ret_error = arena_printf(a, "%s: expected a text of at most 4 MiB", path);
                return NULL;
        }
        for (size_t i = 0; i < length; i++)
                capacity += text[i] == '\n';
        s->path = path;
        s->lines = arena_new_array(a, struct scenario_line, capacity + 1);
        while (cut_take(&text, end, &c)) {
                struct scenario_line *l = &s->lines[s->n_lines];

                l->number = ++number;
                if (!words_split(a, c, l, &error)) {
                        *ret_error = arena_printf(a, "%s:%u: %s", path, number, error);
                        return NULL;
                }
                if (!l->n_words)
                        continue;
                s->n_lines++;
                if (line_has_block(l) && !block_take(a, &text, end, &number, l)) {
                        *ret_error = arena_printf(a, "%s:%u: expected a line 'end' after '%s'",
                                                  path, l->number, l->words[0]);
                        return NULL;
                }
        }
        return s;
}

struct scenario *scenario_load(struct arena *a, const char *path, const char **ret_error) {
        struct text text = {};
        struct scenario *s = NULL;
        char buffer[8192];
        size_t n;
        FILE *f = fopen(path, "re");

        if (!f) {
                *ret_error = arena_printf(a, "%s: %s", path, strerror(errno));
                return NULL;
        }
        while ((n = fread(buffer, 1, sizeof(buffer), f)) && text.length <= SCENARIO_BYTES_MAX)
                text_add_bytes(&text, buffer, n);
        if (ferror(f))
                *ret_error = arena_printf(a, "%s: %s", path, strerror(errno));
        else
                s = scenario_parse(a, path, text.s ? text.s : "", text.length, ret_error);
        (void) fclose(f);
        text_done(&text);
        return s;
}

bool scenario_parse_line(struct arena *a, const char *text, struct scenario_line *ret,
                         const char **ret_error) {
        *ret = (struct scenario_line){ .number = 1 };
        *ret_error = NULL;
        return words_split(a, (struct cut){ text, strcspn(text, "\n") }, ret, ret_error) &&
               ret->n_words;
}
