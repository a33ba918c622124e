/* tests/unit/cli/test-options.c - options stand anywhere; what is not understood is named */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cli/list.h"
#include "cli/options.h"
#include "cli/request.h"

static int run(struct cli_call *call) {
        return 0;
}

static int run_main(int argc, char **argv) {
        return 0;
}

static const struct cli_command commands[] = {
        { "", "", "", .run = run },
        { "online", "", "", REQUEST_ONLINE_OPTIONS, .run = run },
        { "scrub", "", "", REQUEST_OPTIONS, .run = run },
        { "list", "", "", LIST_OPTIONS, .run = run },
        { "daemon", "", "", .main = run_main },
};

/* A line parted by blanks, and how it is understood, written in one
 * line; or the error. */
static const struct {
        const char *line, *understood;
} cases[] = {
        { "", "command -" },
        { "online part x", "command online words part,x" },
        { "online part x --cancel", "command online words part,x cancel=" },
        { "--cancel online part x", "command online words part,x cancel=" },
        { "online --cancel part x --no-block", "command online words part,x cancel= no-block=" },
        { "-h", "command - help=" },
        { "list -h", "command list help=" },
        { "--socket-path /x list", "command list socket-path=/x" },
        { "list --socket-path=/x", "command list socket-path=/x" },
        { "--format json list", "command list format=json" },
        { "list --format=json --format=csv", "command list format=csv" },
        { "online -- --cancel", "command online words --cancel" },
        { "online -", "command online words -" },
        { "list --keys id,hrid", "command list keys=id,hrid" },
        { "list --keys id hrid --sort id", "command list keys=id,hrid sort=id" },
        { "list --keys id hrid overdue", "command list words overdue keys=id,hrid" },
        { "list --types part scrub overdue", "command list words scrub,overdue types=part" },
        { "list --keys id --keys hrid", "command list keys=id,hrid" },
        { "--keys id list", "command list keys=id" },
        { "list --extra-columns id", "command list add-columns=id" },
        { "list --no_headers", "command list no-headers=" },
        { "list --add_columns state --extra_columns id --colour never",
          "command list add-columns=state,id color=never" },
        { "list --boundaries", "command list boundaries=" },
        { "list --boundaries --graph", "command list graph= boundaries=" },
        { "list --boundaries zpool crypt", "command list boundaries=zpool,crypt" },
        { "list --color", "command list color=always" },
        { "list --color never overdue", "command list words overdue color=never" },
        { "list --color overdue", "command list words overdue color=always" },
        { "list --color=auto", "command list color=auto" },
        { "daemon --what --ever", "command daemon" }, /* its own business */
        { "--version", "command - version=" },

        { "onlin part x", "error: unknown command 'onlin', did you mean 'online'?" },
        { "frobnicate",
          "error: unknown command 'frobnicate' (zmirror --help shows those that there are)" },
        { "list --formt json", "error: unknown option '--formt', did you mean '--format'?" },
        { "list --what",
          "error: unknown option '--what' (zmirror list --help shows those that there are)" },
        { "list -x", "error: unknown option '-x'" },
        { "list --cancel", "error: 'list' has no option --cancel" },
        { "scrub --overwrite-leg part x", "error: 'scrub' has no option --overwrite-leg" },
        { "list --format", "error: option --format needs a value: FORMAT" },
        { "list --keys --sort id", "error: option --keys needs a value: COLUMN,..." },
        { "online --cancel=yes", "error: option --cancel takes no value" },
};

static void call_print(struct text *t, const struct cli_call *call) {
        text_addf(t, "command %s", call->command ? call->command->name : "-");
        for (uint32_t i = 0; i < call->n_words; i++)
                text_addf(t, "%s%s", i ? "," : " words ", call->words[i]);
        assert_null(call->words[call->n_words]);
        for (enum option o = 0; o < _OPTION_MAX; o++)
                if (call->values[o])
                        text_addf(t, " %s=%s", option_name(o), call->values[o]);
}

static void test_lines_are_understood(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char *line = memory_strdup(cases[i].line), *argv[32] = { line };
                struct arena *a = arena_new();
                const char *error = NULL;
                struct cli_call call;
                struct text t = {};
                int argc = 1;

                for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
                        argv[argc++] = word;
                if (options_parse(a, commands, ELEMENTSOF(commands), argc, argv, &call, &error))
                        call_print(&t, &call);
                else
                        text_addf(&t, "error: %s", error);
                if (!text_equal(t.s, cases[i].understood))
                        fail_msg("%s: %s", cases[i].line, t.s);
                text_done(&t);
                arena_free(a);
                free(line);
        }
}

static void test_every_option_has_its_line_of_help(void **state) {
        struct text t = {};
        char name[64];

        options_print(&t, UINT64_MAX);
        for (enum option o = 0; o < _OPTION_MAX; o++) {
                const char *found;

                (void) snprintf(name, sizeof(name), "--%s", option_name(o));
                found = strstr(t.s, name);
                assert_non_null(found);
                while (!strchr(" \n", found[strlen(name)])) /* one that only begins so */
                        assert_non_null(found = strstr(found + 1, name));
        }
        text_done(&t);
}

static void test_lists_are_split_at_commas_and_blanks(void **state) {
        struct arena *a = arena_new();
        const char *const *items;
        uint32_t n;

        items = list_split(a, ",a, b,,c ", &n);
        assert_int_equal(n, 3);
        assert_string_equal(items[0], "a");
        assert_string_equal(items[1], "b");
        assert_string_equal(items[2], "c");
        assert_null(items[3]);
        (void) list_split(a, "", &n);
        assert_int_equal(n, 0);
        arena_free(a);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lines_are_understood),
                cmocka_unit_test(test_every_option_has_its_line_of_help),
                cmocka_unit_test(test_lists_are_split_at_commas_and_blanks),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
