"""tests/system/test_maintenance.py - what is overdue is done: when it is asked for, and as scheduled"""

from harness import main, wait_for
from machine import Machine

WHOLE_NIGHT = 60


def started(box, intervals, handlers=True, settings=""):
    """A machine whose legs have such intervals."""
    machine = Machine(box)
    config = box.config.read_text().replace("content:\n", f"{settings}{intervals}content:\n", 1)
    if not handlers:
        config = config.replace("content:\n", "enable_event_handlers: no\ncontent:\n", 1)
    box.config.write_text(config)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    return machine, daemon


def test_what_is_not_connected_is_no_failure(box):
    machine, daemon = started(box, "update_interval: 1 second\n")
    wait_for("overdue", lambda: "tank-b" in box.run("list", "update", "overdue", status=0))
    assert box.run("update-overdue", status=0) == ""
    assert box.run("maintenance", "--block", status=0) == ""
    assert box.run("online-all", "--block", status=0) == ""
    assert "part tank-b is not connected" in box.run("online", "zdev", "tank", "tank-b", status=1)
    assert machine.steps() == []
    box.stop(daemon)


def test_what_is_not_due_is_left_alone(box):
    machine, daemon = started(box, "update_interval: 1 week\nscrub_interval: 1 week\n", handlers=False)
    machine.plug()
    wait_for("here", lambda: machine.verdict()["verdict"] == "safe")
    box.run("maintenance", "--block", status=0)
    assert machine.steps() == []
    box.stop(daemon)


def test_an_overdue_update_brings_the_leg_online(box):
    machine, daemon = started(box, "update_interval: 1 second\n", handlers=False)
    machine.plug()
    wait_for("overdue", lambda: "tank-b" in box.run("list", "update", "overdue", status=0))
    box.run("update-overdue", "--block", status=0)
    assert machine.steps() == ["open", "online"], machine.steps()
    box.stop(daemon)


def test_maintenance_returns_at_once(box):
    machine, daemon = started(box, "update_interval: 1 second\n", handlers=False)
    machine.plug()
    wait_for("overdue", lambda: "tank-b" in box.run("list", "update", "overdue", status=0))
    box.run("maintenance", status=0)
    wait_for("the leg is online", lambda: machine.steps() == ["open", "online"])
    box.stop(daemon)


def test_nothing_to_cancel(box):
    _, daemon = started(box, "")
    assert box.run("scrub-all", "--cancel", status=1) == "zmirror: there was nothing to cancel\n"
    assert box.run("scrub", "all", "--cancel", status=1) == "zmirror: there was nothing to cancel\n"
    assert box.run("scrub", "zpool", "tank", "--cancel", status=1) == \
        "zmirror: cancel of scrub zpool: tank: there is nothing to cancel\n"
    box.stop(daemon)


def test_something_to_cancel_among_many(box):
    machine, daemon = started(box, "", handlers=False)
    machine.slow = True
    machine.plug()
    wait_for("here", lambda: machine.verdict()["verdict"] == "safe")
    box.run("online", "zdev", "tank", "tank-b", status=0)
    for words in (["scrub-all"], ["scrub", "all"]):
        box.run("scrub", "zdev", "tank", "tank-b", "--no-block", status=0)
        assert box.run(*words, "--cancel", status=0) == ""
        assert "nothing to cancel" in box.run(*words, "--cancel", status=1)
    box.stop(daemon)


def test_cron_has_nothing_to_mail_while_all_is_well(box):
    """What maintenance waits for, and does not wait for, is of interest to whoever looks."""
    machine, daemon = started(box, "update_interval: 1 second\nscrub_interval: 1 second\n", handlers=False)
    machine.slow = True
    machine.plug()
    wait_for("overdue", lambda: "tank-b" in box.run("list", "update", "overdue", status=0))
    assert box.run("maintenance", status=0) == ""
    wait_for("it is being resilvered", lambda: machine.scan)
    assert box.run("scrub-overdue", status=0) == ""
    box.run("scrub-all", "--cancel", status=0)
    machine.override["zpool scrub"] = "echo 'cannot scrub' >&2; exit 1"
    machine.finish_resilver()
    wait_for("up to date", lambda: "now" in box.run("list", "--keys", "last_update", "--ids", "zdev|pool:tank|name:tank-b"))
    assert "failed: zpool scrub: exit 1: cannot scrub" in box.run("scrub-overdue", "--block", status=1)
    box.stop(daemon)


def test_a_leg_that_takes_no_trims(box):
    """It is said why, and is no failure where many are trimmed."""
    machine, daemon = started(box, "", handlers=False)
    config = box.config.read_text().replace("- !zdev\n                pool", "- !zdev\n                trim_interval: 1 second\n                pool")
    box.config.write_text(config)
    box.run("reload-config", status=0)
    wait_for("the picture again", box.is_ready)
    machine.trims = False
    machine.plug()
    wait_for("here", lambda: machine.verdict()["verdict"] == "safe")
    box.run("online", "zdev", "tank", "tank-b", status=0)
    why = "its LUKS container was opened without --allow-discards"
    assert f"failed: it cannot be trimmed: {why}" in box.run("trim", "zdev", "tank", "tank-b", status=1)
    assert f"trim zpool: tank is done, but zdev tank-b (tank) cannot be trimmed: {why}" in \
        box.run("trim", "zpool", "tank", status=0)
    assert f"trims         do not get through: {why}" in box.run("status", "zdev", "tank", "tank-b", status=0)
    wait_for("overdue", lambda: "tank-b" in box.run("list", "trim", "overdue", status=0))
    assert f", and cannot be done: {why}" in box.run("health", status=1)
    for words in (["maintenance"], ["trim-overdue"], ["trim-all"]):
        assert box.run(*words, status=0) == "", words
        assert box.run(*words, "--block", status=0) == "", words
    box.stop(daemon)


def test_scheduled_updates(box):
    """Every two seconds, so that a test can see it; the disk comes later, and is found by the next one."""
    times = ", ".join(f'":{second:02}"' for second in range(0, 60, 2))
    machine, daemon = started(box, "update_interval: 1 second\n", handlers=False,
                              settings=f"update_scheduler:\n  - times: [{times}]\n")
    wait_for("a first run", lambda: box.log_has("scheduled updates: 1 request"))
    machine.plug()
    wait_for("online", lambda: machine.steps() == ["open", "online"])
    wait_for("nothing is due any more", lambda: box.log_has("scheduled updates: nothing is overdue"))
    box.stop(daemon)


main(globals())
