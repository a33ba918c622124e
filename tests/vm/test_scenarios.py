"""Nights and guards as scenarios: the same files are played in the simulated world (the floor `sim`) and here, where the
same commands are expected of zmirror. Where they disagree, the simulated world is wrong.

Each file in tests/scenarios is played whose words a real world knows, with one ZFS; with both where they differ.
"""
import glob
import hashlib
import os
import re

import runner
from scenery import SceneryOf
from stage import Stage, play

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../scenarios")

# With which ZFS, if that is not left to chance.
ZFS = {
    "night-1-usb": ("2.1", "2.3"),
    "night-7-pulled": ("2.1", "2.3"),       # what a pulled leg is called differs
    "night-5-rebooted": ("2.1",),           # test_nights.py has each stage
    "stale-import": ("2.1", "2.3"),
    "half-way-leg": ("2.1", "2.3"),
    "last-copy": ("2.1", "2.3"),
    "volume-in-use": ("2.1", "2.3"),        # one fails, and the other hangs
    "suspended": ("2.1", "2.3"),
    "checkpoint": ("2.1", "2.3"),
}

# What a real world does not do so that it could be compared, and why.
NOT_HERE = {
    "checkpoint-discarded": "how long ZFS takes from `checkpoint -d` to the resilver that counts is left to chance",
    "lost-at-shutdown": "a disk would have to go and come back between the last txg and the end of the machine",
    "accept-half-copy": "ZFS copies its own data in whatever order, so that half a copy may not be to be imported at all",
}

# What has not been seen to pass in a real world yet. These are played if they are named.
NOT_YET = set("""
    alone-replugged-idle dead-mapping-later eject export-retried handler-fails held-back hung-below last-words
    odd-names offline-before-start offline-held-late offline-while-coming overwritten-leg replugged-while-imported
    scrub-after-resilver scrub-cancelled scrub-given-up scrub-waits-for-sibling scrub-without-leg source-pulled
    stale-two-mirrors stale-while-stopped suspended suspended-raw suspended-stale trims unconfigured-pool
""".split())


def read(path):
    """(what it shows, its lines without configurations)"""
    with open(path) as f:
        text = f.read()
    lines = re.sub(r"^(config|reload)\n.*?^end$", r"\1", text, flags=re.M | re.S).splitlines()
    return lines[0].removeprefix("#").strip(), [line.strip() for line in lines if line.strip() and line[0] != "#"]


def zfs_of(name, lines):
    asked = [line.split()[1] for line in lines if line.startswith("zfs ")]
    return asked or ZFS.get(name) or [runner.GUESTS[hashlib.sha256(name.encode()).digest()[0] % len(runner.GUESTS)]]


def make_test(path, name):
    text, lines = read(path)

    def test(night):
        play(night, path)

    test.__doc__ = text
    test.__name__ = "scenario_" + name.replace("-", "_")
    return runner.test(*zfs_of(name, lines), world=SceneryOf(path))(test)


def playable():
    """{name: test}"""
    for path in sorted(glob.glob(os.path.join(SCENARIOS, "*.scenario"))):
        name = os.path.basename(path).removesuffix(".scenario")
        if name not in NOT_HERE and all(Stage.knows(line.split()) for line in read(path)[1]):
            yield name, make_test(path, name)


PLAYABLE = dict(playable())
TESTS = [test for name, test in PLAYABLE.items() if name not in NOT_YET]
SELF_TESTS = [test for name, test in PLAYABLE.items() if name in NOT_YET]
