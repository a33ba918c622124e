"""tests/system/test_prompt.py - containers without a key file: somebody is asked, and may not be there"""

import harness
from harness import wait_for
from machine import Machine

WHOLE_NIGHT = 60


def started(box):
    """A machine whose container has no key file, and an agent that answers when there is a file `answer`."""
    machine = Machine(box)
    lines = box.config.read_text().splitlines(keepends=True)
    box.config.write_text("".join(line for line in lines if "key_file" not in line))
    box.stand_in("systemd-ask-password",
                 f"trap 'echo >>{box.folder}/taken-back; exit 1' TERM\n"
                 f"while [ ! -e {box.folder}/answer ]; do sleep 0.02; done; echo secret")
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    return machine, daemon


def questions(box):
    return len([c for c in box.commands() if c.startswith("systemd-ask-password")])


def taken_back(box):
    path = box.folder / "taken-back"
    return len(path.read_text().splitlines()) if path.exists() else 0


def is_put_away(machine):
    return machine.verdict()["verdict"] == "safe" and machine.steps()[-1:] == ["close"]


def test_a_night_with_a_passphrase(box):
    machine, daemon = started(box)
    machine.plug()
    wait_for("the question", lambda: questions(box))
    assert "waiting for the passphrase" in box.run("explain", "crypt", "tank-b", status=0)
    (box.folder / "answer").touch()
    wait_for("safe to unplug", lambda: is_put_away(machine), WHOLE_NIGHT)
    assert questions(box) == 1 and taken_back(box) == 0
    box.stop(daemon)


def test_each_try_is_in_the_log(box):
    machine, daemon = started(box)
    machine.override["cryptsetup open"] = f"rm {box.folder}/answer; echo 'No key available' >&2; exit 2"
    (box.folder / "answer").touch()
    machine.plug()
    wait_for("the second question", lambda: questions(box) == 2)
    asked = [c for c in box.commands() if c.startswith("systemd-ask-password")]
    assert "(wrong passphrase, try 2 of 3)" in asked[-1], box.commands()
    del machine.override["cryptsetup open"]
    (box.folder / "answer").touch()
    wait_for("safe to unplug", lambda: is_put_away(machine), WHOLE_NIGHT)
    lines = [line for line in box.log_text().splitlines() if "cryptsetup open" in line]
    assert [line.split(": cryptsetup")[0].split(": ", 1)[1] for line in lines] == [
        "running", "asking for the passphrase (try 1 of 3)", "running with the passphrase (try 1 of 3)",
        "wrong passphrase (try 1 of 3)", "asking for the passphrase (try 2 of 3)",
        "running with the passphrase (try 2 of 3)", "ended"], lines
    assert lines[3].endswith(": No key available"), lines[3]
    assert "secret" not in box.log_text()
    box.stop(daemon)


def test_a_disk_takes_the_question_with_it(box):
    """Else each disk that comes and goes would leave one more question on every screen."""
    machine, daemon = started(box)
    for n in (1, 2, 3):
        machine.plug()
        wait_for("the question", lambda n=n: questions(box) == n)
        machine.unplug()
        wait_for("nobody is asked any more", lambda n=n: taken_back(box) == n)
        wait_for("absent", lambda: machine.verdict()["verdict"] == "absent")
    assert "no passphrase" not in box.run("history", status=0), "it is no failure"
    machine.plug()
    wait_for("the question", lambda: questions(box) == 4)
    (box.folder / "answer").touch()
    wait_for("safe to unplug", lambda: is_put_away(machine), WHOLE_NIGHT)
    assert machine.steps().count("open") == 1, machine.steps()
    box.stop(daemon)


def test_what_is_cancelled_opens_nothing(box):
    machine, daemon = started(box)
    machine.plug()
    wait_for("the question", lambda: questions(box) == 1)
    box.run("offline", "disk", "blue", status=0)
    wait_for("nobody is asked any more", lambda: taken_back(box) == 1)
    box.run("online", "crypt", "tank-b", "--no-block", status=0)
    wait_for("the question", lambda: questions(box) == 2)
    box.run("online", "--cancel", "crypt", "tank-b", status=0)
    wait_for("nobody is asked any more", lambda: taken_back(box) == 2)
    (box.folder / "answer").touch()
    assert machine.steps() == [], machine.steps()
    box.stop(daemon)


harness.main(globals())
