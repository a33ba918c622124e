/* cli/request.h - online, offline, scrub, trim, snapshot */
#pragma once

#include "cli/cli.h"

/* The wish is the command's name. */
int request_run(struct cli_call *call);
/* maintenance, *-overdue and *-all: returns when the requests are made, unless it is to wait. */
int maintenance_run(struct cli_call *call);

#define REQUEST_OPTIONS         (OPTION_BIT(OPTION_CANCEL) | OPTION_BIT(OPTION_NO_BLOCK))
#define MAINTENANCE_OPTIONS     OPTION_BIT(OPTION_BLOCK)
#define MAINTENANCE_ALL_OPTIONS (MAINTENANCE_OPTIONS | OPTION_BIT(OPTION_CANCEL))
#define REQUEST_ONLINE_OPTIONS                                                                     \
        (REQUEST_OPTIONS | OPTION_BIT(OPTION_ACCEPT_DATA_LOSS) | OPTION_BIT(OPTION_OVERWRITE_LEG))
