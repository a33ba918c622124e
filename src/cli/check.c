/* cli/check.c - is the configuration right? without a daemon */
#include <stdio.h>
#include <stdlib.h>

#include "cli/check.h"
#include "config/advice.h"
#include "config/config_load.h"
#include "world/linux/machine.h"

#define CONFIG_PATH_DEFAULT "/etc/zmirror/zmirror.yml"

static const char *config_path(const struct cli_call *call) {
        const char *path = call->values[OPTION_CONFIG_PATH];

        if (!path)
                path = getenv("ZMIRROR_CONFIG_PATH");
        return path && *path ? path : CONFIG_PATH_DEFAULT;
}

static void print_advice(const struct config *config, const struct advice *advice, uint32_t n) {
        for (uint32_t i = 0; i < n; i++)
                (void) printf("Mind: %s: %s.\n", config_entity(config, advice[i].about)->hrid,
                              advice[i].text);
}

/* Nobody shall take for well what could not be looked at. */
static void print_unseen(const struct config *config, const struct machine *m) {
        uint32_t n = 0;

        for (uint32_t i = 0; i < m->n_pools; i++) {
                if (m->pools[i].imported)
                        continue;
                (void) printf("%s %s",
                              n++ ? ","
                                  : "Not imported now, so that its autoreplace, "
                                    "multihost and spares could not be looked at:",
                              config_entity(config, m->pools[i].pool)->name);
        }
        (void) fputs(n ? ".\n" : "", stdout);
}

/* What lies in the configuration itself, and what this machine does to it. */
static void check_advise(struct cli_call *call, const struct config *config) {
        const char *kstat = getenv("ZMIRROR_KSTAT_DIR");
        struct machine_folders folders = machine_folders_usual;
        struct machine machine;
        struct advice *advice;
        uint32_t n;

        n = config_advise(call->arena, config, &advice);
        print_advice(config, advice, n);
        (void) fflush(stdout); /* ZFS may keep us waiting */
        if (kstat && *kstat)
                folders.kstat = kstat;
        machine_look(call->arena, config, &folders, &machine);
        n = config_advise_machine(call->arena, config, &machine, &advice);
        print_advice(config, advice, n);
        print_unseen(config, &machine);
}

int check_run(struct cli_call *call) {
        _cleanup_(config_freep) struct config *config = NULL;
        const char *path = config_path(call);
        struct diagnoses diagnoses = {};
        size_t n_warnings;

        if (!cli_expect_no_words(call))
                return EXIT_USAGE;
        config = config_load(call->arena, path, /* check_files= */ true, &diagnoses);
        for (size_t i = 0; i < diagnoses.count; i++)
                (void) fprintf(stderr, "%s\n",
                               diagnosis_print(call->arena, path, &diagnoses.items[i]));
        if (!config) {
                cli_complain("%s: %zu %s", path, diagnoses.n_errors,
                             diagnoses.n_errors == 1 ? "error" : "errors");
                return EXIT_FAILED;
        }
        n_warnings = diagnoses.count - diagnoses.n_errors;
        (void) fputs(config_summary(call->arena, config), stdout);
        check_advise(call, config);
        (void) printf("%s is good: %u %s, %zu %s.\n", path, config->n_entities,
                      config->n_entities == 1 ? "entity" : "entities", n_warnings,
                      n_warnings == 1 ? "warning" : "warnings");
        return EXIT_DONE;
}
