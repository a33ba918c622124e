/* engine/handler.h - handler lists: what is configured to be done when something happens */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/request.h"
#include "model/command.h"

/* Starts the entity's list for the event, if it has one and handlers are enabled. `change` names
 * what happened. */
void handler_fire(struct engine *e, entity_id id, enum event event, const char *change);
/* Lets the entity's lists go on as far as they can. */
void handler_advance(struct engine *e, entity_id id);
/* Does one of its handlers bring it online by itself, when it appears? */
bool handler_brings_online(const struct entity *it);
/* Which event of it takes it offline by itself; false: none does. */
bool handler_takes_offline(const struct entity *it, enum event *ret);
/* True if a list of the entity has not ended. */
bool handler_is_running(const struct engine *e, entity_id id);
void handler_request_ended(struct engine *e, const struct request *r, bool fulfilled);
void handler_job_ended(struct engine *e, entity_id id, uint64_t job, const struct command_end *end);
/* Why an offline that a handler wants is held back; false if it is not. */
bool handler_is_held(const struct engine *e, entity_id id, struct reason *ret);
/* A list of the entity that would take it offline, and has to wait: that of which event, and why.
 * False: there is none. */
bool handler_find_held(const struct engine *e, entity_id id, enum event *ret_event,
                       struct reason *ret_why);
