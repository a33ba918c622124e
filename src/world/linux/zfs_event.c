/* world/linux/zfs_event.c - ZFS events, as `zpool events -Hvf` prints them or as a zedlet gets them
 *
 * Nov 23 2026 05:32:54.052953608<tab>sysevent.fs.zfs.resilver_finish
 *         class = "sysevent.fs.zfs.resilver_finish"
 *         pool = "tank"
 *         pool_guid = 0x96972975b2bde83e
 *         eid = 0x3a
 * <empty line>
 * dropped 5 events
 *
 * A line that does not begin with a blank starts something new, whatever came before. Text inside
 * of quotes is printed as it is, newlines included (a user's property in a history event), so keys
 * may be forged: events are hints, they decide nothing. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "world/linux/zfs_event.h"

struct zfs_event_reader {
        zfs_event_handler handler;
        void *userdata;
        struct text line;    /* what has come of it */
        struct arena *arena; /* of the event that is being read */
        struct zfs_event event;
        bool any; /* an event has begun */
        ARRAY(const char *) keys;
        size_t bytes; /* of the event, so far */
};

struct zfs_event_reader *zfs_event_reader_new(zfs_event_handler handler, void *userdata) {
        struct zfs_event_reader *r = memory_new(1, sizeof(*r));

        r->handler = handler;
        r->userdata = userdata;
        r->arena = arena_new();
        return r;
}

struct zfs_event_reader *zfs_event_reader_free(struct zfs_event_reader *r) {
        if (!r)
                return NULL;
        text_done(&r->line);
        array_done(&r->keys);
        arena_free(r->arena);
        free(r);
        return NULL;
}

static struct zfs_event event_empty(void) {
        return (struct zfs_event){ .class = "", .name = "", .pool = "", .vdev_path = "" };
}

static const char *class_name(const char *class) {
        const char *dot = strrchr(class, '.');

        return dot ? dot + 1 : class;
}

/* Numbers are hexadecimal in the stream; a zedlet gets GUIDs like that, and decimal eids. */
static uint64_t number_read(const char *s) {
        uint64_t value = 0;

        if (text_starts(s, "0x") || text_starts(s, "0X"))
                (void) text_to_hex64(s, &value);
        else
                (void) text_to_u64(s, &value);
        return value;
}

static void event_set(struct zfs_event *e, const char *key, const char *value) {
        if (text_equal(key, "class")) {
                e->class = value;
                e->name = class_name(value);
        } else if (text_equal(key, "eid"))
                e->eid = number_read(value);
        else if (text_equal(key, "pool"))
                e->pool = value;
        else if (text_equal(key, "pool_guid"))
                e->pool_guid = number_read(value);
        else if (text_equal(key, "vdev_guid"))
                e->vdev_guid = number_read(value);
        else if (text_equal(key, "vdev_path"))
                e->vdev_path = value;
}

const char *zfs_event_print(struct arena *a, const struct zfs_event *e) {
        return arena_printf(a, "%s%s%s%s%s", e->name, e->pool[0] ? " " : "", e->pool,
                            e->vdev_path[0] ? " " : "", e->vdev_path);
}

/* --- the stream ----------------------------------------------------------------------------- */

static void event_begin(struct zfs_event_reader *r) {
        arena_clear(r->arena);
        array_clear(&r->keys);
        r->event = event_empty();
        r->bytes = 0;
        r->any = true;
}

static void event_end(struct zfs_event_reader *r) {
        if (!r->any)
                return;
        r->any = false;
        array_append(&r->keys, NULL);
        r->event.keys = r->keys.items;
        r->handler(r->userdata, &r->event);
}

/* The last word of a line that is not indented is the class; it is told again by a key. */
static void line_heading(struct zfs_event_reader *r, const char *line) {
        const char *tab = strrchr(line, '\t');
        unsigned long long n;

        event_end(r);
        event_begin(r);
        if (sscanf(line, "dropped %9llu event", &n) == 1) {
                r->event.dropped = n;
                event_end(r); /* no empty line follows */
        } else if (tab)
                event_set(&r->event, "class", arena_strdup(r->arena, tab + 1));
        else
                r->any = false; /* no heading: the rest of a forged key, or noise */
}

/* "key = value", "key = "text"", and the lines of nested lists, which are kept as they are. */
static void line_key(struct zfs_event_reader *r, char *line) {
        char *key = line + strspn(line, " \t"), *equals = strstr(key, " = "), *value;
        size_t n;

        if (!equals || r->keys.count >= ZFS_EVENT_KEYS_MAX)
                return;
        *equals = '\0';
        value = equals + strlen(" = ");
        n = strlen(value);
        if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
                value[n - 1] = '\0';
                value++;
        } else
                while (n > 0 && value[n - 1] == ' ') /* "time = 0x6b03c8fa 0x6e840d " */
                        value[--n] = '\0';
        array_append(&r->keys, (const char *) arena_printf(r->arena, "%s=%s", key, value));
        event_set(&r->event, key, arena_strdup(r->arena, value));
}

static void line_done(struct zfs_event_reader *r) {
        char *line = r->line.s;

        r->bytes += r->line.length;
        if (!line || !*line)
                event_end(r);
        else if (*line != ' ' && *line != '\t')
                line_heading(r, line);
        else if (r->any && r->bytes <= ZFS_EVENT_MAX)
                line_key(r, line);
        text_clear(&r->line);
}

void zfs_event_reader_feed(struct zfs_event_reader *r, const char *bytes, size_t n) {
        const char *end = bytes + n, *newline;
        size_t room, length;

        for (; bytes < end; bytes += length) {
                newline = memchr(bytes, '\n', (size_t) (end - bytes));
                length = (size_t) ((newline ?: end) - bytes);
                room = ZFS_EVENT_LINE_MAX - r->line.length;
                text_add_bytes(&r->line, bytes, length < room ? length : room);
                if (!newline)
                        return;
                line_done(r);
                length++;
        }
}

void zfs_event_reader_end(struct zfs_event_reader *r) {
        if (r->line.length > 0)
                line_done(r);
        event_end(r);
}

/* --- a zedlet's environment ----------------------------------------------------------------- */

/* ZEVENT_POOL_GUID=... becomes pool_guid=...; what ZED adds itself ("..._STR") is kept. */
static bool environment_key(struct arena *a, const char *variable, const char **ret_key,
                            const char **ret_value) {
        static const char prefix[] = "ZEVENT_";
        const char *equals = strchr(variable, '=');
        char *key;

        if (!text_starts(variable, prefix) || !equals || strlen(variable) > ZFS_EVENT_LINE_MAX)
                return false;
        key = arena_strndup(a, variable + strlen(prefix),
                            (size_t) (equals - variable) - strlen(prefix));
        for (char *c = key; *c; c++)
                *c = (char) tolower((unsigned char) *c);
        *ret_key = key;
        *ret_value = arena_strdup(a, equals + 1);
        return true;
}

bool zfs_event_from_environment(struct arena *a, const char *const *environment,
                                struct zfs_event *ret) {
        struct zfs_event e = event_empty();
        ARRAY(const char *) keys = {};
        const char *key, *value;

        for (; *environment && keys.count < ZFS_EVENT_KEYS_MAX; environment++) {
                if (!environment_key(a, *environment, &key, &value))
                        continue;
                event_set(&e, key, value);
                array_append(&keys, (const char *) arena_printf(a, "%s=%s", key, value));
        }
        array_append(&keys, NULL);
        e.keys = arena_memdup(a, keys.items, keys.count * sizeof(*keys.items));
        array_done(&keys);
        if (!*e.class)
                return false;
        *ret = e;
        return true;
}
