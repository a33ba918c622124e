/* sim/harm.c - what a command would do to data: for those who check */
#include <string.h>

#include "base/text.h"
#include "sim/inside.h"

/* Is every block of the pool on enough of its live legs, that one not counted? Blocks that lie
 * beside each other are on the same legs, so one of each piece is asked for. */
static bool top_is_readable(const struct zpool *p, const struct top *t, const struct ranges *tree,
                            struct image *const *images, const struct leg *without) {
        for (uint32_t r = 0; r < tree->count; r++)
                for (uint64_t b = tree->items[r].from; b < tree->items[r].to;) {
                        uint64_t next = tree->items[r].to;
                        uint32_t n = 0;

                        for (uint32_t i = t->first; i < t->first + t->n; i++)
                                n += images[i] && &p->legs[i] != without &&
                                     (ranges_next(&images[i]->holds, b, &next) ||
                                      ranges_next(&images[i]->damaged, b, &next));
                        if (n < top_needs(t))
                                return false;
                        b = next;
                }
        return true;
}

static bool images_are_readable(const struct zpool *p, const struct ranges *tree,
                                struct image *const *images, const struct leg *without) {
        for (uint32_t k = 0; k < p->n_tops; k++)
                if (!top_is_readable(p, &p->tops[k], tree, images, without))
                        return false;
        return true;
}

/* What happened at that time may be known by now. */
static bool sim_may_know(const struct sim *s, usec_t since) {
        return s->time > since + 2 * USEC_PER_SEC && s->time > s->deaf_until;
}

static bool zpool_is_readable(const struct sim *s, const struct zpool *p,
                              const struct leg *without) {
        struct image *images[64] = {};

        for (uint32_t i = 0; i < p->n_legs && i < ELEMENTSOF(images); i++)
                images[i] = p->legs[i].lost_since && sim_may_know(s, p->legs[i].lost_since)
                                    ? NULL
                                    : p->legs[i].image;
        return images_are_readable(p, &p->tree, images, without);
}

static struct sim_harm harm(const struct zpool *p, const struct leg *l, const char *text) {
        return (struct sim_harm){ .text = text,
                                  .vdev_guid = l ? l->guid : 0,
                                  .pool_guid = p ? p->guid : 0 };
}

/* It appeared when the command was on its way already. */
bool node_is_new(const struct sim *s, const struct node *n) {
        while (n->kind == DEVICE_MAPPING && n->under)
                n = n->under;
        return s->issued <
               n->born + (s->issued < s->deaf_until ? 11 * USEC_PER_MIN : 200 * USEC_PER_MSEC);
}

/* The pool that is meant: by GUID or name. */
static struct zpool *import_pool(struct sim *s, const char *name) {
        uint64_t guid;

        return text_to_u64(name, &guid) ? zpool_find_guid(s, guid) : zpool_find(s, name);
}

/* What the kernel would open, and which of it has the newest uberblock. */
static struct image *import_images(struct sim *s, struct zpool *p, struct image **ret_images,
                                   struct node **ret_nodes) {
        struct image *best = NULL;

        for (uint32_t i = 0; i < p->n_legs; i++) {
                struct node *n = node_find(s, p->legs[i].path);
                struct image *image = n ? n->volume->image : NULL;

                if (!image || image->pool != p || image->index != i || image->live ||
                    node_io(s, n) != IO_GOOD)
                        continue;
                if (node_is_new(s, n))
                        return NULL;
                ret_images[i] = image;
                ret_nodes[i] = n;
                if (!best || image->txg > best->txg ||
                    (image->txg == best->txg && image->time > best->time))
                        best = image;
        }
        return best;
}

static struct sim_harm import_judge(struct sim *s, const struct zpool *p, struct image **images,
                                    const struct image *best) {
        struct sim_harm h = { .pool_guid = p->guid };

        for (uint32_t i = 0; i < p->n_legs; i++)
                if (images[i] && images[i]->cloned) {
                        if (images[i]->foreign) /* one of two, and newer than both were here */
                                return (struct sim_harm){};
                        h.cloned = true;
                        h.label_txg = images[i]->txg;
                        h.label_time = images[i]->time;
                        h.vdev_guid = p->legs[i].guid;
                }
        if (!ranges_has_all(&best->mos->tree, &p->newest)) {
                h.text = arena_printf(s->arena,
                                      "imports %s from a copy that is older than what was here",
                                      p->name);
                return h;
        }
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (images[i] && !ranges_has_all(&best->mos->tree, &images[i]->mos->tree)) {
                        h.vdev_guid = p->legs[i].guid;
                        h.text = arena_printf(s->arena, "overwrites what only %s has",
                                              p->legs[i].path);
                        return h;
                }
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (leg_failed_unseen(s, &p->legs[i])) /* what it lacks ZFS alone can know */
                        return h;
        if (!images_are_readable(p, &best->mos->tree, images, NULL))
                h.text = arena_printf(s->arena, "imports %s from legs that are not whole", p->name);
        return h;
}

static struct sim_harm harm_import(struct sim *s, const char *const *argv) {
        struct image *images[64] = {}, *best;
        struct node *nodes[64] = {};
        const char *name = NULL;
        struct zpool *p;

        for (; *argv; argv++) {
                if (text_equal(*argv, "-f") || text_equal(*argv, "-F"))
                        return (struct sim_harm){ .text = "forces an import" };
                name = *argv;
        }
        p = name ? import_pool(s, name) : NULL;
        if (!p || p->imported)
                return (struct sim_harm){};
        if (s->issued < s->pulled_at + 200 * USEC_PER_MSEC)
                return (struct sim_harm){}; /* what was there is not there any more */
        best = import_images(s, p, images, nodes);
        if (!best || !zpool_has_enough(p, nodes, best))
                return (struct sim_harm){}; /* it will fail */
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (best->mos->legs[i].offline)
                        images[i] = NULL; /* it stays as it is */
        return import_judge(s, p, images, best);
}

/* None of its legs was lost a moment ago. */
static bool legs_may_know(const struct sim *s, const struct zpool *p) {
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (p->legs[i].gone_at && !sim_may_know(s, p->legs[i].gone_at))
                        return false;
        return true;
}

/* A leg of its that was written elsewhere, or was not and was overwritten from one that was, and
 * that somebody else was quicker to put online: what has become of the pool, nobody can know. */
static bool legs_can_be_told(const struct zpool *p) {
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (p->legs[i].node && p->legs[i].image->overrun)
                        return false;
        return true;
}

static struct sim_harm harm_legs(struct sim *s, struct zpool *p, bool online,
                                 const char *const *argv) {
        for (; *argv; argv++) {
                struct leg *l = leg_find(p, *argv);
                struct node *n = l ? node_find(s, l->path) : NULL;
                struct image *image = n ? n->volume->image : NULL;

                if (!l)
                        continue;
                if (!online && l->node && !l->lost_since && !leg_is_required(l) &&
                    legs_may_know(s, p) && legs_can_be_told(p) && !p->suspended &&
                    !zpool_is_readable(s, p, l) && zpool_is_readable(s, p, NULL))
                        return harm(p, NULL,
                                    arena_printf(s->arena,
                                                 "takes the last whole copy of %s offline: %s",
                                                 p->name, l->path));
                if (image && image->cloned && node_is_new(s, n))
                        continue; /* the other one was there */
                if (online && !l->node && image && node_io(s, n) == IO_GOOD && image->pool == p &&
                    image->index == l->index && legs_can_be_told(p) &&
                    !ranges_has_all(&p->tree, image_tree(image))) {
                        struct sim_harm h = harm(
                                p, l,
                                arena_printf(s->arena, "overwrites what only %s has", l->path));

                        h.cloned = image->cloned;
                        h.label_txg = image->txg;
                        h.label_time = image->time;
                        return h;
                }
        }
        return (struct sim_harm){};
}

static struct sim_harm harm_export(struct sim *s, const struct zpool *p) {
        /* what somebody did by hand while it was on its way it could not know */
        if (s->pulled_at && s->issued < s->pulled_at + 200 * USEC_PER_MSEC)
                return (struct sim_harm){};
        for (size_t i = 0; i < p->zvols.count; i++) {
                const struct node *n = node_find_volume(s, p->zvols.items[i]);

                if (n && (n->users || (n->holder && n->holder_at < s->issued)))
                        return harm(p, NULL,
                                    arena_printf(s->arena, "exports %s while %s is in use", p->name,
                                                 n->volume->name));
        }
        return (struct sim_harm){};
}

static struct sim_harm harm_scrub(struct sim *s, const struct zpool *p) {
        for (uint32_t i = 0; i < p->n_legs; i++)
                if (p->legs[i].node && !p->legs[i].lost_since &&
                    sim_may_know(s, p->legs[i].open_since) && !ranges_is_empty(&p->legs[i].dtl))
                        return harm(p, NULL,
                                    arena_printf(s->arena,
                                                 "starts a scrub while %s has to catch up",
                                                 p->legs[i].path));
        return (struct sim_harm){};
}

struct sim_harm sim_harm(struct sim *s, const struct command *c) {
        const char *const *argv = c->argv;
        struct zpool *p;

        if (!text_equal(argv[0], "zpool") || !argv[1] || !argv[2])
                return (struct sim_harm){};
        if (text_equal(argv[1], "import"))
                return harm_import(s, argv + 2);
        p = zpool_find(s, argv[2]);
        if (!p || !p->imported)
                return (struct sim_harm){};
        if (text_equal(argv[1], "online") || text_equal(argv[1], "offline"))
                return harm_legs(s, p, text_equal(argv[1], "online"), argv + 3);
        if (text_equal(argv[1], "export"))
                return harm_export(s, p);
        if (text_equal(argv[1], "scrub") && !text_equal(argv[2], "-s"))
                return harm_scrub(s, p);
        return (struct sim_harm){};
}
