/* sim/sim.h - the simulated world: disks, LUKS, pools with txgs and resilvers, in virtual time, in
 * one process */
#pragma once

#include "model/config.h"
#include "world/world.h"

struct sim;

struct sim_options {
        uint64_t seed;
        bool jitter;  /* nothing takes exactly as long as usual, looks may be a little old */
        bool old_zfs; /* 2.1 instead of 2.3 */
        usec_t wall;  /* what the clock shows in the beginning; 0: an evening in March 2026 */
};

/* A world made from a configuration: every disk, container, pool and leg in it, healthy and
 * unplugged. What stands at top level (crypts, legs of pools that are not on a configured disk) is
 * there from the start, and pools that have enough such legs are imported, the others exported.
 * NULL: it cannot be simulated, and `ret_error` (static, or in the configuration's arena) says why.
 */
struct sim *sim_new(const struct config *config, const struct sim_options *options,
                    const char **ret_error);
struct sim *sim_free(struct sim *s);
DEFINE_CLEANUP(struct sim *, sim_free);
struct world *sim_world(struct sim *s);

/* --- time --- */

/* When something happens next, in time since the world began, sleeps not counted; USEC_NEVER:
 * nothing any more. */
usec_t sim_next(const struct sim *s);
usec_t sim_time(const struct sim *s);
/* Advances the clock to then, which is not after sim_next. */
void sim_set_time(struct sim *s, usec_t time);
/* Lets the next thing happen. */
void sim_step(struct sim *s);
/* Somebody sets the clock: forward or backward. */
void sim_set_clock(struct sim *s, int64_t by_usec);
/* The machine sleeps: nothing happens in it, only the clock on the wall goes on. */
void sim_suspend(struct sim *s, usec_t duration);
/* Something happened in the world since this was another number. */
uint64_t sim_changes(const struct sim *s);

/* Calls back when so much time has passed. */
void sim_call_later(struct sim *s, usec_t delay, void (*call)(void *userdata, uint64_t number),
                    void *userdata, uint64_t number);

/* Those that can be unplugged, with ", " in between; "none". */
const char *sim_list_disks(const struct sim *s, struct arena *a, bool plugged);

/* --- what people and fate do. False: no such thing, or it makes no sense now. --- */

bool sim_plug(struct sim *s, const char *disk);
bool sim_pull(struct sim *s, const char *disk);
bool sim_is_plugged(struct sim *s, const char *disk);
bool sim_write(struct sim *s, const char *pool, uint64_t bytes);
/* Somebody types a command, beside zmirror. */
void sim_type(struct sim *s, const char *const *argv);
/* A power cut, or a clean reboot; the machine comes up again at once. The daemon of before must be
 * gone. */
void sim_reboot(struct sim *s, bool clean);
/* Another machine has the disk: it writes to the legs on it, all alone. */
bool sim_use_elsewhere(struct sim *s, const char *disk, uint64_t n_writes, bool exported);
/* A copy made with dd; the copy goes by `name`. */
bool sim_clone(struct sim *s, const char *disk, const char *name);
/* A new disk whose partitions and containers have the same names, with other content. */
bool sim_counterfeit(struct sim *s, const char *disk, const char *name);
bool sim_checkpoint(struct sim *s, const char *pool, bool exists);
/* Garbage on a leg: a scrub will find it. */
bool sim_corrupt(struct sim *s, const char *pool, const char *leg);
/* Its labels cannot be read any more, and the other way round. */
bool sim_set_labels(struct sim *s, const char *pool, const char *leg, bool lost);
/* The leg's device fails, without being pulled: reads and checksums at once, writes as they come.
 */
enum sim_io { SIM_IO_READ, SIM_IO_WRITE, SIM_IO_CHECKSUM };

bool sim_io_error(struct sim *s, const char *pool, const char *leg, enum sim_io io, uint32_t n);
/* A device is being removed from the pool, a sequential resilver runs, a spare is in use. */
enum sim_pool_fact { SIM_POOL_REMOVING, SIM_POOL_REBUILDING, SIM_POOL_SPARE };

bool sim_set_pool(struct sim *s, const char *pool, enum sim_pool_fact fact, bool on);
/* Something else ("loop0") uses a zvol ("pool/volume"), an open container ("name"), or the file
 * systems of a pool ("pool"); NULL: no more. */
bool sim_hold(struct sim *s, const char *what, const char *holder);
/* Nothing fails any more, whatever was said before; checkpoints and holders go. */
void sim_be_kind(struct sim *s);
/* `zpool status` of it is not answered within its time limit. */
bool sim_silence(struct sim *s, const char *pool, bool silent);
bool sim_set_slow(struct sim *s, const char *disk, unsigned factor);
/* The kernel sends it no trims until it is told to, as it is with many USB bridges. */
bool sim_set_bridge(struct sim *s, const char *disk);

enum sim_fault {
        SIM_FAULT_NONE,
        SIM_FAULT_FAIL,        /* exit 1 and a text */
        SIM_FAULT_HANG,        /* until its time limit, without effect */
        SIM_FAULT_SLOW,        /* 20 times slower */
        SIM_FAULT_NO_EFFECT,   /* exit 0, nothing done */
        SIM_FAULT_DIE,         /* by a signal, without effect */
        SIM_FAULT_NOT_STARTED, /* no such program */
        SIM_FAULT_DIE_AFTER,   /* by a signal, with effect */
        _SIM_FAULT_MAX,
};

const char *sim_fault_print(enum sim_fault f);
bool sim_fault_parse(const char *s, enum sim_fault *ret);
void sim_fail_next(struct sim *s, enum command_kind kind, enum sim_fault fault, uint32_t count);
/* The next answers to the passphrase prompt are wrong; nobody answers. */
void sim_set_passphrase(struct sim *s, uint32_t wrong, bool nobody);

/* In percent of all of their kind. */
struct sim_faults {
        unsigned event_lost, event_doubled, event_late;
        unsigned command[_SIM_FAULT_MAX];
        unsigned look_failed;
};

void sim_set_faults(struct sim *s, const struct sim_faults *f);

/* How often something failed so far. */
struct sim_bites {
        uint64_t commands[_SIM_FAULT_MAX], looks, writes;
};

const struct sim_bites *sim_bites(const struct sim *s);

/* --- for the spectators --- */

enum sim_voice {
        SIM_VOICE_PERSON, /* somebody did something */
        SIM_VOICE_UDEV,
        SIM_VOICE_ZFS,
        SIM_VOICE_COMMAND, /* a command has ended */
};

struct sim_watcher {
        void (*on_say)(void *userdata, enum sim_voice voice, const char *text);
        void *userdata;
};

void sim_watch(struct sim *s, struct sim_watcher w);

/* For those who check: a command of zmirror has its effect now. */
struct sim_harm;

struct sim_checker {
        void (*on_execute)(void *userdata, const struct command *command,
                           const struct sim_harm *harm);
        void *userdata;
};

void sim_check(struct sim *s, struct sim_checker c);

/* --- the truth, for those who check --- */

/* What a command would do to data if it had its effect now. */
struct sim_harm {
        const char *text;   /* NULL: none */
        uint64_t vdev_guid; /* of the leg that is to suffer; 0: it is not one leg */
        uint64_t pool_guid;
        bool cloned; /* by a device of which there is a copy: only its label can tell them apart */
        bool orphan; /* of a daemon that was killed meanwhile */
        uint64_t label_txg, label_time; /* what that says */
};

struct sim_harm sim_harm(struct sim *s, const struct command *c);
/* True if the leg lacks a block of its pool, or, away from it, of the pool as it was when it left.
 */
bool sim_leg_lacks(struct sim *s, entity_id leg);
/* The newest txg on its label, here or away; 0: it has none. */
uint64_t sim_leg_label_txg(struct sim *s, entity_id leg);
/* True if somebody overwrote newer data on it, damaged it, or made a byte for byte copy of it:
 * nobody can say what is on the device under its name. */
bool sim_leg_is_mixed(struct sim *s, entity_id leg);
/* True if it could not be written, and whoever looks now and then need not have seen that: it was
 * moments ago, or in an import that has ended. */
bool sim_leg_failed_unseen(struct sim *s, entity_id leg);
/* Every leg of every pool holds all that its pool holds now, wherever it is. */
bool sim_is_whole(struct sim *s);
bool sim_leg_is_online(struct sim *s, entity_id leg);
/* True if there are two partitions, plugged or not, with the name of the one that it lies on. */
bool sim_leg_is_doubled(struct sim *s, entity_id leg);
/* True if its device appeared at the same moment as ZFS opened it, or while the command ran that
 * made ZFS do so, or `zpool clear` made ZFS take another device than before. */
bool sim_leg_is_hasty(struct sim *s, entity_id leg);
/* Since when its device is gone while ZFS calls it online; 0: it is not. */
usec_t sim_leg_lost_since(struct sim *s, entity_id leg);
/* Wall clock: the last scrub that the leg was online for from start to end, and that found nothing
 * wrong with it. */
usec_t sim_leg_scrubbed(struct sim *s, entity_id leg);
/* Wall clock: when the last trim of it that came to its end was begun or done. */
usec_t sim_leg_trimmed(struct sim *s, entity_id leg);
/* True while a resilver or scrub that covers it, or a trim of it, runs, and has for so long, and
 * its device is there. */
bool sim_leg_is_busy(struct sim *s, entity_id leg, usec_t since);
/* What has to be shown of it, worked out from what is truly there. */
enum state sim_state(struct sim *s, entity_id id);
/* True if there is a device under its name, and udev has told of it. */
bool sim_is_there(struct sim *s, entity_id id);
/* True if the disk that it lies on was pulled when the command that is judged was on its way, so
 * that whoever ran it could not know. */
bool sim_was_there(struct sim *s, entity_id leg);
/* True if something was pulled, or done by hand, a moment ago. */
bool sim_is_stirred(const struct sim *s);
/* True if there are two devices, plugged or not, under its name. */
bool sim_is_doubled(struct sim *s, entity_id id);
/* True if two that are plugged have the name of it, or of what it lies in. */
bool sim_is_ambiguous(struct sim *s, entity_id id);
/* What is in the device that has this path now; NULL: no container. */
const char *sim_luks_uuid(struct sim *s, const char *path);
/* True if whoever ran the command that is judged could not have known of it: it appeared a moment
 * ago, or its event is late. */
bool sim_is_new(struct sim *s, const char *path);
/* Events were lost, or are late: the daemon cannot know everything. */
bool sim_is_deaf(const struct sim *s);
/* True if it is a mapping whose device is gone. */
bool sim_is_dead(struct sim *s, const char *path);
/* The commands that the daemon that listens has begun, and that have not ended (those that were
 * given up have). Returns how many there are. */
uint32_t sim_running(struct sim *s, const struct command **ret, uint32_t max);
/* True while something on the disk is open, imported or mounted; `ret_what` says what. */
bool sim_disk_is_used(struct sim *s, entity_id disk, const char **ret_what);
bool sim_pool_is_imported(struct sim *s, const char *pool);
bool sim_pool_is_hung(struct sim *s, const char *pool);
/* True if it is not answered what it says. */
bool sim_pool_is_silent(struct sim *s, const char *pool);
/* True while a command on it runs, or hangs, whoever began it. */
bool sim_pool_has_command(struct sim *s, const char *pool);
bool sim_is_hung(struct sim *s);    /* any of them */
bool sim_is_working(struct sim *s); /* in any a resilver, scrub or trim runs, or is due */
/* How many commands run, hanging ones that were given up not among them. */
unsigned sim_n_running(const struct sim *s);
