"""Runs tests, each in a process and a guest of its own, and says in one line per test how it went."""
import argparse
import concurrent.futures
import inspect
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import vm
from night import PACKAGE, Night

HERE = os.path.dirname(os.path.abspath(__file__))
LOGS = os.path.join(HERE, "../../build/vm-logs")
TEST_TIMEOUT = 3600
GUESTS = ("2.3", "2.1")


def only_on(*guests):
    """A long test whose subject is not the version of ZFS."""
    def mark(test):
        test.guests = guests
        return test
    return mark

# What is kept of a guest in which a test has failed.
EVIDENCE = {
    "journal.txt": "journalctl -o short-precise --no-hostname",
    "zmirror.txt": "journalctl -u zmirror -o short-precise --no-hostname",
    "zpool.txt": "timeout 20 zpool status -v; timeout 20 zpool events",
    "list.txt": "zmirror list; zmirror history; zmirror status all",
    "blocks.txt": "lsblk -o NAME,MAJ:MIN,SIZE,TYPE,FSTYPE,PARTLABEL,STATE; dmsetup table; ls -l /dev/mapper",
    "dmesg.txt": "dmesg",
}


def collect_evidence(guest, folder):
    for name, script in EVIDENCE.items():
        try:
            _, output = guest.run(script, timeout=60)
        except (vm.Error, OSError) as error:
            output = f"{error}\n"
        with open(os.path.join(folder, name), "w") as f:
            f.write(output)
    shutil.copy(guest.path("console.log"), folder)


def make_snapshot(folder, zfs, package):
    """A booted guest, with zmirror installed, from which every test goes on."""
    guest = vm.Guest(folder, zfs)
    try:
        guest.start()
        if package:
            guest.install(package)
        guest.save()
    finally:
        guest.power_cut()


def run_one(test, zfs, snapshot, logs):
    """In the process of one test. The guest ends with it, however it ends."""
    folder = tempfile.mkdtemp(prefix="zmirror-night-")
    guest = vm.Guest(os.path.join(folder, "guest"), zfs)
    try:
        guest.start(snapshot=snapshot)
        test(Night(guest, snapshot))
        return 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        if guest.pid():
            collect_evidence(guest, logs)
        return 1
    finally:
        guest.power_cut()
        shutil.rmtree(folder, ignore_errors=True)


class Runner:
    def __init__(self):
        self.passed = self.failed = 0
        self.stopping = False
        self.children = set()

    def run_all(self, tests, zfs, package):
        with tempfile.TemporaryDirectory(prefix="zmirror-base-") as folder:
            snapshot = os.path.join(folder, "guest")
            make_snapshot(snapshot, zfs, package)
            for test in tests:
                if not self.stopping:
                    self.run(test, zfs, snapshot)

    def run(self, test, zfs, snapshot):
        """Starts the process of one test, and tells how it went."""
        name = f"{test.__name__}-{zfs}"
        logs = os.path.join(LOGS, name)
        shutil.rmtree(logs, ignore_errors=True)
        os.makedirs(logs)
        began = time.monotonic()
        with open(os.path.join(logs, "output.txt"), "w") as output:
            child = subprocess.Popen([sys.executable, sys.argv[0], "--zfs", zfs, "--in-process", snapshot, logs,
                                      test.__name__],
                                     stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            self.children.add(child)
            try:
                status = child.wait(TEST_TIMEOUT)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGINT)        # it collects what it can, and ends its guest
                child.wait()
                status = 1
            self.children.discard(child)
        self.tell(test, zfs, status == 0, time.monotonic() - began, logs)

    def tell(self, test, zfs, passed, seconds, logs):
        result = "ok    " if passed else "FAILED"
        print(f"{result} {seconds:4.0f} s  ZFS {zfs}  {test.__name__}: {inspect.getdoc(test).splitlines()[0]}", flush=True)
        if passed:
            self.passed += 1
            shutil.rmtree(logs)
            return
        self.failed += 1
        with open(os.path.join(logs, "output.txt"), errors="replace") as f:
            lines = f.read().splitlines()
        print("\n".join("       " + line for line in lines[-40:]))
        print(f"       (see {os.path.relpath(logs)})", flush=True)

    def stop(self, *_):
        self.stopping = True
        for child in list(self.children):
            child.send_signal(signal.SIGINT)


def run_all(tests_of, versions, package):
    """`tests_of` gives the tests for a version of ZFS."""
    runner = Runner()
    signal.signal(signal.SIGTERM, runner.stop)
    signal.signal(signal.SIGINT, runner.stop)
    for zfs in versions:
        subprocess.run([os.path.join(HERE, "build-image"), zfs], check=True, stdout=subprocess.DEVNULL)
    # Side by side: two guests, as an emulated processor keeps one real one busy, and waits a lot besides.
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(len(versions), os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(runner.run_all, tests_of(zfs), zfs, package) for zfs in versions]
    for zfs, job in zip(versions, jobs):
        if job.exception():
            print(f"FAILED: the guest with ZFS {zfs}: {job.exception()}")
            runner.failed += 1
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 0 if runner.passed and not runner.failed and not runner.stopping else 1


def main(tests, self_tests):
    known = {test.__name__: test for test in tests + self_tests}
    for test in known.values():
        test.guests = getattr(test, "guests", GUESTS)
    parser = argparse.ArgumentParser(prog="run", description="Nights with real disks, in guests with a real ZFS.")
    parser.add_argument("--zfs", action="append", choices=GUESTS,
                        help="only with this ZFS (default: both; tests that are named run on each)")
    parser.add_argument("--in-process", nargs=2, metavar=("SNAPSHOT", "LOGS"), help=argparse.SUPPRESS)
    parser.add_argument("test", nargs="*", help=", ".join(known))
    args = parser.parse_args()
    unknown = [name for name in args.test if name not in known]
    if unknown:
        parser.error(f"there is no test {unknown[0]}: {', '.join(known)}")
    chosen = [known[name] for name in args.test] or tests
    if args.in_process:
        return run_one(chosen[0], args.zfs[0], *args.in_process)
    package = PACKAGE if any(test in tests for test in chosen) else None
    if package and not os.path.exists(package):
        print("run: there is no build/zmirror.deb: ./dev package makes it", file=sys.stderr)
        return 1
    return run_all(lambda zfs: chosen if args.test else [t for t in chosen if zfs in t.guests],
                   args.zfs or list(GUESTS), package)
