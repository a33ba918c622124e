/* engine/overdue.h - which operation of which leg is due, and since when: SPEC 7 */
#pragma once

#include <stdbool.h>

#include "base/time.h"
#include "model/config.h"
#include "model/memory.h"

/* When `last + interval` (or `added + interval` if it never happened) is past; 0 if it is not, or
 * there is no interval. */
usec_t overdue_since(struct span interval, usec_t added, usec_t last, usec_t now);
/* When it will be or was due; 0 without an interval. */
usec_t overdue_due(struct span interval, usec_t added, usec_t last);
