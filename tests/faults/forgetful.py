"""A file system that forgets what was not synced, as power loss does; made strict, and one whose disk can fail.

usage: forgetful.py TOOLS LIVE DUR MOUNTPOINT. Programs write through MOUNTPOINT; DUR is what the disk would hold.
TOOLS holds lossyfs.py, in which a file is there once it was synced. Here its name is there only once its folder
was synced, and a folder's own name once its parent was. While DUR/.fail exists, every sync says EIO.
"""

import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, sys.argv[1])

import mfusepy
from lossyfs import Lossy


class Forgetful(Lossy):  # type: ignore[misc]
    """`born` are names that no sync of their folder has made durable yet, with the folder that must be synced."""

    def __init__(self, live: str, dur: str) -> None:
        super().__init__(live, dur)
        self.born: dict[str, Callable[[], Any]] = {}
        self.failing = Path(dur) / ".fail"

    def create(self, path: str, mode: int, fi: Any = None) -> Any:
        if not os.path.lexists(self.p(path)):
            self.born[path] = lambda: None
        return super().create(path, mode, fi)

    def mkdir(self, path: str, mode: int) -> int:
        Path(self.p(path)).mkdir(mode)
        self.born[path] = lambda: Path(self.d(path)).mkdir(mode)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        if self.failing.exists():
            raise mfusepy.FuseOSError(errno.EIO)
        unborn = [one for one in self.born if path == one or path.startswith(f"{one}/")]
        if not unborn:
            return int(super().fsync(path, datasync, fh))
        kept = Path(self.p(path)).read_bytes()
        if path in self.born:
            self.born[path] = lambda: Path(self.d(path)).write_bytes(kept)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        if self.failing.exists():
            raise mfusepy.FuseOSError(errno.EIO)
        if path not in self.born:  # a folder without a durable name takes its content along
            for one in [name for name in self.born if str(Path(name).parent) == path]:
                self.born.pop(one)()
        return int(super().fsyncdir(path, datasync, fh))

    def unlink(self, path: str) -> int:
        self.born.pop(path, None)
        return int(super().unlink(path))


if __name__ == "__main__":
    live, dur, mountpoint = sys.argv[2:]
    shutil.copytree(dur, live, dirs_exist_ok=True)
    mfusepy.FUSE(Forgetful(live, dur), mountpoint, foreground=True, nothreads=True)
