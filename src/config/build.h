/* config/build.h - from the tree to the entities: keys, containment, ids, inheritance */
#pragma once

#include "base/array.h"
#include "config/diagnose.h"
#include "model/config.h"

/* A device that the backed_by of a pool names, with its place. */
struct backing_name {
        entity_id pool;
        const struct backing *backing;
        struct backing_device *device;
        const struct tree *tree;
};

#define GAPS_ALL UINT32_MAX

struct builder {
        struct config *config;
        struct diagnoser *diagnoser;
        struct arena *scratch; /* dies when the configuration is built */
        bool check_files;
        uint32_t gaps; /* bit per type: one was left out or has no name; what is missing may be that
                          one */
        uint64_t keys_met; /* bit per key: of the entity whose keys were read last */
        ARRAY(struct entity) entities;
        ARRAY(const struct tree *) trees; /* of each entity, for diagnoses that come later */
        ARRAY(struct backing_name) backing_names;
        struct map handler_sets; /* as text -> what was built of it */
        struct map infos;        /* of disks -> entity_id */
        size_t line_start;       /* how far lines are counted */
        uint32_t line;
};

/* Reads the root mapping and everything in it into `b`. What does not fit is diagnosed and left
 * out. */
void build_root(struct builder *b, const struct tree *root);
/* Joins what crosses the tree: legs with their pools, backing devices with their legs, and looks
 * for cycles. */
void build_links(struct builder *b);
void builder_done(struct builder *b);
