/* engine/passport.h - what the labels of a device say of it, read before it is used */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/plan.h"

/* The passport of a leg whose device is there, as it was read last; all zeroes if there is none. */
const struct passport *leg_passport(const struct engine *e, entity_id leg);
/* Its label has been read for another reason. */
void leg_set_passport(struct engine *e, entity_id leg, const struct label *label);
/* The passport of whatever device bears that vdev's label, read or not; the same. */
const struct passport *vdev_passport(const struct engine *e, uint64_t vdev_guid);

/* Asks for the labels of the leg's device, unless they were read since the request began. True:
 * `*ret` is to be waited for. */
bool plan_passport(struct engine *e, const struct request *r, entity_id leg, struct step *ret);
/* The same for all legs of a pool, and for those that were current in it and are not configured. */
bool plan_passports(struct engine *e, const struct request *r, entity_id pool, struct step *ret);
/* Labels that were read, or could not be (NULL). */
void passport_note(struct engine *e, const char *path, uint64_t seq, const struct label *label);
