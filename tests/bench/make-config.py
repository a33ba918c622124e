#!/usr/bin/env python3
# make-config.py [pools] [legs] - a large configuration on stdout: for each pool so many disks, and on each of these
# a partition, a container and a leg. The default has 21,250 entities: 1,250 pools of 4 legs.
import sys

HEAD = """--- !zmirror
log_level: info
update_interval: 1 week
scrub_interval: 4 weeks
trim_interval: 1 month
content:
"""

POOL = """  - !zpool
    name: pool-{pool}
    on_backing_appeared: [online]
    backed_by:
      - !mirror
        devices: [{devices}]
"""

DISK = """  - !disk
    uuid: 00000000-0000-4000-8000-{leg:012x}
    info: disk {leg}
    unpluggable: yes
    content:
      - !part
        name: leg-{leg}
        content:
          - !crypt
            name: leg-{leg}
            key_file: /etc/zmirror/keys/leg-{leg}
            on_appeared: [online]
            on_children_offline: [offline]
            content:
              - !zdev
                pool: pool-{pool}
                on_appeared: [online]
                on_resilvered: [offline]
"""


def main():
    n_pools = int(sys.argv[1]) if len(sys.argv) > 1 else 1250
    n_legs = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    out = sys.stdout
    out.write(HEAD)
    for pool in range(n_pools):
        legs = range(pool * n_legs, (pool + 1) * n_legs)
        out.write(POOL.format(pool=pool, devices=", ".join(f"leg-{leg}" for leg in legs)))
        for leg in legs:
            out.write(DISK.format(pool=pool, leg=leg))


if __name__ == "__main__":
    main()
