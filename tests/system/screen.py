"""tests/system/screen.py - a command of ours on a terminal"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

import harness


class Screen:
    """A terminal with a command of ours on it."""

    def __init__(self, box, *command, lines=24, columns=80):
        self.master, slave = pty.openpty()
        self.resize(lines, columns)
        self.process = subprocess.Popen([harness.ZMIRROR, *command], env={**box.environment(), "TERM": "xterm"},
                                        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.text = ""
        self.lines = []

    def resize(self, lines, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self):
        """The screen as it was drawn last: its lines."""
        while select.select([self.master], [], [], 0.05)[0]:
            try:
                data = os.read(self.master, 1 << 16).decode()
            except OSError:
                break
            self.text += data
            frames = self.text.split("\033[J")
            self.text = frames[-1]
            for frame in frames[:-1]:
                text = re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", frame.split("\033[H")[-1])
                self.lines = text.split("\r\n")
        return self.lines

    def has(self, text):
        return any(text in line for line in self.read())

    def type(self, keys):
        os.write(self.master, keys.encode())

    def shows(self, text):
        """True if it was written since it was asked last, of a command that draws no screen."""
        while select.select([self.master], [], [], 0.05)[0]:
            try:
                self.text += os.read(self.master, 1 << 16).decode()
            except OSError:
                break
        return text in self.text

    def end(self):
        """Waits for the end of the command; its exit status, and the lines that it has written."""
        while not self.shows("\0") and self.process.poll() is None:
            pass
        self.shows("\0")
        return self.process.wait(timeout=20), self.text.replace("\r\n", "\n").splitlines()

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
