/* base/json.c - JSON: text that grows by members, and a reader that puts the whole text into an
 * arena */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* Bytes of the UTF-8 character at `p`, 0 if there is none (RFC 3629: no surrogates, no overlong
 * forms). */
static size_t utf8_length(const unsigned char *p, size_t left) {
        size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

        if (n < 2)
                return n;
        if (p[0] > 0xf4 || n > left)
                return 0;
        for (size_t i = 1; i < n; i++)
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
            (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
                return 0;
        return n;
}

/* --- writing */

static bool is_plain(unsigned char c) {
        return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void add_special(struct text *t, unsigned char c) {
        static const char letters[] = "\"\"\\\\\nn\rr\tt\bb\ff";

        for (const char *p = letters; *p; p += 2)
                if (*p == (char) c) {
                        text_add_bytes(t, (const char[]){ '\\', p[1] }, 2);
                        return;
                }
        text_addf(t, "\\u%04x", c);
}

static void add_quoted(struct text *t, const char *s) {
        const unsigned char *p = (const unsigned char *) s;
        size_t left = strlen(s), n;

        text_add_bytes(t, "\"", 1);
        while (left > 0) {
                for (n = 0; n < left && is_plain(p[n]); n++)
                        ;
                if (n > 0)
                        text_add_bytes(t, p, n);
                else if (p[0] < 0x80) {
                        n = 1;
                        add_special(t, p[0]);
                } else {
                        n = utf8_length(p, left);
                        text_add_bytes(t, n ? (const void *) p : "\xef\xbf\xbd", n ? n : 3);
                        n = n ? n : 1;
                }
                p += n;
                left -= n;
        }
        text_add_bytes(t, "\"", 1);
}

/* The comma, where there is something before, and the key. */
static void add_key(struct text *t, const char *key) {
        if (t->length > 0 && !memchr("{[:,", t->s[t->length - 1], 4) && t->s[t->length - 1])
                text_add_bytes(t, ",", 1);
        if (!key)
                return;
        text_add_bytes(t, "\"", 1);
        text_add(t, key);
        text_add_bytes(t, "\":", 2);
}

void json_open(struct text *t, const char *key, char bracket) {
        add_key(t, key);
        text_add_bytes(t, &bracket, 1);
}

void json_close(struct text *t, char bracket) {
        text_add_bytes(t, &bracket, 1);
}

void json_add_raw(struct text *t, const char *key, const char *s, size_t n) {
        add_key(t, key);
        text_add_bytes(t, s, n);
}

void json_add_string(struct text *t, const char *key, const char *s) {
        if (!s) {
                json_add_null(t, key);
                return;
        }
        add_key(t, key);
        add_quoted(t, s);
}

void json_add_bool(struct text *t, const char *key, bool value) {
        json_add_raw(t, key, value ? "true" : "false", value ? 4 : 5);
}

void json_add_null(struct text *t, const char *key) {
        json_add_raw(t, key, "null", 4);
}

void json_add_number(struct text *t, const char *key, uint64_t value) {
        char digits[24], *p = digits + sizeof(digits);

        do
                *--p = (char) ('0' + value % 10);
        while (value /= 10);
        json_add_raw(t, key, p, (size_t) (digits + sizeof(digits) - p));
}

void json_add_float(struct text *t, const char *key, double value) {
        if (!isfinite(value)) {
                json_add_null(t, key);
                return;
        }
        add_key(t, key);
        text_addf(t, "%.6g", value); /* nobody sets LC_NUMERIC here: the point is a point */
}

void json_add_value(struct text *t, const char *key, const struct json *value) {
        switch (value->type) {
        case JSON_NULL:
                json_add_null(t, key);
                return;
        case JSON_BOOL:
                json_add_bool(t, key, value->boolean);
                return;
        case JSON_INT:
                add_key(t, key);
                text_addf(t, "%lld", (long long) value->number);
                return;
        case JSON_FLOAT:
                add_key(t, key);
                text_addf(t, "%.17g", value->real);
                return;
        case JSON_STRING:
                json_add_string(t, key, value->string.s);
                return;
        case JSON_ARRAY:
        case JSON_OBJECT:
                json_open(t, key, value->type == JSON_ARRAY ? '[' : '{');
                for (const struct json *m = value->first; m; m = m->next) {
                        add_key(t, NULL);
                        if (m->key) { /* not one of ours: it may want escaping */
                                add_quoted(t, m->key);
                                text_add_bytes(t, ":", 1);
                        }
                        json_add_value(t, NULL, m);
                }
                json_close(t, value->type == JSON_ARRAY ? ']' : '}');
                return;
        case _JSON_TYPE_MAX:
                break;
        }
        abort();
}

/* --- reading: strings are unescaped and terminated where they stand, in a copy of the text */

struct reader {
        struct arena *arena;
        char *p, *end; /* *end is 0 */
        size_t values_left;
        uint32_t depth;
};

static struct json *read_value(struct reader *r);

static void skip_blanks(struct reader *r) {
        while (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t')
                r->p++;
}

static bool skip(struct reader *r, const char *word) {
        size_t n = strlen(word);

        if ((size_t) (r->end - r->p) < n || memcmp(r->p, word, n) != 0)
                return false;
        r->p += n;
        return true;
}

static bool read_hex4(struct reader *r, uint32_t *ret) {
        char digits[5] = {};
        uint64_t value;

        if (r->end - r->p < 4)
                return false;
        memcpy(digits, r->p, 4);
        if (digits[1] == 'x' || digits[1] == 'X' || strlen(digits) < 4 ||
            !text_to_hex64(digits, &value))
                return false;
        r->p += 4;
        *ret = (uint32_t) value;
        return true;
}

/* What follows a \u: one character, or two halves of one. NUL is refused. */
static bool read_codepoint(struct reader *r, char **out) {
        uint32_t c, low;
        char *o = *out;

        if (!read_hex4(r, &c) || c == 0 || (c >= 0xdc00 && c < 0xe000))
                return false;
        if (c >= 0xd800 && c < 0xdc00) {
                if (!skip(r, "\\u") || !read_hex4(r, &low) || low < 0xdc00 || low >= 0xe000)
                        return false;
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
        if (c < 0x80)
                *o++ = (char) c;
        else if (c < 0x800) {
                *o++ = (char) (0xc0 | c >> 6);
                *o++ = (char) (0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
                *o++ = (char) (0xe0 | c >> 12);
                *o++ = (char) (0x80 | (c >> 6 & 0x3f));
                *o++ = (char) (0x80 | (c & 0x3f));
        } else {
                *o++ = (char) (0xf0 | c >> 18);
                *o++ = (char) (0x80 | (c >> 12 & 0x3f));
                *o++ = (char) (0x80 | (c >> 6 & 0x3f));
                *o++ = (char) (0x80 | (c & 0x3f));
        }
        *out = o;
        return true;
}

static bool read_escape(struct reader *r, char **out) {
        static const char letters[] = "\"\"\\\\//n\nr\rt\tb\bf\f";
        char c = *r->p++;

        if (c == 'u')
                return read_codepoint(r, out);
        for (const char *p = letters; *p; p += 2)
                if (*p == c) {
                        *(*out)++ = p[1];
                        return true;
                }
        return false;
}

static bool read_string(struct reader *r, const char **ret, size_t *ret_length) {
        char *start, *out;
        size_t n;

        if (!skip(r, "\""))
                return false;
        start = out = r->p;
        while (*r->p != '"') {
                if (*r->p == '\\') {
                        r->p++;
                        if (!read_escape(r, &out))
                                return false;
                        continue;
                }
                n = utf8_length((unsigned char *) r->p, (size_t) (r->end - r->p));
                if (n == 0 || (unsigned char) *r->p < 0x20) /* the end of the text, too */
                        return false;
                if (out != r->p)
                        memmove(out, r->p, n);
                out += n;
                r->p += n;
        }
        r->p++;
        *out = 0;
        *ret = start;
        *ret_length = (size_t) (out - start);
        return true;
}

static size_t skip_digits(struct reader *r) {
        size_t n = strspn(r->p, "0123456789");

        r->p += n;
        return n;
}

static bool read_number(struct reader *r, struct json *v) {
        const char *start = r->p;
        bool negative = *r->p == '-', is_int = true, fits = true;
        uint64_t n = 0;

        r->p += negative;
        if (*r->p == '0')
                r->p++;
        else if (!skip_digits(r))
                return false;
        for (const char *d = start + negative; d < r->p; d++)
                fits = fits && !__builtin_mul_overflow(n, 10u, &n) &&
                       !__builtin_add_overflow(n, (uint64_t) (*d - '0'), &n);
        if (*r->p == '.') {
                r->p++;
                is_int = false;
                if (!skip_digits(r))
                        return false;
        }
        if (*r->p == 'e' || *r->p == 'E') {
                r->p++;
                is_int = false;
                if (*r->p == '+' || *r->p == '-')
                        r->p++;
                if (!skip_digits(r))
                        return false;
        }
        if (is_int && fits && n <= INT64_MAX) {
                v->type = JSON_INT;
                v->number = negative ? -(int64_t) n : (int64_t) n;
                return true;
        }
        v->type = JSON_FLOAT;
        v->real = strtod(start, NULL);
        return isfinite(v->real);
}

/* The members of an array or object, up to and with its closing bracket. */
static bool read_members(struct reader *r, struct json *v, char closing) {
        struct json **link = &v->first, *member;
        const char *key = NULL;
        size_t length;

        skip_blanks(r);
        if (*r->p == closing) {
                r->p++;
                return true;
        }
        for (;;) {
                skip_blanks(r);
                if (closing == '}') {
                        if (!read_string(r, &key, &length))
                                return false;
                        skip_blanks(r);
                        if (!skip(r, ":"))
                                return false;
                }
                member = read_value(r);
                if (!member)
                        return false;
                member->key = key;
                *link = member;
                link = &member->next;
                v->count++;
                skip_blanks(r);
                if (*r->p == closing) {
                        r->p++;
                        return true;
                }
                if (!skip(r, ","))
                        return false;
        }
}

static bool read_nested(struct reader *r, struct json *v, char closing) {
        bool good;

        if (r->depth >= JSON_DEPTH_MAX)
                return false;
        r->p++;
        r->depth++;
        v->type = closing == '}' ? JSON_OBJECT : JSON_ARRAY;
        good = read_members(r, v, closing);
        r->depth--;
        return good;
}

static bool read_any(struct reader *r, struct json *v) {
        switch (*r->p) {
        case '{':
                return read_nested(r, v, '}');
        case '[':
                return read_nested(r, v, ']');
        case '"':
                v->type = JSON_STRING;
                return read_string(r, &v->string.s, &v->string.length);
        case 't':
                v->type = JSON_BOOL;
                v->boolean = true;
                return skip(r, "true");
        case 'f':
                v->type = JSON_BOOL;
                return skip(r, "false");
        case 'n':
                v->type = JSON_NULL;
                return skip(r, "null");
        default:
                return read_number(r, v);
        }
}

static struct json *read_value(struct reader *r) {
        struct json *v;

        if (r->values_left == 0)
                return NULL;
        r->values_left--;
        v = arena_new_one(r->arena, struct json);
        skip_blanks(r);
        return read_any(r, v) ? v : NULL;
}

const struct json *json_parse(struct arena *a, const char *s, size_t n, size_t values_max) {
        struct reader r = { .arena = a, .values_left = values_max };
        struct json *v;

        r.p = arena_alloc(a, n + 1);
        memcpy(r.p, s, n);
        r.end = r.p + n;
        v = read_value(&r);
        if (!v)
                return NULL;
        skip_blanks(&r);
        return r.p == r.end ? v : NULL;
}

const struct json *json_find(const struct json *object, const char *key) {
        if (!object || object->type != JSON_OBJECT)
                return NULL;
        for (const struct json *m = object->first; m; m = m->next)
                if (strcmp(m->key, key) == 0)
                        return m->type == JSON_NULL ? NULL : m;
        return NULL;
}

bool json_get_string(const struct json *object, const char *key, const char **ret) {
        const struct json *m = json_find(object, key);

        if (m && m->type != JSON_STRING)
                return false;
        if (m)
                *ret = m->string.s;
        return true;
}

bool json_get_bool(const struct json *object, const char *key, bool *ret) {
        const struct json *m = json_find(object, key);

        if (m && m->type != JSON_BOOL)
                return false;
        if (m)
                *ret = m->boolean;
        return true;
}

bool json_get_number(const struct json *object, const char *key, uint64_t *ret) {
        const struct json *m = json_find(object, key);

        if (m && (m->type != JSON_INT || m->number < 0))
                return false;
        if (m)
                *ret = (uint64_t) m->number;
        return true;
}

bool json_get_float(const struct json *object, const char *key, double *ret) {
        const struct json *m = json_find(object, key);

        if (m && m->type != JSON_INT && m->type != JSON_FLOAT)
                return false;
        if (m)
                *ret = m->type == JSON_INT ? (double) m->number : m->real;
        return true;
}
