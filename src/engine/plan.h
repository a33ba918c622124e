/* engine/plan.h - what to do next for a request: a numbered list of questions per entity type and
 * wish */
#pragma once

#include <stdbool.h>

#include "engine/request.h"
#include "model/command.h"

enum step_kind {
        STEP_DONE, /* fulfilled */
        STEP_WAIT, /* for `reason` */
        STEP_FAIL, /* because of `reason` */
        STEP_RUN,  /* `command` */
        STEP_NEED, /* `wish` of `entity` first */
        STEP_LOOK, /* at `look` first, for `reason` */
};

struct step {
        enum step_kind kind;
        struct reason reason;
        bool untimed; /* WAIT: may take any time */
        struct command command;
        bool anew; /* RUN: something has changed since it was run last, so that is no repetition */
        entity_id entity;
        enum wish wish;
        enum fact_kind look;
        const char *look_name;
};

struct step step_done(void);
/* Done, but there is something to be said about it. */
struct step step_done_but(enum reason_code code, entity_id about, const char *detail);
struct step step_wait(enum reason_code code, entity_id about, const char *detail);
struct step step_wait_untimed(enum reason_code code, entity_id about, const char *detail);
struct step step_fail(enum reason_code code, entity_id about, const char *detail);
struct step step_failf(enum reason_code code, entity_id about, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
struct step step_run(struct command command);

/* One per entity type and wish. It decides, and changes nothing but what waits for it: commands are
 * built in the arena of the step's effects, a deadline says when to ask again. */
struct step plan_disk_online(struct engine *e, const struct request *r);
struct step plan_crypt_online(struct engine *e, const struct request *r);
struct step plan_pool_online(struct engine *e, const struct request *r);
struct step plan_volume_online(struct engine *e, const struct request *r);
struct step plan_dataset_online(struct engine *e, const struct request *r);
struct step plan_leg_online(struct engine *e, const struct request *r);

struct step plan_disk_offline(struct engine *e, const struct request *r); /* and parts, volumes */
struct step plan_disk_eject(struct engine *e, const struct request *r);
struct step plan_crypt_offline(struct engine *e, const struct request *r);
struct step plan_pool_offline(struct engine *e, const struct request *r);
struct step plan_dataset_offline(struct engine *e, const struct request *r);
struct step plan_leg_offline(struct engine *e, const struct request *r);

struct step plan_snapshot(struct engine *e, const struct request *r);
struct step plan_scrub(struct engine *e, const struct request *r);
struct step plan_trim(struct engine *e, const struct request *r);

/* Plans the request and does what the plan says, until it waits or has ended. */
void plan_request(struct engine *e, struct request *r);

/* --- what plans share (plan.c)
 * --------------------------------------------------------------------- */

/* Asks for `wish` of another entity on behalf of `r`. True: `*ret` is the answer for now (need it,
 * wait for it, or fail as it failed). False: it is fulfilled. A handler's request makes none, it
 * waits for one that is open. */
bool plan_require(const struct engine *e, const struct request *r, entity_id entity, enum wish wish,
                  struct step *ret);
/* The same, whoever made the request: what is gone has to go offline before it can come back. */
bool plan_require_gone(const struct engine *e, const struct request *r, entity_id entity,
                       struct step *ret);
/* The same as plan_require, but a failure there is no failure here: false then, too. */
bool plan_ask(const struct engine *e, const struct request *r, entity_id entity, enum wish wish,
              struct step *ret);
/* Waits for the pool to answer. */
struct step step_wait_answer(const struct engine *e, entity_id pool);
/* What the pool says is to be newer than the request, or than the last command that it has run. */
bool plan_look_at_pool(const struct engine *e, const struct request *r, entity_id pool,
                       struct step *ret);
/* It is to be from a look after that one. */
bool plan_look_at_pool_after(const struct engine *e, entity_id pool, uint64_t since,
                             struct step *ret);
/* The same for what is known of the device in that slot. */
bool plan_look_at_device(const struct engine *e, uint32_t slot, entity_id about, uint64_t since,
                         struct step *ret);
/* What is mounted is to be known as of the request, and of that look. */
bool plan_look_at_mounts(const struct engine *e, const struct request *r, uint64_t after,
                         struct step *ret);
/* Everything inside that is in use has to go offline first; a handler's request fails quietly
 * instead. */
bool plan_content_offline(const struct engine *e, const struct request *r, struct step *ret);
/* The mode in which trims are sent to the disk is set before anything on it is opened. */
bool plan_wait_for_provisioning(const struct engine *e, const struct request *r, struct step *ret);
/* What is just coming into use in it does so first, and is taken out of use then. A command that
 * opens something ends before what it stands on goes: ZFS 2.3 would hang. */
bool plan_wait_for_coming(const struct engine *e, const struct request *r, struct step *ret);
/* What the legs inside carry is written down before they become unreadable. */
bool plan_wait_for_labels(const struct engine *e, const struct request *r, struct step *ret);
/* The leg, or one of the pool, is not to go yet: leg_is_uncertain. */
bool plan_wait_for_certainty(struct engine *e, const struct request *r, struct step *ret);
/* Missing legs of a pool are asked to appear: their containers are opened, the pools of their
 * volumes imported. Waits until each has appeared or failed. */
bool plan_pool_gather(const struct engine *e, const struct request *r, struct step *ret);
/* A suspended pool takes up its work again, if what it waits for is back (plan_recover.c). */
struct step plan_pool_recover(struct engine *e, const struct request *r);
/* Makes ZFS notice that a device is gone without which the pool cannot go on: it is suspended
 * then. Always true: `*ret` is what to do for that. */
bool plan_notice(struct engine *e, const struct request *r, entity_id pool, struct step *ret);
/* Has suspended pools let go of what is dead in this container; once. */
bool plan_let_go(struct engine *e, const struct request *r, struct step *ret);
/* True while something that would make this entity appear is open or running: its container is
 * being unlocked. */
bool entity_is_coming(const struct engine *e, entity_id id);
/* It, or what it stands on, as far as that is wanted offline; ENTITY_NONE if nothing is. */
entity_id entity_find_going(const struct engine *e, entity_id id);
/* What takes this very entity away, or NULL. */
const struct request *entity_going(const struct engine *e, entity_id id);
/* The request has run this very command (and it ended well). */
bool plan_has_run(const struct engine *e, const struct request *r, const struct command *c);
bool plan_has_run_well(const struct engine *e, const struct request *r, const struct command *c);
/* "zmirror-2026-03-01_03-00-00", in local time. */
const char *snapshot_name(struct arena *a, usec_t t);
