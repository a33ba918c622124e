/* tests/fuzz/fuzz-zfs-event.c - the output of `zpool events -Hvf`, whole and byte by byte: both
 * give the same events */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "world/linux/zfs_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_event(void *userdata, const struct zfs_event *e) {
        struct text *t = userdata;

        text_addf(t, "%s %s %s %s %lx %lx %lx %lx\n", e->class, e->name, e->pool, e->vdev_path,
                  e->eid, e->pool_guid, e->vdev_guid, e->dropped);
        for (const char *const *key = e->keys; *key; key++)
                text_add(t, *key);
}

static struct text read_by(const uint8_t *data, size_t size, size_t piece) {
        struct text t = {};
        struct zfs_event_reader *r = zfs_event_reader_new(on_event, &t);

        for (size_t i = 0; i < size; i += piece)
                zfs_event_reader_feed(r, (const char *) data + i,
                                      size - i < piece ? size - i : piece);
        zfs_event_reader_end(r);
        zfs_event_reader_free(r);
        return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct text whole = read_by(data, size, size + 1), bytes = read_by(data, size, 1);

        assert(whole.length == bytes.length &&
               (!whole.length || memcmp(whole.s, bytes.s, whole.length) == 0));
        text_done(&whole);
        text_done(&bytes);
        return 0;
}
