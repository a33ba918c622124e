"""tests/system/test_commands.py - what commands show of a night, asked of the real daemon"""

import json
import re
import signal
import subprocess
import time

import harness
from harness import wait_for
from machine import Machine
from screen import Screen


def show(box, *arguments, status=0):
    """What a command printed; on a person's screen if ZMIRROR_TEST_SHOW is set."""
    text = box.run(*arguments, status=status)
    if box.environment().get("ZMIRROR_TEST_SHOW"):
        print(f"$ zmirror {' '.join(arguments)}\n{text}")
    return text


def started(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    return machine, daemon


def test_before_the_disk_comes(box):
    _, daemon = started(box)
    text = show(box, "explain", "zdev", "tank", "tank-b")
    assert "it is not online" in text and "disk blue is not connected" in text, text
    assert "it has never been up to date" in text, text
    assert "may not be unplugged" not in text
    text = show(box, "explain", "zpool", "tank")
    assert "nothing is wanted of it" in text, text
    text = show(box, "explain", "zdev", "--json")
    assert [e["id"] for e in json.loads(text)] == ["zdev|pool:tank|name:tank-a", "zdev|pool:tank|name:tank-b"]
    text = show(box, "status", "zdev", "tank", "tank-b")
    assert "state         disconnected" in text and "last update   never" in text, text
    text = show(box, "explain", "zdev", "tank", "tank-c", status=1)
    assert "did you mean 'tank-" in text, text
    text = show(box, "status", "group", "usb", status=1)
    assert "no entity is in a group 'usb'" in text, text
    box.stop(daemon)


def test_health(box):
    assert "the daemon is not running" in show(box, "health", status=3)
    Machine(box)
    box.config.write_text(box.config.read_text().replace("content:\n", "update_interval: 1 second\ncontent:\n", 1))
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    wait_for("overdue", lambda: "tank-b" in box.run("list", "update", "overdue", status=0))
    text = show(box, "health", status=1)
    lines = text.splitlines()
    assert any(re.match(r"overdue +disk: blue: zdev: tank-b \(tank\): update overdue since 20", line) for line in lines), text
    assert any(re.match(r"well +zpool: tank$", line) for line in lines), text
    found = {s["hrid"]: s for s in json.loads(show(box, "health", "--json", status=1))}
    assert found["zpool: tank"]["health"] == "well" and found["zpool: tank"]["findings"] == [], found
    assert found["disk: blue"]["health"] == "overdue" and len(found["disk: blue"]["findings"]) == 1, found
    show(box, "health", "tank", status=3)
    box.pool("tank", "SUSPENDED")
    box.run("reload-config", status=0)
    wait_for("suspended", lambda: "suspended" in box.run("status", "zpool", "tank"))
    text = show(box, "health", status=3)
    assert re.search(r"^no answer +zpool: tank: suspended$", text, re.M), text
    box.stop(daemon)


def test_while_it_is_resilvered(box):
    machine, daemon = started(box)
    machine.slow = True
    machine.plug()
    wait_for("working", lambda: machine.verdict()["verdict"] == "working")
    wait_for("a resilver", lambda: "it is not known to be up to date" in box.run("explain", "zdev", "tank", "tank-b"))
    text = show(box, "explain", "zdev", "tank", "tank-b")
    assert "offline is wanted" not in text, text
    assert "disk blue may not be unplugged" in text and "crypt tank-b is in use" in text, text
    assert "    nobody wants it offline now; its handler on_resilvered does, when that happens" in text, text
    rows = {r["id"]: r for r in json.loads(show(box, "status-all", "--json"))}
    leg = rows["zdev|pool:tank|name:tank-b"]
    assert leg["state"] == "active" and leg["watching"] and leg["device"], leg
    assert [o["operation"] for o in leg["operations"]] == ["update"], leg
    pool = rows["zpool|name:tank"]
    assert [o["operation"] for o in pool["operations"]] == ["update"], pool
    show(box, "status", "all")
    show(box, "list")
    show(box)
    machine.finish_resilver()
    wait_for("safe", lambda: machine.verdict()["verdict"] == "safe" and machine.steps()[-1:] == ["close"], 60)
    text = show(box, "explain", "zdev", "tank", "tank-b")
    assert "crypt tank-b is not open" in text and "its handler does when it appears again" in text, text
    show(box, "history")
    box.stop(daemon)


def test_a_paused_scan(box):
    machine, daemon = started(box)
    machine.slow = True
    machine.plug()
    wait_for("a resilver", lambda: "it is not known to be up to date" in box.run("explain", "zdev", "tank", "tank-b"))

    def tell(**fields):
        with machine.lock:
            machine.scan.update(issued=600, to_examine=1000, **fields)
        box.run("reload-config", status=0)

    def operation():
        return next(iter(json.loads(box.run("status", "zdev", "tank", "tank-b", "--json"))[0]["operations"]), {})

    now = int(time.time())
    tell(scrub_pause=now - 60)
    wait_for("paused", lambda: operation().get("paused"))
    assert operation()["progress"] == 0.6 and not operation().get("eta"), operation()
    text = show(box, "status", "zdev", "tank", "tank-b")
    assert re.search(r"update +paused since \S+ \S+, 60 %$", text, re.M), text
    assert "update 60 % (paused)" in show(box, "list", "--keys", "hrid,operations"), text
    assert "which is paused" in machine.verdict()["text"], machine.verdict()

    # ZFS's reckoning: a quarter of the rest took 100 s, not counting the hour in which it was paused
    tell(scrub_pause=0, scrub_spent_paused=3600, pass_start=now - 3700, issued_bytes_per_scan=100)
    wait_for("running", lambda: operation().get("eta"))
    assert not operation().get("paused"), operation()
    left = time.mktime(time.strptime(operation()["eta"][:19], "%Y-%m-%dT%H:%M:%S")) - now
    assert 390 < left < 700, operation()
    box.stop(daemon)


def test_an_offline_is_held_back(box):
    machine, daemon = started(box)
    machine.slow = True
    machine.override["zpool scrub"] = "exec sleep 1000"
    machine.plug()
    wait_for("a resilver", lambda: "it is not known to be up to date" in box.run("explain", "zdev", "tank", "tank-b"))
    show(box, "scrub", "zdev", "tank", "tank-b", "--no-block")
    machine.finish_resilver()
    held = "offline, wanted by on_resilvered of zdev tank-b (tank), is held back: "
    text = wait_for("held back", lambda: (t := box.run("explain", "zdev", "tank", "tank-b")) and held in t and t, 60)
    assert "scrub is wanted by a person" in text and "disk blue may not be unplugged" in text, text
    box.stop(daemon)


def test_somebody_forgets_the_type(box):
    _, daemon = started(box)
    for words, hint in ((("scrub", "tank"), "'zpool tank'"), (("scrub", "tank-b"), "'zdev tank tank-b'"),
                        (("online", "tank-b"), "'part tank-b', 'crypt tank-b' or 'zdev tank tank-b'"),
                        (("offline", "blue"), "'disk blue'")):
        text = show(box, *words, status=2)
        assert f"unknown type '{words[1]}', did you mean {hint}?" in text, text
    assert "it is one of disk, part," in show(box, "scrub", "nothing-like-it", status=2)
    box.stop(daemon)
    assert "it is one of disk, part," in show(box, "scrub", "tank", status=2)


def offered(box, *words):
    return box.run("complete-words", *words, status=0).splitlines()


def test_what_could_be_typed_next_is_offered(box):
    assert "disk" not in offered(box, "scrub", ""), "a disk is not scrubbed"
    assert offered(box, "snapshot", "") == ["all", "group", "zvol", "dataset"]
    assert offered(box, "list", "--format", "tab") == ["table"]
    assert offered(box, "resilver-o") == ["resilver-overdue"]
    assert offered(box, "label", "--") == ["--help", "--version", "--json"], "it takes no other"
    assert "--socket-path" not in offered(box, "simulate", "--") and "--config-path" in offered(box, "simulate", "--")
    _, daemon = started(box)
    assert offered(box, "status", "disk", "") == ["blue"], "what its owner calls it"
    assert offered(box, "scrub", "zdev", "tank", "") == ["tank-a", "tank-b"]
    box.stop(daemon)


def test_help_tells_columns_and_formats(box):
    text = " ".join(show(box, "list", "--help").split())
    assert "Columns: id, hrid, state," in text and "rounded_grid," in text, text
    assert max(map(len, show(box, "--help").splitlines())) <= 80


def test_who_complains_of_an_option_says_so(box):
    for command in "daemon", "simulate", "demo", "label", "holders":
        text = show(box, command, "--nothing-like-it", status=2)
        assert text.startswith(f"zmirror: {command}: "), text


def test_history_names_what_it_is_about(box):
    machine, daemon = started(box)
    machine.plug()
    wait_for("put away", lambda: machine.verdict()["verdict"] == "safe" and machine.steps()[-1:] == ["close"], 60)
    machine.override["zpool trim"] = "echo 'cannot trim' >&2; exit 1"
    show(box, "trim", "zpool", "tank", status=1)
    text = show(box, "history", "zpool", "tank")
    lines = [line[21:] for line in text.splitlines()]
    assert "pool tank: zpool trim: exit 1: cannot trim" in lines, text
    assert "zdev tank-b (tank) is online" in lines, "its legs are in it, too"
    assert not any("blue" in line for line in lines), text
    assert [line for line in lines if line.startswith("zdev")] == \
        [line[21:] for line in show(box, "history", "zdev").splitlines()], text
    text = show(box, "history", "disk", "blue")
    for line in ("disk blue is connected", "crypt tank-b is open", "zdev tank-b (tank) is offline, and was up to date"):
        assert line in text, text
    assert "tank-a" not in text and "zpool trim" not in text, text
    assert show(box, "history", "dataset", status=1) == "zmirror: no dataset is configured\n"
    assert box.log_text().count("cannot trim") == 1, "once in the log, too"
    assert show(box, "history", "--since", "1 month").count("\n") == show(box, "history").count("\n")
    box.stop(daemon)
    text = show(box, "history", "--json", status=3)
    assert text.startswith("zmirror: the daemon is not running"), text


def test_formats_have_the_same_rows(box):
    _, daemon = started(box)
    n = len(json.loads(box.run("list", "--format", "json", status=0)))
    for name in ("csv", "tsv", "plain", "presto", "orgtbl", "jira"):
        lines = box.run("list", "--no-headers", "--format", name, status=0).splitlines()
        assert len(lines) == n, (name, lines)
    text = box.run("list", "--format", "cvs", status=2)
    assert "did you mean 'csv'" in text, text
    box.stop(daemon)


def test_a_full_disk_is_told(box):
    _, daemon = started(box)
    with open("/dev/full", "w") as full:
        done = subprocess.run([harness.ZMIRROR, "list"], env=box.environment(), stdout=full, timeout=60,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "cannot write the output" in done.stderr, done
    box.stop(daemon)


def test_the_glance_fits_the_terminal(box):
    """What everybody asks is never cut off; what has no room in the line goes on below it."""
    machine, daemon = started(box)
    box.config.write_text(box.config.read_text().replace("info: blue", "info: the blue USB disk")
                          .replace("content:\n", "update_interval: 1 second\ncontent:\n", 1))
    box.run("reload-config", status=0)
    wait_for("the picture again", box.is_ready)
    machine.slow = True
    machine.plug()
    wait_for("overdue", lambda: "overdue for" in box.run(status=0) and "%" in box.run(status=0))
    for columns in (40, 60, 80, 200):
        screen = Screen(box, columns=columns)
        box.to_close.append(screen)
        status, lines = screen.end()
        assert status == 0 and all(len(line) <= columns for line in lines), lines
        text = " ".join(line.strip() for line in lines)
        for words in ("disk: the blue USB disk", "do not unplug", "not up to date", "overdue for", "%",
                      "updating zdev tank-b (tank)"):
            assert words in text, (columns, words, lines)
        assert sum(not line.startswith("    ") for line in lines) == 2, lines
        assert columns < 200 or len(lines) == 2, lines
    box.stop(daemon)


def test_watch_survives_restarts_and_resizing(box):
    machine, daemon = started(box)
    screen = Screen(box, "watch")
    box.to_close.append(screen)
    wait_for("a picture", lambda: screen.has("2 disks, 1 in use, 1 absent"))
    wait_for("the pool's answer", lambda: screen.has("zpool: tank  imported"))
    machine.slow = True
    machine.plug()
    wait_for("work", lambda: screen.has("disk: blue    working  not up to date") and
             screen.has(": updating zdev tank-b (tank)"))
    wait_for("a bar", lambda: screen.has("update [====="))
    assert screen.has("disk blue is connected"), screen.lines
    screen.resize(12, 40)
    wait_for("a smaller screen", lambda: screen.read() and len(screen.lines) <= 12 and
             all(len(line) <= 40 for line in screen.lines))
    screen.resize(12, 80)
    wait_for("what works on a small screen", lambda: len(screen.read()) <= 12 and screen.has("zpool: tank  imported  update [====")
             and screen.has("disk: blue    working"))
    screen.resize(40, 120)
    wait_for("a larger screen", lambda: any(len(line) > 50 for line in screen.read()))
    box.stop(daemon)
    wait_for("no daemon", lambda: screen.has("what was last known:"))
    assert screen.has("zpool: tank"), screen.lines
    daemon = box.start()
    wait_for("the daemon is back", lambda: screen.has("2 disks"))
    screen.type("xq")
    assert screen.process.wait(timeout=20) == 0
    assert box.call("io.zmirror.Version")["ready"]
    box.stop(daemon)


def test_watch_ends_by_interrupt_and_without_a_daemon(box):
    daemon = box.start()
    screen = Screen(box, "watch")
    box.to_close.append(screen)
    wait_for("a picture", lambda: screen.has("Last events"))
    screen.process.send_signal(signal.SIGINT)
    assert screen.process.wait(timeout=20) == 0
    box.stop(daemon)
    screen = Screen(box, "watch")
    box.to_close.append(screen)
    assert screen.process.wait(timeout=20) == 3
    assert "needs a terminal" in box.run("watch", status=1)


def test_watch_is_told_no_more_than_once_a_second(box):
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    client = box.connect()
    client.send_call("io.zmirror.Watch", {"lines": 5}, more=True)
    assert client.receive()["continues"]
    begun = time.monotonic()
    for i in range(200):
        box.call("io.zmirror.Set", {"setting": "log-level", "value": "info"})
        box.trigger(ZEVENT_CLASS="sysevent.fs.zfs.config_sync", ZEVENT_POOL="tank") if i % 40 == 0 else None
    reply = client.receive()
    assert reply["continues"] and reply["parameters"]["n_pools"] == 1, reply
    assert time.monotonic() - begun > 0.8
    client.close()
    box.stop(daemon)


harness.main(globals())
