/* config/build.h - from the tree to the entities: keys, containment, ids, inheritance */
#pragma once

#include "base/array.h"
#include "config/diagnose.h"
#include "model/config.h"

struct builder {
        struct config *config;
        struct diagnoser *diagnoser;
        bool check_files;
        ARRAY(struct entity) entities;
        ARRAY(const struct tree *) trees; /* of each entity, for diagnoses that come later */
};

/* Reads the root mapping and everything in it into `b`. What does not fit is diagnosed and left
 * out. */
void build_root(struct builder *b, const struct tree *root);
/* Joins what crosses the tree: legs with their pools, backing devices with their legs, and looks
 * for cycles. */
void build_links(struct builder *b);
