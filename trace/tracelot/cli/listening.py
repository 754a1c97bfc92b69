"""HTTP as uvicorn speaks it, with bounds on the head of a request, and answers sent in one piece."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 32 * 1024
SECONDS_FOR_HEAD = 20.0


class Corked:
    """A transport that sends what is written in one turn of the loop together.

    uvicorn writes the head and the body of an answer apart: two packets and two system calls for each scan
    of a package.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._transport.write(b"".join(waiting))

    def close(self) -> None:
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedProtocol(HttpToolsProtocol):
    """Hangs up on a head that grows without end, or that never ends. httptools leaves both open."""

    _head: int | None = 0  # how much of an unfinished head has come; None once it is whole
    _began = 0.0  # when the unfinished head began
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type]
        self._began = self.loop.time()
        self._look_again(SECONDS_FOR_HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        self._began = self.loop.time()

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        began_before = self._head is not None
        super().data_received(data)
        if began_before and self._head is not None and not self.transport.is_closing():
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self.send_400_response("The head of the request is too long.")

    def _look_again(self, seconds: float) -> None:
        self._watch = self.loop.call_later(seconds, self._hang_up_on_the_slow)

    def _hang_up_on_the_slow(self) -> None:
        """One timer for the connection, not one for each request."""
        left = self._began + SECONDS_FOR_HEAD - self.loop.time()
        if self._head is not None and left <= 0:
            self.transport.close()
        else:
            self._look_again(max(left, 1.0))
