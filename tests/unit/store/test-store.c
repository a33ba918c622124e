/* tests/unit/store/test-store.c - what is saved is what is loaded */
#include "folder.h"

#include <errno.h>
#include <time.h>

/* GUIDs exceed 63 bits. */
#define GUID_BIG 17179869184000000001ULL

static struct memory_entity sample_entity(void) {
        static struct memory_handler handlers[] = {
                { .event = EVENT_RESILVERED, .next = 1, .started = 77, .change = "resilver:9:1" },
                { .event = EVENT_APPEARED, .next = 0, .change = "appeared:b" },
        };

        return (struct memory_entity){
                .id = "zdev|pool:tank|name:tank-b",
                .state = STATE_ACTIVE,
                .in_use = true,
                .device_seq = 12,
                .operations = 1 << OPERATION_SCRUB,
                .errors = true,
                .used = true,
                .ejected = true,
                .added = 1,
                .last_online = 2,
                .last_update = 3,
                .last_scrub = 4,
                .last_trim = USEC_NEVER,
                .vdev_guid = GUID_BIG,
                .luks_uuid = "c0ffee00-0000-4000-8000-000000000002",
                .handlers = handlers,
                .n_handlers = ELEMENTSOF(handlers),
                .failure = { 5, WISH_SCRUB, true, "no progress" },
        };
}

static struct memory_leg sample_leg(void) {
        return (struct memory_leg){
                .vdev_guid = GUID_BIG,
                .pool_guid = 5,
                .entity = "zdev|pool:tank|name:tank-b",
                .copy = COPY_SUSPECT,
                .suspicion = "imported alone",
                .open = true,
                .closed_txg = 11,
                .closed_time = 12,
                .ceiling_txg = 13,
                .hostid = 14,
                .watching = true,
                .before = { SCAN_RESILVER, SCAN_STATE_FINISHED, 21, 22, 23, 24, 25, 26, 27, 28 },
                .before_txg = 31,
                .since = 32,
                .errors_before = 33,
                .resilver_seen = true,
                .scrub_start = 34,
                .scrub_errors_before = 35,
                .met_start = 36,
                .own_txg = 37,
                .instance = GUID_BIG - 2,
                .apart = true,
                .write_errors = 38,
                .proof = { PROOF_RESILVER, 39, 40, 41, 42 },
        };
}

static void save_all(struct store *s, const struct memory_entity *e, const struct memory_leg *l,
                     const struct memory_pool *p) {
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_save_entity(s, e), 0);
        assert_int_equal(store_save_leg(s, l), 0);
        assert_int_equal(store_save_pool(s, p), 0);
        assert_int_equal(store_save_boot_id(s, "boot-1"), 0);
        assert_int_equal(store_commit(s), 0);
}

static void assert_scan(const struct scan *a, const struct scan *b) {
        assert_memory_equal(a, b, sizeof(*a));
}

static void test_a_new_file_remembers_nothing(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);
        struct memory *m = NULL;

        assert_true(f->first);
        assert_int_equal(store_load(s, &m), 0);
        assert_string_equal(m->boot_id, "");
        assert_int_equal(m->n_entities + m->n_legs + m->n_pools, 0);
        assert_null(store_import_note(s));
        memory_free(m);
        store_free(s);
}

static void test_it_is_the_first_start_until_a_boot_id_is_saved(void **state) {
        struct folder *f = *state;
        struct memory_entity e = sample_entity();
        struct store *s = folder_open(f);

        assert_int_equal(store_save_one_entity(s, &e), 0);
        store_free(s);
        s = folder_open(f);
        assert_true(f->first);
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_save_boot_id(s, "boot-1"), 0);
        assert_int_equal(store_commit(s), 0);
        store_free(s);
        s = folder_open(f);
        assert_false(f->first);
        store_free(s);
}

static void test_everything_saved_is_loaded_again(void **state) {
        struct folder *f = *state;
        struct memory_member current[] = { { 1, 9 }, { GUID_BIG, GUID_BIG } };
        struct memory_top tops[] = { { 9, { VDEV_TYPE_RAIDZ, 2, 6 } },
                                     { GUID_BIG, { VDEV_TYPE_DISK, 0, 1 } } };
        struct memory_entity e = sample_entity(), *e2;
        struct memory_leg l = sample_leg(), *l2;
        struct memory_pool p = { .pool_guid = GUID_BIG,
                                 .name = "tank",
                                 .newest_txg = 6,
                                 .newest_time = 7,
                                 .current = current,
                                 .n_current = 2,
                                 .tops = tops,
                                 .n_tops = 2,
                                 .instance = GUID_BIG - 1,
                                 .went_on = 41,
                                 .went_on_scan = 42,
                                 .scan = { SCAN_SCRUB, SCAN_STATE_SCANNING, 1, 2, 3, 4, 5, 6, 7,
                                           8 },
                                 .imported = true },
                           *p2;
        struct store *s = folder_open(f);
        struct memory *m = NULL;

        save_all(s, &e, &l, &p);
        store_free(s);
        s = folder_open(f);
        assert_int_equal(store_load(s, &m), 0);

        assert_string_equal(m->boot_id, "boot-1");
        assert_int_equal(m->n_entities, 1);
        e2 = &m->entities[0];
        assert_string_equal(e2->id, e.id);
        assert_int_equal(e2->state, e.state);
        assert_true(e2->in_use);
        assert_int_equal(e2->failure.time, e.failure.time);
        assert_int_equal(e2->failure.wish, e.failure.wish);
        assert_true(e2->failure.refused);
        assert_string_equal(e2->failure.text, e.failure.text);
        assert_int_equal(e2->device_seq, 12);
        assert_int_equal(e2->operations, e.operations);
        assert_true(e2->errors && e2->used && e2->ejected);
        assert_int_equal(e2->added, 1);
        assert_int_equal(e2->last_online, 2);
        assert_int_equal(e2->last_update, 3);
        assert_int_equal(e2->last_scrub, 4);
        assert_true(e2->last_trim == USEC_NEVER);
        assert_true(e2->vdev_guid == GUID_BIG);
        assert_string_equal(e2->luks_uuid, e.luks_uuid);
        assert_int_equal(e2->n_handlers, 2);
        assert_int_equal(e2->handlers[0].event, EVENT_RESILVERED);
        assert_int_equal(e2->handlers[0].next, 1);
        assert_int_equal(e2->handlers[0].started, 77);
        assert_string_equal(e2->handlers[0].change, "resilver:9:1");
        assert_int_equal(e2->handlers[1].event, EVENT_APPEARED);

        assert_int_equal(m->n_legs, 1);
        l2 = &m->legs[0];
        assert_true(l2->vdev_guid == l.vdev_guid && l2->pool_guid == 5);
        assert_string_equal(l2->entity, l.entity);
        assert_int_equal(l2->copy, COPY_SUSPECT);
        assert_string_equal(l2->suspicion, "imported alone");
        assert_true(l2->open && l2->watching && l2->resilver_seen);
        assert_int_equal(l2->closed_txg, 11);
        assert_int_equal(l2->closed_time, 12);
        assert_int_equal(l2->ceiling_txg, 13);
        assert_int_equal(l2->hostid, 14);
        assert_scan(&l2->before, &l.before);
        assert_int_equal(l2->before_txg, 31);
        assert_int_equal(l2->since, 32);
        assert_int_equal(l2->errors_before, 33);
        assert_int_equal(l2->scrub_start, 34);
        assert_int_equal(l2->scrub_errors_before, 35);
        assert_int_equal(l2->met_start, 36);
        assert_int_equal(l2->own_txg, 37);
        assert_true(l2->instance == GUID_BIG - 2);
        assert_true(l2->apart);
        assert_int_equal(l2->write_errors, 38);
        assert_int_equal(l2->proof.kind, PROOF_RESILVER);
        assert_int_equal(l2->proof.at, 39);
        assert_int_equal(l2->proof.took, 40);
        assert_int_equal(l2->proof.bytes, 41);
        assert_int_equal(l2->proof.sibling_txg, 42);

        assert_int_equal(m->n_pools, 1);
        p2 = &m->pools[0];
        assert_true(p2->pool_guid == GUID_BIG && p2->imported);
        assert_string_equal(p2->name, "tank");
        assert_int_equal(p2->newest_txg, 6);
        assert_int_equal(p2->newest_time, 7);
        assert_scan(&p2->scan, &p.scan);
        assert_int_equal(p2->n_current, 2);
        assert_true(p2->current[0].vdev_guid + p2->current[1].vdev_guid == 1 + GUID_BIG);
        assert_true(p2->current[0].top_guid + p2->current[1].top_guid == 9 + GUID_BIG);
        assert_int_equal(p2->n_tops, 2);
        for (uint32_t i = 0; i < 2; i++) {
                const struct vdev_shape *shape = &p2->tops[i].shape;
                bool raidz = p2->tops[i].guid == 9;

                assert_true(raidz || p2->tops[i].guid == GUID_BIG);
                assert_int_equal(shape->type, raidz ? VDEV_TYPE_RAIDZ : VDEV_TYPE_DISK);
                assert_int_equal(shape->parity, raidz ? 2 : 0);
                assert_int_equal(shape->width, raidz ? 6 : 1);
        }
        assert_true(p2->instance == GUID_BIG - 1);
        assert_int_equal(p2->went_on, 41);
        assert_int_equal(p2->went_on_scan, 42);

        memory_free(m);
        store_free(s);
}

static void test_saving_again_replaces(void **state) {
        struct folder *f = *state;
        struct memory_member current[] = { { 1, 1 }, { 2, 2 } };
        struct memory_entity e = sample_entity();
        struct memory_leg l = sample_leg();
        struct memory_pool p = {
                .pool_guid = 5, .name = "tank", .current = current, .n_current = 2
        };
        struct store *s = folder_open(f);
        struct memory *m = NULL;

        save_all(s, &e, &l, &p);
        e.n_handlers = 0;
        e.state = STATE_DISCONNECTED;
        l.copy = COPY_COMPLETE;
        p.n_current = 1;
        save_all(s, &e, &l, &p);
        assert_int_equal(store_load(s, &m), 0);
        assert_int_equal(m->n_entities, 1);
        assert_int_equal(m->entities[0].n_handlers, 0);
        assert_int_equal(m->entities[0].state, STATE_DISCONNECTED);
        assert_int_equal(m->n_legs, 1);
        assert_int_equal(m->legs[0].copy, COPY_COMPLETE);
        assert_int_equal(m->n_pools, 1);
        assert_int_equal(m->pools[0].n_current, 1);
        memory_free(m);
        store_free(s);
}

static void add_history(struct store *s, usec_t time, const char *entity, const char *change) {
        struct history h = { .time = time,
                             .kind = HISTORY_RESILVERED,
                             .entity = entity,
                             .text = change,
                             .change = change,
                             .json = "{}" };

        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_add_history(s, &h), 0);
        assert_int_equal(store_commit(s), 0);
}

static void test_a_change_has_one_line_of_history(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);
        struct history *lines;
        size_t n;

        add_history(s, 1, "a", "resilver:1:1");
        add_history(s, 2, "a", "resilver:1:1");
        assert_int_equal(store_load_history(s, f->arena, NULL, 0, 0, &lines, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(lines[0].time, 1);
        store_free(s);
}

static void test_history_is_chosen_by_entity_time_and_number(void **state) {
        static const struct {
                const char *name, *entities[3];
                usec_t since;
                size_t limit, n;
                const char *first, *last;
        } cases[] = {
                { "all", {}, 0, 0, 4, "1", "4" },
                { "of one", { "b" }, 0, 0, 2, "2", "4" },
                { "of two", { "b", "a" }, 0, 0, 4, "1", "4" },
                { "since", {}, 3, 0, 2, "3", "4" },
                { "the newest", {}, 0, 2, 2, "3", "4" },
                { "the newest of one", { "a" }, 0, 1, 1, "3", "3" },
                { "the newest of two", { "a", "b" }, 0, 3, 3, "2", "4" },
                { "of nobody", { "c" }, 0, 0, 0, NULL, NULL },
        };
        struct folder *f = *state;
        struct store *s = folder_open(f);
        struct history *lines;
        size_t n;

        add_history(s, 1, "a", "1");
        add_history(s, 2, "b", "2");
        add_history(s, 3, "a", "3");
        add_history(s, 4, "b", "4");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_equal(store_load_history(s, f->arena,
                                                    cases[i].entities[0] ? cases[i].entities : NULL,
                                                    cases[i].since, cases[i].limit, &lines, &n),
                                 0);
                if (n != cases[i].n || (n && strcmp(lines[0].change, cases[i].first) != 0) ||
                    (n && strcmp(lines[n - 1].change, cases[i].last) != 0))
                        fail_msg("%s: %zu lines", cases[i].name, n);
        }
        store_free(s);
}

static void test_an_older_file_becomes_a_new_one(void **state) {
        struct folder *f = *state;
        struct memory_entity e = sample_entity();
        struct store *s = folder_open(f);
        struct memory *m = NULL;

        assert_int_equal(store_save_one_entity(s, &e), 0);
        store_free(s);
        folder_execute(f->file, "ALTER TABLE entity DROP COLUMN luks_uuid;"
                                "ALTER TABLE entity DROP COLUMN ejected;"
                                "ALTER TABLE entity DROP COLUMN failed;"
                                "ALTER TABLE entity DROP COLUMN failed_wish;"
                                "ALTER TABLE entity DROP COLUMN failed_refused;"
                                "ALTER TABLE entity DROP COLUMN failed_text;"
                                "ALTER TABLE leg DROP COLUMN met_start;"
                                "ALTER TABLE leg DROP COLUMN own_txg;"
                                "ALTER TABLE leg DROP COLUMN instance;"
                                "ALTER TABLE leg DROP COLUMN apart;"
                                "ALTER TABLE leg DROP COLUMN write_errors;"
                                "ALTER TABLE leg DROP COLUMN proof;"
                                "ALTER TABLE leg DROP COLUMN proof_at;"
                                "ALTER TABLE leg DROP COLUMN proof_took;"
                                "ALTER TABLE leg DROP COLUMN proof_bytes;"
                                "ALTER TABLE leg DROP COLUMN proof_sibling_txg;"
                                "ALTER TABLE pool DROP COLUMN instance;"
                                "ALTER TABLE pool DROP COLUMN went_on;"
                                "ALTER TABLE pool DROP COLUMN went_on_scan;"
                                "ALTER TABLE pool_current DROP COLUMN top_guid;"
                                "DROP TABLE pool_top; PRAGMA user_version = 1");
        s = folder_open(f);
        assert_int_equal(store_load(s, &m), 0);
        assert_int_equal(m->n_entities, 1);
        assert_int_equal(m->entities[0].last_update, 3);
        assert_string_equal(m->entities[0].luks_uuid, "");
        memory_free(m);
        store_free(s);
}

static void test_clearing_dates_leaves_the_ledger(void **state) {
        struct folder *f = *state;
        struct memory_member current[] = { { 1, 1 } };
        struct memory_entity e = sample_entity();
        struct memory_leg l = sample_leg();
        struct memory_pool p = {
                .pool_guid = 5, .name = "tank", .current = current, .n_current = 1
        };
        struct store *s = folder_open(f);
        struct memory *m = NULL;
        struct history *lines;
        size_t n;

        save_all(s, &e, &l, &p);
        add_history(s, 1, "a", "1");
        assert_int_equal(store_clear(s, true, false), 0);
        assert_int_equal(store_load(s, &m), 0);
        assert_int_equal(m->n_entities, 1);
        assert_int_equal(m->entities[0].state, STATE_ACTIVE);
        assert_true(m->entities[0].vdev_guid == GUID_BIG);
        assert_int_equal(m->entities[0].added + m->entities[0].last_update +
                                 m->entities[0].last_scrub + m->entities[0].last_trim +
                                 m->entities[0].last_online,
                         0);
        assert_int_equal(m->n_legs, 1);
        assert_int_equal(m->n_pools, 1);
        assert_int_equal(m->pools[0].n_current, 1);
        assert_int_equal(store_load_history(s, f->arena, NULL, 0, 0, &lines, &n), 0);
        assert_int_equal(n, 0);
        memory_free(m);
        store_free(s);
}

static void test_clearing_the_ledger_leaves_the_dates(void **state) {
        struct folder *f = *state;
        struct memory_member current[] = { { 1, 1 } };
        struct memory_entity e = sample_entity();
        struct memory_leg l = sample_leg();
        struct memory_pool p = {
                .pool_guid = 5, .name = "tank", .current = current, .n_current = 1
        };
        struct store *s = folder_open(f);
        struct memory *m = NULL;

        save_all(s, &e, &l, &p);
        assert_int_equal(store_clear(s, false, true), 0);
        assert_int_equal(store_load(s, &m), 0);
        assert_int_equal(m->entities[0].last_update, 3);
        assert_true(m->entities[0].vdev_guid == 0);
        assert_int_equal(m->n_legs + m->n_pools, 0);
        memory_free(m);
        store_free(s);
}

static void test_what_is_forgotten_goes_and_the_rest_stays(void **state) {
        struct folder *f = *state;
        struct memory_member current[] = { { GUID_BIG, 1 }, { 9, 1 } };
        struct memory_entity e = sample_entity(), other = { .id = "zdev|pool:tank|name:tank-a" };
        struct memory_leg l = sample_leg(),
                          other_leg = { .vdev_guid = 9, .pool_guid = 5, .entity = other.id };
        struct memory_pool p = {
                .pool_guid = 5, .name = "tank", .current = current, .n_current = 2
        };
        struct memory_pool q = {
                .pool_guid = 6, .name = "bak", .current = current, .n_current = 1
        };
        struct store *s = folder_open(f);
        struct memory *m = NULL;

        save_all(s, &e, &l, &p);
        save_all(s, &other, &other_leg, &q);
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_forget_entity(s, e.id), 0);
        assert_int_equal(store_forget_leg(s, l.vdev_guid), 0);
        assert_int_equal(store_forget_pool(s, 5), 0);
        assert_int_equal(store_forget_pool(s, 7), 0); /* there is none */
        assert_int_equal(store_commit(s), 0);
        assert_int_equal(store_load(s, &m), 0);
        assert_int_equal(m->n_entities, 1);
        assert_string_equal(m->entities[0].id, other.id);
        assert_int_equal(m->n_legs, 1);
        assert_true(m->legs[0].vdev_guid == 9);
        assert_int_equal(m->n_pools, 1);
        assert_string_equal(m->pools[0].name, "bak");
        assert_int_equal(m->pools[0].n_current, 1);
        memory_free(m);
        store_free(s);
}

static void test_what_is_forgotten_and_saved_in_one_go_is_there(void **state) {
        struct folder *f = *state;
        struct memory_entity e = sample_entity();
        struct store *s = folder_open(f);
        struct memory *m = NULL;

        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_save_entity(s, &e), 0);
        assert_int_equal(store_commit(s), 0);
        e.last_update = 77;
        e.n_handlers = 0;
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_forget_entity(s, e.id), 0);
        assert_int_equal(store_save_entity(s, &e), 0);
        assert_int_equal(store_commit(s), 0);
        assert_int_equal(store_load(s, &m), 0);
        assert_int_equal(m->n_entities, 1);
        assert_int_equal(m->entities[0].last_update, 77);
        assert_int_equal(m->entities[0].n_handlers, 0);
        memory_free(m);
        store_free(s);
}

static usec_t monotonic(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

/* The time is printed, not judged: a unit test does not fail because the machine is busy. `./dev
 * bench` judges. */
static void test_twenty_thousand_entities_are_loaded(void **state) {
        struct folder *f = *state;
        struct store *s = folder_open(f);
        struct memory *m = NULL;
        usec_t begun;

        assert_int_equal(store_begin(s), 0);
        for (int i = 0; i < 20000; i++) {
                char id[64];
                struct memory_entity e = sample_entity();

                (void) snprintf(id, sizeof(id), "zdev|pool:tank-%d|name:leg-%d", i / 4, i);
                e.id = id;
                assert_int_equal(store_save_entity(s, &e), 0);
        }
        assert_int_equal(store_commit(s), 0);
        begun = monotonic();
        assert_int_equal(store_load(s, &m), 0);
        print_message("loading 20000 entities took %llu us\n",
                      (unsigned long long) (monotonic() - begun));
        assert_int_equal(m->n_entities, 20000);
        assert_int_equal(m->entities[19999].n_handlers, 2);
        begun = monotonic();
        assert_int_equal(store_save_one_entity(s, &m->entities[4711]), 0);
        print_message("saving one took %llu us\n", (unsigned long long) (monotonic() - begun));
        memory_free(m);
        store_free(s);
}

#define t(f) cmocka_unit_test_setup_teardown(f, folder_new, folder_free)

int main(void) {
        const struct CMUnitTest tests[] = {
                t(test_a_new_file_remembers_nothing),
                t(test_it_is_the_first_start_until_a_boot_id_is_saved),
                t(test_everything_saved_is_loaded_again),
                t(test_saving_again_replaces),
                t(test_a_change_has_one_line_of_history),
                t(test_history_is_chosen_by_entity_time_and_number),
                t(test_an_older_file_becomes_a_new_one),
                t(test_clearing_dates_leaves_the_ledger),
                t(test_clearing_the_ledger_leaves_the_dates),
                t(test_what_is_forgotten_goes_and_the_rest_stays),
                t(test_what_is_forgotten_and_saved_in_one_go_is_there),
                t(test_twenty_thousand_entities_are_loaded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
