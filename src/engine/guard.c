/* engine/guard.c - what zmirror refuses to do, because it would lose data: SPEC 10 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/complete.h"
#include "engine/guard.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/picture.h"

static bool refuse(struct reason *ret, entity_id about, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static bool refuse(struct reason *ret, entity_id about, const char *format, ...) {
        va_list args;

        *ret = (struct reason){ .code = REASON_GUARD, .about = about };
        va_start(args, format);
        (void) vsnprintf(ret->detail, sizeof(ret->detail), format, args);
        va_end(args);
        return true;
}

static bool refuse_other_luks(struct engine *e, entity_id crypt, struct reason *ret) {
        const char *known = engine_node(e, crypt)->row->luks_uuid, *is = crypt_luks_uuid(e, crypt);

        if (!*known || !*is || text_equal(known, is))
                return false;
        return refuse(ret, crypt,
                      "the LUKS container in the place of %s is %s, but the one that was opened "
                      "here before is %s: another disk under its name, or it was formatted anew; "
                      "connect the right one, or, after a wanted replacement, `zmirror forget "
                      "crypt %s`",
                      engine_title(e, crypt), is, known, engine_entity(e, crypt)->name);
}

bool guard_wrong_disk(struct engine *e, entity_id id, struct reason *ret) {
        const struct device *d = node_device(e, engine_node(e, id));
        uint64_t known = engine_node(e, id)->row->m.vdev_guid;

        for (entity_id i = id; i != ENTITY_NONE; i = engine_entity(e, i)->parent)
                if (engine_node(e, i)->ambiguous)
                        return refuse(
                                ret, i,
                                "two devices carry the name of %s; disconnect the one that is "
                                "not meant",
                                engine_title(e, i));
        if (engine_entity(e, id)->type == ENTITY_CRYPT)
                return refuse_other_luks(e, id, ret);
        if (engine_entity(e, id)->type == ENTITY_ZDEV && d && d->vdev_guid && known &&
            d->vdev_guid != known)
                return refuse(
                        ret, id,
                        "the device of %s is vdev %" PRIu64
                        ", but the leg is known as vdev %" PRIu64
                        ": another disk under its name; connect the right one, or, after a wanted "
                        "replacement, `zmirror forget zdev %s %s`",
                        engine_title(e, id), d->vdev_guid, known, engine_entity(e, id)->zdev.pool,
                        engine_entity(e, id)->name);
        return false;
}

/* Somebody used the leg on this machine while zmirror did not run. */
static bool leg_was_used_here(const struct engine *e, const struct leg_row *l,
                              const struct passport *p) {
        return l->m.hostid && p->hostid == l->m.hostid && p->time * USEC_PER_SEC < e->started;
}

/* The label is newer than when the leg went out of use here, or than anything that was written here
 * when it vanished. */
static bool leg_is_beyond(const struct engine *e, const struct leg_row *l,
                          const struct passport *p) {
        if (!l || l->m.open || !p->valid || p->vdev_guid != l->m.vdev_guid ||
            leg_was_used_here(e, l, p))
                return false;
        if (l->m.closed_time)
                return p->txg > l->m.closed_txg ||
                       (p->txg == l->m.closed_txg && p->time != l->m.closed_time);
        return (l->m.ceiling_txg && p->txg > l->m.ceiling_txg) ||
               (l->m.hostid && p->hostid && p->hostid != l->m.hostid);
}

/* The label is older than when the leg went out of use here: a copy of the device that was made
 * before, or what it was restored to. ZFS would only write what the leg missed since, and take
 * older blocks for what it had written. */
static bool leg_is_older(const struct leg_row *l, const struct passport *p) {
        return l && !l->m.open && p->valid && p->vdev_guid == l->m.vdev_guid &&
               p->txg < l->m.closed_txg;
}

static bool refuse_older(struct engine *e, entity_id leg, struct reason *ret) {
        return refuse(
                ret, leg,
                "the device of %s is older than it was when it was last in use here: a clone of "
                "it, or restored from an image. Blocks that ZFS takes for written are not on it. "
                "Connect the right one; or, to write it anew and have it scrubbed: zmirror "
                "online --overwrite-leg zdev %s %s",
                engine_title(e, leg), engine_entity(e, leg)->zdev.pool,
                engine_entity(e, leg)->name);
}

bool guard_diverged(struct engine *e, const struct request *r, entity_id leg, struct reason *ret) {
        const char *title = engine_title(e, leg), *name = engine_entity(e, leg)->name;

        if (!engine_node(e, leg)->passport.valid)
                return refuse(ret, leg,
                              "no label of a pool can be read on the device of %s (is it the right "
                              "one, and is it all right?): what it holds is not known",
                              title);
        if (!r->overwrite_leg && leg_is_older(ledger_of(e, leg), &engine_node(e, leg)->passport))
                return refuse_older(e, leg, ret);
        if (r->overwrite_leg ||
            !leg_is_beyond(e, ledger_of(e, leg), &engine_node(e, leg)->passport))
                return false;
        return refuse(
                ret, leg,
                "%s was written elsewhere since it was last in use here, and so was the pool: "
                "catching up would destroy what only that leg has. Import it alone on another "
                "machine and copy what you need; then, to give up what only it holds: "
                "zmirror online --overwrite-leg zdev %s %s",
                title, engine_entity(e, leg)->zdev.pool, name);
}

bool guard_returned(struct engine *e, entity_id leg, struct reason *ret) {
        const struct pool_status *s = engine_node(e, engine_entity(e, leg)->zdev.zpool)->status;
        const struct passport *p = &engine_node(e, leg)->passport;
        const struct leg_row *l = ledger_of(e, leg);
        bool known = l && s && s->txg && p->valid && p->vdev_guid == l->m.vdev_guid;

        /* One txg may have been on its way when the device went. An import takes some more. */
        if (known && p->txg <= s->txg + 1 && (!l->m.hostid || p->hostid == l->m.hostid))
                return false;
        return refuse(ret, leg,
                      known ? "%s was written elsewhere since pool %s was suspended here: to go on "
                              "would destroy both. Restart this machine with the disk "
                              "disconnected: what was not written yet is lost, what is on the disk "
                              "is not"
                            : "the device in the place of %s is not the one that pool %s waits for",
                      engine_title(e, leg), engine_entity(e, leg)->zdev.pool);
}

/* The pool did not go on here without it, as far as is known. */
static bool leg_was_current(const struct pool_row *p, uint64_t vdev_guid) {
        return !p || !p->current.count || ledger_is_current(p, vdev_guid);
}

/* Legs that were written apart: two that are newer, or one while the pool went on here without it.
 * One alone that is newer is what the others catch up from. */
static bool guard_fork(struct engine *e, const struct request *r, struct reason *ret) {
        const struct entity *it = engine_entity(e, r->entity);
        const struct pool_row *known = ledger_find_pool(e, it->name);
        const struct passport *first = NULL;

        for (uint32_t i = 0; i < it->zpool.n_legs && !r->accept_data_loss; i++) {
                entity_id leg = it->zpool.legs[i];
                const struct passport *p = &engine_node(e, leg)->passport;

                if (entity_is_present(e, leg) && leg_is_older(ledger_of(e, leg), p))
                        return refuse_older(e, leg, ret);
                if (!entity_is_present(e, leg) || !leg_is_beyond(e, ledger_of(e, leg), p))
                        continue;
                if (!first && leg_was_current(known, p->vdev_guid) &&
                    ledger_of(e, leg)->m.closed_time)
                        first = p;
                else if (!first || p->txg != first->txg || p->time != first->time)
                        return refuse(
                                ret, leg,
                                "legs of pool %s were written apart, each without the other: "
                                "importing it would destroy what the older one has. Disconnect the "
                                "one that "
                                "is not meant; or, to give up what only it holds: zmirror online "
                                "--accept-data-loss zpool %s",
                                it->name, it->name);
        }
        return false;
}

/* How many of these legs are here, are known, and are whole and current. */
struct copies {
        uint32_t known, current;
        entity_id away; /* one that was current, and is not here */
        entity_id here; /* one that is here, and is not a whole and current copy */
};

/* Its device is there, and the label on it is the leg's: not something else under its name. */
static bool leg_is_here(const struct engine *e, entity_id leg, const struct leg_row *l) {
        const struct passport *p = &engine_node(e, leg)->passport;

        return entity_is_present(e, leg) && p->valid && p->vdev_guid == l->m.vdev_guid;
}

static void copies_count(const struct engine *e, const struct pool_row *p, entity_id leg,
                         struct copies *c) {
        const struct leg_row *l = leg == ENTITY_NONE ? NULL : ledger_of(e, leg);
        bool current = l && ledger_is_current(p, l->m.vdev_guid);

        if (!l)
                return;
        c->known++;
        if (!leg_is_here(e, leg, l)) {
                if (current)
                        c->away = leg;
        } else if (current && l->m.copy == COPY_COMPLETE)
                c->current++;
        else
                c->here = leg;
}

/* A device with that vdev's label, whatever it is called. */
static bool vdev_is_here(const struct engine *e, uint64_t vdev_guid) {
        uint64_t below;

        for (size_t i = 0; i < e->slots.count; i++) {
                const struct device *d = e->slots.items[i].device;

                if (d && d->vdev_guid == vdev_guid &&
                    (d->kind != DEVICE_MAPPING || !d->backing ||
                     map_get_number(&e->slot_by_devnum, d->backing, &below)))
                        return true;
        }
        return false;
}

/* Those that are current, but not configured (any more). */
static void copies_count_others(const struct engine *e, const struct entity *pool,
                                const struct pool_row *p, struct copies *c) {
        for (size_t i = 0; i < p->current.count; i++) {
                bool configured = false;

                for (uint32_t k = 0; k < pool->zpool.n_legs; k++) {
                        const struct leg_row *l = ledger_of(e, pool->zpool.legs[k]);

                        configured |= l && l->m.vdev_guid == p->current.items[i];
                }
                if (!configured && vdev_is_here(e, p->current.items[i]))
                        c->current++;
        }
}

static bool refuse_import(struct engine *e, entity_id pool, const struct copies *c,
                          struct reason *ret) {
        const char *name = engine_entity(e, pool)->name;
        const char *away = c->away == ENTITY_NONE ? "a leg that is not here"
                                                  : engine_entity(e, c->away)->name;
        const char *here = c->here == ENTITY_NONE ? "the legs that are here"
                                                  : engine_entity(e, c->here)->name;

        return refuse(ret, pool,
                      "importing pool %s now would use an older or incomplete copy (%s): the "
                      "newest whole one "
                      "was last seen on %s, and would be overwritten when it comes back. Connect "
                      "%s; or, to "
                      "give up what only it holds: zmirror online --accept-data-loss zpool %s",
                      name, here, away, away, name);
}

bool guard_import(struct engine *e, const struct request *r, struct reason *ret) {
        const struct entity *it = engine_entity(e, r->entity);
        const struct pool_row *p = ledger_find_pool(e, it->name);
        struct copies all = { .away = ENTITY_NONE, .here = ENTITY_NONE };

        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (entity_is_present(e, it->zpool.legs[i]) &&
                    guard_wrong_disk(e, it->zpool.legs[i], ret))
                        return true;
        if (guard_fork(e, r, ret))
                return true;
        if (!p || !p->current.count || r->accept_data_loss)
                return false;
        for (uint32_t i = 0; i < it->zpool.n_backing; i++) {
                const struct backing *b = &it->zpool.backing[i];
                struct copies c = { .away = ENTITY_NONE, .here = ENTITY_NONE };
                uint32_t needs = b->kind == VDEV_KIND_RAIDZ    ? b->n_devices - b->parity
                                 : b->kind == VDEV_KIND_MIRROR ? 1
                                                               : b->n_devices;

                for (uint32_t k = 0; k < b->n_devices; k++)
                        copies_count(e, p, b->devices[k].leg, &c);
                if (c.known < b->n_devices && it->zpool.n_backing > 1)
                        continue; /* it cannot be told which vdev an unknown leg belongs to */
                if (c.known < b->n_devices)
                        copies_count_others(e, it, p, &c);
                if (c.current < needs)
                        return refuse_import(e, r->entity, &c, ret);
        }
        if (it->zpool.n_backing)
                return false;
        for (uint32_t i = 0; i < it->zpool.n_legs;
             i++) /* how the pool is made up is not configured */
                copies_count(e, p, it->zpool.legs[i], &all);
        return all.known == it->zpool.n_legs && it->zpool.n_legs && !all.current &&
               refuse_import(e, r->entity, &all, ret);
}

static void leg_overridden(struct engine *e, const struct request *r) {
        struct request plain = *r;
        struct reason why;

        plain.overwrite_leg = false;
        if (!r->overwrite_leg || !guard_diverged(e, &plain, r->entity, &why))
                return;
        complete_suspect(e, r->entity, "what was on it was overwritten, as --overwrite-leg said");
        (void) request_make(e, &(struct input_wish){ .wish = WISH_SCRUB,
                                                     .entity = r->entity,
                                                     .origin = ORIGIN_PERSON });
}

static void pool_overridden(struct engine *e, const struct request *r) {
        const struct entity *it = engine_entity(e, r->entity);
        struct request plain = *r;
        struct reason why;

        plain.accept_data_loss = false;
        if (!r->accept_data_loss || !guard_import(e, &plain, &why))
                return;
        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                complete_suspect(e, it->zpool.legs[i],
                                 "its pool was imported with --accept-data-loss");
}

void guard_overridden(struct engine *e, const struct request *r) {
        if (engine_entity(e, r->entity)->type == ENTITY_ZDEV)
                leg_overridden(e, r);
        else if (engine_entity(e, r->entity)->type == ENTITY_ZPOOL)
                pool_overridden(e, r);
}
