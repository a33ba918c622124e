/* model/machine.h - what of this machine may bite a configuration
 *
 * Read by world/linux/machine.c, judged by config/advice_machine.c, told by `zmirror check`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/entity.h"

struct machine_pool {
        entity_id pool;
        bool imported;
        const char *
                failure; /* why ZFS could not be asked about it; NULL: it was, or is not imported */
        bool autoreplace, multihost, spares;
        bool in_cachefile;
        bool scrub_disabled;     /* for Debian's cron job (org.debian:periodic-scrub) */
        const char *scrub_timer; /* the unit that is enabled, or NULL */
};

struct machine {
        struct machine_pool *pools; /* all of the configuration, in its order */
        uint32_t n_pools;
        const char *zfs_version; /* "2.3.2-2~bpo12+2"; "": the module is not loaded */
        bool cron_scrubs;        /* Debian's job, which scrubs every pool once a month */
        bool imports_cached;     /* what is in the cachefile is imported at boot */
        bool lacks_hostid;       /* ZFS is loaded, and writes 0 as the host on labels */
        const char **hubs; /* by entity: the USB hub that a part's disk is on, "2-1", or NULL */
};
