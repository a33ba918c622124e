/* tests/unit/api/test-message.c - calls: parameters go over as they are, nonsense is named */
#include "fixture.h"

#include <stdio.h>

#include "api/interface.h"
#include "api/message.h"
#include "api/row.h"

static const char *const words[] = { "tank", "tank \"b\"", NULL };
static const char *const environment[] = { "ACTION=add", "ID_FS_LABEL=a=b \"c\"", "EMPTY=", NULL };

/* Every method, with every parameter that it has. */
static const struct params samples[] = {
        { METHOD_VERSION },
        { METHOD_STARTUP },
        { METHOD_SHUTDOWN },
        { METHOD_RELOAD },
        { METHOD_OVERVIEW },
        { METHOD_REQUEST, .request = { .wish = WISH_ONLINE, .target = { .kind = TARGET_ALL } } },
        { METHOD_REQUEST, .request = { .wish = WISH_SCRUB,
                                       .target = { .kind = TARGET_NAMED,
                                                   .type = ENTITY_ZDEV,
                                                   .words = words,
                                                   .n_words = 2 },
                                       .cancel = true,
                                       .block = true,
                                       .accept_data_loss = true,
                                       .overwrite_leg = true } },
        { METHOD_LIST, .list = { COLUMNS_ALL } },
        { METHOD_LIST, .list = { COLUMN_BIT(COLUMN_HRID) | COLUMN_BIT(COLUMN_GROUPS) } },
        { METHOD_STATUS, .target = { .kind = TARGET_GROUP, .group = "usb" } },
        { METHOD_STATUS, .target = { .kind = TARGET_TYPE, .type = ENTITY_ZPOOL } },
        { METHOD_EXPLAIN, .target = { .kind = TARGET_ID, .id = "part|name:tank-b" } },
        { METHOD_RECEIPT, .target = { .kind = TARGET_ALL } },
        { METHOD_GET, .setting = { .setting = SETTING_EVENT_HANDLERS } },
        { METHOD_SET, .setting = { .setting = SETTING_COMMANDS, .value = { .on = true } } },
        { METHOD_SET,
          .setting = { .setting = SETTING_LOG_LEVEL, .value = { .level = LOG_LEVEL_DEBUG } } },
        { METHOD_SET,
          .setting = { .setting = SETTING_TIMEOUT, .value = { .timeout = 300 * USEC_PER_SEC } } },
        { METHOD_HISTORY,
          .history = { .target = { .kind = TARGET_ALL }, .since = 17, .limit = 5 } },
        { METHOD_HISTORY,
          .history = { .target = { .kind = TARGET_ID, .id = "x|y" }, .limit = HISTORY_LINES_MAX } },
        { METHOD_TRIGGER, .trigger = { .environment = environment, .n = 3 } },
        { METHOD_WATCH, .watch = { .lines = 7 } },
        { METHOD_FORGET, .target = { .kind = TARGET_ID, .id = "part|name:tank-b" } },
        { METHOD_CLEAR_CACHE, .clear = { .ledger = true } },
        { METHOD_MAINTAIN,
          .maintain = { .operations = 1u << OPERATION_SCRUB | 1u << OPERATION_UPDATE,
                        .block = true } },
        { METHOD_MAINTAIN,
          .maintain = { .operations = 1u << OPERATION_TRIM, .all = true, .cancel = true } },
};

/* Written, read, and written again it is the same; that it is not nothing, the next test shows. */
static void test_parameters_go_over_as_they_are(void **state) {
        bool met[_METHOD_MAX] = {};

        for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
                struct arena *a = arena_new();
                struct text there = {}, back = {};
                struct message_call call;
                struct params params;
                const char *bad = NULL;
                enum method method;

                message_call_print(&there, &samples[i], i % 2, i % 3);
                assert_true(message_call_parse(a, there.s, there.length, &call));
                assert_int_equal(call.more, i % 2);
                assert_int_equal(call.oneway, !!(i % 3));
                assert_true(text_starts(call.method, "io.zmirror."));
                assert_true(method_parse(call.method + strlen("io.zmirror."), &method));
                assert_int_equal(method, samples[i].method);
                if (!params_parse(a, method, call.parameters, &params, &bad))
                        fail_msg("%s: %s", there.s, bad);
                message_call_print(&back, &params, i % 2, i % 3);
                assert_string_equal(there.s, back.s);
                met[method] = true;
                text_done(&there);
                text_done(&back);
                arena_free(a);
        }
        for (enum method m = 0; m < _METHOD_MAX; m++)
                if (!met[m])
                        fail_msg("no sample of %s", method_table[m].name);
}

static void parse(struct arena *a, enum method method, const char *json, struct params *ret) {
        const char *bad = "";

        if (!params_parse(a, method, json_parse(a, json, strlen(json), 1000), ret, &bad))
                fail_msg("%s: %s", json, bad);
}

static void test_parameters_mean_what_they_say(void **state) {
        struct arena *a = arena_new();
        struct params p;

        parse(a, METHOD_REQUEST,
              "{\"wish\":\"trim\",\"target\":{\"type\":\"dm-crypt\",\"words\":[\"x\"]}}", &p);
        assert_int_equal(p.request.wish, WISH_TRIM);
        assert_int_equal(p.request.target.kind, TARGET_NAMED);
        assert_int_equal(p.request.target.type, ENTITY_CRYPT);
        assert_string_equal(p.request.target.words[0], "x");
        assert_null(p.request.target.words[1]);
        assert_true(p.request.block); /* unless it is said otherwise */
        assert_false(p.request.cancel);
        assert_false(p.request.accept_data_loss);

        parse(a, METHOD_LIST, "{}", &p);
        assert_int_equal(p.list.columns, COLUMNS_ALL);
        parse(a, METHOD_LIST, "{\"columns\":[\"id\",\"errors\"]}", &p);
        assert_int_equal(p.list.columns, COLUMN_BIT(COLUMN_ID) | COLUMN_BIT(COLUMN_ERRORS));

        parse(a, METHOD_SET, "{\"setting\":\"timeout\",\"value\":\"5 minutes\"}", &p);
        assert_int_equal(p.setting.value.timeout, 5 * USEC_PER_MIN);
        parse(a, METHOD_SET, "{\"setting\":\"log-events\",\"value\":\"on\"}", &p);
        assert_true(p.setting.value.on);
        parse(a, METHOD_HISTORY, "{}", &p);
        assert_int_equal(p.history.target.kind, TARGET_ALL);
        assert_int_equal(p.history.limit, HISTORY_LINES_DEFAULT);
        parse(a, METHOD_TRIGGER, "{\"environment\":{\"A\":\"b=c\"}}", &p);
        assert_int_equal(p.trigger.n, 1);
        assert_string_equal(p.trigger.environment[0], "A=b=c");
        assert_null(p.trigger.environment[1]);
        arena_free(a);
}

static const struct {
        enum method method;
        const char *json, *bad;
} bad_cases[] = {
        { METHOD_REQUEST, "{}", "wish" },
        { METHOD_REQUEST, "{\"wish\":\"fly\"}", "wish" },
        { METHOD_REQUEST, "{\"wish\":7}", "wish" },
        { METHOD_REQUEST, "{\"wish\":\"trim\"}", "target" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{}}", "target" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"all\":false}}", "target" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"all\":true,\"id\":\"x\"}}", "target" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"all\":\"yes\"}}", "all" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"type\":\"cat\",\"words\":[\"x\"]}}",
          "type" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"type\":\"part\"}}", "words" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"type\":\"part\",\"words\":[]}}",
          "words" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"type\":\"part\",\"words\":[1]}}",
          "words" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"all\":true},\"block\":1}", "block" },
        { METHOD_REQUEST, "{\"wish\":\"trim\",\"target\":{\"all\":true},\"cancel\":\"\"}",
          "cancel" },
        { METHOD_LIST, "{\"columns\":\"id\"}", "columns" },
        { METHOD_LIST, "{\"columns\":[\"height\"]}", "columns" },
        { METHOD_STATUS, "{}", "target" },
        { METHOD_EXPLAIN, "{\"target\":[]}", "target" },
        { METHOD_WATCH, "{\"lines\":1001}", "lines" },
        { METHOD_WATCH, "{\"lines\":\"1\"}", "lines" },
        { METHOD_GET, "{}", "setting" },
        { METHOD_GET, "{\"setting\":\"color\"}", "setting" },
        { METHOD_SET, "{\"setting\":\"timeout\"}", "value" },
        { METHOD_SET, "{\"setting\":\"timeout\",\"value\":\"0\"}", "value" },
        { METHOD_SET, "{\"setting\":\"timeout\",\"value\":\"soon\"}", "value" },
        { METHOD_SET, "{\"setting\":\"timeout\",\"value\":\"99999999999\"}", "value" },
        { METHOD_SET, "{\"setting\":\"commands\",\"value\":\"maybe\"}", "value" },
        { METHOD_SET, "{\"setting\":\"log-level\",\"value\":\"loud\"}", "value" },
        { METHOD_HISTORY, "{\"since\":-1}", "since" },
        { METHOD_HISTORY, "{\"limit\":0}", "limit" },
        { METHOD_HISTORY, "{\"limit\":1000001}", "limit" },
        { METHOD_HISTORY, "{\"target\":7}", "target" },
        { METHOD_TRIGGER, "{}", "environment" },
        { METHOD_TRIGGER, "{\"environment\":{\"A\":1}}", "environment" },
        { METHOD_TRIGGER, "{\"environment\":{\"A=B\":\"\"}}", "environment" },
        { METHOD_TRIGGER, "{\"environment\":{\"\":\"\"}}", "environment" },
};

static void test_the_parameter_that_is_wrong_is_named(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(bad_cases); i++) {
                struct arena *a = arena_new();
                const char *bad = "none", *json = bad_cases[i].json;
                struct params p;

                if (params_parse(a, bad_cases[i].method, json_parse(a, json, strlen(json), 1000),
                                 &p, &bad) ||
                    !text_equal(bad, bad_cases[i].bad))
                        fail_msg("%s: %s", json, bad);
                arena_free(a);
        }
}

static void test_what_is_no_call_is_refused(void **state) {
        static const char *const texts[] = {
                "",
                "x",
                "[]",
                "{}",
                "{\"method\":1}",
                "{\"method\":\"a.B\",\"more\":1}",
                "{\"method\":\"a.B\",\"oneway\":\"\"}",
                "{\"method\":\"a.B\",\"parameters\":[]}",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                struct arena *a = arena_new();
                struct message_call call;

                if (message_call_parse(a, texts[i], strlen(texts[i]), &call))
                        fail_msg("%s", texts[i]);
                arena_free(a);
        }
}

static void test_errors_end_as_a_sentence(void **state) {
        for (enum api_error e = API_ERROR_NONE + 1; e < _API_ERROR_MAX; e++) {
                struct arena *a = arena_new();
                struct message_reply reply;
                struct text t = {};

                message_error_print(&t, e, "no part 'x'");
                assert_true(message_reply_parse(a, t.s, t.length, &reply));
                assert_int_equal(reply.error, e);
                assert_non_null(strstr(reply.reason, "no part 'x'"));
                text_done(&t);
                arena_free(a);
        }
}

static void test_an_error_of_others_is_one_all_the_same(void **state) {
        static const char text[] = "{\"error\":\"org.varlink.service.PermissionDenied\"}";
        struct arena *a = arena_new();
        struct message_reply reply;

        assert_true(message_reply_parse(a, text, strlen(text), &reply));
        assert_int_equal(reply.error, API_ERROR_FAILED);
        assert_string_equal(reply.reason,
                            "the daemon answered org.varlink.service.PermissionDenied");
        arena_free(a);
}

static void test_replies_carry_their_parameters(void **state) {
        struct arena *a = arena_new();
        struct message_reply reply;
        struct text t = {};
        uint64_t n = 0;

        message_reply_print(&t, "{\"n\":7}", 7, true);
        assert_true(message_reply_parse(a, t.s, t.length, &reply));
        assert_true(reply.continues);
        assert_int_equal(reply.error, API_ERROR_NONE);
        assert_true(json_get_number(reply.parameters, "n", &n));
        assert_int_equal(n, 7);
        text_clear(&t);
        message_reply_print(&t, NULL, 0, false);
        assert_string_equal(t.s, "{\"parameters\":{}}");
        text_done(&t);
        arena_free(a);
}

/* The words after "method " or "error " at the start of a line, one after the other. */
static bool description_next(const char **text, const char *keyword, char *name, size_t size) {
        const char *line = strstr(*text, keyword);

        if (!line)
                return false;
        line += strlen(keyword);
        (void) snprintf(name, size, "%.*s", (int) strcspn(line, " ("), line);
        *text = line;
        return true;
}

static void test_the_description_is_in_step_with_the_table(void **state) {
        const char *text = interface_find("io.zmirror");
        size_t n_methods = 0, n_errors = 0;
        enum method method;
        char name[64], full[80];

        assert_non_null(text);
        for (const char *at = text; description_next(&at, "\nmethod ", name, sizeof(name));) {
                n_methods++;
                if (!method_parse(name, &method))
                        fail_msg("%s is described and not there", name);
        }
        assert_int_equal(n_methods, _METHOD_MAX);
        for (const char *at = text; description_next(&at, "\nerror ", name, sizeof(name));) {
                bool known = false;

                n_errors++;
                (void) snprintf(full, sizeof(full), "io.zmirror.%s", name);
                for (enum api_error e = API_ERROR_NONE + 1; e < _API_ERROR_MAX; e++)
                        known |= text_equal(full, api_error_print(e));
                if (!known)
                        fail_msg("%s is described and not there", full);
        }
        assert_int_equal(n_errors, API_ERROR_INVALID_MESSAGE);
        for (enum column c = 0; c < _COLUMN_MAX; c++) {
                (void) snprintf(full, sizeof(full), "\n  %s: ?", column_print(c));
                if (!strstr(text, full))
                        fail_msg("column %s is not described", column_print(c));
        }
}

/* Every parameter that is sent stands in the description of its method. */
static void test_parameters_are_described(void **state) {
        const char *text = interface_find("io.zmirror");

        for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
                struct arena *a = arena_new();
                char head[64], parameters[600];
                const struct json *object;
                struct text t = {};
                const char *at;

                (void) snprintf(head, sizeof(head), "\nmethod %s(",
                                method_table[samples[i].method].name);
                at = strstr(text, head);
                assert_non_null(at);
                (void) snprintf(parameters, sizeof(parameters), "%.*s",
                                (int) (strstr(at, "->") - at), at);
                params_print(&t, &samples[i]);
                object = json_parse(a, t.s, t.length, 1000);
                assert_non_null(object);
                for (const struct json *m = object->first; m; m = m->next) {
                        char member[64];

                        (void) snprintf(member, sizeof(member), "%s: ", m->key);
                        if (!strstr(parameters, member))
                                fail_msg("%s of %s is not described", m->key, head);
                }
                text_done(&t);
                arena_free(a);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parameters_go_over_as_they_are),
                cmocka_unit_test(test_parameters_mean_what_they_say),
                cmocka_unit_test(test_the_parameter_that_is_wrong_is_named),
                cmocka_unit_test(test_what_is_no_call_is_refused),
                cmocka_unit_test(test_errors_end_as_a_sentence),
                cmocka_unit_test(test_an_error_of_others_is_one_all_the_same),
                cmocka_unit_test(test_replies_carry_their_parameters),
                cmocka_unit_test(test_the_description_is_in_step_with_the_table),
                cmocka_unit_test(test_parameters_are_described),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
