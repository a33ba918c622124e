/* cli/tree.h - the order in which a list shows its rows: as they come, sorted, or as a tree */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "api/row.h"
#include "base/array.h"

struct tree_node {
        const struct row *row;
        size_t parent; /* the node that it stands below; SIZE_MAX: none */
        size_t depth;
};

struct tree {
        ARRAY(struct tree_node) nodes;
};

enum tree_kind {
        TREE_FLAT,
        TREE_HIERARCHY, /* below what contains it */
        TREE_GRAPH,     /* and the pool below each of its legs */
};

#define TREE_NODES_MAX 1000000u /* a pool with many legs stands below each of them */
#define TREE_DEPTH_MAX 64u

/* `shown`: one per row. What is not shown leaves what is inside it to the next one outside.
 * `boundaries`: bit per type that a graph does not look into (but at the top). */
void tree_build(struct tree *t, const struct row *const *rows, const bool *shown, size_t n,
                enum tree_kind kind, uint32_t boundaries);
void tree_done(struct tree *t);
