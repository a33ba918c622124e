"""tests/system/test_commands.py - what commands show of a night, asked of the real daemon"""

import json
import subprocess

import harness
from harness import wait_for
from machine import Machine


def show(box, *arguments, status=0):
    """What a command printed; on a person's screen if ZMIRROR_TEST_SHOW is set."""
    text = box.run(*arguments, status=status)
    if box.environment().get("ZMIRROR_TEST_SHOW"):
        print(f"$ zmirror {' '.join(arguments)}\n{text}")
    return text


def started(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    return machine, daemon


def test_before_the_disk_comes(box):
    _, daemon = started(box)
    text = show(box, "explain", "zdev", "tank", "tank-b")
    assert "it is not online" in text and "disk blue is not connected" in text, text
    assert "it has never been up to date" in text, text
    assert "may not be unplugged" not in text
    text = show(box, "explain", "zpool", "tank")
    assert "nothing is wanted of it" in text, text
    text = show(box, "explain", "zdev", "--json")
    assert [e["id"] for e in json.loads(text)] == ["zdev|pool:tank|name:tank-a", "zdev|pool:tank|name:tank-b"]
    text = show(box, "status", "zdev", "tank", "tank-b")
    assert "state         disconnected" in text and "last update   never" in text, text
    text = show(box, "explain", "zdev", "tank", "tank-c", status=1)
    assert "did you mean 'tank-" in text, text
    text = show(box, "status", "group", "usb", status=1)
    assert "no entity is in a group 'usb'" in text, text
    box.stop(daemon)


def test_while_it_is_resilvered(box):
    machine, daemon = started(box)
    machine.slow = True
    machine.plug()
    wait_for("working", lambda: machine.verdict()["verdict"] == "working")
    wait_for("a resilver", lambda: "it is not known to be up to date" in box.run("explain", "zdev", "tank", "tank-b"))
    text = show(box, "explain", "zdev", "tank", "tank-b")
    assert "offline is wanted" not in text, text
    assert "disk blue may not be unplugged" in text and "crypt tank-b is in use" in text, text
    rows = {r["id"]: r for r in json.loads(show(box, "status-all", "--json"))}
    leg = rows["zdev|pool:tank|name:tank-b"]
    assert leg["state"] == "active" and leg["watching"] and leg["device"], leg
    assert [o["operation"] for o in leg["operations"]] == ["update"], leg
    pool = rows["zpool|name:tank"]
    assert [o["operation"] for o in pool["operations"]] == ["update"], pool
    show(box, "status", "all")
    show(box, "list")
    show(box)
    machine.finish_resilver()
    wait_for("safe", lambda: machine.verdict()["verdict"] == "safe" and machine.steps()[-1:] == ["close"], 60)
    text = show(box, "explain", "zdev", "tank", "tank-b")
    assert "crypt tank-b is not open" in text and "its handler does when it appears again" in text, text
    show(box, "history")
    box.stop(daemon)


def test_formats_have_the_same_rows(box):
    _, daemon = started(box)
    n = len(json.loads(box.run("list", "--format", "json", status=0)))
    for name in ("csv", "tsv", "plain", "presto", "orgtbl", "jira"):
        lines = box.run("list", "--no-headers", "--format", name, status=0).splitlines()
        assert len(lines) == n, (name, lines)
    text = box.run("list", "--format", "cvs", status=2)
    assert "did you mean 'csv'" in text, text
    box.stop(daemon)


def test_a_full_disk_is_told(box):
    _, daemon = started(box)
    with open("/dev/full", "w") as full:
        done = subprocess.run([harness.ZMIRROR, "list"], env=box.environment(), stdout=full, timeout=60,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "cannot write the output" in done.stderr, done
    box.stop(daemon)


harness.main(globals())
