/* engine/silence.h - what does not answer is asked again, later and later; and what is not known as
 * long as it says nothing */
#pragma once

#include <stdbool.h>

#include "engine/core.h"

/* A look has failed. `name`: the pool, for FACT_POOL. */
void silence_note(struct engine *e, enum fact_kind kind, const char *name, const char *error);
/* The pool said something, or is gone. */
void silence_broken(struct engine *e, entity_id pool);
/* The kernel and zpool do not agree on whether it is imported: it is asked again, later. */
void silence_doubt(struct engine *e, entity_id pool);
/* Asks again what is to be asked again by now. */
void silence_ask(struct engine *e);
void silence_ask_pool(struct engine *e, entity_id pool);

/* True for an imported pool that has left several looks in a row unanswered: it is named, and
 * nothing is begun with it. */
bool pool_is_silent(const struct engine *e, entity_id pool);
/* The pool that would have to tell what is so with the entity (it is that pool, a leg of it, or in
 * it), and has not answered yet, or does not any more. ENTITY_NONE: all is known. */
entity_id entity_find_silent(const struct engine *e, entity_id id);
/* The same for it and all that is inside. */
entity_id tree_find_silent(const struct engine *e, entity_id top);
/* "pool tank does not answer: zpool ... within 30 s", "pool tank has not answered yet"; in the
 * arena. */
const char *silence_print(const struct engine *e, entity_id pool, struct arena *a);
