/* tests/unit/cli/test-style.c - tables look as those of Python's tabulate do */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "cli/style.h"

static const char *const headers[] = { "name", "x" };
static const char *const cells[] = { "ä", "1|2", "b_c", "<&>" };

static const struct {
        const char *style;
        bool bare; /* without headers */
        const char *text;
} cases[] = {
        { "plain", false, "name  x\nä     1|2\nb_c   <&>\n" },
        { "plain", true, "ä    1|2\nb_c  <&>\n" },
        { "simple", false, "name  x\n----  ---\nä     1|2\nb_c   <&>\n" },
        { "simple", true, "---  ---\nä    1|2\nb_c  <&>\n---  ---\n" },
        { "grid", false,
          "+------+-----+\n| name | x   |\n+======+=====+\n| ä    | 1|2 |\n+------+-----+\n"
          "| b_c  | <&> |\n+------+-----+\n" },
        { "fancy_grid", false,
          "╒══════╤═════╕\n│ name │ x   │\n╞══════╪═════╡\n│ ä    │ 1|2 │\n├──────┼─────┤\n"
          "│ b_c  │ <&> │\n╘══════╧═════╛\n" },
        { "rounded_outline", false,
          "╭──────┬─────╮\n│ name │ x   │\n├──────┼─────┤\n│ ä    │ 1|2 │\n│ b_c  │ <&> │\n"
          "╰──────┴─────╯\n" },
        { "github", false,
          "| name | x    |\n|------|------|\n| ä    | 1\\|2 |\n| b_c  | <&>  |\n" },
        { "pipe", false, "| name | x    |\n|:-----|:-----|\n| ä    | 1\\|2 |\n| b_c  | <&>  |\n" },
        { "orgtbl", false, "| name | x   |\n|------+-----|\n| ä    | 1|2 |\n| b_c  | <&> |\n" },
        { "presto", false, " name | x\n------+-----\n ä    | 1|2\n b_c  | <&>\n" },
        { "pretty", false,
          "+------+-----+\n| name |  x  |\n+------+-----+\n|  ä   | 1|2 |\n| b_c  | <&> |\n"
          "+------+-----+\n" },
        { "psql", false,
          "+------+-----+\n| name | x   |\n|------+-----|\n| ä    | 1|2 |\n| b_c  | <&> |\n"
          "+------+-----+\n" },
        { "rst", false, "====  ===\nname  x\n====  ===\nä     1|2\nb_c   <&>\n====  ===\n" },
        { "jira", false, "|| name || x    ||\n| ä    | 1\\|2 |\n| b_c  | <&>  |\n" },
        { "asciidoc", false,
          "[cols=\"6<,6<\",options=\"header\"]\n|====\n| name | x\n| ä    | 1\\|2\n"
          "| b_c  | <&>\n|====\n" },
        { "asciidoc", true, "[cols=\"5<,6<\"]\n|====\n| ä   | 1\\|2\n| b_c | <&>\n|====\n" },
        { "mediawiki", false,
          "{| class=\"wikitable\" style=\"text-align: left;\"\n|+ <!-- caption -->\n|-\n"
          "! name !! x\n|-\n| ä || 1&#124;2\n|-\n| b_c || <&>\n|}\n" },
        { "moinmoin", false, "|| '''name''' || '''x''' ||\n|| ä || 1|2 ||\n|| b_c || <&> ||\n" },
        { "youtrack", false, "|| name || x ||\n| ä | 1\\|2 |\n| b_c | <&> |\n" },
        { "textile", false, "|_. name |_. x |\n|<. ä |<. 1&#124;2 |\n|<. b_c |<. <&> |\n" },
        { "html", false,
          "<table>\n<thead>\n<tr><th>name</th><th>x</th></tr>\n</thead>\n<tbody>\n"
          "<tr><td>ä</td><td>1|2</td></tr>\n<tr><td>b_c</td><td>&lt;&amp;&gt;</td></tr>\n"
          "</tbody>\n</table>\n" },
        { "unsafehtml", true,
          "<table>\n<tbody>\n<tr><td>ä</td><td>1|2</td></tr>\n<tr><td>b_c</td><td><&></td></tr>\n"
          "</tbody>\n</table>\n" },
        { "latex", false,
          "\\begin{tabular}{ll}\n\\hline\nname & x \\\\\n\\hline\nä & 1\\ensuremath{|}2 \\\\\n"
          "b\\_c & \\ensuremath{<}\\&\\ensuremath{>} \\\\\n\\hline\n\\end{tabular}\n" },
        { "latex_raw", true,
          "\\begin{tabular}{ll}\n\\hline\nä & 1|2 \\\\\nb_c & <&> \\\\\n\\hline\n"
          "\\end{tabular}\n" },
        { "latex_booktabs", false,
          "\\begin{tabular}{ll}\n\\toprule\nname & x \\\\\n\\midrule\nä & 1\\ensuremath{|}2 \\\\\n"
          "b\\_c & \\ensuremath{<}\\&\\ensuremath{>} \\\\\n\\bottomrule\n\\end{tabular}\n" },
        { "tsv", false, "name\tx\nä\t1|2\nb_c\t<&>\n" },
        { "csv", false, "name,x\nä,1|2\nb_c,<&>\n" },
};

static void test_tables_look_as_they_should(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const struct style_table table = {
                        .headers = cases[i].bare ? NULL : headers,
                        .cells = cells,
                        .n_columns = 2,
                        .n_rows = 2,
                };
                struct text t = {};

                style_print(&t, style_find(cases[i].style), &table);
                if (!text_equal(t.s, cases[i].text))
                        fail_msg("%s:\n%s-- and not\n%s", cases[i].style, t.s, cases[i].text);
                text_done(&t);
        }
}

static void test_csv_quotes_what_would_part_cells(void **state) {
        static const char *const odd[] = { "a,b", "say \"x\"", "", "plain" };
        const struct style_table table = { .cells = odd, .n_columns = 4, .n_rows = 1 };
        struct text t = {};

        style_print(&t, style_find("csv"), &table);
        assert_string_equal(t.s, "\"a,b\",\"say \"\"x\"\"\",,plain\n");
        text_done(&t);
}

/* Every format of SPEC 9 is there, and none fails on an empty table. */
static void test_all_formats_are_there(void **state) {
        static const char *const names[] = {
                "plain",         "simple",        "grid",           "github",
                "tsv",           "csv",           "html",           "simple_grid",
                "rounded_grid",  "heavy_grid",    "mixed_grid",     "double_grid",
                "fancy_grid",    "outline",       "simple_outline", "rounded_outline",
                "heavy_outline", "mixed_outline", "double_outline", "fancy_outline",
                "pipe",          "orgtbl",        "asciidoc",       "jira",
                "presto",        "pretty",        "psql",           "rst",
                "mediawiki",     "moinmoin",      "youtrack",       "unsafehtml",
                "latex",         "latex_raw",     "latex_booktabs", "latex_longtable",
                "textile",
        };
        const struct style_table empty = { .headers = headers, .n_columns = 2 };
        size_t n;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const struct style *style = style_find(names[i]);
                struct text t = {};

                if (!style)
                        fail_msg("%s is missing", names[i]);
                style_print(&t, style, &empty);
                assert_non_null(strstr(t.s, "name"));
                text_done(&t);
        }
        (void) style_names(&n);
        assert_int_equal(n, ELEMENTSOF(names));
        assert_null(style_find("squiggly"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tables_look_as_they_should),
                cmocka_unit_test(test_csv_quotes_what_would_part_cells),
                cmocka_unit_test(test_all_formats_are_there),
        };

        (void) setlocale(LC_CTYPE, "C.UTF-8");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
