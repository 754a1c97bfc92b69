"""`trace` as processes of their own, forked from one that has loaded it: to load it takes longer than most tests.

Each process of the tests keeps one loader (`loader.py`, Linux), which is told over a socket what to start.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TextIO

LOADER = Path(__file__).with_name("loader.py")
LOCK = Lock()


class Forked:
    """A running child of the loader, used like a `subprocess.Popen`."""

    def __init__(self, pid: int, ended: int, stdout: TextIO | None) -> None:
        self.pid, self.stdout, self._ended = pid, stdout, ended
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._ended], [], [], 0)[0]:
            self._note()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("trace", timeout or 0)
            self._note()
        assert self.returncode is not None
        return self.returncode

    def _note(self) -> None:
        self.returncode = int(os.read(self._ended, 16))
        os.close(self._ended)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """What it still says until it ends, and nothing of errors."""
        end, said = monotonic() + (timeout or 1e9), ""
        if self.stdout is not None and not self.stdout.closed:
            with self.stdout as stream:
                while select.select([stream], [], [], max(0, end - monotonic()))[0]:
                    read = os.read(stream.fileno(), 1 << 16)
                    if not read:
                        break
                    said += read.decode()
        self.wait(max(0, end - monotonic()))
        return said, None


def fork(
    arguments: Sequence[str], environment: Mapping[str, str], *, output: int | None, errors: int
) -> Forked:
    """`trace` with these arguments and this environment; what it says goes to `output`, or None for a pipe."""
    reading, writing = (None, output) if output is not None else os.pipe()
    ended, ending = os.pipe()
    assert writing is not None
    with Path(os.devnull).open() as nothing:
        order = json.dumps([list(arguments), dict(environment), str(Path.cwd())]).encode()
        with LOCK:
            socket.send_fds(_loader(), [order], [nothing.fileno(), writing, errors, ending])
            pid = int(_loader().recv(20))
    os.close(ending)
    if reading is not None:
        os.close(writing)
    return Forked(pid, ended, None if reading is None else os.fdopen(reading, encoding="utf-8"))


@cache
def _loader() -> socket.socket:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TRACE_")}
    loader = subprocess.Popen(
        [sys.executable, str(LOADER), str(its.fileno())],
        env=plain,
        pass_fds=[its.fileno()],
        stdin=subprocess.DEVNULL,
    )
    its.close()
    atexit.register(_end, ours, loader)
    return ours


def _end(line: socket.socket, loader: subprocess.Popen[bytes]) -> None:
    line.close()
    loader.wait()
