"""A virtual machine with a real ZFS, in which disks are plugged and pulled.

Its state (disks, sockets, logs) lies in one folder, so that several may run side by side. Without KVM the
processor is emulated: everything works, five to twenty times slower.
"""
import base64
import contextlib
import fcntl
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
CHUNK = 1 << 18
SILENCE = 300                           # seconds after which a guest is given up; it may have to wait for a processor
# Without KVM the usual work factor takes a minute.
CHEAP_LUKS = "--type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000"
PASSPHRASE = "7-herrings-at-dawn"       # a text that is found nowhere else, so that a test can look for it
KERNEL_ARGUMENTS = ("console=ttyS0 loglevel=4 panic=-1 mitigations=off nokaslr audit=0 selinux=0 apparmor=0 "
                    "random.trust_cpu=on raid=noautodetect net.ifnames=0 systemd.show_status=0 "
                    # QEMU translates a library again for each address at which it is loaded: with random ones,
                    # to start a process takes four times as long.
                    "norandmaps cryptomgr.notests no_timer_check tsc=reliable")


def kernel_arguments():
    """An emulated processor that other work keeps from running measures its own clock wrong, and then lives too fast. Its
    counter is this machine's, whose speed is known."""
    with open("/proc/cpuinfo") as f:
        bogomips = next((line.split(":")[1] for line in f if line.startswith("bogomips")), None)
    return KERNEL_ARGUMENTS + (f" tsc_early_khz={int(float(bogomips) * 500)}" if bogomips and not has_kvm() else "")


def has_kvm():
    """A /dev/kvm that does not stand on the processor's own extensions does not run Debian's kernel."""
    with open("/proc/cpuinfo") as f:
        words = f.read().split()
    return ("vmx" in words or "svm" in words) and os.access("/dev/kvm", os.R_OK | os.W_OK)


def acceleration():
    if has_kvm():
        return ["-accel", "kvm", "-cpu", "host"]
    # A fifth level of page tables costs an emulated processor a tenth of its time.
    return ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off"]


class Error(Exception):
    pass


@contextlib.contextmanager
def in_folder(folder):
    """Paths of Unix sockets are short; we connect relative to the folder they are in."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def connect(path, timeout):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout)
    with in_folder(os.path.dirname(path)):
        sock.connect(os.path.basename(path))
    return sock


class Qmp:
    """One conversation with QEMU's monitor. It serves one client at a time, others wait."""

    def __init__(self, path):
        self.sock = connect(path, timeout=SILENCE)
        self.file = self.sock.makefile("rw")
        self.events = []
        self.read()                             # the greeting
        self("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def read(self):
        line = self.file.readline()
        if not line:
            raise Error("QEMU has closed its monitor")
        return json.loads(line)

    def __call__(self, command, arguments=None, **more):
        words = {name.replace("_", "-") if command != "device_add" else name: value for name, value in more.items()}
        self.file.write(json.dumps({"execute": command, "arguments": {**words, **(arguments or {})}}) + "\n")
        self.file.flush()
        while True:
            message = self.read()
            if "error" in message:
                raise Error(f"QEMU: {command}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]
            self.events.append(message)

    def wait_event(self, name, **data):
        while True:
            for event in self.events:
                if event["event"] == name and data.items() <= event.get("data", {}).items():
                    self.events.remove(event)
                    return
            self.events.append(self.read())


class Guest:
    """One virtual machine; everything that belongs to it is in `folder`."""

    def __init__(self, folder, zfs="2.3"):
        self.folder = os.path.abspath(folder)
        self.zfs = zfs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends it, whatever state it is in, and removes all that it consisted of."""
        self.power_cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def qmp(self):
        return Qmp(self.path("qmp.sock"))

    # --- life -------------------------------------------------------------------------------------------------

    def pid(self):
        """The process id of our QEMU, or None; a number that somebody else got meanwhile is not ours."""
        try:
            with open(self.path("pid")) as f:
                pid = int(f.read())
            with open(f"/proc/{pid}/cmdline") as f:
                return pid if self.path("qmp.sock") in f.read() else None
        except (OSError, ValueError):
            return None

    def start(self, keep=False, snapshot=None, detached=False):
        """Returns when systemd, zfs and zed are up: a new guest, or the one that was here (keep), or one that goes on
        from where `snapshot` was taken, with the disks that were plugged then. Unless detached it cannot outlive the
        process that has started it.
        """
        if self.pid():
            raise Error("it is running already")
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder, exist_ok=True)
        if snapshot:
            subprocess.run(["cp", "-r", "--sparse=always", os.path.join(snapshot, "disks"), self.folder], check=True)
        os.makedirs(self.path("disks"), exist_ok=True)
        self.zfs = self.note("zfs", self.zfs)
        image = subprocess.run([os.path.join(HERE, "build-image"), self.zfs], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.strip()
        if not os.path.exists(self.path("root.qcow2")):
            self.make_root(os.path.join(snapshot, "root.qcow2") if snapshot else os.path.join(image, "root.img"))
        self.launch(image, bool(snapshot), detached)
        # QEMU stands still (-S) until the disks that were plugged in before are so again.
        for name in sorted(os.listdir(self.path("disks"))):
            if name.endswith(".plugged"):
                with open(self.path("disks", name)) as f:
                    name = name.removesuffix(".plugged")
                    self.attach(name, f.read(), self.disk_file(name))
        if snapshot:
            self.load(os.path.join(snapshot, "memory"))
        with self.qmp() as qmp:
            qmp("cont")
        self.wait_for_agent()
        if not snapshot:
            self.sh("systemctl is-system-running --wait >/dev/null || true\n"
                    "test -d /sys/module/zfs && systemctl is-active --quiet zfs-zed", timeout=2 * SILENCE)

    def note(self, name, value):
        """Writes it down, once: a guest that is kept stays what it was."""
        with contextlib.suppress(FileExistsError), open(self.path(name), "x") as f:
            f.write(value)
        with open(self.path(name)) as f:
            return f.read()

    def make_root(self, base):
        """The root disk holds what differs from its base, which stays as it is."""
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", os.path.abspath(base),
                        "-F", "qcow2" if base.endswith(".qcow2") else "raw", self.path("root.qcow2")], check=True)

    def launch(self, image, incoming, detached):
        for name in ("qmp.sock", "agent.sock", "shell.sock"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(name))
        command = [] if detached else ["setpriv", "--pdeathsig", "KILL"]
        command += [
            "qemu-system-x86_64", "-machine", "q35", *acceleration(), "-smp", "1", "-m", "1G",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-S",
            "-kernel", os.path.join(image, "kernel"), "-initrd", os.path.join(image, "initrd"),
            "-append", kernel_arguments(),
            "-chardev", f"file,id=console,path={self.path('console.log')},append=on", "-serial", "chardev:console",
            "-chardev", "socket,id=shell,path=shell.sock,server=on,wait=off", "-serial", "chardev:shell",
            "-chardev", f"socket,id=qmp,path={self.path('qmp.sock')},server=on,wait=off",
            "-mon", "chardev=qmp,mode=control",
            "-device", "virtio-serial-pci", "-chardev", "socket,id=agent,path=agent.sock,server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=zmirror.agent",
            "-device", "virtio-rng-pci",
            "-drive", f"if=none,id=root,file={self.path('root.qcow2')},format=qcow2,cache=unsafe",
            "-device", "virtio-blk-pci,drive=root",
            "-device", "virtio-scsi-pci,id=scsi0", "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
        ]
        if incoming:
            command += ["-incoming", "defer"]
        with open(self.path("qemu.log"), "a") as log:
            process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        with open(self.path("pid"), "w") as f:
            f.write(str(process.pid))
        while not self.answers():
            if process.poll() is not None:
                raise Error(f"QEMU does not start: {self.qemu_log()}")
            time.sleep(0.02)

    def answers(self):
        """The monitor's socket is there a moment before QEMU listens to it."""
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError), self.qmp():
            return True
        return False

    def qemu_log(self):
        with open(self.path("qemu.log"), errors="replace") as f:
            return f.read().strip()

    def load(self, memory):
        """The memory of a guest that was saved, into one that has the same disks."""
        with self.qmp() as qmp:
            qmp("migrate-incoming", uri="exec:cat " + shlex.quote(os.path.abspath(memory)))
            try:
                while qmp("query-status")["status"] == "inmigrate":
                    time.sleep(0.02)
            except (Error, OSError):
                raise Error(f"QEMU does not go on from {memory}: {self.qemu_log()}") from None

    def save(self):
        """Ends the guest such that its folder is a `snapshot` others can go on from."""
        self.sh("sync")
        pid = self.pid()
        with self.qmp() as qmp:
            qmp("stop")
            qmp("migrate-set-parameters", max_bandwidth=1 << 40)
            qmp("migrate", uri="exec:cat >" + shlex.quote(self.path("memory")))
            while qmp("query-migrate").get("status") not in ("completed", "failed"):
                time.sleep(0.05)
            if qmp("query-migrate")["status"] != "completed":
                raise Error("QEMU could not save the guest's memory")
            qmp("quit")
        self.wait_gone(pid, timeout=30)

    def wait_for_agent(self):
        end = time.monotonic() + 2 * SILENCE
        while True:
            try:
                return self.ask("clock", now=time.time(), timeout=10)
            except (Error, OSError):
                if not self.pid():
                    raise Error(f"QEMU has ended, see {self.path('qemu.log')}, {self.path('console.log')}") from None
                if time.monotonic() > end:
                    raise Error(f"the guest did not come up, see {self.path('console.log')}") from None
                time.sleep(0.05)

    def wait_gone(self, pid, timeout):
        """True when QEMU has ended; it is not ours to reap where another process started it."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                gone = os.waitpid(pid, os.WNOHANG)[0] == pid
            except ChildProcessError:
                gone = not self.pid()
            if gone:
                return True
            time.sleep(0.02)
        return False

    def power_cut(self):
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
            self.wait_gone(pid, timeout=30)

    def stop(self, timeout=2 * SILENCE):
        """Shuts down; a guest that cannot (a hanging pool) loses its power, and that is an error."""
        pid = self.pid()
        if not pid:
            return
        self.run("systemctl poweroff --no-block", timeout=SILENCE)
        if not self.wait_gone(pid, timeout):
            self.power_cut()
            raise Error(f"the guest did not shut down within {timeout} s")

    def reboot(self, **options):
        self.stop()
        self.start(keep=True, **options)

    # --- the agent in the guest -------------------------------------------------------------------------------

    def ask(self, verb, timeout=SILENCE, **arguments):
        """One question to the agent. The port has one client at a time, so each question takes its turn."""
        ident = str(uuid.uuid4())
        with open(self.path("agent.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with connect(self.path("agent.sock"), timeout) as sock, sock.makefile("r") as file:
                # An empty line ends what a client that was killed has left behind.
                sock.sendall(b"\n" + json.dumps({"id": ident, "do": verb, **arguments}).encode() + b"\n")
                while True:
                    line = file.readline()
                    if not line:
                        raise Error("the guest is gone")
                    with contextlib.suppress(ValueError):
                        answer = json.loads(line)
                        if answer["id"] == ident:
                            break
        if "error" in answer:
            raise Error(f"in the guest: {verb}: {answer['error']}")
        return answer

    def run(self, script, timeout=2 * SILENCE, stream=None, silence=SILENCE):
        """Runs a bash script in the guest; returns (exit status, output). 124: it has not ended in time."""
        end = time.monotonic() + timeout
        output = b""
        answer = self.ask("run", silence, script=script)
        job = answer["job"]
        while True:
            data = base64.b64decode(answer["data"])
            output += data
            if stream:
                stream.write(data)
                stream.flush()
            status = answer["status"]
            if status is None and time.monotonic() > end:
                status = 124
            if status is not None:
                return status, output.decode(errors="replace")
            answer = self.ask("wait", silence, job=job, start=len(output))

    def sh(self, script, timeout=2 * SILENCE):
        """Runs a bash script that must succeed; returns its output without the last line's end."""
        status, output = self.run("set -e\n" + script, timeout)
        if status:
            raise Error(f"exit status {status} in the guest:\n{script}\n{output}")
        return output.rstrip("\n")

    def find(self, *patterns, there=None):
        """Where the paths of these patterns lead to; with `there`, it waits a moment for some, or until there are none."""
        return self.ask("find", patterns=patterns, there=there)["paths"]

    def call(self, path, method, **parameters):
        """Calls a Varlink method of a daemon in the guest; its reply's parameters."""
        reply = self.ask("call", path=path, method=method, parameters=parameters)["reply"]
        if "error" in reply:
            raise Error(f"{method}: {reply['error']}: {reply.get('parameters')}")
        return reply.get("parameters", {})

    def put(self, path, content, mode=0o644):
        data = content.encode() if isinstance(content, str) else content
        for start in range(0, len(data) or 1, CHUNK):
            self.ask("put", path=path, mode=mode, append=start > 0,
                     data=base64.b64encode(data[start:start + CHUNK]).decode())

    def get(self, path):
        data = b""
        while True:
            chunk = base64.b64decode(self.ask("get", path=path, start=len(data))["data"])
            data += chunk
            if len(chunk) < CHUNK:
                return data

    def install(self, package):
        """Installs a Debian package from this machine."""
        with open(package, "rb") as f:
            self.put("/root/package.deb", f.read())
        self.sh("dpkg -i /root/package.deb >/dev/null")

    # --- disks ------------------------------------------------------------------------------------------------

    def serial(self, name):
        return "ZM-" + name

    def disk_file(self, name, size="256M"):
        file = self.path("disks", name + ".img")
        if not os.path.exists(file):
            units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
            with open(file, "wb") as f:
                f.truncate(int(size[:-1]) * units[size[-1]])
        return file

    def is_plugged(self, name):
        return os.path.exists(self.path("disks", name + ".plugged"))

    def plug(self, name, bus="usb", size="256M", shared=False):
        """Plugs a disk, made on first use; into a guest that is off, too, which then boots with it. A shared one may be
        plugged into another guest, too, as can be done with some real ones."""
        if self.is_plugged(name):
            raise Error(f"disk {name} is plugged in already")
        file = self.disk_file(name, size)
        with open(self.path("disks", name + ".plugged"), "w") as f:
            f.write(bus)
        if self.pid():
            self.attach(name, bus, file, shared)

    def attach(self, name, bus, file, shared=False):
        """What QEMU sees: device -> throttle -> (after `fail`) blkdebug -> raw -> file."""
        drive, device, serial = "drive-" + name, "dev-" + name, self.serial(name)
        with self.qmp() as qmp:
            qmp("object-add", {"qom-type": "throttle-group", "id": "limits-" + name, "limits": self.limits(name)})
            # Flushes stop at this machine's page cache: a power cut of the guest loses nothing it has flushed.
            qmp("blockdev-add", driver="raw", node_name="raw-" + name, discard="unmap",
                file={"driver": "file", "filename": file, "discard": "unmap", "cache": {"no-flush": True},
                      "locking": "off" if shared else "auto"})
            qmp("blockdev-add", driver="throttle", node_name=drive, throttle_group="limits-" + name,
                discard="unmap", file="raw-" + name)
            if bus == "usb":
                qmp("device_add", driver="usb-storage", bus="xhci.0", drive=drive, id=device, serial=serial)
            elif bus == "scsi":
                qmp("device_add", driver="scsi-hd", bus="scsi0.0", drive=drive, id=device, serial=serial,
                    device_id=serial)
            elif bus == "uas":
                qmp("device_add", driver="usb-uas", bus="xhci.0", id=device, serial=serial)
                qmp("device_add", driver="scsi-hd", bus=device + ".0", drive=drive, id="lun-" + name, serial=serial)
                qmp("qom-set", path="/machine/peripheral/" + device, property="attached", value=True)
            else:
                raise Error(f"there is no bus {bus}: usb, scsi, uas")

    def pull(self, name):
        """Pulls a disk. The guest is not asked; whether it was ready for that is its own affair."""
        if not self.is_plugged(name):
            raise Error(f"disk {name} is not plugged in")
        os.unlink(self.path("disks", name + ".plugged"))
        if self.pid():
            self.detach(name)

    def detach(self, name):
        with self.qmp() as qmp:
            qmp("device_del", id="dev-" + name)
            qmp.wait_event("DEVICE_DELETED", device="dev-" + name)
            qmp("blockdev-del", node_name="drive-" + name)
            with contextlib.suppress(Error):            # only there after `fail`
                qmp("blockdev-del", node_name="fail-" + name)
            qmp("blockdev-del", node_name="raw-" + name)
            qmp("object-del", id="limits-" + name)

    def limits(self, name):
        try:
            with open(self.path("disks", name + ".limit")) as f:
                return {"bps-total": int(f.read())}
        except FileNotFoundError:
            return {"bps-total": 0}

    def throttle(self, name, bytes_per_second):
        """Makes a disk slow (0: fast again), also one that is not plugged; holds a resilver in its middle."""
        with open(self.path("disks", name + ".limit"), "w") as f:
            f.write(str(bytes_per_second))
        if self.is_plugged(name) and self.pid():        # else from the next start
            with self.qmp() as qmp:
                qmp("qom-set", path="/objects/limits-" + name, property="limits", value=self.limits(name))

    def fail(self, name, on=True):
        """Lets every read and write of a plugged disk fail, or work again."""
        if not self.is_plugged(name):
            raise Error(f"disk {name} is not plugged in")

        def put_below_throttle(node):
            qmp("blockdev-reopen", options=[{"driver": "throttle", "node-name": "drive-" + name,
                                             "throttle-group": "limits-" + name, "file": node}])
        with self.qmp() as qmp:
            if on:
                rules = [{"event": "none", "iotype": kind, "errno": 5, "once": False} for kind in ("read", "write")]
                qmp("blockdev-add", driver="blkdebug", node_name="fail-" + name, image="raw-" + name,
                    inject_error=rules)
                put_below_throttle("fail-" + name)
            else:
                put_below_throttle("raw-" + name)
                qmp("blockdev-del", node_name="fail-" + name)

    # --- what a guest knows of disks, and of zmirror ----------------------------------------------------------

    def device(self, name):
        """The block device of a plugged disk, in the guest, once udev knows it."""
        link = "/dev/disk/by-id/*_" + self.serial(name)
        return self.wait_path(link, link + "-0:0")              # on USB with the number of the unit behind it

    def wait_path(self, *patterns, there=True, timeout=2 * SILENCE):
        """Until a path of these patterns is there (or none is); returns where it leads to."""
        end = time.monotonic() + timeout
        while True:
            found = self.find(*patterns, there=there)
            if bool(found) == there:
                return found[0] if there else None
            if time.monotonic() > end:
                raise Error(f"waited {timeout} s in vain until {patterns[0]} is {'there' if there else 'gone'}\n"
                            f"{self.diagnosis()}")

    def disk_uuid(self, name):
        """The UUID of the disk's partition table, as the configuration has it."""
        return self.sh(f"blkid -p -s PTUUID -o value {self.device(name)}")

    def make_disk(self, name, bus="usb", size="256M", part=None, luks=None):
        """Plugs an empty disk, partitions it, and makes and opens a LUKS container if `luks` says what it is opened
        with: "key" (/etc/zmirror/keys/<name>) or "passphrase" (PASSPHRASE). Returns the path of the leg."""
        part = part or name
        self.plug(name, bus, size)
        device = self.device(name)
        self.sh(f"sgdisk -n 1:0:0 -c 1:{part} {device} >/dev/null && udevadm settle")
        self.wait_path(f"/dev/disk/by-partlabel/{part}")
        if not luks:
            return f"/dev/disk/by-partlabel/{part}"
        key = f"/etc/zmirror/keys/{name}"
        if luks == "passphrase":
            key = "/run/passphrase"
        self.put(key, PASSPHRASE if luks == "passphrase" else os.urandom(32).hex(), mode=0o600)
        self.sh(f"cryptsetup luksFormat -q {CHEAP_LUKS} "
                f"--key-file {key} /dev/disk/by-partlabel/{part} && "
                f"cryptsetup open --key-file {key} /dev/disk/by-partlabel/{part} {name} && udevadm settle")
        if luks == "passphrase":
            self.sh(f"rm {key}")
        return f"/dev/mapper/{name}"

    def wait_until(self, what, condition, timeout=2 * SILENCE):
        """Until condition() is true; returns its value. A time-out says what it waited for, and what is the case."""
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Error(f"waited {timeout} s in vain until {what}\n{self.diagnosis()}")
            time.sleep(0.5)                     # a question costs the guest as much

    def diagnosis(self):
        """What one wants to see of a guest in which something went wrong; each question may hang, alone."""
        text = ""
        for question in ("zmirror list", "zmirror status all", "zmirror history", "zpool status -v", "lsblk -o +PARTLABEL",
                         "journalctl -u zmirror --no-pager -n 100 -o short-precise", "dmesg | tail -n 20"):
            with contextlib.suppress(Error, OSError):
                text += f"--- {question}\n{self.run(question, timeout=15)[1]}\n"
        return text
