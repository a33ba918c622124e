/* api/reply.h - what the methods of io.zmirror answer, both ends' encoding
 *
 * The x_print functions append the parameters of a reply, a JSON object, to the text; the x_parse
 * functions read it back, false if it is not what it should be. Text that was read is borrowed from
 * the JSON's arena. Methods that are not here answer nothing (`{}`). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/message.h"
#include "api/row.h"
#include "api/verdict.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "model/memory.h"
#include "model/receipt.h"
#include "model/view.h"

/* --- Version */

struct reply_version {
        const char *version, *config_path;
        uint64_t pid;
        usec_t since;
        bool ready; /* the first look is complete */
};

void reply_version_print(struct text *t, const struct reply_version *r);
bool reply_version_parse(const struct json *object, struct reply_version *ret);

/* --- Reload: what was found in the file, as one would read it on a terminal */

struct reply_diagnosis {
        bool is_error;
        const char *text; /* several lines: with the source and a caret */
};

struct reply_reload {
        bool loaded; /* no: the old configuration stays */
        struct reply_diagnosis *diagnoses;
        uint32_t n_diagnoses;
};

void reply_reload_print(struct text *t, const struct reply_reload *r);
bool reply_reload_parse(struct arena *a, const struct json *object, struct reply_reload *ret);

/* --- Request: with `more`, the first reply tells all requests, the following ones those that have
 * changed; the last one comes when all have ended. Without `more`, there is one reply with all of
 * them: when all have ended, or at once if `block` is no. */

enum request_state {
        REQUEST_WAITING,
        REQUEST_DONE,
        REQUEST_FAILED,
        _REQUEST_STATE_MAX,
};

const char *request_state_print(enum request_state s);

struct reply_request {
        uint64_t id; /* unique in this call */
        const char *entity, *hrid;
        enum wish wish;
        enum request_state state;
        const char *reason, *reason_code; /* why it waits, or why it ended; "" */
        double progress;                  /* of what runs for it; negative: not told */
        usec_t eta;                       /* wall clock, when that will be done; 0: not told */
};

/* `now` is the daemon's wall clock, as in all replies: what is to come is told by it. */
void reply_requests_print(struct text *t, const struct reply_request *requests, uint32_t n,
                          usec_t now);
bool reply_requests_parse(struct arena *a, const struct json *object, struct reply_request **ret,
                          uint32_t *ret_n, usec_t *ret_now);

/* False: the daemon has just been started, and its first look is not complete; what it tells is
 * what it remembers, or nothing. Told with List, Status, Overview. */
bool reply_is_ready(const struct json *object);

/* --- List and Status: {"now": ..., "entities": [...]}, in between row_print or row_print_status.
 * With `more`, they come in replies of ROWS_PER_REPLY; a reply may have no rows.
 *
 * `now` is the wall clock; a last_online or last_update that equals it means "now, and going on".
 */

#define ROWS_PER_REPLY 500u

void reply_rows_begin(struct text *t, usec_t now, bool ready);
void reply_rows_end(struct text *t);
bool reply_rows_parse(struct arena *a, const struct json *object, struct row **ret, uint32_t *ret_n,
                      usec_t *ret_now);

/* --- Overview: the verdicts on the removable disks */

void reply_overview_print(struct text *t, const struct config *c,
                          const struct view_verdict *verdicts, uint32_t n, usec_t now, bool ready);
bool reply_overview_parse(struct arena *a, const struct json *object, struct reply_verdict **ret,
                          uint32_t *ret_n, usec_t *ret_now);

/* --- Get */

void reply_setting_print(struct text *t, enum setting s, const struct setting_value *value);
bool reply_setting_parse(const struct json *object, const char **ret_value);

/* --- History: the oldest first; with `more` in replies of ROWS_PER_REPLY */

void reply_history_print(struct text *t, const struct history *lines, size_t n);
/* `change` is not told. */
bool reply_history_parse(struct arena *a, const struct json *object, struct history **ret,
                         size_t *ret_n);

/* --- Watch */

struct reply_watch {
        usec_t now;
        bool ready; /* the first look is complete */
        /* of all disks and pools, not only of those that are told */
        uint64_t counts[_VERDICT_KIND_MAX], n_overdue, n_errors, n_pools;
        /* the daemon's end prints these, the command's end reads them */
        struct reply_verdict *disks;
        struct row *pools;
        struct history *lines;
        uint32_t n_disks, n_pool_rows;
        size_t n_lines;
};

#define WATCH_POOL_COLUMNS                                                                         \
        (COLUMN_BIT(COLUMN_HRID) | COLUMN_BIT(COLUMN_STATE) | COLUMN_BIT(COLUMN_ERRORS) |          \
         COLUMN_BIT(COLUMN_OPERATIONS))

/* `verdicts` and `pools` in the order in which they are to be shown. */
void reply_watch_print(struct text *t, const struct config *c, const struct reply_watch *w,
                       const struct view_verdict *verdicts, uint32_t n_verdicts,
                       const struct view_entity *pools, uint32_t n_pools);
bool reply_watch_parse(struct arena *a, const struct json *object, struct reply_watch *ret);

/* --- Receipt: what the disks carried when they were safe to unplug last */

void reply_receipt_begin(struct text *t);
void reply_receipt_add(struct text *t, const struct history *line); /* one that has a receipt */
void reply_receipt_end(struct text *t);
bool reply_receipt_parse(struct arena *a, const struct json *object, struct receipt **ret,
                         uint32_t *ret_n);

/* --- Explain: why the entities are not as they should be, down to the cause */

struct reply_explanation {
        const char *id, *hrid;
        struct reply_step {
                uint32_t depth;
                const char *reason, *reason_code;
        } * steps;
        uint32_t n_steps;
};

void reply_explain_begin(struct text *t);
/* One entity's steps (engine_explain). */
void reply_explain_add(struct text *t, const struct entity *entity, const struct view_step *steps,
                       uint32_t n);
void reply_explain_end(struct text *t);
bool reply_explain_parse(struct arena *a, const struct json *object, struct reply_explanation **ret,
                         uint32_t *ret_n);
