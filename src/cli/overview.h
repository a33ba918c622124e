/* cli/overview.h - the disks at a glance: is it here, is it up to date, may I unplug it, when is it
 * due */
#pragma once

#include "cli/cli.h"

/* `zmirror` alone. */
int overview_run(struct cli_call *call);
