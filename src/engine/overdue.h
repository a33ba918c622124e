/* engine/overdue.h - which operation of which leg is due, and since when */
#pragma once

#include <stdbool.h>

#include "base/time.h"
#include "model/config.h"
#include "model/memory.h"

struct chore;

enum operation chore_operation(const struct chore *c);

/* When `last + interval` (or `added + interval` if it never happened) is past; 0 if it is not, or
 * there is no interval. `now` for a date in the future: the clock was wrong then, or is now. */
usec_t overdue_since(struct span interval, usec_t added, usec_t last, usec_t now);
/* When it will be or was due; 0 without an interval. */
usec_t overdue_due(struct span interval, usec_t added, usec_t last);
/* True for a date by more than a day in the future: the clock was wrong when it was written, or is
 * now. What was done then is not known, and counts as overdue; so that a clock that was once years
 * ahead does not put off everything for years. */
bool overdue_is_ahead(usec_t date, usec_t now);
/* When the operation was done last; 0: never. */
usec_t overdue_date(const struct memory_entity *m, enum operation op);
