/* tests/sim/commands.c - what is run: for whom, when, and beside what; and the requests that want
 * it
 */
#include <string.h>

#include "base/text.h"
#include "checks.h"

#define RUNNING_MAX 5u
/* How long a request may be open though its device is gone, or though nobody needs it. */
#define REQUEST_USEC (15 * USEC_PER_SEC)
/* A scan or trim that began a moment ago need not have been seen. */
#define BUSY_USEC (12 * USEC_PER_SEC)

/* --- the command itself --- */

static bool argv_has(const struct command *c, const char *word) {
        for (const char *const *w = c->argv; *w; w++)
                if (text_equal(*w, word))
                        return true;
        return false;
}

static void check_words(struct invariant *v, const struct command *c) {
        if (argv_has(c, "-f") || argv_has(c, "-F") || argv_has(c, "--force"))
                invariant_break(v, "force", "'%s' is forced", command_print(v->arena, c));
        if (!engine_get_settings(rehearsal_engine(v->rehearsal)).enable_commands)
                invariant_break(v, "disabled", "'%s' is run although commands are disabled",
                                command_print(v->arena, c));
}

/* One at a time per pool, and five in all; questions for a passphrase do not count. */
static void check_lanes(struct invariant *v, const struct command *c,
                        const struct command *const *running, uint32_t n) {
        uint32_t counted = 0;

        for (uint32_t i = 0; i < n; i++) {
                counted += !running[i]->passphrase;
                if (c->lane && text_equal(running[i]->lane, c->lane))
                        invariant_break(v, "lane", "'%s' is run while '%s' runs on the same pool",
                                        command_print(v->arena, c),
                                        command_print(v->arena, running[i]));
        }
        if (!c->passphrase && counted >= RUNNING_MAX)
                invariant_break(v, "five", "'%s' is run beside %u others",
                                command_print(v->arena, c), counted);
}

/* The disk that it lies on is plugged. */
static bool disk_is_there(const struct invariant *v, entity_id id) {
        entity_id disk = config_disk_of(rehearsal_config(v->rehearsal), id);

        if (disk == ENTITY_NONE)
                return true;
        disk = world_id(v, disk);
        return disk == ENTITY_NONE || sim_is_there(rehearsal_sim(v->rehearsal), disk);
}

static bool leg_is_there(const struct invariant *v, entity_id leg) {
        leg = world_id(v, leg);
        return leg == ENTITY_NONE || entity_is_doubled(v, leg) ||
               sim_is_there(rehearsal_sim(v->rehearsal), leg);
}

static bool is_wanted(const struct view_request *r, uint32_t n, entity_id id, enum wish wish) {
        for (uint32_t i = 0; i < n; i++)
                if (r[i].entity == id && r[i].wish == wish)
                        return true;
        return false;
}

/* Its container is being opened, for somebody who still wants it. NULL: it is not. */
static const struct command *leg_find_opening(struct invariant *v, entity_id leg,
                                              const struct command *const *running, uint32_t n) {
        const struct config *config = rehearsal_config(v->rehearsal);
        entity_id crypt = config->entities[leg].parent;
        struct view_request *r;
        uint32_t n_requests = engine_view_requests(rehearsal_engine(v->rehearsal), v->arena, crypt,
                                                   &r);

        if (!is_wanted(r, n_requests, crypt, WISH_ONLINE) || leg_is_there(v, leg) ||
            !disk_is_there(v, leg))
                return NULL;
        for (uint32_t i = 0; i < n; i++)
                if (running[i]->kind == COMMAND_CRYPT_OPEN &&
                    argv_has(running[i], config->entities[crypt].name))
                        return running[i];
        return NULL;
}

/* Not while a leg is being unlocked. */
static void check_import(struct invariant *v, const struct command *c,
                         const struct command *const *running, uint32_t n) {
        const struct config *config = rehearsal_config(v->rehearsal);
        const struct entity *pool;

        if (c->kind != COMMAND_POOL_IMPORT || c->about == ENTITY_NONE ||
            sim_is_stirred(rehearsal_sim(v->rehearsal)))
                return;
        pool = &config->entities[c->about];
        for (uint32_t k = 0; k < pool->zpool.n_legs; k++) {
                const struct command *opening = leg_find_opening(v, pool->zpool.legs[k], running,
                                                                 n);

                if (opening)
                        invariant_break(v, "import", "pool %s is imported while '%s' runs",
                                        pool->name, command_print(v->arena, opening));
        }
}

/* Nothing is closed that is just coming into use. */
static void check_close(struct invariant *v, const struct command *c,
                        const struct command *const *running, uint32_t n) {
        const struct config *config = rehearsal_config(v->rehearsal);
        const char *path;

        if (c->kind != COMMAND_CRYPT_CLOSE || c->about == ENTITY_NONE)
                return;
        path = arena_printf(v->arena, "/dev/mapper/%s", config->entities[c->about].name);
        if (sim_is_dead(rehearsal_sim(v->rehearsal), path) || /* which is of no use to anybody */
            world_id(v, c->about) == ENTITY_NONE || entity_is_doubled(v, world_id(v, c->about)))
                return;
        for (uint32_t i = 0; i < n; i++)
                if ((running[i]->kind == COMMAND_LEG_ONLINE ||
                     running[i]->kind == COMMAND_POOL_IMPORT) &&
                    argv_has(running[i], path))
                        invariant_break(v, "close", "'%s' is run while '%s' runs",
                                        command_print(v->arena, c),
                                        command_print(v->arena, running[i]));
}

void commands_on_run(struct invariant *v, const struct command *c) {
        const struct command *running[64];
        uint32_t n = sim_running(rehearsal_sim(v->rehearsal), running, ELEMENTSOF(running));

        if (n > ELEMENTSOF(running))
                n = ELEMENTSOF(running);
        check_words(v, c);
        check_lanes(v, c, running, n);
        check_import(v, c, running, n);
        check_close(v, c, running, n);
}

/* --- its effect --- */

/* The container under a name is the one that was there before. */
static void check_container(struct invariant *v, const struct command *c) {
        const struct memory_entity *m;
        const char *uuid;
        entity_id id;

        if (c->kind != COMMAND_CRYPT_OPEN || !text_equal(c->argv[1], "open"))
                return;
        id = config_find_id(v->world, arena_printf(v->arena, "crypt|name:%s", c->argv[3]));
        if (id == ENTITY_NONE || sim_is_ambiguous(rehearsal_sim(v->rehearsal), id) ||
            sim_is_stirred(rehearsal_sim(v->rehearsal)))
                return;
        m = rehearsal_find_entity(v->rehearsal, v->world->entities[id].id);
        uuid = sim_luks_uuid(rehearsal_sim(v->rehearsal), c->argv[2]);
        if (m && m->luks_uuid && *m->luks_uuid && uuid && !text_equal(uuid, m->luks_uuid) &&
            !sim_is_new(rehearsal_sim(v->rehearsal), c->argv[2]))
                invariant_break(v, "container",
                                "%s is opened, which is another container than before", m->id);
}

static void check_required(struct invariant *v, const struct command *c) {
        const struct config *config = rehearsal_config(v->rehearsal);
        struct sim *s = rehearsal_sim(v->rehearsal);
        entity_id id = c->kind == COMMAND_POOL_IMPORT ? config_find_pool(config, c->lane)
                                                      : ENTITY_NONE;
        const struct entity *pool;

        if (id == ENTITY_NONE || sim_is_deaf(s))
                return;
        pool = &config->entities[id];
        for (uint32_t i = 0; i < pool->zpool.n_backing; i++)
                for (uint32_t k = 0; k < pool->zpool.backing[i].n_devices; k++) {
                        const struct backing_device *d = &pool->zpool.backing[i].devices[k];
                        entity_id leg = d->leg == ENTITY_NONE ? ENTITY_NONE : world_id(v, d->leg);

                        if (d->required && leg != ENTITY_NONE && !sim_is_there(s, leg) &&
                            !sim_was_there(s, leg) && !entity_is_doubled(v, leg))
                                invariant_break(v, "import",
                                                "pool %s is imported without %s, which is required",
                                                pool->name, d->name);
                }
}

void commands_on_execute(struct invariant *v, const struct command *c) {
        check_container(v, c);
        check_required(v, c);
}

/* --- for whom --- */

static bool command_has_no_request(enum command_kind kind) {
        switch (kind) {
        case COMMAND_POOL_SYNC: /* to see whether a leg is up to date */
        case COMMAND_RUN:       /* of a handler's list, as the next */
        case COMMAND_SNAPSHOT:
        case COMMAND_ENABLE_TRIM:
        case COMMAND_SCRUB_STOP: /* somebody has withdrawn a request, as the next */
        case COMMAND_TRIM_STOP:
                return true;
        case COMMAND_SETTLE:
        case COMMAND_CRYPT_OPEN:
        case COMMAND_CRYPT_CLOSE:
        case COMMAND_POOL_IMPORT:
        case COMMAND_POOL_EXPORT:
        case COMMAND_POOL_CLEAR:
        case COMMAND_LEG_ONLINE:
        case COMMAND_LEG_OFFLINE:
        case COMMAND_LEG_CLEAR:
        case COMMAND_POWER_OFF:
        case COMMAND_SCRUB:
        case COMMAND_TRIM:
        case COMMAND_MOUNT:
        case COMMAND_UNMOUNT:
        case COMMAND_VOLMODE_GET:
        case COMMAND_VOLMODE:
        case _COMMAND_KIND_MAX:
                break;
        }
        return false;
}

static const struct view_request *request_of(const struct view_request *r, uint32_t n,
                                             const char *command) {
        for (uint32_t i = 0; i < n; i++)
                if (r[i].reason.code == REASON_WAIT_COMMAND &&
                    text_equal(r[i].reason.detail, command))
                        return &r[i];
        return NULL;
}

static const struct memory_entity *row_of(const struct invariant *v, const struct effects *e,
                                          const char *id) {
        for (size_t i = 0; i < e->entities.count; i++)
                if (text_equal(e->entities.items[i]->id, id))
                        return e->entities.items[i];
        return rehearsal_find_entity(v->rehearsal, id);
}

/* A handler's offline is held back while a resilver, scrub or trim of the leg is wanted or
 * runs, and while the list of anything inside has not ended. */
static void check_held_back(struct invariant *v, const struct effects *e, const struct command *c,
                            const struct view_request *r, uint32_t n) {
        const struct config *config = rehearsal_config(v->rehearsal);
        entity_id leg;

        if (c->kind == COMMAND_LEG_OFFLINE) {
                leg = world_id(v, c->about);
                if (is_wanted(r, n, c->about, WISH_SCRUB) || is_wanted(r, n, c->about, WISH_TRIM) ||
                    (leg != ENTITY_NONE && !sim_is_deaf(rehearsal_sim(v->rehearsal)) &&
                     sim_leg_is_busy(rehearsal_sim(v->rehearsal), leg, BUSY_USEC)))
                        invariant_break(v, "held", "a handler takes %s offline while it is busy",
                                        config->entities[c->about].id);
        }
        for (entity_id i = 0; i < config->n_entities; i++) {
                const struct memory_entity *m;

                if (i == c->about || !config_is_inside(config, i, c->about))
                        continue;
                m = row_of(v, e, config->entities[i].id);
                if (m && m->n_handlers)
                        invariant_break(
                                v, "held",
                                "a handler takes %s offline while on_%s of %s has not ended",
                                config->entities[c->about].id, event_print(m->handlers[0].event),
                                m->id);
        }
}

/* No command without a request that is open; and no handler's before its time. */
static void check_runs(struct invariant *v, const struct effects *e, const struct view_request *r,
                       uint32_t n) {
        for (size_t i = 0; i < e->runs.count; i++) {
                const struct command *c = &e->runs.items[i].command;
                const char *text = command_print(v->arena, c);
                const struct view_request *of = request_of(r, n, text);

                if (!of && !command_has_no_request(c->kind))
                        invariant_break(v, "nobody", "'%s' is run for nobody", text);
                if (of && of->origin == ORIGIN_HANDLER && of->wish == WISH_OFFLINE &&
                    of->entity == c->about)
                        check_held_back(v, e, c, r, n);
        }
}

/* A list goes on by one action at a time. */
static void check_lists(struct invariant *v, const struct memory_entity *m) {
        const struct memory_entity *before = rehearsal_find_entity(v->rehearsal, m->id);

        for (uint32_t i = 0; i < m->n_handlers; i++)
                for (uint32_t k = 0; before && k < before->n_handlers; k++)
                        if (text_equal(m->handlers[i].change, before->handlers[k].change) &&
                            m->handlers[i].event == before->handlers[k].event &&
                            (m->handlers[i].next < before->handlers[k].next ||
                             m->handlers[i].next > before->handlers[k].next + 1))
                                invariant_break(v, "list",
                                                "a handler list of %s leaves out an action", m->id);
}

/* --- the life of requests --- */

static bool request_depends_on_device(const struct config *c, const struct view_request *r) {
        switch (c->entities[r->entity].type) {
        case ENTITY_DISK:
        case ENTITY_PART:
        case ENTITY_CRYPT:
        case ENTITY_ZDEV:
                return !wish_takes_away(r->wish);
        case ENTITY_ZPOOL:
        case ENTITY_ZVOL:
        case ENTITY_DATASET:
        case _ENTITY_TYPE_MAX:
                break;
        }
        return false;
}

static struct seen_request *request_seen(struct invariant *v, uint64_t id) {
        for (size_t i = 0; i < v->requests.count; i++)
                if (v->requests.items[i].id == id)
                        return &v->requests.items[i];
        array_append(&v->requests, (struct seen_request){ .id = id });
        return &v->requests.items[v->requests.count - 1];
}

static void check_life(struct invariant *v, const struct view_request *r) {
        const struct config *c = rehearsal_config(v->rehearsal);
        usec_t now = sim_time(rehearsal_sim(v->rehearsal));
        struct seen_request *s = request_seen(v, r->id);
        bool there = disk_is_there(v, r->entity);
        struct view_entity view;

        engine_view_entity(rehearsal_engine(v->rehearsal), r->entity, rehearsal_now(v->rehearsal),
                           &view);
        s->there |= there && state_is_present(view.state);
        if (there || !s->there || !request_depends_on_device(c, r) ||
            world_id(v, r->entity) == ENTITY_NONE || entity_is_doubled(v, world_id(v, r->entity)) ||
            sim_is_deaf(rehearsal_sim(v->rehearsal)))
                s->gone = 0;
        else if (!s->gone)
                s->gone = now;
        else if (now > s->gone + REQUEST_USEC)
                invariant_break(v, "gone", "'%s %s' goes on without its disk", wish_print(r->wish),
                                c->entities[r->entity].hrid);
        if (r->own || r->n_needed_by)
                s->forlorn = 0;
        else if (!s->forlorn)
                s->forlorn = now;
        else if (now > s->forlorn + REQUEST_USEC)
                invariant_break(v, "forlorn", "'%s %s' goes on, and nobody needs it",
                                wish_print(r->wish), c->entities[r->entity].hrid);
}

static void requests_forget_ended(struct invariant *v, const struct view_request *r, uint32_t n) {
        for (size_t i = v->requests.count; i-- > 0;) {
                bool open = false;

                for (uint32_t k = 0; k < n && !open; k++)
                        open = r[k].id == v->requests.items[i].id;
                if (!open)
                        array_remove(&v->requests, i);
        }
}

/* What a person wants ends "replaced by ..." only if a person has asked for something since. */
static void check_tells(struct invariant *v, const struct effects *e) {
        const struct config *c = rehearsal_config(v->rehearsal);

        for (size_t i = 0; i < e->tells.count; i++)
                if (e->tells.items[i].client > v->last_client)
                        v->last_client = e->tells.items[i].client;
        for (size_t i = 0; i < e->tells.count; i++) {
                const struct effect_tell *t = &e->tells.items[i];

                if (t->ended && t->reason.code == REASON_REPLACED && t->entity != ENTITY_NONE &&
                    t->client && t->client == v->last_client)
                        invariant_break(v, "replaced", "what a person wanted of %s is replaced: %s",
                                        c->entities[t->entity].id,
                                        reason_print(v->arena, c, &t->reason));
        }
}

void commands_on_effects(struct invariant *v, const struct effects *e) {
        struct engine *engine = rehearsal_engine(v->rehearsal);
        struct view_request *r;
        uint32_t n;

        check_tells(v, e);
        for (size_t i = 0; i < e->entities.count; i++)
                if (e->entities.items[i]->n_handlers)
                        check_lists(v, e->entities.items[i]);
        if (!e->runs.count && !e->tells.count &&
            sim_time(rehearsal_sim(v->rehearsal)) < v->next_look)
                return;
        n = engine_view_requests(engine, v->arena, ENTITY_NONE, &r);
        check_runs(v, e, r, n);
        requests_forget_ended(v, r, n);
        for (uint32_t i = 0; i < n; i++)
                check_life(v, &r[i]);
}
