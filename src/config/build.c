/* config/build.c - from the tree to the entities: keys, containment, ids, inheritance */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "config/build.h"
#include "config/value.h"

#define ENTITIES_MAX 1000000u

/* What comes down from the enclosing entities and the root. */
struct inherited {
        entity_id parent;
        uint32_t depth;
        bool unpluggable;
        bool ssd;
        const char *import_args;
        struct intervals intervals;
};

#define BIT(type) (1u << ENTITY_##type)
#define ROOT      (1u << _ENTITY_TYPE_MAX)
#define ANY       (ROOT - 1)

enum key {
        KEY_NOTES,
        KEY_GROUPS,
        KEY_UNPLUGGABLE,
        KEY_CONTENT,
        KEY_NAME,
        KEY_UUID,
        KEY_INFO,
        KEY_SSD,
        KEY_FORCE_ENABLE_TRIM,
        KEY_KEY_FILE,
        KEY_ROOT,
        KEY_MOUNT,
        KEY_IMPORT_ARGS,
        KEY_BACKED_BY,
        KEY_POOL,
        KEY_UPDATE_INTERVAL,
        KEY_SCRUB_INTERVAL,
        KEY_TRIM_INTERVAL,
        KEY_AVAILABLE_UPDATE_INTERVAL,
        KEY_LOG_LEVEL,
        KEY_LOG_EVENTS,
        KEY_LOG_FULL_EVENTS,
        KEY_ENABLE_COMMANDS,
        KEY_ENABLE_EVENT_HANDLERS,
        KEY_TIMEOUT,
        KEY_UPDATE_SCHEDULER,
        KEY_MAINTENANCE_SCHEDULER,
        KEY_REGULAR_STATUS_SCHEDULER,
        KEY_NOTIFY,
        _KEY_MAX,
};

/* Which entities have which keys; event handlers (on_...) come on top. */
static const struct {
        const char *name;
        uint32_t types;
} keys[_KEY_MAX] = {
        [KEY_NOTES] = { "notes", ANY | ROOT },
        [KEY_GROUPS] = { "groups", ANY },
        [KEY_UNPLUGGABLE] = { "unpluggable", ANY | ROOT },
        [KEY_CONTENT] = { "content",
                          BIT(DISK) | BIT(PART) | BIT(CRYPT) | BIT(ZPOOL) | BIT(ZVOL) | ROOT },
        [KEY_NAME] = { "name", ANY & ~BIT(DISK) },
        [KEY_UUID] = { "uuid", BIT(DISK) },
        [KEY_INFO] = { "info", BIT(DISK) },
        [KEY_SSD] = { "ssd", BIT(DISK) | ROOT },
        [KEY_FORCE_ENABLE_TRIM] = { "force_enable_trim", BIT(DISK) },
        [KEY_KEY_FILE] = { "key_file", BIT(CRYPT) },
        [KEY_ROOT] = { "root", BIT(ZPOOL) },
        [KEY_MOUNT] = { "mount", BIT(ZPOOL) },
        [KEY_IMPORT_ARGS] = { "zpool_import_args", BIT(ZPOOL) | ROOT },
        [KEY_BACKED_BY] = { "backed_by", BIT(ZPOOL) },
        [KEY_POOL] = { "pool", BIT(ZDEV) },
        [KEY_UPDATE_INTERVAL] = { "update_interval", BIT(ZDEV) | ROOT },
        [KEY_SCRUB_INTERVAL] = { "scrub_interval", BIT(ZDEV) | ROOT },
        [KEY_TRIM_INTERVAL] = { "trim_interval", BIT(ZDEV) | ROOT },
        [KEY_AVAILABLE_UPDATE_INTERVAL] = { "available_update_interval", BIT(ZDEV) | ROOT },
        [KEY_LOG_LEVEL] = { "log_level", ROOT },
        [KEY_LOG_EVENTS] = { "log_events", ROOT },
        [KEY_LOG_FULL_EVENTS] = { "log_full_events", ROOT },
        [KEY_ENABLE_COMMANDS] = { "enable_commands", ROOT },
        [KEY_ENABLE_EVENT_HANDLERS] = { "enable_event_handlers", ROOT },
        [KEY_TIMEOUT] = { "timeout", ROOT },
        [KEY_UPDATE_SCHEDULER] = { "update_scheduler", ROOT },
        [KEY_MAINTENANCE_SCHEDULER] = { "maintenance_scheduler", ROOT },
        [KEY_REGULAR_STATUS_SCHEDULER] = { "regular_status_scheduler", ROOT },
        [KEY_NOTIFY] = { "notify", ROOT },
};

/* SPEC 2: who may contain whom. Disks, parts, crypts and pools may stand at top level. */
static const uint32_t contents[_ENTITY_TYPE_MAX + 1] = {
        [ENTITY_DISK] = BIT(PART),
        [ENTITY_PART] = BIT(CRYPT) | BIT(ZDEV),
        [ENTITY_CRYPT] = BIT(CRYPT) | BIT(ZDEV),
        [ENTITY_ZPOOL] = BIT(ZVOL) | BIT(DATASET),
        [ENTITY_ZVOL] = BIT(CRYPT) | BIT(ZDEV),
        [_ENTITY_TYPE_MAX] = BIT(DISK) | BIT(PART) | BIT(CRYPT) | BIT(ZPOOL),
};

/* Both generations of the format. */
static const struct {
        const char *tag;
        enum entity_type type;
} tags[] = {
        { "!disk", ENTITY_DISK },          { "!Disk", ENTITY_DISK },
        { "!part", ENTITY_PART },          { "!Partition", ENTITY_PART },
        { "!crypt", ENTITY_CRYPT },        { "!DMCrypt", ENTITY_CRYPT },
        { "!zpool", ENTITY_ZPOOL },        { "!ZPool", ENTITY_ZPOOL },
        { "!zvol", ENTITY_ZVOL },          { "!ZFSVolume", ENTITY_ZVOL },
        { "!dataset", ENTITY_DATASET },    { "!Dataset", ENTITY_DATASET },
        { "!ZFSDataset", ENTITY_DATASET }, { "!zdev", ENTITY_ZDEV },
        { "!ZDev", ENTITY_ZDEV },
};

static struct entity *entity_at(struct builder *b, entity_id id) {
        return &b->entities.items[id];
}

/* --- handlers
 * ------------------------------------------------------------------------------------------ */

static bool action_word(struct builder *b, enum entity_type type, const struct tree *t,
                        struct action *ret) {
        static const char *const words[] = { "online",   "offline",         "scrub", "trim",
                                             "snapshot", "snapshot-parent", "pass",  "run" };
        struct diagnoser *d = b->diagnoser;
        enum wish wish;

        if (text_equal(t->text, "pass")) {
                *ret = (struct action){ .kind = ACTION_PASS };
                return true;
        }
        if (text_equal(t->text, "snapshot-parent") || text_equal(t->text, "snapshot_parent")) {
                if (type != ENTITY_ZDEV) {
                        diagnose_error(d, t,
                                       "'snapshot-parent' is for a zdev in a zvol, not for a %s",
                                       entity_type_print(type));
                        return false;
                }
                *ret = (struct action){ .kind = ACTION_SNAPSHOT_PARENT };
                return true;
        }
        if (!wish_parse(t->text, &wish)) {
                diagnose_unknown(d, t, "action", t->text, words, ELEMENTSOF(words));
                return false;
        }
        if (!wish_suits(wish, type)) {
                diagnose_error(d, t, "a %s cannot '%s'", entity_type_print(type), t->text);
                return false;
        }
        *ret = (struct action){ .kind = ACTION_WISH, .wish = wish };
        return true;
}

static bool action_read(struct builder *b, enum entity_type type, const struct tree *t,
                        struct action *ret) {
        if (t->kind == TREE_SCALAR && *t->text)
                return action_word(b, type, t, ret);
        if (t->kind == TREE_MAP && t->n == 1 && text_equal(t->first->key->text, "run")) {
                *ret = (struct action){ .kind = ACTION_RUN };
                return value_words(b->config->arena, b->diagnoser, t->first, &ret->argv);
        }
        diagnose_error(b->diagnoser, t,
                       "expected an action such as online, or 'run: [program, argument]', found %s",
                       tree_describe(b->diagnoser->arena, t));
        return false;
}

static void handler_read(struct builder *b, struct entity *e, enum event event,
                         const struct tree *t) {
        struct action *actions = arena_new_array(b->config->arena, struct action, t->n + 1);
        struct handler *h = &e->handlers[event];

        h->actions = actions;
        if (t->kind !=
            TREE_LIST) { /* a single action may stand without its list; nothing is an empty one */
                if (t->kind != TREE_SCALAR || *t->text)
                        h->n_actions += action_read(b, e->type, t, actions);
                return;
        }
        for (const struct tree *c = t->first; c; c = c->next)
                h->n_actions += action_read(b, e->type, c, &actions[h->n_actions]);
}

/* --- backed_by
 * ------------------------------------------------------------------------------------------- */

static bool backing_device_read(struct builder *b, const struct tree *t,
                                struct backing_device *ret) {
        static const char *const words[] = { "name", "required", "online_dependencies" };
        struct diagnoser *d = b->diagnoser;
        bool good = true;

        *ret = (struct backing_device){ .online_dependencies = true, .leg = ENTITY_NONE };
        if (t->kind == TREE_SCALAR)
                return value_name(b->config->arena, d, t, true, &ret->name);
        if (t->kind != TREE_MAP) {
                diagnose_error(
                        d, t,
                        "expected the name of a device, or a mapping with 'name', found a list");
                return false;
        }
        for (const struct tree *c = t->first; c; c = c->next) {
                if (text_equal(c->key->text, "name"))
                        good &= value_name(b->config->arena, d, c, true, &ret->name);
                else if (text_equal(c->key->text, "required"))
                        good &= value_bool(d, c, &ret->required);
                else if (text_equal(c->key->text, "online_dependencies"))
                        good &= value_bool(d, c, &ret->online_dependencies);
                else
                        diagnose_unknown(d, c->key, "key", c->key->text, words, ELEMENTSOF(words));
        }
        if (good && !ret->name)
                diagnose_error(d, t, "a device needs the key 'name'");
        return good && ret->name;
}

static void backing_devices_read(struct builder *b, const struct tree *t, struct backing *ret) {
        if (t->kind != TREE_LIST || !t->n) {
                diagnose_error(b->diagnoser, t, "expected a list of devices, found %s",
                               tree_describe(b->diagnoser->arena, t));
                return;
        }
        ret->devices = arena_new_array(b->config->arena, struct backing_device, t->n);
        for (const struct tree *c = t->first; c; c = c->next)
                ret->n_devices += backing_device_read(b, c, &ret->devices[ret->n_devices]);
}

static bool backing_group_read(struct builder *b, const struct tree *t, enum vdev_kind kind,
                               struct backing *ret) {
        static const char *const words[] = { "devices", "parity" };
        const char *what = kind == VDEV_KIND_RAIDZ ? "raidz" : "mirror";

        *ret = (struct backing){ .kind = kind };
        for (const struct tree *c = t->kind == TREE_MAP ? t->first : NULL; c; c = c->next) {
                if (text_equal(c->key->text, "devices"))
                        backing_devices_read(b, c, ret);
                else if (text_equal(c->key->text, "parity") && kind == VDEV_KIND_RAIDZ)
                        (void) value_number(b->diagnoser, c, 1, 3, &ret->parity);
                else
                        diagnose_unknown(b->diagnoser, c->key, "key", c->key->text, words,
                                         kind == VDEV_KIND_RAIDZ ? 2 : 1);
        }
        if (t->kind == TREE_LIST)
                backing_devices_read(b, t, ret);
        else if (!ret->devices)
                diagnose_error(b->diagnoser, t, "a %s needs the key 'devices'", what);
        if (kind == VDEV_KIND_RAIDZ && !ret->parity)
                diagnose_error(b->diagnoser, t, "a raidz needs the key 'parity'");
        else if (kind == VDEV_KIND_RAIDZ && ret->n_devices && ret->n_devices <= ret->parity)
                diagnose_error(b->diagnoser, t, "a raidz of parity %u needs more than %u devices",
                               ret->parity, ret->parity);
        return ret->n_devices > 0;
}

static bool backing_read(struct builder *b, const struct tree *t, struct backing *ret) {
        static const char *const words[] = { "!mirror", "!raidz" };

        if (text_equal(t->tag, "!mirror") || text_equal(t->tag, "!Mirror"))
                return backing_group_read(b, t, VDEV_KIND_MIRROR, ret);
        if (text_equal(t->tag, "!raidz") || text_equal(t->tag, "!RaidZ"))
                return backing_group_read(b, t, VDEV_KIND_RAIDZ, ret);
        if (*t->tag) {
                diagnose_unknown(b->diagnoser, t, "tag", t->tag, words, ELEMENTSOF(words));
                return false;
        }
        *ret = (struct backing){ .kind = VDEV_KIND_SINGLE, .n_devices = 1 };
        ret->devices = arena_new_one(b->config->arena, struct backing_device);
        if (!backing_device_read(b, t, ret->devices))
                return false;
        ret->devices->required = true;
        return true;
}

static void backed_by_read(struct builder *b, struct entity *e, const struct tree *t) {
        if (t->kind != TREE_LIST) {
                diagnose_error(b->diagnoser, t, "expected a list of vdevs, found %s",
                               tree_describe(b->diagnoser->arena, t));
                return;
        }
        e->zpool.backing = arena_new_array(b->config->arena, struct backing, t->n + 1);
        for (const struct tree *c = t->first; c; c = c->next)
                e->zpool.n_backing += backing_read(b, c, &e->zpool.backing[e->zpool.n_backing]);
}

/* --- keys
 * -----------------------------------------------------------------------------------------------
 */

static void key_unknown(struct builder *b, const struct tree *key, uint32_t types) {
        const char *candidates[_KEY_MAX + _EVENT_MAX];
        size_t n = 0;

        for (enum key k = 0; k < _KEY_MAX; k++)
                if (keys[k].types & types)
                        candidates[n++] = keys[k].name;
        for (enum event e = 0; e < _EVENT_MAX && types != ROOT; e++)
                for (enum entity_type t = 0; t < _ENTITY_TYPE_MAX; t++)
                        if (types & (1u << t) && event_suits(e, t))
                                candidates[n++] = arena_printf(b->diagnoser->arena, "on_%s",
                                                               event_print(e));
        diagnose_unknown(b->diagnoser, key, "key", key->text, candidates, n);
}

/* True if the key is one that these types have. */
static bool key_find(struct builder *b, const struct tree *key, uint32_t types, const char *owner,
                     enum key *ret) {
        for (enum key k = 0; k < _KEY_MAX; k++) {
                if (!text_equal(key->text, keys[k].name))
                        continue;
                if (keys[k].types & types) {
                        *ret = k;
                        return true;
                }
                diagnose_error(b->diagnoser, key, "a %s has no key '%s'", owner, key->text);
                return false;
        }
        key_unknown(b, key, types);
        return false;
}

static void key_file_check(struct builder *b, const struct tree *t, const char *path) {
        struct stat st;

        if (*path != '/')
                diagnose_error(b->diagnoser, t, "the path of a key file has to begin with a slash");
        else if (!b->check_files)
                return;
        else if (stat(path, &st) != 0)
                diagnose_warning(b->diagnoser, t, "key file '%s': %s", path, strerror(errno));
        else if (!S_ISREG(st.st_mode))
                diagnose_warning(b->diagnoser, t, "key file '%s' is not a file", path);
        else if (st.st_mode & 077)
                diagnose_warning(b->diagnoser, t, "key file '%s' can be read by others (chmod 600)",
                                 path);
}

static bool text_or_nil(struct builder *b, const struct tree *t, const char **ret) {
        if (t->kind == TREE_SCALAR && !t->quoted &&
            (text_equal(t->text, "nil") || text_equal(t->text, "none") ||
             text_equal(t->text, "void"))) {
                *ret = NULL;
                return true;
        }
        return value_text(b->config->arena, b->diagnoser, t, ret);
}

static void interval_read(struct builder *b, enum key k, const struct tree *t,
                          struct intervals *ret) {
        struct span *span = k == KEY_UPDATE_INTERVAL  ? &ret->update
                            : k == KEY_SCRUB_INTERVAL ? &ret->scrub
                            : k == KEY_TRIM_INTERVAL  ? &ret->trim
                                                      : &ret->available_update;

        (void) value_span(b->diagnoser, t, span);
}

static void entity_key_read(struct builder *b, struct entity *e, enum key k, const struct tree *t,
                            struct inherited *in) {
        struct arena *a = b->config->arena;
        struct diagnoser *d = b->diagnoser;
        const char *text = NULL;

        switch (k) {
        case KEY_NOTES:
                (void) value_text(a, d, t, &e->notes);
                return;
        case KEY_GROUPS:
                (void) value_words(a, d, t, &e->groups);
                return;
        case KEY_UNPLUGGABLE:
                (void) value_bool(d, t, &in->unpluggable);
                return;
        case KEY_NAME:
                (void) value_name(a, d, t,
                                  e->type == ENTITY_ZVOL || e->type == ENTITY_DATASET ||
                                          e->type == ENTITY_ZDEV,
                                  &e->name);
                return;
        case KEY_UUID:
                (void) value_uuid(a, d, t, &e->name);
                return;
        case KEY_INFO:
                (void) value_text(a, d, t, &e->disk.info);
                return;
        case KEY_SSD:
                (void) value_bool(d, t, &in->ssd);
                return;
        case KEY_FORCE_ENABLE_TRIM:
                (void) value_bool(d, t, &e->disk.force_enable_trim);
                return;
        case KEY_KEY_FILE:
                if (text_or_nil(b, t, &text) && text) {
                        e->crypt.key_file = text;
                        key_file_check(b, t, text);
                }
                return;
        case KEY_ROOT:
                if (text_or_nil(b, t, &e->zpool.root) && e->zpool.root && *e->zpool.root != '/')
                        diagnose_error(d, t, "'root' has to begin with a slash");
                return;
        case KEY_MOUNT:
                (void) value_bool(d, t, &e->zpool.mount);
                return;
        case KEY_IMPORT_ARGS:
                (void) text_or_nil(b, t, &e->zpool.import_args);
                return;
        case KEY_BACKED_BY:
                backed_by_read(b, e, t);
                return;
        case KEY_POOL:
                (void) value_name(a, d, t, false, &e->zdev.pool);
                return;
        case KEY_UPDATE_INTERVAL:
        case KEY_SCRUB_INTERVAL:
        case KEY_TRIM_INTERVAL:
        case KEY_AVAILABLE_UPDATE_INTERVAL:
                interval_read(b, k, t, &e->zdev.intervals);
                return;
        case KEY_CONTENT: /* when the entity has its id */
        case KEY_LOG_LEVEL:
        case KEY_LOG_EVENTS:
        case KEY_LOG_FULL_EVENTS:
        case KEY_ENABLE_COMMANDS:
        case KEY_ENABLE_EVENT_HANDLERS:
        case KEY_TIMEOUT:
        case KEY_UPDATE_SCHEDULER:
        case KEY_MAINTENANCE_SCHEDULER:
        case KEY_REGULAR_STATUS_SCHEDULER:
        case KEY_NOTIFY:
        case _KEY_MAX:
                return;
        }
}

static const struct tree *entity_keys_read(struct builder *b, struct entity *e,
                                           const struct tree *t, struct inherited *in) {
        const struct tree *content = NULL;
        enum event event;
        enum key k;

        for (const struct tree *c = t->first; c; c = c->next) {
                const char *word = c->key->text;

                if (text_starts(word, "on_") && event_parse(word + 3, &event)) {
                        if (event_suits(event, e->type))
                                handler_read(b, e, event, c);
                        else
                                diagnose_error(b->diagnoser, c->key, "a %s has no event '%s'",
                                               entity_type_print(e->type), word + 3);
                } else if (key_find(b, c->key, 1u << e->type, entity_type_print(e->type), &k)) {
                        if (k == KEY_CONTENT)
                                content = c;
                        else
                                entity_key_read(b, e, k, c, in);
                }
        }
        return content;
}

/* --- entities
 * --------------------------------------------------------------------------------------------- */

/* SPEC 2: a leg's name follows from what it lies on. */
static const char *leg_name(struct builder *b, const struct inherited *in) {
        const struct entity *p = entity_at(b, in->parent);

        if (p->type == ENTITY_ZVOL)
                return arena_printf(b->config->arena, "zvol/%s/%s", p->zvol.pool, p->name);
        return p->name;
}

static bool tree_has_key(const struct tree *t, const char *word) {
        for (const struct tree *c = t->first; c; c = c->next)
                if (text_equal(c->key->text, word))
                        return true;
        return false;
}

/* What has no name gets one that nobody can write, so that what is inside is checked all the same.
 */
static const char *key_required(struct builder *b, const struct entity *e, const struct tree *t,
                                const char *key) {
        if (!tree_has_key(t, key))
                diagnose_error(b->diagnoser, t, "a %s needs the key '%s'",
                               entity_type_print(e->type), key);
        return arena_printf(b->config->arena, " %zu", b->entities.count);
}

static void entity_name(struct builder *b, struct entity *e, const struct tree *t,
                        const struct inherited *in) {
        const char *derived;

        if (e->type == ENTITY_ZDEV) {
                if (!e->zdev.pool)
                        e->zdev.pool = key_required(b, e, t, "pool");
                derived = leg_name(b, in);
                if (e->name && !text_equal(e->name, derived))
                        diagnose_error(b->diagnoser, t,
                                       "the name of this zdev is '%s', as that of what it lies on, "
                                       "not '%s'",
                                       derived, e->name);
                e->name = derived;
        }
        if (!e->name)
                e->name = key_required(b, e, t, e->type == ENTITY_DISK ? "uuid" : "name");
}

static void entity_print_ids(struct builder *b, struct entity *e, const struct inherited *in) {
        struct arena *a = b->config->arena;
        const char *type = entity_type_print(e->type);

        switch (e->type) {
        case ENTITY_DISK:
                e->id = arena_printf(a, "disk|uuid:%s", e->name);
                e->hrid = arena_printf(a, "disk: %s", e->disk.info ? e->disk.info : e->name);
                return;
        case ENTITY_PART:
        case ENTITY_CRYPT:
        case ENTITY_ZPOOL:
                e->id = arena_printf(a, "%s|name:%s", type, e->name);
                e->hrid = arena_printf(a, "%s: %s", type, e->name);
                return;
        case ENTITY_ZVOL:
        case ENTITY_DATASET:
                e->zvol.pool = entity_at(b, in->parent)->name;
                e->id = arena_printf(a, "%s|pool:%s|name:%s", type, e->zvol.pool, e->name);
                e->hrid = arena_printf(a, "%s: %s (%s)", type, e->name, e->zvol.pool);
                return;
        case ENTITY_ZDEV:
                e->id = arena_printf(a, "zdev|pool:%s|name:%s", e->zdev.pool, e->name);
                e->hrid = arena_printf(a, "zdev: %s (%s)", e->name, e->zdev.pool);
                return;
        case _ENTITY_TYPE_MAX:
                return;
        }
}

static bool entity_type_of(struct builder *b, const struct tree *t, enum entity_type *ret) {
        const char *candidates[_ENTITY_TYPE_MAX];

        for (size_t i = 0; i < ELEMENTSOF(tags); i++)
                if (text_equal(t->tag, tags[i].tag)) {
                        *ret = tags[i].type;
                        return true;
                }
        for (enum entity_type k = 0; k < _ENTITY_TYPE_MAX; k++)
                candidates[k] = arena_printf(b->diagnoser->arena, "!%s", entity_type_print(k));
        if (*t->tag)
                diagnose_unknown(b->diagnoser, t, "tag", t->tag, candidates, _ENTITY_TYPE_MAX);
        else
                diagnose_error(b->diagnoser, t,
                               "expected an entity with a tag such as !disk, found %s",
                               tree_describe(b->diagnoser->arena, t));
        return false;
}

static bool entity_may_stand(struct builder *b, const struct tree *t, enum entity_type type,
                             entity_id parent) {
        uint32_t outer = parent == ENTITY_NONE ? _ENTITY_TYPE_MAX : entity_at(b, parent)->type;

        if (contents[outer] & (1u << type))
                return true;
        if (parent == ENTITY_NONE)
                diagnose_error(b->diagnoser, t, "a %s cannot stand at top level",
                               entity_type_print(type));
        else
                diagnose_error(b->diagnoser, t, "a %s cannot be in a %s", entity_type_print(type),
                               entity_type_print((enum entity_type) outer));
        return false;
}

static bool entity_register(struct builder *b, const struct entity *e, const struct tree *t) {
        entity_id other = config_find_id(b->config, e->id);

        if (other != ENTITY_NONE) /* what is inside is checked all the same */
                diagnose_error(b->diagnoser, t, "'%s' is configured already, in line %u", e->id,
                               entity_at(b, other)->line);
        if (b->entities.count >= ENTITIES_MAX) {
                diagnose_error(b->diagnoser, t, "more than %u entities", ENTITIES_MAX);
                return false;
        }
        if (other == ENTITY_NONE)
                map_put(&b->config->by_id, e->id, b->entities.count);
        return true;
}

static entity_id contents_read(struct builder *b, const struct tree *t, const struct inherited *in);

static struct entity entity_empty(enum entity_type type, const struct tree *t,
                                  const struct inherited *in) {
        struct entity e = { .type = type,
                            .parent = in->parent,
                            .first_child = ENTITY_NONE,
                            .next_sibling = ENTITY_NONE,
                            .depth = in->depth,
                            .line = t->key ? t->key->line : t->line };

        if (type == ENTITY_ZPOOL) {
                e.zpool.mount = true;
                e.zpool.import_args = in->import_args;
        }
        if (type == ENTITY_ZDEV) {
                e.zdev.zpool = ENTITY_NONE;
                e.zdev.intervals = in->intervals;
                if (!in->ssd)
                        e.zdev.intervals.trim = (struct span){};
        }
        return e;
}

/* Reads one entity and what is in it. Returns its id, or ENTITY_NONE. */
static entity_id entity_read(struct builder *b, const struct tree *t,
                             const struct inherited *outer) {
        struct inherited in = *outer;
        const struct tree *content;
        enum entity_type type;
        struct entity e;
        entity_id id, first;

        if (!entity_type_of(b, t, &type) || !entity_may_stand(b, t, type, in.parent))
                return ENTITY_NONE; /* nobody knows what its keys would be */
        if (t->kind == TREE_LIST || (t->kind == TREE_SCALAR && *t->text)) {
                diagnose_error(b->diagnoser, t, "expected the keys of a %s, found %s",
                               entity_type_print(type), tree_describe(b->diagnoser->arena, t));
                return ENTITY_NONE;
        }
        e = entity_empty(type, t, &in);
        content = entity_keys_read(b, &e, t, &in);
        e.unpluggable = in.unpluggable;
        if (type == ENTITY_DISK)
                e.disk.ssd = in.ssd;
        if (type == ENTITY_ZPOOL)
                e.zpool.import_argv = words_split(b->config->arena, e.zpool.import_args);
        entity_name(b, &e, t, &in);
        entity_print_ids(b, &e, &in);
        if (!entity_register(b, &e, t))
                return ENTITY_NONE;
        id = e.self = (entity_id) b->entities.count;
        array_append(&b->entities, e);
        array_append(&b->trees, t);
        in.parent = id;
        in.depth++;
        if (content) {
                first = contents_read(b, content, &in);
                entity_at(b, id)->first_child = first;
        }
        return id;
}

/* Returns the first of the entities. */
static entity_id contents_read(struct builder *b, const struct tree *t,
                               const struct inherited *in) {
        entity_id first = ENTITY_NONE, last = ENTITY_NONE;

        if (t->kind == TREE_SCALAR && !*t->text)
                return ENTITY_NONE;
        if (t->kind != TREE_LIST) {
                diagnose_error(b->diagnoser, t, "expected a list of entities, found %s",
                               tree_describe(b->diagnoser->arena, t));
                return ENTITY_NONE;
        }
        for (const struct tree *c = t->first; c; c = c->next) {
                entity_id id = entity_read(b, c, in);

                if (id == ENTITY_NONE)
                        continue;
                if (last == ENTITY_NONE)
                        first = id;
                else
                        entity_at(b, last)->next_sibling = id;
                last = id;
        }
        return first;
}

/* --- the root
 * -----------------------------------------------------------------------------------------------
 */

static void timeout_read(struct builder *b, const struct tree *t, usec_t *ret) {
        uint64_t seconds;
        struct span s;

        if (t->kind == TREE_SCALAR && text_to_u64(t->text, &seconds) && seconds > 0 &&
            seconds <= 31536000)
                *ret = seconds * USEC_PER_SEC;
        else if (t->kind == TREE_SCALAR && span_parse(t->text, &s) && !s.months && s.usec)
                *ret = s.usec;
        else
                diagnose_error(b->diagnoser, t, "expected a number of seconds, found %s",
                               tree_describe(b->diagnoser->arena, t));
}

static void notify_read(struct builder *b, const struct tree *t) {
        if (t->kind == TREE_SCALAR && *t->text)
                diagnose_error(b->diagnoser, t, "expected a list or mapping, found %s",
                               tree_describe(b->diagnoser->arena, t));
        else if (t->end > t->start && t->end <= b->diagnoser->length)
                b->config->settings.notify = arena_strndup(
                        b->config->arena, b->diagnoser->text + t->start, t->end - t->start);
}

static void root_key_read(struct builder *b, enum key k, const struct tree *t,
                          struct inherited *in) {
        struct settings *s = &b->config->settings;
        struct arena *a = b->config->arena;
        struct diagnoser *d = b->diagnoser;

        switch (k) {
        case KEY_NOTES:
                (void) value_text(a, d, t, &s->notes);
                return;
        case KEY_UNPLUGGABLE:
                (void) value_bool(d, t, &in->unpluggable);
                return;
        case KEY_SSD:
                (void) value_bool(d, t, &in->ssd);
                return;
        case KEY_IMPORT_ARGS:
                (void) text_or_nil(b, t, &in->import_args);
                return;
        case KEY_UPDATE_INTERVAL:
        case KEY_SCRUB_INTERVAL:
        case KEY_TRIM_INTERVAL:
        case KEY_AVAILABLE_UPDATE_INTERVAL:
                interval_read(b, k, t, &in->intervals);
                return;
        case KEY_LOG_LEVEL:
                (void) value_log_level(d, t, &s->log_level);
                return;
        case KEY_LOG_EVENTS:
                (void) value_bool(d, t, &s->log_events);
                return;
        case KEY_LOG_FULL_EVENTS:
                (void) value_bool(d, t, &s->log_full_events);
                return;
        case KEY_ENABLE_COMMANDS:
                (void) value_bool(d, t, &s->enable_commands);
                return;
        case KEY_ENABLE_EVENT_HANDLERS:
                (void) value_bool(d, t, &s->enable_event_handlers);
                return;
        case KEY_TIMEOUT:
                timeout_read(b, t, &s->timeout);
                return;
        case KEY_UPDATE_SCHEDULER:
                (void) value_schedule(a, d, t, &s->update_scheduler);
                return;
        case KEY_MAINTENANCE_SCHEDULER:
                (void) value_schedule(a, d, t, &s->maintenance_scheduler);
                return;
        case KEY_REGULAR_STATUS_SCHEDULER:
                s->regular_status_default = false;
                (void) value_schedule(a, d, t, &s->regular_status_scheduler);
                return;
        case KEY_NOTIFY:
                notify_read(b, t);
                return;
        case KEY_GROUPS:
        case KEY_CONTENT: /* when everything that is inherited is known */
        case KEY_NAME:
        case KEY_UUID:
        case KEY_INFO:
        case KEY_FORCE_ENABLE_TRIM:
        case KEY_KEY_FILE:
        case KEY_ROOT:
        case KEY_MOUNT:
        case KEY_BACKED_BY:
        case KEY_POOL:
        case _KEY_MAX:
                return;
        }
}

void build_root(struct builder *b, const struct tree *root) {
        struct inherited in = { .parent = ENTITY_NONE, .ssd = true };
        const struct tree *content = NULL;
        enum key k;

        b->config->settings = (struct settings){ .log_level = LOG_LEVEL_INFO,
                                                 .enable_commands = true,
                                                 .enable_event_handlers = true,
                                                 .timeout = 300 * USEC_PER_SEC,
                                                 .regular_status_default = true };
        if (root->kind != TREE_MAP) {
                diagnose_error(b->diagnoser, root, "expected '--- !zmirror' and keys, found %s",
                               tree_describe(b->diagnoser->arena, root));
                return;
        }
        if (*root->tag && !text_equal(root->tag, "!zmirror") && !text_equal(root->tag, "!ZMirror"))
                diagnose_unknown(b->diagnoser, root, "tag", root->tag,
                                 (const char *const[]){ "!zmirror" }, 1);
        for (const struct tree *c = root->first; c; c = c->next) {
                if (!key_find(b, c->key, ROOT, "root", &k))
                        continue;
                if (k == KEY_CONTENT)
                        content = c;
                else
                        root_key_read(b, k, c, &in);
        }
        if (content)
                (void) contents_read(b, content, &in);
        else
                diagnose_warning(b->diagnoser, root,
                                 "nothing is configured: the key 'content' is missing");
}
