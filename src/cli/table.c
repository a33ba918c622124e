/* cli/table.c - the rows of a list as a table: what stands below what, and as wide as there is room
 */
#include <langinfo.h>
#include <string.h>

#include "cli/cell.h"
#include "cli/show.h"
#include "cli/table.h"

#define NARROWEST  8u  /* to so many columns a text may be cut */
#define NAME_LEAST 16u /* before a name is cut to less, columns are left out */

/* What is done for a table that is too wide, one after the other. */
enum stage {
        STAGE_AS_IT_IS,
        STAGE_HEADERS_BROKEN,
        STAGE_NO_SECONDS,
        STAGE_DAYS,
        STAGE_EMPTY_DROPPED,
        STAGE_ONLINE_DROPPED,
        STAGE_AGES,
        STAGE_FEWER,
        STAGE_CUT,
        _STAGE_MAX,
};

struct layout {
        const struct table *table;
        const struct tree *tree;
        const char *const *branches; /* per row: the lines in front of its name */
        struct arena *arena;
        enum stage stage;
        enum column columns[COLUMN_SHOWN_MAX];
        size_t n_columns;
        const char **cells; /* the lines of the header first, if it may be broken */
        size_t n_header_lines, n_lines;
        size_t widths[COLUMN_SHOWN_MAX];
};

/* --- what stands below what */

struct drawn {
        const char *last, *between, *through, *blank;
};

static const struct drawn *drawn_find(bool lines) {
        static const struct drawn blanks = { "  ", "  ", "  ", "  " };
        static const struct drawn ascii = { "`-", "|-", "| ", "  " };
        static const struct drawn light = { "└─", "├─", "│ ", "  " };

        if (!lines)
                return &blanks;
        return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? &light : &ascii;
}

/* In front of each name. What is below a node goes on under its name. */
static const char *const *branches_find(struct arena *a, const struct tree *tree, bool lines) {
        size_t n = tree->nodes.count;
        const char **branches = arena_new_array(a, const char *, n);
        const char **below = arena_new_array(a, const char *, n);
        bool *last = arena_new_array(a, bool, n), *met = arena_new_array(a, bool, n);
        const struct drawn *drawn = drawn_find(lines);

        for (size_t i = n; i-- > 0;) {
                size_t parent = tree->nodes.items[i].parent;

                if (parent == SIZE_MAX)
                        continue;
                last[i] = !met[parent];
                met[parent] = true;
        }
        for (size_t i = 0; i < n; i++) {
                size_t parent = tree->nodes.items[i].parent;

                branches[i] = below[i] = "";
                if (parent == SIZE_MAX)
                        continue;
                branches[i] = arena_printf(a, "%s%s", below[parent],
                                           last[i] ? drawn->last : drawn->between);
                if (met[i])
                        below[i] = arena_printf(a, "%s%s", below[parent],
                                                last[i] ? drawn->blank : drawn->through);
        }
        return branches;
}

/* The tree is drawn in the first column that names the entities. */
static size_t tree_column(const struct layout *l) {
        for (size_t i = 0; i < l->n_columns; i++)
                if (l->columns[i] == COLUMN_HRID || l->columns[i] == COLUMN_ID)
                        return i;
        return SIZE_MAX;
}

/* --- cells */

static enum show_date layout_dates(const struct layout *l) {
        return l->stage >= STAGE_AGES         ? SHOW_DATE_AGE
               : l->stage >= STAGE_DAYS       ? SHOW_DATE_DAY
               : l->stage >= STAGE_NO_SECONDS ? SHOW_DATE_MINUTES
                                              : SHOW_DATE_FULL;
}

/* The part of the name that stands in this line: "update", "overdue". The last line is the one that
 * every header has. */
static const char *header_part(struct arena *a, const char *name, size_t line, size_t n_lines) {
        size_t parts = 1, wanted;

        for (const char *s = name; *s; s++)
                parts += *s == '_';
        if (line + parts < n_lines)
                return "";
        wanted = line + parts - n_lines;
        for (; wanted > 0; wanted--)
                name = strchr(name, '_') + 1;
        return arena_strndup(a, name, strcspn(name, "_"));
}

static size_t header_lines(const struct layout *l) {
        size_t most = 1;

        if (!l->table->headers || !l->table->lines)
                return 0;
        for (size_t i = 0; i < l->n_columns && l->stage >= STAGE_HEADERS_BROKEN; i++) {
                size_t parts = 1;

                for (const char *s = column_print(l->columns[i]); *s; s++)
                        parts += *s == '_';
                if (parts > most)
                        most = parts;
        }
        return most;
}

static const char *header_cell(struct layout *l, size_t line, enum column c) {
        if (l->stage < STAGE_HEADERS_BROKEN)
                return column_print(c);
        return header_part(l->arena, column_print(c), line, l->n_header_lines);
}

static void layout_fill(struct layout *l) {
        size_t tree = tree_column(l);
        const char **cell;

        l->n_header_lines = header_lines(l);
        l->n_lines = l->n_header_lines + l->tree->nodes.count;
        cell = l->cells = arena_new_array(l->arena, const char *, l->n_lines * l->n_columns);
        for (size_t line = 0; line < l->n_header_lines; line++)
                for (size_t i = 0; i < l->n_columns; i++)
                        *cell++ = header_cell(l, line, l->columns[i]);
        for (size_t row = 0; row < l->tree->nodes.count; row++)
                for (size_t i = 0; i < l->n_columns; i++, cell++) {
                        *cell = cell_text(l->arena, l->tree->nodes.items[row].row, l->columns[i],
                                          layout_dates(l), l->table->now);
                        if (i == tree && l->branches[row][0])
                                *cell = arena_printf(l->arena, "%s%s", l->branches[row], *cell);
                }
}

/* --- how wide it is */

static void layout_measure(struct layout *l) {
        memset(l->widths, 0, sizeof(l->widths));
        for (size_t i = 0; i < l->n_lines * l->n_columns; i++) {
                size_t width = show_width(l->cells[i]);

                if (width > l->widths[i % l->n_columns])
                        l->widths[i % l->n_columns] = width;
        }
}

static bool column_is_name(enum column c) {
        return c == COLUMN_HRID || c == COLUMN_ID || c == COLUMN_PARENT;
}

/* With names cut to `name_least` where they are longer. */
static bool layout_fits(const struct layout *l, size_t name_least) {
        size_t width = l->n_columns - 1;

        for (size_t i = 0; i < l->n_columns; i++)
                width += column_is_name(l->columns[i]) && l->widths[i] > name_least ? name_least
                                                                                    : l->widths[i];
        return width <= l->table->width;
}

static bool column_is_empty(const struct layout *l, size_t column) {
        for (size_t row = l->n_header_lines; row < l->n_lines; row++)
                if (l->cells[row * l->n_columns + column][0])
                        return false;
        return true;
}

/* The first column stays: something has to be there. */
static void layout_drop_empty(struct layout *l) {
        size_t kept = 1;

        for (size_t i = 1; i < l->n_columns; i++)
                if (!column_is_empty(l, i))
                        l->columns[kept++] = l->columns[i];
        l->n_columns = kept;
}

static bool layout_drop(struct layout *l, enum column c) {
        for (size_t i = 1; i < l->n_columns; i++)
                if (l->columns[i] == c) {
                        memmove(&l->columns[i], &l->columns[i + 1],
                                (l->n_columns - i - 1) * sizeof(*l->columns));
                        memmove(&l->widths[i], &l->widths[i + 1],
                                (l->n_columns - i - 1) * sizeof(*l->widths));
                        l->n_columns--;
                        return true;
                }
        return false;
}

/* When it was done last matters less than whether it is overdue. */
static void layout_drop_more(struct layout *l) {
        static const enum column order[] = { COLUMN_LAST_TRIM, COLUMN_LAST_SCRUB,
                                             COLUMN_LAST_UPDATE, COLUMN_OPERATIONS,
                                             COLUMN_TRIM_OVERDUE };

        for (size_t i = 0; i < ELEMENTSOF(order) && !layout_fits(l, NAME_LEAST); i++)
                (void) layout_drop(l, order[i]);
}

static size_t widest_column(const struct layout *l) {
        size_t widest = 0;

        for (size_t i = 1; i < l->n_columns; i++)
                if (l->widths[i] > l->widths[widest])
                        widest = i;
        return widest;
}

/* Of a name the end tells as much as the beginning. */
static void layout_cut_cells(struct layout *l) {
        struct text t = {};

        for (size_t i = 0; i < l->n_lines * l->n_columns; i++) {
                size_t column = i % l->n_columns;

                if (show_width(l->cells[i]) <= l->widths[column])
                        continue;
                text_clear(&t);
                if (column_is_name(l->columns[column]))
                        show_cut_middle(&t, l->cells[i], l->widths[column]);
                else
                        show_cut(&t, l->cells[i], l->widths[column]);
                l->cells[i] = arena_strdup(l->arena, t.s);
        }
        text_done(&t);
}

static void layout_cut(struct layout *l) {
        size_t widest;

        while (!layout_fits(l, SIZE_MAX) && l->widths[widest = widest_column(l)] > NARROWEST)
                l->widths[widest]--;
        layout_cut_cells(l);
}

/* False: it makes no difference. */
static bool layout_enter(struct layout *l) {
        switch (l->stage) {
        case STAGE_EMPTY_DROPPED:
                if (l->table->may_drop && l->tree->nodes.count > 0)
                        layout_drop_empty(l);
                return l->table->may_drop;
        case STAGE_ONLINE_DROPPED:
                return l->table->may_drop && layout_drop(l, COLUMN_LAST_ONLINE);
        case STAGE_FEWER:
                if (l->table->may_drop)
                        layout_drop_more(l);
                return l->table->may_drop;
        case STAGE_AS_IT_IS:
        case STAGE_HEADERS_BROKEN:
        case STAGE_NO_SECONDS:
        case STAGE_DAYS:
        case STAGE_AGES:
        case STAGE_CUT:
        case _STAGE_MAX:
                break;
        }
        return true;
}

static void layout_fit(struct layout *l) {
        for (l->stage = STAGE_AS_IT_IS; l->stage < STAGE_CUT; l->stage++) {
                if (!layout_enter(l))
                        continue;
                layout_fill(l);
                if (!l->table->width)
                        return;
                layout_measure(l);
                if (layout_fits(l, SIZE_MAX))
                        return;
        }
        layout_cut(l);
}

/* --- what it looks like */

static const char *const *layout_colors(const struct layout *l) {
        const char **colors = arena_new_array(l->arena, const char *, l->n_lines * l->n_columns);
        size_t at = 0;

        if (!l->table->color)
                return NULL;
        for (; at < l->n_header_lines * l->n_columns; at++)
                colors[at] = l->cells[at][0] ? "\033[1m" : NULL; /* bold */
        for (size_t row = 0; row < l->tree->nodes.count; row++)
                for (size_t i = 0; i < l->n_columns; i++, at++)
                        if (l->cells[at][0])
                                colors[at] = cell_color(l->tree->nodes.items[row].row,
                                                        l->columns[i]);
        return colors;
}

static void layout_print(const struct layout *l, struct text *t) {
        const char *headers[COLUMN_SHOWN_MAX];
        bool right[COLUMN_SHOWN_MAX];
        const struct style_table drawn = {
                .headers = l->table->headers && l->n_header_lines == 0 ? headers : NULL,
                .cells = l->cells,
                .n_columns = l->n_columns,
                .n_rows = l->n_lines,
                .right = right,
                .colors = layout_colors(l),
        };

        for (size_t i = 0; i < l->n_columns; i++) {
                headers[i] = column_print(l->columns[i]);
                right[i] = cell_is_right(l->columns[i]);
        }
        style_print(t, l->table->style, &drawn);
}

void table_print(struct text *t, const struct table *table, const struct tree *tree) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct layout l = {
                .table = table,
                .tree = tree,
                .branches = branches_find(a, tree, table->lines),
                .arena = a,
                .n_columns = table->n_columns,
        };

        memcpy(l.columns, table->columns, table->n_columns * sizeof(*table->columns));
        layout_fit(&l);
        layout_print(&l, t);
}
