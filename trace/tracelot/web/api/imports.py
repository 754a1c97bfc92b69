"""/imports: a file is looked through, then committed or discarded, and undone as one act."""

from itertools import islice
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel

from tracelot.operations import imports
from tracelot.operations.import_problems import faulty_rows
from tracelot.records.imports import Import, ImportView, view_of
from tracelot.records.inputs import Reason, Shape
from tracelot.web.api.shapes import Cursor, Limit, PageView
from tracelot.web.import_words import Worded, problem_lines, worded
from tracelot.web.rendering import Reader, reader_of
from tracelot.web.routers import operations
from tracelot.web.visits import ExpectedVersion, OpenVisit

router = operations("imports", "/imports")

FIRST = 100  # problems that are told with an import; all of them come as CSV
FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (
                "text/csv",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "application/octet-stream",
            )
        },
    }
}
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


class ImportDetail(ImportView):
    """An import with its first problems, in the language of the caller."""

    first_problems: list[Worded]


class Committing(Shape):
    """Whether the rows that are fit are taken where others are not."""

    only_valid: bool = False


class Undoing(Shape):
    reason: Reason


class Discarded(BaseModel):
    id: UUID
    state: Literal["discarded"] = "discarded"


@router.post("", status_code=201, openapi_extra=FILE)
def stage_import(
    request: Request,
    visit: OpenVisit,
    noun: Literal["inspections"] = "inspections",
    name: Annotated[str, Query(max_length=200)] = "",
) -> ImportDetail:
    """Send a CSV file or a workbook (.xlsx) of at most 20 MiB as the body. Nothing of it counts before it is committed.

    A small file is looked through at once; a large one is `checking` for a while.
    """
    kept = imports.stage_import(visit, noun, name, request.state.body)
    return _detail(visit, kept, reader_of(request))


@router.get("")
def list_imports(visit: OpenVisit, limit: Limit = 50, cursor: Cursor = None) -> PageView[ImportView]:
    """The imports of the caller's own party, the newest first."""
    page = imports.imports(visit, limit, cursor)
    return PageView(items=[view_of(one) for one in page.items], total=page.total, cursor=page.cursor)


@router.get("/{import_id}")
def read_import(request: Request, visit: OpenVisit, import_id: UUID) -> ImportDetail:
    """What a file says, how far it is, and what is wrong with it."""
    return _detail(visit, imports.own_import(visit, import_id), reader_of(request))


@router.get("/{import_id}/problems.csv", response_class=Response, responses=CSV)
def read_problems(request: Request, visit: OpenVisit, import_id: UUID) -> Response:
    """The rows that are not fit as they were sent, with reasons and remedies behind them."""
    titles, rows = faulty_rows(visit, imports.own_import(visit, import_id))
    lines = problem_lines(titles, rows, reader_of(request))
    return Response(b"".join(lines), media_type="text/csv; charset=utf-8")


@router.post("/{import_id}/check")
def check_import(
    request: Request, visit: OpenVisit, import_id: UUID, expected: ExpectedVersion
) -> ImportDetail:
    """Look through the file anew, after something that it names was put right."""
    return _detail(visit, imports.check_again(visit, import_id, expected), reader_of(request))


@router.post("/{import_id}/commit")
def commit_import(
    request: Request, visit: OpenVisit, import_id: UUID, asked: Committing, expected: ExpectedVersion
) -> ImportDetail:
    """Put the file into the books, all of it as one act. Sent again, it changes nothing."""
    kept = imports.commit_import(visit, import_id, only_valid=asked.only_valid, expected=expected)
    return _detail(visit, kept, reader_of(request))


@router.post("/{import_id}/undo")
def undo_import(
    request: Request, visit: OpenVisit, import_id: UUID, asked: Undoing, expected: ExpectedVersion
) -> ImportDetail:
    """Withdraw all that an import brought, as one act; refused where something builds on it already."""
    kept = imports.undo_import(visit, import_id, asked.reason, expected)
    return _detail(visit, kept, reader_of(request))


@router.delete("/{import_id}")
def discard_import(visit: OpenVisit, import_id: UUID, expected: ExpectedVersion) -> Discarded:
    """Let go of a file that was never committed."""
    return Discarded(id=imports.discard_import(visit, import_id, expected).id)


def _detail(visit: OpenVisit, kept: Import, reader: Reader) -> ImportDetail:
    problems = islice(imports.problems_of(visit, kept), FIRST) if kept.problems else iter(())
    told = [worded(one, reader) for one in problems]
    return ImportDetail.model_validate(view_of(kept).model_dump() | {"first_problems": told})
