/* main.c - the table of programs and commands */
#include "cli/check.h"
#include "cli/cli.h"
#include "cli/complete.h"
#include "cli/explain.h"
#include "cli/forget.h"
#include "cli/health.h"
#include "cli/history.h"
#include "cli/holders.h"
#include "cli/label.h"
#include "cli/list.h"
#include "cli/overview.h"
#include "cli/power.h"
#include "cli/receipt.h"
#include "cli/request.h"
#include "cli/service.h"
#include "cli/status.h"
#include "cli/trim.h"
#include "cli/watch.h"
#include "daemon/daemon.h"
#include "demo/demo.h"
#include "sim/simulate.h"

#define TARGET         "all|group <group>|<type> <name...>"
#define TARGET_OR_TYPE "all|group <group>|<type> [<name...>]"
#define DISK           "<disk>"
#define VOLUMES        "all|group <group>|zvol|dataset <pool> <name>"
#define SETTINGS       "commands|event-handlers|log-events|log-full-events"

static const struct cli_command commands[] = {
        /* the daemon */
        { "", "", "the removable disks at a glance: may I unplug it?", .run = overview_run },
        { "daemon", "", "run the service",
          OPTION_BIT(OPTION_SOCKET_PATH) | OPTION_BIT(OPTION_CONFIG_PATH) |
                  OPTION_BIT(OPTION_CACHE_PATH),
          .main = daemon_main },
        { "startup", "", "run the handlers for the start of the system", .run = service_startup },
        { "shutdown", "", "stop the daemon; no device is touched", .run = service_shutdown },
        { "reload-config", "", "read the configuration anew", .run = service_reload },
        { "daemon-version", "", "show the version of the daemon that runs",
          .run = service_version },
        { "check", "", "check the configuration, without a daemon", .run = check_run },
        { "simulate", "[<scenario>]", "rehearse the configuration in a simulated world",
          OPTION_BIT(OPTION_CONFIG_PATH) | OPTION_BIT(OPTION_SEED) | OPTION_BIT(OPTION_QUIET),
          .main = simulate_main },
        { "demo", "", "a week with zmirror in less than a minute; nothing is touched",
          OPTION_BIT(OPTION_QUICK), .main = demo_main },

        /* requests */
        { "online", TARGET, "bring it into use", REQUEST_ONLINE_OPTIONS, .run = request_run },
        { "offline", TARGET, "take it out of use, so that it may be unplugged", REQUEST_OPTIONS,
          .run = request_run },
        { "eject", DISK, "take all on the disk out of use, and power it off", REQUEST_OPTIONS,
          .run = request_run },
        { "scrub", TARGET, "read and check everything on it", REQUEST_OPTIONS, .run = request_run },
        { "trim", TARGET, "tell its disks which blocks are free", REQUEST_OPTIONS,
          .run = request_run },
        { "snapshot", VOLUMES, "make a snapshot of a zvol or dataset", REQUEST_OPTIONS,
          .run = request_run },

        /* maintenance */
        { "maintenance", "", "do all that is overdue", MAINTENANCE_OPTIONS,
          .run = maintenance_run },
        { "update-overdue", "", "bring online the legs whose update is overdue",
          MAINTENANCE_OPTIONS, .run = maintenance_run },
        { "resilver-overdue", "", "the same as update-overdue", MAINTENANCE_OPTIONS,
          .run = maintenance_run },
        { "scrub-overdue", "", "scrub the legs whose scrub is overdue", MAINTENANCE_OPTIONS,
          .run = maintenance_run },
        { "trim-overdue", "", "trim the legs whose trim is overdue", MAINTENANCE_OPTIONS,
          .run = maintenance_run },
        { "online-all", "", "bring all legs online whose disks are here", MAINTENANCE_ALL_OPTIONS,
          .run = maintenance_run },
        { "scrub-all", "", "scrub all legs whose disks are here", MAINTENANCE_ALL_OPTIONS,
          .run = maintenance_run },
        { "trim-all", "", "trim all legs whose disks are here", MAINTENANCE_ALL_OPTIONS,
          .run = maintenance_run },

        /* what is there, and what was */
        { "list", "[[scrub|trim|update] overdue]", "list what is configured, with dates",
          LIST_OPTIONS, .run = list_run, .help_more = list_help },
        { "status", TARGET_OR_TYPE, "show everything that is known about it",
          OPTION_BIT(OPTION_JSON), .run = status_run },
        { "status-all", "", "the same of everything", OPTION_BIT(OPTION_JSON), .run = status_run },
        { "explain", TARGET_OR_TYPE, "show why it is not online, up to date, or safe to unplug",
          OPTION_BIT(OPTION_JSON), .run = explain_run },
        { "health", "", "is all well? The exit status says how bad it is", OPTION_BIT(OPTION_JSON),
          .run = health_run, .trouble = EXIT_NO_DAEMON },
        { "history", "[" TARGET_OR_TYPE "]", "show what happened", HISTORY_OPTIONS,
          .run = history_run },
        { "receipt", DISK, "show what was on the disk when it was safe to unplug last",
          OPTION_BIT(OPTION_JSON), .run = receipt_run },
        { "watch", "", "show on a live screen what goes on", .run = watch_run },
        { "label", "<device>...", "show what a leg's own labels say, without a daemon",
          OPTION_BIT(OPTION_JSON), .main = cli_label },
        { "holders", "<device>|<pool>|<dataset>|<folder>", "who uses it? Without a daemon",
          .main = cli_holders },

        { "forget", TARGET, "forget what is known of it from earlier", .run = forget_run },
        { "clear-cache", "", "forget all dates and the history", CLEAR_CACHE_OPTIONS,
          .run = clear_cache_run },

        { "check-trim", "<device>", "do trims get through to it? Without a daemon",
          .main = cli_check_trim },
        { "enable-trim", "<device>", "make the kernel send trims to it, without a daemon",
          .main = cli_enable_trim },
        { "power-off", "<device>", "power a disk off that nobody uses, without a daemon",
          .main = cli_power_off },

        /* settings, until the next reload or restart */
        { "enable", SETTINGS, "switch it on", .run = service_enable },
        { "disable", SETTINGS, "switch it off", .run = service_enable },
        { "get", SETTINGS "|log-level|timeout", "show a setting", .run = service_get },
        { "set", "log-level|timeout <value>", "change a setting", .run = service_set },

        { "complete-words", "", NULL, .main = complete_main },
};

int main(int argc, char **argv) {
        return cli_main(commands, ELEMENTSOF(commands), argc, argv);
}
