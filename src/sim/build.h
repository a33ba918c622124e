/* sim/build.h - the first day of a simulated world: what a configuration describes */
#pragma once

#include <stdbool.h>

struct sim;

/* False: it cannot be simulated; `ret_error` says which entity, and why. */
bool build_world(struct sim *s, const char **ret_error);
