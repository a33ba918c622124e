/* tests/unit/api/test-reply.c - what the daemon says is what the command hears */
#include "fixture.h"

#include "api/reply.h"

#define NOW (1700000000 * USEC_PER_SEC)

/* The parameters of a reply, read. Everything dies with the arena. */
static const struct json *over(struct arena *a, struct text *t) {
        const struct json *v = json_parse(a, t->s, t->length, 10000);

        if (!v)
                fail_msg("no JSON: %s", t->s);
        text_done(t);
        return v;
}

static struct view_entity sample_view(const struct config *c) {
        return (struct view_entity){
                .entity = &c->entities[FIXTURE_LEG],
                .state = STATE_ACTIVE,
                .errors = true,
                .errors_text = "3 read errors",
                .added = 1,
                .last_online = USEC_NEVER,
                .last_update = 3,
                .last_scrub = 4,
                .last_trim = 5,
                .overdue = { 6, 7, 8 },
                .available_update_overdue = 9,
                .operations = { [OPERATION_UPDATE] = { true, 0.25, 10, 11, 14, 12, 13 },
                                [OPERATION_TRIM] = { true, -1, 0, 0, 0, 0, 0 } },
                .watching = true,
                .copy = COPY_SUSPECT,
                .copy_text = "somebody insisted",
                .trim = { TRIM_FAULT_DISK, "/dev/sdb", "" },
                .device = "/dev/sdb1",
                .held_by = "loop device loop0",
                .failure = { 12, WISH_SCRUB, true, "no progress" },
        };
}

static void check_row(const struct row *r) {
        assert_string_equal(r->id, "zdev|pool:tank|name:tank-b");
        assert_string_equal(r->hrid, "zdev: tank-b (tank)");
        assert_string_equal(r->parent, "crypt|name:tank-b");
        assert_int_equal(r->depth, 3);
        assert_int_equal(r->type, ENTITY_ZDEV);
        assert_string_equal(r->groups[1], "away");
        assert_null(r->groups[2]);
        assert_int_equal(r->state, STATE_ACTIVE);
        assert_true(r->errors);
        assert_int_equal(r->added, 1);
        assert_true(r->last_online == USEC_NEVER);
        assert_int_equal(r->last_update, 3);
        assert_int_equal(r->last_scrub, 4);
        assert_int_equal(r->last_trim, 5);
        for (enum operation op = 0; op < _OPERATION_MAX; op++)
                assert_int_equal(r->overdue[op], 6 + op);
        assert_int_equal(r->available_update_overdue, 9);
        assert_string_equal(r->intervals[OPERATION_UPDATE], "4 weeks");
        assert_string_equal(r->intervals[OPERATION_SCRUB], "1 month");
        assert_null(r->intervals[OPERATION_TRIM]);
        assert_null(r->available_update_interval);
        assert_true(r->operations[OPERATION_UPDATE].running);
        assert_true(r->operations[OPERATION_UPDATE].progress == 0.25);
        assert_int_equal(r->operations[OPERATION_UPDATE].started, 10);
        assert_int_equal(r->operations[OPERATION_UPDATE].eta, 11);
        assert_int_equal(r->operations[OPERATION_UPDATE].paused, 14);
        assert_int_equal(r->operations[OPERATION_UPDATE].done_bytes, 12);
        assert_int_equal(r->operations[OPERATION_UPDATE].total_bytes, 13);
        assert_false(r->operations[OPERATION_SCRUB].running);
        assert_true(r->operations[OPERATION_TRIM].running);
        assert_true(r->operations[OPERATION_TRIM].progress < 0);
}

static void test_a_row_with_all_columns(void **state) {
        _cleanup_(config_freep) struct config *c = fixture_config();
        struct view_entity v = sample_view(c);
        struct arena *a = arena_new();
        struct text t = {};
        struct row *rows;
        usec_t now;
        uint32_t n;

        reply_rows_begin(&t, NOW, true);
        row_print(&t, c, &v, COLUMNS_ALL, NOW);
        reply_rows_end(&t);
        assert_true(reply_rows_parse(a, over(a, &t), &rows, &n, &now));
        assert_int_equal(n, 1);
        assert_int_equal(now, NOW);
        check_row(&rows[0]);
        assert_null(rows[0].device);
        arena_free(a);
}

static void test_a_row_has_what_was_asked_for(void **state) {
        _cleanup_(config_freep) struct config *c = fixture_config();
        struct view_entity v = sample_view(c);
        struct text t = {};

        row_print(&t, c, &v, COLUMN_BIT(COLUMN_HRID) | COLUMN_BIT(COLUMN_LAST_ONLINE), NOW);
        assert_string_equal(t.s,
                            "{\"hrid\":\"zdev: tank-b (tank)\",\"last_online\":1700000000000000}");
        text_done(&t);
}

static void test_what_is_never_is_left_out(void **state) {
        _cleanup_(config_freep) struct config *c = fixture_config();
        struct view_entity v = { .entity = &c->entities[FIXTURE_DISK], .errors_text = "" };
        struct text t = {};

        row_print(&t, c, &v, COLUMNS_ALL, NOW);
        assert_string_equal(t.s, "{\"id\":\"disk|uuid:0f2a\",\"hrid\":\"disk: the blue one\","
                                 "\"state\":\"unknown\",\"depth\":0,\"errors\":false,"
                                 "\"type\":\"disk\",\"groups\":[\"usb\"]}");
        text_done(&t);
}

static void test_status_tells_more(void **state) {
        _cleanup_(config_freep) struct config *c = fixture_config();
        struct view_entity v = sample_view(c);
        const struct view_verdict verdict = { .disk = FIXTURE_DISK,
                                              .kind = VERDICT_WORKING,
                                              .text = "updating it",
                                              .progress = 0.5,
                                              .due = 12 };
        const struct view_request requests[] = {
                { .id = 17,
                  .entity = FIXTURE_LEG,
                  .wish = WISH_OFFLINE,
                  .origin = ORIGIN_HANDLER,
                  .by = "on_appeared of crypt tank-b",
                  .since = 99,
                  .reason = { .code = REASON_WAIT_RESILVER, .about = FIXTURE_LEG } },
        };
        struct arena *a = arena_new();
        struct text t = {};
        struct row *rows;
        usec_t now;
        uint32_t n;

        reply_rows_begin(&t, NOW, true);
        row_print_status(&t, a, c, &v, &verdict, requests, 1, NOW);
        row_print_status(&t, a, c, &v, NULL, NULL, 0, NOW);
        reply_rows_end(&t);
        assert_true(reply_rows_parse(a, over(a, &t), &rows, &n, &now));
        assert_int_equal(n, 2);
        check_row(&rows[0]);
        assert_string_equal(rows[0].device, "/dev/sdb1");
        assert_string_equal(rows[0].held_by, "loop device loop0");
        assert_int_equal(rows[0].copy, COPY_SUSPECT);
        assert_string_equal(rows[0].copy_text, "somebody insisted");
        assert_int_equal(rows[0].failure.time, 12);
        assert_int_equal(rows[0].failure.wish, WISH_SCRUB);
        assert_true(rows[0].failure.refused);
        assert_string_equal(rows[0].failure.text, "no progress");
        assert_string_equal(rows[0].errors_text, "3 read errors");
        assert_string_equal(rows[0].trim_obstacle, "/dev/sdb takes no trims");
        assert_true(rows[0].watching);
        assert_int_equal(rows[0].verdict->kind, VERDICT_WORKING);
        assert_string_equal(rows[0].verdict->text, "updating it");
        assert_int_equal(rows[0].verdict->due, 12);
        assert_null(rows[1].verdict);
        assert_int_equal(rows[0].n_requests, 1);
        assert_int_equal(rows[0].requests[0].id, 17);
        assert_string_equal(rows[0].requests[0].wish, "offline");
        assert_string_equal(rows[0].requests[0].origin, "handler");
        assert_string_equal(rows[0].requests[0].by, "on_appeared of crypt tank-b");
        assert_int_equal(rows[0].requests[0].since, 99);
        assert_string_equal(rows[0].requests[0].reason, "zdev tank-b (tank) is being resilvered");
        assert_string_equal(rows[0].requests[0].reason_code, "wait-resilver");
        assert_int_equal(rows[1].n_requests, 0);
        arena_free(a);
}

static void test_rows_that_make_no_sense_are_refused(void **state) {
        static const char *const rows[] = {
                "7",
                "{\"id\":7}",
                "{\"state\":\"sleepy\"}",
                "{\"type\":\"cat\"}",
                "{\"depth\":-1}",
                "{\"depth\":\"3\"}",
                "{\"added\":-1}",
                "{\"last_online\":0.5}",
                "{\"errors\":1}",
                "{\"operations\":{}}",
                "{\"operations\":[{}]}",
                "{\"operations\":[{\"operation\":\"trim\",\"eta\":\"x\"}]}",
                "{\"groups\":[7]}",
                "{\"requests\":[{\"id\":\"x\"}]}",
                "{\"watching\":\"yes\"}",
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                struct arena *a = arena_new();
                const struct json *v = json_parse(a, rows[i], strlen(rows[i]), 100);
                struct row row;

                assert_non_null(v);
                if (row_parse(a, v, NOW, &row))
                        fail_msg("%s", rows[i]);
                arena_free(a);
        }
}

static void test_a_member_that_we_do_not_know_does_not_matter(void **state) {
        static const char text[] = "{\"smell\":[1],\"id\":\"x\",\"state\":null}";
        struct arena *a = arena_new();
        struct row row;

        assert_true(row_parse(a, json_parse(a, text, strlen(text), 100), NOW, &row));
        assert_string_equal(row.id, "x");
        arena_free(a);
}

static void test_version(void **state) {
        const struct reply_version r = { "1.2", "/etc/x.yml", 7, 8, true };
        struct arena *a = arena_new();
        struct reply_version back;
        struct text t = {};

        reply_version_print(&t, &r);
        assert_true(reply_version_parse(over(a, &t), &back));
        assert_string_equal(back.version, "1.2");
        assert_string_equal(back.config_path, "/etc/x.yml");
        assert_int_equal(back.pid, 7);
        assert_int_equal(back.since, 8);
        assert_true(back.ready);
        arena_free(a);
}

static void test_reload(void **state) {
        struct reply_diagnosis diagnoses[] = { { true, "a:1:2: error: x\n x\n ^" },
                                               { false, "a:2:2: warning: y" } };
        const struct reply_reload r = { .diagnoses = diagnoses, .n_diagnoses = 2 };
        struct arena *a = arena_new();
        struct reply_reload back;
        struct text t = {};

        reply_reload_print(&t, &r);
        assert_true(reply_reload_parse(a, over(a, &t), &back));
        assert_false(back.loaded);
        assert_int_equal(back.n_diagnoses, 2);
        assert_true(back.diagnoses[0].is_error);
        assert_string_equal(back.diagnoses[0].text, diagnoses[0].text);
        assert_false(back.diagnoses[1].is_error);
        arena_free(a);
}

static void test_requests(void **state) {
        const struct reply_request requests[] = {
                { 1, "part|name:x", "part: x", WISH_ONLINE, REQUEST_WAITING, "waiting", "wait-need",
                  0.5, 77 },
                { 2, "part|name:y", "part: y", WISH_SCRUB, REQUEST_FAILED, "", "", -1, 0 },
                { 3, "part|name:z", "part: z", WISH_TRIM, REQUEST_DONE, "", "", -1, 0 },
        };
        struct arena *a = arena_new();
        struct reply_request *back;
        struct text t = {};
        usec_t now;
        uint32_t n;

        reply_requests_print(&t, requests, 3, NOW);
        assert_true(reply_requests_parse(a, over(a, &t), &back, &n, &now));
        assert_int_equal(now, NOW);
        assert_int_equal(n, 3);
        for (uint32_t i = 0; i < n; i++) {
                assert_int_equal(back[i].id, requests[i].id);
                assert_string_equal(back[i].entity, requests[i].entity);
                assert_string_equal(back[i].hrid, requests[i].hrid);
                assert_int_equal(back[i].wish, requests[i].wish);
                assert_int_equal(back[i].state, requests[i].state);
                assert_string_equal(back[i].reason, requests[i].reason);
                assert_string_equal(back[i].reason_code, requests[i].reason_code);
                assert_true(back[i].progress == requests[i].progress);
                assert_int_equal(back[i].eta, requests[i].eta);
        }
        arena_free(a);
}

static void test_overview(void **state) {
        _cleanup_(config_freep) struct config *c = fixture_config();
        const struct view_verdict verdicts[] = {
                { FIXTURE_DISK, VERDICT_WORKING, "resilvering", "scrub failed", 0.5, 9, true,
                  USEC_NEVER, 10, true, true },
                { FIXTURE_PART, VERDICT_ABSENT, "", "", -1, 0, false, 0, USEC_NEVER, false, false },
        };
        struct reply_verdict *back;
        struct arena *a = arena_new();
        struct text t = {};
        usec_t now;
        uint32_t n;

        reply_overview_print(&t, c, verdicts, 2, NOW, true);
        assert_true(reply_overview_parse(a, over(a, &t), &back, &n, &now));
        assert_int_equal(now, NOW);
        assert_int_equal(n, 2);
        assert_string_equal(back[0].id, "disk|uuid:0f2a");
        assert_string_equal(back[0].hrid, "disk: the blue one");
        assert_int_equal(back[0].kind, VERDICT_WORKING);
        assert_string_equal(back[0].text, "resilvering");
        assert_string_equal(back[0].trouble, "scrub failed");
        assert_string_equal(back[1].trouble, "");
        assert_true(back[0].progress == 0.5);
        assert_int_equal(back[0].eta, 9);
        assert_true(back[0].up_to_date && back[0].overdue && back[0].errors);
        assert_true(back[0].last_update == USEC_NEVER);
        assert_int_equal(back[0].due, 10);
        assert_int_equal(back[1].kind, VERDICT_ABSENT);
        assert_true(back[1].progress < 0);
        assert_int_equal(back[1].last_update, 0);
        assert_int_equal(back[1].due, 0);
        assert_false(back[1].up_to_date || back[1].overdue || back[1].errors);
        arena_free(a);
}

static void test_settings(void **state) {
        const struct setting_value value = { .timeout = 90 * USEC_PER_SEC };
        struct arena *a = arena_new();
        const char *back = "";
        struct text t = {};

        reply_setting_print(&t, SETTING_TIMEOUT, &value);
        assert_true(reply_setting_parse(over(a, &t), &back));
        assert_string_equal(back, "90");
        arena_free(a);
}

static void test_history(void **state) {
        const struct history lines[] = {
                { 1, HISTORY_RESILVERED, "zdev|x", "resilvered", "", "{\"bytes\":[1,\"é\"]}" },
                { 2, HISTORY_DAEMON, "", "started", "", "" },
                { 3, HISTORY_SAFE, "", "", "", "what is this" },
        };
        struct history *back;
        struct arena *a = arena_new();
        struct text t = {};
        size_t n;

        reply_history_print(&t, lines, 3);
        assert_true(reply_history_parse(a, over(a, &t), &back, &n));
        assert_int_equal(n, 3);
        assert_int_equal(back[0].time, 1);
        assert_int_equal(back[0].kind, HISTORY_RESILVERED);
        assert_string_equal(back[0].entity, "zdev|x");
        assert_string_equal(back[0].text, "resilvered");
        assert_string_equal(back[0].json, "{\"bytes\":[1,\"é\"]}");
        assert_string_equal(back[1].json, "");
        assert_string_equal(back[2].json, ""); /* no object: not passed on */
        arena_free(a);
}

static void test_explain(void **state) {
        _cleanup_(config_freep) struct config *c = fixture_config();
        const struct view_step steps[] = {
                { 0, REASON_NONE, "it is not online" },
                { 1, REASON_NOT_CONNECTED, "part tank-b is not connected" },
        };
        struct reply_explanation *back;
        struct arena *a = arena_new();
        struct text t = {};
        uint32_t n;

        reply_explain_begin(&t);
        reply_explain_add(&t, &c->entities[FIXTURE_LEG], steps, 2);
        reply_explain_add(&t, &c->entities[FIXTURE_POOL], NULL, 0);
        reply_explain_end(&t);
        assert_true(reply_explain_parse(a, over(a, &t), &back, &n));
        assert_int_equal(n, 2);
        assert_string_equal(back[0].hrid, "zdev: tank-b (tank)");
        assert_int_equal(back[0].n_steps, 2);
        assert_string_equal(back[0].steps[0].reason, "it is not online");
        assert_int_equal(back[0].steps[0].depth, 0);
        assert_string_equal(back[0].steps[1].reason, "part tank-b is not connected");
        assert_string_equal(back[0].steps[1].reason_code, "not-connected");
        assert_int_equal(back[0].steps[1].depth, 1);
        assert_int_equal(back[1].n_steps, 0);
        arena_free(a);
}

static void test_watch(void **state) {
        _cleanup_(config_freep) struct config *c = fixture_config();
        struct history line = { .time = 5, .kind = HISTORY_SAFE, .entity = "x", .text = "safe" };
        const struct reply_watch w = {
                .now = 1000,
                .ready = true,
                .counts = { [VERDICT_BUSY] = 2, [VERDICT_ABSENT] = 7 },
                .n_overdue = 3,
                .n_pools = 4,
                .lines = &line,
                .n_lines = 1,
        };
        const struct view_verdict verdict = { .disk = FIXTURE_PART,
                                              .kind = VERDICT_BUSY,
                                              .text = "in use",
                                              .progress = -1,
                                              .last_update = USEC_NEVER };
        const struct view_entity pool = { .entity = &c->entities[FIXTURE_POOL],
                                          .state = STATE_CONNECTED,
                                          .operations = { { .running = true, .progress = 0.5 } } };
        struct arena *a = arena_new();
        struct reply_watch back;
        struct text t = {};

        reply_watch_print(&t, c, &w, &verdict, 1, &pool, 1);
        assert_true(reply_watch_parse(a, over(a, &t), &back));
        assert_true(back.ready);
        assert_int_equal(back.counts[VERDICT_BUSY], 2);
        assert_int_equal(back.counts[VERDICT_ABSENT], 7);
        assert_int_equal(back.counts[VERDICT_SAFE], 0);
        assert_int_equal(back.n_overdue, 3);
        assert_int_equal(back.n_pools, 4);
        assert_int_equal(back.n_disks, 1);
        assert_int_equal(back.disks[0].last_update, USEC_NEVER);
        assert_int_equal(back.n_pool_rows, 1);
        assert_string_equal(back.pools[0].hrid, c->entities[FIXTURE_POOL].hrid);
        assert_true(back.pools[0].operations[0].running);
        assert_int_equal(back.n_lines, 1);
        assert_string_equal(back.lines[0].text, "safe");
        arena_free(a);
}

/* What no daemon of this version says. */
static void test_replies_that_make_no_sense_are_refused(void **state) {
        static const char *const texts[] = { "{}", "{\"requests\":{},\"lines\":7,\"disks\":true,"
                                                   "\"entities\":\"\",\"diagnoses\":1,\"value\":3,"
                                                   "\"version\":1}" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                struct arena *a = arena_new();
                const struct json *o = json_parse(a, texts[i], strlen(texts[i]), 100);
                struct reply_explanation *explanations;
                struct reply_request *requests;
                struct reply_version version;
                struct reply_verdict *verdicts;
                struct reply_reload reload;
                struct reply_watch watch;
                struct history *lines;
                struct row *rows;
                const char *value;
                usec_t now;
                uint32_t n;
                size_t size;

                assert_non_null(o);
                assert_false(reply_version_parse(o, &version));
                assert_false(reply_reload_parse(a, o, &reload));
                assert_false(reply_requests_parse(a, o, &requests, &n, &now));
                assert_false(reply_rows_parse(a, o, &rows, &n, &now));
                assert_false(reply_overview_parse(a, o, &verdicts, &n, &now));
                assert_false(reply_setting_parse(o, &value));
                assert_false(reply_history_parse(a, o, &lines, &size));
                assert_false(reply_explain_parse(a, o, &explanations, &n));
                assert_false(reply_watch_parse(a, o, &watch));
                arena_free(a);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_row_with_all_columns),
                cmocka_unit_test(test_a_row_has_what_was_asked_for),
                cmocka_unit_test(test_what_is_never_is_left_out),
                cmocka_unit_test(test_status_tells_more),
                cmocka_unit_test(test_rows_that_make_no_sense_are_refused),
                cmocka_unit_test(test_a_member_that_we_do_not_know_does_not_matter),
                cmocka_unit_test(test_version),
                cmocka_unit_test(test_reload),
                cmocka_unit_test(test_requests),
                cmocka_unit_test(test_overview),
                cmocka_unit_test(test_settings),
                cmocka_unit_test(test_history),
                cmocka_unit_test(test_explain),
                cmocka_unit_test(test_watch),
                cmocka_unit_test(test_replies_that_make_no_sense_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
