/* cli/health.h - is all well? For people, and for what watches machines */
#pragma once

#include "cli/cli.h"

int health_run(struct cli_call *call);
