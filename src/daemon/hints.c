/* daemon/hints.c - what is to be looked at: many hints, few looks
 *
 * Each thing has at most one look in flight. Whatever hints at it meanwhile makes one more look
 * when that has been answered, as the answer may be older than the hint. */
#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/hints.h"

/* Something that is being looked at, or is to be: in flight, or in one of the queues. */
struct hint {
        struct look what;
        uint64_t tag; /* of the look in flight; 0: none */
        uint64_t seq; /* what had been asked for when that look began */
        bool again;   /* wanted once more */
        bool urgent;  /* by the engine */
        usec_t not_before;
        struct hint *next;                    /* in its queue */
        struct hint *previous_all, *next_all; /* in hints.all */
        char key[];                           /* a letter for the kind, then the name */
};

static void queue_init(struct hint_queue *q) {
        q->first = NULL;
        q->end = &q->first;
}

static void queue_push(struct hint_queue *q, struct hint *hint) {
        hint->next = NULL;
        *q->end = hint;
        q->end = &hint->next;
}

static struct hint *queue_pop(struct hint_queue *q) {
        struct hint *hint = q->first;

        if (!hint)
                return NULL;
        q->first = hint->next;
        if (!q->first)
                q->end = &q->first;
        return hint;
}

void hints_init(struct hints *h, hints_look look, void *userdata) {
        *h = (struct hints){ .look = look, .userdata = userdata };
        queue_init(&h->ready);
        queue_init(&h->waits_for_child);
        queue_init(&h->resting);
}

static struct hint *hint_new(struct hints *h, const struct look *what) {
        const char *name = what->name ? what->name : "";
        size_t length = strlen(name);
        struct hint *hint = memory_new(1, sizeof(*hint) + length + 2);

        hint->key[0] = (char) ('a' + what->kind);
        memcpy(hint->key + 1, name, length);
        hint->what = (struct look){ what->kind, what->name ? hint->key + 1 : NULL };
        hint->next_all = h->all;
        if (h->all)
                h->all->previous_all = hint;
        h->all = hint;
        map_put(&h->by_key, hint->key, (uintptr_t) hint);
        return hint;
}

static void hint_free(struct hints *h, struct hint *hint) {
        (void) map_remove(&h->by_key, hint->key);
        if (hint->next_all)
                hint->next_all->previous_all = hint->previous_all;
        if (hint->previous_all)
                hint->previous_all->next_all = hint->next_all;
        else
                h->all = hint->next_all;
        free(hint);
}

void hints_done(struct hints *h) {
        while (h->all)
                hint_free(h, h->all);
        map_done(&h->by_key);
        map_done(&h->by_tag);
}

void hints_restart(struct hints *h) {
        struct hints before = *h;

        hints_done(&before);
        hints_init(h, before.look, before.userdata);
        h->next_tag = before.next_tag;
}

static struct hint *hints_find(const struct hints *h, const struct look *what) {
        char buffer[256];
        _cleanup_(freep) char *longer = NULL;
        const char *name = what->name ? what->name : "";
        size_t size = strlen(name) + 2;
        char *key = size <= sizeof(buffer) ? buffer : (longer = memory_new(1, size));
        uint64_t found = 0;

        key[0] = (char) ('a' + what->kind);
        memcpy(key + 1, name, size - 1);
        (void) map_get(&h->by_key, key, &found);
        return (struct hint *) (uintptr_t) found;
}

/* Looks that run a program, or a process of ours. */
static bool hint_needs_child(const struct hint *hint) {
        return hint->what.kind == LOOK_POOL || hint->what.kind == LOOK_LABEL;
}

static void hint_queue_up(struct hints *h, struct hint *hint) {
        hint->again = false;
        hint->urgent = false;
        queue_push(hint_needs_child(hint) ? &h->waits_for_child : &h->ready, hint);
}

/* One that is new is queued; one that is in flight or resting is told that it is wanted again; one
 * that is queued is wanted already. */
static struct hint *hints_want(struct hints *h, const struct look *what) {
        struct hint *hint = hints_find(h, what);

        if (!hint) {
                hint = hint_new(h, what);
                hint_queue_up(h, hint);
        } else
                hint->again = true;
        return hint;
}

void hints_add(struct hints *h, const struct look *what) {
        (void) hints_want(h, what);
}

void hints_ask(struct hints *h, const struct look *what, uint64_t seq) {
        hints_want(h, what)->urgent = true;
        if (seq > h->newest_seq)
                h->newest_seq = seq;
}

/* ZFS tells of every write to its history, the kernel of every container that is started. */
static bool hint_may_come_in_storms(const struct hint *hint) {
        return hint->what.kind == LOOK_POOL || hint->what.kind == LOOK_MOUNTS;
}

/* A look that begins now answers everything that was asked of its thing so far. */
static void hint_begin(struct hints *h, struct hint *hint, usec_t mono) {
        hint->again = false;
        hint->urgent = false;
        hint->tag = ++h->next_tag;
        hint->seq = h->newest_seq;
        hint->not_before = hint_may_come_in_storms(hint) ? mono + HINTS_REST_USEC : 0;
        h->n_children += hint_needs_child(hint);
        map_put_number(&h->by_tag, hint->tag, (uintptr_t) hint);
        h->look(h->userdata, hint->tag, &hint->what);
}

bool hints_answered(struct hints *h, uint64_t tag, uint64_t *ret_seq) {
        struct hint *hint;
        uint64_t found;

        if (!map_get_number(&h->by_tag, tag, &found))
                return false;
        hint = (struct hint *) (uintptr_t) found;
        assert(hint->tag == tag);
        (void) map_remove_number(&h->by_tag, tag);
        hint->tag = 0;
        h->n_children -= hint_needs_child(hint);
        *ret_seq = hint->seq;
        queue_push(&h->resting, hint); /* hints_run decides */
        return true;
}

/* Those that have rested begin anew if they are wanted, and are forgotten if not. */
static usec_t hints_run_resting(struct hints *h, usec_t mono) {
        struct hint_queue before = h->resting;
        usec_t next = USEC_NEVER;
        struct hint *hint;

        if (!before.first)
                return USEC_NEVER;
        queue_init(&h->resting);
        while ((hint = queue_pop(&before))) {
                if (hint->again && (hint->urgent || hint->not_before <= mono))
                        hint_queue_up(h, hint);
                else if (hint->not_before <= mono)
                        hint_free(h, hint);
                else {
                        queue_push(&h->resting, hint);
                        if (hint->again && hint->not_before < next)
                                next = hint->not_before;
                }
        }
        return next;
}

usec_t hints_run(struct hints *h, usec_t mono) {
        usec_t next = hints_run_resting(h, mono);
        struct hint *hint;

        while ((hint = queue_pop(&h->ready)))
                hint_begin(h, hint, mono);
        while (h->n_children < HINTS_CHILDREN_MAX && (hint = queue_pop(&h->waits_for_child)))
                hint_begin(h, hint, mono);
        return next;
}
