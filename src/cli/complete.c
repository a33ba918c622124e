/* cli/complete.c - what could be typed next, for the shells (etc/completion) */
#include <stdio.h>
#include <string.h>

#include "api/client.h"
#include "api/reply.h"
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/options.h"
#include "cli/style.h"
#include "cli/talk.h"

#define ANSWER_WAIT (2 * USEC_PER_SEC) /* nobody waits for a completion any longer */

struct completion {
        struct cli_call call; /* of the words before the one that is being typed */
        const char *word;
        const char *prefix; /* of a list's last item: "hrid,"; "" otherwise */
};

static void offer(const struct completion *c, const char *candidate) {
        if (text_starts(candidate, c->word))
                (void) printf("%s%s\n", c->prefix, candidate);
}

/* --- what only the daemon knows; it is asked quietly */

struct names {
        const struct completion *completion;
        bool ids, groups;      /* else the names of one type ... */
        enum entity_type type; /* ... of this pool, or the pools themselves */
        const char *pool;
        struct map seen;
        struct arena *arena;
};

static void offer_once(struct names *n, const char *name) {
        if (map_get(&n->seen, name, NULL))
                return;
        name = arena_strdup(n->arena, name);
        map_put(&n->seen, name, 1);
        offer(n->completion, name);
}

static bool type_has_pool(enum entity_type type) {
        return type == ENTITY_ZDEV || type == ENTITY_ZVOL || type == ENTITY_DATASET;
}

/* A name with blanks may be typed as several words, of which some stand there already: the rest of
 * it is offered. */
static void offer_rest(struct names *n, const char *name) {
        for (uint32_t i = 1; i < n->completion->call.n_words; i++) {
                const char *word = n->completion->call.words[i];

                if (!text_starts(name, word) || name[strlen(word)] != ' ')
                        return;
                name += strlen(word) + 1;
        }
        offer_once(n, name);
}

/* What its owner calls a disk; its UUID, if he does not call it anything. */
static const char *row_name(const struct row *row) {
        static const char before[] = "disk: ";

        return row->type == ENTITY_DISK && row->hrid && text_starts(row->hrid, before)
                       ? row->hrid + strlen(before)
                       : entity_id_name(row->id);
}

/* "zdev|pool:tank|name:tank-a": the pool, then the name. */
static void offer_row(struct names *n, const struct row *row) {
        const char *pool = strstr(row->id, "|pool:");
        const char *bar = pool ? strchr(pool + 1, '|') : NULL;

        if (n->ids) {
                offer_once(n, row->id);
                return;
        }
        for (const char *const *g = row->groups; n->groups && g && *g; g++)
                offer_once(n, *g);
        if (n->groups || row->type != n->type)
                return;
        if (!type_has_pool(n->type)) {
                offer_rest(n, row_name(row));
                return;
        }
        if (!bar)
                return;
        pool = arena_strndup(n->arena, pool + 6, (size_t) (bar - pool - 6));
        if (!n->pool)
                offer_once(n, pool);
        else if (text_equal(pool, n->pool))
                offer_once(n, entity_id_name(row->id));
}

static bool on_rows(void *userdata, struct arena **arena, const struct message_reply *reply) {
        struct row *rows;
        usec_t now;
        uint32_t count;

        if (reply->error || !reply_rows_parse(*arena, reply->parameters, &rows, &count, &now))
                return false;
        for (uint32_t i = 0; i < count; i++)
                if (rows[i].id)
                        offer_row(userdata, &rows[i]);
        return true;
}

static void offer_names(struct names *n) {
        const struct params params = {
                .method = METHOD_LIST,
                .list.columns = COLUMN_BIT(COLUMN_ID) | COLUMN_BIT(COLUMN_TYPE) |
                                COLUMN_BIT(COLUMN_HRID) | COLUMN_BIT(COLUMN_GROUPS),
        };
        const struct client_options options = { .more = true, .timeout = ANSWER_WAIT };
        _cleanup_(client_freep) struct client *client = NULL;

        n->arena = arena_new();
        if (client_new(talk_socket_path(&n->completion->call), &client) >= 0)
                (void) client_call(client, &params, &options, on_rows, n);
        map_done(&n->seen);
        n->arena = arena_free(n->arena);
}

/* --- what we know ourselves */

static void offer_commands(const struct completion *c) {
        const struct cli_command *commands;
        size_t n;

        commands = cli_commands(&n);
        for (size_t i = 0; i < n; i++)
                if (commands[i].help && commands[i].name[0])
                        offer(c, commands[i].name);
}

/* Those that can do what the command wants. */
static void offer_types(const struct completion *c) {
        enum wish wish;
        bool is_wish = c->call.command && wish_parse(c->call.command->name, &wish);

        for (enum entity_type t = 0; t < _ENTITY_TYPE_MAX; t++)
                if (!is_wish || wish_suits(wish, t))
                        offer(c, entity_type_print(t));
}

static void offer_columns(const struct completion *c) {
        for (enum column column = 0; column < COLUMN_SHOWN_MAX; column++)
                offer(c, column_print(column));
}

static void offer_formats(const struct completion *c) {
        const char *const *names;
        size_t n;

        offer(c, "json");
        names = style_names(&n);
        for (size_t i = 0; i < n; i++)
                offer(c, names[i]);
}

static void offer_settings(const struct completion *c, enum setting first, enum setting last) {
        for (enum setting s = first; s <= last; s++)
                offer(c, setting_print(s));
}

static void offer_log_levels(const struct completion *c) {
        for (enum log_level l = 0; l < _LOG_LEVEL_MAX; l++)
                offer(c, log_level_print(l));
}

static void offer_options(const struct completion *c) {
        const struct cli_command *command = c->call.command;
        uint64_t options = command && command->main ? OPTIONS_EVERYWHERE : OPTIONS_COMMON;

        options |= command ? command->options : 0;

        for (enum option o = 0; o < _OPTION_MAX; o++)
                if (options & OPTION_BIT(o))
                        offer(c, arena_printf(c->call.arena, "--%s", option_name(o)));
}

/* The value of the option that stands before. */
static void offer_values(const struct completion *c, enum option o) {
        struct names names = { .completion = c };

        switch ((int) o) {
        case OPTION_FORMAT:
                offer_formats(c);
                break;
        case OPTION_KEYS:
        case OPTION_ADD_COLUMNS:
        case OPTION_REMOVE_COLUMNS:
        case OPTION_SORT:
                offer_columns(c);
                break;
        case OPTION_TYPES:
        case OPTION_BOUNDARIES:
                offer_types(c);
                break;
        case OPTION_GROUPS:
                names.groups = true;
                offer_names(&names);
                break;
        case OPTION_IDS:
                names.ids = true;
                offer_names(&names);
                break;
        case OPTION_COLOR:
                offer(c, "auto");
                offer(c, "always");
                offer(c, "never");
                break;
        }
}

/* "all", "group <name>", or a type and what names an entity of it. */
static void offer_target(const struct completion *c) {
        const char *const *words = c->call.words;
        struct names names = { .completion = c };

        if (c->call.n_words == 0) {
                offer(c, "all");
                offer(c, "group");
                offer_types(c);
                return;
        }
        names.groups = text_equal(words[0], "group");
        if (!names.groups && !entity_type_parse(words[0], &names.type))
                return;
        if (c->call.n_words > (names.groups ? 1u : type_has_pool(names.type) ? 2u : UINT32_MAX))
                return;
        names.pool = c->call.n_words == 2 ? words[1] : NULL;
        offer_names(&names);
}

/* A disk, by its name alone. */
static void offer_disks(const struct completion *c) {
        struct names names = { .completion = c, .type = ENTITY_DISK };

        offer_names(&names);
}

static void offer_words(const struct completion *c) {
        const char *command = c->call.command->name, *arguments = c->call.command->arguments;
        uint32_t n = c->call.n_words;

        if (text_starts(arguments, "all|group") || text_starts(arguments, "[all|group"))
                offer_target(c);
        else if (text_equal(arguments, "<disk>"))
                offer_disks(c);
        else if (text_equal(command, "list") && n == 0) {
                offer(c, "overdue");
                for (enum operation op = 0; op < _OPERATION_MAX; op++)
                        offer(c, operation_print(op));
        } else if (text_equal(command, "list") && n == 1)
                offer(c, "overdue");
        else if ((text_equal(command, "enable") || text_equal(command, "disable")) && n == 0)
                offer_settings(c, 0, SETTING_LOG_FULL_EVENTS);
        else if (text_equal(command, "get") && n == 0)
                offer_settings(c, 0, _SETTING_MAX - 1);
        else if (text_equal(command, "set") && n == 0)
                offer_settings(c, SETTING_LOG_LEVEL, _SETTING_MAX - 1);
        else if (text_equal(command, "set") && n == 1 && text_equal(c->call.words[0], "log-level"))
                offer_log_levels(c);
}

/* Of "hrid,last_on" only what stands behind the comma is being typed. */
static void completion_split_list(struct completion *c) {
        const char *comma = strrchr(c->word, ',');

        if (!comma)
                return;
        c->prefix = arena_strndup(c->call.arena, c->word, (size_t) (comma + 1 - c->word));
        c->word = comma + 1;
}

int complete_main(int argc, char **argv) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct completion c = { .word = argc > 1 ? argv[argc - 1] : "", .prefix = "" };
        const char *error = NULL, *before = argc > 2 ? argv[argc - 2] : "";
        const struct cli_command *commands;
        enum option option;
        size_t n;

        /* bash makes words of "--format", "=" and "js". */
        if (text_equal(c.word, "="))
                c.word = "";
        else if (text_equal(before, "="))
                before = argv[argc - 3 > 0 ? argc - 3 : 0];
        commands = cli_commands(&n);
        /* What cannot be understood so far (an option that has no value yet) is no obstacle. */
        (void) options_parse(a, commands, n, argc - 1, argv, &c.call, &error);
        if (c.call.command && c.call.command->main == complete_main)
                return EXIT_DONE;
        if (text_starts(before, "--") && option_find(before + 2, &option) &&
            option_takes_value(option)) {
                completion_split_list(&c);
                offer_values(&c, option);
        } else if (c.word[0] == '-')
                offer_options(&c);
        else if (!c.call.command)
                offer_commands(&c);
        else
                offer_words(&c);
        return EXIT_DONE;
}
