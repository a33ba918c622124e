"""tests/system/test_check.py - `zmirror check` looks at the machine: without a daemon, and whatever ZFS does"""

import re
import time

from harness import main

CONFIG = """--- !zmirror
content:
  - !zpool
    name: tank
    backed_by:
      - !mirror
        devices: [tank-in, tank-b]
  - !part
    name: tank-b
    unpluggable: yes
    content:
      - !crypt
        name: tank-b
        content:
          - !zdev
            pool: tank
"""

ZPOOL = r"""case "$1" in
    get) printf 'autoreplace\t%s\nmultihost\toff\n' "$AUTOREPLACE" ;;
    status) printf '  pool: tank\n state: ONLINE\nconfig:\n\n\tNAME STATE\n\ttank ONLINE\n\tspares\n\t  sdx AVAIL\n' ;;
    *) exit 1 ;;
esac"""


def check(box):
    return box.run("check", status=0)


def test_without_zfs(box):
    box.config.write_text(CONFIG)
    box.kstat.rmdir()
    text = check(box)
    assert "Not imported now, so that its autoreplace, multihost and spares could not be looked at: tank." in text, text
    assert "is good: 4 entities" in text, text
    assert not box.commands(), "nothing is asked about what is not imported"


def test_when_a_schedule_fires_next(box):
    box.config.write_text(CONFIG.replace("content:", """maintenance_scheduler:
- times: ["03:00:00"]
  weekdays: [sat]
content:""", 1))
    text = " ".join(check(box).split())
    assert re.search(r"maintenance_scheduler .*03:00:00.*; next: Sat 20\d\d-\d\d-\d\d 03:00:00 ", text), text


def test_what_pools_say(box):
    box.config.write_text(CONFIG)
    box.pool("tank")
    box.stand_in("zpool", ZPOOL.replace("$AUTOREPLACE", "on"))
    text = check(box)
    assert "Mind: zpool: tank: autoreplace is on" in text, text
    assert "Mind: zpool: tank: it has a spare, and legs that come and go" in text, text
    assert "multihost is on" not in text and "could not be" not in text, text
    box.stand_in("zpool", ZPOOL.replace("$AUTOREPLACE", "off"))
    assert "autoreplace" not in check(box)


def test_a_suspended_pool_is_not_asked(box):
    box.config.write_text(CONFIG)
    box.pool("tank", "SUSPENDED")
    text = check(box)
    assert "ZFS could not be asked about it: it is suspended" in text, text
    assert not box.commands(), box.commands()


def test_zpool_hangs(box):
    box.config.write_text(CONFIG)
    box.pool("tank")
    box.stand_in("zpool", "trap '' TERM; while :; do sleep 1; done")
    begun = time.monotonic()
    text = check(box)
    assert time.monotonic() - begun < 30, "it waits for ever"
    assert "ZFS could not be asked about it: it does not answer" in text, text
    assert "is good" in text, text


main(globals())
