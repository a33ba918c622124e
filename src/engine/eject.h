/* engine/eject.h - disks that are powered off, and are gone until somebody plugs them again */
#pragma once

#include <stdbool.h>

#include "engine/request.h"
#include "model/command.h"

/* The command is about to be run: from now on it is no error that the disk is gone. */
void eject_begins(struct engine *e, entity_id disk);
/* It has ended. What it says is why the disk stays. */
void eject_ended(struct engine *e, struct request *r, const struct command_end *end);
/* The request has powered it off, or is about to. */
bool eject_was_ours(const struct engine *e, const struct request *r);
/* Something has appeared: if it is such a disk, somebody has plugged it again. */
void eject_is_over(struct engine *e, entity_id id);
/* What is on that disk is not there as planned. */
bool entity_is_ejected(const struct engine *e, entity_id id);
