"""tests/system/harness.py - the real daemon in a folder of its own, with stand-ins for what it runs

Arguments: zmirror, zmirror-trigger, the stage of umockdev, rundir.so, and names of tests (all, if there are none).

A test is a function test_...(box) of a file that ends with `harness.main(globals())`. `box` is a Box: a temporary
folder with a configuration, a state file, a socket, kernel statistics, and programs that stand first in PATH.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ZMIRROR, TRIGGER = (str(pathlib.Path(p).resolve()) for p in sys.argv[1:3])

CONFIG = """--- !zmirror
log_level: debug
content:
  - !zpool
    name: tank
    backed_by:
      - !mirror
        devices: [tank-a, tank-b]
  - !part
    name: tank-a
    unpluggable: yes
    content:
      - !zdev
        pool: tank
  - !part
    name: tank-b
    unpluggable: yes
    content:
      - !zdev
        pool: tank
"""

# Programs that answer like on a machine without pools. `zpool events -f` goes on until it is killed.
STAND_INS = {
    "zpool": """case "$1" in
    events) exec sleep 1000 ;;
    status) echo "cannot open '$(eval echo \\${$#})': no such pool" >&2; exit 1 ;;
    *) echo "zpool $*: not in this test" >&2; exit 1 ;;
esac""",
    "zfs": 'echo "zfs $*: not in this test" >&2; exit 1',
    "cryptsetup": 'echo "cryptsetup $*: not in this test" >&2; exit 1',
    "udevadm": "exit 0",
}


def wait_for(what, condition, seconds=30.0):
    """Until the condition is true; what it returned. No test sleeps for a fixed time."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


class Error(Exception):
    """The daemon answered with an error."""


class Connection:
    """A client of the socket that may misbehave."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.rest = b""

    def send(self, data):
        self.socket.sendall(data)

    def send_call(self, method, parameters=None, **flags):
        call = {"method": method, "parameters": parameters or {}, **flags}
        self.send(json.dumps(call).encode() + b"\0")

    def receive(self):
        """The next message, or None at the end."""
        while b"\0" not in self.rest:
            data = self.socket.recv(1 << 16)
            if not data:
                return None
            self.rest += data
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, parameters=None):
        """The parameters of the one reply."""
        self.send_call(method, parameters)
        reply = self.receive()
        if reply is None:
            raise Error("the connection was closed")
        if "error" in reply:
            raise Error(f"{reply['error']}: {reply.get('parameters')}")
        return reply["parameters"]

    def close(self):
        self.socket.close()


class Box:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zmirror-system-"))
        self.config = self.folder / "zmirror.yml"
        self.cache = self.folder / "state" / "zmirror.db"
        self.socket = self.folder / "zmirror.socket"
        self.kstat = self.folder / "kstat"
        self.programs = self.folder / "bin"
        self.log = self.folder / "log"
        self.ran = self.folder / "ran"
        self.daemons = []
        self.more_environment = {}  # of daemons
        self.to_close = []
        self.kstat.mkdir()
        self.programs.mkdir()
        self.config.write_text(CONFIG)
        for name, text in STAND_INS.items():
            self.stand_in(name, text)

    def stand_in(self, name, text):
        """A program; what it is called with is a line of `ran`, its pid of `pids`."""
        path = self.programs / name
        new = path.with_suffix(".new")
        new.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.ran}\necho $$ >>{self.folder}/pids\n{text}\n')
        new.chmod(0o755)
        new.rename(path)

    def pool(self, name, state="ONLINE"):
        """A pool in the kernel's statistics; None: it is not imported."""
        folder = self.kstat / name
        if state is None:
            shutil.rmtree(folder, ignore_errors=True)
            return
        if not folder.exists():
            folder.mkdir()
            (folder / "iostats").write_text(f"30 1 0x01 26 7072 {time.monotonic_ns()} 1\n")
        (folder / "state").write_text(state + "\n")
        (folder / "guid").write_text("1\n")

    def environment(self):
        return {
            **os.environ,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "ZMIRROR_CONFIG_PATH": str(self.config),
            "ZMIRROR_CACHE_PATH": str(self.cache),
            "ZMIRROR_SOCKET_PATH": str(self.socket),
            "ZMIRROR_KSTAT_DIR": str(self.kstat),
            "ASAN_OPTIONS": "detect_leaks=1:exitcode=99:verify_asan_link_order=0",
            "TZ": "UTC",
        }

    def launch(self, *arguments, limits=None):
        """Starts a daemon and waits for nothing."""
        log = open(self.log, "ab")
        environment = self.environment()
        environment.update(self.more_environment)
        environment["NOTIFY_SOCKET"] = str(self.folder / "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.folder / "notify")
        self.notify.bind(str(self.folder / "notify"))
        self.notified = ""
        threading.Thread(target=self.read_notify, args=(self.notify,), daemon=True).start()
        daemon = subprocess.Popen([ZMIRROR, "daemon", *arguments], env=environment, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, preexec_fn=limits)
        log.close()
        self.daemons.append(daemon)
        return daemon

    def start(self, **options):
        """A daemon that has said READY=1."""
        daemon = self.launch(**options)
        wait_for("READY=1", lambda: "READY=1" in self.notified or daemon.poll() is not None)
        if daemon.poll() is not None:
            raise AssertionError(f"the daemon ended with {daemon.returncode}")
        return daemon

    def read_notify(self, notify):
        """In a thread, as systemd would: a daemon that tells much must not wait for its reader."""
        with contextlib.suppress(OSError):
            while True:
                self.notified += notify.recv(4096).decode() + "\n"

    def stop(self, daemon, expected=0, seconds=2.0, by=signal.SIGTERM):
        """Ends it; it has to be gone within that time (ten times that under a sanitizer's burden is no excuse)."""
        begun = time.monotonic()
        daemon.send_signal(by)
        status = daemon.wait(timeout=30)
        took = time.monotonic() - begun
        assert status == expected, f"the daemon ended with {status}, not {expected}"
        assert took < seconds, f"stopping took {took:.1f} s"

    def connect(self):
        return Connection(str(self.socket))

    def call(self, method, parameters=None):
        connection = self.connect()
        try:
            return connection.call(method, parameters)
        finally:
            connection.close()

    def is_ready(self):
        return self.call("io.zmirror.Version")["ready"]

    def run(self, *arguments, status=None):
        """A command of the program: its standard output and error, together."""
        done = subprocess.run([ZMIRROR, *arguments], env=self.environment(), stdin=subprocess.DEVNULL, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if status is not None:
            assert done.returncode == status, f"zmirror {arguments} ended with {done.returncode}: {done.stdout}"
        return done.stdout

    def trigger(self, **environment):
        return subprocess.run([TRIGGER], env={**self.environment(), **environment}, timeout=60, check=False).returncode

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def log_has(self, text):
        return text in self.log_text()

    def commands(self):
        return self.ran.read_text().splitlines() if self.ran.exists() else []

    def close(self):
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()
        # The children of the daemon outlive it on purpose; those of a test do not.
        pids = self.folder / "pids"
        for pid in pids.read_text().split() if pids.exists() else []:
            with contextlib.suppress(OSError):
                if str(self.folder).encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes():
                    os.kill(int(pid), signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Skipped(Exception):
    """What a test needs is not on this machine; says what."""


def program(name, where):
    """The path of a program that a test is about."""
    path = shutil.which(name)
    if not path:
        raise Skipped(f"there is no {name} here ({where})")
    return path


def main(names):
    """Runs the tests of a file, or those that are named on the command line."""
    wanted = sys.argv[5:]
    passed = failed = 0
    stop_at = time.monotonic() + 400  # a test run that is broken as a whole says so in time
    for name, test in list(names.items()):
        if time.monotonic() > stop_at:
            failed += 1
            print("FAILED: no time left for the other tests")
            break
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        box = Box()
        begun = time.monotonic()
        try:
            test(box)
            for daemon in box.daemons:
                assert daemon.returncode != 99, "a sanitizer reported something"
            passed += 1
            print(f"ok {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        except Skipped as e:
            print(f"skipped {name}: {e}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}--- log of the daemon:\n{box.log_text()[-6000:]}",
                  flush=True)
        finally:
            for thing in box.to_close:
                thing.close()
            box.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
