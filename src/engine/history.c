/* engine/history.c - lines for the history and the log: what happened, told once */
#include <inttypes.h>

#include "engine/history.h"

static enum log_level history_level(enum history_kind kind) {
        switch (kind) {
        case HISTORY_UPDATE_FAILED:
        case HISTORY_SCRUB_FAILED:
        case HISTORY_REFUSED:
        case HISTORY_STALE:
                return LOG_LEVEL_ERROR;
        case HISTORY_REQUEST_FAILED:
        case HISTORY_OPERATION_DISAPPEARED:
        case HISTORY_NO_ANSWER:
                return LOG_LEVEL_WARNING;
        case HISTORY_COMMAND_FAILED:
        case HISTORY_APPEARED:
        case HISTORY_DISCONNECTED:
        case HISTORY_ONLINE:
        case HISTORY_OFFLINE:
        case HISTORY_RESILVERED:
        case HISTORY_SCRUBBED:
        case HISTORY_SCRUB_CANCELED:
        case HISTORY_TRIMMED:
        case HISTORY_TRIM_CANCELED:
        case HISTORY_SAFE:
        case HISTORY_ADOPTED:
        case HISTORY_DAEMON:
        case HISTORY_SCHEDULED:
        case HISTORY_ANSWERS:
        case _HISTORY_KIND_MAX:
                break;
        }
        return LOG_LEVEL_INFO;
}

void history_add(struct engine *e, enum history_kind kind, entity_id about, const char *change,
                 const char *json, const char *format, ...) {
        struct arena *a = e->effects.arena;
        struct history *h = array_add(&e->effects.history);
        va_list args;

        va_start(args, format);
        h->text = arena_vprintf(a, format, args);
        va_end(args);
        h->time = e->now.wall;
        h->kind = kind;
        h->entity = about == ENTITY_NONE ? "" : engine_entity(e, about)->id;
        h->change = arena_strdup(a, change);
        h->json = json ? arena_strdup(a, json) : "";
        if (kind != HISTORY_COMMAND_FAILED) /* whoever ran the command has logged its end */
                engine_log(e, history_level(kind), about, "%s", h->text);
}

void history_command_failed(struct engine *e, entity_id about, const char *command,
                            const char *how) {
        const char *change = arena_printf(e->effects.arena, "command|%" PRIu64 "|%s", e->now.wall,
                                          command);

        const char *title = about == ENTITY_NONE /* a reload has removed it */
                                    ? ""
                                    : arena_printf(e->effects.arena,
                                                   "%s: ", engine_title(e, about));

        history_add(e, HISTORY_COMMAND_FAILED, about, change, NULL, "%s%s", title, how);
}
