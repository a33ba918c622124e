"""tests/system/test_pool.py - commands that are run, that fail, and that hang"""

import json
import signal
import time

import harness
from harness import wait_for
from machine import Machine

LEGS = {"tank-a": "1111", "tank-b": "2222"}

# What `zpool status -j` says of a mirror whose devices are both gone from this machine, in one state each.
STATUS = """case "$1" in
events) exec sleep 1000 ;;
status) cat {folder}/status.json ;;
{more}
*) echo "zpool $*: not in this test" >&2; exit 1 ;;
esac"""


def vdev(name, guid, state):
    return {"name": f"/dev/disk/by-partlabel/{name}", "vdev_type": "disk", "guid": guid,
            "path": f"/dev/disk/by-partlabel/{name}", "class": "normal", "state": state,
            "read_errors": 0, "write_errors": 0, "checksum_errors": 0}


def write_status(box, a="ONLINE", b="ONLINE"):
    """The pool tank as ZFS reports it."""
    mirror = {"name": "mirror-0", "vdev_type": "mirror", "guid": 3333, "class": "normal", "state": "ONLINE",
              "read_errors": 0, "write_errors": 0, "checksum_errors": 0,
              "vdevs": {n: vdev(n, int(LEGS[n]), s) for n, s in (("tank-a", a), ("tank-b", b))}}
    root = {"name": "tank", "vdev_type": "root", "guid": 4444, "class": "normal", "state": "ONLINE",
            "read_errors": 0, "write_errors": 0, "checksum_errors": 0, "vdevs": {"mirror-0": mirror}}
    pool = {"name": "tank", "state": "ONLINE", "pool_guid": 4444, "txg": 10, "spa_version": 5000, "zpl_version": 5,
            "vdevs": {"tank": root}, "error_count": 0}
    status = {"output_version": {"command": "zpool status", "vers_major": 0, "vers_minor": 1}, "pools": {"tank": pool}}
    new = box.folder / "status.json.new"
    new.write_text(json.dumps(status))
    new.rename(box.folder / "status.json")


def imported_pool(box, more=""):
    """tank is imported, both legs are ONLINE, but no device of it is there."""
    write_status(box)
    box.stand_in("zpool", STATUS.format(folder=box.folder, more=more))
    box.pool("tank")


def offlines(box):
    return [c for c in box.commands() if c.startswith("zpool offline")]


def leg_without_device(box, offline="exit 0"):
    """tank-b is ONLINE in its pool, but its disk was pulled before the daemon started. `offline`: what zpool does."""
    machine = Machine(box)
    machine.leg_states["tank-b"] = "ONLINE"
    machine.override["zpool offline"] = offline
    return machine


def test_a_leg_whose_device_is_gone_is_taken_offline(box):
    leg_without_device(box).override.clear()
    daemon = box.start()
    wait_for("zpool offline", lambda: offlines(box))
    assert offlines(box)[0].startswith("zpool offline tank "), offlines(box)
    wait_for("the line before", lambda: box.log_has("running: zpool offline tank"))
    wait_for("the line after", lambda: box.log_has("ended: zpool offline tank"))
    time.sleep(1)
    assert len(offlines(box)) == 1, offlines(box)
    box.stop(daemon)


def test_a_failing_command_is_logged_with_its_words_and_not_repeated_for_ever(box):
    leg_without_device(box, 'echo "cannot offline tank-b: pool I/O is currently suspended" >&2; exit 1')
    daemon = box.start()
    wait_for("the failure", lambda: box.log_has("exit 1: cannot offline tank-b: pool I/O is currently suspended"))
    time.sleep(3)
    n = len(offlines(box))
    assert n <= 10, f"{n} times in three seconds"
    assert "cannot offline tank-b" in box.run("history", status=0)
    box.stop(daemon)


def test_a_command_that_says_good_and_does_nothing_has_failed(box):
    leg_without_device(box, "exit 0")
    daemon = box.start()
    wait_for("zpool offline", lambda: offlines(box))
    time.sleep(3)
    n = len(offlines(box))
    assert n <= 10, f"{n} times in three seconds"
    box.stop(daemon)


def test_stopping_does_not_wait_for_a_hanging_command(box):
    leg_without_device(box, "trap '' TERM INT HUP; while :; do sleep 1; done")
    daemon = box.start()
    wait_for("zpool offline", lambda: offlines(box))
    begun = time.monotonic()
    assert box.call("io.zmirror.Version")["pid"] == daemon.pid
    assert time.monotonic() - begun < 2, "the loop waits for the command"
    box.stop(daemon)


def test_a_pool_that_cannot_be_asked_stalls_nobody(box):
    imported_pool(box)
    box.stand_in("zpool", "trap '' TERM INT HUP; while :; do sleep 1; done")
    daemon = box.start()
    begun = time.monotonic()
    box.call("io.zmirror.List", {"columns": ["id", "state"]})
    box.call("io.zmirror.Status", {"target": {"type": "zpool", "words": ["tank"]}})
    assert time.monotonic() - begun < 2
    box.stop(daemon)


def test_a_kill_while_a_command_runs_is_survived(box):
    machine = leg_without_device(box, "sleep 1000")
    daemon = box.start()
    wait_for("zpool offline", lambda: offlines(box))
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    machine.leg_states["tank-b"] = "OFFLINE"
    n = len(offlines(box))
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    wait_for("the pool's answer", lambda: {"id": "zpool|name:tank", "state": "connected"} in
             box.call("io.zmirror.List", {"columns": ["id", "state"]})["entities"])
    time.sleep(1)
    assert len(offlines(box)) == n, "nothing is left to be done"
    box.stop(daemon)


def test_commands_can_be_disabled(box):
    leg_without_device(box)
    box.config.write_text(box.config.read_text().replace("log_level: debug", "log_level: debug\nenable_commands: no"))
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    wait_for("what would be run", lambda: box.log_has("zpool offline tank"))
    assert box.log_has("commands are disabled")
    assert not offlines(box)
    box.stop(daemon)


def test_a_request_for_what_is_not_there_fails_with_the_reason(box):
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    said = box.run("online", "part", "tank-a", status=1)
    assert "tank-a" in said and "not connected" in said, said
    box.run("online", "part", "nonsense", status=1)
    box.stop(daemon)


def test_a_trigger_makes_the_pool_be_looked_at(box):
    imported_pool(box, "offline) exit 0 ;;")
    write_status(box, a="OFFLINE", b="OFFLINE")
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    n = len([c for c in box.commands() if c.startswith("zpool status")])
    assert box.trigger(ZEVENT_CLASS="sysevent.fs.zfs.scrub_finish", ZEVENT_POOL="tank", ZEVENT_EID="7") == 0
    wait_for("another look", lambda: len([c for c in box.commands() if c.startswith("zpool status")]) > n)
    box.stop(daemon)


def test_events_are_logged_with_what_they_are_about(box):
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    box.run("enable", "log-events", status=0)
    box.trigger(ZEVENT_CLASS="resource.fs.zfs.statechange", ZEVENT_POOL="tank", ZEVENT_EID="7",
                ZEVENT_VDEV_PATH="/dev/mapper/tank-b")
    box.trigger(SUBSYSTEM="block", DEVPATH="/devices/x/block/dm-7", ACTION="change", DEVNAME="/dev/dm-7",
                DM_NAME="tank-b")
    assert box.log_has("event of zed: statechange tank /dev/mapper/tank-b")
    assert box.log_has("event of udev: change /dev/dm-7 (tank-b)")
    box.stop(daemon)


def test_a_trigger_without_daemon_is_no_failure(box):
    assert box.trigger(ZEVENT_CLASS="sysevent.fs.zfs.scrub_finish", ZEVENT_POOL="tank") == 0


def test_a_storm_of_events_makes_few_looks(box):
    imported_pool(box, "offline) exit 0 ;;")
    write_status(box, a="OFFLINE", b="OFFLINE")
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    n = len(box.commands())
    client = box.connect()
    for i in range(500):
        client.call("io.zmirror.Trigger", {"environment": {"ZEVENT_CLASS": "sysevent.fs.zfs.history_event",
                                                           "ZEVENT_POOL": "tank", "ZEVENT_EID": str(i)}})
    client.close()
    time.sleep(1)
    assert len(box.commands()) - n < 20, f"{len(box.commands()) - n} looks"
    box.stop(daemon)


def test_a_pool_that_vanishes_is_seen_as_gone(box):
    imported_pool(box)
    write_status(box, a="OFFLINE", b="OFFLINE")
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    box.pool("tank", None)
    box.trigger(ZEVENT_CLASS="sysevent.fs.zfs.pool_export", ZEVENT_POOL="tank")
    wait_for("disconnected", lambda: {"id": "zpool|name:tank", "state": "disconnected"} in
             box.call("io.zmirror.List", {"columns": ["id", "state"]})["entities"])
    box.stop(daemon)


harness.main(globals())
