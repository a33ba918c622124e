/* engine/passport.c - what the labels of a device say of it, read before it is used */
#include "engine/passport.h"
#include "base/text.h"
#include "engine/ledger.h"
#include "engine/picture.h"

static const struct passport none = {};

const struct passport *leg_passport(const struct engine *e, entity_id leg) {
        uint32_t slot = engine_node(e, leg)->device;

        return slot == SLOT_NONE ? &none : &e->slots.items[slot].passport;
}

static void passport_set(const struct engine *e, struct device_slot *s, uint64_t seq,
                         const struct label *label) {
        struct passport *p = &s->passport;

        *p = (struct passport){
                .seq = seq, .after = e->next_seq, .diskseq = s->device->diskseq, .wanted = p->wanted
        };
        if (!label || !label->valid)
                return;
        p->valid = true;
        p->pool_guid = label->pool_guid;
        p->vdev_guid = label->vdev_guid;
        p->top_guid = label->top_guid;
        p->top = label->top;
        p->txg = label->txg;
        p->time = label->timestamp;
        p->hostid = label->hostid;
}

void leg_set_passport(struct engine *e, entity_id leg, const struct label *label) {
        uint32_t slot = engine_node(e, leg)->device;
        struct device_slot *s = slot == SLOT_NONE ? NULL : &e->slots.items[slot];

        if (s)
                passport_set(e, s, s->passport.seq, label);
}

const struct passport *vdev_passport(const struct engine *e, uint64_t vdev_guid) {
        uint32_t slot = picture_find_vdev(e, vdev_guid);

        return slot == SLOT_NONE ? &none : &e->slots.items[slot].passport;
}

static bool plan_slot_passport(struct engine *e, const struct request *r, uint32_t slot,
                               entity_id about, struct step *ret) {
        struct device_slot *s = &e->slots.items[slot];

        if (plan_look_at_device(e, slot, about, r->looked_since, ret))
                return true; /* that it is still the same */
        if (s->passport.seq > r->looked_since && s->passport.diskseq == s->device->diskseq)
                return false;
        if (!s->passport.wanted)
                array_append(&e->passport_waiters, slot);
        s->passport.wanted = true;
        *ret = step_wait(REASON_WAIT_LOOK, about, NULL);
        ret->kind = STEP_LOOK;
        ret->look = FACT_LABEL;
        ret->look_name = arena_strdup(e->effects.arena, s->device->devnode);
        return true;
}

bool plan_passport(struct engine *e, const struct request *r, entity_id leg, struct step *ret) {
        uint32_t slot = engine_node(e, leg)->device;

        return slot != SLOT_NONE && plan_slot_passport(e, r, slot, leg, ret);
}

bool plan_passports(struct engine *e, const struct request *r, entity_id pool, struct step *ret) {
        const struct entity *it = engine_entity(e, pool);
        const struct pool_row *p = ledger_find_pool(e, it->name);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (plan_passport(e, r, it->zpool.legs[i], ret))
                        return true;
        for (size_t i = 0; p && i < p->current.count; i++) {
                uint32_t slot = picture_find_vdev(e, p->current.items[i].vdev_guid);

                if (slot != SLOT_NONE && plan_slot_passport(e, r, slot, pool, ret))
                        return true;
        }
        return false;
}

void passport_note(struct engine *e, const char *path, uint64_t seq, const struct label *label) {
        for (size_t i = e->passport_waiters.count; i-- > 0;) {
                struct device_slot *s = &e->slots.items[e->passport_waiters.items[i]];

                if (s->device && !text_equal(s->device->devnode, path))
                        continue;
                if (s->device)
                        passport_set(e, s, seq, label);
                s->passport.wanted = false;
                array_remove(&e->passport_waiters, i);
        }
}
