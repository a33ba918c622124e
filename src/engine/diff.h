/* engine/diff.h - old picture against new: what has happened, told once; and the handlers that it
 * fires */
#pragma once

#include "engine/core.h"

/* Compares the entity's picture with the memory, and brings the memory up to date. */
void diff_entity(struct engine *e, entity_id id);
