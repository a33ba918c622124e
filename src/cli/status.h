/* cli/status.h - everything that is known about entities */
#pragma once

#include "cli/cli.h"

/* `status` and `status-all`. */
int status_run(struct cli_call *call);
