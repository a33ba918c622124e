/* cli/filter.c - which entities a list shows */
#include <string.h>

#include "cli/filter.h"
#include "cli/hint.h"
#include "cli/options.h"
#include "cli/words.h"

static bool types_parse(const struct cli_call *call, struct filter *f) {
        const char *list = call->values[OPTION_TYPES], *error;
        const char *const *items;
        enum entity_type type;
        uint32_t n;

        if (!list)
                return true;
        items = list_split(call->arena, list, &n);
        for (uint32_t i = 0; i < n; i++) {
                if (!words_to_type(call->arena, items[i], &type, &error)) {
                        (void) cli_usage(call, "%s", error);
                        return false;
                }
                f->types |= UINT32_C(1) << type;
        }
        return true;
}

/* An id with the older name of a type means the same. */
static const char *id_normal(struct arena *a, const char *id) {
        const char *bar = strchr(id, '|');
        enum entity_type type;

        if (!bar || !entity_type_parse(arena_strndup(a, id, (size_t) (bar - id)), &type))
                return id;
        return arena_printf(a, "%s%s", entity_type_print(type), bar);
}

/* Names may have blanks in them, so that only commas part ids and groups. */
static const char *const *commas_split(struct arena *a, const char *list, uint32_t *ret_n) {
        const char **items = arena_new_array(a, const char *, strlen(list) / 2 + 2);
        uint32_t n = 0;

        for (const char *s = list; *s;) {
                size_t length = strcspn(s, ",");

                if (length > 0)
                        items[n++] = arena_strndup(a, s, length);
                s += length;
                s += strspn(s, ",");
        }
        *ret_n = n;
        return items;
}

static void ids_parse(const struct cli_call *call, struct filter *f) {
        const char *list = call->values[OPTION_IDS];
        const char **ids;

        if (!list)
                return;
        ids = (const char **) commas_split(call->arena, list, &f->n_ids);
        for (uint32_t i = 0; i < f->n_ids; i++) {
                ids[i] = id_normal(call->arena, ids[i]);
                map_put(&f->by_id, ids[i], i);
        }
        f->ids = ids;
        f->ids_met = arena_new_array(call->arena, bool, f->n_ids);
}

static void groups_parse(const struct cli_call *call, struct filter *f) {
        const char *list = call->values[OPTION_GROUPS];

        if (!list)
                return;
        f->groups = commas_split(call->arena, list, &f->n_groups);
        f->groups_met = arena_new_array(call->arena, bool, f->n_groups);
}

static bool regex_parse(const struct cli_call *call, struct filter *f) {
        const char *pattern = call->values[OPTION_ID_REGEX];
        char error[200];
        int r;

        if (!pattern)
                return true;
        r = regcomp(&f->regex, pattern, REG_EXTENDED | REG_NOSUB);
        if (r != 0) {
                (void) regerror(r, &f->regex, error, sizeof(error));
                (void) cli_usage(call, "'%s' is no regular expression: %s", pattern, error);
                return false;
        }
        f->has_regex = true;
        return true;
}

static bool overdue_refuse(const struct cli_call *call, const char *word) {
        const char *names[_OPERATION_MAX + 1];
        enum operation op;

        for (op = 0; op < _OPERATION_MAX; op++)
                names[op] = operation_print(op);
        names[_OPERATION_MAX] = "overdue";
        if (operation_parse(word, &op))
                (void) cli_usage(call, "'%s' cannot be listed there, did you mean '%s overdue'?",
                                 word, word);
        else
                (void) cli_usage(call, "'%s' cannot be listed%s", word,
                                 hint_nearest(call->arena, word, names, ELEMENTSOF(names)));
        return false;
}

/* overdue | scrub overdue | trim overdue | update overdue */
static bool overdue_parse(const struct cli_call *call, struct filter *f) {
        const char *const *w = call->words;
        enum operation op;

        if (call->n_words == 0)
                return true;
        f->only_overdue = true;
        f->overdue = (UINT32_C(1) << _OPERATION_MAX) - 1;
        if (operation_parse(w[0], &op)) {
                f->overdue = UINT32_C(1) << op;
                w++;
        }
        if (!w[0]) {
                (void) cli_usage(call, "'%s' alone cannot be listed, did you mean '%s overdue'?",
                                 call->words[0], call->words[0]);
                return false;
        }
        if (!text_equal(w[0], "overdue"))
                return overdue_refuse(call, w[0]);
        if (w[1] && text_equal(w[1], "overdue")) {
                (void) cli_usage(call, "'%s' is too much", w[1]);
                return false;
        }
        if (w[1])
                return overdue_refuse(call, w[1]);
        f->available = call->values[OPTION_INCLUDE_AVAILABLE_UPDATE_OVERDUE] &&
                       (f->overdue & UINT32_C(1) << OPERATION_UPDATE);
        return true;
}

bool filter_parse(const struct cli_call *call, struct filter *ret) {
        *ret = (struct filter){};
        if (!types_parse(call, ret) || !overdue_parse(call, ret) || !regex_parse(call, ret))
                return false;
        ids_parse(call, ret);
        groups_parse(call, ret);
        return true;
}

void filter_done(struct filter *f) {
        if (f->has_regex)
                regfree(&f->regex);
        map_done(&f->by_id);
}

uint32_t filter_columns(const struct filter *f) {
        uint32_t columns = 0;

        if (f->types)
                columns |= COLUMN_BIT(COLUMN_TYPE);
        if (f->groups)
                columns |= COLUMN_BIT(COLUMN_GROUPS);
        if (f->ids || f->has_regex)
                columns |= COLUMN_BIT(COLUMN_ID);
        if (f->only_overdue)
                columns |= COLUMN_BIT(COLUMN_UPDATE_OVERDUE) | COLUMN_BIT(COLUMN_SCRUB_OVERDUE) |
                           COLUMN_BIT(COLUMN_TRIM_OVERDUE) |
                           COLUMN_BIT(COLUMN_AVAILABLE_UPDATE_OVERDUE);
        return columns;
}

static bool row_is_overdue(const struct filter *f, const struct row *row) {
        for (enum operation op = 0; op < _OPERATION_MAX; op++)
                if ((f->overdue & UINT32_C(1) << op) && row->overdue[op])
                        return true;
        return f->available && row->available_update_overdue;
}

static bool row_is_in_group(struct filter *f, const struct row *row) {
        bool is = false;

        for (const char *const *g = row->groups; g && *g; g++)
                for (uint32_t i = 0; i < f->n_groups; i++)
                        if (text_equal(*g, f->groups[i]))
                                is = f->groups_met[i] = true;
        return is;
}

static bool row_is_named(struct filter *f, const struct row *row) {
        uint64_t index;

        if (!map_get(&f->by_id, row->id, &index))
                return false;
        f->ids_met[index] = true;
        return true;
}

bool filter_wants(struct filter *f, const struct row *row) {
        /* Not in one expression: what was met is noted, whatever the others say. */
        bool named = !f->ids || row_is_named(f, row);
        bool in_group = !f->groups || row_is_in_group(f, row);

        if (!named || !in_group)
                return false;
        if (f->types && !(f->types & UINT32_C(1) << row->type))
                return false;
        if (f->has_regex && regexec(&f->regex, row->id, 0, NULL, 0) != 0)
                return false;
        return !f->only_overdue || row_is_overdue(f, row);
}

bool filter_check(const struct filter *f, struct arena *a, const char *const *known_ids,
                  size_t n_ids, const char *const *known_groups, size_t n_groups) {
        bool good = true;

        for (uint32_t i = 0; i < f->n_ids; i++) {
                if (f->ids_met[i] || text_equal(f->ids[i], ""))
                        continue;
                cli_complain("no entity '%s' is configured%s", f->ids[i],
                             hint_nearest(a, f->ids[i], known_ids, n_ids));
                good = false;
        }
        for (uint32_t i = 0; i < f->n_groups; i++) {
                if (f->groups_met[i])
                        continue;
                cli_complain("no entity is in a group '%s'%s", f->groups[i],
                             hint_word(a, f->groups[i], known_groups, n_groups));
                good = false;
        }
        return good;
}
