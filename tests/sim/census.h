/* tests/sim/census.h - what histories consist of: how often each thing was drawn, and came to
 * something */
#pragma once

#include <stdio.h>

#include "sim/scenario.h"
#include "sim/sim.h"

struct census;

struct census *census_new(void);
struct census *census_free(struct census *c);
/* `good`: it could be done. */
void census_count_line(struct census *c, const struct scenario_line *line, bool good);
/* What failed in a world that ends. */
void census_count_bites(struct census *c, const struct sim *s);
/* One line each, in the order of the alphabet. */
void census_print(const struct census *c, FILE *f);
