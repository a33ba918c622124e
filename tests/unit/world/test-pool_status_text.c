/* tests/unit/world/test-pool_status_text.c - the wordings of `zpool status`, old and new
 *
 * Texts that are not captured ones follow the format strings of ZFS's own sources. */
#include "data.h"

#include <errno.h>
#include <time.h>

#include "model/facts.h"
#include "world/linux/pool_status_text.h"

/* Mon Nov 23 05:00:00 2026, UTC. */
#define FIVE_O_CLOCK (UINT64_C(1795410000) * USEC_PER_SEC)
#define MIB          (1024 * UINT64_C(1024))

static struct pool_status *parse(const char *text, const char *guids, const char *pool,
                                 int expected) {
        struct pool_status *p = NULL;
        const char *error = "";
        int r = pool_status_parse_text(text, strlen(text), guids, guids ? strlen(guids) : 0, pool,
                                       &p, &error);

        if (r != expected)
                fail_msg("%d: %s\n%s", r, error, text);
        if (r < 0)
                assert_true(*error);
        return p;
}

/* A pool of two legs with such paragraphs in front of its table. */
static struct pool_status *parse_with(struct arena *a, const char *paragraphs) {
        return parse(arena_printf(a,
                                  "  pool: tank\n state: ONLINE\n%sconfig:\n\n"
                                  "\tNAME        STATE     READ WRITE CKSUM\n"
                                  "\ttank        ONLINE       0     0     0\n"
                                  "\t  mirror-0  ONLINE       0     0     0\n"
                                  "\t    /dev/a  ONLINE       0     0     0\n"
                                  "\t    /dev/b  ONLINE       0     0     0\n"
                                  "\nerrors: No known data errors\n",
                                  paragraphs),
                     NULL, "tank", 0);
}

static const struct {
        const char *name, *text;
        struct scan expected;
        bool rebuilding;
} scans[] = {
        { "never scanned", "", {}, false },
        { "never scanned, old wording", "  scan: none requested\n", {}, false },
        { "2.1, resilver",
          "  scan: resilver in progress since Mon Nov 23 05:00:00 2026\n"
          "\t40.0M scanned at 40.0M/s, 17.5M issued at 17.5M/s, 101M total\n"
          "\t3.00M resilvered, 17.79% done, 00:00:04 to go\n",
          { SCAN_RESILVER, SCAN_STATE_SCANNING, FIVE_O_CLOCK, 0, 0, 101 * MIB, 40 * MIB,
            35 * MIB / 2, 3 * MIB, 0 },
          false },
        { "2.3, resilver",
          "  scan: resilver in progress since Mon Nov 23 05:00:00 2026\n"
          "\t40.0M / 101M scanned at 40.0M/s, 17.5M / 100M issued at 17.5M/s\n"
          "\t3.00M resilvered, 17.79% done, 1 days 00:00:04 to go\n",
          { SCAN_RESILVER, SCAN_STATE_SCANNING, FIVE_O_CLOCK, 0, 0, 101 * MIB, 40 * MIB,
            35 * MIB / 2, 3 * MIB, 0 },
          false },
        { "2.1, resilver that has just begun",
          "  scan: resilver in progress since Mon Nov 23 05:00:00 2026\n"
          "\t0B scanned at 0B/s, 0B issued at 0B/s, 101M total\n"
          "\t0B resilvered, 0.00% done, no estimated completion time\n",
          { SCAN_RESILVER, SCAN_STATE_SCANNING, FIVE_O_CLOCK, 0, 0, 101 * MIB, 0, 0, 0, 0 },
          false },
        { "2.3, resilver past 100 %",
          "  scan: resilver in progress since Mon Nov 23 05:00:00 2026\n"
          "\t1.50T / 1.00T scanned at 1G/s, 1.25T / 1.00T issued at 1G/s\n"
          "\t512G resilvered, 125.00% done, (copy is slow, no estimated time)\n",
          { SCAN_RESILVER, SCAN_STATE_SCANNING, FIVE_O_CLOCK, 0, 0, 1024 * 1024 * MIB,
            1536 * 1024 * MIB, 1280 * 1024 * MIB, 512 * 1024 * MIB, 0 },
          false },
        { "2.1, paused scrub",
          "  scan: scrub paused since Mon Nov 23 05:00:10 2026\n"
          "\tscrub started on Mon Nov 23 05:00:00 2026\n"
          "\t101M scanned, 27.0M issued, 101M total\n"
          "\t1.00M repaired, 27.30% done\n",
          { SCAN_SCRUB, SCAN_STATE_SCANNING, FIVE_O_CLOCK, 0, FIVE_O_CLOCK + 10 * USEC_PER_SEC,
            101 * MIB, 101 * MIB, 27 * MIB, MIB, 0 },
          false },
        { "2.3, paused scrub",
          "  scan: scrub paused since Mon Nov 23 05:00:10 2026\n"
          "\tscrub started on Mon Nov 23 05:00:00 2026\n"
          "\t101M / 101M scanned, 27.0M / 101M issued\n"
          "\t0B repaired, 27.30% done\n",
          { SCAN_SCRUB, SCAN_STATE_SCANNING, FIVE_O_CLOCK, 0, FIVE_O_CLOCK + 10 * USEC_PER_SEC,
            101 * MIB, 101 * MIB, 27 * MIB, 0, 0 },
          false },
        { "a newer word in front",
          "  scan: thorough scrub in progress since Mon Nov 23 05:00:00 2026\n"
          "\t101M / 101M scanned, 27.0M / 101M issued\n"
          "\t0B repaired, 27.30% done\n",
          { SCAN_SCRUB, SCAN_STATE_SCANNING, FIVE_O_CLOCK, 0, 0, 101 * MIB, 101 * MIB, 27 * MIB, 0,
            0 },
          false },
        { "finished",
          "  scan: resilvered 28.0M in 00:00:17 with 0 errors on Mon Nov 23 05:00:00 2026\n",
          { SCAN_RESILVER, SCAN_STATE_FINISHED, FIVE_O_CLOCK - 17 * USEC_PER_SEC, FIVE_O_CLOCK, 0,
            0, 0, 0, 28 * MIB, 0 },
          false },
        { "finished with errors, after days",
          "  scan: scrub repaired 1.50K in 2 days 03:04:05 with 8 errors on Mon Nov 23 05:00:00 "
          "2026\n",
          { SCAN_SCRUB, SCAN_STATE_FINISHED,
            FIVE_O_CLOCK - 2 * USEC_PER_DAY - 3 * USEC_PER_HOUR - 4 * USEC_PER_MIN -
                    5 * USEC_PER_SEC,
            FIVE_O_CLOCK, 0, 0, 0, 0, 1536, 8 },
          false },
        { "on a day of one digit",
          "  scan: scrub repaired 0B in 00:00:00 with 0 errors on Sun Nov  1 05:00:00 2026\n",
          { SCAN_SCRUB, SCAN_STATE_FINISHED, FIVE_O_CLOCK - 22 * USEC_PER_DAY,
            FIVE_O_CLOCK - 22 * USEC_PER_DAY, 0, 0, 0, 0, 0, 0 },
          false },
        { "canceled",
          "  scan: resilver canceled on Mon Nov 23 05:00:00 2026\n",
          { SCAN_RESILVER, SCAN_STATE_CANCELED, 0, FIVE_O_CLOCK, 0, 0, 0, 0, 0, 0 },
          false },
        { "a sequential resilver beside the record of a scrub",
          "  scan: scrub repaired 0B in 00:00:02 with 0 errors on Mon Nov 23 05:00:00 2026\n"
          "  scan: resilver (mirror-0) in progress since Mon Nov 23 05:10:00 2026\n"
          "\t101M scanned at 101M/s, 50M issued 50M/s, 101M total\n"
          "\t50M resilvered, 49.00% done, 00:00:01 to go\n",
          { SCAN_SCRUB, SCAN_STATE_FINISHED, FIVE_O_CLOCK - 2 * USEC_PER_SEC, FIVE_O_CLOCK, 0, 0, 0,
            0, 0, 0 },
          true },
        { "a sequential resilver that has ended",
          "  scan: resilvered (mirror-0) 101M in 00:00:02 with 0 errors on Mon Nov 23 05:00:00 "
          "2026\n",
          {},
          false },
        { "a scrub of errors",
          "  scan: error scrub in progress since Mon Nov 23 05:00:00 2026\n"
          "\t10.00% done, issued I/O for 2 error blocks\n",
          { SCAN_ERRORSCRUB, SCAN_STATE_SCANNING, FIVE_O_CLOCK, 0, 0, 0, 0, 0, 0, 0 },
          false },
        { "what is not known yet may be running",
          "  scan: levitation of blocks at full speed\n",
          { SCAN_ERRORSCRUB, SCAN_STATE_SCANNING, 0, 0, 0, 0, 0, 0, 0, 0 },
          false },
        { "a warning below it",
          "  scan: scrub repaired 0B in 00:00:02 with 0 errors on Mon Nov 23 05:00:00 2026\n"
          "    scan warning: skipping blocks that are only referenced by the checkpoint.\n",
          { SCAN_SCRUB, SCAN_STATE_FINISHED, FIVE_O_CLOCK - 2 * USEC_PER_SEC, FIVE_O_CLOCK, 0, 0, 0,
            0, 0, 0 },
          false },
};

static void test_scans(void **state) {
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(scans); i++) {
                _cleanup_(pool_status_freep) struct pool_status *p = parse_with(a, scans[i].text);

                if (!scan_equal(&p->scan, &scans[i].expected) ||
                    p->scan.start != scans[i].expected.start ||
                    p->scan.issued != scans[i].expected.issued ||
                    p->rebuilding != scans[i].rebuilding)
                        fail_msg(
                                "%s: function %d state %d start %lu end %lu paused %lu amounts %lu "
                                "%lu %lu %lu errors %lu",
                                scans[i].name, (int) p->scan.function, (int) p->scan.state,
                                p->scan.start, p->scan.end, p->scan.paused, p->scan.to_examine,
                                p->scan.examined, p->scan.issued, p->scan.processed,
                                p->scan.errors);
        }
        arena_free(a);
}

/* The scan line in each captured state of 2.1.11. */
static void test_captured_scans_of_2_1(void **state) {
        static const struct {
                const char *dir;
                enum scan_function function;
                enum scan_state state;
                bool paused;
        } cases[] = {
                { "01-healthy-single", SCAN_NONE, SCAN_STATE_NONE, false },
                { "02-attach-resilver-in-progress", SCAN_RESILVER, SCAN_STATE_SCANNING, false },
                { "03-healthy-mirror", SCAN_RESILVER, SCAN_STATE_FINISHED, false },
                { "08b-online-just-returned", SCAN_RESILVER, SCAN_STATE_FINISHED, false },
                { "09-online-resilver-in-progress", SCAN_RESILVER, SCAN_STATE_SCANNING, false },
                { "11-scrub-in-progress", SCAN_SCRUB, SCAN_STATE_SCANNING, false },
                { "12-scrub-paused", SCAN_SCRUB, SCAN_STATE_SCANNING, true },
                { "13-scrub-canceled", SCAN_SCRUB, SCAN_STATE_CANCELED, false },
                { "14-scrub-finished-0-errors", SCAN_SCRUB, SCAN_STATE_FINISHED, false },
        };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const char *text = data_read(
                        a, arena_printf(a, "zfs-2.1.11/states/%s/status-pPt.txt", cases[i].dir));
                _cleanup_(pool_status_freep) struct pool_status *p = parse(text, NULL, "tank", 0);

                if (p->scan.function != cases[i].function || p->scan.state != cases[i].state ||
                    (p->scan.paused > 0) != cases[i].paused)
                        fail_msg("%s: function %d, state %d", cases[i].dir, (int) p->scan.function,
                                 (int) p->scan.state);
                if (p->scan.state == SCAN_STATE_SCANNING)
                        assert_true(p->scan.start && p->scan.to_examine && p->scan.examined);
        }
        arena_free(a);
}

static void test_other_paragraphs(void **state) {
        struct arena *a = arena_new();
        _cleanup_(pool_status_freep) struct pool_status *p = parse_with(
                a, "status: One or more devices is being removed.\n\tIt takes time.\n"
                   "action: Wait.\n"
                   "   see: https://example.org/x\n"
                   "checkpoint: created Mon Nov 23 05:00:00 2026, consumes 1M\n"
                   "remove: Evacuation of /dev/c in progress since Mon Nov 23 05:00:00 2026\n"
                   "\t1.2M copied out of 3M at 1M/s, 40.00% done, 0h0m to go\n");

        assert_string_equal(p->problem, "One or more devices is being removed. It takes time.");
        assert_true(p->checkpoint);
        assert_true(p->removing);
        assert_false(p->suspended);
        p = pool_status_free(p);

        p = parse_with(a, "remove: Removal of vdev 1 copied 1M in 0h0m, completed on Mon Nov 23 "
                          "05:00:00 2026\n"
                          "\t3K memory used for removed device mappings\n"
                          "checkpoint: discarding, 1M remaining.\n");
        assert_false(p->removing);
        assert_true(p->checkpoint);
        p = pool_status_free(p);

        p = parse_with(a, "");
        assert_false(p->checkpoint);
        assert_string_equal(p->problem, "");
        arena_free(a);
}

static void test_remarks_in_any_combination(void **state) {
        static const struct {
                const char *remarks;
                struct vdev expected; /* of these members: */
        } cases[] = {
                { "", { .was = "", .aux = "" } },
                { "  (resilvering)", { .was = "", .aux = "", .resilvering = true } },
                { "  (repairing)", { .was = "", .aux = "" } },
                { "  (awaiting resilver)", { .was = "", .aux = "", .resilver_deferred = true } },
                { "  was /dev/disk/by-id/x",
                  { .was = "/dev/disk/by-id/x", .aux = "", .not_present = true } },
                { "  was /dev/my disk  (trim unsupported)",
                  { .was = "/dev/my disk",
                    .aux = "",
                    .not_present = true,
                    .trim_state = TRIM_UNSUPPORTED } },
                { "  too many errors  (resilvering)  (untrimmed)",
                  { .was = "", .aux = "too many errors", .resilvering = true } },
                { "  block size: 512B configured, 4096B native  (awaiting resilver)  (trimming)",
                  { .was = "", .aux = "", .resilver_deferred = true, .trim_state = TRIM_ACTIVE } },
                { "  cannot open  (3% trimmed, suspended, started at Mon Nov 23 05:00:00 2026)",
                  { .was = "",
                    .aux = "cannot open",
                    .trim_state = TRIM_SUSPENDED,
                    .trim_done = 3,
                    .trim_total = 100,
                    .trim_time = FIVE_O_CLOCK } },
                { "  (removing)  (3% initialized, started at Mon Nov 23 05:00:00 2026)  (3% "
                  "trimmed, "
                  "started at Sun Nov  1 05:00:00 2026)",
                  { .was = "",
                    .aux = "",
                    .trim_state = TRIM_ACTIVE,
                    .trim_done = 3,
                    .trim_total = 100,
                    .trim_time = FIVE_O_CLOCK - 22 * USEC_PER_DAY } },
                { "  (non-allocating)  (100% trimmed, completed at Mon Nov 23 05:00:00 2026)",
                  { .was = "",
                    .aux = "",
                    .trim_state = TRIM_COMPLETE,
                    .trim_done = 100,
                    .trim_total = 100,
                    .trim_time = FIVE_O_CLOCK } },
                { "  (never closed", { .was = "", .aux = "" } },
        };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const struct vdev *v, *e = &cases[i].expected;
                _cleanup_(pool_status_freep) struct pool_status *p = parse(
                        arena_printf(a,
                                     "  pool: tank\n state: ONLINE\nconfig:\n\n"
                                     "\tNAME      STATE     READ WRITE CKSUM\n"
                                     "\ttank      ONLINE       0     0     0\n"
                                     "\t  /dev/a  ONLINE       1 18446744073709551615 2.5K%s\n\n"
                                     "errors: No known data errors\n",
                                     cases[i].remarks),
                        NULL, "tank", 0);

                v = &p->vdevs[1];
                assert_int_equal(v->read_errors, 1);
                assert_true(v->write_errors == UINT64_MAX);
                assert_int_equal(v->checksum_errors, 2560);
                if (strcmp(v->was, e->was) != 0 || strcmp(v->aux, e->aux) != 0 ||
                    v->not_present != e->not_present || v->resilvering != e->resilvering ||
                    v->resilver_deferred != e->resilver_deferred ||
                    v->trim_state != e->trim_state || v->trim_done != e->trim_done ||
                    v->trim_total != e->trim_total || v->trim_time != e->trim_time)
                        fail_msg("\"%s\": was \"%s\", aux \"%s\", trim %d", cases[i].remarks,
                                 v->was, v->aux, (int) v->trim_state);
        }
        arena_free(a);
}

static const char large[] =
        "  pool: logs\n"
        " state: DEGRADED\n"
        "config:\n"
        "\n"
        "\tNAME                     STATE     READ WRITE CKSUM\n"
        "\tlogs                     DEGRADED     0     0     0\n"
        "\t  raidz2-0               DEGRADED     0     0     0\n"
        "\t    /dev/a               ONLINE       0     0     0\n"
        "\t    spare-1              DEGRADED     0     0     0\n"
        "\t      /dev/b             FAULTED      9     0     0  too many errors\n"
        "\t      /dev/s             ONLINE       0     0     0\n"
        "\t    replacing-2          DEGRADED     0     0     0\n"
        "\t      123456789          UNAVAIL      0     0     0  was /dev/c\n"
        "\t      /dev/d             ONLINE       0     0     0\n"
        "\t  draid1:2d:4c:1s-1      ONLINE       0     0     0\n"
        "\t    /dev/e               ONLINE       0     0     0\n"
        "\t    draid1-1-0           ONLINE       0     0     0\n"
        "\tspecial\t\n"
        "\t  /dev/f                 ONLINE       0     0     0\n"
        "\tdedup\t\n"
        "\t  mirror-3               ONLINE       0     0     0\n"
        "\t    /dev/g               ONLINE       0     0     0\n"
        "\tlogs\t\n"
        "\t  /dev/h                 ONLINE       0     0     0\n"
        "\tcache\n"
        "\t  /dev/i                 ONLINE       0     0     0\n"
        "\tspares\n"
        "\t  /dev/s                 INUSE     currently in use\n"
        "\t  draid1-1-0             AVAIL   \n"
        "\n"
        "errors: 3 data errors, use '-v' for a list\n";

static void test_a_tree_of_everything(void **state) {
        static const struct {
                const char *name;
                enum vdev_type type;
                enum vdev_class class;
                uint32_t parent, top, parity;
                enum vdev_state state;
        } expected[] = {
                { "logs", VDEV_TYPE_ROOT, VDEV_CLASS_NORMAL, VDEV_NONE, VDEV_NONE, 0,
                  VDEV_STATE_DEGRADED },
                { "raidz2-0", VDEV_TYPE_RAIDZ, VDEV_CLASS_NORMAL, 0, 1, 2, VDEV_STATE_DEGRADED },
                { "/dev/a", VDEV_TYPE_DISK, VDEV_CLASS_NORMAL, 1, 1, 0, VDEV_STATE_ONLINE },
                { "spare-1", VDEV_TYPE_SPARE, VDEV_CLASS_NORMAL, 1, 1, 0, VDEV_STATE_DEGRADED },
                { "/dev/b", VDEV_TYPE_DISK, VDEV_CLASS_NORMAL, 3, 1, 0, VDEV_STATE_FAULTED },
                { "/dev/s", VDEV_TYPE_DISK, VDEV_CLASS_NORMAL, 3, 1, 0, VDEV_STATE_ONLINE },
                { "replacing-2", VDEV_TYPE_REPLACING, VDEV_CLASS_NORMAL, 1, 1, 0,
                  VDEV_STATE_DEGRADED },
                { "123456789", VDEV_TYPE_DISK, VDEV_CLASS_NORMAL, 6, 1, 0, VDEV_STATE_UNAVAIL },
                { "/dev/d", VDEV_TYPE_DISK, VDEV_CLASS_NORMAL, 6, 1, 0, VDEV_STATE_ONLINE },
                { "draid1:2d:4c:1s-1", VDEV_TYPE_RAIDZ, VDEV_CLASS_NORMAL, 0, 9, 1,
                  VDEV_STATE_ONLINE },
                { "/dev/e", VDEV_TYPE_DISK, VDEV_CLASS_NORMAL, 9, 9, 0, VDEV_STATE_ONLINE },
                { "draid1-1-0", VDEV_TYPE_DISK, VDEV_CLASS_NORMAL, 9, 9, 0, VDEV_STATE_ONLINE },
                { "/dev/f", VDEV_TYPE_DISK, VDEV_CLASS_SPECIAL, 0, 12, 0, VDEV_STATE_ONLINE },
                { "mirror-3", VDEV_TYPE_MIRROR, VDEV_CLASS_SPECIAL, 0, 13, 0, VDEV_STATE_ONLINE },
                { "/dev/g", VDEV_TYPE_DISK, VDEV_CLASS_SPECIAL, 13, 13, 0, VDEV_STATE_ONLINE },
                { "/dev/h", VDEV_TYPE_DISK, VDEV_CLASS_LOG, 0, 15, 0, VDEV_STATE_ONLINE },
                { "/dev/i", VDEV_TYPE_DISK, VDEV_CLASS_CACHE, 0, 16, 0, VDEV_STATE_ONLINE },
                { "/dev/s", VDEV_TYPE_DISK, VDEV_CLASS_SPARE, 0, 17, 0, VDEV_STATE_ONLINE },
                { "draid1-1-0", VDEV_TYPE_DISK, VDEV_CLASS_SPARE, 0, 18, 0, VDEV_STATE_ONLINE },
        };
        _cleanup_(pool_status_freep) struct pool_status *p = parse(large, NULL, "logs", 0);

        assert_int_equal(p->n_vdevs, ELEMENTSOF(expected));
        assert_true(p->spare_in_use);
        assert_int_equal(p->error_count, 3);
        assert_int_equal(p->state, VDEV_STATE_DEGRADED);
        for (uint32_t i = 0; i < p->n_vdevs; i++) {
                const struct vdev *v = &p->vdevs[i];

                if (strcmp(v->name, expected[i].name) != 0 || v->type != expected[i].type ||
                    v->class != expected[i].class || v->parent != expected[i].parent ||
                    v->top != expected[i].top || v->parity != expected[i].parity ||
                    v->state != expected[i].state)
                        fail_msg("line %u: \"%s\" type %d class %d parent %u top %u parity %u", i,
                                 v->name, (int) v->type, (int) v->class, v->parent, v->top,
                                 v->parity);
        }
        assert_true(p->vdevs[7].guid == 123456789);
        assert_string_equal(p->vdevs[7].path, "/dev/c");
        assert_string_equal(p->vdevs[17].aux, "currently in use");
}

static void test_pools_with_strange_names(void **state) {
        static const char *const names[] = {
                "my pool", "a  b ONLINE c", "x.y:z-_",
                "spares",  "12tank",        "NAME",
                "pool: x", "mirror-tank",   "a-name-that-is-longer-than-its-column"
        };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                int width = i == ELEMENTSOF(names) - 1 ? 10 : 24;
                _cleanup_(pool_status_freep) struct pool_status *p = parse(
                        arena_printf(a,
                                     "  pool: other\n state: ONLINE\nconfig:\n\n"
                                     "\tNAME   STATE     READ WRITE CKSUM\n"
                                     "\tother  ONLINE       0     0     0\n\n"
                                     "errors: 9 data errors, use '-v' for a list\n\n"
                                     "  pool: %s\n state: ONLINE\nconfig:\n\n"
                                     "\t%-*s  STATE     READ WRITE CKSUM\n"
                                     "\t%-*s  ONLINE       0     0     0\n"
                                     "\t  %-*s  ONLINE       0     0     0\n\n"
                                     "errors: No known data errors\n\n"
                                     "  pool: third\n state: ONLINE\nconfig:\n\n"
                                     "errors: 9 data errors, use '-v' for a list\n",
                                     names[i], width, "NAME", width, names[i], width - 2,
                                     "/dev/DEGRADED x"),
                        NULL, names[i], 0);

                assert_string_equal(p->name, names[i]);
                assert_int_equal(p->error_count, 0);
                assert_int_equal(p->n_vdevs, 2);
                assert_string_equal(p->vdevs[0].name, names[i]);
                assert_string_equal(p->vdevs[1].name, "/dev/DEGRADED x");
        }
        arena_free(a);
}

static void test_errors_lines(void **state) {
        static const struct {
                const char *line;
                uint64_t count;
        } cases[] = {
                { "No known data errors", 0 },
                { "8 data errors, use '-v' for a list", 8 },
                { "1 data errors, use '-v' for a list", 1 },
                { "List of errors unavailable: permission denied", 1 },
                { "List of errors unavailable (insufficient privileges)", 1 },
                { "Permanent errors have been detected in the following files:", 1 },
        };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(pool_status_freep) struct pool_status *p = parse(
                        arena_printf(a,
                                     "  pool: p\n state: ONLINE\nconfig:\n\n"
                                     "\tNAME  STATE     READ WRITE CKSUM\n"
                                     "\tp     ONLINE       0     0     0\n\nerrors: %s\n",
                                     cases[i].line),
                        NULL, "p", 0);

                if (p->error_count != cases[i].count)
                        fail_msg("\"%s\": %lu", cases[i].line, p->error_count);
        }
        arena_free(a);
}

#define NUMBERED(rows)                                                                             \
        "  pool: p\n state: ONLINE\nconfig:\n\n"                                                   \
        "\tNAME                      STATE     READ WRITE CKSUM\n" rows                            \
        "\nerrors: No known data errors\n"
#define ROW(indent, name) "\t" indent name "  ONLINE       0     0     0\n"

static void test_guids_come_from_a_second_text(void **state) {
        static const char named[] = NUMBERED(
                ROW("", "p                       ") ROW("  ", "mirror-0              ")
                        ROW("    ", "/dev/a              ") ROW("    ", "77                  "));
        static const struct {
                const char *name, *text;
                int expected;
        } cases[] = {
                { "the same tree",
                  NUMBERED(ROW("", "p                       ") ROW("  ", "9                     ")
                                   ROW("    ", "18446744073709551615")
                                           ROW("    ", "77                  ")),
                  0 },
                { "a leg less",
                  NUMBERED(ROW("", "p                       ") ROW("  ", "9                     ")
                                   ROW("    ", "18446744073709551615")),
                  -EAGAIN },
                { "another shape",
                  NUMBERED(ROW("", "p                       ") ROW("  ", "9                     ")
                                   ROW("    ", "18446744073709551615")
                                           ROW("  ", "77                    ")),
                  -EAGAIN },
                { "another leg where the name is a GUID",
                  NUMBERED(ROW("", "p                       ") ROW("  ", "9                     ")
                                   ROW("    ", "18446744073709551615")
                                           ROW("    ", "78                  ")),
                  -EAGAIN },
                { "names again", named, -EAGAIN },
                { "cut off", "  pool: p\n state: ONLINE\nconfig:\n\n", -EBADMSG },
                { "gone", "  pool: q\n", -ENOENT },
        };
        struct pool_status *p;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                p = parse(named, cases[i].text, "p", cases[i].expected);
                if (!p)
                        continue;
                assert_true(p->vdevs[0].guid == 0);
                assert_true(p->vdevs[1].guid == 9);
                assert_true(p->vdevs[2].guid == UINT64_MAX);
                assert_true(p->vdevs[3].guid == 77);
                p = pool_status_free(p);
        }
}

static void test_what_is_no_status(void **state) {
        static const struct {
                const char *name, *text;
                int expected;
        } cases[] = {
                { "nothing", "", -EBADMSG },
                { "no pools", "no pools available\n", -ENOENT },
                { "other pools", "  pool: tank2\n state: ONLINE\n", -ENOENT },
                { "an error", "internal error: out of memory\n", -EBADMSG },
                { "cut off in the table",
                  "  pool: p\n state: ONLINE\nconfig:\n\n\tNAME  STATE     READ WRITE CKSUM\n"
                  "\tp     ONLINE       0     0     0\n\t  mirr",
                  -EBADMSG },
                { "cut off behind a line of the table",
                  "  pool: p\n state: ONLINE\nconfig:\n\n\tNAME  STATE     READ WRITE CKSUM\n"
                  "\tp     ONLINE       0     0     0\n",
                  -EBADMSG },
                { "no heading",
                  "  pool: p\nconfig:\n\n\tp     ONLINE       0     0     0\n\nerrors: No known\n",
                  -EBADMSG },
                { "no table", "  pool: p\nerrors: No known data errors\n", -EBADMSG },
                { "a leg without a parent",
                  "  pool: p\nconfig:\n\n\tNAME        STATE     READ WRITE CKSUM\n"
                  "\tp           ONLINE       0     0     0\n"
                  "\t    /dev/a  ONLINE       0     0     0\n\nerrors: No known data errors\n",
                  -EBADMSG },
                { "two roots",
                  "  pool: p\nconfig:\n\n\tNAME  STATE     READ WRITE CKSUM\n"
                  "\tp     ONLINE       0     0     0\n"
                  "\tq     ONLINE       0     0     0\n\nerrors: No known data errors\n",
                  -EBADMSG },
                { "a state that ZFS does not have",
                  "  pool: p\nconfig:\n\n\tNAME  STATE     READ WRITE CKSUM\n"
                  "\tp     WEIRD        0     0     0\n\nerrors: No known data errors\n",
                  -EBADMSG },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_null(parse(cases[i].text, NULL, "p", cases[i].expected));
}

/* Whatever is cut off, it is never a pool with fewer legs. */
static void test_a_text_that_breaks_off_anywhere(void **state) {
        struct pool_status *p = NULL;
        const char *error;
        size_t whole = strlen(large), n_good = 0;

        for (size_t n = 0; n < whole; n++) {
                if (pool_status_parse_text(large, n, NULL, 0, "logs", &p, &error) < 0)
                        continue;
                n_good++;
                assert_int_equal(p->n_vdevs, 19);
                p = pool_status_free(p);
        }
        assert_true(n_good < strlen("errors: 3 data errors, use '-v' for a list\n"));
}

static void test_no_such_pool_is_told_from_other_failures(void **state) {
        assert_true(pool_status_is_missing("cannot open 'tank': no such pool\n", "tank"));
        assert_false(pool_status_is_missing("cannot open 'tank2': no such pool\n", "tank"));
        assert_false(pool_status_is_missing("cannot open 'tank': I/O error\n", "tank"));
        assert_false(pool_status_is_missing("The ZFS modules are not loaded.\n", "tank"));
        assert_false(pool_status_is_missing("", "tank"));
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_scans),
                cmocka_unit_test(test_captured_scans_of_2_1),
                cmocka_unit_test(test_other_paragraphs),
                cmocka_unit_test(test_remarks_in_any_combination),
                cmocka_unit_test(test_a_tree_of_everything),
                cmocka_unit_test(test_pools_with_strange_names),
                cmocka_unit_test(test_errors_lines),
                cmocka_unit_test(test_guids_come_from_a_second_text),
                cmocka_unit_test(test_what_is_no_status),
                cmocka_unit_test(test_a_text_that_breaks_off_anywhere),
                cmocka_unit_test(test_no_such_pool_is_told_from_other_failures),
        };

        (void) setenv("TZ", "UTC", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
