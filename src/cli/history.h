/* cli/history.h - what happened */
#pragma once

#include "cli/cli.h"

int history_run(struct cli_call *call);

#define HISTORY_OPTIONS (OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_JSON))
