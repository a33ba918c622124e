/* config/tree.h - a YAML document as a tree of scalars, lists and mappings, each with its place */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct diagnoser;

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree {
        enum tree_kind kind;
        bool quoted;            /* scalar: in quotes, so it is text whatever it looks like */
        uint32_t line, column;  /* from 1 */
        uint32_t length;        /* of the offending text on that line, in columns */
        uint32_t n;             /* children */
        size_t start, end;      /* bytes in the file */
        const char *tag;        /* "!zpool", or "" */
        const char *text;       /* scalar; "" where there is nothing */
        const struct tree *key; /* for a mapping's value */
        struct tree *first, *last, *next;
};

/* Parses one document. What is not allowed (aliases, merge keys, several documents, a depth over
 * 64, keys that are no scalars, keys that come twice) is diagnosed. NULL if there is nothing to go
 * on with. In the arena. */
struct tree *tree_parse(struct arena *a, const char *text, size_t length, struct diagnoser *d);

/* What it is, for messages: "a list", "a mapping", "nothing", "'text'". In the arena. */
const char *tree_describe(struct arena *a, const struct tree *t);
