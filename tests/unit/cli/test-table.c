/* tests/unit/cli/test-table.c - a table becomes as narrow as the terminal, and loses the least */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "cli/table.h"

#define DAY (24 * USEC_PER_HOUR)
#define NOW (1700000000 * USEC_PER_SEC) /* 2023-11-14 22:13:20 */

static const struct row rows[] = {
        { .id = "disk|uuid:1", .hrid = "disk: blue", .type = ENTITY_DISK },
        { .id = "zdev|pool:tank|name:tank-b",
          .hrid = "zdev: tank-b (tank)",
          .parent = "disk|uuid:1",
          .type = ENTITY_ZDEV,
          .last_online = USEC_NEVER,
          .last_update = NOW - 3 * DAY,
          .overdue = { [OPERATION_UPDATE] = NOW - DAY } },
        { .id = "zdev|pool:bak|name:b",
          .hrid = "zdev: b (bak)",
          .parent = "disk|uuid:1",
          .type = ENTITY_ZDEV,
          .last_online = NOW - 20 * DAY },
};
static const enum column columns[] = { COLUMN_HRID, COLUMN_LAST_ONLINE, COLUMN_LAST_UPDATE,
                                       COLUMN_UPDATE_OVERDUE, COLUMN_ERRORS };

#define TREE_AS_IT_IS                                                                              \
        "hrid                  last_online         last_update         update_overdue      "       \
        "errors\n"                                                                                 \
        "disk: blue\n"                                                                             \
        "├─zdev: tank-b (tank) now                 2023-11-11 22:13:20 2023-11-13 22:13:20\n"  \
        "└─zdev: b (bak)       2023-10-25 22:13:20 never\n"

static const struct {
        const char *name;
        size_t width;
        bool may_drop;
        const char *text;
} cases[] = {
        { "there is no terminal", 0, true, TREE_AS_IT_IS },
        { "there is room", 88, true, TREE_AS_IT_IS },
        { "without seconds", 80, true,
          "                      last             last             update\n"
          "hrid                  online           update           overdue          errors\n"
          "disk: blue\n"
          "├─zdev: tank-b (tank) now              2023-11-11 22:13 2023-11-13 22:13\n"
          "└─zdev: b (bak)       2023-10-25 22:13 never\n" },
        { "days", 78, true,
          "                      last       last       update\n"
          "hrid                  online     update     overdue    errors\n"
          "disk: blue\n"
          "├─zdev: tank-b (tank) now        2023-11-11 2023-11-13\n"
          "└─zdev: b (bak)       2023-10-25 never\n" },
        { "what is empty goes", 60, true,
          "                      last       last       update\n"
          "hrid                  online     update     overdue\n"
          "disk: blue\n"
          "├─zdev: tank-b (tank) now        2023-11-11 2023-11-13\n"
          "└─zdev: b (bak)       2023-10-25 never\n" },
        { "but not if it was asked for", 60, false,
          "                      last   last   update\n"
          "hrid                  online update overdue errors\n"
          "disk: blue\n"
          "├─zdev: tank-b (tank) now    3 d    24 h\n"
          "└─zdev: b (bak)       20 d   never\n" },
        { "when it was online last goes first", 50, true,
          "                      last       update\n"
          "hrid                  update     overdue\n"
          "disk: blue\n"
          "├─zdev: tank-b (tank) 2023-11-11 2023-11-13\n"
          "└─zdev: b (bak)       never\n" },
        { "then dates are ages", 40, true,
          "                      last   update\n"
          "hrid                  update overdue\n"
          "disk: blue\n"
          "├─zdev: tank-b (tank) 3 d    24 h\n"
          "└─zdev: b (bak)       never\n" },
        { "it is enough to know what is overdue", 30, true,
          "                      update\n"
          "hrid                  overdue\n"
          "disk: blue\n"
          "├─zdev: tank-b (tank) 24 h\n"
          "└─zdev: b (bak)\n" },
        { "names are cut at last, and keep their ends", 25, true,
          "                  update\n"
          "hrid              overdue\n"
          "disk: blue\n"
          "├─zd...k-b (tank) 24 h\n"
          "└─zdev: b (bak)\n" },
        { "columns that were asked for stay", 40, false,
          "            last   last   update\n"
          "hrid        online update overdue errors\n"
          "disk: blue\n"
          "├─...(tank) now    3 d    24 h\n"
          "└─... (bak) 20 d   never\n" },
};

static void test_what_does_not_fit_is_shortened(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct tree tree = {};
                const struct table table = {
                        .columns = columns,
                        .n_columns = ELEMENTSOF(columns),
                        .style = style_find("table"),
                        .lines = true,
                        .headers = true,
                        .may_drop = cases[i].may_drop,
                        .width = cases[i].width,
                        .now = NOW,
                };
                struct text t = {};

                for (size_t row = 0; row < ELEMENTSOF(rows); row++)
                        array_append(&tree.nodes,
                                     ((struct tree_node){ &rows[row], row ? 0 : SIZE_MAX, !!row }));
                table_print(&t, &table, &tree);
                if (!text_equal(t.s, cases[i].text))
                        fail_msg("%s:\n%s-- and not\n%s", cases[i].name, t.s, cases[i].text);
                text_done(&t);
                tree_done(&tree);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_does_not_fit_is_shortened),
        };

        (void) setenv("TZ", "UTC", 1);
        (void) setlocale(LC_CTYPE, "C.UTF-8");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
