/* cli/cell.c - one cell of a list: what it says, in text and in JSON, and how cells compare */
#include <string.h>

#include "cli/cell.h"

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
                if (o->paused)
                        s = arena_printf(a, "%s (paused)", s);
        }
        return s;
}

const char *cell_text(struct arena *a, const struct row *row, enum column c, enum show_date form,
                      usec_t now) {
        const char *s;

        switch (column_kind(c)) {
        case CELL_TEXT:
                s = row_text(row, c);
                return s ? show_line(a, s) : "";
        case CELL_DATE:
                return row->type == ENTITY_ZDEV ? show_date(a, row_time(row, c), form, now) : "";
        case CELL_OVERDUE:
                return row_time(row, c) ? show_date(a, row_time(row, c), form, now) : "";
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

static void time_add(struct text *t, const char *key, usec_t when, usec_t now) {
        char buffer[TIME_PRINT_MAX];

        if (when == USEC_NEVER)
                when = now;
        if (!when) {
                json_add_null(t, key);
                return;
        }
        show_time_iso(when, buffer);
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
                time_add(t, "paused", o->paused, now);
                json_close(t, '}');
        }
        json_close(t, ']');
}

void cell_add_json(struct text *t, const struct row *row, enum column c, usec_t now) {
        const char *key = column_print(c);

        switch (column_kind(c)) {
        case CELL_TEXT:
                json_add_string(t, key, row_text(row, c));
                break;
        case CELL_DATE:
        case CELL_OVERDUE:
                time_add(t, key, row_time(row, c), now);
                break;
        case CELL_DEPTH:
                json_add_number(t, key, row->depth);
                break;
        case CELL_ERRORS:
                json_add_bool(t, key, row->errors);
                break;
        case CELL_OPERATIONS:
                operations_add(t, row, now);
                break;
        }
}

/* --- the order */

static int compare_text(const char *a, const char *b) {
        return strcmp(a ? a : "", b ? b : "");
}

static int compare_number(uint64_t a, uint64_t b) {
        return (a > b) - (a < b);
}

int cell_compare(const struct row *a, const struct row *b, enum column c) {
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

/* --- how it looks */

const char *cell_color(const struct row *row, enum column c) {
        enum cell_kind kind = column_kind(c);

        if (kind == CELL_OVERDUE && row_time(row, c))
                return "\033[33m"; /* yellow */
        if (kind == CELL_ERRORS && row->errors)
                return "\033[31m"; /* red */
        return kind == CELL_OPERATIONS ? "\033[36m" /* cyan */ : NULL;
}

bool cell_is_right(enum column c) {
        return c == COLUMN_DEPTH;
}
