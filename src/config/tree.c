/* config/tree.c - a YAML document as a tree of scalars, lists and mappings, each with its place */
#include <libfyaml.h>
#include <string.h>

#include "base/text.h"
#include "config/diagnose.h"
#include "config/tree.h"

#define DEPTH_MAX 64u
#define KEYS_MAX  256u /* in one mapping; no entity has that many */
#define NODES_MAX 20000000u

struct reader {
        struct arena *arena;
        struct diagnoser *diagnoser;
        struct fy_parser *parser;
        struct tree *root;
        struct tree *stack[DEPTH_MAX];
        struct tree *key; /* of the mapping on top: read, its value is to come */
        uint32_t depth, n_documents, n_nodes;
        bool failed;
};

static void reader_fail(struct reader *r, const struct tree *where, const char *text) {
        diagnose_error(r->diagnoser, where, "%s", text);
        r->failed = true;
}

static const char *token_text(struct arena *a, struct fy_token *token) {
        size_t n = 0;
        const char *s = token ? fy_token_get_text(token, &n) : NULL;

        return s ? arena_strndup(a, s, n) : "";
}

/* "!zpool" for both `!zpool` and the spelled-out form; the core schema's tags of YAML itself do not
 * matter. */
static const char *tag_text(struct arena *a, struct fy_token *token) {
        const char *handle = token ? fy_tag_token_handle0(token) : NULL;
        const char *suffix = token ? fy_tag_token_suffix0(token) : NULL;

        if (!token || (handle && strcmp(handle, "!!") == 0))
                return "";
        return arena_printf(a, "%s%s", handle ? handle : "", suffix ? suffix : "");
}

static struct tree *node_make(struct reader *r, struct fy_event *event, enum tree_kind kind) {
        const struct fy_mark *mark = fy_event_start_mark(event), *end = fy_event_end_mark(event);
        struct tree *t = arena_new_one(r->arena, struct tree);

        t->kind = kind;
        t->tag = tag_text(r->arena, fy_event_get_tag_token(event));
        t->text = "";
        if (mark) {
                t->line = (uint32_t) mark->line + 1;
                t->column = (uint32_t) mark->column + 1;
                t->start = mark->input_pos;
        }
        if (end) {
                t->end = end->input_pos;
                t->length = mark && end->line == mark->line
                                    ? (uint32_t) (end->column - mark->column)
                                    : 1;
        }
        if (*t->tag) /* the mark is that of the content */
                t->length = 1;
        return t;
}

static bool map_has_key(const struct tree *map, const struct tree *key) {
        for (const struct tree *c = map->first; c; c = c->next)
                if (text_equal(c->key->text, key->text))
                        return true;
        return false;
}

/* Puts the node where it belongs: below the one on top of the stack, as an item, a key or a value.
 */
static void node_place(struct reader *r, struct tree *t) {
        struct tree *top = r->depth ? r->stack[r->depth - 1] : NULL;

        if (++r->n_nodes > NODES_MAX)
                reader_fail(r, t, "the file is too long");
        if (!top) {
                r->root = t;
                return;
        }
        if (top->kind == TREE_MAP && !r->key) {
                if (t->kind != TREE_SCALAR)
                        reader_fail(r, t, "a key has to be a word");
                else if (text_equal(t->text, "<<"))
                        reader_fail(r, t, "merge keys are not supported");
                r->key = t;
                return;
        }
        if (top->kind == TREE_MAP) {
                t->key = r->key;
                r->key = NULL;
                if (top->n >= KEYS_MAX)
                        reader_fail(r, t->key, "too many keys in one mapping");
                else if (map_has_key(top, t->key)) {
                        diagnose_error(r->diagnoser, t->key, "key '%.64s' comes twice",
                                       t->key->text);
                        return;
                }
        }
        if (top->last)
                top->last->next = t;
        else
                top->first = t;
        top->last = t;
        top->n++;
}

static void node_open(struct reader *r, struct fy_event *event, enum tree_kind kind) {
        struct tree *t = node_make(r, event, kind);

        node_place(r, t);
        if (r->depth == DEPTH_MAX)
                reader_fail(r, t, "nested too deep (64 levels)");
        else
                r->stack[r->depth++] = t;
}

static void node_close(struct reader *r, struct fy_event *event) {
        const struct fy_mark *mark = fy_event_end_mark(event);

        if (r->depth && mark)
                r->stack[r->depth - 1]->end = mark->input_pos;
        if (r->depth)
                r->depth--;
}

static void scalar_read(struct reader *r, struct fy_event *event) {
        struct tree *t = node_make(r, event, TREE_SCALAR);
        enum fy_scalar_style style = FYSS_PLAIN;

        if (event->scalar.value) {
                t->text = token_text(r->arena, event->scalar.value);
                style = fy_token_scalar_style(event->scalar.value);
        }
        t->quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
        node_place(r, t);
}

static void event_read(struct reader *r, struct fy_event *event) {
        if (fy_event_get_anchor_token(event))
                reader_fail(r, node_make(r, event, TREE_SCALAR),
                            "anchors and aliases are not supported");
        switch (event->type) {
        case FYET_DOCUMENT_START:
                if (++r->n_documents > 1)
                        reader_fail(r, node_make(r, event, TREE_SCALAR),
                                    "only one document is expected");
                return;
        case FYET_SCALAR:
                scalar_read(r, event);
                return;
        case FYET_SEQUENCE_START:
                node_open(r, event, TREE_LIST);
                return;
        case FYET_MAPPING_START:
                node_open(r, event, TREE_MAP);
                return;
        case FYET_SEQUENCE_END:
        case FYET_MAPPING_END:
                node_close(r, event);
                return;
        case FYET_ALIAS:
                reader_fail(r, node_make(r, event, TREE_SCALAR),
                            "anchors and aliases are not supported");
                return;
        case FYET_NONE:
        case FYET_STREAM_START:
        case FYET_STREAM_END:
        case FYET_DOCUMENT_END:
                return;
        }
}

/* What the library had to say. */
static void reader_take_errors(struct reader *r, struct fy_diag *diag) {
        struct fy_diag_error *error;
        void *prev = NULL;
        bool any = false;

        while ((error = fy_diag_errors_iterate(diag, &prev))) {
                diagnose_at(r->diagnoser, true, error->line > 0 ? (uint32_t) error->line : 1,
                            error->column > 0 ? (uint32_t) error->column : 1, 1,
                            arena_printf(r->arena, "not valid YAML: %s",
                                         error->msg ? error->msg : "?"));
                any = true;
        }
        if (!any)
                diagnose_at(r->diagnoser, true, 0, 0, 0, "not valid YAML");
        r->failed = true;
}

struct tree *tree_parse(struct arena *a, const char *text, size_t length, struct diagnoser *d) {
        struct reader r = { .arena = a, .diagnoser = d };
        struct fy_diag_cfg quiet;
        struct fy_diag *diag;
        struct fy_event *event;

        fy_diag_cfg_default(&quiet);
        quiet.fp = NULL;
        quiet.level = FYET_ERROR;
        diag = fy_diag_create(&quiet);
        if (!diag)
                abort();
        fy_diag_set_collect_errors(diag, true);
        r.parser = fy_parser_create(&(struct fy_parse_cfg){
                .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2,
                .diag = diag });
        if (!r.parser)
                abort();
        if (fy_parser_set_string(r.parser, text, length) != 0)
                r.failed = true;
        while (!r.failed && (event = fy_parser_parse(r.parser))) {
                event_read(&r, event);
                fy_parser_event_free(r.parser, event);
        }
        if (fy_parser_get_stream_error(r.parser))
                reader_take_errors(&r, diag);
        fy_parser_destroy(r.parser);
        fy_diag_destroy(diag);
        return r.failed ? NULL : r.root;
}

const char *tree_describe(struct arena *a, const struct tree *t) {
        if (t->kind == TREE_LIST)
                return "a list";
        if (t->kind == TREE_MAP)
                return "a mapping";
        return *t->text ? arena_printf(a, "'%.64s'", t->text) : "nothing";
}
