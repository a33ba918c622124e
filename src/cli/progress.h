/* cli/progress.h - showing what open requests do and why they wait */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "api/reply.h"

struct progress;

/* `moving`: one line that is written over, with a bar; else a line per change of reason. On stderr.
 */
struct progress *progress_new(bool moving);
struct progress *progress_free(struct progress *p);
DEFINE_CLEANUP(struct progress *, progress_free);

/* Takes over what was told about requests (copied), and shows it. `now`: the daemon's clock when it
 * told that. */
void progress_update(struct progress *p, const struct reply_request *requests, uint32_t n,
                     usec_t now);
/* That something is not connected is no failure, and not told. */
void progress_forgive_absent(struct progress *p);
/* Draws the moving line again. */
void progress_tick(struct progress *p);
/* Takes the moving line away. */
void progress_clear(struct progress *p);

struct progress_count {
        size_t waiting, done, failed;
        size_t absent; /* not among the failed ones, if that is fine */
};

struct progress_count progress_count(const struct progress *p);
