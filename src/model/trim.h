/* model/trim.h - why no trims get through to the disk of a leg, as a value that ends in front of a
 * person */
#pragma once

#include "base/arena.h"

enum trim_fault {
        TRIM_FAULT_NONE,      /* they do, or nobody knows better */
        TRIM_FAULT_MAPPING,   /* the LUKS container drops them */
        TRIM_FAULT_ANNOUNCED, /* the kernel sends none, though the disk announces that it takes them
                               */
        TRIM_FAULT_SILENT,    /* the kernel sends none, as the disk announces nothing */
        TRIM_FAULT_DISK,      /* the disk takes none */
        TRIM_FAULT_REOPEN,    /* the way is free, but was not when the leg came online */
        TRIM_FAULT_UNKNOWN,   /* ZFS says so */
        _TRIM_FAULT_MAX,
};

struct trim_obstacle {
        enum trim_fault fault;
        const char *where; /* the device where they are lost: "/dev/sdb"; borrowed */
        const char *mode;  /* its provisioning mode: "full" */
};

/* What it is, and what helps; no whole sentence, it follows "cannot be trimmed: ". In the arena. */
const char *trim_obstacle_print(struct arena *a, const struct trim_obstacle *o);
