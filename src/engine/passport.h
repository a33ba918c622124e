/* engine/passport.h - what the labels of a leg say of it, read before it is used: SPEC 10 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/plan.h"

/* Asks for the label of a leg that is there, unless it was read since the request began. True:
 * `*ret` is to be waited for. */
bool plan_passport(struct engine *e, const struct request *r, entity_id leg, struct step *ret);
/* A label that was read, or could not be (NULL). */
void passport_note(struct engine *e, const char *path, uint64_t seq, const struct label *label);
