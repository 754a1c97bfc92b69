"""HTTP as uvicorn speaks it, with bounds on the head of a request and on every wait, and answers in one piece."""

import asyncio
import resource
import socket
import struct
from typing import Any, ClassVar
from urllib.parse import urlsplit

from msgspec.json import encode
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tracelot.cli.patience import BODY, HEAD, WORK, Patience
from tracelot.web.bodies import BUSY
from tracelot.web.lookup import PREFIXES
from tracelot.web.rendering import bare

LONGEST_HEAD = 32 * 1024
HEADER = 32  # what even an empty header counts as
MOST_PIPELINED = 16
MOST_IN_WORK = 128  # more would only wait for each other; the public lookup is not among them
MOST_CONNECTIONS = 2000
LOOKUPS = tuple(prefix.encode() for prefix in PREFIXES)
AT_ONCE = struct.pack("ii", 1, 0)
OTHER_FILES = 200  # the store's, the log's, the program's own


def raise_file_limit() -> None:
    """Ask for as many open files as the connections need; the processes that answer inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_connections() -> int:
    """How many connections this process takes: it must never be unable to open a file."""
    return min(MOST_CONNECTIONS, max(resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OTHER_FILES, 50))


class Corked:
    """A transport that sends what is written in one turn of the loop together.

    uvicorn writes the head and the body of an answer apart: two packets and two system calls for each scan
    of a package.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._written = 0

    @property
    def unsent(self) -> int:
        return self._transport.get_write_buffer_size()

    @property
    def sent(self) -> int:
        """How many bytes the other side has made room for so far."""
        return self._written - self.unsent

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            whole = b"".join(waiting)
            self._written += len(whole)
            self._transport.write(whole)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Hang up and drop what was not read, the kernel's part of it too."""
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Crowded(Exception):
    """One request too many; it is told so without any work."""


class Malformed(Exception):
    """A head that two servers could read differently; the parser turns it into a 400 and a closed connection."""


class BoundedProtocol(HttpToolsProtocol):
    """Refuses what httptools lets pass: endless heads, requests without end in one packet, two meanings in one head."""

    _patience: ClassVar[Patience | None] = None

    wire: Corked
    patience: Patience
    stage = HEAD
    since = 0.0  # when the present stage began
    progress = (0.0, 0)  # when the bytes sent were last looked at, and how many there were
    _crowded = False
    _head = 0  # how much of an unfinished head has come

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.wire = Corked(transport, self.loop)
        super().connection_made(self.wire)  # type: ignore[arg-type]
        self.patience = self._patience_of_this_server()
        self.since = self.loop.time()
        self.patience.greet()

    def _patience_of_this_server(self) -> Patience:
        patience = BoundedProtocol._patience
        if patience is None or patience.connections is not self.connections:
            patience = BoundedProtocol._patience = Patience(self.loop, self.connections, most_connections())
        return patience

    def connection_lost(self, exc: Exception | None) -> None:
        self._enter(HEAD)
        super().connection_lost(exc)

    def _enter(self, stage: str) -> None:
        self.patience.in_work += (stage == WORK) - (self.stage == WORK)
        self.stage, self.since = stage, self.loop.time()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        self._enter(HEAD)

    def on_headers_complete(self) -> None:
        self._demand_one_meaning()
        full = self.patience.in_work >= MOST_IN_WORK or len(self.tasks) >= MOST_CONNECTIONS
        if full and not self.url.startswith(LOOKUPS):
            self._crowded = True
            raise Crowded
        self._enter(BODY)
        super().on_headers_complete()

    def _demand_one_meaning(self) -> None:
        size, host = len(self.url), b""
        for name, value in self.headers:
            size += len(name) + len(value) + HEADER
            if name == b"host":
                if host:
                    raise Malformed("two hosts")
                host = value or b" "
        if size > LONGEST_HEAD or len(self.pipeline) >= MOST_PIPELINED:
            raise Malformed("too much")
        if not host and self.parser.get_http_version() != "1.0":
            raise Malformed("no host")
        if not self.url.startswith(b"/") and _authority(self.url) != host.lower():
            raise Malformed("another host")

    def on_message_complete(self) -> None:
        self._enter(WORK)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.stage == WORK and self.cycle.response_complete:
            self._enter(HEAD)

    def send_400_response(self, msg: str) -> None:
        if self._crowded:
            self.transport.write(CROWDED_API if self.url.startswith(b"/api/") else CROWDED)
            self.transport.close()
        else:
            super().send_400_response(msg)

    def data_received(self, data: bytes) -> None:
        unfinished = self.stage == HEAD
        super().data_received(data)
        if unfinished and self.stage == HEAD and not self.transport.is_closing():
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self.send_400_response("The head of the request is too long.")


def _crowded(kind: str, body: str) -> bytes:
    head = (
        "HTTP/1.1 503 Service Unavailable",
        f"content-type: {kind}",
        f"content-length: {len(body.encode())}",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "retry-after: 1",
        "connection: close",
    )
    return "\r\n".join([*head, "", body]).encode()


CROWDED = _crowded("text/plain; charset=utf-8", bare(BUSY))
CROWDED_API = _crowded(
    "application/problem+json",
    encode({"type": "/problems/site-busy", "title": BUSY, "status": 503, "detail": BUSY}).decode(),
)


def _authority(target: bytes) -> bytes:
    """The host that an absolute target names; it must say the same as the Host header."""
    try:
        return urlsplit(target.decode("ascii")).netloc.lower().encode()
    except ValueError:
        return b""
