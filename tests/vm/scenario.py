"""Scenarios (tests/scenarios), read: which world they need, and what happens in it. There is one reader of scenarios,
and one idea of what such a world is made of: zmirror's own simulator tells it.
"""
import hashlib
import os
import subprocess

import vm

ZMIRROR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/plain/zmirror")


def translate(path):
    done = subprocess.run([ZMIRROR, "simulate", "--translate", path], text=True, capture_output=True)
    if done.returncode:
        raise vm.Error(f"{path} cannot be read: {done.stderr.strip()}")
    return done.stdout


class Scenario:
    """A scenario, as `zmirror simulate --translate` tells it: records of fields with tabs between them."""

    def __init__(self, path):
        self.path = path
        self.config = ""
        self.blocks = {}                # of lines that have one, by their numbers
        self.disks, self.parts, self.crypts, self.zvols, self.pools, self.datasets, self.lines = {}, {}, {}, {}, {}, [], []
        text = translate(path)
        for record in text.splitlines():
            kind, *fields = record.split("\t")
            getattr(self, "read_" + kind)(*fields)
        # What stands in front of the first action, but for handlers: scenarios of the same world share it.
        played = ("config\t", "block\t", "line\t")
        made = [line for line in text.splitlines() if not line.startswith(played) or "\tcounterfeit\t" in line]
        self.world = "scenery-" + hashlib.sha256("\n".join(made).encode()).hexdigest()[:8]

    def read_config(self, line):
        self.config += line + "\n"

    def read_disk(self, name, uuid, info, internal):
        self.disks[name] = {"uuid": uuid, "info": info, "internal": internal == "internal", "parts": []}

    def read_part(self, path, disk, name):
        self.parts[path] = {"disk": disk, "name": name}
        self.disks[disk]["parts"].append(path)

    def read_crypt(self, path, outside, name, key_file):
        self.crypts[path] = {"outside": outside, "name": name, "key": key_file}

    def read_pool(self, name, by_others):
        self.pools[name] = {"imported": by_others == "imported", "tops": []}

    def read_zvol(self, path, pool, name):
        self.zvols[path] = {"pool": pool, "name": name}

    def read_dataset(self, name):
        self.datasets.append(name)

    def read_top(self, pool, kind):
        self.pools[pool]["tops"].append({"kind": kind, "legs": []})

    def read_leg(self, pool, path, name, offline):
        self.pools[pool]["tops"][-1]["legs"].append({"path": path, "name": name, "offline": offline == "offline"})

    def read_line(self, number, *words):
        self.lines.append((int(number), words))

    def read_block(self, text):
        number = self.lines[-1][0]
        self.blocks[number] = self.blocks.get(number, "") + text + "\n"

    def legs(self, pool):
        return [leg for top in self.pools[pool]["tops"] for leg in top["legs"]]

    def disk_named(self, word):
        """By name, UUID, info or the name of a part, as in the simulated world."""
        for name, disk in self.disks.items():
            if word in (name, disk["uuid"], disk["info"]) or any(self.parts[p]["name"] == word for p in disk["parts"]):
                return name
        raise vm.Error(f"there is no disk '{word}'")
