/* sim/sim.h - the simulated world: disks, LUKS, pools with txgs and resilvers, in virtual time, in
 * one process */
#pragma once

#include "model/config.h"
#include "world/world.h"

struct sim;

/* A world made from a configuration: every disk, container, pool and leg in it, healthy and
 * unplugged; pools that have all their legs on configured removable disks are exported. */
struct sim *sim_new(const struct config *config, uint64_t seed);
struct sim *sim_free(struct sim *s);
struct world *sim_world(struct sim *s);
