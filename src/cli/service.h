/* cli/service.h - commands about the daemon itself */
#pragma once

#include "cli/cli.h"

int service_startup(struct cli_call *call);
int service_shutdown(struct cli_call *call);
int service_reload(struct cli_call *call);
int service_version(struct cli_call *call);
int service_enable(struct cli_call *call); /* also disable: by the command's name */
int service_get(struct cli_call *call);
int service_set(struct cli_call *call);
