/* tests/fuzz/fuzz-label.c - labels with good checksums, which anybody can make
 *
 * The first byte tells what the others are: 'p' changes to a good label, three bytes each (offset
 * and value); 'r' a configuration; 'u' an uberblock; 'j' the JSON that the daemon reads. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../unit/world/label_image.h"
#include "base/arena.h"
#include "model/facts.h"
#include "world/linux/label.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct image_settings settings = {
        .ashift = 13,
        .pool = "tank",
        .hostname = "zvm",
        .hostid = 1,
        .pool_guid = 2,
        .vdev_guid = 3,
        .top_guid = 4,
        .config_txg = 5,
};

static void change(uint8_t *config, const uint8_t *data, size_t size) {
        for (; size >= 3; size -= 3, data += 3)
                config[(data[0] << 8 | data[1]) % 1024] = data[2];
}

static void read_label(struct image *m, struct arena *a) {
        struct label l, again;
        const char *json;

        image_seal(m, 0, 16 * 1024, 112 * 1024, false);
        label_parse((const uint8_t *const[4]){ m->labels[0] }, m->device_bytes, a, &l);
        assert(l.pool_name && l.hostname && l.n_labels <= 1 && l.valid == (l.n_labels > 0));
        json = label_print_json(a, "/dev/x", &l);
        assert(label_parse_json(json, strlen(json), a, &again));
        assert(again.txg == l.txg && strcmp(again.pool_name, l.pool_name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct image m = { .device_bytes = 64 << 20 };
        uint8_t *config, *uberblock;
        struct label l;

        if (size < 1 || size > 64 * 1024)
                return 0;
        if (*data == 'j') {
                (void) label_parse_json((const char *) data + 1, size - 1, a, &l);
                return 0;
        }
        m.labels[0] = memory_new(1, IMAGE_LABEL_BYTES);
        config = m.labels[0] + 16 * 1024;
        uberblock = m.labels[0] + 128 * 1024;
        image_write_config(&m, 0, &settings);
        image_uberblock(&m, 0, &settings, 16, 7);
        if (*data == 'r')
                memcpy(config, data + 1, size - 1);
        else if (*data == 'u') {
                memcpy(uberblock, data + 1, size - 1 < 8000 ? size - 1 : 8000);
                image_seal(&m, 0, 128 * 1024, 8192, false);
        } else
                change(config, data + 1, size - 1);
        read_label(&m, a);
        image_done(&m);
        return 0;
}
