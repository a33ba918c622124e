/* engine/ledger.h - the books: per vdev GUID and per pool GUID, what is known of each copy */
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
/* The entry of the pool that has that name. One has it at a time: another pool that is imported
 * under it takes it over. */
struct pool_row *ledger_find_pool(const struct engine *e, const char *name);
/* The entry of a pool that is imported. One that only has another GUID (zpool reguid) keeps what is
 * known of it. */
struct pool_row *ledger_meet_pool(struct engine *e, entity_id pool, const struct pool_status *s);
/* Which import of it this is; never the same again. 0: not told. */
uint64_t ledger_instance(const struct engine *e, const struct pool_status *s);

/* To be saved with this step. */
void ledger_save_leg(struct engine *e, struct leg_row *l);
void ledger_save_pool(struct engine *e, struct pool_row *p);

/* The leg was complete and current when its pool was last seen here. */
bool ledger_is_current(const struct pool_row *p, uint64_t vdev_guid);
/* What a top-level vdev was made of; NULL if that is not known. */
const struct vdev_shape *ledger_top(const struct pool_row *p, uint64_t top_guid);
/* The vdev is a top-level one with data on it (not a cache, a spare or a hole); what it is made of.
 */
bool vdev_is_top(const struct pool_status *s, uint32_t i);
struct vdev_shape vdev_shape(const struct pool_status *s, uint32_t top);
/* The pool of that name goes on without its newest copy. */
bool ledger_went_on(const struct engine *e, const char *pool);
/* Brings the pool's entry up to date with what it says now: which legs are complete and current,
 * its scan record. */
void ledger_note_pool(struct engine *e, entity_id pool);
/* What a label said: the newest txg of the pool. */
void ledger_note_label(struct engine *e, const struct label *label);
