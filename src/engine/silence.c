/* engine/silence.c - what does not answer is asked again, later and later; and what is not known as
 * long as it says nothing
 *
 * A pool that is in the kernel's statistics and has not answered since is no exported pool. Until
 * it answers, the memory of it stays as it is: nothing is compared, fired, dated or concluded
 * (node.unknown). One that has answered before, and does not any more, is named after some looks;
 * what it said last stands, but nothing is begun with it. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/history.h"
#include "engine/picture.h"
#include "engine/silence.h"

/* So many looks in a row without an answer, and the pool is named. One that fails for once (ZFS is
 * busy with the import of another pool) says nothing. */
#define SILENT_LOOKS 3u

#define PAUSE_MAX USEC_PER_MIN

/* 1, 2, 4, ... 60 s. */
static usec_t silence_pause(uint32_t n) {
        return n <= 6 ? USEC_PER_SEC << (n - 1) : PAUSE_MAX;
}

static const char *silence_change(struct engine *e, const char *what, entity_id pool) {
        return arena_printf(e->effects.arena, "%s|%s|%" PRIu64, what, engine_entity(e, pool)->id,
                            e->now.wall);
}

/* --- pools
 * ------------------------------------------------------------------------------------------ */

static void pool_ask_later(struct engine *e, entity_id pool) {
        struct node *n = engine_node(e, pool);

        n->ask_at = e->now.mono + silence_pause(++n->n_asked);
        deadline_add(&e->deadlines, n->ask_at, pool);
}

static void pool_note_silence(struct engine *e, entity_id pool, const char *error) {
        struct node *n = engine_node(e, pool);

        (void) snprintf(n->silence, sizeof(n->silence), "%s", error);
        if (n->ask_at) /* it was asked for another reason; the pause goes on */
                return;
        n->n_silent += n->n_silent < SILENT_LOOKS;
        pool_ask_later(e, pool);
        if (n->n_silent < SILENT_LOOKS || n->silence_told || !n->seen)
                return;
        n->silence_told = true;
        history_add(e, HISTORY_NO_ANSWER, pool, silence_change(e, "no_answer", pool), NULL,
                    "%s does not answer: %s", engine_title(e, pool), error);
}

void silence_broken(struct engine *e, entity_id pool) {
        struct node *n = engine_node(e, pool);

        if (n->silence_told && n->seen)
                history_add(e, HISTORY_ANSWERS, pool, silence_change(e, "answers", pool), NULL,
                            "%s answers again", engine_title(e, pool));
        n->n_silent = n->n_asked = 0;
        n->ask_at = 0;
        n->silence_told = false;
        n->silence[0] = 0;
}

void silence_doubt(struct engine *e, entity_id pool) {
        if (!engine_node(e, pool)->ask_at)
                pool_ask_later(e, pool);
}

void silence_ask_pool(struct engine *e, entity_id pool) {
        struct node *n = engine_node(e, pool);

        if (!n->ask_at || e->now.mono < n->ask_at)
                return;
        n->ask_at = 0;
        (void) engine_look(e, FACT_POOL, engine_entity(e, pool)->name);
}

bool pool_is_silent(const struct engine *e, entity_id pool) {
        const struct node *n = engine_node(e, pool);

        return n->seen && !n->suspended && n->n_silent >= SILENT_LOOKS;
}

/* --- what depends on them
 * --------------------------------------------------------------------------- */

/* Without its device nobody uses a leg, whatever its pool would say. */
static bool leg_may_be_used(const struct node *n) {
        return n->in_use || n->device != SLOT_NONE;
}

entity_id entity_find_silent(const struct engine *e, entity_id id) {
        if (engine_entity(e, id)->type == ENTITY_ZDEV && !leg_may_be_used(engine_node(e, id)))
                return ENTITY_NONE;
        for (; id != ENTITY_NONE; id = engine_entity(e, id)->parent) {
                entity_id pool = entity_pool_id(e, id);

                if (pool != ENTITY_NONE &&
                    (engine_node(e, pool)->unknown || pool_is_silent(e, pool)))
                        return pool;
        }
        return ENTITY_NONE;
}

entity_id tree_find_silent(const struct engine *e, entity_id top) {
        entity_id pool = ENTITY_NONE;

        for (entity_id i = top; i != ENTITY_NONE && pool == ENTITY_NONE; i = tree_next(e, top, i))
                pool = entity_find_silent(e, i);
        return pool;
}

const char *silence_print(const struct engine *e, entity_id pool, struct arena *a) {
        const struct node *n = engine_node(e, pool);
        const char *title = entity_title(a, engine_entity(e, pool));

        if (!pool_is_silent(e, pool) && !n->silence[0])
                return arena_printf(a, "%s has not answered yet", title);
        return arena_printf(a, "%s does not answer: %s", title, n->silence);
}

/* --- devices, the kernel's statistics, mounts
 * -------------------------------------------------------- */

/* What there is only one of; a device that could not be looked at is found among all. */
static struct ask *ask_find(struct engine *e, enum fact_kind kind) {
        switch (kind) {
        case FACT_DEVICES:
        case FACT_DEVICE:
                return &e->asks[FACT_DEVICES];
        case FACT_POOLS:
        case FACT_MOUNTS:
                return &e->asks[kind];
        case FACT_POOL:
        case FACT_HOLDERS:
        case FACT_LABEL:
                break;
        }
        return NULL;
}

void silence_note(struct engine *e, enum fact_kind kind, const char *name, const char *error) {
        struct ask *ask = ask_find(e, kind);
        entity_id pool = kind == FACT_POOL ? config_find_pool(e->config, name) : ENTITY_NONE;
        bool first = pool != ENTITY_NONE ? !engine_node(e, pool)->silence[0] : !ask || !ask->n;

        engine_log(e, first ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, pool, "looking%s%s failed: %s",
                   name ? " at " : "", name ? name : "", error);
        if (pool != ENTITY_NONE)
                pool_note_silence(e, pool, error);
        if (!ask || ask->at)
                return;
        ask->at = e->now.mono + silence_pause(++ask->n);
        deadline_add(&e->deadlines, ask->at, ENTITY_NONE);
}

void silence_ask(struct engine *e) {
        for (size_t i = 0; i < ELEMENTSOF(e->asks); i++) {
                if (!e->asks[i].at || e->now.mono < e->asks[i].at)
                        continue;
                e->asks[i].at = 0;
                (void) engine_look(e, (enum fact_kind) i, NULL);
        }
}
