/* model/reason.h - why something is not (yet) as somebody wants it, as a value that ends in front
 * of a person */
#pragma once

#include <stdbool.h>

#include "model/config.h"
#include "model/entity.h"

enum reason_code {
        REASON_NONE,
        /* refusals and failures */
        REASON_NOT_CONNECTED,     /* <about> is not connected */
        REASON_DISCONNECTED,      /* <about> was disconnected */
        REASON_TOO_FEW_LEGS,      /* too few devices of <about> are there: <detail> missing */
        REASON_REQUIRED_MISSING,  /* <about> is required for the import, and not connected */
        REASON_NOT_CONFIGURED,    /* <detail> */
        REASON_COMMAND_FAILED,    /* <detail>: "cryptsetup open: exit 2: No key available" */
        REASON_NO_EFFECT,         /* <detail> ended well, but <about> is still ... */
        REASON_COMMANDS_DISABLED, /* commands are disabled */
        REASON_REPLACED,          /* replaced by a newer request (<detail>) */
        REASON_CANCELLED,         /* cancelled */
        REASON_TIMEOUT,           /* no progress for <detail> */
        REASON_NEED_FAILED,       /* <detail>: the reason of what was needed */
        REASON_NOBODY_NEEDS,      /* nobody needs it any more */
        REASON_BUSY,              /* <about> is in use: <detail> */
        REASON_HELD,              /* the same, by what zmirror does not take out of use */
        REASON_LAST_COPY,         /* <about> cannot go: <detail> */
        REASON_GUARD,             /* <detail>: a whole paragraph */
        REASON_SUSPENDED,         /* pool <about> is suspended */
        REASON_GONE,              /* <about> is no longer configured (reload) */
        REASON_SHUTDOWN,          /* the daemon stops */
        REASON_NOTHING,           /* there is nothing to cancel */
        REASON_UNSUPPORTED,       /* <detail>: it cannot work there, which is nobody's failure */
        /* waits */
        REASON_WAIT_NEED,     /* waiting for <about>: <detail> */
        REASON_WAIT_COMMAND,  /* running: <detail> */
        REASON_WAIT_QUEUED,   /* waiting for other commands: <detail> */
        REASON_WAIT_LOOK,     /* looking at <about> */
        REASON_WAIT_APPEAR,   /* waiting for <about> to show up */
        REASON_WAIT_RETRY,    /* <about> is busy, trying again: <detail> */
        REASON_WAIT_AGAIN,    /* it failed, trying again: <detail> */
        REASON_WAIT_HELD,     /* held back: <detail> */
        REASON_WAIT_HANDLERS, /* the handlers of <about> are running */
        REASON_WAIT_RESILVER, /* <about> is being resilvered */
        REASON_WAIT_SCAN,     /* a scrub of <about> runs */
        REASON_WAIT_TRIM,
        REASON_WAIT_PASSPHRASE, /* waiting for the passphrase of <about> */
        REASON_WAIT_ANSWER,     /* <about>, a pool, has not answered; <detail>: why it cannot */
        REASON_WAIT_START,      /* zmirror is still looking around after its start */
        _REASON_CODE_MAX,
};

#define REASON_DETAIL_MAX 600

struct reason {
        enum reason_code code;
        entity_id about; /* or ENTITY_NONE */
        char detail[REASON_DETAIL_MAX];
};

/* A whole sentence without a full stop, as people read it: "part tank-b is not connected". In the
 * arena. */
const char *reason_print(struct arena *a, const struct config *c, const struct reason *r);
/* The bare machine-readable name: "not-connected". */
const char *reason_code_print(enum reason_code code);
/* True if nothing about them differs: what counts as progress for a time-out is a change of reason.
 */
bool reason_equal(const struct reason *a, const struct reason *b);
