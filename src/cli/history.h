/* cli/history.h - what happened */
#pragma once

#include "base/arena.h"
#include "cli/cli.h"
#include "model/memory.h"

/* A line as people read it; in the arena. */
const char *history_line(struct arena *a, const struct history *h);

int history_run(struct cli_call *call);

#define HISTORY_OPTIONS (OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_JSON))
