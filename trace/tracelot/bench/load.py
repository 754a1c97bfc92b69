"""Load from a process of its own: many connections that ask one thing after another.

Run as `python -m tracelot.bench.load PORT SECONDS CONNECTIONS`, with one path per line on standard input; prints
the number of answers and how many were not 200.
"""

import itertools
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracelot.bench.servers import Server

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")


@dataclass(frozen=True)
class Load:
    answers: int
    wrong: int
    cpu_seconds: float

    @property
    def per_cpu_second(self) -> float:
        return self.answers / self.cpu_seconds


def drive(server: Server, paths: Sequence[str], seconds: float, connections: int) -> Load:
    """Ask for the paths in turn over all connections; CPU is the server's alone."""
    before = server.cpu_seconds()
    command = [sys.executable, "-m", "tracelot.bench.load", str(server.port), str(seconds), str(connections)]
    done = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=True)  # noqa: S603
    answers, wrong = map(int, done.stdout.split())
    return Load(answers, wrong, server.cpu_seconds() - before)


class Connection:
    """One keep-alive connection that asks for the next path as soon as it has its answer."""

    def __init__(self, port: int, paths: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._paths = paths
        self._tail = b" HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json\r\n\r\n" % port
        self._got = b""

    def ask(self) -> None:
        self._got = b""
        self.socket.sendall(b"GET " + next(self._paths) + self._tail)

    def read(self) -> bytes | None:
        """The answer once all of it is there."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("The server closed a connection.")
        self._got += part
        head, found, body = self._got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if found else None
        return self._got if length and len(body) >= int(length[1]) else None


def _drive(port: int, paths: Sequence[bytes], seconds: float, connections: int) -> tuple[int, int]:
    turns = itertools.cycle(paths)
    answers = wrong = 0
    with selectors.DefaultSelector() as ready:
        for connection in [Connection(port, turns) for _ in range(connections)]:
            ready.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for key, _ in ready.select(timeout=1.0):
                answer = key.data.read()
                if answer is not None:
                    answers += 1
                    wrong += not answer.startswith(b"HTTP/1.1 200")
                    key.data.ask()
        for key in list(ready.get_map().values()):
            key.data.socket.close()
    return answers, wrong


if __name__ == "__main__":
    asked = sys.stdin.buffer.read().split(b"\n")
    counted = _drive(int(sys.argv[1]), asked, float(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(f"{counted[0]} {counted[1]}\n")
