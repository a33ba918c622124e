/* tests/bench/bench.c - how long the operations take that must be fast, with 20,000 entities */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/reply.h"
#include "config/config_load.h"
#include "engine/engine.h"
#include "store/store.h"

#define N_DISKS       4750 /* with a partition, a container and a leg each */
#define LEGS_PER_POOL 4
#define N_APPEAR      1000

static int n_slow;

static usec_t monotonic(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

/* What this process has used of the processor. */
static usec_t processor(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

static struct now now_at(usec_t mono) {
        return (struct now){ .wall = 1772000000 * USEC_PER_SEC + mono, .mono = mono };
}

static void report(const char *what, usec_t took, usec_t limit) {
        bool good = took <= limit;

        (void) printf("%-50s %8.3f ms (limit %g ms)%s\n", what, (double) took / 1000,
                      (double) limit / 1000, good ? "" : "  TOO SLOW");
        n_slow += !good;
}

static void write_configuration(struct text *t) {
        text_add(t, "--- !zmirror\ncontent:\n");
        for (int p = 0; p < N_DISKS / LEGS_PER_POOL; p++) {
                text_addf(t,
                          "  - !zpool\n    name: pool-%d\n    backed_by:\n      - !mirror\n"
                          "        devices: [",
                          p);
                for (int i = 0; i < LEGS_PER_POOL; i++)
                        text_addf(t, "%sleg-%d", i ? ", " : "", p * LEGS_PER_POOL + i);
                text_add(t, "]\n");
        }
        for (int i = 0; i < N_DISKS; i++)
                text_addf(
                        t,
                        "  - !disk\n    uuid: 00000000-0000-0000-0000-%012d\n"
                        "    unpluggable: yes\n    content:\n      - !part\n        name: part-%d\n"
                        "        content:\n          - !crypt\n            name: leg-%d\n"
                        "            on_appeared: [online]\n            content:\n"
                        "              - !zdev\n                pool: pool-%d\n"
                        "                scrub_interval: 4 weeks\n",
                        i, i, i, i / LEGS_PER_POOL);
}

static struct config *bench_configuration(struct arena *a) {
        struct diagnoses diagnoses = {};
        struct text t = {};
        struct config *c;
        usec_t begun;

        write_configuration(&t);
        begun = monotonic();
        c = config_parse(a, "bench.yml", t.s, t.length, /* check_files= */ false, &diagnoses);
        report("reading the configuration", monotonic() - begun, 1000 * USEC_PER_MSEC);
        text_done(&t);
        for (size_t i = 0; !c && i < diagnoses.count && i < 5; i++)
                (void) fprintf(stderr, "%s\n",
                               diagnosis_print(a, "bench.yml", &diagnoses.items[i]));
        if (!c)
                exit(EXIT_FAILURE);
        (void) printf("%u entities\n", c->n_entities);
        return c;
}

static const struct effects *bench_facts(struct engine *e, usec_t mono, struct input_facts facts) {
        facts.seq = UINT64_MAX;
        return engine_step(e, now_at(mono), &(struct input){ .kind = INPUT_FACTS, .facts = facts });
}

static struct engine *bench_start(const struct config *c) {
        struct arena *a = arena_new();
        struct memory *memory = arena_new_one(a, struct memory);
        usec_t begun = monotonic();
        struct engine *e;

        memory->arena = a;
        memory->boot_id = "";
        e = engine_new(c, memory, "boot", /* first_start= */ true, now_at(1));
        (void) engine_step(e, now_at(2), &(struct input){ .kind = INPUT_TICK });
        (void) bench_facts(e, 3, (struct input_facts){ .kind = FACT_DEVICES });
        (void) bench_facts(e, 4, (struct input_facts){ .kind = FACT_MOUNTS });
        (void) bench_facts(e, 5, (struct input_facts){ .kind = FACT_POOLS });
        report("making the first picture", monotonic() - begun, 500 * USEC_PER_MSEC);
        (void) memory_free(memory);
        if (!engine_is_ready(e))
                exit(EXIT_FAILURE);
        return e;
}

static struct device partition(struct arena *a, int i) {
        return (struct device){ .syspath = arena_printf(a, "/sys/devices/x/sd%d/sd%d1", i, i),
                                .devnode = arena_printf(a, "/dev/sd%d1", i),
                                .devnum = (uint64_t) i + 1,
                                .diskseq = (uint64_t) i + 1,
                                .kind = DEVICE_PARTITION,
                                .table_uuid = "",
                                .part_name = arena_printf(a, "part-%d", i),
                                .part_uuid = "",
                                .fs_type = "crypto_LUKS",
                                .fs_uuid = "",
                                .dm_name = "",
                                .dm_uuid = "",
                                .zvol_name = "",
                                .serial = "",
                                .model = "",
                                .bus = "" };
}

/* Cost follows what a look touched, never the size of the configuration. */
static void bench_appear(struct engine *e) {
        struct arena *a = arena_new();
        usec_t begun = monotonic();

        for (int i = 0; i < N_APPEAR; i++) {
                struct device d = partition(a, i);

                (void) bench_facts(e, 10 + (usec_t) i,
                                   (struct input_facts){ .kind = FACT_DEVICE,
                                                         .name = d.syspath,
                                                         .devices = &d,
                                                         .n_devices = 1 });
        }
        report("one device appears", (monotonic() - begun) / N_APPEAR, USEC_PER_MSEC);
        arena_free(a);
}

/* Every container is opened, five at a time; how long the children take is not counted. */
static void bench_appear_at_once(const struct config *c) {
        struct arena *a = arena_new();
        struct device *devices = arena_new_array(a, struct device, N_DISKS);
        struct engine *e = bench_start(c);
        const struct effects *effects;
        uint64_t *running = arena_new_array(a, uint64_t, N_DISKS + 1);
        const struct command_end failed = { .started = true, .exit_status = 1, .output = "" };
        size_t n_started = 0, n_ended = 0;
        usec_t begun;

        for (int i = 0; i < N_DISKS; i++)
                devices[i] = partition(a, i);
        begun = monotonic();
        effects = bench_facts(e, 10,
                              (struct input_facts){ .kind = FACT_DEVICES,
                                                    .devices = devices,
                                                    .n_devices = N_DISKS });
        for (;;) {
                struct input end = { .kind = INPUT_COMMAND_END };

                for (size_t i = 0; i < effects->runs.count && n_started < N_DISKS; i++)
                        running[n_started++] = effects->runs.items[i].job;
                if (n_ended == n_started)
                        break;
                end.command.job = running[n_ended++];
                end.command.end = &failed;
                effects = engine_step(e, now_at(11 + n_ended), &end);
        }
        report("all disks appear at once: all opens planned", monotonic() - begun,
               2 * USEC_PER_SEC);
        if (n_started != N_DISKS)
                (void) printf("only %zu of %d were opened\n", n_started, N_DISKS), n_slow++;
        (void) engine_free(e);
        arena_free(a);
}

/* Of every leg a scrub is wanted; all disks are away. */
static void bench_maintenance(const struct config *c) {
        struct engine *e = bench_start(c);
        struct arena *a = arena_new();
        struct chore *chores;
        usec_t begun = processor();
        uint32_t n = engine_view_chores(e, a, 1u << OPERATION_SCRUB, /* all= */ true,
                                        now_at(USEC_PER_SEC), &chores);

        for (uint32_t i = 0; i < n; i++)
                (void) engine_step(e, now_at(USEC_PER_SEC + i),
                                   &(struct input){ .kind = INPUT_WISH,
                                                    .wish = { .wish = chores[i].wish,
                                                              .entity = chores[i].entity,
                                                              .origin = ORIGIN_MAINTENANCE,
                                                              .client = 1 } });
        report("maintenance of every leg (processor)", processor() - begun, 50 * USEC_PER_MSEC);
        if (n != N_DISKS)
                (void) printf("only %u of %d were made\n", n, N_DISKS), n_slow++;
        arena_free(a);
        (void) engine_free(e);
}

static void bench_list(const struct engine *e, const struct config *c) {
        struct now now = now_at(USEC_PER_SEC);
        usec_t begun = monotonic();
        struct text t = {};

        reply_rows_begin(&t, now.wall, true);
        for (entity_id id = 0; id < c->n_entities; id++) {
                struct view_entity v;

                engine_view_entity(e, id, now, &v);
                row_print(&t, c, &v, COLUMNS_ALL, now.wall);
        }
        reply_rows_end(&t);
        report("listing all of them as JSON", monotonic() - begun, 150 * USEC_PER_MSEC);
        text_done(&t);
}

static void bench_save(struct store *s, const struct config *c) {
        if (store_begin(s) < 0)
                exit(EXIT_FAILURE);
        for (entity_id id = 0; id < c->n_entities; id++)
                (void) store_save_entity(s, &(struct memory_entity){ .id = c->entities[id].id });
        if (store_commit(s) < 0)
                exit(EXIT_FAILURE);
}

static void bench_store(const struct config *c) {
        char folder[] = "/tmp/zmirror-bench-XXXXXX";
        struct arena *a = arena_new();
        struct memory *memory = NULL;
        struct store *s = NULL;
        const char *error = NULL, *path;
        bool first;
        usec_t begun;

        if (!mkdtemp(folder))
                exit(EXIT_FAILURE);
        path = arena_printf(a, "%s/zmirror.db", folder);
        if (store_open(path, a, &s, &first, &error) < 0) {
                (void) fprintf(stderr, "%s\n", error);
                exit(EXIT_FAILURE);
        }
        bench_save(s, c);
        (void) store_free(s);

        begun = monotonic();
        if (store_open(path, a, &s, &first, &error) < 0 || store_load(s, &memory) < 0)
                exit(EXIT_FAILURE);
        report("opening and loading the state file", monotonic() - begun, 100 * USEC_PER_MSEC);

        begun = monotonic();
        for (entity_id id = 0; id < 100; id++) {
                (void) store_begin(s);
                (void) store_save_entity(s, &memory->entities[id]);
                (void) store_commit(s);
        }
        report("saving one row", (monotonic() - begun) / 100, 5 * USEC_PER_MSEC);
        (void) memory_free(memory);
        (void) store_free(s);
        (void) remove(path);
        (void) remove(arena_printf(a, "%s-lock", path));
        (void) remove(folder);
        arena_free(a);
}

int main(void) {
        struct arena *a = arena_new();
        struct config *c = bench_configuration(a);
        struct engine *e = bench_start(c);

        bench_appear(e);
        bench_appear_at_once(c);
        bench_maintenance(c);
        bench_list(e, c);
        bench_store(c);
        (void) engine_free(e);
        (void) config_free(c);
        arena_free(a);
        return n_slow ? EXIT_FAILURE : EXIT_SUCCESS;
}
