/* base/json.h - JSON: text that grows by members, and a reader that puts the whole text into an
 * arena
 *
 * Lists of 20,000 entities go over the socket, in a tenth of a second for both ends together. That
 * rules out one allocation per value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* --- writing: json_open(t, '{'); json_add_string(t, "id", id); json_close(t, '}');
 *
 * Every function puts the comma that is missing. `key` is NULL in an array and at top level, and is
 * never escaped (it is one of ours). What is not UTF-8 is written as U+FFFD. */
void json_open(struct text *t, const char *key, char bracket);        /* '{' or '[' */
void json_close(struct text *t, char bracket);                        /* '}' or ']' */
void json_add_string(struct text *t, const char *key, const char *s); /* NULL: null */
void json_add_bool(struct text *t, const char *key, bool value);
void json_add_number(struct text *t, const char *key, uint64_t value);
void json_add_float(struct text *t, const char *key, double value);
void json_add_null(struct text *t, const char *key);
/* Text that is JSON already. */
void json_add_raw(struct text *t, const char *key, const char *s, size_t n);

/* --- reading */

enum json_type {
        JSON_NULL,
        JSON_BOOL,
        JSON_INT,   /* a number without fraction or exponent that fits */
        JSON_FLOAT, /* any other number */
        JSON_STRING,
        JSON_ARRAY,
        JSON_OBJECT,
        _JSON_TYPE_MAX,
};

struct json {
        enum json_type type;
        uint32_t count;    /* members of an array or object */
        const char *key;   /* in an object, else NULL */
        struct json *next; /* sibling */
        union {
                bool boolean;
                int64_t number;
                double real;
                struct {
                        const char *s; /* terminated; without NUL inside (that is refused) */
                        size_t length;
                } string;
                struct json *first; /* array, object */
        };
};

#define JSON_DEPTH_MAX 16

/* The whole of `s` is one value, of at most `values_max` values in all, else NULL. The result
 * borrows nothing. Of a key that stands twice in an object the first counts. */
const struct json *json_parse(struct arena *a, const char *s, size_t n, size_t values_max);

/* NULL if `object` is NULL, no object, or has no such member; a member that is null is as good as
 * none. */
const struct json *json_find(const struct json *object, const char *key);

/* For members that may be left out: false only if the member is there and of another type. The
 * result is not touched if it is not there. */
bool json_get_string(const struct json *object, const char *key, const char **ret);
bool json_get_bool(const struct json *object, const char *key, bool *ret);
bool json_get_number(const struct json *object, const char *key, uint64_t *ret); /* not negative */
bool json_get_float(const struct json *object, const char *key, double *ret);    /* int as well */

/* Writes what was read. */
void json_add_value(struct text *t, const char *key, const struct json *value);
