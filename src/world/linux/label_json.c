/* world/linux/label_json.c - a leg's passport as JSON: written by `zmirror label`, read by the
 * daemon */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/facts.h"
#include "world/linux/label.h"

#define TEXT_MAX_BYTES (64u * 1024)

static void json_object_putp(struct json_object **o) {
        json_object_put(*o);
}

/* The members that are numbers. GUIDs are too large for what most JSON readers make of a number,
 * but it is our own reader that matters, and jq shows them right. */
static const struct {
        const char *key;
        size_t offset;
} numbers[] = {
        { "pool_guid", offsetof(struct label, pool_guid) },
        { "vdev_guid", offsetof(struct label, vdev_guid) },
        { "top_guid", offsetof(struct label, top_guid) },
        { "config_txg", offsetof(struct label, config_txg) },
        { "pool_state", offsetof(struct label, pool_state) },
        { "txg", offsetof(struct label, txg) },
        { "timestamp", offsetof(struct label, timestamp) },
        { "hostid", offsetof(struct label, hostid) },
};

static uint64_t *number_of(struct label *l, size_t i) {
        return (uint64_t *) ((char *) l + numbers[i].offset);
}

static void add(struct json_object *o, const char *key, struct json_object *value) {
        if (!value || json_object_object_add(o, key, value) < 0)
                abort();
}

char *label_print_json(struct arena *a, const char *device, const struct label *l) {
        _cleanup_(json_object_putp) struct json_object *o = json_object_new_object();
        struct label copy = *l;

        if (!o)
                abort();
        add(o, "device", json_object_new_string(device));
        add(o, "valid", json_object_new_boolean(l->valid));
        add(o, "n_labels", json_object_new_int64(l->n_labels));
        add(o, "pool_name", json_object_new_string(l->pool_name));
        add(o, "hostname", json_object_new_string(l->hostname));
        add(o, "top_type", json_object_new_string(vdev_type_print(l->top.type)));
        add(o, "top_parity", json_object_new_int64(l->top.parity));
        add(o, "top_width", json_object_new_int64(l->top.width));
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                add(o, numbers[i].key, json_object_new_uint64(*number_of(&copy, i)));
        return arena_strdup(a, json_object_to_json_string_ext(
                                       o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static bool get_text(struct json_object *o, const char *key, struct arena *a, const char **ret) {
        struct json_object *m;

        if (!json_object_object_get_ex(o, key, &m) || !json_object_is_type(m, json_type_string))
                return false;
        *ret = arena_strdup(a, json_object_get_string(m));
        return true;
}

static bool get_number(struct json_object *o, const char *key, uint64_t *ret) {
        struct json_object *m;

        if (!json_object_object_get_ex(o, key, &m) || !json_object_is_type(m, json_type_int) ||
            json_object_get_int64(m) < 0)
                return false;
        *ret = json_object_get_uint64(m);
        return true;
}

static bool get_shape(struct json_object *o, struct arena *a, struct vdev_shape *ret) {
        uint64_t parity, width;
        const char *type;

        if (!get_text(o, "top_type", a, &type) || !vdev_type_parse(type, &ret->type) ||
            !get_number(o, "top_parity", &parity) || !get_number(o, "top_width", &width) ||
            parity > UINT32_MAX || width > UINT32_MAX)
                return false;
        ret->parity = (uint32_t) parity;
        ret->width = (uint32_t) width;
        return true;
}

bool label_parse_json(const char *text, size_t len, struct arena *a, struct label *ret) {
        _cleanup_(json_object_putp) struct json_object *o = NULL;
        struct label l = {};
        struct json_object *valid;
        uint64_t n_labels;

        if (len > TEXT_MAX_BYTES)
                return false;
        o = json_tokener_parse(arena_strndup(a, text, len));
        if (!json_object_is_type(o, json_type_object) ||
            !json_object_object_get_ex(o, "valid", &valid) ||
            !json_object_is_type(valid, json_type_boolean) ||
            !get_number(o, "n_labels", &n_labels) || n_labels > LABEL_COUNT ||
            !get_text(o, "pool_name", a, &l.pool_name) ||
            !get_text(o, "hostname", a, &l.hostname) || !get_shape(o, a, &l.top))
                return false;
        l.valid = json_object_get_boolean(valid);
        l.n_labels = (uint32_t) n_labels;
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                if (!get_number(o, numbers[i].key, number_of(&l, i)))
                        return false;
        *ret = l;
        return true;
}
