/* cli/check.h - is the configuration right? without a daemon */
#pragma once

#include "cli/cli.h"

int check_run(struct cli_call *call);
