"""tests/system/test_start.py - starting, stopping, reloading, and what goes wrong with it"""

import resource
import signal
import sqlite3
import time

import harness
from harness import wait_for


def test_ready_is_said_when_the_socket_answers(box):
    daemon = box.start()
    assert box.call("io.zmirror.Version")["pid"] == daemon.pid
    wait_for("the first picture", box.is_ready)
    box.stop(daemon)
    wait_for("STOPPING=1", lambda: "STOPPING=1" in box.notified)


def test_sigint_stops_too(box):
    daemon = box.start()
    box.stop(daemon, by=signal.SIGINT)


def test_shutdown_by_command(box):
    daemon = box.start()
    box.run("shutdown", status=0)
    assert daemon.wait(timeout=2) == 0


def test_a_second_daemon_is_refused_in_one_line(box):
    first = box.start()
    box.log.write_text("")
    second = box.launch("--socket-path", str(box.folder / "other.socket"))
    assert second.wait(timeout=20) == 1
    lines = [line for line in box.log_text().splitlines() if "another zmirror daemon" in line]
    assert len(lines) == 1 and box.log_text().count("error:") == 1, box.log_text()
    assert box.call("io.zmirror.Version")["pid"] == first.pid
    box.stop(first)


def test_a_broken_configuration_does_not_start(box):
    box.config.write_text(harness.CONFIG.replace("!zpool", "!zpol").replace("log_level: debug", "log_level: loud"))
    daemon = box.launch()
    assert daemon.wait(timeout=20) == 1
    text = box.log_text()
    assert "zmirror.yml:2" in text and "loud" in text and "zpol" in text, "every fault is told at once"
    assert not box.cache.exists() and not box.socket.exists()


def test_a_missing_configuration_is_named(box):
    box.config.unlink()
    assert box.launch().wait(timeout=20) == 1
    assert box.log_has(str(box.config))


def test_an_unknown_option_is_a_usage_error(box):
    assert box.launch("--colour").wait(timeout=20) == 2


def test_reload_takes_a_good_configuration(box):
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    box.config.write_text(harness.CONFIG.replace("tank-b", "tank-c"))
    box.run("reload-config", status=0)
    ids = [e["id"] for e in box.call("io.zmirror.List", {"columns": ["id"]})["entities"]]
    assert "part|name:tank-c" in ids and "part|name:tank-b" not in ids, ids
    wait_for("RELOADING=1", lambda: "RELOADING=1" in box.notified)
    box.stop(daemon)


def test_reload_keeps_the_old_one_if_the_new_one_is_broken(box):
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    box.config.write_text(harness.CONFIG + "  - !part\n    nam: oops\n")
    said = box.run("reload-config", status=1)
    assert "nam" in said and "name" in said, said
    ids = [e["id"] for e in box.call("io.zmirror.List", {"columns": ["id"]})["entities"]]
    assert "part|name:tank-b" in ids
    box.stop(daemon)


def test_sighup_reloads(box):
    daemon = box.start()
    box.config.write_text(harness.CONFIG.replace("tank-b", "tank-c"))
    daemon.send_signal(signal.SIGHUP)
    wait_for("the new configuration", lambda: box.log_has("Loaded the configuration"))
    box.config.write_text("nonsense: [")
    daemon.send_signal(signal.SIGHUP)
    wait_for("the refusal", lambda: box.log_has("the old one stays in force"))
    box.stop(daemon)


def test_reloading_many_times_leaks_nothing(box):
    daemon = box.start()
    for i in range(20):
        box.config.write_text(harness.CONFIG.replace("tank-b", f"tank-{i}"))
        box.call("io.zmirror.Reload")
    box.stop(daemon)


def test_a_corrupt_state_file_is_refused_and_kept(box):
    box.stop(box.start())
    box.cache.write_bytes(b"z" * 8192)
    assert box.launch().wait(timeout=20) == 1
    assert box.log_has("corrupt")
    assert box.cache.read_bytes() == b"z" * 8192


def test_an_empty_state_file_is_refused_and_a_lost_one_is_told(box):
    daemon = box.start()
    box.stop(daemon)
    assert "is new: no dates are known yet" in box.log_text()
    box.cache.write_bytes(b"")
    text = box.run("daemon", status=1)
    assert "is empty, what was in it is lost; restore a copy of it" in text, text
    box.cache.unlink()
    daemon = box.start()
    wait_for("the first picture, which is remembered", box.is_ready)
    box.stop(daemon)
    assert box.log_text().count("is gone, although its lock file is still there: all dates are lost") == 1
    daemon = box.start()
    box.stop(daemon)
    assert box.log_text().count(str(box.cache)) == 2, "not again"


def test_a_newer_state_file_is_refused_and_kept(box):
    box.stop(box.start())
    db = sqlite3.connect(box.cache)
    db.execute("PRAGMA user_version = 99")
    db.close()
    assert box.launch().wait(timeout=20) == 1
    assert box.log_has("newer zmirror")


def test_dates_of_the_older_program_are_taken_over(box):
    box.cache.parent.mkdir()
    db = sqlite3.connect(box.cache.parent / "zmirror-cache.db")
    db.execute("CREATE TABLE entities (id TEXT, last_online TEXT, last_update TEXT)")
    db.execute("INSERT INTO entities VALUES ('ZDev|pool:tank|name:tank-a', '2024-05-01T03:00:00Z', "
               "'2024-05-02T03:00:00Z')")
    db.commit()
    db.close()
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    rows = box.call("io.zmirror.List", {"columns": ["id", "last_online", "last_update"]})["entities"]
    row = next(r for r in rows if r["id"] == "zdev|pool:tank|name:tank-a")
    assert row["last_online"] == 1714532400000000 and row["last_update"] == 1714618800000000, row
    box.stop(daemon)


def test_a_full_disk_stops_the_daemon_loudly(box):
    def limits():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200 * 1024, 200 * 1024))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    # More entities than fit: the first picture cannot be saved.
    many = "".join(f"  - !part\n    name: disk-{i}\n    unpluggable: yes\n    content:\n      - !zdev\n"
                   "        pool: tank\n" for i in range(3000))
    box.config.write_text(harness.CONFIG.replace("debug", "error") + many)
    daemon = box.launch(limits=limits)
    assert daemon.wait(timeout=60) == 1
    assert box.log_has("Nothing more is done"), box.log_text()[-2000:]


def test_kill_and_start_again(box):
    for _ in range(3):
        daemon = box.start()
        wait_for("the first picture", box.is_ready)
        daemon.kill()
        daemon.wait()
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    box.stop(daemon)


def test_nothing_wakes_an_idle_daemon(box):
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    time.sleep(0.5)

    def switches():
        status = open(f"/proc/{daemon.pid}/status").read()
        return sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)

    before = switches()
    time.sleep(3)
    assert switches() - before <= 3, f"{switches() - before} wake-ups in 3 s"
    box.stop(daemon)


harness.main(globals())
