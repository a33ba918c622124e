"""What ZFS lets happen without a word, by hand: why there are guards. That zmirror refuses it is shown by the
scenarios of the same names; what nobody can prevent is named by zmirror."""
import json
import re

import runner
from night import CONFIG_TANK, OPEN_LEG, check, check_equal
from test_nights import CONFIG_NESTED, ZVOL_LEG, make_nested

LEGS = ("pair-a", "pair-b")


def make_pair(night):
    """The pool `pair`: a mirror of two legs in LUKS on USB disks, both here."""
    night.start()
    for name in LEGS:
        night.guest.make_disk(name, size="320M", luks="key")
    night.sh("zpool create -O compression=off -O atime=off pair mirror /dev/mapper/pair-a /dev/mapper/pair-b")
    night.write("first", 4, "pair")


def bring(night, name):
    night.guest.plug(name)
    night.wait_path(f"/dev/disk/by-partlabel/{name}")
    night.sh(OPEN_LEG.replace("tank-b", name).format(key=f"/etc/zmirror/keys/{name}"))


def take_away(night, name):
    night.sh(f"cryptsetup close {name}")
    night.guest.pull(name)


def progress(night, pool):
    """Of the resilver that runs, in percent."""
    found = re.search(r"([\d.]+)% done", night.pool_state(pool))
    return float(found.group(1)) if found else 0


@runner.only_on("2.1")
def loss_by_stale_import(night):
    """OpenZFS #14640, by hand: the older copy is imported alone, and then written over the newer one."""
    make_pair(night)
    night.sh("zpool offline pair pair-b")
    take_away(night, "pair-b")
    night.write("newer", 8, "pair")
    night.sh("zpool export pair")
    take_away(night, "pair-a")

    bring(night, "pair-b")
    said = night.sh("zpool import -d /dev/mapper/pair-b pair 2>&1", timeout=180)
    check_equal("what ZFS says of importing the older copy", said, "")
    check("newer" not in night.sh("ls /pair"), "the older copy is the newer one")
    night.write("other", 2, "pair")

    bring(night, "pair-a")
    night.sh("zpool online pair pair-a")
    night.wait_until("both are online", lambda: night.pool_is_whole("pair"))
    night.wait_until("the resilver has ended", lambda: "scan: resilvered" in night.pool_state("pair"), 60)
    night.sh("zpool export pair; cryptsetup close pair-b")
    night.guest.pull("pair-b")
    night.sh("zpool import -d /dev/mapper/pair-a pair", timeout=180)
    check_equal("what is left on the leg that was the newer one", night.sh("ls /pair").split(), ["first", "other"])


@runner.only_on("2.3")
def loss_by_half_way_leg(night):
    """A leg that is exported in the middle of its resilver is imported alone, and ZFS forgets what it lacks."""
    make_pair(night)
    night.sh("zpool offline pair pair-b")
    take_away(night, "pair-b")
    night.write("newer", 72, "pair")

    night.guest.throttle("pair-b", 1_000_000)
    bring(night, "pair-b")
    night.sh("zpool online pair pair-b")
    night.wait_until("a third is copied", lambda: progress(night, "pair") >= 33, 120)
    night.sh("zpool export pair", timeout=300)
    night.guest.throttle("pair-b", 0)
    for name in LEGS:
        take_away(night, name)

    bring(night, "pair-b")
    said = night.sh("zpool import -d /dev/mapper/pair-b pair 2>&1", timeout=180)
    check_equal("what ZFS says of importing half a copy", said, "")
    night.wait_until("the resilver has ended", lambda: not night.is_resilvering("pair"), 180)
    bring(night, "pair-a")
    night.sh("zpool online pair pair-a")
    night.wait_until("both are online", lambda: night.pool_is_whole("pair"))
    night.wait_until("nothing is resilvered", lambda: not night.is_resilvering("pair"), 180)
    night.wait_until("ZFS knows of nothing that is missing", lambda: not night.missing_txgs("pair"), 60)
    scan = night.scrub_by_hand("pair")
    check("repaired 0B" not in scan, f"the leg was whole: {scan}")


@runner.only_on("2.1")
def loss_by_diverged_leg(night):
    """A leg that was written on another machine comes home, by hand: what was written there is gone without a word."""
    make_pair(night)
    night.sh("zpool offline pair pair-b")
    take_away(night, "pair-b")
    night.write("home", 4, "pair")
    with night.another_machine("pair-b", bring_home=True) as other:
        other.guest.put("/run/key", night.guest.get("/etc/zmirror/keys/pair-b"), 0o600)
        other.sh(OPEN_LEG.replace("tank-b", "pair-b").format(key="/run/key") +
                 "zpool import -f -d /dev/mapper/pair-b pair", timeout=180)
        other.write("the-only-copy", 4, "pair")
        other.sh("zpool export pair; cryptsetup close pair-b")
    bring(night, "pair-b")
    said = night.sh("zpool online pair pair-b 2>&1")
    check_equal("what ZFS says when the other copy comes home", said, "")
    night.wait_until("both are online", lambda: night.pool_is_whole("pair"))
    night.wait_until("the resilver has ended", lambda: "scan: resilvered" in night.pool_state("pair"), 60)
    check_equal("what is left", night.sh("ls /pair").split(), ["first", "home"])


@runner.only_on("2.3")
def hang_by_volume_in_use(night):
    """With LUKS open on a volume of it, the export of a pool hangs beyond kill -9, by hand."""
    night.start()
    night.guest.make_disk("bak-b")
    night.sh("""
        zpool create bak /dev/disk/by-partlabel/bak-b
        zfs create -V 64M bak/vol
        until test -b /dev/zvol/bak/vol; do sleep 0.1; done
        echo secret >/run/key
        cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/zvol/bak/vol /run/key
        cryptsetup open --key-file /run/key /dev/zvol/bak/vol held
        """)
    night.sh("setsid zpool export bak >/run/said 2>&1 </dev/null &\necho $! >/run/pid; sleep 20")
    state = night.sh("kill -9 $(cat /run/pid); sleep 5; grep State: /proc/$(cat /run/pid)/status || cat /run/said")
    check("D (" in state, f"it does not hang: {state}")


def label_of(night, device):
    return json.loads(night.sh(f"zmirror label {device} --json"))


@runner.only_on("2.1")
def raw_leg(night):
    """ZED puts a raw leg that was pulled while it was online back itself, but not if zmirror has taken it offline."""
    night.start()
    night.guest.make_disk("tank-a", bus="scsi", size="192M")
    night.guest.make_disk("tank-r", size="192M")
    night.sh("zpool create -O compression=off tank mirror /dev/disk/by-partlabel/tank-a /dev/disk/by-partlabel/tank-r")
    night.write("first", 4)
    check_label(night, "/dev/disk/by-partlabel/tank-r")
    night.configure(CONFIG_TANK.format(leg="tank-r") + CONFIG_RAW.format(uuid=night.guest.disk_uuid("tank-r")))
    advice = night.sh("zmirror check 2>&1")
    check("ZED puts it online again" in advice, f"zmirror check says: {advice}")
    night.start_zmirror()
    leg = "zdev|pool:tank|name:tank-r"
    night.wait_state(leg, "active")
    night.mark()
    night.guest.pull("tank-r")
    night.wait_until("the leg is offline", lambda: night.vdev_state("tank-r") == "OFFLINE", 30)
    night.write("away", 8)
    night.guest.plug("tank-r")
    night.wait_state(leg, "inactive")
    night.sh("sleep 8")
    night.check_offline("tank-r")
    night.sh("zmirror online zdev tank tank-r", timeout=60)
    night.wait_until("the leg is up to date", lambda: ("resilvered", leg) in night.history(), 120)
    night.check_commands("zpool offline tank /dev/disk/by-partlabel/tank-r",
                         "zpool online tank /dev/disk/by-partlabel/tank-r")

    night.sh("systemctl stop zmirror")
    night.guest.pull("tank-r")
    night.wait_until("ZFS knows that it is gone", lambda: night.vdev_state("tank-r") != "ONLINE", 30)
    night.write("unseen", 8)
    night.guest.plug("tank-r")
    night.wait_until("ZED has put it online", lambda: night.vdev_state("tank-r") == "ONLINE", 60)
    night.check_complete()


CONFIG_RAW = """  - !disk
    uuid: {uuid}
    unpluggable: yes
    content:
      - !part
        name: tank-r
        content:
          - !zdev
            pool: tank
"""


def check_label(night, device):
    """Our reader of labels and ZFS's own agree."""
    night.sh("zpool sync tank; zpool offline tank tank-r")
    found = label_of(night, device)
    zdb = night.sh(f"zdb -lu {device}")
    for key, pattern in (("pool_guid", r"pool_guid: (\d+)"), ("vdev_guid", r"\n    guid: (\d+)"),
                         ("txg", r"Uberblock\[\d+\][^U]*?txg = (\d+)")):
        numbers = {int(n) for n in re.findall(pattern, zdb)}
        check(int(found[key]) == max(numbers), f"{key} is {found[key]}, zdb says {sorted(numbers)}")
    night.sh("zpool online tank tank-r; zpool wait -t resilver tank", timeout=60)


CONFIG_BUSY = """  - !part
    name: tank-b
    unpluggable: yes
    content:
      - !crypt
        name: tank-b
        key_file: /etc/zmirror/keys/tank-b
        content:
          - !zdev
            pool: tank
"""


@runner.only_on("2.1")
def busy_is_named(night):
    """Who keeps a container open, or a pool imported, is named; when he is gone, they go."""
    night.start("tank")
    night.configure(CONFIG_TANK.format(leg="tank-b") + CONFIG_BUSY)
    night.start_zmirror()
    night.guest.plug("tank-b")
    night.wait_state("part|name:tank-b", "connected")
    night.sh("zmirror online crypt tank-b", timeout=60)
    night.sh("setsid sleep 9999 </dev/mapper/tank-b >/dev/null 2>&1 &\n"
             "cd /tank; setsid sleep 8888 </dev/null >/dev/null 2>&1 &")
    for what, name in (("crypt", "tank-b"), ("zpool", "tank")):
        night.begin_command(what, f"zmirror offline {what} {name}")
    night.wait_until("it says who is in the way", lambda: "(sleep) uses" in night.sh("zmirror status all"), 30)
    for what, file in (("crypt", "/dev/dm-0"), ("zpool", "/tank")):
        status, said = night.end_command(what, timeout=180)
        check_equal(f"how the request for the {what} ended", status, 1)
        check(f"(sleep) uses {file}" in said.splitlines()[-1], f"nobody is named: {said}")
    night.sh("pkill sleep")
    night.sh("zmirror offline crypt tank-b && zmirror offline zpool tank", timeout=60)
    check(not night.is_open() and not night.is_imported("tank"), "they have not gone")


CONFIG_BAK = """  - !zpool
    name: bak
    backed_by: [bak-b]
    on_backing_appeared: [online]
  - !part
    name: bak-b
    unpluggable: yes
    content:
      - !crypt
        name: bak-b
        key_file: /etc/zmirror/keys/bak-b
        on_appeared: [online]
        content:
          - !zdev
            pool: bak
"""

BAK = "zpool|name:bak"
BAK_LEG = "zdev|pool:bak|name:bak-b"


def seconds(night, script):
    """How long it takes, by the guest's clock."""
    return int(night.sh(f"a=$(date +%s%N); {script} >/dev/null; echo $(( ($(date +%s%N) - a) / 1000000 ))")) / 1000


def check_answers(night):
    """The daemon answers as fast as ever. Of three tries: ZED starts programs for hundreds of events meanwhile."""
    took = min(seconds(night, "zmirror list") for _ in range(3))
    check(took < 3, f"zmirror list takes {took} s")


def check_stops(night):
    """The daemon ends at once, beside what systemctl itself takes while ZED keeps the guest busy."""
    usual = seconds(night, "systemctl status zmirror")
    took = seconds(night, "systemctl stop zmirror")
    check(took < 3 + usual, f"zmirror takes {took} s to stop, and systemctl {usual} s to look")


def suspend(night):
    """The only disk of bak is pulled while it is written to."""
    night.sh("rm -f /run/stream-end\nsetsid bash -c 'until test -e /run/stream-end; do head -c 1M /dev/urandom "
             ">/bak/stream; sync /bak/stream; sleep 0.2; done' </dev/null >/dev/null 2>&1 &\nsleep 2")
    night.guest.pull("bak-b")
    night.wait_until("the kernel calls it suspended",
                     lambda: "SUSPENDED" in night.sh("cat /proc/spl/kstat/zfs/bak/state"), 60)
    night.wait_until("zmirror names it", lambda: "suspended" in night.sh("zmirror status zpool bak"), 30)


@runner.only_on("2.3")
def suspended_pool(night):
    """The only disk of a pool is pulled: all else goes on; it comes back, and so does the pool, if nobody wrote to it."""
    night.start("tank")
    night.guest.make_disk("bak-b", luks="key")
    night.sh("zpool create -O compression=off bak /dev/mapper/bak-b")
    night.write("kept", 4, "bak")
    kept = night.checksums("bak")
    night.sh("zpool export bak; cryptsetup close bak-b")
    night.guest.pull("bak-b")
    tank = night.guest.get("/etc/zmirror/zmirror.yml").decode()
    night.configure(tank + CONFIG_BAK)
    night.start_zmirror()
    night.wait_state("zpool|name:tank", "connected")
    night.guest.plug("bak-b")
    night.wait_state(BAK_LEG, "active", timeout=60)
    suspend(night)

    check_answers(night)
    night.mark()
    night.write("away", 4)
    night.guest.plug("tank-b")
    night.wait_safe()
    night.guest.pull("tank-b")
    status, said = night.guest.run("zmirror offline zpool bak 2>&1", 60)
    check_equal("the status of an offline that would hang", status, 1)
    check("is suspended" in said and "Connect it again" in said, f"it does not say what helps: {said}")
    check_stops(night)
    night.sh("systemctl start zmirror")
    night.wait_up()
    night.wait_until("zmirror names it again", lambda: "suspended" in night.sh("zmirror status zpool bak"), 30)

    night.mark()
    night.guest.plug("bak-b")
    night.wait_until("the pool goes on", lambda: "SUSPENDED" not in night.sh("cat /proc/spl/kstat/zfs/bak/state"), 60)
    night.wait_state(BAK_LEG, "active", timeout=60)
    night.check_commands("zpool clear bak", "cryptsetup close bak-b",
                         "cryptsetup open DEVICE bak-b --key-file /etc/zmirror/keys/bak-b", "zpool clear bak")
    night.sh("touch /run/stream-end; sleep 2; rm /bak/stream; zpool sync bak")
    check_equal("what was in the pool", night.checksums("bak"), kept)
    scan = night.scrub_by_hand("bak")
    check("with 0 errors" in scan, f"the scrub says: {scan}")

    # Another machine writes to it while this one waits for it: to go on would destroy both.
    suspend(night)
    with night.another_machine("bak-b", bring_home=True) as other:
        other.guest.put("/run/key", night.guest.get("/etc/zmirror/keys/bak-b"), 0o600)
        other.sh(OPEN_LEG.replace("tank-b", "bak-b").format(key="/run/key") +
                 "zpool import -f -d /dev/mapper/bak-b bak", timeout=180)
        other.write("elsewhere", 2, "bak")
        other.sh("zpool export bak; cryptsetup close bak-b")
    night.guest.plug("bak-b")
    night.wait_until("it is refused", lambda: ("refused", BAK_LEG) in night.history(), 60)
    night.sh("sleep 5")
    check("SUSPENDED" in night.sh("cat /proc/spl/kstat/zfs/bak/state"), "the pool went on")
    night.guest.pull("bak-b")
    with night.another_machine("bak-b") as other:
        other.guest.put("/run/key", night.guest.get("/etc/zmirror/keys/bak-b"), 0o600)
        other.sh(OPEN_LEG.replace("tank-b", "bak-b").format(key="/run/key") + "zpool import -d /dev/mapper/bak-b bak")
        check("elsewhere" in other.sh("ls /bak"), "what was written elsewhere is gone")


@runner.only_on("2.3")
def nested_pools(night):
    """The disk below a leg on a volume is pulled: both pools hang; zmirror says so, and what helps, and does not hang."""
    make_nested(night)
    night.configure(CONFIG_NESTED.format(leg="zvol/bak/tank"))
    night.start_zmirror()
    night.sh("zmirror disable event-handlers")
    night.guest.plug("bak-b")
    night.wait_state("part|name:bak-b", "connected")
    night.sh("zmirror online zdev tank zvol/bak/tank", timeout=120)
    night.wait_until("the leg is up to date", lambda: ("resilvered", ZVOL_LEG) in night.history(), 120)
    kept = night.checksums()
    night.wait_until("it says that the disk must not be pulled",
                     lambda: "Do not pull it: pool tank would hang" in night.sh("zmirror"), 60)
    night.sh("setsid bash -c 'head -c 4M /dev/urandom >/tank/late; sync /tank/late' </dev/null >/dev/null 2>&1 &")
    night.guest.pull("bak-b")
    night.wait_until("the kernel calls it suspended",
                     lambda: "SUSPENDED" in night.sh("cat /proc/spl/kstat/zfs/bak/state"), 60)
    night.wait_until("it says what helps", lambda: "restart the machine" in night.sh("zmirror"), 60)
    check_answers(night)
    status, said = night.guest.run("zmirror offline zpool tank 2>&1", 60)
    check(status == 1 and "restart the machine" in said, f"an offline that would hang: {status}, {said}")
    check_stops(night)

    night.guest.power_cut()
    night.guest.start(keep=True)
    night.wait_until("the pool is imported as ever", lambda: night.is_imported("tank"), 60)
    night.sh("rm -f /tank/late", timeout=60)
    check_equal("what was in the pool that hung", night.checksums(), kept)


TESTS = [suspended_pool, nested_pools, loss_by_stale_import, loss_by_diverged_leg, hang_by_volume_in_use, raw_leg, busy_is_named]
SELF_TESTS = [loss_by_half_way_leg]     # only if it is named: it says nothing about zmirror
