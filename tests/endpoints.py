"""Real endpoints on this machine that answer as a test wants, and remember what they were sent."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behave = Callable[[socket.socket, bytes], None]


@dataclass
class Endpoint:
    """A server of one way to answer; `got` holds every request, head and body."""

    behave: Behave
    host: str = "127.0.0.1"
    got: list[bytes] = field(default_factory=list)
    met: int = 0  # connections
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/hook?from=trace"

    def serve(self, server: socket.socket) -> None:
        while not self.over.is_set():
            with suppress(OSError):
                line, _ = server.accept()
                self.met += 1
                threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            line.settimeout(20)
            request = read_request(line)
            self.got.append(request)
            self.behave(line, request)


def read_request(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = line.recv(4096)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(one.split(b":")[1]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += line.recv(4096)
    return head + b"\r\n\r\n" + body


@contextmanager
def endpoint(behave: Behave, host: str = "127.0.0.1") -> Iterator[Endpoint]:
    server = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    opened = Endpoint(behave, host, port=server.getsockname()[1])
    thread = threading.Thread(target=opened.serve, args=(server,), daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        opened.over.set()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def answers(status: str, more: str = "") -> Behave:
    def behave(line: socket.socket, _: bytes) -> None:
        line.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n{more}\r\n".encode())

    return behave


def silent(line: socket.socket, _: bytes) -> None:
    """Takes the request and says nothing, until the other side hangs up."""
    line.recv(1)


def dripping(line: socket.socket, _: bytes) -> None:
    """A byte now and then: each wait is short, and there is no end to them."""
    line.settimeout(0.2)
    for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100_000:
        line.sendall(bytes([letter]))
        with suppress(TimeoutError):
            if line.recv(1) == b"":
                return


def endless_head(line: socket.socket, _: bytes) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        line.sendall(b"X-More: " + b"a" * 1000 + b"\r\n")


def endless_body(line: socket.socket, _: bytes) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(b"a" * 4096)
