#!/usr/bin/env python3
"""A Debian guest with a real ZFS and with zmirror, to be used by hand.

Without a command it is booted and gives a root shell. In it waits a pool, `tank`: a mirror of the disk tank-a,
which is always there, and of a leg in a LUKS container on the disk tank-b, which is away. zmirror looks after it
(/etc/zmirror/zmirror.yml). In a second terminal:

    ./dev vm plug tank-b      and zmirror opens it, lets ZFS resilver, and puts it away; in the guest,
                              `zmirror watch` shows each step, and `zmirror` whether it may be unplugged
    ./dev vm pull tank-b      when zmirror says so; or in the middle, to see what happens then
    ./dev vm plug c           an empty disk, as is each under a name that is new; d, e ...
    ./dev vm throttle tank-b 1000000      bytes per second, to have more time to look
    ./dev vm stop             the guest goes on until then, also when its shell is left with Ctrl-]

The first time of all it is built, which takes some ten minutes (zfs.ko is compiled). A guest and its disks lie in
$ZMIRROR_VM_DIR (default: /tmp/zmirror-vm-<uid>), so that there may be several.
"""
import argparse
import contextlib
import os
import select
import shlex
import shutil
import sys
import tempfile
import termios
import time
import tty

import vm
from night import PACKAGE, Night

LEAVE = b"\x1d"                         # Ctrl-]

WELCOME = """
A root shell in the guest: try `zmirror`, `zmirror list`, `zmirror watch`. In a second terminal:
    ./dev vm plug tank-b          (then: pull; --help tells more)
Ctrl-] leaves this shell; the guest goes on until: ./dev vm stop
"""


def join_shell(guest):
    """Joins this terminal and the guest's second serial line."""
    columns, lines = shutil.get_terminal_size()
    guest.sh("systemctl start vm-shell; sleep 0.3")
    with vm.connect(guest.path("shell.sock"), None) as sock:
        sock.sendall(f" stty cols {columns} rows {lines}; export TERM={shlex.quote(os.environ.get('TERM', 'vt100'))}; "
                     "clear\r".encode())
        before = termios.tcgetattr(0)
        tty.setraw(0)
        try:
            while copy(sock):
                pass
        finally:
            termios.tcsetattr(0, termios.TCSADRAIN, before)
            print()


def copy(sock):
    """What comes next, from either side; False at the end."""
    ready, _, _ = select.select([0, sock], [], [])
    if 0 in ready:
        data = os.read(0, 4096)
        if not data or LEAVE in data:
            return False
        sock.sendall(data)
    if sock in ready:
        data = sock.recv(4096)
        if not data:
            return False
        os.write(1, data)
    return True


def start(guest, args):
    began = time.monotonic()
    package = args.package or (PACKAGE if os.path.exists(PACKAGE) else None)
    print(f"booting a guest with ZFS {guest.zfs} in {guest.folder}", flush=True)
    guest.start(keep=args.keep, detached=True)
    if package:
        guest.install(package)
    if package and not args.keep and not args.empty:
        print("making the pool tank", flush=True)
        night = Night(guest)
        night.make_tank()
        night.start_zmirror()
        night.write("while-tank-b-was-away", 8)
    print(f"up after {time.monotonic() - began:.0f} s" + ("" if package else "; without zmirror, ./dev package makes it"))


def shell(guest, args):
    if not sys.stdin.isatty():
        raise vm.Error("a shell needs a terminal; ./dev vm exec runs a script")
    if not guest.pid():
        start(guest, args)
    print(WELCOME, flush=True)
    join_shell(guest)


def execute(guest, args):
    words = args.script[1:] if args.script[:1] == ["--"] else args.script
    script = (words[0] if len(words) == 1 else shlex.join(words)) if words else sys.stdin.read()
    return guest.run(script, args.timeout, sys.stdout.buffer)[0]


def plug(guest, args):
    new = not os.path.exists(guest.path("disks", args.disk + ".img"))
    guest.plug(args.disk, args.bus, args.size)
    print(f"{args.disk} is plugged in" + (f": a new, empty disk of {args.size}" if new else ""))


def stop(guest, _):
    guest.stop()
    print(f"it is off; ./dev vm start --keep boots it again, ./dev vm remove removes {guest.folder}")


def console(guest, _):
    with open(guest.path("console.log"), errors="replace") as f:
        sys.stdout.write(f.read())


# What each command does, and whether it needs a guest that runs.
COMMANDS = {
    "shell": (shell, False),
    "start": (start, False),
    "exec": (execute, True),
    "plug": (plug, False),
    "pull": (lambda guest, args: guest.pull(args.disk), False),
    "throttle": (lambda guest, args: guest.throttle(args.disk, args.bytes_per_second), False),
    "fail": (lambda guest, args: guest.fail(args.disk, args.state == "on"), True),
    "kill": (lambda guest, _: guest.power_cut(), True),
    "stop": (stop, True),
    "remove": (lambda guest, _: guest.close(), False),
    "console": (console, False),
}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev vm", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", metavar="command")

    def verb(name, text, *arguments):
        sub = verbs.add_parser(name, help=text, description=text)
        for names, options in arguments:
            sub.add_argument(*names, **options)

    disk = (["disk"], {"help": "its name"})
    options = [(["--zfs"], {"default": "2.3", "choices": ("2.3", "2.1")}),
               (["--package"], {"metavar": "DEB", "help": "install this build of zmirror (default: build/zmirror.deb)"}),
               (["--empty"], {"action": "store_true", "help": "without the pool tank"}),
               (["--keep"], {"action": "store_true", "help": "boot the guest that was here, with its disks"})]
    verb("shell", "a root shell in the guest, which is booted first if need be", *options)
    verb("start", "boot a guest", *options)
    verb("exec", "run a command, or a script from standard input, in the guest",
         (["-t", "--timeout"], {"type": float, "default": 600, "metavar": "SECONDS"}),
         (["script"], {"nargs": argparse.REMAINDER}))
    verb("plug", "plug a disk in; one that is new is made", disk,
         (["--bus"], {"default": "usb", "choices": ("usb", "scsi", "uas")}),
         (["--size"], {"default": "256M"}))
    verb("pull", "pull a disk out; the guest is not asked", disk)
    verb("throttle", "make a disk slow", disk, (["bytes_per_second"], {"type": int, "help": "0: fast again"}))
    verb("fail", "let all reads and writes of a disk fail", disk,
         (["state"], {"nargs": "?", "default": "on", "choices": ("on", "off")}))
    verb("kill", "cut the power; `start --keep` boots it again")
    verb("stop", "shut the guest down")
    verb("remove", "cut the power, and remove the guest with its disks")
    verb("console", "what the guest's kernel has printed")
    arguments = sys.argv[1:]
    if not any(not word.startswith("-") for word in arguments) and not {"-h", "--help"} & set(arguments):
        arguments.insert(0, "shell")
    return parser.parse_args(arguments)


def main():
    args = parse_arguments()
    folder = os.environ.get("ZMIRROR_VM_DIR") or os.path.join(tempfile.gettempdir(), f"zmirror-vm-{os.getuid()}")
    guest = vm.Guest(folder, getattr(args, "zfs", "2.3"))
    command, needs_guest = COMMANDS[args.verb]
    if needs_guest and not guest.pid():
        raise vm.Error("no guest is running; ./dev vm boots one")
    if args.verb not in ("shell", "start", "remove") and not os.path.isdir(guest.folder):
        raise vm.Error("there is no guest; ./dev vm boots one")
    return command(guest, args) or 0


if __name__ == "__main__":
    try:
        with contextlib.suppress(KeyboardInterrupt):
            sys.exit(main())
        sys.exit(130)
    except (vm.Error, OSError) as error:
        sys.exit(f"vm: {error}")
