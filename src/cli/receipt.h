/* cli/receipt.h - what was on a disk when it was safe to unplug */
#pragma once

#include "cli/cli.h"

int receipt_run(struct cli_call *call);
