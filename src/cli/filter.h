/* cli/filter.h - which entities a list shows */
#pragma once

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/row.h"
#include "base/map.h"
#include "cli/cli.h"

struct filter {
        uint32_t types; /* bit per type; 0: all */
        const char *const *groups, *const *ids;
        uint32_t n_groups, n_ids;
        bool *groups_met, *ids_met; /* one each: was there such a thing? */
        struct map by_id;           /* of ids: index */
        bool has_regex;
        regex_t regex;
        bool only_overdue;
        uint32_t overdue; /* bit per operation that counts */
        bool available;   /* available_update_overdue counts as well */
};

/* From the options and the words of `list`. False: complained. */
bool filter_parse(const struct cli_call *call, struct filter *ret);
void filter_done(struct filter *f);

/* The columns that it wants to see. */
uint32_t filter_columns(const struct filter *f);
bool filter_wants(struct filter *f, const struct row *row);
/* False, and complained, if something that was named was not met in any row. What there is is for
 * "did you mean". */
bool filter_check(const struct filter *f, struct arena *a, const char *const *known_ids,
                  size_t n_ids, const char *const *known_groups, size_t n_groups);
