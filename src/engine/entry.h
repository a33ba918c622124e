/* engine/entry.h - the entry of a leg in the ledger is closed with what its label says: SPEC 10 */
#pragma once

#include <stdbool.h>

#include "engine/core.h"

/* The leg has gone out of use: its end is written down, and its label is read, or, if it vanished,
 * that of a leg that is still there. */
void entry_close(struct engine *e, entity_id leg);
/* True while its label is being read: its container must not be closed before. */
bool entry_is_closing(const struct engine *e, entity_id leg);
/* The leg is not online. If its end was not written down when it went, that is made up for. */
void entry_make_up(struct engine *e, entity_id leg);

/* Labels that were asked for have been read, or could not be (NULL). */
void entry_closing_label(struct engine *e, entity_id leg, const char *path,
                         const struct label *label);
void entry_ceiling_label(struct engine *e, entity_id leg, const struct label *label);
