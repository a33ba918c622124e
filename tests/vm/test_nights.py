"""Eight nights with real disks: each from a disk that is plugged in to a disk that is pulled."""
import time

import runner
import vm
from night import (CONFIG_TANK, CRYPT, KEY, LEG, NIGHT_COMMANDS, NIGHT_HISTORY, OPEN_LEG, PART, PATIENCE, TANK, check,
                   check_equal)

DISK_AWAY = {LEG: "disconnected", CRYPT: "disconnected", PART: "disconnected", TANK: "connected"}
PUT_AWAY = {LEG: "disconnected", CRYPT: "inactive", PART: "connected", TANK: "connected"}


# --- 1 ----------------------------------------------------------------------------------------------------------

@runner.only_on("2.3")
def usb_night(night):
    """A USB disk with a key file is plugged, brought up to date, put away, and pulled."""
    night.begin()
    before = night.row(LEG)
    night.guest.plug("tank-b")
    night.wait_put_away()
    night.guest.pull("tank-b")
    night.wait_states(DISK_AWAY, timeout=20)
    night.check_commands(*NIGHT_COMMANDS)
    night.check_history("the night", *NIGHT_HISTORY)
    leg = night.row(LEG)
    check(leg["last_update"] and leg["last_update"] > (before["last_update"] or ""),
          f"last_update is not set: {leg}")
    check(leg["last_online"] >= leg["last_update"], f"it was up to date after it was online: {leg}")
    check_equal("dates that nothing has set", (leg["last_scrub"], leg["last_trim"]), (None, None))
    check(not leg["errors"], "a leg that may be away has errors because it is")

    checksums = night.checksums()
    night.check_leg_alone(checksums)
    night.check_whole()


# --- 2 ----------------------------------------------------------------------------------------------------------

CONFIG_NESTED = CONFIG_TANK + """  - !zpool
    name: bak
    backed_by: [bak-b]
    on_backing_appeared: [online]
    on_children_offline: [offline]
    content:
      - !zvol
        name: tank
        content:
          - !zdev
            pool: tank
            on_appeared: [online]
            on_resilvered: [offline, snapshot-parent]
  - !part
    name: bak-b
    unpluggable: yes
    content:
      - !crypt
        name: bak-b
        key_file: /etc/zmirror/keys/bak-b
        on_appeared: [online]
        on_children_offline: [offline]
        content:
          - !zdev
            pool: bak
"""

ZVOL_LEG = "zdev|pool:tank|name:zvol/bak/tank"


def make_nested(night):
    """`tank` is a mirror of a partition and a zvol in `bak`, which lives in a LUKS container on a USB disk.

    zpool would put a partition table on the zvol, so it is attached through a loop device and gets its own name
    by an import.
    """
    night.start()
    night.guest.make_disk("tank-a", bus="scsi", size="256M")
    night.guest.make_disk("bak-b", size="768M", luks="key")
    night.sh("""
        zpool create -O compression=off bak /dev/mapper/bak-b
        zfs create -s -V 320M -o volmode=dev -o volblocksize=4k bak/tank
        udevadm settle
        until test -e /dev/zvol/bak/tank; do sleep 0.2; done
        losetup /dev/loop0 /dev/zvol/bak/tank
        zpool create -f -O compression=off -O atime=off tank mirror /dev/disk/by-partlabel/tank-a /dev/loop0
        zpool export tank
        losetup -d /dev/loop0
        zpool import -d /dev/zvol/bak -d /dev/disk/by-partlabel tank
        zpool status -P tank | grep /dev/zvol/bak/tank
        """)
    night.write("first", 4)
    night.sh("""
        zpool offline tank /dev/zvol/bak/tank
        zpool sync tank
        zpool export bak
        cryptsetup close bak-b
        """)
    night.guest.pull("bak-b")


@runner.only_on("2.1")
def nested_stack(night):
    """One plug brings up container, outer pool, zvol and leg; after the resilver all of it is put away."""
    make_nested(night)
    night.configure(CONFIG_NESTED.format(leg="zvol/bak/tank"))
    night.start_zmirror()
    night.wait_states({ZVOL_LEG: "disconnected", TANK: "connected", "zpool|name:bak": "disconnected"})
    night.write("away", 8)
    night.mark()
    night.guest.plug("bak-b")
    night.wait_safe(timeout=300)
    night.check_commands("cryptsetup open DEVICE bak-b --key-file /etc/zmirror/keys/bak-b",
                         "zpool import -o cachefile=none -d /dev/mapper/bak-b bak",
                         "zpool online tank /dev/zvol/bak/tank",
                         "zpool offline tank /dev/zvol/bak/tank",
                         "zfs snapshot bak/tank@zmirror-DATE",
                         "zpool export bak",
                         "cryptsetup close bak-b")
    night.wait_states({ZVOL_LEG: "disconnected", "zpool|name:bak": "disconnected", "crypt|name:bak-b": "inactive"})
    check(not night.is_imported("bak"), "bak is still imported")
    check(not night.is_open("bak-b"), "the container is still open")
    night.check_offline("zvol/bak/tank")
    night.guest.pull("bak-b")
    night.wait_state("part|name:bak-b", "disconnected", timeout=20)
    check_equal("the leg's history", [kind for kind, entity in night.history() if entity == ZVOL_LEG],
                ["online", "resilvered", "offline"])

    night.sh("systemctl stop zmirror")
    night.guest.plug("bak-b")
    night.wait_path("/dev/disk/by-partlabel/bak-b")
    night.sh("udevadm settle; cryptsetup open /dev/disk/by-partlabel/bak-b bak-b --key-file /etc/zmirror/keys/bak-b; "
             "zpool import -d /dev/mapper/bak-b bak; until test -e /dev/zvol/bak/tank; do sleep 0.1; done; "
             "zpool online tank /dev/zvol/bak/tank")
    night.check_complete()


# --- 3 ----------------------------------------------------------------------------------------------------------

CONFIG_REQUIRED = """--- !zmirror
log_level: debug
timeout: 120
content:
  - !zpool
    name: arch
    on_backing_appeared: [online]
    backed_by:
      - !mirror
        devices:
          - name: arch-b
            required: yes
          - arch-c
          - arch-d
"""

CONFIG_REQUIRED_LEG = """  - !part
    name: {name}
    unpluggable: yes
    content:
      - !crypt
        name: {name}
        {key}
        on_appeared: [online]
        on_children_offline: [offline]
        content:
          - !zdev
            pool: arch
"""

ARCH = "zpool|name:arch"


@runner.only_on("2.1")
def required_leg(night):
    """A pool waits for its required leg, and for a leg that is still being unlocked."""
    night.start()
    config = CONFIG_REQUIRED
    for name in ("arch-b", "arch-c", "arch-d"):
        luks = "passphrase" if name == "arch-d" else "key"
        key = "notes: asked for" if name == "arch-d" else f"key_file: /etc/zmirror/keys/{name}"
        night.guest.make_disk(name, luks=luks)
        config += CONFIG_REQUIRED_LEG.format(name=name, key=key)
    night.sh("zpool create -O compression=off arch mirror /dev/mapper/arch-b /dev/mapper/arch-c /dev/mapper/arch-d")
    night.write("first", 2, pool="arch")
    night.sh("zpool export arch; for d in arch-b arch-c arch-d; do cryptsetup close $d; done")
    for name in ("arch-b", "arch-c", "arch-d"):
        night.guest.pull(name)
    night.configure(config)
    night.start_zmirror()
    night.mark()

    night.guest.plug("arch-c")
    night.wait_state("zdev|pool:arch|name:arch-c", "inactive")
    night.sh("sleep 6")
    check(not night.is_imported("arch"), "it was imported without its required leg")

    night.guest.plug("arch-d")
    night.wait_until("somebody is asked for a passphrase",
                     lambda: night.guest.run("ls /run/systemd/ask-password/ask.*")[0] == 0, 60)
    night.guest.plug("arch-b")
    night.wait_state("zdev|pool:arch|name:arch-b", "inactive")
    night.sh("sleep 6")
    check(not night.is_imported("arch"), "it was imported while a leg was still being unlocked")

    night.sh(f"vm-answer {vm.PASSPHRASE}")
    night.wait_state(ARCH, "connected", timeout=120)
    commands = night.commands()
    check_equal("the commands", commands,
                ["cryptsetup open DEVICE arch-c --key-file /etc/zmirror/keys/arch-c",
                 "cryptsetup open DEVICE arch-d --key-file -",
                 "cryptsetup open DEVICE arch-b --key-file /etc/zmirror/keys/arch-b",
                 *[c for c in commands if c.startswith("zpool import")][:1]])
    for name in ("arch-b", "arch-c", "arch-d"):
        check(f"-d /dev/mapper/{name} " in commands[-1], f"{name} is not part of the import: {commands[-1]}")
        check_equal(name, night.vdev_state(name, "arch"), "ONLINE")
    night.check_complete("arch")

    night.sh("zmirror offline zpool arch", timeout=180)
    night.wait_states({f"crypt|name:{name}": "inactive" for name in ("arch-b", "arch-c", "arch-d")})
    for name in ("arch-b", "arch-c", "arch-d"):
        night.guest.pull(name)
    night.wait_states({f"part|name:{name}": "disconnected" for name in ("arch-b", "arch-c", "arch-d")}, timeout=20)


# --- 4 ----------------------------------------------------------------------------------------------------------

# Looks all the time for a text in the arguments of every process, and stops when it is told so.
WATCH_ARGUMENTS = """import glob, os, time
secret = open('/run/secret', 'rb').read().strip()
while not os.path.exists('/run/watch-end'):
    time.sleep(0.1)
    for path in glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/proc/[0-9]*/environ'):
        try:
            text = open(path, 'rb').read()
        except OSError:
            continue
        if secret in text and b'vm-answer' not in text:
            open('/run/watch-found', 'ab').write(path.encode() + b': ' + text + b'\\n')
"""


@runner.only_on("2.3")
def passphrase(night):
    """Instead of a key file, a password agent is asked; a wrong answer is followed by another question."""
    wrong = "9-ravens-at-dusk"
    night.begin(luks="passphrase")
    night.guest.put("/run/secret", vm.PASSPHRASE, 0o600)
    night.guest.put("/run/watch.py", WATCH_ARGUMENTS)
    night.sh("setsid python3 /run/watch.py </dev/null >/dev/null 2>&1 &")
    night.guest.plug("tank-b")
    asked = night.sh(f"vm-answer {wrong} {vm.PASSPHRASE}").splitlines()
    check_equal("questions", len(asked), 2)
    for question in asked:
        check("tank-b" in question, f"the question does not say for what: {question}")
    night.wait_put_away()
    night.check_commands("cryptsetup open DEVICE tank-b --key-file -", *NIGHT_COMMANDS[1:])
    night.guest.pull("tank-b")
    night.wait_states(DISK_AWAY, timeout=20)

    night.sh("touch /run/watch-end; journalctl --sync")
    for secret in (wrong, vm.PASSPHRASE):
        night.guest.put("/run/secret", secret, 0o600)
        _, found = night.guest.run("cat /run/watch-found 2>/dev/null; "
                                   "journalctl -o export | grep -aF -f /run/secret; "
                                   "grep -raFl -f /run/secret /var/lib/zmirror /run/zmirror /etc/zmirror")
        check_equal("where the passphrase was seen", found, "")
    night.check_whole(key="/run/secret")


# --- 5 ----------------------------------------------------------------------------------------------------------

# The stages of night 1, each by the condition under which it has been reached; $s is the pool's status, $scan
# its scan line of before.
STAGES = {
    "plugged": "-e /dev/disk/by-partlabel/tank-b",
    "open": "-e /dev/mapper/tank-b",
    "online": "$s =~ tank-b\\ +ONLINE",
    "resilvering": "$s == *'resilver in progress'*",
    "resilvered": "$s =~ tank-b\\ +ONLINE && $s != *'resilver in progress'* && $s != *\"$scan\"*",
    "offline": "$s =~ tank-b\\ +OFFLINE && $s != *'resilver in progress'* && $s != *\"$scan\"*",
}

AT_STAGE = """scan=$(zpool status tank | grep scan: || echo none)
until s=$(zpool status tank); [[ {condition} ]]; do sleep 0.1; done
{then}
touch /run/at-stage-done
"""


READY = "may be unplugged"


def at_stage(night, stage, then):
    """In the guest, so that the moment is not missed."""
    night.guest.put("/run/at-stage", AT_STAGE.format(condition=STAGES[stage], then=then))
    night.sh("rm -f /run/at-stage-done; setsid bash /run/at-stage </dev/null >/dev/null 2>&1 &")


def check_dates(night, before, leg):
    """The dates of an undisturbed night: up to date and offline since a moment of it, and nothing else changed."""
    check_equal("added", leg["added"], before["added"])
    check(leg["last_update"] > (before["last_update"] or ""), f"last_update did not move: {before} {leg}")
    check(leg["last_online"] >= leg["last_update"], f"last_online is older than last_update: {leg}")
    check_equal("dates that nothing has set", (leg["last_scrub"], leg["last_trim"]),
                (before["last_scrub"], before["last_trim"]))


def kill_at(night, stages):
    night.begin()
    for stage in stages:
        before = night.row(LEG)
        night.write("at-" + stage, 6)
        night.mark()
        pid = night.main_pid()
        at_stage(night, stage, "systemctl kill -s KILL zmirror")
        night.guest.plug("tank-b")
        night.wait_path("/run/at-stage-done")
        night.wait_up()
        check(night.main_pid() != pid, "the daemon was not killed")
        night.wait_put_away()
        night.guest.pull("tank-b")
        night.wait_states(DISK_AWAY, timeout=20)
        night.check_history(f"a night with a kill at '{stage}'", *NIGHT_HISTORY)
        check_dates(night, before, night.row(LEG))
        check_no_repetition(night, f"kill at '{stage}'")
    night.check_whole()


def check_no_repetition(night, what):
    """What was running at the kill may be asked again, as nobody knows how it ended; nothing else twice."""
    commands = night.commands()
    check_equal(f"the commands, {what}", [c for i, c in enumerate(commands) if c not in commands[:i]],
                list(NIGHT_COMMANDS))
    check(len(commands) <= len(NIGHT_COMMANDS) + 1, f"commands were repeated, {what}: {commands}")


def reboot_at(night, stages):
    night.begin()
    for stage in stages:
        before = night.row(LEG)
        night.write("at-" + stage, 6)
        night.mark()
        if stage == "resilvering":
            night.guest.throttle("tank-b", 700_000)
        at_stage(night, stage, "systemctl reboot")
        night.guest.plug("tank-b")
        night.wait_power_off()
        night.guest.throttle("tank-b", 0)
        night.guest.start(keep=True)
        night.wait_up()
        night.wait_until("the disk may be unplugged again", lambda: READY in night.sh("journalctl -b -u zmirror"), 180)
        night.wait_put_away()
        night.guest.pull("tank-b")
        night.wait_states(DISK_AWAY, timeout=20)
        check_dates(night, before, night.row(LEG))
        history = [kind for kind, entity in night.history() if entity == LEG]
        check(history[-2:] == ["resilvered", "offline"], f"the history at '{stage}': {night.history()}")
        # It may have been put away just before the machine went down; everything that is there appears again.
        check(len(night.receipts()) <= 2, f"the disk was said to be ready too often: {night.receipts()}")
    night.check_whole()


# Each version of ZFS sees each stage, once with a kill or once with a reboot.
@runner.only_on("2.3")
def killed_before_the_resilver(night):
    """kill -9 of the daemon at the first three stages of night 1: the same end, the same dates, the same history."""
    kill_at(night, ("plugged", "open", "online"))


@runner.only_on("2.1")
def killed_from_the_resilver_on(night):
    """kill -9 of the daemon at the last three stages of night 1: the same end, the same dates, the same history."""
    kill_at(night, ("resilvering", "resilvered", "offline"))


@runner.only_on("2.1")
def rebooted_before_the_resilver(night):
    """The guest is rebooted at the first three stages of night 1: all appears anew, and it ends as it should."""
    reboot_at(night, ("plugged", "open", "online"))


@runner.only_on("2.3")
def rebooted_from_the_resilver_on(night):
    """The guest is rebooted at the last three stages of night 1: all appears anew, and it ends as it should."""
    reboot_at(night, ("resilvering", "resilvered", "offline"))


# --- 6 ----------------------------------------------------------------------------------------------------------

@runner.only_on("2.1")
def daemon_away(night):
    """The daemon is stopped while the disk is plugged, while the resilver ends, and while the disk is pulled."""
    night.begin()
    night.sh("systemctl stop zmirror")
    night.guest.throttle("tank-b", 1_000_000)
    night.guest.plug("tank-b")
    night.wait_path("/dev/disk/by-partlabel/tank-b")
    night.sh("udevadm settle; systemctl start zmirror")
    night.wait_resilvering()
    night.check_commands(*NIGHT_COMMANDS[:2])

    night.sh("systemctl stop zmirror")
    check(night.is_resilvering(), "the resilver ended too early for this test")
    night.guest.throttle("tank-b", 0)
    night.wait_until("the resilver has ended", lambda: not night.is_resilvering(), 120)
    check_equal("the leg while nobody looks", night.vdev_state(), "ONLINE")
    night.sh("systemctl start zmirror")
    night.wait_put_away()
    night.check_commands(*NIGHT_COMMANDS)

    night.sh("systemctl stop zmirror")
    night.guest.pull("tank-b")
    night.wait_path("/dev/disk/by-partlabel/tank-b", there=False)
    night.sh("udevadm settle; systemctl start zmirror")
    night.wait_states(DISK_AWAY)
    history = night.history()
    check_equal("the leg's history", [kind for kind, entity in history if entity == LEG],
                ["online", "resilvered", "offline"])
    check_equal("the disk's history", [kind for kind, entity in history if entity.startswith("disk|")],
                ["appeared", "safe", "disconnected"])
    night.check_commands(*NIGHT_COMMANDS)
    night.check_whole()


# --- 7 ----------------------------------------------------------------------------------------------------------

def wait_cleared(night):
    """After a pull: the picture is right within seconds, nothing hangs, the dead mapping is closed."""
    night.wait_states({LEG: "disconnected", PART: "disconnected", TANK: "connected"}, timeout=25)
    began = time.monotonic()
    night.sh("zmirror list >/dev/null", timeout=20)
    check(time.monotonic() - began < 3 * PATIENCE, "zmirror list takes long")
    night.wait_until("the dead mapping is closed", lambda: not night.is_open(), 30)
    night.wait_state(CRYPT, "disconnected", timeout=20)
    night.sh("zpool sync tank && zpool status tank >/dev/null", timeout=60)


@runner.only_on("2.3")
def surprise_pull(night):
    """The disk is pulled in the middle of a resilver, and then while its leg is online and idle."""
    night.begin()
    before = night.row(LEG)
    night.guest.throttle("tank-b", 700_000)
    night.guest.plug("tank-b")
    night.wait_resilvering()
    night.wait_until("zmirror shows the resilver", lambda: night.row(LEG).get("operations"), 30)
    night.guest.pull("tank-b")
    wait_cleared(night)
    night.sh("sleep 8")
    leg = night.row(LEG)
    check_equal("last_update after a pull", leg["last_update"], before["last_update"])
    kinds = [kind for kind, _ in night.history()]
    check("resilvered" not in kinds and "safe" not in kinds, f"zmirror believes ZFS's word: {kinds}")
    check_equal("the first commands", night.commands()[:2], list(NIGHT_COMMANDS[:2]))

    night.mark()
    night.guest.throttle("tank-b", 0)
    night.guest.plug("tank-b")
    night.wait_put_away()
    check(night.row(LEG)["last_update"] > (before["last_update"] or ""), "the next plug did not finish the job")
    night.guest.pull("tank-b")
    night.wait_states(DISK_AWAY, timeout=20)

    # With the handlers off the leg stays online; ZFS notices nothing of the pull, as nothing is written.
    night.sh("zmirror disable event-handlers")
    night.mark()
    night.guest.plug("tank-b")
    night.wait_state(PART, "connected")
    night.sh("zmirror online zdev tank tank-b", timeout=120)
    night.wait_until("the leg is up to date", lambda: ("resilvered", LEG) in night.history(), 120)
    night.sh("zmirror enable event-handlers")
    idle = night.row(LEG)
    night.mark()
    night.guest.pull("tank-b")
    wait_cleared(night)
    check(night.row(LEG)["last_update"] >= idle["added"], "a leg that was up to date lost its date")

    night.write("later", 6)
    night.mark()
    night.guest.plug("tank-b")
    night.wait_put_away()
    night.guest.pull("tank-b")
    night.wait_states(DISK_AWAY, timeout=20)
    night.check_leg_alone(night.checksums())
    night.check_whole()


# --- 8 ----------------------------------------------------------------------------------------------------------

@runner.only_on("2.3")
def by_hand(night):
    """An administrator does steps by hand: the picture follows, and zmirror does not fight him."""
    night.begin()
    night.guest.throttle("tank-b", 700_000)
    night.guest.plug("tank-b")
    night.wait_resilvering()
    night.sh("zpool offline tank tank-b", timeout=60)
    night.wait_state(CRYPT, "inactive", timeout=60)      # as on_children_offline says
    night.sh("sleep 10")
    night.check_offline()
    night.check_commands(*NIGHT_COMMANDS[:2], NIGHT_COMMANDS[3])
    check("resilvered" not in [kind for kind, _ in night.history()], "it is taken for up to date")

    night.guest.throttle("tank-b", 0)
    night.sh("zmirror disable event-handlers")
    night.mark()
    night.sh(OPEN_LEG.format(key=KEY))
    night.wait_states({CRYPT: "connected", LEG: "inactive"}, timeout=20)
    night.sh("zpool online tank tank-b")
    night.wait_states({CRYPT: "active", LEG: "active"}, timeout=20)
    night.wait_until("the leg that was put online by hand is up to date",
                     lambda: ("resilvered", LEG) in night.history(), 120)
    night.sh("zpool offline tank tank-b")
    night.wait_states({CRYPT: "connected", LEG: "inactive"}, timeout=20)
    night.sh("cryptsetup close tank-b")
    night.wait_states(PUT_AWAY, timeout=20)
    night.sh("zpool export tank", timeout=60)
    night.wait_states({TANK: "disconnected"}, timeout=20)
    night.sh("sleep 10")
    check_equal("what zmirror did meanwhile", night.commands(), [])
    night.sh("zpool import -d /dev/disk/by-partlabel tank", timeout=60)
    night.wait_states(PUT_AWAY, timeout=20)

    # With the handlers on again, the next plug is a night as any other.
    night.guest.pull("tank-b")
    night.wait_states(DISK_AWAY, timeout=20)
    night.sh("zmirror enable event-handlers")
    night.write("later", 6)
    night.mark()
    night.guest.plug("tank-b")
    night.wait_put_away()
    night.check_commands(*NIGHT_COMMANDS)
    night.guest.pull("tank-b")
    night.wait_states(DISK_AWAY, timeout=20)
    night.check_whole()


# --- without zmirror --------------------------------------------------------------------------------------------

def night_by_hand(night):
    """The machine itself: night 1 as an administrator would do it, so that the tests above test only zmirror."""
    night.start("tank")
    night.write("away", 8)
    night.guest.throttle("tank-b", 2_000_000)
    night.guest.plug("tank-b")
    night.wait_path("/dev/disk/by-partlabel/tank-b")
    night.sh(OPEN_LEG.format(key=KEY) + "zpool online tank tank-b")
    night.wait_resilvering()
    check(night.missing_txgs(), "zdb sees nothing missing in the middle of a resilver")
    night.guest.throttle("tank-b", 0)
    night.wait_until("the resilver has ended", lambda: not night.is_resilvering(), 120)
    night.sh("zpool sync tank; zpool offline tank tank-b; cryptsetup close tank-b")
    night.guest.pull("tank-b")
    night.check_leg_alone(night.checksums())
    night.check_whole()


# The long ones stand in front.
TESTS = [usb_night, surprise_pull, rebooted_before_the_resilver, rebooted_from_the_resilver_on,
         killed_before_the_resilver, killed_from_the_resilver_on, nested_stack, required_leg, by_hand, daemon_away,
         passphrase]
SELF_TESTS = [night_by_hand]
