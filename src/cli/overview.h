/* cli/overview.h - the disks at a glance: is it here, is it up to date, may I unplug it, when is it
 * due */
#pragma once

#include "api/reply.h"
#include "base/arena.h"
#include "cli/cli.h"

/* A line for each, in aligned columns; in the arena. `brief`: without sentences, for a small
 * screen.
 */
const char *const *overview_lines(struct arena *a, const struct reply_verdict *v, uint32_t n,
                                  usec_t now, bool brief);

/* `zmirror` alone. */
int overview_run(struct cli_call *call);
