/* sim/mishap.c - what lines of a scenario do: all that goes wrong, and what ZFS and others do
 * beside zmirror */
#include <string.h>

#include "sim/actor.h"

static bool command_kind_parse(const char *s, enum command_kind *ret) {
        for (enum command_kind k = COMMAND_SETTLE; k < _COMMAND_KIND_MAX; k++)
                if (text_equal(command_kind_print(k), s)) {
                        *ret = k;
                        return true;
                }
        return false;
}

static const char *command_kinds(struct stage *st) {
        const char *names[_COMMAND_KIND_MAX];

        for (enum command_kind k = COMMAND_SETTLE; k < _COMMAND_KIND_MAX; k++)
                names[k] = command_kind_print(k);
        return words_list(st->arena, names, _COMMAND_KIND_MAX);
}

/* Commands as one types them. */
static const struct {
        const char *program, *verb;
        enum command_kind kind;
} typed_commands[] = {
        { "zpool", "import", COMMAND_POOL_IMPORT },
        { "zpool", "export", COMMAND_POOL_EXPORT },
        { "zpool", "online", COMMAND_LEG_ONLINE },
        { "zpool", "offline", COMMAND_LEG_OFFLINE },
        { "zpool", "clear", COMMAND_LEG_CLEAR },
        { "zpool", "sync", COMMAND_POOL_SYNC },
        { "zpool", "scrub", COMMAND_SCRUB },
        { "zpool", "trim", COMMAND_TRIM },
        { "zfs", "snapshot", COMMAND_SNAPSHOT },
        { "zfs", "mount", COMMAND_MOUNT },
        { "zfs", "umount", COMMAND_UNMOUNT },
        { "zfs", "get", COMMAND_VOLMODE_GET },
        { "zfs", "set", COMMAND_VOLMODE },
        { "cryptsetup", "open", COMMAND_CRYPT_OPEN },
        { "udevadm", "settle", COMMAND_SETTLE },
        { "cryptsetup", "close", COMMAND_CRYPT_CLOSE },
        { "zmirror", "enable-trim", COMMAND_ENABLE_TRIM },
        { "zmirror", "power-off", COMMAND_POWER_OFF },
};

/* fail next <program> <verb> */
static enum play play_fail(struct stage *st, const struct scenario_line *l) {
        struct text all = {};
        enum play p;

        if (!text_equal(l->words[1], "next"))
                return stage_mistake(st, "expected 'fail next <command>', such as 'fail next zpool "
                                         "online'");
        for (size_t i = 0; i < ELEMENTSOF(typed_commands); i++) {
                text_addf(&all, "%s%s %s", i ? ", " : "", typed_commands[i].program,
                          typed_commands[i].verb);
                if (!text_equal(l->words[2], typed_commands[i].program) ||
                    !text_equal(l->words[3], typed_commands[i].verb))
                        continue;
                sim_fail_next(rehearsal_sim(st->rehearsal), typed_commands[i].kind, SIM_FAULT_FAIL,
                              1);
                text_done(&all);
                return PLAY_GOOD;
        }
        p = stage_mistake(st, "expected one of %s, not '%s %s'", all.s, l->words[2], l->words[3]);
        text_done(&all);
        return p;
}

/* at-next <command> [<span>] <line>: the line is played when zmirror runs such a command next, or
 * so long after that. */
static enum play play_at_next(struct stage *st, const struct scenario_line *l) {
        const struct verb *v;
        struct ambush a = {};
        uint32_t from = 2;

        if (!command_kind_parse(l->words[1], &a.kind))
                return stage_mistake(st, "expected one of %s, not '%s'", command_kinds(st),
                                     l->words[1]);
        if (l->n_words > 4 && strspn(l->words[2], "0123456789")) {
                if (!stage_parse_duration(st, l->words + 2, 2, &a.delay))
                        return PLAY_MISTAKE;
                from = 4;
        }
        v = verb_find(l->words[from]);
        if (!v || !(v->is & SUDDEN))
                return stage_mistake(st,
                                     "expected something that happens to the world, such as "
                                     "'pull <disk>', not '%s'",
                                     l->words[from]);
        a.line = *l;
        a.line.n_words = l->n_words - from;
        a.line.words = words_copy(st->arena, l->words + from, a.line.n_words);
        array_append(&st->ambushes, a);
        return PLAY_GOOD;
}

/* fail-next <command> <how> [count] */
static enum play play_fail_next(struct stage *st, const struct scenario_line *l) {
        enum command_kind kind;
        enum sim_fault fault;
        uint64_t n = 1;

        if (!command_kind_parse(l->words[1], &kind))
                return stage_mistake(st, "expected one of %s, not '%s'", command_kinds(st),
                                     l->words[1]);
        if (!sim_fault_parse(l->words[2], &fault))
                return stage_mistake(st,
                                     "expected one of fail, hang, slow, no-effect, die, "
                                     "die-after, not-started, not '%s'",
                                     l->words[2]);
        if (l->n_words > 3 && !stage_parse_number(st, l->words[3], 1000000, &n))
                return PLAY_MISTAKE;
        sim_fail_next(rehearsal_sim(st->rehearsal), kind, fault, (uint32_t) n);
        return PLAY_GOOD;
}

static enum play play_passphrase(struct stage *st, const struct scenario_line *l) {
        struct sim *s = rehearsal_sim(st->rehearsal);
        uint64_t n = 1;

        if (text_equal(l->words[1], "nobody") || text_equal(l->words[1], "right")) {
                sim_set_passphrase(s, 0, text_equal(l->words[1], "nobody"));
                return PLAY_GOOD;
        }
        if (!text_equal(l->words[1], "wrong"))
                return stage_mistake(st, "expected wrong, right or nobody, not '%s'", l->words[1]);
        if (l->n_words > 2 && !stage_parse_number(st, l->words[2], 1000000, &n))
                return PLAY_MISTAKE;
        sim_set_passphrase(s, (uint32_t) n, false);
        return PLAY_GOOD;
}

/* events lost|doubled|late <percent> */
static enum play play_events(struct stage *st, const struct scenario_line *l) {
        uint64_t percent;

        if (!stage_parse_number(st, l->words[2], 100, &percent))
                return PLAY_MISTAKE;
        if (text_equal(l->words[1], "lost"))
                st->faults.event_lost = (unsigned) percent;
        else if (text_equal(l->words[1], "doubled"))
                st->faults.event_doubled = (unsigned) percent;
        else if (text_equal(l->words[1], "late"))
                st->faults.event_late = (unsigned) percent;
        else
                return stage_mistake(st, "expected lost, doubled or late, not '%s'", l->words[1]);
        sim_set_faults(rehearsal_sim(st->rehearsal), &st->faults);
        return PLAY_GOOD;
}

/* commands <how> <percent> */
static enum play play_commands(struct stage *st, const struct scenario_line *l) {
        enum sim_fault fault;
        uint64_t percent;

        if (!sim_fault_parse(l->words[1], &fault) || fault == SIM_FAULT_NONE)
                return stage_mistake(st,
                                     "expected one of fail, hang, slow, no-effect, die, "
                                     "die-after, not-started, not '%s'",
                                     l->words[1]);
        if (!stage_parse_number(st, l->words[2], 100, &percent))
                return PLAY_MISTAKE;
        st->faults.command[fault] = (unsigned) percent;
        sim_set_faults(rehearsal_sim(st->rehearsal), &st->faults);
        return PLAY_GOOD;
}

/* looks failed <percent> */
static enum play play_looks(struct stage *st, const struct scenario_line *l) {
        uint64_t percent;

        if (!text_equal(l->words[1], "failed"))
                return stage_mistake(st, "expected failed, not '%s'", l->words[1]);
        if (!stage_parse_number(st, l->words[2], 100, &percent))
                return PLAY_MISTAKE;
        st->faults.look_failed = (unsigned) percent;
        sim_set_faults(rehearsal_sim(st->rehearsal), &st->faults);
        return PLAY_GOOD;
}

static enum play play_elsewhere(struct stage *st, const struct scenario_line *l) {
        uint64_t n = 3;
        bool exported = false;

        for (uint32_t i = 2; i < l->n_words; i++)
                if (text_equal(l->words[i], "exported"))
                        exported = true;
                else if (!stage_parse_number(st, l->words[i], 1000, &n))
                        return PLAY_MISTAKE;
        if (!sim_use_elsewhere(rehearsal_sim(st->rehearsal), l->words[1], n, exported))
                return stage_disk_mistake(st, l->words[1], " in the drawer");
        return PLAY_GOOD;
}

static enum play play_clone(struct stage *st, const struct scenario_line *l) {
        struct sim *s = rehearsal_sim(st->rehearsal);
        bool clone = text_equal(l->words[0], "clone");

        if (!text_equal(l->words[2], "as"))
                return stage_mistake(st, "expected '%s <disk> as <new name>'", l->words[0]);
        if (!(clone ? sim_clone : sim_counterfeit)(s, l->words[1], l->words[3]))
                return stage_mistake(st, "there is no disk '%s', or there is a '%s' already",
                                     l->words[1], l->words[3]);
        return PLAY_GOOD;
}

static enum play play_checkpoint(struct stage *st, const struct scenario_line *l) {
        bool on = text_equal(l->words[2], "on");

        if (!on && !text_equal(l->words[2], "off"))
                return stage_mistake(st, "expected on or off, not '%s'", l->words[2]);
        if (!sim_checkpoint(rehearsal_sim(st->rehearsal), l->words[1], on))
                return stage_mistake(st, "no pool '%s' is imported, or it is so already",
                                     l->words[1]);
        return PLAY_GOOD;
}

/* silence <pool> on|off */
static enum play play_silence(struct stage *st, const struct scenario_line *l) {
        bool on = text_equal(l->words[2], "on");

        if (!on && !text_equal(l->words[2], "off"))
                return stage_mistake(st, "expected on or off, not '%s'", l->words[2]);
        if (!sim_silence(rehearsal_sim(st->rehearsal), l->words[1], on))
                return stage_mistake(st, "there is no pool '%s'", l->words[1]);
        return PLAY_GOOD;
}

/* removing|rebuilding|spare <pool> on|off */
static enum play play_pool_fact(struct stage *st, const struct scenario_line *l) {
        enum sim_pool_fact fact = text_equal(l->words[0], "removing")     ? SIM_POOL_REMOVING
                                  : text_equal(l->words[0], "rebuilding") ? SIM_POOL_REBUILDING
                                                                          : SIM_POOL_SPARE;
        bool on = text_equal(l->words[2], "on");

        if (!on && !text_equal(l->words[2], "off"))
                return stage_mistake(st, "expected on or off, not '%s'", l->words[2]);
        if (!sim_set_pool(rehearsal_sim(st->rehearsal), l->words[1], fact, on))
                return stage_mistake(st, "no pool '%s' is imported", l->words[1]);
        return PLAY_GOOD;
}

/* io-error <pool> <leg> read|write|checksum [n] */
static enum play play_io_error(struct stage *st, const struct scenario_line *l) {
        enum sim_io io = SIM_IO_READ;
        uint64_t n = 1;

        if (text_equal(l->words[3], "write"))
                io = SIM_IO_WRITE;
        else if (text_equal(l->words[3], "checksum"))
                io = SIM_IO_CHECKSUM;
        else if (!text_equal(l->words[3], "read"))
                return stage_mistake(st, "expected read, write or checksum, not '%s'", l->words[3]);
        if (l->n_words > 4 && !stage_parse_number(st, l->words[4], 1000000, &n))
                return PLAY_MISTAKE;
        if (!sim_io_error(rehearsal_sim(st->rehearsal), l->words[1], l->words[2], io, (uint32_t) n))
                return stage_mistake(st, "no leg '%s' of a pool '%s' is online", l->words[2],
                                     l->words[1]);
        return PLAY_GOOD;
}

static enum play play_corrupt(struct stage *st, const struct scenario_line *l) {
        if (!sim_corrupt(rehearsal_sim(st->rehearsal), l->words[1], l->words[2]))
                return stage_mistake(st, "there is no leg '%s' of a pool '%s'", l->words[2],
                                     l->words[1]);
        return PLAY_GOOD;
}

static enum play play_labels(struct stage *st, const struct scenario_line *l) {
        bool lost = text_equal(l->words[3], "lost");

        if (!lost && !text_equal(l->words[3], "back"))
                return stage_mistake(st, "expected lost or back, not '%s'", l->words[3]);
        if (!sim_set_labels(rehearsal_sim(st->rehearsal), l->words[1], l->words[2], lost))
                return stage_mistake(st, "there is no leg '%s' of a pool '%s'", l->words[2],
                                     l->words[1]);
        return PLAY_GOOD;
}

static enum play play_hold(struct stage *st, const struct scenario_line *l) {
        const char *holder = text_equal(l->words[0], "hold")
                                     ? l->n_words > 2 ? l->words[2] : "loop0"
                                     : NULL;

        if (!sim_hold(rehearsal_sim(st->rehearsal), l->words[1], holder))
                return stage_mistake(st,
                                     "there is no zvol (<pool>/<volume>), container or pool '%s' "
                                     "now",
                                     l->words[1]);
        return PLAY_GOOD;
}

static enum play play_be_kind(struct stage *st, const struct scenario_line *l) {
        st->faults = (struct sim_faults){};
        sim_be_kind(rehearsal_sim(st->rehearsal));
        rehearsal_set_full(st->rehearsal, false);
        return PLAY_GOOD;
}

static enum play play_slow(struct stage *st, const struct scenario_line *l) {
        uint64_t factor;

        if (!stage_parse_number(st, l->words[2], 100000, &factor))
                return PLAY_MISTAKE;
        if (!sim_set_slow(rehearsal_sim(st->rehearsal), l->words[1], (unsigned) factor))
                return stage_disk_mistake(st, l->words[1], "");
        return PLAY_GOOD;
}

static enum play play_bridge(struct stage *st, const struct scenario_line *l) {
        return sim_set_bridge(rehearsal_sim(st->rehearsal), l->words[1])
                       ? PLAY_GOOD
                       : stage_disk_mistake(st, l->words[1], " in the drawer");
}

static const struct verb verbs[] = {
        { "fail", 4, 4, 0, play_fail, "fail next <program> <verb>",
          "such as: fail next zpool online" },
        { "fail-next", 3, 4, 0, play_fail_next, "fail-next <command> <how> [n]",
          "the next n commands of that kind" },
        { "at-next", 3, 8, 0, play_at_next, "at-next <command> [<span>] <line>",
          "plug, pull, write ... when it is run" },
        { "passphrase", 2, 3, 0, play_passphrase, "passphrase wrong [n]|right|nobody",
          "what is answered" },
        { "events", 3, 3, 0, play_events, "events lost|doubled|late <percent>", "" },
        { "commands", 3, 3, 0, play_commands, "commands <how> <percent>",
          "so many of all that are run fail like that" },
        { "looks", 3, 3, 0, play_looks, "looks failed <percent>",
          "so many of them get no answer in time" },
        { "elsewhere", 2, 4, QUIET, play_elsewhere, "elsewhere <disk> [n] [exported]",
          "another machine writes to it n times" },
        { "clone", 4, 4, 0, play_clone, "clone <disk> as <name>", "dd" },
        { "counterfeit", 4, 4, 0, play_clone, "counterfeit <disk> as <name>",
          "same names, other content" },
        { "checkpoint", 3, 3, 0, play_checkpoint, "checkpoint <pool> on|off", "" },
        { "silence", 3, 3, 0, play_silence, "silence <pool> on|off",
          "'zpool status' of it gets no answer" },
        { "corrupt", 3, 3, SUDDEN, play_corrupt, "corrupt <pool> <leg>", "garbage on it" },
        { "labels", 4, 4, 0, play_labels, "labels <pool> <leg> lost|back", "they cannot be read" },
        { "io-error", 4, 5, QUIET | SUDDEN, play_io_error,
          "io-error <pool> <leg> read|write|checksum [n]", "its device fails, n times" },
        { "removing", 3, 3, 0, play_pool_fact, "removing <pool> on|off",
          "a device is being removed from it" },
        { "rebuilding", 3, 3, 0, play_pool_fact, "rebuilding <pool> on|off",
          "a sequential resilver runs" },
        { "spare", 3, 3, 0, play_pool_fact, "spare <pool> on|off", "a spare is in use" },
        { "hold", 2, 3, SUDDEN, play_hold, "hold <pool>/<volume>|<container>|<pool> [by]",
          "something uses it" },
        { "release", 2, 2, SUDDEN, play_hold, "release <pool>/<volume>|<container>|<pool>", "" },
        { "be-kind", 1, 1, 0, play_be_kind, "be-kind",
          "nothing fails any more, nobody holds anything" },
        { "slow", 3, 3, 0, play_slow, "slow <disk> <factor>", "" },
        { "bridge", 2, 2, 0, play_bridge, "bridge <disk>",
          "no trims get through until they are enabled" },
};

const struct verb *mishap_verbs(size_t *ret_n) {
        *ret_n = ELEMENTSOF(verbs);
        return verbs;
}
