/* engine/plan.c - from a plan's answer to what happens: needs, waits, commands and their effects */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/copy.h"
#include "engine/entry.h"
#include "engine/history.h"
#include "engine/holder.h"
#include "engine/job.h"
#include "engine/picture.h"
#include "engine/plan.h"
#include "engine/provisioning.h"
#include "engine/silence.h"
#include "engine/transit.h"

/*
 * After a command has ended, the world is looked at before the plan is asked again. If the plan
 * then still wants the command that has just ended, it had no effect (yet): until its grace is over
 * the request waits, and then it has failed. So no command is ever repeated without something
 * having changed, but for the bounded retries of an export, unmount, close or power-off.
 */

/* How often a busy export, unmount, close or power-off is tried, with 1, 2, 4, 8, 16, 32 seconds in
 * between.
 */
#define BUSY_TRIES 7u

struct step step_done(void) {
        return (struct step){ .kind = STEP_DONE };
}

static struct step step_reason(enum step_kind kind, enum reason_code code, entity_id about,
                               const char *detail) {
        struct step s = { .kind = kind, .reason = { .code = code, .about = about } };

        if (detail)
                (void) snprintf(s.reason.detail, sizeof(s.reason.detail), "%s", detail);
        return s;
}

struct step step_done_but(enum reason_code code, entity_id about, const char *detail) {
        return step_reason(STEP_DONE, code, about, detail);
}

struct step step_wait(enum reason_code code, entity_id about, const char *detail) {
        return step_reason(STEP_WAIT, code, about, detail);
}

struct step step_wait_untimed(enum reason_code code, entity_id about, const char *detail) {
        struct step s = step_reason(STEP_WAIT, code, about, detail);

        s.untimed = true;
        return s;
}

struct step step_fail(enum reason_code code, entity_id about, const char *detail) {
        return step_reason(STEP_FAIL, code, about, detail);
}

struct step step_failf(enum reason_code code, entity_id about, const char *format, ...) {
        struct step s = { .kind = STEP_FAIL, .reason = { .code = code, .about = about } };
        va_list args;

        va_start(args, format);
        (void) vsnprintf(s.reason.detail, sizeof(s.reason.detail), format, args);
        va_end(args);
        return s;
}

struct step step_run(struct command command) {
        return (struct step){ .kind = STEP_RUN, .command = command };
}

/* --- what plans share
 * ------------------------------------------------------------------------------ */

static struct step step_wait_need(const struct engine *e, entity_id entity, enum wish wish) {
        const struct request *other = engine_node(e, entity)->requests[wish];
        struct step s = step_wait(REASON_WAIT_NEED, entity, wish_print(wish));

        s.untimed = other && other->untimed;
        return s;
}

bool plan_require(const struct engine *e, const struct request *r, entity_id entity, enum wish wish,
                  struct step *ret) {
        const struct need *need = request_find_need(r, entity, wish);

        if (need && need->state == NEED_FAILED) {
                *ret = (struct step){ .kind = STEP_FAIL, .reason = need->reason };
                return true;
        }
        if (engine_node(e, entity)->requests[wish] && (need || !request_reaches(r))) {
                *ret = step_wait_need(e, entity, wish);
                return true;
        }
        if (!request_reaches(r)) {
                if (wish == WISH_ONLINE && !entity_is_online(e, entity) &&
                    !entity_is_coming(e, entity)) {
                        *ret = step_fail(REASON_NOT_CONNECTED, entity, NULL);
                        return true;
                }
                if (wish == WISH_ONLINE && !entity_is_online(e, entity)) {
                        *ret = step_wait(REASON_WAIT_NEED, entity, wish_print(wish));
                        return true;
                }
                return false;
        }
        if (need && need->state == NEED_FULFILLED)
                return false;
        *ret = (struct step){ .kind = STEP_NEED, .entity = entity, .wish = wish };
        return true;
}

bool plan_look_at_mounts(const struct engine *e, const struct request *r, uint64_t after,
                         struct step *ret) {
        if (e->mounts_seq > r->looked_since && e->mounts_seq > after)
                return false;
        *ret = step_wait(REASON_WAIT_LOOK, r->entity, NULL);
        if (e->asks[FACT_MOUNTS].at)
                return true; /* it failed, and is tried again in a while */
        ret->kind = STEP_LOOK;
        ret->look = FACT_MOUNTS;
        return true;
}

bool plan_require_gone(const struct engine *e, const struct request *r, entity_id entity,
                       struct step *ret) {
        const struct need *need = request_find_need(r, entity, WISH_OFFLINE);

        if (need && need->state == NEED_FAILED)
                *ret = (struct step){ .kind = STEP_FAIL, .reason = need->reason };
        else if (need && need->state == NEED_FULFILLED)
                *ret = step_wait(REASON_WAIT_LOOK, entity, NULL);
        else if (need && engine_node(e, entity)->requests[WISH_OFFLINE])
                *ret = step_wait_need(e, entity, WISH_OFFLINE);
        else
                *ret = (struct step){ .kind = STEP_NEED, .entity = entity, .wish = WISH_OFFLINE };
        return true;
}

bool plan_ask(const struct engine *e, const struct request *r, entity_id entity, enum wish wish,
              struct step *ret) {
        return plan_require(e, r, entity, wish, ret) && ret->kind != STEP_FAIL;
}

struct step step_wait_answer(const struct engine *e, entity_id pool) {
        const struct node *n = engine_node(e, pool);

        return step_wait(REASON_WAIT_ANSWER, pool, n->silence);
}

bool plan_look_at_pool_after(const struct engine *e, entity_id pool, uint64_t since,
                             struct step *ret) {
        const struct node *n = engine_node(e, pool);

        if (n->status_seq > since)
                return false;
        *ret = n->ask_at ? step_wait_answer(e, pool) : step_wait(REASON_WAIT_LOOK, pool, NULL);
        if (n->ask_at)
                return true; /* it has not answered, and is asked again in a while */
        ret->kind = STEP_LOOK;
        ret->look = FACT_POOL;
        ret->look_name = arena_strdup(e->effects.arena, engine_entity(e, pool)->name);
        return true;
}

bool plan_look_at_pool(const struct engine *e, const struct request *r, entity_id pool,
                       struct step *ret) {
        return plan_look_at_pool_after(e, pool, r->looked_since, ret);
}

bool plan_has_run(const struct engine *e, const struct request *r, const struct command *c) {
        return job_find_ran(e, r, c);
}

bool plan_has_run_well(const struct engine *e, const struct request *r, const struct command *c) {
        const struct ran *ran = job_find_ran(e, r, c);

        return ran && ran->good;
}

bool entity_is_coming(const struct engine *e, entity_id id) {
        for (; id != ENTITY_NONE; id = engine_entity(e, id)->parent)
                if (engine_node(e, id)->requests[WISH_ONLINE])
                        return true;
        return false;
}

bool plan_content_offline(const struct engine *e, const struct request *r, struct step *ret) {
        const struct entity *it = engine_entity(e, r->entity);

        for (entity_id c = it->first_child; c != ENTITY_NONE;
             c = engine_entity(e, c)->next_sibling) {
                if (!engine_node(e, c)->in_use)
                        continue;
                if (!request_reaches(r)) {
                        *ret = step_fail(REASON_BUSY, r->entity, engine_title(e, c));
                        return true;
                }
                if (plan_require(e, r, c, WISH_OFFLINE, ret))
                        return true;
        }
        return false;
}

bool plan_look_at_device(const struct engine *e, uint32_t slot, entity_id about, uint64_t since,
                         struct step *ret) {
        const struct device_slot *d = slot == SLOT_NONE ? NULL : &e->slots.items[slot];

        if (!d || d->seq > since || e->devices_seq > since)
                return false;
        *ret = step_wait(REASON_WAIT_LOOK, about, NULL);
        ret->kind = STEP_LOOK;
        ret->look = FACT_DEVICE;
        ret->look_name = arena_strdup(e->effects.arena, d->device->syspath);
        return true;
}

bool plan_wait_for_provisioning(const struct engine *e, const struct request *r, struct step *ret) {
        if (!provisioning_is_pending(e, r->entity))
                return false;
        *ret = step_wait_untimed(REASON_WAIT_COMMAND, config_disk_of(e->config, r->entity),
                                 "zmirror enable-trim");
        return true;
}

bool plan_wait_for_coming(const struct engine *e, const struct request *r, struct step *ret) {
        struct reason why;

        if (!transit_find_coming(e, r->entity, &why))
                return false;
        *ret = (struct step){ .kind = STEP_WAIT, .reason = why, .untimed = true };
        return true;
}

const struct request *entity_going(const struct engine *e, entity_id id) {
        const struct node *n = engine_node(e, id);

        return n->requests[WISH_EJECT] ? n->requests[WISH_EJECT] : n->requests[WISH_OFFLINE];
}

entity_id entity_find_going(const struct engine *e, entity_id id) {
        for (; id != ENTITY_NONE; id = engine_entity(e, id)->parent)
                if (entity_going(e, id))
                        return id;
        return ENTITY_NONE;
}

bool plan_wait_for_labels(const struct engine *e, const struct request *r, struct step *ret) {
        for (entity_id i = r->entity; (i = tree_next(e, r->entity, i)) != ENTITY_NONE;)
                if (entry_is_closing(e, i)) {
                        *ret = step_wait(REASON_WAIT_LOOK, i, NULL);
                        return true;
                }
        return false;
}

bool plan_wait_for_certainty(struct engine *e, const struct request *r, struct step *ret) {
        const struct entity *it = engine_entity(e, r->entity);
        bool is_pool = it->type == ENTITY_ZPOOL;

        for (uint32_t i = 0; i < (is_pool ? it->zpool.n_legs : 1); i++) {
                entity_id leg = is_pool ? it->zpool.legs[i] : r->entity;

                if (!leg_is_online(e, leg) || !leg_is_uncertain(e, leg))
                        continue;
                deadline_add(&e->deadlines, engine_node(e, leg)->uncertain_until, r->entity);
                *ret = step_wait_untimed(REASON_WAIT_HELD, leg,
                                         "the machine went down while it was in use, and ZFS may "
                                         "be about to resilver it");
                return true;
        }
        return false;
}

static struct step plan_wish(struct engine *e, const struct request *r) {
        entity_id silent, going;
        struct reason why;
        static struct step (*const plans[_ENTITY_TYPE_MAX][_WISH_MAX])(struct engine *,
                                                                       const struct request *) = {
                [ENTITY_DISK] = { [WISH_ONLINE] = plan_disk_online,
                                  [WISH_OFFLINE] = plan_disk_offline,
                                  [WISH_EJECT] = plan_disk_eject },
                [ENTITY_PART] = { [WISH_ONLINE] = plan_disk_online,
                                  [WISH_OFFLINE] = plan_disk_offline },
                [ENTITY_CRYPT] = { [WISH_ONLINE] = plan_crypt_online,
                                   [WISH_OFFLINE] = plan_crypt_offline },
                [ENTITY_ZPOOL] = { [WISH_ONLINE] = plan_pool_online,
                                   [WISH_OFFLINE] = plan_pool_offline,
                                   [WISH_SCRUB] = plan_scrub,
                                   [WISH_TRIM] = plan_trim },
                [ENTITY_ZVOL] = { [WISH_ONLINE] = plan_volume_online,
                                  [WISH_OFFLINE] = plan_disk_offline,
                                  [WISH_SNAPSHOT] = plan_snapshot },
                [ENTITY_DATASET] = { [WISH_ONLINE] = plan_dataset_online,
                                     [WISH_OFFLINE] = plan_dataset_offline,
                                     [WISH_SNAPSHOT] = plan_snapshot },
                [ENTITY_ZDEV] = { [WISH_ONLINE] = plan_leg_online,
                                  [WISH_OFFLINE] = plan_leg_offline,
                                  [WISH_SCRUB] = plan_scrub,
                                  [WISH_TRIM] = plan_trim },
        };

        silent = wish_takes_away(r->wish) ? tree_find_silent(e, r->entity)
                                          : entity_find_silent(e, r->entity);
        if (silent != ENTITY_NONE) /* what is so is not known */
                return step_wait_answer(e, silent);
        going = r->wish == WISH_ONLINE ? entity_find_going(e, engine_entity(e, r->entity)->parent)
                                       : ENTITY_NONE;
        if (going != ENTITY_NONE) /* what it stands on goes: nothing is begun on it */
                return step_wait(REASON_WAIT_NEED, going, wish_print(WISH_OFFLINE));
        if (r->wish == WISH_ONLINE && transit_is_going(e, r->entity, &why))
                return (struct step){ .kind = STEP_WAIT, .reason = why, .untimed = true };
        return plans[engine_entity(e, r->entity)->type][r->wish](e, r);
}

/* --- doing what a plan says
 * ------------------------------------------------------------------------- */

static bool command_is_retried(enum command_kind kind) {
        return kind == COMMAND_CRYPT_CLOSE || kind == COMMAND_POOL_EXPORT ||
               kind == COMMAND_UNMOUNT || kind == COMMAND_POWER_OFF;
}

/* One that failed, busy or not, is tried again, when what it stands on was looked at anew. */
static bool plan_retry(struct engine *e, struct request *r, const struct ran *ran,
                       const struct reason *failure) {
        struct step s = step_wait(ran->busy ? REASON_WAIT_RETRY : REASON_WAIT_AGAIN, r->entity,
                                  failure->detail);

        if (!r->retry_at) {
                r->retry_at = e->now.mono + (USEC_PER_SEC << (ran->times - 1));
                deadline_add(&e->deadlines, r->retry_at, r->entity);
        }
        if (e->now.mono < r->retry_at) {
                request_wait(e, r, &s.reason, false);
                return true;
        }
        if (r->retries) { /* it was */
                r->retries = false;
                r->retry_at = 0;
                return false;
        }
        r->retries = true;
        r->looked_since = e->next_seq;
        engine_touch(e, r->entity);
        return true;
}

/* The request has run this command already: wait for its effect, try again, or give up. True: all
 * is said. */
static bool plan_after_command(struct engine *e, struct request *r, const struct command *c) {
        const struct ran *ran = job_find_ran(e, r, c);
        struct reason failure;
        struct step s;

        if (!ran)
                return false;
        failure = command_is_retried(ran->kind) ? holder_name(e, &r->failure) : r->failure;
        if (!ran->good && ran->started && command_is_retried(ran->kind) && ran->times < BUSY_TRIES)
                return plan_retry(e, r, ran, &failure);
        if (!ran->good && e->now.mono >= r->settle_until) {
                if (command_is_retried(ran->kind) && ran->started)
                        engine_log(e, LOG_LEVEL_WARNING, r->entity, "given up after %u tries: %s",
                                   ran->times, failure.detail);
                request_end(e, r, false, &failure);
                return true;
        }
        if (e->now.mono < r->settle_until) {
                s = step_wait(REASON_WAIT_APPEAR, r->entity, NULL);
                request_wait(e, r, &s.reason, false);
                deadline_add(&e->deadlines, r->settle_until, r->entity);
                return true;
        }
        if (!r->looked_again) { /* an event may have been lost */
                r->looked_again = true;
                r->look_first = r->look_last = engine_look(e, FACT_DEVICES, NULL);
                array_append(&e->look_waiters, r->id);
                return true;
        }
        s = step_fail(REASON_NO_EFFECT, r->entity, command_print(e->effects.arena, c));
        request_end(e, r, false, &s.reason);
        return true;
}

/* A request that makes no progress fails. What may take any time (a resilver) does not
 * count. */
static bool plan_is_over_time(struct engine *e, struct request *r) {
        struct step s;
        char buffer[TIME_PRINT_MAX];

        if (r->untimed || r->job)
                return false;
        if (e->now.mono - r->progress < e->settings.timeout) {
                if (r->deadline != r->progress + e->settings.timeout) {
                        r->deadline = r->progress + e->settings.timeout;
                        deadline_add(&e->deadlines, r->deadline, r->entity);
                }
                return false;
        }
        s = step_failf(REASON_TIMEOUT, r->entity, "%s: %s",
                       duration_print(e->settings.timeout, buffer),
                       reason_print(e->effects.arena, e->config, &r->reason));
        request_end(e, r, false, &s.reason);
        return true;
}

/* A command of ours changes the pool of this one, or what it did was not seen yet: what is planned
 * now is planned from an old picture. */
static bool plan_wait_for_pool(struct engine *e, struct request *r, const struct command *c) {
        entity_id pool = command_pool(e, c);
        struct step s;

        if (pool == ENTITY_NONE || !pool_is_unsettled(e, pool))
                return false;
        s = engine_node(e, pool)->ask_at ? step_wait_answer(e, pool)
                                         : step_wait_untimed(REASON_WAIT_LOOK, pool, NULL);
        request_wait(e, r, &s.reason, s.untimed);
        (void) plan_is_over_time(e, r);
        return true;
}

static void plan_run(struct engine *e, struct request *r, const struct command *c, bool anew) {
        struct step s;

        if (plan_wait_for_pool(e, r, c) || (!anew && plan_after_command(e, r, c)))
                return;
        if (!e->settings.enable_commands) {
                engine_log(e, LOG_LEVEL_INFO, r->entity, "commands are disabled, not run: %s",
                           command_print(e->effects.arena, c));
                s = step_fail(REASON_COMMANDS_DISABLED, r->entity, NULL);
                request_end(e, r, false, &s.reason);
                return;
        }
        job_add(e, r, c);
        request_progress(e, r);
        s = step_wait(REASON_WAIT_QUEUED, r->entity, command_print(e->effects.arena, c));
        request_wait(e, r, &s.reason, false);
}

/* True while the request has to wait for its command, or for the looks that show what it did. */
static bool plan_wait_for_command(struct engine *e, struct request *r) {
        struct step s;

        if (r->job)
                return true;
        if (engine_is_answered(e, r->look_first, r->look_last))
                return false;
        array_append(&e->look_waiters, r->id);
        s = step_wait(REASON_WAIT_LOOK, r->entity, NULL);
        request_wait(e, r, &s.reason, false);
        return true;
}

void plan_request(struct engine *e, struct request *r) {
        uint64_t id = r->id;

        if (plan_wait_for_command(e, r)) {
                if (!r->job)
                        (void) plan_is_over_time(e, r);
                return;
        }
        for (;;) {
                struct step s = plan_wish(e, r);

                switch (s.kind) {
                case STEP_DONE:
                        request_end(e, r, true, &s.reason);
                        return;
                case STEP_FAIL:
                        request_end(e, r, false, &s.reason);
                        return;
                case STEP_NEED:
                        request_need(e, r, s.entity, s.wish);
                        if (request_find(e, id) != r)
                                return; /* what it needs has ended it */
                        continue;
                case STEP_LOOK:
                        r->look_first = r->look_last = engine_look(e, s.look, s.look_name);
                        array_append(&e->look_waiters, r->id);
                        request_wait(e, r, &s.reason, false);
                        return;
                case STEP_WAIT:
                        request_wait(e, r, &s.reason, s.untimed);
                        (void) plan_is_over_time(e, r);
                        return;
                case STEP_RUN:
                        plan_run(e, r, &s.command, s.anew);
                        return;
                }
        }
}
