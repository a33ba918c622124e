"""Eight nights with real disks: each from a disk that is plugged in to a disk that is pulled."""
import re

import runner
import vm
from night import (CONFIG_TANK, CRYPT, KEY, LEG, NIGHT_COMMANDS, NIGHT_HISTORY, OPEN_LEG, PART, TANK, check,
                   check_equal, tank)

DISK_AWAY = {LEG: "disconnected", CRYPT: "disconnected", PART: "disconnected", TANK: "connected"}
PUT_AWAY = {LEG: "disconnected", CRYPT: "inactive", PART: "connected", TANK: "connected"}


# --- 1 ----------------------------------------------------------------------------------------------------------

@runner.test(world=tank)
def usb_night(night):
    """A USB disk with a key file is plugged, brought up to date, put away, and pulled."""
    night.start()
    night.txg_timeout(5)
    night.leave_behind()
    before = night.row(LEG)
    night.guest.plug("tank-b")
    night.wait_put_away()
    night.guest.pull("tank-b")
    night.wait_states(DISK_AWAY)
    night.check_commands(*NIGHT_COMMANDS)
    night.check_history("the night", *NIGHT_HISTORY)
    check_dates(before, night.row(LEG))
    check(not night.row(LEG)["errors"], "a leg that may be away has errors because it is")

    night.check_elsewhere(night.checksums())
    night.check_whole()


def check_dates(before, leg):
    """The dates of an undisturbed night: up to date and offline since a moment of it, and nothing else changed."""
    check_equal("added", leg["added"], before["added"])
    check(leg["last_update"] > before["last_update"], f"last_update did not move: {before} {leg}")
    check(leg["last_online"] >= leg["last_update"], f"it was up to date after it was online: {leg}")
    check_equal("dates that nothing has set", (leg["last_scrub"], leg["last_trim"]),
                (before["last_scrub"], before["last_trim"]))


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


def nested(night):
    """`tank` is a mirror of a partition and a zvol in `bak`, which lives in a LUKS container on a USB disk.

    zpool would put a partition table on the zvol, so it is attached through a loop device and gets its own name
    by an import.
    """
    night.guest.make_disk("tank-a", bus="scsi", size="256M")
    night.guest.make_disk("bak-b", size="768M", luks="key")
    night.sh("""
        zpool create -O compression=off bak /dev/mapper/bak-b
        zfs create -s -V 320M -o volmode=dev -o volblocksize=4k bak/tank
        """)
    night.wait_path("/dev/zvol/bak/tank")
    night.sh("""
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


@runner.test("2.1", world=nested)
def nested_stack(night):
    """One plug brings up container, outer pool, zvol and leg; after the resilver all of it is put away."""
    night.start()
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

    checksums = night.checksums()
    night.sh("systemctl stop zmirror")
    bring_nested(night)
    night.check_leg("/dev/zvol/bak/tank")
    check_equal("the files", night.checksums(), checksums)
    night.check_alone("/dev/zvol/bak/tank")


def bring_nested(night):
    """By hand: the volume is there."""
    night.guest.plug("bak-b")
    night.wait_path("/dev/disk/by-partlabel/bak-b")
    night.sh("udevadm settle; cryptsetup open /dev/disk/by-partlabel/bak-b bak-b --key-file /etc/zmirror/keys/bak-b; "
             "zpool import -d /dev/mapper/bak-b bak")
    night.wait_path("/dev/zvol/bak/tank")


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


@runner.test("2.1")
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
    night.wait_looked()
    check(not night.is_imported("arch"), "it was imported without its required leg")

    night.guest.plug("arch-d")
    night.wait_path("/run/systemd/ask-password/ask.*")
    night.guest.plug("arch-b")
    night.wait_state("zdev|pool:arch|name:arch-b", "inactive")
    night.wait_looked()
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


def tank_with_passphrase(night):
    night.make_tank(luks="passphrase")


@runner.test("2.3", world=tank_with_passphrase)
def passphrase(night):
    """Instead of a key file, a password agent is asked; a wrong answer is followed by another question."""
    wrong = "9-ravens-at-dusk"
    night.begin()
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
        _, found = night.run("cat /run/watch-found 2>/dev/null; "
                                   "journalctl -o export | grep -aF -f /run/secret; "
                                   "grep -raFl -f /run/secret /var/lib/zmirror /run/zmirror /etc/zmirror")
        check_equal("where the passphrase was seen", found, "")
    night.check_whole(key="/run/secret")


# --- 5 ----------------------------------------------------------------------------------------------------------

# The stages of night 1, each by the condition under which it has been reached; $s is the pool's status, and $scan and
# $before its scan lines of now and of before.
STAGES = {
    "plugged": "-e /dev/disk/by-partlabel/tank-b",
    "open": "-e /dev/mapper/tank-b",
    "online": "$s =~ tank-b\\ +ONLINE",
    "resilvering": "$scan == *'resilver in progress'*",
    "resilvered": "$s =~ tank-b\\ +ONLINE && $scan == *resilvered* && $scan != \"$before\"",
    "offline": "$s =~ tank-b\\ +OFFLINE && $scan == *resilvered* && $scan != \"$before\"",
}

# (To read from a pipe that nobody writes to waits as `sleep` does, without a process.)
AT_STAGE = """mkfifo -m 600 /run/nobody 2>/dev/null
exec 9<>/run/nobody
before=$(zpool status tank | grep scan:)
look() {{
    {look}
}}
until look; [[ {condition} ]]; do read -rt 0.1 -u 9; done
{then}
touch /run/at-stage-done
"""
LOOK_AT_POOL = 's=$(zpool status tank); scan=$(grep scan: <<<"$s")'


def at_stage(night, stage, then):
    """In the guest, so that the moment is not missed."""
    condition = STAGES[stage]
    night.guest.put("/run/at-stage", AT_STAGE.format(condition=condition, then=then,
                                                     look=LOOK_AT_POOL if "$s" in condition else "true"))
    night.sh("rm -f /run/at-stage-done; setsid bash /run/at-stage </dev/null >/dev/null 2>&1 &")


def kill_at(night, stages):
    night.begin()
    night.txg_timeout(5)                # the resilver does not begin with the stage `online`
    for stage in stages:
        before = night.row(LEG)
        night.write("at-" + stage, 6)
        night.mark()
        pid = night.main_pid()
        at_stage(night, stage, "systemctl kill -s KILL zmirror")
        if stage == "resilvering":
            night.guest.throttle("tank-b", 700_000)
        night.guest.plug("tank-b")
        night.wait_path("/run/at-stage-done", timeout=120)
        night.guest.throttle("tank-b", 0)
        night.wait_up()
        check(night.main_pid() != pid, "the daemon was not killed")
        night.wait_put_away()
        night.guest.pull("tank-b")
        night.wait_states(DISK_AWAY)
        night.check_history(f"a night with a kill at '{stage}'", *NIGHT_HISTORY)
        check_dates(before, night.row(LEG))
        check_no_repetition(night, f"kill at '{stage}'")
    night.check_whole()


def check_no_repetition(night, what):
    """What was running at the kill may be asked again, as nobody knows how it ended; nothing else twice."""
    commands = night.commands()
    check_equal(f"the commands, {what}", [c for i, c in enumerate(commands) if c not in commands[:i]],
                list(NIGHT_COMMANDS))
    check(len(commands) <= len(NIGHT_COMMANDS) + 1, f"commands were repeated, {what}: {commands}")


@runner.test(world=tank)
def killed_before_the_resilver(night):
    """kill -9 of the daemon at the first three stages of night 1: the same end, the same dates, the same history."""
    kill_at(night, ("plugged", "open", "online"))


@runner.test(world=tank)
def killed_from_the_resilver_on(night):
    """kill -9 of the daemon at the last three stages of night 1: the same end, the same dates, the same history."""
    kill_at(night, ("resilvering", "resilvered", "offline"))


BOOT_HISTORY = [f"online {TANK}", "appeared part|name:tank-a", "online zdev|pool:tank|name:tank-a"]


# In these zmirror has seen the resilver, and tells after the reboot that it was not followed to its end.
MUST_FAIL = ("resilvering", "resilvered")
SEEN = """until [[ $(sqlite3 /var/lib/zmirror/zmirror.db "SELECT max(resilver_seen) FROM leg") == 1 ]]; do
    read -rt 0.1 -u 9
done
"""


def rebooted(stage, *zfs):
    def test(night):
        night.begin()
        night.txg_timeout(5)
        before = night.row(LEG)
        if stage == "resilvering":
            night.guest.throttle("tank-b", 700_000)
        at_stage(night, stage, (SEEN if stage in MUST_FAIL else "") + "systemctl reboot")
        night.guest.plug("tank-b")
        night.wait_power_off()
        night.guest.throttle("tank-b", 0)
        night.guest.start(keep=True)
        night.wait_up()
        night.wait_until("it was put away", lambda: "safe DISK" in around_boot(night)[1], 180)
        night.wait_put_away()
        night.guest.pull("tank-b")
        night.wait_states(DISK_AWAY)
        night.wait_until("the disk is gone, too", lambda: "disconnected DISK" in around_boot(night)[1])
        check_dates(before, night.row(LEG))
        check_rebooted(night, stage)
        night.check_whole()

    test.__name__ = "rebooted_when_" + stage
    test.__doc__ = f"The machine is rebooted at the stage '{stage}' of night 1: all appears anew, and it ends as it should."
    return runner.test(*zfs, world=tank)(test)


def around_boot(night):
    """The history (before the reboot, since then), at which all that was there appeared anew, the disk never first."""
    words = night.history_words()
    n = min((words.index(word) for word in BOOT_HISTORY if word in words), default=len(words))
    return words[:n], words[n:]


def check_rebooted(night, stage):
    """Before the reboot the night came to some point, and then it was there from the beginning, and nothing twice. (What is
    seen first when the machine boots is left to chance.)"""
    before, after = around_boot(night)
    check_equal(f"what happened until the reboot at '{stage}'", before, list(NIGHT_HISTORY[:len(before)]))
    failed = f"update_failed {LEG}"
    seen = [*BOOT_HISTORY, *([failed] if stage in MUST_FAIL or failed in after else [])]
    check_equal(f"what was seen after the reboot at '{stage}'", sorted(w for w in after if w in (*BOOT_HISTORY, failed)),
                sorted(seen))
    check(failed not in after or stage in ("online", "resilvering", "resilvered"), f"an update failed: {after}")
    check_equal(f"what happened since the reboot at '{stage}'", [w for w in after if w not in seen], list(NIGHT_HISTORY))
    commands = [c.replace("zpool online tank GUID", NIGHT_COMMANDS[1]) for c in night.commands()]
    n = len(commands) - len(NIGHT_COMMANDS)
    check_equal(f"the commands, reboot at '{stage}'", commands, [*NIGHT_COMMANDS[:n], *NIGHT_COMMANDS])


# The first and the last stages differ least between the versions of ZFS.
REBOOTED = [rebooted("plugged", "2.3"), rebooted("open", "2.1"), rebooted("online"), rebooted("resilvering"),
            rebooted("resilvered"), rebooted("offline", "2.1")]


# --- 6 ----------------------------------------------------------------------------------------------------------

@runner.test("2.1", world=tank)
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
    night.wait_until("the dead mapping is closed", lambda: not night.is_open(), 30)
    night.wait_state(CRYPT, "disconnected", timeout=20)
    night.sh("zpool sync tank && zpool status tank >/dev/null", timeout=60)


@runner.test("2.3", world=tank)
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
    night.wait_until("ZFS says that all is well", lambda: re.search(r"resilvered .* with 0 errors", night.pool_state()))
    night.wait_looked()
    leg = night.row(LEG)
    check_equal("last_update after a pull", leg["last_update"], before["last_update"])
    kinds = [kind for kind, _ in night.history()]
    check("resilvered" not in kinds and "safe" not in kinds, f"zmirror believes ZFS's word: {kinds}")
    check_equal("the first commands", night.commands()[:2], list(NIGHT_COMMANDS[:2]))

    night.mark()
    night.guest.throttle("tank-b", 0)
    night.guest.plug("tank-b")
    night.wait_put_away()
    check(night.row(LEG)["last_update"] > before["last_update"], "the next plug did not finish the job")
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
    night.check_whole()


# --- 8 ----------------------------------------------------------------------------------------------------------

@runner.test("2.3", world=tank)
def by_hand(night):
    """An administrator does steps by hand: the picture follows, and zmirror does not fight him."""
    night.begin()
    night.guest.throttle("tank-b", 700_000)
    night.guest.plug("tank-b")
    night.wait_resilvering()
    night.sh("zpool offline tank tank-b", timeout=60)
    night.wait_state(CRYPT, "inactive", timeout=60)      # as on_children_offline says
    night.wait_looked()
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
    night.wait_looked()
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

@runner.test(world=tank)
def night_by_hand(night):
    """The machine itself: night 1 as an administrator would do it, so that the tests above test only zmirror."""
    night.start()
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
    night.check_whole()


TESTS = [*REBOOTED, usb_night, surprise_pull, killed_before_the_resilver, killed_from_the_resilver_on, nested_stack,
         required_leg, by_hand, daemon_away, passphrase]
SELF_TESTS = [night_by_hand]
