"""tests/system/test_systemd.py - what systemd sees of the daemon: lines with fields, and that it is alive"""

import os
import socket
import threading

import harness
from harness import wait_for
from machine import RUNDIR, Machine


class Journal:
    """Stands where journald does: each datagram is one line with its fields."""

    def __init__(self, box):
        path = str(box.folder / "journal")
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        box.log.touch()
        stream = os.stat(box.log)
        box.more_environment.setdefault("LD_PRELOAD", RUNDIR)
        box.more_environment.update(ZMIRROR_TEST_JOURNAL=path, JOURNAL_STREAM=f"{stream.st_dev}:{stream.st_ino}")
        box.to_close.append(self.socket)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while True:
                self.lines.append(self.parse(self.socket.recv(1 << 18)))
        except OSError:
            pass

    @staticmethod
    def parse(data):
        """NAME=value, or NAME, a length of eight bytes and a value with newlines in it."""
        fields = {}
        while data:
            line, _, data = data.partition(b"\n")
            name, equals, value = line.partition(b"=")
            if not equals:
                n = int.from_bytes(data[:8], "little")
                value, data = data[8:8 + n], data[9 + n:]
            fields[name.decode()] = value.decode()
        return fields

    def find(self, text):
        return [line for line in self.lines if text in line["MESSAGE"]]


def test_lines_have_fields(box):
    journal = Journal(box)
    box.config.write_text(box.config.read_text() + "log_events: yes\n")
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    box.trigger(ZEVENT_CLASS="resource.fs.zfs.statechange", ZEVENT_POOL="tank", ZEVENT_EID="7",
                ZEVENT_VDEV_PATH="/dev/mapper/tank-b")
    wait_for("the event", lambda: journal.find("event of zed"))
    event = journal.find("event of zed")[0]
    assert event["ZMIRROR_EVENT"] == "statechange tank /dev/mapper/tank-b", event
    assert event["PRIORITY"] == "5" and "ZMIRROR_ENTITY" not in event, event
    box.stop(daemon)
    assert journal.find("Stopping after Terminated")
    assert not box.log_text(), "nothing twice"


def test_lines_of_commands_have_entity_pool_and_command(box):
    machine = Machine(box)
    machine.override["zpool online"] = "printf 'cannot online\\nit' >&2; exit 1"
    journal = Journal(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.plug()
    wait_for("the command", lambda: journal.find("ended: zpool online tank"))
    opened = journal.find("running: cryptsetup open")[0]
    assert opened["ZMIRROR_ENTITY"] == "crypt|name:tank-b" and "ZMIRROR_POOL" not in opened, opened
    for what, priority in (("running", "5"), ("ended", "4")):
        line = journal.find(f"{what}: zpool online tank")[0]
        assert line["ZMIRROR_ENTITY"] == "zdev|pool:tank|name:tank-b" and line["ZMIRROR_POOL"] == "tank", line
        assert line["ZMIRROR_COMMAND"].startswith("zpool online tank /dev/"), line
        assert line["PRIORITY"] == priority, line
    assert line["MESSAGE"].endswith(": exit 1: cannot online\nit"), line
    box.stop(daemon)


def test_a_stream_that_is_not_the_journal_gets_plain_lines(box):
    journal = Journal(box)
    box.more_environment["JOURNAL_STREAM"] = "1:1"
    daemon = box.start()
    box.stop(daemon)
    assert "Stopping after Terminated" in box.log_text() and not journal.lines


def test_the_watchdog_is_told(box):
    box.more_environment["WATCHDOG_USEC"] = "300000"
    daemon = box.start()
    wait_for("it is alive", lambda: box.notified.count("WATCHDOG=1") >= 5)
    box.stop(daemon)


harness.main(globals())
