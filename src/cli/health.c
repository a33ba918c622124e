/* cli/health.c - is all well? For people, and for what watches machines */
#include <stdio.h>
#include <stdlib.h>

#include "api/reply.h"
#include "base/array.h"
#include "base/map.h"
#include "cli/health.h"
#include "cli/show.h"
#include "cli/talk.h"

/*
 * Each pool and each disk (or what else stands outside of everything) is a subject. What is found
 * inside it makes it worse: legs that are overdue, things with errors. A leg that is away as
 * planned is no error, whatever `zpool status` says of its pool: the daemon knows.
 */

/* These are exit statuses, too. A call that makes no sense is as bad as no answer: whoever watches
 * must not take it for anything else. */
enum health { HEALTH_WELL, HEALTH_OVERDUE, HEALTH_TROUBLE, HEALTH_NO_ANSWER, _HEALTH_MAX };

static const char *const health_words[_HEALTH_MAX] = { "well", "overdue", "trouble", "no answer" };

struct subject {
        const char *id, *hrid;
        enum health health;
        ARRAY(const char *) findings;
};

struct checkup {
        struct arena *arena;
        const struct row *rows;
        struct map index; /* of rows by id, plus one */
        ARRAY(struct subject) subjects;
        struct map subject_of; /* by id */
        enum health worst;
};

static const struct row *row_find(const struct checkup *c, const char *id) {
        uint64_t i;

        return id && map_get(&c->index, id, &i) ? &c->rows[i] : NULL;
}

/* The pool or the outermost thing that it is in. */
static const struct row *row_subject(const struct checkup *c, const struct row *row) {
        const struct row *parent;

        while (row->type != ENTITY_ZPOOL && (parent = row_find(c, row->parent)))
                row = parent;
        return row;
}

static struct subject *subject_get(struct checkup *c, const struct row *row) {
        struct subject *s;
        uint64_t i;

        if (map_get(&c->subject_of, row->id, &i))
                return &c->subjects.items[i];
        map_put(&c->subject_of, row->id, c->subjects.count);
        s = array_add(&c->subjects);
        *s = (struct subject){ .id = row->id, .hrid = row->hrid ? row->hrid : row->id };
        return s;
}

static void subject_add(struct checkup *c, const struct row *row, enum health health,
                        const char *what) {
        const struct row *around = row_subject(c, row);
        struct subject *s = subject_get(c, around);

        array_append(&s->findings,
                     row == around
                             ? what
                             : arena_printf(c->arena, "%s: %s",
                                            show_line(c->arena, row->hrid ? row->hrid : row->id),
                                            what));
        if (health > s->health)
                s->health = health;
        if (health > c->worst)
                c->worst = health;
}

static void row_check(struct checkup *c, const struct row *row) {
        const char *errors = row->errors_text && row->errors_text[0]
                                     ? show_line(c->arena, row->errors_text)
                                     : "it has errors";

        (void) subject_get(c, row_subject(c, row));
        if (row->errors || row->silent)
                subject_add(c, row, row->silent ? HEALTH_NO_ANSWER : HEALTH_TROUBLE,
                            row->errors ? errors : "it has not answered yet");
        if (row->failure.time && !row->failure.refused)
                subject_add(c, row, HEALTH_TROUBLE,
                            arena_printf(c->arena, "%s failed %s: %s",
                                         wish_print(row->failure.wish),
                                         show_time(c->arena, row->failure.time),
                                         show_line(c->arena, row->failure.text)));
        if (row->copy_text)
                subject_add(c, row, HEALTH_TROUBLE,
                            arena_printf(c->arena, "%s copy: %s", copy_print(row->copy),
                                         show_line(c->arena, row->copy_text)));
        for (enum operation op = 0; op < _OPERATION_MAX; op++) {
                const char *obstacle = op == OPERATION_TRIM && row->trim_obstacle
                                               ? show_line(c->arena, row->trim_obstacle)
                                               : "";

                if (row->overdue[op])
                        subject_add(c, row, HEALTH_OVERDUE,
                                    arena_printf(c->arena, "%s overdue since %s%s%s",
                                                 operation_print(op),
                                                 show_time(c->arena, row->overdue[op]),
                                                 *obstacle ? ", and cannot be done: " : "",
                                                 obstacle));
        }
}

/* --- showing
 * --------------------------------------------------------------------------------------------- */

static void subject_show(struct arena *a, const struct subject *s) {
        (void) printf("%-9s  %s", health_words[s->health], show_line(a, s->hrid));
        for (size_t i = 0; i < s->findings.count; i++)
                (void) printf("%s%s", i ? "; " : ": ", s->findings.items[i]);
        (void) puts("");
}

static void subject_add_json(struct text *t, const struct subject *s) {
        json_open(t, NULL, '{');
        json_add_string(t, "id", s->id);
        json_add_string(t, "hrid", s->hrid);
        json_add_string(t, "health", health_words[s->health]);
        json_open(t, "findings", '[');
        for (size_t i = 0; i < s->findings.count; i++)
                json_add_string(t, NULL, s->findings.items[i]);
        json_close(t, ']');
        json_close(t, '}');
}

static void checkup_show(const struct checkup *c, bool json) {
        struct text t = {};

        for (size_t i = 0; i < c->subjects.count && !json; i++)
                subject_show(c->arena, &c->subjects.items[i]);
        if (!json)
                return;
        json_open(&t, NULL, '[');
        for (size_t i = 0; i < c->subjects.count; i++)
                subject_add_json(&t, &c->subjects.items[i]);
        json_close(&t, ']');
        (void) puts(t.s);
        text_done(&t);
}

static void checkup_done(struct checkup *c) {
        for (size_t i = 0; i < c->subjects.count; i++)
                array_done(&c->subjects.items[i].findings);
        array_done(&c->subjects);
        map_done(&c->index);
        map_done(&c->subject_of);
}

/* --- the command
 * ----------------------------------------------------------------------------------------- */

struct health_call {
        bool json;
        enum health worst;
};

static bool on_status(void *userdata, struct arena **arena, const struct json *parameters) {
        struct health_call *call = userdata;
        struct checkup c = { .arena = *arena };
        struct row *rows;
        usec_t now;
        uint32_t n;

        if (!reply_rows_parse(*arena, parameters, &rows, &n, &now))
                return false;
        if (!reply_is_ready(parameters)) /* talk has said so */
                c.worst = HEALTH_NO_ANSWER;
        c.rows = rows;
        for (uint32_t i = 0; i < n; i++) {
                if (!rows[i].id) {
                        checkup_done(&c);
                        return false;
                }
                map_put(&c.index, rows[i].id, i);
        }
        for (uint32_t i = 0; i < n; i++)
                row_check(&c, &rows[i]);
        checkup_show(&c, call->json);
        call->worst = c.worst;
        checkup_done(&c);
        return true;
}

int health_run(struct cli_call *call) {
        struct params params = { .method = METHOD_STATUS, .target = { .kind = TARGET_ALL } };
        struct health_call h = { .json = call->values[OPTION_JSON] };

        if (!cli_expect_no_words(call))
                return HEALTH_NO_ANSWER;
        if (talk(call, &params, &(struct talk){ .on_reply = on_status, .userdata = &h }) !=
            EXIT_DONE)
                return HEALTH_NO_ANSWER;
        return (int) h.worst;
}
