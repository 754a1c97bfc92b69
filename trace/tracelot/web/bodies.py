"""Reads the body of a request whole, within bounds of size, of time and, over all requests, of memory."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Message, Receive

from tracelot.web.wording import N_

MOST_BYTES = 1 << 20
MOST_WITH_PHOTO = 12 << 20  # a photo as phones take it
WITH_PHOTO = ("/n/", "/app/notices/", "/app/inspections/", "/report", "/t/")
MOST_FILE = 20 << 20  # a table of 200,000 results
WITH_FILE = ("/app/imports", "/api/v1/imports")
PHOTO_OF_SAMPLING = re.compile(r"/(?:app|gov)/samplings/[^/]+/photos")
PHOTO_ITSELF = re.compile(
    r"/api/v1/(?:recalls/[^/]+/answers/[^/]+/photo|inspections/[^/]+/file|samplings/[^/]+/photos)"
)
SECONDS_FOR_BODY = 30.0
SMALL = 1 << 16  # a body has so much room for itself; beyond that all share what follows
MOST_SHARED = 64 << 20


BUSY = N_("The site is busy; send the same request again.")


class TurnedAway(Exception):
    """A request that no route gets to see; `closes` the connection where more of it may come for ever."""

    def __init__(self, status: int, kind: str, reason: str, *, closes: bool = False) -> None:
        super().__init__(kind)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.closes = closes


class Gone(Exception):
    """The client hung up before its body was whole; there is nobody to answer."""


def most_at(path: str) -> int:
    """How large a body may be at an address."""
    if path in WITH_FILE:
        return MOST_FILE
    photo = path.startswith(WITH_PHOTO) or PHOTO_OF_SAMPLING.fullmatch(path) is not None
    return MOST_WITH_PHOTO if photo or is_file(path) else MOST_BYTES


def is_file(path: str) -> bool:
    """Whether the body that is sent to an address of the API is a file and nothing else."""
    return path in WITH_FILE or PHOTO_ITSELF.fullmatch(path) is not None


def too_large(most: int = MOST_BYTES) -> TurnedAway:
    if most == MOST_FILE:
        return TurnedAway(413, "too-large", N_("The file is larger than 20 MiB: divide it."))
    if most > MOST_BYTES:
        return TurnedAway(413, "too-large", N_("The photo is larger than 12 MiB."))
    return TurnedAway(413, "too-large", N_("The body is larger than 1 MiB."))


def busy() -> TurnedAway:
    return TurnedAway(503, "site-busy", BUSY)


class Bodies:
    """The bodies of one application that are being read or worked on."""

    def __init__(self, seconds: float = SECONDS_FOR_BODY, shared: int = MOST_SHARED) -> None:
        self._seconds = seconds
        self._room = shared

    @asynccontextmanager
    async def arrived(self, receive: Receive, most: int = MOST_BYTES) -> AsyncIterator[Receive]:
        """A `receive` that gives the whole body at once; its memory counts until the block ends."""
        body = bytearray()
        try:
            await self._read(receive, body, most)
            yield _replayed(bytes(body), receive)
        finally:
            self._room += _shared(len(body))

    async def _read(self, receive: Receive, body: bytearray, most: int) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                while await self._read_more(receive, body, most):
                    pass
        except TimeoutError:
            reason = N_("The body did not arrive in time.")
            raise TurnedAway(408, "too-slow", reason, closes=True) from None

    async def _read_more(self, receive: Receive, body: bytearray, most: int) -> bool:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        if len(body) + len(part) > most:
            raise too_large(most)
        room = self._room + _shared(len(body)) - _shared(len(body) + len(part))
        if room < 0:
            raise busy()
        self._room = room
        body += part
        return bool(message.get("more_body", False))


def _shared(size: int) -> int:
    """How much of a body counts against what all share."""
    return max(0, size - SMALL)


def _replayed(body: bytes, receive: Receive) -> Receive:
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return whole.pop() if whole else await receive()

    return replayed
