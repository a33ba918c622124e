"""tests/system/test_silent.py - a pool that is imported, and does not answer"""

import harness
from harness import wait_for
from machine import Machine

FAILS = "echo 'cannot say: interrupted' >&2; exit 1"
HANGS = "trap '' TERM INT HUP; while :; do sleep 1; done"
DATES = {"columns": ["id", "state", "last_online", "last_update"]}


def put_away(machine):
    return machine.verdict()["verdict"] == "safe" and machine.steps()[-1:] == ["close"]


def entity(box, name):
    return next(e for e in box.call("io.zmirror.List", DATES)["entities"] if e["id"] == name)


def history(box, kind=None):
    lines = box.call("io.zmirror.History")["lines"]
    return [x["text"] for x in lines if kind in (None, x["kind"])]


def resilvering(box):
    """The disk is being caught up, and the daemon has been stopped."""
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.slow = True
    machine.plug()
    wait_for("working", lambda: "online" in machine.steps() and machine.verdict()["verdict"] == "working")
    wait_for("online", lambda: entity(box, "zdev|pool:tank|name:tank-b")["state"] == "active")
    box.stop(daemon)
    return machine


def test_a_pool_that_cannot_answer_at_the_start_is_not_taken_for_exported(box):
    machine = resilvering(box)
    machine.override["zpool status"] = FAILS
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    before = history(box)
    wait_for("its name", lambda: history(box, "no_answer"))
    assert "pool tank does not answer" in history(box, "no_answer")[0]
    assert machine.steps() == ["open", "online"], machine.steps()
    assert [x for x in history(box) if x not in before] == history(box, "no_answer"), history(box)
    assert entity(box, "zpool|name:tank")["state"] == "unknown"
    verdict = machine.verdict()
    assert verdict["verdict"] == "busy" and "pool tank does not answer" in verdict["text"], verdict
    said = box.run("health", status=3)
    assert "does not answer" in said, said
    assert "does not answer" in box.run("explain", "zdev", "tank", "tank-b", status=0)

    # It is asked again by itself, and then the night goes on.
    machine.override.clear()
    wait_for("its answer", lambda: history(box, "answers"))
    assert entity(box, "zdev|pool:tank|name:tank-b")["state"] == "active"
    machine.finish_resilver()
    wait_for("safe to unplug", lambda: put_away(machine), 60)
    assert machine.steps() == ["open", "online", "offline", "close"], machine.steps()
    assert len(history(box, "resilvered")) == 1, history(box)
    box.stop(daemon)


def test_nothing_waits_for_a_pool_that_hangs_at_the_start(box):
    machine = Machine(box)
    machine.override["zpool status"] = HANGS
    daemon = box.start()
    wait_for("the first picture", box.is_ready, 5)
    machine.plug()
    wait_for("the container is opened meanwhile", lambda: machine.steps() == ["open"], 5)
    wait_for("the verdict", lambda: "pool tank has not answered yet" in machine.verdict()["text"], 5)
    assert "has not answered yet" in box.run("health", status=3)
    box.stop(daemon)


def test_dates_of_a_leg_outlive_a_restart_with_a_silent_pool(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.plug()
    wait_for("safe to unplug", lambda: put_away(machine), 60)
    before = entity(box, "zdev|pool:tank|name:tank-b")
    box.stop(daemon)
    machine.override["zpool status"] = FAILS
    daemon = box.start()
    wait_for("its name", lambda: box.is_ready() and history(box, "no_answer"))
    machine.override.clear()
    wait_for("its answer", lambda: history(box, "answers"))
    after = entity(box, "zdev|pool:tank|name:tank-b")
    assert before == after, (before, after)
    assert machine.verdict()["verdict"] == "safe", machine.verdict()
    box.stop(daemon)


def test_a_pool_that_stops_answering_is_named_until_it_does(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    wait_for("its answer", lambda: entity(box, "zpool|name:tank")["state"] == "connected")
    machine.override["zpool status"] = FAILS
    assert box.trigger(ZEVENT_CLASS="sysevent.fs.zfs.config_sync", ZEVENT_POOL="tank") == 0
    wait_for("its name", lambda: history(box, "no_answer"))
    assert "does not answer" in box.run("status", "zpool", "tank", status=0)
    assert "does not answer" in box.run("health", status=3)
    assert "does not answer" in box.run("explain", "zpool", "tank", status=0)
    assert entity(box, "zpool|name:tank")["state"] == "connected", "what it said last stands"
    machine.override.clear()
    wait_for("its answer", lambda: history(box, "answers"))
    assert len(history(box, "no_answer")) == 1, history(box)
    assert "does not answer" not in box.run("status", "zpool", "tank", status=0)
    box.stop(daemon)


harness.main(globals())
