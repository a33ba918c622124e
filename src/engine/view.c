/* engine/view.c - the picture, as it is shown to people */
#include "engine/audit.h"
#include "engine/complete.h"
#include "engine/copy.h"
#include "engine/failure.h"
#include "engine/holder.h"
#include "engine/ledger.h"
#include "engine/overdue.h"
#include "engine/picture.h"
#include "engine/request.h"
#include "engine/silence.h"
#include "engine/trim.h"
#include "engine/verdict.h"

static double ratio(uint64_t done, uint64_t total) {
        double r = total ? (double) done / (double) total : -1;

        return r > 1 ? 1 : r; /* a resilver can pass 100 % */
}

/* As fast as it was in this pass, which ZFS reckons with, too: the time in which the pool was away,
 * or the scan paused, says nothing. */
static usec_t scan_eta(const struct scan *s, usec_t now) {
        bool pass = s->pass_start && s->pass_issued;
        usec_t since = pass ? s->pass_start + s->pass_paused : s->start;
        double done = (double) (pass ? s->pass_issued : s->issued), left;

        if (s->paused || ratio(s->issued, s->to_examine) <= 0.001 || !since || now <= since)
                return 0;
        left = s->issued < s->to_examine ? (double) (s->to_examine - s->issued) : 0;
        return now + (usec_t) ((double) (now - since) * left / done);
}

static struct view_operation view_scan(const struct scan *s, usec_t now) {
        return (struct view_operation){ .running = true,
                                        .progress = ratio(s->issued, s->to_examine),
                                        .started = s->start,
                                        .eta = scan_eta(s, now),
                                        .paused = s->paused,
                                        .done_bytes = s->issued,
                                        .total_bytes = s->to_examine };
}

static void view_operations(const struct engine *e, entity_id leg, struct now now,
                            struct view_entity *ret) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);
        const struct vdev *v = leg_vdev(e, leg);
        bool scanning = s && s->scan.state == SCAN_STATE_SCANNING;

        for (enum operation op = 0; op < _OPERATION_MAX; op++) {
                struct view_operation *o = &ret->operations[op];

                o->progress = -1;
                if (!leg_operation_runs(e, leg, op))
                        continue;
                o->running = true;
                if (op == OPERATION_TRIM) {
                        o->progress = ratio(v->trim_done, v->trim_total);
                        o->done_bytes = v->trim_done;
                        o->total_bytes = v->trim_total;
                } else if (scanning && (op == OPERATION_SCRUB) == (s->scan.function == SCAN_SCRUB))
                        *o = view_scan(&s->scan, now.wall);
        }
}

static const char *leg_errors_text(const struct engine *e, entity_id leg) {
        const struct vdev *v = leg_vdev(e, leg);
        const struct node *n = engine_node(e, leg);

        if (n->state == STATE_DISCONNECTED && n->in_use)
                return "its device is gone while ZFS still uses it";
        if (n->state == STATE_DISCONNECTED && !engine_entity(e, leg)->unpluggable)
                return "it is expected to be there, and is not (unpluggable: no)";
        if (v && (v->read_errors || v->write_errors || v->checksum_errors))
                return "ZFS counted errors on it";
        return v ? vdev_state_print(v->state) : "";
}

/* What its picture says. */
static const char *entity_fault_text(const struct engine *e, entity_id id) {
        const struct node *n = engine_node(e, id);
        enum entity_type type = engine_entity(e, id)->type;

        if (!n->errors)
                return "";
        if (type == ENTITY_ZDEV)
                return leg_errors_text(e, id);
        if (type == ENTITY_CRYPT)
                return "its mapping stands on a device that is gone";
        if (n->suspended)
                return "suspended";
        if (pool_is_silent(e, id))
                return arena_printf(e->effects.arena, "it does not answer: %s", n->silence);
        if (ledger_went_on(e, engine_entity(e, id)->name))
                return arena_printf(e->effects.arena,
                                    "it went on without its newest copy, last seen on %s",
                                    audit_print_missing(e, id));
        return n->status && n->status->error_count ? "data errors"
                                                   : "a leg is missing or has errors";
}

static const char *entity_errors_text(const struct engine *e, entity_id id) {
        const struct failure *f = failure_of(e, id);
        const char *fault = entity_fault_text(e, id);

        if (!f || !f->refused)
                return fault;
        return arena_printf(e->effects.arena, "%s%s%s", fault, *fault ? "; " : "",
                            failure_print(e, id, e->effects.arena));
}

/* It is there, or its container only has to be opened. */
static bool leg_is_available(const struct engine *e, entity_id leg) {
        entity_id parent = engine_entity(e, leg)->parent;

        return entity_is_present(e, leg) ||
               (parent != ENTITY_NONE && engine_entity(e, parent)->type == ENTITY_CRYPT &&
                entity_is_present(e, parent));
}

/* Why it cannot be relied upon. What has just come online catches up first; what was never online
 * here is not known. */
static const char *leg_copy_text(const struct engine *e, const struct leg_row *l,
                                 const struct memory_entity *m, bool watching) {
        if (l && l->m.copy == COPY_SUSPECT)
                return arena_printf(e->effects.arena,
                                    "it is not trusted until a scrub repaired nothing on it: %s",
                                    l->suspicion);
        if (l && l->m.copy == COPY_INCOMPLETE && !watching && m->last_online)
                return "it may lack blocks: it has not caught up since it was online";
        return "";
}

static void view_leg(const struct engine *e, entity_id id, struct now now,
                     struct view_entity *ret) {
        const struct memory_entity *m = &engine_node(e, id)->row->m;
        const struct intervals *i = &engine_entity(e, id)->zdev.intervals;
        const struct leg_row *l = ledger_of(e, id);
        bool active = ret->state == STATE_ACTIVE, fresh = active && leg_is_complete(e, id);

        ret->added = m->added;
        ret->last_online = active ? USEC_NEVER : m->last_online;
        ret->last_update = fresh ? USEC_NEVER : m->last_update;
        ret->last_scrub = m->last_scrub;
        ret->last_trim = m->last_trim;
        ret->watching = active && l && l->m.watching;
        ret->copy = l ? l->m.copy : COPY_UNKNOWN;
        ret->copy_text = leg_copy_text(e, l, m, ret->watching);
        ret->trim = active ? trim_find_obstacle(e, id) : (struct trim_obstacle){};
        view_operations(e, id, now, ret);
        if (!fresh)
                ret->overdue[OPERATION_UPDATE] = overdue_since(i->update, m->added, m->last_update,
                                                               now.wall);
        ret->overdue[OPERATION_SCRUB] = overdue_since(i->scrub, m->added, m->last_scrub, now.wall);
        ret->overdue[OPERATION_TRIM] = overdue_since(i->trim, m->added, m->last_trim, now.wall);
        if (!fresh && leg_is_available(e, id))
                ret->available_update_overdue = overdue_since(i->available_update, m->added,
                                                              m->last_update, now.wall);
}

/* The slowest of its legs says how far a pool is. */
static void view_pool_operations(const struct engine *e, entity_id pool, struct now now,
                                 struct view_entity *ret) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; pool_status(e, pool) && i < it->zpool.n_legs; i++) {
                struct view_entity leg = {};

                view_operations(e, it->zpool.legs[i], now, &leg);
                for (enum operation op = 0; op < _OPERATION_MAX; op++) {
                        const struct view_operation *of_leg = &leg.operations[op];
                        struct view_operation *o = &ret->operations[op];

                        if (of_leg->running && (!o->running || of_leg->progress < o->progress))
                                *o = *of_leg;
                }
        }
}

/* It is imported, and says nothing: yet, or any more. */
static bool view_is_silent(const struct engine *e, entity_id id) {
        return engine_entity(e, id)->type == ENTITY_ZPOOL &&
               (engine_node(e, id)->unknown || engine_node(e, id)->suspended ||
                pool_is_silent(e, id));
}

void engine_view_entity(const struct engine *e, entity_id id, struct now now,
                        struct view_entity *ret) {
        const struct node *n = engine_node(e, id);
        const struct device *d = node_device(e, n);
        const struct failure *f = failure_of(e, id);
        const char *held = holder_of(e, id);

        *ret = (struct view_entity){
                .entity = engine_entity(e, id),
                .state = e->ready ? n->state : STATE_UNKNOWN,
                .errors = n->errors || (f && f->refused),
                .errors_text = entity_errors_text(e, id),
                .device = d ? d->devnode : "",
                .copy_text = "",
                .failure = f ? *f : (struct failure){},
                .held_by = held ? held : "",
                .silent = view_is_silent(e, id),
        };
        for (enum operation op = 0; op < _OPERATION_MAX; op++)
                ret->operations[op].progress = -1;
        if (ret->entity->type == ENTITY_ZDEV)
                view_leg(e, id, now, ret);
        if (ret->entity->type == ENTITY_ZPOOL)
                view_pool_operations(e, id, now, ret);
}

static struct view_request view_request(const struct engine *e, struct arena *a,
                                        const struct request *r) {
        return (struct view_request){
                .id = r->id,
                .entity = r->entity,
                .wish = r->wish,
                .origin = r->origin,
                .own = r->own,
                .by = request_print_origin(e, r, a),
                .since = r->since.wall,
                .reason = *request_cause(e, r),
                .needed_by = arena_memdup(a, r->needed_by.items,
                                          r->needed_by.count * sizeof(*r->needed_by.items)),
                .n_needed_by = (uint32_t) r->needed_by.count,
        };
}

/* Those of one entity are known to it: `status all` asks for each. */
static uint32_t view_own_requests(const struct engine *e, struct arena *a, entity_id entity,
                                  struct view_request **ret) {
        const struct node *node = engine_node(e, entity);
        uint32_t n = 0;

        for (enum wish w = 0; w < _WISH_MAX; w++) {
                if (!node->requests[w])
                        continue;
                if (n == 0)
                        *ret = arena_new_array(a, struct view_request, _WISH_MAX);
                (*ret)[n++] = view_request(e, a, node->requests[w]);
        }
        return n;
}

uint32_t engine_view_requests(const struct engine *e, struct arena *a, entity_id entity,
                              struct view_request **ret) {
        struct view_request *list;
        uint32_t n = 0;

        *ret = NULL;
        if (entity != ENTITY_NONE)
                return view_own_requests(e, a, entity, ret);
        *ret = list = arena_new_array(a, struct view_request, e->requests.count + 1);
        for (size_t i = 0; i < e->requests.count; i++)
                if (e->requests.items[i])
                        list[n++] = view_request(e, a, e->requests.items[i]);
        return n;
}

bool engine_view_verdict(const struct engine *e, struct arena *a, entity_id id, struct now now,
                         struct view_verdict *ret) {
        if (!verdict_applies(e, id))
                return false;
        verdict_of(e, id, a, now, ret);
        return true;
}

uint32_t engine_view_verdicts(const struct engine *e, struct arena *a, struct now now,
                              struct view_verdict **ret) {
        uint32_t n = 0;

        *ret = arena_new_array(a, struct view_verdict, e->config->n_entities);
        for (entity_id i = 0; i < e->config->n_entities; i++)
                if (verdict_applies(e, i))
                        verdict_of(e, i, a, now, &(*ret)[n++]);
        return n;
}
