/* cli/list.h - the entities as a table */
#pragma once

#include "cli/cli.h"

/* Which columns and formats there are. */
void list_help(struct text *t);
int list_run(struct cli_call *call);

#define LIST_OPTIONS                                                                               \
        (OPTION_BIT(OPTION_KEYS) | OPTION_BIT(OPTION_ADD_COLUMNS) |                                \
         OPTION_BIT(OPTION_REMOVE_COLUMNS) | OPTION_BIT(OPTION_NO_HEADERS) |                       \
         OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_SORT) | OPTION_BIT(OPTION_TYPES) |          \
         OPTION_BIT(OPTION_GROUPS) | OPTION_BIT(OPTION_IDS) | OPTION_BIT(OPTION_ID_REGEX) |        \
         OPTION_BIT(OPTION_HIERARCHY) | OPTION_BIT(OPTION_GRAPH) | OPTION_BIT(OPTION_BOUNDARIES) | \
         OPTION_BIT(OPTION_INCLUDE_AVAILABLE_UPDATE_OVERDUE) | OPTION_BIT(OPTION_COLOR))
