/* tests/unit/world/test-pool_status_forms.c - the JSON form and the text form of what a pool says
 * yield the same facts, in every captured state
 *
 * What the text does not tell, and where the forms therefore differ:
 *  - the GUID of the pool itself;
 *  - amounts of a scan: rounded to three digits, and none but what was repaired once it has ended;
 *  - when a canceled scan was started;
 *  - that a trim was canceled (it says "untrimmed"), how much of a canceled trim was done, and
 * errors of a trim; how much of a running one was done is told in percent. */
#include "data.h"

#include <dirent.h>
#include <time.h>

#include "model/facts.h"
#include "world/linux/pool_status_json.h"
#include "world/linux/pool_status_text.h"

static const char *where; /* state and pool that are being compared */

#define same(a, b)                                                                                 \
        do {                                                                                       \
                if ((a) != (b))                                                                    \
                        fail_msg("%s: %s differs", where, #a);                                     \
        } while (0)

#define same_text(a, b)                                                                            \
        do {                                                                                       \
                if (strcmp((a), (b)) != 0)                                                         \
                        fail_msg("%s: %s is \"%s\" against \"%s\"", where, #a, a, b);              \
        } while (0)

static void same_roughly(const char *what, uint64_t exact, uint64_t rounded) {
        double difference = (double) exact - (double) rounded;

        if (difference > (double) exact / 100 || -difference > (double) exact / 100)
                fail_msg("%s: %s is %lu against %lu", where, what, exact, rounded);
}

static void compare_scan(const struct scan *json, const struct scan *text) {
        same(json->function, text->function);
        same(json->state, text->state);
        same(json->end, text->end);
        same(json->paused, text->paused);
        same(json->errors, text->errors);
        switch (json->state) {
        case SCAN_STATE_SCANNING: /* the texts were taken before the JSON, while it ran */
                same(json->start, text->start);
                same_roughly("to_examine", json->to_examine, text->to_examine);
                same(text->issued > 0, json->issued > 0);
                same(text->processed > 0, json->processed > 0);
                same(true, text->examined > 0 && text->issued <= json->to_examine);
                break;
        case SCAN_STATE_FINISHED:
                same(json->start, text->start);
                same_roughly("processed", json->processed, text->processed);
                same(true, scan_equal(json, text));
                break;
        case SCAN_STATE_CANCELED:
                same(text->start, 0);
                same(true, scan_equal(json, text));
                break;
        case SCAN_STATE_NONE:
                break;
        }
}

static void compare_trim(const struct vdev *json, const struct vdev *text) {
        switch (json->trim_state) {
        case TRIM_CANCELED:
                same(text->trim_state, TRIM_UNTRIMMED);
                break;
        case TRIM_ACTIVE:
        case TRIM_SUSPENDED:
                same(json->trim_done * 100 / json->trim_total, text->trim_done);
                __attribute__((fallthrough));
        case TRIM_COMPLETE:
                same(json->trim_state, text->trim_state);
                same(json->trim_time, text->trim_time);
                same(100, text->trim_total);
                break;
        case TRIM_UNTRIMMED:
                same(json->trim_state, text->trim_state);
                same(0, text->trim_total);
                break;
        case TRIM_UNSUPPORTED:
                same(true,
                     text->trim_state == TRIM_UNSUPPORTED || text->trim_state == TRIM_COMPLETE);
        }
}

static void compare_vdev(const struct vdev *json, const struct vdev *text) {
        same_text(json->name, text->name);
        same_text(json->path, text->path);
        same_text(json->was, text->was);
        same_text(json->aux, text->aux);
        same(json->type, text->type);
        same(json->class, text->class);
        same(json->parity, text->parity);
        same(json->guid, text->guid);
        same(json->state, text->state);
        same(json->parent, text->parent);
        same(json->top, text->top);
        same(json->read_errors, text->read_errors);
        same(json->write_errors, text->write_errors);
        same(json->checksum_errors, text->checksum_errors);
        same(json->not_present, text->not_present);
        same(json->resilver_deferred, text->resilver_deferred);
        same(json->resilvering, text->resilvering);
        compare_trim(json, text);
}

static void compare_status(const struct pool_status *json, struct pool_status *text) {
        same_text(json->name, text->name);
        same(0, text->guid);
        same(json->state, text->state);
        same(json->suspended, text->suspended);
        same(json->error_count, text->error_count);
        same(json->checkpoint, text->checkpoint);
        same(json->rebuilding, text->rebuilding);
        same(json->removing, text->removing);
        same(json->spare_in_use, text->spare_in_use);
        same_text(json->problem, text->problem);
        same(json->n_vdevs, text->n_vdevs);
        compare_scan(&json->scan, &text->scan);
        text->vdevs[0].guid = json->guid; /* the pool's own: the text shows its name with -g, too */
        for (uint32_t i = 0; i < json->n_vdevs; i++)
                compare_vdev(&json->vdevs[i], &text->vdevs[i]);
}

/* What `zpool status -gpPt` says: the table with GUIDs for names, which makes it narrower. */
static const char *text_with_guids(struct arena *a, const char *text, const struct pool_status *p) {
        const char *end, *s = strstr(text, arena_printf(a, "  pool: %s\n", p->name));
        uint32_t row = 0;
        struct text t = {};

        assert_non_null(s);
        for (; *s; s = end) {
                size_t indent = s[0] == '\t' ? strspn(s + 1, " ") : 0;
                const char *name = s + 1 + indent, *rest;

                end = strchr(s, '\n') + 1;
                rest = name + strcspn(name, " \n");
                rest += strspn(rest, " ");
                if (s[0] == '\t' && rest < end && strncmp(s, "\tNAME ", 6) == 0) {
                        row = 0;
                        text_addf(&t, "\t%-26s  %.*s", "NAME", (int) (end - rest), rest);
                } else if (s[0] == '\t' && strncmp(rest, "STATE", 5) != 0 && row < p->n_vdevs &&
                           strncmp(name, p->vdevs[row].name, strlen(p->vdevs[row].name)) == 0) {
                        const char *shown = p->name;

                        if (row > 0)
                                shown = arena_printf(a, "%lu", p->vdevs[row].guid);
                        text_addf(&t, "\t%*s%-*s  %.*s", (int) indent, "", (int) (26 - indent),
                                  shown, (int) (end - rest), rest);
                        row++;
                } else
                        text_add_bytes(&t, s, (size_t) (end - s));
        }
        s = arena_strndup(a, t.s, t.length);
        text_done(&t);
        return s;
}

static void compare_pool(struct arena *a, const char *json, const char *text, const char *pool) {
        _cleanup_(pool_status_freep) struct pool_status *exact = NULL, *read = NULL;
        const char *error = "", *guids;

        if (pool_status_parse_json(json, strlen(json), pool, &exact, &error) < 0)
                fail_msg("%s: JSON: %s", where, error);
        guids = text_with_guids(a, text, exact);
        if (pool_status_parse_text(text, strlen(text), guids, strlen(guids), pool, &read, &error) <
            0)
                fail_msg("%s: text: %s\n%s", where, error, guids);
        compare_status(exact, read);
}

static void test_both_forms_tell_the_same(void **state) {
        static const char *const pools[] = { "tank", "bak", "sus", "dmg", "raw" };
        DIR *d = opendir(TEST_DATA "/zfs-2.3.2/states");
        struct arena *a = arena_new();
        unsigned compared = 0;
        struct dirent *e;

        assert_non_null(d);
        while ((e = readdir(d))) {
                const char *dir = arena_printf(a, "zfs-2.3.2/states/%s", e->d_name);
                const char *json = data_read(a, arena_printf(a, "%s/status-jPt-int.json", dir));
                const char *text = data_read(a, arena_printf(a, "%s/status-pPt.txt", dir));

                if (!json || !text)
                        continue;
                for (size_t i = 0; i < ELEMENTSOF(pools); i++) {
                        if (!strstr(text, arena_printf(a, "  pool: %s\n", pools[i])))
                                continue;
                        where = arena_printf(a, "%s of %s", pools[i], e->d_name);
                        compare_pool(a, json, text, pools[i]);
                        compared++;
                }
        }
        assert_true(compared >= 60);
        closedir(d);
        arena_free(a);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_both_forms_tell_the_same),
        };

        (void) setenv("TZ", "UTC", 1); /* of the machine on which the texts were taken */
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
