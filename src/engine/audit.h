/* engine/audit.h - an imported pool is compared with the books: does it go on from its newest copy?
 */
#pragma once

#include <stdint.h>

#include "engine/core.h"

/* The pool has said something. If it is another import than the one that was known, it is seen
 * whether the newest copy is in it, and said loudly if it is not; and what that means ends when a
 * scrub has shown that nothing is wrong with what it went on from. */
void audit_pool(struct engine *e, entity_id pool);
/* Before the leg is overwritten, as a person said: it is not what the pool is missing any more, nor
 * does it hold what nobody else has. */
void audit_give_up(struct engine *e, entity_id leg);
/* The legs that were current, separated by commas; of an imported pool those that are not online,
 * if there are some. In the arena. */
const char *audit_print_current(const struct engine *e, entity_id pool);
const char *audit_print_missing(const struct engine *e, entity_id pool);
/* What a vdev is called: a leg's name, else what is known of it. In the arena. */
const char *audit_print_vdev(const struct engine *e, entity_id pool, uint64_t vdev_guid);
