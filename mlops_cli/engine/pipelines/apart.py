"""The folder of a run, made where the file system has room for it.

ext4 puts a new folder into the block group of the one it lies in, so that the files of all runs, and of whatever
lies near the state directory, share one. Without a journal it steps over every inode that was deleted there in the
last minutes, for each file it makes: after 20,000 deletions a step took 3.7 ms in place of 1.1. The attribute T of
chattr(1) says that the folders in a folder are not related; each then gets a group with room.
"""

import contextlib
import fcntl
import os
import struct
from pathlib import Path

from mlops_cli.engine.pipelines import layout

GET_FLAGS, SET_FLAGS = 0x80086601, 0x40086602
"""FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h where a long has 64 bits; elsewhere they are refused."""
TOP_OF_HIERARCHIES = 0x00020000
"""FS_TOPDIR_FL of linux/fs.h."""


def make_run_dir(home: Path, run_id: str) -> None:
    folder = layout.run_dir(home, run_id)
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        _keep_folders_apart(folder.parent)
    folder.mkdir(exist_ok=True)


def _keep_folders_apart(parent: Path) -> None:
    """Raises OSError where the file system knows no such attribute, or the folder belongs to somebody else."""
    handle = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        (flags,) = struct.unpack("i", fcntl.ioctl(handle, GET_FLAGS, bytes(4)))
        if not flags & TOP_OF_HIERARCHIES:
            fcntl.ioctl(handle, SET_FLAGS, struct.pack("i", flags | TOP_OF_HIERARCHIES))
    finally:
        os.close(handle)
