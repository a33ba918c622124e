/* cli/table.h - the rows of a list as a table: what stands below what, and as wide as there is room
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "api/row.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/style.h"
#include "cli/tree.h"

struct table {
        const enum column *columns;
        size_t n_columns;
        const struct style *style;
        bool lines; /* of a tree are drawn, and headers may be broken; otherwise blanks show what
                       stands below what */
        bool headers, color;
        bool may_drop; /* columns in which there is nothing, if there is no room */
        size_t width;  /* of the terminal; 0: there is room for everything */
        usec_t now;
};

/* Appends it. If it is too wide: headers are broken; dates lose their seconds, then their time of
 * the day; columns in which there is nothing are left out; dates become ages; and the longest cells
 * are cut. */
void table_print(struct text *t, const struct table *table, const struct tree *tree);
