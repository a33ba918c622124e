/* tests/unit/world/test-zfs_event.c - events are cut out of any stream, however it comes in pieces
 */
#include "data.h"

#include "base/array.h"
#include "world/linux/zfs_event.h"

/* What was handed over, in words. */
struct seen {
        struct arena *a;
        ARRAY(char *) events;
};

static void on_event(void *userdata, const struct zfs_event *e) {
        struct seen *seen = userdata;
        size_t n = 0;

        while (e->keys[n])
                n++;
        array_append(&seen->events,
                     arena_printf(seen->a, "%s %lu %s %lx %lx %s dropped %lu keys %zu", e->name,
                                  e->eid, e->pool, e->pool_guid, e->vdev_guid, e->vdev_path,
                                  e->dropped, n));
}

static void feed(struct seen *seen, const char *text, size_t piece) {
        struct zfs_event_reader *r = zfs_event_reader_new(on_event, seen);
        size_t len = strlen(text);

        seen->a = arena_new();
        seen->events.count = 0;
        for (size_t i = 0; i < len; i += piece)
                zfs_event_reader_feed(r, text + i, len - i < piece ? len - i : piece);
        zfs_event_reader_end(r);
        zfs_event_reader_free(r);
}

static void seen_done(struct seen *seen) {
        array_done(&seen->events);
        arena_free(seen->a);
}

static void test_a_captured_night_is_read_whole(void **state) {
        struct arena *a = arena_new();
        const char *text = data_read(a, "zfs-2.3.2/zevents/cycle.txt");
        struct seen seen = {};
        bool resilvered = false, onlined = false;

        feed(&seen, text, 4096);
        assert_int_equal(seen.events.count, 64);
        for (size_t i = 0; i < seen.events.count; i++) {
                assert_int_equal(strtoul(strchr(seen.events.items[i], ' '), NULL, 10), i + 1);
                resilvered |= strncmp(seen.events.items[i],
                                      "resilver_finish 58 tank 96972975b2bde83e 0  dropped 0 ",
                                      54) == 0;
                onlined |= strncmp(seen.events.items[i],
                                   "vdev_online 53 tank 96972975b2bde83e dcbda37a5bbc8f67 "
                                   "/dev/mapper/tank-b dropped 0 ",
                                   83) == 0;
        }
        assert_true(resilvered);
        assert_true(onlined);
        seen_done(&seen);
        arena_free(a);
}

static void test_pieces_do_not_matter(void **state) {
        static const size_t pieces[] = { 1, 2, 7, 100, 65536 };
        struct arena *a = arena_new();
        const char *text = data_read(a, "zfs-2.1.11/zevents/p21.txt");
        struct seen whole = {}, seen = {};

        feed(&whole, text, SIZE_MAX / 2);
        assert_true(whole.events.count > 190);
        for (size_t i = 0; i < ELEMENTSOF(pieces); i++) {
                feed(&seen, text, pieces[i]);
                assert_int_equal(seen.events.count, whole.events.count);
                for (size_t j = 0; j < seen.events.count; j++)
                        assert_string_equal(seen.events.items[j], whole.events.items[j]);
                seen_done(&seen);
                seen = (struct seen){};
        }
        seen_done(&whole);
        arena_free(a);
}

#define EVENT(name, eid)                                                                           \
        "Nov 23 2026 05:02:50.007242765\tsysevent.fs.zfs." name "\n"                               \
        "        class = \"sysevent.fs.zfs." name "\"\n"                                           \
        "        pool = \"tank\"\n"                                                                \
        "        eid = " eid "\n"

static const struct {
        const char *name, *text;
        const char *expected[4];
} cases[] = {
        { "one event",
          EVENT("config_sync", "0x10") "\n",
          { "config_sync 16 tank 0 0  dropped 0 keys 3" } },
        { "the end of the stream ends an event",
          EVENT("config_sync", "0x10"),
          { "config_sync 16 tank 0 0  dropped 0 keys 3" } },
        { "a line that was cut off",
          EVENT("config_sync", "0x10") "        pool_gu",
          { "config_sync 16 tank 0 0  dropped 0 keys 3" } },
        { "a new heading ends an event",
          EVENT("a", "0x1") EVENT("b", "0x2"),
          { "a 1 tank 0 0  dropped 0 keys 3", "b 2 tank 0 0  dropped 0 keys 3" } },
        { "events were lost",
          EVENT("a", "0x1") "\ndropped 5 events\n" EVENT("b", "0x2") "\n",
          { "a 1 tank 0 0  dropped 0 keys 3", " 0  0 0  dropped 5 keys 0",
            "b 2 tank 0 0  dropped 0 keys 3" } },
        { "a heading without keys",
          "Nov 23 2026 05:02:50.1\tsysevent.fs.zfs.x\n\n",
          { "x 0  0 0  dropped 0 keys 0" } },
        { "noise", "        pool = \"other\"\ncannot open\n        eid = 0x1\n\n\n\n", {} },
        { "a newline inside of a text does not spill over",
          EVENT("a", "0x1") "        history_internal_str = \"first\nsecond\n        eid = "
                            "0x9\n\n" EVENT("b", "0x2") "\n",
          { "a 1 tank 0 0  dropped 0 keys 4", "b 2 tank 0 0  dropped 0 keys 3" } },
};

static void test_streams(void **state) {
        struct seen seen = {};
        size_t n;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                feed(&seen, cases[i].text, 3);
                for (n = 0; n < ELEMENTSOF(cases[i].expected) && cases[i].expected[n]; n++)
                        if (n >= seen.events.count ||
                            strcmp(seen.events.items[n], cases[i].expected[n]) != 0)
                                fail_msg("%s: event %zu is %s", cases[i].name, n,
                                         n < seen.events.count ? seen.events.items[n]
                                                               : "not there");
                if (seen.events.count != n)
                        fail_msg("%s: %zu events", cases[i].name, seen.events.count);
                seen_done(&seen);
                seen = (struct seen){};
        }
}

/* No event need follow for a long time. */
static void test_lost_events_are_told_at_once(void **state) {
        struct seen seen = { .a = arena_new() };
        struct zfs_event_reader *r = zfs_event_reader_new(on_event, &seen);

        zfs_event_reader_feed(r, "dropped 5 events\n", 17);
        assert_int_equal(seen.events.count, 1);
        zfs_event_reader_free(r);
        seen_done(&seen);
}

static void test_an_endless_line_and_an_endless_event_take_no_endless_memory(void **state) {
        struct seen seen = { .a = arena_new() };
        struct zfs_event_reader *r = zfs_event_reader_new(on_event, &seen);
        char junk[4096];

        memset(junk, 'x', sizeof(junk));
        zfs_event_reader_feed(r, "date\tclass.a\n pool = \"tank\"\n long = ", 36);
        for (int i = 0; i < 1000; i++)
                zfs_event_reader_feed(r, junk, sizeof(junk));
        zfs_event_reader_feed(r, "\n", 1);
        for (int i = 0; i < 100000; i++)
                zfs_event_reader_feed(r, " key = value\n", 13);
        zfs_event_reader_feed(r, "\ndate\tclass.b\n\n", 15);
        assert_int_equal(seen.events.count, 2);
        assert_string_equal(seen.events.items[0], "a 0 tank 0 0  dropped 0 keys 256");
        assert_string_equal(seen.events.items[1], "b 0  0 0  dropped 0 keys 0");
        zfs_event_reader_free(r);
        seen_done(&seen);
}

/* Reads one of the captured environments, a variable a line. */
static bool environment_read(struct arena *a, const char *path, struct zfs_event *ret) {
        char *line, *text = arena_strdup(a, data_read(a, path)), *state = NULL;
        ARRAY(const char *) variables = {};
        bool ok;

        for (line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
                array_append(&variables, (const char *) line);
        array_append(&variables, NULL);
        ok = zfs_event_from_environment(a, variables.items, ret);
        array_done(&variables);
        return ok;
}

static void test_the_environment_of_a_zedlet_is_the_same_event(void **state) {
        struct arena *a = arena_new();
        struct zfs_event e;

        assert_true(environment_read(a, "zfs-2.3.2/zed-env/00052-statechange.env", &e));
        assert_string_equal(e.class, "resource.fs.zfs.statechange");
        assert_string_equal(e.name, "statechange");
        assert_int_equal(e.eid, 52);
        assert_string_equal(e.pool, "tank");
        assert_true(e.pool_guid == 0x96972975B2BDE83E);
        assert_true(e.vdev_guid == 0xDCBDA37A5BBC8F67);
        assert_string_equal(e.vdev_path, "/dev/mapper/tank-b");
        assert_string_equal(e.keys[0], "class=resource.fs.zfs.statechange");

        assert_true(environment_read(a, "zfs-2.1.11/zed-env/00046-resilver_finish.env", &e));
        assert_string_equal(e.name, "resilver_finish");
        assert_int_equal(e.eid, 46);
        assert_int_equal(e.vdev_guid, 0);
        arena_free(a);
}

static void test_an_environment_without_an_event(void **state) {
        static const char *const environment[] = { "PATH=/bin", "ZEVENT_POOL=tank", "ZEVENT_CLASS",
                                                   "NOT_ZEVENT_CLASS=x", NULL };
        struct arena *a = arena_new();
        struct zfs_event e;

        assert_false(zfs_event_from_environment(a, environment, &e));
        arena_free(a);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_captured_night_is_read_whole),
                cmocka_unit_test(test_pieces_do_not_matter),
                cmocka_unit_test(test_streams),
                cmocka_unit_test(test_lost_events_are_told_at_once),
                cmocka_unit_test(test_an_endless_line_and_an_endless_event_take_no_endless_memory),
                cmocka_unit_test(test_the_environment_of_a_zedlet_is_the_same_event),
                cmocka_unit_test(test_an_environment_without_an_event),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
