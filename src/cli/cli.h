/* cli/cli.h - commands, their options, and how they end */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* Exit status of every command. */
enum {
        EXIT_DONE = 0,
        EXIT_FAILED = 1, /* the reason is on stderr */
        EXIT_USAGE = 2,
        EXIT_NO_DAEMON = 3,
};

/* Every option of every command, and their one table is in options.c. */
enum option {
        OPTION_HELP,
        OPTION_VERSION,
        OPTION_SOCKET_PATH,
        OPTION_CONFIG_PATH,
        OPTION_CACHE_PATH,
        OPTION_CANCEL,
        OPTION_NO_BLOCK,
        OPTION_BLOCK,
        OPTION_YES,
        OPTION_LEDGER,
        OPTION_ACCEPT_DATA_LOSS,
        OPTION_OVERWRITE_LEG,
        OPTION_FORMAT,
        OPTION_KEYS,
        OPTION_ADD_COLUMNS,
        OPTION_REMOVE_COLUMNS,
        OPTION_NO_HEADERS,
        OPTION_SORT,
        OPTION_TYPES,
        OPTION_GROUPS,
        OPTION_IDS,
        OPTION_ID_REGEX,
        OPTION_HIERARCHY,
        OPTION_GRAPH,
        OPTION_BOUNDARIES,
        OPTION_INCLUDE_AVAILABLE_UPDATE_OVERDUE,
        OPTION_COLOR,
        OPTION_SINCE,
        OPTION_JSON,
        OPTION_SEED,
        OPTION_QUIET,
        OPTION_QUICK,
        _OPTION_MAX,
};

#define OPTION_BIT(o) (UINT64_C(1) << (o))

/* What was typed, taken apart. */
struct cli_call {
        const struct cli_command *command;
        int command_at;           /* where in argv it stood */
        const char *const *words; /* after the command, without options; NULL-terminated */
        uint32_t n_words;
        const char *values[_OPTION_MAX]; /* NULL: not given; "" if it takes no value; lists are
                                            joined by commas */
        struct arena *arena;             /* lives as long as the call */
};

struct cli_command {
        const char *name;
        const char *arguments; /* as in the usage line, "" for none */
        const char *help;      /* one line; NULL: an alias, not shown */
        uint64_t options;      /* besides those that all have (options.h) */
        int (*run)(struct cli_call *call);
        int (*main)(int argc, char **argv); /* instead: takes its options apart itself, all that
                                               are in `options`; argv[0] is "zmirror: daemon" */
        void (*help_more)(struct text *t);  /* what else its help tells, or NULL */
        int trouble; /* how it ends where what was typed makes no sense, or what it says cannot be
                        written; 0: EXIT_USAGE, EXIT_FAILED */
};

/* The table that cli_main was called with, for completion. */
const struct cli_command *cli_commands(size_t *ret_n);

/* Runs the command that is named there. A call without any command is one of the command "". */
int cli_main(const struct cli_command *commands, size_t n, int argc, char **argv);

/* A line of the help: "  --format FORMAT     how the list is drawn". */
void cli_help_line(struct text *t, const char *left, const char *help, size_t indent);

/* Of this call, or that of the daemon that systemd starts. */
const char *cli_config_path(const struct cli_call *call);

/* "zmirror: ..." on stderr. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, with how to use the command; EXIT_USAGE. */
int cli_usage(const struct cli_call *call, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* For commands that take no words: false, and complained, if there are some. */
bool cli_expect_no_words(const struct cli_call *call);
