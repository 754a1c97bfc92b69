"""The answer that carries a trace away as a file, for both doors."""

from threading import BoundedSemaphore

from fastapi import Request, Response

from tracelot.operations.trace_files import FileKind, export_trace
from tracelot.operations.tracing import Asked
from tracelot.rules.grouping import Grouping
from tracelot.rules.refusals import TooMany
from tracelot.web.pace import keep_own_pace
from tracelot.web.rendering import reader_of
from tracelot.web.visits import OpenVisit

RUNNING = BoundedSemaphore(3)  # drawing and printing take a processor for a second or two
SECONDS = 3.0  # that one waits for others


def trace_answer(
    request: Request, visit: OpenVisit, asked: Asked, kind: FileKind, by: Grouping | None = None
) -> Response:
    """The file in the reader's language; that it was taken is committed before it leaves."""
    visit.demand("trace.read")
    keep_own_pace("trace-file", str(visit.actor.id))
    if not RUNNING.acquire(timeout=SECONDS):
        raise TooMany("too-many-requests", "Too many requests; wait a little.", facts={"retry_after": "5"})
    try:
        file = export_trace(visit, asked, kind, reader_of(request), by=by)
    finally:
        RUNNING.release()
    headers = {"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "no-store"}
    return Response(file.content, media_type=file.media_type, headers=headers)
