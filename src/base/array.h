/* base/array.h - arrays that grow */
#pragma once

#include "base/cleanup.h"

/* ARRAY(struct leg *) legs = {}; array_append(&legs, leg); for (size_t i = 0; i < legs.count; i++)
 * legs.items[i] */
#define ARRAY(type)                                                                                \
        struct {                                                                                   \
                type *items;                                                                       \
                size_t count, capacity;                                                            \
        }

/* Makes room for one more and returns a pointer to it, zeroed. Pointers into the array become
 * invalid. */
#define array_add(a)                                                                               \
        ({                                                                                         \
                __typeof__(a) _a = (a);                                                            \
                if (_a->count == _a->capacity) {                                                   \
                        _a->capacity = _a->capacity ? _a->capacity * 2 : 8;                        \
                        _a->items = memory_resize(_a->items, _a->capacity, sizeof(*_a->items));    \
                }                                                                                  \
                __builtin_memset(&_a->items[_a->count], 0, sizeof(*_a->items));                    \
                &_a->items[_a->count++];                                                           \
        })
#define array_append(a, item) ((void) (*array_add(a) = (item)))

/* Takes item `i` out and closes the gap; the order is kept. */
#define array_remove(a, i)                                                                         \
        ({                                                                                         \
                __typeof__(a) _a = (a);                                                            \
                size_t _i = (i);                                                                   \
                __builtin_memmove(&_a->items[_i], &_a->items[_i + 1],                              \
                                  (_a->count - _i - 1) * sizeof(*_a->items));                      \
                _a->count--;                                                                       \
        })

/* Empties the array, keeping its memory. */
#define array_clear(a) ((void) ((a)->count = 0))

/* Frees the memory and leaves an empty array. */
#define array_done(a)                                                                              \
        ({                                                                                         \
                __typeof__(a) _a = (a);                                                            \
                free(_a->items);                                                                   \
                _a->items = NULL;                                                                  \
                _a->count = _a->capacity = 0;                                                      \
        })
