/* world/linux/pool_status.c - building a pool's status, for both of the forms that it is read from
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "world/linux/pool_status.h"

void pool_status_builder_init(struct pool_status_builder *b, const char *pool) {
        struct arena *a = arena_new();

        *b = (struct pool_status_builder){ .status = arena_new_one(a, struct pool_status) };
        b->status->arena = a;
        b->status->name = arena_strdup(a, pool);
        b->status->problem = "";
}

void pool_status_builder_done(struct pool_status_builder *b) {
        b->status = pool_status_free(b->status);
        array_done(&b->vdevs);
}

struct vdev *pool_status_add_vdev(struct pool_status_builder *b, uint32_t parent) {
        uint32_t index = (uint32_t) b->vdevs.count;
        struct vdev *v;

        if (index >= POOL_STATUS_VDEVS_MAX)
                return NULL;
        v = array_add(&b->vdevs);
        *v = (struct vdev){
                .name = "",
                .path = "",
                .was = "",
                .aux = "",
                .type = VDEV_TYPE_DISK,
                .parent = parent,
                .top = VDEV_NONE,
        };
        if (parent != VDEV_NONE)
                v->top = parent == 0 ? index : b->vdevs.items[parent].top;
        return v;
}

struct pool_status *pool_status_finish(struct pool_status_builder *b) {
        struct pool_status *p = b->status;

        p->n_vdevs = (uint32_t) b->vdevs.count;
        p->vdevs = arena_memdup(p->arena, b->vdevs.items, p->n_vdevs * sizeof(*p->vdevs));
        for (uint32_t i = 0; i < p->n_vdevs; i++)
                if (p->vdevs[i].type == VDEV_TYPE_SPARE) /* the node above a spare that stands in */
                        p->spare_in_use = true;
        if (p->n_vdevs > 0)
                p->state = p->vdevs[0].state;
        b->status = NULL;
        pool_status_builder_done(b);
        return p;
}

static const struct {
        const char *prefix;
        enum vdev_type type;
} type_names[] = {
        { "mirror", VDEV_TYPE_MIRROR },  { "raidz", VDEV_TYPE_RAIDZ },
        { "draid", VDEV_TYPE_RAIDZ },    { "replacing", VDEV_TYPE_REPLACING },
        { "spare", VDEV_TYPE_SPARE },    { "root", VDEV_TYPE_ROOT },
        { "indirect", VDEV_TYPE_OTHER }, { "hole", VDEV_TYPE_OTHER },
        { "missing", VDEV_TYPE_OTHER },
};

/* The words of the JSON form carry no number ("raidz"), those of the text do ("raidz2-0"). A
 * distributed spare is a leaf: "draid1-0-0", where its vdev is "draid1:4d:6c:1s-0". */
void vdev_set_type_by_name(struct vdev *v, const char *name) {
        size_t n;

        v->type = VDEV_TYPE_DISK;
        for (size_t i = 0; i < ELEMENTSOF(type_names); i++) {
                n = strlen(type_names[i].prefix);
                if (strncmp(name, type_names[i].prefix, n) != 0)
                        continue;
                if (!strchr("-:0123456789", name[n]))
                        continue;
                if (strcmp(type_names[i].prefix, "draid") == 0 && name[n] && !strchr(name, ':'))
                        return;
                if (type_names[i].type == VDEV_TYPE_RAIDZ && name[n] >= '1' && name[n] <= '9')
                        v->parity = (uint32_t) (name[n] - '0');
                v->type = type_names[i].type;
                return;
        }
}

void vdev_set_state_by_word(struct pool_status_builder *b, struct vdev *v, const char *word) {
        bool in_use = text_equal(word, "INUSE");

        if (in_use)
                b->status->spare_in_use = true;
        if (in_use || text_equal(word, "AVAIL"))
                v->state = VDEV_STATE_ONLINE;
        else if (!vdev_state_parse(word, &v->state))
                v->state = VDEV_STATE_UNKNOWN;
}

const char *text_on_one_line(struct arena *a, const char *s, size_t len) {
        char *line = arena_alloc(a, len + 1);
        size_t n = 0;

        for (size_t i = 0; i < len && s[i]; i++)
                if (!isspace((unsigned char) s[i]))
                        line[n++] = s[i];
                else if (n > 0 && line[n - 1] != ' ')
                        line[n++] = ' ';
        if (n > 0 && line[n - 1] == ' ')
                n--;
        line[n] = '\0';
        return line;
}
