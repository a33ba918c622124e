/* tests/unit/api/test-json.c - what is written is read back, and what is no JSON is refused */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"

/* Text in, and what the reader makes of it written again; NULL: refused. */
static const struct {
        const char *name, *in, *out;
} cases[] = {
        { "a number", "17", "17" },
        { "the largest", "9223372036854775807", "9223372036854775807" },
        { "one more is no int any more", "9223372036854775808", "9.2233720368547758e+18" },
        { "negative", "-17", "-17" },
        { "minus nothing", "-0", "0" },
        { "a fraction", "0.5", "0.5" },
        { "an exponent", "1E+2", "100" },
        { "blanks", " [ 1 ,\t2\r\n] ", "[1,2]" },
        { "nothing in it", "[{},[],\"\"]", "[{},[],\"\"]" },
        { "words", "[true,false,null]", "[true,false,null]" },
        { "nested", "{\"a\":{\"b\":[1,{\"c\":2}]}}", "{\"a\":{\"b\":[1,{\"c\":2}]}}" },
        { "escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
        { "a control character", "\"\\u0001\"", "\"\\u0001\"" },
        { "two bytes", "\"\\u00e9\"", "\"é\"" },
        { "three bytes", "\"\\u20ac\"", "\"€\"" },
        { "two halves", "\"\\ud83d\\ude00\"", "\"😀\"" },
        { "a key with an escape", "{\"a\\\"b\":1}", "{\"a\\\"b\":1}" },
        { "sixteen deep", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]" },

        { "nothing", "", NULL },
        { "blanks only", "  ", NULL },
        { "two values", "1 2", NULL },
        { "not closed", "[1", NULL },
        { "not closed, either", "{\"a\":1", NULL },
        { "an open string", "\"abc", NULL },
        { "a comma too many", "[1,]", NULL },
        { "a comma at the start", "[,1]", NULL },
        { "no comma", "[1 2]", NULL },
        { "no colon", "{\"a\" 1}", NULL },
        { "no key", "{1:2}", NULL },
        { "a wrong bracket", "[1}", NULL },
        { "a leading zero", "01", NULL },
        { "a plus", "+1", NULL },
        { "no digits", "-", NULL },
        { "no fraction", "1.", NULL },
        { "no exponent", "1e", NULL },
        { "hexadecimal", "0x10", NULL },
        { "beyond a double", "1e999", NULL },
        { "no number", "nan", NULL },
        { "half a word", "tru", NULL },
        { "a word too long", "truee", NULL },
        { "seventeen deep", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", NULL },
        { "an unknown escape", "\"\\x\"", NULL },
        { "a short escape", "\"\\u12\"", NULL },
        { "0x in an escape", "\"\\u0x12\"", NULL },
        { "NUL", "\"\\u0000\"", NULL },
        { "half a pair", "\"\\ud83d\"", NULL },
        { "half a pair and a letter", "\"\\ud83d\\u0041\"", NULL },
        { "the second half first", "\"\\ude00\"", NULL },
        { "a line break in a string", "\"a\nb\"", NULL },
        { "no UTF-8", "\"\xff\"", NULL },
        { "an overlong slash", "\"\xc0\xaf\"", NULL },
        { "a surrogate in UTF-8", "\"\xed\xa0\x80\"", NULL },
        { "beyond Unicode", "\"\xf4\x90\x80\x80\"", NULL },
        { "a cut character", "\"\xe2\x82\"", NULL },
        { "a backslash at the end", "\"\\", NULL },
};

static void test_text_is_read_as_it_is_meant_or_refused(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct arena *a = arena_new();
                const struct json *v = json_parse(a, cases[i].in, strlen(cases[i].in), 100);
                struct text t = {};

                if (v)
                        json_add_value(&t, NULL, v);
                if (!text_equal(t.s, cases[i].out))
                        fail_msg("%s: %s", cases[i].name, t.s ? t.s : "refused");
                text_done(&t);
                arena_free(a);
        }
}

static void test_a_nul_byte_ends_nothing(void **state) {
        static const char text[] = "[1]\0[2]";
        struct arena *a = arena_new();

        assert_null(json_parse(a, text, sizeof(text) - 1, 100));
        assert_null(json_parse(a, "\"a\0b\"", 5, 100));
        arena_free(a);
}

static void test_too_many_values_are_refused(void **state) {
        struct arena *a = arena_new();

        assert_non_null(json_parse(a, "[1,2,3]", 7, 4));
        assert_null(json_parse(a, "[1,2,3]", 7, 3));
        arena_free(a);
}

static void test_members_get_their_commas(void **state) {
        struct text t = {};

        json_open(&t, NULL, '{');
        json_add_string(&t, "s", "x,{");
        json_open(&t, "a", '[');
        json_add_number(&t, NULL, UINT64_MAX);
        json_add_bool(&t, NULL, true);
        json_open(&t, NULL, '{');
        json_close(&t, '}');
        json_add_float(&t, NULL, 0.25);
        json_close(&t, ']');
        json_add_null(&t, "n");
        json_add_string(&t, "nothing", NULL);
        json_add_float(&t, "no_number", __builtin_nan(""));
        json_close(&t, '}');
        assert_string_equal(t.s, "{\"s\":\"x,{\",\"a\":[18446744073709551615,true,{},0.25],"
                                 "\"n\":null,\"nothing\":null,\"no_number\":null}");
        text_done(&t);
}

static void test_what_is_no_utf8_is_replaced(void **state) {
        struct text t = {};

        json_add_string(&t, NULL,
                        "a\xff"
                        "b\xe2\x82"
                        "€\x7f");
        assert_string_equal(t.s, "\"a\xef\xbf\xbd"
                                 "b\xef\xbf\xbd\xef\xbf\xbd"
                                 "€\x7f\"");
        text_done(&t);
}

static void test_members_are_found_by_type(void **state) {
        static const char text[] = "{\"s\":\"x\",\"i\":7,\"f\":0.5,\"b\":true,\"z\":null,\"m\":-1,"
                                   "\"s\":\"second\"}";
        struct arena *a = arena_new();
        const struct json *o = json_parse(a, text, strlen(text), 100);
        const char *s = "untouched";
        uint64_t n = 1;
        double f = 1;
        bool b = false;

        assert_non_null(o);
        assert_true(json_get_string(o, "z", &s)); /* null is as good as none */
        assert_true(json_get_string(o, "missing", &s));
        assert_string_equal(s, "untouched");
        assert_true(json_get_string(o, "s", &s));
        assert_string_equal(s, "x");
        assert_false(json_get_string(o, "i", &s));
        assert_true(json_get_number(o, "i", &n));
        assert_int_equal(n, 7);
        assert_false(json_get_number(o, "m", &n));
        assert_false(json_get_number(o, "f", &n));
        assert_true(json_get_float(o, "i", &f));
        assert_true(f == 7);
        assert_true(json_get_float(o, "f", &f));
        assert_true(f == 0.5);
        assert_true(json_get_bool(o, "b", &b));
        assert_true(b);
        assert_false(json_get_bool(o, "s", &b));
        assert_null(json_find(NULL, "s"));
        arena_free(a);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text_is_read_as_it_is_meant_or_refused),
                cmocka_unit_test(test_a_nul_byte_ends_nothing),
                cmocka_unit_test(test_too_many_values_are_refused),
                cmocka_unit_test(test_members_get_their_commas),
                cmocka_unit_test(test_what_is_no_utf8_is_replaced),
                cmocka_unit_test(test_members_are_found_by_type),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
