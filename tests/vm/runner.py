"""Runs tests, each in a process and a guest of its own, and says in one line per test how it went.

More run side by side than there are processors: a guest mostly waits. First each ZFS gets the world `base` (worlds.py).
A test that needs a world that is just being made waits, and others go first; then those that took longest the last time.

What has failed among others is tried once more, by itself, when they are through: without KVM, beside three other guests
and with two processors, a guest may stand still for longer than a test can wait. It is told, and its first try's logs stay.
"""
import argparse
import collections
import contextlib
import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import vm
from night import PACKAGE, Night
from worlds import BASE, Worlds, name_of

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "../../build")
LOGS = os.path.join(BUILD, "vm-logs")
TIMES = os.path.join(BUILD, "vm-times.json")    # how long each test took
TEST_MINUTES = 30                       # after which a test is ended
EVIDENCE_SECONDS = 180                  # that it then has to say why; a guest that hangs does not answer
FLOOR_MINUTES = 60                      # after which no test is begun, and those that run are ended
SIDE_BY_SIDE = 2                        # guests per processor
SECOND_TRIES = 4                        # if more have failed, it was no accident
GUESTS = ("2.3", "2.1")


def test(*zfs, world=None):
    """Marks a test: with which ZFS it runs on the floor (each, if none is named; those that are named when the tests are
    started run with each); and `world`, which makes what its guest starts from, once for all tests that want the same."""
    def mark(function):
        function.guests = zfs or GUESTS
        function.world = world
        return function
    return mark


# What is kept of a guest in which a test has failed, and with --keep-logs of each.
EVIDENCE = {
    "zmirror.txt": "journalctl -u zmirror -o short-precise --no-hostname",
    "zpool.txt": "timeout 20 zpool status -v; timeout 20 zpool events",
    "list.txt": "zmirror list; zmirror history; zmirror status all",
    "blocks.txt": "lsblk -o NAME,MAJ:MIN,SIZE,TYPE,FSTYPE,PARTLABEL,STATE; dmsetup table; ls -l /dev/mapper",
    "processes.txt": "ps axo pid,ppid,stat,wchan:24,etime,args",
    "dmesg.txt": "dmesg",
    "journal.txt": "journalctl -o short-precise --no-hostname",
}


def collect_evidence(guest, folder):
    shutil.copy(guest.path("console.log"), folder)
    end = time.monotonic() + EVIDENCE_SECONDS
    for name, script in EVIDENCE.items():
        left = end - time.monotonic()
        if left < 5:
            return
        try:
            _, output = guest.run(script, timeout=min(60, left), silence=left)
        except (vm.Error, OSError) as error:
            output = f"{error}\n"
        with open(os.path.join(folder, name), "w") as f:
            f.write(output)


def interrupt(*_):
    """A second Ctrl-C must not keep us from ending the guest."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def time_is_up(*_):
    raise vm.Error(f"the test has not ended in {TEST_MINUTES} minutes")


def run_one(function, zfs, worlds, shared, logs, keep_logs):
    """In the process of one test. The guest ends with it, however it ends."""
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGALRM, time_is_up)
    signal.alarm(TEST_MINUTES * 60)
    with tempfile.TemporaryDirectory(prefix="zmirror-night-") as folder:
        guest = vm.Guest(os.path.join(folder, "guest"), zfs)
        try:
            function(Night(guest, Worlds(worlds, zfs), function.world, shared))
            signal.alarm(0)
            if keep_logs:
                collect_evidence(guest, logs)
            return 0
        except Exception:
            signal.alarm(0)
            traceback.print_exc()
            sys.stderr.flush()
            if guest.pid():
                collect_evidence(guest, logs)
            return 1
        finally:
            guest.power_cut()


def send(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


class Job:
    """One test with one ZFS."""

    def __init__(self, function, zfs):
        self.function, self.zfs, self.name = function, zfs, function.__name__
        self.world = (zfs, name_of(function.world)) if function.world else None
        self.shared = False             # others want the same world

    def title(self):
        return f"ZFS {self.zfs}  {self.name}: {inspect.getdoc(self.function).splitlines()[0]}"


class Times:
    """How long tests took, in earlier runs: {"<test> <zfs>": seconds}."""

    def __init__(self):
        try:
            with open(TIMES) as f:
                self.known = json.load(f)
        except (OSError, ValueError):
            self.known = {}

    def of(self, job):
        """A new one may take long."""
        return self.known.get(f"{job.name} {job.zfs}", float("inf"))

    def note(self, job, seconds):
        self.known[f"{job.name} {job.zfs}"] = round(seconds)
        with open(TIMES + ".new", "w") as f:
            json.dump(self.known, f, indent=0, sort_keys=True)
        os.rename(TIMES + ".new", TIMES)


class Runner:
    def __init__(self, jobs, folder, args):
        self.folder = folder            # of the worlds
        self.args = args
        self.times = Times()
        self.waiting = sorted(jobs, key=self.times.of, reverse=True)
        self.n_jobs = len(jobs)
        self.unprepared = {job.zfs for job in jobs}
        self.being_made = set()         # worlds
        self.changed = threading.Condition()
        self.passed = self.failed = 0
        self.again = []                 # jobs that have failed among others
        self.stopping = None            # why
        self.children = set()
        wanted = collections.Counter(job.world for job in jobs)
        for job in jobs:
            job.shared = job.world is not None and wanted[job.world] > 1

    def worlds(self, zfs):
        return Worlds(os.path.join(self.folder, zfs), zfs)

    # --- which one next ----------------------------------------------------------------------------------------

    def work(self):
        """What each of the workers does."""
        try:
            while step := self.next_step():
                step()
                with self.changed:
                    self.changed.notify_all()
        except Exception:
            traceback.print_exc()
            self.stop("an error of the runner")

    def next_step(self):
        """A guest to prepare, or a test whose world is there or not yet being made; None when there are no more."""
        with self.changed:
            while not self.stopping:
                for zfs in sorted(self.unprepared):
                    self.unprepared.remove(zfs)
                    self.being_made.add((zfs, BASE))
                    return lambda: self.prepare(zfs)
                for job in self.waiting:
                    if self.may_begin(job):
                        self.waiting.remove(job)
                        return lambda: self.run(job)
                if not self.waiting:
                    return None
                self.changed.wait(1)
        return None

    def may_begin(self, job):
        self.being_made = {world for world in self.being_made if not self.worlds(world[0]).has(world[1])}
        if (job.zfs, BASE) in self.being_made or job.shared and job.world in self.being_made:
            return False
        if job.shared and not self.worlds(job.zfs).has(job.world[1]):
            self.being_made.add(job.world)
        return True

    # --- doing it ----------------------------------------------------------------------------------------------

    def prepare(self, zfs):
        logs = self.make_logs(f"prepare-{zfs}")
        began = time.monotonic()
        arguments = ["--package", self.args.package] if self.args.package else []
        passed, _ = self.run_child(logs, ["--zfs", zfs, "--prepare", self.worlds(zfs).folder, *arguments])
        if passed or self.stopping:
            return
        self.failed += 1
        self.tell(f"FAILED {time.monotonic() - began:4.0f} s  ZFS {zfs}  the guest from which all go on", logs)
        with self.changed:
            self.waiting = [job for job in self.waiting if job.zfs != zfs]

    def run(self, job, alone=False):
        """Runs one test, and tells how it went."""
        logs = self.make_logs(f"{job.name}-{job.zfs}" + ("-alone" if alone else ""))
        began = time.monotonic()
        passed, used = self.run_child(logs, ["--zfs", job.zfs, "--in-process", self.worlds(job.zfs).folder, logs,
                                             *(["--shared"] if job.shared else []),
                                             *(["--keep-logs"] if self.args.keep_logs else []), job.name])
        with self.changed:
            self.being_made.discard(job.world)
            if self.stopping:
                self.waiting.append(job)
                return
            took = time.monotonic() - began
            line = f"{took:4.0f} s {used:4.0f} s cpu  {job.title()}"
            if passed:
                self.passed += 1
                self.times.note(job, took)
                print(f"{'ALONE ' if alone else 'ok    '} {line}", flush=True)
                if not self.args.keep_logs:
                    shutil.rmtree(logs)
            else:
                if alone or self.args.jobs == 1:
                    self.failed += 1
                else:
                    self.again.append(job)
                self.tell(f"FAILED {line}", logs)

    def try_again(self):
        """Those that have failed among others, one by one."""
        again, self.again = self.again, []
        if len(again) > SECOND_TRIES:
            self.failed += len(again)
            return
        for job in again:
            if self.stopping:
                self.waiting.append(job)
            else:
                print(f"{job.name} (ZFS {job.zfs}) is tried once more, by itself", flush=True)
                self.run(job, alone=True)

    def make_logs(self, name):
        logs = os.path.join(LOGS, name)
        shutil.rmtree(logs, ignore_errors=True)
        os.makedirs(logs)
        return logs

    def run_child(self, logs, arguments):
        """This program again, which ends with us: whether it passed, and the processor's time it used. A session of its
        own: Ctrl-C reaches it through us, once. If it does not even end itself, its guest is gone with it."""
        with open(os.path.join(logs, "output.txt"), "w") as output:
            child = subprocess.Popen(["setpriv", "--pdeathsig", "INT", sys.executable, sys.argv[0], *arguments],
                                     stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        self.children.add(child.pid)
        last_resort = threading.Timer(TEST_MINUTES * 60 + 2 * EVIDENCE_SECONDS, send, [child.pid, signal.SIGKILL])
        last_resort.start()
        _, status, usage = os.wait4(child.pid, 0)
        last_resort.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        self.children.discard(child.pid)
        return child.returncode == 0, usage.ru_utime + usage.ru_stime

    def tell(self, line, logs):
        with open(os.path.join(logs, "output.txt"), errors="replace") as f:
            lines = f.read().splitlines()
        print("\n".join([line, *("       " + line for line in lines[-60:]), f"       (see {os.path.relpath(logs)})"]),
              flush=True)

    def stop(self, why):
        """Those that run are ended; they count among those that were not run."""
        self.stopping = self.stopping or why
        for child in list(self.children):
            send(child, signal.SIGINT)

    def run_workers(self, work, count):
        workers = [threading.Thread(target=work) for _ in range(count)]
        for worker in workers:
            worker.start()
        for worker in workers:
            while worker.is_alive():
                worker.join(1)          # a signal is handled between these

    def run_all(self):
        signal.signal(signal.SIGTERM, lambda *_: self.stop("interrupted"))
        signal.signal(signal.SIGINT, lambda *_: self.stop("interrupted"))
        limit = threading.Timer(self.args.minutes * 60, self.stop, [f"the time is up ({self.args.minutes} minutes)"])
        limit.daemon = True
        limit.start()
        self.run_workers(self.work, self.args.jobs)
        self.run_workers(self.try_again, 1)
        limit.cancel()
        not_run = self.n_jobs - self.passed - self.failed
        if not_run:
            print(f"{not_run} not run ({self.stopping or 'no guest'}): " +
                  ", ".join(sorted(f"{job.name} ({job.zfs})" for job in self.waiting)))
        print(f"{self.passed} passed, {self.failed + not_run} failed")
        return 0 if self.passed == self.n_jobs else 1


def run_all(jobs, args):
    for zfs in dict.fromkeys(job.zfs for job in jobs):
        subprocess.run([os.path.join(HERE, "build-image"), zfs], check=True, stdout=subprocess.DEVNULL)
    os.makedirs(LOGS, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="zmirror-worlds-") as folder:
        return Runner(jobs, folder, args).run_all()


def main(tests, self_tests):
    known = {function.__name__: function for function in tests + self_tests}
    parser = argparse.ArgumentParser(prog="run", description="Nights with real disks, in guests with a real ZFS.")
    parser.add_argument("--zfs", action="append", choices=GUESTS, help="only with this ZFS")
    parser.add_argument("--every", action="store_true", help="each test with each ZFS; else many run with one of them "
                        "(tests that are named always run with each)")
    parser.add_argument("--list", action="store_true", help="only say which would run")
    parser.add_argument("--keep-logs", action="store_true", help="of tests that pass, too, in build/vm-logs")
    parser.add_argument("--jobs", type=int, default=SIDE_BY_SIDE * (os.cpu_count() or 1), metavar="N",
                        help=f"so many side by side (default: {SIDE_BY_SIDE} per processor)")
    parser.add_argument("--minutes", type=float, default=FLOOR_MINUTES, metavar="N",
                        help="end after so long, and say what was not run (default: %(default)s)")
    for hidden, count in (("--prepare", 1), ("--package", 1), ("--in-process", 2)):
        parser.add_argument(hidden, nargs=count, help=argparse.SUPPRESS)
    parser.add_argument("--shared", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("test", nargs="*", metavar="test", help="its name, or a part of it")
    args = parser.parse_args()
    if args.prepare:
        signal.signal(signal.SIGINT, interrupt)
        Worlds(args.prepare[0], args.zfs[0], args.package and args.package[0]).path()
        return 0
    if args.in_process:
        worlds, logs = args.in_process
        return run_one(known[args.test[0]], args.zfs[0], worlds, args.shared, logs, args.keep_logs)
    chosen = []
    for word in args.test:
        found = [known[word]] if word in known else [known[name] for name in known if word in name]
        if not found:
            parser.error(f"there is no test {word}; --list shows which there are")
        chosen += [function for function in found if function not in chosen]
    jobs = [Job(function, zfs) for function in chosen or tests for zfs in args.zfs or GUESTS
            if args.every or args.test or zfs in function.guests]
    if args.list:
        print("\n".join(job.title() for job in jobs))
        return 0
    args.package = PACKAGE if os.path.exists(PACKAGE) else None
    if not args.package and any(job.function in tests for job in jobs):
        print("run: there is no build/zmirror.deb: ./dev package makes it", file=sys.stderr)
        return 1
    return run_all(jobs, args)
