/* cli/power.h - power a disk off, without a daemon */
#pragma once

int cli_power_off(int argc, char **argv);
