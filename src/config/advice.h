/* config/advice.h - what is allowed, but will bite: told by `zmirror check` */
#pragma once

#include "base/arena.h"
#include "model/config.h"
#include "model/machine.h"

struct advice {
        entity_id about;
        const char *text; /* a sentence without a full stop */
};

/* In the order of the file, in the arena. The number of them. */
uint32_t config_advise(struct arena *a, const struct config *c, struct advice **ret);
/* The same of what this machine does with the pools and disks. In advice_machine.c. */
uint32_t config_advise_machine(struct arena *a, const struct config *c, const struct machine *m,
                               struct advice **ret);
