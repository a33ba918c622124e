"""Worlds from which tests go on: guests that were saved when something was made that several tests need."""
import contextlib
import fcntl
import os

import vm
from night import Night

BASE = "base"
SAVED = "memory"                        # the last that is written of a guest that is saved


def name_of(world):
    """A world is what makes it: a function, or something that has a name."""
    return getattr(world, "name", None) or world.__name__


class Worlds:
    """Those of one ZFS, each in a folder of its own; whoever first wants one makes it, the others wait."""

    def __init__(self, folder, zfs, package=None):
        self.folder = folder
        self.zfs = zfs
        self.package = package          # of zmirror

    def path(self, world=None):
        """Without one it is `base`, in which there is nothing but a Debian with zmirror; the others are made of that."""
        name = name_of(world) if world else BASE
        with self.lock(name):
            if not self.has(name):
                self.save(name, world)
        return os.path.join(self.folder, name)

    def has(self, name):
        return os.path.exists(os.path.join(self.folder, name, SAVED))

    @contextlib.contextmanager
    def lock(self, name):
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def save(self, name, world):
        """A world that could not be made leaves nothing behind, and is made anew by the next who wants it."""
        guest = vm.Guest(os.path.join(self.folder, name), self.zfs)
        try:
            if not world:
                guest.start()
                if self.package:
                    guest.install(self.package)
            else:
                guest.start(snapshot=self.path())
                world(Night(guest, self))
            guest.save()
        except BaseException:
            guest.close()
            raise
