/* model/facts.h - what was seen: block devices, pools, mounts, labels. No opinion in here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/time.h"

/* --- block devices (udev)
 * --------------------------------------------------------------------------------- */

enum device_kind {
        DEVICE_DISK,
        DEVICE_PARTITION,
        DEVICE_MAPPING, /* device-mapper */
        DEVICE_ZVOL,
        DEVICE_OTHER, /* loop, nbd, ... */
};

/* One block device that exists and that udev has finished with. Text is never NULL, "" where udev
 * says nothing; it belongs to whoever holds the fact (see device_copy). */
struct device {
        const char *syspath; /* its key */
        const char *devnode; /* /dev/sdb1 */
        uint64_t devnum;     /* dev_t: major and minor */
        uint64_t diskseq; /* of the disk it is on: a replugged disk gets another; 0 where unknown */
        enum device_kind kind;
        uint64_t size_bytes;
        const char *table_uuid; /* ID_PART_TABLE_UUID: of the disk itself (for a partition: of its
                                   disk), lower case */
        const char *part_name;  /* ID_PART_ENTRY_NAME, decoded */
        const char *part_uuid;
        const char *fs_type;           /* "crypto_LUKS", "zfs_member", ... */
        const char *fs_uuid;           /* LUKS: its UUID */
        uint64_t pool_guid, vdev_guid; /* zfs_member: ID_FS_UUID, ID_FS_UUID_SUB; else 0 */
        const char *dm_name; /* mapping: without it (and SYSTEMD_READY=0) a mapping is not reported
                                at all */
        const char *dm_uuid; /* "CRYPT-LUKS2-<32 hex digits>-<name>" */
        const char *zvol_name;    /* zvol: "<pool>/<volume>", from its /dev/zvol link */
        uint64_t backing;         /* mapping: the device number in its table; 0: none or not told */
        bool backing_exists;      /* mapping: /sys/dev/block/<backing> is there */
        uint64_t backing_diskseq; /* mapping: the diskseq found there now */
        uint64_t disk;            /* partition: devnum of its disk */
        const uint64_t *below;    /* any other that stands on devices: their numbers */
        uint32_t n_below;
        bool removable, usb;
        uint64_t discard_max; /* bytes: the largest trim that is let through to it, for a partition
                                 to its disk; 0: none is */
        const char *provisioning; /* SCSI disk: how trims are sent to it: "unmap", "full" (not at
                                     all), ...; else "" */
        bool announces_trims;     /* SCSI disk: it says itself that it takes them */
        const char *serial, *model, *bus; /* for people */
};

/* A copy whose text is in the arena. */
struct device *device_copy(struct arena *a, const struct device *d);
bool device_equal(const struct device *a, const struct device *b);

/* --- pools
 * ------------------------------------------------------------------------------------------------
 */

enum vdev_state {
        VDEV_STATE_UNKNOWN,
        VDEV_STATE_CLOSED,
        VDEV_STATE_OFFLINE,
        VDEV_STATE_REMOVED,
        VDEV_STATE_UNAVAIL, /* CANT_OPEN in JSON */
        VDEV_STATE_FAULTED,
        VDEV_STATE_DEGRADED,
        VDEV_STATE_ONLINE,
        _VDEV_STATE_MAX,
};

const char *vdev_state_print(enum vdev_state s);
bool vdev_state_parse(const char *s, enum vdev_state *ret); /* both spellings */

static inline bool vdev_state_is_online(enum vdev_state s) {
        return s == VDEV_STATE_ONLINE || s == VDEV_STATE_DEGRADED;
}

enum vdev_type {
        VDEV_TYPE_ROOT,
        VDEV_TYPE_DISK, /* or file: a leaf */
        VDEV_TYPE_MIRROR,
        VDEV_TYPE_RAIDZ, /* and draid */
        VDEV_TYPE_REPLACING,
        VDEV_TYPE_SPARE,
        VDEV_TYPE_OTHER, /* indirect, hole, missing */
        _VDEV_TYPE_MAX,
};

const char *vdev_type_print(enum vdev_type t);
bool vdev_type_parse(const char *s, enum vdev_type *ret);

/* What a top-level vdev is made of. */
struct vdev_shape {
        enum vdev_type type;
        uint32_t parity; /* raidz */
        uint32_t width;  /* how many members it has */
};

/* How many of its members have to be there for it to work. */
uint32_t vdev_shape_needs(const struct vdev_shape *s);

enum vdev_class {
        VDEV_CLASS_NORMAL,
        VDEV_CLASS_LOG,
        VDEV_CLASS_CACHE,
        VDEV_CLASS_SPARE,
        VDEV_CLASS_SPECIAL
};

enum trim_state {
        TRIM_UNTRIMMED,
        TRIM_ACTIVE,
        TRIM_SUSPENDED,
        TRIM_CANCELED,
        TRIM_COMPLETE,
        TRIM_UNSUPPORTED,
};

#define VDEV_NONE UINT32_MAX

struct vdev {
        const char *name; /* as status shows it: a path with -P, a GUID for what is not there */
        const char *path; /* where ZFS looks for it; "" if not told */
        const char *was;  /* "was /dev/..." of what is not there; "" if not told */
        enum vdev_type type;
        enum vdev_class class;
        uint32_t parity; /* raidz */
        uint64_t guid;   /* 0: not told */
        enum vdev_state state;
        const char *aux;      /* "" or why: "too many errors", OPEN_FAILED */
        uint32_t parent, top; /* indices into pool_status.vdevs; VDEV_NONE for the root */
        uint64_t read_errors, write_errors, checksum_errors;
        bool not_present;
        bool resilver_deferred; /* "(awaiting resilver)" */
        bool resilvering; /* text: "(resilvering)"; JSON: scan_processed of a running resilver is
                             not 0 */
        enum trim_state trim_state;
        uint64_t trim_done, trim_total; /* bytes; percent of 100 where the text form was read */
        usec_t trim_time;               /* since when, or when it was complete; 0: not told */
        uint64_t trim_errors;
};

enum scan_function { SCAN_NONE, SCAN_SCRUB, SCAN_RESILVER, SCAN_ERRORSCRUB };
enum scan_state { SCAN_STATE_NONE, SCAN_STATE_SCANNING, SCAN_STATE_FINISHED, SCAN_STATE_CANCELED };

/* A pool's only scan record: each scan overwrites the one before it. */
struct scan {
        enum scan_function function;
        enum scan_state state;
        usec_t start, end; /* wall clock, whole seconds; 0: not told (the text form tells no start
                              of what was canceled) */
        usec_t paused;     /* since when; 0: not paused */
        uint64_t to_examine, examined, issued, processed; /* bytes; rounded, or 0, where the text
                                                             form was read */
        uint64_t errors;
        /* Since it was begun, or its pool was imported: how long it was paused, and what was done.
         * Only the JSON form tells; a pass_start of 0: not told. */
        usec_t pass_start, pass_paused;
        uint64_t pass_issued;
};

/* True if both are the same record, as far as both forms of status tell; what changes without any
 * scan (`issued`, by an import) does not count. */
bool scan_equal(const struct scan *a, const struct scan *b);

struct pool_status {
        struct arena *arena; /* holds everything, this struct included */
        const char *name;
        uint64_t guid;         /* 0: not told */
        enum vdev_state state; /* of the root vdev */
        bool suspended;
        uint64_t error_count; /* known data errors */
        bool checkpoint;      /* one exists or is being discarded */
        bool rebuilding;      /* a sequential resilver runs */
        bool removing;        /* a device removal runs */
        bool spare_in_use;
        const char *problem; /* the "status:" text, "" if there is none */
        struct scan scan;
        struct vdev *vdevs; /* the root first, parents before children */
        uint32_t n_vdevs;
        uint64_t txg;      /* the newest synced txg, from the kernel's statistics; 0: not told */
        uint64_t instance; /* which import of it this is: the kernel's clock when it was imported,
                              since the machine started; 0: not told */
};

struct pool_status *pool_status_free(struct pool_status *p);
DEFINE_CLEANUP(struct pool_status *, pool_status_free);

/* One entry of /proc/spl/kstat/zfs: a pool that is imported or being imported. */
struct pool_seen {
        const char *name;
        uint64_t guid; /* 0: not told */
        bool suspended;
        const char *state; /* ONLINE, DEGRADED, SUSPENDED, ... */
};

/* --- mounts and other users of a device
 * -------------------------------------------------------------------- */

/* Swap is one, too: its type is "swap". */
struct mount {
        const char *source; /* "tank/data", "/dev/mapper/x" */
        const char *target, *fs_type;
        uint64_t devnum;        /* of a mounted block device; 0 for ZFS */
        uint64_t id, parent;    /* of the mount, and of the one that it is mounted in */
        uint64_t file_system;   /* what stat tells as st_dev of its files, for ZFS, too */
        uint64_t peers, master; /* what is mounted and unmounted together; 0: none */
};

/* Somebody who uses a device, a file system or a pool: "held by dm-3 (name)", "loop device loop0",
 * "mounted at /x", "process 12 (bash) uses /tank/x". */
struct holder {
        const char *text;
};

/* --- labels
 * ------------------------------------------------------------------------------------------------
 */

/* A leg's passport: what its own labels say. All zeroes but `valid` where none is
 * readable. */
struct label {
        bool valid;        /* at least one label with a configuration and one good uberblock */
        uint32_t n_labels; /* how many of the four agree and are whole */
        const char *pool_name;
        uint64_t pool_guid, vdev_guid, top_guid;
        struct vdev_shape top; /* of the top-level vdev that it is in, or is */
        uint64_t config_txg;   /* lags behind; not for comparing */
        uint64_t pool_state;   /* 0 active, 1 exported, 2 destroyed */
        uint64_t txg;          /* newest valid uberblock */
        uint64_t timestamp;    /* and its time, seconds */
        uint64_t hostid;
        const char *hostname;
};
