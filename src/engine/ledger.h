/* engine/ledger.h - the books: per vdev GUID and per pool GUID, what is known of each copy: SPEC 10
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/core.h"

/* The entry of a vdev GUID; `ledger_leg` makes one, `ledger_find_leg` may return NULL. Borrowed for
 * good. */
struct leg_row *ledger_leg(struct engine *e, uint64_t vdev_guid);
struct leg_row *ledger_find_leg(const struct engine *e, uint64_t vdev_guid);
/* That of a configured leg, by the GUID that it is known under; NULL if it has never been seen. */
struct leg_row *ledger_of(const struct engine *e, entity_id leg);
struct pool_row *ledger_pool(struct engine *e, uint64_t pool_guid);
struct pool_row *ledger_find_pool(const struct engine *e, const char *name);

/* To be saved with this step. */
void ledger_save_leg(struct engine *e, struct leg_row *l);
void ledger_save_pool(struct engine *e, struct pool_row *p);

/* The leg was complete and current when its pool was last seen here. */
bool ledger_is_current(const struct pool_row *p, uint64_t vdev_guid);
/* Brings the pool's entry up to date with what it says now: which legs are complete and current,
 * its scan record. */
void ledger_note_pool(struct engine *e, entity_id pool);
/* What a label said: the newest txg of the pool. */
void ledger_note_label(struct engine *e, const struct label *label);
