/* cli/watch.h - a live screen: pools, disks, verdicts, progress, the last events */
#pragma once

#include "cli/cli.h"

int watch_run(struct cli_call *call);
