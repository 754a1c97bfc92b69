"""The answer that carries all data of a party away, for both doors."""

import asyncio
import weakref
from collections.abc import Generator, Mapping
from threading import BoundedSemaphore

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from tracelot.operations.exporting import export_party, remember_export
from tracelot.rules.refusals import TooMany
from tracelot.web.pace import keep_own_pace
from tracelot.web.visits import OpenVisit

RUNNING = BoundedSemaphore(4)  # each one holds a connection and a snapshot for as long as its reader takes
LONGEST_SECONDS = 900


class Package(StreamingResponse):
    """A body that somebody who reads too slowly does not get to the end of."""

    media_type = "application/zip"

    def __init__(self, pieces: Generator[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(pieces, headers=headers)
        self._pieces = pieces
        self._give_back = weakref.finalize(pieces, RUNNING.release)  # even where nobody begins to read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await super().__call__(scope, receive, send)
        finally:  # read to its end or left halfway: no collector of garbage need come by first
            self._pieces.close()
            self._give_back()


def export_answer(request: Request, visit: OpenVisit) -> Package:
    """A ZIP that is made while it is sent; that it was asked for is committed before."""
    party_id = remember_export(visit)
    keep_own_pace("export", str(party_id))
    if not RUNNING.acquire(blocking=False):
        raise TooMany("too-many-requests", "Too many requests; wait a little.", facts={"retry_after": "60"})
    pieces = export_party(request.app.state.engine, party_id, visit.now)
    name = f"trace-{visit.today.isoformat()}.zip"
    return Package(
        pieces, headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    )
