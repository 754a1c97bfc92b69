"""/samplings/plans and /samplings/tasks: what is to be sampled, the draw and its proof, and who carries it out"""

from uuid import UUID

from fastapi import Response

from tracelot.operations import sampling_plans, sampling_tasks
from tracelot.operations.visit import Visit
from tracelot.records.sampling_plans import (
    DrawnTasks,
    NewDraw,
    NewSamplingPlan,
    NewTask,
    PlanView,
    ProofView,
    SamplingPlan,
    TaskView,
    Withdrawal,
)
from tracelot.web.routers import operations
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("samplings", "/samplings")


def _plan(visit: Visit, plan: SamplingPlan, answer: Response) -> PlanView:
    answer.headers["etag"] = etag(plan.version)
    return sampling_plans.view_plan(visit, plan)


@router.get("/plans")
def list_plans(visit: OpenVisit) -> list[PlanView]:
    """The office's own plans, and those of the offices inside its territory."""
    return sampling_plans.plans(visit)


@router.post("/plans", status_code=201)
def make_plan(visit: OpenVisit, new: NewSamplingPlan, answer: Response) -> PlanView:
    """Plan so many samples of each stratum. Only offices of a county and above, within their territory."""
    plan = sampling_plans.make_plan(visit, new)
    answer.headers["location"] = f"/api/v1/samplings/plans/{plan.id}"
    return _plan(visit, plan, answer)


@router.get("/plans/{plan_id}")
def read_plan(visit: OpenVisit, plan_id: UUID, answer: Response) -> PlanView:
    return _plan(visit, sampling_plans.find_plan(visit, plan_id), answer)


@router.post("/plans/{plan_id}/frame")
def freeze_frame(visit: OpenVisit, plan_id: UUID, version: ExpectedVersion, answer: Response) -> PlanView:
    """Freeze what could be drawn, under a hash; the seed is published after this."""
    return _plan(visit, sampling_plans.freeze_frame(visit, plan_id, version), answer)


@router.post("/plans/{plan_id}/draw")
def draw(
    visit: OpenVisit, plan_id: UUID, new: NewDraw, version: ExpectedVersion, answer: Response
) -> PlanView:
    """Draw by lot, once: whoever has seed and frame gets the same."""
    return _plan(visit, sampling_plans.draw(visit, plan_id, new, version), answer)


@router.get("/plans/{plan_id}/proof")
def read_proof(visit: OpenVisit, plan_id: UUID) -> ProofView:
    """Frame, seed and result, drawn again: `holds` says whether the same came of it, `method` how to do it oneself."""
    return sampling_plans.proof(visit, plan_id)


@router.post("/plans/{plan_id}/tasks", status_code=201)
def give_drawn(visit: OpenVisit, plan_id: UUID, new: DrawnTasks) -> list[TaskView]:
    """Give out what was drawn of a stratum, one task for each; sent again, nothing is given out twice."""
    return [sampling_tasks.view_task(visit, one) for one in sampling_tasks.give_drawn(visit, plan_id, new)]


@router.get("/tasks")
def list_tasks(visit: OpenVisit, closed: bool = False) -> list[TaskView]:
    """The tasks of the own office or laboratory, and those of the territory."""
    return sampling_tasks.tasks(visit, closed=closed)


@router.post("/tasks", status_code=201)
def give_task(visit: OpenVisit, new: NewTask, answer: Response) -> TaskView:
    """Give a task to an office of the territory and to a laboratory, with or without a plan."""
    task = sampling_tasks.give_task(visit, new)
    answer.headers["etag"] = etag(task.version)
    return sampling_tasks.view_task(visit, task)


@router.post("/tasks/{task_id}/withdraw")
def withdraw_task(visit: OpenVisit, task_id: UUID, told: Withdrawal, version: ExpectedVersion) -> TaskView:
    task = sampling_tasks.withdraw_task(visit, task_id, told.reason, version)
    return sampling_tasks.view_task(visit, task)
