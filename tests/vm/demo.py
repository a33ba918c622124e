#!/usr/bin/env python3
"""A night with a real ZFS, to be watched: a USB disk is plugged into a virtual machine, brought up to date, put
away by zmirror, and pulled. `./dev demo --vm` runs it."""
import os
import re
import sys
import tempfile
import threading
import time

import vm
from night import CRYPT, LEG, PACKAGE, PART, Night

# What is worth seeing of zmirror's and the kernel's journal.
SEEN = re.compile(r"zmirror\[\d+\]: (?!.*(?:looking|picture|the clock|started with))|zed\[\d+\]: (?=eid=.*resilver)|"
                  r"kernel: (?=.*(?:Direct-Access|USB disconnect))")


def say(text):
    print(text, flush=True)


class Journal:
    """Prints what happens in the guest as it happens."""

    def __init__(self, night):
        self.night, self.ending = night, False
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def __enter__(self):
        self.night.mark()
        self.cursor = self.night.sh("journalctl -q -n 1 -o cat --show-cursor").splitlines()[-1].removeprefix("-- cursor: ")
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()

    def follow(self):
        while True:
            last = self.ending
            self.show()
            if last:
                return
            time.sleep(1)

    def show(self):
        _, output = self.night.guest.run("journalctl -q --show-cursor -o short --no-hostname "
                                         f"--after-cursor='{self.cursor}'", timeout=60)
        for line in output.splitlines():
            if line.startswith("-- cursor: "):
                self.cursor = line.removeprefix("-- cursor: ")
            elif SEEN.search(line):
                stamp, _, text = line[7:].partition(" ")
                say("  " + stamp + "  " + re.sub(r"^(\w+)\[\d+\]: ", r"\1: ", text))


def type_(night, command):
    say(f"\n# {command}")
    say(night.sh(command) + "\n")


def play(night):
    say("A pool with two legs is made: one disk that stays, and one in LUKS on a USB disk, now in the drawer.")
    night.make_tank()
    night.leave_behind()
    night.guest.throttle("tank-b", 1_500_000)
    type_(night, "zmirror")
    with Journal(night):
        say("8 MB were written meanwhile. The USB disk is plugged in:\n")
        night.guest.plug("tank-b")
        night.wait_resilvering()
        night.wait_until("it is put away", lambda: night.receipts(), 180)
        night.wait_states({LEG: "disconnected", CRYPT: "inactive", PART: "connected"})
    type_(night, "zmirror")
    type_(night, "zpool status tank")
    with Journal(night):
        say("It says that it may be unplugged; so the disk is pulled:\n")
        night.guest.pull("tank-b")
        night.wait_state(PART, "disconnected")
    type_(night, "zmirror")
    say("To play with it yourself: ./dev vm, and ./dev vm plug tank-b from another terminal.")


def main():
    if not os.path.exists(PACKAGE):
        sys.exit("demo: there is no build/zmirror.deb: ./dev package makes it")
    with tempfile.TemporaryDirectory(prefix="zmirror-demo-") as folder:
        with vm.Guest(os.path.join(folder, "guest")) as guest:
            say(f"A Debian with ZFS {guest.zfs} boots in a virtual machine...")
            guest.start()
            guest.install(PACKAGE)
            play(Night(guest))


if __name__ == "__main__":
    try:
        main()
    except vm.Error as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
