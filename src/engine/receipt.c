/* engine/receipt.c - what is written down of a disk when it is safe to unplug
 *
 * A disk in a vault cannot be asked. What is known of the copies on it when it leaves is kept in
 * the history: how each was found to be whole, and what its own label said after it had gone. */
#include "engine/receipt.h"
#include "engine/content.h"
#include "engine/engine.h"
#include "engine/ledger.h"
#include "engine/picture.h"
#include "model/receipt.h"

static struct receipt_leg receipt_leg_of(const struct engine *e, entity_id leg) {
        const struct entity *it = engine_entity(e, leg);
        const struct leg_row *l = ledger_of(e, leg);
        struct receipt_leg ret = { .id = it->id, .hrid = it->hrid, .pool = it->zdev.pool };
        struct view_entity v;

        engine_view_entity(e, leg, e->now, &v);
        ret.copy = v.copy;
        ret.copy_text = v.copy_text;
        ret.errors = v.errors_text;
        ret.last_update = v.last_update;
        ret.last_scrub = v.last_scrub;
        if (l) {
                ret.proof = l->m.proof;
                ret.txg = l->m.closed_time ? l->m.closed_txg : 0;
                ret.txg_at = l->m.closed_time * USEC_PER_SEC;
        }
        return ret;
}

const char *receipt_of(const struct engine *e, entity_id disk, struct arena *a) {
        struct receipt r = { .id = engine_entity(e, disk)->id,
                             .hrid = engine_entity(e, disk)->hrid,
                             .time = e->now.wall };
        ARRAY(struct receipt_leg) legs = {};
        struct text t = {};
        const char *json;
        struct content c;

        for (entity_id i = content_first(e, &c, disk); i != ENTITY_NONE; i = content_next(e, &c, i))
                if (engine_entity(e, i)->type == ENTITY_ZDEV)
                        array_append(&legs, receipt_leg_of(e, i));
        r.legs = legs.items;
        r.n_legs = (uint32_t) legs.count;
        receipt_print(&t, &r);
        json = legs.count ? arena_strdup(a, t.s) : NULL;
        text_done(&t);
        array_done(&legs);
        return json;
}
