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

bool sim_leg_lacks(struct sim *s, entity_id id) {
        const struct leg *l = leg_of(s, id);
        const struct image *i = l ? l->last : NULL;

        return i && !image_is_whole_for(i, image_tree(i));
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
