/* engine/guard.c - what zmirror refuses to do, because it would lose data */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/audit.h"
#include "engine/copy.h"
#include "engine/guard.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/passport.h"
#include "engine/picture.h"

/* Every refusal says what is going on, and two ways out: one that keeps everything, and one that
 * gives something up. */
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

/* --- the wrong disk
 * ------------------------------------------------------------------------------------------- */

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

static bool refuse_ambiguous(struct engine *e, entity_id id, struct reason *ret) {
        return refuse(ret, id,
                      "two devices carry the name of %s: a clone, or another disk with the same "
                      "names. Disconnect the one that is not meant; or, to use both, give one of "
                      "them another name (sgdisk --change-name) and another partition table UUID",
                      engine_title(e, id));
}

/* What its labels say (which have been read, where it can be used at all), else what udev
 * remembers. */
static bool refuse_other_leg(struct engine *e, entity_id leg, struct reason *ret) {
        const struct entity *it = engine_entity(e, leg);
        const struct passport *p = leg_passport(e, leg);
        const struct leg_row *l = ledger_of(e, leg);
        const struct device *d = node_device(e, engine_node(e, leg));
        uint64_t is = p->valid ? p->vdev_guid : d ? d->vdev_guid : 0;

        if (!l || !is)
                return false;
        if (is != l->m.vdev_guid)
                return refuse(
                        ret, leg,
                        "the device of %s is vdev %" PRIu64
                        ", but the leg is known as vdev %" PRIu64
                        ": another disk under its name; connect the right one, or, after a wanted "
                        "replacement, `zmirror forget zdev %s %s`",
                        engine_title(e, leg), is, l->m.vdev_guid, it->zdev.pool, it->name);
        if (p->valid && l->m.pool_guid && p->pool_guid != l->m.pool_guid)
                return refuse(
                        ret, leg,
                        "the device of %s says that it belongs to pool %" PRIu64
                        ", but the leg is known in pool %" PRIu64
                        ": a copy of it that was made another pool, or the pool was (zpool reguid, "
                        "zpool split). Connect the right one; or, after a wanted change, `zmirror "
                        "forget zdev %s %s`",
                        engine_title(e, leg), p->pool_guid, l->m.pool_guid, it->zdev.pool,
                        it->name);
        return false;
}

bool guard_wrong_disk(struct engine *e, entity_id id, struct reason *ret) {
        for (entity_id i = id; i != ENTITY_NONE; i = engine_entity(e, i)->parent)
                if (engine_node(e, i)->ambiguous)
                        return refuse_ambiguous(e, i, ret);
        if (engine_entity(e, id)->type == ENTITY_CRYPT)
                return refuse_other_luks(e, id, ret);
        return engine_entity(e, id)->type == ENTITY_ZDEV && refuse_other_leg(e, id, ret);
}

/* --- what a label says of a leg, and what the book
 * ----------------------------------------------------------------------------------------- */

enum standing {
        STANDING_AS_LEFT, /* as it was when it went, or nothing is known */
        STANDING_OLDER,   /* a copy that was made before, or what it was restored to. ZFS would only
                             write what the leg missed since, and take older blocks for what it had
                             written */
        STANDING_BEYOND,  /* it was written elsewhere since */
};

/* It was put online and offline again by the import of its pool that still goes on, while nobody
 * looked: no other import, here or elsewhere, has written to it with this hostid. */
static bool leg_was_used_in_it(const struct engine *e, entity_id leg, const struct leg_row *l,
                               const struct passport *p) {
        const struct pool_status *s = pool_status(e, engine_entity(e, leg)->zdev.zpool);

        return s && l->m.instance && l->m.instance == ledger_instance(e, s) && l->m.hostid &&
               p->hostid == l->m.hostid;
}

/* It carries that at least. */
static uint64_t leg_least_txg(const struct leg_row *l) {
        return l->m.closed_time || l->m.closed_txg > l->m.own_txg ? l->m.closed_txg : l->m.own_txg;
}

static bool leg_is_beyond(const struct leg_row *l, const struct passport *p) {
        if (l->m.closed_time)
                return p->txg > l->m.closed_txg ||
                       (p->txg == l->m.closed_txg && p->time != l->m.closed_time);
        if (l->m.ceiling_txg && p->txg > l->m.ceiling_txg)
                return true;
        if (!l->m.own_txg) /* its label was never read while it was in use */
                return l->m.hostid && p->hostid && p->hostid != l->m.hostid;
        return p->hostid != l->m.hostid;
}

static enum standing leg_standing(const struct engine *e, entity_id leg) {
        const struct leg_row *l = ledger_of(e, leg);
        const struct passport *p = leg_passport(e, leg);

        if (!l || !p->valid || p->vdev_guid != l->m.vdev_guid)
                return STANDING_AS_LEFT;
        if (p->txg < leg_least_txg(l))
                return STANDING_OLDER;
        return leg_is_beyond(l, p) && !leg_was_used_in_it(e, leg, l, p) ? STANDING_BEYOND
                                                                        : STANDING_AS_LEFT;
}

/* What it carries is a part of what its pool did meanwhile, and perhaps not all of it. */
static void leg_adopt_use(struct engine *e, entity_id leg) {
        const struct passport *p = leg_passport(e, leg);
        struct leg_row *l = ledger_of(e, leg);

        history_add(
                e, HISTORY_ADOPTED, leg,
                arena_printf(e->effects.arena, "used|%" PRIu64 "|%" PRIu64, l->m.vdev_guid, p->txg),
                NULL,
                "%s was put online in pool %s, and taken offline again, while zmirror did not "
                "look",
                engine_title(e, leg), engine_entity(e, leg)->zdev.pool);
        if (l->m.copy == COPY_COMPLETE)
                l->m.copy = COPY_INCOMPLETE;
        l->m.closed_txg = p->txg;
        l->m.closed_time = p->time;
        ledger_save_leg(e, l);
}

/* --- a leg that was written elsewhere
 * ------------------------------------------------------------------------------------------- */

static bool refuse_unreadable(struct engine *e, entity_id leg, struct reason *ret) {
        const struct entity *it = engine_entity(e, leg);
        const char *argument = leg_argument(e, leg, e->effects.arena);

        return refuse(ret, leg,
                      "no label of a pool can be read on the device of %s: what it holds is not "
                      "known. Connect the right one, or see to its cable, and it is looked at "
                      "again; or, to make it anew: zpool replace %s %s, then zmirror forget zdev "
                      "%s %s",
                      engine_title(e, leg), it->zdev.pool, argument ? argument : it->name,
                      it->zdev.pool, it->name);
}

/* What is so of the leg, and both ways out, the second of which is to overwrite it. */
static bool refuse_leg(struct engine *e, entity_id leg, struct reason *ret, const char *text) {
        const struct entity *it = engine_entity(e, leg);

        return refuse(ret, leg, "%s %s: zmirror online --overwrite-leg zdev %s %s",
                      engine_title(e, leg), text, it->zdev.pool, it->name);
}

static bool refuse_older(struct engine *e, entity_id leg, struct reason *ret) {
        return refuse_leg(e, leg, ret,
                          "has a device that is older than it was when it was last in use here: a "
                          "clone of it, or restored from an image. Blocks that ZFS takes for "
                          "written are not on it. Connect the right one; or, to write it anew and "
                          "have it scrubbed");
}

static bool refuse_beyond(struct engine *e, entity_id leg, struct reason *ret) {
        return refuse_leg(e, leg, ret,
                          "was written elsewhere since it was last in use here, and so was the "
                          "pool: catching up would destroy what only that leg has. Import it alone "
                          "on another machine and copy what you need; then, to give up what only "
                          "it holds");
}

/* The pool went on from an older copy while this one was away. */
static bool refuse_newest(struct engine *e, entity_id leg, struct reason *ret) {
        return refuse_leg(e, leg, ret,
                          "has the newest data that was known here, and its pool went on from an "
                          "older copy: catching up would destroy it. To keep it, export the pool, "
                          "and import it with this leg alone; or, to give up what only it has");
}

static bool refuse_apart(struct engine *e, entity_id leg, struct reason *ret) {
        return refuse_leg(e, leg, ret,
                          "was in use while its pool went on from an older copy, and what was "
                          "written then is on it alone: catching up would destroy that. Import it "
                          "alone on another machine and copy what you need; then, to give up what "
                          "only it holds");
}

bool guard_diverged(struct engine *e, const struct request *r, entity_id leg, struct reason *ret) {
        const struct leg_row *l = ledger_of(e, leg);
        const struct pool_row *p = ledger_find_pool(e, engine_entity(e, leg)->zdev.pool);

        if (!leg_passport(e, leg)->valid)
                return refuse_unreadable(e, leg, ret);
        if (r->overwrite_leg || !l)
                return false;
        if (p && p->m.went_on && ledger_is_current(p, l->m.vdev_guid))
                return refuse_newest(e, leg, ret);
        if (l->m.apart && !(p && p->m.went_on))
                return refuse_apart(e, leg, ret);
        switch (leg_standing(e, leg)) {
        case STANDING_AS_LEFT:
                if (leg_is_beyond(l, leg_passport(e, leg)))
                        leg_adopt_use(e, leg);
                return false;
        case STANDING_OLDER:
                return refuse_older(e, leg, ret);
        case STANDING_BEYOND:
                return refuse_beyond(e, leg, ret);
        }
        __builtin_unreachable();
}

bool guard_was_overrun(struct engine *e, entity_id leg, struct reason *ret) {
        const struct passport *p = leg_passport(e, leg);
        const struct device *d = node_device(e, engine_node(e, leg));
        const struct leg_row *l = ledger_of(e, leg);
        bool before; /* that was not written by the pool that it is online in now */

        if (!l || !p->valid || !d || p->diskseq != d->diskseq)
                return false;
        before = engine_node(e, leg)->offline_seq > p->after ||
                 (l->m.hostid && p->hostid != l->m.hostid);
        return before && guard_diverged(e, &(struct request){ .entity = leg }, leg, ret);
}

bool guard_returned(struct engine *e, entity_id leg, struct reason *ret) {
        const struct pool_status *s = engine_node(e, engine_entity(e, leg)->zdev.zpool)->status;
        const struct passport *p = leg_passport(e, leg);
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
                            : "the device in the place of %s is not the one that pool %s waits "
                              "for. Connect that one, and it goes on; or give up what was not "
                              "written yet, and restart this machine",
                      engine_title(e, leg), engine_entity(e, leg)->zdev.pool);
}

/* --- legs that were written apart
 * ------------------------------------------------------------------------------------------- */

/* The pool did not go on here without it, as far as is known. */
static bool leg_was_current(const struct pool_row *p, uint64_t vdev_guid) {
        return !p || !p->current.count || ledger_is_current(p, vdev_guid);
}

static bool refuse_fork(struct engine *e, entity_id pool, entity_id leg, struct reason *ret) {
        const char *name = engine_entity(e, pool)->name;

        return refuse(ret, leg,
                      "legs of pool %s were written apart, each without the other: importing it "
                      "would destroy what the older one has. Disconnect the one that is not meant; "
                      "or, to give up what only it holds: zmirror online --accept-data-loss zpool "
                      "%s",
                      name, name);
}

/* One that is newer is what the others catch up from, unless the pool went on here without it. Two
 * that are newer have to be equal. */
static bool guard_fork(struct engine *e, entity_id pool, struct reason *ret) {
        const struct entity *it = engine_entity(e, pool);
        const struct pool_row *known = ledger_find_pool(e, it->name);
        const struct passport *newer = NULL;
        bool current = false, apart = false;

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id leg = it->zpool.legs[i];
                const struct passport *p = leg_passport(e, leg);
                const struct leg_row *l = ledger_of(e, leg);
                enum standing standing = leg_standing(e, leg);

                if (!l || !p->valid)
                        continue;
                if (standing == STANDING_OLDER)
                        return refuse_older(e, leg, ret);
                apart |= l->m.apart;
                current |= !l->m.apart && leg_was_current(known, p->vdev_guid);
                if (apart && current)
                        return refuse_fork(e, pool, leg, ret);
                if (standing != STANDING_BEYOND)
                        continue;
                if (!leg_was_current(known, p->vdev_guid) ||
                    (newer && (p->txg != newer->txg || p->time != newer->time)))
                        return refuse_fork(e, pool, leg, ret);
                newer = p;
        }
        return false;
}

/* --- a pool whose newest or whole copy is not here
 * ------------------------------------------------------------------------------------------- */

/* What is known of the legs of one top-level vdev that were current. */
struct copies {
        uint32_t needs, here; /* here and whole */
        uint64_t away;        /* one that is not here; 0: none */
        entity_id poor;       /* one that is here, but not whole (any more); ENTITY_NONE: none */
};

/* The configured leg that is known as that vdev. */
static entity_id pool_find_known(const struct engine *e, entity_id pool, uint64_t vdev_guid) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (engine_node(e, it->zpool.legs[i])->row->m.vdev_guid == vdev_guid)
                        return it->zpool.legs[i];
        return ENTITY_NONE;
}

/* The label on the device of that leg, or, if it is not configured, on whatever device bears it,
 * is that of this vdev of this pool. The path that ZFS has in mind for a leg that is not configured
 * must lead to it. */
static bool member_is_here(const struct engine *e, const struct pool_row *p, entity_id leg,
                           uint64_t vdev_guid) {
        const struct passport *passport = leg == ENTITY_NONE ? vdev_passport(e, vdev_guid)
                                                             : leg_passport(e, leg);
        uint32_t slot = leg == ENTITY_NONE ? picture_find_vdev(e, vdev_guid) : SLOT_NONE;
        const struct leg_row *l = ledger_find_leg(e, vdev_guid);

        if (slot != SLOT_NONE && picture_has_namesake(e, slot))
                return false;
        if (l && passport->txg < leg_least_txg(l)) /* a copy of it that was made before */
                return false;
        return passport->valid && passport->vdev_guid == vdev_guid &&
               passport->pool_guid == p->m.pool_guid;
}

static void copies_count(const struct engine *e, entity_id pool, const struct pool_row *p,
                         uint64_t vdev_guid, struct copies *c) {
        entity_id leg = pool_find_known(e, pool, vdev_guid);
        const struct leg_row *l = ledger_find_leg(e, vdev_guid);

        if (!member_is_here(e, p, leg, vdev_guid))
                c->away = vdev_guid;
        else if (l && l->m.copy != COPY_COMPLETE && l->m.copy != COPY_UNKNOWN)
                c->poor = leg;
        else
                c->here++;
}

/* Where an older version of this program kept the books, they do not say which top-level vdev a leg
 * is in; the labels of those that are here do. */
static uint64_t member_top(const struct engine *e, entity_id pool, const struct memory_member *m,
                           struct vdev_shape *ret_shape, const struct pool_row *p) {
        entity_id leg = pool_find_known(e, pool, m->vdev_guid);
        const struct passport *passport = leg == ENTITY_NONE ? vdev_passport(e, m->vdev_guid)
                                                             : leg_passport(e, leg);
        const struct vdev_shape *known = ledger_top(p, m->top_guid);

        *ret_shape = known             ? *known
                     : passport->valid ? passport->top
                                       : (struct vdev_shape){ .type = VDEV_TYPE_MIRROR };
        return m->top_guid ? m->top_guid : passport->valid ? passport->top_guid : 0;
}

static bool refuse_import(struct engine *e, entity_id pool, const struct copies *c,
                          struct reason *ret) {
        const char *name = engine_entity(e, pool)->name;
        entity_id away = pool_find_known(e, pool, c->away);
        const char *which = away != ENTITY_NONE ? engine_entity(e, away)->name
                                                : audit_print_vdev(e, pool, c->away);
        const struct leg_row *poor = c->poor == ENTITY_NONE ? NULL : ledger_of(e, c->poor);

        if (!c->away)
                return refuse(ret, pool,
                              "pool %s has no whole copy: %s is %s%s%s, and blocks may be lost for "
                              "good when ZFS has to go by it alone. Connect another leg of it, if "
                              "there is one; or, to import what there is, and have it scrubbed: "
                              "zmirror online --accept-data-loss zpool %s",
                              name, poor ? engine_entity(e, c->poor)->name : "what is here",
                              poor ? copy_print(poor->m.copy) : "incomplete",
                              poor && *poor->suspicion ? ": " : "", poor ? poor->suspicion : "",
                              name);
        return refuse(ret, pool,
                      "importing pool %s now would use an older or incomplete copy: the newest "
                      "whole one was last seen on %s, and would be overwritten when it comes back. "
                      "Connect that one%s; or, to give up what only it holds: zmirror online "
                      "--accept-data-loss zpool %s",
                      name, which,
                      away == ENTITY_NONE ? arena_printf(e->effects.arena,
                                                         " (or, if all that is known of the pool "
                                                         "is to go: zmirror forget zpool %s)",
                                                         name)
                                          : "",
                      name);
}

/* For each top-level vdev of which legs were current, enough of them have to be here, and whole.
 * A leg about which nothing is known neither helps nor hinders. */
static bool guard_copies(struct engine *e, entity_id pool, const struct pool_row *p,
                         struct reason *ret) {
        struct copies all = { .poor = ENTITY_NONE };

        for (size_t i = 0; i < p->current.count; i++) {
                struct copies c = { .poor = ENTITY_NONE };
                struct vdev_shape shape, other;
                uint64_t top = member_top(e, pool, &p->current.items[i], &shape, p);

                copies_count(e, pool, p, p->current.items[i].vdev_guid, &all);
                for (size_t k = 0; top && k < p->current.count; k++)
                        if (member_top(e, pool, &p->current.items[k], &other, p) == top)
                                copies_count(e, pool, p, p->current.items[k].vdev_guid, &c);
                c.needs = vdev_shape_needs(&shape);
                if (top && c.here < c.needs)
                        return refuse_import(e, pool, &c, ret);
        }
        return p->current.count && !all.here && refuse_import(e, pool, &all, ret);
}

/* The newest of the labels that are here. */
static uint64_t pool_label_txg(const struct engine *e, entity_id pool, uint64_t pool_guid) {
        const struct entity *it = engine_entity(e, pool);
        uint64_t txg = 0;

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                const struct passport *p = leg_passport(e, it->zpool.legs[i]);

                if (p->valid && p->pool_guid == pool_guid && p->txg > txg)
                        txg = p->txg;
        }
        return txg;
}

/* The last whole copy was pulled while the pool went on with a leg that still lacked something:
 * what was written then is on that one alone. */
static bool guard_last_words(struct engine *e, entity_id pool, const struct pool_row *p,
                             struct reason *ret) {
        uint64_t here = pool_label_txg(e, pool, p->m.pool_guid);
        const char *name = engine_entity(e, pool)->name;

        for (size_t i = 0; here && i < e->legs.count; i++) {
                const struct leg_row *l = e->legs.items[i];

                if (l->m.pool_guid != p->m.pool_guid || l->m.apart ||
                    ledger_is_current(p, l->m.vdev_guid) || leg_least_txg(l) <= here ||
                    member_is_here(e, p, pool_find_known(e, pool, l->m.vdev_guid), l->m.vdev_guid))
                        continue;
                return refuse(ret, pool,
                              "what was written last to pool %s is on %s alone, which is not here: "
                              "importing the pool now would go back to what was before. Connect "
                              "that one, too; or, to give up what only it holds: zmirror online "
                              "--accept-data-loss zpool %s",
                              name, audit_print_vdev(e, pool, l->m.vdev_guid), name);
        }
        return false;
}

/* The pool went on from an older copy, and then from neither: each has what the other lacks.
 * Nothing is lost by importing one of them, but what is on the other is gone from sight. */
static bool guard_choice(struct engine *e, const struct request *r, const struct pool_row *p,
                         struct reason *ret) {
        const char *name = engine_entity(e, r->entity)->name;

        if (!p->m.went_on || r->origin == ORIGIN_PERSON)
                return false;
        return refuse(ret, r->entity,
                      "pool %s went on without its newest copy (%s), and each has what the other "
                      "lacks: somebody has to say which one it is to be. To go back to the newest "
                      "copy, connect it alone, then: zmirror online zpool %s; or, to keep what the "
                      "pool went on with, connect that alone, then: zmirror online "
                      "--accept-data-loss zpool %s",
                      name, audit_print_current(e, r->entity), name, name);
}

bool guard_import(struct engine *e, const struct request *r, struct reason *ret) {
        const struct entity *it = engine_entity(e, r->entity);
        const struct pool_row *p = ledger_find_pool(e, it->name);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (entity_is_present(e, it->zpool.legs[i]) &&
                    guard_wrong_disk(e, it->zpool.legs[i], ret))
                        return true;
        if (r->accept_data_loss)
                return false;
        return guard_fork(e, r->entity, ret) ||
               (p && (guard_copies(e, r->entity, p, ret) ||
                      guard_last_words(e, r->entity, p, ret) || guard_choice(e, r, p, ret)));
}

/* A clear opens whatever is in the place of the legs, but for those that were taken offline. */
static entity_id pool_find_openable(const struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);
        const struct pool_status *s = engine_node(e, pool)->status;

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                entity_id leg = it->zpool.legs[i];
                uint32_t v = engine_node(e, leg)->vdev;

                if (leg_passport(e, leg)->valid &&
                    !(s && s->n_vdevs && v != VDEV_NONE && s->vdevs[v].state == VDEV_STATE_OFFLINE))
                        return leg;
        }
        return ENTITY_NONE;
}

bool guard_resume(struct engine *e, entity_id pool, struct reason *ret) {
        const char *name = engine_entity(e, pool)->name;
        const struct pool_row *p = ledger_find_pool(e, name);
        entity_id other = pool_find_openable(e, pool);

        if (!p || other == ENTITY_NONE || !guard_copies(e, pool, p, ret))
                return false;
        return refuse(ret, pool,
                      "pool %s is suspended, and its newest whole copy (%s) is not back; ZFS would "
                      "go on from the older one on %s. Disconnect %s and connect the other, and it "
                      "goes on; or, to give up what only that holds: restart this machine without "
                      "it, then zmirror online --accept-data-loss zpool %s",
                      name, audit_print_current(e, pool), engine_entity(e, other)->name,
                      engine_entity(e, other)->name, name);
}

/* --- what somebody wanted all the same
 * ---------------------------------------------------------------------------------------------- */

static void leg_overridden(struct engine *e, const struct request *r) {
        struct request plain = *r;
        struct reason why;

        plain.overwrite_leg = false;
        if (!r->overwrite_leg || !guard_diverged(e, &plain, r->entity, &why))
                return;
        audit_give_up(e, r->entity);
        copy_suspect(e, r->entity, "what was on it was overwritten, as --overwrite-leg said");
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
                if (entity_is_present(e, it->zpool.legs[i])) {
                        audit_give_up(e, it->zpool.legs[i]);
                        copy_suspect(e, it->zpool.legs[i],
                                     "its pool was imported with --accept-data-loss");
                }
}

void guard_overridden(struct engine *e, const struct request *r) {
        if (engine_entity(e, r->entity)->type == ENTITY_ZDEV)
                leg_overridden(e, r);
        else if (engine_entity(e, r->entity)->type == ENTITY_ZPOOL)
                pool_overridden(e, r);
}
