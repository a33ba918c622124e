/* model/config.c - finding things in the entity graph */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model/config.h"

#define ID_MAX 640

struct config *config_free(struct config *c) {
        if (!c)
                return NULL;
        map_done(&c->by_id);
        (void) arena_free(c->arena); /* the struct lies in it */
        return NULL;
}

const struct entity *config_entity(const struct config *c, entity_id id) {
        return id < c->n_entities ? &c->entities[id] : NULL;
}

entity_id config_find_id(const struct config *c, const char *id) {
        uint64_t found;

        return map_get(&c->by_id, id, &found) ? (entity_id) found : ENTITY_NONE;
}

/* "<before><a><between><b>"; ids are built the same way by config/build.c. */
static entity_id config_find_built(const struct config *c, const char *before, const char *a,
                                   const char *between, const char *b) {
        char id[ID_MAX];
        int n = snprintf(id, sizeof(id), "%s%s%s%s", before, a, between, b);

        return n > 0 && (size_t) n < sizeof(id) ? config_find_id(c, id) : ENTITY_NONE;
}

entity_id config_find_pool(const struct config *c, const char *name) {
        return config_find_built(c, "zpool|name:", name, "", "");
}

/* A disk is also known by what its owner calls it. */
static entity_id config_find_disk(const struct config *c, const char *word) {
        char uuid[64];
        size_t i;

        for (i = 0; i < sizeof(uuid) - 1 && word[i]; i++)
                uuid[i] = (char) (word[i] >= 'A' && word[i] <= 'F' ? word[i] - 'A' + 'a' : word[i]);
        uuid[i] = 0;
        if (config_find_built(c, "disk|uuid:", uuid, "", "") != ENTITY_NONE)
                return config_find_built(c, "disk|uuid:", uuid, "", "");
        for (entity_id k = 0; k < c->n_entities; k++)
                if (c->entities[k].type == ENTITY_DISK &&
                    text_equal(c->entities[k].disk.info, word))
                        return k;
        return ENTITY_NONE;
}

entity_id config_find(const struct config *c, enum entity_type type, const char *const *words,
                      uint32_t n_words) {
        static const struct {
                uint32_t n_words;
                const char *before, *between;
        } forms[_ENTITY_TYPE_MAX] = {
                [ENTITY_DISK] = { 1, NULL, NULL },
                [ENTITY_PART] = { 1, "part|name:", "" },
                [ENTITY_CRYPT] = { 1, "crypt|name:", "" },
                [ENTITY_ZPOOL] = { 1, "zpool|name:", "" },
                [ENTITY_ZVOL] = { 2, "zvol|pool:", "|name:" },
                [ENTITY_DATASET] = { 2, "dataset|pool:", "|name:" },
                [ENTITY_ZDEV] = { 2, "zdev|pool:", "|name:" },
        };

        if (n_words != forms[type].n_words)
                return ENTITY_NONE;
        if (type == ENTITY_DISK)
                return config_find_disk(c, words[0]);
        return config_find_built(c, forms[type].before, words[0], forms[type].between,
                                 n_words > 1 ? words[1] : "");
}

entity_id config_disk_of(const struct config *c, entity_id id) {
        entity_id outermost = ENTITY_NONE;

        for (; id != ENTITY_NONE; id = c->entities[id].parent) {
                if (c->entities[id].type == ENTITY_DISK)
                        return id;
                if (c->entities[id].type == ENTITY_ZPOOL)
                        return ENTITY_NONE;
                if (c->entities[id].type == ENTITY_PART || c->entities[id].type == ENTITY_CRYPT)
                        outermost = id;
        }
        return outermost;
}

bool entity_is_in_group(const struct entity *e, const char *group) {
        for (const char *const *g = e->groups; g && *g; g++)
                if (text_equal(*g, group))
                        return true;
        return false;
}

bool config_is_inside(const struct config *c, entity_id e, entity_id ancestor) {
        for (; e != ENTITY_NONE; e = c->entities[e].parent)
                if (e == ancestor)
                        return true;
        return false;
}

const char *entity_title(struct arena *a, const struct entity *e) {
        const char *colon = strstr(e->hrid, ": ");

        if (!colon)
                return e->hrid;
        return arena_printf(a, "%s %s",
                            e->type == ENTITY_ZPOOL ? "pool" : entity_type_print(e->type),
                            colon + 2);
}
