/* engine/labels.h - labels of devices that are being read, and for whom */
#pragma once

#include "engine/core.h"

/* Asks for the label of that device on behalf of a leg. An answer to an older look does not count,
 * and of one use a leg waits for the newest only. */
void labels_ask(struct engine *e, entity_id leg, enum label_use use, const char *path);
/* The leg does not want it any more. */
void labels_drop(struct engine *e, entity_id leg, enum label_use use);
/* A look has read the label of that device, or could not (NULL): whoever waits for it is told. */
void labels_answer(struct engine *e, const char *path, uint64_t seq, const struct label *label);
/* A new configuration: legs have other numbers, or are gone. */
void labels_renumber(struct engine *e, const struct config *old, const struct config *new);
