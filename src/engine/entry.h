/* engine/entry.h - the entry of a leg in the ledger: open while it is in use, closed with what its
 * label says then */
#pragma once

#include <stdbool.h>

#include "engine/core.h"

/* The leg is online: its entry is open, and its label is read once for what it carries at least. */
void entry_open(struct engine *e, entity_id leg);
/* What its label said while it was in use, or when it went. */
void entry_note_own(struct engine *e, struct leg_row *l, const struct label *label);
/* The leg has gone out of use: its end is written down, and its label is read, or, if it vanished,
 * that of a leg that is still there. */
void entry_close(struct engine *e, entity_id leg);
/* True while its label is being read: its container must not be closed before. */
bool entry_is_closing(const struct engine *e, entity_id leg);

/* The leg is not online. If its label was not read when it went, that is made up for; what is
 * plugged in is looked at. */
void entry_make_up(struct engine *e, entity_id leg);
/* Its pool was imported without it, by whomever, and has come to that txg: so much can be on it at
 * most, if it went while nobody looked. `newest`: it is what the pool went on without. */
void entry_leave_behind(struct engine *e, entity_id leg, uint64_t txg, bool newest);
/* The same before an import of ours: what the legs carry that are here, whose passports have been
 * read. */
void entry_before_import(struct engine *e, entity_id pool);

/* Labels that were asked for have been read, or could not be (NULL). */
void entry_opened_label(struct engine *e, entity_id leg, const struct label *label);
void entry_closing_label(struct engine *e, entity_id leg, const char *path,
                         const struct label *label);
void entry_ceiling_label(struct engine *e, entity_id leg, const struct label *label);
