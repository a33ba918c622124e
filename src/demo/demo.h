/* demo/demo.h - `zmirror demo`: a week with zmirror in less than a minute */
#pragma once

/* The daemon, its socket, its state file and the commands are the real ones; the disks and ZFS are
 * simulated, and time runs faster. Nothing of this machine is touched but a folder for a while. */
int demo_main(int argc, char **argv);
