/* cli/overview.h - the disks at a glance: is it here, is it up to date, may I unplug it, when is it
 * due */
#pragma once

#include "api/reply.h"
#include "base/arena.h"
#include "cli/cli.h"

/* A line for each, in aligned columns, what may be cut at its end; without sentences, for a small
 * screen. In the arena. */
const char *const *overview_lines(struct arena *a, const struct reply_verdict *v, uint32_t n,
                                  usec_t now);

/* "do not unplug: 41 %, done in 12 min: updating zdev tank-b (tank)", and "not up to date, due in 4
 * days". In the arena. */
const char *overview_unplug(struct arena *a, const struct reply_verdict *v, usec_t now);
const char *overview_copies(struct arena *a, const struct reply_verdict *v, usec_t now);

/* `zmirror` alone. */
int overview_run(struct cli_call *call);
