"""Loads `trace` once and forks a process of it whenever it is told to; says by a pipe of each how that ended."""

import gc
import json
import os
import runpy
import selectors
import socket
import sys
from contextlib import suppress
from typing import Any

import tracelot.cli
import tracelot.web.app  # noqa: F401  (what a server needs is what takes long)

LONGEST_ORDER = 1 << 17


def load_and_fork(line: socket.socket) -> list[str] | None:
    """Fork whenever told to. In a child: the arguments to run with; in the loader, when nobody listens more: None."""
    gc.freeze()
    with selectors.DefaultSelector() as watched:
        watched.register(line, selectors.EVENT_READ)
        while True:
            for key, _ in watched.select():
                if key.data is None:
                    order, fds, _, _ = socket.recv_fds(line, LONGEST_ORDER, 4)
                    if not order:
                        return None
                    pid = os.fork()
                    if pid == 0:
                        return _become(json.loads(order), fds, line)
                    _watch(watched, pid, fds)
                    line.send(str(pid).encode())
                else:
                    _tell_end(watched, key)


def _become(order: Any, fds: list[int], line: socket.socket) -> list[str]:
    arguments, environment, folder = order
    line.close()
    for place, fd in enumerate(fds[:3]):
        os.dup2(fd, place)
    for fd in fds:
        os.close(fd)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    told: list[str] = arguments
    return told


def _watch(watched: selectors.BaseSelector, pid: int, fds: list[int]) -> None:
    for fd in fds[:3]:
        os.close(fd)
    watched.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, fds[3]))


def _tell_end(watched: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    pid, ending = key.data
    _, status = os.waitpid(pid, 0)
    watched.unregister(key.fileobj)
    os.close(key.fd)
    with suppress(BrokenPipeError):  # nobody may wait for it
        os.write(ending, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(ending)


if __name__ == "__main__":
    begun = load_and_fork(socket.socket(fileno=int(sys.argv[1])))
    if begun is not None:
        sys.argv[1:] = begun
        runpy.run_module("tracelot", run_name="__main__", alter_sys=True)
