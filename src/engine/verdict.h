/* engine/verdict.h - may I unplug it? From facts alone */
#pragma once

#include <stdbool.h>

#include "engine/core.h"

/* True for what has a verdict: disks, and partitions at top level. */
bool verdict_applies(const struct engine *e, entity_id id);
/* The verdict, with its text in the arena. */
void verdict_of(const struct engine *e, entity_id disk, struct arena *a, struct now now,
                struct view_verdict *ret);
/* The disk is safe: that is told, with its receipt, if it was in use since it was told last. */
void verdict_note_safe(struct engine *e, entity_id disk);
/* Does so when the disk has become safe. */
void verdict_follow(struct engine *e, entity_id disk);
