"""/app/recalls/…/plan, /steps and /reports: what a firm hands in on its recall, and where it says how far it is."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import planning, recalls, reporting
from tracelot.operations.planning import told_of
from tracelot.operations.proceeding_papers import plan_paper, report_paper
from tracelot.operations.visit import Visit
from tracelot.records.inputs import Shape, Words
from tracelot.records.proceedings import NewPlan, NewReport
from tracelot.records.recalls import Recall
from tracelot.rules.plans import REPORT_KINDS
from tracelot.rules.refusals import unfit
from tracelot.rules.stages import DEPTHS, EFFECTIVENESS_LEVELS, INITIATOR_ROLES, FirmStep
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.pages.areas import areas_text, read_areas
from tracelot.web.pages.enterprise_recalls import recall_page
from tracelot.web.pages.recall_process import paper_answer, process_values
from tracelot.web.rendering import reader_of, render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/recalls/{recall_id}")


class StepFields(Shape):
    step: FirmStep
    note: Words = None


@router.post("/steps")
def move_on(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    visit.demand("recall.proceed")
    recall = recalls.find_own_recall(visit, recall_id)
    fields = form.read(StepFields)
    if fields is None:
        raise unfit("no-such-step", "There is no such step, or the note is too long.", "step")
    form.attempt(lambda: reporting.move_on(visit, recall.id, fields.step, fields.note, form.version))
    if form.errors:
        return recall_page(request, visit, recall, form, 412 if form.stale else 422)
    return RedirectResponse(f"/app/recalls/{recall_id}?done=moved#process", 303)


@router.get("/plan")
def write_plan(request: Request, visit: OpenVisit, recall_id: UUID) -> Response:
    visit.demand("recall.proceed")
    recall = recalls.find_own_recall(visit, recall_id)
    values = process_values(visit, recall)
    told = NewPlan.model_validate(values["plan"].told) if values["plan"] else NewPlan()
    codes = told.area_codes or recall.area_codes or values["work"].reached_areas
    start = told.model_dump() | {
        "version": recall.version,
        "area": areas_text(visit, codes),
        "ends_on": told.ends_on or recall.ends_on,
    }
    return _plan_page(request, visit, recall, fresh_form(request, **start), values)


@router.post("/plan")
def keep_plan(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    visit.demand("recall.proceed")
    recall = recalls.find_own_recall(visit, recall_id)
    areas = read_areas(form, visit, "area")
    new = form.read(NewPlan, area_codes=areas)
    act = planning.submit_plan if form["hand_in"] else planning.keep_plan
    if new and not form.errors and form.attempt(lambda: act(visit, recall_id, new, form.version)):
        done = "plan-handed-in" if form["hand_in"] else "saved"
        return RedirectResponse(f"/app/recalls/{recall_id}?done={done}#process", 303)
    return _plan_page(request, visit, recall, form, process_values(visit, recall), 422)


def _plan_page(
    request: Request, visit: Visit, recall: Recall, form: Form, values: dict[str, Any], status: int = 200
) -> Response:
    if "area_codes" in form.errors:
        form.errors.setdefault("area", form.errors.pop("area_codes"))
    return render(
        request,
        "app/recall_plan.html",
        status,
        form=form,
        recall=recalls.view(visit, recall),
        body=planning.body_of(visit, recall, told_of([])),
        depths=DEPTHS,
        levels=EFFECTIVENESS_LEVELS,
        roles=INITIATOR_ROLES,
        **values,
    )


@router.get("/reports/new")
def write_report(request: Request, visit: OpenVisit, recall_id: UUID, kind: str = "stage") -> Response:
    visit.demand("recall.proceed")
    recall = recalls.find_own_recall(visit, recall_id)
    form = fresh_form(request, kind=kind if kind in REPORT_KINDS else "stage", version=recall.version)
    return _report_page(request, visit, recall, form)


@router.post("/reports/new")
def hand_in_report(request: Request, visit: OpenVisit, recall_id: UUID, form: SentForm) -> Response:
    visit.demand("recall.proceed")
    recall = recalls.find_own_recall(visit, recall_id)
    new = form.read(NewReport)
    if new and form.attempt(lambda: reporting.hand_in_report(visit, recall_id, new, form.version)):
        return RedirectResponse(f"/app/recalls/{recall_id}?done=reported#process", 303)
    return _report_page(request, visit, recall, form, 422)


def _report_page(request: Request, visit: Visit, recall: Recall, form: Form, status: int = 200) -> Response:
    view = recalls.view(visit, recall)
    return render(
        request,
        "app/recall_report.html",
        status,
        form=form,
        recall=view,
        kinds=REPORT_KINDS,
        **process_values(visit, recall),
    )


@router.get("/plans/{number}.pdf")
def print_plan(request: Request, visit: OpenVisit, recall_id: UUID, number: int) -> Response:
    recall = recalls.find_own_recall(visit, recall_id)
    return paper_answer(plan_paper(visit, recall, number, reader_of(request)))


@router.get("/reports/{number}.pdf")
def print_report(request: Request, visit: OpenVisit, recall_id: UUID, number: int) -> Response:
    recall = recalls.find_own_recall(visit, recall_id)
    return paper_answer(report_paper(visit, recall, number, reader_of(request)))
