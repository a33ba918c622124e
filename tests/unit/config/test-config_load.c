/* tests/unit/config/test-config_load.c - what a configuration means, and what is said of a mistaken
 * one */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/config_load.h"

#define HEAD "--- !zmirror\n"
#define TANK HEAD "content:\n- !zpool\n  name: tank\n"

/* A leg in a container in a partition on a disk, up to the leg's own keys. */
#define LEG                                                                                        \
        HEAD "content:\n- !zpool {name: tank}\n- !disk\n  uuid: ab\n  content:\n  - !part\n    "   \
             "name: "                                                                              \
             "p\n"                                                                                 \
             "    content:\n    - !zdev\n      pool: tank\n"

/* Every mistake is named, with its place; several of them at once. */
static const struct {
        const char *name, *yaml;
        struct {
                uint32_t line, column;
                const char *text;
        } expected[7];
} mistakes[] = {
        /* the file */
        { "empty", "", { { 0, 0, "the file is empty" } } },
        { "only a comment", "# nothing\n", { { 0, 0, "the file is empty" } } },
        { "not YAML",
          "ssd: [\n",
          { { 1, 6,
              "not valid YAML: this bracket is not closed by a ']' (as is noticed in line 2: "
              "flow sequence without a closing bracket)" } } },
        { "a bracket that is open far above",
          TANK "- !part\n  name: p\n  content:\n  - !zdev\n    pool: tank\n"
               "    on_appeared: [online\n    on_resilvered: [offline]\n- !part {name: q}\n",
          { { 10, 18,
              "not valid YAML: this bracket is not closed by a ']' (as is noticed in line "
              "12: wrongly indented block sequence in flow mode)" } } },
        { "what was read before it is judged all the same",
          TANK "  mout: no\n- !part\n  name: tank-b\n  content:\n  - !zdev {pool: tnak}\n"
               "- !part\n  nmae: x\n  content: [\n",
          { { 5, 3, "unknown key 'mout', did you mean 'mount'?" },
            { 11, 3, "unknown key 'nmae', did you mean 'name'?" },
            { 12, 12,
              "not valid YAML: this bracket is not closed by a ']' (as is noticed in line "
              "13: flow sequence without a closing bracket)" } } },
        { "tab as indentation",
          HEAD "content:\n\t- !zpool\n",
          { { 3, 1, "not valid YAML: tab character may not be used as indentation" } } },
        { "a tag, and no more",
          "!",
          { { 1, 1, "expected '--- !zmirror' and keys, found nothing" } } },
        { "control character",
          HEAD "notes: a\001b\n",
          { { 2, 9, "a control character cannot stand in the file" } } },
        { "C1 control character",
          HEAD "notes: a\xc2\x85g\n",
          { { 2, 9, "a control character cannot stand in the file" } } },
        { "carriage return alone",
          HEAD "notes: a\rssd: no\n",
          { { 2, 9, "a control character cannot stand in the file" } } },
        { "escaped NUL",
          HEAD "notes: \"a\\0b\"\ncontent: []\n",
          { { 2, 8, "a control character cannot stand in a text" } } },
        { "not UTF-8", HEAD "notes: \xc3(\n", { { 2, 8, "not valid UTF-8" } } },
        { "cut UTF-8", HEAD "notes: \xe2\x82", { { 2, 8, "not valid UTF-8" } } },
        { "UTF-8 that is too long", HEAD "notes: \xe0\x80\xaf\n", { { 2, 8, "not valid UTF-8" } } },
        { "surrogate", HEAD "notes: \xed\xa0\x80\n", { { 2, 8, "not valid UTF-8" } } },
        { "no mapping", "- a\n", { { 1, 1, "expected '--- !zmirror' and keys, found a list" } } },
        { "tag of the document",
          "--- !zmiror\ncontent: []\n",
          { { 1, 5, "unknown tag '!zmiror', did you mean '!zmirror'?" } } },
        { "anchor",
          HEAD "notes: &a x\nssd: 3\ncontent: []\n",
          { { 2, 8, "anchors and aliases are not supported" },
            { 3, 6, "expected yes or no, found '3'" } } },
        { "alias",
          HEAD "notes: *a\ncontent: []\n",
          { { 2, 8, "anchors and aliases are not supported" } } },
        { "merge key", HEAD "<<: {}\ncontent: []\n", { { 2, 1, "merge keys are not supported" } } },
        { "key that is a list",
          HEAD "? [a]\n: b\ncontent: []\n",
          { { 2, 3, "a key has to be a word" } } },
        { "two documents",
          HEAD "content: []\n--- !zmirror\ncontent: []\n",
          { { 3, 1, "only one document is expected" } } },
        /* keys */
        { "near miss of a key",
          HEAD "timout: 3\ncontent: []\n",
          { { 2, 1, "unknown key 'timout', did you mean 'timeout'?" } } },
        { "nothing near",
          HEAD "content:\n- !zpool\n  name: a\n  zzzzzzzzz: 1\n",
          { { 5, 3,
              "unknown key 'zzzzzzzzz', expected notes, groups, unpluggable, content, name, root, "
              "mount, zpool_import_args, backed_by, on_startup, on_backing_appeared or "
              "on_children_offline" } } },
        { "near miss of an event",
          TANK "  on_backing_apeared: [online]\n",
          { { 5, 3, "unknown key 'on_backing_apeared', did you mean 'on_backing_appeared'?" } } },
        { "key twice",
          HEAD "ssd: yes\nssd: no\ncontent: []\n",
          { { 3, 1, "key 'ssd' comes twice" } } },
        { "key twice in an entity", TANK "  name: bak\n", { { 5, 3, "key 'name' comes twice" } } },
        { "key of an entity at the root",
          HEAD "name: x\ncontent: []\n",
          { { 2, 1, "the document has no key 'name'" } } },
        { "key of the root in an entity",
          TANK "  log_level: info\n",
          { { 5, 3, "a zpool has no key 'log_level'" } } },
        { "key of another type",
          TANK "  key_file: /x\n",
          { { 5, 3, "a zpool has no key 'key_file'" } } },
        { "interval of a disk",
          HEAD "content:\n- !disk\n  uuid: ab\n  scrub_interval: 1 week\n",
          { { 5, 3, "a disk has no key 'scrub_interval'" } } },
        { "tag where none is",
          TANK "  notes: !foo x\n",
          { { 5, 10, "the tag '!foo' cannot stand here" } } },
        /* values */
        { "quoted boolean",
          HEAD "ssd: \"yes\"\ncontent: []\n",
          { { 2, 6, "expected yes or no, found the text \"yes\"" } } },
        { "boolean that is a list",
          HEAD "ssd: [yes]\ncontent: []\n",
          { { 2, 6, "expected yes or no, found a list" } } },
        { "boolean that is nothing",
          HEAD "ssd:\ncontent: []\n",
          { { 2, 1, "expected yes or no, found nothing" } } },
        { "several at once",
          HEAD "ssd: 7\nlog_level: infoo\ntimeout: soon\ncontent: []\n",
          { { 2, 6, "expected yes or no, found '7'" },
            { 3, 12, "unknown log level 'infoo', did you mean 'info'?" },
            { 4, 10,
              "expected seconds, or a duration such as '5 minutes' (no months, no years), found "
              "'soon'" } } },
        { "time-out of nothing",
          HEAD "timeout: 0\ncontent: []\n",
          { { 2, 10,
              "expected seconds, or a duration such as '5 minutes' (no months, no years), found "
              "'0'" } } },
        { "interval without a unit",
          HEAD "scrub_interval: 90\ncontent: []\n",
          { { 2, 17,
              "expected a duration such as '4 weeks' or '1 mo 2 d', or nil, found '90'" } } },
        { "interval of a leg",
          LEG "      trim_interval: 4 weaks\n",
          { { 12, 22,
              "expected a duration such as '4 weeks' or '1 mo 2 d', or nil, found '4 weaks'" } } },
        { "groups that are a mapping",
          TANK "  groups: {a: b}\n",
          { { 5, 11, "expected a list of words, found a mapping" } } },
        { "notes that are a list",
          TANK "  notes: [a]\n",
          { { 5, 10, "expected a text, found a list" } } },
        { "notify that is a word",
          HEAD "notify: me\ncontent: []\n",
          { { 2, 9, "expected a list or mapping, found 'me'" } } },
        { "UUID",
          HEAD "content:\n- !disk\n  uuid: xyz\n",
          { { 4, 9,
              "expected the UUID of a partition table (see `lsblk -o NAME,PTUUID`), found "
              "'xyz'" } } },
        { "key file that is relative",
          HEAD
          "content:\n- !part\n  name: p\n  content:\n  - !crypt\n    name: c\n    key_file: k\n",
          { { 8, 15, "the path of a key file has to begin with a slash" } } },
        { "root that is relative",
          TANK "  root: mnt\n",
          { { 5, 9, "'root' has to begin with a slash" } } },
        { "forced import",
          TANK "  zpool_import_args: -d /dev -fN\n",
          { { 5, 22, "option '-f' cannot be given here, only -c -d -l -m -N -o -R -s" } } },
        { "rewinding import",
          HEAD "zpool_import_args: --rewind-to-checkpoint\ncontent: []\n",
          { { 2, 20, "option '--' cannot be given here, only -c -d -l -m -N -o -R -s" } } },
        { "import by another name",
          TANK "  zpool_import_args: -d /dev bak\n",
          { { 5, 22, "only options of 'zpool import' can be given here, not 'bak'" } } },
        { "import option without its argument",
          TANK "  zpool_import_args: -N -d\n",
          { { 5, 22, "option '-d' needs an argument" } } },
        /* names */
        { "name with a dash",
          HEAD "content:\n- !zpool\n  name: -a\n",
          { { 4, 9, "a name cannot begin with a dash here" } } },
        { "name with a slash",
          HEAD "content:\n- !zpool\n  name: a/b\n",
          { { 4, 9, "'/' cannot stand in a name here" } } },
        { "name with a bar",
          HEAD "content:\n- !part\n  name: a|b\n",
          { { 4, 9, "'|' cannot stand in a name here" } } },
        { "name with a line break",
          HEAD "content:\n- !part\n  name: \"a\\nb\"\n",
          { { 4, 9, "a control character cannot stand in a name" } } },
        { "name that leads elsewhere",
          HEAD "content:\n- !part\n  name: ..\n",
          { { 4, 9, "'..' is no name" } } },
        { "volume that leads elsewhere",
          TANK "  content:\n  - !zvol {name: a/../b}\n",
          { { 6, 18, "'a/../b' is no name" } } },
        { "dataset that ends in a slash",
          TANK "  content:\n  - !dataset {name: a/}\n",
          { { 6, 21, "'/' cannot stand in a name here" } } },
        { "pool with a letter that ZFS has not",
          HEAD "content:\n- !zpool\n  name: tänk\n",
          { { 4, 9, "'ä' cannot stand in a name here" } } },
        { "pool that begins with a number",
          HEAD "content:\n- !zpool\n  name: 1a\n",
          { { 4, 9, "the name of a pool begins with a letter" } } },
        { "name that is empty",
          HEAD "content:\n- !zpool\n  name: \"\"\n",
          { { 4, 9, "expected a name, found the text \"\"" } } },
        { "name that is a list",
          HEAD "content:\n- !zpool\n  name: [a]\n",
          { { 4, 9, "expected a name, found a list" } } },
        { "leg of another name",
          LEG "      name: q\n",
          { { 12, 13, "the name of this zdev is 'p', as that of what it lies on, not 'q'" } } },
        /* entities */
        { "near miss of a tag",
          HEAD "content:\n- !zpol\n  name: a\n",
          { { 3, 3, "unknown tag '!zpol', did you mean '!zpool'?" } } },
        { "no tag",
          HEAD "content:\n- name: a\n",
          { { 3, 3, "expected an entity with a tag such as !disk, found a mapping" } } },
        { "a word for an entity",
          HEAD "content:\n- !zpool tank\n",
          { { 3, 3, "expected the keys of a zpool, found 'tank'" } } },
        { "content that is a mapping",
          HEAD "content:\n  a: b\n",
          { { 3, 3, "expected a list of entities, found a mapping" } } },
        { "wrong place",
          HEAD "content:\n- !part\n  name: p\n  content:\n  - !zpool\n    name: q\n",
          { { 6, 5, "a zpool cannot be in a part" } } },
        { "leg on a disk",
          HEAD "content:\n- !disk\n  uuid: ab\n  content:\n  - !zdev {pool: p}\n",
          { { 6, 5, "a zdev cannot be in a disk" },
            { 6, 18, "pool 'p' is not configured, so this leg cannot be put online" } } },
        { "what is inside a mistake is judged all the same",
          HEAD "content:\n- !dsik\n  uuid: ab\n  inof: x\n  content:\n  - !zpool\n    name: tank\n"
               "    mout: no\n",
          { { 3, 3, "unknown tag '!dsik', did you mean '!disk'?" },
            { 5, 3, "unknown key 'inof', did you mean 'info'?" },
            { 7, 5, "a zpool cannot be in a disk" },
            { 9, 5, "unknown key 'mout', did you mean 'mount'?" } } },
        { "what stands under a mistaken key is judged all the same",
          HEAD "contnet:\n- !part\n  nmae: [x]\n  contents:\n  - !crypt\n    name: c\n"
               "    on_apeared: [onlin]\n",
          { { 2, 1, "unknown key 'contnet', did you mean 'content'?" },
            { 4, 3, "unknown key 'nmae', did you mean 'name'?" },
            { 4, 9, "expected a name, found a list" },
            { 5, 3, "unknown key 'contents', did you mean 'content'?" },
            { 8, 5, "unknown key 'on_apeared', did you mean 'on_appeared'?" },
            { 8, 18, "unknown action 'onlin', did you mean 'online'?" } } },
        { "also if nobody knows what it is",
          HEAD "content:\n- !frobnicator\n  uuid: ab\n  content:\n  - !zvol\n    nmae: x\n"
               "    content:\n    - !zdev {pool: nowhere, ssd: no}\n",
          { { 3, 3,
              "unknown tag '!frobnicator', expected !disk, !part, !crypt, !zpool, !zvol, "
              "!dataset or !zdev" },
            { 7, 5, "unknown key 'nmae', did you mean 'name'?" },
            { 9, 29, "a zdev has no key 'ssd'" } } },
        { "what is missing elsewhere is no reason not to warn",
          HEAD "content:\n- !zpool {name: tank}\n- !disk\n  content:\n  - !part\n    name: p\n"
               "    content:\n    - !zdev {pool: tnak}\n",
          { { 4, 3, "a disk needs the key 'uuid'" },
            { 9, 20,
              "pool 'tnak' is not configured, so this leg cannot be put online; did you mean "
              "'tank'?" } } },
        { "a schedule without a time",
          HEAD "maintenance_scheduler:\n- times: []\ncontent: []\n",
          { { 3, 10, "expected a list of times, found an empty list" } } },
        { "a schedule on no days",
          HEAD "maintenance_scheduler:\n- times: [\"03:00:00\"]\n  weekdays: []\ncontent: []\n",
          { { 4, 13, "expected a list of weekdays, found an empty list" } } },
        { "top level",
          HEAD "content:\n- !zdev\n  pool: p\n- !zvol\n  name: v\n- !dataset {name: d}\n",
          { { 3, 3, "a zdev cannot stand at top level" },
            { 5, 3, "a zvol cannot stand at top level" },
            { 7, 3, "a dataset cannot stand at top level" } } },
        { "keys missing",
          HEAD "content:\n- !zpool\n  mount: no\n- !disk\n- !part {}\n- !crypt\n",
          { { 3, 3, "a zpool needs the key 'name'" },
            { 5, 3, "a disk needs the key 'uuid'" },
            { 6, 3, "a part needs the key 'name'" },
            { 7, 3, "a crypt needs the key 'name'" } } },
        { "leg without a pool",
          HEAD "content:\n- !part\n  name: p\n  content: [!zdev ]\n",
          { { 5, 13, "a zdev needs the key 'pool'" } } },
        { "duplicate",
          TANK "- !zpool\n  name: tank\n",
          { { 5, 3, "'zpool|name:tank' is configured already, in line 3" } } },
        { "duplicate partition on another disk",
          HEAD "content:\n- !disk {uuid: a, content: [!part {name: p}]}\n"
               "- !disk {uuid: b, content: [!part {name: p}]}\n",
          { { 4, 29, "'part|name:p' is configured already, in line 3" } } },
        { "duplicate in upper case",
          HEAD "content:\n- !disk {uuid: AB}\n- !disk {uuid: ab}\n",
          { { 4, 3, "'disk|uuid:ab' is configured already, in line 3" } } },
        /* handlers */
        { "event of another type",
          TANK "  on_resilvered: [online]\n",
          { { 5, 3, "a zpool has no event 'resilvered'" } } },
        { "action of another type",
          HEAD "content:\n- !part\n  name: p\n  on_children_offline: [scrub]\n",
          { { 5, 25, "a part cannot 'scrub'" } } },
        { "an action for people only",
          HEAD "content:\n- !disk\n  uuid: a\n  on_children_offline: [eject]\n",
          { { 5, 25,
              "unknown action 'eject', expected online, offline, scrub, trim, snapshot, "
              "snapshot-parent, pass or run" } } },
        { "near miss of an action",
          TANK "  on_children_offline: [offlin]\n",
          { { 5, 25, "unknown action 'offlin', did you mean 'offline'?" } } },
        { "snapshot of what has none",
          LEG "      on_resilvered: [snapshot-parent]\n",
          { { 12, 23, "'snapshot-parent' is for a zdev in a zvol; this zdev is in none" } } },
        { "run without a program",
          TANK "  on_startup: [run, run: []]\n",
          { { 5, 16, "'run' needs a program: 'run: [program, argument]'" },
            { 5, 26, "'run' needs a program: 'run: [program, argument]'" } } },
        { "action that is a list",
          TANK "  on_startup: [[online]]\n",
          { { 5, 16,
              "expected an action such as online, or 'run: [program, argument]', found a "
              "list" } } },
        { "one event by two names",
          LEG "      on_scrubbed: [offline]\n      on_scrub_finished: [offline]\n",
          { { 13, 7, "this handler is there already, as 'on_scrub_finished'" } } },
        /* backed_by */
        { "backed_by that is a word",
          TANK "  backed_by: a\n",
          { { 5, 14, "expected a list of vdevs, found 'a'" } } },
        { "raidz without parity",
          TANK "  backed_by:\n  - !raidz\n    devices: [a]\n",
          { { 6, 5, "a raidz needs the key 'parity'" },
            { 7, 15, "no zdev 'a' of pool 'tank' is configured" } } },
        { "raidz of too few",
          LEG "- !zpool {name: b, backed_by: [!raidz {parity: 2, devices: [x, y]}]}\n",
          { { 12, 32, "a raidz of parity 2 needs more than 2 devices" },
            { 12, 61, "no zdev 'x' of pool 'b' is configured" },
            { 12, 64, "no zdev 'y' of pool 'b' is configured" } } },
        { "parity out of range",
          TANK "  backed_by: [!raidz {parity: 4, devices: []}]\n",
          { { 5, 31, "expected a number from 1 to 3, found '4'" },
            { 5, 43, "expected a list of devices, found an empty list" } } },
        { "mirror of nothing",
          TANK "  backed_by: [!mirror {}]\n",
          { { 5, 15, "a mirror needs the key 'devices'" } } },
        { "tag of a vdev",
          TANK "  backed_by: [!miror {devices: [a]}]\n",
          { { 5, 15, "unknown tag '!miror', did you mean '!mirror'?" } } },
        { "key of a device",
          TANK "  backed_by: [!mirror [{nam: a}]]\n",
          { { 5, 24, "a device needs the key 'name'" },
            { 5, 25, "unknown key 'nam', did you mean 'name'?" } } },
        { "single device that is not required",
          TANK "  backed_by: [{name: a, required: no}]\n",
          { { 5, 22, "no zdev 'a' of pool 'tank' is configured" },
            { 5, 35, "a single device is always required: without it the pool lacks data" } } },
        { "device twice",
          LEG "- !zpool {name: b, backed_by: [x, !mirror [x]]}\n",
          { { 12, 32, "no zdev 'x' of pool 'b' is configured" },
            { 12, 44, "backed_by names 'x' twice" } } },
        /* schedules */
        { "schedule that is a word",
          HEAD "update_scheduler: daily\ncontent: []\n",
          { { 2, 19, "expected a list of rules with times, or nil, found 'daily'" } } },
        { "30 February",
          HEAD "update_scheduler:\n- times: [\"03:00:00\"]\n  days: [30]\n  months: "
               "[feb]\ncontent: []\n",
          { { 4, 9, "this schedule can never fire: there is no such day in these months" } } },
        { "time of the day",
          HEAD "update_scheduler:\n- times: [\"25:00:00\"]\ncontent: []\n",
          { { 3, 11,
              "expected a time: \":SS\", \"MM:SS\" or \"HH:MM:SS\", found the text "
              "\"25:00:00\"" } } },
        { "a time alone",
          HEAD "update_scheduler:\n- times: [3, \":60\", \"1:2:3:4\"]\ncontent: []\n",
          { { 3, 11, "expected a time: \":SS\", \"MM:SS\" or \"HH:MM:SS\", found '3'" },
            { 3, 14,
              "expected a time: \":SS\", \"MM:SS\" or \"HH:MM:SS\", found the text \":60\"" },
            { 3, 21,
              "expected a time: \":SS\", \"MM:SS\" or \"HH:MM:SS\", found the text "
              "\"1:2:3:4\"" } } },
        { "no times",
          HEAD "update_scheduler:\n- days: [1]\ncontent: []\n",
          { { 3, 3, "a schedule needs the key 'times'" } } },
        { "days that go backwards",
          HEAD "update_scheduler: {times: \":00\", days: 5-1}\ncontent: []\n",
          { { 2, 40, "expected days of the month such as \"1-15\", found '5-1'" } } },
        { "weekday that is none",
          HEAD "update_scheduler: {times: \":00\", weekdays: [mon-fry, sunnday]}\ncontent: []\n",
          { { 2, 45, "expected weekdays such as \"mon-fri\", found 'mon-fry'" },
            { 2, 54, "expected weekdays such as \"mon-fri\", found 'sunnday'" } } },
        { "key of a rule",
          HEAD "update_scheduler: {time: \":00\"}\ncontent: []\n",
          { { 2, 20, "unknown key 'time', did you mean 'times'?" } } },
        /* what crosses the tree */
        { "cycle through pools",
          HEAD "content:\n"
               "- !zpool\n  name: c\n  content: []\n"
               "- !zpool\n  name: a\n  content:\n  - !zvol\n    name: v\n    content:\n    - !zdev "
               "{pool: b}\n"
               "- !zpool\n  name: b\n  content:\n  - !zvol\n    name: v\n    content:\n    - !zdev "
               "{pool: a}\n    - !crypt {name: x, content: [!zdev {pool: c}]}\n",
          { { 6, 3, "a cycle: pool 'a' has a leg in pool 'b', which has one in pool 'a'" } } },
        { "pool on itself",
          TANK "  content: [!zvol {name: v, content: [!zdev {pool: tank}]}]\n",
          { { 3, 3, "a cycle: pool 'tank' has a leg in pool 'tank' itself" } } },
};

static bool is_expected(size_t row, const struct diagnoses *d) {
        size_t n = 0;

        for (; n < ELEMENTSOF(mistakes[row].expected) && mistakes[row].expected[n].text; n++)
                if (n >= d->count || d->items[n].line != mistakes[row].expected[n].line ||
                    d->items[n].column != mistakes[row].expected[n].column ||
                    !text_equal(d->items[n].text, mistakes[row].expected[n].text))
                        return false;
        return n == d->count;
}

/* From memory that ends with the text, so that whoever reads on is found out. */
static struct config *parse_exactly(struct arena *a, const char *yaml, struct diagnoses *d) {
        size_t n = strlen(yaml);
        _cleanup_(freep) char *copy = malloc(n ? n : 1);

        assert_non_null(copy);
        memcpy(copy, yaml, n);
        return config_parse(a, "x.yml", copy, n, false, d);
}

static void test_mistakes_are_named_with_their_place(void **state) {
        size_t n_failed = 0;

        for (size_t i = 0; i < ELEMENTSOF(mistakes); i++) {
                _cleanup_(arena_freep) struct arena *a = arena_new();
                struct diagnoses d;
                struct config *c = parse_exactly(a, mistakes[i].yaml, &d);

                if (!c && is_expected(i, &d))
                        continue;
                (void) config_free(c);
                n_failed++;
                print_error("%s: %zu diagnoses\n", mistakes[i].name, d.count);
                for (size_t k = 0; k < d.count; k++)
                        print_error("%s\n", diagnosis_print(a, "x.yml", &d.items[k]));
        }
        assert_int_equal(n_failed, 0);
}

static void test_a_diagnosis_shows_the_line_and_a_caret(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *yaml = HEAD "timout: 3\ncontent: []\n";
        struct diagnoses d;

        assert_null(config_parse(a, "x.yml", yaml, strlen(yaml), false, &d));
        assert_string_equal(diagnosis_print(a, "x.yml", &d.items[0]),
                            "x.yml:2:1: error: unknown key 'timout', did you mean 'timeout'?\n"
                            "    timout: 3\n"
                            "    ^~~~~~");
}

/* The nested stack: a pool on a volume in a pool on LUKS on a partition. */
static const char nested[] = HEAD
        "unpluggable: no\n"
        "ssd: yes\n"
        "scrub_interval: 4 weeks\n"
        "trim_interval: 1 mo\n"
        "zpool_import_args: \"-d /dev/mapper\"\n"
        "content:\n"
        "- !zpool\n"
        "  name: tank\n"
        "  zpool_import_args: \"\"\n"
        "  backed_by:\n"
        "  - !mirror\n"
        "    devices:\n"
        "    - {name: tank-a, required: yes}\n"
        "    - zvol/bak/tank\n"
        "- !disk\n"
        "  uuid: ABCD-1\n"
        "  info: blue\n"
        "  ssd: no\n"
        "  unpluggable: yes\n"
        "  content:\n"
        "  - !part\n"
        "    name: bak-a\n"
        "    content:\n"
        "    - !crypt\n"
        "      name: bak-a\n"
        "      on_appeared: [online]\n"
        "      content:\n"
        "      - !zdev\n"
        "        pool: bak\n"
        "        trim_interval: 2 weeks\n"
        "- !zpool\n"
        "  name: bak\n"
        "  backed_by: [bak-a]\n"
        "  content:\n"
        "  - !zvol\n"
        "    name: tank\n"
        "    content:\n"
        "    - !zdev\n"
        "      pool: tank\n"
        "      groups: [nightly, offsite]\n"
        "      on_resilvered: [offline, snapshot-parent, {run: [/bin/true, a b]}]\n";

static struct config *parse(struct arena *a, const char *yaml) {
        struct diagnoses d;
        struct config *c = config_parse(a, "x.yml", yaml, strlen(yaml), false, &d);

        if (!c)
                fail_msg("%s", diagnosis_print(a, "x.yml", &d.items[0]));
        return c;
}

static void test_legs_and_pools_find_each_other(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(config_freep) struct config *c = parse(a, nested);
        entity_id leg = config_find_id(c, "zdev|pool:tank|name:zvol/bak/tank");
        const struct entity *e = config_entity(c, leg),
                            *tank = config_entity(c, config_find_pool(c, "tank"));

        assert_non_null(e);
        assert_int_equal(e->zdev.zpool, tank->self);
        assert_int_equal(tank->zpool.n_legs, 1);
        assert_int_equal(tank->zpool.legs[0], leg);
        assert_int_equal(tank->zpool.backing[0].kind, VDEV_KIND_MIRROR);
        assert_true(tank->zpool.backing[0].devices[0].required);
        assert_int_equal(tank->zpool.backing[0].devices[0].leg, ENTITY_NONE);
        assert_int_equal(tank->zpool.backing[0].devices[1].leg, leg);
        assert_ptr_equal(e->zdev.backing_device, &tank->zpool.backing[0].devices[1]);
        assert_true(entity_is_in_group(e, "offsite"));
        assert_false(entity_is_in_group(e, "blue"));
        assert_string_equal(e->hrid, "zdev: zvol/bak/tank (tank)");
        assert_int_equal(e->handlers[EVENT_RESILVERED].n_actions, 3);
        assert_string_equal(e->handlers[EVENT_RESILVERED].actions[2].argv[1], "a b");
}

static void test_what_is_inherited(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(config_freep) struct config *c = parse(a, nested);
        const struct entity *crypt = config_entity(c, config_find_id(c, "crypt|name:bak-a"));
        const struct entity *leg = config_entity(c, config_find_id(c, "zdev|pool:bak|name:bak-a"));
        const struct entity *inner = config_entity(
                c, config_find_id(c, "zdev|pool:tank|name:zvol/bak/tank"));
        const struct entity *bak = config_entity(c, config_find_pool(c, "bak"));

        assert_true(crypt->unpluggable);
        assert_false(inner->unpluggable);
        assert_true(crypt->crypt.allow_discards); /* the leg has an interval of its own */
        assert_true(leg->zdev.intervals.trim.usec == 2 * USEC_PER_WEEK);
        assert_int_equal(inner->zdev.intervals.trim.months, 1); /* on no disk: the root's ssd */
        assert_true(leg->zdev.intervals.scrub.usec == 4 * USEC_PER_WEEK);
        assert_string_equal(bak->zpool.import_argv[1], "/dev/mapper");
        assert_null(config_entity(c, config_find_pool(c, "tank"))
                            ->zpool.import_argv); /* "" overrides */
        assert_int_equal(config_find(c, ENTITY_DISK, (const char *const[]){ "abcd-1" }, 1),
                         config_find(c, ENTITY_DISK, (const char *const[]){ "blue" }, 1));
}

static void test_the_older_generation_loads(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(config_freep) struct config *c = parse(
                a,
                "--- !ZMirror\ncontent:\n- !ZPool\n  name: tank\n  backed_by:\n  - !Mirror\n    "
                "devices: [p]\n"
                "- !Disk\n  uuid: ab\n  content:\n  - !Partition\n    name: p\n    content:\n"
                "    - !DMCrypt\n      name: p\n      content:\n      - !ZDev\n        pool: tank\n"
                "        on_scrubbed: [offline]\n");
        const struct entity *leg = config_entity(c, config_find_id(c, "zdev|pool:tank|name:p"));

        assert_int_equal(leg->handlers[EVENT_SCRUB_FINISHED].n_actions, 1);
}

static void test_schedules(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        _cleanup_(config_freep) struct config *c = parse(
                a, HEAD "maintenance_scheduler:\n- times: [\"03:00:00\", \"30:00\", \":15\"]\n"
                        "  weekdays: [\"fri-mon\"]\n  days: [\"1-3\", 5]\nupdate_scheduler: "
                        "nil\ncontent: []\n");
        const struct schedule *s = &c->settings.maintenance_scheduler;

        assert_int_equal(s->n_rules, 1);
        assert_int_equal(s->rules[0].n_times, 3);
        assert_int_equal(s->rules[0].times[0].hour, 3);
        assert_int_equal(s->rules[0].times[1].hour, -1);
        assert_int_equal(s->rules[0].times[1].minute, 30);
        assert_int_equal(s->rules[0].times[2].minute, -1);
        assert_int_equal(s->rules[0].times[2].second, 15);
        assert_int_equal(s->rules[0].weekdays, 1 << 5 | 1 << 6 | 1 << 0 | 1 << 1);
        assert_int_equal(s->rules[0].days, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5);
        assert_int_equal(c->settings.update_scheduler.n_rules, 0);
        assert_true(c->settings.regular_status_default);
}

static void test_sunday_has_two_numbers(void **state) {
        static const struct {
                const char *words;
                unsigned bits; /* Sunday is the lowest */
        } cases[] = { { "[0]", 1 },
                      { "[7]", 1 },
                      { "[\"5-7\"]", 0x61 },
                      { "[\"6-1\"]", 0x43 },
                      { "[\"sat-sun\"]", 0x41 } };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(arena_freep) struct arena *a = arena_new();
                _cleanup_(config_freep) struct config *c = parse(
                        a, arena_printf(a,
                                        HEAD "update_scheduler: {times: \":00\", weekdays: "
                                             "%s}\ncontent: []\n",
                                        cases[i].words));

                assert_int_equal(c->settings.update_scheduler.rules[0].weekdays, cases[i].bits);
        }
}

/* Who writes "03:00" means three o'clock. */
static void test_a_time_that_is_hourly_and_looks_daily_is_warned_of(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        const char *yaml = HEAD "update_scheduler: {times: [\"03:00\", \"30:00\", \"03:00:00\"]}\n"
                                "content: []\n";
        struct diagnoses d = {};
        struct config *c = config_parse(a, "x.yml", yaml, strlen(yaml), false, &d);

        assert_non_null(c);
        assert_int_equal(d.count, 1);
        assert_string_equal(d.items[0].text,
                            "this is in every hour, 3 min 0 s past it; \"03:00:00\" is once a day");
        assert_int_equal(d.items[0].column, 28);
        config_free(c);
}

static void test_everything_understood_is_in_the_summary(void **state) {
        static const struct {
                const char *yaml, *left, *right;
        } cases[] = {
                { HEAD "content: []\n", "log_level", "info" },
                { HEAD "content: []\n", "timeout", "5 minutes" },
                { HEAD "content: []\n", "maintenance_scheduler", "never" },
                { HEAD "content: []\n", "regular_status_scheduler", "every 10 minutes" },
                { HEAD "enable_commands: no\ncontent: []\n", "enable_commands",
                  "no: commands are only logged" },
                { HEAD "maintenance_scheduler:\n- times: [\"03:00:00\"]\n  weekdays: [mon-fri, "
                       "sun]\n  days: [1, \"30-31\"]\n- times: [\"30:00\", \":05\"]\n  months: "
                       "[\"11-1\"]\n"
                       "content: []\n",
                  "maintenance_scheduler",
                  "03:00:00 on sun-fri on the days 1, 30-31; every hour at 30:00, every minute at "
                  ":05 "
                  "in jan, nov-dec" },
                { TANK
                  "  root: /mnt\n  mount: no\n  zpool_import_args: -d /dev/mapper\n  groups: [a, "
                  "b]\n  backed_by:\n  - !mirror\n    devices:\n    - {name: x, "
                  "online_dependencies: no}\n    - {name: y, required: yes}\n",
                  "zpool|name:tank",
                  "mirror of x (not asked to appear) (not configured), y (required) (not "
                  "configured); "
                  "root /mnt; nothing is mounted; zpool import -d /dev/mapper; groups a, b" },
                { HEAD "content:\n- !disk {uuid: ab, info: blue, ssd: no, force_enable_trim: yes, "
                       "unpluggable: yes, groups: [x]}\n",
                  "disk|uuid:ab", "blue; no ssd; force_enable_trim; unpluggable; group x" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(arena_freep) struct arena *a = arena_new();
                _cleanup_(config_freep) struct config *c = parse(a, cases[i].yaml);
                struct summary_line *lines;
                uint32_t n = config_summarize(a, c, &lines), k = 0;

                while (k < n && !text_equal(lines[k].left, cases[i].left))
                        k++;
                if (k == n || !text_equal(lines[k].right, cases[i].right))
                        fail_msg("%s: %s", cases[i].left,
                                 k < n ? lines[k].right : "(no such line)");
        }
}

static void test_deep_nesting_is_refused(void **state) {
        _cleanup_(arena_freep) struct arena *a = arena_new();
        struct text t = {};
        struct diagnoses d;

        text_add(&t, "a: ");
        for (int i = 0; i < 100000; i++)
                text_add(&t, "[");
        assert_null(config_parse(a, "x.yml", t.s, t.length, false, &d));
        assert_true(d.n_errors > 0);
        text_done(&t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mistakes_are_named_with_their_place),
                cmocka_unit_test(test_a_diagnosis_shows_the_line_and_a_caret),
                cmocka_unit_test(test_legs_and_pools_find_each_other),
                cmocka_unit_test(test_what_is_inherited),
                cmocka_unit_test(test_the_older_generation_loads),
                cmocka_unit_test(test_schedules),
                cmocka_unit_test(test_sunday_has_two_numbers),
                cmocka_unit_test(test_a_time_that_is_hourly_and_looks_daily_is_warned_of),
                cmocka_unit_test(test_everything_understood_is_in_the_summary),
                cmocka_unit_test(test_deep_nesting_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
