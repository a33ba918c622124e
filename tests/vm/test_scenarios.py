"""Nights and guards as scenarios: the same files are played in the simulated world (the floor `sim`) and here, where the
same commands are expected of zmirror. Where they disagree, the simulated world is wrong."""
import os

import runner
import scenario

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../scenarios")


def make_test(name, zfs):
    """It plays that scenario with that ZFS (with both, if asked by name)."""
    path = os.path.join(SCENARIOS, name + ".scenario")

    def test(night):
        scenario.play(night, path)

    with open(path) as f:
        test.__doc__ = f.readline().removeprefix("#").strip()
    test.__name__ = "scenario_" + name.replace("-", "_")
    return runner.only_on(zfs)(test)


TESTS = [make_test(name, zfs) for name, zfs in (
    ("night-1-usb", "2.1"),
    ("night-2-nested", "2.3"),
    ("night-3-required", "2.3"),
    ("night-4-passphrase", "2.1"),
    ("night-5-killed", "2.3"),
    ("night-5-rebooted", "2.1"),
    ("night-6-stopped", "2.3"),
    ("night-7-pulled", "2.1"),
    ("night-8-by-hand", "2.1"),
    ("stale-import", "2.1"),
    ("half-way-leg", "2.3"),
    ("diverged-leg", "2.3"),
    ("fork", "2.1"),
    ("foreign-pool", "2.3"),
    ("clone", "2.1"),
    ("reformatted-luks", "2.3"),
    ("last-copy", "2.1"),
    ("volume-in-use", "2.1"),
    ("blank-disk", "2.3"),
)]
