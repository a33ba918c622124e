/* cli/request.h - online, offline, scrub, trim, snapshot */
#pragma once

#include "cli/cli.h"

/* The wish is the command's name. */
int request_run(struct cli_call *call);

#define REQUEST_OPTIONS (OPTION_BIT(OPTION_CANCEL) | OPTION_BIT(OPTION_NO_BLOCK))
#define REQUEST_ONLINE_OPTIONS                                                                     \
        (REQUEST_OPTIONS | OPTION_BIT(OPTION_ACCEPT_DATA_LOSS) | OPTION_BIT(OPTION_OVERWRITE_LEG))
