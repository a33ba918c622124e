/* engine/passport.c - what the labels of a leg say of it, read before it is used: SPEC 10 */
#include "engine/passport.h"
#include "base/text.h"

bool plan_passport(struct engine *e, const struct request *r, entity_id leg, struct step *ret) {
        struct node *n = engine_node(e, leg);
        const struct device *d = node_device(e, n);

        if (!d || (n->passport.seq > r->looked_since && n->passport.diskseq == d->diskseq))
                return false;
        if (!n->passport.wanted)
                array_append(&e->passport_waiters, leg);
        n->passport.wanted = true;
        *ret = step_wait(REASON_WAIT_LOOK, leg, NULL);
        ret->kind = STEP_LOOK;
        ret->look = FACT_LABEL;
        ret->look_name = arena_strdup(e->effects.arena, d->devnode);
        return true;
}

void passport_note(struct engine *e, const char *path, uint64_t seq, const struct label *label) {
        size_t kept = 0;

        for (size_t i = 0; i < e->passport_waiters.count; i++) {
                entity_id leg = e->passport_waiters.items[i];
                struct node *n = engine_node(e, leg);
                const struct device *d = node_device(e, n);

                if (d && !text_equal(d->devnode, path)) {
                        e->passport_waiters.items[kept++] = leg;
                        continue;
                }
                n->passport = (struct passport){};
                if (!d)
                        continue;
                n->passport.seq = seq;
                n->passport.diskseq = d->diskseq;
                if (!label || !label->valid)
                        continue;
                n->passport.valid = true;
                n->passport.vdev_guid = label->vdev_guid;
                n->passport.txg = label->txg;
                n->passport.time = label->timestamp;
                n->passport.hostid = label->hostid;
        }
        e->passport_waiters.count = kept;
}
