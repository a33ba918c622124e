"""The scene of a night: pools with removable legs in a guest, and zmirror that looks after them.

What a test may ask: what zmirror's picture is, which commands it ran, what its history tells, and what ZFS
itself says about the same things.
"""
import contextlib
import json
import os
import re
import shutil

import vm

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(HERE, "../../build/zmirror.deb")

# An emulated processor that other work keeps from running is slow; waiting longer only costs where a test fails.
PATIENCE = 5

# These only wait or look; how often they run says nothing about what zmirror did.
LOOKS = re.compile(r"(udevadm settle|zpool sync) ")

CONFIG_TANK = """--- !zmirror
log_level: debug
timeout: 120
content:
  - !zpool
    name: tank
    backed_by:
      - !mirror
        devices: [tank-a, {leg}]
  - !part
    name: tank-a
    content:
      - !zdev
        pool: tank
"""

CONFIG_TANK_B = """  - !disk
    uuid: {uuid}
    info: the blue USB disk
    unpluggable: yes
    content:
      - !part
        name: tank-b
        content:
          - !crypt
            name: tank-b
            {key}
            on_appeared: [online]
            on_children_offline: [offline]
            content:
              - !zdev
                pool: tank
                on_appeared: [online]
                on_resilvered: [offline]
"""

LEG = "zdev|pool:tank|name:tank-b"
CRYPT = "crypt|name:tank-b"
PART = "part|name:tank-b"
TANK = "zpool|name:tank"

# What may be plugged in the guest to look at it: the container of the leg, by hand.
OPEN_LEG = ("udevadm settle; cryptsetup open /dev/disk/by-partlabel/tank-b tank-b --key-file {key}; udevadm settle; ")
KEY = "/etc/zmirror/keys/tank-b"

DATES = ("added", "last_online", "last_update", "last_scrub", "last_trim")


def check(condition, text):
    if not condition:
        raise vm.Error(text)


def check_equal(what, found, expected):
    if found == expected:
        return
    raise vm.Error(f"{what}:\n  found:\n" + "".join(f"    {line}\n" for line in as_lines(found)) +
                   "  expected:\n" + "".join(f"    {line}\n" for line in as_lines(expected)))


def as_lines(value):
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]


class Night:
    """A guest with zmirror, and the words in which a test speaks about it."""

    def __init__(self, guest, snapshots):
        self.guest = guest
        self.snapshots = snapshots      # the folder of those from which guests go on: base, tank
        self.since = ""                 # journalctl's option for the place from which `commands` counts
        self.history_from = 0

    def sh(self, script, timeout=60):
        return self.guest.sh(script, timeout * PATIENCE)

    def begin_command(self, name, command):
        """Something that takes its time; `end_command` of that name tells how it ended."""
        self.sh(f"rm -f /run/{name}.*; setsid bash -c '{command} >/run/{name}.text 2>&1; echo $? >/run/{name}.new; "
                f"mv /run/{name}.new /run/{name}.status' </dev/null >/dev/null 2>&1 &")

    def end_command(self, name, timeout=60):
        """(exit status, all that it has printed), when it has ended."""
        self.wait_until(f"'{name}' has ended", lambda: self.guest.run(f"test -e /run/{name}.status")[0] == 0, timeout)
        return int(self.sh(f"cat /run/{name}.status")), self.sh(f"cat /run/{name}.text")

    def wait_until(self, what, condition, timeout=60):
        return self.guest.wait_until(what, condition, timeout * PATIENCE)

    def wait_path(self, path, there=True):
        what = f"{path} is {'there' if there else 'gone'}"
        self.wait_until(what, lambda: (self.guest.run(f"test -e {path}")[0] == 0) == there)

    # --- before zmirror starts ---------------------------------------------------------------------------------

    def start(self, snapshot="base"):
        self.guest.start(snapshot=os.path.join(self.snapshots, snapshot))

    def make_tank(self, leg_size="384M", luks="key"):
        """The pool `tank`: a leg that is always there, and one in a LUKS container on a USB disk, now away; and the
        configuration of both."""
        self.guest.make_disk("tank-a", bus="scsi", size=leg_size)
        self.guest.make_disk("tank-b", size=leg_size, luks=luks)
        self.sh("zpool create -O compression=off -O atime=off tank mirror "
                "/dev/disk/by-partlabel/tank-a /dev/mapper/tank-b")
        self.write("first", 4)
        key = f"key_file: {KEY}" if luks == "key" else "notes: asked for"
        self.configure(CONFIG_TANK.format(leg="tank-b") +
                       CONFIG_TANK_B.format(uuid=self.guest.disk_uuid("tank-b"), key=key))
        self.sh("zpool sync tank; zpool offline tank tank-b; cryptsetup close tank-b")
        self.guest.pull("tank-b")

    def configure(self, config):
        self.guest.put("/etc/zmirror/zmirror.yml", config, 0o600)

    def write(self, name, megabytes, pool="tank"):
        """New data, which ZFS has written out when this returns."""
        self.sh(f"head -c {megabytes}M /dev/urandom >/{pool}/{name}; zpool sync {pool}")

    def start_zmirror(self):
        self.sh("zmirror check && systemctl enable zmirror 2>/dev/null && systemctl start zmirror", timeout=60)

    # --- zmirror's picture -------------------------------------------------------------------------------------

    def rows(self):
        status, output = self.guest.run("zmirror list --format json --keys "
                                        "id,state,errors,operations," + ",".join(DATES) + " 2>/dev/null", timeout=60)
        if status:
            return {}                   # the daemon is starting
        return {row["id"]: row for row in json.loads(output)}

    def row(self, entity):
        return self.rows().get(entity, {})

    def state(self, entity):
        return self.row(entity).get("state")

    def wait_state(self, entity, *states, timeout=60):
        return self.wait_until(f"{entity} is {' or '.join(states)}", lambda: self.state(entity) in states, timeout)

    def wait_states(self, states, timeout=60):
        """All at once, as `{entity: state}`."""
        def holds():
            rows = self.rows()
            return all(rows.get(entity, {}).get("state") == state for entity, state in states.items())
        return self.wait_until("zmirror's picture is " + json.dumps(states), holds, timeout)

    def wait_up(self):
        return self.wait_until("the daemon answers", self.rows, 60)

    def wait_power_off(self, timeout=240):
        """After a shutdown or reboot that was begun inside: QEMU ends instead of booting again."""
        pid = self.guest.pid()
        check(pid is None or self.guest.wait_gone(pid, timeout * PATIENCE), "the guest does not go down")

    def main_pid(self):
        return self.sh("systemctl show -P MainPID zmirror")

    # --- what zmirror did --------------------------------------------------------------------------------------

    def mark(self):
        """From here on `commands` and `history` count."""
        # The cursor of an entry of zmirror: systemd 252 skips the first one that matches, whatever it is.
        lines = self.sh("journalctl --sync; journalctl -q -u zmirror -n 1 -o cat --show-cursor || true").splitlines()
        self.since = f"--after-cursor='{lines[-1].removeprefix('-- cursor: ')}'" if lines else ""
        self.history_from = len(self.history_all())

    def commands(self):
        """The commands that change the world, in order, with devices and numbers that differ from run to run blanked."""
        output = self.sh("journalctl --sync; journalctl -q -u zmirror -o json --output-fields=MESSAGE,ZMIRROR_COMMAND "
                         f"{self.since}")
        messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        ran = [m["MESSAGE"].removeprefix("running: ") for m in messages
               if m.get("ZMIRROR_COMMAND") and str(m.get("MESSAGE", "")).startswith("running: ")]
        return [plain(line) for line in ran if not LOOKS.match(line + " ")]

    def check_history(self, what, *expected):
        """All of it since the last mark, in order: nothing twice, nothing missing."""
        check_equal(f"the history of {what}",
                    [f"{kind} {re.sub('^disk.*', 'DISK', entity)}" for kind, entity in self.history()], list(expected))

    def check_commands(self, *expected):
        check_equal("the commands that zmirror ran", self.commands(), list(expected))

    def history_all(self):
        status, output = self.guest.run("zmirror history --json --since '1 year'", timeout=60)
        return json.loads(output) if status == 0 else []

    def history(self):
        """(kind, entity) since the last mark, without the daemon's own comings and goings."""
        return [(line["kind"], line["entity"]) for line in self.history_all()[self.history_from:]
                if line["kind"] != "daemon"]

    def history_time(self, kind, entity):
        """When it last happened."""
        return [line["time"] for line in self.history_all() if (line["kind"], line["entity"]) == (kind, entity)][-1]

    def receipts(self):
        return [line for line in self.history() if line[0] == "safe"]

    def wait_safe(self, count=1, timeout=180):
        """The disk may be unplugged, says zmirror, for the `count`th time since the last mark."""
        self.wait_until(f"zmirror says that the disk may be unplugged ({count})",
                        lambda: len(self.receipts()) >= count, timeout)

    # --- what ZFS and the kernel say ---------------------------------------------------------------------------

    def pool_state(self, pool="tank"):
        return self.guest.run(f"zpool status -P {pool}")[1]

    def vdev_state(self, vdev="tank-b", pool="tank"):
        found = re.search(rf"^\s+(?:\S*/)?{re.escape(vdev)}\s+([A-Z]+)", self.pool_state(pool), re.M)
        return found.group(1) if found else None

    def check_offline(self, vdev="tank-b", pool="tank"):
        """It is out of use. When the device of an offline leg goes, the ZED of 2.1 calls the leg removed."""
        state = self.vdev_state(vdev, pool)
        check(state in ("OFFLINE", "REMOVED"), f"{vdev} is {state}")

    def is_resilvering(self, pool="tank"):
        return "resilver in progress" in self.pool_state(pool)

    def pool_is_whole(self, pool):
        return re.search(r"^ state: ONLINE$", self.pool_state(pool), re.M) is not None

    def is_open(self, name="tank-b"):
        return self.guest.run(f"test -e /dev/mapper/{name}")[0] == 0

    def is_imported(self, pool):
        return self.guest.run(f"test -d /proc/spl/kstat/zfs/{pool}")[0] == 0

    def checksums(self, pool="tank"):
        return self.sh(f"cd /{pool} && sha256sum $(ls -d * | sort)")

    def missing_txgs(self, pool="tank"):
        """What ZFS knows that a leg lacks: the lines of its dirty time logs, by zdb."""
        output = self.sh(f"rm -rf /run/legs; mkdir /run/legs; for d in $(zpool status -PL {pool} | "
                         "grep -o '/dev/[^ ]*'); do ln -s $d /run/legs/; done; "
                         f"zdb -e -U /run/none -p /run/legs -ddd {pool} 2>&1 | "
                         "sed -n '/Dirty time logs/,/Metaslabs\\|^Dataset/p'", timeout=300)
        check("Dirty time logs" in output, f"zdb tells no dirty time logs of {pool}:\n{output}")
        return [line.strip() for line in output.splitlines() if re.search(r"\[\d+,\s*\d+\)", line)]

    def scrub_by_hand(self, pool="tank"):
        """A scrub with all legs that are here; the status line of how it ended."""
        self.sh(f"zpool scrub -w {pool}", timeout=600)
        return re.search(r"scan: (.*(?:\n\t.*)?)", self.pool_state(pool)).group(1)

    def check_whole(self, key=KEY):
        """By hand, with zmirror stopped: the leg lacks nothing, and a scrub with all legs repairs nothing."""
        self.sh("systemctl stop zmirror")
        self.guest.plug("tank-b")
        self.wait_path("/dev/disk/by-partlabel/tank-b")
        self.sh(OPEN_LEG.format(key=key) + "zpool online tank tank-b")
        self.check_complete()

    def check_complete(self, pool="tank"):
        """All legs are here: ZFS knows of nothing that one lacks, and a scrub repairs nothing. What was written since
        a leg went offline (that it did, at least) is caught up with by a resilver that is yet to begin."""
        self.wait_until(f"all legs of {pool} are online", lambda: self.pool_is_whole(pool))
        self.wait_until("no leg lacks anything", lambda: not self.missing_txgs(pool), 60)
        self.wait_until("the resilver has ended", lambda: not self.is_resilvering(pool))
        scan = self.scrub_by_hand(pool)
        check("scrub repaired 0B" in scan and "with 0 errors" in scan, f"the scrub says: {scan}")
        check_equal("missing txgs", self.missing_txgs(pool), [])

    @contextlib.contextmanager
    def another_machine(self, disk, bring_home=False):
        """The night of another guest, in which a copy of that disk is plugged, which is pulled here. bring_home: what
        was written there is on the disk afterwards."""
        check(not self.guest.is_plugged(disk), f"{disk} is plugged in here")
        with vm.Guest(self.guest.folder + "-another", self.guest.zfs) as other:
            night = Night(other, self.snapshots)
            night.start()
            if bring_home:      # as another one, by its hostid, and not as this machine after a crash
                night.sh("echo 3735928559 >/sys/module/spl/parameters/spl_hostid")
            shutil.copyfile(self.guest.disk_file(disk), other.disk_file(disk))
            other.plug(disk)
            other.device(disk)
            yield night
            if bring_home:
                night.sh("sync")
                other.power_cut()
                shutil.copyfile(other.disk_file(disk), self.guest.disk_file(disk))

    def check_leg_alone(self, checksums):
        """What lies on the pulled disk is all that was in the pool."""
        with self.another_machine("tank-b") as alone:
            alone.guest.put("/run/key", self.guest.get(KEY), 0o600)
            alone.wait_path("/dev/disk/by-partlabel/tank-b")
            alone.sh(OPEN_LEG.format(key="/run/key") + "zpool import -d /dev/mapper/tank-b tank", timeout=180)
            check_equal("the files of the leg alone", alone.checksums(), checksums)
            scan = alone.scrub_by_hand()
            check("scrub repaired 0B" in scan and "with 0 errors" in scan, f"the leg alone: {scan}")

    # --- steps that many nights share --------------------------------------------------------------------------

    def begin(self, luks="key"):
        """`tank` with its leg away, zmirror running, and data that the leg does not have yet."""
        self.start("tank" if luks == "key" else "base")
        if luks != "key":
            self.make_tank(luks=luks)
        self.leave_behind()

    def leave_behind(self):
        self.start_zmirror()
        self.wait_states({LEG: "disconnected", TANK: "connected"})
        self.write("away", 8)
        self.mark()

    def wait_resilvering(self, timeout=90):
        self.wait_until("the leg is being resilvered", self.is_resilvering, timeout)

    def wait_put_away(self):
        """The end of a good night: the leg is offline, its container closed, and the disk may be unplugged."""
        self.wait_safe()
        self.wait_states({LEG: "disconnected", CRYPT: "inactive", PART: "connected"})
        self.check_offline()
        check(not self.is_open(), "the container is still open")


# What zmirror runs in a good night, and what its history tells of it.
NIGHT_COMMANDS = ("cryptsetup open DEVICE tank-b --key-file /etc/zmirror/keys/tank-b",
                  "zpool online tank /dev/mapper/tank-b",
                  "zpool offline tank /dev/mapper/tank-b",
                  "cryptsetup close tank-b")

NIGHT_HISTORY = ("appeared DISK", f"online {CRYPT}", f"online {LEG}", f"resilvered {LEG}", f"offline {LEG}",
                 f"offline {CRYPT}", "safe DISK", "disconnected DISK")


def plain(command):
    """A command without what differs from run to run."""
    command = re.sub(r"^cryptsetup open \S+", "cryptsetup open DEVICE", command)
    command = re.sub(r"\b\d{12,20}\b", "GUID", command)
    return re.sub(r"@zmirror-[-_\d]+", "@zmirror-DATE", command)


def prepare(folder, zfs, package):
    """The snapshots from which nights go on: `base`, a booted guest with zmirror, and `tank`, with that pool."""
    for name, base in (("base", None), ("tank", os.path.join(folder, "base"))):
        guest = vm.Guest(os.path.join(folder, name), zfs)
        try:
            guest.start(snapshot=base)
            if base:
                Night(guest, folder).make_tank()
            elif package:
                guest.install(package)
            guest.save()
        finally:
            guest.power_cut()
    return 0
