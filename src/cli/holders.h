/* cli/holders.h - who uses a device, a pool or a file system, without a daemon */
#pragma once

/* zmirror holders [--lines] <device>|<pool>|<dataset>|<folder>. The daemon runs it, too (--lines:
 * nothing but the holders): it may hang, and then a child hangs. Returns the exit status. */
int cli_holders(int argc, char **argv);
