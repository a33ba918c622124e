/* api/verdict.h - may a disk be unplugged: both ends' encoding */
#pragma once

#include <stdbool.h>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "model/config.h"
#include "model/view.h"

/* As the command's end reads it. */
struct reply_verdict {
        const char *id, *hrid;
        enum verdict_kind kind;
        const char *text, *trouble;
        double progress; /* negative: not told */
        usec_t eta;
        bool up_to_date, overdue, errors;
        usec_t last_update; /* 0: never; USEC_NEVER: now */
        usec_t due;         /* 0: no interval */
};

/* The object under `key`, NULL in an array. `now`: of the reply, see reply.h. */
void verdict_print(struct text *t, const char *key, const struct config *c,
                   const struct view_verdict *v, usec_t now);
/* False if it is none. Text is borrowed from the JSON's arena. */
bool verdict_parse(const struct json *object, usec_t now, struct reply_verdict *ret);
