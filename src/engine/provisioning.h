/* engine/provisioning.h - disks to which the kernel does not send trims until it is told to
 * (force_enable_trim) */
#pragma once

#include "engine/core.h"
#include "model/command.h"

/* The picture of the disk has changed: lets the kernel send trims, if it should and does not. What
 * failed is not tried again before the disk is plugged anew. */
void provisioning_follow(struct engine *e, entity_id disk);
/* That command has ended. */
void provisioning_ended(struct engine *e, entity_id disk, const char *text,
                        const struct command_end *end);
/* True while that is done for the disk that the entity is on: nothing on it is opened before. */
bool provisioning_is_pending(const struct engine *e, entity_id id);
