"""/app/recalls/…/effectiveness and /gov/recalls/…/effectiveness: asking consignees again, disposals, and the report."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import checking, disposing, drills, recall_reports
from tracelot.operations import effectiveness as reckoning
from tracelot.operations.visit import Visit
from tracelot.records.effectiveness import (
    Disposal,
    Done,
    EffectivenessCheck,
    EffectivenessSample,
    NewDisposal,
    NewSample,
    Performed,
    Watched,
)
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.clock import BAD_TIME, read_local
from tracelot.web.pages.recall_ledger import drawing, show, watch
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.signatures import signed
from tracelot.web.visits import OpenVisit

router = pages()
Work = EffectivenessSample | EffectivenessCheck | Disposal


@router.get("/app/drills")
def list_drills(request: Request, visit: OpenVisit) -> Response:
    return render(request, "app/drills.html", drills=drills.drills(visit), now=visit.now)


@router.get("/app/recalls/{recall_id}/effectiveness")
def show_own(request: Request, visit: OpenVisit, recall_id: UUID) -> Response:
    return _look(request, visit, recall_id)


@router.get("/gov/recalls/{code}/effectiveness")
def show_watched(request: Request, visit: OpenVisit, code: str) -> Response:
    visit.demand("party.watch")
    return _look(request, visit, code)


def _look(request: Request, visit: Visit, named: str | UUID) -> Response:
    recall = reckoning.recall_in_work(visit, named)
    if request.headers.get("hx-request"):
        return watch(request, visit, recall)
    return show(request, visit, recall, fresh_form(request))


@router.get("/app/recalls/{recall_id}/effectiveness.pdf")
def take_own_report(request: Request, visit: OpenVisit, recall_id: UUID) -> Response:
    return _report(request, visit, recall_id)


@router.get("/gov/recalls/{code}/effectiveness.pdf")
def take_watched_report(request: Request, visit: OpenVisit, code: str) -> Response:
    visit.demand("party.watch")
    return _report(request, visit, code)


def _report(request: Request, visit: Visit, named: str | UUID) -> Response:
    recall = reckoning.recall_in_work(visit, named)
    view = reckoning.effectiveness_of(visit, recall)
    content = recall_reports.report_pdf(
        visit, recall, view, reader_of(request), drawing(request, visit, view)
    )
    name = f"trace-{recall.code}-{visit.today:%Y%m%d}.pdf"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def _settle(
    request: Request, visit: Visit, named: str | UUID, form: Form, done: str, act: Callable[[], Work] | None
) -> Response:
    """Back to the page with what was done, or with what is wrong at its field."""
    settled = form.attempt(act) if act is not None and not form.errors else None
    if settled is not None:
        page = request.url.path.partition("/checks")[0].partition("/disposals")[0]
        return RedirectResponse(f"{page}/effectiveness?done={done}", 303)
    return show(request, visit, reckoning.recall_in_work(visit, named), form, 422)


def _time(form: Form, visit: Visit, name: str) -> dict[str, str]:
    return {name: read_local(form[name], visit.place.zone)}


def _plainly(form: Form, name: str) -> None:
    """A bad time is said plainly."""
    if name in form.errors:
        form.errors[name] = reader_of(form.request).gettext(BAD_TIME)


@router.post("/app/recalls/{named}/checks")
@router.post("/gov/recalls/{named}/checks")
def draw_sample(request: Request, visit: OpenVisit, named: str, form: SentForm) -> Response:
    visit.demand("effectiveness.draw")
    new = form.read(NewSample)
    act = None if new is None else partial(checking.draw_sample, visit, named, new)
    return _settle(request, visit, named, form, "drawn", act)


@router.post("/app/recalls/{named}/checks/{check_id}")
@router.post("/gov/recalls/{named}/checks/{check_id}")
def perform_check(request: Request, visit: OpenVisit, named: str, check_id: UUID, form: SentForm) -> Response:
    visit.demand("effectiveness.check")
    told = form.read(Performed, **_time(form, visit, "performed_at"))
    _plainly(form, "performed_at")
    act = (
        None if told is None else partial(checking.perform_check, visit, named, check_id, told, form.version)
    )
    return _settle(request, visit, named, form, "checked", act)


@router.post("/app/recalls/{recall_id}/disposals")
def announce_disposal(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    visit.demand("disposal.announce")
    new = form.read(NewDisposal, **_time(form, visit, "planned_at"))
    _plainly(form, "planned_at")
    act = None if new is None else partial(disposing.announce_disposal, visit, recall_id, new)
    return _settle(request, visit, recall_id, form, "announced", act)


@router.post("/app/recalls/{recall_id}/disposals/{disposal_id}/perform")
def perform_disposal(
    request: Request, visit: OpenVisit, recall_id: UUID, disposal_id: UUID, form: SentForm
) -> Response:
    visit.demand("disposal.perform")
    told = form.read(Done, **_time(form, visit, "performed_at"))
    _plainly(form, "performed_at")
    act = (
        None
        if told is None
        else partial(disposing.perform_disposal, visit, recall_id, disposal_id, told, form.version)
    )
    return _settle(request, visit, recall_id, form, "performed", act)


@router.post("/gov/recalls/{code}/disposals/{disposal_id}/witness")
def witness_disposal(
    request: Request, visit: OpenVisit, code: str, disposal_id: UUID, form: SentForm
) -> Response:
    visit.demand("disposal.witness")
    seen = form.read(Watched)
    watched = seen and signed(
        visit, form, lambda: disposing.witness_disposal(visit, code, disposal_id, seen, form.version)
    )
    if watched:
        done = "witnessed" if watched.witnessed_by else "to-watch"
        return RedirectResponse(f"/gov/recalls/{code}/effectiveness?done={done}", 303)
    return show(request, visit, reckoning.recall_in_work(visit, code), form, 422)
