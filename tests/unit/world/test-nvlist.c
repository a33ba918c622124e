/* tests/unit/world/test-nvlist.c - name-value lists give what was asked for, of the type that was
 * asked for, or nothing */
#include "data.h"

#include "label_image.h"
#include "world/linux/nvlist.h"

struct bench {
        uint8_t bytes[4096];
        struct image_list l;
        struct arena *a;
};

static void bench_init(struct bench *b) {
        *b = (struct bench){ .a = arena_new() };
        b->l.bytes = b->bytes;
        image_u32(&b->l, 0x01010000);
        image_list_begin(&b->l);
}

static struct nvlist bench_open(struct bench *b) {
        struct nvlist l = {};

        image_list_end(&b->l);
        assert_true(nvlist_open(b->bytes, b->l.n, &l));
        return l;
}

static void test_numbers_texts_and_lists(void **state) {
        struct bench b;
        struct nvlist l, inner;
        const char *s = NULL;
        uint64_t n = 0;
        size_t p;

        bench_init(&b);
        image_number_pair(&b.l, "txg", UINT64_MAX);
        image_text_pair(&b.l, "name", "tank");
        image_text_pair(&b.l, "empty", "");
        p = image_pair(&b.l, "tree", 19, 1);
        image_list_begin(&b.l);
        image_number_pair(&b.l, "ashift", 12);
        image_list_end(&b.l);
        image_pair_end(&b.l, p);
        image_number_pair(&b.l, "last", 7);
        l = bench_open(&b);

        assert_true(nvlist_find_number(l, "txg", &n) && n == UINT64_MAX);
        assert_true(nvlist_find_number(l, "last", &n) && n == 7);
        assert_true(nvlist_find_text(l, "name", b.a, &s));
        assert_string_equal(s, "tank");
        assert_true(nvlist_find_text(l, "empty", b.a, &s));
        assert_string_equal(s, "");
        assert_true(nvlist_find_list(l, "tree", &inner));
        assert_true(nvlist_find_number(inner, "ashift", &n) && n == 12);
        assert_false(nvlist_find_number(l, "ashift", &n)); /* it is not in the outer one */
        assert_false(nvlist_find_number(l, "tx", &n));
        assert_false(nvlist_find_number(l, "txgs", &n));
        assert_false(nvlist_find_number(inner, "last", &n));
        arena_free(b.a);
}

static void test_another_type_or_count_is_not_what_was_asked_for(void **state) {
        struct bench b;
        struct nvlist l, inner;
        const char *s;
        uint64_t n = 0;
        size_t p;

        bench_init(&b);
        image_text_pair(&b.l, "txg", "12345678");
        image_number_pair(&b.l, "name", 4);
        image_number_pair(&b.l, "tree", 0);
        p = image_pair(&b.l, "guid", 16, 2); /* an array of numbers */
        image_u64(&b.l, 1);
        image_u64(&b.l, 2);
        image_pair_end(&b.l, p);
        p = image_pair(&b.l, "two", 8, 2);
        image_u64(&b.l, 1);
        image_u64(&b.l, 2);
        image_pair_end(&b.l, p);
        p = image_pair(&b.l, "short", 8, 1);
        image_u32(&b.l, 1);
        image_pair_end(&b.l, p);
        image_number_pair(&b.l, "txg", 9); /* the first of that type counts */
        l = bench_open(&b);

        assert_true(nvlist_find_number(l, "txg", &n) && n == 9);
        assert_false(nvlist_find_text(l, "name", b.a, &s));
        assert_false(nvlist_find_list(l, "tree", &inner));
        assert_false(nvlist_find_number(l, "guid", &n));
        assert_false(nvlist_find_number(l, "two", &n));
        assert_false(nvlist_find_number(l, "short", &n));
        arena_free(b.a);
}

static void test_texts_that_are_none(void **state) {
        struct bench b;
        struct nvlist l;
        const char *s;
        size_t p;

        bench_init(&b);
        p = image_pair(&b.l, "nul", 9, 1);
        image_u32(&b.l, 4);
        image_u32(&b.l, 0x61006263);
        image_pair_end(&b.l, p);
        p = image_pair(&b.l, "long", 9, 1);
        image_u32(&b.l, 5); /* it has only four */
        image_u32(&b.l, 0x61626364);
        image_pair_end(&b.l, p);
        p = image_pair(&b.l, "endless", 9, 1);
        image_u32(&b.l, UINT32_MAX);
        image_u32(&b.l, 0x61626364);
        image_pair_end(&b.l, p);
        l = bench_open(&b);

        assert_false(nvlist_find_text(l, "nul", b.a, &s));
        assert_false(nvlist_find_text(l, "long", b.a, &s));
        assert_false(nvlist_find_text(l, "endless", b.a, &s));
        arena_free(b.a);
}

static void test_what_is_no_list(void **state) {
        static const uint8_t native[12] = { 0, 1 }, version[12] = { 1, 1, 0, 0, 0, 0, 0, 1 },
                             good[12] = { 1, 1 };
        struct nvlist l;
        uint64_t n;

        assert_false(nvlist_open(native, sizeof(native), &l));
        assert_false(nvlist_open(version, sizeof(version), &l));
        for (size_t len = 0; len < sizeof(good); len++)
                assert_false(nvlist_open(good, len, &l));
        assert_true(nvlist_open(good, sizeof(good), &l));
        assert_false(nvlist_find_number(l, "", &n)); /* nothing in it, not even its end */
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers_texts_and_lists),
                cmocka_unit_test(test_another_type_or_count_is_not_what_was_asked_for),
                cmocka_unit_test(test_texts_that_are_none),
                cmocka_unit_test(test_what_is_no_list),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
