"""tests/system/test_failed.py - what was wanted and was not done is told to whoever asks later"""

import json

import harness
from harness import wait_for
from machine import Machine

WRONG = "echo 'No key available with this passphrase.' >&2; exit 2"


def failed_to_open(box):
    """A handler could not open the container."""
    machine = Machine(box)
    machine.override["cryptsetup open"] = WRONG
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.plug()
    wait_for("the failure", lambda: machine.verdict()["verdict"] == "safe" and machine.verdict().get("trouble"))
    return machine, daemon


def crypt(box):
    return json.loads(box.run("status", "crypt", "tank-b", "--json", status=0))[0]


def test_what_a_handler_could_not_do_is_told_everywhere(box):
    machine, daemon = failed_to_open(box)
    verdict = machine.verdict()
    assert verdict["verdict"] == "safe" and not verdict["errors"], verdict
    assert "online of crypt tank-b failed: cryptsetup open: exit 2: No key available" in verdict["trouble"], verdict
    assert "online of crypt tank-b failed: cryptsetup open" in box.run(status=0)
    said = box.run("status", "crypt", "tank-b", status=0)
    assert "failed" in said and "No key available" in said, said
    failure = crypt(box)["failure"]
    assert failure["wish"] == "online" and not failure["refused"] and "No key" in failure["reason"], failure
    assert "online failed on" in box.run("explain", "crypt", "tank-b", status=0)
    said = box.run("health", status=2)
    assert "crypt: tank-b: online failed" in said, said
    box.stop(daemon)


def test_it_is_kept_until_it_is_done(box):
    machine, daemon = failed_to_open(box)
    box.stop(daemon)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    assert "No key" in crypt(box)["failure"]["reason"]
    machine.override.clear()
    box.run("online", "crypt", "tank-b", status=0)
    assert "failure" not in crypt(box)
    box.run("health", status=0)
    box.stop(daemon)


def test_it_goes_with_the_disk(box):
    machine, daemon = failed_to_open(box)
    machine.unplug()
    wait_for("unplugged", lambda: machine.verdict()["verdict"] == "absent")
    assert "trouble" not in machine.verdict() and "failure" not in crypt(box)
    box.run("health", status=0)
    box.stop(daemon)


def test_it_is_told_which_handler_wants_it(box):
    machine = Machine(box)
    told = []

    def before(name, arguments):
        if name == "cryptsetup" and arguments[0] == "open":
            told.append(box.run("explain", "crypt", "tank-b", status=0))
            told.append(crypt(box)["requests"][0])
            told.append(box.run("status", "crypt", "tank-b", status=0))

    machine.before = before
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.plug()
    wait_for("opened", lambda: len(told) == 3)
    assert "online is wanted by on_appeared of crypt tank-b: running: cryptsetup open" in told[0], told
    assert told[1]["origin"] == "handler" and told[1]["by"] == "on_appeared of crypt tank-b", told
    assert "online (on_appeared of crypt tank-b, since" in told[2], told
    box.stop(daemon)


def test_a_copy_that_is_none_is_told(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.slow = True
    machine.plug()
    wait_for("updating", lambda: "updating" in machine.verdict()["text"])
    assert "trouble" not in machine.verdict()
    machine.unplug()
    wait_for("unplugged", lambda: machine.verdict()["verdict"] == "absent")
    verdict = machine.verdict()
    assert not verdict["up_to_date"] and "may lack blocks" in verdict["trouble"], verdict
    wait_for("closed", lambda: machine.steps()[-1:] == ["close"])
    said = box.run("status", "zdev", "tank", "tank-b", status=0)
    assert "incomplete: it may lack blocks" in said, said
    leg = json.loads(box.run("status", "zdev", "tank", "tank-b", "--json", status=0))[0]
    assert leg["copy"] == "incomplete" and "may lack" in leg["copy_text"], leg
    assert "incomplete copy: it may lack blocks" in box.run("health", status=2)
    box.stop(daemon)


harness.main(globals())
