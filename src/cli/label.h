/* cli/label.h - what a leg's own labels say, without a daemon */
#pragma once

/* zmirror label <device>... [--json]. The daemon runs it, too: a read of a sick disk may hang, and
 * then a child hangs. Returns the exit status. */
int cli_label(int argc, char **argv);
