/* config/handlers.h - what is to be done when something happens to an entity: its on_<event> keys
 */
#pragma once

#include "config/build.h"

/* The lists of one entity while its keys are read. */
struct handler_set {
        struct handler handlers[_EVENT_MAX];
        bool any;
};

/* Reads the list of actions. What the type cannot do is diagnosed and left out. */
void handlers_read(struct builder *b, struct handler_set *set, const struct entity *e,
                   enum event event, const struct tree *t);
/* What the entity keeps of it, for all events. Most disks are handled like the one before, so equal
 * sets are shared. */
const struct handler *handlers_keep(struct builder *b, const struct handler_set *set);
