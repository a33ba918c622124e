/* sim/simulate.h - `zmirror simulate`: rehearse a configuration in the simulated world */
#pragma once

/* zmirror simulate [--config-path F] [--seed N] [--quiet] [scenario]: exit status as everywhere. */
int simulate_main(int argc, char **argv);
