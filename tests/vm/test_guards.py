"""What hangs, is busy, or was done by ZED: zmirror goes on, names it, and says what helps. (What is refused: test_losses.py,
and the scenarios.)"""
import runner
from night import CONFIG_TANK, OPEN_LEG, check, check_equal, tank
from test_nights import CONFIG_NESTED, ZVOL_LEG, nested


@runner.test("2.1")
def raw_leg(night):
    """ZED puts a raw leg that was pulled while it was online back itself, but not if zmirror has taken it offline."""
    night.start()
    night.guest.make_disk("tank-a", bus="scsi", size="192M")
    night.guest.make_disk("tank-r", size="192M")
    night.sh("zpool create -O compression=off tank mirror /dev/disk/by-partlabel/tank-a /dev/disk/by-partlabel/tank-r")
    night.write("first", 4)
    night.configure(CONFIG_TANK.format(leg="tank-r") + CONFIG_RAW.format(uuid=night.guest.disk_uuid("tank-r")))
    advice = night.sh("zmirror check 2>&1")
    check("ZED puts it online again" in advice, f"zmirror check says: {advice}")
    night.start_zmirror()
    leg = "zdev|pool:tank|name:tank-r"
    night.wait_state(leg, "active")
    night.mark()
    night.sh("systemctl stop zfs-zed")      # with 2.1 it may be quicker, and calls the leg REMOVED: then zmirror leaves it so
    night.guest.pull("tank-r")
    night.wait_until("the leg is offline", lambda: night.vdev_state("tank-r") == "OFFLINE", 30)
    night.sh("systemctl start zfs-zed")
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


@runner.test("2.1", world=tank)
def busy_is_named(night):
    """Who keeps a container open, or a pool imported, is named; when he is gone, they go."""
    night.start()
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


def check_answers(night, usual):
    """The daemon answers as fast as ever. (ZED starts programs for hundreds of events meanwhile.)"""
    night.wait_until(f"zmirror list takes about {usual} s again", lambda: night.seconds("zmirror list") < 1 + 3 * usual, 30)


def suspend(night):
    """The only disk of bak is pulled while it is written to."""
    night.sh("rm -f /run/stream-end\nsetsid bash -c 'until test -e /run/stream-end; do head -c 1M /dev/urandom "
             ">/bak/stream; sync /bak/stream; sleep 0.2; done' </dev/null >/dev/null 2>&1 &\nsleep 2")
    night.guest.pull("bak-b")
    night.wait_until("the kernel calls it suspended",
                     lambda: "SUSPENDED" in night.sh("cat /proc/spl/kstat/zfs/bak/state"), 60)
    night.wait_until("zmirror names it", lambda: "suspended" in night.sh("zmirror status zpool bak"), 30)


@runner.test("2.3", world=tank)
def suspended_pool(night):
    """The only disk of a pool is pulled: all else goes on; it comes back, and so does the pool, if nobody wrote to it."""
    night.start()
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
    usual = night.seconds("zmirror list")
    suspend(night)

    check_answers(night, usual)
    night.mark()
    night.write("away", 4)
    night.guest.plug("tank-b")
    night.wait_safe()
    night.guest.pull("tank-b")
    status, said = night.run("zmirror offline zpool bak 2>&1", 60)
    check_equal("the status of an offline that would hang", status, 1)
    check("is suspended" in said and "Connect it again" in said, f"it does not say what helps: {said}")
    night.stop_at_once()
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


@runner.test("2.3", world=nested)
def nested_pools(night):
    """The disk below a leg on a volume is pulled: both pools hang; zmirror says so, and what helps, and does not hang."""
    night.start()
    night.configure(CONFIG_NESTED.format(leg="zvol/bak/tank"))
    night.start_zmirror()
    night.sh("zmirror disable event-handlers")
    night.guest.plug("bak-b")
    night.wait_state("part|name:bak-b", "connected")
    night.sh("zmirror online zdev tank zvol/bak/tank", timeout=120)
    night.wait_until("the leg is up to date", lambda: ("resilvered", ZVOL_LEG) in night.history(), 120)
    kept = night.checksums()
    usual = night.seconds("zmirror list")
    night.wait_until("it says that the disk must not be pulled",
                     lambda: "Do not pull it: pool tank would hang" in night.sh("zmirror"), 60)
    night.sh("setsid bash -c 'head -c 4M /dev/urandom >/tank/late; sync /tank/late' </dev/null >/dev/null 2>&1 &")
    night.guest.pull("bak-b")
    night.wait_until("the kernel calls it suspended",
                     lambda: "SUSPENDED" in night.sh("cat /proc/spl/kstat/zfs/bak/state"), 60)
    night.wait_until("it says what helps", lambda: "restart the machine" in night.sh("zmirror"), 60)
    check_answers(night, usual)
    status, said = night.run("zmirror offline zpool tank 2>&1", 60)
    check(status == 1 and "restart the machine" in said, f"an offline that would hang: {status}, {said}")
    night.stop_at_once()

    night.guest.power_cut()
    night.guest.start(keep=True)
    night.wait_until("the pool is imported as ever", lambda: night.is_imported("tank"), 60)
    night.sh("rm -f /tank/late", timeout=60)
    check_equal("what was in the pool that hung", night.checksums(), kept)


TESTS = [suspended_pool, nested_pools, raw_leg, busy_is_named]
