/* cli/list.c - the entities as a table
 *
 * JSON in the order of the configuration is written while the rows arrive, everything else when all
 * of them are there. */
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/reply.h"
#include "cli/filter.h"
#include "cli/list.h"
#include "cli/options.h"
#include "cli/show.h"
#include "cli/style.h"
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
        const struct style *style; /* NULL: table or json */
        bool json, headers, color;
        /* what came */
        ARRAY(struct arena *) arenas;
        ARRAY(const struct row *) rows;
        ARRAY(bool) shown;
        ARRAY(const char *) ids; /* for near misses, if ids were named */
        usec_t now;
        struct text out;
        bool any; /* JSON: there was a row before */
};

/* --- what was asked for */

static bool column_from_word(const struct cli_call *call, const char *word, enum column *ret) {
        const char *names[COLUMN_SHOWN_MAX], *nearest;
        char *name = arena_strdup(call->arena, word);

        for (char *p = name; *p; p++)
                if (*p == '-')
                        *p = '_';
        if (column_parse(name, ret) && *ret < COLUMN_SHOWN_MAX)
                return true;
        for (enum column c = 0; c < COLUMN_SHOWN_MAX; c++)
                names[c] = column_print(c);
        nearest = text_nearest(word, names, COLUMN_SHOWN_MAX);
        (void) cli_usage(call, "unknown column '%s'%s", word,
                         nearest ? arena_printf(call->arena, ", did you mean '%s'?", nearest) : "");
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
        const char *name = call->values[OPTION_FORMAT], *nearest;
        const char *const *names;
        size_t n;

        if (!name || text_equal(name, "table"))
                return true;
        l->json = text_equal(name, "json");
        l->style = l->json ? NULL : style_find(name);
        if (l->json || l->style)
                return true;
        names = style_names(&n);
        nearest = text_nearest(name, names, n);
        (void) cli_usage(call, "unknown format '%s'%s", name,
                         nearest ? arena_printf(call->arena, ", did you mean '%s'?", nearest) : "");
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

/* --- cells */

static usec_t row_time(const struct row *row, enum column c) {
        switch ((int) c) {
        case COLUMN_ADDED:
                return row->added;
        case COLUMN_LAST_ONLINE:
                return row->last_online;
        case COLUMN_LAST_UPDATE:
                return row->last_update;
        case COLUMN_LAST_TRIM:
                return row->last_trim;
        case COLUMN_LAST_SCRUB:
                return row->last_scrub;
        case COLUMN_UPDATE_OVERDUE:
                return row->overdue[OPERATION_UPDATE];
        case COLUMN_TRIM_OVERDUE:
                return row->overdue[OPERATION_TRIM];
        case COLUMN_SCRUB_OVERDUE:
                return row->overdue[OPERATION_SCRUB];
        case COLUMN_AVAILABLE_UPDATE_OVERDUE:
                return row->available_update_overdue;
        }
        abort();
}

static const char *row_text(const struct row *row, enum column c) {
        switch ((int) c) {
        case COLUMN_ID:
                return row->id;
        case COLUMN_HRID:
                return row->hrid;
        case COLUMN_STATE:
                return state_print(row->state);
        case COLUMN_PARENT:
                return row->parent;
        case COLUMN_UPDATE_INTERVAL:
                return row->intervals[OPERATION_UPDATE];
        case COLUMN_TRIM_INTERVAL:
                return row->intervals[OPERATION_TRIM];
        case COLUMN_SCRUB_INTERVAL:
                return row->intervals[OPERATION_SCRUB];
        case COLUMN_AVAILABLE_UPDATE_INTERVAL:
                return row->available_update_interval;
        }
        abort();
}

enum cell_kind { CELL_TEXT, CELL_DATE, CELL_OVERDUE, CELL_DEPTH, CELL_ERRORS, CELL_OPERATIONS };

static enum cell_kind column_kind(enum column c) {
        switch (c) {
        case COLUMN_ADDED:
        case COLUMN_LAST_ONLINE:
        case COLUMN_LAST_UPDATE:
        case COLUMN_LAST_TRIM:
        case COLUMN_LAST_SCRUB:
                return CELL_DATE;
        case COLUMN_UPDATE_OVERDUE:
        case COLUMN_TRIM_OVERDUE:
        case COLUMN_SCRUB_OVERDUE:
        case COLUMN_AVAILABLE_UPDATE_OVERDUE:
                return CELL_OVERDUE;
        case COLUMN_DEPTH:
                return CELL_DEPTH;
        case COLUMN_ERRORS:
                return CELL_ERRORS;
        case COLUMN_OPERATIONS:
                return CELL_OPERATIONS;
        case COLUMN_ID:
        case COLUMN_HRID:
        case COLUMN_STATE:
        case COLUMN_PARENT:
        case COLUMN_UPDATE_INTERVAL:
        case COLUMN_TRIM_INTERVAL:
        case COLUMN_SCRUB_INTERVAL:
        case COLUMN_AVAILABLE_UPDATE_INTERVAL:
                return CELL_TEXT;
        case COLUMN_TYPE:
        case COLUMN_GROUPS:
        case _COLUMN_MAX:
                break;
        }
        abort();
}

static const char *operations_text(struct arena *a, const struct row *row) {
        const char *s = "";

        for (enum operation op = 0; op < _OPERATION_MAX; op++) {
                const struct view_operation *o = &row->operations[op];

                if (!o->running)
                        continue;
                s = arena_printf(a, "%s%s%s", s, *s ? ", " : "", operation_print(op));
                if (o->progress >= 0)
                        s = arena_printf(a, "%s %.0f %%", s, o->progress * 100);
        }
        return s;
}

static const char *cell_text(struct arena *a, const struct row *row, enum column c) {
        const char *s;

        switch (column_kind(c)) {
        case CELL_TEXT:
                s = row_text(row, c);
                return s ? show_line(a, s) : "";
        case CELL_DATE:
                return row->type == ENTITY_ZDEV ? show_time(a, row_time(row, c)) : "";
        case CELL_OVERDUE:
                return row_time(row, c) ? show_time(a, row_time(row, c)) : "";
        case CELL_DEPTH:
                return arena_printf(a, "%u", row->depth);
        case CELL_ERRORS:
                return row->errors ? "yes" : "";
        case CELL_OPERATIONS:
                return operations_text(a, row);
        }
        abort();
}

/* --- JSON */

/* Turning a time into words asks for the time zone each time; dates of one list are often equal or
 * near. The offset from UTC only ever changes at a quarter of an hour. */
static void time_print_cached(usec_t t, char *buffer) {
        enum { SLOTS = 1024 };
        static struct {
                usec_t tag; /* the quarter of an hour, from 1; 0: empty */
                char text[TIME_PRINT_MAX];
        } cache[SLOTS];
        const usec_t length = 15 * USEC_PER_MIN;
        usec_t quarter = t / length, seconds = t % length / USEC_PER_SEC, minute;

        if (cache[quarter % SLOTS].tag != quarter + 1) {
                (void) time_print_iso(quarter * length, cache[quarter % SLOTS].text);
                cache[quarter % SLOTS].tag = quarter + 1;
        }
        (void) memcpy(buffer, cache[quarter % SLOTS].text, TIME_PRINT_MAX);
        /* 2026-03-01T03:15:00+01:00: the minutes stand at 14, the seconds at 17. */
        minute = (usec_t) (buffer[14] - '0') * 10 + (usec_t) (buffer[15] - '0') + seconds / 60;
        buffer[14] = (char) ('0' + minute / 10);
        buffer[15] = (char) ('0' + minute % 10);
        buffer[17] = (char) ('0' + seconds % 60 / 10);
        buffer[18] = (char) ('0' + seconds % 60 % 10);
}

static void time_add(struct text *t, const char *key, usec_t when, usec_t now) {
        char buffer[TIME_PRINT_MAX];

        if (when == USEC_NEVER)
                when = now;
        if (!when) {
                json_add_null(t, key);
                return;
        }
        time_print_cached(when, buffer);
        json_add_string(t, key, buffer);
}

static void operations_add(struct text *t, const struct row *row, usec_t now) {
        json_open(t, "operations", '[');
        for (enum operation op = 0; op < _OPERATION_MAX; op++) {
                const struct view_operation *o = &row->operations[op];

                if (!o->running)
                        continue;
                json_open(t, NULL, '{');
                json_add_string(t, "operation", operation_print(op));
                if (o->progress >= 0)
                        json_add_float(t, "progress", o->progress);
                else
                        json_add_null(t, "progress");
                time_add(t, "started", o->started, now);
                time_add(t, "eta", o->eta, now);
                json_close(t, '}');
        }
        json_close(t, ']');
}

static void row_add_json(struct list *l, const struct row *row) {
        struct text *t = &l->out;

        text_add(t, l->any ? ",\n" : "[\n");
        l->any = true;
        text_add(t, "{"); /* not json_open: the comma is there */
        for (size_t i = 0; i < l->n_columns; i++) {
                enum column c = l->columns[i];
                const char *key = column_print(c);

                switch (column_kind(c)) {
                case CELL_TEXT:
                        json_add_string(t, key, row_text(row, c));
                        break;
                case CELL_DATE:
                case CELL_OVERDUE:
                        time_add(t, key, row_time(row, c), l->now);
                        break;
                case CELL_DEPTH:
                        json_add_number(t, key, row->depth);
                        break;
                case CELL_ERRORS:
                        json_add_bool(t, key, row->errors);
                        break;
                case CELL_OPERATIONS:
                        operations_add(t, row, l->now);
                        break;
                }
        }
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

/* --- text */

/* Where no lines are drawn, blanks show what stands below what. */
static const char *node_cell(struct arena *a, const struct tree_node *node, enum column c) {
        const char *s = cell_text(a, node->row, c);

        if (c == COLUMN_HRID && node->depth > 0)
                s = arena_printf(a, "%*s%s", (int) (2 * node->depth), "", s);
        return s;
}

static void print_style(struct list *l, struct arena *a, const struct tree *tree) {
        const char **cells = arena_new_array(a, const char *, tree->nodes.count * l->n_columns);
        const char *headers[COLUMN_SHOWN_MAX];
        const struct style_table table = {
                .headers = l->headers ? headers : NULL,
                .cells = cells,
                .n_columns = l->n_columns,
                .n_rows = tree->nodes.count,
        };

        for (size_t i = 0; i < l->n_columns; i++)
                headers[i] = column_print(l->columns[i]);
        for (size_t row = 0; row < tree->nodes.count; row++)
                for (size_t i = 0; i < l->n_columns; i++)
                        cells[row * l->n_columns + i] = node_cell(a, &tree->nodes.items[row],
                                                                  l->columns[i]);
        style_print(&l->out, l->style, &table);
        list_flush(l);
}

static const char *cell_color(const struct row *row, enum column c) {
        enum cell_kind kind = column_kind(c);

        if (kind == CELL_OVERDUE && row_time(row, c))
                return "yellow";
        if (kind == CELL_ERRORS && row->errors)
                return "red";
        return kind == CELL_OPERATIONS ? "cyan" : NULL;
}

static int table_add_columns(struct list *l, struct libscols_table *table) {
        bool tree_there = false;

        for (size_t i = 0; i < l->n_columns; i++) {
                bool is_tree = l->tree != TREE_FLAT && !tree_there &&
                               (l->columns[i] == COLUMN_HRID || l->columns[i] == COLUMN_ID);

                tree_there |= is_tree;
                if (!scols_table_new_column(table, column_print(l->columns[i]), 0,
                                            is_tree                         ? SCOLS_FL_TREE
                                            : l->columns[i] == COLUMN_DEPTH ? SCOLS_FL_RIGHT
                                                                            : 0))
                        return -1;
        }
        return 0;
}

static int table_add_rows(struct list *l, struct arena *a, struct libscols_table *table,
                          const struct tree *tree) {
        struct libscols_line **lines = arena_new_array(a, struct libscols_line *,
                                                       tree->nodes.count);

        for (size_t row = 0; row < tree->nodes.count; row++) {
                const struct tree_node *node = &tree->nodes.items[row];

                lines[row] = scols_table_new_line(
                        table, node->parent == SIZE_MAX ? NULL : lines[node->parent]);
                if (!lines[row])
                        return -1;
                for (size_t i = 0; i < l->n_columns; i++) {
                        enum column c = l->columns[i];
                        const char *color = cell_color(node->row, c);

                        if (scols_line_set_data(lines[row], i, cell_text(a, node->row, c)) < 0)
                                return -1;
                        if (color)
                                (void) scols_cell_set_color(scols_line_get_cell(lines[row], i),
                                                            color);
                }
        }
        return 0;
}

static int print_table(struct list *l, struct arena *a, const struct tree *tree) {
        struct libscols_table *table = scols_new_table();
        int r;

        if (!table)
                return -1;
        (void) scols_table_enable_noheadings(table, !l->headers);
        (void) scols_table_enable_colors(table, l->color);
        (void) scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER); /* cut nothing */
        r = table_add_columns(l, table);
        if (r == 0)
                r = table_add_rows(l, a, table, tree);
        if (r == 0 && tree->nodes.count > 0)
                r = scols_print_table(table);
        scols_unref_table(table);
        return r;
}

/* --- rows as they come */

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

static int compare_text(const char *a, const char *b) {
        return strcmp(a ? a : "", b ? b : "");
}

static int compare_number(uint64_t a, uint64_t b) {
        return (a > b) - (a < b);
}

static int compare_rows(const struct row *a, const struct row *b, enum column c) {
        switch (column_kind(c)) {
        case CELL_TEXT:
                return compare_text(row_text(a, c), row_text(b, c));
        case CELL_DATE:
        case CELL_OVERDUE:
                return compare_number(row_time(a, c), row_time(b, c));
        case CELL_DEPTH:
                return compare_number(a->depth, b->depth);
        case CELL_ERRORS:
                return compare_number(a->errors, b->errors);
        case CELL_OPERATIONS:
                for (enum operation op = 0; op < _OPERATION_MAX; op++)
                        if (a->operations[op].running != b->operations[op].running)
                                return a->operations[op].running ? 1 : -1;
                return 0;
        }
        abort();
}

struct sorted {
        const struct row *row;
        size_t index;
        enum column column;
        bool shown;
};

/* Equal rows keep their order. */
static int compare_sorted(const void *pa, const void *pb) {
        const struct sorted *a = pa, *b = pb;
        int order = compare_rows(a->row, b->row, a->column);

        return order ? order : compare_number(a->index, b->index);
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

static int list_print(struct list *l) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct tree tree = {};
        int status = EXIT_DONE;

        if (l->sorted)
                list_sort(l);
        tree_build(&tree, l->rows.items, l->shown.items, l->rows.count, l->tree, l->boundaries);
        if (l->json)
                print_json(l, &tree);
        else if (l->style)
                print_style(l, a, &tree);
        else if (print_table(l, a, &tree) < 0) {
                cli_complain("the table cannot be printed");
                status = EXIT_FAILED;
        }
        tree_done(&tree);
        if (!filter_check(&l->filter, a, l->ids.items, l->ids.count))
                status = EXIT_FAILED;
        return status;
}

static void list_done(struct list *l) {
        for (size_t i = 0; i < l->arenas.count; i++)
                arena_free(l->arenas.items[i]);
        for (size_t i = 0; i < l->ids.count; i++)
                free((char *) l->ids.items[i]);
        array_done(&l->arenas);
        array_done(&l->rows);
        array_done(&l->shown);
        array_done(&l->ids);
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
