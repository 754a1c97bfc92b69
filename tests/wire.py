"""A caller that sends exactly the bytes it is told to, over connections that it keeps."""

import itertools
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

IDLE = 3.0  # the server closes what is idle for longer
PATIENCE = 60.0
_sources = itertools.cycle([f"127.0.0.{n}" for n in range(2, 250)])


@dataclass(frozen=True)
class Sent:
    """A request: the target goes out as it is written, and heads may be any bytes."""

    method: str
    target: str
    heads: tuple[tuple[str, bytes], ...] = ()
    body: bytes | None = None

    def head(self, name: str) -> bytes | None:
        return next((value for known, value in self.heads if known == name), None)

    def written(self, host: str) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1".encode("latin-1", "replace")]
        if self.head("host") is None:
            lines.append(f"host: {host}".encode())
        lines += [name.encode("latin-1") + b": " + value for name, value in self.heads]
        if self.body is not None and self.head("content-length") is None:
            lines.append(b"content-length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + (self.body or b"")


@dataclass(frozen=True)
class Answer:
    status: int
    heads: Message
    body: bytes

    @property
    def kind(self) -> str:
        return self.heads.get_content_type()


DROPPED = Answer(0, Message(), b"")


@dataclass
class Caller:
    """One connection after the other to a server; each comes from another loopback address."""

    address: str
    _socket: socket.socket | None = None
    _used: float = field(default=0.0)

    def ask(self, sent: Sent) -> Answer:
        """The answer; DROPPED where the server hung up without one."""
        line = self._line()
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before the whole of it was read
            line.sendall(sent.written(urlsplit(self.address).netloc))
        response = HTTPResponse(line, method=sent.method)
        try:
            response.begin()
            answer = Answer(response.status, response.headers, response.read())
        except (HTTPException, OSError):
            self.hang_up()
            return DROPPED
        self._used = time.monotonic()
        if response.will_close:
            self.hang_up()
        return answer

    def _line(self) -> socket.socket:
        if self._socket is not None and time.monotonic() - self._used > IDLE:
            self.hang_up()
        if self._socket is None:
            place = urlsplit(self.address)
            self._socket = socket.create_connection(
                (place.hostname or "", place.port or 0), PATIENCE, source_address=(next(_sources), 0)
            )
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
