"""Plays a scenario (tests/scenarios) in a guest with a real ZFS: the same words, the same commands expected.

What only a simulated world can do (faults of commands, kills between two effects, ...) is refused. Data is smaller
here, and `slow` holds a resilver for as long as a scenario looks at it.
"""
import fnmatch
import os
import re
import shutil
import time

import vm
from night import PATIENCE, check
from scenario import Scenario
from scenery import Scenery

SCALE = 512                             # a scenario's 5G are 10M here
WRITE_MAX = 24 << 20
SPEED = 7_000_000                       # bytes per second of a disk that a scenario makes so many times slower
WAIT_MAX = 10                           # seconds: `wait 2 min` shows that nothing happens, and this does, too
ELSEWHERE_MAX = 30                      # so often another machine writes, at most
QUIET = 6                               # seconds without a command, after which the guest has come to rest
BUSY_MAX = 90                           # seconds: a checkpoint lets a leg be watched for ever

REQUESTS = ("online", "offline", "scrub", "trim", "snapshot")

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
    elif subprocess.run(['vm-answer', lines[0]], timeout=400).returncode == 0 and len(lines) > 1:
        open('/run/answers.new', 'w').write('\\n'.join(lines[1:]))
        os.rename('/run/answers.new', '/run/answers')
"""

SECONDS = {"ms": 0.001, "s": 1, "sec": 1, "seconds": 1, "min": 60, "mins": 60, "minutes": 60, "h": 3600, "hours": 3600,
           "d": 86400, "day": 86400, "days": 86400, "w": 604800, "week": 604800, "weeks": 604800}
SIZES = {"K": 10, "M": 20, "G": 30, "T": 40}


def seconds_of(words):
    """"2 h 30 min" """
    found = re.findall(r"(\d+)\s*([a-z]+)", " ".join(words))
    check(found and all(unit in SECONDS for _, unit in found), f"no span: {' '.join(words)}")
    return sum(int(n) * SECONDS[unit] for n, unit in found)


def bytes_of(word):
    return int(word[:-1]) << SIZES[word[-1]] if word[-1] in SIZES else int(word)


class Stage:
    """A guest in which one scenario is played."""

    def __init__(self, night, scenario):
        self.night, self.guest, self.scenario = night, night.guest, scenario
        self.scenery = Scenery(night, scenario)
        self.expected = 0               # so many of the commands were expected already
        self.may_run = []               # patterns: they may be run at any time, or not
        self.writes = 0
        self.requests = 0
        self.whole = []
        self.number = 0                 # of the line that is played

    def sh(self, text, timeout=120):
        return self.night.sh(text, timeout)

    def disk(self, word):
        """A disk's name for QEMU."""
        return self.scenery.slug(self.scenario.disk_named(word))

    # --- what zmirror says and did -----------------------------------------------------------------------------

    def commands(self):
        return [line for line in self.night.commands_run() if not LOOKS.match(line)]

    def verdict(self, disk):
        """What zmirror says of a disk: a Disk of its socket."""
        name = self.scenario.disk_named(disk)
        uuid = self.scenario.disks[name]["uuid"]
        entity = f"disk|uuid:{uuid}" if uuid else f"part|name:{name}"
        found = [each for each in self.night.ask_zmirror("Overview").get("disks", []) if each["id"] == entity]
        return found[0] if found else {"verdict": "unknown", "text": "", "up_to_date": False}

    def entity(self, words):
        """(type, name...) to the id."""
        kind, *names = words
        if kind in ("zdev", "zvol", "dataset"):
            return f"{kind}|pool:{names[0]}|name:{names[1]}"
        if kind == "disk":
            return f"disk|uuid:{self.scenario.disks[self.scenario.disk_named(names[0])]['uuid']}"
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
        found = self.verdict(disk)
        so = found["verdict"] == want and (not pattern or fnmatch.fnmatchcase(found["text"], " ".join(pattern)))
        return so or f"it is {found['verdict']}: {found['text']}"

    def holds_up_to_date(self, disk):
        found = self.verdict(disk)
        return found["up_to_date"] or f"it is not, {found.get('trouble') or 'without trouble'}"

    def holds_trouble(self, disk, *pattern):
        trouble = self.verdict(disk).get("trouble") or ""
        return fnmatch.fnmatchcase(trouble, " ".join(pattern) or "?*") or f"the trouble is '{trouble}'"

    def holds_failed(self, wish, *words):
        reply = self.night.ask_zmirror("Status", target={"id": self.entity(words)})
        failure = next((row["failure"] for row in reply.get("entities", []) if row.get("failure")), None)
        return bool(failure and failure["wish"] == wish) or f"of it, this has failed: {failure}"

    def holds_errors(self, *words):
        return bool(self.row(*words).get("errors")) or "it has no errors"

    def holds_running(self, operation, pool, leg):
        operations = self.row("zdev", pool, leg).get("operations")
        return operation in str(operations) or f"these run: {operations}"

    def holds_last(self, what, pool, leg, want):
        reply = self.night.ask_zmirror("List")
        date = next((row.get("last_" + what) for row in reply.get("entities", [])
                     if row["id"] == self.entity(("zdev", pool, leg))), None)
        found = "never" if not date else "now" if date == reply["now"] else "set"
        return found == want or (want, found) == ("set", "now") or f"it is {found}"

    def holds_history(self, kind, *words):
        count = int(words[-1]) if words and words[-1].isdigit() else None
        names = words if count is None else words[:-1]
        entity = self.entity(names) if names else None
        found = [line for line in self.night.history_all()
                 if line["kind"] == kind and entity in (None, line["entity"])]
        return (len(found) == count if count is not None else bool(found)) or f"there are {len(found)} such lines"

    def holds_request(self, how, *pattern):
        name = f"/run/request-{self.requests}"
        status, reason = self.read_file(name + ".status"), self.read_file(name + ".text")
        ended = {"": "open", "0": "done"}.get(status, "failed")
        if ended != how:
            return f"it is {ended}: {reason}"
        wanted = re.sub(r"process \d+", "process *", " ".join(pattern))
        return not pattern or fnmatch.fnmatchcase(reason.splitlines()[-1] if reason else "", "*" + wanted) or \
            f"the reason is '{reason}'"

    def read_file(self, path):
        """Nothing as long as it is not there."""
        return self.guest.get(path).decode(errors="replace").strip() if self.night.exists(path) else ""

    def holds_copy(self, pool, leg, want):
        """As the ledger has it."""
        entity = self.entity(("zdev", pool, leg))
        found = self.sh(f"sqlite3 /var/lib/zmirror/zmirror.db \"SELECT copy FROM leg WHERE entity = '{entity}'\"")
        return found == want or f"it is taken for {found}"

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
        """Until no command has been run for a while, and nothing is going on that would end in one. A while is longer where
        questions take long."""
        before, since, began, took = None, time.monotonic(), time.monotonic(), 0
        while time.monotonic() - since < max(QUIET, 10 * took):
            time.sleep(1)
            asked = time.monotonic()
            now = len(self.commands()), self.is_busy() and asked - began < BUSY_MAX
            took = time.monotonic() - asked
            if now != before or now[1]:
                before, since = now, time.monotonic()

    def wait(self, seconds):
        """What takes that long is over then, in a simulated world; a guest may need longer for it. (A short time is for
        something to be caught in its middle.)"""
        time.sleep(min(seconds, WAIT_MAX))
        if seconds >= 60:
            self.rest()
            return
        end = time.monotonic() + min(seconds, WAIT_MAX) * PATIENCE
        before = None
        while seconds >= 5 and time.monotonic() < end and before != (before := len(self.commands())):
            time.sleep(3)

    def is_busy(self):
        """A leg is watched until it is known to be up to date, or something runs in ZFS."""
        return any(row.get("watching") or row.get("operations")
                   for row in self.night.ask_zmirror("Status", target={"all": True}).get("entities", []))

    def play_config(self, *_):
        pass

    def play_zfs(self, version):
        check(version == self.guest.zfs, f"this is for ZFS {version}")

    def play_expect(self, *words):
        if words[0] == "whole":
            self.whole.append(words[1:])        # when all is over
        elif words[:2] == ("not", "whole"):
            pass                                # what a leg lacks that is away is nowhere to be read
        elif words[0] in ("nothing", "rest"):
            self.rest()
            if words[0] == "nothing":
                self.await_(words, 0)
        else:
            self.await_(words, 120 if words[0] == "run" else 30)

    def play_wait(self, *words):
        if words[0] != "until":
            self.wait(seconds_of(words))
            return
        end = words.index("within") if "within" in words else len(words)
        if words[1] == "rest":
            self.rest()
        else:
            self.await_(words[1:end], 180)

    def play_may_run(self, *words):
        self.may_run.append(" ".join(words))

    def play_plug(self, disk):
        self.guest.plug(self.disk(disk))

    def play_pull(self, disk):
        self.guest.pull(self.disk(disk))

    def play_slow(self, disk, factor):
        self.guest.throttle(self.disk(disk), SPEED // int(factor) if int(factor) > 1 else 0)

    def play_write(self, pool, size):
        self.writes += 1
        self.night.write(f"write-{self.writes}", max(1, min(bytes_of(size) // SCALE, WRITE_MAX) >> 20), pool)

    def play_clone(self, disk, _as, name):
        """As dd makes one; the guest has flushed what it wrote."""
        self.sh("sync")
        source = self.guest.disk_file(self.disk(disk))
        self.scenery.add_disk_like(disk, name)
        self.scenario.disks[name]["uuid"] = self.scenario.disks[self.scenario.disk_named(disk)]["uuid"]
        shutil.copyfile(source, self.guest.path("disks", self.disk(name) + ".img"))

    def play_counterfeit(self, *_):
        pass                            # it was made before zmirror could see it

    def play_elsewhere(self, disk, count="1", exported=""):
        """Another machine imports what is on the disk, by force, and writes to it."""
        with self.night.another_machine(self.disk(disk), bring_home=True) as other:
            paths = self.scenery.open_elsewhere(other.guest, self.scenario.disk_named(disk))
            pools = [p for p in self.scenario.pools if any(leg["path"] in paths for leg in self.scenario.legs(p))]
            check(pools, f"there is no pool on {disk}")
            for pool in pools:
                folders = {os.path.dirname(path) for path in paths}
                other.sh(f"zpool import -f {' '.join('-d ' + f for f in sorted(folders))} {pool}", timeout=120)
                other.sh(f"for n in {{1..{min(int(count), ELSEWHERE_MAX)}}}; do head -c 64K /dev/urandom "
                         f">/{pool}/elsewhere-$n; zpool sync {pool}; done", timeout=120)
                if exported:
                    other.sh(f"zpool export {pool}", timeout=120)

    def play_corrupt(self, pool, leg):
        """Garbage beside the labels of an open device."""
        path = next(each["path"] for each in self.scenario.legs(pool) if each["name"] == leg)
        self.sh(f"dd if=/dev/urandom of={path} bs=1M seek=5 count=40 oflag=direct status=none")

    def play_hold(self, what, by="grep"):
        """A volume: a loop device on it. A container, or a pool: a process of that name that has it open, or stands in it."""
        if "/" in what or by.startswith("loop"):
            self.sh(f"losetup /dev/loop7 /dev/{'zvol' if '/' in what else 'mapper'}/{what}")
            return
        place = f"exec 3</dev/mapper/{what}" if self.night.is_open(what) else f"cd /{what}"
        if found := re.match(r"process \d+ \((\w+)\)(?: uses (\S+))?", by):
            by, folder = found.groups()
            place = f"mkdir -p {folder}; cd {folder}" if folder else place
        self.sh(f"cp /bin/sleep /run/{by}; ({place}; exec setsid /run/{by} 9999 </dev/null >/dev/null 2>&1) &\n"
                f"echo $! >/run/holder-{what}")

    def play_release(self, what):
        if self.night.exists(f"/run/holder-{what}"):
            self.sh(f"kill $(cat /run/holder-{what}); rm /run/holder-{what}")
        else:
            self.sh("losetup -d /dev/loop7")

    def play_checkpoint(self, pool, on):
        self.sh(f"zpool checkpoint {'' if on == 'on' else '-d'} {pool}")

    def ask(self, verb, *words):
        self.requests += 1
        name = f"/run/request-{self.requests}"
        text = " ".join(f"'{w}'" for w in words)
        self.sh(f"rm -f {name}.*; setsid bash -c \"zmirror {verb} {text} >{name}.text 2>&1 </dev/null; "
                f"echo \\$? >{name}.new; mv {name}.new {name}.status\" </dev/null >/dev/null 2>&1 &")

    def play_maintenance(self):
        self.ask("maintenance", "--block")

    def play_forget(self, *words):
        self.sh("zmirror forget " + " ".join(f"'{word}'" for word in words))

    def play_explain(self, *words):
        self.sh("zmirror explain " + " ".join(words))

    def play_status(self):
        self.sh("zmirror")

    def play_type(self, *words):
        text = " ".join(words)
        for crypt in self.scenario.crypts.values():
            if words[:2] == ("cryptsetup", "open") and words[-1] == crypt["name"]:
                text += " " + self.scenery.key_words(crypt)
        # What is busy for a moment (udev, ZED), or is not there yet, a person tries again.
        self.sh(f"for i in 1 2 3 4 5 6 7 8 9; do said=$({text} 2>&1) && exit 0; "
                "[[ $said == *busy* || $said == *'does not exist'* ]] || break; sleep 2; done; echo \"$said\"; exit 1")

    def answer_with(self, *passphrases):
        """Nothing: the question is refused."""
        if all(crypt["key"] for crypt in self.scenario.crypts.values()):
            return
        self.guest.put("/run/answers.new", "\n".join(passphrases))
        self.sh("mv /run/answers.new /run/answers; pgrep -f ^python3./run/answerer.py >/dev/null || "
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

    def play_reload(self):
        self.guest.put("/etc/zmirror/zmirror.yml", self.scenario.blocks[self.number], 0o600)
        self.sh("systemctl reload zmirror")

    def play_kill(self):
        self.sh("systemctl kill -s KILL zmirror; while systemctl is-active -q zmirror; do sleep 0.1; done")

    def play_crash(self):
        self.play_kill()

    def play_lose_memory(self):
        self.sh("rm -f /var/lib/zmirror/zmirror.db*")

    def play_reboot(self):
        self.guest.reboot()
        self.after_boot()

    def play_power_cut(self):
        self.guest.power_cut()
        self.guest.start(keep=True)
        self.after_boot()

    def after_boot(self):
        self.guest.put("/run/answerer.py", ANSWERER)
        self.answer_with(vm.PASSPHRASE)
        self.night.wait_up()

    @classmethod
    def knows(cls, words):
        """False for what only a simulated world can do: kills between two effects, failing commands, lost events..."""
        condition = [word for word in words[1:] if word not in ("until", "not")]
        return words[:2] != ["kill", "after"] and (
            words[0] in REQUESTS or hasattr(cls, "play_" + words[0].replace("-", "_"))) and (
            words[0] != "expect" and words[:2] != ["wait", "until"] or condition[0] in ("whole", "rest") or
            hasattr(cls, "holds_" + condition[0].replace("-", "_")))

    def play(self, number, words):
        self.number = number
        try:
            if words[0] in REQUESTS:
                self.ask(*words)
            else:
                getattr(self, "play_" + words[0].replace("-", "_"))(*words[1:])
        except (vm.Error, TypeError) as error:
            raise vm.Error(f"{os.path.relpath(self.scenario.path)}:{number}: {error}") from error

    def begin(self):
        """zmirror in that world; a kill leaves it dead, as it is in the simulated one."""
        self.sh("mkdir -p /etc/zmirror /etc/systemd/system/zmirror.service.d; "
                "printf '[Service]\nRestart=no\n' >/etc/systemd/system/zmirror.service.d/scenario.conf; "
                "systemctl enable zmirror 2>/dev/null")                 # which reloads systemd, too
        self.guest.put("/run/answerer.py", ANSWERER)
        self.guest.put("/etc/zmirror/zmirror.yml", self.scenario.config, 0o600)
        self.answer_with(vm.PASSPHRASE)
        self.sh("sync")                 # a power cut leaves this
        if not any(words[0] == "stopped" for _, words in self.scenario.lines):
            self.play_start()
            self.night.wait_up()

    # --- in the end: does a leg hold everything? ---------------------------------------------------------------

    def finish(self):
        if not self.whole:
            return
        self.sh("systemctl stop zmirror")
        for disk in self.scenario.disks:
            self.guest.throttle(self.scenery.slug(disk), 0)
        for name in [name for name in self.scenery.extra if self.guest.is_plugged(self.scenery.slug(name))]:
            for crypt in self.scenario.crypts.values():
                self.night.run(f"cryptsetup close {crypt['name']}")     # those of other disks may be in use
            self.guest.pull(self.scenery.slug(name))
        for pool, name in dict.fromkeys(self.whole):
            leg = next(leg for leg in self.scenario.legs(pool) if leg["name"] == name)
            self.scenery.bring(leg["path"])
            if not self.night.is_imported(pool):
                self.scenery.import_pool(pool)
            self.bring_others(pool, leg)
            self.night.check_leg(leg["path"], pool)

    def bring_others(self, pool, leg):
        """All legs are compared, so those that were put away are put online, too."""
        for other in self.scenario.legs(pool):
            if other is not leg and self.night.vdev_state(other["path"], pool) != "ONLINE":
                self.scenery.bring(other["path"])
                self.sh(f"zpool online {pool} {other['path']}")


def play(night, path):
    """In the guest of that night, which starts with it."""
    scenario = Scenario(path)
    night.start()
    stage = Stage(night, scenario)
    stage.begin()
    for number, words in scenario.lines:
        stage.play(number, words)
    stage.finish()
