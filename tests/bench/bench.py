"""tests/bench/bench.py - how fast and how small the real daemon is, with 20 entities and with 20,000

Arguments: zmirror, zmirror-trigger, the stage of umockdev, rundir.so. Prints medians beside the bars that are to be kept; it is no test, and never fails.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
import harness  # noqa: E402
from machine import Machine  # noqa: E402
from screen import Screen  # noqa: E402

ROUNDS = 7
WATCH_SECONDS = 10
TICKS = os.sysconf("SC_CLK_TCK")
N_HINTS = 50000
TELL_TIME = "bash -c 'echo $EPOCHREALTIME'"


def configuration(n_disks):
    """Each disk with a partition, a container and a leg; pools of four legs; none is imported."""
    lines = ["--- !zmirror", "content:"]
    for i in range(n_disks):
        lines.append(f"""  - !disk
    uuid: 00000000-0000-4000-8000-{i:012x}
    unpluggable: yes
    content:
      - !part
        name: d{i}
        content:
          - !crypt
            name: d{i}
            key_file: /etc/zmirror/keys/d{i}
            on_appeared: [online]
            on_children_offline: [offline]
            content:
              - !zdev
                pool: p{i // 4}
                on_appeared: [online]
                on_resilvered: [offline]""")
    for p in range((n_disks + 3) // 4):
        legs = ", ".join(f"d{i}" for i in range(4 * p, min(4 * p + 4, n_disks)))
        lines.append(f"  - !zpool\n    name: p{p}\n    backed_by:\n      - !mirror\n        devices: [{legs}]")
    return "\n".join(lines) + "\n"


def seconds(action):
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def median_ms(action):
    return 1000 * statistics.median(seconds(action) for _ in range(ROUNDS))


def pss_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0


def start_ms(box):
    """From the start of the process until the socket answers."""
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        daemon = box.launch()
        while True:
            try:
                box.call("io.zmirror.Version")
                break
            except OSError:
                time.sleep(0.0005)
        took.append(time.perf_counter() - begun)
        harness.wait_for("the first picture", box.is_ready, 60)
        daemon.kill()
        daemon.wait()
    return 1000 * statistics.median(took)


def hints_per_second(box, pool):
    """Events of that pool, all at once, until the daemon answers what was asked after them."""
    connection = box.connect()
    event = (b'{"method":"io.zmirror.Trigger","oneway":true,"parameters":{"environment":'
             b'{"ZEVENT_CLASS":"sysevent.fs.zfs.history_event","ZEVENT_POOL":"' + pool.encode() + b'"}}}\0')

    def storm():
        for _ in range(100):
            connection.send(event * (N_HINTS // 100))
        connection.call("io.zmirror.Version")

    took = seconds(storm)
    connection.close()
    return N_HINTS / took


def open_ms(box, machine):
    """From the last event of a disk that is plugged until `cryptsetup`, here a shell, tells the time."""
    mark = box.folder / "cryptsetup-runs"
    box.stand_in("cryptsetup", f"{TELL_TIME} >{mark}.new; mv {mark}.new {mark}; exit 1")
    took = []
    for _ in range(ROUNDS):
        machine.plug()
        harness.wait_for("cryptsetup", mark.exists)
        took.append(float(mark.read_text()) - machine.told)
        machine.unplug()
        harness.wait_for("absent", lambda: machine.verdict()["verdict"] == "absent")
        mark.unlink()
    return 1000 * statistics.median(took)


def bench_plug(n_disks, bar):
    box = harness.Box()
    try:
        machine = Machine(box)
        box.config.write_text(box.config.read_text() + configuration(n_disks).split("content:\n", 1)[1])
        daemon = box.start()
        harness.wait_for("the first picture", box.is_ready, 60)
        report("device appears until cryptsetup runs", open_ms(box, machine), "ms", bar)
        report("  (of it, starting a shell)", median_ms(lambda: program(box, "/bin/sh", "-c", TELL_TIME)), "ms", bar)
        box.stop(daemon, seconds=10)
    finally:
        box.close()


def processor_seconds(pid):
    """What a process has used of the processor so far, of all its threads."""
    return sum(int(n) for n in pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]) / TICKS


def percent_of_a_core(box, pid):
    """While something happens every second."""
    begun = processor_seconds(pid)
    for _ in range(WATCH_SECONDS):
        box.trigger(ZEVENT_CLASS="sysevent.fs.zfs.config_sync", ZEVENT_POOL="p0")
        time.sleep(1)
    return 100 * (processor_seconds(pid) - begun) / WATCH_SECONDS


def bench_watch(box, daemon):
    """A screen that somebody has forgotten."""
    before = percent_of_a_core(box, daemon.pid)
    screen = Screen(box, "watch", lines=50, columns=120)
    try:
        harness.wait_for("a picture", lambda: screen.has("Last events"))
        reader = threading.Thread(target=lambda: [screen.read() for _ in range(10 * WATCH_SECONDS)], daemon=True)
        reader.start()
        report("zmirror watch, of a core", percent_of_a_core(box, screen.process.pid), "%", 1)
        report("  what it costs the daemon", percent_of_a_core(box, daemon.pid) - before, "%", 1)
    finally:
        screen.close()


def bench_formats(box, bar):
    """The formats are drawn by several means; each is somebody's."""
    names = re.search(r"Formats: (.*)", " ".join(box.run("list", "--help").split()))[1].split(", ")
    took = {name: median_ms(lambda name=name: program(box, harness.ZMIRROR, "list", "--format", name)) for name in names}
    for name in ("table", "json", "csv"):
        report(f"zmirror list --format {name}, whole process", took[name], "ms", bar)
    slowest = max(took, key=took.get)
    report(f"  the slowest of {len(names)} formats: {slowest}", took[slowest], "ms", bar)


def program(box, *command):
    subprocess.run([str(c) for c in command], env=box.environment(), stdout=subprocess.DEVNULL, check=True)


def command(box, *words):
    """One that ends as it likes: what it tells is not what is asked for here."""
    subprocess.run([harness.ZMIRROR, *words], env=box.environment(), stdout=subprocess.DEVNULL, check=False)


def report(what, value, unit, bar, more_is_better=False):
    good = value >= bar if more_is_better else value <= bar
    print(f"  {what:<52} {value:>10.1f} {unit:<4} (bar {bar:g}){'' if good else '  MISSED'}")


def bench(n_disks, start, pss, listing, explaining):
    box = harness.Box()
    try:
        box.config.write_text(configuration(n_disks))
        box.run("check")
        print(f"{n_disks} disks, {n_disks * 4 + (n_disks + 3) // 4} entities:")
        report("start until the socket answers", start_ms(box), "ms", start)
        daemon = box.start()
        harness.wait_for("the first picture", box.is_ready, 60)
        time.sleep(2)  # what the start has used is given back a second later
        report("proportional memory at rest", pss_mb(daemon.pid), "MB", pss)
        bench_formats(box, listing)
        for words in ("", "list --graph", "list overdue", "status all", "status all --json", "health", "history"):
            report(f"zmirror {words}".strip() + ", whole process",
                   median_ms(lambda words=words: command(box, *words.split())), "ms", listing)
        report("zmirror explain all, whole process", median_ms(lambda: command(box, "explain", "all")), "ms", explaining)
        bench_watch(box, daemon)
        report("zmirror-trigger, whole process", median_ms(lambda: program(box, harness.TRIGGER)), "ms", 2)
        report("  (of it, starting any process: /bin/true)", median_ms(lambda: program(box, "/bin/true")), "ms", 2)
        report("hints a second, not configured", hints_per_second(box, "nobodys"), "", 50000, True)
        report("hints a second, configured, nothing changed", hints_per_second(box, "p0"), "", 50000, True)
        box.stop(daemon, seconds=10)
    finally:
        box.close()


def main():
    print("medians of", ROUNDS, "rounds; the machine may be busy with other things")
    bench(5, 20, 3, 5, 5)
    bench_plug(4, 2)
    bench(5000, 400, 40, 150, 250)
    bench_plug(5000, 3)


if __name__ == "__main__":
    main()
