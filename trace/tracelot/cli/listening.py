"""HTTP as uvicorn speaks it, with bounds on the head of a request, which httptools leaves open."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 32 * 1024
SECONDS_FOR_HEAD = 20.0


class BoundedProtocol(HttpToolsProtocol):
    """Hangs up on a head that grows without end, or that never ends."""

    _head: int | None = 0  # how much of an unfinished head has come; None once it is whole
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._head = None
        self._cancel()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        began_before = self._head is not None
        super().data_received(data)
        if began_before and self._head is not None and not self.transport.is_closing():
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self.send_400_response("The head of the request is too long.")

    def _await_head(self) -> None:
        self._cancel()
        self._head = 0
        self._deadline = asyncio.get_running_loop().call_later(SECONDS_FOR_HEAD, self.transport.close)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
