/* cli/style.c - how a table can be drawn: one row per style, as Python's tabulate has them */
#include <string.h>

#include "base/arena.h"
#include "cli/show.h"
#include "cli/style.h"

#define ASCII_GRID_LINE                                                                            \
        { "+", "-", "+", "+" }
#define ASCII_BARS                                                                                 \
        { "|", "|", "|" }
#define LIGHT_BARS                                                                                 \
        { "│", "│", "│" }
#define HEAVY_BARS                                                                                 \
        { "┃", "┃", "┃" }
#define DOUBLE_BARS                                                                                \
        { "║", "║", "║" }
#define TWO_BLANKS                                                                                 \
        { "", "  ", "" }
#define LATEX_ROW                                                                                  \
        { "", " & ", " \\\\" }

/* clang-format off */
static const struct style styles[] = {
        { .name = "plain", .header = TWO_BLANKS, .data = TWO_BLANKS },
        { .name = "simple", .above = { "", "-", "  ", "" }, .below_header = { "", "-", "  ", "" },
          .below = { "", "-", "  ", "" }, .header = TWO_BLANKS, .data = TWO_BLANKS,
          .no_above = true, .no_below = true },
        { .name = "grid", .above = ASCII_GRID_LINE, .below_header = { "+", "=", "+", "+" },
          .between = ASCII_GRID_LINE, .below = ASCII_GRID_LINE, .header = ASCII_BARS,
          .data = ASCII_BARS, .padding = 1 },
        { .name = "simple_grid", .above = { "┌", "─", "┬", "┐" },
          .below_header = { "├", "─", "┼", "┤" }, .between = { "├", "─", "┼", "┤" },
          .below = { "└", "─", "┴", "┘" }, .header = LIGHT_BARS, .data = LIGHT_BARS, .padding = 1 },
        { .name = "rounded_grid", .above = { "╭", "─", "┬", "╮" },
          .below_header = { "├", "─", "┼", "┤" }, .between = { "├", "─", "┼", "┤" },
          .below = { "╰", "─", "┴", "╯" }, .header = LIGHT_BARS, .data = LIGHT_BARS, .padding = 1 },
        { .name = "heavy_grid", .above = { "┏", "━", "┳", "┓" },
          .below_header = { "┣", "━", "╋", "┫" }, .between = { "┣", "━", "╋", "┫" },
          .below = { "┗", "━", "┻", "┛" }, .header = HEAVY_BARS, .data = HEAVY_BARS, .padding = 1 },
        { .name = "mixed_grid", .above = { "┍", "━", "┯", "┑" },
          .below_header = { "┝", "━", "┿", "┥" }, .between = { "├", "─", "┼", "┤" },
          .below = { "┕", "━", "┷", "┙" }, .header = LIGHT_BARS, .data = LIGHT_BARS, .padding = 1 },
        { .name = "double_grid", .above = { "╔", "═", "╦", "╗" },
          .below_header = { "╠", "═", "╬", "╣" }, .between = { "╠", "═", "╬", "╣" },
          .below = { "╚", "═", "╩", "╝" }, .header = DOUBLE_BARS, .data = DOUBLE_BARS,
          .padding = 1 },
        { .name = "fancy_grid", .above = { "╒", "═", "╤", "╕" },
          .below_header = { "╞", "═", "╪", "╡" }, .between = { "├", "─", "┼", "┤" },
          .below = { "╘", "═", "╧", "╛" }, .header = LIGHT_BARS, .data = LIGHT_BARS, .padding = 1 },
        { .name = "outline", .above = ASCII_GRID_LINE, .below_header = { "+", "=", "+", "+" },
          .below = ASCII_GRID_LINE, .header = ASCII_BARS, .data = ASCII_BARS, .padding = 1 },
        { .name = "simple_outline", .above = { "┌", "─", "┬", "┐" },
          .below_header = { "├", "─", "┼", "┤" }, .below = { "└", "─", "┴", "┘" },
          .header = LIGHT_BARS, .data = LIGHT_BARS, .padding = 1 },
        { .name = "rounded_outline", .above = { "╭", "─", "┬", "╮" },
          .below_header = { "├", "─", "┼", "┤" }, .below = { "╰", "─", "┴", "╯" },
          .header = LIGHT_BARS, .data = LIGHT_BARS, .padding = 1 },
        { .name = "heavy_outline", .above = { "┏", "━", "┳", "┓" },
          .below_header = { "┣", "━", "╋", "┫" }, .below = { "┗", "━", "┻", "┛" },
          .header = HEAVY_BARS, .data = HEAVY_BARS, .padding = 1 },
        { .name = "mixed_outline", .above = { "┍", "━", "┯", "┑" },
          .below_header = { "┝", "━", "┿", "┥" }, .below = { "┕", "━", "┷", "┙" },
          .header = LIGHT_BARS, .data = LIGHT_BARS, .padding = 1 },
        { .name = "double_outline", .above = { "╔", "═", "╦", "╗" },
          .below_header = { "╠", "═", "╬", "╣" }, .below = { "╚", "═", "╩", "╝" },
          .header = DOUBLE_BARS, .data = DOUBLE_BARS, .padding = 1 },
        { .name = "fancy_outline", .above = { "╒", "═", "╤", "╕" },
          .below_header = { "╞", "═", "╪", "╡" }, .below = { "╘", "═", "╧", "╛" },
          .header = LIGHT_BARS, .data = LIGHT_BARS, .padding = 1 },
        { .name = "github", .above = { "|", "-", "|", "|" }, .below_header = { "|", "-", "|", "|" },
          .header = ASCII_BARS, .data = ASCII_BARS, .padding = 1, .no_above = true,
          .escape = ESCAPE_PIPE },
        { .name = "pipe", .above = { "|:", "-", "|:", "|" }, .below_header = { "|:", "-", "|:", "|" },
          .header = ASCII_BARS, .data = ASCII_BARS, .padding = 1, .no_above = true, .fill_less = 1,
          .escape = ESCAPE_PIPE },
        { .name = "orgtbl", .above = { "|", "-", "+", "|" }, .below_header = { "|", "-", "+", "|" },
          .header = ASCII_BARS, .data = ASCII_BARS, .padding = 1, .no_above = true },
        { .name = "asciidoc", .below = { "|====", "", "", "" }, .header = { "|", "|", "" },
          .data = { "|", "|", "" }, .padding = 1, .asciidoc = true, .escape = ESCAPE_PIPE },
        { .name = "jira", .header = { "||", "||", "||" }, .data = ASCII_BARS, .padding = 1,
          .escape = ESCAPE_PIPE },
        { .name = "presto", .below_header = { "", "-", "+", "" }, .header = { "", "|", "" },
          .data = { "", "|", "" }, .padding = 1 },
        { .name = "pretty", .above = ASCII_GRID_LINE, .below_header = ASCII_GRID_LINE,
          .below = ASCII_GRID_LINE, .header = ASCII_BARS, .data = ASCII_BARS, .padding = 1,
          .centered = true },
        { .name = "psql", .above = ASCII_GRID_LINE, .below_header = { "|", "-", "+", "|" },
          .below = ASCII_GRID_LINE, .header = ASCII_BARS, .data = ASCII_BARS, .padding = 1 },
        { .name = "rst", .above = { "", "=", "  ", "" }, .below_header = { "", "=", "  ", "" },
          .below = { "", "=", "  ", "" }, .header = TWO_BLANKS, .data = TWO_BLANKS },
        { .name = "mediawiki",
          .above = { "{| class=\"wikitable\" style=\"text-align: left;\"\n|+ <!-- caption -->\n|-",
                     "", "", "" },
          .below_header = { "|-", "", "", "" }, .between = { "|-", "", "", "" },
          .below = { "|}", "", "", "" }, .header = { "! ", " !! ", "" },
          .data = { "| ", " || ", "" }, .ragged = true, .escape = ESCAPE_PIPE_ENTITY },
        { .name = "moinmoin", .header = { "|| '''", "''' || '''", "''' ||" },
          .data = { "|| ", " || ", " ||" }, .ragged = true },
        { .name = "youtrack", .header = { "|| ", " || ", " ||" }, .data = { "| ", " | ", " |" },
          .ragged = true, .escape = ESCAPE_PIPE },
        { .name = "html", .above = { "<table>", "", "", "" },
          .header = { "<thead>\n<tr><th>", "</th><th>", "</th></tr>\n</thead>" },
          .data = { "<tr><td>", "</td><td>", "</td></tr>" }, .body = "<tbody>",
          .below = { "</tbody>\n</table>", "", "", "" }, .ragged = true, .escape = ESCAPE_HTML },
        { .name = "unsafehtml", .above = { "<table>", "", "", "" },
          .header = { "<thead>\n<tr><th>", "</th><th>", "</th></tr>\n</thead>" },
          .data = { "<tr><td>", "</td><td>", "</td></tr>" }, .body = "<tbody>",
          .below = { "</tbody>\n</table>", "", "", "" }, .ragged = true },
        { .name = "latex", .above = { "\\begin{tabular}{", "l", "", "}\n\\hline" },
          .below_header = { "\\hline", "", "", "" },
          .below = { "\\hline\n\\end{tabular}", "", "", "" }, .header = LATEX_ROW,
          .data = LATEX_ROW, .ragged = true, .escape = ESCAPE_LATEX },
        { .name = "latex_raw", .above = { "\\begin{tabular}{", "l", "", "}\n\\hline" },
          .below_header = { "\\hline", "", "", "" },
          .below = { "\\hline\n\\end{tabular}", "", "", "" }, .header = LATEX_ROW,
          .data = LATEX_ROW, .ragged = true },
        { .name = "latex_booktabs", .above = { "\\begin{tabular}{", "l", "", "}\n\\toprule" },
          .below_header = { "\\midrule", "", "", "" },
          .below = { "\\bottomrule\n\\end{tabular}", "", "", "" }, .header = LATEX_ROW,
          .data = LATEX_ROW, .ragged = true, .escape = ESCAPE_LATEX },
        { .name = "latex_longtable", .above = { "\\begin{longtable}{", "l", "", "}\n\\hline" },
          .below_header = { "\\hline\n\\endhead", "", "", "" },
          .below = { "\\hline\n\\end{longtable}", "", "", "" }, .header = LATEX_ROW,
          .data = LATEX_ROW, .ragged = true, .escape = ESCAPE_LATEX },
        { .name = "textile", .header = { "|_. ", " |_. ", " |" }, .data = { "|<. ", " |<. ", " |" },
          .ragged = true, .escape = ESCAPE_PIPE_ENTITY },
        { .name = "tsv", .header = { "", "\t", "" }, .data = { "", "\t", "" }, .ragged = true },
        { .name = "csv", .header = { "", ",", "" }, .data = { "", ",", "" }, .ragged = true,
          .escape = ESCAPE_CSV },
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

static const char *escape_char(enum style_escape escape, char c) {
        static const struct {
                char c;
                const char *text;
        } html[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" } },
          latex[] = { { '&', "\\&" },
                      { '%', "\\%" },
                      { '$', "\\$" },
                      { '#', "\\#" },
                      { '_', "\\_" },
                      { '{', "\\{" },
                      { '}', "\\}" },
                      { '^', "\\^{}" },
                      { '~', "\\textasciitilde{}" },
                      { '|', "\\ensuremath{|}" },
                      { '<', "\\ensuremath{<}" },
                      { '>', "\\ensuremath{>}" },
                      { '\\', "\\textbackslash{}" } };

        switch (escape) {
        case ESCAPE_HTML:
                for (size_t i = 0; i < ELEMENTSOF(html); i++)
                        if (html[i].c == c)
                                return html[i].text;
                return NULL;
        case ESCAPE_LATEX:
                for (size_t i = 0; i < ELEMENTSOF(latex); i++)
                        if (latex[i].c == c)
                                return latex[i].text;
                return NULL;
        case ESCAPE_PIPE:
                return c == '|' ? "\\|" : NULL;
        case ESCAPE_PIPE_ENTITY:
                return c == '|' ? "&#124;" : NULL;
        case ESCAPE_CSV:
                return c == '"' ? "\"\"" : NULL;
        case ESCAPE_NONE:
                break;
        }
        return NULL;
}

/* Blanks at the ends are not everywhere taken as a part of the cell. */
static bool cell_needs_quotes(const char *s) {
        return s[strcspn(s, ",\"\n")] || s[0] == ' ' || text_ends(s, " ");
}

static const char *cell_escape(struct arena *a, enum style_escape escape, const char *s) {
        bool quotes = escape == ESCAPE_CSV && cell_needs_quotes(s);
        struct text t = {};
        const char *copy;

        if (escape == ESCAPE_NONE)
                return s;
        text_add(&t, quotes ? "\"" : "");
        for (; *s; s++) {
                const char *special = escape_char(escape, *s);

                text_add_bytes(&t, special ? special : s, special ? strlen(special) : 1);
        }
        text_add(&t, quotes ? "\"" : "");
        copy = arena_strdup(a, t.s);
        text_done(&t);
        return copy;
}

/* --- lines */

struct drawing {
        struct text *t;
        struct arena *arena;
        const struct style *style;
        const struct style_table *table; /* escaped */
        size_t *widths;
};

static void blanks_add(struct text *t, size_t n) {
        while (n-- > 0)
                text_add_bytes(t, " ", 1);
}

static void line_add(const struct drawing *d, const struct style_line *line) {
        const struct style *s = d->style;

        if (!line->begin)
                return;
        text_add(d->t, line->begin);
        for (size_t i = 0; i < d->table->n_columns; i++) {
                size_t n = s->ragged ? 1 : d->widths[i] + 2 * s->padding - s->fill_less;

                text_add(d->t, i ? line->sep : "");
                for (size_t k = 0; k < n && line->fill[0]; k++)
                        text_add(d->t, line->fill);
        }
        text_addf(d->t, "%s\n", line->end);
}

static void cell_add(const struct drawing *d, size_t column, const char *cell) {
        size_t rest = d->widths[column] - (d->style->ragged ? 0 : show_width(cell));
        size_t left = d->style->centered ? rest / 2 : 0;

        if (d->style->ragged) {
                text_add(d->t, cell);
                return;
        }
        blanks_add(d->t, d->style->padding + left);
        text_add(d->t, cell);
        blanks_add(d->t, rest - left + d->style->padding);
}

static void row_add(const struct drawing *d, const struct style_row *row,
                    const char *const *cells) {
        text_add(d->t, row->begin);
        for (size_t i = 0; i < d->table->n_columns; i++) {
                text_add(d->t, i ? row->sep : "");
                cell_add(d, i, cells[i]);
        }
        /* Blanks at the end of a line are of no use to anybody, but a tab may be an empty cell. */
        while (!row->end[0] && d->t->length > 0 && d->t->s[d->t->length - 1] == ' ')
                d->t->s[--d->t->length] = 0;
        text_addf(d->t, "%s\n", row->end);
}

static void asciidoc_add(const struct drawing *d) {
        text_add(d->t, "[cols=\"");
        for (size_t i = 0; i < d->table->n_columns; i++)
                text_addf(d->t, "%s%zu<", i ? "," : "", d->widths[i] + 2 * d->style->padding);
        text_addf(d->t, "\"%s]\n|====\n", d->table->headers ? ",options=\"header\"" : "");
}

static void widths_find(const struct drawing *d) {
        const struct style_table *table = d->table;

        for (size_t i = 0; i < table->n_columns; i++) {
                if (table->headers)
                        d->widths[i] = show_width(table->headers[i]);
                for (size_t row = 0; row < table->n_rows; row++) {
                        size_t width = show_width(table->cells[row * table->n_columns + i]);

                        if (width > d->widths[i])
                                d->widths[i] = width;
                }
        }
}

static void table_add(const struct drawing *d) {
        const struct style_table *table = d->table;
        const struct style *s = d->style;

        if (s->asciidoc)
                asciidoc_add(d);
        if (!s->no_above || !table->headers)
                line_add(d, &s->above);
        if (table->headers) {
                row_add(d, &s->header, table->headers);
                line_add(d, &s->below_header);
        }
        if (s->body)
                text_addf(d->t, "%s\n", s->body);
        for (size_t row = 0; row < table->n_rows; row++) {
                if (row)
                        line_add(d, &s->between);
                row_add(d, &s->data, table->cells + row * table->n_columns);
        }
        if (!s->no_below || !table->headers)
                line_add(d, &s->below);
}

void style_print(struct text *t, const struct style *style, const struct style_table *table) {
        struct arena *a = arena_new();
        const char **headers = arena_new_array(a, const char *, table->n_columns);
        const char **cells = arena_new_array(a, const char *, table->n_columns * table->n_rows);
        const struct style_table escaped = {
                .headers = table->headers ? headers : NULL,
                .cells = cells,
                .n_columns = table->n_columns,
                .n_rows = table->n_rows,
        };
        const struct drawing d = {
                .t = t,
                .arena = a,
                .style = style,
                .table = &escaped,
                .widths = arena_new_array(a, size_t, table->n_columns),
        };

        for (size_t i = 0; table->headers && i < table->n_columns; i++)
                headers[i] = cell_escape(a, style->escape, table->headers[i]);
        for (size_t i = 0; i < table->n_columns * table->n_rows; i++)
                cells[i] = cell_escape(a, style->escape, table->cells[i]);
        if (!style->ragged)
                widths_find(&d);
        table_add(&d);
        arena_free(a);
}
