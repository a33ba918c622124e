/* cli/status.h - everything about an entity; the disks at a glance; why something waits */
#pragma once

#include "cli/cli.h"

int status_run(struct cli_call *call);
int status_overview(struct cli_call *call); /* `zmirror` alone */
int status_explain(struct cli_call *call);
