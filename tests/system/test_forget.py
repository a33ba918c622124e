"""tests/system/test_forget.py - what is remembered is forgotten, as somebody says, and nothing else is"""

from harness import main, wait_for
from machine import Machine

WHOLE_NIGHT = 60
LEG = ("zdev", "tank", "tank-b")


def after_a_night(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.plug()
    wait_for("put away", lambda: machine.verdict()["verdict"] == "safe" and machine.steps()[-1:] == ["close"], WHOLE_NIGHT)
    machine.unplug()
    wait_for("absent", lambda: machine.verdict()["verdict"] == "absent")
    return machine, daemon


def leg(box):
    return box.call("io.zmirror.Status", {"target": {"type": "zdev", "words": ["tank", "tank-b"]}})["entities"][0]


def last_update(box):
    return leg(box).get("last_update")


def lines_of(box):
    return box.run("history", *LEG, status=0)


def test_a_leg_is_forgotten(box):
    machine, daemon = after_a_night(box)
    assert last_update(box)
    box.run("forget", *LEG, status=0)
    wait_for("the picture again", box.is_ready)
    assert not last_update(box)
    assert "up to date" in lines_of(box), "the history stays"
    machine.plug()
    wait_for("another night", lambda: machine.steps() == ["open", "online", "offline", "close"] * 2, WHOLE_NIGHT)
    assert last_update(box)
    box.stop(daemon)


def test_nothing_in_use_is_forgotten(box):
    machine, daemon = after_a_night(box)
    assert "in use: take it offline first" in box.run("forget", "zpool", "tank", status=1)
    assert "did you mean 'tank-b'" in box.run("forget", "crypt", "tank-c", status=1)
    machine.slow = True
    machine.plug()
    wait_for("online", lambda: leg(box)["state"] == "active")
    assert "in use" in box.run("forget", *LEG, status=1)
    assert last_update(box)
    box.stop(daemon)


def test_not_while_somebody_waits(box):
    machine, daemon = after_a_night(box)
    machine.slow = True
    machine.plug()
    wait_for("online", lambda: leg(box)["state"] == "active")
    box.run("scrub", *LEG, "--no-block", status=0)
    assert "not while requests are open (" in box.run("clear-cache", "--yes", status=1)
    assert last_update(box)
    box.stop(daemon)


def test_the_cache_is_cleared(box):
    _, daemon = after_a_night(box)
    assert "--yes does it without" in box.run("clear-cache", status=2)
    assert last_update(box)
    box.run("clear-cache", "--yes", status=0)
    wait_for("the picture again", box.is_ready)
    assert not last_update(box)
    assert "up to date" not in lines_of(box)
    box.run("clear-cache", "--yes", "--ledger", status=0)
    wait_for("the picture again", box.is_ready)
    box.stop(daemon)
    daemon = box.start()
    wait_for("the picture after a restart", box.is_ready)
    assert not last_update(box)
    box.stop(daemon)


main(globals())
