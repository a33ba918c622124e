/* config/build.c - from the tree to the entities: keys, containment, ids, inheritance */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "config/backing.h"
#include "config/build.h"
#include "config/handlers.h"
#include "config/value.h"

#define ENTITIES_MAX 1000000u

/* What comes down from the enclosing entities and the root. */
struct inherited {
        entity_id parent;
        uint32_t depth;
        bool anything; /* nobody knows what is around it, nor so what may stand there */
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

/* Who may contain whom; the last row is what may stand at top level. */
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

/* --- keys --- */

/* What was meant by a key that there is not, or NULL. */
static const char *key_unknown(struct builder *b, const struct tree *key, uint32_t types) {
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
        return diagnose_unknown(b->diagnoser, key, "key", key->text, candidates, n);
}

static bool key_parse(const char *word, enum key *ret) {
        for (enum key k = 0; k < _KEY_MAX; k++)
                if (text_equal(word, keys[k].name)) {
                        *ret = k;
                        return true;
                }
        return false;
}

static bool key_is_event(const char *word, enum event *ret) {
        return text_starts(word, "on_") && event_parse(word + strlen("on_"), ret);
}

/* The key of `map`, or what was meant by it: what stands there is judged all the same. NULL: these
 * types have none like it, which was told. */
static const char *key_find(struct builder *b, const struct tree *map, const struct tree *key,
                            uint32_t types) {
        enum event event;
        const char *meant;
        enum key k;

        if (key_parse(key->text, &k)) {
                if (keys[k].types & types)
                        return key->text;
                diagnose_error(b->diagnoser, key, "%s%s has no key '%s'",
                               types == ROOT ? "the document" : "a ",
                               types == ROOT ? "" : entity_type_print(__builtin_ctz(types)),
                               key->text);
                return NULL;
        }
        if (types != ROOT && key_is_event(key->text, &event))
                return key->text;
        meant = key_unknown(b, key, types);
        return meant && !tree_find(map, meant) ? meant : NULL;
}

/* Tags are for entities and vdevs. What is kept for later is not judged. */
static bool key_takes_tags(enum key k) {
        return k == KEY_CONTENT || k == KEY_BACKED_BY || k == KEY_NOTIFY;
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

/* What is given here goes past the guards, so nothing may that forces, rewinds or takes what was
 * destroyed; nor may the name of a pool. */
static void import_args_read(struct builder *b, const struct tree *t, const char **ret) {
        static const char allowed[] = "cdoRlmNs", with_argument[] = "cdoR";
        const char *const *words;
        const char *text = NULL, *option = "";

        if (!text_or_nil(b, t, &text))
                return;
        *ret = text;
        words = words_split(b->scratch, text);
        for (; words && *words; words++) {
                if (**words != '-' || !(*words)[1]) {
                        diagnose_error(b->diagnoser, t,
                                       "only options of 'zpool import' can be given here, not '%s'",
                                       *words);
                        return;
                }
                for (option = *words + 1; strchr(allowed, *option) && *option; option++)
                        if (strchr(with_argument, *option))
                                break;
                if (*option && !strchr(allowed, *option)) {
                        diagnose_error(b->diagnoser, t,
                                       "option '-%c' cannot be given here, only -c -d -l -m -N -o "
                                       "-R -s",
                                       *option);
                        return;
                }
                if (!*option || option[1])
                        continue;
                if (!*++words) {
                        diagnose_error(b->diagnoser, t, "option '-%c' needs an argument", *option);
                        return;
                }
        }
}

static void interval_read(struct builder *b, enum key k, const struct tree *t,
                          struct intervals *ret) {
        struct span *span = k == KEY_UPDATE_INTERVAL  ? &ret->update
                            : k == KEY_SCRUB_INTERVAL ? &ret->scrub
                            : k == KEY_TRIM_INTERVAL  ? &ret->trim
                                                      : &ret->available_update;

        (void) value_span(b->diagnoser, t, span);
}

static const enum name_kind name_kinds[_ENTITY_TYPE_MAX] = {
        [ENTITY_PART] = NAME_PART,    [ENTITY_CRYPT] = NAME_CRYPT,     [ENTITY_ZPOOL] = NAME_POOL,
        [ENTITY_ZVOL] = NAME_DATASET, [ENTITY_DATASET] = NAME_DATASET, [ENTITY_ZDEV] = NAME_LEG,
};

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
                (void) value_name(a, d, t, name_kinds[e->type], &e->name);
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
                import_args_read(b, t, &e->zpool.import_args);
                return;
        case KEY_BACKED_BY:
                backing_read(b, e, t);
                return;
        case KEY_POOL:
                (void) value_name(a, d, t, NAME_POOL, &e->zdev.pool);
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

/* A handler of the entity, or something near it. */
static void entity_event_read(struct builder *b, struct handler_set *set, const struct entity *e,
                              enum event event, const struct tree *t) {
        value_refuse_tags(b->diagnoser, t);
        if (event_suits(event, e->type))
                handlers_read(b, set, e, event, t);
        else
                diagnose_error(b->diagnoser, t->key, "a %s has no event '%s'",
                               entity_type_print(e->type), t->key->text + strlen("on_"));
}

/* Returns what stands under `content`, which is read when the entity has its id, or NULL. */
static const struct tree *entity_keys_read(struct builder *b, struct entity *e,
                                           const struct tree *t, struct inherited *in) {
        const struct tree *content = NULL;
        struct handler_set set = {};
        enum event event;
        enum key k;

        b->keys_met = 0;
        for (const struct tree *c = t->first; c; c = c->next) {
                const char *word = key_find(b, t, c->key, 1u << e->type);

                if (word && key_is_event(word, &event))
                        entity_event_read(b, &set, e, event, c);
                if (!word || !key_parse(word, &k))
                        continue;
                b->keys_met |= UINT64_C(1) << k;
                if (!key_takes_tags(k))
                        value_refuse_tags(b->diagnoser, c);
                if (k == KEY_CONTENT)
                        content = c;
                else
                        entity_key_read(b, e, k, c, in);
        }
        e->handlers = handlers_keep(b, &set);
        return content;
}

/* --- entities --- */

/* What has no name gets one that nobody can write, so that what is inside is checked all the same.
 */
static const char *name_make(struct builder *b, enum entity_type type) {
        b->gaps |= 1u << type;
        return arena_printf(b->config->arena, "\n%zu", b->entities.count);
}

static const char *key_required(struct builder *b, const struct entity *e, const struct tree *t,
                                enum key key) {
        if (!(b->keys_met & UINT64_C(1) << key) && !t->cut)
                diagnose_error(b->diagnoser, t, "a %s needs the key '%s'",
                               entity_type_print(e->type), keys[key].name);
        return name_make(b, e->type);
}

/* A leg's name follows from what it lies on. */
static const char *leg_name(struct builder *b, const struct inherited *in) {
        const struct entity *p = in->parent == ENTITY_NONE ? NULL : entity_at(b, in->parent);

        if (!p) /* which is a mistake, that was told */
                return name_make(b, ENTITY_ZDEV);
        if (p->type == ENTITY_ZVOL)
                return arena_printf(b->config->arena, "zvol/%s/%s", p->zvol.pool, p->name);
        return p->name;
}

/* The pool that a volume or dataset is in. */
static const char *volume_pool(struct builder *b, const struct inherited *in) {
        const struct entity *p = in->parent == ENTITY_NONE ? NULL : entity_at(b, in->parent);

        return p && p->type == ENTITY_ZPOOL ? p->name : name_make(b, ENTITY_ZPOOL);
}

static void entity_name(struct builder *b, struct entity *e, const struct tree *t,
                        const struct inherited *in) {
        const char *derived;

        if (e->type == ENTITY_ZDEV) {
                if (!e->zdev.pool)
                        e->zdev.pool = key_required(b, e, t, KEY_POOL);
                derived = leg_name(b, in);
                if (e->name && !text_equal(e->name, derived) && in->parent != ENTITY_NONE)
                        diagnose_error(b->diagnoser, tree_find_place(t, "name"),
                                       "the name of this zdev is '%s', as that of what it lies on, "
                                       "not '%s'",
                                       derived, e->name);
                e->name = derived;
        }
        if (!e->name)
                e->name = key_required(b, e, t, e->type == ENTITY_DISK ? KEY_UUID : KEY_NAME);
}

#define JOIN_MAX 5u

/* "<a><b><c>...", up to NULL. There are two for each entity, so they are not left to printf. */
static const char *join(struct arena *a, const char *const *parts) {
        size_t n = 0, lengths[JOIN_MAX];
        char *joined, *p;

        for (size_t i = 0; parts[i]; i++)
                n += lengths[i] = strlen(parts[i]);
        joined = p = arena_alloc(a, n + 1);
        for (size_t i = 0; parts[i]; i++)
                p = mempcpy(p, parts[i], lengths[i]);
        return joined;
}

#define JOIN(a, ...) join(a, (const char *const[]){ __VA_ARGS__, NULL })

static void entity_print_ids(struct builder *b, struct entity *e, const struct inherited *in) {
        struct arena *a = b->config->arena;
        const char *type = entity_type_print(e->type);

        switch (e->type) {
        case ENTITY_DISK:
                e->id = JOIN(a, "disk|uuid:", e->name);
                e->hrid = JOIN(a, "disk: ", e->disk.info ? e->disk.info : e->name);
                return;
        case ENTITY_PART:
        case ENTITY_CRYPT:
        case ENTITY_ZPOOL:
                e->id = JOIN(a, type, "|name:", e->name);
                e->hrid = JOIN(a, type, ": ", e->name);
                return;
        case ENTITY_ZVOL:
        case ENTITY_DATASET:
                e->zvol.pool = volume_pool(b, in);
                e->id = JOIN(a, type, "|pool:", e->zvol.pool, "|name:", e->name);
                e->hrid = arena_printf(a, "%s: %s (%s)", type, e->name, e->zvol.pool);
                return;
        case ENTITY_ZDEV:
                e->id = JOIN(a, "zdev|pool:", e->zdev.pool, "|name:", e->name);
                e->hrid = JOIN(a, "zdev: ", e->name, " (", e->zdev.pool, ")");
                return;
        case _ENTITY_TYPE_MAX:
                return;
        }
}

/* The type that was meant, for a mistake that was told: what is inside is read all the same. */
static bool entity_type_guess(const struct tree *t, const char *const *names,
                              enum entity_type *ret) {
        const char *nearest = *t->tag ? text_nearest(t->tag, names, _ENTITY_TYPE_MAX) : NULL;

        return nearest && entity_type_parse(nearest + 1, ret);
}

/* False: nobody knows. */
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
                (void) diagnose_unknown(b->diagnoser, t, "tag", t->tag, candidates,
                                        _ENTITY_TYPE_MAX);
        else
                diagnose_error(b->diagnoser, t,
                               "expected an entity with a tag such as !disk, found %s",
                               tree_describe(b->diagnoser->arena, t));
        return entity_type_guess(t, candidates, ret);
}

static void entity_check_place(struct builder *b, const struct tree *t, enum entity_type type,
                               const struct inherited *in) {
        uint32_t outer = in->parent == ENTITY_NONE ? _ENTITY_TYPE_MAX
                                                   : entity_at(b, in->parent)->type;

        if (in->anything || contents[outer] & (1u << type))
                return;
        if (in->parent == ENTITY_NONE)
                diagnose_error(b->diagnoser, t, "a %s cannot stand at top level",
                               entity_type_print(type));
        else
                diagnose_error(b->diagnoser, t, "a %s cannot be in a %s", entity_type_print(type),
                               entity_type_print((enum entity_type) outer));
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

/* Commands know a disk by what it is called, too. */
static void disk_register_info(struct builder *b, const struct entity *e, const struct tree *t) {
        uint64_t other;

        if (!e->disk.info || !*e->disk.info)
                return;
        if (map_get(&b->infos, e->disk.info, &other))
                diagnose_warning(b->diagnoser, tree_find_place(t, "info"),
                                 "the disk in line %u is called '%.64s', too; commands will know "
                                 "them only by uuid",
                                 entity_at(b, (entity_id) other)->line, e->disk.info);
        else
                map_put(&b->infos, e->disk.info, e->self);
}

/* Whoever opens a container that stands alone: it is not zmirror. */
static void crypt_check_lone(struct builder *b, const struct entity *e, const struct tree *t) {
        if (e->crypt.key_file && tree_find(t, "key_file"))
                diagnose_warning(b->diagnoser, tree_find(t, "key_file")->key,
                                 "a crypt at top level is opened by others, never with this key");
        for (const struct tree *c = t->first; c; c = c->next)
                if (text_starts(c->key->text, "on_"))
                        for (const struct tree *k = c->kind == TREE_LIST ? c->first : c; k;
                             k = c->kind == TREE_LIST ? k->next : NULL)
                                if (text_equal(k->text, "online") || text_equal(k->text, "offline"))
                                        diagnose_warning(b->diagnoser, k,
                                                         "a crypt at top level is opened and "
                                                         "closed by others, so this will fail");
}

static entity_id contents_read(struct builder *b, const struct tree *t, const struct inherited *in);

/* Entities are read in the order of the file, so its lines are counted only once. */
static uint32_t line_of(struct builder *b, const struct tree *t) {
        const char *text = b->diagnoser->text, *newline;

        while (t->start > b->line_start &&
               (newline = memchr(text + b->line_start, '\n', t->start - b->line_start))) {
                b->line_start = (size_t) (newline + 1 - text);
                b->line++;
        }
        return b->line;
}

static struct entity entity_empty(struct builder *b, enum entity_type type, const struct tree *t,
                                  const struct inherited *in) {
        struct entity e = { .type = type,
                            .parent = in->parent,
                            .first_child = ENTITY_NONE,
                            .next_sibling = ENTITY_NONE,
                            .depth = in->depth,
                            .line = line_of(b, t) };

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

/* Nobody knows what its keys would be, but entities in it are like others. */
static void entity_read_unknown(struct builder *b, const struct tree *t,
                                const struct inherited *outer) {
        const struct tree *content = tree_find(t, "content");
        struct inherited in = *outer;

        b->gaps = GAPS_ALL;
        in.parent = ENTITY_NONE;
        in.anything = true;
        if (content)
                (void) contents_read(b, content, &in);
}

/* Reads one entity and what is in it. Returns its id, or ENTITY_NONE. */
static entity_id entity_read(struct builder *b, const struct tree *t,
                             const struct inherited *outer) {
        struct inherited in = *outer;
        const struct tree *content;
        enum entity_type type;
        struct entity e;
        entity_id id, first;

        if (!entity_type_of(b, t, &type)) {
                entity_read_unknown(b, t, outer);
                return ENTITY_NONE;
        }
        entity_check_place(b, t, type, &in);
        in.anything = false;
        if (t->kind == TREE_LIST || (t->kind == TREE_SCALAR && *t->text)) {
                diagnose_error(b->diagnoser, t, "expected the keys of a %s, found %s",
                               entity_type_print(type), tree_describe(b->diagnoser->arena, t));
                b->gaps |= 1u << type;
                return ENTITY_NONE;
        }
        e = entity_empty(b, type, t, &in);
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
        if (type == ENTITY_DISK)
                disk_register_info(b, &e, t);
        if (type == ENTITY_CRYPT && in.parent == ENTITY_NONE)
                crypt_check_lone(b, &e, t);
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

/* --- the root --- */

static void timeout_read(struct builder *b, const struct tree *t, usec_t *ret) {
        uint64_t seconds;
        struct span s;

        if (t->kind == TREE_SCALAR && !t->quoted && text_to_u64(t->text, &seconds) && seconds > 0 &&
            seconds <= 31536000)
                *ret = seconds * USEC_PER_SEC;
        else if (t->kind == TREE_SCALAR && span_parse(t->text, &s) && !s.months && s.usec)
                *ret = s.usec;
        else
                diagnose_error(b->diagnoser, t,
                               "expected seconds, or a duration such as '5 minutes' (no months, no "
                               "years), found %s",
                               tree_describe(b->diagnoser->arena, t));
}

/* Kept as it is written, from the beginning of its line where nothing else is there, so that the
 * indentation stays right. */
static void notify_read(struct builder *b, const struct tree *t) {
        const char *text = b->diagnoser->text, *start = text + t->start, *stop = text + t->stop;

        if (t->kind == TREE_SCALAR && *t->text) {
                diagnose_error(b->diagnoser, t, "expected a list or mapping, found %s",
                               tree_describe(b->diagnoser->arena, t));
                return;
        }
        while (start > text && start[-1] == ' ')
                start--;
        if (start > text && start[-1] != '\n')
                start = text + t->start;
        while (stop > start && strchr(" \n\r\t", stop[-1]))
                stop--;
        if (stop > start)
                b->config->settings.notify = arena_strndup(b->config->arena, start,
                                                           (size_t) (stop - start));
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
                import_args_read(b, t, &in->import_args);
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

        b->line = 1;
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
                (void) diagnose_unknown(b->diagnoser, root, "tag", root->tag,
                                        (const char *const[]){ "!zmirror" }, 1);
        for (const struct tree *c = root->first; c; c = c->next) {
                const char *word = key_find(b, root, c->key, ROOT);

                if (!word || !key_parse(word, &k))
                        continue;
                if (!key_takes_tags(k))
                        value_refuse_tags(b->diagnoser, c);
                if (k == KEY_CONTENT)
                        content = c;
                else
                        root_key_read(b, k, c, &in);
        }
        if (content)
                (void) contents_read(b, content, &in);
        else if (!root->cut)
                diagnose_warning(b->diagnoser, root,
                                 "nothing is configured: the key 'content' is missing");
}

void builder_done(struct builder *b) {
        array_done(&b->entities);
        array_done(&b->trees);
        array_done(&b->backing_names);
        map_done(&b->handler_sets);
        map_done(&b->infos);
}
