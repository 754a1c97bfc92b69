"""HTTP as uvicorn speaks it: bounded heads of requests, answers sent in one piece, processes that stop as one."""

import asyncio
import sys
from typing import Any

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

LONGEST_HEAD = 32 * 1024
SECONDS_FOR_HEAD = 20.0
SECONDS_IDLE = 15
SECONDS_TO_FINISH = 20
SECONDS_TO_PONG = 60  # a process to its parent; on a busy machine even starting takes many


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


class Siblings(Multiprocess):
    """Several server processes on one socket; one that dies is replaced at once."""

    def keep_subprocess_alive(self) -> None:
        for process in self.processes:
            process.child_conn.close()  # the child has its own end: were ours open, its death would go unheard
        super().keep_subprocess_alive()

    def terminate_all(self) -> None:
        """Stop them all, and leave nobody who would keep new callers waiting."""
        super().terminate_all()
        for listening in self.sockets:
            listening.close()


def listen(host: str, port: int, workers: int, proxy: str | None, logs: dict[str, Any]) -> None:
    """Serve until a signal ends it."""
    config = Config(
        "tracelot.web.app:build",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=BoundedProtocol,
        ws="none",
        log_config=logs,
        access_log=False,  # a path may hold the secret of a one-time link; web/watch.py notes requests
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy,
        timeout_keep_alive=SECONDS_IDLE,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        timeout_worker_healthcheck=SECONDS_TO_PONG,
    )
    if workers > 1:
        Siblings(config, sockets=[config.bind_socket()]).run()
        return
    server = Server(config)
    server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
