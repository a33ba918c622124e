/* engine/failure.h - what was wanted last and was not done, as long as that matters */
#pragma once

#include <stdbool.h>

#include "engine/request.h"

/* A request has ended. If it failed it is told in the history or the log, and kept; if it is
 * fulfilled, what failed before does not matter any more. */
void failure_ended(struct engine *e, const struct request *r, bool fulfilled,
                   const struct reason *why);
/* The picture of the entity has changed: what failed may have come about by itself, or its device
 * is gone. */
void failure_follow(struct engine *e, entity_id id);
/* The entity has disappeared, or is another one now: so is all in it. */
void failure_disappeared(struct engine *e, entity_id id);

/* What is kept; NULL: nothing. Borrowed until the next step. */
const struct failure *failure_of(const struct engine *e, entity_id id);
/* "online of zdev tank-b (tank) was refused: ..."; NULL: nothing has failed. In the arena. */
const char *failure_print(const struct engine *e, entity_id id, struct arena *a);
/* The row takes a copy; one without a time clears it. */
void row_set_failure(struct row *row, const struct failure *f);
