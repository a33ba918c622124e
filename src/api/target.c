/* api/target.c - from what somebody typed to the entities that are meant */
#include <string.h>

#include "api/target.h"
#include "base/array.h"

/* The names that could have been meant. */
struct candidates {
        ARRAY(const char *) names;
};

static const char *did_you_mean(struct arena *a, const char *word, struct candidates *c) {
        const char *nearest = text_nearest(word, c->names.items, c->names.count);
        const char *s = nearest ? arena_printf(a, ", did you mean '%s'?", nearest) : "";

        array_done(&c->names);
        return s;
}

static const char *words_join(struct arena *a, const struct target *target) {
        struct text t = {};
        const char *s;

        for (uint32_t i = 0; i < target->n_words; i++)
                text_addf(&t, "%s%s", i ? " " : "", target->words[i]);
        s = arena_strndup(a, t.s ? t.s : "", t.length);
        text_done(&t);
        return s;
}

/* The pool that an entity is named by, NULL for those that are named without. */
static const char *entity_pool(const struct entity *e) {
        switch (e->type) {
        case ENTITY_ZVOL:
                return e->zvol.pool;
        case ENTITY_DATASET:
                return e->dataset.pool;
        case ENTITY_ZDEV:
                return e->zdev.pool;
        case ENTITY_DISK:
        case ENTITY_PART:
        case ENTITY_CRYPT:
        case ENTITY_ZPOOL:
        case _ENTITY_TYPE_MAX:
                break;
        }
        return NULL;
}

static bool type_has_pool(enum entity_type type) {
        return type == ENTITY_ZVOL || type == ENTITY_DATASET || type == ENTITY_ZDEV;
}

static const char *error_named(struct arena *a, const struct config *c,
                               const struct target *target) {
        const char *type = entity_type_print(target->type), *words = words_join(a, target);
        bool has_pool = type_has_pool(target->type), pool_known = false;
        struct candidates pools = {}, names = {};
        const char *hint;

        if (has_pool && target->n_words != 2)
                return arena_printf(a, "a %s is named by its pool and its name, not by '%s'", type,
                                    words);
        for (uint32_t i = 0; i < c->n_entities; i++) {
                const struct entity *e = &c->entities[i];

                if (e->type != target->type)
                        continue;
                if (has_pool) {
                        array_append(&pools.names, entity_pool(e));
                        if (!text_equal(entity_pool(e), target->words[0]))
                                continue;
                        pool_known = true;
                }
                array_append(&names.names, e->name);
                if (e->type == ENTITY_DISK && e->disk.info)
                        array_append(&names.names, e->disk.info);
        }
        if (has_pool && !pool_known) {
                array_done(&names.names);
                hint = did_you_mean(a, target->words[0], &pools);
                return arena_printf(a, "no %s of a pool '%s' is configured%s", type,
                                    target->words[0], hint);
        }
        array_done(&pools.names);
        hint = did_you_mean(a, has_pool ? target->words[1] : words, &names);
        return arena_printf(a, "no %s '%s' is configured%s", type, words, hint);
}

static const char *error_group(struct arena *a, const struct config *c, const char *group) {
        struct candidates groups = {};
        const char *hint;

        for (uint32_t i = 0; i < c->n_entities; i++)
                for (const char *const *g = c->entities[i].groups; g && *g; g++)
                        array_append(&groups.names, *g);
        hint = did_you_mean(a, group, &groups);
        return arena_printf(a, "no entity is in a group '%s'%s", group, hint);
}

static const char *error_id(struct arena *a, const struct config *c, const char *id) {
        struct candidates ids = {};
        const char *hint;

        for (uint32_t i = 0; i < c->n_entities; i++)
                array_append(&ids.names, c->entities[i].id);
        hint = did_you_mean(a, id, &ids);
        return arena_printf(a, "no entity '%s' is configured%s", id, hint);
}

/* "scrub is for zpool and zdev, not for part: tank-b" */
static const char *error_wish(struct arena *a, enum wish wish, const char *what) {
        struct text t = {};
        const char *s;

        text_addf(&t, "%s is for", wish_print(wish));
        for (enum entity_type type = 0; type < _ENTITY_TYPE_MAX; type++)
                if (wish_suits(wish, type))
                        text_addf(&t, " %s,", entity_type_print(type));
        text_addf(&t, " not for %s", what);
        s = arena_strdup(a, t.s);
        text_done(&t);
        return s;
}

/* Ids may begin with the older name of a type. */
static entity_id find_id(struct arena *a, const struct config *c, const char *id) {
        const char *bar = strchr(id, '|');
        enum entity_type type;

        if (!bar || !entity_type_parse(arena_strndup(a, id, (size_t) (bar - id)), &type))
                return ENTITY_NONE;
        return config_find_id(c, arena_printf(a, "%s%s", entity_type_print(type), bar));
}

static bool find_one(struct arena *a, const struct config *c, const struct target *target,
                     const enum wish *wish, struct target_found *ret) {
        bool named = target->kind == TARGET_NAMED;
        entity_id id = named ? config_find(c, target->type, target->words, target->n_words)
                             : find_id(a, c, target->id);
        const struct entity *e = config_entity(c, id);

        if (!e) {
                ret->error = named ? error_named(a, c, target) : error_id(a, c, target->id);
                return false;
        }
        if (wish && !wish_suits(*wish, e->type)) {
                ret->error = error_wish(a, *wish, e->hrid);
                return false;
        }
        ret->ids = arena_memdup(a, &id, sizeof(id));
        ret->n = 1;
        return true;
}

static bool find_set(struct arena *a, const struct config *c, const struct target *target,
                     const enum wish *wish, struct target_found *ret) {
        const char *what = target->kind == TARGET_TYPE
                                   ? arena_printf(a, "any %s", entity_type_print(target->type))
                                   : "anything that is configured";
        bool any = false;

        ret->is_set = true;
        ret->ids = arena_new_array(a, entity_id, c->n_entities);
        for (uint32_t i = 0; i < c->n_entities; i++) {
                const struct entity *e = &c->entities[i];

                if (target->kind == TARGET_GROUP && !entity_is_in_group(e, target->group))
                        continue;
                if (target->kind == TARGET_TYPE && e->type != target->type)
                        continue;
                any = true;
                if (!wish || wish_suits(*wish, e->type))
                        ret->ids[ret->n++] = e->self;
        }
        if (target->kind == TARGET_GROUP && !any)
                ret->error = error_group(a, c, target->group);
        else if (target->kind == TARGET_GROUP && !ret->n)
                ret->error = error_wish(a, *wish,
                                        arena_printf(a, "anything in group '%s'", target->group));
        else if (target->kind == TARGET_TYPE && !any)
                ret->error = arena_printf(a, "no %s is configured",
                                          entity_type_print(target->type));
        else if (!ret->n)
                ret->error = wish ? error_wish(a, *wish, what) : "nothing is configured";
        return ret->n > 0;
}

bool target_find(struct arena *a, const struct config *c, const struct target *target,
                 const enum wish *wish, struct target_found *ret) {
        *ret = (struct target_found){};
        switch (target->kind) {
        case TARGET_NAMED:
        case TARGET_ID:
                return find_one(a, c, target, wish, ret);
        case TARGET_ALL:
        case TARGET_TYPE:
        case TARGET_GROUP:
                return find_set(a, c, target, wish, ret);
        }
        abort();
}
