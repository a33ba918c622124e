/* engine/explain.c - why something is not as it should be, down to the cause
 *
 * Up to four chains per entity: what is wanted of it and why that waits; why it is not online; why
 * it is not up to date; and why its disk may not be unplugged. Each goes one step deeper as long as
 * the next thing is to blame. */
#include <inttypes.h>

#include "engine/complete.h"
#include "engine/copy.h"
#include "engine/engine.h"
#include "engine/failure.h"
#include "engine/handler.h"
#include "engine/holder.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "engine/pool.h"
#include "engine/request.h"
#include "engine/silence.h"
#include "engine/verdict.h"

#define DEEPEST  32u
#define LONGEST  200u
#define LEGS_MAX 8u /* of a pool, told one by one */

struct chain {
        const struct engine *engine;
        struct arena *arena;
        struct now now;
        ARRAY(struct view_step) steps;
};

static void chain_add_text(struct chain *c, uint32_t depth, enum reason_code code,
                           const char *text) {
        if (c->steps.count < LONGEST && depth < DEEPEST)
                array_append(&c->steps, ((struct view_step){ depth, code, text }));
}

static void chain_add_reason(struct chain *c, uint32_t depth, const struct reason *why) {
        chain_add_text(c, depth, why->code, reason_print(c->arena, c->engine->config, why));
}

static void chain_add(struct chain *c, uint32_t depth, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static void chain_add(struct chain *c, uint32_t depth, const char *format, ...) {
        va_list args;

        va_start(args, format);
        chain_add_text(c, depth, REASON_NONE, arena_vprintf(c->arena, format, args));
        va_end(args);
}

static const char *title(const struct chain *c, entity_id id) {
        return entity_title(c->arena, engine_entity(c->engine, id));
}

/* --- what is wanted */

/* Down from the request along what it needs, to the one that waits for the world. */
static void chain_request(struct chain *c, const struct request *r, uint32_t depth) {
        while (r && depth < DEEPEST) {
                const struct request *next = NULL;

                if (depth > 0)
                        chain_add(c, depth, "%s %s: %s", wish_print(r->wish), title(c, r->entity),
                                  reason_print(c->arena, c->engine->config, &r->reason));
                else
                        chain_add(c, depth, "%s is wanted by %s: %s", wish_print(r->wish),
                                  request_print_origin(c->engine, r, c->arena),
                                  reason_print(c->arena, c->engine->config, &r->reason));
                for (size_t i = 0; i < r->needs.count && !next; i++)
                        if (r->needs.items[i].state == NEED_OPEN)
                                next = engine_node(c->engine, r->needs.items[i].entity)
                                               ->requests[r->needs.items[i].wish];
                r = next;
                depth++;
        }
}

/* What a handler of it would do, and has to wait with. */
static bool chain_held(struct chain *c, entity_id id, uint32_t depth) {
        struct reason why;
        enum event event;

        if (!handler_find_held(c->engine, id, &event, &why))
                return false;
        chain_add(c, depth, "offline, wanted by on_%s of %s, is held back: %s", event_print(event),
                  title(c, id), reason_print(c->arena, c->engine->config, &why));
        return true;
}

static void chain_requests(struct chain *c, entity_id id) {
        for (enum wish w = 0; w < _WISH_MAX; w++)
                if (engine_node(c->engine, id)->requests[w])
                        chain_request(c, engine_node(c->engine, id)->requests[w], 0);
}

/* What was wanted last and has failed. */
static void chain_failure(struct chain *c, const struct failure *f, uint32_t depth) {
        char when[TIME_PRINT_MAX];

        chain_add(c, depth, "%s %s on %s: %s", wish_print(f->wish),
                  f->refused ? "was refused" : "failed", time_print(f->time, when), f->text);
}

/* --- why it is not online */

static void chain_not_online(struct chain *c, entity_id id, uint32_t depth);

/* Everything is there; it only has to be wanted. */
static void chain_not_wanted(struct chain *c, entity_id id, uint32_t depth) {
        const struct engine *e = c->engine;
        const struct entity *it = engine_entity(e, id);
        const struct request *r = engine_node(e, id)->requests[WISH_ONLINE];

        if (r)
                chain_add_reason(c, depth, &r->reason);
        else if (!e->settings.enable_event_handlers && handler_brings_online(it))
                chain_add(c, depth, "nobody wants it online, and event handlers are disabled");
        else if (!handler_brings_online(it))
                chain_add(c, depth,
                          "nobody wants it online, and no handler of it (on_%s) does it by itself",
                          event_print(it->type == ENTITY_ZPOOL ? EVENT_BACKING_APPEARED
                                                               : EVENT_APPEARED));
        else
                chain_add(c, depth,
                          "nobody wants it online now; its handler does when it appears again");
}

static void chain_device_gone(struct chain *c, entity_id id, uint32_t depth) {
        const struct node *n = engine_node(c->engine, id);

        if (n->ambiguous)
                chain_add(c, depth, "two devices are there that could be %s", title(c, id));
        else
                chain_add(c, depth, "%s is not connected", title(c, id));
}

static void chain_crypt(struct chain *c, entity_id id, uint32_t depth) {
        if (engine_node(c->engine, id)->dead)
                chain_add(c, depth, "the mapping of %s stands on a device that is gone",
                          title(c, id));
        else
                chain_add(c, depth, "%s is not open", title(c, id));
        chain_not_wanted(c, id, depth + 1);
}

static void chain_pool(struct chain *c, entity_id id, uint32_t depth) {
        const struct engine *e = c->engine;
        const struct entity *it = engine_entity(e, id);
        entity_id lacking = pool_find_lacking(e, id);
        uint32_t told = 0;

        chain_add(c, depth, "%s is not imported", title(c, id));
        if (lacking == ENTITY_NONE) {
                chain_not_wanted(c, id, depth + 1);
                return;
        }
        if (pool_leg_is_required(e, lacking))
                chain_add(c, depth + 1, "%s is required for the import, and not there",
                          title(c, lacking));
        else
                chain_add(c, depth + 1, "too few of its devices are there: %s missing",
                          pool_print_missing(e, id, c->arena));
        for (uint32_t i = 0; i < it->zpool.n_legs && told < LEGS_MAX; i++)
                if (!entity_is_present(e, it->zpool.legs[i])) {
                        chain_not_online(c, it->zpool.legs[i], depth + 2);
                        told++;
                }
}

static void chain_leg(struct chain *c, entity_id id, uint32_t depth) {
        const struct engine *e = c->engine;
        const struct entity *it = engine_entity(e, id);
        const struct vdev *v = leg_vdev(e, id);

        if (it->zdev.zpool == ENTITY_NONE) {
                chain_add(c, depth, "pool %s is not configured", it->zdev.pool);
        } else if (!entity_is_online(e, it->zdev.zpool)) {
                chain_add(c, depth, "%s is there, but its pool is not", title(c, id));
                chain_not_online(c, it->zdev.zpool, depth + 1);
        } else if (engine_node(e, it->zdev.zpool)->suspended) {
                chain_add(c, depth, "%s is suspended: ZFS waits for a device that is gone",
                          title(c, it->zdev.zpool));
        } else if (!v) {
                chain_add(c, depth,
                          "pool %s has no vdev that is %s (by GUID, device or name); `zpool "
                          "attach` adds it",
                          it->zdev.pool, title(c, id));
        } else {
                chain_add(c, depth, "ZFS has %s as %s%s%s", title(c, id),
                          vdev_state_print(v->state), v->aux[0] ? ": " : "", v->aux);
                chain_not_wanted(c, id, depth + 1);
        }
}

static void chain_not_online(struct chain *c, entity_id id, uint32_t depth) {
        const struct engine *e = c->engine;
        const struct entity *it = engine_entity(e, id);
        entity_id parent = it->parent, silent = entity_find_silent(e, id);

        if (depth >= DEEPEST)
                return;
        if (silent != ENTITY_NONE) {
                chain_add(c, depth, "%s", silence_print(e, silent, c->arena));
                return;
        }
        if (parent != ENTITY_NONE && !entity_is_online(e, parent)) {
                chain_add(c, depth, "%s needs %s", title(c, id), title(c, parent));
                chain_not_online(c, parent, depth + 1);
                return;
        }
        switch (it->type) {
        case ENTITY_DISK:
        case ENTITY_PART:
                chain_device_gone(c, id, depth);
                return;
        case ENTITY_CRYPT:
                if (entity_is_present(e, id))
                        chain_crypt(c, id, depth);
                else
                        chain_device_gone(c, id, depth);
                return;
        case ENTITY_ZPOOL:
                chain_pool(c, id, depth);
                return;
        case ENTITY_ZVOL:
                chain_add(c, depth, "%s has no device, although its pool is imported",
                          title(c, id));
                return;
        case ENTITY_DATASET:
                chain_add(c, depth, "%s is not mounted", title(c, id));
                chain_not_wanted(c, id, depth + 1);
                return;
        case ENTITY_ZDEV:
                if (entity_is_present(e, id))
                        chain_leg(c, id, depth);
                else
                        chain_device_gone(c, id, depth);
                return;
        case _ENTITY_TYPE_MAX:
                break;
        }
        abort();
}

/* --- why it is not up to date */

static void chain_resilver(struct chain *c, const struct scan *s) {
        if (s->paused)
                chain_add(c, 1, "its pool is being resilvered; that is paused");
        else if (s->to_examine)
                chain_add(c, 1, "its pool is being resilvered: %.0f %%",
                          100. * (double) s->issued / (double) s->to_examine);
        else
                chain_add(c, 1, "its pool is being resilvered");
}

static void chain_watched(struct chain *c, entity_id leg) {
        const struct engine *e = c->engine;
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        const struct pool_status *s = pool_status(e, pool);
        const struct node *n = engine_node(e, leg);
        const struct vdev *v = leg_vdev(e, leg);

        if (!s || !v)
                chain_add(c, 1, "its pool has not answered yet");
        else if (s->scan.function == SCAN_RESILVER && s->scan.state == SCAN_STATE_SCANNING)
                chain_resilver(c, &s->scan);
        else if (v->resilver_deferred)
                chain_add(c, 1, "ZFS will resilver it after what it does now");
        else if (n->watch.stage != VERIFY_NONE)
                chain_add(c, 1, "what its labels say is being compared with another leg's");
        else if (!s->checkpoint)
                chain_add(c, 1,
                          "no resilver is to be seen; if none begins, there was nothing to catch "
                          "up with");
        if (s && s->checkpoint)
                chain_add(c, 1,
                          "%s has a checkpoint: with one, ZFS resilvers again and again "
                          "(zpool checkpoint -d)",
                          title(c, pool));
        if (n->watch.n_begun >= MANY_RESILVERS)
                chain_add(c, 1, "its resilver has begun %u times without an end", n->watch.n_begun);
}

static void chain_overdue(struct chain *c, const struct view_entity *v) {
        char last[TIME_PRINT_MAX], due[TIME_PRINT_MAX];

        if (!v->last_update)
                chain_add(c, 1, "it has never been up to date");
        else
                chain_add(c, 1, "it was up to date until %s", time_print(v->last_update, last));
        if (v->overdue[OPERATION_UPDATE])
                chain_add(c, 1, "an update is overdue since %s",
                          time_print(v->overdue[OPERATION_UPDATE], due));
}

static void chain_not_up_to_date(struct chain *c, entity_id leg) {
        const struct engine *e = c->engine;
        const struct leg_row *l = ledger_of(e, leg);
        bool active = engine_node(e, leg)->state == STATE_ACTIVE;
        struct view_entity v;

        if (active && leg_is_complete(e, leg))
                return;
        engine_view_entity(e, leg, c->now, &v);
        chain_add(c, 0, active ? "it is not known to be up to date" : "it is not up to date now");
        if (active && l && l->m.watching)
                chain_watched(c, leg);
        if (*v.copy_text)
                chain_add(c, 1, "%s", v.copy_text);
        chain_overdue(c, &v);
}

/* --- why its disk may not be unplugged */

/* Who was in the way when it, or something inside, was to be closed, unmounted or exported last. */
static void chain_holders(struct chain *c, entity_id id) {
        for (entity_id i = id; i != ENTITY_NONE; i = tree_next(c->engine, id, i)) {
                const char *held = holder_of(c->engine, i);

                if (held)
                        chain_add(c, 0, "when %s was to go last, this was in the way: %s",
                                  title(c, i), held);
        }
}

/* Why what is in use is not taken offline. */
static void chain_stays(struct chain *c, entity_id id, uint32_t depth) {
        const struct engine *e = c->engine;
        const struct request *r = engine_node(e, id)->requests[WISH_OFFLINE];
        const struct failure *f = failure_of(e, id);
        enum event event;

        if (r) {
                chain_request(c, r, depth);
                return;
        }
        if (chain_held(c, id, depth))
                return;
        if (f && f->wish == WISH_OFFLINE)
                chain_failure(c, f, depth);
        else if (!handler_takes_offline(engine_entity(e, id), &event))
                chain_add(c, depth,
                          "nobody wants it offline, and no handler of it does it by "
                          "itself");
        else if (!e->settings.enable_event_handlers)
                chain_add(c, depth, "nobody wants it offline, and event handlers are disabled");
        else
                chain_add(c, depth,
                          "nobody wants it offline now; its handler on_%s does, when that "
                          "happens",
                          event_print(event));
}

static void chain_not_safe(struct chain *c, entity_id id) {
        const struct engine *e = c->engine;
        struct view_verdict v;
        entity_id disk = id;

        while (engine_entity(e, disk)->parent != ENTITY_NONE)
                disk = engine_entity(e, disk)->parent;
        if (!verdict_applies(e, disk))
                return;
        verdict_of(e, disk, c->arena, c->now, &v);
        if (v.kind != VERDICT_BUSY && v.kind != VERDICT_WORKING)
                return;
        chain_add(c, 0, "%s may not be unplugged: %s", title(c, disk), v.text);
        for (entity_id i = disk; (i = tree_next(e, disk, i)) != ENTITY_NONE;) {
                if (!engine_node(e, i)->in_use)
                        continue;
                chain_add(c, 1, "%s is in use (%s)", title(c, i),
                          state_print(engine_node(e, i)->state));
                if (!engine_node(e, i)->children_in_use)
                        chain_stays(c, i, 2);
        }
}

/* --- all of it */

static void chain_everything(struct chain *c, entity_id id) {
        const struct engine *e = c->engine;
        bool leg = engine_entity(e, id)->type == ENTITY_ZDEV;
        enum state state = engine_node(e, id)->state;

        chain_requests(c, id);
        (void) chain_held(c, id, 0);
        if (failure_of(e, id))
                chain_failure(c, failure_of(e, id), 0);
        if (entity_find_silent(e, id) != ENTITY_NONE) {
                chain_add(c, 0,
                          engine_node(e, id)->unknown
                                  ? "what is so with it now is not known"
                                  : "what it was when it was last looked at is shown");
                chain_not_online(c, id, 1);
        } else if (leg ? state != STATE_ACTIVE : !state_is_online(state)) {
                chain_add(c, 0, "it is not online");
                chain_not_online(c, id, 1);
        }
        if (leg && !engine_node(e, id)->unknown)
                chain_not_up_to_date(c, id);
        if (c->steps.count == 0)
                chain_add(c, 0, "it is %s%s, and nothing is wanted of it", state_print(state),
                          leg ? " and up to date" : "");
        chain_not_safe(c, id);
        chain_holders(c, id);
}

uint32_t engine_explain(const struct engine *e, struct arena *a, entity_id id, struct now now,
                        struct view_step **ret) {
        struct chain c = { .engine = e, .arena = a, .now = now };
        const struct reason start = { .code = REASON_WAIT_START, .about = id };
        uint32_t n;

        if (e->ready)
                chain_everything(&c, id);
        else
                chain_add_reason(&c, 0, &start);
        n = (uint32_t) c.steps.count;
        *ret = arena_memdup(a, c.steps.items, n * sizeof(**ret));
        array_done(&c.steps);
        return n;
}
