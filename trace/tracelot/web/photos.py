"""Requests that may bring a photo: it is drawn anew before the unit of work, which waits for nobody's picture."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from tracelot.formats.photos import redraw
from tracelot.operations.answering import Photo
from tracelot.rules.refusals import Refusal, Unfit
from tracelot.web.forms import MOST_FIELDS, Form
from tracelot.web.pace import keep_pace
from tracelot.web.visits import VisitRoute

FIELD = "photo"


class PhotoRoute(VisitRoute):
    """A route whose form may have a file in its field `photo`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def drawn(request: Request) -> Response:
            request.state.photo = None
            if request.method == "POST":
                request.state.photo = await _drawn(request)
            return await handle(request)

        return drawn


async def _drawn(request: Request) -> Photo | Refusal | None:
    """The photo, why it is none, or None where none was chosen."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return None
    await request.body()
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
        file = sent.get(FIELD)
        content = await file.read() if isinstance(file, UploadFile) else b""
    return await _redrawn(request, content) if content else None


async def _redrawn(request: Request, content: bytes) -> Photo | Refusal:
    keep_pace(request.scope, FIELD)
    try:
        return Photo(*await run_in_threadpool(redraw, content))
    except Unfit as refusal:
        return refusal


class PhotoBodyRoute(VisitRoute):
    """A route whose body is a photo and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def drawn(request: Request) -> Response:
            request.state.photo = await _redrawn(request, await request.body())
            return await handle(request)

        return drawn


def photo_in(request: Request) -> Photo:
    """The photo that a request is."""
    found: Photo | Refusal = request.state.photo
    if isinstance(found, Refusal):
        raise found
    return found


def photo_of(form: Form) -> Photo | None:
    """The photo that came with a form; what is wrong with it is noted at its field."""
    found: Photo | Refusal | None = form.request.state.photo
    if isinstance(found, Refusal):
        form.note(found)
        return None
    return found
