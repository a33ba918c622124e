/* tests/unit/world/test-label.c - labels, whole and damaged, are read for what they are worth */
#include "data.h"

#include <errno.h>
#include <unistd.h>

#include "label_image.h"
#include "model/facts.h"
#include "world/linux/label.h"

#define DEVICE_BYTES (64u * 1024 * 1024 + 12345 * 512u)

static const struct image_settings usual = {
        .ashift = 12,
        .pool = "tank",
        .hostname = "zvm",
        .hostid = 164274168,
        .pool_guid = 1282715843682370212,
        .vdev_guid = 13365646584794344720u, /* above INT64_MAX */
        .top_guid = 12811513322956139873u,
        .state = 1,
        .config_txg = 28,
};

struct bench {
        struct arena *a;
        struct image_settings s;
        struct image m;
        struct label l;
};

static struct bench bench_new(struct image_settings s) {
        return (struct bench){ .a = arena_new(), .s = s, .m = image_new(&s, DEVICE_BYTES) };
}

static const struct label *bench_read(struct bench *b) {
        label_parse((const uint8_t *const *) b->m.labels, b->m.device_bytes, b->a, &b->l);
        return &b->l;
}

static void bench_done(struct bench *b) {
        image_done(&b->m);
        arena_free(b->a);
}

static void test_a_whole_label_of_any_ashift_and_byte_order(void **state) {
        for (unsigned ashift = 9; ashift <= 16; ashift++)
                for (unsigned big_endian = 0; big_endian < 2; big_endian++) {
                        struct image_settings s = usual;
                        struct bench b;
                        const struct label *l;

                        s.ashift = ashift;
                        s.big_endian = big_endian;
                        b = bench_new(s);
                        l = bench_read(&b);
                        if (!l->valid || l->n_labels != 4 || l->txg != 120)
                                fail_msg("ashift %u, %s: %u labels, txg %lu", ashift,
                                         big_endian ? "big-endian" : "little-endian", l->n_labels,
                                         l->txg);
                        assert_int_equal(l->timestamp, 1120);
                        assert_string_equal(l->pool_name, "tank");
                        assert_string_equal(l->hostname, "zvm");
                        assert_true(l->pool_guid == usual.pool_guid);
                        assert_true(l->vdev_guid == usual.vdev_guid);
                        assert_true(l->top_guid == usual.top_guid);
                        assert_int_equal(l->top.type, VDEV_TYPE_MIRROR);
                        assert_int_equal(l->top.width, 2);
                        assert_int_equal(l->config_txg, 28);
                        assert_int_equal(l->pool_state, 1);
                        assert_int_equal(l->hostid, 164274168);
                        bench_done(&b);
                }
}

static void test_every_damaged_label_is_left_out(void **state) {
        for (unsigned damaged = 0; damaged < 16; damaged++) {
                struct bench b = bench_new(usual);
                const struct label *l;

                for (unsigned i = 0; i < 4; i++)
                        if (damaged & 1u << i)
                                b.m.labels[i][16 * 1024 + 200] ^= 1;
                l = bench_read(&b);
                if (l->n_labels != 4u - (unsigned) __builtin_popcount(damaged) ||
                    l->valid != (damaged != 15) || l->txg != (damaged == 15 ? 0 : 120))
                        fail_msg("damaged %x: %u labels, txg %lu", damaged, l->n_labels, l->txg);
                if (damaged == 15) {
                        assert_string_equal(l->pool_name, "");
                        assert_int_equal(l->pool_guid, 0);
                }
                bench_done(&b);
        }
}

static void test_labels_that_could_not_be_read(void **state) {
        struct bench b = bench_new(usual);
        const uint8_t *labels[4] = { NULL, NULL, b.m.labels[2], NULL };

        label_parse(labels, b.m.device_bytes, b.a, &b.l);
        assert_true(b.l.valid);
        assert_int_equal(b.l.n_labels, 1);
        labels[2] = NULL;
        label_parse(labels, b.m.device_bytes, b.a, &b.l);
        assert_false(b.l.valid);
        bench_done(&b);
}

static uint8_t *slot_of(struct image *m, unsigned label, uint64_t txg) {
        return m->labels[label] + 128 * 1024 + txg % 32 * 4096; /* ashift 12 */
}

static void test_a_damaged_uberblock_does_not_count(void **state) {
        struct bench b = bench_new(usual);

        for (unsigned i = 0; i < 4; i++)
                slot_of(&b.m, i, 120)[100] ^= 0x80;
        assert_int_equal(bench_read(&b)->txg, 119);
        bench_done(&b);
}

static void test_torn_labels_give_the_newest_of_all(void **state) {
        struct bench b = bench_new(usual);

        /* as after a pull: 298/298/295/295 */
        for (unsigned i = 0; i < 2; i++)
                for (uint64_t txg = 121; txg <= 123; txg++)
                        image_uberblock(&b.m, i, &b.s, txg, 1000 + txg);
        assert_int_equal(bench_read(&b)->txg, 123);
        assert_int_equal(b.l.n_labels, 4);
        /* and the configurations of those two were just being written */
        b.m.labels[0][16 * 1024 + 200] ^= 1;
        b.m.labels[1][16 * 1024 + 200] ^= 1;
        assert_int_equal(bench_read(&b)->txg, 123);
        assert_int_equal(b.l.n_labels, 2);
        bench_done(&b);
}

static void test_equal_txgs_go_by_time(void **state) {
        struct bench b = bench_new(usual);

        image_uberblock(&b.m, 2, &b.s, 120, 5000);
        assert_int_equal(bench_read(&b)->timestamp, 5000);
        assert_int_equal(b.l.txg, 120);
        bench_done(&b);
}

static void test_an_uberblock_in_the_wrong_place_does_not_count(void **state) {
        struct bench b = bench_new(usual);

        image_uberblock(&b.m, 0, &b.s, 200, 1200); /* slot 8 */
        for (unsigned i = 0; i < 4; i++) {
                memcpy(slot_of(&b.m, i, 121), slot_of(&b.m, 0, 200), 4096); /* another slot */
                if (i > 0)
                        memcpy(slot_of(&b.m, i, 200), slot_of(&b.m, 0, 200), 4096); /* label */
        }
        memset(slot_of(&b.m, 0, 200), 0, 4096);
        assert_int_equal(bench_read(&b)->txg, 120);
        bench_done(&b);
}

static void test_an_uberblock_in_another_byte_order_than_its_checksum(void **state) {
        struct bench b = bench_new(usual);
        uint8_t *slot = slot_of(&b.m, 0, 121);

        memset(slot, 0, 4096);
        image_put(slot, 0x00bab10c, true);
        image_put(slot + 16, 121, true);
        image_seal(&b.m, 0, (size_t) (slot - b.m.labels[0]), 4096, false);
        assert_int_equal(bench_read(&b)->txg, 120);
        bench_done(&b);
}

static void test_a_leg_that_was_never_synced(void **state) {
        struct bench b = bench_new(usual);

        for (unsigned i = 0; i < 4; i++) {
                memset(b.m.labels[i] + 128 * 1024, 0, 128 * 1024);
                image_uberblock(&b.m, i, &b.s, 0, 1000); /* what it is born with */
        }
        assert_false(bench_read(&b)->valid);
        assert_int_equal(b.l.n_labels, 0);
        bench_done(&b);
}

static void test_a_leg_that_grew_has_only_its_front_labels(void **state) {
        struct bench b = bench_new(usual);

        b.m.device_bytes *= 2; /* the rear ones are elsewhere now; these would be copies */
        assert_true(bench_read(&b)->valid);
        assert_int_equal(b.l.n_labels, 2);
        bench_done(&b);
}

static void test_labels_of_an_older_life_at_the_end_of_the_disk(void **state) {
        struct image_settings old = usual;
        struct bench b;

        old.pool = "old";
        old.pool_guid = 5;
        old.vdev_guid = 6;
        old.config_txg = 9;
        b = bench_new(usual);
        for (unsigned i = 2; i < 4; i++) {
                image_write_config(&b.m, i, &old);
                image_uberblock(&b.m, i, &old, 900, 9000);
        }
        assert_true(bench_read(&b)->pool_guid == usual.pool_guid); /* the newer configuration */
        assert_int_equal(b.l.txg, 120); /* and nothing of the other's ring */
        assert_int_equal(b.l.n_labels, 2);
        old.config_txg = 99;
        image_write_config(&b.m, 2, &usual); /* now most labels say so, though one is newer */
        image_write_config(&b.m, 3, &old);
        assert_true(bench_read(&b)->pool_guid == usual.pool_guid);
        bench_done(&b);
}

static void test_what_is_not_a_leg(void **state) {
        struct image_settings spare = usual, odd = usual;
        struct bench b;

        spare.no_tree = true;
        b = bench_new(spare);
        assert_false(bench_read(&b)->valid);
        bench_done(&b);

        odd.ashift = 200;
        b = bench_new(odd);
        assert_false(bench_read(&b)->valid);
        bench_done(&b);
}

static void test_a_leg_without_a_host(void **state) {
        struct image_settings s = usual;
        struct bench b;

        s.hostname = NULL;
        b = bench_new(s);
        assert_true(bench_read(&b)->valid);
        assert_int_equal(b.l.hostid, 0);
        assert_string_equal(b.l.hostname, "");
        bench_done(&b);
}

static void test_names_cannot_play_tricks_on_a_terminal(void **state) {
        struct image_settings s = usual;
        struct bench b;

        s.pool = "ta\033[2Jnk\n";
        s.hostname = "\xff\xc3host";
        b = bench_new(s);
        assert_string_equal(bench_read(&b)->pool_name, "ta?[2Jnk?");
        assert_string_equal(b.l.hostname, "??host");
        bench_done(&b);
}

/* Whoever makes a disk can make its checksums. A fixed seed, so that a failure comes again. */
static void test_hostile_configurations_with_good_checksums(void **state) {
        struct bench b = bench_new(usual);
        uint32_t random = 1;
        unsigned valid = 0;

        for (unsigned round = 0; round < 300; round++) {
                image_write_config(&b.m, 0, &usual);
                for (unsigned i = 0; i < 1 + round % 4; i++) {
                        random = random * 1664525 + 1013904223;
                        b.m.labels[0][16 * 1024 + (random >> 8) % 1000] =
                                (uint8_t) ((random & 4)   ? random >> 24
                                           : (random & 2) ? 0xff
                                                          : 0);
                }
                image_seal(&b.m, 0, 16 * 1024, 112 * 1024, false);
                label_parse((const uint8_t *const[4]){ b.m.labels[0] }, b.m.device_bytes, b.a,
                            &b.l);
                valid += b.l.valid;
        }
        assert_true(valid > 100 && valid < 290); /* most bytes do not matter, some do */
        bench_done(&b);
}

static void test_lists_that_never_end(void **state) {
        static const struct {
                const char *name;
                uint32_t encoded_size, name_len;
        } cases[] = {
                { "a pair of no size", 0, 0 },
                { "a pair shorter than its head", 19, 0 },
                { "a pair that is all head", 20, 0 },
                { "a pair longer than the block", 0xffffffff, 0 },
                { "a name longer than its pair", 24, 8 },
                { "a name longer than anything", 24, 0xfffffffd },
        };
        struct bench b = bench_new(usual);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct image_list l = { b.m.labels[0] + 16 * 1024, 12 };

                while (l.n < 112 * 1024 - 100) {
                        image_u32(&l, cases[i].encoded_size);
                        image_u32(&l, 8);
                        image_u32(&l, cases[i].name_len);
                        image_u32(&l, 8);
                        image_u32(&l, 1);
                }
                image_seal(&b.m, 0, 16 * 1024, 112 * 1024, false);
                label_parse((const uint8_t *const[4]){ b.m.labels[0] }, b.m.device_bytes, b.a,
                            &b.l);
                if (b.l.valid)
                        fail_msg("%s: taken for a label", cases[i].name);
        }
        bench_done(&b);
}

static void test_where_labels_lie(void **state) {
        uint64_t offset;

        assert_true(label_offset(DEVICE_BYTES, 1, &offset));
        assert_int_equal(offset, 256 * 1024);
        assert_true(label_offset(1024 * 1024 + 5, 2, &offset));
        assert_int_equal(offset, 512 * 1024);
        assert_true(label_offset(UINT64_MAX, 3, &offset));
        assert_false(label_offset(1024 * 1024 - 1, 0, &offset));
        assert_false(label_offset(0, 0, &offset));
        assert_false(label_offset(DEVICE_BYTES, 4, &offset));
}

static int file_read(const char *path, struct arena *a, struct label *ret) {
        _cleanup_(closep) int fd = label_open(path);

        return fd < 0 ? fd : label_read(fd, a, ret);
}

static void test_labels_in_a_file(void **state) {
        char path[] = "/tmp/zmirror-label-XXXXXX";
        struct bench b = bench_new(usual);
        _cleanup_(closep) int fd = mkstemp(path);
        struct label l = {};

        assert_true(fd >= 0);
        assert_int_equal(file_read(path, b.a, &l), -EFBIG);
        assert_int_equal(ftruncate(fd, DEVICE_BYTES), 0);
        assert_int_equal(file_read(path, b.a, &l), 0);
        assert_false(l.valid);
        for (unsigned i = 0; i < 4; i++)
                assert_int_equal(pwrite(fd, b.m.labels[i], IMAGE_LABEL_BYTES,
                                        (off_t) image_label_offset(&b.m, i)),
                                 IMAGE_LABEL_BYTES);
        assert_int_equal(file_read(path, b.a, &l), 0);
        assert_true(l.valid);
        assert_int_equal(l.n_labels, 4);
        assert_int_equal(l.txg, 120);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(file_read(path, b.a, &l), -ENOENT);
        assert_int_equal(file_read("/tmp", b.a, &l), -ENOTBLK);
        assert_int_equal(file_read("/dev/null", b.a, &l), -ENOTBLK);
        bench_done(&b);
}

/* Lines of an offset and bytes, in hexadecimal. */
static void hex_read(const char *text, uint8_t *ret) {
        for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
                size_t offset = strtoul(line, NULL, 16);
                unsigned byte;

                for (const char *s = strchr(line, ' ') + 1; *s != '\n'; s += 2) {
                        assert_int_equal(sscanf(s, "%2x", &byte), 1);
                        assert_true(offset < LABEL_SIZE_BYTES);
                        ret[offset++] = (uint8_t) byte;
                }
        }
}

static void test_a_label_that_zfs_wrote(void **state) {
        _cleanup_(freep) uint8_t *label = memory_new(1, LABEL_SIZE_BYTES);
        struct arena *a = arena_new();
        struct label l;

        hex_read(data_read(a, "labels/ztest-2.1.11-label-0.hex"), label);
        label_parse((const uint8_t *const[4]){ label }, 256 * 1024 * 1024, a, &l);
        assert_true(l.valid);
        assert_string_equal(l.pool_name, "ztest");
        assert_string_equal(l.hostname, "vm");
        assert_true(l.pool_guid == 5144085246146491572 && l.vdev_guid == 3115280752029441463 &&
                    l.top_guid == 13240657239512346966u);
        assert_int_equal(l.top.type, VDEV_TYPE_MIRROR);
        assert_int_equal(l.top.width, 2);
        assert_int_equal(l.config_txg, 137);
        assert_int_equal(l.pool_state, 0);
        assert_int_equal(l.txg, 190);
        assert_int_equal(l.timestamp, 1795425982);
        label_parse((const uint8_t *const[4]){ NULL, label }, 256 * 1024 * 1024, a, &l);
        assert_false(l.valid); /* a copy of it, at the place of the second */
        arena_free(a);
}

static void test_json_there_and_back(void **state) {
        struct bench b = bench_new(usual);
        const char *json;
        struct label l;

        (void) bench_read(&b);
        json = label_print_json(b.a, "/dev/mapper/tank-a", &b.l);
        assert_non_null(strstr(json, "\"vdev_guid\":13365646584794344720"));
        assert_true(label_parse_json(json, strlen(json), b.a, &l));
        assert_string_equal(l.pool_name, b.l.pool_name);
        assert_string_equal(l.hostname, b.l.hostname);
        assert_int_equal(l.valid, b.l.valid);
        assert_int_equal(l.n_labels, b.l.n_labels);
        assert_true(l.pool_guid == b.l.pool_guid && l.vdev_guid == b.l.vdev_guid &&
                    l.top_guid == b.l.top_guid && l.config_txg == b.l.config_txg &&
                    l.pool_state == b.l.pool_state && l.txg == b.l.txg &&
                    l.timestamp == b.l.timestamp && l.hostid == b.l.hostid);
        assert_true(l.top.type == b.l.top.type && l.top.parity == b.l.top.parity &&
                    l.top.width == b.l.top.width && l.top.width == 2);
        for (size_t n = 0; n < strlen(json); n++)
                assert_false(label_parse_json(json, n, b.a, &l));
        bench_done(&b);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_whole_label_of_any_ashift_and_byte_order),
                cmocka_unit_test(test_every_damaged_label_is_left_out),
                cmocka_unit_test(test_labels_that_could_not_be_read),
                cmocka_unit_test(test_a_damaged_uberblock_does_not_count),
                cmocka_unit_test(test_torn_labels_give_the_newest_of_all),
                cmocka_unit_test(test_equal_txgs_go_by_time),
                cmocka_unit_test(test_an_uberblock_in_the_wrong_place_does_not_count),
                cmocka_unit_test(test_an_uberblock_in_another_byte_order_than_its_checksum),
                cmocka_unit_test(test_a_leg_that_was_never_synced),
                cmocka_unit_test(test_a_leg_that_grew_has_only_its_front_labels),
                cmocka_unit_test(test_labels_of_an_older_life_at_the_end_of_the_disk),
                cmocka_unit_test(test_what_is_not_a_leg),
                cmocka_unit_test(test_a_leg_without_a_host),
                cmocka_unit_test(test_names_cannot_play_tricks_on_a_terminal),
                cmocka_unit_test(test_hostile_configurations_with_good_checksums),
                cmocka_unit_test(test_lists_that_never_end),
                cmocka_unit_test(test_where_labels_lie),
                cmocka_unit_test(test_labels_in_a_file),
                cmocka_unit_test(test_a_label_that_zfs_wrote),
                cmocka_unit_test(test_json_there_and_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
