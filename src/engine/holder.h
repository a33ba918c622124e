/* engine/holder.h - who uses what is to be closed, unmounted or exported */
#pragma once

#include <stdbool.h>

#include "engine/plan.h"

/* Who holds that device, pool or dataset, as was just looked. Not `known`: it could not be told. */
void holder_note(struct engine *e, const char *path, uint64_t seq, bool known,
                 const struct holder *holders, uint32_t n);
/* Asks for every volume of the pool, configured or not, right before its export. True: `*ret` is
 * the answer (look first, or fail and name the holder); false: nobody holds any. */
bool plan_holders(struct engine *e, const struct request *r, struct step *ret);
/* A command that takes it out of use has failed: looks who holds it. */
void holder_ask(struct engine *e, entity_id id);
/* Who held it when it was tried last, for people; NULL if nobody is known, or it is not in use any
 * more. */
const char *holder_of(const struct engine *e, entity_id id);
/* It went out of use, or is tried again: what was seen is not so any more. */
void holder_forget(struct engine *e, entity_id id);
/* The reason with the holder of what it is about. */
struct reason holder_name(const struct engine *e, const struct reason *failure);
