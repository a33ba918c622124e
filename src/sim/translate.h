/* sim/translate.h - a simulated world and a scenario as records, for those who play it in another
 * world
 *
 *     config <line>                               disk <name> <UUID> <info> internal|external
 *     part <path> <disk> <name>                   crypt <path> <path outside> <name> <key file>
 *     pool <name> imported|exported               zvol <path> <pool> <name>
 *     top <pool> single|mirror|raidz1|...         leg <pool> <path> <name> offline|online
 *     line <number> <word> ...
 *
 * with tabs between the fields; tops belong to the pool before them, legs to the top. */
#pragma once

#include <stdio.h>

#include "sim/scenario.h"

struct sim;

void translate_world(struct sim *s, FILE *f);
/* The first line is the configuration. */
void translate_lines(const struct scenario *s, FILE *f);
