"""tests/system/test_forget.py - what is remembered is forgotten, as somebody says, and nothing else is"""

import contextlib
import sqlite3
import threading

from harness import main, wait_for
from machine import Machine
from screen import Screen

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
    assert box.is_ready(), "nothing is begun anew"
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
    machine.finish_resilver()
    machine.slow = False
    wait_for("put away", lambda: machine.verdict()["verdict"] == "safe" and machine.steps()[-1:] == ["close"], WHOLE_NIGHT)
    box.stop(daemon)


def ledger(box):
    with contextlib.closing(sqlite3.connect(f"file:{box.cache}?mode=ro", uri=True)) as db:
        return sorted(row[0] for row in db.execute("SELECT entity FROM leg")), db.execute("SELECT name FROM pool").fetchall()


def test_a_pool_in_use_keeps_its_book_whatever_was_just_forgotten(box):
    """Right after another forget, and right after the daemon's start, too."""
    machine, daemon = after_a_night(box)
    whole = (["zdev|pool:tank|name:tank-a", "zdev|pool:tank|name:tank-b"], [("tank",)])
    assert ledger(box) == whole
    for _ in range(5):
        box.run("forget", "disk", "blue", status=0)
        assert "pool tank is in use: take it offline first" in box.run("forget", "zpool", "tank", status=1)
    assert ledger(box)[1] == [("tank",)] and whole[0][0] in ledger(box)[0]
    box.stop(daemon)

    release = threading.Event()
    machine.before = lambda name, arguments: name == "zpool" and arguments[0] == "status" and release.wait(30)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    assert "pool tank has not answered yet" in box.run("forget", "zpool", "tank", status=1)
    release.set()
    assert ledger(box)[1] == [("tank",)]
    box.stop(daemon)


def test_what_is_configured_no_longer_is_forgotten_by_its_id(box):
    machine, daemon = after_a_night(box)
    box.config.write_text(box.config.read_text().split("  - !disk")[0])
    box.run("reload-config", status=0)
    wait_for("the picture again", box.is_ready)
    box.run("forget", "zdev|pool:tank|name:tank-b", status=0)
    assert ledger(box) == (["zdev|pool:tank|name:tank-a"], [("tank",)])
    box.run("forget", "zdev|pool:tank|name:tank-b", status=1)
    assert "is forgotten, as somebody said" in box.run("history", status=0)
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


def test_a_person_is_asked_before_the_ledger_goes(box):
    """And is told which pools are without guards then."""
    _, daemon = after_a_night(box)
    screen = Screen(box, "clear-cache", "--ledger")
    box.to_close.append(screen)
    wait_for("the first question", lambda: screen.shows("Go on? [y/N]"))
    screen.type("y\n")
    wait_for("the second question", lambda: screen.shows("Forget the ledger? [y/N]"))
    screen.type("n\n")
    status, lines = screen.end()
    assert status == 1 and lines[-1] == "zmirror: nothing was forgotten", lines
    assert any("was seen again: tank." in line for line in lines), lines
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
