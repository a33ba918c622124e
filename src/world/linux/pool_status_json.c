/* world/linux/pool_status_json.c - what `zpool status -j --json-int -p -P -t <pool>` says */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "world/linux/pool_status.h"
#include "world/linux/pool_status_json.h"

DEFINE_CLEANUP(struct json_tokener *, json_tokener_free);

static void json_object_putp(struct json_object **o) {
        json_object_put(*o);
}

static struct json_object *member(struct json_object *o, const char *key, enum json_type type) {
        struct json_object *m;

        return json_object_object_get_ex(o, key, &m) && json_object_is_type(m, type) ? m : NULL;
}

/* "" where there is no such text. Borrowed. */
static const char *member_text(struct json_object *o, const char *key) {
        struct json_object *m = member(o, key, json_type_string);

        return m ? json_object_get_string(m) : "";
}

/* 0 where there is no such number. A number may be given as text, which is how it is printed
 * without
 * --json-int. GUIDs exceed INT64_MAX. */
static uint64_t member_number(struct json_object *o, const char *key) {
        struct json_object *m = member(o, key, json_type_int);
        uint64_t value = 0;

        if (m)
                return json_object_get_int64(m) < 0 ? 0 : json_object_get_uint64(m);
        (void) text_to_u64(member_text(o, key), &value);
        return value;
}

static usec_t member_time(struct json_object *o, const char *key) {
        uint64_t seconds = member_number(o, key);

        return seconds < UINT64_MAX / USEC_PER_SEC ? seconds * USEC_PER_SEC : 0;
}

static uint32_t word_find(const char *const *words, uint32_t n, const char *word, uint32_t other) {
        for (uint32_t i = 0; i < n; i++)
                if (text_equal(words[i], word))
                        return i;
        return other;
}

static const char *const function_words[] = { "NONE", "SCRUB", "RESILVER", "ERRORSCRUB" };
static const char *const state_words[] = { "NONE", "SCANNING", "FINISHED", "CANCELED" };

/* Words that are not known yet mean some other scan, and one that may be running. */
static void read_scan_record(struct json_object *stats, struct scan *scan) {
        *scan = (struct scan){
                .function = (enum scan_function) word_find(
                        function_words, ELEMENTSOF(function_words), member_text(stats, "function"),
                        SCAN_ERRORSCRUB),
                .state = (enum scan_state) word_find(state_words, ELEMENTSOF(state_words),
                                                     member_text(stats, "state"),
                                                     SCAN_STATE_SCANNING),
                .start = member_time(stats, "start_time"),
                .end = member_time(stats, "end_time"),
                .to_examine = member_number(stats, "to_examine"),
                .examined = member_number(stats, "examined"),
                .issued = member_number(stats, "issued"),
                .processed = member_number(stats, "processed"),
                .errors = member_number(stats, "errors"),
                .pass_start = member_time(stats, "pass_start"),
                .pass_paused = member_time(stats, "scrub_spent_paused"),
                .pass_issued = member_number(stats, "issued_bytes_per_scan"),
        };
        if (scan->state == SCAN_STATE_SCANNING)
                scan->paused = member_time(stats, "scrub_pause");
}

/* A scrub of known errors has a record of its own; it is told only while it runs. */
static void read_error_scrub(struct json_object *stats, struct scan *scan) {
        if (!text_equal(member_text(stats, "err_scrub_state"), "SCANNING") ||
            scan->state == SCAN_STATE_SCANNING)
                return;
        *scan = (struct scan){
                .function = SCAN_ERRORSCRUB,
                .state = SCAN_STATE_SCANNING,
                .start = member_time(stats, "err_scrub_start_time"),
                .paused = member_time(stats, "err_scrub_pause"),
                .to_examine = member_number(stats, "err_scrub_to_examine"),
                .examined = member_number(stats, "err_scrub_examined"),
        };
}

/* A sequential resilver has a record for each top-level vdev. */
static bool read_rebuilding(struct json_object *stats) {
        struct json_object *rebuilds = member(stats, "rebuild_stats", json_type_object);

        if (!rebuilds)
                return false;
        json_object_object_foreach(rebuilds, name, rebuild) {
                (void) name;
                if (json_object_is_type(rebuild, json_type_object) &&
                    text_equal(member_text(rebuild, "state"), "ACTIVE"))
                        return true;
        }
        return false;
}

static void read_scan(struct json_object *pool, struct pool_status *p) {
        struct json_object *stats = member(pool, "scan_stats", json_type_object);

        if (!stats)
                return;
        if (*member_text(stats, "function")) /* else there are only records of rebuilds */
                read_scan_record(stats, &p->scan);
        if (p->scan.function == SCAN_NONE)
                p->scan = (struct scan){};
        read_error_scrub(stats, &p->scan);
        p->rebuilding = read_rebuilding(stats);
}

/* ZFS's names of why a vdev is as it is, and how `zpool status` puts them to people. */
static const struct {
        const char *name, *words;
} aux_words[] = {
        { "OPEN_FAILED", "cannot open" },
        { "CORRUPT_DATA", "corrupted data" },
        { "NO_REPLICAS", "insufficient replicas" },
        { "BAD_GUID_SUM", "missing device" },
        { "TOO_SMALL", "device is too small" },
        { "BAD_LABEL", "invalid label" },
        { "VERSION_NEWER", "newer version" },
        { "VERSION_OLDER", "older version" },
        { "UNSUP_FEAT", "unsupported feature(s)" },
        { "SPARED", "currently in use" },
        { "ERR_EXCEEDED", "too many errors" },
        { "IO_FAILURE", "experienced I/O failures" },
        { "BAD_LOG", "bad intent log" },
        { "EXTERNAL", "external device fault" },
        { "SPLIT_POOL", "split into new pool" },
        { "BAD_ASHIFT", "bad ashift" },
        { "EXTERNAL_PERSIST", "external device fault" },
        { "ACTIVE", "currently in use" },
        { "CHILDREN_OFFLINE", "all children offline" },
        { "ASHIFT_TOO_BIG", "unsupported minimum blocksize" },
};

static const char *read_aux(struct json_object *o, struct arena *a) {
        const char *name = member_text(o, "aux");

        if (text_equal(name, "NONE"))
                return "";
        for (size_t i = 0; i < ELEMENTSOF(aux_words); i++)
                if (text_equal(aux_words[i].name, name))
                        return aux_words[i].words;
        return arena_strdup(a, name);
}

static void read_trim(struct json_object *o, struct vdev *v) {
        static const char *const words[] = {
                [TRIM_UNTRIMMED] = "UNTRIMMED", [TRIM_ACTIVE] = "ACTIVE",
                [TRIM_SUSPENDED] = "SUSPENDED", [TRIM_CANCELED] = "CANCELED",
                [TRIM_COMPLETE] = "COMPLETE",
        };

        if (member_number(o, "trim_notsup")) {
                v->trim_state = TRIM_UNSUPPORTED;
                return;
        }
        v->trim_state = (enum trim_state) word_find(words, ELEMENTSOF(words),
                                                    member_text(o, "trim_state"), TRIM_UNTRIMMED);
        v->trim_done = member_number(o, "trimmed");
        v->trim_total = member_number(o, "to_trim");
        v->trim_time = member_time(o, "trim_time");
        v->trim_errors = member_number(o, "trim_errors");
}

/* ZFS's own rule for saying "(resilvering)" (print_status_config): a leg on which nothing has been
 * repaired yet shows nothing. */
static bool read_resilvering(struct json_object *o, const struct vdev *v,
                             const struct pool_status *p) {
        if (v->type != VDEV_TYPE_DISK || v->state != VDEV_STATE_ONLINE)
                return false;
        if (p->scan.function == SCAN_RESILVER && p->scan.state == SCAN_STATE_SCANNING &&
            member_number(o, "scan_processed") > 0)
                return true;
        return p->rebuilding && member_number(o, "rebuild_processed") > 0;
}

static void read_vdev(struct pool_status_builder *b, struct vdev *v, const char *key,
                      struct json_object *o) {
        struct arena *a = b->status->arena;
        const char *name = member_text(o, "name");

        v->name = arena_strdup(a, *name ? name : key);
        v->path = arena_strdup(a, member_text(o, "path"));
        v->was = arena_strdup(a, member_text(o, "was"));
        vdev_set_type_by_name(v, member_text(o, "vdev_type"));
        if (v->type == VDEV_TYPE_RAIDZ && !v->parity) { /* the type is a bare "raidz" */
                vdev_set_type_by_name(v, v->name);
                v->type = VDEV_TYPE_RAIDZ;
        }
        v->guid = member_number(o, "guid");
        vdev_set_state_by_word(b, v, member_text(o, "state"));
        v->aux = read_aux(o, a);
        v->read_errors = member_number(o, "read_errors");
        v->write_errors = member_number(o, "write_errors");
        v->checksum_errors = member_number(o, "checksum_errors");
        v->not_present = member_number(o, "not_present") > 0;
        v->resilver_deferred = member_number(o, "resilver_deferred") > 0;
        v->resilvering = read_resilvering(o, v, b->status);
        if (v->type == VDEV_TYPE_DISK)
                read_trim(o, v);
}

/* All vdevs of an object that is keyed by their names, each followed by those inside it. */
static int read_vdevs(struct pool_status_builder *b, struct json_object *vdevs, uint32_t parent,
                      enum vdev_class class, unsigned depth, const char **ret_error) {
        struct json_object *inner;
        uint32_t index;
        struct vdev *v;
        int r;

        if (depth > POOL_STATUS_DEPTH_MAX) {
                *ret_error = "its vdevs are nested too deeply";
                return -EBADMSG;
        }
        json_object_object_foreach(vdevs, key, o) {
                if (!json_object_is_type(o, json_type_object)) {
                        *ret_error = "a vdev is not an object";
                        return -EBADMSG;
                }
                index = (uint32_t) b->vdevs.count;
                v = pool_status_add_vdev(b, parent);
                if (!v) {
                        *ret_error = "it has too many vdevs";
                        return -EBADMSG;
                }
                v->class = class;
                read_vdev(b, v, key, o);
                inner = member(o, "vdevs", json_type_object);
                r = inner ? read_vdevs(b, inner, index, class, depth + 1, ret_error) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

static const struct {
        const char *key;
        enum vdev_class class;
} sections[] = {
        { "dedup", VDEV_CLASS_SPECIAL }, { "special", VDEV_CLASS_SPECIAL },
        { "logs", VDEV_CLASS_LOG },      { "log", VDEV_CLASS_LOG },
        { "l2cache", VDEV_CLASS_CACHE }, { "spares", VDEV_CLASS_SPARE },
};

static int read_tree(struct pool_status_builder *b, struct json_object *pool,
                     const char **ret_error) {
        struct json_object *vdevs = member(pool, "vdevs", json_type_object), *section;
        int r;

        if (!vdevs || json_object_object_length(vdevs) != 1) {
                *ret_error = "it has no root vdev";
                return -EBADMSG;
        }
        r = read_vdevs(b, vdevs, VDEV_NONE, VDEV_CLASS_NORMAL, 0, ret_error);
        if (r < 0)
                return r;
        b->vdevs.items[0].type = VDEV_TYPE_ROOT;
        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                section = member(pool, sections[i].key, json_type_object);
                r = section ? read_vdevs(b, section, 0, sections[i].class, 1, ret_error) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool state_is(struct json_object *pool, const char *key, const char *a, const char *b) {
        struct json_object *stats = member(pool, key, json_type_object);
        const char *state = stats ? member_text(stats, "state") : "";

        return text_equal(state, a) || text_equal(state, b);
}

static int read_pool(struct pool_status_builder *b, struct json_object *pool,
                     const char **ret_error) {
        struct pool_status *p = b->status;
        const char *problem = member_text(pool, "status");

        p->guid = member_number(pool, "pool_guid");
        p->suspended = text_equal(member_text(pool, "state"), "SUSPENDED");
        p->error_count = member_number(pool, "error_count");
        p->checkpoint = state_is(pool, "checkpoint_stats", "EXISTS", "DISCARDING");
        p->removing = state_is(pool, "removal_stats", "SCANNING", "ACTIVE");
        p->problem = text_on_one_line(p->arena, problem, strlen(problem));
        read_scan(pool, p); /* before the vdevs: "resilvering" depends on it */
        return read_tree(b, pool, ret_error);
}

static int document_parse(const char *text, size_t len, struct json_object **ret,
                          const char **ret_error) {
        _cleanup_(json_tokener_freep) struct json_tokener *tokener = json_tokener_new();
        _cleanup_(json_object_putp) struct json_object *document = NULL;
        size_t end;

        if (len == 0 || len > POOL_STATUS_TEXT_MAX) {
                *ret_error = len ? "there is too much of it" : "it is empty";
                return -EBADMSG;
        }
        if (!tokener)
                abort();
        document = json_tokener_parse_ex(tokener, text, (int) len);
        if (json_tokener_get_error(tokener) != json_tokener_success) {
                *ret_error = "it is no JSON, or was cut off";
                return -EBADMSG;
        }
        end = json_tokener_get_parse_end(tokener);
        while (end < len && strchr(" \t\r\n", text[end]) && text[end])
                end++;
        if (end < len || !json_object_is_type(document, json_type_object)) {
                *ret_error = "it is not one JSON object";
                return -EBADMSG;
        }
        *ret = TAKE_PTR(document);
        return 0;
}

int pool_status_parse_json(const char *text, size_t len, const char *pool, struct pool_status **ret,
                           const char **ret_error) {
        _cleanup_(json_object_putp) struct json_object *document = NULL;
        struct pool_status_builder b;
        struct json_object *pools, *o;
        int r;

        r = document_parse(text, len, &document, ret_error);
        if (r < 0)
                return r;

        pools = member(document, "pools", json_type_object);
        if (!pools) {
                *ret_error = "it has no \"pools\"";
                return -EBADMSG;
        }
        o = member(pools, pool, json_type_object);
        if (!o) {
                *ret_error = "the pool is not in it";
                return -ENOENT;
        }

        pool_status_builder_init(&b, pool);
        r = read_pool(&b, o, ret_error);
        if (r < 0) {
                pool_status_builder_done(&b);
                return r;
        }
        *ret = pool_status_finish(&b);
        return 0;
}
