/* tests/unit/world/test-process.c - what the kernel says of open and mapped files */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/facts.h"
#include "world/linux/holder.h"
#include "world/linux/process.h"

static void test_mount_ids(void **state) {
        static const struct {
                const char *text;
                uint64_t expected; /* 0: not told */
        } cases[] = {
                { "pos:\t0\nflags:\t0100000\nmnt_id:\t29\nino:\t1441793\n", 29 },
                { "pos:\t4096\nflags:\t02500000\nmnt_id:\t1073\n", 1073 },
                { "mnt_id:\t7", 7 },
                { "pos:\t0\nflags:\t02\neventfd-count:                0\n", 0 },
                { "mnt_id:\tx\n", 0 },
                { "mnt_id:\n", 0 },
                { "", 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint64_t id = 0;

                if (process_parse_mount_id(cases[i].text, strlen(cases[i].text), &id) !=
                            (cases[i].expected != 0) ||
                    id != cases[i].expected)
                        fail_msg("%zu: %lu", i, (unsigned long) id);
        }
}

/* As captured from a shell; device numbers are hexadecimal. */
static const char maps[] =
        "55d0c1e5c000-55d0c1e8b000 r--p 00000000 fe:01 1444                       /usr/bin/bash\n"
        "55d0c3b5a000-55d0c3c9c000 rw-p 00000000 00:00 0                          [heap]\n"
        "7f0a6a000000-7f0a6a2f1000 r--s 00000000 00:2d 34                         /tank/my data\n"
        "7ffd1b5e5000-7ffd1b606000 rw-p 00000000 00:00 0                          [stack]\n";

static void test_maps(void **state) {
        static const struct {
                unsigned major_number, minor_number;
                const char *expected; /* NULL: none */
        } cases[] = {
                { 0, 0x2d, "/tank/my data" },
                { 0xfe, 1, "/usr/bin/bash" },
                { 0, 0x2e, NULL },
                { 0, 2, NULL },
        };
        char file[PATH_MAX];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint64_t device = makedev(cases[i].major_number, cases[i].minor_number);
                struct process_search s = { .file_systems = &device, .n_file_systems = 1 };

                if (process_parse_maps(maps, strlen(maps), &s, file) !=
                            (cases[i].expected != NULL) ||
                    (cases[i].expected && strcmp(file, cases[i].expected) != 0))
                        fail_msg("%zu", i);
                assert_false(process_parse_maps("00:2d\n\n - - -", 13, &s, file));
        }
}

static void test_names_are_decoded(void **state) {
        char name[] = "/my\\040disk\\134x\\04";

        assert_string_equal(proc_decode(name), "/my disk\\x\\04");
}

static void test_holders_are_lines(void **state) {
        static const char text[] = "loop device loop0\n\nprocess 12 (a\x01"
                                   "b) uses /tank\nmounted at /x";
        struct arena *a = arena_new();
        struct holder *holders;
        uint32_t n;

        holder_parse(text, strlen(text), a, &holders, &n);
        assert_int_equal(n, 3);
        assert_string_equal(holders[0].text, "loop device loop0");
        assert_string_equal(holders[1].text, "process 12 (a?b) uses /tank");
        assert_string_equal(holders[2].text, "mounted at /x");
        holder_parse("", 0, a, &holders, &n);
        assert_int_equal(n, 0);
        arena_free(a);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mount_ids),
                cmocka_unit_test(test_maps),
                cmocka_unit_test(test_names_are_decoded),
                cmocka_unit_test(test_holders_are_lines),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
