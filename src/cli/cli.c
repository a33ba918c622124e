/* cli/cli.c - from what was typed to the command that does it; usage and help */
#include <ctype.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/show.h"

#define CONFIG_PATH_DEFAULT "/etc/zmirror/zmirror.yml"

static const struct cli_command *the_commands; /* as called with: a constant table */
static size_t the_n_commands;

const struct cli_command *cli_commands(size_t *ret_n) {
        *ret_n = the_n_commands;
        return the_commands;
}

void cli_complain(const char *format, ...) {
        struct text t = {};
        va_list args;

        va_start(args, format);
        text_vaddf(&t, format, args);
        va_end(args);
        (void) fprintf(stderr, "zmirror: %s\n", t.s);
        text_done(&t);
}

int cli_usage(const struct cli_call *call, const char *format, ...) {
        const struct cli_command *c = call->command;
        struct text t = {};
        va_list args;

        va_start(args, format);
        text_vaddf(&t, format, args);
        va_end(args);
        (void) fprintf(stderr, "zmirror: %s (usage: zmirror %s%s%s)\n", t.s, c->name,
                       c->arguments[0] ? " " : "", c->arguments);
        text_done(&t);
        return EXIT_USAGE;
}

bool cli_expect_no_words(const struct cli_call *call) {
        if (call->n_words == 0)
                return true;
        (void) cli_usage(call, "'%s' is too much", call->words[0]);
        return false;
}

const char *cli_config_path(const struct cli_call *call) {
        const char *path = call->values[OPTION_CONFIG_PATH];

        if (!path)
                path = getenv("ZMIRROR_CONFIG_PATH");
        return path && *path ? path : CONFIG_PATH_DEFAULT;
}

/* --- help */

#define HELP_COLUMNS   80u
#define INDENT_COMMAND 24u

/* Below each other where the left is long. */
void cli_help_line(struct text *t, const char *left, const char *help, size_t indent) {
        size_t width = show_width(left);

        text_addf(t, "  %s", left);
        if (2 + width + 2 > indent)
                text_addf(t, "\n%*s", (int) indent, "");
        else
                text_addf(t, "%*s", (int) (indent - 2 - width), "");
        show_wrap(t, help, indent, HELP_COLUMNS);
        text_add(t, "\n");
}

/* "all|group <group>|<type> <name...>", in a list of commands. */
static const char what[] = "<what>";

static bool command_is_about(const struct cli_command *c) {
        return text_starts(c->arguments, "all|") || text_starts(c->arguments, "[all|");
}

/* Without a command: of all of them. */
static void help_what(struct text *t, const struct cli_command *c) {
        static const struct {
                const char *left, *help;
        } lines[] = {
                { "all", "everything that can do it" },
                { "group <group>", "what has that name in its groups" },
                { "<type> <name>", "a disk, part, crypt or zpool" },
                { "<type> <pool> <name>", "a zvol, dataset or zdev" },
                { "<id>", "as `zmirror list --keys id` shows it" },
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                if (!c || strstr(c->arguments, "<type>") || !text_starts(lines[i].left, "<type>"))
                        cli_help_line(t, lines[i].left, lines[i].help, INDENT_COMMAND);
        if (c && strstr(c->arguments, "<type> [<name"))
                cli_help_line(t, "<type>", "everything of that type", INDENT_COMMAND);
}

static void help_command(const struct cli_command *c) {
        const char *help = c->help ? c->help : "see zmirror --help";
        struct text t = {};

        text_addf(&t, "zmirror %s%s%s\n\n%c%s.\n\n", c->name, c->arguments[0] ? " " : "",
                  c->arguments, toupper((unsigned char) help[0]), help + 1);
        if (command_is_about(c)) {
                help_what(&t, c);
                text_add(&t, "\n");
        }
        options_print(&t, c->options);
        options_print(&t, OPTIONS_COMMON);
        if (c->help_more)
                c->help_more(&t);
        (void) fputs(t.s, stdout);
        text_done(&t);
}

static void help_one(struct text *t, const struct cli_command *c) {
        struct text left = {};

        text_add(&left, c->name[0] ? c->name : "(no command)");
        if (command_is_about(c))
                text_addf(&left, c->arguments[0] == '[' ? " [%s]" : " %s", what);
        else if (c->arguments[0])
                text_addf(&left, " %s", c->arguments);
        cli_help_line(t, left.s, c->help, INDENT_COMMAND);
        text_done(&left);
}

static void help_all(void) {
        struct text t = {};

        text_add(&t, "zmirror keeps removable disks as legs of ZFS mirrors.\n\n"
                     "zmirror [COMMAND ...]\n\n");
        for (size_t i = 0; i < the_n_commands; i++)
                if (the_commands[i].help)
                        help_one(&t, &the_commands[i]);
        text_addf(&t, "\n%s is one of\n", what);
        help_what(&t, NULL);
        text_add(&t, "\nEvery command takes these options, and shows its own with --help:\n");
        options_print(&t, OPTIONS_EVERYWHERE);
        text_add(&t, "\nWhat has to do with the daemon, and check, take these, too:\n");
        options_print(&t, OPTIONS_COMMON & ~OPTIONS_EVERYWHERE);
        text_add(&t, "\nExit status: 0 done, 1 failed, 2 usage, 3 the daemon is not running.\n"
                     "The manual page zmirror(8) has more.\n");
        (void) fputs(t.s, stdout);
        text_done(&t);
}

/* --- running */

static int show_version(void) {
        (void) puts("zmirror " VERSION);
        return EXIT_DONE;
}

/* The command's name first, as what complains of an option begins with it, then everything else
 * that was typed, as it was typed but for underscores in the names of options. */
static int run_main(struct cli_call *call, int argc, char **argv) {
        char **copy = arena_new_array(call->arena, char *, (size_t) argc + 1);
        bool only_words = false;
        int n = 1;

        copy[0] = arena_printf(call->arena, "zmirror: %s", call->command->name);
        for (int i = 1; i < argc; i++) {
                if (i == call->command_at)
                        continue;
                only_words |= text_equal(argv[i], "--");
                copy[n++] = only_words ? argv[i] : option_normal(call->arena, argv[i]);
        }
        for (int i = 1; call->command->help && i < n && strcmp(copy[i], "--") != 0; i++)
                if (strcmp(copy[i], "--version") == 0)
                        return show_version();
        return call->command->main(n, copy);
}

static int run(struct cli_call *call, int argc, char **argv) {
        if (call->values[OPTION_VERSION])
                return show_version();
        if (call->command && call->command->main)
                return run_main(call, argc, argv);
        if (call->values[OPTION_HELP]) {
                if (call->command)
                        help_command(call->command);
                else
                        help_all();
                return EXIT_DONE;
        }
        if (!call->command)
                call->command = command_find(the_commands, the_n_commands, "");
        return call->command->run(call);
}

/* What could not be written (a full disk, say) was not done. */
static int flush_output(const struct cli_call *call, int status) {
        int trouble = call->command ? call->command->trouble : 0;

        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        cli_complain("cannot write the output");
        if (trouble)
                return trouble;
        return status == EXIT_DONE ? EXIT_FAILED : status;
}

int cli_main(const struct cli_command *commands, size_t n, int argc, char **argv) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *error = NULL;
        struct cli_call call;

        (void) setlocale(LC_CTYPE, ""); /* how wide text is; numbers keep their point */
        the_commands = commands;
        the_n_commands = n;
        if (!options_parse(a, commands, n, argc, argv, &call, &error)) {
                cli_complain("%s", error);
                return call.command && call.command->trouble ? call.command->trouble : EXIT_USAGE;
        }
        return flush_output(&call, run(&call, argc, argv));
}
