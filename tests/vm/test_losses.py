"""What ZFS and cryptsetup let happen without a word, by hand and without zmirror: why there are guards. That zmirror
refuses it, and what it says, is shown by the scenarios named here, on this floor, too."""
import re
import shutil

import runner
from night import OPEN_LEG, check, check_equal
from test_nights import nested

LEGS = ("pair-a", "pair-b")


def pair(night):
    """The pool `pair`: a mirror of two legs in LUKS on USB disks, both here and online."""
    for name in LEGS:
        night.guest.make_disk(name, size="320M", luks="key")
    night.sh("zpool create -O compression=off -O atime=off pair mirror /dev/mapper/pair-a /dev/mapper/pair-b")
    night.write("first", 4, "pair")


def raw_pair(night):
    """The same without LUKS, so that ZED has something to say, too."""
    for name in LEGS:
        night.guest.make_disk(name, size="320M")
    night.sh("zpool create -O compression=off -O atime=off pair mirror /dev/disk/by-partlabel/pair-[ab]")
    night.write("first", 4, "pair")


def bring(night, name, key=None):
    """A disk is plugged in, and its container opened."""
    night.guest.plug(name)
    open_leg(night, name, key or f"/etc/zmirror/keys/{name}")


def open_leg(night, name, key):
    night.wait_path(f"/dev/disk/by-partlabel/{name}")
    night.sh(OPEN_LEG.replace("tank-b", name).format(key=key))


def take_away(night, name):
    night.sh(f"cryptsetup close {name}")
    night.guest.pull(name)


def online(night, name):
    """By hand, and ZFS resilvers it, and says that all is well. Returns what `zpool online` has said."""
    before = scan(night)
    said = night.sh(f"zpool online pair {name} 2>&1")
    wait_resilvered(night, before)
    return said


def scan(night):
    return re.search(r"scan: (.*)", night.pool_state("pair") + "\nscan: none").group(1)


def wait_resilvered(night, before):
    """(zdb would be of no use: of two histories it shows the one with the higher txg.)"""
    night.wait_until("both are online", lambda: night.pool_is_whole("pair"))
    night.wait_until("it has been resilvered", lambda: re.match(r"resilvered .* with 0 errors", scan(night)) and
                     scan(night) != before, 120)


def offline_good_leg(night):
    """ZFS lets it go without a word, at the latest when a second resilver has given the other what the first was too early
    for."""
    def goes():
        status, said = night.run("zpool offline pair pair-a 2>&1")
        check(status == 0 or "no valid replicas" in said, f"zpool offline: {said}")
        return status == 0 and said.strip() == ""
    night.wait_until("ZFS lets the good leg go", goes, 60)


def check_silent(what, said):
    check_equal(f"what ZFS says of {what}", said, "")


def check_unreadable(night, file, device):
    """Not from memory: of the leg alone, which cannot even be imported, or mounted, where ZFS's own data are among what it
    lacks."""
    night.sh("zpool export pair", timeout=180)
    status, said = night.run(f"zpool import -d {device} pair && ls /pair && cat /pair/{file} >/dev/null",
                                   timeout=180)
    check(status != 0 and re.search("I/O error|Input/output error|No such device|unavailable", said), f"{file} can be read: {said}")


# --- the wrong copy wins ----------------------------------------------------------------------------------------

@runner.test("2.1", world=pair)
def loss_by_stale_import(night):
    """OpenZFS #14640: the older copy is imported alone, and then written over the newer one. (stale-import)"""
    night.start()
    night.sh("zpool offline pair pair-b")
    take_away(night, "pair-b")
    night.write("newer", 8, "pair")
    night.sh("zpool export pair")
    take_away(night, "pair-a")

    bring(night, "pair-b")
    check_silent("importing the older copy", night.sh("zpool import -d /dev/mapper/pair-b pair 2>&1", timeout=180))
    check("newer" not in night.sh("ls /pair"), "the older copy is the newer one")
    night.write("other", 2, "pair")

    bring(night, "pair-a")
    check_silent("putting the newer copy online", online(night, "pair-a"))
    night.sh("zpool export pair; cryptsetup close pair-b")
    night.guest.pull("pair-b")
    night.sh("zpool import -d /dev/mapper/pair-a pair", timeout=180)
    check_equal("what is left on the leg that was the newer one", night.sh("ls /pair").split(), ["first", "other"])


@runner.test(world=raw_pair)
def loss_by_zed(night):
    """The same without LUKS: nobody puts the newer copy online, ZED does, as soon as it is plugged in. (stale-import)"""
    night.start()
    night.sh("zpool offline pair /dev/disk/by-partlabel/pair-b")
    night.guest.pull("pair-b")
    night.write("newer", 8, "pair")
    night.sh("zpool export pair")
    night.guest.pull("pair-a")

    night.guest.plug("pair-b")
    night.wait_path("/dev/disk/by-partlabel/pair-b")
    night.sh("udevadm settle; zpool import -d /dev/disk/by-partlabel pair", timeout=180)
    night.write("other", 2, "pair")
    before = scan(night)
    night.guest.plug("pair-a")
    wait_resilvered(night, before)
    night.sh("zpool export pair")
    night.guest.pull("pair-b")
    night.sh("zpool import -d /dev/disk/by-partlabel/pair-a pair", timeout=180)
    check_equal("what is left on the leg that was the newer one", night.sh("ls /pair").split(), ["first", "other"])


@runner.test("2.1", world=pair)
def loss_by_diverged_leg(night):
    """A leg that was written on another machine comes home: what was written there is gone. (diverged-leg)"""
    night.start()
    night.sh("zpool offline pair pair-b")
    take_away(night, "pair-b")
    night.write("home", 4, "pair")
    with night.another_machine("pair-b", bring_home=True) as other:
        other.guest.put("/run/key", night.guest.get("/etc/zmirror/keys/pair-b"), 0o600)
        open_leg(other, "pair-b", "/run/key")
        other.sh("zpool import -f -d /dev/mapper/pair-b pair", timeout=180)
        other.write("the-only-copy", 4, "pair")
        other.sh("zpool export pair; cryptsetup close pair-b")
    bring(night, "pair-b")
    check_silent("putting the other copy online", online(night, "pair-b"))
    check_equal("what is left", night.sh("ls /pair").split(), ["first", "home"])


@runner.test("2.3", world=pair)
def loss_by_clone(night):
    """An older copy (dd) of a leg's disk is plugged in its place: it is not caught up with, but counts as whole. (clone)"""
    night.start()
    night.sh("zpool offline pair pair-b")
    take_away(night, "pair-b")
    shutil.copyfile(night.guest.disk_file("pair-b"), night.guest.path("disks", "clone.img"))
    night.write("newer", 8, "pair")
    bring(night, "pair-b")
    online(night, "pair-b")
    night.sh("zpool offline pair pair-b")
    take_away(night, "pair-b")

    night.guest.plug("clone")
    open_leg(night, "pair-b", "/etc/zmirror/keys/pair-b")
    check_silent("putting the clone online", online(night, "pair-b"))
    offline_good_leg(night)
    check_unreadable(night, "newer", "/dev/mapper/pair-b")


@runner.test("2.3", world=pair)
def loss_by_half_way_leg(night):
    """A leg that is exported in the middle of its resilver is imported alone; ZFS forgets what it lacks, takes it for whole,
    and lets the good one go. (half-way-leg, last-copy)"""
    night.start()
    night.sh("zpool offline pair pair-b")
    take_away(night, "pair-b")
    night.write("newer", 48, "pair")
    night.guest.throttle("pair-b", 1_000_000)
    bring(night, "pair-b")
    night.sh(HOLD_HALF_WAY, timeout=180)
    night.guest.throttle("pair-b", 0)
    night.sh("zpool export pair; echo 0 >/sys/module/zfs/parameters/zfs_scan_suspend_progress", timeout=180)
    for name in LEGS:
        take_away(night, name)

    bring(night, "pair-b")
    check_silent("importing half a copy", night.sh("zpool import -N -d /dev/mapper/pair-b pair 2>&1", timeout=180))
    night.wait_until("the resilver has ended", lambda: scan(night).startswith("resilvered"), 180)
    bring(night, "pair-a")
    online(night, "pair-a")
    offline_good_leg(night)
    check_unreadable(night, "newer", "/dev/mapper/pair-b")


# So little is on its way at a time that the resilver can be held as soon as a fifth is copied. That is ZFS's own data first.
HOLD_HALF_WAY = """
cd /sys/module/zfs/parameters
echo 262144 >zfs_scan_vdev_limit
echo 1 >zfs_scan_legacy
zpool online pair pair-b
until zpool status pair | grep -qE '[2-9][0-9]\\.[0-9]+% done'; do sleep 0.1; done
echo 1 >zfs_scan_suspend_progress
"""


@runner.test("2.1", world=pair)
def loss_by_force(night):
    """A pool that another machine uses is imported by force: what the one writes, the other destroys. (foreign-pool)"""
    night.start()
    night.sh("zpool offline pair pair-b; zpool export pair")
    for name in LEGS:
        take_away(night, name)
    with night.another_machine("pair-a", share=True) as other:
        other.guest.put("/run/key", night.guest.get("/etc/zmirror/keys/pair-a"), 0o600)
        open_leg(other, "pair-a", "/run/key")
        other.sh("zpool import -d /dev/mapper/pair-a pair", timeout=180)

        bring(night, "pair-a")
        status, said = night.run("zpool import -d /dev/mapper/pair-a pair", timeout=180)
        check(status != 0 and "another system" in said, f"ZFS imports it without force: {said}")
        check_silent("an import by force", night.sh("zpool import -f -d /dev/mapper/pair-a pair 2>&1", timeout=180))
        other.write("theirs", 4, "pair")
        night.write("ours", 4, "pair")
        other.write("theirs-too", 4, "pair")
        other.sh("zpool export pair", timeout=180)
    night.guest.power_cut()
    night.guest.start(keep=True)
    open_leg(night, "pair-a", "/etc/zmirror/keys/pair-a")
    status, said = night.run("zpool import -f -d /dev/mapper/pair-a pair && zpool scrub -w pair; zpool status -v pair; "
                                   "ls /pair", timeout=300)
    check("ours" not in said.split() or "errors: No known data errors" not in said, f"nothing was lost:\n{said}")


# --- the wrong disk ---------------------------------------------------------------------------------------------

@runner.test("2.3", world=pair)
def another_disk_ends_well(night):
    """An empty container that the same key opens, and an empty disk of that name: `zpool online` of what is not there ends
    with status 0. (reformatted-luks, blank-disk)"""
    night.start()
    night.sh("zpool offline pair pair-b; cryptsetup close pair-b")
    night.guest.pull("pair-b")
    night.guest.make_disk("forged", part="pair-b")
    night.sh("cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /etc/zmirror/keys/pair-b "
             "/dev/disk/by-partlabel/pair-b")
    open_leg(night, "pair-b", "/etc/zmirror/keys/pair-b")
    check_ends_well(night)
    night.sh("cryptsetup close pair-b; wipefs -aq /dev/disk/by-partlabel/pair-b; udevadm settle")
    status, _ = night.run("cryptsetup open --key-file /etc/zmirror/keys/pair-b /dev/disk/by-partlabel/pair-b pair-b")
    check(status, "a partition without LUKS was opened")
    check_ends_well(night)


def check_ends_well(night):
    status, said = night.run("zpool online pair pair-b")
    check_equal("the status of an online of what is not there", status, 0)
    check("warning" in said, f"not even a warning: {said}")
    check(night.vdev_state("pair-b", "pair") != "ONLINE", "it is online")


@runner.test("2.3", world=pair)
def dead_mapping(night):
    """A container whose disk was pulled looks open, and stays what it is when the disk is back. (night-7-pulled)"""
    night.start()
    night.sh("zpool offline pair pair-b")
    night.guest.pull("pair-b")
    night.wait_path("/dev/disk/by-partlabel/pair-b", there=False)
    night.guest.plug("pair-b")
    night.wait_path("/dev/disk/by-partlabel/pair-b")
    check("is active" in night.sh("udevadm settle; cryptsetup status pair-b | head -n 1"), "it is not called active")
    status, said = night.run("dd if=/dev/mapper/pair-b of=/dev/null bs=4k count=1 iflag=direct")
    check(status != 0 and "Input/output error" in said, f"it can be read: {said}")
    status, said = night.run("cryptsetup open --key-file /etc/zmirror/keys/pair-b /dev/disk/by-partlabel/pair-b pair-b")
    check_equal("the status of opening it anew", (status, "already exists" in said), (5, True))


# --- pools in pools ---------------------------------------------------------------------------------------------

def container_on_volume(night):
    """The pool `bak` with a volume, on which somebody has opened a container."""
    night.guest.make_disk("bak-b")
    night.sh("zpool create bak /dev/disk/by-partlabel/bak-b; zfs create -V 64M bak/vol")
    night.wait_path("/dev/zvol/bak/vol")
    night.sh("""
        echo secret >/run/key
        cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/zvol/bak/vol /run/key
        cryptsetup open --key-file /run/key /dev/zvol/bak/vol held
        """)


@runner.test("2.3", world=container_on_volume)
def hang_by_volume_in_use(night):
    """With LUKS open on a volume of it, the export of a pool hangs beyond kill -9. (volume-in-use)"""
    night.start()
    night.sh("setsid zpool export bak >/run/said 2>&1 </dev/null &\necho $! >/run/pid")
    stuck = "grep -s 'State:.*D ' /proc/$(cat /run/pid)/status"
    night.wait_until("it waits for what does not come", lambda: night.run(f"sleep 2; {stuck}")[0] == 0)
    night.sh("kill -9 $(cat /run/pid)")
    for _ in range(10):
        check(night.run(f"sleep 0.5; {stuck}")[0] == 0, "it has ended")
    night.sh("cryptsetup close held")
    night.wait_until("it goes on", lambda: not night.is_imported("bak"))


@runner.test("2.1", world=container_on_volume)
def unmounted_by_volume_in_use(night):
    """The same on 2.1: the export fails, but the file systems are gone from where they were. (volume-in-use)"""
    night.start()
    night.write("kept", 1, "bak")
    status, said = night.run("zpool export bak")
    check(status != 0 and "busy" in said, f"it does not fail: {said}")
    check(night.is_imported("bak") and not night.exists("/bak/kept"), "the file system is still mounted")


# For five seconds, and not only for a moment.
HANGS = "for i in {1..10}; do [[ $(ps -o state= -C zpool) == *D* ]] || exit 1; sleep 0.5; done"


@runner.test(world=nested)
def export_below_a_leg(night):
    """A pool is exported although a volume of it is an online leg of another one: 2.3 does so, or hangs. (night-2-nested)"""
    night.start()
    night.guest.plug("bak-b")
    open_leg(night, "bak-b", "/etc/zmirror/keys/bak-b")
    night.sh("zpool import -d /dev/mapper/bak-b bak", timeout=180)
    night.wait_path("/dev/zvol/bak/tank")
    night.sh("zpool online tank /dev/zvol/bak/tank")
    night.wait_until("the leg is online", lambda: night.vdev_state("/dev/zvol/bak/tank") == "ONLINE")
    night.wait_until("the resilver has ended", lambda: not any(night.missing_txgs().values()))
    if night.guest.zfs == "2.1":
        status, said = night.run("zpool export bak", timeout=180)
        check(status != 0 and "busy" in said, f"2.1 exports it: {said}")
        return
    night.begin_command("export", "zpool export bak")       # as long as the leg notices nothing, it hangs
    night.wait_until("it hangs, or the pool is gone", lambda: not night.is_imported("bak") or not night.run(HANGS)[0])
    check(night.vdev_state("tank-a") == "ONLINE", "the upper pool has nothing left")


# --- scrubs -----------------------------------------------------------------------------------------------------

@runner.test(world=pair)
def resilver_with_checkpoint(night):
    """With a checkpoint a resilver ends "with 0 errors", and the leg lacks what was written, as before; a scrub is not made,
    as ZFS begins anew. (checkpoint)"""
    night.start()
    night.sh("zpool offline pair pair-b; zpool checkpoint pair")
    night.write("away", 4, "pair")
    online(night, "pair-b")
    check(any(night.missing_txgs("pair").values()), "nothing is missing")
    for _ in range(5):
        night.run("zpool scrub -w pair")        # it may say that it is resilvering, too
    check("scan: scrub repaired" not in night.pool_state("pair"), "it was scrubbed")
    check(any(night.missing_txgs("pair").values()), "nothing is missing after a scrub")
    night.sh("zpool checkpoint -d pair")
    night.wait_until("nothing is missing", lambda: not any(night.missing_txgs("pair").values()))


TESTS = [loss_by_stale_import, loss_by_zed, loss_by_diverged_leg, loss_by_clone, loss_by_half_way_leg, loss_by_force,
         another_disk_ends_well, dead_mapping, hang_by_volume_in_use, unmounted_by_volume_in_use, export_below_a_leg,
         resilver_with_checkpoint]
