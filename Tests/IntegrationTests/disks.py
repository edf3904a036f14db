"""Disks that are full or fail: a small file system in memory, and a library that fails file operations."""

import atexit
import errno
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from registry import Skip

HERE = Path(__file__).resolve().parent
BALLAST = "ballast"


@cache
def _own_mounts():
    """From here on this process sees mounts of its own, which vanish with it."""
    try:
        os.unshare(os.CLONE_NEWNS)
    except OSError as failure:
        raise refused(failure) from None


def _keep_to_ourselves(path):
    """What is mounted below `path` from here on is not seen elsewhere."""
    top = next((place for place in (path, *path.parents) if os.path.ismount(place)), None)
    if top:  # A chroot may be in a directory that is no mount point: then there is nothing to set.
        subprocess.run(["mount", "--make-private", top], capture_output=True)


def refused(why):
    return Skip(f"mounting a file system is refused ({why}): run this as root, or with CAP_SYS_ADMIN")


class SmallDisk:
    """A file system of `size` bytes in the directory `path`, made if it is not there. A context manager."""

    def __init__(self, path, size):
        self.path, self.size = Path(path), size

    def __enter__(self):
        _own_mounts()
        self.path.mkdir(parents=True, exist_ok=True)
        _keep_to_ourselves(self.path)
        self._mount(f"size={self.size}", "-t", "tmpfs", "small-disk")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.path], check=True)

    def _mount(self, options, *more):
        done = subprocess.run(["mount", "-o", options, *more, self.path], capture_output=True, text=True)
        if done.returncode:
            raise refused(done.stderr.strip())

    def free(self):
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize

    def fill(self, leaving):
        """Takes all of it but about `leaving` bytes, while others may write."""
        with open(self.path / BALLAST, "wb") as file:
            while (room := self.free() - leaving) > 0:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), room)
                except OSError as failure:
                    if failure.errno != errno.ENOSPC:
                        raise

    def make_room(self):
        (self.path / BALLAST).unlink()

    def grow(self, size):
        self._mount(f"remount,size={size}")


@cache
def _io_faults():
    place = Path(tempfile.mkdtemp(prefix="millrace-io-faults-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    subprocess.run(
        ["gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", place / "io_faults.so",
         HERE / "io_faults" / "io_faults.c", "-ldl"], check=True)
    return place / "io_faults.so"


def io_faults(under, call, at, count, name=""):
    """What to add to an engine's environment: from the `at`th `call` (write, sync, rename) on a file under the
    directory `under` on, `count` of them fail with EIO. `name`: what the files' names end with."""
    return {
        "LD_PRELOAD": str(_io_faults()), "IO_FAULTS_UNDER": f"{under}/", "IO_FAULTS_CALL": call,
        "IO_FAULTS_AT": str(at), "IO_FAULTS_COUNT": str(count), "IO_FAULTS_NAME": name}
