/* config/advice_machine.c - what this machine does with pools and disks that will bite: told by
 * `zmirror check` */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "config/advice.h"

struct adviser {
        struct arena *arena;
        const struct config *config;
        const struct machine *machine;
        ARRAY(struct advice) found;
};

static void advise(struct adviser *v, entity_id about, const char *text) {
        array_append(&v->found, ((struct advice){ about, text }));
}

/* Its name, as one would type it. */
static const char *pool_word(const struct adviser *v, const struct entity *pool) {
        return strchr(pool->name, ' ') ? arena_printf(v->arena, "'%s'", pool->name) : pool->name;
}

/* A leg whose disk may be unplugged. */
static bool pool_has_removable_leg(const struct adviser *v, const struct entity *pool) {
        for (uint32_t i = 0; i < pool->zpool.n_legs; i++) {
                const struct entity *disk = config_entity(
                        v->config, config_disk_of(v->config, pool->zpool.legs[i]));

                if (disk && disk->unpluggable)
                        return true;
        }
        return false;
}

static void advise_autoreplace(struct adviser *v, const struct entity *pool) {
        advise(v, pool->self,
               arena_printf(
                       v->arena,
                       "autoreplace is on: ZFS may take an empty disk that is plugged in where "
                       "a leg was, and write labels on it (zpool set autoreplace=off %s)",
                       pool_word(v, pool)));
}

/* ZED of 2.3 no longer takes an offline leg that goes for one that was lost (OpenZFS #16751). */
static void advise_spares(struct adviser *v, const struct entity *pool) {
        bool old = strtod(v->machine->zfs_version, NULL) < 2.3;

        advise(v, pool->self,
               old ? "it has a spare, and legs that come and go: this version of ZFS may pull the "
                     "spare in whenever a disk is unplugged, although its leg is offline"
                   : "it has a spare, and legs that come and go: ZFS pulls the spare in when a "
                     "disk is "
                     "pulled while its leg is online. Unplug it only when zmirror says so");
}

/* "2.3.7-1" is one that cannot take over a pool with a leg that is absent (OpenZFS #18855). */
static bool version_needs_all_legs(const char *version) {
        static const char *const affected[] = {
                "2.3.6", "2.3.7", "2.3.8", "2.4.1", "2.4.2", "2.4.3"
        };

        for (size_t i = 0; i < ELEMENTSOF(affected); i++)
                if (text_starts(version, affected[i]) && (version[5] < '0' || version[5] > '9'))
                        return true;
        return false;
}

static void advise_multihost(struct adviser *v, const struct entity *pool) {
        if (version_needs_all_legs(v->machine->zfs_version))
                advise(v, pool->self,
                       arena_printf(
                               v->arena,
                               "multihost is on: after a crash or a power cut ZFS %s cannot import "
                               "it "
                               "while a leg is absent (OpenZFS #18855; zpool set multihost=off %s)",
                               v->machine->zfs_version, pool_word(v, pool)));
}

static void advise_scrubs(struct adviser *v, const struct entity *pool,
                          const struct machine_pool *p) {
        static const char why[] =
                "whichever legs are there, and a leg that is away is not scrubbed; "
                "scrub_interval and `zmirror maintenance` do it when they are here";

        if (p->scrub_timer)
                advise(v, pool->self,
                       arena_printf(v->arena, "%s scrubs it, %s (systemctl disable --now %s)",
                                    p->scrub_timer, why, p->scrub_timer));
        if (v->machine->cron_scrubs && p->imported && !p->scrub_disabled)
                advise(v, pool->self,
                       arena_printf(
                               v->arena,
                               "/etc/cron.d/zfsutils-linux scrubs it once a month, %s (zfs set "
                               "org.debian:periodic-scrub=disable %s)",
                               why, pool_word(v, pool)));
}

/* A pool that zmirror imports and exports has guards; what the machine imports at boot has none. */
static void advise_cachefile(struct adviser *v, const struct entity *pool,
                             const struct machine_pool *p) {
        if (p->in_cachefile && v->machine->imports_cached &&
            (pool->handlers[EVENT_BACKING_APPEARED].n_actions ||
             pool->handlers[EVENT_CHILDREN_OFFLINE].n_actions))
                advise(v, pool->self,
                       arena_printf(
                               v->arena,
                               "it is in /etc/zfs/zpool.cache: the machine imports it at boot with "
                               "whatever copy is there, before zmirror can look at it (zpool set "
                               "cachefile=none %s, while it is imported)",
                               pool_word(v, pool)));
}

/* Labels say who wrote last: the guards know a leg that was used elsewhere by that. */
static void advise_hostid(struct adviser *v, const struct entity *pool) {
        advise(v, pool->self,
               "this machine has no hostid: what another machine without one writes on a leg of it "
               "looks like what was written here, and is noticed only by its txg (zgenhostid)");
}

static entity_id part_of(const struct adviser *v, entity_id leg) {
        entity_id i = leg;

        while (i != ENTITY_NONE && config_entity(v->config, i)->type != ENTITY_PART)
                i = config_entity(v->config, i)->parent;
        return i;
}

/* The hub that both hang on, maybe through others: of "2-1.3" and "2-1.4.2" that is "2-1"; NULL:
 * the machine itself. */
static const char *hub_common(struct arena *a, const char *one, const char *other) {
        size_t n = strlen(one);

        while (n > 0 && (strncmp(one, other, n) != 0 || (other[n] && other[n] != '.')))
                for (n--; n > 0 && one[n] != '.';)
                        n--;
        return n > 0 ? arena_strndup(a, one, n) : NULL;
}

/* Those that are plugged in now, if there are at least two. */
static void advise_hub(struct adviser *v, const struct entity *pool) {
        const char *hub = NULL;
        uint32_t n = 0;

        for (uint32_t i = 0; i < pool->zpool.n_legs; i++) {
                entity_id part = part_of(v, pool->zpool.legs[i]);
                const char *one = part == ENTITY_NONE ? NULL : v->machine->hubs[part];

                hub = !one ? NULL : n ? hub_common(v->arena, hub, one) : one;
                if (!hub)
                        return;
                n++;
        }
        if (n >= 2)
                advise(v, pool->self,
                       arena_printf(
                               v->arena,
                               "all its legs are on one USB hub (%s): if that loses power, all are "
                               "gone at once, and the pool is suspended",
                               hub));
}

uint32_t config_advise_machine(struct arena *a, const struct config *c, const struct machine *m,
                               struct advice **ret) {
        struct adviser v = { .arena = a, .config = c, .machine = m };
        uint32_t n;

        for (uint32_t i = 0; i < m->n_pools; i++) {
                const struct machine_pool *p = &m->pools[i];
                const struct entity *pool = config_entity(c, p->pool);
                bool rotates = pool_has_removable_leg(&v, pool);

                if (p->failure)
                        advise(&v, p->pool,
                               arena_printf(a, "ZFS could not be asked about it: %s", p->failure));
                if (rotates && p->autoreplace)
                        advise_autoreplace(&v, pool);
                if (rotates && p->spares)
                        advise_spares(&v, pool);
                if (rotates && p->multihost)
                        advise_multihost(&v, pool);
                if (rotates)
                        advise_scrubs(&v, pool, p);
                if (rotates && m->lacks_hostid)
                        advise_hostid(&v, pool);
                advise_cachefile(&v, pool, p);
                advise_hub(&v, pool);
        }
        n = (uint32_t) v.found.count;
        *ret = arena_memdup(a, v.found.items, n * sizeof(*v.found.items));
        array_done(&v.found);
        return n;
}
