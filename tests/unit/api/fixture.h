/* tests/unit/api/fixture.h - a small configuration: a disk with a leg in a container, the pool, a
 * volume */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "model/config.h"

enum {
        FIXTURE_DISK,
        FIXTURE_PART,
        FIXTURE_CRYPT,
        FIXTURE_LEG,
        FIXTURE_POOL,
        FIXTURE_VOL,
        FIXTURE_N
};

static inline struct config *fixture_config(void) {
        static const char *const usb[] = { "usb", NULL }, *const usb_away[] = { "usb", "away",
                                                                                NULL };
        static struct entity entities[FIXTURE_N] = {
                { .type = ENTITY_DISK,
                  .id = "disk|uuid:0f2a",
                  .hrid = "disk: the blue one",
                  .name = "0f2a",
                  .parent = ENTITY_NONE,
                  .groups = usb,
                  .disk = { .info = "the blue one" } },
                { .type = ENTITY_PART,
                  .id = "part|name:tank-b",
                  .hrid = "part: tank-b",
                  .name = "tank-b",
                  .parent = FIXTURE_DISK,
                  .depth = 1 },
                { .type = ENTITY_CRYPT,
                  .id = "crypt|name:tank-b",
                  .hrid = "crypt: tank-b",
                  .name = "tank-b",
                  .parent = FIXTURE_PART,
                  .depth = 2 },
                { .type = ENTITY_ZDEV,
                  .id = "zdev|pool:tank|name:tank-b",
                  .hrid = "zdev: tank-b (tank)",
                  .name = "tank-b",
                  .parent = FIXTURE_CRYPT,
                  .depth = 3,
                  .groups = usb_away,
                  .zdev = { .pool = "tank",
                            .zpool = FIXTURE_POOL,
                            .intervals = { .update = { .usec = 4 * USEC_PER_WEEK },
                                           .scrub = { .months = 1 } } } },
                { .type = ENTITY_ZPOOL,
                  .id = "zpool|name:tank",
                  .hrid = "zpool: tank",
                  .name = "tank",
                  .parent = ENTITY_NONE },
                { .type = ENTITY_ZVOL,
                  .id = "zvol|pool:tank|name:data",
                  .hrid = "zvol: data (tank)",
                  .name = "data",
                  .parent = FIXTURE_POOL,
                  .depth = 1,
                  .zvol = { .pool = "tank" } },
        };
        struct arena *a = arena_new();
        struct config *c = arena_new_one(a, struct config);

        c->arena = a;
        c->entities = arena_memdup(a, entities, sizeof(entities));
        c->n_entities = FIXTURE_N;
        for (entity_id id = 0; id < FIXTURE_N; id++) {
                c->entities[id].self = id;
                map_put(&c->by_id, c->entities[id].id, id);
        }
        return c;
}
