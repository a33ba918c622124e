"""Plays a scenario (tests/scenarios) in a guest with a real ZFS: the same words, the same commands expected.

The world that the scenario's configuration describes is told by zmirror itself (`zmirror simulate --translate`),
so there is one reader of scenarios and one idea of what such a world is made of. What only a simulated world can
do (faults of commands, kills between two effects, ...) is refused.

Data is smaller here, and `slow` holds a resilver for as long as a scenario looks at it.
"""
import fnmatch
import json
import os
import re
import shutil
import time

import vm
from night import PATIENCE, check

SCALE = 512                             # a scenario's 5G are 10M here
WRITE_MAX = 24 << 20
SPEED = 7_000_000                       # bytes per second of a disk that a scenario makes so many times slower
WAIT_MAX = 10                           # seconds: `wait 2 min` shows that nothing happens, and this does, too
ELSEWHERE_MAX = 30                      # so often another machine writes, at most
QUIET = 12                              # seconds without a command, after which the guest has come to rest

# These only wait or look; how often they run says nothing about what zmirror did.
LOOKS = re.compile(r"(udevadm settle|zpool sync|zfs get)\b")

# Answers each question with the next line of /run/answers, the last one for ever; without lines, it is refused.
ANSWERER = """import glob, os, re, socket, subprocess, time
def refuse(path):
    with open(path) as f:
        target = re.search('^Socket=(.*)$', f.read(), re.M).group(1)
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'-', target)
while True:
    time.sleep(0.3)
    asked = glob.glob('/run/systemd/ask-password/ask.*')
    if not asked or not os.path.exists('/run/answers'):
        continue
    time.sleep(6)
    lines = open('/run/answers').read().splitlines()
    if not lines:
        for path in asked:
            try:
                refuse(path)
            except (OSError, AttributeError):
                pass
    elif subprocess.run(['vm-answer', lines[0]], timeout=90).returncode == 0 and len(lines) > 1:
        open('/run/answers.new', 'w').write('\\n'.join(lines[1:]))
        os.rename('/run/answers.new', '/run/answers')
"""

# The verdicts, from the socket.
OVERVIEW = """import json, socket
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect('/run/zmirror/zmirror.socket')
s.sendall(b'{"method":"io.zmirror.Overview","parameters":{}}\\0')
data = b''
while not data.endswith(b'\\0'):
    more = s.recv(65536)
    if not more:
        break
    data += more
for disk in json.loads(data.rstrip(b'\\0'))['parameters']['disks']:
    print(disk['id'], disk['verdict'], disk['text'], sep='\\t')
"""

SECONDS = {"s": 1, "sec": 1, "seconds": 1, "min": 60, "mins": 60, "minutes": 60, "h": 3600, "hours": 3600,
           "d": 86400, "days": 86400}
SIZES = {"K": 10, "M": 20, "G": 30, "T": 40}


def seconds_of(words):
    """"2 h 30 min" """
    found = re.findall(r"(\d+)\s*([a-z]+)", " ".join(words))
    check(found and all(unit in SECONDS for _, unit in found), f"no span: {' '.join(words)}")
    return sum(int(n) * SECONDS[unit] for n, unit in found)


def bytes_of(word):
    return int(word[:-1]) << SIZES[word[-1]] if word[-1] in SIZES else int(word)


class Script:
    """What `zmirror simulate --translate` says of a scenario: records of fields with tabs between them."""

    def __init__(self, path, text):
        self.path = path
        self.config = ""
        self.disks, self.parts, self.crypts, self.zvols, self.pools, self.lines = {}, {}, {}, {}, {}, []
        for record in text.splitlines():
            kind, *fields = record.split("\t")
            getattr(self, "read_" + kind)(*fields)

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

    def read_top(self, pool, kind):
        self.pools[pool]["tops"].append({"kind": kind, "legs": []})

    def read_leg(self, pool, path, name, offline):
        self.pools[pool]["tops"][-1]["legs"].append({"path": path, "name": name, "offline": offline == "offline"})

    def read_line(self, number, *words):
        self.lines.append((int(number), words))

    def legs(self, pool):
        return [leg for top in self.pools[pool]["tops"] for leg in top["legs"]]

    def disk_named(self, word):
        """By name, UUID, info or the name of a part, as in the simulated world."""
        for name, disk in self.disks.items():
            if word in (name, disk["uuid"], disk["info"]) or any(self.parts[p]["name"] == word for p in disk["parts"]):
                return name
        raise vm.Error(f"there is no disk '{word}'")

    def holds_zvol(self, path):
        """True if that leg carries a pool with volumes, and so has to be bigger."""
        pools = {zvol["pool"] for zvol in self.zvols.values()}
        return any(leg["path"] == path for pool in pools for leg in self.legs(pool))


class Stage:
    """A guest in which one scenario is played."""

    def __init__(self, night, script):
        self.night, self.guest, self.script = night, night.guest, script
        self.expected = 0               # so many of the commands were expected already
        self.may_run = []               # patterns: they may be run at any time, or not
        self.writes = 0
        self.requests = 0
        self.whole = []
        self.slugs = {}
        self.extra = []                 # disks beside those of the configuration: clones, counterfeits

    def sh(self, text, timeout=120):
        return self.night.sh(text, timeout)

    def slug(self, disk):
        """A disk's name for QEMU."""
        return self.slugs.setdefault(disk, f"d{len(self.slugs)}")

    # --- the world, before zmirror starts ----------------------------------------------------------------------

    def make(self):
        for _, words in self.script.lines:
            if words[0] == "counterfeit":
                self.make_counterfeit(words[1], words[3])
        for name, disk in self.script.disks.items():
            if name not in self.extra:
                self.make_disk(name, disk)
        made = set(self.script.parts)
        self.make_what_stands_on(made)
        check(len(made) == len(self.script.parts) + len(self.script.crypts) + len(self.script.zvols),
              "not everything could be made")
        self.put_away()
        self.guest.put("/run/answerer.py", ANSWERER)
        self.answer_with(vm.PASSPHRASE)

    def make_disk(self, name, disk):
        size = 800 if any(self.script.holds_zvol(c) for c in [*disk["parts"], *(
            path for path, crypt in self.script.crypts.items() if crypt["outside"] in disk["parts"])]) else 320
        self.guest.plug(self.slug(name), "scsi" if disk["internal"] else "usb", f"{size}M")
        device = self.guest.device(self.slug(name))
        words = [f"-n {i}:0:+{(size - 8) // len(disk['parts'])}M -c {i}:{self.script.parts[p]['name']}"
                 for i, p in enumerate(disk["parts"], 1)]
        uuid = f"-U {disk['uuid']}" if disk["uuid"] else ""
        self.sh(f"sgdisk {uuid} {' '.join(words)} {device} >/dev/null && udevadm settle")
        for part in disk["parts"]:
            self.sh(f"until test -b {part}; do sleep 0.1; done")

    def add_disk_like(self, disk, name):
        """One more disk with the parts of that one."""
        source = self.script.disks[self.script.disk_named(disk)]
        self.extra.append(name)
        self.script.disks[name] = {"uuid": source["uuid"], "info": name, "internal": False, "parts": source["parts"]}

    def make_counterfeit(self, disk, name):
        """The same names, and containers that the same keys open, but other UUIDs and nothing inside."""
        self.add_disk_like(disk, name)
        self.script.disks[name]["uuid"] = ""
        self.make_disk(name, self.script.disks[name])
        for crypt in self.script.crypts.values():
            if crypt["outside"] in self.script.disks[name]["parts"]:
                self.make_crypt(crypt)
                self.sh(f"cryptsetup close {crypt['name']}")
        self.guest.pull(self.slug(name))

    def make_what_stands_on(self, made):
        crypts, pools = dict(self.script.crypts), dict(self.script.pools)
        while True:
            for path in [p for p, c in crypts.items() if c["outside"] in made]:
                self.make_crypt(crypts.pop(path))
                made.add(path)
            ready = [p for p in pools if all(leg["path"] in made for leg in self.script.legs(p))]
            if not ready:
                return
            for pool in ready:
                del pools[pool]
                self.make_pool(pool)
                made.update(path for path, zvol in self.script.zvols.items() if zvol["pool"] == pool)

    def make_crypt(self, crypt):
        key = crypt["key"] or "/run/passphrase"
        self.sh(f"mkdir -p {os.path.dirname(key)}; chmod 700 /etc/zmirror")
        if self.guest.run(f"test -e {key}")[0]:         # else a counterfeit has it already
            self.guest.put(key, os.urandom(32).hex() if crypt["key"] else vm.PASSPHRASE, 0o600)
        # Cheap on purpose: without KVM the usual work factor takes a minute.
        self.sh(f"cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "
                f"--key-file {key} {crypt['outside']}")
        self.open_crypt(crypt)

    def key_words(self, crypt):
        if crypt["key"]:
            return f"--key-file {crypt['key']}"
        self.guest.put("/run/passphrase", vm.PASSPHRASE, 0o600)
        return "--key-file /run/passphrase"

    def open_crypt(self, crypt):
        self.sh(f"cryptsetup open {self.key_words(crypt)} {crypt['outside']} {crypt['name']} && udevadm settle && "
                f"until test -b /dev/mapper/{crypt['name']}; do sleep 0.1; done")

    def make_pool(self, pool):
        """zpool would put a partition table on a zvol: it is attached through a loop device first."""
        loops, words = {}, []
        for top in self.script.pools[pool]["tops"]:
            words += [] if top["kind"] == "single" else [top["kind"]]
            for leg in top["legs"]:
                if leg["path"] in self.script.zvols:
                    loops[leg["path"]] = self.sh(f"losetup -f --show {leg['path']}")
                words.append(loops.get(leg["path"], leg["path"]))
        self.sh(f"zpool create -f -O compression=off -O atime=off {pool} {' '.join(words)}")
        if loops:
            folders = {os.path.dirname(leg["path"]) for leg in self.script.legs(pool)}
            self.sh(f"zpool export {pool}; losetup -d {' '.join(loops.values())}; "
                    f"zpool import {' '.join('-d ' + f for f in sorted(folders))} {pool}")
        for path, zvol in self.script.zvols.items():
            if zvol["pool"] == pool:
                self.sh(f"zfs create -s -V 300M -o volmode=dev -o volblocksize=4k {pool}/{zvol['name']}; "
                        f"until test -b {path}; do sleep 0.1; done")
        self.night.write("first", 4, pool)

    def put_away(self):
        """As the simulated world begins: external legs offline, other pools exported, disks in the drawer."""
        for pool, it in self.script.pools.items():
            if it["imported"]:
                for leg in [leg for leg in self.script.legs(pool) if leg["offline"]]:
                    self.sh(f"zpool sync {pool}; zpool offline {pool} {leg['path']}")
        for pool in [p for p, it in reversed(self.script.pools.items()) if not it["imported"]]:
            self.export_last(pool)
        for crypt in reversed(self.script.crypts.values()):
            self.sh(f"cryptsetup close {crypt['name']}")
        for name, disk in self.script.disks.items():
            if not disk["internal"] and name not in self.extra:
                self.guest.pull(self.slug(name))

    def export_last(self, pool):
        """After the pools whose legs are its volumes."""
        self.night.wait_until(f"{pool} is exported", lambda: self.guest.run(f"zpool export {pool}")[0] == 0, 60)

    # --- what zmirror says and did -----------------------------------------------------------------------------

    def commands(self):
        output = self.sh("journalctl --sync; journalctl -q -u zmirror -o json --output-fields=MESSAGE,ZMIRROR_COMMAND")
        messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        ran = [str(m["MESSAGE"]).removeprefix("running: ") for m in messages
               if m.get("ZMIRROR_COMMAND") and str(m.get("MESSAGE", "")).startswith("running: ")]
        return [line for line in ran if not LOOKS.match(line)]

    def verdicts(self):
        status, output = self.guest.run("python3 /run/overview.py", timeout=40)
        return {} if status else {line.split("\t")[0]: line.split("\t")[1:] for line in output.splitlines()}

    def entity(self, words):
        """(type, name...) to the id."""
        kind, *names = words
        if kind in ("zdev", "zvol", "dataset"):
            return f"{kind}|pool:{names[0]}|name:{names[1]}"
        if kind == "disk":
            return f"disk|uuid:{self.script.disks[self.script.disk_named(names[0])]['uuid']}"
        return f"{kind}|name:{names[0]}"

    def row(self, *words):
        return self.night.row(self.entity(words))

    # --- conditions: True, or what is so instead ---------------------------------------------------------------

    def holds(self, words):
        if words[0] == "not":
            return "it is so" if self.holds(words[1:]) is True else True
        return getattr(self, "holds_" + words[0].replace("-", "_"))(*words[1:])

    def holds_run(self, *words):
        pattern, ran = " ".join(words), self.commands()
        self.skip_optional(ran, pattern)
        if self.expected == len(ran):
            return "no (further) command was run"
        return fnmatch.fnmatchcase(ran[self.expected], pattern) or f"the next command was '{ran[self.expected]}'"

    def skip_optional(self, ran, pattern):
        while self.expected < len(ran) and not fnmatch.fnmatchcase(ran[self.expected], pattern) and \
                any(fnmatch.fnmatchcase(ran[self.expected], p) for p in self.may_run):
            self.expected += 1

    def holds_nothing(self):
        ran = self.commands()
        self.skip_optional(ran, "")
        return self.expected == len(ran) or f"'{ran[self.expected]}' was run"

    def holds_state(self, *words):
        state = self.row(*words[:-1]).get("state")
        return state == words[-1] or f"it is {state}"

    def holds_verdict(self, disk, want, *pattern):
        name = self.script.disk_named(disk)
        uuid = self.script.disks[name]["uuid"]
        found = self.verdicts().get(f"disk|uuid:{uuid}" if uuid else f"part|name:{name}", ["unknown"])
        so = found[0] == want and (not pattern or fnmatch.fnmatchcase(found[-1], " ".join(pattern)))
        return so or f"it is {': '.join(found)}"

    def holds_errors(self, *words):
        return bool(self.row(*words).get("errors")) or "it has no errors"

    def holds_running(self, operation, pool, leg):
        operations = self.row("zdev", pool, leg).get("operations")
        return operation in str(operations) or f"these run: {operations}"

    def holds_last(self, what, pool, leg, want):
        _, output = self.guest.run(f"zmirror list --format tsv --no-headers --keys id,last_{what}", timeout=40)
        dates = dict(line.split("\t", 1) for line in output.splitlines() if "\t" in line)
        date = dates.get(self.entity(("zdev", pool, leg)), "").strip()
        return (date not in ("", "never") if want == "set" else date == want) or f"it is {date or 'not told'}"

    def holds_history(self, kind, *words):
        count = int(words[-1]) if words and words[-1].isdigit() else None
        names = words if count is None else words[:-1]
        entity = self.entity(names) if names else None
        found = [line for line in self.night.history_all()
                 if line["kind"] == kind and entity in (None, line["entity"])]
        return (len(found) == count if count is not None else bool(found)) or f"there are {len(found)} such lines"

    def holds_request(self, how, *pattern):
        output = self.guest.run(f"cat /run/request-{self.requests}.status /run/request-{self.requests}.text")[1]
        status, _, reason = output.partition("\n")
        ended = {"0": "done"}.get(status, "failed") if status.isdigit() else "open"
        if ended != how:
            return f"it is {ended}: {reason.strip()}"
        return not pattern or fnmatch.fnmatchcase(reason.strip().splitlines()[-1], "*" + " ".join(pattern)) or \
            f"the reason is '{reason.strip()}'"

    def holds_imported(self, pool):
        return self.night.is_imported(pool) or f"pool {pool} is not imported"

    # --- lines -------------------------------------------------------------------------------------------------

    def await_(self, words, patience):
        """Until it holds; a command that was expected is one the less."""
        if words[0] in ("run", "not") and words[-1] and LOOKS.match(" ".join(words[1:])):
            return
        end = time.monotonic() + patience * PATIENCE
        while True:
            found = self.holds(words)
            if found is True:
                break
            check(time.monotonic() < end, f"expected '{' '.join(words)}', but {found}\n{self.guest.diagnosis()}")
            time.sleep(0.3)
        if words[0] == "run":
            self.expected += 1

    def rest(self):
        """Until no command has been run for a while."""
        before, since = None, time.monotonic()
        while time.monotonic() - since < QUIET:
            time.sleep(1)
            ran = len(self.commands())
            if ran != before:
                before, since = ran, time.monotonic()

    def play_config(self, *_):
        pass

    def play_zfs(self, version):
        check(version == self.guest.zfs, f"this is for ZFS {version}")

    def play_expect(self, *words):
        if words[0] == "whole":
            self.whole.append(words[1:])        # when all is over
        elif words[0] in ("nothing", "rest"):
            self.rest()
            if words[0] == "nothing":
                self.await_(words, 0)
        else:
            self.await_(words, 120 if words[0] == "run" else 30)

    def play_wait(self, *words):
        if words[0] != "until":
            time.sleep(min(seconds_of(words), WAIT_MAX))
            return
        end = words.index("within") if "within" in words else len(words)
        if words[1] == "rest":
            self.rest()
        else:
            self.await_(words[1:end], 180)

    def play_may_run(self, *words):
        self.may_run.append(" ".join(words))

    def play_plug(self, disk):
        self.guest.plug(self.slug(self.script.disk_named(disk)))

    def play_pull(self, disk):
        self.guest.pull(self.slug(self.script.disk_named(disk)))

    def play_slow(self, disk, factor):
        self.guest.throttle(self.slug(self.script.disk_named(disk)), SPEED // int(factor) if int(factor) > 1 else 0)

    def play_write(self, pool, size):
        self.writes += 1
        self.night.write(f"write-{self.writes}", max(1, min(bytes_of(size) // SCALE, WRITE_MAX) >> 20), pool)

    def play_clone(self, disk, _as, name):
        """As dd makes one; the guest has flushed what it wrote."""
        self.sh("sync")
        source = self.guest.disk_file(self.slug(self.script.disk_named(disk)))
        self.add_disk_like(disk, name)
        shutil.copyfile(source, self.guest.path("disks", self.slug(name) + ".img"))

    def play_counterfeit(self, *_):
        pass                            # it was made before zmirror could see it

    def play_elsewhere(self, disk, count="1", exported=""):
        """Another machine imports what is on the disk, by force, and writes to it."""
        name = self.script.disk_named(disk)
        with self.night.another_machine(self.slug(name), bring_home=True) as other:
            paths = self.open_elsewhere(other.guest, self.script.disks[name]["parts"])
            pools = [p for p in self.script.pools if any(leg["path"] in paths for leg in self.script.legs(p))]
            check(pools, f"there is no pool on {disk}")
            for pool in pools:
                folders = {os.path.dirname(path) for path in paths}
                other.sh(f"zpool import -f {' '.join('-d ' + f for f in sorted(folders))} {pool}", timeout=120)
                for n in range(min(int(count), ELSEWHERE_MAX)):
                    other.sh(f"head -c 64K /dev/urandom >/{pool}/elsewhere-{n}; zpool sync {pool}")
                if exported:
                    other.sh(f"zpool export {pool}", timeout=120)

    def open_elsewhere(self, guest, parts):
        """The devices that pools may lie on: partitions, and containers in them."""
        paths = set(parts)
        for part in parts:
            guest.sh(f"until test -b {part}; do sleep 0.1; done; udevadm settle")
        for path, crypt in self.script.crypts.items():
            if crypt["outside"] in parts:
                guest.put("/run/key", self.guest.get(crypt["key"]) if crypt["key"] else vm.PASSPHRASE, 0o600)
                guest.sh(f"cryptsetup open --key-file /run/key {crypt['outside']} {crypt['name']} && udevadm settle")
                paths.add(path)
        return paths

    def play_hold(self, volume, by="loop7"):
        self.sh(f"losetup /dev/{by} /dev/zvol/{volume}")

    def play_release(self, volume):
        self.sh(f"losetup -d $(losetup -j /dev/zvol/{volume} -O NAME -n)")

    def play_checkpoint(self, pool, on):
        self.sh(f"zpool checkpoint {'' if on == 'on' else '-d'} {pool}")

    def ask(self, verb, *words):
        self.requests += 1
        name = f"/run/request-{self.requests}"
        text = " ".join(f"'{w}'" for w in words)
        self.sh(f"rm -f {name}.*; setsid bash -c \"zmirror {verb} {text} >{name}.text 2>&1 </dev/null; "
                f"echo \\$? >{name}.new; mv {name}.new {name}.status\" </dev/null >/dev/null 2>&1 &")

    def play_type(self, *words):
        text = " ".join(words)
        for crypt in self.script.crypts.values():
            if words[:2] == ("cryptsetup", "open") and words[-1] == crypt["name"]:
                text += " " + self.key_words(crypt)
        self.sh(text)

    def answer_with(self, *passphrases):
        """Nothing: the question is refused."""
        self.guest.put("/run/answers", "\n".join(passphrases))
        self.sh("pgrep -f ^python3./run/answerer.py >/dev/null || "
                "setsid python3 /run/answerer.py </dev/null >/dev/null 2>&1 &")

    def play_passphrase(self, how, count="1"):
        if how == "wrong":
            self.answer_with(*["9-ravens-at-dusk"] * int(count), vm.PASSPHRASE)
        else:
            self.answer_with(*[vm.PASSPHRASE] if how == "right" else [])

    def play_stopped(self):
        pass

    def play_start(self):
        self.sh("systemctl reset-failed zmirror 2>/dev/null || true; systemctl start zmirror")

    def play_stop(self):
        self.sh("systemctl stop zmirror")

    def play_kill(self):
        self.sh("systemctl kill -s KILL zmirror; while systemctl is-active -q zmirror; do sleep 0.1; done")

    def play_reboot(self):
        self.guest.reboot()
        self.after_boot()

    def play_power_cut(self):
        self.guest.power_cut()
        self.guest.start(keep=True)
        self.after_boot()

    def after_boot(self):
        self.guest.put("/run/overview.py", OVERVIEW)
        self.guest.put("/run/answerer.py", ANSWERER)
        self.answer_with(vm.PASSPHRASE)
        self.night.wait_up()

    def play(self, number, words):
        verb = words[0].replace("-", "_")
        try:
            if verb in ("online", "offline", "scrub", "trim", "snapshot"):
                self.ask(*words)
            elif hasattr(self, "play_" + verb):
                getattr(self, "play_" + verb)(*words[1:])
            else:
                raise vm.Error(f"'{words[0]}' is only for the simulated world")
        except (vm.Error, TypeError) as error:
            raise vm.Error(f"{os.path.relpath(self.script.path)}:{number}: {error}") from error

    def begin(self):
        """zmirror in that world; a kill leaves it dead, as it is in the simulated one."""
        self.sh("mkdir -p /etc/zmirror /etc/systemd/system/zmirror.service.d; "
                "printf '[Service]\\nRestart=no\\n' >/etc/systemd/system/zmirror.service.d/scenario.conf; "
                "systemctl daemon-reload")
        self.guest.put("/run/overview.py", OVERVIEW)
        self.guest.put("/etc/zmirror/zmirror.yml", self.script.config, 0o600)
        self.sh("zmirror check >/dev/null; systemctl enable zmirror 2>/dev/null; sync")  # a power cut leaves this
        if not any(words[0] == "stopped" for _, words in self.script.lines):
            self.play_start()
            self.night.wait_up()

    # --- in the end: does a leg hold everything? ---------------------------------------------------------------

    def bring(self, path):
        """By hand: a leg's device, with all that it stands on."""
        if path in self.script.parts:
            disk = self.slug(self.script.parts[path]["disk"])
            if not self.guest.is_plugged(disk):
                self.guest.plug(disk)
            self.sh(f"until test -b {path}; do sleep 0.1; done; udevadm settle")
        elif path in self.script.crypts:
            crypt = self.script.crypts[path]
            self.bring(crypt["outside"])
            if not self.night.is_open(crypt["name"]):
                self.open_crypt(crypt)
        else:
            pool = self.script.zvols[path]["pool"]
            for leg in self.script.legs(pool):
                self.bring(leg["path"])
            if not self.night.is_imported(pool):
                folders = {os.path.dirname(leg["path"]) for leg in self.script.legs(pool)}
                self.sh(f"zpool import {' '.join('-d ' + f for f in sorted(folders))} {pool}; udevadm settle")

    def check_whole(self, pool, name):
        """With zmirror stopped: the leg lacks nothing, and a scrub with all legs repairs nothing."""
        leg = next(leg for leg in self.script.legs(pool) if leg["name"] == name)
        for disk in self.script.disks:
            self.guest.throttle(self.slug(disk), 0)
        self.bring(leg["path"])
        if not self.night.is_imported(pool):
            folders = {os.path.dirname(each["path"]) for each in self.script.legs(pool)}
            self.sh(f"zpool import {' '.join('-d ' + f for f in sorted(folders))} {pool}")
        self.sh(f"zpool online {pool} {leg['path']}; sleep 8; zpool wait -t resilver {pool}; zpool sync {pool}", 300)
        scan = self.night.scrub_by_hand(pool)
        check("scrub repaired 0B" in scan and "with 0 errors" in scan, f"the scrub of {pool} says: {scan}")

    def finish(self):
        if not self.whole:
            return
        self.sh("systemctl stop zmirror")
        for name in [name for name in self.extra if self.guest.is_plugged(self.slug(name))]:
            for crypt in self.script.crypts.values():
                self.guest.run(f"cryptsetup close {crypt['name']}")     # those of other disks may be in use
            self.guest.pull(self.slug(name))
        for pool, name in dict.fromkeys(self.whole):
            self.check_whole(pool, name)


def play(night, path):
    """In the guest of that night, which starts with it."""
    night.start()
    with open(path) as f:
        night.guest.put("/run/scenario", f.read())
    stage = Stage(night, Script(path, night.sh("zmirror simulate --translate /run/scenario")))
    stage.make()
    stage.begin()
    for number, words in stage.script.lines:
        stage.play(number, words)
    stage.finish()
