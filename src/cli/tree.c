/* cli/tree.c - the order in which a list shows its rows: as they come, sorted, or as a tree */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "cli/tree.h"

struct builder {
        struct tree *tree;
        const struct row *const *rows;
        const bool *shown;
        size_t n;
        enum tree_kind kind;
        uint32_t boundaries;
        struct map by_id;
        size_t *first_child, *last_child, *next_sibling; /* per row; SIZE_MAX: none */
        size_t *parent;
        struct arena *arena;
};

static void builder_link(struct builder *b) {
        uint64_t parent;

        for (size_t i = 0; i < b->n; i++)
                map_put(&b->by_id, b->rows[i]->id, i);
        for (size_t i = 0; i < b->n; i++)
                b->first_child[i] = b->last_child[i] = b->next_sibling[i] = b->parent[i] = SIZE_MAX;
        for (size_t i = 0; i < b->n; i++) {
                if (!b->rows[i]->parent || !map_get(&b->by_id, b->rows[i]->parent, &parent) ||
                    parent == i)
                        continue;
                b->parent[i] = parent;
                if (b->first_child[parent] == SIZE_MAX)
                        b->first_child[parent] = i;
                else
                        b->next_sibling[b->last_child[parent]] = i;
                b->last_child[parent] = i;
        }
}

/* The row of the pool that a leg is a leg of: its id tells, "zdev|pool:tank|name:tank-a". */
static size_t builder_find_pool(const struct builder *b, const struct row *leg) {
        const char *name = strstr(leg->id, "|pool:"), *end;
        uint64_t row;

        if (leg->type != ENTITY_ZDEV || !name)
                return SIZE_MAX;
        name += strlen("|pool:");
        end = strstr(name, "|name:");
        if (!end ||
            !map_get(&b->by_id, arena_printf(b->arena, "zpool|name:%.*s", (int) (end - name), name),
                     &row))
                return SIZE_MAX;
        return row;
}

static void builder_add(struct builder *b, size_t row, size_t parent, size_t depth, size_t level) {
        bool is_bounded = level > 0 && b->kind == TREE_GRAPH &&
                          (b->boundaries & UINT32_C(1) << b->rows[row]->type);
        size_t pool;

        if (b->tree->nodes.count >= TREE_NODES_MAX || level > TREE_DEPTH_MAX)
                return;
        if (b->shown[row]) {
                array_append(&b->tree->nodes, ((struct tree_node){ b->rows[row], parent, depth }));
                parent = b->tree->nodes.count - 1;
                depth++;
        }
        if (is_bounded)
                return;
        for (size_t c = b->first_child[row]; c != SIZE_MAX; c = b->next_sibling[c])
                builder_add(b, c, parent, depth, level + 1);
        pool = b->kind == TREE_GRAPH ? builder_find_pool(b, b->rows[row]) : SIZE_MAX;
        if (pool != SIZE_MAX)
                builder_add(b, pool, parent, depth, level + 1);
}

static void tree_build_flat(struct tree *t, const struct row *const *rows, const bool *shown,
                            size_t n) {
        for (size_t i = 0; i < n; i++)
                if (shown[i])
                        array_append(&t->nodes, ((struct tree_node){ rows[i], SIZE_MAX, 0 }));
}

void tree_build(struct tree *t, const struct row *const *rows, const bool *shown, size_t n,
                enum tree_kind kind, uint32_t boundaries) {
        _cleanup_(arena_freep) struct arena *a = NULL;
        struct builder b = {
                .tree = t,
                .rows = rows,
                .shown = shown,
                .n = n,
                .kind = kind,
                .boundaries = boundaries,
        };

        if (kind == TREE_FLAT) {
                tree_build_flat(t, rows, shown, n);
                return;
        }
        b.arena = a = arena_new();
        b.first_child = arena_new_array(a, size_t, n);
        b.last_child = arena_new_array(a, size_t, n);
        b.next_sibling = arena_new_array(a, size_t, n);
        b.parent = arena_new_array(a, size_t, n);
        builder_link(&b);
        for (size_t i = 0; i < n; i++)
                if (b.parent[i] == SIZE_MAX)
                        builder_add(&b, i, SIZE_MAX, 0, 0);
        map_done(&b.by_id);
}

void tree_done(struct tree *t) {
        array_done(&t->nodes);
}
