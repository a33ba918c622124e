/* engine/audit.c - an imported pool is compared with the books: does it go on from its newest copy?
 *
 * The guards stand before what zmirror does. The machine when it boots, or an administrator, may
 * import a pool from whatever copy is there, and ZFS says nothing. When the newest one comes back,
 * it will be overwritten. So each import is compared once with what was known before. If no leg is
 * in it that was current then, the pool is marked: it went on without its newest copy. Then all
 * that is online in it is suspect; what was known to be current stays so, and is not put online
 * (guard.c) before a person has said which of the two it is to be; and what was written to the legs
 * meanwhile is on them alone, so that they are not overwritten without a word, either.
 */
#include <inttypes.h>

#include "base/text.h"
#include "engine/audit.h"
#include "engine/copy.h"
#include "engine/entry.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/picture.h"

const char *audit_print_vdev(const struct engine *e, entity_id pool, uint64_t vdev_guid) {
        const struct leg_row *l = ledger_find_leg(e, vdev_guid);
        entity_id leg = l && *l->entity ? config_find_id(e->config, l->entity) : ENTITY_NONE;
        const struct pool_status *s = pool_status(e, pool);

        if (leg != ENTITY_NONE)
                return engine_entity(e, leg)->name;
        for (uint32_t i = 0; s && i < s->n_vdevs; i++)
                if (s->vdevs[i].guid == vdev_guid && (*s->vdevs[i].was || *s->vdevs[i].path))
                        return *s->vdevs[i].was ? s->vdevs[i].was : s->vdevs[i].path;
        return arena_printf(e->effects.arena,
                            "a leg that was forgotten or is not configured (vdev %" PRIu64 ")",
                            vdev_guid);
}

const char *audit_print_missing(const struct engine *e, entity_id pool) {
        const struct pool_row *p = ledger_find_pool(e, engine_entity(e, pool)->name);
        const struct pool_status *s = pool_status(e, pool);
        const char *list = "";

        for (uint32_t i = 0; p && s && i < s->n_vdevs; i++)
                if (ledger_is_current(p, s->vdevs[i].guid) &&
                    !vdev_state_is_online(s->vdevs[i].state))
                        list = arena_printf(e->effects.arena, "%s%s%s", list, *list ? ", " : "",
                                            audit_print_vdev(e, pool, s->vdevs[i].guid));
        return *list ? list : audit_print_current(e, pool);
}

const char *audit_print_current(const struct engine *e, entity_id pool) {
        const struct pool_row *p = ledger_find_pool(e, engine_entity(e, pool)->name);
        const char *list = "";

        for (size_t i = 0; p && i < p->current.count; i++)
                list = arena_printf(e->effects.arena, "%s%s%s", list, *list ? ", " : "",
                                    audit_print_vdev(e, pool, p->current.items[i].vdev_guid));
        return list;
}

/* --- is the newest copy in it?
 * ---------------------------------------------------------------------------------------------- */

/* Of the legs of one top-level vdev that were current, as many are online as it needs. */
static bool top_has_newest(const struct pool_row *p, const struct pool_status *s, uint32_t top) {
        struct vdev_shape shape = vdev_shape(s, top);
        uint32_t were = 0, are = 0, needs = vdev_shape_needs(&shape);

        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (s->vdevs[i].top == top && ledger_is_current(p, s->vdevs[i].guid)) {
                        were++;
                        are += vdev_state_is_online(s->vdevs[i].state);
                }
        return are >= (were < needs ? were : needs);
}

static bool pool_has_newest(const struct pool_row *p, const struct pool_status *s) {
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (vdev_is_top(s, i) && !top_has_newest(p, s, i))
                        return false;
        return true;
}

/* --- a new import
 * ------------------------------------------------------------------------------------------------
 */

/* Those that were in use when the pool was seen last, and are not in this import. */
static void audit_leave_behind(struct engine *e, entity_id pool, const struct pool_row *p,
                               const struct pool_status *s) {
        const struct entity *it = engine_entity(e, pool);
        bool has_newest = pool_has_newest(p, s);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                const struct vdev *v = leg_vdev(e, it->zpool.legs[i]);

                if (v && !vdev_state_is_online(v->state))
                        entry_leave_behind(e, it->zpool.legs[i], s->txg,
                                           !has_newest && ledger_is_current(p, v->guid));
        }
}

static void audit_suspect(struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++) {
                struct leg_row *l = ledger_of(e, it->zpool.legs[i]);

                if (!l || !leg_is_online(e, it->zpool.legs[i]))
                        continue;
                l->m.apart = true;
                copy_suspect(e, it->zpool.legs[i], "its pool was imported without its newest copy");
        }
}

static void audit_fail(struct engine *e, entity_id pool, struct pool_row *p,
                       const struct pool_status *s, const char *what) {
        p->m.went_on = e->now.wall;
        p->m.went_on_scan = s->scan.start;
        ledger_save_pool(e, p);
        audit_suspect(e, pool);
        engine_touch_around(e, pool);
        history_add(e, HISTORY_STALE, pool,
                    arena_printf(e->effects.arena, "stale|%" PRIu64 "|%" PRIu64, p->m.pool_guid,
                                 p->m.instance ? p->m.instance : e->now.wall),
                    NULL, "pool %s went on without its newest copy, which was last seen on %s. %s",
                    s->name, audit_print_missing(e, pool), what);
}

static void audit_pass(struct engine *e, entity_id pool, struct pool_row *p,
                       const struct pool_status *s, const char *how) {
        if (!p->m.went_on)
                return;
        history_add(e, HISTORY_ADOPTED, pool,
                    arena_printf(e->effects.arena, "newest|%" PRIu64 "|%" PRIu64, p->m.pool_guid,
                                 p->m.went_on),
                    NULL, "pool %s has its newest copy again: %s", s->name, how);
        p->m.went_on = p->m.went_on_scan = 0;
        ledger_save_pool(e, p);
        engine_touch_around(e, pool);
}

/* --- a copy that was written elsewhere
 * ------------------------------------------------------------------------------------------------
 */

/* The legs that were current are in the import, but are being caught up from one that was not: it
 * is newer, and has gone another way. */
static bool top_is_outrun(const struct pool_row *p, const struct pool_status *s, uint32_t top) {
        uint32_t behind = 0, others = 0;

        for (uint32_t i = 0; i < s->n_vdevs; i++) {
                const struct vdev *v = &s->vdevs[i];

                if (v->type != VDEV_TYPE_DISK || v->top != top || !vdev_state_is_online(v->state))
                        continue;
                if (!ledger_is_current(p, v->guid))
                        others += !v->resilvering;
                else if (v->resilvering)
                        behind++;
                else
                        return false;
        }
        return behind && others;
}

/* That is to be seen in the first resilver after the import. */
static void audit_first_resilver(struct engine *e, entity_id pool, struct pool_row *p,
                                 const struct pool_status *s) {
        struct node *n = engine_node(e, pool);

        if (s->scan.function != SCAN_RESILVER || s->scan.state != SCAN_STATE_SCANNING) {
                n->auditing &= s->scan.start == n->audited_scan;
                return;
        }
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (vdev_is_top(s, i) && top_is_outrun(p, s, i)) {
                        n->auditing = false;
                        audit_fail(e, pool, p, s,
                                   "What is on that is being overwritten from a leg that was "
                                   "written elsewhere. If that was not meant, export the pool at "
                                   "once; or have it scrubbed when all its legs are online");
                        return;
                }
}

/* --- the end of it
 * ------------------------------------------------------------------------------------------------
 */

/* A scrub that began afterwards, with all legs online, had nothing to repair. */
static bool audit_is_scrubbed(const struct pool_row *p, const struct pool_status *s) {
        if (s->scan.function != SCAN_SCRUB || s->scan.state != SCAN_STATE_FINISHED ||
            s->scan.start == p->m.went_on_scan || s->scan.errors || s->scan.processed)
                return false;
        for (uint32_t i = 0; i < s->n_vdevs; i++)
                if (s->vdevs[i].type == VDEV_TYPE_DISK && s->vdevs[i].class != VDEV_CLASS_CACHE &&
                    s->vdevs[i].class != VDEV_CLASS_SPARE &&
                    !vdev_state_is_online(s->vdevs[i].state))
                        return false;
        return true;
}

/* No configured leg that is online is still suspect or incomplete. */
static bool audit_is_cleared(const struct engine *e, entity_id pool) {
        const struct entity *it = engine_entity(e, pool);

        for (uint32_t i = 0; i < it->zpool.n_legs; i++)
                if (leg_is_online(e, it->zpool.legs[i]) && !leg_is_complete(e, it->zpool.legs[i]))
                        return false;
        return true;
}

void audit_pool(struct engine *e, entity_id pool) {
        const struct pool_status *s = pool_status(e, pool);
        uint64_t instance;
        struct pool_row *p;

        if (!s || !entity_is_online(e, pool))
                return;
        if (s->suspended) { /* when it goes on, it is looked at like another import */
                p = ledger_find_pool(e, engine_entity(e, pool)->name);
                if (p && p->m.instance) {
                        p->m.instance = 0;
                        ledger_save_pool(e, p);
                }
                return;
        }
        if (!s->guid || !s->n_vdevs)
                return;
        p = ledger_meet_pool(e, pool, s);
        instance = ledger_instance(e, s);
        if (instance ? instance != p->m.instance : engine_node(e, pool)->arrived) {
                p->m.instance = instance;
                ledger_save_pool(e, p);
                engine_node(e, pool)->auditing = true;
                engine_node(e, pool)->audited_scan = s->scan.start;
                audit_leave_behind(e, pool, p, s);
                if (pool_has_newest(p, s))
                        audit_pass(e, pool, p, s, "it was imported with it");
                else
                        audit_fail(e, pool, p, s,
                                   "What is newer there is missing now. To go back to it, export "
                                   "the pool, and import it with that leg alone; or, to give it "
                                   "up, put the leg online with --overwrite-leg");
        } else if (!p->m.went_on && engine_node(e, pool)->auditing)
                audit_first_resilver(e, pool, p, s);
        else if (p->m.went_on && audit_is_scrubbed(p, s) && audit_is_cleared(e, pool))
                audit_pass(e, pool, p, s, "a scrub with all legs online had nothing to repair");
}

void audit_give_up(struct engine *e, entity_id leg) {
        entity_id pool = engine_entity(e, leg)->zdev.zpool;
        const struct pool_status *s = pool_status(e, pool);
        struct leg_row *l = ledger_of(e, leg);
        struct pool_row *p = l ? ledger_find_pool(e, engine_entity(e, leg)->zdev.pool) : NULL;

        if (l) {
                l->m.apart = false;
                ledger_save_leg(e, l);
        }
        if (!s || !p || !p->m.went_on || !ledger_is_current(p, l->m.vdev_guid))
                return;
        for (size_t i = p->current.count; i-- > 0;)
                if (p->current.items[i].vdev_guid == l->m.vdev_guid)
                        array_remove(&p->current, i);
        for (uint32_t i = 0; i < s->n_vdevs; i++) /* what is left of it is what is online */
                if (s->vdevs[i].type == VDEV_TYPE_DISK &&
                    s->vdevs[i].top == leg_vdev(e, leg)->top &&
                    vdev_state_is_online(s->vdevs[i].state) &&
                    !ledger_is_current(p, s->vdevs[i].guid))
                        array_append(&p->current,
                                     ((struct memory_member){ s->vdevs[i].guid,
                                                              s->vdevs[s->vdevs[i].top].guid }));
        ledger_save_pool(e, p);
}
