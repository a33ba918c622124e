"""zmirror as a part of the system: what its package, systemd, ZED, the journal and its first steps come to."""
import json
import os
import re

import runner
from night import CRYPT, KEY, LEG, PACKAGE, PART, TANK, check, check_equal, tank


EXAMPLE = os.path.join(os.path.dirname(PACKAGE), "../etc/zmirror.yml")


def journal_of(night, *matches):
    """The lines of the journal with these fields."""
    output = night.sh("journalctl --sync; journalctl -q -o json --output-fields=MESSAGE " +
                      " ".join(f"'{match}'" for match in matches))
    return [json.loads(line)["MESSAGE"] for line in output.splitlines()]


# --- ZED and the journal ----------------------------------------------------------------------------------------

@runner.test(world=tank)
def zedlet(night):
    """ZED, with all that Debian has it run, runs the zedlet of the package, too: the daemon hears of each event."""
    night.start()
    night.sh("cp -a /etc/zfs/zed.d.debian/* /etc/zfs/zed.d/; systemctl restart zfs-zed")
    night.leave_behind()
    night.sh("zmirror enable log-events")
    night.sh("zpool scrub -w tank")
    night.wait_until("the daemon hears of it from ZED", lambda: any(
        "zed" in line and "scrub_finish" in line for line in journal_of(night, "_SYSTEMD_UNIT=zmirror.service")))
    night.guest.plug("tank-b")
    night.wait_put_away()
    night.guest.pull("tank-b")

    # Somebody else's event, of a pool that is not configured, or from nobody: nothing comes of it.
    trigger = "/usr/libexec/zmirror/zmirror-trigger"
    night.mark()
    night.sh(f"env -i ZEVENT_CLASS=sysevent.fs.zfs.scrub_finish ZEVENT_POOL=nobodys {trigger}; env -i {trigger}")
    night.sh("systemctl stop zmirror; env -i ZEVENT_CLASS=sysevent.fs.zfs.scrub_finish ZEVENT_POOL=tank "
             f"{trigger}; systemctl start zmirror")
    night.wait_up()
    check_equal("what was done", night.commands(), [])


@runner.test("2.3", world=tank)
def journal_fields(night):
    """The journal can be asked about one leg, one pool, or the commands that were run."""
    night.begin()
    night.guest.plug("tank-b")
    night.wait_put_away()
    about_leg = journal_of(night, f"ZMIRROR_ENTITY={LEG}")
    check(any("up to date" in line for line in about_leg), f"about the leg: {about_leg}")
    about_pool = journal_of(night, "ZMIRROR_POOL=tank")
    check(any("tank-b" in line for line in about_pool), f"about the pool: {about_pool}")
    check(not any("cryptsetup" in line for line in about_pool), f"about the pool: {about_pool}")
    lines = night.sh("journalctl -q -u zmirror -o json").splitlines()
    ran = [entry["ZMIRROR_COMMAND"] for entry in map(json.loads, lines) if "ZMIRROR_COMMAND" in entry]
    check(ran, "no line has ZMIRROR_COMMAND=")
    for command in ran:
        check("/" not in command.split()[0], f"ZMIRROR_COMMAND={command}")


# --- systemd ----------------------------------------------------------------------------------------------------

@runner.test("2.1", world=tank)
def service(night):
    """systemd reloads, stops, and watches it; no device is touched."""
    night.begin()
    config = re.sub(r"\n *on_\w+: \[\w+\]", "", night.guest.get("/etc/zmirror/zmirror.yml").decode())
    night.configure(config)             # the leg stays online
    night.sh("systemctl reload zmirror")
    night.guest.plug("tank-b")
    night.wait_state(PART, "connected")
    night.sh("zmirror online zdev tank tank-b", timeout=180)

    night.configure(config.replace("info: the blue USB disk", "info: renamed"))
    night.sh("systemctl reload zmirror")
    check("renamed" in night.sh("zmirror list --format plain"), "the new configuration does not count")
    night.configure(config.replace("info:", "imfo:"))
    status, said = night.run("systemctl reload zmirror; systemctl is-active zmirror")
    check("active" in said.split(), f"a mistake in the configuration ends it: {said}")
    check("renamed" in night.sh("zmirror list --format plain"), "the old configuration does not count any more")
    mistake = journal_of(night, "_SYSTEMD_UNIT=zmirror.service")
    check(any("did you mean" in line for line in mistake), f"nobody is told of the mistake: {mistake}")
    night.configure(config)
    night.sh("systemctl reload zmirror")

    night.stop_at_once()
    check_untouched(night)
    night.sh("systemctl start zmirror")

    # It is stopped as if it hung: the watchdog kills it, and it is started anew.
    night.sh("mkdir -p /run/systemd/system/zmirror.service.d; printf '[Service]\\nWatchdogSec=4\\nRestartSec=1\\n' "
             ">/run/systemd/system/zmirror.service.d/watchdog.conf; systemctl daemon-reload; systemctl restart zmirror")
    night.wait_up()
    night.sh("sleep 10")
    pid = night.main_pid()
    check_equal("restarts of a daemon that is well", night.sh("systemctl show -P NRestarts zmirror"), "0")
    night.sh(f"kill -STOP {pid}")
    night.wait_until("it is started anew", lambda: night.main_pid() not in (pid, "0"), 60)
    night.wait_up()
    check_untouched(night)


def check_untouched(night):
    check_equal("the leg", night.vdev_state(), "ONLINE")
    check(night.is_open(), "the container was closed")


# --- the package ------------------------------------------------------------------------------------------------

@runner.test("2.3", world=tank)
def package(night):
    """An upgrade goes on where it was, a removal stops it, and a purge forgets; no device is touched, nor the
    configuration."""
    night.begin()
    night.sh("zmirror disable event-handlers")
    night.guest.plug("tank-b")
    night.wait_state(PART, "connected")
    night.sh("zmirror online zdev tank tank-b", timeout=180)
    night.wait_until("the leg is up to date", lambda: ("resilvered", LEG) in night.history(), 120)
    before, pid = night.row(LEG), night.main_pid()
    history = night.history()

    night.guest.install(PACKAGE)
    check(night.main_pid() not in (pid, "0"), "the old one runs on")
    night.wait_states({LEG: "active", CRYPT: "active", TANK: "connected"})
    check_untouched(night)
    check_equal("the history", night.history()[:len(history)], history)
    check_equal("added", night.row(LEG)["added"], before["added"])

    night.sh("dpkg -r zmirror")
    check_untouched(night)
    check(night.run("systemctl is-active zmirror")[0] != 0, "it runs without its package")
    check(night.exists("/var/lib/zmirror/zmirror.db") and night.exists("/etc/zmirror/zmirror.yml"), "its state is gone")
    night.guest.install(PACKAGE)
    night.sh("systemctl start zmirror")
    night.wait_up()
    check_equal("added", night.row(LEG)["added"], before["added"])

    night.sh("dpkg -P zmirror")
    check_untouched(night)
    check(not night.exists("/var/lib/zmirror"), "its state is still there")
    check(night.exists("/etc/zmirror/zmirror.yml") and night.exists(KEY), "the configuration is gone")
    check_equal("what is left in systemd", night.run("systemctl cat zmirror.service 2>&1")[0] != 0, True)


# --- the first steps --------------------------------------------------------------------------------------------

@runner.test("2.1", world=tank)
def first_steps(night):
    """What README tells a new user to do, and what he then reads."""
    night.start()
    config = night.guest.get("/etc/zmirror/zmirror.yml").decode()
    night.sh("rm /etc/zmirror/zmirror.yml")
    check_says(night, "zmirror", 3, "there is no configuration /etc/zmirror/zmirror.yml yet")
    with open(EXAMPLE) as f:
        night.configure(f.read())       # (the guest has nothing in /usr/share/doc)
    check_says(night, "zmirror check", 0, "tank")
    night.configure(config.replace("tank-b", "tank-c", 1).replace("key_file", "keyfile"))
    check_says(night, "zmirror check", 1, "keyfile", "did you mean", "key_file")
    night.configure(config)
    check_says(night, "zmirror check", 0, "the blue USB disk; unpluggable", "crypt|name:tank-b")
    night.sh("systemctl start zmirror")
    night.wait_up()
    check_says(night, "zmirror", 0, "disk: the blue USB disk", "absent")
    check_says(night, "zmirror online zdev tank tank-b", 1, "part tank-b is not connected")
    night.mark()
    night.guest.plug("tank-b")
    night.wait_put_away()
    check_says(night, "zmirror", 0, "may be unplugged", "up to date")
    check_says(night, "zmirror list", 0, "zdev: tank-b (tank)")
    check_says(night, "zmirror status zdev tank tank-b", 0, "tank-b")
    check_says(night, "zmirror explain zdev tank tank-b", 0, "tank-b")
    check_says(night, "zmirror history", 0, "zdev tank-b (tank) is up to date", "may be unplugged")
    check_says(night, "zmirror online zdev tank tank-b", 0)
    check_says(night, "zmirror scrub zpool tank", 0)
    check_says(night, "zmirror offline disk 'the blue USB disk'", 0)
    check_says(night, "zmirror", 0, "may be unplugged")
    check_says(night, "zmirror health", 0)


@runner.test("2.3", world=tank)
def ejected(night):
    """After its night a disk has its receipt, and is powered off; plugged in anew, it is like any other."""
    night.start()
    night.leave_behind()
    night.mark()
    night.guest.plug("tank-b")
    night.wait_put_away()
    check_says(night, "zmirror receipt 'the blue USB disk'", 0, "tank-b", "resilvered")
    check_says(night, "zmirror receipt 'the blue USB disk' --json", 0, '"copy":"complete"', '"found_by":"resilver"')
    check_says(night, "zmirror eject 'the blue USB disk'", 0, "is powered off, and may be unplugged")
    check(not night.exists("/dev/disk/by-partlabel/tank-b"), "the kernel still has the disk")
    check_says(night, "zmirror", 0, "the blue USB disk", "absent", "up to date")
    check_says(night, "zmirror health", 0)
    check_says(night, "zmirror eject 'the blue USB disk'", 0)
    night.guest.pull("tank-b")

    night.mark()
    night.guest.plug("tank-b")
    night.wait_put_away()
    night.guest.pull("tank-b")
    night.check_whole()


def check_says(night, command, status, *words):
    found, said = night.run(command, timeout=300)
    print(f"# {command}\n{said}")       # to be read by people
    check_equal(f"the status of {command}", found, status)
    for word in words:
        check(word in said, f"{command} does not say '{word}':\n{said}")


TESTS = [zedlet, journal_fields, service, package, first_steps, ejected]
SELF_TESTS = []
