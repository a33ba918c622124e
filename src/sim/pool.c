/* sim/pool.c - pools: import, export, legs that come and go, txgs, labels */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "sim/inside.h"

#define TXG_INTERVAL (5 * USEC_PER_SEC)

/* --- making them --- */

struct zpool *zpool_new(struct sim *s, const char *name, const struct entity *config) {
        struct zpool *p = arena_new_one(s->arena, struct zpool);

        p->name = name;
        p->guid = sim_guid(s);
        p->config = config;
        p->entity = config ? config->self : ENTITY_NONE;
        p->txg = 1000;
        array_append(&s->pools, p);
        return p;
}

void zpool_add_bytes(struct zpool *p, uint64_t bytes) {
        if (!p->sums.count)
                array_append(&p->sums, 0);
        array_append(&p->sums, p->sums.items[p->sums.count - 1] + bytes);
}

uint64_t zpool_bytes(const struct zpool *p, const struct ranges *r) {
        uint64_t sum = 0;

        for (uint32_t i = 0; i < r->count; i++)
                sum += p->sums.items[r->items[i].to] - p->sums.items[r->items[i].from];
        return sum;
}

struct zpool *zpool_find(struct sim *s, const char *name) {
        for (size_t i = 0; i < s->pools.count; i++)
                if (text_equal(s->pools.items[i]->name, name) && s->pools.items[i]->imported)
                        return s->pools.items[i];
        for (size_t i = 0; i < s->pools.count; i++)
                if (text_equal(s->pools.items[i]->name, name))
                        return s->pools.items[i];
        return NULL;
}

struct zpool *zpool_find_guid(struct sim *s, uint64_t guid) {
        for (size_t i = 0; i < s->pools.count; i++)
                if (s->pools.items[i]->guid == guid)
                        return s->pools.items[i];
        return NULL;
}

struct leg *leg_find(struct zpool *p, const char *name) {
        uint64_t guid = 0;

        (void) text_to_u64(name, &guid);
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];

                if ((guid && l->guid == guid) || text_equal(l->path, name) ||
                    text_equal(l->name, name) || (l->node && text_equal(l->node->devnode, name)))
                        return l;
                if (strrchr(l->path, '/') && text_equal(strrchr(l->path, '/') + 1, name))
                        return l;
        }
        return NULL;
}

/* --- what a pool writes about itself --- */

static struct mos *mos_new(const struct zpool *p) {
        struct mos *m = memory_new(1, sizeof(*m) + p->n_legs * sizeof(m->legs[0]));

        m->refs = 1;
        m->pool_name = p->name;
        m->scan = p->scan;
        m->checkpoint = p->checkpoint;
        m->n_legs = p->n_legs;
        ranges_copy(&m->tree, &p->tree);
        for (uint32_t i = 0; i < p->n_legs; i++) {
                m->legs[i].offline = p->legs[i].offline;
                ranges_copy(&m->legs[i].dtl, &p->legs[i].dtl);
        }
        return m;
}

static void mos_unref(struct mos *m) {
        if (!m || --m->refs)
                return;
        ranges_done(&m->tree);
        for (uint32_t i = 0; i < m->n_legs; i++)
                ranges_done(&m->legs[i].dtl);
        free(m);
}

/* The leg's image becomes what was last written to it. */
static void image_settle(struct image *i, struct mos *m) {
        mos_unref(i->mos);
        m->refs++;
        i->mos = m;
        i->live = NULL;
}

void image_done(struct image *i) {
        mos_unref(i->mos);
        ranges_done(&i->holds);
        ranges_done(&i->damaged);
}

void image_settle_all(struct zpool *p) {
        struct mos *m = mos_new(p);

        for (uint32_t i = 0; i < p->n_legs; i++)
                image_settle(p->legs[i].volume->image, m);
        mos_unref(m);
}

void zpool_done(struct zpool *p) {
        ranges_done(&p->tree);
        ranges_done(&p->newest);
        for (uint32_t i = 0; i < p->n_legs; i++)
                ranges_done(&p->legs[i].dtl);
        array_done(&p->zvols);
        array_done(&p->datasets);
        array_done(&p->mounted);
        array_done(&p->sums);
}

struct image *image_clone(struct sim *s, struct image *i) {
        struct image *copy = arena_memdup(s->arena, i, sizeof(*i));

        copy->cloned = i->cloned = true;
        copy->holds = copy->damaged = (struct ranges){};
        ranges_copy(&copy->holds, &i->holds);
        ranges_copy(&copy->damaged, &i->damaged);
        if (i->live) {
                copy->live = NULL;
                copy->mos = mos_new(i->pool);
        } else
                copy->mos->refs++;
        array_append(&s->images, copy);
        return copy;
}

const struct ranges *image_tree(const struct image *i) {
        return i->live ? &i->pool->tree : &i->mos->tree;
}

/* --- legs come and go --- */

static void leg_set_state(struct sim *s, struct leg *l, enum vdev_state state, const char *aux) {
        l->aux = aux;
        if (l->state == state)
                return;
        l->state = state;
        s->changes++;
        sim_event_pool(s, l->pool, "statechange",
                       arena_printf(s->arena, "%s %s", l->path, vdev_state_print(state)));
}

static void leg_close(struct sim *s, struct leg *l) {
        struct mos *m;

        if (!l->node)
                return;
        scan_on_leg_gone(s, l);
        trim_stop(s, l, TRIM_SUSPENDED);
        m = mos_new(l->pool);
        image_settle(l->image, m);
        mos_unref(m);
        node_release(s, l->node);
        l->node = NULL;
        l->image = NULL;
        l->lost_since = 0;
        l->bad_writes = 0;
        l->deferred = false;
}

/* A leg whose own history went another way than the pool's: what it wrote in places that were free
 * in its history, but not in the pool's, is now wrong, and no list says so. */
static void image_collide(const struct sim *s, struct image *i, const struct zpool *p) {
        const struct ranges *own = &i->mos->tree;
        struct ranges lost = {};

        ranges_copy(&lost, own);
        ranges_remove_all(&lost, &p->tree);
        ranges_remove_all(&i->holds, &lost);
        i->collided |= !ranges_is_empty(&lost);
        i->overrun |= !ranges_is_empty(&lost) && !s->ours;
        for (uint64_t n = ranges_count(&lost); n > 0; n--)
                for (uint32_t k = i->holds.count; k-- > 0;) {
                        uint64_t last = i->holds.items[k].to - 1;

                        if (!ranges_has(&p->tree, last) || !ranges_has(own, last))
                                continue;
                        ranges_remove(&i->holds, last, last + 1);
                        break;
                }
        ranges_done(&lost);
}

static struct node *leg_find_node(struct sim *s, const struct leg *l) {
        struct node *n = node_find(s, l->path);

        if (n && n->volume->image && n->volume->image->pool_guid == l->pool->guid &&
            n->volume->image->vdev_guid == l->guid && !n->volume->image->live &&
            !n->volume->image->unlabelled && node_io(s, n) == IO_GOOD)
                return n;
        return NULL;
}

/* Opens the device under the leg, wherever its path leads; ZFS asks for the GUIDs and nothing else.
 */
static bool leg_open(struct sim *s, struct leg *l, struct node *n) {
        struct image *i;

        if (l->node)
                return true;
        if (!n)
                n = leg_find_node(s, l);
        if (!n)
                return false;
        i = n->volume->image;
        if (i->mos)
                image_collide(s, i, l->pool);
        node_use(n);
        l->node = n;
        l->open_since = s->time;
        l->asked_at = s->executes ? s->executes : s->time;
        l->reopened = false;
        l->image = l->last = i;
        l->not_present = false;
        i->live = l;
        i->exported = i->foreign = false;
        return true;
}

/* Its device is gone, and ZFS has noticed. */
static void leg_fault(struct sim *s, struct leg *l) {
        l->gone_at = s->time;
        l->write_errors += 3;
        l->read_errors += 1;
        leg_close(s, l);
        sim_event_pool(s, l->pool, "ereport.io", l->path);
        leg_set_state(s, l, VDEV_STATE_FAULTED, "too many errors");
}

/* ZED gives a leg up after ten errors within a while. */
#define ERRORS_MAX 10u

static bool leg_is_online(const struct leg *l) {
        return vdev_state_is_online(l->state);
}

uint32_t top_needs(const struct top *t) {
        switch (t->kind) {
        case VDEV_KIND_SINGLE:
        case VDEV_KIND_MIRROR:
                return 1;
        case VDEV_KIND_RAIDZ:
                return t->n - t->parity;
        }
        return 1;
}

static uint32_t top_n_online(const struct zpool *p, const struct top *t,
                             const struct leg *without) {
        uint32_t n = 0;

        for (uint32_t i = t->first; i < t->first + t->n; i++)
                n += leg_is_online(&p->legs[i]) && &p->legs[i] != without;
        return n;
}

static bool top_can_work(const struct zpool *p, const struct top *t, const struct leg *without) {
        return top_n_online(p, t, without) >= top_needs(t);
}

/* ZFS's own check: would what it believes to be on the others suffice? */
bool leg_is_required(const struct leg *l) {
        const struct zpool *p = l->pool;
        const struct top *t = &p->tops[l->top];
        uint32_t n = 0;

        for (uint32_t i = t->first; i < t->first + t->n; i++)
                n += leg_is_online(&p->legs[i]) && &p->legs[i] != l &&
                     ranges_is_empty(&p->legs[i].dtl);
        return leg_is_online(l) && n < top_needs(t);
}

/* 2.3 takes no notice of a FAULTED leg. */
static enum vdev_state legs_state(const struct sim *s, const struct leg *legs, uint32_t n) {
        for (uint32_t i = 0; i < n; i++)
                if (legs[i].state != VDEV_STATE_ONLINE &&
                    (legs[i].state != VDEV_STATE_FAULTED || s->options.old_zfs))
                        return VDEV_STATE_DEGRADED;
        return VDEV_STATE_ONLINE;
}

enum vdev_state zpool_state(const struct sim *s, const struct zpool *p) {
        return legs_state(s, p->legs, p->n_legs);
}

/* --- errors --- */

static void leg_on_errors(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct leg *l = what;

        if (!l->node || !l->pool->imported || l->pool->suspended || !leg_is_online(l))
                return;
        if (l->read_errors + l->write_errors >= ERRORS_MAX &&
            top_can_work(l->pool, &l->pool->tops[l->top], l)) {
                leg_close(s, l);
                leg_set_state(s, l, VDEV_STATE_FAULTED, "too many errors");
        } else if (l->checksum_errors >= ERRORS_MAX)
                leg_set_state(s, l, VDEV_STATE_DEGRADED, "too many errors");
}

static void leg_report_errors(struct sim *s, struct leg *l, const char *event) {
        s->changes++;
        sim_event_pool(s, l->pool, event, l->path);
        sim_later(s, sim_about(s, USEC_PER_SEC), leg_on_errors, l, 0);
}

bool leg_fails_write(struct sim *s, struct leg *l) {
        if (!l->bad_writes || !top_can_work(l->pool, &l->pool->tops[l->top], l))
                return false;
        l->bad_writes--;
        s->bites.writes++;
        l->write_errors++;
        l->failed_at = s->time;
        l->failed_in = l->pool->instance;
        leg_report_errors(s, l, "ereport.io");
        return true;
}

void leg_count_errors(struct sim *s, struct leg *l, uint64_t read, uint64_t checksum) {
        l->read_errors += read;
        l->checksum_errors += checksum;
        if (l->pool->tops[l->top].kind == VDEV_KIND_SINGLE) /* nothing to read it from */
                l->pool->error_count += read + checksum;
        leg_report_errors(s, l, read ? "ereport.io" : "ereport.checksum");
}

/* --- txgs --- */

/* An idle pool makes a txg every five seconds, but writes nothing. */
uint64_t zpool_txg(const struct sim *s, const struct zpool *p) {
        return p->imported && !p->suspended ? p->txg + (s->time - p->txg_since) / TXG_INTERVAL
                                            : p->txg;
}

static void zpool_suspend(struct sim *s, struct zpool *p) {
        p->suspended = true;
        p->scan_round++; /* it does not get on */
        s->changes++;
        sim_event_pool(s, p, "io_failure", "suspended");
}

/* Uberblocks go to all legs of up to three top-level vdevs, of all if the configuration changed. */
static void zpool_write_uberblocks(struct sim *s, struct zpool *p, bool config) {
        uint64_t now = sim_wall(s) / USEC_PER_SEC;
        uint32_t first = 0, n = p->n_tops;

        if (!config && p->n_tops > 3) {
                first = (uint32_t) dice_below(&s->dice, p->n_tops);
                n = 3;
        }
        for (uint32_t k = 0; k < n; k++) {
                const struct top *t = &p->tops[(first + k) % p->n_tops];

                for (uint32_t i = t->first; i < t->first + t->n; i++)
                        if (p->legs[i].node) {
                                p->legs[i].image->txg = p->txg;
                                p->legs[i].image->time = now;
                                p->legs[i].image->hostid = s->hostid;
                                p->legs[i].image->torn = false;
                        }
        }
        p->uberblock_time = now;
}

static void zpool_commit(struct sim *s, struct zpool *p, bool config) {
        p->txg = zpool_txg(s, p) + 1;
        p->txg_since = s->time;
        if (p->dirty_bytes) {
                uint64_t n = p->next_block++;

                zpool_add_bytes(p, p->dirty_bytes);
                ranges_add(&p->tree, n, n + 1);
                for (uint32_t i = 0; i < p->n_legs; i++) {
                        struct leg *l = &p->legs[i];
                        bool written = l->node && !leg_fails_write(s, l);

                        ranges_add(written ? &l->image->holds : &l->dtl, n, n + 1);
                }
                p->dirty_bytes = 0;
        }
        if (s->listener)
                ranges_copy(&p->newest, &p->tree);
        zpool_write_uberblocks(s, p, config);
}

enum io zpool_sync(struct sim *s, struct zpool *p, bool config) {
        struct leg *lost[64];
        uint32_t n_lost = 0;

        if (!p->imported)
                return IO_FAILS;
        if (p->suspended)
                return IO_FAILS;
        if (p->stuck)
                return IO_HANGS;
        for (uint32_t i = 0; i < p->n_legs; i++) {
                enum io io = p->legs[i].node ? node_io(s, p->legs[i].node) : IO_GOOD;

                if (io ==
                    IO_HANGS) { /* and will, whatever becomes of the one below (seen on 2.3.2) */
                        p->stuck = true;
                        return IO_HANGS;
                }
                if (io == IO_FAILS && n_lost < ELEMENTSOF(lost))
                        lost[n_lost++] = &p->legs[i];
        }
        for (uint32_t i = 0; i < n_lost; i++) {
                if (!top_can_work(p, &p->tops[lost[i]->top], lost[i])) {
                        zpool_suspend(s, p); /* the last leg stays ONLINE, as seen */
                        return IO_FAILS;
                }
                leg_fault(s, lost[i]);
        }
        if (p->dirty_bytes || config || n_lost)
                zpool_commit(s, p, config || n_lost);
        return IO_GOOD;
}

static void zpool_on_txg(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct zpool *p = what;

        p->sync_due = false;
        if (p->imported && p->dirty_bytes)
                (void) zpool_sync(s, p, false);
}

void zpool_write(struct sim *s, struct zpool *p, uint64_t bytes) {
        p->dirty_bytes += bytes;
        s->changes++;
        if (p->sync_due)
                return;
        p->sync_due = true;
        sim_later(s, sim_about(s, 3 * USEC_PER_SEC), zpool_on_txg, p, 0);
        for (uint32_t i = 0; i < p->n_legs; i++) /* which writes to the pool below */
                if (p->legs[i].node && p->legs[i].node->kind == DEVICE_ZVOL)
                        zpool_write(s, p->legs[i].node->volume->pool, bytes);
}

/* True if writes to it never return: a leg is on a suspended pool. */
bool zpool_hangs(struct sim *s, struct zpool *p) {
        if (p->stuck)
                return true;
        for (uint32_t i = 0; i < p->n_legs; i++) {
                const struct node *n = p->legs[i].node;

                while (n && n->kind == DEVICE_MAPPING && !n->gone)
                        n = n->under;
                if (n && !n->gone && n->kind == DEVICE_ZVOL &&
                    (n->volume->pool->suspended || zpool_hangs(s, n->volume->pool)))
                        return true;
        }
        return false;
}

static struct answer answer(int exit_status, const char *text) {
        return (struct answer){ .exit_status = exit_status, .text = text };
}

static const struct answer answer_good = {}, answer_hangs = { .hangs = true };

/* Does the I/O that a command on the pool needs. False: it fails or hangs, `ret` says how. */
static bool zpool_can_answer(struct sim *s, struct zpool *p, bool config, struct answer *ret) {
        if (!p->imported) {
                *ret = answer(1, arena_printf(s->arena, "cannot open '%s': no such pool", p->name));
                return false;
        }
        switch (zpool_sync(s, p, config)) {
        case IO_GOOD:
                return true;
        case IO_HANGS:
                *ret = answer_hangs;
                return false;
        case IO_FAILS:
                *ret = answer(1, arena_printf(s->arena,
                                              "cannot do that to '%s': pool I/O is "
                                              "currently suspended",
                                              p->name));
                return false;
        }
        return false;
}

/* With nothing to write it writes nothing, and does not notice that a device is gone (seen on
 * 2.3.2). */
struct answer zpool_force_sync(struct sim *s, struct zpool *p) {
        bool idle = p->imported && !p->suspended && !p->dirty_bytes && !zpool_hangs(s, p);
        struct answer a;

        if (!idle && !zpool_can_answer(s, p, false, &a))
                return a;
        p->txg = zpool_txg(s, p) + 1;
        p->txg_since = s->time;
        s->changes++;
        return answer_good;
}

/* --- legs, as an administrator moves them --- */

struct answer leg_offline(struct sim *s, struct leg *l) {
        struct zpool *p = l->pool;
        struct answer a;

        if (!zpool_can_answer(s, p, false, &a))
                return a;
        if (leg_is_required(l))
                return answer(
                        1, arena_printf(s->arena, "cannot offline %s: no valid replicas", l->path));
        leg_close(s, l);
        l->offline = true;
        leg_set_state(s, l, VDEV_STATE_OFFLINE, "");
        (void) zpool_sync(s, p, true);
        sim_event_pool(s, p, "config_sync", "");
        return answer_good;
}

struct answer leg_online(struct sim *s, struct leg *l) {
        struct zpool *p = l->pool;
        struct answer a;

        if (!zpool_can_answer(s, p, false, &a))
                return a;
        if (leg_is_online(l))
                return answer_good;
        l->offline = false;
        if (l->state == VDEV_STATE_FAULTED)
                return answer(0, arena_printf(s->arena,
                                              "warning: device '%s' onlined, but remains in "
                                              "faulted state",
                                              l->path));
        if (!leg_open(s, l, NULL)) {
                leg_set_state(s, l, VDEV_STATE_UNAVAIL, "OPEN_FAILED");
                return answer(0, arena_printf(s->arena,
                                              "warning: device '%s' onlined, but remains in "
                                              "faulted state",
                                              l->path));
        }
        leg_set_state(s, l, VDEV_STATE_ONLINE, "");
        sim_event_pool(s, p, "vdev_online", l->path);
        (void) zpool_sync(s, p, true);
        sim_event_pool(s, p, "config_sync", "");
        scan_on_leg_online(s, l);
        return answer_good;
}

struct answer leg_clear(struct sim *s, struct leg *l) {
        struct zpool *p = l->pool;
        struct answer a;

        if (!zpool_can_answer(s, p, false, &a))
                return a;
        l->read_errors = l->write_errors = l->checksum_errors = 0;
        s->changes++;
        sim_event_pool(s, p, "vdev_clear", l->path);
        if (l->offline || leg_is_online(l))
                return answer_good;
        if (!leg_open(s, l, NULL)) {
                leg_set_state(s, l, VDEV_STATE_UNAVAIL, "OPEN_FAILED");
                return answer_good;
        }
        leg_set_state(s, l, VDEV_STATE_ONLINE, "");
        (void) zpool_sync(s, p, true);
        scan_on_leg_online(s, l);
        return answer_good;
}

/* A pool with a leg on a volume of this one waits for it for ever. */
static bool zpool_is_below_stuck(const struct sim *s, const struct zpool *p) {
        for (size_t i = 0; i < s->pools.count; i++)
                for (uint32_t k = 0; s->pools.items[i]->stuck && k < s->pools.items[i]->n_legs;
                     k++) {
                        const struct node *n = s->pools.items[i]->legs[k].node;

                        while (n && n->kind == DEVICE_MAPPING)
                                n = n->under;
                        if (n && n->kind == DEVICE_ZVOL && n->volume->pool == p)
                                return true;
                }
        return false;
}

/* Without a leg: all counters; and a suspended pool goes on if its devices are back. If they are
 * not, it at least lets go of the dead ones. */
struct answer zpool_clear(struct sim *s, struct zpool *p) {
        bool was_suspended = p->suspended;

        if (!p->imported)
                return answer(1, "no such pool");
        if (zpool_hangs(s, p))
                return answer_hangs;
        if (zpool_is_below_stuck(s, p)) /* a clear does not help it, either */
                return answer(1, arena_printf(s->arena, "cannot clear errors for %s: I/O error",
                                              p->name));
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];

                l->read_errors = l->write_errors = l->checksum_errors = 0;
                if (was_suspended && l->node && node_io(s, l->node) != IO_GOOD)
                        leg_fault(s, l);
                if (l->offline || leg_is_online(l))
                        continue;
                if (!leg_open(s, l, NULL))
                        continue;
                l->reopened = true;
                leg_set_state(s, l, VDEV_STATE_ONLINE, "");
                scan_on_leg_online(s, l);
        }
        s->changes++;
        sim_event_pool(s, p, "vdev_clear", "");
        if (!was_suspended) { /* it is written with the next txg, which notices who is gone */
                zpool_write(s, p, 4096);
                return answer_good;
        }
        for (uint32_t i = 0; i < p->n_tops; i++)
                if (!top_can_work(p, &p->tops[i], NULL)) {
                        p->suspended = true;
                        return answer(1, arena_printf(s->arena,
                                                      "cannot clear errors for %s: I/O "
                                                      "error",
                                                      p->name));
                }
        p->suspended = false;
        p->txg_since = s->time;
        (void) zpool_sync(s, p, true);
        if (was_suspended)
                scan_resume(s, p);
        return answer_good;
}

/* --- import and export --- */

static bool image_is_better(const struct image *a, const struct image *b) {
        return !b || a->txg > b->txg || (a->txg == b->txg && a->time > b->time);
}

/* The pool's identity among what an import looks at; two of one name are ambiguous. */
static struct zpool *import_find(struct sim *s, const char *name, const char *const *devices,
                                 bool *ret_ambiguous) {
        struct zpool *found = NULL;
        uint64_t guid = 0;

        *ret_ambiguous = false;
        (void) text_to_u64(name, &guid);
        for (size_t i = 0; i < s->nodes.count; i++) {
                struct node *n = s->nodes.items[i];
                const struct image *image = n->volume ? n->volume->image : NULL;
                bool listed = !devices;

                for (size_t k = 0; devices && devices[k] && !listed; k++)
                        listed = node_find(s, devices[k]) == n || node_is_in(n, devices[k]);
                if (!listed || n->gone || !n->visible || !image || image->live ||
                    image->unlabelled || node_io(s, n) != IO_GOOD)
                        continue;
                if (guid ? image->pool_guid != guid : !text_equal(image->mos->pool_name, name))
                        continue;
                if (found && found != image->pool)
                        *ret_ambiguous = true;
                found = image->pool;
        }
        return found;
}

/* The best uberblock among the legs that the kernel can open by their recorded paths. */
static struct image *import_best(struct sim *s, struct zpool *p, struct node **ret_nodes) {
        struct image *best = NULL;

        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct node *n = leg_find_node(s, &p->legs[i]);

                ret_nodes[i] = n;
                if (n && image_is_better(n->volume->image, best))
                        best = n->volume->image;
        }
        return best;
}

static void import_load(struct zpool *p, const struct image *best) {
        const struct mos *m = best->mos;

        ranges_copy(&p->tree, &m->tree);
        p->scan = m->scan;
        p->checkpoint = m->checkpoint;
        p->txg = best->txg;
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];

                l->offline = m->legs[i].offline;
                ranges_copy(&l->dtl, &m->legs[i].dtl);
                l->read_errors = l->write_errors = l->checksum_errors = 0;
                l->deferred = l->in_scan = false;
                l->lost_since = 0;
                l->aux = "";
                l->state = l->offline ? VDEV_STATE_OFFLINE : VDEV_STATE_UNAVAIL;
                l->trim = TRIM_UNTRIMMED;
        }
}

bool zpool_has_enough(const struct zpool *p, struct node *const *nodes, const struct image *best) {
        for (uint32_t k = 0; k < p->n_tops; k++) {
                const struct top *t = &p->tops[k];
                uint32_t n = 0;

                for (uint32_t i = t->first; i < t->first + t->n; i++)
                        n += nodes[i] && !best->mos->legs[i].offline;
                if (n < top_needs(t))
                        return false;
        }
        return true;
}

static void zpool_mount_all(struct sim *s, struct zpool *p, bool mount) {
        for (size_t i = 0; i < p->mounted.count; i++)
                p->mounted.items[i] = mount;
        if (p->mounted.count)
                sim_event_mounts(s);
}

struct answer zpool_import(struct sim *s, const char *name_or_guid, const char *const *devices,
                           bool mount, bool force) {
        struct node *nodes[64] = {};
        bool ambiguous;
        struct zpool *p = import_find(s, name_or_guid, devices, &ambiguous), *other;
        struct image *best;

        if (ambiguous)
                return answer(1, arena_printf(s->arena,
                                              "cannot import '%s': more than one matching "
                                              "pool\nimport by numeric ID instead",
                                              name_or_guid));
        if (!p)
                return answer(1,
                              arena_printf(s->arena, "cannot import '%s': no such pool available",
                                           name_or_guid));
        other = zpool_find(s, p->name);
        if (p->imported || other->imported)
                return answer(1, arena_printf(s->arena,
                                              "cannot import '%s': a pool with that name "
                                              "already exists",
                                              p->name));
        best = import_best(s, p, nodes);
        if (!best || !zpool_has_enough(p, nodes, best))
                return answer(1, arena_printf(s->arena,
                                              "cannot import '%s': one or more devices is "
                                              "currently unavailable",
                                              p->name));
        if (best->hostid != s->hostid && !best->exported && !force)
                return answer(1, arena_printf(s->arena,
                                              "cannot import '%s': pool was previously in "
                                              "use from another system",
                                              p->name));

        import_load(p, best);
        p->imported = true;
        p->instance = ++s->n_imports;
        p->suspended = p->removing = p->rebuilding = p->spare_in_use = false;
        p->dirty_bytes = p->error_count = 0;
        p->txg_since = s->time;
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];

                if (l->offline)
                        continue;
                if (leg_open(s, l, nodes[i]))
                        l->state = VDEV_STATE_ONLINE;
                else {
                        l->not_present = true;
                        l->aux = "OPEN_FAILED";
                }
        }
        zpool_mount_all(s, p, mount);
        s->changes++;
        (void) zpool_sync(s, p, true);
        sim_event_pool(s, p, "pool_import", "");
        for (size_t i = 0; i < p->zvols.count; i++)
                zvol_appear(s, p->zvols.items[i]);
        scan_resume(s, p);
        return answer_good;
}

/* A user of a zvol that keeps the pool from being exported: 2.1 refuses, 2.3 hangs, but lets a leg
 * go. */
static bool zpool_zvols_are_free(struct sim *s, const struct zpool *p, struct answer *ret) {
        for (size_t i = 0; i < p->zvols.count; i++) {
                const struct node *n = node_find_volume(s, p->zvols.items[i]);
                bool is_leg = n && n->volume->image && n->volume->image->live;

                if (!n || (!n->users && !n->holder) || (is_leg && !s->options.old_zfs))
                        continue;
                if (s->options.old_zfs)
                        *ret = answer(1, arena_printf(s->arena, "cannot export '%s': pool is busy",
                                                      p->name));
                else
                        *ret = answer_hangs;
                return false;
        }
        return true;
}

struct answer zpool_export(struct sim *s, struct zpool *p) {
        struct answer a;
        struct mos *m;

        if (!zpool_can_answer(s, p, false, &a))
                return a;
        if (p->holder)
                return answer(1, arena_printf(s->arena,
                                              "cannot unmount '/%s': pool or dataset is busy",
                                              p->name));
        zpool_mount_all(s, p, false);
        if (!zpool_zvols_are_free(s, p, &a))
                return a;
        for (size_t i = 0; i < p->zvols.count; i++)
                zvol_vanish(s, p->zvols.items[i]);
        (void) zpool_sync(s, p, true);
        scan_forget(p);
        m = mos_new(p);
        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct leg *l = &p->legs[i];

                if (!l->node)
                        continue;
                trim_stop(s, l, TRIM_SUSPENDED);
                l->image->exported = true;
                image_settle(l->image, m);
                node_release(s, l->node);
                l->node = NULL;
                l->image = NULL;
                l->state = VDEV_STATE_CLOSED;
        }
        mos_unref(m);
        p->imported = p->resilver_due = false;
        s->changes++;
        sim_event_pool(s, p, "pool_export", "");
        return answer_good;
}

/* --- what ZFS and ZED do by themselves --- */

static void leg_on_removed(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct leg *l = what;

        if (!l->pool->imported || l->offline)
                return;
        if (l->node && (!l->node->gone || !top_can_work(l->pool, &l->pool->tops[l->top], l)))
                return;
        l->gone_at = s->time;
        leg_close(s, l);
        l->read_errors = l->write_errors = l->checksum_errors = 0;
        leg_set_state(s, l, VDEV_STATE_REMOVED, "");
        (void) zpool_sync(s, l->pool, true);
}

static void zpool_on_touch(void *owner, void *what, uint64_t number) {
        struct zpool *p = what;

        if (p->imported)
                (void) zpool_sync(owner, p, false);
}

static bool leg_is_over(const struct leg *l, const struct node *n) {
        for (const struct node *u = l->node; u; u = u->kind == DEVICE_MAPPING ? u->under : NULL)
                if (u == n)
                        return true;
        return false;
}

/* The kernel removes a raw leg at once (ZED), a leg on LUKS only when somebody writes: during a
 * scan that is soon. */
void zpools_on_node_gone(struct sim *s, struct node *n) {
        for (size_t k = 0; k < s->pools.count; k++) {
                struct zpool *p = s->pools.items[k];

                for (uint32_t i = 0; p->imported && i < p->n_legs; i++) {
                        struct leg *l = &p->legs[i];

                        if (!leg_is_over(l, n))
                                continue;
                        l->lost_since = s->time;
                        l->image->torn = true;
                        if (l->node == n)
                                sim_later(s, sim_about(s, 400 * USEC_PER_MSEC), leg_on_removed, l,
                                          0);
                        else if (p->scan.state == SCAN_STATE_SCANNING)
                                sim_later(s, sim_about(s, USEC_PER_SEC), zpool_on_touch, p, 0);
                }
        }
}

static void leg_on_zed(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct leg *l = what;

        if (!l->pool->imported || l->offline || leg_is_online(l) || !leg_find_node(s, l))
                return;
        sim_say(s, SIM_VOICE_ZFS, "zed puts %s of %s online", l->path, l->pool->name);
        if (l->state == VDEV_STATE_FAULTED)
                (void) leg_clear(s, l);
        else
                (void) leg_online(s, l);
}

/* ZED puts a raw leg or a zvol leg that returns online at once, unless somebody took it offline. */
void zpools_on_node_appeared(struct sim *s, struct node *n) {
        const struct image *image = n->volume ? n->volume->image : NULL;
        struct leg *l;

        if (!image || !image->pool->imported || image->live)
                return;
        l = &image->pool->legs[image->index];
        if (l->offline || leg_is_online(l) ||
            (n->kind != DEVICE_ZVOL && n->kind != DEVICE_PARTITION))
                return;
        sim_later(s, sim_about(s, 250 * USEC_PER_MSEC), leg_on_zed, l, 0);
}

void zpools_on_volume_closed(struct sim *s, const struct volume *v) {
        struct leg *l;

        if (!v->image || !v->image->pool->imported || v->image->live)
                return;
        l = &v->image->pool->legs[v->image->index];
        if (l->state != VDEV_STATE_FAULTED)
                return;
        l->read_errors = l->write_errors = l->checksum_errors = 0;
        leg_set_state(s, l, VDEV_STATE_REMOVED, "");
}

/* --- elsewhere, and after a reboot --- */

/* Can its pool be imported where only this leg is? */
static bool image_is_enough(const struct image *i) {
        return i->pool->n_tops == 1 && top_needs(&i->pool->tops[0]) == 1;
}

void image_write_elsewhere(struct sim *s, struct image *i, uint64_t n_writes, bool exported) {
        struct zpool *p = i->pool;
        struct mos *m;

        assert(!i->live);
        if (!image_is_enough(i)) {
                sim_say(s, SIM_VOICE_PERSON, "pool %s cannot be imported there: legs are missing",
                        p->name);
                return;
        }
        m = mos_new(p);
        ranges_copy(&m->tree, &i->mos->tree);
        m->scan = i->mos->scan;
        for (uint32_t k = 0; k < p->n_legs; k++) {
                m->legs[k].offline = i->mos->legs[k].offline && k != i->index;
                ranges_copy(&m->legs[k].dtl, &i->mos->legs[k].dtl);
        }
        for (uint64_t n = 0; n < n_writes; n++) {
                uint64_t block = p->next_block++;

                zpool_add_bytes(p, 64u << 20);
                ranges_add(&m->tree, block, block + 1);
                ranges_add(&i->holds, block, block + 1);
                for (uint32_t k = 0; k < p->n_legs; k++)
                        if (k != i->index)
                                ranges_add(&m->legs[k].dtl, block, block + 1);
        }
        image_settle(i, m);
        mos_unref(m);
        i->txg += n_writes + 2;
        i->time = sim_wall(s) / USEC_PER_SEC;
        i->hostid = s->hostid ^ 0xffff;
        i->exported = exported;
        i->foreign = true;
        s->changes++;
}

void zpools_reboot(struct sim *s, bool clean) {
        for (size_t k = 0; k < s->pools.count; k++) {
                struct zpool *p = s->pools.items[k];
                struct mos *m;

                p->holder = NULL;
                if (!p->imported)
                        continue;
                if (clean && p->dirty_bytes)
                        (void) zpool_sync(s, p, false);
                scan_forget(p);
                m = mos_new(p);
                for (uint32_t i = 0; i < p->n_legs; i++) {
                        struct leg *l = &p->legs[i];

                        l->trim_round++;
                        l->state = VDEV_STATE_CLOSED;
                        if (!l->node)
                                continue;
                        image_settle(l->image, m);
                        l->node = NULL;
                        l->image = NULL;
                }
                mos_unref(m);
                zpool_mount_all(s, p, false);
                p->imported = p->suspended = p->stuck = p->resilver_due = false;
                p->rebuilding = p->spare_in_use = false;
                p->dirty_bytes = 0;
        }
}

/* --- zpool status --- */

static uint32_t status_add(struct pool_status *r, enum vdev_type type, const char *name,
                           enum vdev_state state, uint32_t parent, uint32_t top) {
        struct vdev *v = &r->vdevs[r->n_vdevs];

        v->name = name;
        v->path = v->was = v->aux = "";
        v->type = type;
        v->state = state;
        v->parent = parent;
        v->top = top == VDEV_NONE && parent != VDEV_NONE ? r->n_vdevs : top;
        return r->n_vdevs++;
}

static void status_add_leg(const struct sim *s, struct pool_status *r, const struct leg *l,
                           uint32_t parent, uint32_t top) {
        const char *name = l->not_present ? arena_printf(r->arena, "%" PRIu64, l->guid) : l->path;
        struct vdev *v = &r->vdevs[status_add(r, VDEV_TYPE_DISK, name, l->state, parent, top)];

        v->path = l->path;
        v->guid = l->guid;
        v->aux = l->aux ? l->aux : "";
        v->not_present = l->not_present;
        if (l->not_present)
                v->was = l->path;
        v->read_errors = l->read_errors;
        v->write_errors = l->write_errors;
        v->checksum_errors = l->checksum_errors;
        v->resilver_deferred = l->deferred;
        v->resilvering = l->in_scan && l->node && l->pool->scan.function == SCAN_RESILVER &&
                         l->pool->scan.state == SCAN_STATE_SCANNING && !ranges_is_empty(&l->dtl) &&
                         scan_progress(s, l->pool) > 0.02;
        v->trim_state = l->node && !leg_takes_trims(l) ? TRIM_UNSUPPORTED : l->trim;
        v->trim_time = l->trim_time;
        if (l->trim == TRIM_ACTIVE) {
                v->trim_total = 1000;
                v->trim_done = (uint64_t) (trim_progress(s, l) * 1000);
        }
}

static void status_add_scan(const struct sim *s, struct pool_status *r, const struct zpool *p) {
        double progress = scan_progress(s, p);

        r->scan = p->scan;
        if (s->options.old_zfs && p->scan.state == SCAN_STATE_CANCELED) /* its text has no more */
                r->scan.start = 0;
        if (p->scan.state != SCAN_STATE_SCANNING)
                return;
        r->scan.to_examine = zpool_bytes(p, &p->tree);
        r->scan.examined = (uint64_t) ((double) r->scan.to_examine * progress);
        r->scan.issued = r->scan.examined;
        r->scan.processed = (uint64_t) ((double) p->scan_bytes * progress);
}

struct pool_status *zpool_status(struct sim *s, struct zpool *p) {
        struct arena *a = arena_new();
        struct pool_status *r = arena_new_one(a, struct pool_status);
        uint32_t root;

        r->arena = a;
        r->name = p->name;
        r->guid = p->guid;
        r->state = zpool_state(s, p);
        r->suspended = p->suspended;
        r->error_count = p->error_count;
        r->checkpoint = p->checkpoint;
        r->removing = p->removing;
        r->rebuilding = p->rebuilding;
        r->spare_in_use = p->spare_in_use;
        r->problem = "";
        r->txg = zpool_txg(s, p);
        r->instance = p->instance;
        if (p->suspended) /* it is not asked, as that may hang: only the kernel's numbers are known
                           */
                return r;
        r->vdevs = arena_new_array(a, struct vdev, 1 + p->n_tops + p->n_legs);
        status_add_scan(s, r, p);
        root = status_add(r, VDEV_TYPE_ROOT, p->name, r->state, VDEV_NONE, VDEV_NONE);
        r->vdevs[root].guid = p->guid;
        for (uint32_t k = 0; k < p->n_tops; k++) {
                const struct top *t = &p->tops[k];
                uint32_t parent = root, top = VDEV_NONE;

                if (t->kind != VDEV_KIND_SINGLE) {
                        bool raidz = t->kind == VDEV_KIND_RAIDZ;

                        parent = top = status_add(
                                r, raidz ? VDEV_TYPE_RAIDZ : VDEV_TYPE_MIRROR,
                                raidz ? arena_printf(a, "raidz%u-%u", t->parity, k)
                                      : arena_printf(a, "mirror-%u", k),
                                legs_state(s, p->legs + t->first, t->n), root, VDEV_NONE);
                        r->vdevs[parent].guid = t->guid;
                        r->vdevs[parent].parity = t->parity;
                }
                for (uint32_t i = t->first; i < t->first + t->n; i++)
                        status_add_leg(s, r, &p->legs[i], parent, top);
        }
        return r;
}
