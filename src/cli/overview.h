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

/* `zmirror` alone. */
int overview_run(struct cli_call *call);
