/* world/linux/pool_look.c - asking a pool: `zpool status` in the form that this zpool knows
 *
 * The kernel's statistics come first: a pool that is not there, or is suspended, is not asked at
 * all, as on a suspended pool the question may hang. Then there is one child after the other, each
 * for this pool alone: the status as JSON or, before ZFS 2.3, as text, once with paths and once
 * with GUIDs; and before 2.2 the GUID of the pool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/command.h"
#include "world/linux/core.h"
#include "world/linux/file.h"
#include "world/linux/kstat.h"
#include "world/linux/look.h"
#include "world/linux/pool_look.h"
#include "world/linux/pool_status.h"
#include "world/linux/pool_status_json.h"
#include "world/linux/pool_status_text.h"

#define LIMIT           (30 * USEC_PER_SEC)
#define STATE_MAX       64u
#define CHANGES_MAX     3u /* a pool that changes between the two texts is asked again */
#define EXIT_BAD_OPTION 2

enum stage {
        STAGE_JSON,
        STAGE_TEXT,  /* what the status says */
        STAGE_GUIDS, /* the same with GUIDs for names */
        STAGE_GUID,  /* the pool's own */
};

struct pool_look {
        struct linux_world *w;
        struct arena *arena;
        uint64_t tag;
        struct look what;
        enum stage stage;
        uint64_t txg, instance;
        uint32_t changes;
        const char *text; /* of STAGE_TEXT */
        size_t text_length;
        struct pool_status *status; /* with STAGE_GUID */
};

static void pool_look_ask(struct pool_look *l, enum stage stage);

static void pool_look_free(void *userdata) {
        struct pool_look *l = userdata;

        l->status = pool_status_free(l->status);
        arena_free(l->arena);
}

/* --- what is remembered of pools
 * ------------------------------------------------------------------ */

static struct pool_known *known_find(struct linux_world *w, const char *name) {
        for (size_t i = 0; i < w->known.count; i++)
                if (text_equal(w->known.items[i].name, name))
                        return &w->known.items[i];
        return NULL;
}

static void known_add(struct linux_world *w, const char *name, uint64_t guid) {
        struct pool_known *k = known_find(w, name);

        if (!k) {
                k = array_add(&w->known);
                k->name = memory_strdup(name);
        }
        k->guid = guid;
}

void pool_look_forget(struct linux_world *w, const char *name) {
        for (size_t i = w->known.count; i-- > 0;)
                if (!name || text_equal(w->known.items[i].name, name)) {
                        free(w->known.items[i].name);
                        array_remove(&w->known, i);
                }
}

static uint64_t pool_guid(struct linux_world *w, const char *name) {
        uint64_t guid = kstat_look_guid(w->kstat_dir, name);
        const struct pool_known *k = guid ? NULL : known_find(w, name);

        return k ? k->guid : guid;
}

/* --- the end of a look
 * ---------------------------------------------------------------------------- */

static void pool_look_fail(struct pool_look *l, const char *error) {
        look_fail(l->w, l->tag, &l->what, error);
        pool_look_free(l);
}

static void pool_look_finish(struct pool_look *l, struct pool_status *status) {
        struct facts facts = { .kind = LOOK_POOL, .name = l->what.name, .pool = status };

        if (!status)
                pool_look_forget(l->w, l->what.name);
        look_answer(l->w, l->tag, &facts);
        pool_look_free(l);
}

/* An export and an import in between: the status may be that of either. */
static bool pool_look_is_outrun(struct pool_look *l) {
        uint64_t instance = kstat_look_instance(l->w->kstat_dir, l->what.name);

        if (instance == l->instance || ++l->changes >= CHANGES_MAX)
                return false;
        l->instance = instance;
        return true;
}

static void pool_look_complete(struct pool_look *l, struct pool_status *status) {
        if (pool_look_is_outrun(l)) {
                (void) pool_status_free(status);
                pool_look_ask(l, l->w->status_has_no_json ? STAGE_TEXT : STAGE_JSON);
                return;
        }
        status->txg = l->txg;
        status->instance = l->instance;
        if (!status->guid)
                status->guid = pool_guid(l->w, l->what.name);
        if (status->guid) {
                pool_look_finish(l, status);
                return;
        }
        l->status = status;
        pool_look_ask(l, STAGE_GUID);
}

/* --- what the children say
 * ------------------------------------------------------------------------ */

/* What went wrong, in a sentence; NULL if nothing did. */
static const char *child_failure(struct pool_look *l, const struct child_end *end) {
        if (end->timed_out)
                return arena_printf(l->arena, "zpool did not answer for pool %s within %u s",
                                    l->what.name, (unsigned) (LIMIT / USEC_PER_SEC));
        if (!end->started)
                return arena_strdup(l->arena, end->errors);
        if (end->exit_status != 0)
                return arena_printf(l->arena, "zpool failed for pool %s: %s", l->what.name,
                                    end->errors[0] ? end->errors : "it does not say why");
        if (end->output_cut)
                return arena_printf(l->arena, "zpool says more of pool %s than can be true",
                                    l->what.name);
        return NULL;
}

static bool option_is_unknown(const struct child_end *end) {
        return end->started && end->exit_status == EXIT_BAD_OPTION &&
               (strstr(end->errors, "invalid option") ||
                strstr(end->errors, "unrecognized option"));
}

static void pool_look_parsed(struct pool_look *l, int r, struct pool_status *status,
                             const char *error) {
        if (r == -ENOENT)
                pool_look_finish(l, NULL);
        else if (r < 0)
                pool_look_fail(l, arena_printf(l->arena,
                                               "cannot make sense of the status of pool %s: %s",
                                               l->what.name, error ? error : strerror(-r)));
        else
                pool_look_complete(l, status);
}

static void pool_look_take_json(struct pool_look *l, const struct child_end *end) {
        struct pool_status *status = NULL;
        const char *error = NULL;
        int r;

        r = pool_status_parse_json(end->output, end->output_length, l->what.name, &status, &error);
        pool_look_parsed(l, r, status, error);
}

static void pool_look_take_guids(struct pool_look *l, const struct child_end *end) {
        struct pool_status *status = NULL;
        const char *error = NULL;
        int r;

        r = pool_status_parse_text(l->text, l->text_length, end->output, end->output_length,
                                   l->what.name, &status, &error);
        if (r == -EAGAIN && ++l->changes < CHANGES_MAX)
                pool_look_ask(l, STAGE_TEXT);
        else
                pool_look_parsed(l, r, status, r == -EAGAIN ? "it changes all the time" : error);
}

/* Without it the status is of use all the same. */
static void pool_look_take_guid(struct pool_look *l, const struct child_end *end) {
        char *word = arena_strdup(l->arena, end->output);

        word[strcspn(word, "\n")] = 0;
        if (text_to_u64(word, &l->status->guid))
                known_add(l->w, l->what.name, l->status->guid);
        pool_look_finish(l, TAKE_PTR(l->status));
}

static void on_answer(void *userdata, const struct child_end *end) {
        struct pool_look *l = userdata;
        const char *failure = child_failure(l, end);

        if (l->stage == STAGE_JSON && option_is_unknown(end)) {
                l->w->status_has_no_json = true;
                pool_look_ask(l, STAGE_TEXT);
                return;
        }
        if (failure && end->started && pool_status_is_missing(end->errors, l->what.name)) {
                pool_look_finish(l, NULL); /* exported just now */
                return;
        }
        if (failure) {
                pool_look_fail(l, failure);
                return;
        }
        switch (l->stage) {
        case STAGE_JSON: /* all in one */
                pool_look_take_json(l, end);
                break;
        case STAGE_TEXT: /* it shows paths or GUIDs, not both */
                l->text = arena_memdup(l->arena, end->output, end->output_length + 1);
                l->text_length = end->output_length;
                pool_look_ask(l, STAGE_GUIDS);
                break;
        case STAGE_GUIDS: /* the two together are the status */
                pool_look_take_guids(l, end);
                break;
        case STAGE_GUID: /* the last thing that was missing */
                pool_look_take_guid(l, end);
                break;
        }
}

static void pool_look_ask(struct pool_look *l, enum stage stage) {
        static const enum question questions[] = {
                [STAGE_JSON] = QUESTION_POOL_JSON,
                [STAGE_TEXT] = QUESTION_POOL_PATHS,
                [STAGE_GUIDS] = QUESTION_POOL_GUIDS,
                [STAGE_GUID] = QUESTION_POOL_GUID,
        };
        const char *pool = l->what.name;
        struct child_options options = {
                .argv = question_argv(l->arena, questions[stage], pool),
                .output_max = POOL_STATUS_TEXT_MAX,
                .time_limit = LIMIT,
                .subject = pool,
                .on_end = on_answer,
                .on_drop = pool_look_free,
                .userdata = l,
        };

        l->stage = stage;
        (void) child_start(l->w->children, &options);
}

/* --- the beginning
 * -------------------------------------------------------------------------------- */

/* The pool's state as the kernel has it; false if there is no such pool. */
static bool pool_is_seen(struct pool_look *l, struct pool_seen *ret) {
        struct text t = {};
        bool seen;

        seen = kstat_is_pool_name(l->what.name) &&
               file_read(arena_printf(l->arena, "%s/%s/state", l->w->kstat_dir, l->what.name),
                         STATE_MAX, &t) >= 0 &&
               t.s && kstat_parse_state(t.s, t.length, l->what.name, l->arena, ret);
        text_done(&t);
        return seen;
}

/* All that can be said without asking it. */
static struct pool_status *pool_suspended(const struct pool_look *l) {
        struct pool_status_builder b;
        struct pool_status *status;

        pool_status_builder_init(&b, l->what.name);
        status = pool_status_finish(&b);
        status->suspended = true;
        status->guid = pool_guid(l->w, l->what.name);
        status->txg = l->txg;
        status->instance = l->instance;
        return status;
}

void pool_look_begin(struct linux_world *w, uint64_t tag, const struct look *what) {
        struct arena *a = arena_new();
        struct pool_look *l = arena_new_one(a, struct pool_look);
        struct pool_seen seen;

        *l = (struct pool_look){ .w = w, .arena = a, .tag = tag };
        l->what = (struct look){ what->kind, arena_strdup(a, what->name) };
        if (!pool_is_seen(l, &seen)) {
                pool_look_finish(l, NULL);
                return;
        }
        /* Before the status: it is at least as new as this txg. */
        l->txg = kstat_look_txg(w->kstat_dir, l->what.name);
        l->instance = kstat_look_instance(w->kstat_dir, l->what.name);
        if (seen.suspended)
                pool_look_finish(l, pool_suspended(l));
        else
                pool_look_ask(l, w->status_has_no_json ? STAGE_TEXT : STAGE_JSON);
}
