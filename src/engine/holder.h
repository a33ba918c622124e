/* engine/holder.h - who uses the volumes of a pool: it must not be exported under him; and who
 * keeps something busy: SPEC 5, 10 */
#pragma once

#include <stdbool.h>

#include "engine/plan.h"

/* Who holds that device, as was just looked. */
void holder_note(struct engine *e, const char *path, uint64_t seq, const struct holder *holders,
                 uint32_t n);
/* Asks for every volume of the pool, configured or not, right before its export. True: `*ret` is
 * the answer (look first, or fail and name the holder); false: nobody holds any. */
bool plan_holders(struct engine *e, const struct request *r, struct step *ret);

/* A command that takes it out of use has failed: asks who keeps it busy. */
void holder_ask(struct engine *e, entity_id id);
/* The answer to that, if it came after `seq`; NULL: nobody is known. Borrowed. */
const char *holder_find(const struct engine *e, entity_id id, uint64_t seq);
