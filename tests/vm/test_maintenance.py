"""Maintenance with a real ZFS: scrubs that count and scrubs that do not, what is overdue, and trims."""
import runner
from night import CONFIG_TANK, KEY, LEG, NIGHT_COMMANDS, OPEN_LEG, PART, check, check_equal, tank

INTERVALS = """update_interval: 1 day
scrub_interval: 1 day
content:
"""

# A leg in a LUKS container on a disk that may be away; whoever wants it opens the container.
CONFIG_LEG = """  - !part
    name: {name}
    unpluggable: yes
    content:
      - !crypt
        name: {name}
        key_file: /etc/zmirror/keys/{name}
        on_children_offline: [offline]
        content:
          - !zdev
            pool: {pool}
            {handlers}
"""

CONFIG_DATA = """  - !zpool
    name: data
    backed_by:
      - !mirror
        devices: [data-a, data-b]
  - !part
    name: data-a
    content:
      - !zdev
        pool: data
"""

TANK_A = "zdev|pool:tank|name:tank-a"
TANK_C = "zdev|pool:tank|name:tank-c"
DATA_B = "zdev|pool:data|name:data-b"

# Each event of the leg leaves a line.
NOTE_EVENTS = "\n            ".join(
    f"on_{event}: [{{run: [sh, -c, 'echo $ZMIRROR_EVENT >>/run/handled']}}]"
    for event in ("scrub_succeeded", "scrub_failed", "scrub_canceled", "scrub_disappeared"))


def scan_line(night, pool="tank"):
    return next((line for line in night.pool_state(pool).splitlines() if " scan: " in line), "")


def add_leg(night, name, pool, sibling):
    """One more leg in a container: attached and filled, then offline and away."""
    device = night.guest.make_disk(name, size="384M", luks="key")
    night.sh(f"zpool attach {pool} {sibling} {device}; sleep 2; zpool wait -t resilver {pool}", timeout=180)
    take_away(night, name, pool)


def take_away(night, name, pool):
    night.sh(f"zpool sync {pool}; zpool offline {pool} {name}; cryptsetup close {name}")
    night.guest.pull(name)


def events(night):
    """What the leg's handlers have noted, so far."""
    return night.run("cat /run/handled 2>/dev/null")[1].split()


def pool_commands(night):
    return [command for command in night.commands() if command.startswith("zpool ")]


def wait_event(night, *expected):
    night.wait_until(f"these handlers ran: {expected}", lambda: events(night) == list(expected), 60)


def last_scrub(night, leg=LEG):
    return night.row(leg).get("last_scrub")


# --- what is overdue --------------------------------------------------------------------------------------------

@runner.test(world=tank)
def maintenance_night(night):
    """Two pools, three disks, one of them away: what is overdue is done, once per pool, and the rest stays due."""
    night.start()
    add_leg(night, "tank-c", "tank", "tank-a")
    night.guest.make_disk("data-a", bus="scsi", size="384M")
    night.guest.make_disk("data-b", size="384M", luks="key")
    night.sh("zpool create -O compression=off data mirror /dev/disk/by-partlabel/data-a /dev/mapper/data-b")
    night.write("first", 4, "data")
    take_away(night, "data-b", "data")
    leave = "on_scrub_finished: [offline]"
    night.configure(CONFIG_TANK.format(leg="tank-b, tank-c").replace("content:\n", INTERVALS, 1) + CONFIG_DATA +
                    CONFIG_LEG.format(name="tank-b", pool="tank", handlers=leave) +
                    CONFIG_LEG.format(name="tank-c", pool="tank", handlers=leave) +
                    CONFIG_LEG.format(name="data-b", pool="data", handlers=leave))
    night.start_zmirror()
    for name in ("tank-b", "data-b"):
        night.guest.plug(name)
    night.wait_states({PART: "connected", "part|name:data-b": "connected", TANK_C: "disconnected"})
    night.mark()
    night.sh("zmirror maintenance --block", timeout=60)
    check_equal("what was done before it was due", night.commands(), [])

    # A day passes, as far as anybody can tell.
    night.sh("date -s '+25 hours' >/dev/null")
    night.wait_until("the scrubs are overdue", lambda: overdue(night, "scrub") == ALL_LEGS, 30)
    night.mark()
    night.sh("zmirror maintenance", timeout=60)
    night.wait_until("both disks may be unplugged", lambda: len(night.receipts()) == 2, 240)
    for pool, name in (("tank", "tank-b"), ("data", "data-b")):
        check_equal(f"the commands about {name}",
                    [c for c in night.commands() if name in c or c == f"zpool scrub {pool}"],
                    [f"cryptsetup open DEVICE {name} --key-file /etc/zmirror/keys/{name}",
                     f"zpool online {pool} /dev/mapper/{name}", f"zpool scrub {pool}",
                     f"zpool offline {pool} /dev/mapper/{name}", f"cryptsetup close {name}"])
        check("scrub repaired 0B" in scan_line(night, pool), scan_line(night, pool))
    check("tank-c" not in " ".join(night.commands()), "somebody looked for the leg that is away")
    for kind in ("scrub", "update"):
        check_equal(f"what is still overdue for {kind}", overdue(night, kind), ["tank-c"])
    rows = night.rows()
    for leg in (LEG, DATA_B):
        check(rows[leg]["last_scrub"] >= night.history_time("resilvered", leg),
              f"it was scrubbed before it was whole: {rows[leg]}")
    check_equal("the leg that is away", rows[TANK_C]["last_scrub"], 0)
    for name in ("tank-b", "data-b"):
        night.guest.pull(name)


ALL_LEGS = ["data-a", "data-b", "tank-a", "tank-b", "tank-c"]


def overdue(night, kind):
    """The names of the legs."""
    output = night.sh(f"zmirror list {kind} overdue --keys id --format plain --no-headers", timeout=30)
    return sorted(line.split("|name:")[1].strip() for line in output.splitlines() if "|name:" in line)


# --- which scrubs count -----------------------------------------------------------------------------------------

@runner.test("2.1", world=tank)
def scrubs_that_count(night):
    """A scrub by hand counts, also while the daemon is down; one that is cancelled does not."""
    begin_online(night)

    night.sh("zpool scrub -w tank", timeout=120)
    wait_event(night, "scrub_succeeded")
    by_hand = last_scrub(night)
    check(by_hand and last_scrub(night, TANK_A), "a scrub by hand does not count")

    night.sh("systemctl stop zmirror; sleep 1; zpool scrub -w tank", timeout=120)
    night.sh("systemctl start zmirror")
    night.wait_up()
    wait_event(night, "scrub_succeeded", "scrub_succeeded")
    unseen = last_scrub(night)
    check(unseen > by_hand, f"a scrub that ended while the daemon was down does not count: {by_hand} {unseen}")

    night.guest.throttle("tank-b", 400_000)
    night.mark()
    night.sh("zmirror scrub --no-block zdev tank tank-b")
    night.wait_until("the leg is scrubbed", lambda: "scrub in progress" in scan_line(night), 60)
    night.wait_until("zmirror shows it", lambda: "scrub" in str(night.row(LEG)["operations"]), 30)
    night.sh("zmirror scrub --cancel zdev tank tank-b")
    night.wait_until("it is stopped", lambda: "scrub canceled" in scan_line(night), 60)
    wait_event(night, "scrub_succeeded", "scrub_succeeded", "scrub_canceled")
    check_equal("what was done in the pool", pool_commands(night), ["zpool scrub tank", "zpool scrub -s tank"])
    status, said = night.run("zmirror scrub --cancel zdev tank tank-b 2>&1", timeout=60)
    check_equal("the status of cancelling nothing", status, 1)
    check("cancel" in said.lower(), f"cancelling nothing says: {said}")

    # Somebody else stops it: who wanted it is told, and it is not begun again.
    night.begin_command("scrub", "zmirror scrub zdev tank tank-b")
    night.wait_until("the leg is scrubbed", lambda: "scrub in progress" in scan_line(night), 60)
    night.wait_until("zmirror shows it", lambda: "scrub" in str(night.row(LEG)["operations"]), 30)
    night.sh("zpool scrub -s tank")
    status, said = night.end_command("scrub")
    check_equal("how the request ended", status, 1)
    check("cancelled" in said, f"the reason is: {said}")
    night.sh("sleep 5")
    check("scrub canceled" in scan_line(night), "it was begun again")
    check_equal("last_scrub after scrubs that were cancelled", last_scrub(night), unseen)


def begin_online(night):
    """The leg is online and up to date, and stays; its handlers note what happens to it."""
    night.start()
    night.configure(CONFIG_TANK.format(leg="tank-b") +
                    CONFIG_LEG.format(name="tank-b", pool="tank", handlers=NOTE_EVENTS))
    night.start_zmirror()
    night.mark()
    night.guest.plug("tank-b")
    night.wait_state(PART, "connected")
    night.sh("zmirror online zdev tank tank-b", timeout=180)
    night.wait_until("the leg is up to date", lambda: ("resilvered", LEG) in night.history(), 120)
    night.check_commands(*NIGHT_COMMANDS[:2])
    check_equal("last_scrub in the beginning", last_scrub(night), 0)


@runner.test("2.3", world=tank)
def scrubs_with_errors(night):
    """A scrub that finds errors on a leg fails for it, and its date is not set; one that began without it is no scrub."""
    begin_online(night)
    night.sh("zmirror offline crypt tank-b", timeout=60)
    night.wait_state("crypt|name:tank-b", "inactive")

    # Somebody's scrub runs, and the leg comes in its middle: it has to be scrubbed anew.
    night.write("away", 24)
    night.guest.throttle("tank-a", 2_000_000)
    night.sh("zpool scrub tank")
    night.wait_until("somebody scrubs", lambda: "scrub in progress" in scan_line(night), 60)
    night.mark()
    night.sh("zmirror scrub --no-block zdev tank tank-b")
    night.wait_state(LEG, "active", timeout=90)
    night.guest.throttle("tank-a", 0)
    night.wait_until("the leg was scrubbed", lambda: last_scrub(night), 180)
    check_equal("what was done in the pool", pool_commands(night),
                ["zpool scrub -s tank", "zpool online tank /dev/mapper/tank-b", "zpool scrub tank"])
    row = night.row(LEG)
    check(row["last_scrub"] >= night.history_time("resilvered", LEG), f"a scrub of before counts: {row}")
    check_equal("events", events(night)[-1], "scrub_succeeded")
    good = row["last_scrub"]

    # Garbage on the leg, behind everybody's back and beside its labels.
    night.sh("zmirror offline crypt tank-b", timeout=60)
    night.sh("rm /run/handled;" + OPEN_LEG.format(key=KEY) +
             "dd if=/dev/urandom of=/dev/mapper/tank-b bs=1M seek=5 count=60 oflag=direct status=none")
    night.mark()
    status, said = night.run("zmirror scrub zdev tank tank-b 2>&1", timeout=600)
    check_equal("how the request ended", status, 1)
    check("found errors" in said, f"the reason is: {said}")
    wait_event(night, "scrub_failed")
    check("repaired 0B" not in scan_line(night), f"nothing was repaired: {scan_line(night)}")
    check_equal("last_scrub after one with errors", last_scrub(night), good)
    check(night.row(LEG)["errors"], "a leg with errors has none")
    check(("scrub_failed", LEG) in night.history(), f"the history: {night.history()}")

    # What was repaired is good; a person has seen the errors, and the next scrub finds none.
    night.sh("zpool clear tank; zmirror scrub zdev tank tank-b", timeout=600)
    wait_event(night, "scrub_failed", "scrub_succeeded")
    check(last_scrub(night) > good, "a scrub without errors does not count")


# --- trims ------------------------------------------------------------------------------------------------------

CONFIG_TRIM = """  - !disk
    uuid: {uuid}
    info: a bridge that hides what it can
    unpluggable: yes
    force_enable_trim: yes
    content:
      - !part
        name: tank-t
        content:
          - !crypt
            name: tank-t
            key_file: /etc/zmirror/keys/tank-t
            on_children_offline: [offline]
            content:
              - !zdev
                pool: tank
                trim_interval: 1 week
                on_trimmed: [offline]
"""

# A SCSI disk in memory, which takes trims though the kernel was told that it does not.
MAKE_SCSI = """
modprobe scsi_debug dev_size_mb=192 lbpu=1 lbpws=0 lbpws10=0 delay=0
until ls -d /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block/sd*; do sleep 0.2; done | tail -1 \
    >/run/scsi
name=$(basename $(cat /run/scsi))
sgdisk -n 1:0:0 -c 1:tank-t /dev/$name >/dev/null
udevadm settle
until test -b /dev/disk/by-partlabel/tank-t; do sleep 0.1; done
mkdir -p /etc/zmirror/keys
head -c 32 /dev/urandom >/etc/zmirror/keys/tank-t
chmod 600 /etc/zmirror/keys/tank-t
cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /etc/zmirror/keys/tank-t \
    /dev/disk/by-partlabel/tank-t
cryptsetup open --key-file /etc/zmirror/keys/tank-t /dev/disk/by-partlabel/tank-t tank-t
"""


def mode(night):
    return night.sh("cat $(cat /run/scsi)/device/scsi_disk/*/provisioning_mode")


@runner.test("2.3")
def trim_by_force(night):
    """The kernel believes that a bridge takes no trims: it is told to send them, before anything on it is opened."""
    night.start()
    night.guest.make_disk("tank-a", bus="scsi", size="192M")
    night.sh(MAKE_SCSI)
    night.sh("zpool create -O compression=off tank mirror /dev/disk/by-partlabel/tank-a /dev/mapper/tank-t")
    night.write("first", 30)
    night.sh("rm /tank/first; zpool sync tank; zpool offline tank tank-t; cryptsetup close tank-t")
    night.sh("echo full >$(echo $(cat /run/scsi)/device/scsi_disk/*/provisioning_mode)")
    device = "/dev/" + night.sh("basename $(cat /run/scsi)")
    check_equal("the mode of the disk", mode(night), "full")
    status, said = night.run(f"zmirror check-trim {device} 2>&1", timeout=30)
    check_equal("the status of check-trim", status, 1)
    check("enable-trim" in said, f"check-trim does not say what helps: {said}")

    night.configure(CONFIG_TANK.format(leg="tank-t") +
                    CONFIG_TRIM.format(uuid=night.sh(f"blkid -p -s PTUUID -o value {device}")))
    night.mark()
    night.start_zmirror()
    night.wait_until("the kernel sends trims", lambda: mode(night) == "unmap", 30)
    before = written(night)
    night.sh("zmirror trim zdev tank tank-t", timeout=180)
    leg = "zdev|pool:tank|name:tank-t"
    night.wait_state("crypt|name:tank-t", "inactive")
    check(night.row(leg)["last_trim"], f"it was not trimmed: {night.row(leg)}")
    check(written(night) > before, "no trim has reached the disk")
    night.check_commands(f"zmirror enable-trim {device}",
                         "cryptsetup open DEVICE tank-t --key-file /etc/zmirror/keys/tank-t --allow-discards",
                         "zpool online tank /dev/mapper/tank-t", "zpool trim tank /dev/mapper/tank-t",
                         "zpool offline tank /dev/mapper/tank-t", "cryptsetup close tank-t")
    status, said = night.run(f"zmirror check-trim {device} 2>&1", timeout=30)
    check_equal("what check-trim says of a disk that takes them", (status, "unmap" in said), (0, True))


def written(night):
    """Sectors that the disk was told to forget."""
    return int(night.sh("cat $(cat /run/scsi)/stat").split()[13])


TESTS = [maintenance_night, scrubs_that_count, scrubs_with_errors, trim_by_force]
SELF_TESTS = []
