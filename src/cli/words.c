/* cli/words.c - what is meant by "all", "group usb", "zdev tank tank-a" or an id */
#include <string.h>

#include "cli/hint.h"
#include "cli/words.h"

/* How many words name an entity of the type. Where it is one, several become one. */
static uint32_t type_words(enum entity_type type) {
        switch (type) {
        case ENTITY_DISK:
        case ENTITY_PART:
        case ENTITY_CRYPT:
        case ENTITY_ZPOOL:
                return 1;
        case ENTITY_ZVOL:
        case ENTITY_DATASET:
        case ENTITY_ZDEV:
                return 2;
        case _ENTITY_TYPE_MAX:
                break;
        }
        abort();
}

bool words_to_type(struct arena *a, const char *word, enum entity_type *ret,
                   const char **ret_error) {
        const char *types[_ENTITY_TYPE_MAX];

        if (entity_type_parse(word, ret))
                return true;
        for (enum entity_type t = 0; t < _ENTITY_TYPE_MAX; t++)
                types[t] = entity_type_print(t);
        *ret_error = arena_printf(a, "unknown type '%s'%s", word,
                                  hint_word(a, word, types, ELEMENTSOF(types)));
        return false;
}

/* Where a type is expected in front of a name, somebody may have typed only that. */
static const char *error_no_type(const struct cli_call *call, const char *const *words) {
        const char *names[_ENTITY_TYPE_MAX + 2], *hint;

        for (enum entity_type t = 0; t < _ENTITY_TYPE_MAX; t++)
                names[t] = entity_type_print(t);
        names[_ENTITY_TYPE_MAX] = "all";
        names[_ENTITY_TYPE_MAX + 1] = "group";
        hint = hint_nearest(call->arena, words[0], names, ELEMENTSOF(names));
        if (!*hint)
                hint = hint_entity(call, words);
        if (!*hint)
                hint = hint_word(call->arena, words[0], names, ELEMENTSOF(names));
        return arena_printf(call->arena, "unknown type '%s'%s", words[0], hint);
}

/* "EFI System" and "the blue USB disk" may be typed without quotes. */
static const char *words_join(struct arena *a, const char *const *words) {
        const char *joined = words[0];

        for (const char *const *w = words + 1; *w; w++)
                joined = arena_printf(a, "%s %s", joined, *w);
        return joined;
}

static bool words_to_named(const struct cli_call *call, const char *const *words, uint32_t n,
                           struct target *ret) {
        const char **names = arena_new_array(call->arena, const char *, n + 1);
        struct target target = { .kind = TARGET_NAMED };
        uint32_t expected;

        if (!entity_type_parse(words[0], &target.type)) {
                (void) cli_usage(call, "%s", error_no_type(call, words));
                return false;
        }
        expected = type_words(target.type);
        target.n_words = n - 1;
        memcpy(names, words + 1, n * sizeof(*names)); /* and the NULL at the end */
        if (expected == 1 && target.n_words > 1) {
                names[0] = words_join(call->arena, words + 1);
                names[1] = NULL;
                target.n_words = 1;
        }
        if (target.n_words != expected) {
                if (expected == 1) /* one at least is missing, as several become one */
                        (void) cli_usage(call, "the name of the %s is missing",
                                         entity_type_print(target.type));
                else
                        (void) cli_usage(call, "a %s is named by its pool and its name",
                                         entity_type_print(target.type));
                return false;
        }
        target.words = names;
        *ret = target;
        return true;
}

bool words_to_target(const struct cli_call *call, uint32_t first, struct target *ret) {
        const char *const *words = call->words + first;
        uint32_t n = call->n_words - first;

        if (n == 0) {
                (void) cli_usage(call, "it is not said what of");
                return false;
        }
        if (text_equal(words[0], "all")) {
                if (n > 1)
                        (void) cli_usage(call, "'%s' is too much", words[1]);
                *ret = (struct target){ .kind = TARGET_ALL };
                return n == 1;
        }
        if (text_equal(words[0], "group")) {
                if (n != 2)
                        (void) cli_usage(call, n == 1 ? "the name of the group is missing"
                                                      : "a group has one name");
                *ret = (struct target){ .kind = TARGET_GROUP, .group = words[n - 1] };
                return n == 2;
        }
        if (n == 1 && strchr(words[0], '|')) {
                *ret = (struct target){ .kind = TARGET_ID, .id = words[0] };
                return true;
        }
        return words_to_named(call, words, n, ret);
}

bool words_to_disk(const struct cli_call *call, struct target *ret) {
        const char **names = arena_new_array(call->arena, const char *, 2);
        enum entity_type type;

        if (call->n_words == 0) {
                (void) cli_usage(call, "it is not said which disk");
                return false;
        }
        if (call->n_words > 1 &&
            (entity_type_parse(call->words[0], &type) || text_equal(call->words[0], "group")))
                return words_to_target(call, 0, ret);
        if (call->n_words == 1 &&
            (text_equal(call->words[0], "all") || strchr(call->words[0], '|')))
                return words_to_target(call, 0, ret);
        names[0] = words_join(call->arena, call->words);
        *ret = (struct target){
                .kind = TARGET_NAMED, .type = ENTITY_DISK, .words = names, .n_words = 1
        };
        return true;
}

bool words_to_target_or_type(const struct cli_call *call, uint32_t first, struct target *ret) {
        struct target target = { .kind = TARGET_TYPE };

        if (call->n_words != first + 1 || !entity_type_parse(call->words[first], &target.type))
                return words_to_target(call, first, ret);
        *ret = target;
        return true;
}
