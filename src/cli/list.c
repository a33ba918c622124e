/* cli/list.c - the entities as a table
 *
 * JSON in the order of the configuration is written while the rows arrive, everything else when all
 * of them are there. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/reply.h"
#include "cli/cell.h"
#include "cli/filter.h"
#include "cli/hint.h"
#include "cli/list.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/style.h"
#include "cli/table.h"
#include "cli/talk.h"
#include "cli/tree.h"
#include "cli/words.h"

#define COLUMNS_DEFAULT                                                                            \
        (COLUMN_BIT(COLUMN_HRID) | COLUMN_BIT(COLUMN_LAST_ONLINE) |                                \
         COLUMN_BIT(COLUMN_LAST_UPDATE) | COLUMN_BIT(COLUMN_UPDATE_OVERDUE) |                      \
         COLUMN_BIT(COLUMN_LAST_TRIM) | COLUMN_BIT(COLUMN_TRIM_OVERDUE) |                          \
         COLUMN_BIT(COLUMN_LAST_SCRUB) | COLUMN_BIT(COLUMN_SCRUB_OVERDUE) |                        \
         COLUMN_BIT(COLUMN_ERRORS) | COLUMN_BIT(COLUMN_OPERATIONS))

struct list {
        /* what is asked for */
        enum column columns[COLUMN_SHOWN_MAX]; /* in the order in which they are shown */
        size_t n_columns;
        struct filter filter;
        bool sorted;
        enum column sort;
        enum tree_kind tree;
        uint32_t boundaries;
        const struct style *style; /* NULL: json */
        bool json, is_table, headers, color;
        bool columns_by_default;
        /* what came */
        ARRAY(struct arena *) arenas;
        ARRAY(const struct row *) rows;
        ARRAY(bool) shown;
        ARRAY(const char *) ids, groups; /* for near misses, if some were named */
        struct map groups_seen;
        usec_t now;
        struct text out;
        bool any; /* JSON: there was a row before */
};

/* --- what was asked for */

static bool column_from_word(const struct cli_call *call, const char *word, enum column *ret) {
        const char *names[COLUMN_SHOWN_MAX];
        char *name = arena_strdup(call->arena, word);

        for (char *p = name; *p; p++)
                if (*p == '-')
                        *p = '_';
        if (column_parse(name, ret) && *ret < COLUMN_SHOWN_MAX)
                return true;
        for (enum column c = 0; c < COLUMN_SHOWN_MAX; c++)
                names[c] = column_print(c);
        (void) cli_usage(call, "unknown column '%s'%s", word,
                         hint_word(call->arena, word, names, COLUMN_SHOWN_MAX));
        return false;
}

static void list_drop_column(struct list *l, enum column column) {
        size_t kept = 0;

        for (size_t i = 0; i < l->n_columns; i++)
                if (l->columns[i] != column)
                        l->columns[kept++] = l->columns[i];
        l->n_columns = kept;
}

/* Columns stand where they were named last. */
static bool list_change_columns(const struct cli_call *call, struct list *l, enum option option,
                                bool add) {
        const char *const *words;
        enum column column;
        uint32_t n;

        if (!call->values[option])
                return true;
        words = list_split(call->arena, call->values[option], &n);
        for (uint32_t i = 0; i < n; i++) {
                if (!column_from_word(call, words[i], &column))
                        return false;
                list_drop_column(l, column);
                if (add)
                        l->columns[l->n_columns++] = column;
        }
        return true;
}

static bool parse_columns(const struct cli_call *call, struct list *l) {
        l->columns_by_default = !call->values[OPTION_KEYS] && !call->values[OPTION_ADD_COLUMNS];
        for (enum column c = 0; !call->values[OPTION_KEYS] && c < COLUMN_SHOWN_MAX; c++)
                if (COLUMNS_DEFAULT & COLUMN_BIT(c))
                        l->columns[l->n_columns++] = c;
        if (!list_change_columns(call, l, OPTION_KEYS, true) ||
            !list_change_columns(call, l, OPTION_ADD_COLUMNS, true) ||
            !list_change_columns(call, l, OPTION_REMOVE_COLUMNS, false))
                return false;
        if (l->n_columns == 0)
                (void) cli_usage(call, "no column is left to be shown");
        return l->n_columns > 0;
}

static bool parse_format(const struct cli_call *call, struct list *l) {
        const char *name = call->values[OPTION_FORMAT];
        const char *const *styles;
        const char **names;
        size_t n;

        l->is_table = !name || text_equal(name, "table");
        l->json = name && text_equal(name, "json");
        l->style = l->json ? NULL : style_find(name ? name : "table");
        if (l->json || l->style)
                return true;
        styles = style_names(&n);
        names = arena_new_array(call->arena, const char *, n + 1);
        memcpy(names, styles, n * sizeof(*names));
        names[n] = "json";
        (void) cli_usage(call, "unknown format '%s'%s", name,
                         hint_word(call->arena, name, names, n + 1));
        return false;
}

static bool parse_tree(const struct cli_call *call, struct list *l) {
        const char *const *words, *error;
        enum entity_type type;
        uint32_t n;

        l->tree = call->values[OPTION_GRAPH]       ? TREE_GRAPH
                  : call->values[OPTION_HIERARCHY] ? TREE_HIERARCHY
                                                   : TREE_FLAT;
        l->boundaries = UINT32_C(1) << ENTITY_ZPOOL;
        if (!call->values[OPTION_BOUNDARIES])
                return true;
        l->boundaries = 0;
        words = list_split(call->arena, call->values[OPTION_BOUNDARIES], &n);
        for (uint32_t i = 0; i < n; i++) {
                if (!words_to_type(call->arena, words[i], &type, &error)) {
                        (void) cli_usage(call, "%s", error);
                        return false;
                }
                l->boundaries |= UINT32_C(1) << type;
        }
        return true;
}

static bool parse_color(const struct cli_call *call, struct list *l) {
        const char *when = call->values[OPTION_COLOR];

        if (!when || text_equal(when, "auto"))
                l->color = show_is_terminal(STDOUT_FILENO) && !getenv("NO_COLOR");
        else if (text_equal(when, "always"))
                l->color = true;
        else if (!text_equal(when, "never")) {
                (void) cli_usage(call, "--color is auto, always or never, not '%s'", when);
                return false;
        }
        return true;
}

static bool list_parse(const struct cli_call *call, struct list *l) {
        const char *sort = call->values[OPTION_SORT];

        l->headers = !call->values[OPTION_NO_HEADERS];
        l->sorted = sort;
        return parse_columns(call, l) && parse_format(call, l) && parse_tree(call, l) &&
               parse_color(call, l) && (!sort || column_from_word(call, sort, &l->sort)) &&
               filter_parse(call, &l->filter);
}

/* What has to be sent for that. */
static uint32_t list_columns(const struct list *l) {
        uint32_t columns = filter_columns(&l->filter);

        for (size_t i = 0; i < l->n_columns; i++)
                columns |= COLUMN_BIT(l->columns[i]);
        if (l->sorted)
                columns |= COLUMN_BIT(l->sort);
        if (l->tree != TREE_FLAT)
                columns |= COLUMN_BIT(COLUMN_ID) | COLUMN_BIT(COLUMN_PARENT);
        if (!l->json || l->tree != TREE_FLAT) /* a date says nothing about what is no leg */
                columns |= COLUMN_BIT(COLUMN_TYPE);
        return columns;
}

/* --- JSON */

static void row_add_json(struct list *l, const struct row *row) {
        struct text *t = &l->out;

        text_add(t, l->any ? ",\n" : "[\n");
        l->any = true;
        text_add(t, "{"); /* not json_open: the comma is there */
        for (size_t i = 0; i < l->n_columns; i++)
                cell_add_json(t, row, l->columns[i], l->now);
        json_close(t, '}');
}

static void list_flush(struct list *l) {
        if (l->out.length > 0)
                (void) fwrite(l->out.s, 1, l->out.length, stdout);
        text_clear(&l->out);
}

static void print_json(struct list *l, const struct tree *tree) {
        for (size_t i = 0; i < tree->nodes.count; i++)
                row_add_json(l, tree->nodes.items[i].row);
        text_add(&l->out, l->any ? "\n]\n" : "[]\n");
        list_flush(l);
}

/* --- rows as they come */

static void list_note_groups(struct list *l, const struct row *row) {
        for (const char *const *g = row->groups; g && *g; g++) {
                const char *copy;

                if (map_get(&l->groups_seen, *g, NULL))
                        continue;
                copy = memory_strdup(*g);
                map_put(&l->groups_seen, copy, 1);
                array_append(&l->groups, copy);
        }
}

static bool on_rows(void *userdata, struct arena **arena, const struct json *parameters) {
        struct list *l = userdata;
        struct row *rows;
        uint32_t n;

        if (!reply_rows_parse(*arena, parameters, &rows, &n, &l->now))
                return false;
        for (uint32_t i = 0; i < n; i++) {
                bool shown;

                if ((l->filter.ids || l->filter.has_regex || l->tree != TREE_FLAT) && !rows[i].id)
                        return false;
                shown = filter_wants(&l->filter, &rows[i]);
                if (l->filter.ids)
                        array_append(&l->ids, memory_strdup(rows[i].id));
                if (l->filter.groups)
                        list_note_groups(l, &rows[i]);
                if (l->json && !l->sorted && l->tree == TREE_FLAT) {
                        if (shown)
                                row_add_json(l, &rows[i]);
                        continue;
                }
                array_append(&l->rows, &rows[i]);
                array_append(&l->shown, shown);
        }
        list_flush(l);
        if (l->rows.count > 0)
                array_append(&l->arenas, TAKE_PTR(*arena));
        return true;
}

/* --- the order */

struct sorted {
        const struct row *row;
        size_t index;
        enum column column;
        bool shown;
};

/* Equal rows keep their order. */
static int compare_sorted(const void *pa, const void *pb) {
        const struct sorted *a = pa, *b = pb;
        int order = cell_compare(a->row, b->row, a->column);

        return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void list_sort(struct list *l) {
        struct sorted *sorted = memory_new(l->rows.count, sizeof(*sorted));

        for (size_t i = 0; i < l->rows.count; i++)
                sorted[i] = (struct sorted){ l->rows.items[i], i, l->sort, l->shown.items[i] };
        qsort(sorted, l->rows.count, sizeof(*sorted), compare_sorted);
        for (size_t i = 0; i < l->rows.count; i++) {
                l->rows.items[i] = sorted[i].row;
                l->shown.items[i] = sorted[i].shown;
        }
        free(sorted);
}

static void print_text(struct list *l, const struct tree *tree) {
        bool on_terminal = show_is_terminal(STDOUT_FILENO);
        const struct table table = {
                .columns = l->columns,
                .n_columns = l->n_columns,
                .style = l->style,
                .lines = l->is_table,
                .headers = l->headers && (!l->is_table || tree->nodes.count > 0),
                .color = l->is_table && l->color,
                .may_drop = l->columns_by_default,
                .width = l->is_table && on_terminal ? show_terminal_columns(STDOUT_FILENO) : 0,
                .now = l->now,
        };

        table_print(&l->out, &table, tree);
        list_flush(l);
}

static int list_print(struct list *l) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct tree tree = {};
        int status = EXIT_DONE;

        if (l->sorted)
                list_sort(l);
        tree_build(&tree, l->rows.items, l->shown.items, l->rows.count, l->tree, l->boundaries);
        if (l->json)
                print_json(l, &tree);
        else
                print_text(l, &tree);
        tree_done(&tree);
        if (!filter_check(&l->filter, a, l->ids.items, l->ids.count, l->groups.items,
                          l->groups.count))
                status = EXIT_FAILED;
        return status;
}

static void list_done(struct list *l) {
        for (size_t i = 0; i < l->arenas.count; i++)
                arena_free(l->arenas.items[i]);
        for (size_t i = 0; i < l->ids.count; i++)
                free((char *) l->ids.items[i]);
        for (size_t i = 0; i < l->groups.count; i++)
                free((char *) l->groups.items[i]);
        map_done(&l->groups_seen);
        array_done(&l->arenas);
        array_done(&l->rows);
        array_done(&l->shown);
        array_done(&l->ids);
        array_done(&l->groups);
        filter_done(&l->filter);
        text_done(&l->out);
}

int list_run(struct cli_call *call) {
        struct params params = { .method = METHOD_LIST };
        struct list l = {};
        int status = EXIT_USAGE;

        if (list_parse(call, &l)) {
                params.list.columns = list_columns(&l);
                status = talk(call, &params,
                              &(struct talk){ .more = true, .on_reply = on_rows, .userdata = &l });
                if (status == EXIT_DONE)
                        status = list_print(&l);
        }
        list_done(&l);
        return status;
}

static void help_names(struct text *t, const char *before, const char *const *names, size_t n) {
        struct text all = {};

        for (size_t i = 0; i < n; i++)
                text_addf(&all, "%s%s", i ? ", " : before, names[i]);
        text_add(t, "\n");
        show_wrap(t, all.s, 2, 80);
        text_add(t, "\n");
        text_done(&all);
}

void list_help(struct text *t) {
        const char *columns[COLUMN_SHOWN_MAX];
        const char *const *formats;
        size_t n;

        for (enum column c = 0; c < COLUMN_SHOWN_MAX; c++)
                columns[c] = column_print(c);
        formats = style_names(&n);
        help_names(t, "Columns: ", columns, COLUMN_SHOWN_MAX);
        help_names(t, "Formats: json, ", formats, n);
}
