/* tests/unit/cli/test-list.c - which entities are listed, in which order, and how they look */
#include "desk.h"

#include "cli/list.h"

static const struct cli_command commands[] = {
        { "list", "", "", LIST_OPTIONS, .run = list_run },
};

/* A disk with a leg and one with a part that holds a leg of a pool on a volume, in two replies. */
static const char replies[] =
        "{\"parameters\":{\"now\":1700000000000000,\"entities\":["
        "{\"id\":\"disk|uuid:0f2a\",\"hrid\":\"disk: blue\",\"state\":\"active\",\"depth\":0,"
        "\"type\":\"disk\",\"groups\":[\"usb\"],\"errors\":false},"
        "{\"id\":\"part|name:b\",\"hrid\":\"part: b\",\"state\":\"active\",\"depth\":1,"
        "\"parent\":\"disk|uuid:0f2a\",\"type\":\"part\",\"errors\":false},"
        "{\"id\":\"zdev|pool:tank|name:b\",\"hrid\":\"zdev: b (tank)\",\"state\":\"active\","
        "\"depth\":2,\"parent\":\"part|name:b\",\"type\":\"zdev\",\"groups\":[\"usb\",\"away\"],"
        "\"last_online\":1700000000000000,\"last_update\":1699990000000000,"
        "\"scrub_overdue\":1699999999000000,\"errors\":true,\"operations\":[{\"operation\":"
        "\"update\",\"progress\":0.414,\"started\":1699999000000000,\"eta\":1700000600000000},"
        "{\"operation\":\"trim\"}]}]},\"continues\":true}\0"
        "{\"parameters\":{\"now\":1700000000000000,\"entities\":["
        "{\"id\":\"zpool|name:tank\",\"hrid\":\"zpool: tank\",\"state\":\"connected\",\"depth\":0,"
        "\"type\":\"zpool\",\"errors\":false},"
        "{\"id\":\"zvol|pool:tank|name:v\",\"hrid\":\"zvol: v (tank)\",\"state\":\"ready\","
        "\"depth\":1,\"parent\":\"zpool|name:tank\",\"type\":\"zvol\",\"errors\":false},"
        "{\"id\":\"zdev|pool:bak|name:v\",\"hrid\":\"zdev: v (bak)\",\"state\":\"inactive\","
        "\"depth\":2,\"parent\":\"zvol|pool:tank|name:v\",\"type\":\"zdev\","
        "\"last_online\":1600000000000000,\"update_overdue\":1650000000000000,"
        "\"available_update_overdue\":1660000000000000,\"errors\":false}]}}";

#define COLUMNS                                                                                    \
        "id, hrid, state, parent, depth, added, last_online, last_update, update_overdue, "        \
        "update_interval, available_update_overdue, available_update_interval, last_trim, "        \
        "trim_overdue, trim_interval, last_scrub, scrub_overdue, scrub_interval, errors, "         \
        "operations"
#define NO_HEADERS " --no-headers --format plain"

static const struct {
        const char *line;
        int status;
        const char *out, *err;
} cases[] = {
        { "list --format csv --keys id,errors", EXIT_DONE,
          "id,errors\ndisk|uuid:0f2a,\npart|name:b,\nzdev|pool:tank|name:b,yes\n"
          "zpool|name:tank,\nzvol|pool:tank|name:v,\nzdev|pool:bak|name:v,\n",
          "" },
        { "list --types zdev --format csv", EXIT_DONE,
          "hrid,last_online,last_update,update_overdue,last_trim,trim_overdue,last_scrub,"
          "scrub_overdue,errors,operations\n"
          "zdev: b (tank),now,2023-11-14 19:26:40,,never,,never,2023-11-14 22:13:19,yes,"
          "\"update 41 %, trim\"\n"
          "zdev: v (bak),2020-09-13 12:26:40,never,2022-04-15 05:20:00,never,,never,,,\n",
          "" },
        { "list --types zdev --format json --keys id last_online update_overdue errors operations "
          "depth parent",
          EXIT_DONE,
          "[\n{\"id\":\"zdev|pool:tank|name:b\",\"last_online\":\"2023-11-14T22:13:20+00:00\","
          "\"update_overdue\":null,\"errors\":true,\"operations\":[{\"operation\":\"update\","
          "\"progress\":0.414,\"started\":\"2023-11-14T21:56:40+00:00\","
          "\"eta\":\"2023-11-14T22:23:20+00:00\",\"paused\":null},{\"operation\":\"trim\","
          "\"progress\":null,"
          "\"started\":null,\"eta\":null,\"paused\":null}],\"depth\":2,\"parent\":\"part|name:b\"},"
          "\n"
          "{\"id\":\"zdev|pool:bak|name:v\",\"last_online\":\"2020-09-13T12:26:40+00:00\","
          "\"update_overdue\":\"2022-04-15T05:20:00+00:00\",\"errors\":false,\"operations\":[],"
          "\"depth\":2,\"parent\":\"zvol|pool:tank|name:v\"}\n]\n",
          "" },
        { "list --types dataset --format json", EXIT_DONE, "[]\n", "" },
        { "list --types dataset", EXIT_DONE, "", "" },
        { "list --keys state,hrid --types disk" NO_HEADERS, EXIT_DONE, "active  disk: blue\n", "" },
        { "list --types disk --add-columns state --remove-columns "
          "last_online,last-update,update_overdue,last_trim,trim_overdue,last_scrub,scrub_overdue,"
          "errors,operations" NO_HEADERS,
          EXIT_DONE, "disk: blue  active\n", "" },

        /* which */
        { "list --keys hrid --groups away" NO_HEADERS, EXIT_DONE, "zdev: b (tank)\n", "" },
        { "list --keys hrid --groups usb,away --types disk" NO_HEADERS, EXIT_DONE, "disk: blue\n",
          "" },
        { "list --keys hrid --ids part|name:b,zfs-volume|pool:tank|name:v" NO_HEADERS, EXIT_DONE,
          "part: b\nzvol: v (tank)\n", "" },
        { "list --keys hrid --ids part|name:c" NO_HEADERS, EXIT_FAILED, "",
          "zmirror: no entity 'part|name:c' is configured, did you mean 'part|name:b'?\n" },
        { "list --keys hrid --groups away,abroad" NO_HEADERS, EXIT_FAILED, "zdev: b (tank)\n",
          "zmirror: no entity is in a group 'abroad'; it is one of usb, away\n" },
        { "list --keys hrid --id-regex ^z(dev|vol)" NO_HEADERS, EXIT_DONE,
          "zdev: b (tank)\nzvol: v (tank)\nzdev: v (bak)\n", "" },
        { "list overdue --keys hrid" NO_HEADERS, EXIT_DONE, "zdev: b (tank)\nzdev: v (bak)\n", "" },
        { "list --keys hrid scrub overdue" NO_HEADERS, EXIT_DONE, "zdev: b (tank)\n", "" },
        { "list resilver overdue --keys hrid" NO_HEADERS, EXIT_DONE, "zdev: v (bak)\n", "" },
        { "list trim overdue --keys hrid" NO_HEADERS, EXIT_DONE, "", "" },
        { "list trim overdue --include-available-update-overdue --keys hrid" NO_HEADERS, EXIT_DONE,
          "", "" },

        /* in which order */
        { "list --keys hrid --sort hrid" NO_HEADERS, EXIT_DONE,
          "disk: blue\npart: b\nzdev: b (tank)\nzdev: v (bak)\nzpool: tank\nzvol: v (tank)\n", "" },
        { "list --keys hrid --sort last_online" NO_HEADERS, EXIT_DONE,
          "disk: blue\npart: b\nzpool: tank\nzvol: v (tank)\nzdev: v (bak)\nzdev: b (tank)\n", "" },
        { "list --keys hrid --hierarchy --sort errors" NO_HEADERS, EXIT_DONE,
          "disk: blue\n  part: b\n    zdev: b (tank)\nzpool: tank\n  zvol: v (tank)\n"
          "    zdev: v (bak)\n",
          "" },
        { "list --keys hrid --hierarchy --types disk,zdev" NO_HEADERS, EXIT_DONE,
          "disk: blue\n  zdev: b (tank)\nzdev: v (bak)\n", "" },
        { "list --keys hrid --graph" NO_HEADERS, EXIT_DONE,
          "disk: blue\n  part: b\n    zdev: b (tank)\n      zpool: tank\nzpool: tank\n"
          "  zvol: v (tank)\n    zdev: v (bak)\n",
          "" },
        { "list --keys hrid --graph --boundaries" NO_HEADERS, EXIT_DONE,
          "disk: blue\n  part: b\n    zdev: b (tank)\n      zpool: tank\n        zvol: v (tank)\n"
          "          zdev: v (bak)\nzpool: tank\n  zvol: v (tank)\n    zdev: v (bak)\n",
          "" },
        { "list --keys hrid --graph --boundaries part" NO_HEADERS, EXIT_DONE,
          "disk: blue\n  part: b\nzpool: tank\n  zvol: v (tank)\n    zdev: v (bak)\n", "" },
        { "list --keys hrid --types disk,part --hierarchy --no-headers", EXIT_DONE,
          "disk: blue\n└─part: b\n", "" },

        /* what makes no sense */
        { "list --keys hird", EXIT_USAGE, "",
          "zmirror: unknown column 'hird', did you mean 'hrid'? (usage: zmirror list)\n" },
        { "list --keys type", EXIT_USAGE, "",
          "zmirror: unknown column 'type'; it is one of " COLUMNS " (usage: zmirror list)\n" },
        { "list --sort smell", EXIT_USAGE, "",
          "zmirror: unknown column 'smell'; it is one of " COLUMNS " (usage: zmirror list)\n" },
        { "list --format jason", EXIT_USAGE, "",
          "zmirror: unknown format 'jason', did you mean 'json'? (usage: zmirror list)\n" },
        { "list --types cat", EXIT_USAGE, "",
          "zmirror: unknown type 'cat'; it is one of disk, part, crypt, zpool, zvol, dataset, zdev "
          "(usage: zmirror list)\n" },
        { "list everything", EXIT_USAGE, "",
          "zmirror: 'everything' cannot be listed (usage: zmirror list)\n" },
        { "list update", EXIT_USAGE, "",
          "zmirror: 'update' alone cannot be listed, did you mean 'update overdue'? (usage: "
          "zmirror list)\n" },
        { "list overdue scrub", EXIT_USAGE, "",
          "zmirror: 'scrub' cannot be listed there, did you mean 'scrub overdue'? (usage: zmirror "
          "list)\n" },
        { "list overdue overdue", EXIT_USAGE, "",
          "zmirror: 'overdue' is too much (usage: zmirror list)\n" },
        { "list --id-regex (", EXIT_USAGE, "",
          "zmirror: '(' is no regular expression: Unmatched ( or \\( (usage: zmirror list)\n" },
        { "list --keys id --remove-columns id", EXIT_USAGE, "",
          "zmirror: no column is left to be shown (usage: zmirror list)\n" },
        { "list --color=blue", EXIT_USAGE, "",
          "zmirror: --color is auto, always or never, not 'blue' (usage: zmirror list)\n" },
};

static void test_lists_show_what_was_asked_for(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                bool asks = cases[i].status != EXIT_USAGE;
                struct desk d;

                desk_open(&d, asks ? replies : NULL, sizeof(replies), false);
                (void) desk_run(&d, commands, ELEMENTSOF(commands), cases[i].line);
                if (!text_equal(d.out.s, cases[i].out) || !text_equal(d.err.s, cases[i].err) ||
                    d.status != cases[i].status)
                        fail_msg("%s: exit %d\n%s%s-- and not\n%s%s", cases[i].line, d.status,
                                 d.out.s, d.err.s, cases[i].out, cases[i].err);
                desk_close(&d);
        }
}

static const struct {
        const char *line, *columns;
} columns[] = {
        { "list --keys hrid --format json", "\"hrid\"" },
        { "list --keys hrid --format csv", "\"hrid\",\"type\"" },
        { "list --keys hrid --format json --types part", "\"hrid\",\"type\"" },
        { "list --keys hrid --format json --groups usb --sort errors",
          "\"hrid\",\"errors\",\"groups\"" },
        { "list --keys hrid --format json --hierarchy", "\"id\",\"hrid\",\"parent\",\"type\"" },
};

static void test_no_more_columns_are_sent_than_are_needed(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(columns); i++) {
                struct text call = {};
                struct desk d;

                desk_open(&d, replies, sizeof(replies), false);
                (void) desk_run(&d, commands, ELEMENTSOF(commands), columns[i].line);
                text_addf(&call,
                          "{\"method\":\"io.zmirror.List\",\"parameters\":{\"columns\":[%s]}"
                          ",\"more\":true}",
                          columns[i].columns);
                assert_string_equal(d.asked.s, call.s);
                text_done(&call);
                desk_close(&d);
        }
}

static void test_errors_are_red_if_colors_are_wanted(void **state) {
        static const char *const lines[] = { "list --keys hrid,errors --color",
                                             "list --keys hrid,errors --color never",
                                             "list --keys hrid,errors" };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                struct desk d;

                desk_open(&d, replies, sizeof(replies), false);
                (void) desk_run(&d, commands, ELEMENTSOF(commands), lines[i]);
                assert_int_equal(!!strstr(d.out.s, "\033[31myes"), i == 0);
                assert_int_equal(!!strchr(d.out.s, '\033'), i == 0);
                desk_close(&d);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lists_show_what_was_asked_for),
                cmocka_unit_test(test_errors_are_red_if_colors_are_wanted),
                cmocka_unit_test(test_no_more_columns_are_sent_than_are_needed),
        };

        (void) setenv("LC_ALL", "C.UTF-8", 1);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
