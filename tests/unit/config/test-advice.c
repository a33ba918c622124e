/* tests/unit/config/test-advice.c - what is allowed, but will bite */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/advice.h"
#include "config/config_load.h"

#define DISK(unpluggable)                                                                          \
        "--- !zmirror\ncontent:\n- !zpool {name: tank, backed_by: [!mirror {devices: [in, x]}]}\n" \
        "- !disk\n  uuid: ab\n  unpluggable: " unpluggable                                         \
        "\n  content:\n  - !part\n    name: x\n"                                                   \
        "    content:\n"
#define LUKS DISK("yes") "    - !crypt\n      name: x\n      on_appeared: [online]\n"
#define LEG  "      content:\n      - !zdev\n        pool: tank\n        on_appeared: [online]\n"

static const struct {
        const char *name, *yaml;
        const char *expected[3]; /* a part of each, in order */
} cases[] = {
        { "all is well",
          LUKS "      on_children_offline: [offline]\n" LEG "        on_resilvered: [offline]\n",
          {} },
        { "offline after another event",
          LUKS "      on_children_offline: [offline]\n" LEG
               "        on_scrub_finished: [offline]\n",
          {} },
        { "a leg that stays",
          LUKS "      on_children_offline: [offline]\n" LEG,
          { "no handler takes it offline again" } },
        { "a container that stays",
          LUKS LEG "        on_resilvered: [offline]\n",
          { "no handler closes it again" } },
        { "both", LUKS LEG, { "no handler closes it again", "no handler takes it offline again" } },
        { "a leg that does not come by itself",
          LUKS "      on_children_offline: [offline]\n      content:\n      - !zdev {pool: tank}\n",
          {} },
        { "not removable", DISK("no") "    - !zdev {pool: tank, on_appeared: [online]}\n", {} },
        { "raw", DISK("yes") "    - !zdev {pool: tank}\n", { "not in a LUKS container" } },
        { "nested",
          "--- !zmirror\ncontent:\n- !zpool {name: tank}\n- !zpool\n  name: bak\n  content:\n"
          "  - !zvol {name: v, content: [!zdev {pool: tank}]}\n"
          "- !disk {uuid: ab, unpluggable: yes, content: [!part {name: p, content: [!crypt {name: "
          "p, "
          "content: [!zdev {pool: bak}]}]}]}\n",
          { "pool bak hangs, and so does tank" } },
};

static void test_advice(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct arena *a = arena_new();
                struct diagnoses d = {};
                struct config *c = config_parse(a, "test.yml", cases[i].yaml, strlen(cases[i].yaml),
                                                false, &d);
                struct advice *advice;
                uint32_t n, k = 0;

                if (!c)
                        fail_msg("%s: %s", cases[i].name,
                                 d.count ? diagnosis_print(a, "", &d.items[0])
                                         : "no configuration");
                n = config_advise(a, c, &advice);
                for (; k < n; k++)
                        if (k >= ELEMENTSOF(cases[i].expected) || !cases[i].expected[k] ||
                            !strstr(advice[k].text, cases[i].expected[k]))
                                fail_msg("%s: %s", cases[i].name, advice[k].text);
                if (k < ELEMENTSOF(cases[i].expected) && cases[i].expected[k])
                        fail_msg("%s: not '%s'", cases[i].name, cases[i].expected[k]);
                config_free(c);
                arena_free(a);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_advice) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
