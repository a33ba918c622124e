/* cli/style.c - how a table can be drawn: one row per style, as Python's tabulate has them
 *
 * They are those of tabulate 0.9, to the last blank. A column is two wider than its header there
 * (but for `pretty`), and what is no text is at the right. Differences: where a bar parts the cells
 * one inside a cell is escaped, as ids have some, and tsv is not filled up with blanks. */
#include <string.h>

#include "base/arena.h"
#include "cli/show.h"
#include "cli/style.h"

enum line_kind {
        LINE_PLAIN,    /* begin, fill as often as the column is wide, sep, fill, ..., end */
        LINE_COLONS,   /* the same; colons tell the alignment */
        LINE_LETTERS,  /* begin, l or r for each column, end */
        LINE_ASCIIDOC, /* the widths and alignments of all columns */
};

/* begin is NULL: no such line. */
struct style_line {
        const char *begin, *fill, *sep, *end;
        enum line_kind kind;
};

/* begin, then for each cell: open, left or right (by its alignment), inner, the cell, close; sep
 * between them; and end. */
struct style_row {
        const char *begin, *sep, *end, *open, *left, *right, *inner, *close;
};

enum style_escape {
        ESCAPE_NONE,
        ESCAPE_HTML,
        ESCAPE_LATEX,
        ESCAPE_CSV,
        ESCAPE_TABS,        /* one would part cells: a blank */
        ESCAPE_PIPE,        /* a bar is \| */
        ESCAPE_PIPE_ENTITY, /* a bar is &#124; */
        ESCAPE_PIPE_ORG,    /* a bar is \vert{} */
};

struct style {
        const char *name;
        struct style_line above, below_header, between, below;
        struct style_row header, data;
        unsigned padding;        /* blanks on both sides of a cell */
        unsigned header_padding; /* so much wider than its header is a column at least */
        bool ragged;             /* cells are as wide as they are */
        bool keeps_blanks;       /* at the ends of lines */
        bool no_above;           /* `above` only if there is no header */
        bool no_below;           /* the same for `below` */
        bool centered;
        bool first_wider; /* by a blank */
        bool dots;        /* an empty first cell is ".." */
        enum style_escape escape;
};

#define SEPARATED(s)                                                                               \
        { .begin = "", .sep = (s), .end = "" }
#define BARRED(s)                                                                                  \
        { .begin = (s), .sep = (s), .end = (s) }
#define LINE(b, f, s, e)                                                                           \
        { .begin = (b), .fill = (f), .sep = (s), .end = (e) }
#define TEXT(s)                                                                                    \
        { .begin = (s), .fill = "", .sep = "", .end = "" }
#define COLONS                                                                                     \
        { .begin = "|", .fill = "-", .sep = "|", .end = "|", .kind = LINE_COLONS }
#define ASCII_LINE LINE("+", "-", "+", "+")
#define TEXT_STYLE .padding = 1, .header_padding = 2

/* Grids have lines between the rows, outlines have none. */
#define BOXED(kind, above_, header_, between_, below_, bar)                                        \
        { .name = kind "_grid",                                                                    \
          .above = above_,                                                                         \
          .below_header = header_,                                                                 \
          .between = between_,                                                                     \
          .below = below_,                                                                         \
          .header = BARRED(bar),                                                                   \
          .data = BARRED(bar),                                                                     \
          TEXT_STYLE },                                                                            \
        {                                                                                          \
                .name = kind "_outline", .above = above_, .below_header = header_,                 \
                .below = below_, .header = BARRED(bar), .data = BARRED(bar), TEXT_STYLE            \
        }

#define HTML_ATTRIBUTE " style=\"text-align: right;\""
#define HTML                                                                                       \
        .above = TEXT("<table>\n<tbody>"), .below = TEXT("</tbody>\n</table>"), .no_above = true,  \
        .header = { .begin = "<table>\n<thead>\n<tr>",                                             \
                    .open = "<th",                                                                 \
                    .right = HTML_ATTRIBUTE,                                                       \
                    .inner = ">",                                                                  \
                    .close = "</th>",                                                              \
                    .end = "</tr>\n</thead>\n<tbody>" },                                           \
        .data = { .begin = "<tr>",                                                                 \
                  .open = "<td",                                                                   \
                  .right = HTML_ATTRIBUTE,                                                         \
                  .inner = ">",                                                                    \
                  .close = "</td>",                                                                \
                  .end = "</tr>" },                                                                \
        .header_padding = 2

#define LATEX(environment, above_, header_, below_)                                                \
        .above = { .begin = "\\begin{" environment "}{",                                           \
                   .end = "}\n" above_,                                                            \
                   .kind = LINE_LETTERS },                                                         \
        .below_header = TEXT(header_), .below = TEXT(below_ "\n\\end{" environment "}"),           \
        .header = { .begin = "", .sep = "&", .end = "\\\\" },                                      \
        .data = { .begin = "", .sep = "&", .end = "\\\\" }, TEXT_STYLE

/* clang-format off */
static const struct style styles[] = {
        { .name = "table", .header = SEPARATED(" "), .data = SEPARATED(" ") },
        { .name = "plain", .header = SEPARATED("  "), .data = SEPARATED("  "),
          .header_padding = 2 },
        { .name = "simple", .above = LINE("", "-", "  ", ""), .below_header = LINE("", "-", "  ", ""),
          .below = LINE("", "-", "  ", ""), .header = SEPARATED("  "), .data = SEPARATED("  "),
          .no_above = true, .no_below = true, .header_padding = 2 },
        { .name = "grid", .above = ASCII_LINE, .below_header = LINE("+", "=", "+", "+"),
          .between = ASCII_LINE, .below = ASCII_LINE, .header = BARRED("|"), .data = BARRED("|"),
          TEXT_STYLE },
        { .name = "outline", .above = ASCII_LINE, .below_header = LINE("+", "=", "+", "+"),
          .below = ASCII_LINE, .header = BARRED("|"), .data = BARRED("|"), TEXT_STYLE },
        BOXED("simple", LINE("┌", "─", "┬", "┐"), LINE("├", "─", "┼", "┤"),
              LINE("├", "─", "┼", "┤"), LINE("└", "─", "┴", "┘"), "│"),
        BOXED("rounded", LINE("╭", "─", "┬", "╮"), LINE("├", "─", "┼", "┤"),
              LINE("├", "─", "┼", "┤"), LINE("╰", "─", "┴", "╯"), "│"),
        BOXED("heavy", LINE("┏", "━", "┳", "┓"), LINE("┣", "━", "╋", "┫"),
              LINE("┣", "━", "╋", "┫"), LINE("┗", "━", "┻", "┛"), "┃"),
        BOXED("mixed", LINE("┍", "━", "┯", "┑"), LINE("┝", "━", "┿", "┥"),
              LINE("├", "─", "┼", "┤"), LINE("┕", "━", "┷", "┙"), "│"),
        BOXED("double", LINE("╔", "═", "╦", "╗"), LINE("╠", "═", "╬", "╣"),
              LINE("╠", "═", "╬", "╣"), LINE("╚", "═", "╩", "╝"), "║"),
        BOXED("fancy", LINE("╒", "═", "╤", "╕"), LINE("╞", "═", "╪", "╡"),
              LINE("├", "─", "┼", "┤"), LINE("╘", "═", "╧", "╛"), "│"),
        { .name = "github", .above = LINE("|", "-", "|", "|"), .below_header = LINE("|", "-", "|", "|"),
          .header = BARRED("|"), .data = BARRED("|"), .no_above = true, .escape = ESCAPE_PIPE,
          TEXT_STYLE },
        { .name = "pipe", .above = COLONS, .below_header = COLONS, .header = BARRED("|"),
          .data = BARRED("|"), .no_above = true, .escape = ESCAPE_PIPE, TEXT_STYLE },
        { .name = "orgtbl", .below_header = LINE("|", "-", "+", "|"), .header = BARRED("|"),
          .data = BARRED("|"), .escape = ESCAPE_PIPE_ORG, TEXT_STYLE },
        { .name = "asciidoc", .above = { .begin = "", .kind = LINE_ASCIIDOC },
          .below = TEXT("|===="), .header = { .begin = "|", .sep = "|", .end = "" },
          .data = { .begin = "|", .sep = "|", .end = "" }, .keeps_blanks = true,
          .escape = ESCAPE_PIPE, TEXT_STYLE },
        { .name = "jira", .header = BARRED("||"), .data = BARRED("|"), .escape = ESCAPE_PIPE,
          TEXT_STYLE },
        { .name = "presto", .below_header = LINE("", "-", "+", ""), .header = SEPARATED("|"),
          .data = SEPARATED("|"), TEXT_STYLE },
        { .name = "pretty", .above = ASCII_LINE, .below_header = ASCII_LINE, .below = ASCII_LINE,
          .header = BARRED("|"), .data = BARRED("|"), .padding = 1, .centered = true },
        { .name = "psql", .above = ASCII_LINE, .below_header = LINE("|", "-", "+", "|"),
          .below = ASCII_LINE, .header = BARRED("|"), .data = BARRED("|"), TEXT_STYLE },
        { .name = "rst", .above = LINE("", "=", "  ", ""), .below_header = LINE("", "=", "  ", ""),
          .below = LINE("", "=", "  ", ""), .header = SEPARATED("  "), .data = SEPARATED("  "),
          .dots = true, .header_padding = 2 },
        { .name = "mediawiki",
          .above = TEXT("{| class=\"wikitable\" style=\"text-align: left;\"\n"
                        "|+ <!-- caption -->\n|-"),
          .below_header = TEXT("|-"), .between = TEXT("|-"), .below = TEXT("|}"),
          .header = { .begin = "!", .sep = "!!", .open = " ", .right = "align=\"right\"| ",
                      .close = " ", .end = "" },
          .data = { .begin = "|", .sep = "||", .open = " ", .right = "align=\"right\"| ",
                    .close = " ", .end = "" },
          .escape = ESCAPE_PIPE_ENTITY, .header_padding = 2 },
        { .name = "moinmoin",
          .header = { .begin = "", .open = "||", .right = "<style=\"text-align: right;\">",
                      .inner = " '''", .close = "''' ", .end = "||" },
          .data = { .begin = "", .open = "||", .right = "<style=\"text-align: right;\">",
                    .inner = " ", .close = " ", .end = "||" },
          TEXT_STYLE },
        { .name = "youtrack", .header = { .begin = "|| ", .sep = " || ", .end = " ||" },
          .data = { .begin = "| ", .sep = " | ", .end = " |" }, .escape = ESCAPE_PIPE, TEXT_STYLE },
        { .name = "html", HTML, .escape = ESCAPE_HTML },
        { .name = "unsafehtml", HTML },
        { .name = "latex", LATEX("tabular", "\\hline", "\\hline", "\\hline"),
          .escape = ESCAPE_LATEX },
        { .name = "latex_raw", LATEX("tabular", "\\hline", "\\hline", "\\hline") },
        { .name = "latex_booktabs", LATEX("tabular", "\\toprule", "\\midrule", "\\bottomrule"),
          .escape = ESCAPE_LATEX },
        { .name = "latex_longtable", LATEX("longtable", "\\hline", "\\hline\n\\endhead", "\\hline"),
          .escape = ESCAPE_LATEX },
        { .name = "textile", .header = { .begin = "|_. ", .sep = "|_.", .end = "|" },
          .data = { .begin = "|", .sep = "|", .left = "<.", .right = ">.", .end = "|" },
          .first_wider = true, .escape = ESCAPE_PIPE_ENTITY, TEXT_STYLE },
        { .name = "tsv", .header = SEPARATED("\t"), .data = SEPARATED("\t"), .ragged = true,
          .keeps_blanks = true, .escape = ESCAPE_TABS },
        { .name = "csv", .header = SEPARATED(","), .data = SEPARATED(","), .ragged = true,
          .keeps_blanks = true, .escape = ESCAPE_CSV },
};
/* clang-format on */

const struct style *style_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(styles); i++)
                if (text_equal(name, styles[i].name))
                        return &styles[i];
        return NULL;
}

const char *const *style_names(size_t *ret_n) {
        static const char *names[ELEMENTSOF(styles)];

        for (size_t i = 0; i < ELEMENTSOF(styles); i++)
                names[i] = styles[i].name;
        *ret_n = ELEMENTSOF(styles);
        return names;
}

/* --- cells */

struct replacement {
        char c;
        const char *text;
};

static const struct replacement html[] = {
        { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#x27;" }
};
static const struct replacement latex[] = { { '&', "\\&" },
                                            { '%', "\\%" },
                                            { '$', "\\$" },
                                            { '#', "\\#" },
                                            { '_', "\\_" },
                                            { '{', "\\{" },
                                            { '}', "\\}" },
                                            { '^', "\\^{}" },
                                            { '~', "\\textasciitilde{}" },
                                            { '<', "\\ensuremath{<}" },
                                            { '>', "\\ensuremath{>}" },
                                            { '\\', "\\textbackslash{}" } };
static const struct replacement pipe_backslash[] = { { '|', "\\|" } };
static const struct replacement pipe_entity[] = { { '|', "&#124;" } };
static const struct replacement pipe_org[] = { { '|', "\\vert{}" } };
static const struct replacement tabs[] = { { '\t', " " } };
static const struct replacement quotes[] = { { '"', "\"\"" } };

static const struct {
        const char *all; /* the characters that are replaced */
        const struct replacement *list;
        size_t n;
} escapes[] = {
        [ESCAPE_NONE] = { "", NULL, 0 },
        [ESCAPE_HTML] = { "&<>\"'", html, ELEMENTSOF(html) },
        [ESCAPE_LATEX] = { "&%$#_{}^~<>\\", latex, ELEMENTSOF(latex) },
        [ESCAPE_CSV] = { "\"", quotes, ELEMENTSOF(quotes) },
        [ESCAPE_TABS] = { "\t", tabs, ELEMENTSOF(tabs) },
        [ESCAPE_PIPE] = { "|", pipe_backslash, ELEMENTSOF(pipe_backslash) },
        [ESCAPE_PIPE_ENTITY] = { "|", pipe_entity, ELEMENTSOF(pipe_entity) },
        [ESCAPE_PIPE_ORG] = { "|", pipe_org, ELEMENTSOF(pipe_org) },
};

/* Blanks at the ends are not everywhere taken as a part of the cell. */
static bool cell_needs_quotes(const char *s) {
        return s[strcspn(s, ",\"\n")] || s[0] == ' ' || text_ends(s, " ");
}

static void escaped_add(struct text *t, enum style_escape escape, const char *s) {
        for (;;) {
                size_t plain = strcspn(s, escapes[escape].all);

                text_add_bytes(t, s, plain);
                s += plain;
                if (!*s)
                        return;
                for (size_t i = 0; i < escapes[escape].n; i++)
                        if (escapes[escape].list[i].c == *s)
                                text_add(t, escapes[escape].list[i].text);
                s++;
        }
}

static const char *cell_escape(struct arena *a, enum style_escape escape, const char *s) {
        bool quoted = escape == ESCAPE_CSV && cell_needs_quotes(s);
        struct text t = {};
        const char *copy;

        if (!quoted && !s[strcspn(s, escapes[escape].all)])
                return s;
        text_add(&t, quoted ? "\"" : "");
        escaped_add(&t, escape, s);
        text_add(&t, quoted ? "\"" : "");
        copy = arena_strdup(a, t.s);
        text_done(&t);
        return copy;
}

/* tabulate escapes these after it has filled them up with blanks. */
static bool escape_is_late(enum style_escape escape) {
        return escape == ESCAPE_HTML || escape == ESCAPE_LATEX;
}

/* --- lines */

struct drawing {
        struct text *t;
        const struct style *style;
        const struct style_table *table; /* escaped */
        size_t *widths;                  /* of the columns */
        const size_t *cell_widths;       /* of each cell; NULL if cells are ragged */
        const size_t *header_widths;
};

static bool column_is_right(const struct drawing *d, size_t column) {
        return d->table->right && d->table->right[column] && !d->style->centered;
}

static void blanks_add(struct text *t, size_t n) {
        static const char blanks[] = "                                                            ";

        for (; n >= sizeof(blanks); n -= sizeof(blanks) - 1)
                text_add_bytes(t, blanks, sizeof(blanks) - 1);
        text_add_bytes(t, blanks, n);
}

/* Blanks at the end of a line are of no use to anybody, but a tab may be an empty cell. */
static void line_end(const struct drawing *d, const char *end) {
        size_t n;

        text_add(d->t, end);
        for (n = d->t->length; !d->style->keeps_blanks && n > 0 && d->t->s[n - 1] == ' '; n--)
                ;
        d->t->length = n;
        text_add(d->t, "\n");
}

static void fill_add(const struct drawing *d, const struct style_line *line, size_t column) {
        size_t n = d->widths[column] + 2 * d->style->padding;
        bool right = column_is_right(d, column);

        if (line->kind == LINE_COLONS && !right)
                text_add(d->t, ":");
        for (size_t k = line->kind == LINE_COLONS; k < n && line->fill[0]; k++)
                text_add(d->t, line->fill);
        if (line->kind == LINE_COLONS && right)
                text_add(d->t, ":");
}

static void asciidoc_add(const struct drawing *d) {
        text_add(d->t, "[cols=\"");
        for (size_t i = 0; i < d->table->n_columns; i++)
                text_addf(d->t, "%s%zu%c", i ? "," : "", d->widths[i] + 2 * d->style->padding,
                          column_is_right(d, i) ? '>' : '<');
        text_addf(d->t, "\"%s]\n|====\n", d->table->headers ? ",options=\"header\"" : "");
}

static void line_add(const struct drawing *d, const struct style_line *line) {
        if (!line->begin)
                return;
        if (line->kind == LINE_ASCIIDOC) {
                asciidoc_add(d);
                return;
        }
        text_add(d->t, line->begin);
        for (size_t i = 0; i < d->table->n_columns; i++)
                if (line->kind == LINE_LETTERS)
                        text_add(d->t, column_is_right(d, i) ? "r" : "l");
                else {
                        text_add(d->t, i ? line->sep : "");
                        fill_add(d, line, i);
                }
        line_end(d, line->end);
}

static void optional_add(struct text *t, const char *s) {
        if (s)
                text_add(t, s);
}

static void cell_add(const struct drawing *d, size_t column, const char *cell, size_t width,
                     const char *color) {
        size_t rest = d->style->ragged ? 0 : d->widths[column] - width;
        size_t left = d->style->centered ? rest / 2 : column_is_right(d, column) ? rest : 0;

        blanks_add(d->t, d->style->padding + left);
        optional_add(d->t, color);
        text_add(d->t, cell);
        text_add(d->t, color ? "\033[0m" : "");
        blanks_add(d->t, rest - left + d->style->padding);
}

static void row_add(const struct drawing *d, const struct style_row *row, const char *const *cells,
                    const size_t *widths, const char *const *colors) {
        text_add(d->t, row->begin);
        for (size_t i = 0; i < d->table->n_columns; i++) {
                if (i)
                        optional_add(d->t, row->sep);
                optional_add(d->t, row->open);
                optional_add(d->t, column_is_right(d, i) ? row->right : row->left);
                optional_add(d->t, row->inner);
                cell_add(d, i, cells[i], widths ? widths[i] : 0, colors ? colors[i] : NULL);
                if (i == 0 && d->style->first_wider && row == &d->style->data)
                        text_add(d->t, " ");
                optional_add(d->t, row->close);
        }
        line_end(d, row->end);
}

/* The widths of these cells, or NULL if they are of no use; the columns become as wide. */
static const size_t *widths_find(const struct drawing *d, struct arena *a, const char *const *cells,
                                 size_t n_rows, size_t more) {
        size_t n_columns = d->table->n_columns, *widths;

        if (d->style->ragged)
                return NULL;
        widths = arena_new_array(a, size_t, n_columns * n_rows);
        for (size_t row = 0, i = 0; row < n_rows; row++)
                for (size_t column = 0; column < n_columns; column++, i++) {
                        widths[i] = show_width(cells[i]);
                        if (widths[i] + more > d->widths[column])
                                d->widths[column] = widths[i] + more;
                }
        return widths;
}

static void table_add(const struct drawing *d) {
        const struct style_table *table = d->table;
        const struct style *s = d->style;
        struct text between = {};
        struct drawing line = *d;

        line.t = &between; /* the same between all rows */
        line_add(&line, &s->between);
        if (!s->no_above || !table->headers)
                line_add(d, &s->above);
        if (table->headers) {
                row_add(d, &s->header, table->headers, d->header_widths, table->header_colors);
                line_add(d, &s->below_header);
        }
        for (size_t row = 0; row < table->n_rows; row++) {
                size_t first = row * table->n_columns;

                if (row)
                        text_add_bytes(d->t, between.s, between.length);
                row_add(d, &s->data, table->cells + first,
                        d->cell_widths ? d->cell_widths + first : NULL,
                        table->colors ? table->colors + first : NULL);
        }
        if (!s->no_below || !table->headers)
                line_add(d, &s->below);
        text_done(&between);
}

static void cells_escape(const struct style *style, struct arena *a, const char **cells, size_t n) {
        for (size_t i = 0; cells && i < n; i++)
                cells[i] = cell_escape(a, style->escape, cells[i]);
}

/* reStructuredText takes a row with an empty first cell for more of the row above. */
static void cells_dot(const char **cells, size_t n, size_t n_columns) {
        for (size_t i = 0; i < n; i += n_columns)
                if (!cells[i][strspn(cells[i], " ")])
                        cells[i] = "..";
}

void style_print(struct text *t, const struct style *style, const struct style_table *table) {
        struct arena *a = arena_new();
        size_t n_columns = table->n_columns, n_cells = n_columns * table->n_rows;
        const char **headers = table->headers ? arena_memdup(a, table->headers,
                                                             n_columns * sizeof(*headers))
                                              : NULL;
        const char **cells = arena_memdup(a, table->cells, n_cells * sizeof(*cells));
        bool late = escape_is_late(style->escape);
        struct style_table escaped = *table;
        struct drawing d = {
                .t = t,
                .style = style,
                .table = &escaped,
                .widths = arena_new_array(a, size_t, n_columns),
        };

        escaped.headers = headers;
        escaped.cells = cells;
        if (style->dots)
                cells_dot(cells, n_cells, n_columns);
        if (!late) {
                cells_escape(style, a, headers, n_columns);
                cells_escape(style, a, cells, n_cells);
        }
        if (headers)
                d.header_widths = widths_find(&d, a, headers, 1, style->header_padding);
        d.cell_widths = widths_find(&d, a, cells, table->n_rows, 0);
        if (late) {
                cells_escape(style, a, headers, n_columns);
                cells_escape(style, a, cells, n_cells);
        }
        table_add(&d);
        arena_free(a);
}
