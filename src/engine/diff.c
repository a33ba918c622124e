/* engine/diff.c - old picture against new: what has happened, told once; and the handlers that it
 * fires */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/complete.h"
#include "engine/diff.h"
#include "engine/eject.h"
#include "engine/entry.h"
#include "engine/failure.h"
#include "engine/handler.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/pool.h"
#include "engine/provisioning.h"
#include "engine/request.h"
#include "engine/scan.h"

/* How long a leg may be ONLINE before udev shows its device. */
#define LOST_GRACE (10 * USEC_PER_SEC)

/* What zmirror takes out of use by itself is tried so often, with 2, 4, 8, 16, 32, 32, ... minutes
 * in between. */
#define SELF_TRIES     10u
#define SELF_PAUSE     (2 * USEC_PER_MIN)
#define SELF_PAUSE_MAX (32 * USEC_PER_MIN)

/* What happened is named, so that noticing it again after a crash does not tell it again. */
static const char *change_name(struct engine *e, const char *what, entity_id id) {
        return arena_printf(e->effects.arena, "%s|%s|%" PRIu64, what, engine_entity(e, id)->id,
                            e->now.wall);
}

/* The disk that the entity is found on: another number after a replug. 0: not known, or none. */
static uint64_t entity_device_seq(const struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);
        const struct device *d;

        if (it->type == ENTITY_CRYPT && it->parent != ENTITY_NONE)
                id = it->parent; /* closing and opening it is no new appearance */
        d = node_device(e, engine_node(e, id));
        return d ? d->diskseq : 0;
}

static bool event_appeared_suits(enum entity_type t) {
        return t == ENTITY_CRYPT || t == ENTITY_ZVOL || t == ENTITY_DATASET || t == ENTITY_ZDEV;
}

/* A leg has appeared whose pool is not imported, and now enough devices are there. */
static void diff_backing(struct engine *e, entity_id leg) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;

        if (pool == ENTITY_NONE || engine_node(e, pool)->seen ||
            pool_find_lacking(e, pool) != ENTITY_NONE)
                return;
        handler_fire(e, pool, EVENT_BACKING_APPEARED, change_name(e, "backing_appeared", pool));
}

static void diff_appeared(struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);

        if (it->type == ENTITY_DISK || (it->type == ENTITY_PART && it->parent == ENTITY_NONE))
                history_add(e, HISTORY_APPEARED, id, change_name(e, "appeared", id), NULL,
                            "%s is connected", engine_title(e, id));
        eject_is_over(e, id);
        if (event_appeared_suits(it->type))
                handler_fire(e, id, EVENT_APPEARED, change_name(e, "appeared", id));
        if (it->type == ENTITY_ZDEV)
                diff_backing(e, id);
}

/* A request ends when its device goes. Only what takes it away is then either done (a pool
 * disconnects by it, a disk is ejected) or has more to do (what is in use without its device): the
 * plan knows. */
static void diff_disappeared(struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);
        struct node *n = engine_node(e, id);
        struct reason why = { .code = REASON_DISCONNECTED, .about = id };

        if (it->type == ENTITY_DISK || (it->type == ENTITY_PART && it->parent == ENTITY_NONE))
                history_add(e, HISTORY_DISCONNECTED, id, change_name(e, "disconnected", id), NULL,
                            n->in_use           ? "%s was disconnected while it was in use"
                            : n->row->m.ejected ? "%s was powered off"
                                                : "%s was disconnected",
                            engine_title(e, id));
        for (enum wish w = 0; w < _WISH_MAX; w++)
                if (n->requests[w] && !wish_takes_away(w))
                        request_end(e, n->requests[w], false, &why);
        failure_disappeared(e, id);
}

/* Legs that are there and were not put online by the import appear anew: OFFLINE outlives an
 * export. */
static void diff_imported(struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id leg = it->zpool.legs[i];

                if (entity_is_present(e, leg) && !leg_is_online(e, leg) &&
                    state_is_present(engine_node(e, leg)->row->m.state))
                        handler_fire(e, leg, EVENT_APPEARED, change_name(e, "imported", leg));
        }
}

static void diff_pool(struct engine *e, entity_id pool, bool was_online) {
        bool online = entity_is_online(e, pool);
        const char *title = engine_title(e, pool);

        if (online && !was_online) {
                history_add(e, HISTORY_ONLINE, pool, change_name(e, "online", pool), NULL,
                            "%s is imported", title);
                diff_imported(e, pool);
        }
        if (!online && was_online)
                history_add(e, HISTORY_OFFLINE, pool, change_name(e, "offline", pool), NULL,
                            "%s is exported", title);
}

static void diff_crypt(struct engine *e, entity_id id, bool was_online) {
        bool online = entity_is_online(e, id);
        const char *title = engine_title(e, id);

        if (online && !was_online)
                history_add(e, HISTORY_ONLINE, id, change_name(e, "online", id), NULL, "%s is open",
                            title);
        if (!online && was_online)
                history_add(e, HISTORY_OFFLINE, id, change_name(e, "offline", id), NULL,
                            engine_node(e, id)->dead ? "%s has lost its device" : "%s is closed",
                            title);
}

/* It is not there, and not in use; what its pool says of it is still to be heard. */
static bool leg_is_blind(const struct engine *e, entity_id leg) {
        return entity_is_unknown(e, engine_entity(e, leg)->zdev.zpool);
}

/* The leg has come into use or gone out of it; its device decides as much as its vdev. */
static void diff_leg(struct engine *e, entity_id leg) {
        struct node *n = engine_node(e, leg);
        struct memory_entity *m = &n->row->m;
        bool online = n->state == STATE_ACTIVE, was_online = n->vdev_online;
        const struct leg_row *l = ledger_of(e, leg);
        bool was_complete = l && l->m.copy == COPY_COMPLETE && !l->m.watching;

        if (!leg_is_blind(e, leg))
                complete_follow(e, leg);
        if (!m->added) {
                m->added = e->now.wall;
                engine_save_row(e, leg);
        }
        n->vdev_online = online;
        if (online && !was_online && !n->fresh)
                history_add(e, HISTORY_ONLINE, leg, change_name(e, "online", leg), NULL,
                            "%s is online", engine_title(e, leg));
        if (online || !was_online)
                return;
        m->last_online = e->now.wall; /* and, if its label says so, m->last_update: entry.c */
        engine_save_row(e, leg);
        entry_close(e, leg);
        history_add(e, HISTORY_OFFLINE, leg, change_name(e, "offline", leg), NULL,
                    "%s is offline%s", engine_title(e, leg),
                    was_complete ? ", and was up to date" : "");
}

/* Udev may be slower than ZFS: a device that was never seen may be about to come. */
static bool leg_device_may_come(struct engine *e, entity_id leg) {
        struct node *n = engine_node(e, leg);

        if (!n->lost_at) {
                n->lost_at = e->now.mono + LOST_GRACE;
                deadline_add(&e->deadlines, n->lost_at, leg);
        }
        return e->now.mono < n->lost_at;
}

/* What is still so is tried again, later and later, but not for ever: somebody has to see to it
 * then. True if it is its time. */
static bool self_may_try(struct engine *e, entity_id id) {
        struct node *n = engine_node(e, id);
        usec_t pause;

        if (n->n_self && (n->n_self >= SELF_TRIES || e->now.mono < n->self_at))
                return false;
        pause = SELF_PAUSE << n->n_self;
        n->n_self++;
        n->self_at = e->now.mono + (pause < SELF_PAUSE_MAX ? pause : SELF_PAUSE_MAX);
        deadline_add(&e->deadlines, n->self_at, id);
        return true;
}

/* When the device under something in use is gone, zmirror itself takes it offline, inside first. */
static void diff_lost(struct engine *e, entity_id id) {
        const struct entity *it = engine_entity(e, id);
        struct node *n = engine_node(e, id);
        bool lost = it->type == ENTITY_CRYPT ? n->dead && it->parent != ENTITY_NONE
                                             : it->type == ENTITY_ZDEV && n->in_use &&
                                                       n->state == STATE_DISCONNECTED;

        if (lost && it->type == ENTITY_ZDEV && !n->online_on && leg_device_may_come(e, id))
                return;
        if (!lost)
                n->lost_at = 0;
        if (!lost || n->requests[WISH_OFFLINE])
                return;
        if (it->type == ENTITY_CRYPT && n->requests[WISH_ONLINE]) /* which begins with closing it */
                return;
        if (!self_may_try(e, id))
                return;
        (void) request_make(e, &(struct input_wish){
                                       .wish = WISH_OFFLINE, .entity = id, .origin = ORIGIN_SELF });
}

/* Its device is gone, and another one is in its place; its pool waits for it, or will as soon as it
 * notices: it cannot do without. */
static bool leg_is_waited_for(const struct engine *e, entity_id leg, entity_id pool) {
        const struct node *n = engine_node(e, leg);

        return engine_node(e, pool)->suspended
                       ? entity_is_present(e, leg)
                       : n->in_use && n->state == STATE_DISCONNECTED && pool_needs_leg(e, leg);
}

/* What is in the place of the entity has not been tried yet: then it is told to be, once. */
static bool returned_is_new(struct engine *e, entity_id id, entity_id place) {
        const struct device *d = node_device(e, engine_node(e, place));
        struct node *n = engine_node(e, id);

        if (!d || !entity_is_online(e, place) || !d->diskseq || d->diskseq == n->online_on ||
            d->diskseq == n->recovered_on)
                return false;
        n->recovered_on = d->diskseq;
        return !n->unmet; /* before the start it may have been tried */
}

static void self_bring_online(struct engine *e, entity_id id) {
        (void) request_make(e, &(struct input_wish){
                                       .wish = WISH_ONLINE, .entity = id, .origin = ORIGIN_SELF });
}

/* What a suspended pool waits for is back, on another device than it was: zmirror itself has the
 * pool go on. If that fails, it is said what is in the way. */
static void diff_returned(struct engine *e, entity_id leg) {
        const struct entity *it = engine_entity(e, leg);
        entity_id pool = it->zdev.zpool;

        if (pool != ENTITY_NONE && leg_is_waited_for(e, leg, pool) &&
            returned_is_new(e, leg, it->parent))
                self_bring_online(e, pool);
}

/* The same for a container in which its leg was: it is opened anew, if it is opened by itself. */
static void diff_returned_crypt(struct engine *e, entity_id crypt) {
        const struct entity *it = engine_entity(e, crypt);
        const struct node *n = engine_node(e, crypt);

        if (n->dead && it->parent != ENTITY_NONE && !n->requests[WISH_ONLINE] &&
            handler_brings_online(it) && tree_find_suspended(e, crypt) != ENTITY_NONE &&
            returned_is_new(e, crypt, it->parent))
                self_bring_online(e, crypt);
}

static void diff_children(struct engine *e, entity_id id) {
        struct node *n = engine_node(e, id);
        struct memory_entity *m = &n->row->m;
        bool is_leg = engine_entity(e, id)->type == ENTITY_ZDEV;
        bool in_use = is_leg ? n->in_use : n->children_in_use > 0;

        if (in_use && !m->used) {
                m->used = true;
                engine_save_row(e, id);
        }
        if (m->in_use == in_use)
                return;
        m->in_use = in_use;
        engine_save_row(e, id);
        if (!in_use && !is_leg && !n->fresh)
                handler_fire(e, id, EVENT_CHILDREN_OFFLINE, change_name(e, "children_offline", id));
}

/* What is open under its name is the one that is known from now on. */
static void diff_luks(struct engine *e, entity_id id) {
        struct row *row = engine_node(e, id)->row;
        const char *uuid = crypt_luks_uuid(e, id);

        if (!entity_is_online(e, id) || !*uuid || text_equal(row->luks_uuid, uuid))
                return;
        if (*row->luks_uuid)
                history_add(e, HISTORY_ADOPTED, id,
                            arena_printf(e->effects.arena, "adopted|%s|%s|%" PRIu64, row->m.id,
                                         uuid, e->now.wall),
                            NULL,
                            "somebody has opened another LUKS container as %s: %s, which was %s "
                            "before",
                            engine_title(e, id), uuid, row->luks_uuid);
        (void) snprintf(row->luks_uuid, sizeof(row->luks_uuid), "%s", uuid);
        engine_save_row(e, id);
}

void diff_entity(struct engine *e, entity_id id) {
        struct node *n = engine_node(e, id);
        struct memory_entity *m = &n->row->m;
        enum entity_type type = engine_entity(e, id)->type;
        bool was_present = state_is_present(m->state), present = state_is_present(n->state);
        bool was_online = state_is_online(m->state);
        bool held = type == ENTITY_ZDEV && n->in_use && n->online_on; /* whatever is there now */
        uint64_t seq = present ? entity_device_seq(e, id) : held ? n->online_on : m->device_seq;
        bool another = present && was_present && seq && m->device_seq && seq != m->device_seq;
        bool fresh = n->fresh;

        if (n->unknown)
                return;
        if (type == ENTITY_ZDEV)
                diff_leg(e, id);
        if (type == ENTITY_ZDEV && !leg_is_blind(e, id))
                scan_follow(e, id);
        if (type == ENTITY_ZPOOL)
                scan_follow_pool(e, id);
        if (!fresh && was_present && (!present || another))
                diff_disappeared(e, id);
        if (type == ENTITY_ZPOOL && !fresh)
                diff_pool(e, id, was_online);
        if (type == ENTITY_CRYPT && !fresh)
                diff_crypt(e, id, was_online);
        if (type == ENTITY_CRYPT)
                diff_luks(e, id);
        if (m->state != n->state || m->errors != n->errors || m->device_seq != seq) {
                m->state = n->state;
                m->errors = n->errors;
                m->device_seq = seq;
                engine_save_row(e, id);
        }
        if (!fresh && present && (!was_present || another))
                diff_appeared(e, id);
        diff_children(e, id);
        if (type == ENTITY_DISK)
                provisioning_follow(e, id);
        diff_lost(e, id);
        if (type == ENTITY_ZDEV)
                diff_returned(e, id);
        if (type == ENTITY_CRYPT)
                diff_returned_crypt(e, id);
        failure_follow(e, id);
        n->fresh = false;
        n->unmet &= type == ENTITY_ZDEV && leg_is_blind(e, id);
}
