"""/app/trace/export.… and /gov/trace/export.…: what the explorer shows under the same question, as a file."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations.trace_files import KINDS
from tracelot.rules.refusals import Unknown
from tracelot.web.pages.trace_asked import read_asked
from tracelot.web.routers import pages
from tracelot.web.taking import trace_answer
from tracelot.web.visits import OpenVisit

router = pages()


@router.get("/app/trace/export.{suffix}")
def take_own(request: Request, visit: OpenVisit, suffix: str) -> Response:
    return _file(request, visit, "/app/trace", suffix)


@router.get("/gov/trace/export.{suffix}")
def take_of_territory(request: Request, visit: OpenVisit, suffix: str) -> Response:
    visit.demand("party.watch")
    return _file(request, visit, "/gov/trace", suffix)


def _file(request: Request, visit: OpenVisit, path: str, suffix: str) -> Response:
    visit.demand("trace.read")
    kind = next((one for one in KINDS if one == suffix), None)
    if kind is None:
        raise Unknown("not-found", "There is nothing at this address.")
    asked = read_asked(request, visit, path)
    if asked.errors or not asked.begun:
        return RedirectResponse(asked.url(), 303)  # where the faults are told
    return trace_answer(request, visit, asked.question, kind, asked.by)
