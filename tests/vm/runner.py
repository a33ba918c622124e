"""Runs tests, each in a process and a guest of its own, and says in one line per test how it went.

First each version of ZFS gets its two snapshots (night.py: `prepare`), from which its tests go on. Then as many
tests run side by side as there are processors, whatever their version, in the order of the list; so the long
ones stand in front.
"""
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
from night import PACKAGE, Night, prepare

HERE = os.path.dirname(os.path.abspath(__file__))
LOGS = os.path.join(HERE, "../../build/vm-logs")
TEST_TIMEOUT = 1800
GUESTS = ("2.3", "2.1")


def only_on(*guests):
    """A long test whose subject is not the version of ZFS."""
    def mark(test):
        test.guests = guests
        return test
    return mark


# What is kept of a guest in which a test has failed, and with --keep-logs of each.
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


def interrupt(*_):
    """A second Ctrl-C must not keep us from ending the guest."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def time_is_up(*_):
    raise vm.Error(f"the test has not ended in {TEST_TIMEOUT} s")


def run_one(test, zfs, snapshots, logs, keep_logs):
    """In the process of one test. The guest ends with it, however it ends."""
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGALRM, time_is_up)
    signal.alarm(TEST_TIMEOUT)
    folder = tempfile.mkdtemp(prefix="zmirror-night-")
    guest = vm.Guest(os.path.join(folder, "guest"), zfs)
    try:
        test(Night(guest, snapshots))
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
        shutil.rmtree(folder, ignore_errors=True)


class Runner:
    def __init__(self, folder, package, keep_logs):
        self.folder = folder            # of the snapshots
        self.package = package
        self.keep_logs = keep_logs
        self.passed = self.failed = 0
        self.stopping = False
        self.children = set()

    def snapshots(self, zfs):
        return os.path.join(self.folder, zfs)

    def prepare(self, zfs):
        """True if the snapshots of this ZFS are there."""
        logs = self.make_logs(f"prepare-{zfs}")
        began = time.monotonic()
        arguments = ["--package", self.package] if self.package else []
        passed = self.run_child(logs, ["--zfs", zfs, "--prepare", self.snapshots(zfs), *arguments])
        if not passed and not self.stopping:
            self.failed += 1
            self.tell(f"FAILED {time.monotonic() - began:4.0f} s  ZFS {zfs}  the guest from which all go on", logs)
        return passed

    def run(self, test, zfs, prepared):
        """Runs one test, and tells how it went."""
        if not prepared.result() or self.stopping:
            return
        logs = self.make_logs(f"{test.__name__}-{zfs}")
        began = time.monotonic()
        passed = self.run_child(logs, ["--zfs", zfs, "--in-process", self.snapshots(zfs), logs, test.__name__,
                                       *(["--keep-logs"] if self.keep_logs else [])])
        if self.stopping:
            return
        line = f"{time.monotonic() - began:4.0f} s  ZFS {zfs}  {test.__name__}: {inspect.getdoc(test).splitlines()[0]}"
        if passed:
            self.passed += 1
            print(f"ok     {line}", flush=True)
            if not self.keep_logs:
                shutil.rmtree(logs)
        else:
            self.failed += 1
            self.tell(f"FAILED {line}", logs)

    def make_logs(self, name):
        logs = os.path.join(LOGS, name)
        shutil.rmtree(logs, ignore_errors=True)
        os.makedirs(logs)
        return logs

    def run_child(self, logs, arguments):
        """This program again, which ends with us. A session of its own: Ctrl-C reaches it through us, once."""
        if self.stopping:
            return False
        with open(os.path.join(logs, "output.txt"), "w") as output:
            child = subprocess.Popen(["setpriv", "--pdeathsig", "INT", sys.executable, sys.argv[0], *arguments],
                                     stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
            self.children.add(child)
            status = child.wait()
            self.children.discard(child)
        return status == 0

    def tell(self, line, logs):
        with open(os.path.join(logs, "output.txt"), errors="replace") as f:
            lines = f.read().splitlines()
        print("\n".join([line, *("       " + line for line in lines[-60:]), f"       (see {os.path.relpath(logs)})"]),
              flush=True)

    def stop(self, *_):
        self.stopping = True
        for child in list(self.children):
            child.send_signal(signal.SIGINT)


def run_all(jobs, package, keep_logs, side_by_side):
    """`jobs`: (test, version of ZFS)."""
    versions = list(dict.fromkeys(zfs for _, zfs in jobs))
    for zfs in versions:
        subprocess.run([os.path.join(HERE, "build-image"), zfs], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="zmirror-base-") as folder:
        runner = Runner(folder, package, keep_logs)
        signal.signal(signal.SIGTERM, runner.stop)
        signal.signal(signal.SIGINT, runner.stop)
        with concurrent.futures.ThreadPoolExecutor(max_workers=side_by_side) as pool:
            prepared = {zfs: pool.submit(runner.prepare, zfs) for zfs in versions}
            done = [pool.submit(runner.run, test, zfs, prepared[zfs]) for test, zfs in jobs]
        for job in done:
            job.result()                # an error of ours is no failed test
    if runner.stopping:
        print("interrupted")
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 0 if runner.passed == len(jobs) else 1


def main(tests, self_tests):
    known = {test.__name__: test for test in tests + self_tests}
    parser = argparse.ArgumentParser(prog="run", description="Nights with real disks, in guests with a real ZFS.")
    parser.add_argument("--zfs", action="append", choices=GUESTS, help="only with this ZFS")
    parser.add_argument("--every", action="store_true", help="each test with each ZFS; else the long ones run with "
                        "one of them (tests that are named always run with each)")
    parser.add_argument("--keep-logs", action="store_true", help="of tests that pass, too, in build/vm-logs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="so many side by side "
                        "(default: as many as there are processors)")
    for hidden, count in (("--prepare", 1), ("--package", 1), ("--in-process", 2)):
        parser.add_argument(hidden, nargs=count, help=argparse.SUPPRESS)
    parser.add_argument("test", nargs="*", help=", ".join(known))
    args = parser.parse_args()
    if args.prepare:
        signal.signal(signal.SIGINT, interrupt)
        return prepare(args.prepare[0], args.zfs[0], args.package and args.package[0])
    unknown = [name for name in args.test if name not in known]
    if unknown:
        parser.error(f"there is no test {unknown[0]}: {', '.join(known)}")
    chosen = [known[name] for name in args.test] or tests
    if args.in_process:
        return run_one(chosen[0], args.zfs[0], *args.in_process, args.keep_logs)
    package = PACKAGE if any(test in tests for test in chosen) else None
    if package and not os.path.exists(package):
        print("run: there is no build/zmirror.deb: ./dev package makes it", file=sys.stderr)
        return 1
    return run_all([(test, zfs) for test in chosen for zfs in args.zfs or GUESTS
                    if args.every or args.test or zfs in getattr(test, "guests", GUESTS)],
                   package, args.keep_logs, args.jobs)
