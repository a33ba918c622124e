"""What a scenario plays in: its disks, containers and pools, in a guest with a real ZFS."""
import os

import vm
from night import check
from scenario import Scenario

HOLDER = 800                            # MB of a disk that carries a pool with volumes
PLAIN = 320                             # and of any other


class Scenery:
    def __init__(self, night, scenario):
        self.night, self.guest, self.scenario = night, night.guest, scenario
        self.slugs = {}
        self.extra = []                 # disks beside those of the configuration: clones, counterfeits
        for _, words in scenario.lines:
            if words[0] == "counterfeit":
                self.add_disk_like(words[1], words[3])
        for disk in scenario.disks:
            self.slug(disk)

    def sh(self, text, timeout=120):
        return self.night.sh(text, timeout)

    def slug(self, disk):
        """A disk's name for QEMU."""
        return self.slugs.setdefault(disk, f"d{len(self.slugs)}")

    def add_disk_like(self, disk, name):
        """One more disk with the parts of that one."""
        source = self.scenario.disks[self.scenario.disk_named(disk)]
        self.extra.append(name)
        self.scenario.disks[name] = {"uuid": "", "info": name, "internal": False, "parts": source["parts"]}

    # --- making it ---------------------------------------------------------------------------------------------

    def make(self):
        for name in self.extra:
            self.make_counterfeit(name)
        for name, disk in self.scenario.disks.items():
            if name not in self.extra:
                self.make_disk(name, disk)
        made = set(self.scenario.parts)
        self.make_what_stands_on(made)
        check(len(made) == len(self.scenario.parts) + len(self.scenario.crypts) + len(self.scenario.zvols),
              "not everything could be made")
        self.put_away()

    def make_disk(self, name, disk):
        size = HOLDER if self.carries_volumes(disk) else PLAIN
        self.guest.plug(self.slug(name), "scsi" if disk["internal"] else "usb", f"{size}M")
        device = self.guest.device(self.slug(name))
        words = [f"-n {i}:0:+{(size - 8) // len(disk['parts'])}M -c {i}:{self.scenario.parts[p]['name']}"
                 for i, p in enumerate(disk["parts"], 1)]
        uuid = f"-U {disk['uuid']}" if disk["uuid"] else ""
        self.sh(f"sgdisk {uuid} {' '.join(words)} {device} >/dev/null && udevadm settle")
        for part in disk["parts"]:
            self.guest.wait_path(part)

    def carries_volumes(self, disk):
        """True if a pool with volumes has a leg on it."""
        inside = {*disk["parts"], *(path for path, crypt in self.scenario.crypts.items()
                                    if crypt["outside"] in disk["parts"])}
        pools = {zvol["pool"] for zvol in self.scenario.zvols.values()}
        return any(leg["path"] in inside for pool in pools for leg in self.scenario.legs(pool))

    def make_counterfeit(self, name):
        """The same names, and containers that the same keys open, but other UUIDs and nothing inside."""
        self.make_disk(name, self.scenario.disks[name])
        for crypt in self.scenario.crypts.values():
            if crypt["outside"] in self.scenario.disks[name]["parts"]:
                self.make_crypt(crypt)
                self.sh(f"cryptsetup close {crypt['name']}")
        self.guest.pull(self.slug(name))

    def make_what_stands_on(self, made):
        crypts, pools = dict(self.scenario.crypts), dict(self.scenario.pools)
        while True:
            for path in [p for p, c in crypts.items() if c["outside"] in made]:
                self.make_crypt(crypts.pop(path))
                made.add(path)
            ready = [p for p in pools if all(leg["path"] in made for leg in self.scenario.legs(p))]
            if not ready:
                return
            for pool in ready:
                del pools[pool]
                self.make_pool(pool)
                made.update(path for path, zvol in self.scenario.zvols.items() if zvol["pool"] == pool)

    def make_crypt(self, crypt):
        key = crypt["key"] or "/run/passphrase"
        self.sh(f"mkdir -p {os.path.dirname(key)}; chmod 700 /etc/zmirror")
        if not self.night.exists(key):                  # else a counterfeit has it already
            self.guest.put(key, os.urandom(32).hex() if crypt["key"] else vm.PASSPHRASE, 0o600)
        self.sh(f"cryptsetup luksFormat -q {vm.CHEAP_LUKS} --key-file {key} {crypt['outside']}")
        self.open_crypt(crypt)

    def make_pool(self, pool):
        """zpool would put a partition table on a zvol: it is attached through a loop device first."""
        loops, words = {}, []
        for top in self.scenario.pools[pool]["tops"]:
            words += [] if top["kind"] == "single" else [top["kind"]]
            for leg in top["legs"]:
                if leg["path"] in self.scenario.zvols:
                    loops[leg["path"]] = self.sh(f"losetup -f --show {leg['path']}")
                words.append(loops.get(leg["path"], leg["path"]))
        self.sh(f"zpool create -f -O compression=off -O atime=off {pool} {' '.join(words)}")
        if loops:
            self.sh(f"zpool export {pool}; losetup -d {' '.join(loops.values())}")
            self.import_pool(pool)
        for path, zvol in self.scenario.zvols.items():
            if zvol["pool"] == pool:
                self.sh(f"zfs create -s -V 400M -o volmode=dev -o volblocksize=4k {pool}/{zvol['name']}")
                self.guest.wait_path(path)
        for name in self.scenario.datasets:
            if name.split("/")[0] == pool:
                self.sh(f"zfs create -p {name}")
        self.night.write("first", 4, pool)

    def put_away(self):
        """As the simulated world begins: external legs offline, other pools exported, disks in the drawer."""
        for pool, it in self.scenario.pools.items():
            away = [leg["path"] for leg in self.scenario.legs(pool) if leg["offline"]]
            if it["imported"] and away:
                self.sh(f"zpool sync {pool}; for leg in {' '.join(away)}; do zpool offline {pool} $leg; done")
        # One whose leg is a volume of another pool goes before that.
        for pool in [p for p, it in reversed(self.scenario.pools.items()) if not it["imported"]]:
            self.night.wait_until(f"{pool} is exported", lambda p=pool: self.night.run(f"zpool export {p}")[0] == 0, 60)
        for crypt in reversed(self.scenario.crypts.values()):
            self.sh(f"cryptsetup close {crypt['name']}")
        for name, disk in self.scenario.disks.items():
            if not disk["internal"] and name not in self.extra:
                self.guest.pull(self.slug(name))

    # --- by hand -----------------------------------------------------------------------------------------------

    def key_words(self, crypt):
        if crypt["key"]:
            return f"--key-file {crypt['key']}"
        self.guest.put("/run/passphrase", vm.PASSPHRASE, 0o600)
        return "--key-file /run/passphrase"

    def open_crypt(self, crypt):
        self.sh(f"cryptsetup open {self.key_words(crypt)} {crypt['outside']} {crypt['name']} && udevadm settle")
        self.guest.wait_path(f"/dev/mapper/{crypt['name']}")

    def import_pool(self, pool):
        folders = {os.path.dirname(leg["path"]) for leg in self.scenario.legs(pool)}
        self.sh(f"zpool import {' '.join('-d ' + f for f in sorted(folders))} {pool}; udevadm settle")

    def bring(self, path):
        """A leg's device, with all that it stands on."""
        if path in self.scenario.parts:
            disk = self.slug(self.scenario.parts[path]["disk"])
            if not self.guest.is_plugged(disk):
                self.guest.plug(disk)
            self.guest.wait_path(path)
            self.sh("udevadm settle")
        elif path in self.scenario.crypts:
            crypt = self.scenario.crypts[path]
            self.bring(crypt["outside"])
            if not self.night.is_open(crypt["name"]):
                self.open_crypt(crypt)
        else:
            pool = self.scenario.zvols[path]["pool"]
            for leg in self.scenario.legs(pool):
                self.bring(leg["path"])
            if not self.night.is_imported(pool):
                self.import_pool(pool)
            self.guest.wait_path(path)

    def open_elsewhere(self, guest, disk):
        """The devices of a disk that pools may lie on, in another guest: partitions, and containers in them."""
        parts = self.scenario.disks[disk]["parts"]
        paths = set(parts)
        for part in parts:
            guest.wait_path(part)
        guest.sh("udevadm settle")
        for path, crypt in self.scenario.crypts.items():
            if crypt["outside"] in parts:
                guest.put("/run/key", self.guest.get(crypt["key"]) if crypt["key"] else vm.PASSPHRASE, 0o600)
                guest.sh(f"cryptsetup open --key-file /run/key {crypt['outside']} {crypt['name']} && udevadm settle")
                paths.add(path)
        return paths


class SceneryOf:
    """Makes what a scenario plays in: a world that nights begin in, named by what is in it."""

    def __init__(self, path):
        self.path = path

    @property
    def name(self):
        return Scenario(self.path).world

    def __call__(self, night):
        Scenery(night, Scenario(self.path)).make()
