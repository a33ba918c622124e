/* engine/forget.h - what is known from earlier is forgotten, as somebody says */
#pragma once

#include "engine/core.h"

/* Everything about the entities with these ids and about what is in them; of what is not configured
 * any more, about whatever had that id. engine_may_forget has said that they may be. */
void forget_entities(struct engine *e, const char *const *ids, uint32_t n);
