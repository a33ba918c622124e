"""tests/system/test_socket.py - clients that misbehave harm nobody but themselves"""

import json
import os
import re
import struct
import subprocess
import time

import harness
from harness import Error, wait_for


def answers(box):
    """The daemon answers a well-behaved client soon."""
    begun = time.monotonic()
    assert box.call("io.zmirror.Version")["version"]
    took = time.monotonic() - begun
    assert took < 3, f"an answer took {took:.1f} s"


def test_junk_gets_an_error_and_the_end(box):
    daemon = box.start()
    for junk in (b"\0", b"hello\0", b"[]\0", b"{\0", b"\xff\xfe\xfd\0", b'{"method": 5}\0', b"GET / HTTP/1.1\r\n\r\n\0",
                 b"{" * 5000 + b"\0", b'{"method":"io.zmirror.List","parameters":[1]}\0', os.urandom(5000) + b"\0"):
        client = box.connect()
        client.send(junk)
        reply = client.receive()
        assert reply is None or "error" in reply, (junk[:50], reply)
        client.close()
    answers(box)
    box.stop(daemon)


def test_unknown_methods_and_parameters_are_named(box):
    daemon = box.start()
    client = box.connect()
    for method, parameters, word in (("io.zmirror.Explode", {}, "MethodNotFound"),
                                     ("org.example.List", {}, "InterfaceNotFound"),
                                     ("io.zmirror.Request", {"wish": "fly"}, "InvalidParameter"),
                                     ("io.zmirror.Status", {"target": {"id": "disk|uuid:none"}}, "")):
        try:
            client.call(method, parameters)
            raise AssertionError(f"{method} {parameters} was accepted")
        except Error as e:
            assert word in str(e), str(e)
    client.close()
    box.stop(daemon)


def test_half_a_message_blocks_nobody(box):
    daemon = box.start()
    clients = [box.connect() for _ in range(50)]
    for client in clients:
        client.send(b'{"method": "io.zmirror.Ver')
    answers(box)
    for client in clients:
        client.close()
    answers(box)
    box.stop(daemon)


def test_a_message_byte_by_byte_is_a_message(box):
    daemon = box.start()
    client = box.connect()
    for byte in json.dumps({"method": "io.zmirror.Version"}).encode() + b"\0":
        client.send(bytes([byte]))
    assert client.receive()["parameters"]["pid"] == daemon.pid
    client.close()
    box.stop(daemon)


def test_a_message_without_end_is_cut_off(box):
    daemon = box.start()
    client = box.connect()
    sent = 0
    try:
        for _ in range(1024):
            client.send(b"x" * (1 << 20))
            sent += 1
    except OSError:
        pass
    assert sent < 64, f"{sent} MiB of one message were taken"
    size = int(open(f"/proc/{daemon.pid}/statm").read().split()[1]) * 4096
    # The sanitizers' quarantine counts, too.
    assert size < 600 << 20, f"the daemon grew to {size >> 20} MiB"
    answers(box)
    box.stop(daemon)


def test_a_length_in_front_is_no_message(box):
    daemon = box.start()
    client = box.connect()
    client.send(struct.pack("<I", 1 << 30) + b"{}\0")
    reply = client.receive()
    assert reply is None or "error" in reply
    client.close()
    answers(box)
    box.stop(daemon)


def test_five_hundred_silent_connections(box):
    daemon = box.start()
    clients = [box.connect() for _ in range(500)]
    for _ in range(10):
        answers(box)
    n = 0
    for client in clients:
        try:
            client.send_call("io.zmirror.Version")
            reply = client.receive()
            n += bool(reply and reply["parameters"].get("pid") == daemon.pid)
        except OSError:
            pass
    assert n >= 200, f"only {n} of them were kept"
    for client in clients:
        client.close()
    answers(box)
    box.stop(daemon)


def test_what_is_no_socket_is_left_alone(box):
    box.socket.parent.mkdir(parents=True, exist_ok=True)
    box.socket.write_text("mine")
    text = box.run("daemon", status=1)
    assert "there is a file that is not a socket, it is left alone" in text, text
    assert box.socket.read_text() == "mine"
    box.socket.unlink()
    daemon = box.start()
    again = box.run("daemon", "--cache-path", str(box.folder / "other.db"), status=1)
    assert "another program does already" in again, again
    box.stop(daemon)


def test_a_client_that_never_reads(box):
    many = "".join(f"  - !part\n    name: disk-{i}\n    unpluggable: yes\n" for i in range(2000))
    box.config.write_text(harness.CONFIG.replace("debug", "error") + many)
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    client = box.connect()
    client.socket.settimeout(1)
    try:
        for _ in range(3000):
            client.send_call("io.zmirror.List", more=True)
    except OSError:
        pass
    answers(box)
    client.close()
    answers(box)
    box.stop(daemon)


def test_a_client_that_goes_while_it_waits(box):
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    for _ in range(20):
        client = box.connect()
        client.send_call("io.zmirror.Request", {"wish": "scrub", "target": {"all": True}}, more=True)
        client.close()
    answers(box)
    box.stop(daemon)


def test_calls_one_after_the_other_are_answered_in_order(box):
    daemon = box.start()
    wait_for("the first picture", box.is_ready)
    client = box.connect()
    for _ in range(100):
        client.send_call("io.zmirror.Version")
        client.send_call("io.zmirror.Get", {"setting": "timeout"})
    for _ in range(100):
        assert "pid" in client.receive()["parameters"]
        assert "pid" not in client.receive()["parameters"]
    client.close()
    box.stop(daemon)


def test_the_daemon_describes_itself(box):
    daemon = box.start()
    client = box.connect()
    assert "io.zmirror" in client.call("org.varlink.service.GetInfo")["interfaces"]
    text = client.call("org.varlink.service.GetInterfaceDescription", {"interface": "io.zmirror"})["description"]
    assert "method Request" in text
    client.close()
    box.stop(daemon)


def test_varlinkctl_understands_the_daemon(box):
    varlinkctl = harness.program("varlinkctl", "systemd has it since 255")
    daemon = box.start()
    wait_for("the first picture", box.is_ready)

    def ask(*words):
        return subprocess.run([varlinkctl, *words], timeout=60, check=True, capture_output=True, text=True).stdout

    assert "io.zmirror" in ask("info", str(box.socket))
    assert "method Request" in ask("introspect", str(box.socket), "io.zmirror")
    assert json.loads(ask("call", "--json=short", str(box.socket), "io.zmirror.Version", "{}"))["pid"] == daemon.pid
    rows = ask("call", "--json=short", "--more", str(box.socket), "io.zmirror.List", '{"columns":["id"]}')
    assert "zpool|name:tank" in rows
    box.stop(daemon)


def test_another_parser_understands_the_interface(box):
    """It makes Go of it, and stops at the first thing that is no Varlink."""
    generator = harness.program("varlink-go-interface-generator", "package varlink-go")
    daemon = box.start()
    text = box.call("org.varlink.service.GetInterfaceDescription", {"interface": "io.zmirror"})["description"]
    path = box.folder / "io.zmirror.varlink"
    path.write_text(text)
    subprocess.run([generator, str(path)], cwd=box.folder, timeout=60, check=True)
    made = (box.folder / "iozmirror.go").read_text()
    for method in re.findall(r"^method (\w+)", text, re.M):
        assert f"func {method}() {method}_methods" in made, method
    path.write_text(text.replace("method ", "methods ", 1))
    assert subprocess.run([generator, str(path)], cwd=box.folder, timeout=60, check=False).returncode, "it does look"
    box.stop(daemon)


def test_a_socket_that_somebody_left_is_replaced(box):
    daemon = box.start()
    daemon.kill()
    daemon.wait()
    assert box.socket.exists()
    daemon = box.start()
    answers(box)
    box.stop(daemon)


harness.main(globals())
