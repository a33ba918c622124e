/* cli/style.h - how a table can be drawn: one row per style, as Python's tabulate has them */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* A horizontal line: begin, fill as often as the column is wide, sep, fill, ..., end. All NULL: no
 * such line. */
struct style_line {
        const char *begin, *fill, *sep, *end;
};

struct style_row {
        const char *begin, *sep, *end;
};

enum style_escape {
        ESCAPE_NONE,
        ESCAPE_HTML,
        ESCAPE_LATEX,
        ESCAPE_CSV,
        ESCAPE_PIPE,        /* a bar is \| */
        ESCAPE_PIPE_ENTITY, /* a bar is &#124; */
};

struct style {
        const char *name;
        struct style_line above, below_header, between, below;
        struct style_row header, data;
        const char *body; /* a line before the first row of data, or NULL */
        unsigned padding; /* blanks on both sides of a cell */
        bool ragged;      /* cells are as wide as they are, fills stand once */
        bool no_above;    /* `above` only if there is no header */
        bool no_below;    /* the same for `below` */
        bool centered;
        bool asciidoc;      /* the widths of the columns are told above */
        unsigned fill_less; /* by so much the fills of lines are shorter: for pipe's colons */
        enum style_escape escape;
};

struct style_table {
        const char *const *headers; /* NULL: none */
        const char *const *cells;   /* row after row */
        size_t n_columns, n_rows;
};

/* NULL: no such style. */
const struct style *style_find(const char *name);
/* All names; for near misses and completion. */
const char *const *style_names(size_t *ret_n);
void style_print(struct text *t, const struct style *style, const struct style_table *table);
