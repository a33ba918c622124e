/* cli/cell.h - one cell of a list: what it says, in text and in JSON, and how cells compare */
#pragma once

#include <stdbool.h>

#include "api/row.h"
#include "base/arena.h"
#include "base/text.h"
#include "cli/show.h"

/* One line, "" if there is nothing to say; in the arena, or the row's own. */
const char *cell_text(struct arena *a, const struct row *row, enum column c, enum show_date form,
                      usec_t now);
/* The member of an object with the column's name as its key. */
void cell_add_json(struct text *t, const struct row *row, enum column c, usec_t now);
/* Below, equal to or above 0. */
int cell_compare(const struct row *a, const struct row *b, enum column c);
/* What switches its color on, on a terminal; NULL: it has none. */
const char *cell_color(const struct row *row, enum column c);
/* True for numbers. */
bool cell_is_right(enum column c);
