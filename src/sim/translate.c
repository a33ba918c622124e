/* sim/translate.c - a simulated world and a scenario as records, for those who play it in another
 * world */
#include <string.h>

#include "base/text.h"
#include "sim/inside.h"
#include "sim/translate.h"

static const char *or_nothing(const char *text) {
        return text ? text : "";
}

static void translate_disk(struct sim *s, const struct disk *d, FILE *f) {
        (void) fprintf(f, "disk\t%s\t%s\t%s\t%s\n", d->name, or_nothing(d->uuid),
                       or_nothing(d->info), d->internal ? "internal" : "external");
        for (size_t i = 0; i < d->parts.count; i++)
                (void) fprintf(f, "part\t%s\t%s\t%s\n", volume_path(s, d->parts.items[i]), d->name,
                               d->parts.items[i]->name);
}

static void translate_crypt(struct sim *s, const struct volume *v, FILE *f) {
        const char *key = v->entity == ENTITY_NONE
                                  ? NULL
                                  : config_entity(s->config, v->entity)->crypt.key_file;

        (void) fprintf(f, "crypt\t%s\t%s\t%s\t%s\n", volume_path(s, v), volume_path(s, v->outside),
                       v->name, or_nothing(key));
}

static void translate_top(const struct zpool *p, const struct top *t, FILE *f) {
        if (t->kind == VDEV_KIND_RAIDZ)
                (void) fprintf(f, "top\t%s\traidz%u\n", p->name, t->parity);
        else
                (void) fprintf(f, "top\t%s\t%s\n", p->name,
                               t->kind == VDEV_KIND_MIRROR ? "mirror" : "single");
        for (const struct leg *l = p->legs + t->first; l < p->legs + t->first + t->n; l++)
                (void) fprintf(f, "leg\t%s\t%s\t%s\t%s\n", p->name, l->path, l->name,
                               l->offline ? "offline" : "online");
}

static void translate_pool(struct sim *s, const struct zpool *p, FILE *f) {
        (void) fprintf(f, "pool\t%s\t%s\n", p->name, p->by_others ? "imported" : "exported");
        for (uint32_t i = 0; i < p->n_tops; i++)
                translate_top(p, &p->tops[i], f);
        for (size_t i = 0; i < p->zvols.count; i++)
                (void) fprintf(f, "zvol\t%s\t%s\t%s\n", volume_path(s, p->zvols.items[i]), p->name,
                               strchr(p->zvols.items[i]->name, '/') + 1);
        for (size_t i = 0; i < p->datasets.count; i++)
                (void) fprintf(f, "dataset\t%s\n", p->datasets.items[i]);
}

void translate_world(struct sim *s, FILE *f) {
        for (size_t i = 0; i < s->disks.count; i++)
                translate_disk(s, s->disks.items[i], f);
        for (size_t i = 0; i < s->volumes.count; i++)
                if (s->volumes.items[i]->kind == VOLUME_CRYPT)
                        translate_crypt(s, s->volumes.items[i], f);
        for (size_t i = 0; i < s->pools.count; i++)
                translate_pool(s, s->pools.items[i], f);
}

/* The lines of a block, each as a record of that kind. */
static void translate_block(const struct scenario_line *l, const char *kind, FILE *f) {
        const char *end = l->block + l->block_length;

        for (const char *p = l->block; p < end;) {
                size_t n = strcspn(p, "\n");

                (void) fprintf(f, "%s\t%.*s\n", kind, (int) n, p);
                p += n + 1;
        }
}

static void translate_words(const struct scenario_line *l, FILE *f) {
        (void) fprintf(f, "line\t%u", l->number);
        for (uint32_t k = 0; k < l->n_words; k++)
                (void) fprintf(f, "\t%s", l->words[k]);
        (void) fprintf(f, "\n");
}

void translate_lines(const struct scenario *s, FILE *f) {
        for (const struct scenario_line *l = s->lines; l < s->lines + s->n_lines; l++) {
                if (l->block && text_equal(l->words[0], "config")) {
                        translate_block(l, "config", f);
                        continue;
                }
                translate_words(l, f);
                if (l->block)
                        translate_block(l, "block", f);
        }
}
