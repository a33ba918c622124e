"""tests/system/machine.py - a machine with one pool on two disks, for the real daemon

Devices come from umockdev (stage.c); zpool, zfs, cryptsetup, udevadm and the reader of labels are programs that ask
this file what to say. The pool `tank` is a mirror of the partition tank-a, which is always there, and of the container
tank-b on a USB disk. Its resilver runs until `finish_resilver` is called, or is over at once.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import threading
import time

STAGE, RUNDIR = sys.argv[3:5]

POOL_GUID, TOP_GUID = 17179869184000000004, 17179869184000000003
GUIDS = {"tank-a": 17179869184000000001, "tank-b": 17179869184000000002}
DISK_UUID = "0f2a0000-0000-4000-8000-000000000001"
LUKS_UUID = "c0ffee00-0000-4000-8000-000000000002"

CONFIG = f"""--- !zmirror
log_level: debug
content:
  - !zpool
    name: tank
    backed_by:
      - !mirror
        devices:
          - name: tank-a
            required: yes
          - tank-b
  - !part
    name: tank-a
    content:
      - !zdev
        pool: tank
  - !disk
    uuid: {DISK_UUID}
    info: blue
    unpluggable: yes
    content:
      - !part
        name: tank-b
        content:
          - !crypt
            name: tank-b
            key_file: KEYFILE
            on_appeared: [online]
            on_children_offline: [offline]
            content:
              - !zdev
                pool: tank
                on_appeared: [online]
                on_resilvered: [offline]
"""

ASK = """d={folder}/asks/$$
printf '%s\\n' {name} "$@" >$d.new
mv $d.new $d.ask
while [ ! -e $d.answer ]; do sleep 0.02; done
. $d.answer"""

GOOD = "exit 0"


class Machine:
    def __init__(self, box):
        self.box = box
        self.asks = box.folder / "asks"
        self.asks.mkdir()
        for name in ("zpool", "zfs", "cryptsetup", "udevadm", "label", "zmirror"):
            box.stand_in(name, ASK.format(folder=box.folder, name=name))
        (box.folder / "key").write_text("secret")
        (box.folder / "key").chmod(0o600)
        box.config.write_text(CONFIG.replace("KEYFILE", str(box.folder / "key")))
        self.stage = subprocess.Popen([STAGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                      env={"LD_PRELOAD": "libumockdev-preload.so.0", "PATH": "/usr/bin:/bin"})
        self.root = pathlib.Path(self.stage.stdout.readline().strip())
        (self.root / "run/udev/data").mkdir(parents=True)
        (self.root / "sys/dev/block").mkdir(parents=True)
        box.more_environment = {"UMOCKDEV_DIR": str(self.root), "LD_PRELOAD": f"{RUNDIR}:libumockdev-preload.so.0",
                                "ZMIRROR_LABEL_PROGRAM": str(box.programs / "label")}
        box.to_close.append(self)
        self.lock = threading.Lock()
        self.diskseq = 1
        self.n_plugged = self.n_opened = 0
        self.numbers = {}
        self.plugged = self.mapping = None
        self.leg_states = {"tank-a": "ONLINE", "tank-b": "OFFLINE"}
        self.txg = 100
        self.label_txgs = {"tank-a": 100, "tank-b": 90}
        self.scan = None
        self.slow = False  # resilvers end when finish_resilver says so
        self.scans = 0
        self.before = None  # called with (name, arguments) before a command is answered
        self.trims = True  # they get through to the disk of tank-b
        self.trimmed = {}  # when
        self.override = {}  # "zpool offline": what the program does instead
        self.make_disk("sda", "8:0", "11111111-0000-4000-8000-000000000001", "tank-a",
                       ID_FS_TYPE="zfs_member", ID_FS_UUID=POOL_GUID, ID_FS_UUID_SUB=GUIDS["tank-a"])
        box.pool("tank")
        self.write_txgs()
        self.running = True
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    # --- devices

    def tell(self, *fields):
        self.told = time.time()
        self.stage.stdin.write("\t".join(str(f) for f in fields) + "\n")
        self.stage.stdin.flush()
        answer = self.stage.stdout.readline().strip()
        assert answer and answer not in ("failed", "not understood"), (fields, answer)
        return answer

    def make_device(self, parent, name, number, kind, attributes, properties):
        """Its path. udev has finished with it, and the kernel knows its number."""
        major, minor = number.split(":")
        path = self.tell("add", parent, name, f"dev={number}", *attributes, "--", f"DEVNAME=/dev/{name}",
                         f"DEVTYPE={kind}", f"MAJOR={major}", f"MINOR={minor}", *properties)
        (self.root / f"run/udev/data/b{number}").write_text("I:1\n")
        (self.root / f"sys/dev/block/{number}").symlink_to(f"../../../{path}")
        self.numbers[path] = number
        self.tell("change", path, "SEEN=1")
        return path

    def remove_device(self, path):
        number = self.numbers.pop(path)
        (self.root / f"run/udev/data/b{number}").unlink()
        (self.root / f"sys/dev/block/{number}").unlink()
        self.tell("remove", path)
        for folder in ("sys/block", "sys/class/block"):  # umockdev leaves these
            (self.root / folder / path.split("/")[-1]).unlink(missing_ok=True)

    def make_disk(self, name, number, table_uuid, part_name, **properties):
        """A disk with one partition; their paths."""
        self.diskseq += 1
        major = number.split(":")[0]
        common = [f"ID_PART_TABLE_UUID={table_uuid}", "ID_PART_TABLE_TYPE=gpt", f"DISKSEQ={self.diskseq}"]
        disk = self.make_device("-", name, number, "disk", ["size=2097152", "removable=0", f"diskseq={self.diskseq}",
                                                              "queue/discard_max_bytes=4294966784"],
                                common)
        part = self.make_device(disk, f"{name}1", f"{major}:{int(number.split(':')[1]) + 1}", "partition",
                                ["size=2095104", "partition=1"],
                                [f"ID_PART_ENTRY_NAME={part_name}", f"ID_PART_ENTRY_DISK={number}", *common,
                                 *(f"{k}={v}" for k, v in properties.items())])
        return disk, part

    def plug(self):
        # ZFS tells the start of a scan in seconds: two nights within one would look like one.
        while self.scan and int(time.time()) <= self.scan["start_time"]:
            time.sleep(0.05)
        with self.lock:
            # As on a real machine, a disk that returns gets another name.
            self.n_plugged += 1
            self.plugged = self.make_disk(f"sd{'abcdefgh'[self.n_plugged]}", f"8:{16 * self.n_plugged}", DISK_UUID, "tank-b", ID_FS_TYPE="crypto_LUKS",
                                          ID_FS_UUID=LUKS_UUID, ID_BUS="usb")

    def unplug(self):
        with self.lock:
            self.remove_disk()

    def remove_disk(self):
        disk, part = self.plugged
        self.plugged = None
        self.remove_device(part)
        self.remove_device(disk)

    def open_mapping(self):
        self.n_opened += 1
        part = self.plugged[1]
        self.mapping = self.make_device("-", f"dm-{self.n_opened}", f"253:{self.n_opened}", "disk", ["size=2091008", "dm/name=tank-b", f"queue/discard_max_bytes={4294966784 if self.trims else 0}"],
                                        ["SYSTEMD_READY=0", "DM_UDEV_DISABLE_OTHER_RULES_FLAG=1"])
        self.tell("link", self.mapping, f"slaves/{part.split('/')[-1]}", f"../../{part[len('/sys/devices/'):]}")
        self.tell("change", self.mapping, "DM_NAME=tank-b", "SYSTEMD_READY=1", "DM_UDEV_DISABLE_OTHER_RULES_FLAG=",
                  f"DM_UUID=CRYPT-LUKS2-{LUKS_UUID.replace('-', '')}-tank-b", "ID_FS_TYPE=zfs_member",
                  f"ID_FS_UUID={POOL_GUID}", f"ID_FS_UUID_SUB={GUIDS['tank-b']}")

    # --- the pool

    def takes_trims(self, leg):
        return leg == "tank-a" or self.trims

    def write_txgs(self):
        (self.box.kstat / "tank" / "txgs").write_text(
            "18 0 0x01 2 2 1 1\n"
            "txg      birth            state ndirty       nread        nwritten     reads    writes   otime        "
            "qtime        wtime        stime       \n"
            f"{self.txg} 1 C 0 0 0 0 0 1 1 1 1\n{self.txg + 1} 2 O 0 0 0 0 0 0 0 0 0\n")
        (self.box.kstat / "tank" / "guid").write_text(f"{POOL_GUID}\n")

    def new_txg(self):
        self.txg += 1
        for leg, state in self.leg_states.items():
            if state == "ONLINE":
                self.label_txgs[leg] = self.txg
        self.write_txgs()

    def start_resilver(self):
        self.scans += 1
        now = int(time.time())
        self.scan = {"function": "RESILVER", "state": "SCANNING" if self.slow else "FINISHED", "start_time": now,
                     "end_time": 0 if self.slow else now, "to_examine": 1000 + self.scans, "examined": 500,
                     "skipped": 0, "processed": 100, "errors": 0, "bytes_per_scan": 0, "pass_start": now,
                     "scrub_pause": 0, "scrub_spent_paused": 0, "issued_bytes_per_scan": 0, "issued": 500}

    def finish_resilver(self):
        with self.lock:
            self.scan.update(state="FINISHED", end_time=int(time.time()), examined=self.scan["to_examine"])

    def status(self):
        def vdev(name, path):
            return {"name": path, "vdev_type": "disk", "guid": GUIDS[name], "path": path, "class": "normal",
                    "state": self.leg_states[name], "read_errors": 0, "write_errors": 0, "checksum_errors": 0,
                    **({} if self.takes_trims(name) else {"trim_notsup": 1}),
                    **({"trim_state": "COMPLETE", "trim_time": self.trimmed[name]} if name in self.trimmed else {})}

        mirror = {"name": "mirror-0", "vdev_type": "mirror", "guid": TOP_GUID, "class": "normal", "state": "ONLINE",
                  "read_errors": 0, "write_errors": 0, "checksum_errors": 0,
                  "vdevs": {"tank-a": vdev("tank-a", "/dev/disk/by-partlabel/tank-a"),
                            "tank-b": vdev("tank-b", "/dev/mapper/tank-b")}}
        root = {"name": "tank", "vdev_type": "root", "guid": POOL_GUID, "class": "normal", "state": "ONLINE",
                "read_errors": 0, "write_errors": 0, "checksum_errors": 0, "vdevs": {"mirror-0": mirror}}
        pool = {"name": "tank", "state": "ONLINE", "pool_guid": POOL_GUID, "txg": 10, "spa_version": 5000,
                "zpl_version": 5, "vdevs": {"tank": root}, "error_count": 0}
        if self.scan:
            pool["scan_stats"] = self.scan
        return json.dumps({"output_version": {"command": "zpool status", "vers_major": 0, "vers_minor": 1},
                           "pools": {"tank": pool}})

    # --- what the programs say

    def answer_status(self, arguments):
        return f"cat <<'END'\n{self.status()}\nEND\nexit 0"

    def answer_zpool(self, arguments):
        verb = arguments[0]
        if verb == "events":
            return "exec sleep 1000"
        if verb == "status":
            return self.answer_status(arguments)
        if verb == "sync":
            self.new_txg()
            return GOOD
        if verb == "online" and self.mapping:
            self.leg_states["tank-b"] = "ONLINE"
            self.new_txg()
            self.start_resilver()
            return GOOD
        if verb == "trim":
            for leg in GUIDS:  # whole seconds: two trims within one would look like one
                if self.takes_trims(leg) and (len(arguments) == 2 or arguments[-1].endswith(leg)):
                    self.trimmed[leg] = max(int(time.time()), self.trimmed.get(leg, 0)) + 1
            return GOOD
        if verb == "offline":
            self.leg_states["tank-b"] = "OFFLINE"
            return GOOD
        return f"echo 'zpool {verb}: cannot' >&2; exit 1"

    def answer_cryptsetup(self, arguments):
        if arguments[0] == "open" and self.plugged and not self.mapping:
            self.open_mapping()
            return GOOD
        if arguments[0] == "close" and self.mapping and self.leg_states["tank-b"] != "ONLINE":
            self.remove_device(self.mapping)
            self.mapping = None
            return GOOD
        return "echo 'Device is busy or not there.' >&2; exit 5"

    def answer_label(self, arguments):
        if arguments[0] == "holders":
            return GOOD
        leg = "tank-a" if "sda" in arguments[-1] or "tank-a" in arguments[-1] else "tank-b"
        return "cat <<'END'\n" + json.dumps({
            "device": arguments[-1], "valid": True, "n_labels": 4, "pool_name": "tank", "hostname": "test",
            "pool_guid": POOL_GUID, "vdev_guid": GUIDS[leg], "top_guid": TOP_GUID, "config_txg": 4, "pool_state": 0,
            "txg": self.label_txgs[leg], "timestamp": 1700000000 + self.label_txgs[leg], "hostid": 1,
            "top_type": "mirror", "top_parity": 0, "top_width": 2}) + "\nEND\nexit 0"

    def answer(self, name, arguments):
        instead = self.override.get(" ".join([name] + arguments[:1]))
        if instead:
            return instead
        if name == "udevadm":
            return GOOD
        if name == "zfs":
            return "exit 1"
        if name == "zmirror" and arguments[0] == "power-off":
            self.remove_disk()
            return GOOD
        return {"zpool": self.answer_zpool, "cryptsetup": self.answer_cryptsetup,
                "label": self.answer_label}[name](arguments)

    def serve(self):
        while self.running:
            for ask in sorted(self.asks.glob("*.ask")):
                name, *arguments = ask.read_text().splitlines()
                ask.unlink()
                if self.before:
                    self.before(name, arguments)
                with self.lock:
                    text = self.answer(name, arguments)
                new = ask.with_suffix(".writing")
                new.write_text(text + "\n")
                new.rename(ask.with_suffix(".answer"))
            time.sleep(0.005)

    # --- for the tests

    def steps(self):
        """What was run that changes something, in short."""
        words = {"cryptsetup open": "open", "cryptsetup close": "close", "zpool online": "online",
                 "zpool offline": "offline"}
        found = [words.get(" ".join(c.split()[:2])) for c in self.box.commands()]
        return [w for w in found if w]

    def verdict(self):
        disks = self.box.call("io.zmirror.Overview")["disks"]
        return next(d for d in disks if d["id"] == f"disk|uuid:{DISK_UUID}")

    def close(self):
        self.running = False
        self.thread.join(timeout=5)
        self.stage.stdin.close()
        self.stage.wait(timeout=20)
        shutil.rmtree(self.root, ignore_errors=True)
