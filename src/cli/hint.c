/* cli/hint.c - what somebody may have meant, or could have said */
#include <string.h>

#include "api/reply.h"
#include "base/text.h"
#include "cli/hint.h"
#include "cli/talk.h"

#define ANSWER_WAIT (2 * USEC_PER_SEC) /* nobody waits for a hint any longer */
#define MEANT_MAX   4u

const char *hint_nearest(struct arena *a, const char *word, const char *const *names, size_t n) {
        const char *nearest = text_nearest(word, names, n);

        return nearest ? arena_printf(a, ", did you mean '%s'?", nearest) : "";
}

const char *hint_word(struct arena *a, const char *word, const char *const *names, size_t n) {
        const char *hint = hint_nearest(a, word, names, n), *before = "; it is one of ";
        struct text t = {};

        if (*hint)
                return hint;
        for (size_t i = 0; i < n; i++) {
                if (!names[i])
                        continue;
                text_addf(&t, "%s%s", before, names[i]);
                before = ", ";
        }
        hint = arena_strdup(a, t.s ? t.s : "");
        text_done(&t);
        return hint;
}

/* --- entities
 * ----------------------------------------------------------------------------------------- */

struct meant {
        struct arena *arena;
        const char *one, *all; /* the first word, and all of them with blanks in between */
        bool for_wish;         /* only what can do that */
        enum wish wish;
        const char *names[MEANT_MAX]; /* "zpool tank" */
        uint32_t n;
};

/* What a disk is called, which its id does not tell. */
static const char *row_name(const struct row *row) {
        static const char before[] = "disk: ";

        return row->type == ENTITY_DISK && text_starts(row->hrid, before)
                       ? row->hrid + strlen(before)
                       : entity_id_name(row->id);
}

/* "zdev tank tank-a" */
static const char *row_words(struct arena *a, const struct row *row) {
        const char *pool = strstr(row->id, "|pool:"), *name = row_name(row);

        if (!pool)
                return arena_printf(a, "%s %s", entity_type_print(row->type), name);
        pool += strlen("|pool:");
        return arena_printf(a, "%s %.*s %s", entity_type_print(row->type), (int) strcspn(pool, "|"),
                            pool, name);
}

static bool row_is_meant(const struct meant *m, const struct row *row) {
        const char *name = row_name(row);

        if (m->for_wish && !wish_suits(m->wish, row->type))
                return false;
        return text_equal(name, m->one) || text_equal(name, m->all);
}

static bool on_rows(void *userdata, struct arena **arena, const struct message_reply *reply) {
        struct meant *m = userdata;
        struct row *rows;
        uint32_t count;
        usec_t now;

        if (reply->error || !reply_rows_parse(*arena, reply->parameters, &rows, &count, &now))
                return false;
        for (uint32_t i = 0; i < count && m->n < MEANT_MAX; i++)
                if (rows[i].id && rows[i].hrid && row_is_meant(m, &rows[i]))
                        m->names[m->n++] = row_words(m->arena, &rows[i]);
        return true;
}

const char *hint_entity(const struct cli_call *call, const char *const *words) {
        const struct params params = {
                .method = METHOD_LIST,
                .list.columns = COLUMN_BIT(COLUMN_ID) | COLUMN_BIT(COLUMN_TYPE) |
                                COLUMN_BIT(COLUMN_HRID),
        };
        const struct client_options options = { .more = true, .timeout = ANSWER_WAIT };
        _cleanup_(client_freep) struct client *client = NULL;
        struct meant m = { .arena = call->arena, .one = words[0], .all = words[0] };
        const char *hint = "";

        for (const char *const *w = words + 1; *w; w++)
                m.all = arena_printf(call->arena, "%s %s", m.all, *w);
        m.for_wish = wish_parse(call->command->name, &m.wish);
        if (client_new(talk_socket_path(call), &client) >= 0)
                (void) client_call(client, &params, &options, on_rows, &m);
        for (uint32_t i = 0; i < m.n; i++)
                hint = arena_printf(call->arena, "%s%s'%s'", hint,
                                    i == 0         ? ", did you mean "
                                    : i + 1 == m.n ? " or "
                                                   : ", ",
                                    m.names[i]);
        return *hint ? arena_printf(call->arena, "%s?", hint) : "";
}
