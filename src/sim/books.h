/* sim/books.h - a state file in memory: what survives the engine */
#pragma once

#include <stddef.h>

#include "engine/engine.h"
#include "model/memory.h"

struct books;

struct books *books_new(void);
struct books *books_free(struct books *b);
DEFINE_CLEANUP(struct books *, books_free);

/* All that the effects ask to be saved, in one transaction. */
void books_save(struct books *b, const struct effects *e);
bool books_is_empty(const struct books *b); /* nothing was saved yet */
void books_forget(struct books *b);
/* As store_load: borrowed until the next save. */
const struct memory *books_memory(struct books *b);

const struct memory_leg *books_find_leg(const struct books *b, uint64_t vdev_guid);
const struct memory_pool *books_find_pool(const struct books *b, uint64_t pool_guid);
const struct memory_entity *books_find_entity(const struct books *b, const char *id);
size_t books_n_history(const struct books *b);
const struct history *books_history(const struct books *b, size_t i);
