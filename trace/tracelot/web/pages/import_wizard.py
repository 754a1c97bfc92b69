"""/app/imports: a file is sent, looked through, and committed as one act; and undone as one."""

from dataclasses import dataclass
from itertools import islice
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from starlette.datastructures import UploadFile

from tracelot.formats.result_names import template
from tracelot.formats.spreadsheets import write_csv
from tracelot.operations import imports
from tracelot.operations.import_problems import faulty_rows
from tracelot.operations.visit import Visit
from tracelot.records.imports import Import
from tracelot.records.inputs import Reason, Shape
from tracelot.rules.refusals import Unknown
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.import_words import problem_lines, worded
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/imports")

SHOWN = 25
PROBLEMS_SHOWN = 50
SECONDS = 3  # after which a page of an import under way is looked at again
UNDER_WAY = ("checking", "committing", "undoing")


@dataclass(frozen=True)
class Sent:
    name: str
    content: bytes


class Undoing(Shape):
    reason: Reason = Field()


async def read_sent(request: Request) -> Sent:
    """The file of the form, under the name that the sender's machine has for it."""
    async with request.form(max_files=1, max_fields=5) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            return Sent("", b"")
        return Sent(file.filename or "", await file.read())


@router.get("")
def list_imports(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    return _list(request, visit, fresh_form(request), cursor=cursor)


@router.post("")
def stage_import(request: Request, visit: OpenVisit, sent: Annotated[Sent, Depends(read_sent)]) -> Response:
    form = fresh_form(request)
    kept = form.attempt(lambda: imports.stage_import(visit, "inspections", sent.name, sent.content))
    return _list(request, visit, form, 422) if kept is None else _to(kept)


@router.get("/template/{layout}.csv")
def read_template(request: Request, visit: OpenVisit, layout: str) -> Response:
    """A table with titles and nothing else, in the language of the reader."""
    visit.demand("import.read")
    head = template(layout, reader_of(request).language)
    if head is None:
        raise Unknown("unknown-template", "There is no such template.")
    return _csv(write_csv(head, []), f"trace-{layout}.csv")


@router.get("/{import_id}")
def show_import(request: Request, visit: OpenVisit, import_id: UUID) -> Response:
    return _page(request, visit, imports.own_import(visit, import_id), fresh_form(request))


@router.get("/{import_id}/problems.csv")
def read_problems(request: Request, visit: OpenVisit, import_id: UUID) -> Response:
    kept = imports.own_import(visit, import_id)
    titles, rows = faulty_rows(visit, kept)
    lines = b"".join(problem_lines(titles, rows, reader_of(request)))
    return _csv(lines, f"{kept.file_name.rpartition('.')[0] or kept.file_name}-problems.csv")


@router.post("/{import_id}/commit")
def commit_import(request: Request, visit: OpenVisit, form: SentForm, import_id: UUID) -> Response:
    only_valid = form["only_valid"] == "1"
    done = form.attempt(
        lambda: imports.commit_import(visit, import_id, only_valid=only_valid, expected=form.version)
    )
    return _after(request, visit, form, import_id, done)


@router.post("/{import_id}/check")
def check_import(request: Request, visit: OpenVisit, form: SentForm, import_id: UUID) -> Response:
    done = form.attempt(lambda: imports.check_again(visit, import_id, form.version))
    return _after(request, visit, form, import_id, done)


@router.post("/{import_id}/discard")
def discard_import(request: Request, visit: OpenVisit, form: SentForm, import_id: UUID) -> Response:
    done = form.attempt(lambda: imports.discard_import(visit, import_id, form.version))
    if done is None:
        return _after(request, visit, form, import_id, None)
    return RedirectResponse("/app/imports?done=import-discarded", 303)


@router.post("/{import_id}/undo")
def undo_import(request: Request, visit: OpenVisit, form: SentForm, import_id: UUID) -> Response:
    asked = form.read(Undoing)
    done = (
        form.attempt(lambda: imports.undo_import(visit, import_id, asked.reason, form.version))
        if asked
        else None
    )
    return _after(request, visit, form, import_id, done)


def _after(request: Request, visit: Visit, form: Form, import_id: UUID, done: Import | None) -> Response:
    if done is None:
        return _page(request, visit, imports.own_import(visit, import_id), form, 422)
    return _to(done)


def _to(kept: Import) -> Response:
    return RedirectResponse(f"/app/imports/{kept.id}", 303)


def _list(
    request: Request, visit: Visit, form: Form, status: int = 200, *, cursor: str | None = None
) -> Response:
    page = imports.imports(visit, SHOWN, cursor or None)
    return render(request, "app/imports.html", status, page=page, form=form, cursor=cursor)


def _page(request: Request, visit: Visit, kept: Import, form: Form, status: int = 200) -> Response:
    """Where the work goes on elsewhere, the page comes again by itself."""
    reader = reader_of(request)
    some = islice(imports.problems_of(visit, kept), PROBLEMS_SHOWN) if kept.problems else ()
    answer = render(
        request,
        "app/import_file.html",
        status,
        sent=kept,
        form=form,
        problems=[worded(one, reader) for one in some],
        same=imports.same_file(visit, kept) if kept.state == "ready" else None,
        own=kept.party_id == visit.actor.party_id,
    )
    if kept.state in UNDER_WAY:
        answer.headers["refresh"] = str(SECONDS)
    return answer


def _csv(content: bytes, name: str) -> Response:
    head = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=head)
