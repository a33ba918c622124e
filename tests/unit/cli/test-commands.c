/* tests/unit/cli/test-commands.c - what a command asks the daemon, shows, and returns */
#include "desk.h"

#include "cli/explain.h"
#include "cli/history.h"
#include "cli/list.h"
#include "cli/overview.h"
#include "cli/receipt.h"
#include "cli/request.h"
#include "cli/service.h"
#include "cli/status.h"

static const struct cli_command commands[] = {
        { "", "", "overview", .run = overview_run },
        { "shutdown", "", "", .run = service_shutdown },
        { "reload-config", "", "", .run = service_reload },
        { "daemon-version", "", "", .run = service_version },
        { "online", "all|group", "", REQUEST_ONLINE_OPTIONS, .run = request_run },
        { "scrub", "all|group", "", REQUEST_OPTIONS, .run = request_run },
        { "eject", "<disk>", "", REQUEST_OPTIONS, .run = request_run },
        { "list", "", "", LIST_OPTIONS, .run = list_run },
        { "status", "all|group", "", OPTION_BIT(OPTION_JSON), .run = status_run },
        { "status-all", "", "", OPTION_BIT(OPTION_JSON), .run = status_run },
        { "explain", "all|group", "", OPTION_BIT(OPTION_JSON), .run = explain_run },
        { "history", "", "", HISTORY_OPTIONS, .run = history_run },
        { "receipt", "", "", OPTION_BIT(OPTION_JSON), .run = receipt_run },
        { "enable", "", "", .run = service_enable },
        { "disable", "", "", .run = service_enable },
        { "get", "", "", .run = service_get },
        { "set", "", "", .run = service_set },
};

#define CALL(method, parameters) "{\"method\":\"io.zmirror." method "\",\"parameters\":" parameters
#define REPLY(parameters)        "{\"parameters\":" parameters "}"
#define MORE(parameters)         "{\"parameters\":" parameters ",\"continues\":true}\0"
#define REQUEST(wish, target, cancel, block)                                                       \
        CALL("Request", "{\"wish\":\"" wish "\",\"target\":" target ",\"cancel\":" cancel          \
                        ",\"block\":" block ",\"accept_data_loss\":false,"                         \
                        "\"overwrite_leg\":false}")
#define STATE(id, state, reason)                                                                   \
        "{\"id\":" id ",\"entity\":\"part|name:" id "\",\"hrid\":\"part: " id                      \
        "\",\"wish\":\"online\",\"state\":\"" state "\",\"reason\":\"" reason                      \
        "\",\"reason_code\":\"x\"}"
#define TEXT(s) s, sizeof(s)     /* with the last NUL byte */
#define CUT(s)  s, sizeof(s) - 1 /* without */

static const struct {
        const char *name, *line, *replies;
        size_t replies_size;
        int status;
        const char *asked, *out, *err;
} cases[] = {
        { "no daemon", "daemon-version", NULL, 0, EXIT_NO_DAEMON, "", "",
          "zmirror: the daemon is not running (no answer on %s)\n" },
        { "no configuration", "daemon-version --config-path /none", NULL, 0, EXIT_NO_DAEMON, "", "",
          "zmirror: the daemon is not running: there is no configuration /none yet\n" },
        { "version", "daemon-version",
          TEXT(REPLY("{\"version\":\"7.1\",\"config_path\":\"\",\"pid\":1,\"since\":1,"
                     "\"ready\":true}")),
          EXIT_DONE, CALL("Version", "{}}"), "zmirror 7.1\n", "" },
        { "an error", "shutdown",
          TEXT("{\"error\":\"io.zmirror.NotPermitted\",\"parameters\":{\"reason\":\"no way\"}}"),
          EXIT_FAILED, CALL("Shutdown", "{}}"), "", "zmirror: no way\n" },
        { "nonsense", "daemon-version", TEXT(REPLY("{}")), EXIT_FAILED, CALL("Version", "{}}"), "",
          "zmirror: the daemon's answer makes no sense; is it of another version?\n" },
        { "no JSON at all", "daemon-version", TEXT("what?"), EXIT_FAILED, CALL("Version", "{}}"),
          "", "zmirror: the daemon's answer makes no sense; is it of another version?\n" },
        { "hung up", "daemon-version", "", 0, EXIT_NO_DAEMON, CALL("Version", "{}}"), "",
          "zmirror: the daemon went away before it had answered\n" },
        { "words too many", "shutdown now", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: 'now' is too much (usage: zmirror shutdown)\n" },

        { "reloaded", "reload-config", TEXT(REPLY("{\"loaded\":true,\"diagnoses\":[]}")), EXIT_DONE,
          CALL("Reload", "{}}"), "", "" },
        { "not reloaded", "reload-config",
          TEXT(REPLY("{\"loaded\":false,\"diagnoses\":[{\"error\":true,\"text\":\"a:1:2: b\"}]}")),
          EXIT_FAILED, CALL("Reload", "{}}"), "",
          "a:1:2: b\nzmirror: the configuration was not reloaded, the old one stays\n" },

        { "enable", "enable log-events", TEXT(REPLY("{}")), EXIT_DONE,
          CALL("Set", "{\"setting\":\"log-events\",\"value\":\"yes\"}}"), "", "" },
        { "disable", "disable commands", TEXT(REPLY("{}")), EXIT_DONE,
          CALL("Set", "{\"setting\":\"commands\",\"value\":\"no\"}}"), "", "" },
        { "enable what cannot be", "enable timeout", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: unknown setting 'timeout' (usage: zmirror enable)\n" },
        { "a near miss", "enable log-evnts", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: unknown setting 'log-evnts', did you mean 'log-events'? (usage: zmirror "
          "enable)\n" },
        { "get", "get timeout", TEXT(REPLY("{\"value\":\"300\"}")), EXIT_DONE,
          CALL("Get", "{\"setting\":\"timeout\"}}"), "300\n", "" },
        { "set", "set log-level debug", TEXT(REPLY("{}")), EXIT_DONE,
          CALL("Set", "{\"setting\":\"log-level\",\"value\":\"debug\"}}"), "", "" },
        { "set badly", "set timeout soon", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: 'soon' is no value of timeout; it takes seconds, or '5 minutes' (usage: "
          "zmirror set)\n" },

        { "online, and it works", "online part 1",
          TEXT(MORE("{\"requests\":[" STATE("1", "waiting", "waiting for x") "]}")
                       MORE("{\"requests\":[" STATE("1", "waiting", "waiting for x") "]}")
                               MORE("{\"requests\":[" STATE("1", "waiting", "waiting for y") "]}")
                                       REPLY("{\"requests\":[" STATE("1", "done", "") "]}")),
          EXIT_DONE,
          REQUEST("online", "{\"type\":\"part\",\"words\":[\"1\"]}", "false",
                  "true") ",\"more\":true}",
          "", "online part: 1: waiting for x\nonline part: 1: waiting for y\n" },
        { "one of two fails", "online all",
          TEXT(MORE("{\"requests\":[" STATE("1", "waiting", "") "," STATE("2", "waiting", "") "]}")
                       REPLY("{\"requests\":[" STATE(
                               "2", "failed", "part 2 is not connected") "," STATE("1", "done",
                                                                                   "") "]}")),
          EXIT_FAILED, REQUEST("online", "{\"all\":true}", "false", "true") ",\"more\":true}", "",
          "zmirror: online part: 2 failed: part 2 is not connected\n" },
        { "a control character from outside", "online part 1",
          TEXT(REPLY("{\"requests\":[" STATE("1", "failed", "a\\u001b[2Jb\\nc") "]}")), EXIT_FAILED,
          REQUEST("online", "{\"type\":\"part\",\"words\":[\"1\"]}", "false",
                  "true") ",\"more\":true}",
          "", "zmirror: online part: 1 failed: a [2Jb c\n" },
        { "not blocking", "online --no-block group usb",
          TEXT(REPLY("{\"requests\":[" STATE("1", "waiting", "") "]}")), EXIT_DONE,
          REQUEST("online", "{\"group\":\"usb\"}", "false", "false") "}", "", "" },
        { "cancel, in front", "--cancel scrub zdev|pool:tank|name:a",
          TEXT(REPLY("{\"requests\":[" STATE("1", "done", "") "]}")), EXIT_DONE,
          REQUEST("scrub", "{\"id\":\"zdev|pool:tank|name:a\"}", "true", "true") ",\"more\":true}",
          "", "" },
        { "an older type", "scrub dm-crypt x", TEXT(REPLY("{\"requests\":[]}")), EXIT_DONE,
          REQUEST("scrub", "{\"type\":\"crypt\",\"words\":[\"x\"]}", "false",
                  "true") ",\"more\":true}",
          "", "" },
        { "a disk with blanks", "online disk the blue one", TEXT(REPLY("{\"requests\":[]}")),
          EXIT_DONE,
          REQUEST("online", "{\"type\":\"disk\",\"words\":[\"the blue one\"]}", "false",
                  "true") ",\"more\":true}",
          "", "" },
        { "gone while it waits", "online part 1",
          CUT(MORE("{\"requests\":[" STATE("1", "waiting", "x") "]}")), EXIT_NO_DAEMON,
          REQUEST("online", "{\"type\":\"part\",\"words\":[\"1\"]}", "false",
                  "true") ",\"more\":true}",
          "", "online part: 1: x\nzmirror: the daemon went away before it had answered\n" },
        { "no such type", "online prat x", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: unknown type 'prat', did you mean 'part'? (usage: zmirror online "
          "all|group)\n" },
        { "a name of several words", "online part EFI System --no-block",
          TEXT(REPLY("{\"requests\":[]}")), EXIT_DONE,
          REQUEST("online", "{\"type\":\"part\",\"words\":[\"EFI System\"]}", "false", "false") "}",
          "", "" },
        { "no name", "online disk", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: the name of the disk is missing (usage: zmirror online all|group)\n" },
        { "no name of a group", "online group", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: the name of the group is missing (usage: zmirror online all|group)\n" },
        { "too few words", "online zdev tank", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: a zdev is named by its pool and its name (usage: zmirror online all|group)\n" },
        { "nothing is named", "online", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: it is not said what of (usage: zmirror online all|group)\n" },

        { "status", "status zdev tank a",
          TEXT(REPLY("{\"now\":1700000000000000,\"entities\":[{\"id\":\"zdev|pool:tank|name:a\","
                     "\"hrid\":\"zdev: a (tank)\",\"state\":\"active\",\"type\":\"zdev\","
                     "\"errors\":true,\"errors_text\":\"3 read errors\",\"device\":\"/dev/sdb\","
                     "\"held_by\":\"loop device loop0\","
                     "\"last_online\":1700000000000000,\"last_update\":1699999000000000,"
                     "\"update_interval\":\"4 weeks\",\"scrub_overdue\":1699990000000000,"
                     "\"added\":1699990000000000,\"available_update_interval\":\"2 h\","
                     "\"available_update_overdue\":1699990000000000,"
                     "\"operations\":[{\"operation\":\"update\",\"progress\":0.5,"
                     "\"eta\":1700000720000000}],\"requests\":[{\"id\":1,\"wish\":\"offline\","
                     "\"origin\":\"handler\",\"by\":\"on_resilvered of zdev a (tank)\","
                     "\"since\":1699999000000000,"
                     "\"reason\":\"held back\"}]}]}")),
          EXIT_DONE,
          CALL("Status",
               "{\"target\":{\"type\":\"zdev\",\"words\":[\"tank\",\"a\"]}},\"more\":true}"),
          "zdev: a (tank)\n"
          "    state         active\n"
          "    device        /dev/sdb\n"
          "    errors        3 read errors\n"
          "    held by       loop device loop0 (when it was to go last)\n"
          "    last online   now\n"
          "    last update   2023-11-14 21:56:40 (every 4 weeks)\n"
          "    last scrub    never, overdue since 2023-11-14 19:26:40\n"
          "    last trim     never\n"
          "    available     to be updated every 2 h, overdue since 2023-11-14 19:26:40\n"
          "    added         2023-11-14 19:26:40\n"
          "    update        running, 50 %, done in 12 min\n"
          "    request       offline (on_resilvered of zdev a (tank), since 2023-11-14 21:56:40): "
          "held back\n",
          "" },
        { "status of a disk", "status disk blue",
          TEXT(REPLY(
                  "{\"now\":1700000000000000,\"entities\":[{\"id\":\"disk|uuid:a\","
                  "\"hrid\":\"disk: blue\",\"state\":\"active\",\"type\":\"disk\","
                  "\"groups\":[\"usb\",\"away\"],\"verdict\":{\"id\":\"disk|uuid:a\",\"verdict\":"
                  "\"working\",\"text\":\"updating it\",\"progress\":0.5,\"overdue\":true}}]}")),
          EXIT_DONE,
          CALL("Status", "{\"target\":{\"type\":\"disk\",\"words\":[\"blue\"]}},\"more\":true}"),
          "disk: blue\n"
          "    state         active\n"
          "    groups        usb, away\n"
          "    unplug        do not unplug: 50 %: updating it\n"
          "    copies        not up to date, overdue\n",
          "" },
        { "status as JSON", "status-all --json",
          TEXT(REPLY("{\"now\":1700000000000000,\"entities\":[{\"id\":\"part|name:a\","
                     "\"hrid\":\"part: a\",\"type\":\"part\",\"state\":\"connected\","
                     "\"groups\":[\"usb\"],\"device\":\"/dev/sdb1\",\"errors_text\":\"\","
                     "\"requests\":[{\"id\":1,\"wish\":\"online\",\"origin\":\"person\","
                     "\"by\":\"a person\","
                     "\"since\":1699999000000000,\"reason\":\"why\",\"reason_code\":\"x\"}]}]}")),
          EXIT_DONE, CALL("Status", "{\"target\":{\"all\":true}},\"more\":true}"),
          "[\n{\"id\":\"part|name:a\",\"hrid\":\"part: a\",\"state\":\"connected\",\"parent\":null,"
          "\"depth\":0,\"added\":null,\"last_online\":null,\"last_update\":null,"
          "\"update_overdue\":null,\"update_interval\":null,\"available_update_overdue\":null,"
          "\"available_update_interval\":null,\"last_trim\":null,\"trim_overdue\":null,"
          "\"trim_interval\":null,\"last_scrub\":null,\"scrub_overdue\":null,"
          "\"scrub_interval\":null,\"errors\":false,\"operations\":[],\"type\":\"part\","
          "\"groups\":[\"usb\"],\"device\":\"/dev/sdb1\",\"errors_text\":null,\"held_by\":null,"
          "\"trim_obstacle\":null,\"silent\":false,\"watching\":false,\"copy_text\":null,"
          "\"verdict\":null,"
          "\"requests\":[{\"wish\":\"online\",\"origin\":\"person\",\"by\":\"a person\","
          "\"since\":\"2023-11-14T21:56:40+00:00\",\"reason\":\"why\",\"reason_code\":\"x\"}]}\n]"
          "\n",
          "" },
        { "status of a type", "status dm-crypt",
          TEXT(REPLY("{\"now\":1,\"entities\":[{\"id\":\"crypt|name:a\",\"hrid\":\"crypt: a\","
                     "\"type\":\"crypt\",\"state\":\"inactive\"}]}")),
          EXIT_DONE,
          CALL("Status", "{\"target\":{\"all\":true,\"type\":\"crypt\"}},\"more\":true}"),
          "crypt: a\n    state         inactive\n", "" },
        { "explain", "explain all",
          TEXT(REPLY("{\"entities\":[{\"id\":\"a\",\"hrid\":\"part: a\",\"steps\":[{\"depth\":0,"
                     "\"reason\":\"waiting for b\"},{\"depth\":1,\"reason\":\"b is away\"}]},"
                     "{\"id\":\"c\",\"hrid\":\"part: c\",\"steps\":[]}]}")),
          EXIT_DONE, CALL("Explain", "{\"target\":{\"all\":true}}}"),
          "part: a\n    waiting for b\n      b is away\npart: c\n", "" },
        { "explain as JSON, a type", "explain part --json",
          TEXT(REPLY("{\"entities\":[{\"id\":\"part|name:a\",\"hrid\":\"part: a\",\"steps\":["
                     "{\"depth\":0,\"reason\":\"x\",\"reason_code\":\"none\"}]}]}")),
          EXIT_DONE, CALL("Explain", "{\"target\":{\"all\":true,\"type\":\"part\"}}}"),
          "[\n{\"id\":\"part|name:a\",\"hrid\":\"part: a\",\"steps\":[{\"depth\":0,"
          "\"reason\":\"x\",\"reason_code\":\"none\"}]}\n]\n",
          "" },
        { "history", "history",
          TEXT(MORE("{\"lines\":[{\"time\":1700000000000000,\"kind\":\"resilvered\",\"entity\":"
                    "\"zdev|pool:tank|name:a\",\"text\":\"zdev a (tank) was "
                    "resilvered\",\"details\":{\"n\":1}}]}")
                       REPLY("{\"lines\":[{\"time\":1700000001000000,\"kind\":\"safe\",\"entity\":"
                             "\"\","
                             "\"text\":\"the end\"}]}")),
          EXIT_DONE, CALL("History", "{\"since\":0,\"limit\":1000},\"more\":true}"),
          "2023-11-14 22:13:20  zdev a (tank) was resilvered\n2023-11-14 22:13:21  the end\n", "" },
        { "history of a type, without lines", "history zpool --json", TEXT(REPLY("{\"lines\":[]}")),
          EXIT_DONE,
          CALL("History", "{\"target\":{\"all\":true,\"type\":\"zpool\"},\"since\":0,\"limit\":"
                          "1000},\"more\":true}"),
          "[]\n", "" },
        { "no such day", "history --since 2026-02-30", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: '2026-02-30' is no time: it takes a date as 2026-03-01 or 2026-03-01T03:00:00, "
          "or a span as '2 weeks' (usage: zmirror history)\n" },
        { "history as JSON", "history --json --since 2023-11-14T00:00:00Z",
          TEXT(MORE("{\"lines\":[{\"time\":1700000000000000,\"kind\":\"resilvered\",\"entity\":"
                    "\"zdev|a\",\"text\":\"x\",\"details\":{\"n\":1}}]}")
                       REPLY("{\"lines\":[{\"time\":1700000001000000,\"kind\":\"safe\",\"entity\":"
                             "\"\","
                             "\"text\":\"the end\"}]}")),
          EXIT_DONE,
          CALL("History", "{\"since\":1699920000000000,\"limit\":1000000},\"more\":true}"),
          "[{\"time\":\"2023-11-14T22:13:20+00:00\",\"kind\":\"resilvered\",\"entity\":\"zdev|a\","
          "\"text\":\"x\",\"details\":{\"n\":1}},\n"
          "{\"time\":\"2023-11-14T22:13:21+00:00\",\"kind\":\"safe\",\"entity\":null,"
          "\"text\":\"the end\"}]\n",
          "" },
        { "no time", "history --since yesterday", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: 'yesterday' is no time: it takes a date as 2026-03-01 or 2026-03-01T03:00:00, "
          "or a span "
          "as '2 weeks' (usage: zmirror history)\n" },
        { "at a glance", "",
          TEXT(REPLY(
                  "{\"now\":1,\"disks\":["
                  "{\"id\":\"a\",\"hrid\":\"disk: blue\",\"verdict\":\"safe\",\"text\":\"\","
                  "\"up_to_date\":true,\"overdue\":false,\"errors\":false,\"last_update\":1},"
                  "{\"id\":\"b\",\"hrid\":\"disk: long one\",\"verdict\":\"working\",\"text\":"
                  "\"resilvering tank-b\",\"progress\":0.41,\"up_to_date\":false,\"overdue\":true,"
                  "\"errors\":false},"
                  "{\"id\":\"c\",\"hrid\":\"part: c\",\"verdict\":\"absent\",\"text\":\"\","
                  "\"up_to_date\":true,\"overdue\":false,\"errors\":false},"
                  "{\"id\":\"d\",\"hrid\":\"part: d\",\"verdict\":\"busy\",\"text\":"
                  "\"in use: pool bak\",\"up_to_date\":true,\"overdue\":false,"
                  "\"errors\":true}]}")),
          EXIT_DONE, CALL("Overview", "{}}"),
          "disk: blue      may be unplugged  up to date\n"
          "disk: long one  do not unplug     not up to date  overdue  41 %: resilvering tank-b\n"
          "part: c         absent            never updated\n"
          "part: d         do not unplug     has errors               in use: pool bak\n",
          "" },
        { "eject", "eject the blue one",
          TEXT(REPLY("{\"now\":1,\"requests\":[{\"id\":1,\"entity\":\"disk|uuid:a\",\"hrid\":"
                     "\"disk: the blue one\",\"wish\":\"eject\",\"state\":\"done\","
                     "\"reason\":\"it stays\",\"reason_code\":\"unsupported\"}]}")),
          EXIT_DONE,
          CALL("Request", "{\"wish\":\"eject\",\"target\":{\"type\":\"disk\",\"words\":[\"the blue "
                          "one\"]},\"cancel\":false,\"block\":true,\"accept_data_loss\":false,"
                          "\"overwrite_leg\":false},\"more\":true}"),
          "", "eject disk: the blue one is done, but it stays\n" },
        { "receipt", "receipt the blue one",
          TEXT(REPLY("{\"receipts\":[{\"id\":\"disk|uuid:a\",\"hrid\":\"disk: the blue one\","
                     "\"time\":1700000000000000,\"legs\":[{\"id\":\"z\",\"hrid\":\"zdev: b "
                     "(tank)\",\"pool\":\"tank\",\"copy\":\"complete\",\"found_by\":"
                     "\"resilver\",\"found_at\":1700000000000000,\"bytes\":1048576,"
                     "\"seconds\":720,\"sibling_txg\":41,\"txg\":42,"
                     "\"txg_at\":1700000000000000,\"last_update\":1700000000000000},"
                     "{\"id\":\"y\",\"hrid\":\"zdev: c (tank)\",\"pool\":\"tank\",\"copy\":"
                     "\"incomplete\",\"copy_text\":\"it may lack blocks\",\"found_by\":"
                     "\"trusted\",\"errors\":\"ZFS counted errors on it\"}]}]}")),
          EXIT_DONE,
          CALL("Receipt", "{\"target\":{\"type\":\"disk\",\"words\":[\"the blue one\"]}}}"),
          "disk: the blue one: safe to unplug on 2023-11-14 22:13:20\n"
          "zdev: b (tank)\n"
          "    copy          complete\n"
          "    found         2023-11-14 22:13:20: resilvered in 12 min, 1.0 MiB, no errors\n"
          "    label         txg 42 of 2023-11-14 22:13:20, read after it had gone; that of "
          "another "
          "leg had 41 before\n"
          "    errors        none\n"
          "    last update   2023-11-14 22:13:20\n"
          "    last scrub    never\n"
          "zdev: c (tank)\n"
          "    copy          incomplete: it may lack blocks\n"
          "    label         it was not read after the leg had gone\n"
          "    errors        ZFS counted errors on it\n"
          "    last update   never\n"
          "    last scrub    never\n",
          "" },
        { "no receipt", "receipt --json disk blue", TEXT(REPLY("{\"receipts\":[]}")), EXIT_FAILED,
          CALL("Receipt", "{\"target\":{\"type\":\"disk\",\"words\":[\"blue\"]}}}"), "",
          "zmirror: there is no receipt: one is written for a disk each time that legs on it were "
          "in "
          "use and it may be unplugged again\n" },
        { "receipt of nothing", "receipt", NULL, 0, EXIT_USAGE, "", "",
          "zmirror: it is not said which disk (usage: zmirror receipt)\n" },
        { "nothing to glance at", "", TEXT(REPLY("{\"now\":1,\"disks\":[]}")), EXIT_DONE,
          CALL("Overview", "{}}"), "No removable disk is configured.\n", "" },
};

static void check(const char *name, const char *what, const char *is, const char *should) {
        if (!text_equal(is, should))
                fail_msg("%s, %s:\n%s\n-- and not\n%s", name, what, is, should);
}

static void test_commands_ask_show_and_return(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct text err = {};
                struct desk d;

                desk_open(&d, cases[i].replies, cases[i].replies_size, false);
                (void) desk_run(&d, commands, ELEMENTSOF(commands), cases[i].line);
                if (strstr(cases[i].err, "%s"))
                        text_addf(&err, "%.*s%s%s",
                                  (int) (strstr(cases[i].err, "%s") - cases[i].err), cases[i].err,
                                  d.path, strstr(cases[i].err, "%s") + 2);
                else
                        text_add(&err, cases[i].err);
                check(cases[i].name, "stderr", d.err.s, err.s);
                check(cases[i].name, "stdout", d.out.s, cases[i].out);
                check(cases[i].name, "asked", d.asked.s ? d.asked.s : "", cases[i].asked);
                if (d.status != cases[i].status)
                        fail_msg("%s: exit %d", cases[i].name, d.status);
                text_done(&err);
                desk_close(&d);
        }
}

/* SIGINT that is pending already when the command begins to wait: the first thing that it sees. */
static void test_interrupting_leaves_the_request_and_says_so(void **state) {
        sigset_t set, before;
        struct desk d;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGINT);
        (void) sigprocmask(SIG_BLOCK, &set, &before);
        desk_open(&d, "", 0, true);
        (void) raise(SIGINT);
        assert_int_equal(desk_run(&d, commands, ELEMENTSOF(commands), "online part 1"),
                         EXIT_FAILED);
        assert_string_equal(d.err.s, "zmirror: interrupted; the request stays open (withdraw it "
                                     "with --cancel)\n");
        (void) signal(SIGINT, SIG_IGN); /* takes away what is pending */
        (void) sigprocmask(SIG_SETMASK, &before, NULL);
        (void) signal(SIGINT, SIG_DFL);
        desk_close(&d);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_commands_ask_show_and_return),
                cmocka_unit_test(test_interrupting_leaves_the_request_and_says_so),
        };

        (void) setenv("ZMIRROR_CONFIG_PATH", "/dev/null", 1); /* there is one */
        return cmocka_run_group_tests(tests, NULL, NULL);
}
