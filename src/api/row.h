/* api/row.h - one entity as a row of `list` and an entry of `status`: columns, and both ends'
 * encoding */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/verdict.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "model/entity.h"
#include "model/view.h"

/* The columns of `list`, in the order of zmirror(8). */
enum column {
        COLUMN_ID,
        COLUMN_HRID,
        COLUMN_STATE,
        COLUMN_PARENT,
        COLUMN_DEPTH,
        COLUMN_ADDED,
        COLUMN_LAST_ONLINE,
        COLUMN_LAST_UPDATE,
        COLUMN_UPDATE_OVERDUE,
        COLUMN_UPDATE_INTERVAL,
        COLUMN_AVAILABLE_UPDATE_OVERDUE,
        COLUMN_AVAILABLE_UPDATE_INTERVAL,
        COLUMN_LAST_TRIM,
        COLUMN_TRIM_OVERDUE,
        COLUMN_TRIM_INTERVAL,
        COLUMN_LAST_SCRUB,
        COLUMN_SCRUB_OVERDUE,
        COLUMN_SCRUB_INTERVAL,
        COLUMN_ERRORS,
        COLUMN_OPERATIONS,
        /* not shown, but sent on request */
        COLUMN_TYPE,
        COLUMN_GROUPS,
        _COLUMN_MAX,
};

#define COLUMN_SHOWN_MAX COLUMN_TYPE /* the columns that people can ask for */
#define COLUMN_BIT(c)    (UINT32_C(1) << (c))
#define COLUMNS_ALL      (COLUMN_BIT(_COLUMN_MAX) - 1)

const char *column_print(enum column c); /* "last_online" */
bool column_parse(const char *s, enum column *ret);

/* A row as the other end reads it. What was not asked for, or is not told, is NULL, 0 or false. */
struct row {
        const char *id, *hrid;
        const char *parent; /* id */
        uint32_t depth;
        enum entity_type type;
        const char *const *groups; /* NULL-terminated or NULL */
        enum state state;
        bool errors;
        /* 0: never, or not overdue. USEC_NEVER in last_online and last_update: now. */
        usec_t added, last_online, last_update, last_scrub, last_trim;
        usec_t overdue[_OPERATION_MAX], available_update_overdue;
        const char *intervals[_OPERATION_MAX], *available_update_interval; /* "4 weeks" */
        struct view_operation operations[_OPERATION_MAX];
        const char *errors_text; /* with `errors` */
        /* Status only */
        const char *device, *held_by;
        const char *trim_obstacle;           /* why it cannot be trimmed, or NULL */
        const struct reply_verdict *verdict; /* of a disk, or NULL */
        bool silent;                         /* a pool: it is imported, and does not answer */
        bool watching;                       /* online, and not known to be up to date yet */
        enum copy copy;                      /* of a leg */
        const char *copy_text;               /* why it cannot be relied upon, or NULL */
        struct failure failure;              /* what was wanted last and was not done */
        struct row_request {
                uint64_t id;
                const char *wish, *origin, *by, *reason, *reason_code;
                usec_t since;
        } * requests; /* the open ones for it */
        uint32_t n_requests;
};

/* The object with those columns. `now`: the wall clock, which is sent for "now": see reply.h. */
void row_print(struct text *t, const struct config *c, const struct view_entity *v,
               uint32_t columns, usec_t now);
/* The same with all columns and what only Status tells; `verdict` may be NULL. `a` for passing
 * things. */
void row_print_status(struct text *t, struct arena *a, const struct config *c,
                      const struct view_entity *v, const struct view_verdict *verdict,
                      const struct view_request *requests, uint32_t n_requests, usec_t now);

/* False if it is no such row. Text is borrowed from the JSON's arena. `now`: of the reply. */
bool row_parse(struct arena *a, const struct json *object, usec_t now, struct row *ret);
