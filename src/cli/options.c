/* cli/options.c - taking a command line apart, options at any position */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "cli/options.h"

#define INDENT 34u /* of the help */

enum takes {
        TAKES_NOTHING,
        TAKES_VALUE,
        TAKES_LIST,  /* the words up to the next option, or one word with commas */
        TAKES_MAYBE, /* the next word, if it is nothing else */
};

static const struct {
        const char *name, *alias;
        char letter;
        enum takes takes;
        const char *value; /* in the help */
        const char *bare;  /* what it means without a value; NULL: it needs one */
        const char *help;
} table[_OPTION_MAX] = {
        [OPTION_HELP] = { "help", NULL, 'h', TAKES_NOTHING, NULL, "", "show this help" },
        [OPTION_VERSION] = { "version", NULL, 0, TAKES_NOTHING, NULL, "",
                             "show the version of this program" },
        [OPTION_SOCKET_PATH] = { "socket-path", NULL, 0, TAKES_VALUE, "PATH", NULL,
                                 "where the daemon listens" },
        [OPTION_CONFIG_PATH] = { "config-path", NULL, 0, TAKES_VALUE, "PATH", NULL,
                                 "the configuration file" },
        [OPTION_CACHE_PATH] = { "cache-path", NULL, 0, TAKES_VALUE, "PATH", NULL,
                                "the state file" },
        [OPTION_CANCEL] = { "cancel", NULL, 0, TAKES_NOTHING, NULL, "",
                            "withdraw what was requested" },
        [OPTION_NO_BLOCK] = { "no-block", NULL, 0, TAKES_NOTHING, NULL, "",
                              "do not wait until it is done" },
        [OPTION_BLOCK] = { "block", NULL, 0, TAKES_NOTHING, NULL, "",
                           "wait until all of it is done" },
        [OPTION_YES] = { "yes", NULL, 0, TAKES_NOTHING, NULL, "", "do not ask" },
        [OPTION_LEDGER] = { "ledger", NULL, 0, TAKES_NOTHING, NULL, "",
                            "also what is known of which leg is whole" },
        [OPTION_ACCEPT_DATA_LOSS] = { "accept-data-loss", NULL, 0, TAKES_NOTHING, NULL, "",
                                      "import an older or incomplete copy: newer data is lost" },
        [OPTION_OVERWRITE_LEG] = { "overwrite-leg", NULL, 0, TAKES_NOTHING, NULL, "",
                                   "use a leg that has diverged: what is on it alone is lost" },
        [OPTION_FORMAT] = { "format", NULL, 0, TAKES_VALUE, "FORMAT", NULL,
                            "how the list is drawn: table, json, csv, ..." },
        [OPTION_KEYS] = { "keys", NULL, 0, TAKES_LIST, "COLUMN,...", NULL, "show these columns" },
        [OPTION_ADD_COLUMNS] = { "add-columns", "extra-columns", 0, TAKES_LIST, "COLUMN,...", NULL,
                                 "show these columns, too" },
        [OPTION_REMOVE_COLUMNS] = { "remove-columns", NULL, 0, TAKES_LIST, "COLUMN,...", NULL,
                                    "do not show these columns" },
        [OPTION_NO_HEADERS] = { "no-headers", NULL, 0, TAKES_NOTHING, NULL, "",
                                "leave out the line with the columns' names" },
        [OPTION_SORT] = { "sort", NULL, 0, TAKES_VALUE, "COLUMN", NULL,
                          "sort by this column, and not as configured" },
        [OPTION_TYPES] = { "types", NULL, 0, TAKES_LIST, "TYPE,...", NULL,
                           "only entities of these types" },
        [OPTION_GROUPS] = { "groups", NULL, 0, TAKES_LIST, "GROUP,...", NULL,
                            "only entities in one of these groups" },
        [OPTION_IDS] = { "ids", NULL, 0, TAKES_LIST, "ID,...", NULL, "only these entities" },
        [OPTION_ID_REGEX] = { "id-regex", NULL, 0, TAKES_VALUE, "REGEX", NULL,
                              "only entities with such an id (extended regular expression)" },
        [OPTION_HIERARCHY] = { "hierarchy", NULL, 0, TAKES_NOTHING, NULL, "",
                               "show what is inside what" },
        [OPTION_GRAPH] = { "graph", NULL, 0, TAKES_NOTHING, NULL, "",
                           "like --hierarchy, and the pools below their legs" },
        [OPTION_BOUNDARIES] = { "boundaries", NULL, 0, TAKES_LIST, "TYPE,...", "",
                                "do not look into these with --graph (zpool)" },
        [OPTION_INCLUDE_AVAILABLE_UPDATE_OVERDUE] = { "include-available-update-overdue", NULL, 0,
                                                      TAKES_NOTHING, NULL, "",
                                                      "available_update_overdue counts as "
                                                      "overdue" },
        [OPTION_COLOR] = { "color", "colour", 0, TAKES_MAYBE, "[auto|always|never]", "always",
                           "mark what is overdue or has errors" },
        [OPTION_SINCE] = { "since", NULL, 0, TAKES_VALUE, "TIME", NULL,
                           "only what is newer: a date, or how long ago ('2 weeks')" },
        [OPTION_SEED] = { "seed", NULL, 0, TAKES_VALUE, "NUMBER", NULL,
                          "of what is left to chance" },
        [OPTION_QUIET] = { "quiet", NULL, 0, TAKES_NOTHING, NULL, "", "only say what went wrong" },
        [OPTION_QUICK] = { "quick", NULL, 0, TAKES_NOTHING, NULL, "", "as fast as it goes" },
        [OPTION_JSON] = { "json", NULL, 0, TAKES_NOTHING, NULL, "", "print JSON" },
};

/* What `list` shows when it is named behind a list of columns or types. */
static const char *const list_words[] = { "overdue", "scrub", "trim", "update" };

struct parser {
        struct arena *arena;
        const struct cli_command *commands;
        size_t n_commands;
        char **argv;
        int argc, next;
        bool only_words; /* after `--` */
        struct cli_call *call;
        const char *error;
        ARRAY(const char *) words;
};

const struct cli_command *command_find(const struct cli_command *commands, size_t n,
                                       const char *name) {
        for (size_t i = 0; i < n; i++)
                if (text_equal(commands[i].name, name))
                        return &commands[i];
        return NULL;
}

char *option_normal(struct arena *a, char *word) {
        char *copy;

        if (!text_starts(word, "--"))
                return word;
        copy = arena_strdup(a, word);
        for (char *p = copy; *p && *p != '='; p++)
                if (*p == '_')
                        *p = '-';
        return copy;
}

/* Underscores are as good as dashes. */
static bool name_is(const char *typed, const char *name) {
        for (; *typed && *name; typed++, name++)
                if (*typed != *name && !(*typed == '_' && *name == '-'))
                        return false;
        return *typed == *name;
}

bool option_find(const char *name, enum option *ret) {
        for (enum option o = 0; o < _OPTION_MAX; o++)
                if (name_is(name, table[o].name) ||
                    (table[o].alias && name_is(name, table[o].alias))) {
                        *ret = o;
                        return true;
                }
        return false;
}

const char *option_name(enum option o) {
        return table[o].name;
}

bool option_takes_value(enum option o) {
        return table[o].takes != TAKES_NOTHING;
}

static bool word_is_one_of(const char *word, const char *const *words, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (text_equal(word, words[i]))
                        return true;
        return false;
}

static const char *option_nearest(struct parser *p, const char *name) {
        const char *names[_OPTION_MAX], *nearest;

        for (enum option o = 0; o < _OPTION_MAX; o++)
                names[o] = table[o].name;
        nearest = text_nearest(name, names, _OPTION_MAX);
        if (nearest)
                return arena_printf(p->arena, ", did you mean '--%s'?", nearest);
        return arena_printf(p->arena, " (zmirror %s--help shows those that there are)",
                            p->call->command && p->call->command->name[0]
                                    ? arena_printf(p->arena, "%s ", p->call->command->name)
                                    : "");
}

static const char *command_nearest(struct parser *p, const char *name) {
        const char **names = arena_new_array(p->arena, const char *, p->n_commands), *nearest;

        for (size_t i = 0; i < p->n_commands; i++)
                names[i] = p->commands[i].name[0] ? p->commands[i].name : NULL;
        nearest = text_nearest(name, names, p->n_commands);
        return nearest ? arena_printf(p->arena, ", did you mean '%s'?", nearest)
                       : " (zmirror --help shows those that there are)";
}

/* The next word is no value: it is an option, the command, or what `list` is asked to list. */
static bool word_is_no_value(const struct parser *p, const char *word) {
        return word[0] == '-' || word_is_one_of(word, list_words, ELEMENTSOF(list_words)) ||
               (!p->call->command && command_find(p->commands, p->n_commands, word));
}

/* The words that belong to a list. */
static const char *take_list(struct parser *p) {
        const char *list = NULL;

        while (p->next < p->argc && !word_is_no_value(p, p->argv[p->next])) {
                const char *word = p->argv[p->next++];

                list = list ? arena_printf(p->arena, "%s,%s", list, word) : word;
        }
        return list;
}

static const char *take_value(struct parser *p, enum option o) {
        const char *next = p->next < p->argc ? p->argv[p->next] : NULL;

        switch (table[o].takes) {
        case TAKES_NOTHING:
                return NULL;
        case TAKES_VALUE:
                p->next += !!next;
                return next;
        case TAKES_LIST:
                return take_list(p);
        case TAKES_MAYBE:
                if (!next || word_is_no_value(p, next))
                        return NULL;
                p->next++;
                return next;
        }
        abort();
}

static bool option_set(struct parser *p, enum option o, const char *value) {
        const char **slot = &p->call->values[o];

        if (value && table[o].takes == TAKES_NOTHING) {
                p->error = arena_printf(p->arena, "option --%s takes no value", table[o].name);
                return false;
        }
        if (!value)
                value = take_value(p, o);
        if (!value)
                value = table[o].bare;
        if (!value) {
                p->error = arena_printf(p->arena, "option --%s needs a value: %s", table[o].name,
                                        table[o].value);
                return false;
        }
        *slot = *slot && table[o].takes == TAKES_LIST
                        ? arena_printf(p->arena, "%s,%s", *slot, value)
                        : value;
        return true;
}

static bool parse_option(struct parser *p, const char *word) {
        const char *equals = strchr(word, '='), *name;
        enum option o;

        if (word[1] != '-') { /* letters; none of them takes a value */
                for (const char *l = word + 1; *l; l++) {
                        for (o = 0; o < _OPTION_MAX && table[o].letter != *l; o++)
                                ;
                        if (o == _OPTION_MAX) {
                                p->error = arena_printf(p->arena, "unknown option '-%c'", *l);
                                return false;
                        }
                        p->call->values[o] = "";
                }
                return true;
        }
        name = equals ? arena_strndup(p->arena, word + 2, (size_t) (equals - word - 2)) : word + 2;
        if (!option_find(name, &o)) {
                p->error = arena_printf(p->arena, "unknown option '--%s'%s", name,
                                        option_nearest(p, name));
                return false;
        }
        return option_set(p, o, equals ? equals + 1 : NULL);
}

static bool parse_word(struct parser *p, const char *word) {
        if (p->call->command) {
                array_append(&p->words, word);
                return true;
        }
        p->call->command = word[0] ? command_find(p->commands, p->n_commands, word) : NULL;
        p->call->command_at = p->next - 1;
        if (!p->call->command)
                p->error = arena_printf(p->arena, "unknown command '%s'%s", word,
                                        command_nearest(p, word));
        return p->call->command;
}

/* An option that this command does not know is worse than none. */
static bool check_options(struct parser *p) {
        const struct cli_command *c = p->call->command;
        uint64_t allowed;

        if (!c)
                return true;
        allowed = c->options | OPTIONS_COMMON;
        for (enum option o = 0; o < _OPTION_MAX; o++)
                if (p->call->values[o] && !(allowed & OPTION_BIT(o))) {
                        p->error = arena_printf(p->arena, "'%s' has no option --%s", c->name,
                                                table[o].name);
                        return false;
                }
        return true;
}

static bool parse_all(struct parser *p) {
        while (p->next < p->argc) {
                const char *word = p->argv[p->next++];

                /* What takes its options apart itself gets them as they are. */
                if (p->call->command && p->call->command->main)
                        return true;
                if (!p->only_words && text_equal(word, "--"))
                        p->only_words = true;
                else if (!p->only_words && word[0] == '-' && word[1]) {
                        if (!parse_option(p, word))
                                return false;
                } else if (!parse_word(p, word))
                        return false;
        }
        return !p->call->command || p->call->command->main || check_options(p);
}

bool options_parse(struct arena *a, const struct cli_command *commands, size_t n, int argc,
                   char **argv, struct cli_call *ret, const char **ret_error) {
        struct parser p = {
                .arena = a,
                .commands = commands,
                .n_commands = n,
                .argv = argv,
                .argc = argc,
                .next = 1,
                .call = ret,
        };
        bool good;

        *ret = (struct cli_call){ .arena = a };
        good = parse_all(&p);
        array_append(&p.words, NULL);
        ret->n_words = (uint32_t) p.words.count - 1;
        ret->words = arena_memdup(a, p.words.items, p.words.count * sizeof(*p.words.items));
        array_done(&p.words);
        if (!good)
                *ret_error = p.error;
        return good;
}

void options_print(struct text *t, uint64_t options) {
        for (enum option o = 0; o < _OPTION_MAX; o++) {
                char left[80];

                if (!(options & OPTION_BIT(o)))
                        continue;
                (void) snprintf(left, sizeof(left), "%s--%s%s%s", table[o].letter ? "-h, " : "",
                                table[o].name, table[o].value ? " " : "",
                                table[o].value ? table[o].value : "");
                cli_help_line(t, left, table[o].help, INDENT);
        }
}

const char *const *list_split(struct arena *a, const char *list, uint32_t *ret_n) {
        const char **items = arena_new_array(a, const char *, strlen(list) / 2 + 2);
        uint32_t n = 0;

        for (const char *s = list; *s;) {
                size_t length = strcspn(s, ", \t");

                if (length > 0)
                        items[n++] = arena_strndup(a, s, length);
                s += length;
                s += strspn(s, ", \t");
        }
        *ret_n = n;
        return items;
}
