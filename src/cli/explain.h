/* cli/explain.h - why something is not as it should be */
#pragma once

#include "cli/cli.h"

int explain_run(struct cli_call *call);
