/* model/trim.c - why no trims get through to the disk of a leg, in words */
#include "model/trim.h"

const char *trim_obstacle_print(struct arena *a, const struct trim_obstacle *o) {
        switch (o->fault) {
        case TRIM_FAULT_NONE:
        case _TRIM_FAULT_MAX:
                break;
        case TRIM_FAULT_MAPPING:
                return "its LUKS container was opened without --allow-discards, which zmirror "
                       "gives "
                       "where a trim_interval applies: set one if there is none, and take it "
                       "offline and online again";
        case TRIM_FAULT_ANNOUNCED:
                return arena_printf(a,
                                    "%s announces that it takes trims, but the kernel sends none "
                                    "(provisioning mode '%s'): force_enable_trim helps, or "
                                    "`zmirror enable-trim %s` before anything on it is opened",
                                    o->where, o->mode, o->where);
        case TRIM_FAULT_SILENT:
                return arena_printf(
                        a,
                        "%s does not announce that it takes trims, so that the kernel "
                        "sends none (provisioning mode '%s'): it takes none, or its USB "
                        "bridge hides it, and then force_enable_trim helps",
                        o->where, o->mode);
        case TRIM_FAULT_DISK:
                return arena_printf(a, "%s takes no trims", o->where);
        case TRIM_FAULT_REOPEN:
                return "its device took no trims when it came online, but does now: take it "
                       "offline "
                       "and online again";
        case TRIM_FAULT_UNKNOWN:
                return "ZFS says that its device takes no trims";
        }
        return "";
}
