/* sim/truth.c - what is truly so: for those who check */
#include <string.h>

#include "base/text.h"
#include "sim/inside.h"

bool image_is_whole_for(const struct image *i, const struct ranges *tree) {
        return ranges_has_all(&i->holds, tree);
}

bool leg_is_whole(const struct leg *l) {
        return l->image && image_is_whole_for(l->image, &l->pool->tree);
}

static struct leg *leg_of(struct sim *s, entity_id id) {
        for (size_t k = 0; k < s->pools.count; k++)
                for (uint32_t i = 0; i < s->pools.items[k]->n_legs; i++)
                        if (s->pools.items[k]->legs[i].entity == id)
                                return &s->pools.items[k]->legs[i];
        return NULL;
}

uint64_t sim_leg_label_txg(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);

        return l && l->last ? l->last->txg : 0;
}

bool sim_leg_lacks(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);
        const struct image *i = l ? l->last : NULL;
        const struct ranges *tree = i ? image_tree(i) : NULL;

        for (uint32_t k = 0; tree && k < tree->count; k++) {
                uint64_t to = tree->items[k].to;

                for (uint64_t b = tree->items[k].from, next = to; b < to; b = next, next = to)
                        if (!ranges_next(&i->holds, b, &next) &&
                            !ranges_next(&i->damaged, b, &next))
                                return true;
        }
        return false;
}

bool leg_failed_unseen(const struct sim *s, const struct leg *l) {
        return l->failed_at && (s->time < l->failed_at + 15 * USEC_PER_MIN || !l->pool->imported ||
                                l->pool->instance != l->failed_in);
}

bool sim_leg_failed_unseen(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);

        return l && leg_failed_unseen(s, l);
}

bool sim_is_whole(struct sim *s) {
        for (size_t k = 0; k < s->pools.count; k++)
                for (uint32_t i = 0; i < s->pools.items[k]->n_legs; i++) {
                        const struct leg *l = &s->pools.items[k]->legs[i];

                        if (!l->last || l->last->collided || l->last->cloned ||
                            !image_is_whole_for(l->last, &l->pool->tree))
                                return false;
                }
        return true;
}

bool sim_leg_is_mixed(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);
        const struct image *i = l ? l->last : NULL;

        return i && (i->collided || i->cloned);
}

bool sim_leg_is_online(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);

        return l && l->pool->imported && l->node && !l->lost_since;
}

bool sim_leg_is_doubled(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);
        const struct volume *v = l ? l->volume : NULL;
        uint32_t n = 0;

        while (v && v->kind == VOLUME_CRYPT)
                v = v->outside;
        for (size_t i = 0; v && i < s->volumes.count; i++)
                n += s->volumes.items[i]->kind == VOLUME_PART &&
                     text_equal(s->volumes.items[i]->name, v->name);
        return n > 1;
}

bool sim_leg_is_hasty(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);
        const struct node *n = l ? l->node : NULL;

        while (n && n->kind == DEVICE_MAPPING)
                n = n->under;
        return n && (l->reopened || l->asked_at < n->born + 3 * USEC_PER_SEC);
}

usec_t sim_leg_lost_since(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);

        return l ? l->lost_since : 0;
}

usec_t sim_leg_scrubbed(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);

        return l ? l->scrubbed : 0;
}

usec_t sim_leg_trimmed(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);

        return l ? l->trimmed : 0;
}

/* Neither it nor what it stands on is gone. */
static bool node_has_ground(const struct node *n) {
        while (n && !n->gone)
                n = n->under;
        return !n;
}

bool sim_leg_is_busy(struct sim *s, entity_id id, usec_t since) {
        const struct leg *l = leg_of(s, id);

        if (!l || !l->pool->imported || !l->node || !node_has_ground(l->node) || l->pool->suspended)
                return false;
        if (l->trim == TRIM_ACTIVE && s->time >= l->trim_since + since)
                return true;
        return l->in_scan && l->pool->scan.state == SCAN_STATE_SCANNING &&
               s->time >= l->pool->scan_began + since &&
               (l->pool->scan.function == SCAN_SCRUB || !ranges_is_empty(&l->dtl));
}

bool sim_is_deaf(const struct sim *s) {
        return s->time <= s->deaf_until;
}

uint32_t sim_running(struct sim *s, const struct command **ret, uint32_t max) {
        uint32_t n = 0;

        for (size_t i = 0; i < s->tasks.count; i++) {
                const struct task *t = s->tasks.items[i];

                if (t->by_person || t->ended || t->number <= s->heard_since)
                        continue;
                if (n < max)
                        ret[n] = &t->command;
                n++;
        }
        return n;
}

bool sim_was_there(struct sim *s, entity_id id) {
        return s->pulled_at && s->issued < s->pulled_at + 200 * USEC_PER_MSEC;
}

bool sim_is_stirred(const struct sim *s) {
        return s->pulled_at && s->time < s->pulled_at + 2 * USEC_PER_SEC;
}

static uint32_t count_devices(const struct sim *s, entity_id id, bool plugged) {
        const struct entity *e = &s->config->entities[id];
        uint32_t n = 0;

        for (size_t i = 0; e->type == ENTITY_DISK && i < s->disks.count; i++)
                n += text_equal(s->disks.items[i]->uuid, e->name) &&
                     (!plugged || s->disks.items[i]->plugged);
        for (size_t i = 0; e->type == ENTITY_PART && i < s->volumes.count; i++)
                n += s->volumes.items[i]->kind == VOLUME_PART &&
                     text_equal(s->volumes.items[i]->name, e->name) &&
                     (!plugged || s->volumes.items[i]->disk->plugged);
        return n;
}

bool sim_is_doubled(struct sim *s, entity_id id) {
        return count_devices(s, id, /* plugged= */ false) > 1;
}

bool sim_is_ambiguous(struct sim *s, entity_id id) {
        for (; id != ENTITY_NONE; id = s->config->entities[id].parent)
                if (count_devices(s, id, /* plugged= */ true) > 1)
                        return true;
        return false;
}

bool sim_pool_is_silent(struct sim *s, const char *pool) {
        struct zpool *p = zpool_find(s, pool);

        return p && p->silent;
}

bool sim_pool_has_command(struct sim *s, const char *pool) {
        for (size_t i = 0; i < s->tasks.count; i++) {
                const struct task *t = s->tasks.items[i];

                if (text_equal(t->command.lane, pool))
                        return true;
                for (const char *const *w = t->command.argv; t->by_person && *w; w++)
                        if (text_equal(*w, pool))
                                return true;
        }
        return false;
}

const char *sim_luks_uuid(struct sim *s, const char *path) {
        const struct node *n = node_find(s, path);

        return n && n->volume && n->volume->inside ? n->volume->luks_uuid : NULL;
}

bool sim_is_dead(struct sim *s, const char *path) {
        const struct node *n = node_find(s, path);

        return n && n->kind == DEVICE_MAPPING && n->under->gone;
}

bool sim_is_new(struct sim *s, const char *path) {
        const struct node *n = node_find(s, path);

        return !n || node_is_new(s, n);
}

/* --- what has to be shown --- */

static struct volume *volume_of(struct sim *s, entity_id id) {
        const struct entity *e = &s->config->entities[id];

        if (e->type == ENTITY_ZDEV) {
                struct leg *l = leg_of(s, id);

                return l ? l->volume : NULL;
        }
        for (size_t i = 0; i < s->volumes.count; i++)
                if (s->volumes.items[i]->entity == id)
                        return s->volumes.items[i];
        return NULL;
}

/* Its device, if it can be used: a mapping whose device is gone cannot. */
static struct node *volume_node(struct sim *s, const struct volume *v) {
        struct node *n = v ? node_find_volume(s, v) : NULL;

        for (const struct node *u = n; u; u = u->kind == DEVICE_MAPPING ? u->under : NULL)
                if (u->gone || !u->visible)
                        return NULL;
        return n;
}

static struct disk *disk_of(struct sim *s, entity_id id) {
        for (size_t i = 0; i < s->disks.count; i++)
                if (s->disks.items[i]->entity == id)
                        return s->disks.items[i];
        return NULL;
}

bool sim_is_there(struct sim *s, entity_id id) {
        const struct disk *d = disk_of(s, id);

        if (s->config->entities[id].type == ENTITY_DISK)
                return d && d->node && d->node->visible;
        return volume_node(s, volume_of(s, id));
}

static bool dataset_is_mounted(struct sim *s, const struct entity *e) {
        struct zpool *p = zpool_find(s, e->dataset.pool);
        const char *name = arena_printf(s->scratch, "%s/%s", e->dataset.pool, e->name);

        for (size_t i = 0; p && p->imported && i < p->datasets.count; i++)
                if (text_equal(p->datasets.items[i], name))
                        return p->mounted.items[i];
        return false;
}

/* What "in use" means. */
static bool entity_is_used(struct sim *s, entity_id id) {
        const struct entity *e = &s->config->entities[id];
        const struct leg *l;

        switch (e->type) {
        case ENTITY_CRYPT:
                if (volume_node(s, volume_of(s, id)))
                        return true;
                break;
        case ENTITY_ZPOOL:
                return sim_pool_is_imported(s, e->name);
        case ENTITY_DATASET:
                return dataset_is_mounted(s, e);
        case ENTITY_ZDEV:
                l = leg_of(s, id);
                return l && l->pool->imported && vdev_state_is_online(l->state);
        case ENTITY_DISK:
        case ENTITY_PART:
        case ENTITY_ZVOL:
        case _ENTITY_TYPE_MAX:
                break;
        }
        for (entity_id c = e->first_child; c != ENTITY_NONE;
             c = s->config->entities[c].next_sibling)
                if (entity_is_used(s, c))
                        return true;
        return false;
}

static bool entity_content_is_used(struct sim *s, entity_id id) {
        for (entity_id c = s->config->entities[id].first_child; c != ENTITY_NONE;
             c = s->config->entities[c].next_sibling)
                if (entity_is_used(s, c))
                        return true;
        return false;
}

enum state sim_state(struct sim *s, entity_id id) {
        const struct entity *e = &s->config->entities[id];
        bool used = entity_content_is_used(s, id), there = sim_is_there(s, id);

        switch (e->type) {
        case ENTITY_DISK:
        case ENTITY_PART:
                return !there ? STATE_DISCONNECTED : used ? STATE_ACTIVE : STATE_CONNECTED;
        case ENTITY_CRYPT:
                if (e->parent != ENTITY_NONE && !sim_is_there(s, e->parent))
                        return STATE_DISCONNECTED;
                return !there ? STATE_INACTIVE : used ? STATE_ACTIVE : STATE_CONNECTED;
        case ENTITY_ZPOOL:
                return sim_pool_is_imported(s, e->name) ? STATE_CONNECTED : STATE_DISCONNECTED;
        case ENTITY_ZVOL:
                if (!sim_pool_is_imported(s, e->zvol.pool))
                        return STATE_DISCONNECTED;
                return !there ? STATE_INACTIVE : used ? STATE_ACTIVE : STATE_READY;
        case ENTITY_DATASET:
                if (dataset_is_mounted(s, e))
                        return STATE_CONNECTED;
                return sim_pool_is_imported(s, e->dataset.pool) ? STATE_INACTIVE
                                                                : STATE_DISCONNECTED;
        case ENTITY_ZDEV:
                return !there || leg_of(s, id)->lost_since ? STATE_DISCONNECTED
                       : entity_is_used(s, id)             ? STATE_ACTIVE
                                                           : STATE_INACTIVE;
        case _ENTITY_TYPE_MAX:
                break;
        }
        return STATE_UNKNOWN;
}

static const char *node_use_text(struct sim *s, struct node *n) {
        struct node *over = node_find_over(s, n);

        if (over)
                return arena_printf(s->arena, "container %s is open", over->dm_name);
        if (n->volume && n->volume->image && n->volume->image->live && n->users)
                return arena_printf(s->arena, "a leg of pool %s is online",
                                    n->volume->image->pool->name);
        return NULL;
}

bool sim_disk_is_used(struct sim *s, entity_id disk, const char **ret_what) {
        for (size_t i = 0; i < s->nodes.count; i++) {
                struct node *n = s->nodes.items[i];
                const char *text;

                if (n->gone || n->kind != DEVICE_PARTITION)
                        continue;
                if (n->disk->entity != disk && n->volume->entity != disk)
                        continue;
                text = node_use_text(s, n);
                if (!text)
                        continue;
                if (ret_what)
                        *ret_what = text;
                return true;
        }
        return false;
}

bool sim_pool_is_imported(struct sim *s, const char *pool) {
        struct zpool *p = zpool_find(s, pool);

        return p && p->imported;
}

bool sim_is_hung(struct sim *s) {
        for (size_t i = 0; i < s->pools.count; i++)
                if (s->pools.items[i]->imported &&
                    (s->pools.items[i]->suspended || zpool_hangs(s, s->pools.items[i])))
                        return true;
        return false;
}

bool sim_is_working(struct sim *s) {
        for (size_t i = 0; i < s->pools.count; i++) {
                const struct zpool *p = s->pools.items[i];

                if (!p->imported || p->suspended || zpool_hangs(s, s->pools.items[i]))
                        continue;
                if (p->resilver_due || (p->scan.state == SCAN_STATE_SCANNING && !p->scan.paused))
                        return true;
                for (uint32_t k = 0; k < p->n_legs; k++)
                        if (p->legs[k].trim == TRIM_ACTIVE)
                                return true;
        }
        return false;
}

bool sim_pool_is_hung(struct sim *s, const char *pool) {
        struct zpool *p = zpool_find(s, pool);

        return p && p->imported && (p->suspended || zpool_hangs(s, p));
}
