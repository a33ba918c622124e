/* cli/progress.h - showing what open requests do and why they wait */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "api/reply.h"

struct progress;

/* Ends that are no failure where many things were asked for at once: they are only counted. */
enum pardon {
        PARDON_ABSENT = 1u << 0,  /* it is not connected */
        PARDON_UNFIT = 1u << 1,   /* it cannot work there */
        PARDON_NOTHING = 1u << 2, /* there was nothing to cancel */
};

struct progress_options {
        bool moving; /* one line that is written over, with a bar; else a line per change of reason
                      */
        bool quiet;  /* without a moving line, only failures are told */
        bool cancel; /* it is withdrawn that is shown */
        unsigned pardons;
};

/* On stderr. */
struct progress *progress_new(const struct progress_options *options);
struct progress *progress_free(struct progress *p);
DEFINE_CLEANUP(struct progress *, progress_free);

/* Takes over what was told about requests (copied), and shows it. `now`: the daemon's clock when it
 * told that. */
void progress_update(struct progress *p, const struct reply_request *requests, uint32_t n,
                     usec_t now);
/* Draws the moving line again. */
void progress_tick(struct progress *p);
/* Takes the moving line away. */
void progress_clear(struct progress *p);

struct progress_count {
        size_t waiting, done, failed;
        size_t absent, unfit, nothing; /* that were pardoned */
};

struct progress_count progress_count(const struct progress *p);
