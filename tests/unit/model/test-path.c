/* tests/unit/model/test-path.c - paths of devices, as udev makes them of names */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/path.h"

static const struct {
        const char *name, *part, *mapping;
} cases[] = {
        { "tank-b", "/dev/disk/by-partlabel/tank-b", "/dev/mapper/tank-b" },
        { "EFI System", "/dev/disk/by-partlabel/EFI\\x20System", "/dev/mapper/EFI\\x20System" },
        { "a/b\\c", "/dev/disk/by-partlabel/a\\x2fb\\x5cc", "/dev/mapper/a\\x2fb\\x5cc" },
        { "grün", "/dev/disk/by-partlabel/grün", "/dev/mapper/gr\\xc3\\xbcn" },
        { "-#+.:=@_~", "/dev/disk/by-partlabel/-#+.:=@_\\x7e", "/dev/mapper/-#+.:=@_\\x7e" },
};

static void test_names_become_paths_and_are_found_in_them(void **state) {
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_string_equal(path_of_part(a, cases[i].name), cases[i].part);
                assert_string_equal(path_of_mapping(a, cases[i].name), cases[i].mapping);
                for (size_t k = 0; k < ELEMENTSOF(cases); k++) {
                        assert_int_equal(path_is_of(cases[i].part, cases[k].name), i == k);
                        assert_int_equal(path_is_of(cases[i].mapping, cases[k].name), i == k);
                }
        }
        assert_false(path_is_of("/dev/mapper/xtank-b", "tank-b"));
        assert_false(path_is_of("/dev/mapper/tank-b1", "tank-b"));
        assert_false(path_is_of("tank-b", "tank-b"));
        arena_free(a);
}

static void test_volumes(void **state) {
        struct arena *a = arena_new();

        assert_string_equal(path_of_volume(a, "my bak/a b"), "/dev/zvol/my+bak/a+b");
        assert_true(path_is_of_volume("/dev/zvol/my+bak/a+b", "my bak/a b"));
        assert_true(path_is_of("/dev/zvol/my+bak/a+b", "zvol/my bak/a b"));
        assert_false(path_is_of("/dev/zvol/bak/ab", "zvol/bak/a"));
        assert_false(path_is_of_volume("/dev/zd0", "bak/a"));
        arena_free(a);
}

static void test_what_udev_writes_is_read(void **state) {
        static const struct {
                const char *written, *is;
        } texts[] = { { "back\\x20up", "back up" },
                      { "plain", "plain" },
                      { "a\\x2Fb", "a/b" },
                      { "\\x", "\\x" },
                      { "\\x00", "\\x00" }, /* it would end there */
                      { "", "" } };
        struct arena *a = arena_new();

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                assert_string_equal(path_decode(a, texts[i].written), texts[i].is);
        arena_free(a);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names_become_paths_and_are_found_in_them),
                cmocka_unit_test(test_volumes),
                cmocka_unit_test(test_what_udev_writes_is_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
