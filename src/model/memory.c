/* model/memory.c - the words in which memory is stored, and giving it back */
#include "model/memory.h"
#include "base/arena.h"
#include "base/text.h"

static const char *const copy_names[_COPY_MAX] = {
        [COPY_UNKNOWN] = "unknown",
        [COPY_COMPLETE] = "complete",
        [COPY_INCOMPLETE] = "incomplete",
        [COPY_SUSPECT] = "suspect",
};

static const char *const proof_kind_names[_PROOF_KIND_MAX] = {
        [PROOF_NONE] = "trusted", [PROOF_RESILVER] = "resilver", [PROOF_QUIET] = "quiet",
        [PROOF_SCRUB] = "scrub",  [PROOF_ALONE] = "alone",
};

static const char *const history_kind_names[_HISTORY_KIND_MAX] = {
        [HISTORY_APPEARED] = "appeared",
        [HISTORY_DISCONNECTED] = "disconnected",
        [HISTORY_ONLINE] = "online",
        [HISTORY_OFFLINE] = "offline",
        [HISTORY_RESILVERED] = "resilvered",
        [HISTORY_UPDATE_FAILED] = "update_failed",
        [HISTORY_SCRUBBED] = "scrubbed",
        [HISTORY_SCRUB_FAILED] = "scrub_failed",
        [HISTORY_SCRUB_CANCELED] = "scrub_canceled",
        [HISTORY_TRIMMED] = "trimmed",
        [HISTORY_TRIM_CANCELED] = "trim_canceled",
        [HISTORY_OPERATION_DISAPPEARED] = "operation_disappeared",
        [HISTORY_SAFE] = "safe",
        [HISTORY_REQUEST_FAILED] = "request_failed",
        [HISTORY_COMMAND_FAILED] = "command_failed",
        [HISTORY_REFUSED] = "refused",
        [HISTORY_STALE] = "stale",
        [HISTORY_ADOPTED] = "adopted",
        [HISTORY_DAEMON] = "daemon",
        [HISTORY_SCHEDULED] = "scheduled",
        [HISTORY_NO_ANSWER] = "no_answer",
        [HISTORY_ANSWERS] = "answers",
};

/* The index of a name, `n` if it is none of them. */
static size_t name_find(const char *const *names, size_t n, const char *s) {
        size_t i = 0;

        while (i < n && !text_equal(names[i], s))
                i++;
        return i;
}

const char *copy_print(enum copy c) {
        return copy_names[c];
}

bool copy_parse(const char *s, enum copy *ret) {
        size_t i = name_find(copy_names, _COPY_MAX, s);

        if (i == _COPY_MAX)
                return false;
        *ret = (enum copy) i;
        return true;
}

const char *proof_kind_print(enum proof_kind k) {
        return proof_kind_names[k];
}

bool proof_kind_parse(const char *s, enum proof_kind *ret) {
        size_t i = name_find(proof_kind_names, _PROOF_KIND_MAX, s);

        if (i == _PROOF_KIND_MAX)
                return false;
        *ret = (enum proof_kind) i;
        return true;
}

const char *history_kind_print(enum history_kind kind) {
        return history_kind_names[kind];
}

bool history_kind_parse(const char *s, enum history_kind *ret) {
        size_t i = name_find(history_kind_names, _HISTORY_KIND_MAX, s);

        if (i == _HISTORY_KIND_MAX)
                return false;
        *ret = (enum history_kind) i;
        return true;
}

struct memory *memory_free(struct memory *m) {
        if (m)
                arena_free(m->arena);
        return NULL;
}
