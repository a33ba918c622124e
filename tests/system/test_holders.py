"""tests/system/test_holders.py - who is in the way is named: on the real machine, and in what the daemon says"""

import pathlib
import subprocess

from harness import ZMIRROR, main, wait_for
from machine import Machine

WHOLE_NIGHT = 60

# In a mount namespace of its own: a file system that is used in every way that needs no device.
SCENE = """set -e
mount --make-rprivate /
mount -t tmpfs none $1
mkdir $1/a $1/b
cp /bin/sleep $1/program
echo x >$1/file
(cd $1/a && exec sleep 1000 >/dev/null) & pids=$!
sleep 1000 <$1/file >/dev/null & pids="$pids $!"
$1/program 1000 >/dev/null & pids="$pids $!"
unshare -m --propagation private sleep 1000 >/dev/null & pids="$pids $!"
trap 'kill $pids' EXIT
for i in $(seq 500); do
    [ "$($2 holders $1 | grep -c process)" -eq 4 ] && break
    sleep 0.02
done
mount -t tmpfs none $1/b
$2 holders $1
"""


def test_a_file_system(box):
    folder = box.folder / "mounted"
    folder.mkdir()
    for unshare in (["unshare", "-m"], ["unshare", "-Urm"]):
        if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            break
    else:
        print("not allowed to mount anything: nothing to see")
        return
    done = subprocess.run([*unshare, "sh", "-c", SCENE, "sh", str(folder), ZMIRROR], env=box.environment(), timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    text = done.stdout
    assert done.returncode == 0, text
    for expected in (f"(sleep) uses {folder}/a\n", f"(sleep) uses {folder}/file\n", f"(program) uses {folder}/program\n",
                     f"mounted inside: {folder}/b (tmpfs)", f"mounted at {folder} in the mount namespace of process"):
        assert expected in text, (expected, text)
    assert text.count("process ") == 4, text


def test_what_is_not_there(box):
    assert "no such block device" in box.run("holders", "/dev/no-such-device", status=1)
    assert "no such block device" in box.run("holders", "/dev/null", status=1)
    assert "nothing is mounted there" in box.run("holders", "/no such folder", status=1)
    assert "no such pool is imported" in box.run("holders", "tank/data", status=1)
    box.pool("tank")
    assert "nobody is to be seen" in box.run("holders", "tank/data", status=1)
    assert "usage" in box.run("holders", status=2)
    assert "usage" in box.run("holders", "a", "b", status=2)
    assert "unknown option" in box.run("holders", "--all", status=2)
    assert "usage" in box.run("holders", "--help", status=0)
    assert box.run("holders", "--lines", "--", "/dev/no-such-device", status=0) == ""
    assert pathlib.Path("/proc/self/mountinfo").exists() and box.run("holders", "/", status=0)


def test_the_close_is_busy(box):
    machine = Machine(box)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    machine.override["cryptsetup close"] = "echo 'Device tank-b is still in use.' >&2; exit 5"
    machine.override["label holders"] = "echo 'process 12 (rsync) uses /dev/dm-0'; exec sleep 1000"  # and then it hangs
    machine.plug()
    held = "process 12 (rsync) uses /dev/dm-0"
    wait_for("the holder", lambda: held in box.run("explain", "crypt", "tank-b"), WHOLE_NIGHT)
    text = wait_for("trying again", lambda: (t := box.run("explain", "crypt", "tank-b")) and "trying again" in t and t)
    assert f"Device tank-b is still in use. ({held})" in text, text
    text = box.run("status", "crypt", "tank-b", status=0)
    assert "held by       process 12 (rsync) uses /dev/dm-0 (when it was to go last)" in text, text
    assert machine.verdict()["verdict"] != "safe"
    del machine.override["label holders"], machine.override["cryptsetup close"]
    wait_for("safe", lambda: machine.verdict()["verdict"] == "safe", WHOLE_NIGHT)
    assert "held by" not in box.run("status", "crypt", "tank-b", status=0)
    assert "rsync" not in box.run("explain", "crypt", "tank-b", status=0)
    box.stop(daemon)


main(globals())
