"""The scene of a night: pools with removable legs in a guest, and zmirror that looks after them.

What a test may ask: what zmirror's picture is, which commands it ran, what its history tells, and what ZFS
itself says about the same things.
"""
import contextlib
import json
import os
import re
import shutil
import time

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

    def __init__(self, guest, worlds=None, world=None, shared=False):
        self.guest = guest
        self.worlds = worlds            # from which guests go on
        self.world = world              # what makes the one that this night begins in
        self.shared = shared            # others want it, too
        self.journal = []               # what zmirror has logged: (cursor, message, whether it is about a command)
        self.commands_from = 0
        self.history_from = 0

    def sh(self, script, timeout=60):
        return self.guest.sh(script, timeout * PATIENCE)

    def run(self, script, timeout=60):
        """Whether it succeeds or not: (exit status, output)."""
        return self.guest.run(script, timeout * PATIENCE)

    def begin_command(self, name, command):
        """Something that takes its time; `end_command` of that name tells how it ended."""
        self.sh(f"rm -f /run/{name}.*; setsid bash -c '{command} >/run/{name}.text 2>&1; echo $? >/run/{name}.new; "
                f"mv /run/{name}.new /run/{name}.status' </dev/null >/dev/null 2>&1 &")

    def end_command(self, name, timeout=60):
        """(exit status, all that it has printed), when it has ended."""
        self.wait_path(f"/run/{name}.status", timeout=timeout)
        return int(self.guest.get(f"/run/{name}.status")), self.guest.get(f"/run/{name}.text").decode().rstrip("\n")

    def wait_until(self, what, condition, timeout=60):
        return self.guest.wait_until(what, condition, timeout * PATIENCE)

    def wait_path(self, path, there=True, timeout=60):
        return self.guest.wait_path(path, there=there, timeout=timeout * PATIENCE)

    # --- before zmirror starts ---------------------------------------------------------------------------------

    def start(self):
        """In the world in which the night begins; without one there is nothing but a Debian with zmirror."""
        if self.world and self.shared:
            self.guest.start(snapshot=self.worlds.path(self.world))
            return
        self.guest.start(snapshot=self.worlds.path())
        if self.world:
            self.world(self)

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

    def ask_zmirror(self, method, **parameters):
        """A method of its socket; {} as long as there is no daemon that can tell."""
        try:
            reply = self.guest.call("/run/zmirror/zmirror.socket", "io.zmirror." + method, **parameters)
        except vm.Error:
            return {}
        return reply if reply.get("ready", True) else {}

    def rows(self):
        """By id; a date is in microseconds, 0 is never."""
        nothing = {**dict.fromkeys(DATES, 0), "errors": False, "operations": []}
        return {row["id"]: {**nothing, **{key: value for key, value in row.items() if value is not None}}
                for row in self.ask_zmirror("List").get("entities", [])}

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

    def wait_looked(self):
        """zmirror gets reasons and time to do what it is not expected to do: events of all devices and pools."""
        self.sh("udevadm trigger -s block; udevadm settle; zpool sync", timeout=120)
        time.sleep(4)

    def wait_up(self):
        return self.wait_until("the daemon answers", self.rows, 60)

    def wait_power_off(self, timeout=240):
        """After a shutdown or reboot that was begun inside: QEMU ends instead of booting again."""
        pid = self.guest.pid()
        check(pid is None or self.guest.wait_gone(pid, timeout * PATIENCE), "the guest does not go down")

    def txg_timeout(self, seconds):
        """In the usual 5 s a transaction group takes to close, a leg is online, and its resilver is not to be seen."""
        self.sh(f"echo {seconds} >/sys/module/zfs/parameters/zfs_txg_timeout")

    def seconds(self, script):
        """How long it takes, by the guest's clock."""
        return int(self.sh(f"a=$(date +%s%N); {script} >/dev/null; echo $(( ($(date +%s%N) - a) / 1000000 ))")) / 1000

    def stop_at_once(self):
        """The daemon ends as fast as anything does that systemd is told to stop, just now, on this machine."""
        def stops():
            self.sh("systemctl start zmirror; systemd-run -q --unit usual sleep 9999")
            self.wait_up()
            return self.seconds("systemctl stop zmirror") < 2 + 2 * self.seconds("systemctl stop usual")
        self.wait_until("zmirror stops within 2 s", stops)

    def main_pid(self):
        return self.sh("systemctl show -P MainPID zmirror")

    # --- what zmirror did --------------------------------------------------------------------------------------

    def mark(self):
        """From here on `commands` and `history` count."""
        self.commands_from = len(self.read_journal())
        self.history_from = len(self.history_all())

    def read_journal(self):
        """All that zmirror has logged, over reboots, too."""
        self.journal += self.guest.ask("journal", unit="zmirror.service", fields=["MESSAGE", "ZMIRROR_COMMAND"],
                                       cursor=self.journal[-1][0] if self.journal else None)["entries"]
        return self.journal

    def commands(self):
        """The commands that change the world, in order, with devices and numbers that differ from run to run blanked."""
        return [plain(line) for line in self.commands_run()]

    def commands_run(self):
        """The same, as they were run."""
        ran = [message.removeprefix("running: ") for _, message, command in self.read_journal()[self.commands_from:]
               if command and message.startswith("running: ")]
        return [line for line in ran if not LOOKS.match(line + " ")]

    def check_history(self, what, *expected):
        """All of it since the last mark, in order: nothing twice, nothing missing. (A disk goes after its partition.)"""
        with contextlib.suppress(vm.Error):
            self.wait_until("all has happened", lambda: len(self.history()) >= len(expected), 10)
        check_equal(f"the history of {what}", self.history_words(), list(expected))

    def history_words(self):
        return [f"{kind} {re.sub('^disk.*', 'DISK', entity)}" for kind, entity in self.history()]

    def check_commands(self, *expected):
        check_equal("the commands that zmirror ran", self.commands(), list(expected))

    def history_all(self):
        return self.ask_zmirror("History", limit=1000).get("lines", [])

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
        return self.run(f"zpool status -P {pool}")[1]

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
        return self.exists(f"/dev/mapper/{name}")

    def is_imported(self, pool):
        return self.exists(f"/proc/spl/kstat/zfs/{pool}")

    def exists(self, path):
        return bool(self.guest.find(path))

    def checksums(self, pool="tank"):
        return self.sh(f"cd /{pool} && sha256sum $(ls -d * | sort)")

    def missing_txgs(self, pool="tank"):
        """What ZFS knows that legs lack, by zdb's dirty time logs: {name of the device: [the first txg of each gap]}.
        The pool goes on while zdb reads it, from several places, one after the other; so it may find nothing to open."""
        script = (f"rm -rf /run/legs; mkdir /run/legs; for d in $(zpool status -PL {pool} | grep -o '/dev/[^ ]*'); do "
                  f"ln -s $d /run/legs/; done; zdb -e -U /run/none -p /run/legs -ddd {pool} 2>&1")
        for _ in range(10):
            _, output = self.guest.run(script, timeout=300)
            if "Dirty time logs" in output:
                break
            time.sleep(2)
        check("Dirty time logs" in output, f"zdb tells no dirty time logs of {pool}:\n{output}")
        output = re.search(r"Dirty time logs.*?(?=Metaslabs|^Dataset|\Z)", output, re.S | re.M).group()
        missing = {}
        for line in output.splitlines():
            if found := re.match(r"\s+(/\S+) \[DTL", line):
                leg = missing[os.path.basename(found[1])] = []
            elif found := re.match(r"\s+missing \[(\d+),", line):
                leg.append(int(found[1]))
        return missing

    def scrub_by_hand(self, pool="tank"):
        """A scrub with all legs that are here; the status line of how it ended."""
        self.sh(f"zpool scrub -w {pool}", timeout=600)
        return re.search(r"scan: (.*(?:\n\t.*)?)", self.pool_state(pool)).group(1)

    # --- does a leg hold everything? Asked with zmirror stopped ------------------------------------------------

    def check_put_away(self, device, pool="tank"):
        """A leg that is offline, its device there: ZFS knows of no txg that it lacks from before it went. (Put online, it
        would be given that, too, and nobody would ever know.)"""
        label = json.loads(self.sh(f"zmirror label --json {device}"))
        missing = self.missing_txgs(pool)[os.path.basename(self.sh(f"readlink -f {device}"))]
        gaps = [txg for txg in missing if txg <= int(label["txg"])]
        check_equal(f"txgs that {device} lacks, up to {label['txg']}", gaps, [])

    def check_complete(self, pool="tank"):
        """All legs are here: ZFS knows of nothing that one lacks, and a scrub repairs nothing. What was written since
        a leg went offline (that it did, at least) is caught up with by a resilver that is yet to begin."""
        self.wait_until(f"all legs of {pool} are online", lambda: self.pool_is_whole(pool))
        self.wait_until("no leg lacks anything", lambda: not any(self.missing_txgs(pool).values()), 60)
        self.wait_until("the resilver has ended", lambda: not self.is_resilvering(pool))
        self.check_scrub(f"all legs of {pool}", pool)
        check_equal("missing txgs", {leg: txgs for leg, txgs in self.missing_txgs(pool).items() if txgs}, {})

    def check_scrub(self, what, pool):
        scan = self.scrub_by_hand(pool)
        check("scrub repaired 0B" in scan and "with 0 errors" in scan, f"the scrub of {what}: {scan}")

    def check_alone(self, device, pool="tank"):
        """The leg holds all that the pool does, without the others. Its way to them is lost with that."""
        checksums = self.checksums(pool)
        self.sh(f"zpool export {pool}; zpool import -d {device} {pool}", timeout=180)
        check_equal(f"the files on {device} alone", self.checksums(pool), checksums)
        self.check_scrub(f"{device} alone", pool)

    def check_leg(self, device, pool="tank"):
        """All of that, of a leg whose device is here. It may be online already."""
        if self.vdev_state(device, pool) != "ONLINE":
            self.check_put_away(device, pool)
            self.sh(f"zpool online {pool} {device}")
        self.check_complete(pool)

    def check_whole(self, key=KEY):
        """The leg of `tank` that was put away, and pulled."""
        self.sh("systemctl stop zmirror")
        self.guest.plug("tank-b")
        self.wait_path("/dev/disk/by-partlabel/tank-b")
        self.sh(OPEN_LEG.format(key=key))
        self.check_leg("/dev/mapper/tank-b")
        self.check_alone("/dev/mapper/tank-b")

    @contextlib.contextmanager
    def another_machine(self, disk, bring_home=False, share=False):
        """The night of another guest, in which a copy of that disk is plugged, which is pulled here. bring_home: what was
        written there is on the disk afterwards. share: it is the disk itself, which may be plugged here, too."""
        check(not self.guest.is_plugged(disk), f"{disk} is plugged in here")
        with vm.Guest(self.guest.folder + "-another", self.guest.zfs) as other:
            night = Night(other, self.worlds)
            night.start()
            if bring_home or share:     # as another one, by its hostid, and not as this machine after a crash
                night.sh("echo 3735928559 >/sys/module/spl/parameters/spl_hostid")
            if share:
                os.symlink(self.guest.disk_file(disk), other.path("disks", disk + ".img"))
            else:
                shutil.copyfile(self.guest.disk_file(disk), other.disk_file(disk))
            other.plug(disk, shared=share)
            other.device(disk)
            yield night
            if bring_home:
                night.sh("sync")
                other.power_cut()
                shutil.copyfile(other.disk_file(disk), self.guest.disk_file(disk))

    def check_elsewhere(self, checksums):
        """What lies on the pulled disk is all that was in the pool: another guest imports it."""
        with self.another_machine("tank-b") as alone:
            alone.guest.put("/run/key", self.guest.get(KEY), 0o600)
            alone.wait_path("/dev/disk/by-partlabel/tank-b")
            alone.sh(OPEN_LEG.format(key="/run/key") + "zpool import -d /dev/mapper/tank-b tank", timeout=180)
            check_equal("the files of the leg alone", alone.checksums(), checksums)
            alone.check_scrub("the leg alone", "tank")

    # --- steps that many nights share --------------------------------------------------------------------------

    def begin(self):
        """In the world `tank`: its leg is away, zmirror runs, and there is data that the leg does not have yet."""
        self.start()
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


def tank(night):
    """The world in which most nights begin."""
    night.make_tank()
