"""tests/system/test_night.py - a disk is plugged in, caught up and put away: by the real daemon, with stand-ins"""

import json
import time

import harness
from harness import wait_for
from machine import Machine

NIGHT = ["open", "online", "offline", "close"]
WHOLE_NIGHT = 60


def started(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    return machine, daemon


def is_put_away(machine):
    return machine.verdict()["verdict"] == "safe" and machine.steps()[-1:] == ["close"]


def test_one_usb_night(box):
    machine, daemon = started(box)
    assert machine.verdict()["verdict"] == "absent"
    machine.plug()
    wait_for("safe to unplug", lambda: is_put_away(machine), WHOLE_NIGHT)
    assert machine.steps() == NIGHT, machine.steps()
    verdict = machine.verdict()
    assert verdict["up_to_date"] and not verdict["errors"], verdict
    machine.unplug()
    wait_for("absent", lambda: machine.verdict()["verdict"] == "absent")
    lines = box.call("io.zmirror.History")["lines"]
    assert [x["kind"] for x in lines].count("resilvered") == 1, lines
    assert "tank-b" in box.run("history", status=0)
    box.stop(daemon)


def test_a_receipt_tells_what_the_disk_carries(box):
    machine, daemon = started(box)
    assert "no receipt" in box.run("receipt", "blue", status=1)
    machine.plug()
    wait_for("safe to unplug", lambda: is_put_away(machine), WHOLE_NIGHT)
    receipt = json.loads(box.run("receipt", "blue", "--json", status=0))
    assert receipt["hrid"] == "disk: blue", receipt
    (leg,) = receipt["legs"]
    assert leg["hrid"] == "zdev: tank-b (tank)" and leg["pool"] == "tank", leg
    assert leg["copy"] == "complete" and leg["found_by"] in ("resilver", "quiet"), leg
    assert leg["txg"] >= leg["sibling_txg"] > 0 and leg["txg_at"] and leg["errors"] is None, leg
    text = box.run("receipt", "disk", "blue", status=0)
    assert f"txg {leg['txg']}" in text and "complete" in text, text
    (told,) = box.call("io.zmirror.Receipt", {"target": {"all": True}})["receipts"]
    assert told["legs"][0]["txg"] == leg["txg"], told
    machine.unplug()
    wait_for("absent", lambda: machine.verdict()["verdict"] == "absent")
    box.stop(daemon)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    assert json.loads(box.run("receipt", "blue", "--json", status=0)) == receipt
    box.stop(daemon)


def test_two_nights_and_a_restart_between(box):
    machine, daemon = started(box)
    for night in (1, 2):
        machine.plug()
        wait_for("safe to unplug", lambda: machine.steps() == NIGHT * night and is_put_away(machine), WHOLE_NIGHT)
        machine.unplug()
        wait_for("absent", lambda: machine.verdict()["verdict"] == "absent")
        box.stop(daemon)
        daemon = box.start()
        wait_for("the first picture", box.is_ready)
        wait_for("absent still", lambda: machine.verdict()["verdict"] == "absent")
    assert machine.steps() == NIGHT * 2, machine.steps()
    box.stop(daemon)


def test_a_leg_stays_while_it_is_resilvered(box):
    machine, daemon = started(box)
    machine.slow = True
    machine.plug()
    wait_for("online", lambda: "online" in machine.steps())
    wait_for("working", lambda: machine.verdict()["verdict"] == "working")
    time.sleep(2)
    assert machine.steps() == ["open", "online"], machine.steps()
    machine.finish_resilver()
    wait_for("safe to unplug", lambda: is_put_away(machine), WHOLE_NIGHT)
    box.stop(daemon)


def test_what_ended_while_the_daemon_was_away_is_noticed(box):
    machine, daemon = started(box)
    machine.slow = True
    machine.plug()
    wait_for("working", lambda: machine.verdict()["verdict"] == "working" and "online" in machine.steps())
    time.sleep(0.5)
    box.stop(daemon)
    machine.finish_resilver()
    daemon = box.start()
    wait_for("safe to unplug", lambda: box.is_ready() and is_put_away(machine), WHOLE_NIGHT)
    assert machine.steps() == NIGHT, machine.steps()
    box.stop(daemon)


def killed_at(box, word):
    """The daemon is killed when it begins that command; a new one finishes the night."""
    machine, daemon = started(box)
    killed = []

    def before(name, arguments):
        if not killed and word in " ".join([name] + arguments[:1]):
            killed.append(True)
            daemon.kill()
            daemon.wait()

    machine.before = before
    machine.plug()
    wait_for("the kill", lambda: killed)
    time.sleep(0.3)
    daemon = box.start()
    wait_for("safe to unplug", lambda: box.is_ready() and is_put_away(machine), WHOLE_NIGHT)
    kinds = [x["kind"] for x in box.call("io.zmirror.History")["lines"]]
    assert kinds.count("resilvered") == 1, kinds
    box.stop(daemon)


def test_killed_while_the_container_is_opened(box):
    killed_at(box, "cryptsetup open")


def test_killed_while_the_leg_goes_online(box):
    killed_at(box, "zpool online")


def test_killed_while_the_leg_goes_offline(box):
    killed_at(box, "zpool offline")


def test_killed_while_the_container_is_closed(box):
    killed_at(box, "cryptsetup close")


def test_by_hand_without_handlers(box):
    machine = Machine(box)
    box.config.write_text(box.config.read_text().replace("log_level: debug",
                                                         "log_level: debug\nenable_event_handlers: no"))
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.plug()
    wait_for("plugged", lambda: machine.verdict()["verdict"] != "absent")
    box.run("online", "zdev", "tank", "tank-b", status=0)
    assert machine.steps() == ["open", "online"]
    box.run("offline", "disk", "blue", status=0)
    assert machine.steps() == NIGHT, machine.steps()
    assert machine.verdict()["verdict"] == "safe"
    box.stop(daemon)


def test_a_disk_that_is_pulled_in_the_middle(box):
    machine, daemon = started(box)
    machine.slow = True
    machine.plug()
    wait_for("online", lambda: "online" in machine.steps())
    machine.unplug()
    wait_for("offline", lambda: "offline" in machine.steps())
    # Without a kernel that tells a mapping's table nobody can see that it is dead once another disk is there.
    wait_for("closed", lambda: machine.mapping is None)
    machine.finish_resilver()
    time.sleep(1)
    kinds = [x["kind"] for x in box.call("io.zmirror.History")["lines"]]
    assert "resilvered" not in kinds, kinds
    assert not machine.verdict()["up_to_date"]
    machine.slow = False
    machine.plug()
    wait_for("the next night", lambda: is_put_away(machine) and machine.verdict()["up_to_date"], WHOLE_NIGHT)
    box.stop(daemon)


harness.main(globals())
