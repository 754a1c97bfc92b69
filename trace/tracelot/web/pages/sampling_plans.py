"""/gov/samplings/plans and /tasks: planning, the frozen frame, the draw with its proof, and giving out tasks."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.formats.spreadsheets import write_csv
from tracelot.operations import parties, sampling_plans, sampling_tasks
from tracelot.operations.visit import Visit
from tracelot.records.sampling_plans import (
    DrawnTasks,
    NewDraw,
    NewSamplingPlan,
    NewTask,
    TaskView,
    Withdrawal,
)
from tracelot.rules.refusals import unfit
from tracelot.rules.sampling_law import GOODS_SCOPES
from tracelot.rules.sampling_plans import SAMPLING_STAGES, TASK_TYPES
from tracelot.web.forms import Form, SentForm, fresh_form
from tracelot.web.reading import read_whole
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/gov/samplings")

ROWS = 6  # of strata in the form
HEAD = ("stratum", "key", "name", "region_code", "drawn")
HERE = "/gov/samplings/plans"


@router.get("/plans")
def list_plans(request: Request, visit: OpenVisit) -> Response:
    return render(request, "sampling/plans.html", plans=sampling_plans.plans(visit))


@router.get("/plans/new")
def ask_plan(request: Request, visit: OpenVisit) -> Response:
    own = visit.actor.territory[0].ljust(6, "0") if visit.actor.territory else ""
    start = {f"region_code{row}": own for row in range(ROWS)} | {"year": str(visit.today.year)}
    return _plan_form(request, visit, fresh_form(request, **start))


def _plan_form(request: Request, visit: Visit, form: Form, status: int = 200) -> Response:
    visit.demand("sampling.plan")
    return render(
        request,
        "sampling/plan_new.html",
        status,
        form=form,
        rows=range(ROWS),
        stages=SAMPLING_STAGES,
        task_types=TASK_TYPES,
        scopes=GOODS_SCOPES,
        below=parties.below_territory(visit),
    )


@router.post("/plans/new")
def make_plan(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    visit.demand("sampling.plan")
    strata = [_stratum(form, row) for row in range(ROWS) if form[f"category{row}"].strip()]
    new = form.read(NewSamplingPlan, strata=strata)
    plan = new and form.attempt(lambda: sampling_plans.make_plan(visit, new))
    if plan:
        return RedirectResponse(f"{HERE}/{plan.id}?done=planned", 303)
    for name in [one for one in form.errors if one.startswith("strata")]:
        form.errors.setdefault("category0", form.errors.pop(name))
    return _plan_form(request, visit, form, 422)


def _stratum(form: Form, row: int) -> dict[str, Any]:
    return {name: form[f"{name}{row}"] for name in ("category", "region_code", "stage", "wanted")}


@router.get("/plans/{plan_id}")
def show_plan(request: Request, visit: OpenVisit, plan_id: UUID) -> Response:
    return _plan_page(request, visit, plan_id, fresh_form(request))


def _plan_page(request: Request, visit: Visit, plan_id: UUID, form: Form, status: int = 200) -> Response:
    proof = sampling_plans.proof(visit, plan_id)
    own = sampling_plans.find_plan(visit, plan_id).party_id == visit.actor.party_id
    codes = {one["area"] for one in proof.plan.strata} | {one.region_code for one in proof.frame}
    return render(
        request,
        "sampling/plan.html",
        status,
        form=form,
        plan=proof.plan,
        proof=proof,
        drawn=[one for one in proof.frame if one.drawn],
        own=own,
        regions=parties.region_names(visit, codes),
        offices=sampling_tasks.offices_below(visit),
        labs=sampling_tasks.laboratories(visit),
        tasks=_tasks(visit, plan_id),
    )


def _tasks(visit: Visit, plan_id: UUID) -> list[TaskView]:
    told = [*sampling_tasks.tasks(visit), *sampling_tasks.tasks(visit, closed=True)]
    return [one for one in told if one.plan_id == plan_id]


@router.post("/plans/{plan_id}/frame")
def freeze_frame(request: Request, visit: OpenVisit, plan_id: UUID, form: SentForm) -> Response:
    if form.attempt(lambda: sampling_plans.freeze_frame(visit, plan_id, form.version)):
        return RedirectResponse(f"{HERE}/{plan_id}?done=frozen", 303)
    return _plan_page(request, visit, plan_id, form, 422)


@router.post("/plans/{plan_id}/draw")
def draw(request: Request, visit: OpenVisit, plan_id: UUID, form: SentForm) -> Response:
    new = form.read(NewDraw)
    if new and form.attempt(lambda: sampling_plans.draw(visit, plan_id, new, form.version)):
        return RedirectResponse(f"{HERE}/{plan_id}?done=drawn-plan", 303)
    return _plan_page(request, visit, plan_id, form, 422)


@router.post("/plans/{plan_id}/tasks")
def give_drawn(request: Request, visit: OpenVisit, plan_id: UUID, form: SentForm) -> Response:
    new = form.read(DrawnTasks, stratum=read_whole(form["stratum"], 3) or 0)
    if new and form.attempt(lambda: sampling_tasks.give_drawn(visit, plan_id, new)):
        return RedirectResponse(f"{HERE}/{plan_id}?done=given", 303)
    return _plan_page(request, visit, plan_id, form, 422)


@router.get("/plans/{plan_id}/frame.csv")
def download_frame(visit: OpenVisit, plan_id: UUID) -> Response:
    """The frame as it was frozen, to be drawn from again by whoever doubts it."""
    rows = sampling_plans.proof(visit, plan_id).frame
    text = write_csv(
        HEAD, [[one.stratum, one.key, one.name, one.region_code, int(one.drawn)] for one in rows]
    )
    head = {"content-disposition": f'attachment; filename="frame-{plan_id}.csv"', "cache-control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=head)


@router.get("/tasks/new")
def ask_task(request: Request, visit: OpenVisit) -> Response:
    own = visit.actor.territory[0].ljust(6, "0") if visit.actor.territory else ""
    return _task_form(request, visit, fresh_form(request, region_code=own, wanted="1"))


def _task_form(request: Request, visit: Visit, form: Form, status: int = 200) -> Response:
    visit.demand("sampling.plan")
    return render(
        request,
        "sampling/task_new.html",
        status,
        form=form,
        stages=SAMPLING_STAGES,
        task_types=TASK_TYPES,
        scopes=GOODS_SCOPES,
        offices=sampling_tasks.offices_below(visit),
        labs=sampling_tasks.laboratories(visit),
        below=parties.below_territory(visit),
    )


@router.post("/tasks/new")
def give_task(request: Request, visit: OpenVisit, form: SentForm) -> Response:
    new = form.read(NewTask)
    if new and form.attempt(lambda: sampling_tasks.give_task(visit, new)):
        return RedirectResponse("/gov/samplings?done=given", 303)
    return _task_form(request, visit, form, 422)


@router.post("/tasks/{task_id}/withdraw")
def withdraw_task(request: Request, visit: OpenVisit, task_id: UUID, form: SentForm) -> Response:
    told = form.read(Withdrawal)
    if told is None:
        raise unfit("reason-needed", "Say why the task is taken back.", "reason")
    sampling_tasks.withdraw_task(visit, task_id, told.reason, form.version)
    return RedirectResponse("/gov/samplings?done=withdrawn", 303)
