/* config/tree.h - a YAML document as a tree of scalars, lists and mappings, each with its place */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct diagnoser;

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

/* A large file has some hundred thousand of these, so they are kept small: lines and columns are
 * counted only for what is diagnosed. */
struct tree {
        const char *text;       /* scalar; "" where there is nothing */
        const char *tag;        /* "!zpool", or "" */
        const struct tree *key; /* for a mapping's value */
        struct tree *first, *next;
        uint32_t n;          /* children */
        uint32_t start, end; /* the bytes to point at: the tag, else the scalar or the bracket */
        uint32_t bracket;    /* where the content begins */
        uint32_t stop;       /* and where it ends */
        uint8_t kind;        /* enum tree_kind */
        bool quoted;         /* scalar: in quotes, so it is text whatever it looks like */
        bool cut;            /* the file could not be read on in its middle: more may have come */
};

/* Parses one document. What is not allowed (aliases, merge keys, several documents, a depth over
 * 64, keys that are no scalars, keys that come twice) is diagnosed. If it is not valid, what was
 * read until then is returned, so that other mistakes can be told as well; `ret_whole` is false
 * then. NULL if there is nothing. In the arena. */
struct tree *tree_parse(struct arena *a, const char *text, size_t length, struct diagnoser *d,
                        bool *ret_whole);

/* What it is, for messages: "a list", "a mapping", "nothing", "'text'". In the arena. */
const char *tree_describe(struct arena *a, const struct tree *t);

const struct tree *tree_find(const struct tree *map, const char *key);
/* The same, for a place to point at: the mapping itself, if the key is not there. */
const struct tree *tree_find_place(const struct tree *map, const char *key);
