/* cli/style.h - how a table can be drawn: one row per style, as Python's tabulate has them */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct style;

struct style_table {
        const char *const *headers; /* NULL: none */
        const char *const *cells;   /* row after row */
        size_t n_columns, n_rows;
        const bool *right; /* per column: at the right, as numbers are; NULL: none */
        /* What switches a color on, for each cell and header, NULL for none; or no colors at all.
         */
        const char *const *colors, *const *header_colors;
};

/* NULL: no such style. */
const struct style *style_find(const char *name);
/* All names; for near misses and completion. */
const char *const *style_names(size_t *ret_n);
void style_print(struct text *t, const struct style *style, const struct style_table *table);
