/* config/handlers.c - what is to be done when something happens to an entity: its on_<event> keys
 */
#include "config/handlers.h"
#include "base/text.h"
#include "config/value.h"

static bool is_in_volume(const struct builder *b, const struct entity *e) {
        for (entity_id i = e->parent; i != ENTITY_NONE; i = b->entities.items[i].parent)
                if (b->entities.items[i].type == ENTITY_ZVOL)
                        return true;
        return false;
}

/* The older spelling has an underscore. */
static bool is_snapshot_parent(const char *word) {
        return text_equal(word, "snapshot-parent") || text_equal(word, "snapshot_parent");
}

static bool action_word(struct builder *b, const struct entity *e, const struct tree *t,
                        struct action *ret) {
        static const char *const words[] = { "online",   "offline",         "scrub", "trim",
                                             "snapshot", "snapshot-parent", "pass",  "run" };
        struct diagnoser *d = b->diagnoser;
        enum wish wish;

        if (text_equal(t->text, "pass")) {
                *ret = (struct action){ .kind = ACTION_PASS };
                return true;
        }
        if (is_snapshot_parent(t->text)) {
                *ret = (struct action){ .kind = ACTION_SNAPSHOT_PARENT };
                if (e->type == ENTITY_ZDEV && is_in_volume(b, e))
                        return true;
                diagnose_error(d, t, "'%s' is for a zdev in a zvol; this %s is in none", t->text,
                               entity_type_print(e->type));
                return false;
        }
        if (text_equal(t->text, "run")) {
                diagnose_error(d, t, "'run' needs a program: 'run: [program, argument]'");
                return false;
        }
        if (!wish_parse(t->text, &wish) || wish == WISH_EJECT) { /* that is up to a person */
                (void) diagnose_unknown(d, t, "action", t->text, words, ELEMENTSOF(words));
                return false;
        }
        if (!wish_suits(wish, e->type)) {
                diagnose_error(d, t, "a %s cannot '%s'", entity_type_print(e->type), t->text);
                return false;
        }
        *ret = (struct action){ .kind = ACTION_WISH, .wish = wish };
        return true;
}

static bool action_run(struct builder *b, const struct tree *t, struct action *ret) {
        *ret = (struct action){ .kind = ACTION_RUN };
        if (!value_words(b->scratch, b->diagnoser, t, &ret->argv))
                return false;
        if (ret->argv[0])
                return true;
        diagnose_error(b->diagnoser, t, "'run' needs a program: 'run: [program, argument]'");
        return false;
}

static bool action_read(struct builder *b, const struct entity *e, const struct tree *t,
                        struct action *ret) {
        if (t->kind == TREE_SCALAR && *t->text)
                return action_word(b, e, t, ret);
        if (t->kind == TREE_MAP && t->n == 1 && text_equal(t->first->key->text, "run"))
                return action_run(b, t->first, ret);
        diagnose_error(b->diagnoser, t,
                       "expected an action such as online, or 'run: [program, argument]', found %s",
                       tree_describe(b->diagnoser->arena, t));
        return false;
}

void handlers_read(struct builder *b, struct handler_set *set, const struct entity *e,
                   enum event event, const struct tree *t) {
        struct action *actions = arena_new_array(b->scratch, struct action, t->n + 1);
        struct handler *h = &set->handlers[event];

        if (h->actions) { /* two names of one event */
                diagnose_error(b->diagnoser, t->key, "this handler is there already, as 'on_%s'",
                               event_print(event));
                return;
        }
        h->actions = actions;
        if (t->kind == TREE_LIST)
                for (const struct tree *c = t->first; c; c = c->next)
                        h->n_actions += action_read(b, e, c, &actions[h->n_actions]);
        else if (t->kind == TREE_MAP || *t->text) /* a single action may stand without its list */
                h->n_actions += action_read(b, e, t, actions);
        set->any |= h->n_actions > 0;
}

/* Unambiguous, as no text in the file has control characters but tabs and line ends. */
static void set_print(struct text *t, const struct handler_set *set) {
        for (enum event e = 0; e < _EVENT_MAX; e++) {
                const struct handler *h = &set->handlers[e];

                for (uint32_t i = 0; i < h->n_actions; i++) {
                        const struct action *a = &h->actions[i];

                        text_add_bytes(t, (char[]){ 1, (char) ('A' + (int) e) }, 2);
                        text_add_bytes(t,
                                       (char[]){ (char) ('A' + (int) a->kind),
                                                 (char) ('A' + (int) a->wish) },
                                       2);
                        for (const char *const *w = a->argv; w && *w; w++) {
                                text_add(t, "\2");
                                text_add(t, *w);
                        }
                }
        }
}

static const char *const *words_copy(struct arena *a, const char *const *words) {
        const char **copy;
        size_t n = 0;

        while (words && words[n])
                n++;
        if (!n)
                return NULL;
        copy = arena_new_array(a, const char *, n + 1);
        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(a, words[i]);
        return copy;
}

static const struct handler *set_copy(struct arena *a, const struct handler_set *set) {
        struct handler *handlers = arena_memdup(a, set->handlers, sizeof(set->handlers));

        for (enum event e = 0; e < _EVENT_MAX; e++) {
                uint32_t n = handlers[e].n_actions;
                struct action *actions = n ? arena_memdup(a, handlers[e].actions,
                                                          n * sizeof(*actions))
                                           : NULL;

                for (uint32_t i = 0; i < n; i++)
                        actions[i].argv = words_copy(a, actions[i].argv);
                handlers[e].actions = actions;
        }
        return handlers;
}

const struct handler *handlers_keep(struct builder *b, const struct handler_set *set) {
        static const struct handler none[_EVENT_MAX];
        const struct handler *kept;
        struct text t = {};
        uint64_t found;

        if (!set->any)
                return none;
        set_print(&t, set);
        if (map_get(&b->handler_sets, t.s, &found))
                kept = (const struct handler *) (uintptr_t) found;
        else {
                kept = set_copy(b->config->arena, set);
                map_put(&b->handler_sets, arena_strdup(b->scratch, t.s),
                        (uint64_t) (uintptr_t) kept);
        }
        text_done(&t);
        return kept;
}
