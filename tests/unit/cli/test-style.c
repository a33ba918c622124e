/* tests/unit/cli/test-style.c - tables look as those of Python's tabulate do */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "cli/style.h"

static const char *const headers[] = { "name", "depth" };
static const char *const cells[] = { "ä <&>", "0", "b_c", "12" };
static const bool right[] = { false, true };

/* Written by tabulate, but for the last three. */
/* clang-format off */
static const struct {
        const char *style;
        bool bare; /* without headers */
        const char *text;
} cases[] = {
        { "plain", false,
          "name      depth\n"
          "ä <&>         0\n"
          "b_c          12\n" },
        { "simple", false,
          "name      depth\n"
          "------  -------\n"
          "ä <&>         0\n"
          "b_c          12\n" },
        { "grid", false,
          "+--------+---------+\n"
          "| name   |   depth |\n"
          "+========+=========+\n"
          "| ä <&>  |       0 |\n"
          "+--------+---------+\n"
          "| b_c    |      12 |\n"
          "+--------+---------+\n" },
        { "outline", false,
          "+--------+---------+\n"
          "| name   |   depth |\n"
          "+========+=========+\n"
          "| ä <&>  |       0 |\n"
          "| b_c    |      12 |\n"
          "+--------+---------+\n" },
        { "simple_grid", false,
          "┌────────┬─────────┐\n"
          "│ name   │   depth │\n"
          "├────────┼─────────┤\n"
          "│ ä <&>  │       0 │\n"
          "├────────┼─────────┤\n"
          "│ b_c    │      12 │\n"
          "└────────┴─────────┘\n" },
        { "simple_outline", false,
          "┌────────┬─────────┐\n"
          "│ name   │   depth │\n"
          "├────────┼─────────┤\n"
          "│ ä <&>  │       0 │\n"
          "│ b_c    │      12 │\n"
          "└────────┴─────────┘\n" },
        { "rounded_grid", false,
          "╭────────┬─────────╮\n"
          "│ name   │   depth │\n"
          "├────────┼─────────┤\n"
          "│ ä <&>  │       0 │\n"
          "├────────┼─────────┤\n"
          "│ b_c    │      12 │\n"
          "╰────────┴─────────╯\n" },
        { "rounded_outline", false,
          "╭────────┬─────────╮\n"
          "│ name   │   depth │\n"
          "├────────┼─────────┤\n"
          "│ ä <&>  │       0 │\n"
          "│ b_c    │      12 │\n"
          "╰────────┴─────────╯\n" },
        { "heavy_grid", false,
          "┏━━━━━━━━┳━━━━━━━━━┓\n"
          "┃ name   ┃   depth ┃\n"
          "┣━━━━━━━━╋━━━━━━━━━┫\n"
          "┃ ä <&>  ┃       0 ┃\n"
          "┣━━━━━━━━╋━━━━━━━━━┫\n"
          "┃ b_c    ┃      12 ┃\n"
          "┗━━━━━━━━┻━━━━━━━━━┛\n" },
        { "heavy_outline", false,
          "┏━━━━━━━━┳━━━━━━━━━┓\n"
          "┃ name   ┃   depth ┃\n"
          "┣━━━━━━━━╋━━━━━━━━━┫\n"
          "┃ ä <&>  ┃       0 ┃\n"
          "┃ b_c    ┃      12 ┃\n"
          "┗━━━━━━━━┻━━━━━━━━━┛\n" },
        { "mixed_grid", false,
          "┍━━━━━━━━┯━━━━━━━━━┑\n"
          "│ name   │   depth │\n"
          "┝━━━━━━━━┿━━━━━━━━━┥\n"
          "│ ä <&>  │       0 │\n"
          "├────────┼─────────┤\n"
          "│ b_c    │      12 │\n"
          "┕━━━━━━━━┷━━━━━━━━━┙\n" },
        { "mixed_outline", false,
          "┍━━━━━━━━┯━━━━━━━━━┑\n"
          "│ name   │   depth │\n"
          "┝━━━━━━━━┿━━━━━━━━━┥\n"
          "│ ä <&>  │       0 │\n"
          "│ b_c    │      12 │\n"
          "┕━━━━━━━━┷━━━━━━━━━┙\n" },
        { "double_grid", false,
          "╔════════╦═════════╗\n"
          "║ name   ║   depth ║\n"
          "╠════════╬═════════╣\n"
          "║ ä <&>  ║       0 ║\n"
          "╠════════╬═════════╣\n"
          "║ b_c    ║      12 ║\n"
          "╚════════╩═════════╝\n" },
        { "double_outline", false,
          "╔════════╦═════════╗\n"
          "║ name   ║   depth ║\n"
          "╠════════╬═════════╣\n"
          "║ ä <&>  ║       0 ║\n"
          "║ b_c    ║      12 ║\n"
          "╚════════╩═════════╝\n" },
        { "fancy_grid", false,
          "╒════════╤═════════╕\n"
          "│ name   │   depth │\n"
          "╞════════╪═════════╡\n"
          "│ ä <&>  │       0 │\n"
          "├────────┼─────────┤\n"
          "│ b_c    │      12 │\n"
          "╘════════╧═════════╛\n" },
        { "fancy_outline", false,
          "╒════════╤═════════╕\n"
          "│ name   │   depth │\n"
          "╞════════╪═════════╡\n"
          "│ ä <&>  │       0 │\n"
          "│ b_c    │      12 │\n"
          "╘════════╧═════════╛\n" },
        { "github", false,
          "| name   |   depth |\n"
          "|--------|---------|\n"
          "| ä <&>  |       0 |\n"
          "| b_c    |      12 |\n" },
        { "pipe", false,
          "| name   |   depth |\n"
          "|:-------|--------:|\n"
          "| ä <&>  |       0 |\n"
          "| b_c    |      12 |\n" },
        { "orgtbl", false,
          "| name   |   depth |\n"
          "|--------+---------|\n"
          "| ä <&>  |       0 |\n"
          "| b_c    |      12 |\n" },
        { "asciidoc", false,
          "[cols=\"8<,9>\",options=\"header\"]\n"
          "|====\n"
          "| name   |   depth \n"
          "| ä <&>  |       0 \n"
          "| b_c    |      12 \n"
          "|====\n" },
        { "jira", false,
          "|| name   ||   depth ||\n"
          "| ä <&>  |       0 |\n"
          "| b_c    |      12 |\n" },
        { "presto", false,
          " name   |   depth\n"
          "--------+---------\n"
          " ä <&>  |       0\n"
          " b_c    |      12\n" },
        { "pretty", false,
          "+-------+-------+\n"
          "| name  | depth |\n"
          "+-------+-------+\n"
          "| ä <&> |   0   |\n"
          "|  b_c  |  12   |\n"
          "+-------+-------+\n" },
        { "psql", false,
          "+--------+---------+\n"
          "| name   |   depth |\n"
          "|--------+---------|\n"
          "| ä <&>  |       0 |\n"
          "| b_c    |      12 |\n"
          "+--------+---------+\n" },
        { "rst", false,
          "======  =======\n"
          "name      depth\n"
          "======  =======\n"
          "ä <&>         0\n"
          "b_c          12\n"
          "======  =======\n" },
        { "mediawiki", false,
          "{| class=\"wikitable\" style=\"text-align: left;\"\n"
          "|+ <!-- caption -->\n"
          "|-\n"
          "! name   !! align=\"right\"|   depth\n"
          "|-\n"
          "| ä <&>  || align=\"right\"|       0\n"
          "|-\n"
          "| b_c    || align=\"right\"|      12\n"
          "|}\n" },
        { "moinmoin", false,
          "|| ''' name   ''' ||<style=\"text-align: right;\"> '''   depth ''' ||\n"
          "||  ä <&>   ||<style=\"text-align: right;\">        0  ||\n"
          "||  b_c     ||<style=\"text-align: right;\">       12  ||\n" },
        { "youtrack", false,
          "||  name    ||    depth  ||\n"
          "|  ä <&>   |        0  |\n"
          "|  b_c     |       12  |\n" },
        { "html", false,
          "<table>\n"
          "<thead>\n"
          "<tr><th>name  </th><th style=\"text-align: right;\">  depth</th></tr>\n"
          "</thead>\n"
          "<tbody>\n"
          "<tr><td>ä &lt;&amp;&gt; </td><td style=\"text-align: right;\">      0</td></tr>\n"
          "<tr><td>b_c   </td><td style=\"text-align: right;\">     12</td></tr>\n"
          "</tbody>\n"
          "</table>\n" },
        { "unsafehtml", false,
          "<table>\n"
          "<thead>\n"
          "<tr><th>name  </th><th style=\"text-align: right;\">  depth</th></tr>\n"
          "</thead>\n"
          "<tbody>\n"
          "<tr><td>ä <&> </td><td style=\"text-align: right;\">      0</td></tr>\n"
          "<tr><td>b_c   </td><td style=\"text-align: right;\">     12</td></tr>\n"
          "</tbody>\n"
          "</table>\n" },
        { "latex", false,
          "\\begin{tabular}{lr}\n"
          "\\hline\n"
          " name   &   depth \\\\\n"
          "\\hline\n"
          " ä \\ensuremath{<}\\&\\ensuremath{>}  &       0 \\\\\n"
          " b\\_c    &      12 \\\\\n"
          "\\hline\n"
          "\\end{tabular}\n" },
        { "latex_raw", false,
          "\\begin{tabular}{lr}\n"
          "\\hline\n"
          " name   &   depth \\\\\n"
          "\\hline\n"
          " ä <&>  &       0 \\\\\n"
          " b_c    &      12 \\\\\n"
          "\\hline\n"
          "\\end{tabular}\n" },
        { "latex_booktabs", false,
          "\\begin{tabular}{lr}\n"
          "\\toprule\n"
          " name   &   depth \\\\\n"
          "\\midrule\n"
          " ä \\ensuremath{<}\\&\\ensuremath{>}  &       0 \\\\\n"
          " b\\_c    &      12 \\\\\n"
          "\\bottomrule\n"
          "\\end{tabular}\n" },
        { "latex_longtable", false,
          "\\begin{longtable}{lr}\n"
          "\\hline\n"
          " name   &   depth \\\\\n"
          "\\hline\n"
          "\\endhead\n"
          " ä \\ensuremath{<}\\&\\ensuremath{>}  &       0 \\\\\n"
          " b\\_c    &      12 \\\\\n"
          "\\hline\n"
          "\\end{longtable}\n" },
        { "textile", false,
          "|_.  name   |_.   depth |\n"
          "|<. ä <&>   |>.       0 |\n"
          "|<. b_c     |>.      12 |\n" },
        { "plain", true,
          "ä <&>   0\n"
          "b_c    12\n" },
        { "simple", true,
          "-----  --\n"
          "ä <&>   0\n"
          "b_c    12\n"
          "-----  --\n" },
        { "grid", true,
          "+-------+----+\n"
          "| ä <&> |  0 |\n"
          "+-------+----+\n"
          "| b_c   | 12 |\n"
          "+-------+----+\n" },
        { "pipe", true,
          "|:------|---:|\n"
          "| ä <&> |  0 |\n"
          "| b_c   | 12 |\n" },
        { "github", true,
          "|-------|----|\n"
          "| ä <&> |  0 |\n"
          "| b_c   | 12 |\n" },
        { "html", true,
          "<table>\n"
          "<tbody>\n"
          "<tr><td>ä &lt;&amp;&gt;</td><td style=\"text-align: right;\"> 0</td></tr>\n"
          "<tr><td>b_c  </td><td style=\"text-align: right;\">12</td></tr>\n"
          "</tbody>\n"
          "</table>\n" },
        { "unsafehtml", true,
          "<table>\n"
          "<tbody>\n"
          "<tr><td>ä <&></td><td style=\"text-align: right;\"> 0</td></tr>\n"
          "<tr><td>b_c  </td><td style=\"text-align: right;\">12</td></tr>\n"
          "</tbody>\n"
          "</table>\n" },
        { "asciidoc", true,
          "[cols=\"7<,4>\"]\n"
          "|====\n"
          "| ä <&> |  0 \n"
          "| b_c   | 12 \n"
          "|====\n" },
        { "latex", true,
          "\\begin{tabular}{lr}\n"
          "\\hline\n"
          " ä \\ensuremath{<}\\&\\ensuremath{>} &  0 \\\\\n"
          " b\\_c   & 12 \\\\\n"
          "\\hline\n"
          "\\end{tabular}\n" },
        { "rst", true,
          "=====  ==\n"
          "ä <&>   0\n"
          "b_c    12\n"
          "=====  ==\n" },
        { "mediawiki", true,
          "{| class=\"wikitable\" style=\"text-align: left;\"\n"
          "|+ <!-- caption -->\n"
          "|-\n"
          "| ä <&> || align=\"right\"|  0\n"
          "|-\n"
          "| b_c   || align=\"right\"| 12\n"
          "|}\n" },
        { "textile", true,
          "|<. ä <&>  |>.  0 |\n"
          "|<. b_c    |>. 12 |\n" },
        { "presto", true,
          " ä <&> |  0\n"
          " b_c   | 12\n" },
        { "tsv", false,
          "name	depth\n"
          "ä <&>	0\n"
          "b_c	12\n" },
        { "csv", false,
          "name,depth\n"
          "ä <&>,0\n"
          "b_c,12\n" },
        { "table", false,
          "name  depth\n"
          "ä <&>     0\n"
          "b_c      12\n" },
};
/* clang-format on */

static void test_tables_look_as_they_should(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const struct style_table table = {
                        .headers = cases[i].bare ? NULL : headers,
                        .cells = cells,
                        .n_columns = 2,
                        .n_rows = 2,
                        .right = right,
                };
                struct text t = {};

                style_print(&t, style_find(cases[i].style), &table);
                if (!text_equal(t.s, cases[i].text))
                        fail_msg("%s:\n%s-- and not\n%s", cases[i].style, t.s, cases[i].text);
                text_done(&t);
        }
}

static const struct {
        const char *style, *text;
} bars[] = {
        { "github", "|------|---|\n| a\\|b | c |\n" },
        { "pipe", "|:-----|:--|\n| a\\|b | c |\n" },
        { "orgtbl", "| a\\vert{}b | c |\n" },
        { "jira", "| a\\|b | c |\n" },
        { "youtrack", "|  a\\|b  |  c  |\n" },
        { "mediawiki", "{| class=\"wikitable\" style=\"text-align: left;\"\n|+ <!-- caption -->\n"
                       "|-\n| a&#124;b || c\n|}\n" },
        { "textile", "|<. a&#124;b  |<. c |\n" },
        { "plain", "a|b  c\n" },
        { "csv", "a|b,c\n" },
};

/* tabulate leaves them as they are, and the row has more cells than columns then. */
static void test_a_bar_in_a_cell_does_not_part_it(void **state) {
        static const char *const barred[] = { "a|b", "c" };
        const struct style_table table = { .cells = barred, .n_columns = 2, .n_rows = 1 };

        for (size_t i = 0; i < ELEMENTSOF(bars); i++) {
                struct text t = {};

                style_print(&t, style_find(bars[i].style), &table);
                if (!text_equal(t.s, bars[i].text))
                        fail_msg("%s:\n%s-- and not\n%s", bars[i].style, t.s, bars[i].text);
                text_done(&t);
        }
}

static void test_special_characters_are_text(void **state) {
        static const char *const odd[] = { "", "\"'a'\" \\{}$%#^~\t." };
        const struct style_table table = { .cells = odd, .n_columns = 2, .n_rows = 1 };
        static const struct {
                const char *style, *part;
        } parts[] = {
                { "html", "<td>&quot;&#x27;a&#x27;&quot; \\{}$%#^~\t.</td>" },
                { "latex", "\"'a'\" \\textbackslash{}\\{\\}\\$\\%\\#\\^{}\\textasciitilde{}\t." },
                { "tsv", "\t\"'a'\" \\{}$%#^~ .\n" },
                { "csv", ",\"\"\"'a'\"\" \\{}$%#^~\t.\"\n" },
                { "rst", "\n..  \"'a'" },
        };

        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                struct text t = {};

                style_print(&t, style_find(parts[i].style), &table);
                if (!strstr(t.s, parts[i].part))
                        fail_msg("%s:\n%s", parts[i].style, t.s);
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

/* Every format is there, and none fails on an empty table. */
static void test_all_formats_are_there(void **state) {
        static const char *const names[] = {
                "table",
                "plain",
                "simple",
                "grid",
                "github",
                "tsv",
                "csv",
                "html",
                "simple_grid",
                "rounded_grid",
                "heavy_grid",
                "mixed_grid",
                "double_grid",
                "fancy_grid",
                "outline",
                "simple_outline",
                "rounded_outline",
                "heavy_outline",
                "mixed_outline",
                "double_outline",
                "fancy_outline",
                "pipe",
                "orgtbl",
                "asciidoc",
                "jira",
                "presto",
                "pretty",
                "psql",
                "rst",
                "mediawiki",
                "moinmoin",
                "youtrack",
                "unsafehtml",
                "latex",
                "latex_raw",
                "latex_booktabs",
                "latex_longtable",
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
                cmocka_unit_test(test_a_bar_in_a_cell_does_not_part_it),
                cmocka_unit_test(test_special_characters_are_text),
                cmocka_unit_test(test_csv_quotes_what_would_part_cells),
                cmocka_unit_test(test_all_formats_are_there),
        };

        (void) setlocale(LC_CTYPE, "C.UTF-8");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
