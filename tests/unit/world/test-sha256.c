/* tests/unit/world/test-sha256.c - the published examples, in pieces of any size */
#include "data.h"

#include "world/linux/sha256.h"

static const char *digest_of(const char *s, size_t n, size_t piece, char *ret) {
        uint8_t digest[SHA256_BYTES];
        struct sha256 h;

        sha256_init(&h);
        for (size_t i = 0; i < n; i += piece)
                sha256_add(&h, s + i, n - i < piece ? n - i : piece);
        sha256_end(&h, digest);
        for (unsigned i = 0; i < SHA256_BYTES; i++)
                (void) sprintf(ret + 2 * i, "%02x", digest[i]);
        return ret;
}

/* FIPS 180-4, and NIST's examples. */
static const struct {
        const char *text, *digest;
} cases[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
          "lm"
          "nopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};

static void test_published_examples(void **state) {
        static const size_t pieces[] = { 1, 3, 55, 56, 64, 65, 1000 };
        char digest[65];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (size_t j = 0; j < ELEMENTSOF(pieces); j++)
                        assert_string_equal(
                                digest_of(cases[i].text, strlen(cases[i].text), pieces[j], digest),
                                cases[i].digest);
}

static void test_a_million_letters(void **state) {
        static char text[1000000];
        char digest[65];

        memset(text, 'a', sizeof(text));
        assert_string_equal(digest_of(text, sizeof(text), 4097, digest),
                            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_published_examples),
                cmocka_unit_test(test_a_million_letters),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
