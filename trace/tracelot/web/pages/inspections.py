"""/app/inspections and /gov/inspections: reports found and read, taken back, and what a fail led to."""

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import hold_requests, inspection_files, inspections
from tracelot.operations.visit import Visit
from tracelot.records.inspections import InspectionFilter, Withdrawal
from tracelot.rules.inspections import INSPECTION_KINDS, INSPECTION_STATES, VERDICTS
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.search import plain
from tracelot.web.papers import PaperRoute, paper_in, sent_paper
from tracelot.web.reading import read_id
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()
papers = pages(route_class=PaperRoute)

SHOWN = 25
FIELDS = ("text", "kind", "verdict", "state", "batch", "issued_from", "issued_to")
HERE = "/app/inspections"


@router.get("/app/inspections")
def list_own(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    visit.demand("inspection.read")
    return _list(request, visit, HERE, cursor)


@router.get("/gov/inspections")
def list_watched(request: Request, visit: OpenVisit, cursor: str | None = None) -> Response:
    visit.demand("party.watch")
    visit.demand("inspection.read")
    return _list(request, visit, "/gov/inspections", cursor)


def _list(request: Request, visit: Visit, here: str, cursor: str | None) -> Response:
    sent = {name: plain(request.query_params.get(name)) for name in FIELDS}
    asked = {name: value for name, value in sent.items() if value}
    page = inspections.search(visit, _filter(asked), SHOWN, cursor or None)
    following = f"{here}?{urlencode(asked | {'cursor': page.cursor})}" if page.cursor else ""
    return render(
        request,
        "app/inspections.html",
        here=here,
        page=page,
        asked=asked,
        goods=inspections.goods_named(visit, page.items),
        kinds=INSPECTION_KINDS,
        verdicts=VERDICTS,
        states=INSPECTION_STATES,
        following=following,
        first=f"{here}?{urlencode(asked)}" if cursor else "",
    )


def _filter(asked: dict[str, str]) -> InspectionFilter:
    """What cannot be meant is left out: the list then shows more, and the field what was typed."""

    def one_of(name: str, known: Sequence[str]) -> str | None:
        return asked[name] if asked.get(name) in known else None

    return InspectionFilter(
        text=asked.get("text"),
        batch_id=read_id(asked.get("batch")),
        kind=one_of("kind", INSPECTION_KINDS),
        verdict=one_of("verdict", VERDICTS),
        state=one_of("state", INSPECTION_STATES),
        issued_from=_day(asked.get("issued_from")),
        issued_to=_day(asked.get("issued_to")),
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


@router.get("/app/inspections/{inspection_id}")
def show_own(request: Request, visit: OpenVisit, inspection_id: UUID) -> Response:
    return _page(request, visit, HERE, inspection_id, fresh_form(request))


@router.get("/gov/inspections/{inspection_id}")
def show_watched(request: Request, visit: OpenVisit, inspection_id: UUID) -> Response:
    visit.demand("party.watch")
    return _page(request, visit, "/gov/inspections", inspection_id, fresh_form(request))


def _page(
    request: Request, visit: Visit, here: str, inspection_id: UUID, form: Form, status: int = 200
) -> Response:
    row = inspections.find(visit, inspection_id)
    view = inspections.view(visit, row)
    firm = inspections.firm_of(visit, row)
    return render(
        request,
        "app/inspection.html",
        status,
        here=here,
        inspection=view,
        goods=inspections.goods_named(visit, [view])[view.id],
        firm=firm,
        holds=hold_requests.requests_of(visit, row),
        own=row.party_id == visit.actor.party_id,
        issued_here=row.issuer_id == visit.actor.party_id,
        form=form,
    )


@router.get("/app/inspections/{inspection_id}/file")
def read_file(visit: OpenVisit, inspection_id: UUID) -> Response:
    return sent_paper(inspection_files.paper_of(visit, inspection_id))


@papers.post("/app/inspections/{inspection_id}/file")
def attach_file(request: Request, visit: OpenVisit, inspection_id: UUID) -> Response:
    visit.demand("inspection.record")
    form = fresh_form(request)
    if form.attempt(lambda: inspection_files.attach_paper(visit, inspection_id, paper_in(request))):
        return RedirectResponse(f"{HERE}/{inspection_id}?done=file-kept", 303)
    return _page(request, visit, HERE, inspection_id, form, 422)


@router.post("/app/inspections/{inspection_id}/withdraw")
def withdraw(request: Request, visit: OpenVisit, inspection_id: UUID, form: SentForm) -> Response:
    visit.demand("inspection.issue")
    told = form.read(Withdrawal)
    if told and form.attempt(lambda: inspections.withdraw(visit, inspection_id, told, form.version)):
        return RedirectResponse(f"{HERE}/{inspection_id}?done=report-withdrawn", 303)
    return _page(request, visit, HERE, inspection_id, form, 422)
