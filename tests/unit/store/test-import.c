/* tests/unit/store/test-import.c - the dates of an older program are taken over, whatever its
 * tables look like */
#include "folder.h"

#include "base/time.h"

/* What a state file made beside such an older one knows of tank-b; `ret_note` in the arena. */
static const struct memory_entity *import_from(struct folder *f, const char *sql,
                                               struct memory **ret_memory, const char **ret_note) {
        const struct memory_entity *found = NULL;
        struct store *s;

        (void) unlink(f->file);
        (void) unlink(f->older);
        if (sql)
                folder_execute(f->older, sql);
        s = folder_open(f);
        assert_true(f->first);
        *ret_note = arena_strdup(f->arena, store_import_note(s));
        assert_int_equal(store_load(s, ret_memory), 0);
        for (uint32_t i = 0; i < (*ret_memory)->n_entities; i++)
                if (strcmp((*ret_memory)->entities[i].id, "zdev|pool:tank|name:tank-b") == 0)
                        found = &(*ret_memory)->entities[i];
        store_free(s);
        return found;
}

static void test_dates_are_found_in_many_layouts(void **state) {
        static const struct {
                const char *name, *sql;
        } cases[] = {
                { "seconds", "CREATE TABLE entities (id TEXT, last_online INTEGER, last_update"
                             " INTEGER, last_scrub INTEGER, last_trim INTEGER);"
                             "INSERT INTO entities VALUES ('zdev|pool:tank|name:tank-b',"
                             " 1000, 1000, 1000, NULL)" },
                { "fractions", "CREATE TABLE x (key TEXT, last_online REAL, last_update REAL,"
                               " last_scrub REAL);"
                               "INSERT INTO x VALUES ('ZDev|pool:tank|name:tank-b', 1000.0, 1000.0,"
                               " 1000.0)" },
                { "ISO text", "CREATE TABLE cache (n INTEGER PRIMARY KEY, entity_id TEXT,"
                              " last_online TEXT, last_update TEXT, last_scrub TEXT);"
                              "INSERT INTO cache VALUES (1, 'zdev|pool:tank|name:tank-b',"
                              " '1970-01-01T00:16:40Z', '1970-01-01T00:16:40.000000+00:00',"
                              " '1970-01-01T01:16:40+01:00')" },
                { "among other tables", "CREATE TABLE meta (k, v); CREATE TABLE e (id, last_online,"
                                        " last_resilvered, last_scrubbed);"
                                        "INSERT INTO e VALUES ('disk|uuid:1', 1, 1, 1);"
                                        "INSERT INTO e VALUES ('zdev|pool:tank|name:tank-b', 1000,"
                                        " 1000, 1000)" },
        };
        struct folder *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct memory *m = NULL;
                const char *note;
                const struct memory_entity *e = import_from(f, cases[i].sql, &m, &note);

                if (!e || e->last_online != 1000 * USEC_PER_SEC ||
                    e->last_update != 1000 * USEC_PER_SEC || e->last_scrub != 1000 * USEC_PER_SEC ||
                    e->last_trim != 0 || m->n_entities != 1)
                        fail_msg("%s: not taken over", cases[i].name);
                assert_non_null(strstr(note, "Took over the dates of 1 legs"));
                memory_free(m);
        }
}

static void test_what_is_not_understood_is_said_and_nothing_else(void **state) {
        static const struct {
                const char *name, *sql;
        } cases[] = {
                { "no dates", "CREATE TABLE entities (id TEXT, state TEXT);"
                              "INSERT INTO entities VALUES ('zdev|pool:tank|name:tank-b', 'x')" },
                { "no ids", "CREATE TABLE e (id, last_update); INSERT INTO e VALUES (7, 1000)" },
                { "no tables", "PRAGMA user_version = 3" },
        };
        struct folder *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct memory *m = NULL;
                const char *note;

                assert_null(import_from(f, cases[i].sql, &m, &note));
                if (!note || !strstr(note, "did not understand"))
                        fail_msg("%s: %s", cases[i].name, note ? note : "no note");
                memory_free(m);
        }
}

static void test_junk_beside_the_state_file_fails_no_start(void **state) {
        struct folder *f = *state;
        FILE *file = fopen(f->older, "we");
        struct store *s;

        assert_non_null(file);
        (void) fputs("this is no database, but a text of some length that goes on and on", file);
        (void) fclose(file);
        s = folder_open(f);
        assert_non_null(strstr(store_import_note(s), "did not understand"));
        store_free(s);
}

static void test_nonsense_dates_are_no_dates(void **state) {
        struct folder *f = *state;
        struct memory *m = NULL;
        const char *note;
        const struct memory_entity *e;

        e = import_from(f,
                        "CREATE TABLE e (id, last_online, last_update, last_scrub, last_trim);"
                        "INSERT INTO e VALUES ('zdev|pool:tank|name:tank-b', 'soon', -5, 1e30,"
                        " x'00')",
                        &m, &note);
        assert_non_null(e);
        assert_true(e->last_online == 0 && e->last_update == 0 && e->last_scrub == 0 &&
                    e->last_trim == 0);
        memory_free(m);
}

static void test_it_is_taken_over_once(void **state) {
        struct folder *f = *state;
        struct store *s;

        folder_execute(f->older, "CREATE TABLE e (id, last_update);"
                                 "INSERT INTO e VALUES ('zdev|pool:tank|name:tank-b', 1000)");
        s = folder_open(f);
        assert_non_null(store_import_note(s));
        store_free(s);
        s = folder_open(f);
        assert_null(store_import_note(s));
        store_free(s);
}

#define t(f) cmocka_unit_test_setup_teardown(f, folder_new, folder_free)

int main(void) {
        const struct CMUnitTest tests[] = {
                t(test_dates_are_found_in_many_layouts),
                t(test_what_is_not_understood_is_said_and_nothing_else),
                t(test_junk_beside_the_state_file_fails_no_start),
                t(test_nonsense_dates_are_no_dates),
                t(test_it_is_taken_over_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
