/* engine/history.h - lines for the history and the log: what happened, told once */
#pragma once

#include "engine/core.h"

/* `change` names what happened: noticing it twice yields one line. It is also logged. */
void history_add(struct engine *e, enum history_kind kind, entity_id about, const char *change,
                 const char *json, const char *format, ...) __attribute__((format(printf, 6, 7)));
void history_command_failed(struct engine *e, entity_id about, const char *command,
                            const char *how);
