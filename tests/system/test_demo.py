"""The demonstration: it tells its story to the end, and leaves nothing behind."""

import signal
import subprocess
import time

import harness


def play(box, *arguments):
    """A demo whose folder is made in ours."""
    return subprocess.Popen([harness.ZMIRROR, "demo", *arguments], stdin=subprocess.DEVNULL, text=True,
                            env={**box.environment(), "XDG_RUNTIME_DIR": str(box.folder)},
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check_nothing_left(box):
    left = list(box.folder.glob("zmirror-demo-*"))
    assert not left, f"it left {left}"


# What has to be told, in this order; each is a part of a line.
STORY = (
    "Monday",
    "you     plug blue",
    "zmirror cryptsetup open /dev/disk/by-partlabel/blue blue",
    "zmirror zpool online tank /dev/mapper/blue",
    "zfs     resilver_finish tank",
    "zmirror zpool offline tank /dev/mapper/blue",
    "zmirror cryptsetup close blue",
    "$ zmirror",
    "may be unplugged",
    "Tuesday",
    "zmirror zpool import -o cachefile=none -d /dev/mapper/red vault",
    "$ zmirror status zdev tank zvol/vault/tank",
    "update        running since",
    "zmirror zfs snapshot vault/tank@zmirror-",
    "zmirror zpool export vault",
    "Thursday",
    "$ zmirror history zdev tank blue",
    "is not up to date: it was disconnected before its resilver had ended",
    "you     plug blue",
    "has errors",
    "$ zpool clear tank",
    "zmirror zpool offline tank /dev/mapper/blue",
    "Saturday",
    "$ zmirror list scrub overdue",
    "zdev: blue (tank)",
    "$ zmirror scrub zdev tank blue",
    "zmirror zpool scrub tank",
    "zfs     scrub_finish tank",
    "Sunday",
    "$ zmirror list",
    "overdue for",
    "What to type next:",
)


def check_story(box, demo, seconds):
    out, errors = demo.communicate(timeout=seconds)
    assert demo.returncode == 0, f"it ended with {demo.returncode}: {out[-2000:]}{errors}"
    lines = iter(out.splitlines())
    for part in STORY:
        assert any(part in line for line in lines), f"'{part}' is not told where it should be:\n{out}"
    check_nothing_left(box)


def test_the_week_is_played_to_its_end(box):
    check_story(box, play(box, "--quick"), 80)


def test_the_week_is_played_at_a_pace_that_one_can_follow(box):
    began = time.monotonic()
    check_story(box, play(box), 200)
    assert time.monotonic() - began > 20, "it was too fast to follow"


def test_an_interrupted_demo_leaves_nothing(box):
    demo = play(box)
    harness.wait_for("the first line", lambda: demo.stdout.readline().startswith("  "))
    demo.send_signal(signal.SIGINT)
    _, errors = demo.communicate(timeout=30)
    assert demo.returncode == 128 + signal.SIGINT, f"it ended with {demo.returncode}: {errors}"
    assert errors == "", f"it complained: {errors}"
    check_nothing_left(box)


def test_a_wrong_option_is_told(box):
    assert "--fast" in box.run("demo", "--fast", status=2)
    assert "tomorrow" in box.run("demo", "tomorrow", status=2)


harness.main(globals())
