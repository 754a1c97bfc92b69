"""Requests that bring a report as a file: a PDF is kept as it came, a picture is drawn anew before the unit of work."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from tracelot.formats.photos import redraw
from tracelot.operations.inspection_files import Paper
from tracelot.rules.refusals import Refusal, Unfit, unfit
from tracelot.web.forms import MOST_FIELDS
from tracelot.web.pace import keep_pace
from tracelot.web.visits import VisitRoute

FIELD = "file"
PDF = b"%PDF-"
MOST_OF_PDF = 5 << 20


class PaperRoute(VisitRoute):
    """A route whose form has a file in its field `file`, or whose body is that file and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read(request: Request) -> Response:
            request.state.paper = None
            if request.method in ("POST", "PUT"):
                request.state.paper = await _paper(request)
            return await handle(request)

        return read


async def _paper(request: Request) -> Paper | Refusal:
    content = await request.body()
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
            file = sent.get(FIELD)
            content = await file.read() if isinstance(file, UploadFile) else b""
    if content.startswith(PDF):
        if len(content) > MOST_OF_PDF:
            return unfit("file-too-large", "The file is larger than 5 MiB.", FIELD)
        return Paper(content, "application/pdf")
    keep_pace(request.scope, "photo")
    try:
        return Paper((await run_in_threadpool(redraw, content))[0], "image/jpeg")
    except Unfit:
        return unfit("no-report-file", "Send the report as a PDF, or as a photo of it.", FIELD)


def paper_in(request: Request) -> Paper:
    """The file that a request brings."""
    found: Paper | Refusal = request.state.paper
    if isinstance(found, Refusal):
        raise found
    return found


def sent_paper(paper: Paper) -> Response:
    """The file to be kept by whoever reads it: never shown within the site's own pages."""
    headers = {"content-disposition": f'attachment; filename="{paper.name}"', "cache-control": "no-store"}
    return Response(paper.content, media_type=paper.media_type, headers=headers)
