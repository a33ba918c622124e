/* cli/trim.h - can trims get through to a device? Without a daemon */
#pragma once

/* zmirror check-trim <device>, zmirror enable-trim <device> */
int cli_check_trim(int argc, char **argv);
int cli_enable_trim(int argc, char **argv);
