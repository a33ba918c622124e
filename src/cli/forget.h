/* cli/forget.h - forget, clear-cache */
#pragma once

#include "cli/cli.h"

#define CLEAR_CACHE_OPTIONS (OPTION_BIT(OPTION_YES) | OPTION_BIT(OPTION_LEDGER))

int forget_run(struct cli_call *call);
int clear_cache_run(struct cli_call *call);
