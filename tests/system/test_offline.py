"""tests/system/test_offline.py - somebody takes things offline, and what is said then"""

import time

import harness
from harness import wait_for
from machine import Machine


def started(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the pool's answer", lambda: box.is_ready() and {"id": "zpool|name:tank", "state": "connected"} in
             box.call("io.zmirror.List", {"columns": ["id", "state"]})["entities"])
    return machine, daemon


def working(box):
    machine, daemon = started(box)
    machine.slow = True
    machine.plug()
    wait_for("online", lambda: "online" in machine.steps() and machine.verdict()["verdict"] == "working")
    wait_for("seen", lambda: "updating" in machine.verdict()["text"])
    return machine, daemon


def by_hand(box):
    machine = Machine(box)
    box.config.write_text(box.config.read_text().replace("log_level: debug",
                                                         "log_level: debug\nenable_event_handlers: no"))
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.plug()
    wait_for("plugged", lambda: machine.verdict()["verdict"] == "safe")
    return machine, daemon


def test_what_is_offline_may_be_unplugged_at_once(box):
    machine, daemon = working(box)
    begun = time.monotonic()
    box.run("offline", "disk", "blue", status=0)
    # its mapping was there before cryptsetup ended: there is nothing for udev to show yet
    assert time.monotonic() - begun < 20, time.monotonic() - begun
    said = box.run(status=0)
    assert "may be unplugged" in said and "blue" in said, said
    assert machine.steps() == ["open", "online", "offline", "close"], machine.steps()
    box.stop(daemon)


def exported(machine, box):
    """`zpool export` works."""
    def before(name, arguments):
        if name == "zpool" and arguments[0] == "export":
            machine.leg_states = {k: "OFFLINE" for k in machine.leg_states}
            box.pool("tank", None)

    machine.before = before
    machine.override["zpool export"] = "exit 0"


def test_a_disk_is_ejected(box):
    machine, daemon = by_hand(box)
    box.run("online", "zdev", "tank", "tank-b", status=0)
    out = box.run("eject", "blue", status=0)
    assert "done, but" not in out and "blue is powered off, and may be unplugged" in out, out
    assert machine.verdict()["verdict"] == "absent"
    assert box.commands()[-1].startswith("zmirror power-off /dev/"), box.commands()
    kinds = [x["kind"] for x in box.call("io.zmirror.History")["lines"]]
    assert kinds.count("safe") == 1 and kinds.index("safe") < kinds.index("disconnected"), kinds
    assert "complete" in box.run("receipt", "blue", status=0)
    assert "powered off" in box.run("history", "disk", "blue", status=0)
    box.stop(daemon)


def test_a_disk_that_cannot_be_ejected_may_be_unplugged(box):
    machine, daemon = by_hand(box)
    machine.override["zmirror power-off"] = "echo 'it stays'; exit 0"
    out = box.run("eject", "disk", "blue", status=0)
    assert "done, but it stays" in out, out
    assert machine.verdict()["verdict"] == "safe"
    machine.override["zmirror power-off"] = "echo 'it cannot' >&2; exit 1"
    out = box.run("eject", "blue", "--no-block", status=0)
    wait_for("a retry", lambda: box.commands().count(box.commands()[-1]) >= 3)
    box.run("eject", "blue", "--cancel", status=0)
    wait_for("safe", lambda: machine.verdict()["verdict"] == "safe")
    assert "is for disk" in box.run("eject", "zpool", "tank", status=1)
    assert "no disk" in box.run("eject", "green", status=1)
    box.stop(daemon)


def test_all_goes_offline_together(box):
    machine, daemon = started(box)
    exported(machine, box)
    box.run("offline", "all", status=0)
    assert [c for c in box.commands() if c.startswith("zpool offline")] == [], "export takes the legs along"
    assert "zpool export tank" in box.commands()
    box.stop(daemon)


def test_a_group_goes_offline_together(box):
    machine = Machine(box)
    text = box.config.read_text().replace("  - !part\n    name: tank-a", "  - !part\n    groups: [g]\n    name: tank-a")
    box.config.write_text(text.replace("    name: tank\n", "    name: tank\n    groups: [g]\n", 1))
    exported(machine, box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    box.run("offline", "group", "g", status=0)
    box.stop(daemon)


def test_a_program_that_is_not_there_fails_at_once(box):
    machine, daemon = started(box)
    box.stop(daemon)
    (box.programs / "cryptsetup").unlink()
    box.more_environment["PATH"] = f"{box.programs}:/usr/bin:/bin"
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.plug()
    wait_for("plugged", lambda: machine.verdict()["verdict"] != "absent")
    begun = time.monotonic()
    said = box.run("online", "crypt", "tank-b", status=1)
    assert "cryptsetup open: could not be started" in said, said
    assert time.monotonic() - begun < 5
    box.stop(daemon)


def test_only_what_is_busy_is_called_busy(box):
    machine, daemon = working(box)
    machine.override["cryptsetup close"] = "echo 'Cannot open the device-mapper' >&2; exit 1"
    done = box.run("offline", "disk", "blue", "--no-block")
    assert "failed" not in done, done
    wait_for("another try", lambda: "failed, trying again: cryptsetup close: exit 1: Cannot open" in machine.verdict()["text"])
    machine.override["cryptsetup close"] = "echo 'Device tank-b is still in use.' >&2; exit 5"
    wait_for("busy", lambda: "is busy, trying again" in machine.verdict()["text"])
    machine.override.clear()
    wait_for("closed", lambda: machine.verdict()["verdict"] == "safe")
    box.stop(daemon)


harness.main(globals())
