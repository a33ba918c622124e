"""What ZFS lets happen without a word, by hand: why there are guards. That zmirror refuses it is shown by the
scenarios of the same names."""
import re

import runner
from night import OPEN_LEG, check, check_equal

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
    night.wait_until("nothing is resilvered", lambda: not night.is_resilvering("pair"))
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


TESTS = [loss_by_stale_import]
SELF_TESTS = [loss_by_half_way_leg]     # only if it is named: it says nothing about zmirror
