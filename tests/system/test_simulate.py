"""tests/system/test_simulate.py - `zmirror simulate`: what is typed at its prompt, and its mistakes"""

import subprocess

import harness

CONFIG = """--- !zmirror
content:
  - !zpool
    name: tank
    backed_by:
      - !mirror
        devices: [{name: tank-in, required: yes}, p1]
  - !disk
    uuid: 00000001-0000-4000-8000-000000000000
    info: blue
    groups: [home]
    content:
      - !part
        name: p1
        content:
          - !zdev
            pool: tank
            groups: [home]
"""


def simulate(box, lines, config=CONFIG, status=0):
    """Standard output, and standard error."""
    box.config.write_text(config)
    done = subprocess.run([harness.ZMIRROR, "simulate"], env=box.environment(), input=lines, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == status, f"it ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def test_a_night_is_typed_in(box):
    out, errors = simulate(box, "plug blue\nonline group home\nwait\noffline all\nwait\nscrub-overdue\npull blue\n")
    for part in ("you      online group home", "zdev: p1 (tank) is active", "done     online of zdev: p1 (tank)",
                 "done     offline of disk: blue", "safe to unplug", "you      scrub-overdue", "you      pull blue"):
        assert part in out, f"'{part}' is not told: {out}"
    assert not errors


def test_mistakes_say_what_can_be_done(box):
    out, _ = simulate(box, "plug red\nplug blue\nplug blue\npull green\ntype foo bar\nscrub group nix\nflug blue\n"
                           "online zdev tank \"p1\n")
    for part in ("no disk 'red' in the drawer; plugged: none; in the drawer: blue",
                 "no disk 'blue' in the drawer; plugged: blue; in the drawer: none",
                 "no disk 'green' plugged", "nobody can type 'foo' here", "nothing in a group 'nix'",
                 "did you mean 'plug'", "closing \""):
        assert part in out, f"'{part}' is not told: {out}"


def test_what_cannot_be_simulated_is_told_at_once(box):
    out, errors = simulate(box, "plug blue\n", "--- !zmirror\ncontent:\n  - !zpool\n    nam: tank\n", status=2)
    assert "the configuration has errors" in errors and "you" not in out
    _, errors = simulate(box, "plug blue\n", CONFIG + "  - !zpool\n    name: vault\n    backed_by: [tank-in]\n", status=2)
    assert "zpool: vault cannot be simulated: its device 'tank-in' backs tank, too" in errors, errors


def test_the_help_fits_a_terminal(box):
    text = box.run("simulate", "--help", status=0)
    wide = [line for line in text.splitlines() if len(line) >= 80]
    assert not wide, wide
    assert "wait [<span>" in text


harness.main(globals())
