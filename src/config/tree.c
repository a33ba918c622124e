/* config/tree.c - a YAML document as a tree of scalars, lists and mappings, each with its place */
#include <libfyaml.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "config/diagnose.h"
#include "config/tree.h"

#define DEPTH_MAX     64u
#define KEYS_MAX      256u /* in one mapping; no entity has that many */
#define NODES_MAX     20000000u
#define NOWHERE       UINT32_MAX
#define WORD_KEPT_MAX 40u

struct reader {
        struct arena *arena;
        struct diagnoser *diagnoser;
        struct fy_parser *parser;
        struct map words; /* keys and tags are few, and written thousands of times */
        struct tree *root;
        struct {
                struct tree *node, *last;
        } stack[DEPTH_MAX];
        struct tree *key; /* of the mapping on top: read, its value is to come */
        uint32_t depth, n_documents, n_nodes;
        bool failed;
};

/* What cannot be gone on with. */
static void reader_fail(struct reader *r, const struct tree *where, const char *text) {
        diagnose_error(r->diagnoser, where, "%s", text);
        r->failed = true;
}

/* The word, kept once. */
static const char *word_keep(struct reader *r, const char *s, size_t n) {
        char word[WORD_KEPT_MAX + 1];
        const char *kept;
        uint64_t found;

        if (n > WORD_KEPT_MAX)
                return arena_strndup(r->arena, s, n);
        memcpy(word, s, n);
        word[n] = 0;
        if (map_get(&r->words, word, &found))
                return (const char *) (uintptr_t) found;
        kept = arena_strndup(r->arena, word, n);
        map_put(&r->words, kept, (uint64_t) (uintptr_t) kept);
        return kept;
}

/* A plain scalar on one line is what stands there; only for others the library has to compose it.
 */
static const char *token_text(struct reader *r, struct fy_token *token, size_t *ret_length) {
        const struct fy_mark *start = fy_token_start_mark(token), *end = fy_token_end_mark(token);

        if (fy_token_scalar_style(token) != FYSS_PLAIN || !start || !end ||
            start->line != end->line || end->input_pos < start->input_pos ||
            end->input_pos > r->diagnoser->length)
                return fy_token_get_text(token, ret_length);
        *ret_length = end->input_pos - start->input_pos;
        return r->diagnoser->text + start->input_pos;
}

static const char *scalar_text(struct reader *r, const struct tree *where, struct fy_token *token,
                               bool is_key) {
        size_t n = 0;
        const char *s = token ? token_text(r, token, &n) : NULL;

        if (!s)
                return "";
        for (size_t i = 0; i < n; i++) /* "\0" in quotes makes one, after all */
                if (((unsigned char) s[i] < 0x20 && s[i] != '\n' && s[i] != '\t') || s[i] == 0x7f) {
                        diagnose_error_at(r->diagnoser, where->start, where->end,
                                          "a control character cannot stand in a text");
                        return "?";
                }
        return is_key ? word_keep(r, s, n) : arena_strndup(r->arena, s, n);
}

/* The tag as it is written; those of YAML itself ("!!str") do not matter. It is also where a
 * mistake is pointed at, as that is what an entity begins with. */
static void node_take_tag(struct reader *r, struct fy_token *token, struct tree *t) {
        const struct fy_mark *start = token ? fy_token_start_mark(token) : NULL;
        const struct fy_mark *end = token ? fy_token_end_mark(token) : NULL;
        const char *s;
        size_t n;

        t->tag = "";
        if (!start || !end || end->input_pos > r->diagnoser->length ||
            end->input_pos <= start->input_pos)
                return;
        s = r->diagnoser->text + start->input_pos;
        n = end->input_pos - start->input_pos;
        if (n >= 2 && memcmp(s, "!!", 2) == 0)
                return;
        t->tag = word_keep(r, s, n);
        t->start = (uint32_t) start->input_pos;
        t->end = (uint32_t) end->input_pos;
}

static struct tree *node_make(struct reader *r, struct fy_event *event, enum tree_kind kind) {
        const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
        struct tree *t = arena_new_one(r->arena, struct tree);

        t->kind = (uint8_t) kind;
        t->text = "";
        t->start = t->bracket = start ? (uint32_t) start->input_pos : NOWHERE;
        t->end = t->stop = end ? (uint32_t) end->input_pos : t->start;
        node_take_tag(r, fy_event_get_tag_token(event), t);
        return t;
}

static bool map_has_key(const struct tree *map, const struct tree *key) {
        for (const struct tree *c = map->first; c; c = c->next)
                if (text_equal(c->key->text, key->text))
                        return true;
        return false;
}

static void key_take(struct reader *r, struct tree *t) {
        if (t->kind != TREE_SCALAR)
                reader_fail(r, t, "a key has to be a word");
        else if (text_equal(t->text, "<<"))
                reader_fail(r, t, "merge keys are not supported");
        r->key = t;
}

/* Where nothing stands, there is no place to point at but the key or the list before it. */
static void node_borrow_place(struct tree *t, const struct tree *before) {
        if (t->start != NOWHERE)
                return;
        t->start = t->stop = before ? before->start : 0;
        t->end = before ? before->end : 0;
}

/* Puts the node where it belongs: below the one on top of the stack, as an item, a key or a value.
 */
static void node_place(struct reader *r, struct tree *t) {
        struct tree *top = r->depth ? r->stack[r->depth - 1].node : NULL, *last;

        node_borrow_place(t, r->key ? r->key : top);
        if (++r->n_nodes > NODES_MAX)
                reader_fail(r, t, "the file is too long");
        if (!top) {
                r->root = t;
                return;
        }
        if (top->kind == TREE_MAP && !r->key) {
                key_take(r, t);
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
        last = r->stack[r->depth - 1].last;
        if (last)
                last->next = t;
        else
                top->first = t;
        r->stack[r->depth - 1].last = t;
        top->n++;
}

static void node_open(struct reader *r, struct fy_event *event, enum tree_kind kind) {
        struct tree *t = node_make(r, event, kind);

        node_place(r, t);
        if (r->depth == DEPTH_MAX) {
                reader_fail(r, t, "nested too deep (64 levels)");
                return;
        }
        r->stack[r->depth].node = t;
        r->stack[r->depth++].last = NULL;
}

static void node_close(struct reader *r, struct fy_event *event) {
        const struct fy_mark *mark = fy_event_end_mark(event);

        if (!r->depth)
                return;
        r->depth--;
        if (mark)
                r->stack[r->depth].node->stop = (uint32_t) mark->input_pos;
}

/* The library's marks are those of what is inside. */
static void scalar_include_quotes(struct reader *r, struct tree *t) {
        const char *text = r->diagnoser->text;

        if (*t->tag || !t->start || !strchr("\"'", text[t->start - 1]))
                return;
        t->start--;
        if (t->end < r->diagnoser->length)
                t->end++;
}

static void scalar_read(struct reader *r, struct fy_event *event) {
        struct tree *t = node_make(r, event, TREE_SCALAR);
        bool is_key = r->depth && r->stack[r->depth - 1].node->kind == TREE_MAP && !r->key;
        enum fy_scalar_style style = FYSS_PLAIN;

        if (event->scalar.value)
                style = fy_token_scalar_style(event->scalar.value);
        t->quoted = style != FYSS_PLAIN;
        if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
                scalar_include_quotes(r, t);
        if (event->scalar.value)
                t->text = scalar_text(r, t, event->scalar.value, is_key);
        node_place(r, t);
}

/* They could make a small file a very large one. */
static void anchor_refuse(struct reader *r, struct fy_token *token) {
        const struct fy_mark *start = fy_token_start_mark(token), *end = fy_token_end_mark(token);
        bool known = start && end && start->input_pos > 0; /* that of the name, without & or * */

        diagnose_error_at(r->diagnoser, known ? (uint32_t) start->input_pos - 1 : DIAGNOSE_FILE,
                          known ? (uint32_t) end->input_pos : DIAGNOSE_FILE,
                          "anchors and aliases are not supported");
}

static void event_read(struct reader *r, struct fy_event *event) {
        if (event->type != FYET_ALIAS && fy_event_get_anchor_token(event))
                anchor_refuse(r, fy_event_get_anchor_token(event));
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
                anchor_refuse(r, event->alias.anchor);
                node_place(r, node_make(r, event, TREE_SCALAR));
                return;
        case FYET_NONE:
        case FYET_STREAM_START:
        case FYET_STREAM_END:
        case FYET_DOCUMENT_END:
                return;
        }
}

/* The library counts lines from 1 and columns in characters from 1; a place beyond the end is the
 * end. */
static uint32_t offset_of(const struct diagnoser *d, int line, int column) {
        const char *p = d->text, *end = d->text + d->length;

        for (int i = 1; i < line && p < end; i++) {
                const char *newline = memchr(p, '\n', (size_t) (end - p));

                p = newline ? newline + 1 : end;
        }
        for (int i = 1; i < column && p < end && *p != '\n'; i++)
                do
                        p++;
                while (p < end && ((unsigned char) *p & 0xc0) == 0x80);
        return (uint32_t) (p - d->text);
}

/* The outermost bracket that is open: the library only notices at the end of the file, or where
 * something else does not fit any more. */
static struct tree *reader_find_bracket(const struct reader *r) {
        for (uint32_t i = 0; i < r->depth; i++) {
                struct tree *t = r->stack[i].node;

                if (t->bracket < r->diagnoser->length &&
                    strchr("[{", r->diagnoser->text[t->bracket]))
                        return t;
        }
        return NULL;
}

static void reader_take_bracket(struct reader *r, const struct tree *open,
                                const struct fy_diag_error *error) {
        char bracket = r->diagnoser->text[open->bracket];

        diagnose_error_at(
                r->diagnoser, open->bracket, open->bracket + 1,
                arena_printf(r->arena,
                             "not valid YAML: this bracket is not closed by a '%c' (as is "
                             "noticed in line %d: %s)",
                             bracket == '[' ? ']' : '}', error->line,
                             error->msg ? error->msg : "?"));
}

/* What the library had to say. */
static void reader_take_errors(struct reader *r, struct fy_diag *diag) {
        struct tree *open = reader_find_bracket(r);
        struct fy_diag_error *error;
        void *prev = NULL;
        bool any = false;

        while ((error = fy_diag_errors_iterate(diag, &prev))) {
                uint32_t at = offset_of(r->diagnoser, error->line, error->column);

                if (open && !any)
                        reader_take_bracket(r, open, error);
                else
                        diagnose_error_at(r->diagnoser, at, at,
                                          arena_printf(r->arena, "not valid YAML: %s",
                                                       error->msg ? error->msg : "?"));
                any = true;
        }
        if (!any)
                diagnose_error_at(r->diagnoser, DIAGNOSE_FILE, DIAGNOSE_FILE, "not valid YAML");
        if (open) { /* what seems to be in it does not belong there */
                open->first = NULL;
                open->n = 0;
        }
        r->failed = true;
}

/* What was read up to a mistake is good for more diagnoses. */
static void reader_cut(struct reader *r) {
        for (uint32_t i = 0; i < r->depth; i++)
                r->stack[i].node->cut = true;
}

struct tree *tree_parse(struct arena *a, const char *text, size_t length, struct diagnoser *d,
                        bool *ret_whole) {
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
        map_done(&r.words);
        if (r.failed)
                reader_cut(&r);
        *ret_whole = !r.failed;
        return r.root;
}

const char *tree_describe(struct arena *a, const struct tree *t) {
        if (t->kind == TREE_LIST)
                return t->n || t->cut ? "a list" : "an empty list";
        if (t->kind == TREE_MAP)
                return "a mapping";
        if (t->quoted)
                return arena_printf(a, "the text \"%.64s\"", t->text);
        return *t->text ? arena_printf(a, "'%.64s'", t->text) : "nothing";
}

const struct tree *tree_find(const struct tree *map, const char *key) {
        for (const struct tree *c = map->kind == TREE_MAP ? map->first : NULL; c; c = c->next)
                if (text_equal(c->key->text, key))
                        return c;
        return NULL;
}

const struct tree *tree_find_place(const struct tree *map, const char *key) {
        const struct tree *t = tree_find(map, key);

        return t ? t : map;
}
