"""Our reader of labels and ZFS's own agree, on each kind of device that a leg may be."""
import json
import re

import runner
from night import check, check_equal

# As they are made: the device, and the pool's options.
KINDS = {
    "raw": "/dev/disk/by-partlabel/raw",
    "luks": "/dev/mapper/luks",
    "zvol": "/dev/zvol/raw/vol",
    "file9": "/root/file9",
    "file12": "/root/file12",
    "file13": "/root/file13",
}
ASHIFT = {"file9": 9, "file12": 12, "file13": 13}


def pools(night):
    """A pool of its own on each kind of device, written to, with a mirror of files in the one that is not whole."""
    night.guest.make_disk("raw", size="512M")
    night.guest.make_disk("luks", luks="key")
    night.sh("truncate -s 128M /root/file9 /root/file12 /root/file13 /root/sibling\n"
             "zpool create raw /dev/disk/by-partlabel/raw; zfs create -s -V 128M -o volmode=dev raw/vol")
    night.wait_path("/dev/zvol/raw/vol")
    night.sh("losetup /dev/loop5 /dev/zvol/raw/vol\n"
             "zpool create luks /dev/mapper/luks; zpool create zvol /dev/loop5\n"
             "for a in 9 12 13; do zpool create -o ashift=$a file$a /root/file$a; done\n"
             "zpool attach file12 /root/file12 /root/sibling; zpool wait -t resilver file12")


@runner.test(world=pools)
def labels(night):
    """`zmirror label` says what `zdb -l` and `zdb -lu` do: of raw devices, containers, volumes and files, with each size of
    sectors, in use, offline, exported, and damaged."""
    night.start()
    for pool in KINDS:
        night.write("data", 1, pool)
        night.write("more", 1, pool)
    night.sh("zpool offline file12 /root/file12")
    night.write("without-it", 1, "file12")
    for pool, device in KINDS.items():
        check_label(night, device, pool, exported=False)
    for pool in reversed(KINDS):
        night.sh(f"zpool export {pool}" + ("; losetup -d /dev/loop5" if pool == "zvol" else ""))
        if pool not in ("raw", "zvol"):
            check_label(night, KINDS[pool], pool, exported=pool != "file12")

    # Two of four labels are gone, and the others are good for all that is asked.
    night.sh("dd if=/dev/zero of=/root/file9 bs=512K count=1 conv=notrunc status=none")
    found = check_label(night, "/root/file9", "file9", exported=True)
    check_equal("labels that are left", found["n_labels"], 2)
    night.sh("dd if=/dev/zero of=/root/file9 bs=512K seek=255 count=1 conv=notrunc status=none")
    status, said = night.run("zmirror label /root/file9")
    check(status == 1 and said, f"a file without labels has one: {status}, {said}")


def check_label(night, device, pool, exported):
    zdb = night.sh(f"zdb -lu {device} || true")
    found = json.loads(night.sh(f"zmirror label --json {device}"))
    for key, pattern in (("pool_guid", r"\n    pool_guid: (\d+)"), ("vdev_guid", r"\n    guid: (\d+)"),
                         ("top_guid", r"\n    top_guid: (\d+)"), ("hostid", r"\n    hostid: (\d+)"),
                         ("config_txg", r"\n    txg: (\d+)"), ("txg", r"Uberblock\[\d+\][^U]*?txg = (\d+)"),
                         ("timestamp", r"Uberblock\[\d+\][^U]*?timestamp = (\d+)")):
        numbers = {int(n) for n in re.findall(pattern, zdb)}
        check(numbers, f"zdb -lu {device} tells no {key}:\n{zdb}")
        check(int(found[key]) == max(numbers), f"{key} of {device} is {found[key]}, zdb says {sorted(numbers)}")
    check_equal(f"the pool of {device}", found["pool_name"], pool)
    if exported:
        check_equal(f"whether {device} was exported", found["pool_state"], 1)
    if pool in ASHIFT:
        check_equal(f"the ashift of {device}", set(re.findall(r"ashift: (\d+)", zdb)), {str(ASHIFT[pool])})
    return found


TESTS = [labels]
