"""tests/system/test_prompt.py - containers without a key file: somebody is asked, and may not be there"""

import harness
from harness import wait_for
from machine import Machine

WHOLE_NIGHT = 60


def started(box):
    """A machine whose container has no key file, and an agent that answers when `answer` appears."""
    machine = Machine(box)
    box.config.write_text("".join(line for line in box.config.read_text().splitlines(True) if "key_file" not in line))
    box.stand_in("systemd-ask-password", f"while [ ! -e {box.folder}/answer ]; do sleep 0.02; done; echo secret")
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    return machine, daemon


def prompts(box):
    return [c for c in box.commands() if c.startswith("systemd-ask-password")]


def give_answer(box):
    (box.folder / "answer").write_text("")


def test_a_night_with_a_passphrase(box):
    machine, daemon = started(box)
    machine.plug()
    wait_for("the question", lambda: prompts(box))
    wait_for("the reason", lambda: "passphrase" in str(box.run("explain", "crypt", "tank-b")))
    give_answer(box)
    wait_for("safe", lambda: machine.steps()[-1:] == ["close"] and machine.verdict()["verdict"] == "safe", WHOLE_NIGHT)
    box.stop(daemon)


def test_a_disk_that_goes_while_somebody_is_asked_takes_the_question_with_it(box):
    machine, daemon = started(box)
    machine.plug()
    wait_for("the question", lambda: prompts(box))
    machine.unplug()
    wait_for("absent", lambda: machine.verdict()["verdict"] == "absent")
    import time
    time.sleep(2)
    print("pids", (box.folder / "pids").read_text().split())
    machine.plug()
    time.sleep(2)
    print(box.run("explain", "crypt", "tank-b"))
    give_answer(box)
    time.sleep(5)
    print(box.commands()[-12:])
    print(box.run("explain", "crypt", "tank-b"))
    print(box.run("history"))
    print(box.log_text())
    box.stop(daemon)


harness.main(globals())
